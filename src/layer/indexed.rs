//! Families and sums over an index as plain loops: every element has a place of its own, every sum a loop of its own.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::kernel::Generator;
use crate::expression::{
    Direction, Family, Id, Node, Piece, Place, Range, Recurrence, Store, dependents, in_order,
    inside_nodes, operands, outside,
};
use crate::shape::{Dimension, Name};

/// What a kernel computes in one piece.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// The elements of families that need one another, by their place in [`Store::recurrences`].
    Loop(usize),
    /// A value that depends on no bound index.
    Node(Id),
}

/// What belongs into the loop of a recurrence.
struct Inside<'a> {
    store: &'a Store,
    indices: Vec<Name>,
    dependents: BTreeSet<Id>,
}

impl<'a> Inside<'a> {
    fn of(store: &'a Store, recurrence: &Recurrence) -> Self {
        let families = || recurrence.families.iter().filter_map(|id| store.family(*id));
        let bodies: Vec<Id> = families().flat_map(Family::bodies).collect();
        Self {
            store,
            indices: families().flat_map(Family::ranges).map(|range| range.index).collect(),
            dependents: dependents(store, &bodies, &|family| recurrence.families.contains(&family)),
        }
    }

    fn holds(&self, id: Id) -> bool {
        let mut indices = self.indices.iter();
        indices.any(|index| self.store.mentions(id, index)) || self.dependents.contains(&id)
    }
}

