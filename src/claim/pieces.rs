//! Points on every side of the kinks and jumps of a formula: step(a − 5) is 0 wherever a is small.
//!
//! Along rays, on which all variables or one of them are multiplied, each argument of a kinked function changes its sign at some places;
//! between any two neighbouring places there is a point.

use crate::evaluate::{self, Point, evaluate};
use crate::expression::{Id, Node, Store};
use crate::function::{FunctionId, Range};

use super::exact::keeps_multiples;

/// Multiples along a ray, on both sides of zero, tried for a change of sign.
const REACH: i32 = 90;
/// The ratio of two neighbouring multiples: the last is about 10⁷.
const RATIO: f64 = 1.2;
/// Variables that are moved alone.
const MOST_ALONE: usize = 8;
/// Rays that all variables go along, with unequal sizes and values.
const RAYS: u64 = 3;
/// Places on either side of a ray, the nearest first: sin changes its sign without end.
const MOST_PLACES: usize = 24;
/// Points that are kept.
const MOST: usize = 256;

/// The functions that are not smooth where their argument is zero.
fn is_kinked(function: FunctionId) -> bool {
    let row = function.row();
    row.range == Range::Mask
        || row.name.starts_with("max")
        || matches!(row.name, "sign" | "abs" | "relu" | "norm1")
}

/// Points beyond those near the origin; none where the formulas are smooth.
pub(super) fn points(store: &Store, roots: &[Id]) -> Vec<Point<f64>> {
    let arguments = arguments(store, roots);
    if arguments.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for seed in 0..RAYS {
        let sizes = evaluate::sizes(store, roots, seed);
        let Some(start) = evaluate::sample(store, roots, &sizes, seed) else { continue };
        let names: Vec<&str> = start.values.keys().map(|name| &**name).collect();
        let mut rays: Vec<Option<&str>> = vec![None];
        if names.len() > 1 {
            rays.extend(names.iter().take(MOST_ALONE).map(|name| Some(*name)));
        }
        for alone in rays {
            found.extend(along(store, &arguments, &start, alone));
        }
    }
    found.truncate(MOST);
    found
}

/// What kinked functions are applied to, and the sums in that: (a − 5)(6 − a) changes its sign where one of them does.
fn arguments(store: &Store, roots: &[Id]) -> Vec<Id> {
    let mut found: Vec<Id> = Vec::new();
    for id in store.closure(roots) {
        if let Node::Apply { function, arguments } = store.node(id)
            && is_kinked(*function)
        {
            found.extend(arguments.first());
        }
    }
    let is_sum = |id: &Id| matches!(store.node(*id), Node::Sum(_));
    found.extend(store.reachable(&found).into_iter().filter(is_sum));
    found.sort_unstable();
    found.dedup();
    found
}

/// The point with one variable, or all, multiplied.
fn moved(store: &Store, start: &Point<f64>, alone: Option<&str>, by: f64) -> Option<Point<f64>> {
    let mut point = start.clone();
    for (name, value) in &mut point.values {
        if alone.is_some_and(|alone| alone != &**name) {
            continue;
        }
        let family = name.split_once('[').map_or(&**name, |(family, _)| family);
        let facts = store.properties(store.find_variable(family)?);
        let is_free = facts == crate::expression::Properties::NONE;
        if keeps_multiples(facts) {
            let by = if is_free { by } else { by.abs() };
            *value = value.map(|x| x * by);
        }
    }
    Some(point)
}

/// A point between any two places at which an argument changes its sign.
fn along(
    store: &Store,
    arguments: &[Id],
    start: &Point<f64>,
    alone: Option<&str>,
) -> Vec<Point<f64>> {
    let positive = (-REACH / 4..REACH).map(|power| RATIO.powi(power));
    let negative = positive.clone().map(|step| -step);
    let signs = |by: f64| -> Option<Vec<bool>> {
        let point = moved(store, start, alone, by)?;
        let mut signs = Vec::new();
        for argument in arguments {
            // An argument under a sum over an index has no value of its own.
            if let Ok(values) = evaluate(store, &[*argument], &point) {
                signs.extend(values.iter().flat_map(|value| &value.data).map(|x| *x > 0.0));
            }
        }
        Some(signs)
    };
    let mut places: Vec<f64> = Vec::new();
    let across = positive.clone().take(1).chain(negative);
    for steps in [positive.collect::<Vec<f64>>(), across.collect()] {
        let (mut before, most) = (None::<(f64, Vec<bool>)>, places.len() + MOST_PLACES);
        for by in steps {
            let Some(here) = signs(by) else { continue };
            if let Some((last, known)) = &before
                && known.len() == here.len()
                && *known != here
            {
                places.extend(changes(&signs, (*last, known), (by, &here)));
            }
            if places.len() >= most {
                break;
            }
            before = Some((by, here));
        }
    }
    places.push(RATIO.powi(-REACH / 4));
    places.sort_by(f64::total_cmp);
    // Not in the middle: that is 0 between ±5.
    let mut between: Vec<f64> =
        places.windows(2).map(|pair| 0.55 * pair[0] + 0.45 * pair[1]).collect();
    let beyond = |place: f64| 0.25 * place.abs() + RATIO.powi(-REACH / 4);
    if let (Some(first), Some(last)) = (places.first(), places.last()) {
        between.extend([first - beyond(*first), last + beyond(*last)]);
    }
    between.into_iter().filter_map(|by| moved(store, start, alone, by)).collect()
}

/// The places between two multiples at which signs change, by halving.
fn changes(
    signs: &dyn Fn(f64) -> Option<Vec<bool>>,
    (low, below): (f64, &[bool]),
    (high, above): (f64, &[bool]),
) -> Vec<f64> {
    let mut found = Vec::new();
    let mut open = vec![(low, below.to_vec(), high, above.to_vec(), 0)];
    while let Some((low, below, high, above, depth)) = open.pop() {
        if below == above {
            continue;
        }
        if depth == 30 || found.len() > 16 {
            found.push(f64::midpoint(low, high));
            continue;
        }
        let middle = f64::midpoint(low, high);
        let Some(there) = signs(middle) else { continue };
        open.push((low, below, middle, there.clone(), depth + 1));
        open.push((middle, there, high, above, depth + 1));
    }
    found
}
