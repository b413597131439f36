//! X from L(X) + Q = 0.

use super::Root;
use super::affine::Affine;
use super::condition::Conditions;
use crate::differentiate;
use crate::expression::{Id, Node, Power, Store};
use crate::number::{self, Rational};
use crate::shape::Shape;
use crate::simplify::simplify;

/// How an unknown was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A value of the unknown's shape.
    Plain,
    /// The value of vec X: the equation has X between several pairs of matrices.
    Vectorized,
}

/// The left and right factors of X in every term, where they are the same side by side: A·X·B.
struct Sides {
    left: Option<Id>,
    right: Option<Id>,
}

/// An unknown's value, the equation with what holds it on the left and the rest on the right, and what must hold for it to be the only
/// value.
pub(super) struct Found {
    pub(super) root: Root,
    pub(super) normal: (Id, Id),
    pub(super) conditions: Conditions,
}

/// The unknown from its equation. None where the equation has another number of entries.
pub(super) fn root(store: &mut Store, affine: &Affine, unknown: Id) -> Option<Found> {
    let shape = store.shape(unknown).clone();
    let turned = transposed(store, affine);
    let affine = turned.as_ref().unwrap_or(affine);
    let scale = common_factor(store, affine);
    let negative = store.negate(affine.constant);
    let right = store.scale_by(&scale.recip(), negative);
    let right = simplify(store, &[right])[0];
    if shape.is_scalar() {
        return scalar(store, affine, unknown, &scale, right);
    }
    if let Some(found) = entrywise(store, affine, unknown, &scale, right) {
        return Some(found);
    }
    let plain = sides(store, affine, &shape)
        .and_then(|sides| between(store, unknown, &sides, &scale, right));
    plain.or_else(|| vectorized(store, affine, unknown, &scale, right))
}

/// The equation transposed, where the unknown stands transposed in every term: A·Xᵀ = F is X·Aᵀ = Fᵀ.
fn transposed(store: &mut Store, affine: &Affine) -> Option<Affine> {
    let direction = affine.direction;
    let mut terms = Vec::with_capacity(affine.terms.len());
    for (coefficient, term) in &affine.terms {
        let (_, core) = store.split_coefficient(*term);
        let core = match *store.node(core) {
            Node::Scale { matrix, .. } => matrix,
            _ => core,
        };
        let stands = |factor: &Id| store.as_transpose(*factor) == Some(direction);
        if !store.factors(core).iter().any(stands) {
            return None;
        }
        terms.push((coefficient.clone(), store.transpose(*term)));
    }
    let linear = store.transpose(affine.linear);
    let constant = store.transpose(affine.constant);
    Some(Affine { linear, terms, direction, constant })
}

/// What the terms with the unknown have in common as a number: 2 in 2XᵀXw − 2Xᵀy.
fn common_factor(store: &mut Store, affine: &Affine) -> Rational {
    let mut common: Option<Rational> = None;
    for (coefficient, id) in &affine.terms {
        let (inner, _) = store.split_coefficient(*id);
        let whole = coefficient * inner;
        common = Some(match common {
            Some(common) => number::common_divisor(&common, &whole),
            None => num_traits::Signed::abs(&whole),
        });
    }
    let mut scale = common.unwrap_or_else(number::one);
    // A sum of negative terms has its sign taken out.
    let is_negative = |store: &mut Store| {
        affine.terms.iter().all(|(coefficient, id)| {
            let (inner, _) = store.split_coefficient(*id);
            num_traits::Signed::is_negative(&(coefficient * inner))
        })
    };
    if is_negative(store) {
        scale = -scale;
    }
    scale
}

fn finish(
    store: &mut Store,
    unknown: Id,
    value: Id,
    form: Form,
    normal: (Id, Id),
    conditions: Conditions,
) -> Found {
    let value = simplify(store, &[value])[0];
    Found { root: Root { unknown, value, form }, normal, conditions }
}

/// m·x = r
fn scalar(
    store: &mut Store,
    affine: &Affine,
    unknown: Id,
    scale: &Rational,
    right: Id,
) -> Option<Found> {
    let one = store.integer(1);
    let slope = store.substitute(affine.linear, &[(affine.direction, one)]);
    if !store.shape(slope).is_scalar() {
        return None;
    }
    let slope = store.scale_by(&scale.recip(), slope);
    let slope = simplify(store, &[slope])[0];
    let left = store.multiply(slope, unknown);
    let value = store.divide(right, slope);
    let conditions = Conditions::of_inverting(store, slope);
    Some(finish(store, unknown, value, Form::Plain, (left, right), conditions))
}

