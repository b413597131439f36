//! Adjoints of vec and of Kronecker products, where the adjoint's own structure says how it comes apart.

use crate::expression::{Id, Node, Power, Store};
use crate::shape::Shape;

/// M with vec(M) = g, of the given shape: what ⟨g, vec(dA)⟩ gives to A. None where g does not come apart.
pub(super) fn unvectorize(store: &mut Store, g: Id, shape: &Shape) -> Option<Id> {
    match store.node(g).clone() {
        Node::Vectorize(inner) => (store.shape(inner) == shape).then_some(inner),
        Node::Zeros(..) => Some(store.zeros(shape)),
        Node::Ones(..) => Some(store.ones(shape)),
        Node::Sum(terms) => {
            let mut sum = Vec::with_capacity(terms.len());
            for term in &terms {
                sum.push((term.coefficient.clone(), unvectorize(store, term.id, shape)?));
            }
            Some(store.sum(sum, shape))
        }
        Node::Scale { scalar, matrix } => {
            let inner = unvectorize(store, matrix, shape)?;
            Some(store.multiply(scalar, inner))
        }
        // v ⊗ u = vec(u vᵀ)
        Node::Kronecker(v, u) => {
            let fits = store.shape(v).is_column()
                && store.shape(u).is_column()
                && store.shape(v).rows() == shape.columns()
                && store.shape(u).rows() == shape.rows();
            fits.then(|| {
                let row = store.transpose(v);
                store.multiply(u, row)
            })
        }
        Node::Hadamard(powers) => {
            let mut inner = Vec::with_capacity(powers.len());
            for power in &powers {
                let base = unvectorize(store, power.base, shape)?;
                inner.push(Power { base, exponent: power.exponent });
            }
            Some(store.power_product(&inner, shape))
        }
        Node::Apply { function, arguments } if function.is_entrywise() => {
            let argument = unvectorize(store, *arguments.first()?, shape)?;
            Some(store.apply(function, &[argument], shape))
        }
        _ => None,
    }
}

/// What ⟨G, dA ⊗ B⟩ gives to A, and ⟨G, A ⊗ dB⟩ to B: with G = P ⊗ Q, ⟨Q, B⟩·P and ⟨P, A⟩·Q. None where G is no sum of such.
pub(super) fn shares_of_kronecker(store: &mut Store, g: Id, a: Id, b: Id) -> Option<(Id, Id)> {
    let (of_a, of_b) = (store.shape(a).clone(), store.shape(b).clone());
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for term in store.terms(g) {
        let (scalar, core) = match *store.node(term.id) {
            Node::Scale { scalar, matrix } => (scalar, matrix),
            _ => (store.integer(1), term.id),
        };
        let (p, q) = match *store.node(core) {
            Node::Kronecker(p, q) => (p, q),
            _ if store.is_ones(core) => (store.ones(&of_a), store.ones(&of_b)),
            _ => return None,
        };
        if *store.shape(p) != of_a || *store.shape(q) != of_b {
            return None;
        }
        let (along_b, along_a) = (inner(store, q, b), inner(store, p, a));
        let (along_b, along_a) = (store.multiply(scalar, along_b), store.multiply(scalar, along_a));
        left.push((term.coefficient.clone(), store.multiply(along_b, p)));
        right.push((term.coefficient, store.multiply(along_a, q)));
    }
    Some((store.sum(left, &of_a), store.sum(right, &of_b)))
}

/// ⟨A, B⟩ = tr(AᵀB)
fn inner(store: &mut Store, a: Id, b: Id) -> Id {
    let turned = store.transpose(a);
    let product = store.multiply(turned, b);
    store.trace(product)
}
