//! The order in which the elements of families with several indices can be computed: loops inside one another.

use std::collections::BTreeSet;

use super::{Direction, Id, Place, Range, Recurrence, Store, Use};
use crate::shape::{Dimension, Name, Symbol};

/// An element that is computed in a nest.
#[derive(Clone, Debug)]
pub struct Computed {
    /// The family.
    pub family: Id,
    /// Its place, in the names of the loops.
    pub place: Place,
    /// Its formula, in the same names.
    pub body: Id,
}

/// Loops inside one another, and what the innermost one computes.
#[derive(Clone, Debug)]
pub struct Nest {
    /// The loops, the outermost first.
    pub loops: Vec<(Range, Direction)>,
    /// What is computed, in order.
    pub cells: Vec<Computed>,
}

/// The cells of families over the same ranges.
struct Part {
    ranges: Vec<Range>,
    cells: Vec<Computed>,
}

/// The number that an index is multiplied by; none where it does not stand by itself.
pub(crate) fn slope(size: &Dimension, index: &Name) -> Option<i64> {
    let mut slope = 0;
    for (coefficient, symbols) in size.terms() {
        match symbols {
            [Symbol::Name(name)] if name == index => slope = coefficient,
            _ if symbols.iter().any(|it| Dimension::of_symbol(it.clone()).mentions(index)) => {
                return None;
            }
            _ => {}
        }
    }
    Some(slope)
}

/// A value that the size is never below, wherever indices run, of which inner ranges may depend on outer ones; `least` is the smallest
/// value of a size.
pub(crate) fn lower_bound(
    size: &Dimension,
    around: &[Range],
    least: &dyn Fn(&Name) -> i64,
) -> Option<i64> {
    let mut low = size.clone();
    for range in around.iter().rev() {
        let slope = slope(&low, &range.index)?;
        if slope != 0 {
            let end = if slope < 0 { &range.to } else { &range.from };
            let own = Dimension::symbol(range.index.clone());
            low = low.plus(&end.minus(&own).times(&Dimension::constant(slope)));
        }
    }
    let mut bound = 0_i64;
    for (coefficient, symbols) in low.terms() {
        bound += match symbols {
            [] => coefficient,
            [Symbol::Name(name)] if coefficient > 0 => coefficient * least(name),
            _ => return None,
        };
    }
    Some(bound)
}

impl Store {
    /// The nests that compute families with several indices, in order; none where there is no such order.
    pub fn nests(&mut self, recurrence: &Recurrence) -> Option<Vec<Nest>> {
        let mut parts: Vec<Part> = Vec::new();
        for id in &recurrence.families {
            let family = self.family(*id)?.clone();
            for piece in &family.pieces {
                let ranges = family.ranges_of(piece);
                let is_same = |part: &&mut Part| {
                    part.ranges.len() == ranges.len()
                        && part.ranges.iter().zip(&ranges).all(|(a, b)| {
                            let named = |size: &Dimension| size_named(size, &ranges, &part.ranges);
                            a.from == named(&b.from) && a.to == named(&b.to)
                        })
                };
                let names = match parts.iter_mut().find(is_same) {
                    Some(part) => part.ranges.clone(),
                    None => {
                        parts.push(Part { ranges: ranges.clone(), cells: Vec::new() });
                        ranges.clone()
                    }
                };
                let values: Vec<Dimension> = names.iter().map(value).collect();
                let place = Place::of(&values)?;
                let body = self.formula_at(*id, piece.body, &place);
                let cell = Computed { family: *id, place, body };
                let part = parts.iter_mut().find(|part| part.ranges == names)?;
                part.cells.push(cell);
            }
        }
        let uses: Vec<Vec<BTreeSet<Use>>> = parts
            .iter()
            .map(|part| part.cells.iter().map(|cell| self.uses(&[cell.body])).collect())
            .collect();
        let needs = |user: usize, used: usize| {
            user != used
                && uses[user].iter().flatten().any(|it| meets(it, &parts[user], &parts[used]))
        };
        let order = ordered(parts.len(), &needs)?;
        order.into_iter().map(|at| nest(&parts[at], &uses[at])).collect()
    }
}

