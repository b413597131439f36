//! A product with its order, and how its last multiplication is computed.

use super::chain::{Chain, Link, Tree};
use crate::expression::{Id, Store};

/// A product whose order is decided.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) chain: Chain,
    pub(super) tree: Tree,
}

/// How the top of a product is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Top {
    /// u vᵀ, entry by entry.
    Outer,
    /// diag(v) M, entry by entry.
    ScaleRows(Id),
    /// M diag(v), entry by entry.
    ScaleColumns(Id),
    /// 1ᵀ M
    ColumnSums,
    /// M 1
    RowSums,
    /// uᵀ v
    Dot,
    /// A⁻¹ M
    SolveLeft,
    /// M A⁻¹
    SolveRight,
    /// E M or M E for columns E of an identity, or their transpose, on this side: a part of M, or M in its place.
    Select(Side),
    /// A matrix product.
    Multiply,
}

/// The sides of a multiplication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

impl Planned {
    /// How `left · right` is computed.
    pub(super) fn top(&self, store: &Store, left: &Tree, right: &Tree) -> Top {
        let chain = &self.chain;
        let ((low, cut), (_, high)) = (left.range(), right.range());
        let link = |tree: &Tree| match tree {
            Tree::Link(at) => Some(chain.links[*at]),
            Tree::Multiply(..) => None,
        };
        let (l, r) = (link(left), link(right));
        if l.is_some_and(|link| link.inverse) {
            return Top::SolveLeft;
        }
        if r.is_some_and(|link| link.inverse) {
            return Top::SolveRight;
        }
        let selects = |link: Option<Link>| link.is_some_and(|link| link.selection(store).is_some());
        if selects(l) {
            return Top::Select(Side::Left);
        }
        if selects(r) {
            return Top::Select(Side::Right);
        }
        if let Some(v) = l.and_then(|link| link.diagonal(store)) {
            return Top::ScaleRows(v);
        }
        if let Some(v) = r.and_then(|link| link.diagonal(store)) {
            return Top::ScaleColumns(v);
        }
        if chain.sizes[cut].is_one() {
            return Top::Outer;
        }
        let row = chain.sizes[low].is_one();
        let column = chain.sizes[high].is_one();
        match (l.is_some_and(|link| link.is_ones(store)), r.is_some_and(|link| link.is_ones(store)))
        {
            (true, _) if row => Top::ColumnSums,
            (_, true) if column => Top::RowSums,
            _ if row && column => Top::Dot,
            _ => Top::Multiply,
        }
    }

    /// The two sides of the last multiplication.
    pub(super) fn sides(&self) -> Option<(&Tree, &Tree)> {
        match &self.tree {
            Tree::Link(_) => None,
            Tree::Multiply(left, right) => Some((left, right)),
        }
    }
}
