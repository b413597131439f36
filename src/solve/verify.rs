//! The solution put back into the equations, in numbers: no rule of the engine is trusted.

use super::Solution;
use crate::evaluate::{self, Point, evaluate};
use crate::expression::{Id, Node, Store};
use crate::kernel::Array;

/// Points of different sizes and values that are tried.
const TRIES: u64 = 8;
/// Values beyond this are near a point where a matrix is singular.
const LARGEST: f64 = 1e5;

/// What was found when a solution was put back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residual {
    /// Points at which it was put back.
    pub points: usize,
    /// The largest entry of an equation at the solution, relative to its terms at a point beside it.
    pub largest: f64,
}

/// Puts the solution back at several points.
pub fn residual(store: &Store, solution: &Solution) -> Residual {
    let mut found = Residual { points: 0, largest: 0.0 };
    let values: Vec<Id> = solution.roots.iter().map(|root| root.value).collect();
    let mut roots = values.clone();
    roots.extend(&solution.equations);
    let small = evaluate::small_sizes(store, &roots);
    let store = small.as_ref().unwrap_or(store);
    for seed in 0..TRIES {
        let sizes = evaluate::sizes(store, &roots, seed);
        let Some(point) = evaluate::sample(store, &roots, &sizes, seed) else { continue };
        if let Some(largest) = at(store, solution, &values, &point) {
            found.points += 1;
            found.largest = found.largest.max(largest);
        }
    }
    found
}

/// The point with the unknowns at their solution.
fn solved(
    store: &Store,
    solution: &Solution,
    values: &[Id],
    point: &Point<f64>,
) -> Option<Point<f64>> {
    let mut there = point.clone();
    // A value may hold unknowns that were found without it: as many rounds as there are unknowns reach them all.
    for _ in values {
        let found = evaluate(store, values, &there).ok()?;
        for (root, value) in solution.roots.iter().zip(found) {
            let Node::Variable(name) = store.node(root.unknown) else { return None };
            let old = point.values.get(name)?;
            let is_wild = value.data.iter().any(|x| !x.is_finite() || x.abs() > LARGEST);
            if is_wild || value.data.len() != old.data.len() {
                return None;
            }
            // vec X, column by column, is X's own memory.
            let value = Array { rows: old.rows, columns: old.columns, data: value.data };
            there.values.insert(name.clone(), value);
        }
    }
    Some(there)
}

/// The point with every variable a little larger, each by another factor.
fn nudged(point: &Point<f64>) -> Point<f64> {
    let mut near = point.clone();
    let mut factor = 1.0;
    for value in near.values.values_mut() {
        factor += 1e-11;
        *value = value.map(|x| x * factor);
    }
    near
}

fn at(store: &Store, solution: &Solution, values: &[Id], point: &Point<f64>) -> Option<f64> {
    let beside = evaluate(store, &solution.equations, point).ok()?;
    let there = solved(store, solution, values, point)?;
    // Where a matrix is singular, rounding errors decide what its inverse is.
    let near = solved(store, solution, values, &nudged(point))?;
    let is_stable = there.values.iter().all(|(name, value)| {
        near.values.get(name).is_some_and(|other| {
            let scale = value.data.iter().fold(1e-3_f64, |most, x| most.max(x.abs()));
            value.data.iter().zip(&other.data).all(|(x, y)| (x - y).abs() <= 1e-6 * scale)
        })
    });
    if !is_stable {
        return None;
    }
    let left = evaluate(store, &solution.equations, &there).ok()?;
    let mut largest = 0.0_f64;
    for (residual, beside) in left.iter().zip(&beside) {
        let scale = beside.data.iter().fold(1.0_f64, |most, x| most.max(x.abs()));
        for x in &residual.data {
            let relative = x.abs() / scale;
            largest = if relative.is_nan() { f64::INFINITY } else { largest.max(relative) };
        }
    }
    Some(largest)
}
