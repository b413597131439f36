//! Places in families: what is written between the brackets of `h[t-1]`.

use std::collections::BTreeSet;

use super::declare::below;
use super::error::ElaborateError;
use super::index_error::IndexError;
use super::typer::Bounds;
use super::walk::Walker;
use crate::number;
use crate::shape::{Dimension, Symbol};
use crate::syntax::ast::{BinaryOperator, ExprId, ExprKind, StatementKind};

impl<'p> Walker<'p> {
    /// The place in a family that is written at `root`.
    pub(super) fn index_dimension(&self, root: ExprId) -> Result<Dimension, ElaborateError> {
        let order = below(&self.program.tree, root);
        let mut sizes: Vec<(ExprId, Dimension)> = Vec::with_capacity(order.len());
        for id in order {
            let of = |id: &ExprId| {
                let found = sizes.iter().find(|(known, _)| known == id);
                found.map(|(_, size)| size.clone())
            };
            let expression = self.program.tree.get(id);
            let found = match &expression.kind {
                ExprKind::Number(value) => number::to_i64(value).map(Dimension::constant),
                ExprKind::Name(name) => Some(Dimension::symbol(name.as_str())),
                ExprKind::Negate(a) => of(a).map(|a| Dimension::constant(0).minus(&a)),
                ExprKind::Binary { operator, left, right, .. } => {
                    let (Some(a), Some(b)) = (of(left), of(right)) else {
                        return Err(IndexError::NotAnIndex { span: expression.span }.into());
                    };
                    match operator {
                        BinaryOperator::Add => Some(a.plus(&b)),
                        BinaryOperator::Subtract => Some(a.minus(&b)),
                        BinaryOperator::Multiply => Some(a.times(&b)),
                        _ => None,
                    }
                }
                ExprKind::Index { base, indices }
                    if self.size_families.contains(base.text.as_str()) =>
                {
                    let at = indices.first().and_then(of);
                    at.map(|at| Dimension::element(base.text.as_str(), at))
                }
                _ => None,
            };
            let found = found.ok_or(IndexError::NotAnIndex { span: expression.span })?;
            sizes.push((id, found));
        }
        let last = sizes.pop().map(|(_, size)| size);
        last.ok_or_else(|| IndexError::NotAnIndex { span: self.program.tree.get(root).span }.into())
    }

    /// The range in which the elements of a variable are used.
    pub(super) fn used_range(&self, family: usize) -> (Dimension, Dimension) {
        let mut ends: Option<(Dimension, Dimension)> = None;
        for used in self.uses_of_elements.iter().filter(|used| used.family == family) {
            let (low, high) = extremes(&used.at, &used.bounds);
            ends = Some(match ends {
                None => (low, high),
                Some((first, last)) => {
                    let least = if ascending(&low, &first).is_lt() { low } else { first };
                    let most = if ascending(&high, &last).is_gt() { high } else { last };
                    (least, most)
                }
            });
        }
        ends.unwrap_or_else(|| (Dimension::one(), Dimension::one()))
    }

    /// The names that stand as an index somewhere.
    pub(super) fn note_index_names(&mut self) {
        let program = self.program;
        let mut names: BTreeSet<&'p str> = BTreeSet::new();
        for statement in &program.statements {
            match &statement.kind {
                StatementKind::Definition { range: Some((index, _, _)), .. } => {
                    names.insert(&index.text);
                }
                StatementKind::Declaration(declaration) => {
                    names.extend(declaration.indices.iter().map(|index| index.text.as_str()));
                }
                _ => {}
            }
        }
        for node in &program.tree.nodes {
            if let ExprKind::IndexedSum { index, .. } = &node.kind {
                names.insert(&index.text);
            }
        }
        self.index_names = names;
    }
}

/// Smallest and largest value of a place whose indices run between bounds; the place is linear in them.
pub(super) fn extremes(at: &Dimension, bounds: &[Bounds]) -> (Dimension, Dimension) {
    let (mut low, mut high) = (at.clone(), at.clone());
    // Inner bounds may speak of outer indices.
    for bound in bounds.iter().rev() {
        let falls = |size: &Dimension| {
            size.terms().any(|(coefficient, symbols)| {
                let mentions = matches!(symbols, [Symbol::Name(name)] if **name == *bound.index);
                mentions && coefficient < 0
            })
        };
        let ends = |size: &Dimension| {
            let (from, to) =
                (size.replace(&bound.index, &bound.from), size.replace(&bound.index, &bound.to));
            if falls(size) { (to, from) } else { (from, to) }
        };
        low = ends(&low).0;
        high = ends(&high).1;
    }
    (low, high)
}

/// Numbers before symbols; otherwise by the difference, if it is known.
pub(super) fn ascending(a: &Dimension, b: &Dimension) -> std::cmp::Ordering {
    match b.minus(a).as_constant() {
        Some(difference) => 0.cmp(&difference),
        None => a.symbols().len().cmp(&b.symbols().len()).then_with(|| a.cmp(b)),
    }
}
