//! Sizes: polynomials with whole coefficients over named sizes, elements of families of sizes, and whole quotients.

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

/// What the terms of a size are products of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// A named size, or an index such as the `l` of `W[l]`.
    Name(Name),
    /// A size that depends on an index, as `n[l-1]`.
    Element(Name, Dimension),
    /// A quotient that comes out whole, as `(h+2*P-F)/S`; not a polynomial of the other symbols.
    Quotient(Dimension, Dimension),
}

/// A whole multiple of a product of symbols (with repetition, sorted).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct DimensionTerm {
    symbols: Vec<Symbol>,
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
        Self::of_symbol(Symbol::Name(name.into()))
    }

    /// A size that depends on an index.
    pub fn element(family: impl Into<Name>, at: Self) -> Self {
        Self::of_symbol(Symbol::Element(family.into(), at))
    }

    /// The size that is one symbol.
    pub fn of_symbol(symbol: Symbol) -> Self {
        Self::from_terms(vec![DimensionTerm { symbols: vec![symbol], coefficient: 1 }])
    }

    /// The whole quotient; `None` where it is known not to come out whole. What divides term by term is divided, the rest stays
    /// a quotient: (2h + k)/2 is h + k/2.
    pub fn quotient(&self, divisor: &Self) -> Option<Self> {
        let [by] = &*divisor.terms else {
            let whole = self == divisor;
            let open = (!divisor.terms.is_empty())
                .then(|| Self::of_symbol(Symbol::Quotient(self.clone(), divisor.clone())));
            return if whole { Some(Self::one()) } else { open };
        };
        let (mut whole, mut rest) = (Vec::new(), Vec::new());
        for term in self.terms.iter() {
            match term.divided_by(by) {
                Some(term) => whole.push(term),
                None => rest.push(term.clone()),
            }
        }
        let (whole, rest) = (Self::from_terms(whole), Self::from_terms(rest));
        if rest.as_constant() == Some(0) {
            return Some(whole);
        }
        if rest.as_constant().is_some() && divisor.as_constant().is_some() {
            return None;
        }
        Some(whole.plus(&Self::of_symbol(Symbol::Quotient(rest, divisor.clone()))))
    }

    fn from_terms(mut terms: Vec<DimensionTerm>) -> Self {
        if let Some(expanded) = without_quotients(&terms) {
            return Self::from_terms(expanded);
        }
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
            [term] if term.coefficient == 1 => match term.symbols.as_slice() {
                [Symbol::Name(name)] => Some(name),
                _ => None,
            },
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

    /// The quotient by another polynomial, when there is one without a rest: (h+1)·(w+1) by h+1 is w+1.
    pub fn divided_exactly(&self, divisor: &Self) -> Option<Self> {
        // Degree first, then the alphabet: an order that products keep.
        let leading = |size: &Self| {
            let order = |term: &&DimensionTerm| {
                (term.symbols.len(), std::cmp::Reverse(term.symbols.clone()))
            };
            size.terms.iter().max_by_key(order).cloned()
        };
        let by = leading(divisor)?;
        let (mut rest, mut quotient) = (self.clone(), Self::constant(0));
        for _ in 0..Self::LONGEST_DIVISION {
            let Some(first) = leading(&rest) else { return Some(quotient) };
            let term = Self::from_terms(vec![first.divided_by(&by)?]);
            rest = rest.minus(&term.times(divisor));
            quotient = quotient.plus(&term);
        }
        None
    }

    /// Terms that a quotient has at most.
    const LONGEST_DIVISION: usize = 64;

    /// The factor and the symbol when the size is a multiple of one symbol: 2h is (2, h).
    pub fn as_multiple(&self) -> Option<(i64, &Name)> {
        match &*self.terms {
            [term] => match term.symbols.as_slice() {
                [Symbol::Name(name)] => Some((term.coefficient, name)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The terms: a coefficient and the symbols it multiplies (with repetition).
    pub fn terms(&self) -> impl Iterator<Item = (i64, &[Symbol])> {
        self.terms.iter().map(|term| (term.coefficient, term.symbols.as_slice()))
    }

    /// The names of sizes and indices that occur, inside elements and quotients too, sorted, each once. Families have other
    /// names: see [`Dimension::families`].
    pub fn symbols(&self) -> Vec<Name> {
        let mut names = Vec::new();
        self.visit_symbols(&mut |symbol| {
            if let Symbol::Name(name) = symbol {
                names.push(name.clone());
            }
        });
        names.sort();
        names.dedup();
        names
    }

    /// The families of sizes that occur, sorted, each once.
    pub fn families(&self) -> Vec<Name> {
        let mut names = Vec::new();
        self.visit_symbols(&mut |symbol| {
            if let Symbol::Element(name, _) = symbol {
                names.push(name.clone());
            }
        });
        names.sort();
        names.dedup();
        names
    }

    /// Whether the name occurs.
    pub fn mentions(&self, name: &str) -> bool {
        self.symbols().iter().any(|symbol| &**symbol == name)
    }

    /// Calls `visit` with every symbol, those inside elements and quotients too. Sizes nest no deeper than they are written.
    pub fn visit_symbols(&self, visit: &mut dyn FnMut(&Symbol)) {
        for symbol in self.terms.iter().flat_map(|term| &term.symbols) {
            visit(symbol);
            match symbol {
                Symbol::Name(_) => {}
                Symbol::Element(_, at) => at.visit_symbols(visit),
                Symbol::Quotient(a, b) => {
                    a.visit_symbols(visit);
                    b.visit_symbols(visit);
                }
            }
        }
    }

    /// The size with every named symbol replaced by `value(symbol)`.
    #[must_use]
    pub fn substitute(&self, value: &dyn Fn(&Name) -> Self) -> Self {
        // By far the most sizes are one name, or a number.
        if let Some(name) = self.as_symbol() {
            return value(name);
        }
        if self.as_constant().is_some() {
            return self.clone();
        }
        let image = |symbol: &Symbol| match symbol {
            Symbol::Name(name) => value(name),
            Symbol::Element(family, at) => Self::element(family.clone(), at.substitute(value)),
            Symbol::Quotient(a, b) => {
                let (a, b) = (a.substitute(value), b.substitute(value));
                // What does not come out whole stays as it is written, and has no value.
                let written = || Self::of_symbol(Symbol::Quotient(a.clone(), b.clone()));
                a.quotient(&b).unwrap_or_else(written)
            }
        };
        let mut sum = Self::constant(0);
        for (coefficient, symbols) in self.terms() {
            let product = symbols
                .iter()
                .fold(Self::constant(coefficient), |product, symbol| product.times(&image(symbol)));
            sum = sum.plus(&product);
        }
        sum
    }

    /// The size with every symbol for which there is a value replaced; others stay.
    #[must_use]
    pub fn substitute_symbols(&self, value: &dyn Fn(&Symbol) -> Option<Self>) -> Self {
        let mut sum = Self::constant(0);
        for (coefficient, symbols) in self.terms() {
            let product = symbols.iter().fold(Self::constant(coefficient), |product, symbol| {
                let image = value(symbol).unwrap_or_else(|| Self::of_symbol(symbol.clone()));
                product.times(&image)
            });
            sum = sum.plus(&product);
        }
        sum
    }

    /// The size with one named symbol replaced.
    #[must_use]
    pub fn replace(&self, name: &str, value: &Self) -> Self {
        self.substitute(&|symbol| {
            if &**symbol == name { value.clone() } else { Self::symbol(symbol.clone()) }
        })
    }

    /// The number, given the symbols' values; an element is asked for by its name, as in `n[2]`. `None` when one is unknown, a
    /// quotient does not come out whole or the arithmetic overflows.
    pub fn evaluate(&self, value: &dyn Fn(&Name) -> Option<i64>) -> Option<i64> {
        let mut sum = 0_i64;
        for (coefficient, symbols) in self.terms() {
            let mut product = coefficient;
            for symbol in symbols {
                product = product.checked_mul(symbol.evaluate(value)?)?;
            }
            sum = sum.checked_add(product)?;
        }
        Some(sum)
    }

    /// Whether the size still holds a quotient that cannot come out whole, as 5/2.
    pub fn is_broken(&self) -> bool {
        self.broken_quotient().is_some()
    }

    /// The first quotient that cannot come out whole: what is divided, and by what.
    pub fn broken_quotient(&self) -> Option<(String, String)> {
        let mut broken = None;
        self.visit_symbols(&mut |symbol| {
            if let Symbol::Quotient(a, b) = symbol
                && a.as_constant().is_some()
                && b.as_constant().is_some()
            {
                broken.get_or_insert_with(|| (a.to_string(), b.to_string()));
            }
        });
        broken
    }
}

impl Symbol {
    fn evaluate(&self, value: &dyn Fn(&Name) -> Option<i64>) -> Option<i64> {
        match self {
            Self::Name(name) => value(name),
            Self::Element(family, at) => value(&element_name(family, &[at.evaluate(value)?])),
            Self::Quotient(a, b) => {
                let (a, b) = (a.evaluate(value)?, b.evaluate(value)?);
                (a.checked_rem(b)? == 0).then(|| a / b)
            }
        }
    }
}

/// The name of an element: `n[2]`.
pub fn element_name(family: &str, at: &[i64]) -> Name {
    let places: Vec<String> = at.iter().map(i64::to_string).collect();
    Name::from(format!("{family}[{}]", places.join(",")))
}

impl DimensionTerm {
    /// The quotient of two terms, when it is a term.
    fn divided_by(&self, other: &Self) -> Option<Self> {
        if self.coefficient.checked_rem(other.coefficient)? != 0 {
            return None;
        }
        let mut symbols = self.symbols.clone();
        for symbol in &other.symbols {
            let at = symbols.iter().position(|known| known == symbol)?;
            symbols.remove(at);
        }
        Some(Self { symbols, coefficient: self.coefficient / other.coefficient })
    }
}

/// The terms with a quotient times its divisor replaced by the dividend: S·(h/S) is h. `None` where there is no such product.
fn without_quotients(terms: &[DimensionTerm]) -> Option<Vec<DimensionTerm>> {
    for (place, term) in terms.iter().enumerate() {
        for (at, symbol) in term.symbols.iter().enumerate() {
            let Symbol::Quotient(dividend, divisor) = symbol else { continue };
            let [by] = &*divisor.terms else { continue };
            let mut rest = term.clone();
            rest.symbols.remove(at);
            let Some(rest) = rest.divided_by(by) else { continue };
            let product = Dimension::from_terms(vec![rest]).times(dividend);
            let mut expanded = terms.to_vec();
            expanded.remove(place);
            expanded.extend(product.terms.iter().cloned());
            return Some(expanded);
        }
    }
    None
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operand = |size: &Dimension| match &*size.terms {
            [term]
                if term.symbols.len() <= 1
                    && (term.symbols.is_empty() || term.coefficient == 1) =>
            {
                size.to_string()
            }
            _ => format!("({size})"),
        };
        match self {
            Self::Name(name) => write!(f, "{name}"),
            Self::Element(family, at) => write!(f, "{family}[{at}]"),
            Self::Quotient(a, b) => write!(f, "{}/{}", operand(a), operand(b)),
        }
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
            let alone = term.symbols.len() == 1 && magnitude == 1;
            let written = |symbol: &Symbol| match symbol {
                Symbol::Quotient(..) if !alone => format!("({symbol})"),
                Symbol::Name(_) | Symbol::Element(..) | Symbol::Quotient(..) => symbol.to_string(),
            };
            let symbols: Vec<String> = term.symbols.iter().map(written).collect();
            match (symbols.is_empty(), magnitude) {
                (true, _) => write!(f, "{magnitude}")?,
                (false, 1) => write!(f, "{}", symbols.join("*"))?,
                (false, _) => write!(f, "{magnitude}*{}", symbols.join("*"))?,
            }
        }
        Ok(())
    }
}