impl Generator<'_> {
    /// Everything that the value needs, in order.
    pub(super) fn items(&self, value: Id) -> Vec<Item> {
        let root = match self.recurrence_of(value) {
            Some(place) => Item::Loop(place),
            None => Item::Node(value),
        };
        in_order(&[root], &|item| self.item_operands(item))
    }

    fn recurrence_of(&self, family: Id) -> Option<usize> {
        self.recurrences.iter().position(|recurrence| recurrence.families.contains(&family))
    }

    fn item_operands(&self, item: &Item) -> Vec<Item> {
        let store = self.store;
        let (nodes, uses) = match item {
            Item::Node(id) => {
                let uses = match store.node(*id) {
                    Node::Element(..) | Node::SumOver(..) => store.uses(&[*id]),
                    _ => BTreeSet::new(),
                };
                (operands(store, *id), uses)
            }
            Item::Loop(place) => {
                let recurrence = &self.recurrences[*place];
                let inside = Inside::of(store, recurrence);
                let families = recurrence.families.iter().filter_map(|id| store.family(*id));
                let bodies: Vec<Id> = families.flat_map(Family::bodies).collect();
                (outside(store, &bodies, &|id| inside.holds(id)), store.uses(&bodies))
            }
        };
        let loops = uses.iter().filter_map(|used| self.recurrence_of(used.family));
        let loops = loops.map(Item::Loop).filter(|other| other != item);
        loops.chain(nodes.into_iter().map(Item::Node)).collect()
    }

    /// The elements of given families, cut out of the inputs.
    pub(super) fn given(&self, value: Id, text: &mut String) {
        for id in self.store.closure(&[value]) {
            let Some(family) = self.store.family(id).filter(|family| family.is_variable()) else {
                continue;
            };
            let moves = self.variables.iter().any(
                |(_, variable)| matches!(self.store.node(*variable), Node::Element(of, _) if *of == id),
            );
            let ranges = family.ranges();
            let _ = writeln!(
                text,
                "    let {}f{}: std::collections::BTreeMap<[i64; {}], Vec<T>> = {{\n    \
                 let mut family = std::collections::BTreeMap::new();\n    let mut at = 0;",
                if moves { "mut " } else { "" },
                id.index(),
                ranges.len(),
            );
            let (inner, indices) = self.loops(&ranges, text);
            let _ = writeln!(
                text,
                "    let from = at;\n    at += {};\n    family.insert([{}], inputs[{}][from..at].to_vec());\n    {}\n    family\n    }};",
                inner.size(&family.shape.entries()),
                indices.join(", "),
                self.input(id),
                "}".repeat(ranges.len()),
            );
            if moves {
                self.moved(id, text);
            }
        }
    }

    /// Opens loops over indices; the generator inside, and what the loops call the indices.
    fn loops(&self, ranges: &[Range], text: &mut String) -> (Self, Vec<String>) {
        let mut inner = self.clone();
        let mut names = Vec::with_capacity(ranges.len());
        for range in ranges {
            let (from, to) = (inner.whole(&range.from), inner.whole(&range.to));
            let (next, index) = inner.with_index(&range.index);
            let _ = writeln!(text, "    for {index} in {from}..={to} {{");
            names.push(index);
            inner = next;
        }
        (inner, names)
    }

    /// The loop of a recurrence.
    pub(super) fn recurrence(&self, place: usize, text: &mut String) {
        let recurrence = &self.recurrences[place];
        let families =
            || recurrence.families.iter().filter_map(|id| Some((*id, self.store.family(*id)?)));
        for (id, family) in families() {
            let _ = writeln!(
                text,
                "    let mut f{}: std::collections::BTreeMap<[i64; {}], Vec<T>> = Default::default();",
                id.index(),
                family.ranges().len(),
            );
        }
        if recurrence.is_nested(self.store) {
            self.nests(place, text);
            return;
        }
        let inside = Inside::of(self.store, recurrence);
        let mut ranges = Vec::new();
        for (_, family) in families() {
            for (_, piece) in self.by_length(family) {
                ranges.push(format!("({}, {})", self.whole(&piece.from), self.whole(&piece.to)));
            }
        }
        let Some((_, first)) = families().next() else { return };
        let index = self.with_index(&first.index).1;
        let turned = if recurrence.direction == Some(Direction::Down) { ".rev()" } else { "" };
        let _ = writeln!(
            text,
            "    let (low, high) = hull(&[{}]);\n    for {index} in (low..=high){turned} {{",
            ranges.join(", ")
        );
        for (id, family) in families() {
            let (inner, _) = self.with_index(&family.index);
            for (length, piece) in self.by_length(family) {
                let (from, to) = (self.whole(&piece.from), self.whole(&piece.to));
                let _ = writeln!(text, "    if {length}({from}..={to}).contains(&{index}) {{");
                inner.block(piece.body, &|node| inside.holds(node), text);
                let _ = writeln!(
                    text,
                    "        f{}.insert([{index}], v{}.clone());\n    }}",
                    id.index(),
                    piece.body.index()
                );
            }
            self.moved(id, text);
        }
        text.push_str("    }\n");
    }

    /// Loops inside one another.
    fn nests(&self, place: usize, text: &mut String) {
        let recurrence = &self.recurrences[place];
        for nest in &self.nests[place] {
            let bodies: Vec<Id> = nest.cells.iter().map(|cell| cell.body).collect();
            let inside = Inside {
                store: self.store,
                indices: nest.loops.iter().map(|(range, _)| range.index.clone()).collect(),
                dependents: dependents(self.store, &bodies, &|family| {
                    recurrence.families.contains(&family)
                }),
            };
            let mut inner = self.clone();
            for (range, direction) in &nest.loops {
                let (from, to) = (inner.whole(&range.from), inner.whole(&range.to));
                let (next, index) = inner.with_index(&range.index);
                let turned = if *direction == Direction::Down { ".rev()" } else { "" };
                let _ = writeln!(text, "    for {index} in ({from}..={to}){turned} {{");
                inner = next;
            }
            for cell in &nest.cells {
                inner.block(cell.body, &|node| inside.holds(node), text);
                let _ = writeln!(
                    text,
                    "        f{}.insert({}, v{}.clone());",
                    cell.family.index(),
                    inner.key(&cell.place),
                    cell.body.index()
                );
                inner.moved(cell.family, text);
            }
            let _ = writeln!(text, "    {}", "}".repeat(nest.loops.len()));
        }
    }

    /// A place as the key of a family's elements.
    fn key(&self, place: &Place) -> String {
        let values: Vec<String> = place.values().map(|value| self.whole(value)).collect();
        format!("[{}]", values.join(", "))
    }

    /// The formulas of a family, each after a condition on the length where it is not for all.
    fn by_length<'a>(&self, family: &'a Family) -> Vec<(String, &'a Piece)> {
        let size = |name: &Name| self.whole(&Dimension::symbol(name.clone()));
        let mut found = Vec::new();
        for short in &family.short {
            let length = format!("{} == {} && ", size(&short.size), short.length);
            found.extend(short.pieces.iter().map(|piece| (length.clone(), piece)));
        }
        let long = family.long().map(|(name, least)| format!("{} >= {least} && ", size(&name)));
        let long = long.unwrap_or_default();
        found.extend(family.pieces.iter().map(|piece| (long.clone(), piece)));
        found
    }

    /// What the inputs add to elements of a family that are there and have not got it yet.
    fn moved(&self, family: Id, text: &mut String) {
        for (place, (_, variable)) in self.variables.iter().enumerate() {
            if let Node::Element(of, at) = self.store.node(*variable)
                && *of == family
            {
                let _ = writeln!(
                    text,
                    "    if let (true, Some(y)) = (!moved[{place}], f{}.get_mut(&{})) {{\n        moved[{place}] = true;\n        \
                     for (x, d) in y.iter_mut().zip(&inputs[{place}]) {{ *x += *d; }}\n    }}",
                    family.index(),
                    self.key(at),
                );
            }
        }
    }

    /// Σ over an index.
    pub(super) fn sum_over(&self, id: Id, range: &Range, body: Id, text: &mut String) {
        let (inner, index) = self.with_index(&range.index);
        let (from, to) = (self.whole(&range.from), self.whole(&range.to));
        let (m, n) = (self.rows(id), self.columns(id));
        let _ = writeln!(
            text,
            "        let mut y = vec![T::constant(0.0); {m} * {n}];\n        for {index} in {from}..={to} {{"
        );
        inner.block(body, &|node| self.store.mentions(node, &range.index), text);
        let _ = writeln!(
            text,
            "        for (sum, x) in y.iter_mut().zip(&v{}) {{ *sum += *x; }}\n        }}\n        y",
            body.index()
        );
    }

    fn block(&self, root: Id, inside: &dyn Fn(Id) -> bool, text: &mut String) {
        for node in inside_nodes(self.store, &[root], inside) {
            self.binding(node, text);
        }
    }

    /// An element of a family; one that is not there, as under a condition that does not hold, is not a number.
    pub(super) fn element(&self, id: Id, family: Id, place: &Place, text: &mut String) {
        let _ = writeln!(
            text,
            "        f{}.get(&{}).cloned().unwrap_or_else(|| vec![T::constant(f64::NAN); {} * {}])",
            family.index(),
            self.key(place),
            self.rows(id),
            self.columns(id),
        );
    }

    /// The generator inside a loop, and what the loop calls the index.
    fn with_index(&self, index: &Name) -> (Self, String) {
        let name = format!("k{}", self.bound.len());
        let mut inner = self.clone();
        inner.bound.push((index.clone(), name.clone()));
        (inner, name)
    }

    /// A size or an index as an `i64`.
    pub(super) fn whole(&self, size: &Dimension) -> String {
        let mut terms = Vec::new();
        for (coefficient, symbols) in size.terms() {
            let mut factors = vec![format!("({coefficient}_i64)")];
            factors.extend(symbols.iter().map(|symbol| self.symbol(symbol)));
            terms.push(factors.join(" * "));
        }
        if terms.is_empty() { "0_i64".to_owned() } else { format!("({})", terms.join(" + ")) }
    }
}
