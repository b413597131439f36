//! Numbers for size symbols: small, and unequal where possible, so that a wrong transpose or a wrong size shows.
//!
//! Symbols that only bound indices, such as the T of `t in 1..T`, are small numbers, 1 among them. The elements of families of
//! sizes, such as the n[l] of a network, get numbers of their own once it is known which there are.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::context::{Context, Sizes};
use super::random::Random;
use super::whole::{self, Spread};
use crate::expression::{Family, Id, Node, Piece, Range, Store};
use crate::shape::{Dimension, Name, Symbol};

/// The smallest number given to a symbol: 1 would turn matrices into vectors.
const SMALLEST: i64 = 2;
/// Up to so many symbols, all numbers differ.
const DISTINCT: usize = 5;
/// Numbers beyond [`DISTINCT`] symbols come from 2..=6.
const CYCLE: usize = 5;
/// Random assignments tried when a size such as h−k+1 is to be at least 1.
const TRIES: u64 = 200;
/// What the first bound of an index is, by assignment; the others follow.
const BOUNDS: [i64; 4] = [3, 1, 2, 4];
/// So often are numbers raised, and by so much at once.
const ROUNDS: usize = 16;
const MOST: i64 = 1 << 30;
/// So many values of indices are looked at.
const PLACES: usize = 10_000;
/// So many indices inside one another are looked at.
const NESTED: usize = 4;

/// A number for every size symbol that the roots depend on; each `assignment` gives another choice. Assignments 0 and 1 put any
/// two symbols in both orders. Every size comes out at least 1, if such numbers were found.
pub fn sizes(store: &Store, roots: &[Id], assignment: u64) -> BTreeMap<Name, i64> {
    dimensions(store, roots).choose(assignment)
}

/// Numbers for sizes with quotients such as (h+2P−F)/S, unequal as far as possible; none where there is no quotient.
pub fn distinct_sizes(store: &Store, roots: &[Id], assignment: u64) -> Option<BTreeMap<Name, i64>> {
    let dimensions = dimensions(store, roots);
    let (bounds, symbols) = dimensions.symbols();
    dimensions.with_whole_quotients(&symbols, &bounds, assignment, Spread::Distinct)
}

/// Numbers for each length at which families have formulas of their own, because it is shorter than what their other ones hold for.
pub fn short_sizes(store: &Store, roots: &[Id]) -> Vec<BTreeMap<Name, i64>> {
    dimensions(store, roots).choose_short()
}

/// The symbols that only bound indices: the T of `t in 1..T`, where nothing has T entries.
pub fn index_bounds(store: &Store, roots: &[Id]) -> Vec<Name> {
    let dimensions = dimensions(store, roots);
    dimensions.bounds.iter().filter(|symbol| dimensions.is_bound(symbol)).cloned().collect()
}

/// The numbers, with others for the elements of families of sizes.
pub fn with_elements(
    store: &Store,
    roots: &[Id],
    numbers: BTreeMap<Name, i64>,
) -> BTreeMap<Name, i64> {
    dimensions(store, roots).completed(numbers, 0)
}

/// What numbers must be found for.
#[derive(Clone, Debug, Default)]
pub(super) struct Dimensions {
    /// Sizes of values that depend on no index; no plain numbers.
    sizes: BTreeSet<Dimension>,
    /// Sizes that depend on an index.
    indexed: BTreeSet<Dimension>,
    /// What must not be negative: places of elements, counted from the ends of the family.
    nonnegative: BTreeSet<Dimension>,
    /// The same for lengths that are long enough for the formulas of families that have others for short ones.
    long: BTreeSet<Dimension>,
    /// The short lengths.
    short: BTreeSet<(Name, i64)>,
    /// The ranges of each index.
    ranges: BTreeMap<Name, BTreeSet<(Dimension, Dimension)>>,
    /// The indices that are free in a root, numbers like any other there.
    free: BTreeSet<Name>,
    /// Symbols that stand in ends of ranges and in places of elements.
    bounds: BTreeSet<Name>,
}

