//! An equation as L(X) + Q = 0.

use std::collections::BTreeMap;

use num_traits::Signed;

use super::condition::Condition;
use crate::differentiate::{self, DifferentiateError};
use crate::expression::{Id, Node, Power, Properties, Property, Store};
use crate::number::Rational;
use crate::shape::Shape;
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

/// What an equation is affine in.
#[derive(Clone, Debug)]
pub(super) enum Reached {
    /// In the unknown; with what the equation demands of it by dividing.
    Unknown(Affine, Vec<Condition>),
    /// In `stand_in`, which is `inner`⁻¹; the unknown stands nowhere else.
    Inverse {
        /// L(Q) + R = 0 for the stand-in Q.
        affine: Affine,
        /// Q
        stand_in: Id,
        /// What Q is the inverse of.
        inner: Id,
    },
    /// In `stand_in`, which is a power of the unknown, a positive scalar that stands nowhere else.
    Power {
        /// L(q) + r = 0 for the stand-in q.
        affine: Affine,
        /// q
        stand_in: Id,
        /// q is the unknown to this power.
        exponent: Rational,
    },
}

/// The equation in that form, when it has it; if need be multiplied by what it divides by (with −N S⁻¹ + S⁻¹ C S⁻¹ also −N S + C is zero),
/// or as an equation for an inverse that holds the unknown.
pub(super) fn of(
    store: &mut Store,
    equation: Id,
    unknown: Id,
) -> Result<Option<Reached>, DifferentiateError> {
    let outer = opened(store, equation, unknown);
    let whole = distributed(store, equation);
    for equation in [outer, whole] {
        if let Some(found) = plain(store, equation, unknown)? {
            return Ok(Some(Reached::Unknown(found, Vec::new())));
        }
    }
    let (cleared, divided) = cleared(store, whole, unknown);
    if !divided.is_empty()
        && let Some(found) = plain(store, cleared, unknown)?
    {
        return Ok(Some(Reached::Unknown(found, divided)));
    }
    if let Some(found) = power(store, cleared, unknown)? {
        return Ok(Some(found));
    }
    if let Some(found) = multiplied(store, outer, unknown)? {
        return Ok(Some(Reached::Unknown(found, vec![Condition::Invertible(unknown)])));
    }
    inverted(store, whole, unknown)
}

/// With products distributed over sums, those under a sum over an index, too.
pub(super) fn distributed(store: &mut Store, root: Id) -> Id {
    let mut images: BTreeMap<Id, Id> = BTreeMap::new();
    for id in store.reachable(&[root]) {
        let image = match store.node(id).clone() {
            Node::SumOver(range, body) => {
                let body = images.get(&body).copied().unwrap_or(body);
                let body = expand(store, body).unwrap_or(body);
                let shape = store.shape(id).clone();
                let mut terms = Vec::new();
                for term in store.terms(body) {
                    terms.push((term.coefficient, store.sum_over(&range, term.id)));
                }
                store.sum(terms, &shape)
            }
            _ => store.rebuild(id, &mut |child| images.get(&child).copied().unwrap_or(child)),
        };
        images.insert(id, image);
    }
    let root = images.get(&root).copied().unwrap_or(root);
    expand(store, root).unwrap_or(root)
}

/// With products distributed over those sums that hold the unknown; others, as x − u in Σ (x − u)(x − u)ᵀ, stay in one piece.
fn opened(store: &mut Store, equation: Id, unknown: Id) -> Id {
    let below = store.reachable(&[equation]);
    // Under a sum over an index nothing is distributed, and what speaks of the index has no meaning outside.
    let is_bound = |id: Id| {
        below.iter().any(|sum| match store.node(*sum) {
            Node::SumOver(range, _) => store.mentions(id, &range.index),
            _ => false,
        })
    };
    let is_closed = |id: &Id| {
        let is_sum = matches!(store.node(*id), Node::Sum(terms) if terms.len() > 1);
        is_sum && !depends(store, *id, unknown) && !is_bound(*id)
    };
    let closed: Vec<Id> = below.iter().copied().filter(is_closed).collect();
    let mut replaced = Vec::with_capacity(closed.len());
    for id in closed {
        let (shape, facts) = (store.shape(id).clone(), store.properties(id));
        let name = format!("sum {}", id.index());
        replaced.push((id, store.variable(&name, shape, facts)));
    }
    let short = store.substitute(equation, &replaced);
    let Some(short) = expand(store, short) else { return equation };
    let back: Vec<(Id, Id)> = replaced.into_iter().map(|(id, name)| (name, id)).collect();
    store.substitute(short, &back)
}

