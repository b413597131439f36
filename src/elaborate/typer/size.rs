//! Unknown sizes: symbols whose names start with `?`, and what is found out about them.

use std::collections::BTreeMap;

use crate::shape::{Dimension, Name, Symbol};
use crate::source::Span;

/// Sizes that are looked for.
#[derive(Debug, Default)]
pub(crate) struct Sizes {
    unknowns: Vec<Unknown>,
    /// Equations that had no single solution when they were met: `p*q = m*n`.
    deferred: Vec<(Dimension, Dimension, Span)>,
    /// Declared names that say no more than that there is a size, with the size that came out for them: the q of `V: q×k` where
    /// q rows are what windows leave of an image.
    open_names: BTreeMap<Name, Option<(Dimension, Span)>>,
    /// Products of two sizes in the order of a Kronecker product's factors; vec(abᵀ) = b ⊗ a.
    products: Vec<[Dimension; 2]>,
}

#[derive(Debug)]
struct Unknown {
    /// May be 1, which makes a vector of a matrix: true in signatures, false for the length of an undeclared vector.
    flexible: bool,
    /// The value, and where it was found.
    binding: Option<(Dimension, Span)>,
}

impl Sizes {
    /// Declares a name that may turn out to be a size that windows leave.
    pub(crate) fn open_name(&mut self, name: &str) {
        self.open_names.entry(name.into()).or_insert(None);
    }

    /// A size to be found, not 1.
    pub(crate) fn fresh(&mut self) -> Dimension {
        self.unknown(false)
    }

    /// A size to be found, perhaps 1.
    pub(super) fn fresh_flexible(&mut self) -> Dimension {
        self.unknown(true)
    }

    fn unknown(&mut self, flexible: bool) -> Dimension {
        self.unknowns.push(Unknown { flexible, binding: None });
        Dimension::symbol(format!("?{}", self.unknowns.len() - 1))
    }

    /// The size as far as it is known.
    pub(crate) fn resolve(&self, size: &Dimension) -> Dimension {
        let mut size = size.clone();
        while let Some(name) = size.as_symbol() {
            match self.binding(name) {
                Some((value, _)) => size = value.clone(),
                None => return size,
            }
        }
        while size.symbols().iter().any(|name| self.binding(name).is_some()) {
            size = size.substitute(&|name| match self.binding(name) {
                Some((value, _)) => value.clone(),
                None => Dimension::symbol(name.clone()),
            });
        }
        size
    }

    fn binding(&self, name: &Name) -> Option<&(Dimension, Span)> {
        match index(name) {
            Some(index) => self.unknowns.get(index)?.binding.as_ref(),
            None => self.open_names.get(name)?.as_ref(),
        }
    }

    /// Where a size that was looked for was found.
    pub(super) fn origin(&self, size: &Dimension) -> Option<Span> {
        size.symbols().iter().find_map(|name| self.binding(name).map(|(_, span)| *span))
    }

    /// The unknowns in a size.
    pub(crate) fn unknowns(size: &Dimension) -> Vec<Name> {
        size.symbols().into_iter().filter(|name| index(name).is_some()).collect()
    }

    /// Whether two sizes are equal, or what is unknown in them may still make them so.
    pub(super) fn may_be_equal(a: &Dimension, b: &Dimension) -> bool {
        let difference = a.minus(b);
        difference.as_constant() == Some(0) || !Self::unknowns(&difference).is_empty()
    }

    /// Makes two sizes equal, if that can be; `span` is where that was asked for.
    pub(super) fn unify(&mut self, a: &Dimension, b: &Dimension, span: Span) -> bool {
        let (a, b) = (self.resolve(a), self.resolve(b));
        if a == b {
            return true;
        }
        let difference = a.minus(&b);
        if difference.as_constant() == Some(0) {
            return true;
        }
        if Self::unknowns(&difference).is_empty() {
            return self.name(&a, &b, span) || self.name(&b, &a, span);
        }
        match self.solve(&difference) {
            Solution::Bind(index, value) => {
                self.unknowns[index].binding = Some((value, span));
                true
            }
            Solution::Impossible => false,
            Solution::Open => {
                self.deferred.push((a, b, span));
                true
            }
        }
    }

    /// Gives an open name its size, where that is no plain symbol or number.
    fn name(&mut self, a: &Dimension, b: &Dimension, span: Span) -> bool {
        let Some(name) = a.as_symbol() else { return false };
        let is_plain = b.as_symbol().is_some() || b.as_constant().is_some();
        if is_plain || b.mentions(name) {
            return false;
        }
        match self.open_names.get_mut(name) {
            Some(found) if found.is_none() => {
                *found = Some((b.clone(), span));
                true
            }
            _ => false,
        }
    }

