//! Which families and sums share a loop, and what comes before what.
//!
//! A unit is a loop: families that need one another, sums over the same index, and whatever else runs over the same values and
//! finds the elements that it needs: parameter gradients inside the backward loop. Units are as few as the order of the
//! computation allows.

use std::collections::BTreeSet;

use crate::expression::{
    Direction, Id, Nest, Node, Piece, Range, Recurrence, Short, Store, dependents, in_order,
    operands,
};
use crate::shape::{Dimension, Name};

/// What a program computes in one piece.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// A loop, by its place in [`Schedule::units`].
    Unit(usize),
    /// A value that depends on no bound index.
    Node(Id),
}

/// The formulas of a family, in the words of its loop's index.
#[derive(Clone, Debug)]
pub(super) struct Formulas {
    pub(super) family: Id,
    pub(super) pieces: Vec<Piece>,
    /// Those for lengths that are too short for these.
    pub(super) short: Vec<Short>,
}

impl Formulas {
    /// The formulas for any length.
    pub(super) fn all(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().chain(self.short.iter().flat_map(|short| &short.pieces))
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Piece> {
        self.pieces.iter_mut().chain(self.short.iter_mut().flat_map(|short| &mut short.pieces))
    }
}

/// A formula for one value of the index, which it does not mention.
#[derive(Clone, Debug)]
pub(super) struct Single {
    pub(super) family: Id,
    pub(super) at: Dimension,
    pub(super) body: Id,
    /// The range that must not be empty; otherwise the element stays the zero that it is.
    pub(super) unless_empty: Option<(Dimension, Dimension)>,
}

/// A sum that is added up in a loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accumulation {
    pub(super) sum: Id,
    pub(super) body: Id,
}

/// A loop.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) index: Name,
    pub(super) direction: Option<Direction>,
    /// The families, in the order of computation.
    pub(super) families: Vec<Formulas>,
    pub(super) sums: Vec<Accumulation>,
    /// The loops inside one another that compute families with several indices, in order; then there is nothing else.
    pub(super) nests: Vec<Nest>,
    /// Elements that are computed before the loop, in order.
    pub(super) before: Vec<Single>,
    /// Elements that are computed after the loop, in order.
    pub(super) after: Vec<Single>,
    /// The ranges that the loop may have, the best one first; single values outside are computed before or after.
    ranges: Vec<(Dimension, Dimension)>,
}

impl Unit {
    /// The index with its values.
    pub(super) fn range(&self) -> Range {
        let (from, to) = self.ranges.first().cloned().unwrap_or_else(empty);
        Range { index: self.index.clone(), from, to }
    }

    pub(super) fn bodies(&self) -> Vec<Id> {
        let formulas = self.families.iter().flat_map(Formulas::all);
        let sums = self.sums.iter().map(|sum| sum.body);
        let singles = self.before.iter().chain(&self.after).map(|single| single.body);
        let cells = self.nests.iter().flat_map(|nest| &nest.cells).map(|cell| cell.body);
        formulas.map(|piece| piece.body).chain(sums).chain(singles).chain(cells).collect()
    }

    /// The indices of its loops.
    fn indices(&self) -> Vec<Name> {
        let loops = self.nests.iter().flat_map(|nest| &nest.loops);
        let inner = loops.map(|(range, _)| range.index.clone());
        [self.index.clone()].into_iter().chain(inner).collect()
    }

    /// The formulas for single values of the index, and all others.
    fn by_frequency(&self) -> (Vec<Id>, Vec<Id>) {
        let formulas = self.families.iter().flat_map(|formulas| &formulas.pieces);
        let (mut once, often): (Vec<_>, Vec<_>) = formulas.partition(|piece| piece.is_single());
        let short = self.families.iter().flat_map(|formulas| &formulas.short);
        once.extend(short.flat_map(|short| &short.pieces));
        let singles = self.before.iter().chain(&self.after).map(|single| single.body);
        let sums = self.sums.iter().map(|sum| sum.body);
        (
            once.into_iter().map(|piece| piece.body).chain(singles).collect(),
            often.into_iter().map(|piece| piece.body).chain(sums).collect(),
        )
    }

