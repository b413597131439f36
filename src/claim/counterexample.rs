//! A small point at which a claim and the derivative differ.

use super::exact::Difference;
use crate::evaluate::{self, Point, evaluate};
use crate::expression::{Id, Properties, Store};
use crate::kernel::Array;
use crate::shape::Name;

/// Points tried with values of one decimal.
const TRIES: u64 = 12;
/// Entries that differ by less, relative to the largest entry, may differ by rounding.
const CLEAR: f64 = 1e-6;

/// A point at which a claim is wrong.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// Sizes and the variables' values.
    pub point: Point<f64>,
    /// The claim's value.
    pub claim: Array<f64>,
    /// The derivative's value.
    pub derivative: Array<f64>,
    /// The entry that differs most.
    pub worst: Worst,
    /// Where the values differ in digits that rounding errors reach: claim − derivative as a formula.
    pub difference: Option<Id>,
}

/// An entry, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worst {
    /// Its row.
    pub row: usize,
    /// Its column.
    pub column: usize,
    /// What the claim says there.
    pub claim: f64,
    /// What is right.
    pub derivative: f64,
}

/// A point with short values, or the point that was found by comparison.
pub(super) fn find(
    store: &Store,
    claim: Id,
    derivative: Id,
    point: Point<f64>,
) -> Option<Counterexample> {
    let roots = [claim, derivative];
    let small = evaluate::small_sizes(store, &roots);
    let store = small.as_ref().unwrap_or(store);
    let rounded = (0..TRIES).find_map(|seed| {
        let sizes = evaluate::sizes(store, &roots, 0);
        let point = evaluate::sample(store, &roots, &sizes, seed)?;
        at(store, &roots, rounded(store, &point)?)
    });
    rounded.or_else(|| compared(store, &roots, point))
}

/// The first of these points at which the two clearly differ, and still do when every entry is moved by a rounding error.
pub(super) fn among(
    store: &Store,
    claim: Id,
    derivative: Id,
    points: &[Point<f64>],
) -> Option<Counterexample> {
    let roots = [claim, derivative];
    points.iter().find_map(|point| {
        let found = at(store, &roots, point.clone())?;
        let near = at(store, &roots, point.map(|x| x * (1.0 + 1e-12)))?;
        let close = |x: f64, y: f64| (x - y).abs() <= 1e-6 * x.abs().max(y.abs()).max(1e-6);
        let is_stable = close(found.worst.claim, near.worst.claim)
            && close(found.worst.derivative, near.worst.derivative);
        is_stable.then_some(found)
    })
}

/// The point that shows a difference which the values themselves may be too coarse for.
pub(super) fn of_difference(
    store: &Store,
    claim: Id,
    derivative: Id,
    difference: Difference,
) -> Option<Counterexample> {
    let mut found = compared(store, &[claim, derivative], difference.point)?;
    found.difference = Some(difference.formula);
    Some(found)
}

/// The point with one decimal; structured values would lose their structure.
fn rounded(store: &Store, point: &Point<f64>) -> Option<Point<f64>> {
    let is_free = |name: &Name| {
        let variable = store.find_variable(name)?;
        Some(store.properties(variable) == Properties::NONE)
    };
    let mut point = point.clone();
    for (name, value) in &mut point.values {
        if is_free(name)? {
            *value = value.map(|x| (x * 10.0).round() / 10.0);
        }
    }
    Some(point)
}

/// The two at a point, where they clearly differ.
fn at(store: &Store, roots: &[Id], point: Point<f64>) -> Option<Counterexample> {
    let found = compared(store, roots, point)?;
    let entries = found.claim.data.iter().chain(&found.derivative.data);
    let largest = entries.fold(1e-6, |most: f64, x| most.max(x.abs()));
    let distance = (found.worst.claim - found.worst.derivative).abs();
    (distance > CLEAR * largest).then_some(found)
}

/// The two at a point.
fn compared(store: &Store, roots: &[Id], point: Point<f64>) -> Option<Counterexample> {
    let mut values = evaluate(store, roots, &point).ok()?.into_iter();
    let (claim, derivative) = (values.next()?, values.next()?);
    let mut worst: Option<(f64, Worst)> = None;
    for column in 0..derivative.columns {
        for row in 0..derivative.rows {
            let (x, y) = (claim.at(row, column), derivative.at(row, column));
            let distance = (x - y).abs();
            if !distance.is_finite() {
                return None;
            }
            if worst.as_ref().is_none_or(|(most, _)| distance > *most) {
                let (row, column) = (row + 1, column + 1);
                worst = Some((distance, Worst { row, column, claim: x, derivative: y }));
            }
        }
    }
    let (_, worst) = worst?;
    Some(Counterexample { point, claim, derivative, worst, difference: None })
}
