//! A formula as it will stand on the page, before any notation: ordered, signed, cut into numerators and denominators.

use num_traits::One;

use super::sign;
use crate::number::{self, Rational};
use crate::shape::{Dimension, Name, Symbol};
use crate::syntax::ast::Comparison;

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
    /// a ≤ b as 0 or 1, in its brackets; a or b.
    Relation(Relation, Box<[Phrase; 2]>),
    /// φ″(x) of a function that is not known, with the order of its derivative.
    Unknown(Name, usize, Vec<Phrase>),
    /// h[t−1], h[l−1, t]
    Indexed(Box<Phrase>, Vec<Phrase>),
    /// A[i, 1..k]
    Part(Box<Phrase>, Vec<Phrase>),
    /// `a..b` in place of an index; `:` for all.
    Range(Option<Box<[Phrase; 2]>>),
    /// [A, B; C, D]
    Blocks(Vec<Vec<Phrase>>),
    /// A formula for the values of an index from the first to the last.
    Over(Box<Phrase>, Name, Box<[Phrase; 2]>),
    /// Σ over an index from the first to the last value.
    SumOver(Name, Box<[Phrase; 2]>, Box<Phrase>),
}

/// What stands between the sides of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// Two numbers compare.
    Compare(Comparison),
    /// One of two conditions holds.
    Or,
}

/// One term of a sum.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) negative: bool,
    /// Its place in reading order, signs aside.
    pub(super) place: usize,
    pub(super) phrase: Phrase,
    /// Whether it is a number in every entry of the array beside it.
    pub(super) fills: bool,
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

/// A function's name as it is typed, on paper, and in LaTeX, where `#1` stands for the arguments of one that encloses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) name: &'static str,
    /// The name on paper, such as `π`.
    pub(super) glyph: &'static str,
    pub(super) latex: &'static str,
}

/// What encloses the arguments of a function that has no name on paper: ‖x‖₁, |x|.
pub(super) struct Bars {
    pub(super) kind: BarKind,
    /// What stands below the closing bar.
    pub(super) below: &'static str,
}

/// Bars around a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BarKind {
    Single,
    Double,
}

impl Bars {
    /// Reads `\lVert #1 \rVert_1` and `\lvert #1 \rvert`.
    pub(super) fn of(head: Head) -> Option<Self> {
        let (open, close) = head.latex.split_once("#1")?;
        let close = close.trim_start();
        let (kind, rest) = match open.trim_end() {
            r"\lVert" => (BarKind::Double, close.strip_prefix(r"\rVert")?),
            r"\lvert" => (BarKind::Single, close.strip_prefix(r"\rvert")?),
            _ => return None,
        };
        let below = rest.strip_prefix('_').unwrap_or(rest);
        Some(Self { kind, below: below.trim_start_matches('{').trim_end_matches('}') })
    }
}

impl Item {
    /// The term with the other sign; a minus goes into a difference, where that costs none.
    pub(super) fn turned(mut self) -> Self {
        self.negative = match &mut self.phrase {
            Phrase::Product(factors) => sign::settle(factors, !self.negative),
            phrase => sign::settle(std::slice::from_mut(phrase), !self.negative),
        };
        self
    }
}

impl Phrase {
    /// A whole number.
    pub(super) fn whole(value: i64) -> Self {
        Self::Number(number::integer(value))
    }

    /// The size as a phrase: positive terms first, the constant last.
    pub(super) fn size(size: &Dimension) -> Self {
        let mut terms: Vec<(i64, &[Symbol])> = size.terms().collect();
        terms.sort_by_key(|(coefficient, symbols)| (*coefficient < 0, symbols.is_empty()));
        let items = terms
            .into_iter()
            .enumerate()
            .map(|(place, (coefficient, symbols))| {
                let magnitude = Rational::from_integer(coefficient.unsigned_abs().into());
                let mut factors: Vec<Self> = symbols.iter().map(Self::symbol).collect();
                if !magnitude.is_one() || factors.is_empty() {
                    factors.insert(0, Self::Number(magnitude));
                }
                Item {
                    negative: coefficient < 0,
                    place,
                    phrase: Self::product(factors),
                    fills: false,
                }
            })
            .collect();
        Self::sum(items)
    }

    /// An element by its family and its place as it stands in a name.
    pub(super) fn element(family: &str, place: &str) -> Self {
        let values = place.split(',').map(|value| Self::place(value.trim()));
        Self::Indexed(Self::Name(family.into()).into(), values.collect())
    }

    /// A value of a place: names and numbers with signs between them.
    fn place(text: &str) -> Self {
        let mut items = Vec::new();
        for (place, part) in text.split_inclusive(['+', '-']).enumerate() {
            let negative = place > 0 && text[..text.len() - rest(text, place)].ends_with('-');
            let word = part.trim_end_matches(['+', '-']);
            let phrase = match word.parse::<i64>() {
                Ok(number) => Self::whole(number),
                Err(_) => Self::Name(word.into()),
            };
            items.push(Item { negative, place, phrase, fills: false });
        }
        Self::sum(items)
    }

