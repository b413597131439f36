//! Formulas in indices: sums of monomials, each a coefficient, factors, and a Σ over indices.
//!
//! An [`Index`] is bound once: no Σ stands inside another one over the same index, so that indices can be replaced without care
//! for scopes.

use num_traits::{One, Signed, Zero};

use crate::expression::{Id, Range};
use crate::function::FunctionId;
use crate::number::{self, Rational};
use crate::shape::Dimension;

/// An index; counts from 1 to its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Index(pub(super) usize);

impl Index {
    /// Position of its range in [`super::Indexed::ranges`].
    pub fn position(self) -> usize {
        self.0
    }
}

/// A sum of monomials; without any, 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// The monomials, in the order in which they are read.
    pub terms: Vec<Monomial>,
}

/// coefficient · Π outside · Σ_over Π inside
#[derive(Clone, Debug, PartialEq)]
pub struct Monomial {
    /// A number, not 0.
    pub coefficient: Rational,
    /// Factors that do not depend on the indices summed over.
    pub outside: Vec<Factor>,
    /// The indices summed over, in the order in which they appear inside; without any there is no sum.
    pub over: Vec<Index>,
    /// Factors of the summand; none without a sum.
    pub inside: Vec<Factor>,
}

/// A power of something.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// What is raised.
    pub base: Base,
    /// The exponent; the number 1 almost always.
    pub exponent: Formula,
}

/// What factors are made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Base {
    /// A size as a number.
    Size(Dimension),
    /// An entry of a value in matrix notation; rows before columns, and no index along a dimension of 1.
    Value {
        /// The value.
        id: Id,
        /// Which entry.
        at: Vec<Index>,
    },
    /// 1 where both indices are equal, 0 elsewhere.
    Delta(Index, Index),
    /// A function of one number.
    Function(FunctionId, Formula),
    /// A formula in brackets.
    Group(Formula),
    /// Σ over an index of families, which the body mentions by its name.
    Steps(Range, Formula),
}

impl Formula {
    /// A number.
    pub(super) fn number(value: Rational) -> Self {
        if value.is_zero() {
            return Self { terms: Vec::new() };
        }
        Self { terms: vec![Monomial::plain(value, Vec::new())] }
    }

    pub(super) fn one() -> Self {
        Self::number(number::one())
    }

    /// A lone factor.
    pub(super) fn of(base: Base) -> Self {
        let factor = Factor { base, exponent: Self::one() };
        Self { terms: vec![Monomial::plain(number::one(), vec![factor])] }
    }

    /// The value of a formula that is a number.
    pub fn as_number(&self) -> Option<Rational> {
        match self.terms.as_slice() {
            [] => Some(number::zero()),
            [term] if term.is_number() => Some(term.coefficient.clone()),
            _ => None,
        }
    }

    /// Whether this is the number 1.
    pub fn is_one(&self) -> bool {
        self.as_number().is_some_and(|value| value.is_one())
    }

    pub(super) fn negated(&self) -> Self {
        let mut negated = self.clone();
        negated.terms.iter_mut().for_each(|term| term.coefficient = -term.coefficient.clone());
        negated
    }

    /// c · self: a sum of several terms stays in brackets unless only signs change.
    pub(super) fn times_number(self, c: &Rational) -> Self {
        if c.is_zero() || self.terms.is_empty() {
            return Self { terms: Vec::new() };
        }
        if self.terms.len() > 1 && !c.abs().is_one() {
            return product(c.clone(), vec![self]);
        }
        let scale = |term: Monomial| Monomial { coefficient: &term.coefficient * c, ..term };
        Self { terms: self.terms.into_iter().map(scale).collect() }
    }

    /// self ^ exponent
    pub(super) fn raised(self, exponent: Self) -> Self {
        if exponent.is_one() {
            return self;
        }
        let value = exponent.as_number();
        let whole = value.as_ref().and_then(number::to_i64);
        if let [term] = self.terms.as_slice()
            && term.over.is_empty()
        {
            if let Some(raised) = whole.and_then(|whole| term.raised(whole)) {
                return Self { terms: vec![raised] };
            }
            if let [Factor { base, exponent: inner }] = term.outside.as_slice()
                && term.coefficient.is_one()
                && inner.is_one()
            {
                let factor = Factor { base: base.clone(), exponent };
                return Self { terms: vec![Monomial::plain(number::one(), vec![factor])] };
            }
        }
        let even = whole.is_some_and(|whole| whole % 2 == 0);
        let base = if even { directed(self).1 } else { self };
        let factor = Factor { base: Base::Group(base), exponent };
        Self { terms: vec![Monomial::plain(number::one(), vec![factor])] }
    }

