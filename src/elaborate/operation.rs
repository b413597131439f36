//! Operators whose operands may be scalars beside arrays, as expressions.

use super::chain::{Chain, Link};
use crate::expression::{Id, Store};
use crate::number;
use crate::shape::{Dimension, Shape};

/// All operands of a sum or product at once.
pub(super) fn chain(store: &mut Store, kind: Chain, links: &[Link], ids: &[Id]) -> Id {
    if kind == Chain::Sum {
        let sign = |link: &Link| number::integer(if link.turned { -1 } else { 1 });
        let terms = links.iter().map(|link| (sign(link), ids[link.place])).collect();
        let shape = links.first().map(|link| store.shape(ids[link.place]).clone());
        return store.sum(terms, &shape.unwrap_or(Shape::Scalar));
    }
    let mut factors = Vec::with_capacity(links.len());
    for link in links {
        let id = ids[link.place];
        factors.push(if link.turned { store.power_of(id, &number::integer(-1)) } else { id });
    }
    match (kind, factors.first()) {
        (Chain::Matrices, _) => store.product(&factors),
        (Chain::Entrywise, Some(first)) => {
            let shape = store.shape(*first).clone();
            store.hadamard(&factors, &shape)
        }
        _ => store.hadamard(&factors, &Shape::Scalar),
    }
}

/// a / b, with a scalar on either side.
pub(super) fn divide(store: &mut Store, a: Id, b: Id) -> Id {
    let scalar_by_array = store.shape(a).is_scalar() && !store.shape(b).is_scalar();
    if !scalar_by_array {
        return store.divide(a, b);
    }
    let minus_one = store.integer(-1);
    let reciprocal = store.power(b, minus_one);
    store.multiply(a, reciprocal)
}

/// a ⊙ b, with a scalar on either side.
pub(super) fn hadamard(store: &mut Store, a: Id, b: Id) -> Id {
    if store.shape(a).is_scalar() || store.shape(b).is_scalar() {
        return store.multiply(a, b);
    }
    let shape = store.shape(a).clone();
    store.hadamard(&[a, b], &shape)
}

/// A scalar, column or row repeated to a shape, as a product with ones.
pub(super) fn broadcast(store: &mut Store, a: Id, shape: &Shape) -> Id {
    let own = store.shape(a).clone();
    if own == *shape {
        return a;
    }
    if own.is_scalar() {
        let ones = store.ones(shape);
        return store.multiply(a, ones);
    }
    if own.is_column() {
        let ones = store.ones(&Shape::matrix(Dimension::one(), shape.columns()));
        return store.multiply(a, ones);
    }
    let ones = store.ones(&Shape::matrix(shape.rows(), Dimension::one()));
    store.multiply(ones, a)
}