/// As an equation for the only power in which a positive scalar stands: N s² = ‖z‖².
fn power(
    store: &mut Store,
    equation: Id,
    unknown: Id,
) -> Result<Option<Reached>, DifferentiateError> {
    let is_positive = store.properties(unknown).has(Property::Positive);
    if !store.shape(unknown).is_scalar() || !is_positive || !store.shape(equation).is_scalar() {
        return Ok(None);
    }
    let mut found: Option<Rational> = None;
    let mut terms = Vec::new();
    for term in store.terms(equation) {
        let (of_unknown, rest): (Vec<Power>, Vec<Power>) =
            store.powers(term.id).into_iter().partition(|power| power.base == unknown);
        let rest = store.power_product(&rest, &Shape::Scalar);
        let exponent = match of_unknown.as_slice() {
            [] => None,
            [power] => match store.as_number(power.exponent) {
                Some(exponent) => Some(exponent.clone()),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        let is_another = exponent.is_some() && found.is_some() && found != exponent;
        if is_another || depends(store, rest, unknown) {
            return Ok(None);
        }
        found = found.or_else(|| exponent.clone());
        terms.push((term.coefficient, rest, exponent.is_some()));
    }
    let Some(exponent) = found else { return Ok(None) };
    let name = format!("power {}", unknown.index());
    let stand_in = store.variable(&name, Shape::Scalar, Properties::of(&[Property::Positive]));
    let mut products = Vec::with_capacity(terms.len());
    for (coefficient, rest, holds) in terms {
        products.push((coefficient, if holds { store.multiply(rest, stand_in) } else { rest }));
    }
    let equation = store.sum(products, &Shape::Scalar);
    let found = plain(store, equation, stand_in)?;
    Ok(found.map(|affine| Reached::Power { affine, stand_in, exponent }))
}

fn depends(store: &Store, id: Id, unknown: Id) -> bool {
    store.closure(&[id]).binary_search(&unknown).is_ok()
}

/// The equation times the entries that it divides by, where the unknown is among them; with what that demands.
fn cleared(store: &mut Store, equation: Id, unknown: Id) -> (Id, Vec<Condition>) {
    let shape = store.shape(equation).clone();
    let mut below: Vec<(Id, Rational)> = Vec::new();
    let terms = store.terms(equation);
    for term in &terms {
        for power in entrywise_powers(store, term.id) {
            let Some(exponent) = store.as_number(power.exponent).cloned() else { continue };
            if !exponent.is_negative() || !depends(store, power.base, unknown) {
                continue;
            }
            match below.iter_mut().find(|(base, _)| *base == power.base) {
                Some((_, most)) if *most < -exponent.clone() => *most = -exponent,
                Some(_) => {}
                None => below.push((power.base, -exponent)),
            }
        }
    }
    let mut powers = Vec::with_capacity(below.len());
    for (base, exponent) in &below {
        powers.push(Power { base: *base, exponent: store.number(exponent.clone()) });
    }
    if powers.is_empty() || powers.iter().any(|power| *store.shape(power.base) != shape) {
        return (equation, Vec::new());
    }
    let factor = store.power_product(&powers, &shape);
    let mut products = Vec::with_capacity(terms.len());
    for term in terms {
        products.push((term.coefficient, store.hadamard(&[factor, term.id], &shape)));
    }
    let product = store.sum(products, &shape);
    let divided = below.into_iter().map(|(base, _)| Condition::NoZeroEntry(base)).collect();
    (distributed(store, product), divided)
}

/// The powers of a term, of one times a scalar those of the matrix.
fn entrywise_powers(store: &mut Store, term: Id) -> Vec<Power> {
    let (_, core) = store.split_coefficient(term);
    match *store.node(core) {
        Node::Scale { matrix, .. } => store.powers(matrix),
        _ => store.powers(core),
    }
}

/// Times the unknown on one side or both.
fn multiplied(
    store: &mut Store,
    equation: Id,
    unknown: Id,
) -> Result<Option<Affine>, DifferentiateError> {
    let is_matrix = store.shape(unknown).is_square() && !store.shape(unknown).is_scalar();
    if !is_matrix || !has_inverse_of(store, equation, unknown) {
        return Ok(None);
    }
    let turned = store.transpose(unknown);
    let unit = store.identity(&store.shape(unknown).rows());
    let sides = [
        (unknown, unknown),
        (turned, turned),
        (unknown, unit),
        (unit, unknown),
        (turned, unit),
        (unit, turned),
    ];
    for (left, right) in sides {
        let fits = store.shape(equation).rows() == store.shape(left).columns()
            && store.shape(equation).columns() == store.shape(right).rows();
        if !fits {
            continue;
        }
        let terms = store.terms(equation);
        let mut products = Vec::with_capacity(terms.len());
        for term in terms {
            products.push((term.coefficient, store.product(&[left, term.id, right])));
        }
        let shape = store.shape(equation).clone();
        let product = store.sum(products, &shape);
        let outer = opened(store, product, unknown);
        let whole = distributed(store, product);
        for product in [outer, whole] {
            if let Some(found) = plain(store, product, unknown)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// As an equation for the only inverse in which the unknown stands.
fn inverted(
    store: &mut Store,
    equation: Id,
    unknown: Id,
) -> Result<Option<Reached>, DifferentiateError> {
    use Property::{Diagonal, Invertible, Lower, Orthogonal, PositiveDefinite, Symmetric, Upper};
    let inverses: Vec<(Id, Id)> = store
        .reachable(&[equation])
        .into_iter()
        .filter_map(|id| match store.node(id) {
            Node::Inverse(inner) if depends(store, *inner, unknown) => Some((id, *inner)),
            _ => None,
        })
        .collect();
    let [(inverse, inner)] = inverses.as_slice() else { return Ok(None) };
    let known = store.properties(*inner);
    let kept = [Symmetric, PositiveDefinite, Diagonal, Lower, Upper, Orthogonal, Invertible];
    let facts: Vec<Property> = kept.into_iter().filter(|fact| known.has(*fact)).collect();
    let shape = store.shape(*inner).clone();
    // No name that can be typed.
    let name = format!("inverse {}", inverse.index());
    let stand_in = store.variable(&name, shape, Properties::of(&facts));
    let replaced = store.substitute(equation, &[(*inverse, stand_in)]);
    if depends(store, replaced, unknown) {
        return Ok(None);
    }
    let replaced = distributed(store, replaced);
    let found = plain(store, replaced, stand_in)?;
    Ok(found.map(|affine| Reached::Inverse { affine, stand_in, inner: *inner }))
}

/// L(X) + Q with a linear L that does not hold X.
fn plain(
    store: &mut Store,
    equation: Id,
    unknown: Id,
) -> Result<Option<Affine>, DifferentiateError> {
    if has_inverse_of(store, equation, unknown) {
        return Ok(None);
    }
    let direction = differentiate::direction(store, unknown);
    let linear = differentiate::differential(store, equation, &[(unknown, direction)])?;
    let linear = distributed(store, linear);
    if store.is_zero(linear) || depends(store, linear, unknown) {
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
    let divides =
        |power: &&Power| store.as_number(power.exponent).is_none_or(Rational::is_negative);
    store.reachable(&[root]).into_iter().any(|id| match store.node(id) {
        Node::Inverse(inner) => depends(store, *inner, unknown),
        Node::Hadamard(powers) => {
            powers.iter().filter(divides).any(|power| depends(store, power.base, unknown))
        }
        _ => false,
    })
}
