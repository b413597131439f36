//! What must hold of the sizes so that everything exists that a program speaks of.
//!
//! A formula such as x[2] − x[1] for the first of n elements, or h[T−1] for the last step but one, needs sizes that are large
//! enough; and where the first and the last element have formulas of their own, they must not be the same element.

use super::program::{Buffer, Call, Elements, Memory, Program};
use super::reuse::touched;
use crate::expression::{Place, Range};
use crate::shape::{Dimension, Name};

/// A condition on the sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// It must hold where none of these ranges, each from and to, is empty.
    pub where_not_empty: Vec<(Dimension, Dimension)>,
    /// What must not be negative.
    pub nonnegative: Dimension,
}

impl Condition {
    /// Whether numbers for the sizes meet the condition; not where one is missing.
    pub fn holds(&self, number: &dyn Fn(&Name) -> Option<i64>) -> bool {
        let value = |size: &Dimension| size.evaluate(number);
        let is_empty = |(from, to): &(Dimension, Dimension)| matches!((value(from), value(to)), (Some(from), Some(to)) if from > to);
        self.where_not_empty.iter().any(is_empty)
            || value(&self.nonnegative).is_some_and(|value| value >= 0)
    }
}

/// The conditions that are not always met, each once.
pub(super) fn conditions(program: &Program) -> Vec<Condition> {
    let mut finder = Finder { program, found: Vec::new(), spans: Vec::new() };
    finder.calls(&program.calls, &mut Vec::new());
    finder.disjoint();
    strongest(&finder.found)
}

/// Without those that others imply.
fn strongest(found: &[Condition]) -> Vec<Condition> {
    let implies = |strong: &Condition, weak: &Condition| {
        let difference = weak.nonnegative.minus(&strong.nonnegative).as_constant();
        let ranges = &weak.where_not_empty;
        strong != weak
            && difference.is_some_and(|difference| difference >= 0)
            && strong.where_not_empty.iter().all(|range| ranges.contains(range))
    };
    let implied = |weak: &&Condition| found.iter().any(|strong| implies(strong, weak));
    found.iter().filter(|condition| !implied(condition)).cloned().collect()
}

/// Elements of a tape that are written by one formula.
#[derive(Clone, PartialEq, Eq)]
struct Span {
    tape: usize,
    from: Dimension,
    to: Dimension,
    /// The ranges where none is empty when it is.
    unless_empty: Vec<(Dimension, Dimension)>,
}

/// A range that is only asked whether it is empty: no index runs over it.
fn filled(from: &Dimension, to: &Dimension) -> Range {
    Range { index: Name::from(""), from: from.clone(), to: to.clone() }
}

fn is_filled(range: &Range) -> bool {
    range.index.is_empty()
}

fn ends(ranges: &[Range]) -> Vec<(Dimension, Dimension)> {
    ranges.iter().map(|range| (range.from.clone(), range.to.clone())).collect()
}

struct Finder<'a> {
    program: &'a Program,
    found: Vec<Condition>,
    spans: Vec<Span>,
}

