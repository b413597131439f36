//! Numbers for sizes with quotients: every quotient such as (h+2P−F)/S must come out whole.

use std::collections::{BTreeMap, BTreeSet};

use super::random::Random;
use crate::shape::{Dimension, Name, Symbol};

/// Random assignments tried.
const TRIES: u64 = 400;

/// How numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spread {
    /// Small ones; the first that will do.
    Small,
    /// As few equal sizes as were found; strides, windows and paddings go through 1, 2, 3 and 0, 1 with the assignment.
    Distinct,
}

/// Numbers for the symbols under which every size is at least 1 and every quotient whole: small ones for what divides (strides,
/// windows), then one symbol of each dividend is chosen so that the quotient becomes a small number. `accept` has the last word.
pub(super) fn choose(
    dimensions: &BTreeSet<Dimension>,
    symbols: &[Name],
    assignment: u64,
    spread: Spread,
    accept: &dyn Fn(BTreeMap<Name, i64>) -> Option<BTreeMap<Name, i64>>,
) -> Option<BTreeMap<Name, i64>> {
    let quotients = outermost(dimensions);
    let Parts { dividends, divisors, windows } = parts(dimensions);
    let in_dividend = |name: &Name| dividends.iter().any(|size| size.symbols().contains(name));
    let is_side = |name: &Name| dimensions.contains(&Dimension::symbol(name.clone()));
    let turn = i64::try_from(assignment % 6).unwrap_or(0);
    let mut random = Random::new(assignment);
    let mut draw = || {
        let mut number =
            |least: i64, range: usize| least + i64::try_from(random.below(range)).unwrap_or(0);
        let mut numbers: BTreeMap<Name, i64> = BTreeMap::new();
        for (name, place) in symbols.iter().zip(0..) {
            let value = match spread {
                Spread::Small if divisors.contains(name) => number(1, 3),
                Spread::Small => number(2, 3),
                Spread::Distinct if is_side(name) => number(2, symbols.len() + 2),
                Spread::Distinct if divisors.contains(name) || windows.contains(name) => {
                    1 + (turn + place) % 3
                }
                Spread::Distinct if in_dividend(name) => (turn + place) % 2,
                Spread::Distinct => number(1, 4),
            };
            numbers.insert(name.clone(), value);
        }
        let most = if spread == Spread::Small { 2 } else { 3 };
        for quotient in &quotients {
            solve(quotient, number(1, most), &divisors, &mut numbers)?;
        }
        // Emitted code counts without signs, so (h−F)/2 + 1 is no size for it where h < F.
        let fits = |size: &Dimension| value(size, &numbers).is_some_and(|value| value >= 0);
        if !dividends.iter().all(fits) {
            return None;
        }
        accept(numbers)
    };
    if spread == Spread::Small {
        return (0..TRIES).find_map(|_| draw());
    }
    let coincidences = |numbers: &BTreeMap<Name, i64>| {
        let sides: Vec<i64> =
            numbers.iter().filter(|(name, _)| is_side(name)).map(|(_, value)| *value).collect();
        sides.len() - sides.iter().collect::<BTreeSet<&i64>>().len()
    };
    let mut best: Option<(usize, BTreeMap<Name, i64>)> = None;
    for _ in 0..TRIES {
        let Some(numbers) = draw() else { continue };
        let equal = coincidences(&numbers);
        if best.as_ref().is_none_or(|(least, _)| equal < *least) {
            best = Some((equal, numbers));
        }
        if equal == 0 {
            break;
        }
    }
    best.map(|(_, numbers)| numbers)
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

/// What quotients are made of.
struct Parts {
    dividends: BTreeSet<Dimension>,
    /// The names in what is divided by.
    divisors: BTreeSet<Name>,
    /// The names that a dividend subtracts: the F of (h+2P−F)/S.
    windows: BTreeSet<Name>,
}

fn parts(dimensions: &BTreeSet<Dimension>) -> Parts {
    let (mut dividends, mut divisors) = (BTreeSet::new(), BTreeSet::new());
    let mut windows = BTreeSet::new();
    for size in dimensions {
        size.visit_symbols(&mut |symbol| {
            let Symbol::Quotient(dividend, divisor) = symbol else { return };
            dividends.insert(dividend.clone());
            divisors.extend(divisor.symbols());
            for (coefficient, symbols) in dividend.terms() {
                if let ([Symbol::Name(name)], true) = (symbols, coefficient < 0) {
                    windows.insert(name.clone());
                }
            }
        });
    }
    Parts { dividends, divisors, windows }
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
