//! Families with several indices: loops inside one another; and families as arrays.

use std::collections::BTreeSet;

use super::build::{Builder, Value};
use super::program::{Buffer, Call, Elements, Memory, Place, Repeat, View};
use super::segment::{Part, Stage};
use crate::expression::{self, Computed, Id, Nest};
use crate::shape::Dimension;

impl Builder<'_> {
    /// Loops inside one another.
    pub(super) fn nest(&mut self, nest: &Nest) {
        let around = self.ranges.len();
        self.ranges.extend(nest.loops.iter().map(|(range, _)| range.clone()));
        let part = |cell: &Computed| Part::Element {
            family: cell.family,
            at: cell.place.clone(),
            body: cell.body,
        };
        let stages: Vec<Stage> = nest.cells.iter().map(|cell| vec![part(cell)]).collect();
        let outside = self.outside();
        let mut calls = self.collected(|builder| builder.stages(&stages));
        self.leave(outside);
        self.ranges.truncate(around);
        let tape = |cell: &Computed| match self.families.get(&cell.family) {
            Some(Elements::Tape(tape)) => Some(*tape),
            Some(Elements::Input(_)) | None => None,
        };
        let tapes: BTreeSet<usize> = nest.cells.iter().filter_map(tape).collect();
        for (range, direction) in nest.loops.iter().rev() {
            let repeat = Repeat {
                range: range.clone(),
                direction: *direction,
                accumulated: Vec::new(),
                peaks: Vec::new(),
                tapes: tapes.iter().copied().collect(),
                calls,
            };
            calls = vec![Call::Repeat(Box::new(repeat))];
        }
        self.program.calls.extend(calls);
    }

    /// Whether a sum is the array of all elements of a family; then it is bound to where they lie.
    pub(super) fn is_whole(&mut self, id: Id) -> bool {
        let family = self.store.as_whole_family(id);
        family.and_then(|family| self.bind_whole(id, family)).is_some()
    }

    /// All elements of a family as one array, read where they lie.
    fn bind_whole(&mut self, id: Id, family: Id) -> Option<()> {
        let known = self.store.family(family)?;
        let elements = self.families.get(&family).copied()?;
        let first: Vec<Dimension> = known.ranges().into_iter().map(|range| range.from).collect();
        let first = expression::Place::of(&first)?;
        let shape = self.store.shape(id);
        let (rows, columns) = (shape.rows(), shape.columns());
        self.program.buffers.push(Buffer {
            length: rows.times(&columns),
            sides: [rows.clone(), columns.clone()],
            over: Vec::new(),
            memory: Memory::Element(elements, first),
            is_conditional: false,
        });
        let place = Place::Buffer(self.program.buffers.len() - 1);
        // The elements with two indices lie row by row.
        let transposed = known.is_nested();
        self.values[id.index()] = Some(Value::Array(View { place, transposed, rows, columns }));
        Some(())
    }
}
