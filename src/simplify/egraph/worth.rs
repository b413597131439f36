//! What a class is worth: its value at one point, along which the variable moves. Two classes that a rule equates must agree there, or the
//! rule is unsound. Nothing is concluded from agreement.

use std::sync::Arc;

use super::language::{Facts, Op, Results};
use super::translate::applied;
use crate::evaluate::{self, Point, evaluate};
use crate::expression::{Id, Properties, Store};
use crate::kernel::{Array, Dual};
use crate::shape::Name;

/// A value and its derivative along the direction; of a differential that derivative is its value.
pub(super) type Worth = Arc<Array<Dual<f64>>>;

/// The point of that number at which the question has a value, with the variable on the move.
pub(super) fn point(store: &Store, f: Id, variable: Id, number: u64) -> Option<Point<Dual<f64>>> {
    let roots = [f, variable];
    (number * TRIES..(number + 1) * TRIES).find_map(|seed| {
        let sizes = evaluate::sizes(store, &roots, seed);
        let point = evaluate::sample(store, &roots, &sizes, seed)?;
        Some(evaluate::moving(store, variable, &point, seed)?.0)
    })
}

/// Points that are tried for one where the question is finite.
const TRIES: u64 = 4;

/// Relative to the largest entry: far above what rounding does to entries below [`LARGEST`], far below what a wrong rule does.
const TOLERANCE: f64 = 1e-4;
const LARGEST: f64 = 1e6;

pub(super) fn of_leaf(store: &Store, leaf: Id, point: &Point<Dual<f64>>) -> Option<Worth> {
    evaluate(store, &[leaf], point).ok()?.pop().map(Arc::new)
}

pub(super) fn of_operator(
    op: Op,
    operands: &[&Facts],
    results: &Results,
    point: &Point<Dual<f64>>,
) -> Option<Worth> {
    let worths: Vec<&Worth> =
        operands.iter().map(|facts| facts.worth.as_ref()).collect::<Option<_>>()?;
    match (op, worths.as_slice()) {
        (Op::Differential, [a]) => Some(Arc::new(a.map(|x| Dual::new(x.tangent, 0.0)))),
        (Op::Pairing, [a, b]) => {
            let products = a.data.iter().zip(&b.data).map(|(x, y)| *x * *y);
            let sum = products.fold(Dual::new(0.0, 0.0), |sum, product| sum + product);
            Some(Arc::new(Array::scalar(sum)))
        }
        _ => by_placeholders(op, operands, results, point),
    }
}

/// The operator applied to variables that have the operands' values.
fn by_placeholders(
    op: Op,
    operands: &[&Facts],
    results: &Results,
    point: &Point<Dual<f64>>,
) -> Option<Worth> {
    let mut store = Store::new();
    let mut here = Point { sizes: point.sizes.clone(), values: std::collections::BTreeMap::new() };
    let mut ids = Vec::with_capacity(operands.len());
    for (at, facts) in operands.iter().enumerate() {
        let id = if let Some(number) = &facts.number {
            store.number(number.clone())
        } else {
            let name = format!("operand{at}");
            here.values.insert(Name::from(name.as_str()), facts.worth.as_deref()?.clone());
            store.variable(&name, facts.shape.clone(), Properties::NONE)
        };
        ids.push(id);
    }
    let id = applied(op, &ids, results, &mut store)?;
    evaluate(&store, &[id], &here).ok()?.pop().map(Arc::new)
}

/// How two values differ; `None` when they agree as far as can be told.
pub(super) fn difference(one: &Worth, other: &Worth) -> Option<String> {
    let size = |worth: &Worth| worth.data.iter().fold(1.0_f64, |most, x| most.max(x.value.abs()));
    let largest = size(one).max(size(other));
    let is_finite = |worth: &Worth| worth.data.iter().all(|x| x.value.is_finite());
    if !is_finite(one) || !is_finite(other) || largest > LARGEST {
        return None;
    }
    if (one.rows, one.columns) != (other.rows, other.columns) {
        return Some("a rule equates values of different sizes".to_owned());
    }
    let mut pairs = one.data.iter().zip(&other.data);
    let (x, y) = pairs.find(|(x, y)| (x.value - y.value).abs() > TOLERANCE * largest)?;
    Some(format!("a rule equates {:e} with {:e}", x.value, y.value))
}
