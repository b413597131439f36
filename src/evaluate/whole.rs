//! Numbers for sizes with quotients: every quotient such as (h+2P−F)/S must come out whole.

use std::collections::{BTreeMap, BTreeSet};

use super::random::Random;
use crate::shape::{Dimension, Name, Symbol};

/// Random assignments tried.
const TRIES: u64 = 400;

/// Numbers for the symbols under which every size is at least 1 and every quotient whole: small ones for what divides (strides,
/// windows), then one symbol of each dividend is chosen so that the quotient becomes a small number. `accept` has the last word.
pub(super) fn choose(
    dimensions: &BTreeSet<Dimension>,
    symbols: &[Name],
    assignment: u64,
    accept: &dyn Fn(BTreeMap<Name, i64>) -> Option<BTreeMap<Name, i64>>,
) -> Option<BTreeMap<Name, i64>> {
    let quotients = outermost(dimensions);
    let divisors = divisors(dimensions);
    let mut random = Random::new(assignment);
    (0..TRIES).find_map(|_| {
        let mut numbers: BTreeMap<Name, i64> = symbols
            .iter()
            .map(|name| {
                let (least, range) = if divisors.contains(name) { (1, 3) } else { (2, 3) };
                (name.clone(), least + i64::try_from(random.below(range)).unwrap_or(0))
            })
            .collect();
        for quotient in &quotients {
            let target = 1 + i64::try_from(random.below(2)).unwrap_or(0);
            solve(quotient, target, &divisors, &mut numbers)?;
        }
        accept(numbers)
    })
}

/// Whether a quotient stands in the size.
pub(super) fn has_quotient(size: &Dimension) -> bool {
    let mut found = false;
    size.visit_symbols(&mut |symbol| found |= matches!(symbol, Symbol::Quotient(..)));
    found
}

fn value(size: &Dimension, numbers: &BTreeMap<Name, i64>) -> Option<i64> {
    size.evaluate(&|name| numbers.get(name).copied())
}

/// The quotients that stand in no other.
fn outermost(dimensions: &BTreeSet<Dimension>) -> Vec<Dimension> {
    let mut all: BTreeSet<Symbol> = BTreeSet::new();
    let mut inner: BTreeSet<Symbol> = BTreeSet::new();
    for size in dimensions {
        size.visit_symbols(&mut |symbol| {
            if let Symbol::Quotient(a, b) = symbol {
                all.insert(symbol.clone());
                for side in [a, b] {
                    side.visit_symbols(&mut |nested| {
                        inner.insert(nested.clone());
                    });
                }
            }
        });
    }
    all.into_iter().filter(|symbol| !inner.contains(symbol)).map(Dimension::of_symbol).collect()
}

/// The names that occur in what is divided by.
fn divisors(dimensions: &BTreeSet<Dimension>) -> BTreeSet<Name> {
    let mut found = BTreeSet::new();
    for size in dimensions {
        size.visit_symbols(&mut |symbol| {
            if let Symbol::Quotient(_, divisor) = symbol {
                found.extend(divisor.symbols());
            }
        });
    }
    found
}

/// Changes one symbol so that the size gets the target's value; through a quotient, by its dividend.
fn solve(
    size: &Dimension,
    target: i64,
    fixed: &BTreeSet<Name>,
    numbers: &mut BTreeMap<Name, i64>,
) -> Option<()> {
    let lone = |size: &Dimension| {
        let terms: Vec<Symbol> = size
            .terms()
            .filter_map(|(coefficient, symbols)| match symbols {
                [symbol] if coefficient == 1 => Some(symbol.clone()),
                _ => None,
            })
            .collect();
        let is_quotient = |symbol: &&Symbol| matches!(symbol, Symbol::Quotient(..));
        let is_free = |symbol: &&Symbol| match symbol {
            Symbol::Name(name) => !fixed.contains(name),
            Symbol::Element(..) | Symbol::Quotient(..) => false,
        };
        terms.iter().find(is_quotient).or_else(|| terms.iter().find(is_free)).cloned()
    };
    let mut size = size.clone();
    let mut target = target;
    // Quotients nest no deeper than they are written.
    loop {
        let symbol = lone(&size)?;
        let rest = size.minus(&Dimension::of_symbol(symbol.clone()));
        // The rest may hold quotients that are not whole yet; then another choice is tried.
        let wanted = target.checked_sub(value(&rest, numbers)?)?;
        match symbol {
            Symbol::Name(name) => {
                numbers.insert(name, wanted);
                return (wanted >= 1).then_some(());
            }
            Symbol::Quotient(dividend, divisor) => {
                target = wanted.checked_mul(value(&divisor, numbers)?)?;
                size = dividend;
            }
            Symbol::Element(..) => return None,
        }
    }
}
