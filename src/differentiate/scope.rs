//! The order of a sweep through families and sums over an index.
//!
//! What does not depend on a bound index stands outside and is visited once, by units: a node, or a set of families whose formulas
//! need each other. A unit is visited after everything that uses it. A node that a set needs and that needs the set, as h[0] in
//! h[t] = f(h[t−1], h[0]) or the whole formula of a single step, h[1] = f(h[0]), belongs to the set.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::expression::{Id, Node, Store};
use crate::shape::Name;

/// What is visited as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    /// A node without free indices.
    Node(Id),
    /// Families that need each other, by the place in [`Order::sets`].
    Families(usize),
}

/// The units below a value.
pub(super) struct Order {
    /// Users before what they use.
    pub(super) units: Vec<Unit>,
    /// Sets of families that need each other.
    pub(super) sets: Vec<Set>,
}

/// Families that need each other.
pub(super) struct Set {
    pub(super) families: Vec<Id>,
    /// The nodes without free indices on the way from the families to themselves, users before what they use.
    pub(super) between: Vec<Id>,
}

impl Order {
    pub(super) fn new(store: &Store, root: Id) -> Self {
        let sets = connected(store, root);
        let set_of: BTreeMap<Id, usize> = sets
            .iter()
            .enumerate()
            .flat_map(|(at, set)| set.iter().map(move |family| (*family, at)))
            .collect();
        let mut units = Units { store, sets: Vec::new(), set_of };
        for families in sets {
            units.sets.push(Set { families, between: Vec::new() });
        }
        for set in 0..units.sets.len() {
            units.find_between(set);
        }
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        // A unit is opened, its operands are, and then it is closed.
        let mut open = vec![(units.unit(root), false)];
        while let Some((unit, closes)) = open.pop() {
            if closes {
                order.push(unit);
                continue;
            }
            if !seen.insert(unit.clone()) {
                continue;
            }
            let operands = units.operands(&unit);
            open.push((unit, true));
            open.extend(operands.into_iter().map(|operand| (operand, false)));
        }
        order.reverse();
        Self { units: order, sets: units.sets }
    }
}

/// What uses what.
struct Units<'a> {
    store: &'a Store,
    sets: Vec<Set>,
    /// The set of a family, and of a node between.
    set_of: BTreeMap<Id, usize>,
}

impl Units<'_> {
    /// What a unit uses, without itself.
    fn operands(&self, unit: &Unit) -> BTreeSet<Unit> {
        let mut found = match unit {
            Unit::Node(id) => self.below_node(*id),
            Unit::Families(set) => {
                let mut found = self.below_formulas(*set);
                for node in &self.sets[*set].between {
                    found.extend(self.below_node(*node));
                }
                found
            }
        };
        found.remove(unit);
        found
    }

    fn below_node(&self, id: Id) -> BTreeSet<Unit> {
        let mut frontier = self.frontier();
        match self.store.node(id) {
            Node::SumOver(range, body) => frontier.below(*body, std::slice::from_ref(&range.index)),
            Node::Element(family, _) => frontier.family(*family),
            node => node.for_each_child(|child| frontier.node(child)),
        }
        frontier.found
    }

    fn below_formulas(&self, set: usize) -> BTreeSet<Unit> {
        let mut frontier = self.frontier();
        for family in &self.sets[set].families {
            let Some(known) = self.store.family(*family) else { continue };
            let indices: Vec<Name> = known.ranges().into_iter().map(|range| range.index).collect();
            for piece in &known.pieces {
                frontier.below(piece.body, &indices);
            }
        }
        frontier.found
    }

    fn unit(&self, id: Id) -> Unit {
        self.set_of.get(&id).map_or(Unit::Node(id), |set| Unit::Families(*set))
    }

    fn frontier(&self) -> Frontier<'_> {
        Frontier { store: self.store, set_of: &self.set_of, found: BTreeSet::new() }
    }

    /// The nodes that the set needs and that need the set. Operands stand before what uses them, so one pass decides.
    fn find_between(&mut self, set: usize) {
        let mut needed: BTreeMap<Id, BTreeSet<Unit>> = BTreeMap::new();
        let mut open: Vec<Unit> = self.below_formulas(set).into_iter().collect();
        while let Some(unit) = open.pop() {
            let Unit::Node(id) = unit else { continue };
            if let Entry::Vacant(place) = needed.entry(id) {
                let below = place.insert(self.below_node(id));
                open.extend(below.iter().cloned());
            }
        }
        let mut between: Vec<Id> = Vec::new();
        for (id, below) in needed {
            let needs = |unit: &Unit| match unit {
                Unit::Node(id) => between.contains(id),
                Unit::Families(other) => *other == set,
            };
            if below.iter().any(needs) {
                between.push(id);
            }
        }
        self.set_of.extend(between.iter().map(|id| (*id, set)));
        between.reverse();
        self.sets[set].between = between;
    }
}

