//! Numbers for size symbols: small, and unequal where possible, so that a wrong transpose or a wrong size shows.

use std::collections::{BTreeMap, BTreeSet};

use super::random::Random;
use super::whole;
use crate::expression::{Id, Node, Store};
use crate::shape::{Dimension, Name, Shape, Symbol};

/// The smallest number given to a symbol: 1 would turn matrices into vectors.
const SMALLEST: i64 = 2;
/// Up to so many symbols, all numbers differ.
const DISTINCT: usize = 5;
/// Numbers beyond [`DISTINCT`] symbols come from 2..=6.
const CYCLE: usize = 5;
/// Random assignments tried when a size such as h−k+1 is to be at least 1.
const TRIES: u64 = 200;

/// A number for every size symbol that the roots depend on; each `assignment` gives another choice. Assignments 0 and 1 put any
/// two symbols in both orders. Every size comes out at least 1, if such numbers were found.
pub fn sizes(store: &Store, roots: &[Id], assignment: u64) -> BTreeMap<Name, i64> {
    let dimensions = dimensions(store, roots);
    choose(&dimensions, assignment)
}

/// The sizes of all reachable nodes that are no plain numbers.
pub(super) fn dimensions(store: &Store, roots: &[Id]) -> BTreeSet<Dimension> {
    let mut found = BTreeSet::new();
    for id in store.reachable(roots) {
        let size = match store.node(id) {
            Node::Size(size) => Some(size.clone()),
            _ => None,
        };
        let sides = match store.shape(id) {
            Shape::Scalar => [size, None],
            Shape::Matrix(rows, columns) => [Some(rows.clone()), Some(columns.clone())],
            Shape::Tensor(dimensions) => {
                found
                    .extend(dimensions.iter().filter(|side| side.as_constant().is_none()).cloned());
                [size, None]
            }
        };
        found.extend(sides.into_iter().flatten().filter(|side| side.as_constant().is_none()));
    }
    found
}

/// Numbers for the symbols of the given sizes.
pub(super) fn choose(dimensions: &BTreeSet<Dimension>, assignment: u64) -> BTreeMap<Name, i64> {
    let symbols: Vec<Name> = dimensions
        .iter()
        .flat_map(Dimension::symbols)
        .collect::<BTreeSet<Name>>()
        .into_iter()
        .collect();
    let compound: Vec<&Dimension> =
        dimensions.iter().filter(|size| size.as_symbol().is_none()).collect();
    let valid = |candidate: &BTreeMap<Name, i64>| {
        compound.iter().all(|size| {
            size.evaluate(&|name| candidate.get(name).copied()).is_some_and(|value| value >= 1)
        })
    };
    let first = numbered(&symbols, assignment);
    if valid(&first) {
        return first;
    }
    if compound.iter().any(|size| has_quotient(size))
        && let Some(numbers) = whole::choose(dimensions, &symbols, assignment)
    {
        return numbers;
    }
    let mut random = Random::new(assignment);
    (0..TRIES)
        .map(|attempt| {
            // The longer the search, the wider the range: h−k−l+2 ≥ 1 needs a large h.
            let width = symbols.len() + 2 + usize::try_from(attempt / 20).unwrap_or(0);
            drawn(&symbols, width, &mut random)
        })
        .find(valid)
        .unwrap_or(first)
}

fn has_quotient(size: &Dimension) -> bool {
    let mut found = false;
    size.visit_symbols(&mut |symbol| found |= matches!(symbol, Symbol::Quotient(..)));
    found
}

/// The numbers 2, 3, 4, …, or from 3 or 4 on, in an order that depends on the assignment; for many symbols small numbers with coincidences.
fn numbered(symbols: &[Name], assignment: u64) -> BTreeMap<Name, i64> {
    if symbols.len() > DISTINCT {
        return drawn(symbols, CYCLE, &mut Random::new(assignment));
    }
    // A lone size must not be 2 at every point: 1/n is not ½.
    let start = SMALLEST + i64::try_from(assignment % 3).unwrap_or(0);
    let mut numbers: Vec<i64> = (start..).take(symbols.len()).collect();
    match assignment {
        0 => {}
        1 => numbers.reverse(),
        _ => {
            let mut random = Random::new(assignment);
            for at in (1..numbers.len()).rev() {
                numbers.swap(at, random.below(at + 1));
            }
        }
    }
    symbols.iter().cloned().zip(numbers).collect()
}

/// Random numbers from 2..2+width, without coincidences if there are enough.
fn drawn(symbols: &[Name], width: usize, random: &mut Random) -> BTreeMap<Name, i64> {
    let range = || (SMALLEST..).take(width).collect::<Vec<i64>>();
    let mut pool = range();
    let mut numbers = BTreeMap::new();
    for symbol in symbols {
        if pool.is_empty() {
            pool = range();
        }
        numbers.insert(symbol.clone(), pool.swap_remove(random.below(pool.len())));
    }
    numbers
}
