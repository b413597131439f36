//! Sizes and inputs at which programs are compared: three sets of sizes, unequal within each set where that is possible.

use std::collections::BTreeMap;

use super::Request;
use crate::evaluate::{self, Point, Random};
use crate::expression::Id;
use crate::kernel::Array;
use crate::lower::Program;
use crate::shape::{Dimension, Name, Shape};

/// Number of size sets.
const SETS: u64 = 3;
/// Entries of the largest array at the larger sizes.
const MOST_ENTRIES: i64 = 20_000;

/// Points in the domain of the value and its derivatives.
pub(super) fn points(request: &Request<'_>, program: &Program) -> Vec<Point<f64>> {
    let mut roots: Vec<Id> = vec![request.value];
    roots.extend(request.gradients.iter().map(|derivative| derivative.gradient));
    (0..SETS)
        .filter_map(|set| {
            let small = || sizes(request, &roots, program, set);
            large(request, &roots, program, set)
                .and_then(|sizes| sample(request, &roots, &sizes, set))
                .or_else(|| sample(request, &roots, &small(), set))
        })
        .collect()
}

/// Small sizes, from the evaluator; symbols that only unused variables mention included.
fn sizes(request: &Request<'_>, roots: &[Id], program: &Program, set: u64) -> BTreeMap<Name, i64> {
    let mut sizes = evaluate::sizes(request.store, roots, set);
    for name in &program.sizes {
        let next = 2 + i64::try_from(sizes.len()).unwrap_or(0);
        sizes.entry(name.clone()).or_insert(next);
    }
    sizes
}

/// Sizes beyond the blocks of the emitted loops (four columns, eight lanes), no two equal; none where an array would be large or a
/// size below one.
fn large(
    request: &Request<'_>,
    roots: &[Id],
    program: &Program,
    set: u64,
) -> Option<BTreeMap<Name, i64>> {
    let count = program.sizes.len();
    let start = [3, 9, 5][usize::try_from(set % SETS).ok()?];
    let mut numbers: Vec<i64> = (start..).take(count).collect();
    let mut random = Random::new(set + 17);
    for at in (1..count).rev() {
        numbers.swap(at, random.below(at + 1));
    }
    let sizes: BTreeMap<Name, i64> = program.sizes.iter().cloned().zip(numbers).collect();
    let value = |size: &Dimension| size.evaluate(&|name| sizes.get(name).copied());
    let fits = request.store.reachable(roots).into_iter().all(|id| match request.store.shape(id) {
        Shape::Scalar => true,
        Shape::Matrix(rows, columns) => match (value(rows), value(columns)) {
            (Some(rows), Some(columns)) => {
                rows >= 1 && columns >= 1 && rows.saturating_mul(columns) <= MOST_ENTRIES
            }
            _ => false,
        },
    });
    fits.then_some(sizes)
}

/// A point; variables that the roots do not mention get any value.
fn sample(
    request: &Request<'_>,
    roots: &[Id],
    sizes: &BTreeMap<Name, i64>,
    set: u64,
) -> Option<Point<f64>> {
    let mut point = evaluate::sample(request.store, roots, sizes, set)?;
    for (name, id) in &request.variables {
        if !point.values.contains_key(name) {
            let shape = request.store.shape(*id);
            let side = |size: &Dimension| {
                let value = size.evaluate(&|name| sizes.get(name).copied())?;
                usize::try_from(value).ok()
            };
            let array = Array::filled(side(&shape.rows())?, side(&shape.columns())?, 1.0);
            point.values.insert(name.clone(), array);
        }
    }
    Some(point)
}