    fn symbol(symbol: &Symbol) -> Self {
        match symbol {
            Symbol::Name(name) => Self::Name(name.clone()),
            Symbol::Element(family, at) => {
                Self::Indexed(Self::Name(family.clone()).into(), vec![Self::size(at)])
            }
            Symbol::Quotient(a, b) => Self::Quotient(Self::size(a).into(), Self::size(b).into()),
        }
    }

    /// Calls `visit` with every phrase right below this one.
    pub(super) fn for_each_part(&self, visit: &mut dyn FnMut(&Self)) {
        match self {
            Self::Number(_) | Self::Name(_) | Self::Range(None) => {}
            Self::Range(Some(ends)) => ends.iter().for_each(visit),
            Self::Blocks(rows) => rows.iter().flatten().for_each(visit),
            Self::Part(base, indices) | Self::Indexed(base, indices) => {
                visit(base);
                indices.iter().for_each(visit);
            }
            Self::Sum(items) => items.iter().for_each(|item| visit(&item.phrase)),
            Self::Constant(_, parts)
            | Self::Product(parts)
            | Self::Entrywise(parts)
            | Self::Call(_, parts)
            | Self::Unknown(_, _, parts) => parts.iter().for_each(visit),
            Self::Quotient(a, b)
            | Self::EntrywiseQuotient(a, b)
            | Self::Kronecker(a, b)
            | Self::Power(a, b)
            | Self::EntrywisePower(a, b) => {
                visit(a);
                visit(b);
            }
            Self::Root(a) | Self::Marked(a, _) => visit(a),
            Self::Relation(_, sides) => sides.iter().for_each(visit),
            Self::Over(body, _, ends) | Self::SumOver(_, ends, body) => {
                visit(body);
                ends.iter().for_each(visit);
            }
        }
    }

    /// Calls `visit` with every name.
    pub(super) fn for_each_name(&self, visit: &mut dyn FnMut(&Name)) {
        match self {
            Self::Name(name) => visit(name),
            _ => self.for_each_part(&mut |part| part.for_each_name(visit)),
        }
    }

    /// Calls `visit` with every phrase right below this one, to change it.
    pub(super) fn for_each_part_mut(&mut self, visit: &mut dyn FnMut(&mut Self)) {
        match self {
            Self::Number(_) | Self::Name(_) | Self::Range(None) => {}
            Self::Range(Some(ends)) => ends.iter_mut().for_each(visit),
            Self::Blocks(rows) => rows.iter_mut().flatten().for_each(visit),
            Self::Part(base, indices) | Self::Indexed(base, indices) => {
                visit(base);
                indices.iter_mut().for_each(visit);
            }
            Self::Sum(items) => items.iter_mut().for_each(|item| visit(&mut item.phrase)),
            Self::Constant(_, parts)
            | Self::Product(parts)
            | Self::Entrywise(parts)
            | Self::Call(_, parts)
            | Self::Unknown(_, _, parts) => parts.iter_mut().for_each(visit),
            Self::Quotient(a, b)
            | Self::EntrywiseQuotient(a, b)
            | Self::Kronecker(a, b)
            | Self::Power(a, b)
            | Self::EntrywisePower(a, b) => {
                visit(a);
                visit(b);
            }
            Self::Root(a) | Self::Marked(a, _) => visit(a),
            Self::Relation(_, sides) => sides.iter_mut().for_each(visit),
            Self::Over(body, _, ends) | Self::SumOver(_, ends, body) => {
                visit(body);
                ends.iter_mut().for_each(visit);
            }
        }
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

    /// ½n as n/2, as exponents are written.
    pub(super) fn with_denominator(self) -> Self {
        match self {
            Self::Product(mut factors) => {
                let Some(Self::Number(value)) = factors.first().cloned() else {
                    return Self::Product(factors);
                };
                if value.is_integer() {
                    return Self::Product(factors);
                }
                factors.remove(0);
                if !value.numer().is_one() {
                    factors.insert(0, Self::Number(value.numer()));
                }
                let below = Self::Number(value.denom());
                Self::Quotient(Self::product(factors).into(), below.into())
            }
            Self::Sum(items) if items.len() == 1 => Self::Sum(
                items
                    .into_iter()
                    .map(|item| Item { phrase: item.phrase.with_denominator(), ..item })
                    .collect(),
            ),
            phrase => phrase,
        }
    }

    /// The phrase with a sign in front; a sum changes all its signs.
    pub(super) fn signed(self, negative: bool) -> Self {
        match self {
            Self::Sum(items) if negative => Self::sum(positive_first(
                items.into_iter().map(|item| Item { negative: !item.negative, ..item }).collect(),
            )),
            phrase => Self::sum(vec![Item { negative, place: 0, phrase, fills: false }]),
        }
    }
}

/// The length of the text from its part number `place` on, where parts end after a sign.
fn rest(text: &str, place: usize) -> usize {
    text.split_inclusive(['+', '-']).skip(place).map(str::len).sum()
}

/// Positive terms first, otherwise in reading order.
pub(super) fn positive_first(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_by_key(|item| (item.negative, item.place));
    items
}