/// The units at the border of a region in which indices are bound.
struct Frontier<'a> {
    store: &'a Store,
    set_of: &'a BTreeMap<Id, usize>,
    found: BTreeSet<Unit>,
}

impl Frontier<'_> {
    fn family(&mut self, family: Id) {
        if let Some(set) = self.set_of.get(&family) {
            self.found.insert(Unit::Families(*set));
        }
    }

    fn node(&mut self, id: Id) {
        let set = self.set_of.get(&id).map(|set| Unit::Families(*set));
        self.found.insert(set.unwrap_or(Unit::Node(id)));
    }

    fn below(&mut self, body: Id, bound: &[Name]) {
        let mut seen = BTreeSet::new();
        let mut open = vec![(body, bound.to_vec())];
        while let Some((id, bound)) = open.pop() {
            if !bound.iter().any(|index| self.store.mentions(id, index)) {
                self.node(id);
                continue;
            }
            if !seen.insert((id, bound.clone())) {
                continue;
            }
            match self.store.node(id) {
                Node::Element(family, _) => self.family(*family),
                Node::SumOver(range, body) => {
                    let mut inner = bound.clone();
                    inner.push(range.index.clone());
                    open.push((*body, inner));
                }
                node => {
                    open.extend(node.children().into_iter().map(|child| (child, bound.clone())));
                }
            }
        }
    }
}

/// The families below the root in sets that need each other.
fn connected(store: &Store, root: Id) -> Vec<Vec<Id>> {
    let families: Vec<Id> =
        store.closure(&[root]).into_iter().filter(|id| store.family(*id).is_some()).collect();
    let needs: BTreeMap<Id, Vec<Id>> =
        families.iter().map(|family| (*family, needed(store, *family))).collect();
    let reached: BTreeMap<Id, BTreeSet<Id>> = families
        .iter()
        .map(|family| {
            let mut seen = BTreeSet::new();
            let mut open = needs[family].clone();
            while let Some(next) = open.pop() {
                if seen.insert(next) {
                    open.extend(&needs[&next]);
                }
            }
            (*family, seen)
        })
        .collect();
    let mut sets: Vec<Vec<Id>> = Vec::new();
    for family in &families {
        let known = sets
            .iter_mut()
            .find(|set| reached[family].contains(&set[0]) && reached[&set[0]].contains(family));
        match known {
            Some(set) => set.push(*family),
            None => sets.push(vec![*family]),
        }
    }
    sets
}

/// The families whose elements stand in the formulas of a family, those behind plain values included.
pub(super) fn needed(store: &Store, family: Id) -> Vec<Id> {
    let Some(known) = store.family(family) else { return Vec::new() };
    let bodies: Vec<Id> = known.pieces.iter().map(|piece| piece.body).collect();
    store.reachable(&bodies).into_iter().filter(|id| store.family(*id).is_some()).collect()
}
