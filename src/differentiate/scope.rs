//! The order of a sweep through families and sums over an index.
//!
//! What does not depend on a bound index stands outside and is visited once, by units: a node, or a set of families whose formulas
//! need each other. A unit is visited after everything that uses it.

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
    pub(super) sets: Vec<Vec<Id>>,
}

impl Order {
    pub(super) fn new(store: &Store, root: Id) -> Self {
        let sets = connected(store, root);
        let set_of: BTreeMap<Id, usize> = sets
            .iter()
            .enumerate()
            .flat_map(|(at, set)| set.iter().map(move |family| (*family, at)))
            .collect();
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        // A unit is opened, its operands are, and then it is closed.
        let mut open = vec![(Unit::Node(root), false)];
        while let Some((unit, closes)) = open.pop() {
            if closes {
                order.push(unit);
                continue;
            }
            if !seen.insert(unit.clone()) {
                continue;
            }
            let operands = operands(store, &sets, &set_of, &unit);
            open.push((unit, true));
            open.extend(operands.into_iter().map(|operand| (operand, false)));
        }
        order.reverse();
        Self { units: order, sets }
    }
}

/// What a unit uses.
fn operands(
    store: &Store,
    sets: &[Vec<Id>],
    set_of: &BTreeMap<Id, usize>,
    unit: &Unit,
) -> Vec<Unit> {
    let mut frontier = Frontier { store, set_of, found: BTreeSet::new() };
    match unit {
        Unit::Node(id) => match store.node(*id) {
            Node::SumOver(range, body) => frontier.below(*body, std::slice::from_ref(&range.index)),
            Node::Element(family, _) => frontier.family(*family),
            node => {
                for child in node.children() {
                    frontier.found.insert(Unit::Node(child));
                }
            }
        },
        Unit::Families(set) => {
            for family in &sets[*set] {
                let Some(known) = store.family(*family) else { continue };
                for piece in &known.pieces {
                    frontier.below(piece.body, std::slice::from_ref(&known.index));
                }
            }
            frontier.found.remove(&Unit::Families(*set));
        }
    }
    frontier.found.into_iter().collect()
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

    fn below(&mut self, body: Id, bound: &[Name]) {
        let mut seen = BTreeSet::new();
        let mut open = vec![(body, bound.to_vec())];
        while let Some((id, bound)) = open.pop() {
            if !bound.iter().any(|index| self.store.mentions(id, index)) {
                self.found.insert(Unit::Node(id));
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