/// What stands in a place: the only value of an index, or the index.
fn value(range: &Range) -> Dimension {
    if range.from == range.to { range.from.clone() } else { Dimension::symbol(range.index.clone()) }
}

/// A size in other names for the indices.
fn size_named(size: &Dimension, from: &[Range], to: &[Range]) -> Dimension {
    size.substitute(&|name| {
        let known = from.iter().position(|range| range.index == *name);
        Dimension::symbol(known.map_or_else(|| name.clone(), |at| to[at].index.clone()))
    })
}

/// Whether an element that a part uses may be one that another part computes.
fn meets(used: &Use, user: &Part, other: &Part) -> bool {
    let names: Vec<&Name> = other.ranges.iter().map(|range| &range.index).collect();
    let values: Vec<&Dimension> = used.at.values().collect();
    if !other.cells.iter().any(|cell| cell.family == used.family) || names.len() != values.len() {
        return other.cells.iter().any(|cell| cell.family == used.family);
    }
    let at = |size: &Dimension| {
        size.substitute(&|name| {
            let known = names.iter().position(|index| *index == name);
            known.map_or_else(|| Dimension::symbol(name.clone()), |at| values[at].clone())
        })
    };
    let never =
        |size: &Dimension| lower_bound(size, &user.ranges, &|_| 1).is_some_and(|bound| bound > 0);
    !other.ranges.iter().zip(&values).any(|(range, value)| {
        never(&at(&range.from).minus(value)) || never(&value.minus(&at(&range.to)))
    })
}

/// Numbers below `count` in an order in which each stands after those that it needs; none where there is a circle.
fn ordered(count: usize, needs: &dyn Fn(usize, usize) -> bool) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < count {
        let is_ready = |at: &usize| {
            !order.contains(at)
                && (0..count).all(|other| !needs(*at, other) || order.contains(&other))
        };
        order.push((0..count).find(is_ready)?);
    }
    Some(order)
}

fn nest(part: &Part, uses: &[BTreeSet<Use>]) -> Option<Nest> {
    let offsets = |used: &Use| -> Vec<Option<i64>> {
        let pairs = used.at.values().zip(&part.ranges);
        pairs.map(|(at, range)| at.minus(&value(range)).as_constant()).collect()
    };
    let is_now = |offsets: &[Option<i64>]| offsets.iter().all(|offset| *offset == Some(0));
    let needs = |user: usize, used: usize| {
        uses[user].iter().any(|it| it.family == part.cells[used].family && is_now(&offsets(it)))
    };
    let order = ordered(part.cells.len(), &needs)?;
    let own = uses.iter().flatten().filter(|used| meets(used, part, part));
    let mut left: Vec<Vec<Option<i64>>> =
        own.map(offsets).filter(|offsets| !is_now(offsets)).collect();
    let moving = |at: &usize| part.ranges[*at].from != part.ranges[*at].to;
    let mut open: Vec<usize> = (0..part.ranges.len()).filter(moving).collect();
    let mut loops = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let is_free = |at: &usize| {
            let range = &part.ranges[*at];
            !open.iter().any(|other| {
                let index = &part.ranges[*other].index;
                range.from.mentions(index) || range.to.mentions(index)
            })
        };
        let direction = |at: usize| -> Option<Direction> {
            let steps: Vec<i64> = left.iter().map(|it| it[at]).collect::<Option<_>>()?;
            match (steps.iter().any(|it| *it < 0), steps.iter().any(|it| *it > 0)) {
                (true, true) => None,
                (_, false) => Some(Direction::Up),
                (false, true) => Some(Direction::Down),
            }
        };
        let next = open.iter().copied().filter(is_free).find_map(|at| Some((at, direction(at)?)));
        let (at, direction) = next?;
        left.retain(|it| it[at] == Some(0));
        open.retain(|other| *other != at);
        loops.push((part.ranges[at].clone(), direction));
    }
    if !left.is_empty() {
        return None;
    }
    let cells = order.into_iter().map(|at| part.cells[at].clone()).collect();
    Some(Nest { loops, cells })
}

impl Recurrence {
    /// Whether a family of it has several indices.
    pub fn is_nested(&self, store: &Store) -> bool {
        self.families.iter().any(|id| store.family(*id).is_some_and(super::Family::is_nested))
    }
}
