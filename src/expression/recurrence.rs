//! Which families are computed together, and in which direction.

use std::collections::{BTreeMap, BTreeSet};

use super::{Family, Id, Node, Store};
use crate::shape::{Dimension, Name};

/// The way an index runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first value to the last.
    Up,
    /// From the last value to the first.
    Down,
}

/// Families whose formulas refer to one another, or one family alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// The families, in the order in which their elements for one value of the index can be computed.
    pub families: Vec<Id>,
    /// The way the index must run; none where no formula refers to the families at another value of the index.
    pub direction: Option<Direction>,
}

/// An element that a value is computed from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The family.
    pub family: Id,
    /// The place of the element.
    pub at: Dimension,
}

impl Use {
    /// c, where the place is index + c.
    pub fn offset(&self, index: &Name) -> Option<i64> {
        self.at.minus(&Dimension::symbol(index.clone())).as_constant()
    }
}

impl Store {
    /// The elements that values are computed from, without those behind the formulas of families.
    pub fn uses(&self, roots: &[Id]) -> BTreeSet<Use> {
        let element = |id: Id| match self.node(id) {
            Node::Element(family, at) => Some(Use { family: *family, at: at.clone() }),
            _ => None,
        };
        self.reachable(roots).into_iter().filter_map(element).collect()
    }

    /// The families with formulas that the roots depend on, each group after those that it refers to.
    pub fn recurrences(&self, roots: &[Id]) -> Vec<Recurrence> {
        let families: Vec<(Id, &Family)> = self
            .closure(roots)
            .into_iter()
            .filter_map(|id| Some((id, self.family(id)?)))
            .filter(|(_, family)| !family.is_variable())
            .collect();
        let uses: BTreeMap<Id, BTreeSet<Use>> =
            families.iter().map(|(id, family)| (*id, self.uses(&family.bodies()))).collect();
        let needs = closures(&uses);
        let mut groups: Vec<Vec<Id>> = Vec::new();
        for (id, _) in &families {
            let together = |other: &Id| needs[id].contains(other) && needs[other].contains(id);
            match groups.iter_mut().find(|group| together(&group[0])) {
                Some(group) => group.push(*id),
                None => groups.push(vec![*id]),
            }
        }
        // What refers to a group needs all that the group needs, and itself.
        groups.sort_by_key(|group| needs[&group[0]].len());
        groups.iter().map(|group| self.recurrence(group, &uses)).collect()
    }

    fn recurrence(&self, group: &[Id], uses: &BTreeMap<Id, BTreeSet<Use>>) -> Recurrence {
        let offsets = |user: Id| {
            let index = self.family(user).map(|family| family.index.clone());
            let inside = uses[&user].iter().filter(|used| group.contains(&used.family));
            inside.filter_map(move |used| Some((used.family, used.offset(index.as_ref()?)?)))
        };
        let others = || group.iter().flat_map(|user| offsets(*user)).map(|(_, offset)| offset);
        let direction = if others().any(|offset| offset < 0) {
            Some(Direction::Up)
        } else {
            others().any(|offset| offset > 0).then_some(Direction::Down)
        };
        let mut families: Vec<Id> = Vec::new();
        while families.len() < group.len() {
            let is_ready = |user: &&Id| {
                let mut now = offsets(**user).filter(|(_, offset)| *offset == 0);
                !families.contains(user) && now.all(|(family, _)| families.contains(&family))
            };
            let left = || group.iter().filter(|id| !families.contains(id));
            // A circle has no order; evaluation reports it.
            let next = group.iter().find(is_ready).or_else(|| left().next()).copied();
            families.extend(next);
        }
        Recurrence { families, direction }
    }
}

/// All families that each needs, itself included.
fn closures(uses: &BTreeMap<Id, BTreeSet<Use>>) -> BTreeMap<Id, BTreeSet<Id>> {
    let needs = |id: Id| {
        let mut found = BTreeSet::from([id]);
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            for used in uses.get(&id).into_iter().flatten() {
                if uses.contains_key(&used.family) && found.insert(used.family) {
                    open.push(used.family);
                }
            }
        }
        found
    };
    uses.keys().map(|id| (*id, needs(*id))).collect()
}
