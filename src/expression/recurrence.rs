//! Which families are computed together, and in which direction.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{Family, Id, Node, Place, Range, Store, lower_bound};
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
    pub at: Place,
}

impl Use {
    /// c, where the place is index + c, of a family with one index.
    pub fn offset(&self, index: &Name) -> Option<i64> {
        self.at.only()?.minus(&Dimension::symbol(index.clone())).as_constant()
    }
}

impl Store {
    /// The elements that values are computed from, without those behind the formulas of families.
    pub fn uses(&self, roots: &[Id]) -> BTreeSet<Use> {
        let element = |id: Id| match self.node(id) {
            Node::Element(family, at) => Some(Use { family: *family, at: (**at).clone() }),
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
        let steps: BTreeMap<Id, Vec<(Id, Ordering)>> =
            group.iter().map(|user| (*user, self.steps(*user, group, &uses[user]))).collect();
        let mut others = steps.values().flatten().map(|(_, step)| *step);
        let direction = if others.clone().any(Ordering::is_lt) {
            Some(Direction::Up)
        } else {
            others.any(Ordering::is_gt).then_some(Direction::Down)
        };
        let mut families: Vec<Id> = Vec::new();
        while families.len() < group.len() {
            let is_ready = |user: &&Id| {
                let mut now = steps[*user].iter().filter(|(_, step)| step.is_eq());
                !families.contains(user) && now.all(|(family, _)| families.contains(family))
            };
            let left = || group.iter().filter(|id| !families.contains(id));
            // A circle has no order; evaluation reports it.
            let next = group.iter().find(is_ready).or_else(|| left().next()).copied();
            families.extend(next);
        }
        Recurrence { families, direction }
    }

    /// The elements of a group that a family with one index uses: whether they stand before it, at its place, or behind it, as far as
    /// that is known. In Σⱼ₌₀ˡ⁻¹ h[j] all stand before l.
    fn steps(&self, user: Id, group: &[Id], uses: &BTreeSet<Use>) -> Vec<(Id, Ordering)> {
        let Some(family) = self.family(user).filter(|family| !family.is_nested()) else {
            return Vec::new();
        };
        let mut ranges: BTreeMap<Name, BTreeSet<(Dimension, Dimension)>> = BTreeMap::new();
        for id in self.reachable(&family.bodies()) {
            if let Node::SumOver(range, _) = self.node(id) {
                let ends = (range.from.clone(), range.to.clone());
                ranges.entry(range.index.clone()).or_default().insert(ends);
            }
        }
        let own = Dimension::symbol(family.index.clone());
        let step = |used: &Use| {
            let ahead = used.at.only()?.minus(&own);
            if let Some(ahead) = ahead.as_constant() {
                return Some((used.family, ahead.cmp(&0)));
            }
            let around: Vec<Range> = ahead
                .symbols()
                .iter()
                .filter_map(|name| match ranges.get(name)?.iter().collect::<Vec<_>>()[..] {
                    [(from, to)] => Some((name, from, to)),
                    _ => None,
                })
                .map(|(name, from, to)| Range {
                    index: name.clone(),
                    from: from.clone(),
                    to: to.clone(),
                })
                .collect();
            let is_positive = |size: &Dimension| {
                lower_bound(size, &around, &|_| 1).is_some_and(|bound| bound > 0)
            };
            let back = Dimension::constant(0).minus(&ahead);
            let order = if is_positive(&ahead) {
                Ordering::Greater
            } else if is_positive(&back) {
                Ordering::Less
            } else {
                return None;
            };
            Some((used.family, order))
        };
        uses.iter().filter(|used| group.contains(&used.family)).filter_map(step).collect()
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