    /// Takes the single values outside of the loop's range out of the loop.
    fn take_out_singles(&mut self, store: &mut Store) {
        let (from, to) = self.ranges.first().cloned().unwrap_or_else(empty);
        let no_loop = (&from, &to) == (&empty().0, &empty().1);
        let (mut low, mut high) = (Vec::new(), Vec::new());
        for formulas in &mut self.families {
            let family = formulas.family;
            let support = store.family(family).and_then(|known| known.support.clone());
            let unless_empty = support
                .map(|support| (support.from, support.to))
                .filter(|support| no_loop || is_no_longer((&from, &to), support));
            for piece in std::mem::take(&mut formulas.pieces) {
                let at = piece.from.clone();
                let unless_empty = unless_empty.clone();
                let single = |body| Single { family, at, body, unless_empty };
                if piece.is_single() && (no_loop || is_less(&piece.from, &from)) {
                    low.push(single(store.at_index(piece.body, &self.index, &piece.from)));
                } else if piece.is_single() && is_less(&to, &piece.from) {
                    high.push(single(store.at_index(piece.body, &self.index, &piece.from)));
                } else {
                    formulas.pieces.push(piece);
                }
            }
        }
        // By the index, and by the order of computation within one value: sorting keeps that.
        low.sort_by(|a, b| a.at.minus(&b.at).as_constant().unwrap_or(0).cmp(&0));
        high.sort_by(|a, b| a.at.minus(&b.at).as_constant().unwrap_or(0).cmp(&0));
        if self.direction == Some(Direction::Down) {
            low.sort_by(|a, b| b.at.minus(&a.at).as_constant().unwrap_or(0).cmp(&0));
            high.sort_by(|a, b| b.at.minus(&a.at).as_constant().unwrap_or(0).cmp(&0));
            (self.before, self.after) = (high, low);
        } else {
            (self.before, self.after) = (low, high);
        }
    }

    pub(super) fn computes(&self, family: Id) -> bool {
        self.families.iter().any(|formulas| formulas.family == family)
    }
}

fn is_less(a: &Dimension, b: &Dimension) -> bool {
    b.minus(a).as_constant().is_some_and(|difference| difference > 0)
}

/// Whether a range is empty wherever the other one is.
fn is_no_longer((from, to): (&Dimension, &Dimension), other: &(Dimension, Dimension)) -> bool {
    let difference = other.1.minus(&other.0).minus(&to.minus(from));
    difference.as_constant().is_some_and(|rest| rest >= 0)
}

fn empty() -> (Dimension, Dimension) {
    (Dimension::one(), Dimension::constant(0))
}

/// The loops of a program.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule {
    pub(super) units: Vec<Unit>,
    /// What the roots are computed from, without what stands behind families.
    below_roots: BTreeSet<Id>,
}

/// What belongs into a loop.
pub(super) struct Inside {
    indices: Vec<Name>,
    dependents: BTreeSet<Id>,
}

impl Inside {
    pub(super) fn holds(&self, store: &Store, id: Id) -> bool {
        self.indices.iter().any(|index| store.mentions(id, index)) || self.dependents.contains(&id)
    }
}

impl Schedule {
    /// The loops for the roots. Formulas that call their index otherwise than the loop does are written anew in the store.
    pub(super) fn new(store: &mut Store, roots: &[Id]) -> Self {
        let recurrences = store.recurrences(roots);
        let below_roots = store.reachable(roots).into_iter().collect();
        let mut schedule = Self { units: Vec::new(), below_roots };
        for recurrence in recurrences {
            let unit = unit_of(store, &recurrence);
            schedule.units.push(unit);
        }
        for item in schedule.order(store, roots) {
            if let Item::Node(id) = item
                && let Node::SumOver(range, body) = store.node(id)
                && store.as_whole_family(id).is_none()
            {
                schedule.units.push(Unit {
                    index: range.index.clone(),
                    direction: None,
                    families: Vec::new(),
                    sums: vec![Accumulation { sum: id, body: *body }],
                    nests: Vec::new(),
                    before: Vec::new(),
                    after: Vec::new(),
                    ranges: vec![(range.from.clone(), range.to.clone())],
                });
            }
        }
        schedule.merge(store, roots);
        for unit in &mut schedule.units {
            unit.take_out_singles(store);
        }
        schedule
    }

