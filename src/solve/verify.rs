//! The solution put back into the equations, in numbers: no rule of the engine is trusted.

use super::{Condition, Solution};
use crate::evaluate::{self, Point, evaluate};
use crate::expression::{Id, Node, Properties, Property, Store};
use crate::kernel::{self, Array};

/// Points of different sizes and values at which a solution is put back.
const POINTS: usize = 8;
/// Points that are drawn to find those at which its conditions hold (X·Xᵀ needs enough columns).
const TRIES: u64 = 32;
/// The first tries keep the sizes as they are; then one after another is made larger.
const FROM_THEN_ON: u64 = 8;
/// Values beyond this are near a point where a matrix is singular.
const LARGEST: f64 = 1e5;
/// What is less, relative to the rest, may be zero.
const CLEAR: f64 = 1e-9;

/// What was found when a solution was put back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residual {
    /// Points at which it was put back.
    pub points: usize,
    /// The largest entry of an equation at the solution, relative to its terms at a point beside it.
    pub largest: f64,
}

/// Puts the solution back at several points at which its conditions hold.
pub fn residual(store: &Store, solution: &Solution) -> Residual {
    let mut found = Residual { points: 0, largest: 0.0 };
    let mut roots: Vec<Id> = solution.roots.iter().map(|root| root.value).collect();
    roots.extend(&solution.equations);
    let small = evaluate::small_sizes(store, &roots);
    let store = small.as_ref().unwrap_or(store);
    for point in points(store, solution) {
        if let Some(largest) = at(store, solution, &point) {
            found.points += 1;
            found.largest = found.largest.max(largest);
        }
        if found.points == POINTS {
            break;
        }
    }
    found
}

fn points<'a>(store: &'a Store, solution: &'a Solution) -> impl Iterator<Item = Point<f64>> + 'a {
    let mut roots: Vec<Id> = solution.roots.iter().map(|root| root.value).collect();
    roots.extend(solution.roots.iter().map(|root| root.unknown));
    roots.extend(&solution.equations);
    (0..TRIES).filter_map(move |seed| {
        let mut sizes = evaluate::sizes(store, &roots, seed);
        // A product such as X·Xᵀ is invertible only where one size is larger than others.
        let count = sizes.len().max(1);
        if seed >= FROM_THEN_ON
            && let Some(size) = sizes.values_mut().nth(usize::try_from(seed).unwrap_or(0) % count)
        {
            *size *= 3;
        }
        // What is not defined everywhere is looked for at points where the equations are.
        evaluate::sample(store, &roots, &sizes, seed)
            .or_else(|| evaluate::sample(store, &solution.equations, &sizes, seed))
    })
}

