//! What a stationary point is: from the Hessian, where structure shows its sign.

use num_traits::Signed;

use super::condition::is_positive;
use super::system::short;
use crate::differentiate;
use crate::expression::{Id, Node, Property, Store};
use crate::number::{self, Rational};
use crate::simplify::simplify;

/// What a stationary point is, as far as structure shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The Hessian is positive definite: the only minimum.
    StrictMinimum,
    /// The Hessian is positive semidefinite: a minimum.
    Minimum,
    /// The Hessian is negative definite: the only maximum.
    StrictMaximum,
    /// The Hessian is negative semidefinite: a maximum.
    Maximum,
    /// The Hessian has both signs: neither a minimum nor a maximum.
    Saddle,
    /// Structure does not show it.
    Unknown,
}

/// The Hessian by a lone unknown, of vec X for a matrix, and what follows from the Hessian by all of them.
pub(super) fn classify(store: &mut Store, gradients: &[Id], unknowns: &[Id]) -> (Option<Id>, Kind) {
    if let ([gradient], [unknown]) = (gradients, unknowns) {
        let hessian = constant_hessian(store, *gradient, *unknown);
        let kind = hessian.map_or(Kind::Unknown, |hessian| kind(store, hessian));
        return (hessian, kind);
    }
    let kind = entries(store, gradients, unknowns)
        .map_or(Kind::Unknown, |hessian| by_pivots(store, hessian));
    (None, kind)
}

/// The Hessian by several scalars, where it does not depend on them.
fn entries(store: &mut Store, gradients: &[Id], unknowns: &[Id]) -> Option<Vec<Vec<Id>>> {
    if unknowns.iter().any(|unknown| !store.shape(*unknown).is_scalar()) {
        return None;
    }
    let one = store.integer(1);
    let mut rows = Vec::with_capacity(gradients.len());
    for gradient in gradients {
        let mut row = Vec::with_capacity(unknowns.len());
        for unknown in unknowns {
            let direction = differentiate::direction(store, *unknown);
            let map =
                differentiate::differential(store, *gradient, &[(*unknown, direction)]).ok()?;
            let entry = store.substitute(map, &[(direction, one)]);
            row.push(short(store, entry));
        }
        rows.push(row);
    }
    let all: Vec<Id> = rows.iter().flatten().copied().collect();
    let below = store.closure(&all);
    let is_constant = unknowns.iter().all(|unknown| below.binary_search(unknown).is_err());
    is_constant.then_some(rows)
}

/// The signs of the pivots of a symmetric elimination are those of the form.
fn by_pivots(store: &mut Store, mut matrix: Vec<Vec<Id>>) -> Kind {
    let (mut positive, mut negative) = (false, false);
    let mut open: Vec<usize> = (0..matrix.len()).collect();
    let mut is_clear = true;
    while !open.is_empty() {
        let pivot = open.iter().copied().find_map(|at| Some((at, sign(store, matrix[at][at])?)));
        let Some((at, is_positive)) = pivot else {
            is_clear = open
                .iter()
                .all(|row| open.iter().all(|column| store.is_zero(matrix[*row][*column])));
            let is_hollow = open.iter().all(|at| store.is_zero(matrix[*at][*at]));
            // 2hxy with h not 0 has both signs.
            let has_number = open.iter().any(|row| {
                open.iter()
                    .any(|column| row != column && sign(store, matrix[*row][*column]).is_some())
            });
            if is_hollow && has_number {
                return Kind::Saddle;
            }
            break;
        };
        if is_positive {
            positive = true;
        } else {
            negative = true;
        }
        open.retain(|other| *other != at);
        for row in open.clone() {
            for column in open.clone() {
                let product = store.multiply(matrix[row][at], matrix[at][column]);
                let share = store.divide(product, matrix[at][at]);
                let difference = store.subtract(matrix[row][column], share);
                matrix[row][column] = short(store, difference);
            }
        }
    }
    match (positive, negative, is_clear) {
        (true, true, _) => Kind::Saddle,
        (true, false, true) if open.is_empty() => Kind::StrictMinimum,
        (false, true, true) if open.is_empty() => Kind::StrictMaximum,
        (true, false, true) => Kind::Minimum,
        (false, true, true) => Kind::Maximum,
        (_, _, false) | (false, false, _) => Kind::Unknown,
    }
}

/// Whether a scalar is positive; none where its sign is not known.
fn sign(store: &mut Store, id: Id) -> Option<bool> {
    if let Some(value) = store.as_number(id) {
        return (!num_traits::Zero::is_zero(value)).then(|| value.is_positive());
    }
    if is_positive(store, id) {
        return Some(true);
    }
    let negative = store.negate(id);
    is_positive(store, negative).then_some(false)
}

/// The Hessian, where it does not depend on the unknown.
fn constant_hessian(store: &mut Store, gradient: Id, unknown: Id) -> Option<Id> {
    let direction = differentiate::direction(store, unknown);
    let map = differentiate::differential(store, gradient, &[(unknown, direction)]).ok()?;
    let matrix = differentiate::matrix_of_map(store, map, direction).ok()?;
    let matrix = simplify(store, &[matrix])[0];
    let constant = store.reachable(&[matrix]).binary_search(&unknown).is_err();
    constant.then_some(matrix)
}

fn kind(store: &mut Store, hessian: Id) -> Kind {
    use Property::{Nonnegative, Positive, PositiveDefinite, PositiveSemidefinite};
    let negative = store.negate(hessian);
    let has = |store: &Store, id: Id, fact: Property, sign: Property| {
        let (coefficient, core) = split(store, id);
        if store.shape(id).is_scalar() {
            return store.properties(id).has(sign);
        }
        coefficient.is_positive() && store.properties(core).has(fact)
            || store.properties(id).has(fact)
    };
    if has(store, hessian, PositiveDefinite, Positive) {
        Kind::StrictMinimum
    } else if has(store, hessian, PositiveSemidefinite, Nonnegative) {
        Kind::Minimum
    } else if has(store, negative, PositiveDefinite, Positive) {
        Kind::StrictMaximum
    } else if has(store, negative, PositiveSemidefinite, Nonnegative) {
        Kind::Maximum
    } else {
        Kind::Unknown
    }
}

/// c and A of c·A.
fn split(store: &Store, id: Id) -> (Rational, Id) {
    match store.node(id) {
        Node::Sum(terms) if terms.len() == 1 => (terms[0].coefficient.clone(), terms[0].id),
        _ => (number::one(), id),
    }
}