    /// Whether the index occurs.
    pub(super) fn has(&self, index: Index) -> bool {
        self.terms.iter().any(|term| term.factors().any(|factor| factor.has(index)))
    }

    /// The same for all indices: what two formulas of one form have in common.
    pub(super) fn form(&self) -> Self {
        let mut form = self.clone();
        form.for_each_index(&mut |index| *index = Index(0));
        form
    }

    fn for_each_index(&mut self, visit: &mut dyn FnMut(&mut Index)) {
        for term in &mut self.terms {
            term.over.iter_mut().for_each(&mut *visit);
            for factor in term.outside.iter_mut().chain(&mut term.inside) {
                factor.for_each_index(visit);
            }
        }
    }

    /// How many entries of values it holds.
    fn entries(&self) -> usize {
        let factors = self.terms.iter().flat_map(Monomial::factors);
        factors.map(Factor::entries).sum()
    }

    /// The entries of values in it.
    pub fn for_each_value(&self, visit: &mut dyn FnMut(Id)) {
        for factor in self.terms.iter().flat_map(Monomial::factors) {
            match &factor.base {
                Base::Value { id, .. } => visit(*id),
                Base::Function(_, inner) | Base::Group(inner) | Base::Steps(_, inner) => {
                    inner.for_each_value(visit);
                }
                Base::Size(_) | Base::Delta(..) => {}
            }
            factor.exponent.for_each_value(visit);
        }
    }
}

impl Monomial {
    pub(super) fn plain(coefficient: Rational, outside: Vec<Factor>) -> Self {
        Self { coefficient, outside, over: Vec::new(), inside: Vec::new() }
    }

    /// All factors.
    pub fn factors(&self) -> impl Iterator<Item = &Factor> {
        self.outside.iter().chain(&self.inside)
    }

    /// Whether there are no factors.
    pub(super) fn is_number(&self) -> bool {
        self.outside.is_empty() && self.over.is_empty() && self.inside.is_empty()
    }

    /// The whole power of a product, factor by factor; none where an exponent is in the way.
    fn raised(&self, whole: i64) -> Option<Self> {
        let coefficient = number::power(&self.coefficient, whole)?;
        let mut factors = self.outside.clone();
        for factor in &mut factors {
            let inner = factor.exponent.as_number().filter(Rational::is_integer)?;
            factor.exponent = Formula::number(inner * number::integer(whole));
        }
        Some(Self::plain(coefficient, factors))
    }
}

impl Factor {
    /// Σ_over Π inside
    pub(super) fn sum(over: Vec<Index>, inside: Vec<Self>) -> Self {
        let sum = Monomial { coefficient: number::one(), outside: Vec::new(), over, inside };
        Self { base: Base::Group(Formula { terms: vec![sum] }), exponent: Formula::one() }
    }

    pub(super) fn has(&self, index: Index) -> bool {
        let base = match &self.base {
            Base::Size(_) => false,
            Base::Value { at, .. } => at.contains(&index),
            Base::Delta(a, b) => *a == index || *b == index,
            Base::Function(_, inner) | Base::Group(inner) | Base::Steps(_, inner) => {
                inner.has(index)
            }
        };
        base || self.exponent.has(index)
    }

    /// The factor with `to` in the place of `from`.
    pub(super) fn replace(&mut self, from: Index, to: Index) {
        self.for_each_index(&mut |index| {
            if *index == from {
                *index = to;
            }
        });
    }

    fn for_each_index(&mut self, visit: &mut dyn FnMut(&mut Index)) {
        match &mut self.base {
            Base::Size(_) => {}
            Base::Value { at, .. } => at.iter_mut().for_each(&mut *visit),
            Base::Delta(a, b) => [a, b].into_iter().for_each(&mut *visit),
            Base::Function(_, inner) | Base::Group(inner) | Base::Steps(_, inner) => {
                inner.for_each_index(visit);
            }
        }
        self.exponent.for_each_index(visit);
    }

