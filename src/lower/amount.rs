//! Amounts: polynomials with rational coefficients over sizes, and over sums and maxima of such amounts over an index.

use std::collections::BTreeMap;
use std::fmt;

use num_traits::{One, Signed, Zero};

use crate::expression::Range;
use crate::number::{self, Rational};
use crate::shape::{Dimension, Name, Symbol};

/// Indices that run over more values are not summed up.
const LONGEST: i64 = 1 << 24;

/// How much of something: operations, numbers in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    /// By the product of quantities, sorted and with repetition; no coefficient is 0.
    terms: BTreeMap<Vec<Quantity>, Rational>,
}

/// What amounts are products of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// A size.
    Size(Symbol),
    /// Σ over an index.
    Total(Over),
    /// The largest value over an index; 0 where it has none.
    Largest(Over),
}

/// An amount that depends on an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Over {
    index: Name,
    from: Dimension,
    to: Dimension,
    amount: Amount,
}

impl Amount {
    /// A whole number.
    pub fn number(value: i64) -> Self {
        Self::default().with(Vec::new(), &number::integer(value))
    }

    /// A size, or a product of sizes.
    pub fn of(size: &Dimension) -> Self {
        size.terms().fold(Self::default(), |sum, (coefficient, symbols)| {
            let quantities = symbols.iter().cloned().map(Quantity::Size).collect();
            sum.with(quantities, &number::integer(coefficient))
        })
    }

    fn with(mut self, mut quantities: Vec<Quantity>, coefficient: &Rational) -> Self {
        quantities.sort();
        if let [Quantity::Total(over)] = quantities.as_slice()
            && let Some((known, factor)) = self.take_total(over)
        {
            let amount = known.amount.scaled(&factor).plus(&over.amount.scaled(coefficient));
            if amount.is_zero() {
                return self;
            }
            let sum = Over { amount, ..known };
            self.terms.insert(vec![Quantity::Total(sum)], number::one());
            return self;
        }
        let sum = self.terms.remove(&quantities).unwrap_or_else(number::zero) + coefficient;
        if !sum.is_zero() {
            self.terms.insert(quantities, sum);
        }
        self
    }

    /// Takes out a sum over the same values of the same index, with its coefficient.
    fn take_total(&mut self, like: &Over) -> Option<(Over, Rational)> {
        let alike = self.terms.keys().find(|quantities| match quantities.as_slice() {
            [Quantity::Total(over)] => over.range() == like.range(),
            _ => false,
        });
        let key = alike.cloned()?;
        let factor = self.terms.remove(&key)?;
        match key.into_iter().next() {
            Some(Quantity::Total(over)) => Some((over, factor)),
            _ => None,
        }
    }

    /// The amount at one value of an index.
    fn at(&self, index: &Name, value: &Dimension) -> Self {
        let mut sum = Self::default();
        for (quantities, coefficient) in &self.terms {
            let mut product = Self::number(1).scaled(coefficient);
            for quantity in quantities {
                product = product.times(&quantity.at(index, value));
            }
            sum = sum.plus(&product);
        }
        sum
    }