impl Finder<'_> {
    /// No deeper than loops are nested. `around`: the ranges of the loops around, with their indices.
    fn calls(&mut self, calls: &[Call], around: &mut Vec<Range>) {
        for call in calls {
            match call {
                Call::Repeat(repeat) => {
                    around.push(repeat.range.clone());
                    self.calls(&repeat.calls, around);
                    around.pop();
                }
                Call::Filled { from, to, calls } => {
                    around.push(filled(from, to));
                    self.calls(calls, around);
                    around.pop();
                }
                Call::Choose { branches, otherwise } => {
                    for branch in branches {
                        let inner = around.iter().rev().find(|range| !is_filled(range));
                        let Some(index) = inner.map(|range| range.index.clone()) else {
                            continue;
                        };
                        let (from, to) = (branch.from.clone(), branch.to.clone());
                        let filled: Vec<Range> =
                            around.iter().filter(|range| is_filled(range)).cloned().collect();
                        self.span(&branch.calls, (&index, &from, &to), &filled);
                        around.push(Range { index, from, to });
                        self.calls(&branch.calls, around);
                        around.pop();
                    }
                    self.calls(otherwise, around);
                }
                call => {
                    self.elements(call, around);
                    self.parts(call, around);
                }
            }
        }
    }

    /// What is taken from an array lies in it, and what is put into one fits.
    fn parts(&mut self, call: &Call, around: &[Range]) {
        let (from, inner, outer) = match call {
            Call::Selection { is_conditional: true, .. }
            | Call::Copy { is_conditional: true, .. } => {
                return;
            }
            Call::Selection { from, sides: [rows, columns], .. } => {
                let from = [from.clone(), Dimension::one()];
                (from, [columns.clone(), columns.clone()], [rows.clone(), columns.clone()])
            }
            Call::Copy { matrix, from, sides, takes, .. } => {
                let own = [matrix.rows.clone(), matrix.columns.clone()];
                let (inner, outer) =
                    if *takes { (sides.clone(), own) } else { (own, sides.clone()) };
                (from.clone(), inner, outer)
            }
            _ => return,
        };
        for ((from, inner), outer) in from.iter().zip(&inner).zip(&outer) {
            let before = from.minus(&Dimension::one());
            self.require(around, outer.minus(inner).minus(&before));
            self.require(around, inner.clone());
            self.require(around, before);
        }
    }

    /// Elements at fixed places exist.
    fn elements(&mut self, call: &Call, around: &[Range]) {
        for buffer in touched(self.program, call) {
            let Memory::Element(elements, place) = &self.program.buffers[buffer].memory else {
                continue;
            };
            let ranges = match elements {
                Elements::Tape(tape) => &self.program.tapes[*tape].ranges,
                Elements::Input(input) => &self.program.inputs[*input].ranges,
            };
            let ([Range { from, to, .. }], Some(at)) = (ranges.as_slice(), place.only()) else {
                let Buffer { is_conditional, length, .. } = &self.program.buffers[buffer];
                let kind = (*is_conditional, *is_conditional && !length.is_one());
                self.nested(ranges, place, around, kind);
                continue;
            };
            if self.program.buffers[buffer].is_conditional {
                continue;
            }
            if around.iter().all(is_filled)
                && let Elements::Tape(tape) = elements
                && super::reuse::written(call) == Some(buffer)
            {
                let unless_empty = ends(around);
                let (from, to) = (at.clone(), at.clone());
                self.spans.push(Span { tape: *tape, from, to, unless_empty });
            }
            self.require(around, at.minus(from));
            self.require(around, to.minus(at));
        }
    }

    /// An element with several indices exists; formulas of such families say what holds at all sizes from 1 on.
    fn nested(
        &mut self,
        ranges: &[Range],
        place: &Place,
        around: &[Range],
        (is_conditional, is_array): (bool, bool),
    ) {
        let values: Vec<&Dimension> = place.values().collect();
        let at = |size: &Dimension| {
            size.substitute(&|name| {
                let known = ranges.iter().position(|range| range.index == *name);
                known.map_or_else(|| Dimension::symbol(name.clone()), |at| values[at].clone())
            })
        };
        for (range, value) in ranges.iter().zip(&values) {
            for symbol in range.from.symbols().into_iter().chain(range.to.symbols()) {
                if !ranges.iter().any(|range| range.index == symbol) {
                    self.require(&[], Dimension::symbol(symbol).minus(&Dimension::one()));
                }
            }
            if is_array {
                // Where there are no elements at all, none can be read.
                self.require(&[], range.to.minus(&range.from));
            }
            if !is_conditional {
                self.require(around, value.minus(&at(&range.from)));
                self.require(around, at(&range.to).minus(value));
            }
        }
    }

    /// The elements that a branch writes.
    fn span(
        &mut self,
        calls: &[Call],
        (index, from, to): (&Name, &Dimension, &Dimension),
        filled: &[Range],
    ) {
        let own = Dimension::symbol(index.clone());
        for buffer in calls.iter().filter_map(super::reuse::written) {
            if let Memory::Element(Elements::Tape(tape), at) = &self.program.buffers[buffer].memory
                && at.only() == Some(&own)
            {
                let (from, to) = (from.clone(), to.clone());
                let mut unless_empty = ends(filled);
                unless_empty.push((from.clone(), to.clone()));
                self.spans.push(Span { tape: *tape, from, to, unless_empty });
            }
        }
    }

    /// Formulas for different elements of one family are for different ones.
    fn disjoint(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        for (place, a) in spans.iter().enumerate() {
            for b in spans[place + 1..].iter().filter(|b| b.tape == a.tape && *b != a) {
                let gaps = [(a, b), (b, a)]
                    .map(|(first, second)| second.from.minus(&first.to).minus(&Dimension::one()));
                // The one that grows with the sizes says which comes first.
                let apart = gaps.iter().any(|gap| gap.as_constant().is_some_and(|gap| gap >= 0));
                let grows = |gap: &&Dimension| {
                    let mut symbols = gap.terms().filter(|(_, symbols)| !symbols.is_empty());
                    gap.as_constant().is_none() && symbols.all(|(coefficient, _)| coefficient > 0)
                };
                if let (false, Some(gap)) = (apart, gaps.iter().find(grows)) {
                    self.add([&*a.unless_empty, &*b.unless_empty].concat(), gap.clone());
                }
            }
        }
    }

    fn require(&mut self, around: &[Range], nonnegative: Dimension) {
        self.add(ends(around), nonnegative);
    }

    /// Notes a condition on sizes; those on indices are met by the loops' ranges.
    fn add(&mut self, mut where_not_empty: Vec<(Dimension, Dimension)>, nonnegative: Dimension) {
        let program = self.program;
        let is_size =
            |size: &Dimension| size.symbols().iter().all(|symbol| program.sizes.contains(symbol));
        // No size is negative.
        let is_met = |size: &Dimension| size.terms().all(|(coefficient, _)| coefficient >= 0);
        if is_met(&nonnegative) || !is_size(&nonnegative) {
            return;
        }
        // A range that is not empty is long enough for what is no longer than it.
        let is_implied = |(from, to): &(Dimension, Dimension)| {
            nonnegative.minus(&to.minus(from)).as_constant().is_some_and(|rest| rest >= 0)
        };
        if where_not_empty.iter().any(is_implied) {
            return;
        }
        // By their lengths: ranges that are empty together are one.
        for (from, to) in &mut where_not_empty {
            (*from, *to) = (Dimension::one(), to.minus(from).plus(&Dimension::one()));
        }
        // Of 4..T and T..3, one is empty.
        let lengths: Vec<Dimension> =
            where_not_empty.iter().map(|(from, to)| to.minus(from)).collect();
        let excludes = |a: &Dimension| {
            let mut others = lengths.iter().map(|b| a.plus(b).as_constant());
            others.any(|both| both.is_some_and(|both| both < 0))
        };
        if lengths.iter().any(excludes) {
            return;
        }
        where_not_empty.retain(|(from, to)| !is_met(&to.minus(from)));
        where_not_empty.dedup();
        let known = where_not_empty.iter().all(|(from, to)| is_size(from) && is_size(to));
        let condition = Condition { where_not_empty, nonnegative };
        if known && !self.found.contains(&condition) {
            self.found.push(condition);
        }
    }
}
