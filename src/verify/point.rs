//! Sizes and inputs at which programs are compared: three sets of sizes, unequal within each set where that is possible, and the smallest
//! sizes that are legal.

use std::collections::BTreeMap;

use super::Request;
use crate::evaluate::{self, Number as _, Point, Random};
use crate::expression::{Id, Node};
use crate::kernel::{Array, Dual, Precision, Scaled};
use crate::lower::Program;
use crate::shape::{Dimension, Name, Shape};

/// Number of size sets.
const SETS: u64 = 3;
/// Choices of sizes and inputs that are tried for each set.
const TRIES: u64 = 8;
/// Entries of the largest array at the larger sizes.
const MOST_ENTRIES: i64 = 20_000;
/// Relative change of the inputs by which conditioning is measured.
const NUDGE: f64 = 1e-6;
/// How many times larger the relative change of a result may be: beyond, rounding drowns what is compared.
const MOST_AMPLIFIED: f64 = 100.0;

/// What rounding leaves of a number, and a little more.
const NOISE: f64 = 1e-13;
/// The smallest sizes are looked for up to this number.
const LARGEST_SMALL: i64 = 6;

/// Points in the domain of the value and its derivatives, one for each set, then one at the smallest sizes and one at each length that
/// has formulas of its own, if there is one; none unless every set has one.
///
/// Not all sizes will do: det(XᵀX) with more columns than rows is 0 but for rounding. Such a choice is passed over for another.
pub(super) fn points(request: &Request<'_>, program: &Program) -> Option<Vec<Point<f64>>> {
    let mut roots: Vec<Id> = vec![request.value, request.formula];
    roots.extend(request.derivatives.iter().map(|derivative| derivative.expression));
    // Of given families all elements are passed.
    let given = request.variables.iter().map(|(_, id)| *id);
    roots.extend(given.filter(|id| request.store.family(*id).is_some()));
    [Zeros::Refused, Zeros::Allowed].into_iter().find_map(|zeros| {
        let mut points = distinct(request, program, &roots, zeros)?;
        points.extend(smallest(request, program, &roots));
        points.extend(short(request, program, &roots));
        Some(points)
    })
}

/// The first variable that has more entries than are computed with, because its sizes are numbers.
pub(super) fn too_large(request: &Request<'_>) -> Option<(String, Shape)> {
    let number = |size: &Dimension| size.as_constant().and_then(|size| usize::try_from(size).ok());
    let mut variables = request.variables.iter().map(|(name, id)| (name, request.store.shape(*id)));
    let found = variables.find(|(_, shape)| {
        number(&shape.rows())
            .zip(number(&shape.columns()))
            .is_some_and(|(rows, columns)| rows.saturating_mul(columns) > evaluate::LARGEST)
    });
    found.map(|(name, shape)| (name.to_string(), shape.clone()))
}

/// What becomes of points where the value is zero throughout, as that of a determinant is where its matrix lacks rank: elsewhere there
/// is more to compare, unless the value is zero everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zeros {
    Refused,
    Allowed,
}

/// A point for each set.
fn distinct(
    request: &Request<'_>,
    program: &Program,
    roots: &[Id],
    zeros: Zeros,
) -> Option<Vec<Point<f64>>> {
    let tried = |sizes: BTreeMap<Name, i64>, set: u64| {
        let legal = |sizes: &BTreeMap<Name, i64>| is_legal(program, sizes);
        let point = Some(sizes).filter(legal).and_then(|sizes| sample(request, roots, &sizes, set));
        point.filter(|point| is_well_conditioned(request, roots, point, zeros))
    };
    (0..SETS)
        .map(|set| {
            let seeds = || (0..TRIES).map(|attempt| set + SETS * attempt);
            let mut larger = seeds().filter_map(|seed| {
                large(request, roots, program, seed).and_then(|sizes| tried(sizes, seed))
            });
            let mut smaller =
                seeds().filter_map(|seed| tried(sizes(request, roots, program, seed), seed));
            let mut distinct = seeds().filter_map(|seed| {
                let sizes = evaluate::distinct_sizes(request.store, roots, seed)?;
                tried(completed(sizes, program), seed)
            });
            larger.next().or_else(|| distinct.next()).or_else(|| smaller.next())
        })
        .collect()
}

/// A point at the smallest sizes: as many ones, and ranges as short, as the program allows; none where no such point is in the domain.
fn smallest(request: &Request<'_>, program: &Program, roots: &[Id]) -> Option<Point<f64>> {
    let bounds = evaluate::index_bounds(request.store, roots);
    let choices =
        (1..=LARGEST_SMALL).flat_map(|size| (0..=LARGEST_SMALL).map(move |bound| (size, bound)));
    let mut choices: Vec<(i64, i64)> = choices.collect();
    choices.sort_by_key(|(size, bound)| size + bound);
    choices.into_iter().find_map(|(size, bound)| {
        let number = |name: &Name| if bounds.contains(name) { bound } else { size };
        let sizes = program.sizes.iter().map(|name| (name.clone(), number(name))).collect();
        let sizes = evaluate::with_elements(request.store, roots, sizes);
        if !is_legal(program, &sizes) {
            return None;
        }
        let point = sample(request, roots, &sizes, 0)?;
        is_well_conditioned(request, roots, &point, Zeros::Allowed).then_some(point)
    })
}

/// Points at the lengths that are too short for the formulas of longer ones.
fn short(request: &Request<'_>, program: &Program, roots: &[Id]) -> Vec<Point<f64>> {
    let sizes = evaluate::short_sizes(request.store, roots).into_iter();
    let sizes = sizes.map(|sizes| completed(sizes, program)).filter(|it| is_legal(program, it));
    let found = sizes.filter_map(|sizes| {
        let mut points = (0..TRIES).filter_map(|seed| sample(request, roots, &sizes, seed));
        points.find(|point| is_well_conditioned(request, roots, point, Zeros::Allowed))
    });
    found.collect()
}