    /// Whether this is nothing.
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        other.terms.iter().fold(self.clone(), |sum, (quantities, coefficient)| {
            sum.with(quantities.clone(), coefficient)
        })
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.scaled(&-number::one()))
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let mut product = Self::default();
        for (a, x) in &self.terms {
            for (b, y) in &other.terms {
                product = product.with([a.as_slice(), b].concat(), &(x * y));
            }
        }
        product
    }

    /// A rational multiple.
    #[must_use]
    pub fn scaled(&self, factor: &Rational) -> Self {
        self.terms.iter().fold(Self::default(), |sum, (quantities, coefficient)| {
            sum.with(quantities.clone(), &(coefficient * factor))
        })
    }

    /// The sum over the values of an index.
    #[must_use]
    pub fn total(&self, range: &Range) -> Self {
        if range.from == range.to {
            return self.at(&range.index, &range.from);
        }
        let (inside, outside) = self.split(&range.index);
        let sum = outside.times(&Self::of(&range.length()));
        if inside.is_zero() {
            return sum;
        }
        sum.with(vec![Quantity::Total(Over::new(range, inside))], &number::one())
    }

    /// The largest value over the values of an index.
    #[must_use]
    pub fn largest(&self, range: &Range) -> Self {
        if self.split(&range.index).0.is_zero() {
            return self.clone();
        }
        Self::default()
            .with(vec![Quantity::Largest(Over::new(range, self.clone()))], &number::one())
    }

    /// The terms that depend on an index, and the others.
    fn split(&self, index: &Name) -> (Self, Self) {
        let mut parts = (Self::default(), Self::default());
        for (quantities, coefficient) in &self.terms {
            let inside = quantities.iter().any(|quantity| quantity.mentions(index));
            let part = if inside { &mut parts.0 } else { &mut parts.1 };
            part.terms.insert(quantities.clone(), coefficient.clone());
        }
        parts
    }

    fn mentions(&self, index: &Name) -> bool {
        self.terms.keys().flatten().any(|quantity| quantity.mentions(index))
    }

    /// The number at given sizes; elements of families of sizes have names such as `n[2]`. None when a size is unknown, or an
    /// index runs too far.
    pub fn evaluate(&self, size: &dyn Fn(&Name) -> Option<i64>) -> Option<Rational> {
        let mut sum = number::zero();
        for (quantities, coefficient) in &self.terms {
            let mut product = coefficient.clone();
            for quantity in quantities {
                product *= quantity.evaluate(size)?;
            }
            sum += product;
        }
        Some(sum)
    }

    /// A guess, given one for every size.
    pub(super) fn estimate(&self, size: &dyn Fn(&Dimension) -> f64) -> f64 {
        let terms = self.terms.iter().map(|(quantities, coefficient)| {
            let product: f64 = quantities.iter().map(|quantity| quantity.estimate(size)).product();
            number::to_f64(coefficient) * product
        });
        terms.sum()
    }

    /// The amount with the quantity that most terms have in common taken out: (d + l + 1)·q + l.
    pub fn factored(&self) -> String {
        let count = |quantity: &Quantity| {
            self.terms.keys().filter(|quantities| quantities.contains(quantity)).count()
        };
        let mut common: Option<(&Quantity, usize)> = None;
        for quantity in self.terms.keys().flatten() {
            let found = count(quantity);
            if found > common.map_or(1, |(_, most)| most) {
                common = Some((quantity, found));
            }
        }
        let Some((common, _)) = common else { return self.to_string() };
        let (mut inner, mut rest) = (Self::default(), Self::default());
        for (quantities, coefficient) in &self.terms {
            match quantities.iter().position(|quantity| quantity == common) {
                Some(at) => {
                    let mut others = quantities.clone();
                    others.remove(at);
                    inner.terms.insert(others, coefficient.clone());
                }
                None => {
                    rest.terms.insert(quantities.clone(), coefficient.clone());
                }
            }
        }
        let product = format!("({inner})·{common}");
        if rest.is_zero() { product } else { format!("{product} + {}", rest.factored()) }
    }
}

impl Over {
    fn new(range: &Range, amount: Amount) -> Self {
        let Range { index, from, to } = range.clone();
        Self { index, from, to, amount }
    }

    fn mentions(&self, index: &Name) -> bool {
        self.from.mentions(index)
            || self.to.mentions(index)
            || *index != self.index && self.amount.mentions(index)
    }

    /// The amount at every value of the index.
    fn values(&self, size: &dyn Fn(&Name) -> Option<i64>) -> Option<Vec<Rational>> {
        let (from, to) = (self.from.evaluate(size)?, self.to.evaluate(size)?);
        if to.checked_sub(from)? > LONGEST {
            return None;
        }
        let at = |value: i64| {
            self.amount.evaluate(&|name| if *name == self.index { Some(value) } else { size(name) })
        };
        (from..=to).map(at).collect()
    }

    fn range(&self) -> (&Name, &Dimension, &Dimension) {
        (&self.index, &self.from, &self.to)
    }