/// The sizes behind all nodes that the roots depend on.
pub(super) fn dimensions(store: &Store, roots: &[Id]) -> Dimensions {
    let mut found = Dimensions::default();
    let nodes = store.closure(roots);
    let always = at_all_lengths(store, roots);
    for id in &nodes {
        if let Node::SumOver(range, _) = store.node(*id) {
            found.range(range);
        } else if let Some(family) = store.family(*id) {
            family.ranges().iter().for_each(|range| found.range(range));
            if family.is_nested() {
                // Formulas with conditions say what holds at all sizes from 1 on.
                let ranges = family.ranges();
                let ends = ranges.iter().flat_map(|range| [&range.from, &range.to]);
                let symbols = ends.flat_map(Dimension::symbols);
                let sizes = symbols.filter(|name| !ranges.iter().any(|range| range.index == *name));
                let one = Dimension::one();
                found.nonnegative.extend(sizes.map(|name| Dimension::symbol(name).minus(&one)));
                continue;
            }
            // Pieces stand next to each other in ascending order; one of them may be empty.
            let next = |piece: &Piece| piece.to.plus(&Dimension::one()).minus(&piece.from);
            let ordered = family.pieces.iter().map(next);
            if family.short.is_empty() {
                found.nonnegative.extend(ordered);
            } else {
                found.long.extend(ordered);
            }
            let lengths = family.short.iter().map(|short| (short.size.clone(), short.length));
            found.short.extend(lengths);
        }
    }
    let is_free = |index: &&Name| roots.iter().any(|root| store.mentions(*root, index));
    found.free = found.ranges.keys().filter(is_free).cloned().collect();
    let mut plain = BTreeSet::new();
    for id in &nodes {
        match store.node(*id) {
            Node::Size(size) => {
                plain.insert(size.clone());
            }
            Node::Selection(selection) => {
                found.bounds.extend(selection.from.symbols());
                let bound = [&selection.from, &selection.order, &selection.count]
                    .iter()
                    .flat_map(|size| size.symbols())
                    .any(|symbol| found.is_bound_index(&symbol));
                if !bound {
                    found.nonnegative.insert(selection.from.minus(&Dimension::one()));
                    found.nonnegative.insert(selection.order.minus(&selection.to()));
                }
            }
            Node::Element(family, at) => {
                let symbols: Vec<Name> = at.values().flat_map(Dimension::symbols).collect();
                let bound = symbols.iter().any(|symbol| found.is_bound_index(symbol));
                found.bounds.extend(symbols);
                if let (Some(family), false) = (store.family(*family), bound) {
                    let inside = |range: &Range, value: &Dimension| {
                        let range = range.map_sizes(&|size| family.size_at(size, at));
                        [value.minus(&range.from), range.to.minus(value)]
                    };
                    let ranges = family.ranges();
                    let pairs = ranges.iter().zip(at.values());
                    let places: Vec<Dimension> =
                        pairs.flat_map(|(range, value)| inside(range, value)).collect();
                    if always.contains(id) {
                        found.nonnegative.extend(places);
                    } else {
                        found.long.extend(places);
                    }
                }
            }
            Node::Apply { function, arguments } if function.row().name == "svdvals" => {
                let shape = store.shape(arguments[0]);
                found.nonnegative.insert(shape.rows().minus(&shape.columns()));
            }
            _ => {}
        }
        for side in store.shape(*id).dimensions() {
            found.size(side);
        }
    }
    for size in plain {
        if size.symbols().iter().all(|symbol| found.is_bound(symbol)) {
            found.nonnegative.insert(size);
        } else {
            found.size(size);
        }
    }
    found
}

/// The nodes that the roots depend on at any length: none that only formulas for certain lengths hold.
fn at_all_lengths(store: &Store, roots: &[Id]) -> BTreeSet<Id> {
    let mut found = BTreeSet::new();
    let mut open = roots.to_vec();
    while !open.is_empty() {
        let reached = store.reachable(&open);
        let new = reached.into_iter().filter(|id| found.insert(*id));
        let families = new.filter_map(|id| store.family(id));
        open = families.filter(|family| family.short.is_empty()).flat_map(Family::bodies).collect();
    }
    found
}

impl Dimensions {
    /// With those of another expression.
    pub(super) fn extend(&mut self, other: Self) {
        self.sizes.extend(other.sizes);
        self.indexed.extend(other.indexed);
        self.nonnegative.extend(other.nonnegative);
        self.long.extend(other.long);
        self.short.extend(other.short);
        self.bounds.extend(other.bounds);
        self.free.extend(other.free);
        for (index, ranges) in other.ranges {
            self.ranges.entry(index).or_default().extend(ranges);
        }
    }

    fn range(&mut self, range: &Range) {
        let ends = (range.from.clone(), range.to.clone());
        self.bounds.extend(ends.0.symbols().into_iter().chain(ends.1.symbols()));
        self.ranges.entry(range.index.clone()).or_default().insert(ends);
    }

    fn size(&mut self, size: Dimension) {
        if size.as_constant().is_some() {
            return;
        }
        if self.is_indexed(&size) {
            self.indexed.insert(size);
        } else {
            self.sizes.insert(size);
        }
    }

    fn is_indexed(&self, size: &Dimension) -> bool {
        size.symbols().iter().any(|symbol| self.ranges.contains_key(symbol))
    }