/// The point with the unknowns at their solution.
fn solved(store: &Store, solution: &Solution, point: &Point<f64>) -> Option<Point<f64>> {
    let values: Vec<Id> = solution.roots.iter().map(|root| root.value).collect();
    let mut there = point.clone();
    // A value may hold unknowns that were found without it: as many rounds as there are unknowns reach them all.
    for _ in &values {
        let found = evaluate(store, &values, &there).ok()?;
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

fn at(store: &Store, solution: &Solution, point: &Point<f64>) -> Option<f64> {
    let beside = evaluate(store, &solution.equations, point).ok()?;
    let there = solved(store, solution, point)?;
    if !solution.conditions.iter().all(|condition| holds(store, *condition, &there)) {
        return None;
    }
    // Where a matrix is singular, rounding errors decide what its inverse is.
    let near = solved(store, solution, &nudged(point))?;
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

/// Whether a condition clearly holds at a point; what is declared of the unknown is looked at elsewhere.
fn holds(store: &Store, condition: Condition, point: &Point<f64>) -> bool {
    let value = evaluate(store, &[condition.value()], point).ok().and_then(|mut all| all.pop());
    let Some(value) = value else { return false };
    let most = value.data.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    match condition {
        Condition::NotZero(_) => most > CLEAR,
        Condition::NoZeroEntry(_) => value.data.iter().all(|x| x.abs() > CLEAR),
        Condition::Invertible(_) => {
            let inverse = kernel::inverse(&value);
            // Of a singular matrix no entry is a number.
            inverse.data.iter().all(|x| most * x.abs() < 1.0 / CLEAR)
        }
        Condition::Has(..) => true,
    }
}

/// What is declared of an unknown and does not follow for its value: conditions, unless the value has it wherever it was put in.
pub(super) fn undeclared(store: &Store, solution: &Solution) -> Vec<Condition> {
    use Property::{
        Diagonal, Lower, Nonnegative, Orthogonal, Positive, PositiveDefinite, PositiveSemidefinite,
        RowSimplex, Simplex, Symmetric, Upper,
    };
    // A later fact follows from an earlier one.
    const FACTS: &[Property] = &[
        PositiveDefinite,
        PositiveSemidefinite,
        Positive,
        Nonnegative,
        Diagonal,
        Symmetric,
        Lower,
        Upper,
        Orthogonal,
        Simplex,
        RowSimplex,
    ];
    let mut added = Vec::new();
    for root in &solution.roots {
        let (declared, known) = (store.properties(root.unknown), store.properties(root.value));
        let mut implied = Properties::NONE;
        for fact in FACTS {
            let is_settled = !declared.has(*fact) || implied.has(*fact) || known.has(*fact);
            if !is_settled && !always(store, solution, root.unknown, *fact) {
                added.push(Condition::Has(root.value, *fact));
                implied = implied.with(*fact);
            }
        }
    }
    added
}

/// Whether the value of the unknown has a property wherever it was put in.
fn always(store: &Store, solution: &Solution, unknown: Id, fact: Property) -> bool {
    let Node::Variable(name) = store.node(unknown) else { return true };
    let mut places = points(store, solution).filter_map(|point| {
        let there = solved(store, solution, &point)?;
        let holds = solution.conditions.iter().all(|one| holds(store, *one, &there));
        holds.then(|| has(&there.values[name], fact))
    });
    places.by_ref().take(POINTS).all(|has| has)
}

/// Whether a value has a property, up to rounding.
fn has(value: &Array<f64>, fact: Property) -> bool {
    let most = value.data.iter().fold(1e-3_f64, |most, x| most.max(x.abs()));
    let small = |x: f64| x.abs() <= 1e-7 * most;
    let each = |holds: &dyn Fn(usize, usize) -> bool| {
        (0..value.rows).all(|i| (0..value.columns).all(|j| holds(i, j)))
    };
    let symmetric = || each(&|i, j| small(value.at(i, j) - value.at(j, i)));
    match fact {
        Property::Symmetric => symmetric(),
        Property::Diagonal => each(&|i, j| i == j || small(value.at(i, j))),
        Property::Lower => each(&|i, j| i >= j || small(value.at(i, j))),
        Property::Upper => each(&|i, j| i <= j || small(value.at(i, j))),
        Property::Positive => value.data.iter().all(|x| *x > 0.0),
        Property::Nonnegative => value.data.iter().all(|x| *x >= -1e-9),
        Property::PositiveDefinite => symmetric() && least_pivot(value) > 0.0,
        Property::PositiveSemidefinite => symmetric() && least_pivot(value) >= -1e-9 * most,
        Property::Orthogonal => {
            let gram = kernel::product(&kernel::transpose(value), value);
            (0..gram.rows).all(|i| {
                (0..gram.columns)
                    .all(|j| (gram.at(i, j) - if i == j { 1.0 } else { 0.0 }).abs() < 1e-7)
            })
        }
        Property::Simplex => {
            (0..value.columns).all(|j| sums_to_one(value.column(j).iter().copied()))
        }
        Property::RowSimplex => {
            let row = |i| (0..value.columns).map(move |j| value.at(i, j));
            (0..value.rows).all(|i| sums_to_one(row(i)))
        }
        // An inverse is not solved for where it does not exist; whole numbers are exponents, which are not solved for.
        Property::Invertible | Property::Whole => true,
    }
}

fn sums_to_one(entries: impl Iterator<Item = f64> + Clone) -> bool {
    entries.clone().all(|x| x >= -1e-9) && (entries.sum::<f64>() - 1.0).abs() < 1e-7
}

/// The least pivot of a symmetric elimination: positive for a positive definite matrix.
fn least_pivot(value: &Array<f64>) -> f64 {
    let mut rest = value.clone();
    let largest = value.data.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let mut least = f64::INFINITY;
    for k in 0..rest.rows {
        let pivot = rest.at(k, k);
        least = least.min(pivot);
        if pivot.abs() < 1e-10 * largest {
            continue;
        }
        for i in k + 1..rest.rows {
            for j in k + 1..rest.rows {
                let share = rest.at(i, k) * rest.at(k, j) / pivot;
                *rest.at_mut(i, j) -= share;
            }
        }
    }
    least
}
