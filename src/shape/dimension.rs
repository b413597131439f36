//! Sizes: polynomials with whole coefficients over named sizes.

use std::fmt;
use std::sync::Arc;

/// A name, cheap to clone.
pub type Name = Arc<str>;

/// A size: a number, a symbol, or arithmetic on them such as `h-k+1`, kept as a polynomial in normal form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dimension {
    /// Sorted by the product of symbols; no zero coefficients.
    terms: Arc<[DimensionTerm]>,
}

/// A whole multiple of a product of symbols (with repetition, sorted).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct DimensionTerm {
    symbols: Vec<Name>,
    coefficient: i64,
}

impl Dimension {
    /// The size 1.
    pub fn one() -> Self {
        Self::constant(1)
    }

    /// A known size.
    pub fn constant(value: i64) -> Self {
        Self::from_terms(vec![DimensionTerm { symbols: Vec::new(), coefficient: value }])
    }

    /// A symbolic size.
    pub fn symbol(name: impl Into<Name>) -> Self {
        Self::from_terms(vec![DimensionTerm { symbols: vec![name.into()], coefficient: 1 }])
    }

    fn from_terms(mut terms: Vec<DimensionTerm>) -> Self {
        terms.sort();
        let mut merged: Vec<DimensionTerm> = Vec::with_capacity(terms.len());
        for term in terms {
            match merged.last_mut() {
                Some(last) if last.symbols == term.symbols => {
                    last.coefficient = last.coefficient.saturating_add(term.coefficient);
                }
                _ => merged.push(term),
            }
        }
        merged.retain(|term| term.coefficient != 0);
        Self { terms: merged.into() }
    }

    /// The value when it is known.
    pub fn as_constant(&self) -> Option<i64> {
        match &*self.terms {
            [] => Some(0),
            [term] if term.symbols.is_empty() => Some(term.coefficient),
            _ => None,
        }
    }

    /// The name when the size is a lone symbol.
    pub fn as_symbol(&self) -> Option<&Name> {
        match &*self.terms {
            [term] if term.coefficient == 1 && term.symbols.len() == 1 => Some(&term.symbols[0]),
            _ => None,
        }
    }

    /// Whether this is the size 1.
    pub fn is_one(&self) -> bool {
        self.as_constant() == Some(1)
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self::from_terms(self.terms.iter().chain(other.terms.iter()).cloned().collect())
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.times(&Self::constant(-1)))
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let mut terms = Vec::new();
        for a in self.terms.iter() {
            for b in other.terms.iter() {
                let mut symbols = a.symbols.clone();
                symbols.extend(b.symbols.iter().cloned());
                symbols.sort();
                terms.push(DimensionTerm {
                    symbols,
                    coefficient: a.coefficient.saturating_mul(b.coefficient),
                });
            }
        }
        Self::from_terms(terms)
    }

    /// The quotient by a whole number, when every coefficient divides.
    pub fn divided_by(&self, divisor: i64) -> Option<Self> {
        let whole = divisor != 0 && self.terms().all(|(coefficient, _)| coefficient % divisor == 0);
        whole.then(|| {
            let terms = self.terms.iter().map(|term| DimensionTerm {
                symbols: term.symbols.clone(),
                coefficient: term.coefficient / divisor,
            });
            Self::from_terms(terms.collect())
        })
    }

    /// The factor and the symbol when the size is a multiple of one symbol: 2h is (2, h).
    pub fn as_multiple(&self) -> Option<(i64, &Name)> {
        match &*self.terms {
            [term] if term.symbols.len() == 1 => Some((term.coefficient, &term.symbols[0])),
            _ => None,
        }
    }

    /// The terms: a coefficient and the symbols it multiplies (with repetition).
    pub fn terms(&self) -> impl Iterator<Item = (i64, &[Name])> {
        self.terms.iter().map(|term| (term.coefficient, term.symbols.as_slice()))
    }

    /// The names that occur, sorted, each once.
    pub fn symbols(&self) -> Vec<Name> {
        let mut names: Vec<Name> =
            self.terms.iter().flat_map(|term| term.symbols.iter().cloned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The size with every symbol replaced by `value(symbol)`.
    #[must_use]
    pub fn substitute(&self, value: &dyn Fn(&Name) -> Self) -> Self {
        let mut sum = Self::constant(0);
        for (coefficient, symbols) in self.terms() {
            let product = symbols
                .iter()
                .fold(Self::constant(coefficient), |product, name| product.times(&value(name)));
            sum = sum.plus(&product);
        }
        sum
    }

    /// The number, given the symbols' values; `None` when one is unknown or the arithmetic overflows.
    pub fn evaluate(&self, value: &dyn Fn(&Name) -> Option<i64>) -> Option<i64> {
        let mut sum = 0_i64;
        for (coefficient, symbols) in self.terms() {
            let mut product = coefficient;
            for name in symbols {
                product = product.checked_mul(value(name)?)?;
            }
            sum = sum.checked_add(product)?;
        }
        Some(sum)
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return write!(f, "0");
        }
        // Positive terms first, symbols before the constant: h - k + 1.
        let mut ordered: Vec<&DimensionTerm> = self.terms.iter().collect();
        ordered.sort_by_key(|term| (term.symbols.is_empty(), term.coefficient < 0));
        for (index, term) in ordered.into_iter().enumerate() {
            let magnitude = term.coefficient.unsigned_abs();
            match (index, term.coefficient < 0) {
                (0, false) => {}
                (_, true) => write!(f, "-")?,
                (_, false) => write!(f, "+")?,
            }
            let symbols: Vec<&str> = term.symbols.iter().map(|name| &**name).collect();
            match (symbols.is_empty(), magnitude) {
                (true, _) => write!(f, "{magnitude}")?,
                (false, 1) => write!(f, "{}", symbols.join("*"))?,
                (false, _) => write!(f, "{magnitude}*{}", symbols.join("*"))?,
            }
        }
        Ok(())
    }
}
