//! The order of a product chain: the cheapest by the expected sizes, found by dynamic programming.

use std::collections::HashSet;

use crate::expression::{Id, Node, Property, Selection, Store};
use crate::shape::Dimension;
use crate::work;

/// Chains longer than this are multiplied in pieces, so that the cubic search stays small.
const LONGEST: usize = 40;

/// What a chain multiplies, without the signs for transpose and inverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Base {
    /// A node.
    Node(Id),
    /// A row or column of ones that stands in no expression: sum(AB) = 1ᵀAB1.
    Ones,
}

/// One factor of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Link {
    /// What is multiplied.
    pub(super) base: Base,
    /// Its transpose.
    pub(super) transposed: bool,
    /// Its inverse.
    pub(super) inverse: bool,
}

impl Link {
    /// The factor with its signs read off: A⁻ᵀ is A, transposed and inverse.
    pub(super) fn of(store: &Store, factor: Id) -> Self {
        let mut link = Self { base: Base::Node(factor), transposed: false, inverse: false };
        let mut id = factor;
        loop {
            match store.node(id) {
                Node::Transpose(inner) => {
                    link.transposed = !link.transposed;
                    id = *inner;
                }
                Node::Inverse(inner) => {
                    link.inverse = !link.inverse;
                    id = *inner;
                }
                _ => break,
            }
        }
        if store.properties(id).has(Property::Symmetric) {
            link.transposed = false;
        }
        Self { base: Base::Node(id), ..link }
    }

    fn ones() -> Self {
        Self { base: Base::Ones, transposed: false, inverse: false }
    }

    /// The node without signs.
    pub(super) fn node(self) -> Option<Id> {
        match self.base {
            Base::Node(id) => Some(id),
            Base::Ones => None,
        }
    }

    /// Whether every entry is 1.
    pub(super) fn is_ones(self, store: &Store) -> bool {
        match self.base {
            Base::Node(id) => matches!(store.node(id), Node::Ones(..)),
            Base::Ones => true,
        }
    }

    /// The columns of an identity that the factor is, or is the transpose of.
    pub(super) fn selection(self, store: &Store) -> Option<&Selection> {
        match store.node(self.node().filter(|_| !self.inverse)?) {
            Node::Selection(selection) => Some(selection),
            _ => None,
        }
    }

    /// v, for the factor diag(v).
    pub(super) fn diagonal(self, store: &Store) -> Option<Id> {
        match self.base {
            Base::Node(id) => match store.node(id) {
                Node::Diagonal(v) if !self.inverse => Some(*v),
                _ => None,
            },
            Base::Ones => None,
        }
    }
}

/// A chain, or a part of one, that names its value: the reversed and transposed chain has the same name.
pub(super) type Key = Vec<Link>;

/// The name of a chain, and whether the named value is its transpose.
pub(super) fn key(store: &Store, links: &[Link]) -> (Key, bool) {
    let symmetric = |link: &Link| match link.base {
        Base::Node(id) => store.properties(id).has(Property::Symmetric),
        Base::Ones => false,
    };
    let flip = |link: &Link| Link { transposed: !link.transposed && !symmetric(link), ..*link };
    let turned: Key = links.iter().rev().map(flip).collect();
    if turned.as_slice() < links { (turned, true) } else { (links.to_vec(), false) }
}

/// The order in which a chain is multiplied.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    /// A factor, by position.
    Link(usize),
    /// Left times right; the range of factors it covers.
    Multiply(Box<Tree>, Box<Tree>),
}

impl Tree {
    /// First and one past the last factor.
    pub(super) fn range(&self) -> (usize, usize) {
        let (mut first, mut last) = (self, self);
        while let Self::Multiply(left, _) = first {
            first = left;
        }
        while let Self::Multiply(_, right) = last {
            last = right;
        }
        match (first, last) {
            (Self::Link(low), Self::Link(high)) => (*low, high + 1),
            _ => (0, 0),
        }
    }
}

/// A product with the order in which it is multiplied.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// The factors.
    pub(super) links: Vec<Link>,
    /// The factors as nodes; none where ones are implied.
    pub(super) factors: Vec<Option<Id>>,
    /// Sizes between the factors: one more than factors.
    pub(super) sizes: Vec<Dimension>,
}

impl Chain {
    /// The chain of a product's factors.
    pub(super) fn of(store: &Store, factors: &[Id]) -> Self {
        let mut sizes: Vec<Dimension> = factors.iter().map(|id| store.shape(*id).rows()).collect();
        sizes.extend(factors.last().map(|id| store.shape(*id).columns()));
        Self {
            links: factors.iter().map(|id| Link::of(store, *id)).collect(),
            factors: factors.iter().map(|id| Some(*id)).collect(),
            sizes,
        }
    }

    /// 1ᵀ A B … 1
    pub(super) fn total(store: &Store, factors: &[Id]) -> Self {
        let mut chain = Self::of(store, factors);
        chain.links.insert(0, Link::ones());
        chain.links.push(Link::ones());
        chain.factors.insert(0, None);
        chain.factors.push(None);
        chain.sizes.insert(0, Dimension::one());
        chain.sizes.push(Dimension::one());
        chain
    }

