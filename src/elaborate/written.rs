//! Sizes as they are written.

use super::error::ElaborateError;
use crate::number;
use crate::shape::Dimension;
use crate::source::Span;
use crate::syntax::ast::{BinaryOperator, ExprId, ExprKind, Tree};

/// A declared size; a known one is at least 1.
pub(super) fn declared_size(tree: &Tree, id: ExprId) -> Result<Dimension, ElaborateError> {
    dimension(tree, id, &|_| Ok(None))
}

/// The calls in a size that stand in no other call.
pub(super) fn calls_below(tree: &Tree, root: ExprId) -> Vec<ExprId> {
    let mut order = of_size(tree, root);
    order.retain(|id| matches!(tree.get(*id).kind, ExprKind::Call { .. }));
    order
}

/// What is known of a name or a call in a size.
pub(super) type Given<'a> = dyn Fn(ExprId) -> Result<Option<Dimension>, ElaborateError> + 'a;

/// The size written at `root`; `value` knows names and calls that stand for other sizes.
pub(super) fn dimension(
    tree: &Tree,
    root: ExprId,
    value: &Given<'_>,
) -> Result<Dimension, ElaborateError> {
    let order = of_size(tree, root);
    let first = order.first().map_or(0, |id| id.0);
    let mut sizes = vec![Dimension::one(); (root.0 - first + 1) as usize];
    for id in order {
        let size = |id: ExprId| &sizes[(id.0 - first) as usize];
        let expression = tree.get(id);
        let not_a_size = ElaborateError::NotASize { span: expression.span };
        let found = match &expression.kind {
            ExprKind::Number(number) => number::to_i64(number).map(Dimension::constant),
            ExprKind::Name(name) => {
                Some(value(id)?.unwrap_or_else(|| Dimension::symbol(name.as_str())))
            }
            ExprKind::Negate(a) => Some(Dimension::constant(0).minus(size(*a))),
            ExprKind::Binary { operator, left, right, .. } => match operator {
                BinaryOperator::Add => Some(size(*left).plus(size(*right))),
                BinaryOperator::Subtract => Some(size(*left).minus(size(*right))),
                BinaryOperator::Multiply => Some(size(*left).times(size(*right))),
                BinaryOperator::Divide => {
                    Some(whole_quotient(size(*left), size(*right), expression.span)?)
                }
                _ => None,
            },
            ExprKind::Index { base, indices } => match indices.as_slice() {
                [at] => Some(Dimension::element(base.text.as_str(), size(*at).clone())),
                _ => None,
            },
            ExprKind::Call { .. } => value(id)?,
            ExprKind::Substitute { .. }
            | ExprKind::IndexedSum { .. }
            | ExprKind::Range(_)
            | ExprKind::Part { .. }
            | ExprKind::Blocks(_)
            | ExprKind::Transpose(_) => None,
        };
        // (a+b)*(a+b)*… grows without end; no size is as long as this.
        let found = found.filter(|size| size.terms().count() <= 64).ok_or(not_a_size)?;
        sizes[(id.0 - first) as usize] = found;
    }
    let size = sizes.swap_remove((root.0 - first) as usize);
    match size.as_constant() {
        Some(value) if value < 1 => Err(ElaborateError::NotASize { span: tree.get(root).span }),
        _ => Ok(size),
    }
}

/// The quotient of two sizes, which must come out whole.
pub(super) fn whole_quotient(
    dividend: &Dimension,
    divisor: &Dimension,
    span: Span,
) -> Result<Dimension, ElaborateError> {
    if divisor.as_constant() == Some(0) {
        return Err(ElaborateError::DivisionByZero { span });
    }
    dividend.quotient(divisor).ok_or_else(|| ElaborateError::NotWhole {
        dividend: dividend.to_string(),
        divisor: divisor.to_string(),
        span,
    })
}

/// The expression and everything below it that is part of its arithmetic, operands first: a call is one thing.
pub(super) fn of_size(tree: &Tree, root: ExprId) -> Vec<ExprId> {
    in_order(root, |id| match &tree.get(id).kind {
        kind @ (ExprKind::Negate(_) | ExprKind::Binary { .. } | ExprKind::Index { .. }) => {
            kind.children()
        }
        _ => Vec::new(),
    })
}

/// The expression and everything below it, operands first.
pub(super) fn below(tree: &Tree, root: ExprId) -> Vec<ExprId> {
    in_order(root, |id| tree.get(id).kind.children())
}

/// The expression and those of its parts that are asked for, operands first.
pub(super) fn in_order(root: ExprId, parts: impl Fn(ExprId) -> Vec<ExprId>) -> Vec<ExprId> {
    let mut stack = vec![root];
    let mut order = Vec::new();
    while let Some(id) = stack.pop() {
        order.push(id);
        stack.extend(parts(id));
    }
    order.sort_unstable();
    order
}