    fn length(&self) -> Dimension {
        self.to.minus(&self.from).plus(&Dimension::one())
    }
}

impl Quantity {
    fn mentions(&self, index: &Name) -> bool {
        match self {
            Self::Size(symbol) => Dimension::of_symbol(symbol.clone()).mentions(index),
            Self::Total(over) | Self::Largest(over) => over.mentions(index),
        }
    }

    /// The quantity at one value of an index.
    fn at(&self, index: &Name, value: &Dimension) -> Amount {
        let inside = |over: &Over| Over {
            index: over.index.clone(),
            from: over.from.replace(index, value),
            to: over.to.replace(index, value),
            amount: if over.index == *index {
                over.amount.clone()
            } else {
                over.amount.at(index, value)
            },
        };
        let quantity = match self {
            Self::Size(symbol) => {
                return Amount::of(&Dimension::of_symbol(symbol.clone()).replace(index, value));
            }
            Self::Total(over) => Self::Total(inside(over)),
            Self::Largest(over) => Self::Largest(inside(over)),
        };
        Amount::default().with(vec![quantity], &number::one())
    }

    fn evaluate(&self, size: &dyn Fn(&Name) -> Option<i64>) -> Option<Rational> {
        match self {
            Self::Size(symbol) => {
                Dimension::of_symbol(symbol.clone()).evaluate(size).map(number::integer)
            }
            Self::Total(over) => {
                Some(over.values(size)?.into_iter().fold(number::zero(), |sum, value| sum + value))
            }
            Self::Largest(over) => {
                Some(over.values(size)?.into_iter().max().unwrap_or_else(number::zero))
            }
        }
    }

    fn estimate(&self, size: &dyn Fn(&Dimension) -> f64) -> f64 {
        match self {
            Self::Size(symbol) => size(&Dimension::of_symbol(symbol.clone())),
            Self::Total(over) => size(&over.length()) * over.amount.estimate(size),
            Self::Largest(over) => over.amount.estimate(size),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let over = |f: &mut fmt::Formatter<'_>, sign: &str, over: &Over| {
            let Over { index, from, to, amount } = over;
            write!(f, "{sign}({index} in {from}..{to}, {amount})")
        };
        match self {
            Self::Size(symbol @ Symbol::Quotient(..)) => {
                write!(f, "({})", symbol.to_string().replace('*', "·"))
            }
            Self::Size(symbol) => write!(f, "{symbol}"),
            Self::Total(sum) => over(f, "Σ", sum),
            Self::Largest(largest) => over(f, "max", largest),
        }
    }
}

impl fmt::Display for Amount {
    /// Terms by falling degree: `2·k·m·n + 2/3·n³ − n`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut terms: Vec<(&Vec<Quantity>, &Rational)> = self.terms.iter().collect();
        terms.sort_by_key(|(quantities, coefficient)| {
            (std::cmp::Reverse(quantities.len()), coefficient.is_negative())
        });
        if terms.is_empty() {
            return write!(f, "0");
        }
        for (at, (quantities, coefficient)) in terms.into_iter().enumerate() {
            let sign = match (at, coefficient.is_negative()) {
                (0, false) => "",
                (0, true) => "−",
                (_, false) => " + ",
                (_, true) => " − ",
            };
            write!(f, "{sign}{}", product(&coefficient.abs(), quantities))?;
        }
        Ok(())
    }
}

/// `2/3·n³`
fn product(coefficient: &Rational, quantities: &[Quantity]) -> String {
    let mut factors = Vec::new();
    if !coefficient.is_one() || quantities.is_empty() {
        factors.push(coefficient.to_string());
    }
    let mut at = 0;
    while at < quantities.len() {
        let run = quantities[at..].iter().take_while(|other| **other == quantities[at]).count();
        factors.push(format!("{}{}", quantities[at], power(run)));
        at += run;
    }
    factors.join("·")
}

/// ², ³, …; nothing for 1.
fn power(exponent: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    if exponent == 1 {
        return String::new();
    }
    exponent.to_string().bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect()
}