    /// Whether a symbol is an index and never free.
    fn is_bound_index(&self, symbol: &Name) -> bool {
        self.ranges.contains_key(symbol) && !self.free.contains(symbol)
    }

    /// Whether a symbol bounds indices and is no size of a value.
    fn is_bound(&self, symbol: &Name) -> bool {
        self.bounds.contains(symbol)
            && !self.is_bound_index(symbol)
            && !self.sizes.iter().any(|size| is_size_in(size, symbol))
    }

    /// The symbols that only bound indices, and all others.
    fn symbols(&self) -> (Vec<Name>, Vec<Name>) {
        let places = self.nonnegative.iter().chain(&self.long);
        let all = self.sizes.iter().chain(&self.indexed).chain(places);
        let ends = self.ranges.values().flatten().flat_map(|(from, to)| [from, to]);
        let symbols: BTreeSet<Name> = all.chain(ends).flat_map(Dimension::symbols).collect();
        symbols
            .into_iter()
            .filter(|symbol| !self.is_bound_index(symbol))
            .partition(|symbol| self.is_bound(symbol))
    }

    /// Numbers for all symbols.
    pub(super) fn choose(&self, assignment: u64) -> BTreeMap<Name, i64> {
        let (bounds, symbols) = self.symbols();
        let mut first = numbered(&symbols, assignment);
        first.extend(bounded(&bounds, assignment));
        let first = self.completed(first, assignment);
        if self.is_valid(&first) {
            return first;
        }
        if let Some(numbers) =
            self.with_whole_quotients(&symbols, &bounds, assignment, Spread::Small)
        {
            return numbers;
        }
        let mut random = Random::new(assignment);
        (0..TRIES)
            .map(|attempt| {
                // The longer the search, the wider the range: h−k−l+2 ≥ 1 needs a large h.
                let wider = usize::try_from(attempt / 20).unwrap_or(0);
                let mut numbers = drawn(&symbols, symbols.len() + 2 + wider, &mut random);
                for bound in &bounds {
                    let number = 1 + random.below(4 + wider);
                    numbers.insert(bound.clone(), i64::try_from(number).unwrap_or(1));
                }
                self.completed(numbers, assignment)
            })
            .find(|candidate| self.is_valid(candidate))
            .or_else(|| self.raised(first.clone(), assignment))
            .unwrap_or(first)
    }

    /// The numbers with those raised that a size which is too small grows with: x[50] needs n ≥ 50.
    fn raised(
        &self,
        mut numbers: BTreeMap<Name, i64>,
        assignment: u64,
    ) -> Option<BTreeMap<Name, i64>> {
        let sizes = self.sizes.iter().map(|size| (size, 1));
        let least: Vec<_> = sizes.chain(self.nonnegative.iter().map(|size| (size, 0))).collect();
        for _ in 0..ROUNDS {
            if self.is_valid(&numbers) {
                return Some(numbers);
            }
            for (size, least) in &least {
                let value = size.evaluate(&|name| numbers.get(name).copied())?;
                let missing = least - value;
                let grows = size.terms().find_map(|(coefficient, symbols)| match symbols {
                    [Symbol::Name(name)] if coefficient > 0 => Some((coefficient, name)),
                    _ => None,
                });
                if let (Some((coefficient, name)), true) = (grows, missing > 0) {
                    let steps = missing.saturating_add(coefficient - 1) / coefficient;
                    *numbers.entry(name.clone()).or_default() += steps.min(MOST);
                }
            }
            numbers = self.completed(numbers, assignment);
        }
        None
    }

    /// Numbers for each of the short lengths, as far as the question has them.
    pub(super) fn choose_short(&self) -> Vec<BTreeMap<Name, i64>> {
        let numbers = self.choose(0);
        let at = |(name, length): &(Name, i64)| {
            let mut numbers = numbers.clone();
            numbers.insert(name.clone(), *length);
            self.completed(numbers, 0)
        };
        self.short.iter().map(at).filter(|candidate| self.is_possible(candidate)).collect()
    }

    /// Numbers under which every quotient comes out whole; none where there is no quotient.
    fn with_whole_quotients(
        &self,
        symbols: &[Name],
        bounds: &[Name],
        assignment: u64,
        spread: Spread,
    ) -> Option<BTreeMap<Name, i64>> {
        if !self.sizes.iter().any(whole::has_quotient) {
            return None;
        }
        let symbols: Vec<Name> = symbols.iter().chain(bounds).cloned().collect();
        whole::choose(&self.sizes, &symbols, assignment, spread, &|numbers| {
            let all = self.completed(numbers, assignment);
            self.is_valid(&all).then_some(all)
        })
    }