    /// An unknown that occurs once, alone, with a coefficient that divides the rest.
    fn solve(&self, difference: &Dimension) -> Solution {
        let mut candidates: Vec<(bool, usize, i64)> = difference
            .terms()
            .filter_map(|(coefficient, symbols)| match symbols {
                [Symbol::Name(name)] => index(name).map(|index| (coefficient, index)),
                _ => None,
            })
            .filter(|(_, index)| occurrences(difference, *index) == 1)
            .map(|(coefficient, index)| (self.unknowns[index].flexible, index, coefficient))
            .collect();
        // Unknowns that may be 1 are solved for first, so that the others stay free; then the newest.
        candidates.sort_unstable();
        let mut solution = Solution::Open;
        for (flexible, index, coefficient) in candidates.into_iter().rev() {
            let rest = difference.minus(&symbol(index).times(&Dimension::constant(coefficient)));
            let Some(value) = divided(&rest, -coefficient) else {
                solution = Solution::Impossible;
                continue;
            };
            let least = if flexible { 1 } else { 2 };
            if value.as_constant().is_some_and(|value| value < least) {
                return Solution::Impossible;
            }
            return Solution::Bind(index, value);
        }
        // 2p = 5 has no whole solution; 2p = q may still get one.
        match Self::unknowns(difference).len() {
            1 => solution,
            _ => Solution::Open,
        }
    }

    /// The size of what has two factors, in the order of a Kronecker product.
    pub(super) fn product(&mut self, first: &Dimension, second: &Dimension) -> Dimension {
        self.products.push([first.clone(), second.clone()]);
        first.times(second)
    }

    /// Tries the deferred equations again, and says whether products were taken to be equal factor by factor; the place of one that
    /// cannot be met.
    pub(crate) fn settle(&mut self) -> Result<bool, Span> {
        let mut by_factors = false;
        loop {
            let deferred = std::mem::take(&mut self.deferred);
            let before = deferred.len();
            for (a, b, span) in deferred {
                if !self.unify(&a, &b, span) {
                    return Err(span);
                }
            }
            if self.deferred.len() < before {
                continue;
            }
            match self.deferred.first().cloned() {
                None => return Ok(by_factors),
                Some((a, b, span)) if !self.unify_factors(&a, &b, span) => return Err(span),
                Some(_) => by_factors = true,
            }
        }
    }

    /// Makes p·q and r·s equal as p = r and q = s, in the order of Kronecker products.
    fn unify_factors(&mut self, a: &Dimension, b: &Dimension, span: Span) -> bool {
        let factors = |size: &Dimension| {
            let size = self.resolve(size);
            let is_meant = |pair: &&[Dimension; 2]| {
                let [first, second] = [&pair[0], &pair[1]].map(|side| self.resolve(side));
                !first.is_one() && !second.is_one() && first.times(&second) == size
            };
            self.products.iter().find(is_meant).cloned()
        };
        let (Some(left), Some(right)) = (factors(a), factors(b)) else { return false };
        let sides = left.iter().zip(&right);
        sides.clone().any(|(a, b)| self.resolve(a) != self.resolve(b))
            && sides.into_iter().all(|(a, b)| self.unify(a, b, span))
    }
}

enum Solution {
    Bind(usize, Dimension),
    Impossible,
    Open,
}

fn index(name: &Name) -> Option<usize> {
    name.strip_prefix('?')?.parse().ok()
}

fn symbol(index: usize) -> Dimension {
    Dimension::symbol(format!("?{index}"))
}

fn occurrences(size: &Dimension, unknown: usize) -> usize {
    let inside = |symbol: &Symbol| match symbol {
        Symbol::Name(name) => usize::from(index(name) == Some(unknown)),
        // Behind an index or a quotient nothing can be solved for: as if it occurred twice.
        Symbol::Element(..) | Symbol::Quotient(..) => {
            let size = Dimension::of_symbol(symbol.clone());
            2 * usize::from(size.symbols().iter().any(|name| index(name) == Some(unknown)))
        }
    };
    size.terms().flat_map(|(_, symbols)| symbols).map(inside).sum()
}

/// size / divisor, when it is whole.
fn divided(size: &Dimension, divisor: i64) -> Option<Dimension> {
    let mut sum = Dimension::constant(0);
    for (coefficient, symbols) in size.terms() {
        if coefficient.checked_rem(divisor)? != 0 {
            return None;
        }
        let term =
            symbols.iter().fold(Dimension::constant(coefficient / divisor), |product, symbol| {
                product.times(&Dimension::of_symbol(symbol.clone()))
            });
        sum = sum.plus(&term);
    }
    Some(sum)
}
