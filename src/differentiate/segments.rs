//! Formulas over overlapping ranges of an index, cut into pieces that do not overlap.
//!
//! Ends of ranges are sizes such as 0, T − 1, T. Their order is decided by what is assumed of symbols: that no range of the
//! question is empty, so that 1..T says T ≥ 1. Where that does not decide, as between 3 and T − 1, the range is taken to be long
//! enough; the answer says from which length on it holds, and for each shorter one there are pieces of its own. Where the longest range of all shares is empty, every element is zero:
//! that is the support of the family.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::sweep::{DifferentiateError, not_supported};
use crate::expression::{Id, Node, Piece, Range, Short, Store, Support, lower_bound};
use crate::shape::{Dimension, Name, Symbol};

/// A share of an adjoint for a range of the index.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) from: Dimension,
    pub(super) to: Dimension,
    pub(super) body: Id,
}

/// The smallest value of each symbol.
#[derive(Clone, Debug, Default)]
pub(super) struct Least(BTreeMap<Name, i64>);

impl Least {
    /// What the ranges below a value say: none of them is empty.
    pub(super) fn of(store: &Store, root: Id) -> Self {
        let mut least = Self::default();
        for id in store.closure(&[root]) {
            if let Node::SumOver(range, _) = store.node(id) {
                least.learn(&range.from, &range.to);
            }
            if let Some(family) = store.family(id) {
                for (from, to) in family.pieces.iter().flat_map(Piece::ends) {
                    least.learn(from, to);
                }
            }
        }
        least
    }

    fn learn(&mut self, from: &Dimension, to: &Dimension) {
        let [(1, [Symbol::Name(name)])] = *linear_part(to).as_slice() else { return };
        let rest = from.minus(&to.minus(&Dimension::symbol(name.clone())));
        if let Some(value) = rest.as_constant() {
            let known = self.0.entry(name.clone()).or_insert(1);
            *known = value.max(*known);
        }
    }

    /// A value that the size is never below, if one is known.
    fn lower_bound(&self, size: &Dimension) -> Option<i64> {
        self.lowest(size, &[])
    }

    fn lowest(&self, size: &Dimension, around: &[Range]) -> Option<i64> {
        lower_bound(size, around, &|name| self.0.get(name).copied().unwrap_or(1))
    }

    /// Which stands first; equal only where they are the same size. `a` counts as before `b` where it is never behind it.
    pub(super) fn order(&self, a: &Dimension, b: &Dimension) -> Option<Ordering> {
        let difference = b.minus(a);
        if let Some(value) = difference.as_constant() {
            return Some(0.cmp(&value));
        }
        if self.lower_bound(&difference).is_some_and(|bound| bound >= 0) {
            return Some(Ordering::Less);
        }
        let back = a.minus(b);
        self.lower_bound(&back).is_some_and(|bound| bound >= 0).then_some(Ordering::Greater)
    }

    /// The order of two ends, for ranges that are long enough for the one that grows to be the last.
    fn assume(&mut self, a: &Dimension, b: &Dimension) -> Option<Ordering> {
        let difference = b.minus(a);
        let [(by, [Symbol::Name(name)])] = *linear_part(&difference).as_slice() else {
            return None;
        };
        let rest = difference.terms().find(|(_, symbols)| symbols.is_empty());
        let rest = rest.map_or(0, |(constant, _)| constant);
        let (least, order) = match by {
            1 => (-rest, Ordering::Less),
            -1 => (rest, Ordering::Greater),
            _ => return None,
        };
        let known = self.0.entry(name.clone()).or_insert(1);
        *known = least.max(*known);
        Some(order)
    }

    /// Whether the size is never below 0, wherever indices run, of which inner ranges may depend on outer ones.
    pub(super) fn is_nonnegative(&self, size: &Dimension, around: &[Range]) -> bool {
        self.lowest(size, around).is_some_and(|bound| bound >= 0)
    }

    /// Whether a range lies within another one.
    pub(super) fn within(
        &self,
        inner: (&Dimension, &Dimension),
        outer: (&Dimension, &Dimension),
    ) -> bool {
        let ordered = |a, b| matches!(self.order(a, b), Some(Ordering::Less | Ordering::Equal));
        ordered(outer.0, inner.0) && ordered(inner.1, outer.1)
    }
}