/// c·X = R and C ⊙ X = R
fn entrywise(
    store: &mut Store,
    affine: &Affine,
    unknown: Id,
    scale: &Rational,
    right: Id,
) -> Option<Found> {
    let shape = store.shape(unknown).clone();
    if *store.shape(right) != shape {
        return None;
    }
    let mut slopes = Vec::with_capacity(affine.terms.len());
    for (coefficient, term) in &affine.terms {
        let (inner, core) = store.split_coefficient(*term);
        slopes.push((coefficient * inner / scale, slope(store, core, affine.direction)?));
    }
    let is_scalar = |id: Id| store.shape(id).is_scalar();
    let all_scalar = slopes.iter().all(|(_, slope)| is_scalar(*slope));
    let of = if all_scalar { Shape::Scalar } else { shape.clone() };
    if !all_scalar {
        for (_, slope) in &mut slopes {
            if store.shape(*slope).is_scalar() {
                let ones = store.ones(&shape);
                *slope = store.multiply(*slope, ones);
            }
        }
    }
    let slope = store.sum(slopes, &of);
    let slope = simplify(store, &[slope])[0];
    let value = store.divide(right, slope);
    let (left, conditions) = if all_scalar {
        (store.multiply(slope, unknown), Conditions::of_inverting(store, slope))
    } else {
        (store.hadamard(&[slope, unknown], &shape), Conditions::of_dividing(store, slope))
    };
    Some(finish(store, unknown, value, Form::Plain, (left, right), conditions))
}

/// s of s·dX, C of C ⊙ dX.
fn slope(store: &mut Store, term: Id, direction: Id) -> Option<Id> {
    if term == direction {
        return Some(store.integer(1));
    }
    let moves = |store: &Store, id: Id| store.reachable(&[id]).binary_search(&direction).is_ok();
    match store.node(term).clone() {
        Node::Scale { scalar, matrix } if !moves(store, scalar) => {
            let inner = if matrix == direction {
                store.integer(1)
            } else {
                entries(store, matrix, direction)?
            };
            Some(store.multiply(scalar, inner))
        }
        _ => entries(store, term, direction),
    }
}

/// C of C ⊙ dX.
fn entries(store: &mut Store, term: Id, direction: Id) -> Option<Id> {
    let Node::Hadamard(powers) = store.node(term).clone() else { return None };
    let moves = |store: &Store, id: Id| store.reachable(&[id]).binary_search(&direction).is_ok();
    let (moving, still): (Vec<Power>, Vec<Power>) =
        powers.iter().partition(|power| moves(store, power.base) || moves(store, power.exponent));
    let [Power { base, exponent }] = moving.as_slice() else { return None };
    let is_plain = *base == direction && store.is_one(*exponent);
    let shape = store.shape(term).clone();
    is_plain.then(|| store.power_product(&still, &shape))
}

/// A and B when L(X) = A·X·B, sums of one-sided terms included: (A₁ + A₂)·X.
fn sides(store: &mut Store, affine: &Affine, shape: &Shape) -> Option<Sides> {
    let mut found: Vec<(Rational, Option<Id>, Option<Id>)> = Vec::new();
    for (coefficient, term) in &affine.terms {
        let (inner, core) = store.split_coefficient(*term);
        let (scalar, core) = match *store.node(core) {
            Node::Scale { scalar, matrix } => (Some(scalar), matrix),
            _ => (None, core),
        };
        let factors = store.factors(core);
        let at = factors.iter().position(|factor| *factor == affine.direction)?;
        let moves =
            |store: &Store, id: Id| store.reachable(&[id]).binary_search(&affine.direction).is_ok();
        if scalar.is_some_and(|scalar| moves(store, scalar)) {
            return None;
        }
        let mut left = (at > 0).then(|| store.product(&factors[..at]));
        let right = (at + 1 < factors.len()).then(|| store.product(&factors[at + 1..]));
        if let Some(scalar) = scalar {
            let matrix = match left {
                Some(left) => left,
                None => store.identity(&shape.rows()),
            };
            left = Some(store.multiply(scalar, matrix));
        }
        found.push((coefficient * inner, left, right));
    }
    let (_, first_left, first_right) = found.first()?.clone();
    if found.iter().all(|(_, _, right)| *right == first_right) {
        let rows = first_left.map_or_else(|| shape.rows(), |left| store.shape(left).rows());
        let left = total(
            store,
            found.iter().map(|(c, left, _)| (c, *left)),
            &Shape::matrix(rows, shape.rows()),
        );
        return Some(Sides { left: Some(left), right: first_right });
    }
    let mut moved = Vec::new();
    for (coefficient, left, right) in found {
        let (scalar, left) = as_scalar(store, left);
        let right = match scalar {
            None => right,
            Some(scalar) => {
                let matrix = match right {
                    Some(right) => right,
                    None => store.identity(&shape.columns()),
                };
                Some(store.multiply(scalar, matrix))
            }
        };
        moved.push((coefficient, left, right));
    }
    let first_left = moved.first()?.1;
    if moved.iter().all(|(_, left, _)| *left == first_left) {
        let columns =
            moved.first()?.2.map_or_else(|| shape.columns(), |right| store.shape(right).columns());
        let right = total(
            store,
            moved.iter().map(|(c, _, right)| (c, *right)),
            &Shape::matrix(shape.columns(), columns),
        );
        return Some(Sides { left: first_left, right: Some(right) });
    }
    None
}

