//! A term of a sum taken apart: coefficient × scalar powers × (matrix chain or entrywise powers).

use crate::expression::{Id, Node, Power, Store};
use crate::number::{self, Rational};
use crate::shape::Shape;

/// c · Π sᵢ^pᵢ · body
#[derive(Clone, Debug)]
pub(super) struct Monomial {
    pub(super) coefficient: Rational,
    /// Scalar factors of a matrix term; empty for a scalar term, whose factors are its body.
    pub(super) scalars: Vec<Power>,
    pub(super) body: Body,
}

/// What the scalars multiply.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    /// A₁ A₂ …; one factor for anything without structure. No factor stands for the identity.
    Chain(Vec<Id>),
    /// Π aᵢ .^ pᵢ; no factor stands for all ones (the number 1).
    Entrywise(Vec<Power>),
}

impl Monomial {
    /// Takes c·id apart.
    pub(super) fn of(store: &mut Store, coefficient: &Rational, id: Id) -> Self {
        let (inner, id) = store.split_coefficient(id);
        let coefficient = coefficient * inner;
        let scalar = store.shape(id).is_scalar();
        let (scalars, body) = match store.node(id).clone() {
            Node::Scale { scalar, matrix } => (store.powers(scalar), matrix_body(store, matrix)),
            _ if store.is_one(id) => (Vec::new(), Body::Entrywise(Vec::new())),
            Node::Product(factors) => (Vec::new(), Body::Chain(factors.to_vec())),
            _ if scalar => (Vec::new(), Body::Entrywise(store.powers(id))),
            _ => (Vec::new(), matrix_body(store, id)),
        };
        Self { coefficient, scalars, body }
    }

    /// Puts it together again, in the given shape.
    pub(super) fn build(&self, store: &mut Store, shape: &Shape) -> Id {
        let body = match &self.body {
            Body::Chain(factors) if factors.is_empty() => match shape {
                Shape::Scalar => store.integer(1),
                Shape::Matrix(..) | Shape::Tensor(_) => store.identity(&shape.rows()),
            },
            Body::Chain(factors) => store.product(factors),
            Body::Entrywise(powers) => store.power_product(powers, shape),
        };
        let scaled = if self.scalars.is_empty() {
            body
        } else {
            let scalar = store.power_product(&self.scalars, &Shape::Scalar);
            store.multiply(scalar, body)
        };
        store.scale_by(&self.coefficient, scaled)
    }

    /// The monomials of a sum; any other value is one monomial.
    pub(super) fn all(store: &mut Store, id: Id) -> Vec<Self> {
        let terms = store.terms(id);
        if terms.len() == 1 {
            return vec![Self::of(store, &number::one(), id)];
        }
        terms.iter().map(|term| Self::of(store, &term.coefficient, term.id)).collect()
    }
}

fn matrix_body(store: &mut Store, id: Id) -> Body {
    match store.node(id) {
        Node::Product(factors) => Body::Chain(factors.to_vec()),
        Node::Hadamard(powers) => Body::Entrywise(powers.to_vec()),
        Node::Identity(_) => Body::Chain(Vec::new()),
        _ => Body::Chain(vec![id]),
    }
}