    /// The cheapest order.
    pub(super) fn order(&self, context: &Costs<'_>) -> Tree {
        let mut pieces: Vec<Tree> = (0..self.links.len()).map(Tree::Link).collect();
        while pieces.len() > LONGEST {
            pieces = pieces.chunks(LONGEST).map(|piece| self.search(piece, context)).collect();
        }
        self.search(&pieces, context)
    }

    /// What the cheapest order costs.
    pub(super) fn cost(&self, tree: &Tree, context: &Costs<'_>) -> f64 {
        match tree {
            Tree::Link(at) => {
                if self.links[*at].inverse {
                    // A⁻¹ itself has to be written down.
                    let n = context.size(&self.sizes[*at]);
                    2.0 * n * n * n
                } else {
                    0.0
                }
            }
            Tree::Multiply(left, right) => {
                let (low, cut) = left.range();
                let (_, high) = right.range();
                if context.knows(&self.links[low..high]) {
                    return 0.0;
                }
                let part = |tree: &Tree| match tree {
                    Tree::Link(_) => 0.0,
                    Tree::Multiply(..) => self.cost(tree, context),
                };
                part(left) + part(right) + self.step(low, cut, high, context)
            }
        }
    }

    /// Operations of one multiplication of factors low‥cut by cut‥high.
    fn step(&self, low: usize, cut: usize, high: usize, context: &Costs<'_>) -> f64 {
        let store = context.store;
        let [m, k, n] = [low, cut, high].map(|at| context.size(&self.sizes[at]));
        let left = (cut - low == 1).then(|| self.links[low]);
        let right = (high - cut == 1).then(|| self.links[cut]);
        let has = |link: Option<Link>, test: &dyn Fn(Link) -> bool| link.is_some_and(test);
        if has(left, &|link| link.inverse) {
            return 2.0 * k * k * n;
        }
        if has(right, &|link| link.inverse) {
            return 2.0 * k * k * m;
        }
        let selects = |link: Link| link.selection(store).is_some();
        if has(left, &selects) || has(right, &selects) {
            return m * n;
        }
        if has(left, &|link| link.diagonal(store).is_some())
            || has(right, &|link| link.diagonal(store).is_some())
        {
            return m * n;
        }
        if self.sizes[cut].is_one() {
            return m * n;
        }
        if has(left, &|link| link.is_ones(store)) {
            return k * n + if self.sizes[low].is_one() { 0.0 } else { m * n };
        }
        if has(right, &|link| link.is_ones(store)) {
            return m * k + if self.sizes[high].is_one() { 0.0 } else { m * n };
        }
        2.0 * m * k * n
    }

    /// Optimal parenthesisation of consecutive pieces: best[i][j] = min over cuts.
    fn search(&self, pieces: &[Tree], context: &Costs<'_>) -> Tree {
        let count = pieces.len();
        let starts: Vec<usize> = pieces.iter().map(|piece| piece.range().0).collect();
        let end = pieces.last().map_or(0, |piece| piece.range().1);
        let start = |at: usize| starts.get(at).copied().unwrap_or(end);
        let mut cost = vec![vec![0.0_f64; count + 1]; count + 1];
        let mut cut = vec![vec![0_usize; count + 1]; count + 1];
        for length in 2..=count {
            for i in 0..=count - length {
                let j = i + length;
                let mut best = (f64::INFINITY, i + 1);
                // Equal costs: the balanced cut, so that A·A is found twice in A·A·A·A.
                let mut cuts: Vec<usize> = (i + 1..j).collect();
                cuts.sort_by_key(|c| (2 * c).abs_diff(i + j));
                work::count(cuts.len());
                for c in cuts {
                    let here =
                        cost[i][c] + cost[c][j] + self.step(start(i), start(c), start(j), context);
                    if here < best.0 {
                        best = (here, c);
                    }
                }
                let known = context.knows(&self.links[start(i)..start(j)]);
                cost[i][j] = if known { 0.0 } else { best.0 };
                cut[i][j] = best.1;
            }
        }
        assemble(pieces, &cut, 0, count)
    }
}

/// The tree of the cuts; no deeper than [`LONGEST`] above the pieces.
fn assemble(pieces: &[Tree], cut: &[Vec<usize>], i: usize, j: usize) -> Tree {
    if j - i <= 1 {
        return pieces.get(i).cloned().unwrap_or(Tree::Link(i));
    }
    let c = cut[i][j];
    Tree::Multiply(Box::new(assemble(pieces, cut, i, c)), Box::new(assemble(pieces, cut, c, j)))
}

/// What costs depend on: the expected sizes and the products that are computed anyway.
pub(super) struct Costs<'a> {
    /// The expressions.
    pub(super) store: &'a Store,
    /// Expected sizes.
    pub(super) expected: &'a dyn Fn(&Dimension) -> f64,
    /// Products that are computed anyway.
    pub(super) known: HashSet<Key>,
}

impl Costs<'_> {
    fn size(&self, size: &Dimension) -> f64 {
        (self.expected)(size)
    }

    fn knows(&self, links: &[Link]) -> bool {
        links.len() > 1 && self.known.contains(&key(self.store, links).0)
    }
}