/// c·I on the left is as well on the right: c, and what is left on the left.
fn as_scalar(store: &Store, left: Option<Id>) -> (Option<Id>, Option<Id>) {
    match left.map(|left| store.node(left)) {
        Some(Node::Scale { scalar, matrix })
            if matches!(store.node(*matrix), Node::Identity(_)) =>
        {
            (Some(*scalar), None)
        }
        Some(Node::Identity(_)) => (None, None),
        _ => (None, left),
    }
}

/// Σ c·A, where no A is the identity.
fn total<'a>(
    store: &mut Store,
    terms: impl Iterator<Item = (&'a Rational, Option<Id>)>,
    shape: &Shape,
) -> Id {
    let mut sum = Vec::new();
    for (coefficient, matrix) in terms {
        let matrix = match matrix {
            Some(matrix) => matrix,
            None => store.identity(&shape.rows()),
        };
        sum.push((coefficient.clone(), matrix));
    }
    store.sum(sum, shape)
}

/// A·X·B = R
fn between(
    store: &mut Store,
    unknown: Id,
    sides: &Sides,
    scale: &Rational,
    right_side: Id,
) -> Option<Found> {
    let square =
        |store: &Store, side: Option<Id>| side.is_none_or(|id| store.shape(id).is_square());
    if !square(store, sides.left) || !square(store, sides.right) {
        return None;
    }
    let left = sides.left.map(|left| {
        let left = store.scale_by(&scale.recip(), left);
        simplify(store, &[left])[0]
    });
    let right = match (left, sides.right) {
        (None, Some(right)) => {
            let right = store.scale_by(&scale.recip(), right);
            Some(simplify(store, &[right])[0])
        }
        (_, right) => right,
    };
    let mut conditions = Conditions::default();
    let (mut value, mut whole) = (right_side, unknown);
    if let Some(left) = left {
        let inverse = store.inverse(left);
        value = store.multiply(inverse, value);
        whole = store.multiply(left, whole);
        conditions.extend(Conditions::of_inverting(store, left));
    }
    if let Some(right) = right {
        let inverse = store.inverse(right);
        value = store.multiply(value, inverse);
        whole = store.multiply(whole, right);
        conditions.extend(Conditions::of_inverting(store, right));
    }
    Some(finish(store, unknown, value, Form::Plain, (whole, right_side), conditions))
}

/// M·vec X = vec R; of a vector the plain M·x = r.
fn vectorized(
    store: &mut Store,
    affine: &Affine,
    unknown: Id,
    scale: &Rational,
    right: Id,
) -> Option<Found> {
    let matrix = differentiate::matrix_of_map(store, affine.linear, affine.direction).ok()?;
    let matrix = store.scale_by(&scale.recip(), matrix);
    let matrix = simplify(store, &[matrix])[0];
    if !store.shape(matrix).is_square() {
        return None;
    }
    let right = store.vectorize(right);
    let column = store.vectorize(unknown);
    let form = if column == unknown { Form::Plain } else { Form::Vectorized };
    let left = store.multiply(matrix, column);
    let inverse = store.inverse(matrix);
    let value = store.multiply(inverse, right);
    let conditions = Conditions::of_inverting(store, matrix);
    Some(finish(store, unknown, value, form, (left, right), conditions))
}