/// Whether the emitted code takes these sizes: quotients come out whole, and everything exists that is spoken of.
fn is_legal(program: &Program, sizes: &BTreeMap<Name, i64>) -> bool {
    let number = |name: &Name| sizes.get(name).copied();
    let is_whole = |(a, b): &(Dimension, Dimension)| matches!((a.evaluate(&number), b.evaluate(&number)), (Some(a), Some(b)) if b > 0 && a >= 0 && a % b == 0);
    program.quotients.iter().all(is_whole)
        && program.conditions.iter().all(|condition| condition.holds(&number))
}

/// Whether a small change of the inputs changes every result little, measured against the result's largest entry; or by no more than
/// what rounding leaves of numbers as large as those that come in and go out.
fn is_well_conditioned(
    request: &Request<'_>,
    roots: &[Id],
    point: &Point<f64>,
    zeros: Zeros,
) -> bool {
    let values = |point| evaluate::evaluate(request.store, roots, point);
    let (Ok(here), Ok(there)) = (values(point), values(&nudged(point))) else { return false };
    if !has_tangent(request, point) {
        return false;
    }
    let vanishes = here.first().is_some_and(|value| value.data.iter().all(|x| *x == 0.0));
    let is_zero = matches!(request.store.node(request.value), Node::Zeros(..) | Node::Number(_));
    if vanishes && !is_zero && zeros == Zeros::Refused {
        return false;
    }
    let largest = |data: &[f64]| data.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    let around = point.values.values().chain(&here);
    let rounding = NOISE * around.fold(1.0_f64, |size, value| size.max(largest(&value.data)));
    here.iter().zip(&there).all(|(a, b)| {
        let most = rounding.max(MOST_AMPLIFIED * NUDGE * largest(&a.data));
        a.data.iter().zip(&b.data).all(|(x, y)| (x - y).abs() <= most)
    })
}

/// Whether dual numbers in single precision, as the layer kernels take them, reach the value's derivative here: ‖x‖₂² has one at x = 0,
/// but by way of that of ‖x‖₂, which does not exist.
fn has_tangent(request: &Request<'_>, point: &Point<f64>) -> bool {
    let moving = point.map(|x| {
        let x = Scaled::exact(x, Precision::SINGLE);
        // An exponent that is a whole number stays.
        Dual::new(x, x.like(if x.value.fract() == 0.0 { 0.0 } else { x.value }))
    });
    let values = evaluate::evaluate(request.store, &[request.formula], &moving);
    values.is_ok_and(|values| values[0].data.iter().all(|x| x.is_finite()))
}

/// The point with every entry changed a little, differently for different entries, and symmetric matrices still symmetric.
fn nudged(point: &Point<f64>) -> Point<f64> {
    let mut point = point.clone();
    for (at, value) in point.values.values_mut().enumerate() {
        // The exponent of a matrix stays a whole number; no other scalar is one.
        if matches!(value.data.as_slice(), [x] if x.fract() == 0.0) {
            continue;
        }
        let old = value.clone();
        *value = Array::from_fn(old.rows, old.columns, |i, j| {
            let factor = if (at + i + j + i * j) % 3 == 0 { 1.0 + NUDGE } else { 1.0 - NUDGE };
            old.at(i, j) * factor
        });
    }
    point
}

/// Small sizes, from the evaluator; symbols that only unused variables mention included.
fn sizes(request: &Request<'_>, roots: &[Id], program: &Program, set: u64) -> BTreeMap<Name, i64> {
    completed(evaluate::sizes(request.store, roots, set), program)
}

fn completed(mut sizes: BTreeMap<Name, i64>, program: &Program) -> BTreeMap<Name, i64> {
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
    let set = usize::try_from(set).ok()?;
    let bounds = evaluate::index_bounds(request.store, roots);
    // Bounds of indices go up to 7 + their number.
    let past_bounds = if bounds.is_empty() { 0 } else { 6 };
    let start = [3, 9, 5 + past_bounds][set % 3] + i64::try_from(bounds.len()).ok()?;
    let mut numbers: Vec<i64> = (start..).take(count).collect();
    let mut random = Random::new(u64::try_from(set).ok()? + 17);
    for at in (1..count).rev() {
        numbers.swap(at, random.below(at + 1));
    }
    let mut sizes: BTreeMap<Name, i64> = program.sizes.iter().cloned().zip(numbers).collect();
    for (place, bound) in bounds.into_iter().enumerate() {
        sizes.insert(bound, [1, 2, 7][set % 3] + i64::try_from(place).ok()?);
    }
    let sizes = evaluate::with_elements(request.store, roots, sizes);
    let value = |size: &Dimension| size.evaluate(&|name| sizes.get(name).copied());
    // What depends on an index is small where its parts are.
    let is_indexed = |size: &Dimension| size.symbols().iter().any(|name| !sizes.contains_key(name));
    let fits = request.store.closure(roots).into_iter().all(|id| match request.store.shape(id) {
        Shape::Scalar => true,
        shape @ (Shape::Matrix(..) | Shape::Tensor(_)) => {
            match (value(&shape.rows()), value(&shape.columns())) {
                (Some(rows), Some(columns)) => {
                    rows >= 1 && columns >= 1 && rows.saturating_mul(columns) <= MOST_ENTRIES
                }
                _ => is_indexed(&shape.rows()) || is_indexed(&shape.columns()),
            }
        }
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
        if !point.values.contains_key(name) && request.store.family(*id).is_none() {
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