    /// Everything that the roots need, in the order of the store as far as loops allow.
    pub(super) fn order(&self, store: &Store, roots: &[Id]) -> Vec<Item> {
        let items = |ids: &mut dyn Iterator<Item = Id>| -> Vec<Item> {
            ids.map(|id| self.item(store, id)).collect()
        };
        let operands = |item: &Item| self.operands(store, item);
        let mut nodes: BTreeSet<Id> = BTreeSet::new();
        for item in in_order(&items(&mut roots.iter().copied()), &operands) {
            match item {
                Item::Node(id) => {
                    nodes.insert(id);
                }
                Item::Unit(place) => nodes.extend(self.units[place].sums.iter().map(|sum| sum.sum)),
            }
        }
        nodes.extend(roots);
        in_order(&items(&mut nodes.into_iter()), &operands)
    }

    /// What computes a node.
    fn item(&self, store: &Store, id: Id) -> Item {
        let unit = match store.node(id) {
            Node::Family(_) => self.unit_of_family(id),
            Node::SumOver(..) => self.unit_of_sum(id),
            _ => None,
        };
        unit.map_or(Item::Node(id), Item::Unit)
    }

    fn unit_of_family(&self, family: Id) -> Option<usize> {
        self.units.iter().position(|unit| unit.computes(family))
    }

    fn unit_of_sum(&self, sum: Id) -> Option<usize> {
        self.units.iter().position(|unit| unit.sums.iter().any(|known| known.sum == sum))
    }

    /// The loops whose elements values need.
    fn loops(&self, store: &Store, roots: &[Id]) -> BTreeSet<usize> {
        let uses = store.uses(roots);
        uses.iter().filter_map(|used| self.unit_of_family(used.family)).collect()
    }

    fn operands(&self, store: &Store, item: &Item) -> Vec<Item> {
        let (nodes, loops) = match item {
            Item::Node(id) => match store.node(*id) {
                Node::Element(..) => (Vec::new(), self.loops(store, &[*id])),
                Node::SumOver(_, body) => (operands(store, *id), self.loops(store, &[*body])),
                _ => (operands(store, *id), BTreeSet::new()),
            },
            Item::Unit(place) => {
                let bodies = self.units[*place].bodies();
                let loops = self.loops(store, &bodies);
                (self.invariant(store, *place), loops)
            }
        };
        let loops = loops.into_iter().map(Item::Unit).filter(|other| other != item);
        loops.chain(nodes.into_iter().map(|id| self.item(store, id))).collect()
    }

    /// What belongs into a loop.
    pub(super) fn inside(&self, store: &Store, place: usize) -> Inside {
        let unit = &self.units[place];
        let families: Vec<Id> = unit.families.iter().map(|formulas| formulas.family).collect();
        let computed = |family| families.contains(&family);
        let mut dependents = dependents(store, &unit.bodies(), &computed);
        dependents.extend(self.of_singles(store, unit));
        Inside { indices: unit.indices(), dependents }
    }

    /// What only formulas for single values of the index read, with elements in it: before a loop that is empty, as for T = 0,
    /// there is no y[T].
    fn of_singles(&self, store: &Store, unit: &Unit) -> Vec<Id> {
        let (once, often) = unit.by_frequency();
        let shared: BTreeSet<Id> = store.reachable(&often).into_iter().collect();
        let is_alone = |id: &Id| {
            !matches!(store.node(*id), Node::SumOver(..))
                && !shared.contains(id)
                && !self.below_roots.contains(id)
        };
        dependents(store, &once, &|_| true).into_iter().filter(is_alone).collect()
    }

    /// What a loop reads that does not change in it.
    pub(super) fn invariant(&self, store: &Store, place: usize) -> Vec<Id> {
        let inside = self.inside(store, place);
        invariant(store, &self.units[place].bodies(), &|id| inside.holds(store, id))
    }

