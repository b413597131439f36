//! An equation as L(X) + Q = 0.

use crate::differentiate::{self, DifferentiateError};
use crate::expression::{Id, Node, Property, Store};
use crate::number::Rational;
use crate::simplify::{expand, simplify};

/// L(X) + Q, linear in the direction.
#[derive(Clone, Debug)]
pub(super) struct Affine {
    /// L(dX), without X.
    pub(super) linear: Id,
    /// L as terms with dX once each.
    pub(super) terms: Vec<(Rational, Id)>,
    /// dX.
    pub(super) direction: Id,
    /// Q, without X.
    pub(super) constant: Id,
}

/// The equation in that form, when it has it, if need be multiplied by the unknown on both sides: with −N S⁻¹ + S⁻¹ C S⁻¹ also
/// −N S + C is zero.
pub(super) fn of(
    store: &mut Store,
    equation: Id,
    unknown: Id,
) -> Result<Option<Affine>, DifferentiateError> {
    if let Some(found) = plain(store, equation, unknown)? {
        return Ok(Some(found));
    }
    if !store.shape(equation).is_square() || store.shape(equation) != store.shape(unknown) {
        return Ok(None);
    }
    let turned = store.transpose(unknown);
    for (left, right) in [(unknown, unknown), (turned, turned)] {
        let Some(expanded) = expand(store, equation) else { continue };
        let multiplied: Vec<(Rational, Id)> = store
            .terms(expanded)
            .into_iter()
            .map(|term| (term.coefficient, store.product(&[left, term.id, right])))
            .collect();
        let shape = store.shape(equation).clone();
        let product = store.sum(multiplied, &shape);
        if let Some(found) = plain(store, product, unknown)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn plain(
    store: &mut Store,
    equation: Id,
    unknown: Id,
) -> Result<Option<Affine>, DifferentiateError> {
    let holds = |store: &Store, id: Id| store.reachable(&[id]).binary_search(&unknown).is_ok();
    let equation = match expand(store, equation) {
        Some(expanded) => expanded,
        None => equation,
    };
    if has_inverse_of(store, equation, unknown) {
        return Ok(None);
    }
    let direction = differentiate::direction(store, unknown);
    let linear = differentiate::differential(store, equation, &[(unknown, direction)])?;
    let linear = match expand(store, linear) {
        Some(expanded) => expanded,
        None => linear,
    };
    if store.is_zero(linear) || holds(store, linear) {
        return Ok(None);
    }
    let shape = store.shape(unknown).clone();
    let zero = store.zeros(&shape);
    let constant = store.substitute(equation, &[(unknown, zero)]);
    let constant = simplify(store, &[constant])[0];
    let terms = differentiate::terms_of_map(store, linear, &[direction]);
    Ok(Some(Affine { linear, terms, direction, constant }))
}

/// Whether zero cannot be put in for the unknown.
fn has_inverse_of(store: &Store, root: Id, unknown: Id) -> bool {
    store.reachable(&[root]).into_iter().any(|id| {
        let inverted = match store.node(id) {
            Node::Inverse(inner) => Some(*inner),
            Node::Hadamard(powers) => powers
                .iter()
                .find(|power| {
                    store.as_number(power.exponent).is_none_or(num_traits::Signed::is_negative)
                })
                .map(|power| power.base),
            _ => None,
        };
        inverted.is_some_and(|inner| store.reachable(&[inner]).binary_search(&unknown).is_ok())
    })
}

/// Whether a matrix or scalar is known to be invertible.
pub(super) fn is_invertible(store: &Store, id: Id) -> bool {
    let (_, core) = super::split(store, id);
    let known = store.properties(core);
    match store.node(core) {
        Node::Number(_) | Node::Identity(_) | Node::Size(_) => true,
        Node::Scale { scalar, matrix } => {
            is_invertible(store, *scalar) && is_invertible(store, *matrix)
        }
        Node::Hadamard(powers) if store.shape(core).is_scalar() => {
            powers.iter().all(|power| is_invertible(store, power.base))
        }
        _ => [
            Property::PositiveDefinite,
            Property::Invertible,
            Property::Orthogonal,
            Property::Positive,
        ]
        .into_iter()
        .any(|fact| {
            known.has(fact) && (fact != Property::Positive || store.shape(core).is_scalar())
        }),
    }
}
