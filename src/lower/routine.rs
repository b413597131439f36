//! Functions of the table that lowering computes by a factorisation it shares with others.

use crate::expression::{Id, Node, Store};
use crate::lower::program::Sign;
use crate::number::{self, Rational};

/// log(c Π bⱼ^qⱼ Π det(Aᵢ)^pᵢ), or of its absolute value.
///
/// It is computed as Σ pᵢ log |det Aᵢ| + log(c Π bⱼ^qⱼ Π sᵢ^pᵢ) with the signs sᵢ = ±1 of the determinants: the logarithm of a
/// negative product is not a number, and no determinant is formed that overflows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LogDeterminant {
    /// The matrices Aᵢ with the exponents pᵢ.
    pub(super) powers: Vec<(Id, Power)>,
    /// The other factors: c, the scalars bⱼ with the exponents qⱼ.
    pub(super) rest: Rest,
    /// What becomes of the sign.
    pub(super) sign: Sign,
}

/// An exponent: none is 1.
pub(super) type Power = Option<Id>;

/// Factors beside the determinants.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rest {
    /// c
    pub(super) coefficient: Rational,
    /// bⱼ and qⱼ
    pub(super) factors: Vec<(Id, Id)>,
}

impl Rest {
    /// Whether there are no other factors.
    pub(super) fn is_one(&self) -> bool {
        self.factors.is_empty() && self.coefficient == number::one()
    }
}

/// Whether the value is the logarithm of a product with determinants: that must not overflow where they would.
pub(super) fn log_determinant(store: &Store, id: Id) -> Option<LogDeterminant> {
    let (name, argument) = applied(store, id)?;
    match name {
        "logdet" if !store.shape(argument).is_scalar() => Some(LogDeterminant {
            powers: vec![(argument, None)],
            rest: Rest { coefficient: number::one(), factors: Vec::new() },
            sign: Sign::Kept,
        }),
        "log" => match applied(store, argument) {
            Some(("abs", inner)) => product(store, inner, Sign::Ignored),
            Some(_) | None => product(store, argument, Sign::Kept),
        },
        _ => None,
    }
}

/// The product read as determinants and the rest; none without determinants.
fn product(store: &Store, id: Id, sign: Sign) -> Option<LogDeterminant> {
    let (coefficient, inner) = match store.node(id) {
        Node::Sum(terms) => match &**terms {
            [term] => (term.coefficient.clone(), term.id),
            _ => return None,
        },
        _ => (number::one(), id),
    };
    let mut powers = Vec::new();
    let mut rest = Rest { coefficient, factors: Vec::new() };
    match store.node(inner) {
        Node::Determinant(matrix) => powers.push((*matrix, None)),
        Node::Hadamard(factors) => {
            for factor in factors {
                match store.node(factor.base) {
                    Node::Determinant(matrix) => powers.push((*matrix, Some(factor.exponent))),
                    _ => rest.factors.push((factor.base, factor.exponent)),
                }
            }
        }
        _ => {}
    }
    (!powers.is_empty()).then_some(LogDeterminant { powers, rest, sign })
}

fn applied(store: &Store, id: Id) -> Option<(&'static str, Id)> {
    match store.node(id) {
        Node::Apply { function, arguments } => match **arguments {
            [argument] => Some((function.row().name, argument)),
            _ => None,
        },
        _ => None,
    }
}