    /// Puts loops together where that is possible.
    fn merge(&mut self, store: &mut Store, roots: &[Id]) {
        let order: Vec<usize> = self
            .order(store, roots)
            .into_iter()
            .filter_map(|item| match item {
                Item::Unit(place) => Some(place),
                Item::Node(_) => None,
            })
            .collect();
        let mut kept: Vec<usize> = Vec::new();
        for place in order {
            let mut earlier = kept.iter().rev().copied();
            let found = earlier.find_map(|into| Some((into, self.merged(store, place, into)?)));
            match found {
                Some((into, unit)) => {
                    self.units[into] = unit;
                    // An empty unit: nothing refers to it any more.
                    self.units[place].families.clear();
                    self.units[place].sums.clear();
                }
                None => kept.push(place),
            }
        }
    }

    /// Both loops as one, the second computed first for each value of the index; `None` where that is impossible.
    fn merged(&self, store: &mut Store, place: usize, into: usize) -> Option<Unit> {
        let (unit, other) = (&self.units[place], &self.units[into]);
        if !unit.nests.is_empty() || !other.nests.is_empty() {
            return None;
        }
        let ranges: Vec<_> =
            other.ranges.iter().filter(|range| unit.ranges.contains(range)).cloned().collect();
        if ranges.is_empty() || !self.is_direct(store, place, into) {
            return None;
        }
        let mut direction = join(other.direction, unit.direction)?;
        for used in store.uses(&unit.bodies()) {
            if !other.computes(used.family) {
                continue;
            }
            let needed = match used.offset(&unit.index)? {
                0 => None,
                offset if offset < 0 => Some(Direction::Up),
                _ => Some(Direction::Down),
            };
            direction = join(direction, needed)?;
        }
        let mut merged = Unit { direction, ranges, ..other.clone() };
        let new = renamed(store, unit, &other.index);
        merged.families.extend(new.families);
        merged.sums.extend(new.sums);
        Some(merged)
    }

    /// Whether a loop needs another one for its elements only, and for nothing that is known after its end.
    fn is_direct(&self, store: &Store, place: usize, into: usize) -> bool {
        let needs_sum = |id: Id| self.item(store, id) == Item::Unit(into);
        if self.invariant(store, place).into_iter().any(needs_sum) {
            return false;
        }
        let between: Vec<Item> = self
            .operands(store, &Item::Unit(place))
            .into_iter()
            .filter(|item| *item != Item::Unit(into))
            .collect();
        let all = in_order(&between, &|item| self.operands(store, item));
        !all.contains(&Item::Unit(into))
    }
}

/// What values inside a loop read that is computed before: what costs nothing is computed where it is read.
pub(super) fn invariant(store: &Store, roots: &[Id], inside: &dyn Fn(Id) -> bool) -> Vec<Id> {
    let open = |id: Id| inside(id) || is_free(store, id);
    let below = |id: &Id| if open(*id) { operands(store, *id) } else { Vec::new() };
    in_order(roots, &below).into_iter().filter(|id| !open(*id)).collect()
}

/// Values that need no memory. An inverse counts: products solve with it.
fn is_free(store: &Store, id: Id) -> bool {
    match store.node(id) {
        Node::Number(_)
        | Node::Size(_)
        | Node::Identity(_)
        | Node::Ones(..)
        | Node::Zeros(..)
        | Node::Transpose(_)
        | Node::Inverse(_) => true,
        Node::Product(factors) => {
            factors.iter().all(|factor| matches!(store.node(*factor), Node::Ones(..)))
        }
        _ => false,
    }
}

/// The direction that suits both; `None` where there is none.
#[allow(clippy::option_option)] // No direction at all is one of the answers.
fn join(a: Option<Direction>, b: Option<Direction>) -> Option<Option<Direction>> {
    match (a, b) {
        (Some(a), Some(b)) => (a == b).then_some(Some(a)),
        (Some(a), None) | (None, Some(a)) => Some(Some(a)),
        (None, None) => Some(None),
    }
}

/// The unit with another name for its index.
fn renamed(store: &mut Store, unit: &Unit, index: &Name) -> Unit {
    let mut unit = unit.clone();
    let (old, new) = (unit.index.clone(), Dimension::symbol(index.clone()));
    let pieces = unit.families.iter_mut().flat_map(Formulas::all_mut);
    let bodies = pieces.map(|piece| &mut piece.body);
    for body in bodies.chain(unit.sums.iter_mut().map(|sum| &mut sum.body)) {
        *body = store.at_index(*body, &old, &new);
    }
    Unit { index: index.clone(), ..unit }
}