    /// Whether the numbers are long enough for the formulas that are shown.
    fn is_valid(&self, candidate: &BTreeMap<Name, i64>) -> bool {
        let is_met = |size: &Dimension| {
            size.evaluate(&|name| candidate.get(name).copied()).is_some_and(|value| value >= 0)
        };
        self.is_possible(candidate) && self.long.iter().all(is_met)
    }

    fn is_possible(&self, candidate: &BTreeMap<Name, i64>) -> bool {
        let at_least = |size: &Dimension, least: i64| {
            size.evaluate(&|name| candidate.get(name).copied()).is_some_and(|value| value >= least)
        };
        let mut compound = self.sizes.iter().filter(|size| size.as_symbol().is_none());
        compound.all(|size| at_least(size, 1))
            && self.nonnegative.iter().all(|size| at_least(size, 0))
    }

    /// With numbers for the elements of families of sizes, all unequal as far as possible.
    fn completed(&self, numbers: BTreeMap<Name, i64>, assignment: u64) -> BTreeMap<Name, i64> {
        let asked = RefCell::new(BTreeSet::new());
        let ask = |size: &Dimension, context: &Context| {
            let sizes = Sizes { given: &numbers, bound: Some(context) };
            size.evaluate(&|name| {
                sizes.get(name).copied().or_else(|| {
                    // Elements that only a coarse view of the ranges asks for.
                    if !name.contains("[-") {
                        asked.borrow_mut().insert(name.clone());
                    }
                    Some(1)
                })
            });
        };
        let with_families = |size: &&Dimension| !size.families().is_empty();
        self.sizes.iter().filter(with_families).for_each(|size| ask(size, &Context::default()));
        for size in self.indexed.iter().filter(with_families) {
            self.contexts(&[size], &numbers, NESTED).iter().for_each(|context| ask(size, context));
        }
        let asked: Vec<Name> = asked.into_inner().into_iter().collect();
        let taken: BTreeSet<i64> = numbers.values().copied().collect();
        let mut values: Vec<i64> =
            (SMALLEST..).filter(|value| !taken.contains(value)).take(asked.len()).collect();
        let by = usize::try_from(assignment).unwrap_or(0) % asked.len().max(1);
        values.rotate_left(by);
        if assignment % 2 == 1 {
            values.reverse();
        }
        let mut all = numbers;
        all.extend(asked.into_iter().zip(values));
        all
    }

    /// All values of the indices that sizes mention, together.
    fn contexts(
        &self,
        sizes: &[&Dimension],
        numbers: &BTreeMap<Name, i64>,
        nested: usize,
    ) -> Vec<Context> {
        let indices: BTreeSet<Name> = sizes.iter().flat_map(|size| size.symbols()).collect();
        let mut contexts = vec![Context::default()];
        for index in indices.iter().filter(|symbol| self.ranges.contains_key(*symbol)) {
            let values = self.values(index, numbers, nested);
            contexts = contexts
                .iter()
                .flat_map(|context| values.iter().map(|value| context.with(index, *value)))
                .take(PLACES)
                .collect();
        }
        contexts
    }

    /// The values that an index takes anywhere; `nested` is how many indices further out may decide on its ends.
    fn values(&self, index: &Name, numbers: &BTreeMap<Name, i64>, nested: usize) -> BTreeSet<i64> {
        let Some(nested) = nested.checked_sub(1) else { return BTreeSet::new() };
        let mut values = BTreeSet::new();
        for (from, to) in self.ranges.get(index).into_iter().flatten() {
            for context in self.contexts(&[from, to], numbers, nested) {
                let sizes = Sizes { given: numbers, bound: Some(&context) };
                if let (Some(from), Some(to)) = (sizes.number(from), sizes.number(to)) {
                    values.extend((from..=to).take(PLACES));
                }
            }
        }
        values
    }
}

/// Whether a symbol stands in a size, other than in the place of an element: in n[L] there is no L.
fn is_size_in(size: &Dimension, symbol: &Name) -> bool {
    size.terms().flat_map(|(_, symbols)| symbols).any(|part| match part {
        Symbol::Name(name) => name == symbol,
        Symbol::Element(..) => false,
        Symbol::Quotient(a, b) => is_size_in(a, symbol) || is_size_in(b, symbol),
    })
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

/// 3, 1, 2, 4 for the only bound, by assignment; 1 for all at once.
fn bounded(symbols: &[Name], assignment: u64) -> BTreeMap<Name, i64> {
    let at = usize::try_from(assignment % 4).unwrap_or(0);
    let number = |place: usize| if at == 1 { 1 } else { BOUNDS[(at + 2 * place) % 4] };
    symbols.iter().cloned().enumerate().map(|(place, symbol)| (symbol, number(place))).collect()
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
