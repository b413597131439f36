//! What must hold of the sizes so that everything exists that a program speaks of.
//!
//! A formula such as x[2] − x[1] for the first of n elements, or h[T−1] for the last step but one, needs sizes that are large
//! enough; and where the first and the last element have formulas of their own, they must not be the same element.

use super::program::{Call, Condition, Elements, Memory, Program};
use super::reuse::touched;
use crate::expression::Range;
use crate::shape::{Dimension, Name};

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
                Call::Choose { branches, otherwise } => {
                    for branch in branches {
                        let Some(index) = around.last().map(|range| range.index.clone()) else {
                            continue;
                        };
                        let (from, to) = (branch.from.clone(), branch.to.clone());
                        self.span(&branch.calls, &index, &from, &to);
                        around.push(Range { index, from, to });
                        self.calls(&branch.calls, around);
                        around.pop();
                    }
                    self.calls(otherwise, around);
                }
                call => self.elements(call, around),
            }
        }
    }

    /// Elements at fixed places exist.
    fn elements(&mut self, call: &Call, around: &[Range]) {
        for buffer in touched(self.program, call) {
            let Memory::Element(elements, at) = &self.program.buffers[buffer].memory else {
                continue;
            };
            let range = match elements {
                Elements::Tape(tape) => Some(&self.program.tapes[*tape].range),
                Elements::Input(input) => self.program.inputs[*input].family.as_ref(),
            };
            let Some(Range { from, to, .. }) = range else { continue };
            if around.is_empty()
                && let Elements::Tape(tape) = elements
                && super::reuse::written(call) == Some(buffer)
            {
                self.spans.push(Span { tape: *tape, from: at.clone(), to: at.clone() });
            }
            self.require(around, at.minus(from));
            self.require(around, to.minus(at));
        }
    }

    /// The elements that a branch writes.
    fn span(&mut self, calls: &[Call], index: &Name, from: &Dimension, to: &Dimension) {
        let own = Dimension::symbol(index.clone());
        for buffer in calls.iter().filter_map(super::reuse::written) {
            if let Memory::Element(Elements::Tape(tape), at) = &self.program.buffers[buffer].memory
                && *at == own
            {
                self.spans.push(Span { tape: *tape, from: from.clone(), to: to.clone() });
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
                    let unless_empty = [a, b].map(|span| (span.from.clone(), span.to.clone()));
                    self.add(unless_empty.into(), gap.clone());
                }
            }
        }
    }

    fn require(&mut self, around: &[Range], nonnegative: Dimension) {
        let ranges = around.iter().map(|range| (range.from.clone(), range.to.clone()));
        self.add(ranges.collect(), nonnegative);
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
        where_not_empty.retain(|(from, to)| !is_met(&to.minus(from)));
        let known = where_not_empty.iter().all(|(from, to)| is_size(from) && is_size(to));
        let condition = Condition { where_not_empty, nonnegative };
        if known && !self.found.contains(&condition) {
            self.found.push(condition);
        }
    }
}