fn linear_part(size: &Dimension) -> Vec<(i64, &[Symbol])> {
    size.terms().filter(|(_, symbols)| !symbols.is_empty()).collect()
}

/// What formulas for the elements of an adjoint are made of.
pub(super) struct Shares<'a> {
    pub(super) each: &'a [Share],
    /// Where formulas are needed.
    pub(super) wanted: &'a [(Dimension, Dimension)],
    /// What the formulas call the index.
    pub(super) index: &'a Name,
    /// What stands where there is no share.
    pub(super) zero: Id,
}

/// The sums of the shares where they overlap, in ascending order; where there is none, zero. A formula for a single place does not
/// speak of the index. With the formulas for lengths at which the ends come in another order.
pub(super) fn pieces(
    store: &mut Store,
    least: &mut Least,
    given: &Shares<'_>,
) -> Result<Formulas, DifferentiateError> {
    let mut ends: Vec<Dimension> = Vec::new();
    let ranges = given.each.iter().map(|share| (&share.from, &share.to));
    for (from, to) in ranges.chain(given.wanted.iter().map(|(from, to)| (from, to))) {
        for end in [from.clone(), to.plus(&Dimension::one())] {
            if !ends.contains(&end) {
                ends.push(end);
            }
        }
    }
    let ends = sorted(least, ends)?;
    let place = |end: &Dimension| ends.iter().position(|known| known == end);
    let ranges = given.each.iter().map(|share| (&share.from, &share.to));
    for (from, to) in ranges.chain(given.wanted.iter().map(|(from, to)| (from, to))) {
        if place(from) > place(&to.plus(&Dimension::one())) {
            return Err(not_supported("a sum over fewer values for larger sizes"));
        }
    }
    let known = &*least;
    let before = |a: &Dimension, b: &Dimension| {
        matches!(known.order(a, b), Some(Ordering::Less | Ordering::Equal))
    };
    let pieces = cut(store, given, &ends, &before);
    let support = support(given.each, &pieces, given.zero);
    let short = short(store, known, given, &ends, support.as_ref());
    Ok(Formulas { pieces, support, short })
}

/// The formulas of an adjoint.
pub(super) struct Formulas {
    pub(super) pieces: Vec<Piece>,
    pub(super) support: Option<Support>,
    pub(super) short: Vec<Short>,
}

/// The sums of the shares between neighbouring ends.
fn cut(
    store: &mut Store,
    given: &Shares<'_>,
    ends: &[Dimension],
    before: &dyn Fn(&Dimension, &Dimension) -> bool,
) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for pair in ends.windows(2) {
        let (from, to) = (&pair[0], pair[1].minus(&Dimension::one()));
        let covers = |first: &Dimension, last: &Dimension| before(first, from) && before(&to, last);
        if !given.wanted.iter().any(|(first, last)| covers(first, last)) {
            continue;
        }
        let here: Vec<Id> = given
            .each
            .iter()
            .filter(|share| covers(&share.from, &share.to))
            .map(|share| share.body)
            .collect();
        let body = if here.is_empty() { given.zero } else { store.add(&here) };
        match pieces.last_mut() {
            Some(last) if last.body == body && last.to.plus(&Dimension::one()) == *from => {
                last.to = to;
            }
            _ => pieces.push(Piece::new(from.clone(), to, body)),
        }
    }
    for piece in pieces.iter_mut().filter(|piece| piece.is_single()) {
        piece.body = store.at_index(piece.body, given.index, &piece.from);
    }
    pieces
}

/// Up to so short lengths have formulas of their own.
const MOST_SHORT: i64 = 8;