fn unit_of(store: &mut Store, recurrence: &Recurrence) -> Unit {
    if recurrence.is_nested(store) {
        return nested(store, recurrence);
    }
    let mut families = Vec::new();
    let mut index: Option<Name> = None;
    for id in &recurrence.families {
        let Some(family) = store.family(*id).cloned() else { continue };
        let name = index.get_or_insert_with(|| family.index.clone()).clone();
        let symbol = Dimension::symbol(name);
        let mut formulas =
            Formulas { family: *id, pieces: family.pieces, short: family.short.clone() };
        for piece in formulas.all_mut() {
            piece.body = store.at_index(piece.body, &family.index, &symbol);
        }
        families.push(formulas);
    }
    let mut ranges = ranges(&families);
    let is_short = |formulas: &&mut Formulas| !formulas.short.is_empty();
    if let Some(whole) = ranges.last().cloned()
        && families.iter_mut().any(|formulas| is_short(&formulas))
    {
        // Which places stand outside of a shorter loop depends on the length.
        ranges = vec![whole.clone()];
        for formulas in families.iter_mut().filter(is_short) {
            let inside =
                |piece: &Piece| !is_less(&piece.from, &whole.0) && !is_less(&whole.1, &piece.from);
            if !formulas.pieces.iter().all(inside) {
                formulas.short.clear();
            }
        }
    }
    let index = index.unwrap_or_else(|| Name::from(""));
    let (sums, before, after) = (Vec::new(), Vec::new(), Vec::new());
    let (direction, nests) = (recurrence.direction, Vec::new());
    Unit { index, direction, families, sums, nests, before, after, ranges }
}

/// Families with several indices; see [`super::is_computable`].
fn nested(store: &mut Store, recurrence: &Recurrence) -> Unit {
    let nests = store.nests(recurrence).unwrap_or_default();
    let formulas =
        |family: &Id| Formulas { family: *family, pieces: Vec::new(), short: Vec::new() };
    let families = recurrence.families.iter().map(formulas).collect();
    let (sums, before, after) = (Vec::new(), Vec::new(), Vec::new());
    let (index, ranges) = (Name::from(""), vec![empty()]);
    Unit { index, direction: None, families, sums, nests, before, after, ranges }
}

/// All pieces that are ranges, without and with the single values that lie next to them.
fn ranges(families: &[Formulas]) -> Vec<(Dimension, Dimension)> {
    let pieces = || families.iter().flat_map(|formulas| &formulas.pieces);
    let mut core: Option<(Dimension, Dimension)> = None;
    for piece in pieces().filter(|piece| !piece.is_single()) {
        core = Some(match core {
            None => (piece.from.clone(), piece.to.clone()),
            Some((from, to)) => (smaller(&from, &piece.from), larger(&to, &piece.to)),
        });
    }
    let Some((from, to)) = core else { return vec![empty()] };
    let one = Dimension::one();
    let single = |at: &Dimension| pieces().any(|piece| piece.is_single() && piece.from == *at);
    let (mut low, mut high) = (from.clone(), to.clone());
    while single(&low.minus(&one)) {
        low = low.minus(&one);
    }
    while single(&high.plus(&one)) {
        high = high.plus(&one);
    }
    let mut ranges = vec![(from.clone(), to.clone())];
    for range in [(from, high.clone()), (low.clone(), to), (low, high)] {
        if !ranges.contains(&range) {
            ranges.push(range);
        }
    }
    ranges
}

/// The smaller of two sizes, as far as that is known without numbers: 1 of 1 and T − 2, where pieces stand in this order.
fn smaller(a: &Dimension, b: &Dimension) -> Dimension {
    if falls(&b.minus(a)) { b } else { a }.clone()
}

fn larger(a: &Dimension, b: &Dimension) -> Dimension {
    if falls(&a.minus(b)) { b } else { a }.clone()
}

/// Whether a difference is negative, at the latest for long ranges.
fn falls(difference: &Dimension) -> bool {
    match difference.as_constant() {
        Some(value) => value < 0,
        None => difference.terms().all(|(by, symbols)| symbols.is_empty() || by < 0),
    }
}