    /// How many entries of values it holds.
    pub(super) fn entries(&self) -> usize {
        match &self.base {
            Base::Size(_) | Base::Delta(..) => 0,
            Base::Value { .. } => 1,
            Base::Function(_, inner) | Base::Group(inner) | Base::Steps(_, inner) => {
                inner.entries()
            }
        }
    }

    /// The Σ of a lone monomial, as the factor it is.
    pub(super) fn as_sum(&self) -> Option<&Monomial> {
        match &self.base {
            Base::Group(Formula { terms }) if self.exponent.is_one() => match terms.as_slice() {
                [term] => (!term.over.is_empty()).then_some(term),
                _ => None,
            },
            Base::Group(_)
            | Base::Size(_)
            | Base::Value { .. }
            | Base::Delta(..)
            | Base::Function(..)
            | Base::Steps(..) => None,
        }
    }

    /// The terms of a sum of several, as the factor they are.
    pub(super) fn as_terms(&self) -> Option<&[Monomial]> {
        match &self.base {
            Base::Group(Formula { terms }) if self.exponent.is_one() && terms.len() > 1 => {
                Some(terms)
            }
            Base::Group(_)
            | Base::Size(_)
            | Base::Value { .. }
            | Base::Delta(..)
            | Base::Function(..)
            | Base::Steps(..) => None,
        }
    }
}

/// coefficient · Π formulas
pub(super) fn product(coefficient: Rational, formulas: Vec<Formula>) -> Formula {
    let mut all = Factors { coefficient, factors: Vec::new() };
    for formula in formulas {
        all.push(formula);
    }
    all.formula()
}

/// A product in its parts.
#[derive(Clone, Debug)]
pub(super) struct Factors {
    /// 0 when a factor is 0.
    pub(super) coefficient: Rational,
    pub(super) factors: Vec<Factor>,
}

impl Factors {
    /// Multiplies by a formula: sums become factors in brackets.
    pub(super) fn push(&mut self, formula: Formula) {
        let mut terms = formula.terms;
        match terms.len() {
            0 => self.coefficient = number::zero(),
            1 => {
                let Some(term) = terms.pop() else { return };
                self.coefficient *= &term.coefficient;
                self.factors.extend(term.outside);
                if !term.over.is_empty() {
                    self.factors.push(Factor::sum(term.over, term.inside));
                }
            }
            _ => {
                let (turned, formula) = directed(Formula { terms });
                if turned {
                    self.coefficient = -std::mem::replace(&mut self.coefficient, number::zero());
                }
                self.factors.push(Factor { base: Base::Group(formula), exponent: Formula::one() });
            }
        }
    }

    /// The product as it is.
    pub(super) fn formula(self) -> Formula {
        if self.coefficient.is_zero() {
            return Formula { terms: Vec::new() };
        }
        Formula { terms: vec![Monomial::plain(self.coefficient, collected(self.factors))] }
    }
}

/// Equal factors as powers: x_i x_i = x_i².
pub(super) fn collected(factors: Vec<Factor>) -> Vec<Factor> {
    let whole = |factor: &Factor| {
        factor.exponent.as_number().filter(|value| value.is_integer() && value.is_positive())
    };
    let mut kept: Vec<Factor> = Vec::with_capacity(factors.len());
    for factor in factors {
        let twin =
            kept.iter_mut().find(|other| other.base == factor.base && whole(other).is_some());
        match (twin, whole(&factor)) {
            (Some(twin), Some(exponent)) => {
                let sum = twin.exponent.as_number().unwrap_or_else(number::zero) + exponent;
                twin.exponent = Formula::number(sum);
            }
            _ => kept.push(factor),
        }
    }
    kept
}

/// The sum with the sign with which it is read: a difference starts with its first term. Whether the sign changed.
pub(super) fn directed(formula: Formula) -> (bool, Formula) {
    let negative = |term: &Monomial| term.coefficient.is_negative();
    let count = formula.terms.iter().filter(|term| negative(term)).count();
    let first = formula.terms.first().is_some_and(negative);
    let constant = formula.terms.iter().any(Monomial::is_number);
    let all = count == formula.terms.len();
    let turn = all || 2 * count == formula.terms.len() && first && !constant;
    if turn && count > 0 { (true, formula.negated()) } else { (false, formula) }
}