/// The formulas for the lengths at which the ends do not come in the order that longer ones have; none where that depends on more
/// than one size, or goes on for longer.
fn short(
    store: &mut Store,
    least: &Least,
    given: &Shares<'_>,
    ends: &[Dimension],
    support: Option<&Support>,
) -> Vec<Short> {
    let names: BTreeSet<Name> = ends.iter().flat_map(Dimension::symbols).collect();
    let mut names = names.into_iter();
    let (Some(size), None) = (names.next(), names.next()) else { return Vec::new() };
    let lengths: Option<Vec<i64>> = (0..=MOST_SHORT)
        .filter_map(|length| {
            let short = Short { size: size.clone(), length, pieces: Vec::new() };
            if support.is_some_and(|it| short.number(&it.from) > short.number(&it.to)) {
                return None;
            }
            match is_in_order(least, given, ends, &short) {
                Some(true) => None,
                Some(false) => Some(Some(length)),
                None => Some(None),
            }
        })
        .collect();
    let Some(lengths) = lengths else { return Vec::new() };
    let (Some(first), Some(last)) = (lengths.first(), lengths.last()) else { return Vec::new() };
    if *last == MOST_SHORT {
        return Vec::new();
    }
    let mut found = Vec::new();
    for length in *first..=*last {
        let mut short = Short { size: size.clone(), length, pieces: Vec::new() };
        let mut places: Vec<(Option<i64>, &Dimension)> =
            ends.iter().map(|end| (short.number(end), end)).collect();
        places.sort_by_key(|(place, _)| *place);
        places.dedup_by_key(|(place, _)| *place);
        let places: Vec<Dimension> = places.into_iter().map(|(_, end)| end.clone()).collect();
        let before = |a: &Dimension, b: &Dimension| short.number(a) <= short.number(b);
        short.pieces = cut(store, given, &places, &before);
        found.push(short);
    }
    found
}

/// Whether each place that is wanted lies between just those two ends, in the order of long ranges, whose shares it has; none where
/// that cannot be told.
fn is_in_order(
    least: &Least,
    given: &Shares<'_>,
    ends: &[Dimension],
    short: &Short,
) -> Option<bool> {
    let one = Dimension::one();
    let before = |a: &Dimension, b: &Dimension| {
        matches!(least.order(a, b), Some(Ordering::Less | Ordering::Equal))
    };
    let numbers: Vec<i64> = ends.iter().map(|end| short.number(end)).collect::<Option<_>>()?;
    for (from, to) in given.wanted {
        let (from, to) = (short.number(from)?, short.number(to)?);
        if to - from > MOST_PLACES {
            return None;
        }
        for place in from..=to {
            let mut around =
                (1..ends.len()).filter(|at| (numbers[at - 1]..numbers[*at]).contains(&place));
            let (Some(at), None) = (around.next(), around.next()) else { return Some(false) };
            let (first, last) = (&ends[at - 1], ends[at].minus(&one));
            for share in given.each {
                let long = before(&share.from, first) && before(&last, &share.to);
                let here =
                    short.number(&share.from)? <= place && place <= short.number(&share.to)?;
                if long != here {
                    return Some(false);
                }
            }
        }
    }
    Some(true)
}

/// So many places are looked at.
const MOST_PLACES: i64 = 100;

/// The longest range of the shares: where it is empty, so are all others. None where the formulas say so themselves, as those of
/// ranges do and those for single places do not, or where there is no such range.
fn support(shares: &[Share], pieces: &[Piece], zero: Id) -> Option<Support> {
    if !pieces.iter().any(|piece| piece.is_single() && piece.body != zero) {
        return None;
    }
    let length = |share: &Share| share.to.minus(&share.from);
    let covers = |long: &Share, short: &Share| {
        length(long).minus(&length(short)).as_constant().is_some_and(|rest| rest >= 0)
    };
    let longest = shares.iter().find(|long| shares.iter().all(|short| covers(long, short)))?;
    length(longest).as_constant().is_none().then(|| Support {
        from: longest.from.clone(),
        to: longest.to.clone(),
        zero,
    })
}

/// Insertion by an order that must decide every pair that meets.
fn sorted(least: &mut Least, ends: Vec<Dimension>) -> Result<Vec<Dimension>, DifferentiateError> {
    let mut sorted: Vec<Dimension> = Vec::with_capacity(ends.len());
    for end in ends {
        let mut at = 0;
        for (place, known) in sorted.iter().enumerate() {
            match least.order(known, &end).or_else(|| least.assume(known, &end)) {
                Some(Ordering::Less | Ordering::Equal) => at = place + 1,
                Some(Ordering::Greater) => {}
                None => {
                    return Err(not_supported(
                        "a recurrence whose first and last steps overlap for short ranges",
                    ));
                }
            }
        }
        sorted.insert(at, end);
    }
    Ok(sorted)
}
