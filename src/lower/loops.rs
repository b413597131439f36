//! Loops over an index: tapes, accumulated sums, and the regions of expressions inside.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem;
use std::rc::Rc;

use super::build::{Builder, Value, nest};
use super::chain::{Costs, Key};
use super::entry::{Cell, Cells, Source, read};
use super::plan::{self, Home, Region};
use super::program::{
    Branch, Buffer, Call, Elements, Entries, Index, Loop, Memory, Place, Repeat, Scalar, Tape,
    Target, View,
};
use super::reuse;
use super::schedule::{Accumulation, Single, Unit, invariant};
use super::segment::{Part, Segment, Stage, segments};
use crate::expression::{self, Direction, Id, Node, Range};
use crate::shape::Dimension;

/// What is known outside of a loop or branch.
pub(super) struct Outside {
    values: Vec<Option<Value>>,
    products: HashMap<Key, View>,
    factors: HashMap<Id, usize>,
    sides: HashMap<Id, [Source; 2]>,
}

impl Builder<'_> {
    /// The loops around that a size depends on, the outermost first.
    pub(super) fn over(&self, size: &Dimension) -> Vec<Range> {
        let mut names = size.symbols();
        let mut over = Vec::new();
        for range in self.ranges.iter().rev() {
            if names.contains(&range.index) {
                names.retain(|name| *name != range.index);
                names.extend(range.from.symbols().into_iter().chain(range.to.symbols()));
                over.push(range.clone());
            }
        }
        over.reverse();
        over
    }

    /// Memory for all elements of a family.
    pub(super) fn tape(&mut self, id: Id) {
        let Some(family) = self.store.family(id) else { return };
        self.families.insert(id, Elements::Tape(self.program.tapes.len()));
        self.program.tapes.push(Tape {
            family: family.name.clone(),
            ranges: family.ranges(),
            length: family.shape.entries(),
        });
    }

    /// An element of a family as a buffer.
    fn element(
        &mut self,
        family: Id,
        at: &expression::Place,
        length: &Dimension,
        is_conditional: bool,
    ) -> Option<usize> {
        let elements = *self.families.get(&family)?;
        let key = (elements, at.clone());
        if let Some(buffer) = self.elements.get(&key) {
            self.program.buffers[*buffer].is_conditional &= is_conditional;
            return Some(*buffer);
        }
        self.program.buffers.push(Buffer {
            length: length.clone(),
            sides: [length.clone(), Dimension::one()],
            over: Vec::new(),
            memory: Memory::Element(elements, at.clone()),
            is_conditional,
        });
        let buffer = self.program.buffers.len() - 1;
        self.elements.insert(key, buffer);
        Some(buffer)
    }

    /// An element is read where it lies.
    pub(super) fn bind_element(&mut self, id: Id) {
        let Node::Element(family, at) = self.store.node(id) else { return };
        let shape = self.store.shape(id).clone();
        let is_conditional = self.conditional.contains(&id);
        let Some(buffer) = self.element(*family, at, &shape.entries(), is_conditional) else {
            return;
        };
        self.values[id.index()] = Some(if shape.is_scalar() {
            Value::Scalar(Scalar::Entry(buffer))
        } else {
            Value::Array(View {
                place: Place::Buffer(buffer),
                transposed: false,
                rows: shape.rows(),
                columns: shape.columns(),
            })
        });
    }

    pub(super) fn outside(&self) -> Outside {
        Outside {
            values: self.values.clone(),
            products: self.products.clone(),
            factors: self.factors.clone(),
            sides: self.sides.clone(),
        }
    }

    pub(super) fn leave(&mut self, outside: Outside) {
        self.values = outside.values;
        self.products = outside.products;
        self.factors = outside.factors;
        self.sides = outside.sides;
    }

    /// Forgets the values of what means something else inside.
    fn forget(&mut self, inside: &dyn Fn(Id) -> bool) {
        for place in 0..self.values.len() {
            if self.values[place].is_some() && inside(self.store.nth(place)) {
                self.values[place] = None;
            }
        }
        let means_the_same = |key: &Key| !key.iter().any(|link| link.node().is_some_and(&inside));
        self.products.retain(|key, _| means_the_same(key));
        self.factors.retain(|matrix, _| !inside(*matrix));
        self.sides.retain(|id, _| !inside(*id));
    }

    /// The calls that `build` makes, apart from those made before.
    pub(super) fn collected(&mut self, build: impl FnOnce(&mut Self)) -> Vec<Call> {
        let before = mem::take(&mut self.program.calls);
        build(self);
        mem::replace(&mut self.program.calls, before)
    }

    /// A loop, with what comes directly before and after it.
    pub(super) fn unit(&mut self, place: usize) {
        let unit = self.schedule.units[place].clone();
        let inside = self.schedule.inside(self.store, place);
        if !unit.nests.is_empty() {
            let outside = self.outside();
            self.forget(&|id| inside.holds(self.store, id));
            unit.nests.iter().for_each(|nest| self.nest(nest));
            self.leave(outside);
            return;
        }
        self.factorise_invariants(&unit);
        let outside = self.outside();
        self.forget(&|id| inside.holds(self.store, id));
        self.singles(&unit.before);
        self.accumulators(&unit.sums);
        let segments = segments(self.store, &unit);
        if !segments.is_empty() {
            let direction = unit.direction.unwrap_or(Direction::Up);
            self.repeat(&unit.range(), direction, &segments, &unit.sums);
        }
        self.singles(&unit.after);
        self.leave(outside);
        self.sums(&unit.sums);
    }

    /// Factorisations of matrices that do not change in a loop are made before it.
    fn factorise_invariants(&mut self, unit: &Unit) {
        let bodies: Vec<Id> = unit
            .families
            .iter()
            .flat_map(|formulas| formulas.all().map(|piece| piece.body))
            .chain(unit.sums.iter().map(|sum| sum.body))
            .collect();
        for id in self.store.reachable(&bodies) {
            if let Node::Product(factors) = self.store.node(id) {
                for factor in factors {
                    let link = super::chain::Link::of(self.store, *factor);
                    if let (true, Some(matrix)) = (link.inverse, link.node())
                        && (self.is_stored(matrix) && self.ranges.is_empty())
                        && !self.store.mentions(matrix, &unit.index)
                    {
                        self.factor(matrix);
                    }
                }
            }
        }
    }

    /// Elements that are computed outside of the loop.
    fn singles(&mut self, singles: &[Single]) {
        for single in singles {
            let part = Part::Element {
                family: single.family,
                at: single.at.clone().into(),
                body: single.body,
            };
            let Some((from, to)) = single.unless_empty.clone() else {
                self.stage(&vec![part], &[]);
                continue;
            };
            let outside = self.outside();
            let calls = self.collected(|builder| builder.stage(&vec![part], &[]));
            self.leave(outside);
            self.program.calls.push(Call::Filled { from, to, calls });
        }
    }

    /// Memory for sums.
    fn accumulators(&mut self, sums: &[Accumulation]) {
        for Accumulation { sum, .. } in sums {
            let shape = self.store.shape(*sum);
            let target = if shape.is_scalar() {
                Target::Scalar(self.local())
            } else {
                Target::Buffer(self.buffer(&shape.rows(), &shape.columns()))
            };
            self.accumulators.insert(*sum, target);
            if self.log_sums.contains_key(sum) {
                let peak = self.local();
                self.peaks.insert(*sum, peak);
            }
        }
    }

    /// What has been added up.
    fn sums(&mut self, sums: &[Accumulation]) {
        for Accumulation { sum, .. } in sums {
            if let (Some(Target::Scalar(target)), Some(peak)) =
                (self.accumulators.get(sum), self.peaks.get(sum))
            {
                self.finish_exponential(*sum, *target, *peak);
                continue;
            }
            let shape = self.store.shape(*sum);
            let value = self.accumulators.get(sum).map(|target| match target {
                Target::Scalar(local) => Value::Scalar(Scalar::Local(*local)),
                Target::Buffer(buffer) => Value::Array(View {
                    place: Place::Buffer(*buffer),
                    transposed: false,
                    rows: shape.rows(),
                    columns: shape.columns(),
                }),
            });
            self.values[sum.index()] = value;
        }
    }

    fn repeat(
        &mut self,
        range: &Range,
        direction: Direction,
        segments: &[Segment],
        sums: &[Accumulation],
    ) {
        let calls = self.collected(|builder| {
            for segment in segments {
                builder.segment(range, segment);
            }
        });
        let accumulated = sums.iter().filter_map(|sum| self.accumulators.get(&sum.sum).copied());
        let accumulated = accumulated.collect();
        let peaks = sums.iter().filter_map(|sum| self.peaks.get(&sum.sum).copied()).collect();
        let tape = |family: Id| match self.families.get(&family) {
            Some(Elements::Tape(tape)) => Some(*tape),
            Some(Elements::Input(_)) | None => None,
        };
        let tapes: BTreeSet<usize> =
            segments.iter().flat_map(Segment::families).filter_map(tape).collect();
        let tapes = tapes.into_iter().collect();
        let repeat = Repeat { range: range.clone(), direction, accumulated, peaks, tapes, calls };
        self.program.calls.push(Call::Repeat(Box::new(repeat)));
    }

    fn segment(&mut self, range: &Range, segment: &Segment) {
        match segment {
            Segment::Always(stages) => {
                self.ranges.push(range.clone());
                self.stages(stages);
                self.ranges.pop();
            }
            Segment::Choice { around, branches, otherwise } => {
                let mut made = branches.iter().map(|(from, to, stages)| {
                    let outside = self.outside();
                    let here = Range { from: from.clone(), to: to.clone(), ..range.clone() };
                    self.ranges.push(here);
                    let calls = self.collected(|builder| builder.stages(stages));
                    self.ranges.pop();
                    self.leave(outside);
                    Branch { from: from.clone(), to: to.clone(), calls }
                });
                let mut branches: Vec<Branch> = made.by_ref().collect();
                drop(made);
                let otherwise = otherwise.map(|place| branches.remove(place).calls);
                let otherwise = otherwise.unwrap_or_default();
                let mut calls = if branches.is_empty() {
                    otherwise
                } else {
                    vec![Call::Choose { branches, otherwise }]
                };
                for (from, to) in around.iter().rev().cloned() {
                    calls = vec![Call::Filled { from, to, calls }];
                }
                self.program.calls.extend(calls);
            }
        }
    }

    pub(super) fn stages(&mut self, stages: &[Stage]) {
        for (place, stage) in stages.iter().enumerate() {
            let later = stages[place + 1..].iter().flatten();
            let later: Vec<Id> = later.flat_map(|part| self.read_by(part)).collect();
            self.stage(stage, &later);
        }
    }

    /// What a part reads: of a term under a logarithm its factors, otherwise its value.
    fn read_by(&self, part: &Part) -> Vec<Id> {
        match part {
            Part::Term(Accumulation { sum, body }) => match self.log_sums.get(sum) {
                Some(known) => known.factors(),
                None => vec![*body],
            },
            Part::Element { body, .. } => vec![*body],
        }
    }

    /// Computes values together; `later` are values that may share parts with them.
    fn stage(&mut self, stage: &Stage, later: &[Id]) {
        let start = self.program.calls.len();
        let bodies: Vec<Id> = stage.iter().flat_map(|part| self.read_by(part)).collect();
        let needed = self.needed(&bodies);
        let mut roots: Vec<Id> = self.shared(&needed, later);
        let mut terms = Vec::new();
        for part in stage {
            match part {
                Part::Element { body, .. } => roots.push(*body),
                Part::Term(Accumulation { sum, .. }) => {
                    terms.extend(self.read_by(part).into_iter().map(|body| (*sum, body)));
                }
            }
        }
        let plan = self.planned(&needed, &roots, &terms);
        let before = mem::replace(&mut self.plan, Rc::new(plan));
        self.nodes(&needed);
        for part in stage {
            match part {
                Part::Element { family, at, body } => self.write(*family, at, *body, start),
                Part::Term(sum) => self.accumulate(*sum),
            }
        }
        self.plan = before;
    }

    /// The nodes that are still to be computed, operands first; elements are bound to where they lie.
    fn needed(&mut self, roots: &[Id]) -> Vec<Id> {
        let mut needed = BTreeSet::new();
        let mut open = roots.to_vec();
        while let Some(id) = open.pop() {
            if let Node::Element(..) = self.store.node(id) {
                self.bind_element(id);
            }
            if !self.is_stored(id) && needed.insert(id) {
                open.extend(self.operands_of(id));
            }
        }
        needed.into_iter().collect()
    }

    fn operands_of(&self, id: Id) -> Vec<Id> {
        match self.store.node(id) {
            Node::SumOver(range, body) => {
                invariant(self.store, &[*body], &|id| self.store.mentions(id, &range.index))
            }
            Node::Element(..) | Node::Family(_) => Vec::new(),
            node => node.children(),
        }
    }

    /// The values that later ones read, too.
    fn shared(&self, needed: &[Id], later: &[Id]) -> Vec<Id> {
        let here: BTreeSet<Id> = needed.iter().copied().collect();
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = later.to_vec();
        while let Some(id) = open.pop() {
            if here.contains(&id) {
                found.insert(id);
            } else if !self.is_stored(id) && seen.insert(id) {
                open.extend(self.operands_of(id));
            }
        }
        found.retain(|id| {
            !matches!(
                self.store.node(*id),
                Node::Number(_)
                    | Node::Size(_)
                    | Node::Identity(_)
                    | Node::Ones(..)
                    | Node::Zeros(..)
                    | Node::Transpose(_)
            )
        });
        found.into_iter().collect()
    }

    fn planned(&self, needed: &[Id], roots: &[Id], terms: &[(Id, Id)]) -> plan::Plan {
        let store = self.store;
        let sums: BTreeMap<Id, Vec<Id>> = needed
            .iter()
            .filter(|id| matches!(store.node(**id), Node::SumOver(..)))
            .map(|id| (*id, self.operands_of(*id)))
            .collect();
        let known = super::whole_products(store, needed);
        let costs = Costs { store, expected: self.expected, known };
        let stored = |id: Id| self.is_stored(id);
        let region = Region { needed, roots, terms, sums: &sums, stored: &stored };
        plan::plan(store, &region, &costs)
    }

    /// Computes nodes, operands first. Sums over one range that do not need one another share a loop: what needs a sum waits until
    /// all that can be summed up has been.
    fn nodes(&mut self, needed: &[Id]) {
        let mut left = needed.to_vec();
        while !left.is_empty() {
            let mut waiting: BTreeSet<Id> = BTreeSet::new();
            let mut sums: Vec<(Range, Vec<Id>)> = Vec::new();
            for id in std::mem::take(&mut left) {
                if self.operands_of(id).iter().any(|operand| waiting.contains(operand)) {
                    waiting.insert(id);
                    left.push(id);
                    continue;
                }
                match self.store.node(id) {
                    Node::SumOver(..) if self.is_whole(id) => {}
                    Node::SumOver(range, _) if self.plan.home[id.index()] == Home::Own => {
                        waiting.insert(id);
                        match sums.iter_mut().find(|(known, _)| *known == **range) {
                            Some((_, together)) => together.push(id),
                            None => sums.push(((**range).clone(), vec![id])),
                        }
                    }
                    _ => self.node(id),
                }
            }
            for (range, together) in sums {
                self.sums_over(&range, &together);
            }
        }
    }

    /// Sums inside of a loop.
    pub(super) fn sums_over(&mut self, range: &Range, ids: &[Id]) {
        let is_missing = |id: &&Id| self.values[id.index()].is_none();
        let sums: Vec<Accumulation> = ids
            .iter()
            .filter(is_missing)
            .filter_map(|id| match self.store.node(*id) {
                Node::SumOver(_, body) => Some(Accumulation { sum: *id, body: *body }),
                _ => None,
            })
            .collect();
        if sums.is_empty() {
            return;
        }
        self.accumulators(&sums);
        let outside = self.outside();
        self.forget(&|id| self.store.mentions(id, &range.index));
        let segment = Segment::Always(vec![sums.iter().map(|sum| Part::Term(*sum)).collect()]);
        self.repeat(range, Direction::Up, &[segment], &sums);
        self.leave(outside);
        self.sums(&sums);
    }

    /// target ← target + body
    fn accumulate(&mut self, Accumulation { sum, body }: Accumulation) {
        let shape = self.store.shape(sum).clone();
        let (rows, columns) = (shape.rows(), shape.columns());
        let entries = |builder: &Self, row, column| -> Entries {
            let mut cells = Cells::default();
            let result = cells.cell(builder, &Cell::of(body, row, column), None);
            cells.finish(result)
        };
        match self.accumulators.get(&sum).copied() {
            Some(Target::Scalar(target)) if self.peaks.contains_key(&sum) => {
                self.accumulate_exponential(sum, target, self.peaks[&sum]);
            }
            Some(Target::Scalar(target)) => {
                let entries = entries(self, Index::First, Index::First);
                self.program.calls.push(Call::AccumulateScalar { target, entries });
            }
            Some(Target::Buffer(target)) => {
                let (nest_rows, nest_columns, row, column) = nest(&rows, &columns);
                let entries = entries(self, row, column);
                let nest = Loop { rows: nest_rows, columns: nest_columns, entries };
                self.program.calls.push(Call::Accumulate { target, nest });
            }
            None => {}
        }
    }

    /// element ← body
    fn write(&mut self, family: Id, at: &expression::Place, body: Id, start: usize) {
        let shape = self.store.shape(body).clone();
        let Some(target) = self.element(family, at, &shape.entries(), false) else { return };
        if shape.is_scalar() {
            let scalar = self.scalar(body);
            self.program.calls.push(Call::Store { target, scalar });
            return;
        }
        let view = self.view(body);
        let straight = !view.transposed || view.is_vector();
        match view.place {
            Place::Buffer(buffer) if straight && self.can_be_written(buffer, target, start) => {
                self.write_directly(buffer, target, start);
            }
            Place::Buffer(_) | Place::Input(_) => self.copy_to(target, &view),
        }
    }

    /// Whether the calls from `start` on compute all of a buffer and could compute it in the target instead.
    fn can_be_written(&self, buffer: usize, target: usize, start: usize) -> bool {
        let program = &self.program;
        let elements = |buffer: usize| match &program.buffers[buffer].memory {
            Memory::Element(elements, _) => Some(*elements),
            Memory::Own => None,
        };
        let touched = |call: &Call| reuse::touched(program, call);
        let accumulates = |target: &Target| matches!(target, Target::Buffer(sum) if *sum == buffer);
        elements(buffer).is_none()
            && !self.accumulators.values().any(accumulates)
            && !program.factors.iter().any(|factor| factor.buffer == buffer)
            && !program.calls[..start].iter().any(|call| touched(call).contains(&buffer))
            && program.calls[start..].iter().any(|call| reuse::written(call) == Some(buffer))
            && program.calls[start..].iter().map(touched).all(|buffers| {
                let same = |other: &usize| elements(*other) == elements(target);
                !buffers.contains(&buffer) || !buffers.iter().any(same)
            })
    }

    fn write_directly(&mut self, buffer: usize, target: usize, start: usize) {
        for call in &mut self.program.calls[start..] {
            reuse::replace(call, buffer, target);
        }
        let moved = |view: &mut View| {
            if view.place == Place::Buffer(buffer) {
                view.place = Place::Buffer(target);
            }
        };
        for value in self.values.iter_mut().flatten() {
            if let Value::Array(view) = value {
                moved(view);
            }
        }
        self.products.values_mut().for_each(moved);
        self.parts.iter_mut().for_each(moved);
    }

    fn copy_to(&mut self, target: usize, view: &View) {
        let elements = |place: Place| match place {
            Place::Buffer(buffer) => match &self.program.buffers[buffer].memory {
                Memory::Element(elements, _) => Some(*elements),
                Memory::Own => None,
            },
            Place::Input(_) => None,
        };
        // Memory of one tape is either read or written by a call.
        let view = if elements(view.place) == elements(Place::Buffer(target)) {
            let (copy, copied) = self.fresh(&view.rows, &view.columns);
            self.copy(copy, view);
            copied
        } else {
            view.clone()
        };
        self.copy(target, &view);
    }

    fn copy(&mut self, target: usize, view: &View) {
        let (rows, columns, row, column) = nest(&view.rows, &view.columns);
        let mut cells = Cells::default();
        let entry = cells.push(read(view, row, column));
        let nest = Loop { rows, columns, entries: cells.finish(entry) };
        self.program.calls.push(Call::Fused { target, nest });
    }
}
