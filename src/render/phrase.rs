//! A formula as it will stand on the page, before any notation: ordered, signed, cut into numerators and denominators.

use num_traits::One;

use crate::number::{self, Rational};
use crate::shape::{Dimension, Name};

/// What is printed. Brackets are the writers' business; order and signs are decided here.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phrase {
    /// A rational number ≥ 0.
    Number(Rational),
    /// A variable, a size, or a bound part.
    Name(Name),
    /// I, 1, 0, K with their sizes.
    Constant(Constant, Vec<Phrase>),
    /// Signed terms, in the order in which they are read.
    Sum(Vec<Item>),
    /// Factors side by side: a coefficient, scalars, a chain of matrices.
    Product(Vec<Phrase>),
    /// a / b, b scalar.
    Quotient(Box<Phrase>, Box<Phrase>),
    /// a ⊙ b ⊙ …
    Entrywise(Vec<Phrase>),
    /// a ⊘ b
    EntrywiseQuotient(Box<Phrase>, Box<Phrase>),
    /// A ⊗ B
    Kronecker(Box<Phrase>, Box<Phrase>),
    /// aᵇ of a scalar, or Aᵏ with a symbolic k.
    Power(Box<Phrase>, Box<Phrase>),
    /// a .^ b
    EntrywisePower(Box<Phrase>, Box<Phrase>),
    /// √a
    Root(Box<Phrase>),
    /// A with marks on it: Aᵀ, A⁻¹, A⁻ᵀ, A³.
    Marked(Box<Phrase>, Marks),
    /// f(a, b)
    Call(Head, Vec<Phrase>),
}

/// One term of a sum.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) negative: bool,
    pub(super) phrase: Phrase,
}

/// Constant matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Constant {
    Identity,
    Ones,
    Zeros,
    Commutation,
}

/// The marks that a matrix carries, in the order inverse, power, transpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) inverse: bool,
    /// At least 1.
    pub(super) power: usize,
    pub(super) transpose: bool,
}

/// A function's name as it is typed, and in LaTeX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) name: &'static str,
    pub(super) latex: &'static str,
}

impl Phrase {
    /// A whole number.
    pub(super) fn whole(value: i64) -> Self {
        Self::Number(number::integer(value))
    }

    /// The size as a phrase: positive terms first, the constant last.
    pub(super) fn size(size: &Dimension) -> Self {
        let mut terms: Vec<(i64, &[Name])> = size.terms().collect();
        terms.sort_by_key(|(coefficient, symbols)| (*coefficient < 0, symbols.is_empty()));
        let items = terms
            .into_iter()
            .map(|(coefficient, symbols)| {
                let magnitude = Rational::from_integer(coefficient.unsigned_abs().into());
                let mut factors: Vec<Self> = symbols.iter().cloned().map(Self::Name).collect();
                if !magnitude.is_one() || factors.is_empty() {
                    factors.insert(0, Self::Number(magnitude));
                }
                Item { negative: coefficient < 0, phrase: Self::product(factors) }
            })
            .collect();
        Self::sum(items)
    }

    /// A sum; a lone positive term is the term itself, no terms are 0.
    pub(super) fn sum(mut items: Vec<Item>) -> Self {
        match items.as_slice() {
            [] => Self::whole(0),
            [Item { negative: false, .. }] => items.remove(0).phrase,
            _ => Self::Sum(items),
        }
    }

    /// A product; a lone factor is the factor itself, no factors are 1.
    pub(super) fn product(mut factors: Vec<Self>) -> Self {
        match factors.len() {
            0 => Self::whole(1),
            1 => factors.remove(0),
            _ => Self::Product(factors),
        }
    }

    /// An entrywise product; a lone factor is the factor itself.
    pub(super) fn entrywise(mut factors: Vec<Self>) -> Self {
        if factors.len() == 1 { factors.remove(0) } else { Self::Entrywise(factors) }
    }

    /// The phrase with a sign in front; a sum changes all its signs.
    pub(super) fn signed(self, negative: bool) -> Self {
        match self {
            Self::Sum(items) if negative => Self::sum(read_positive_first(
                items.into_iter().map(|item| Item { negative: !item.negative, ..item }).collect(),
            )),
            phrase => Self::sum(vec![Item { negative, phrase }]),
        }
    }

    /// Turns the signs of a difference a − b that stands in this factor, where −(a − b) reads better as b − a; whether it could.
    /// Differences from a constant, such as 1 − t², stay.
    pub(super) fn turn_difference(&mut self) -> bool {
        match self {
            Self::Sum(items) => {
                let negative = items.iter().filter(|item| item.negative).count();
                let constant = items.iter().any(|item| item.phrase.is_constant());
                if 2 * negative != items.len() || constant {
                    return false;
                }
                items.iter_mut().for_each(|item| item.negative = !item.negative);
                *items = read_positive_first(std::mem::take(items));
                true
            }
            Self::Marked(base, Marks { power: 1, inverse: false, .. }) => base.turn_difference(),
            Self::Product(factors) | Self::Entrywise(factors) => {
                factors.iter_mut().any(Self::turn_difference)
            }
            Self::Number(_)
            | Self::Name(_)
            | Self::Constant(..)
            | Self::Quotient(..)
            | Self::EntrywiseQuotient(..)
            | Self::Kronecker(..)
            | Self::Power(..)
            | Self::EntrywisePower(..)
            | Self::Root(_)
            | Self::Marked(..)
            | Self::Call(..) => false,
        }
    }

    /// Whether this is a number or a constant matrix, or a multiple of one.
    fn is_constant(&self) -> bool {
        match self {
            Self::Number(_) | Self::Constant(..) => true,
            Self::Product(factors) => factors.last().is_some_and(Self::is_constant),
            _ => false,
        }
    }
}

/// Positive terms first, otherwise in the order given.
pub(super) fn read_positive_first(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_by_key(|item| item.negative);
    items
}
