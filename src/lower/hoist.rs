//! What a loop inside another one needs, and the outer one does not change, is computed once, before both.
//!
//! In Σᵢ log Σₖ … the inner sum depends on i alone; a gradient by the k-th of something reads it in a loop over i inside of one over
//! k. It becomes a family over i, an array. What depends on the outer index alone stands outside of the inner loop anyway.

use std::collections::{BTreeMap, BTreeSet};

use crate::expression::{Id, Node, Piece, Properties, Range, Store};
use crate::shape::{Dimension, Name, Shape};

/// Functions that cost no more are computed again.
const EXPENSIVE: u32 = 10;

/// A value for every value of an index.
type Hoisted = (Range, Id);

/// The roots, and the formulas below them, with such values by elements of families of their own.
pub(super) fn hoist(store: &mut Store, roots: &[Id]) -> Vec<Id> {
    let mut families: BTreeMap<(Id, Dimension, Dimension), Id> = BTreeMap::new();
    for (range, value) in found(store, roots) {
        let name = unused(store);
        let shape = store.shape(value).clone();
        let family = store.declare_family(&name, vec![range.clone()], shape, Properties::NONE);
        let piece = Piece::new(range.from.clone(), range.to.clone(), value);
        store.define_family(family, vec![piece]);
        families.insert((value, range.from, range.to), family);
    }
    if families.is_empty() {
        return roots.to_vec();
    }
    let defined: Vec<Id> = store
        .closure(roots)
        .into_iter()
        .filter(|id| store.family(*id).is_some_and(|family| !family.is_variable()))
        .collect();
    for family in defined {
        store.rewrite_family(family, &mut |store, piece| replaced(store, piece.body, &families));
    }
    roots.iter().map(|root| replaced(store, *root, &families)).collect()
}

/// A name for a family that no variable has.
fn unused(store: &Store) -> String {
    let mut names = (1_u64..).map(|number| format!("each_{number}"));
    names.find(|name| store.find_variable(name).is_none()).unwrap_or_default()
}

/// The root with the values inside of sums over their ranges replaced by elements.
fn replaced(
    store: &mut Store,
    root: Id,
    families: &BTreeMap<(Id, Dimension, Dimension), Id>,
) -> Id {
    let mut replacements: Vec<(Id, Id)> = Vec::new();
    for id in store.reachable(&[root]) {
        let Node::SumOver(range, body) = store.node(id).clone() else { continue };
        let mut inside: Vec<(Id, Id)> = Vec::new();
        let below = store.reachable(&[body]);
        for ((value, from, to), family) in families {
            if (from, to) == (&range.from, &range.to)
                && below.contains(value)
                && store.mentions(*value, &range.index)
            {
                let element = store.element(*family, &Dimension::symbol(range.index.clone()));
                inside.push((*value, element));
            }
        }
        // What was replaced in sums further inside stays replaced.
        inside.extend(replacements.iter().copied());
        let image = store.substitute(body, &inside);
        if image != body {
            let sum = store.sum_over(&range, image);
            replacements.push((id, sum));
        }
    }
    store.substitute(root, &replacements)
}

/// The largest parts of sums inside of loops that depend on the index of the sum and on no other.
fn found(store: &Store, roots: &[Id]) -> Vec<Hoisted> {
    let mut search = Search { store, found: Vec::new(), seen: BTreeSet::new() };
    for root in roots {
        search.below(*root, &[], &[]);
    }
    for id in store.closure(roots) {
        let Some(family) = store.family(id) else { continue };
        for piece in &family.pieces {
            let ranges = family.ranges_of(piece).into_iter();
            let moving = ranges.filter(|range| range.from != range.to);
            let indices: Vec<Name> = moving.map(|range| range.index).collect();
            search.below(piece.body, &indices, &[id]);
        }
    }
    search.found
}

struct Search<'a> {
    store: &'a Store,
    found: Vec<Hoisted>,
    seen: BTreeSet<(Id, Vec<Name>)>,
}

impl Search<'_> {
    /// Sums inside of loops over the indices; `own` are the families that are being computed.
    fn below(&mut self, root: Id, around: &[Name], own: &[Id]) {
        let mut open = vec![(root, around.to_vec())];
        while let Some((id, around)) = open.pop() {
            if !self.seen.insert((id, around.clone())) {
                continue;
            }
            let Node::SumOver(range, body) = self.store.node(id) else {
                open.extend(self.store.node(id).children().iter().map(|id| (*id, around.clone())));
                continue;
            };
            let is_fixed = |name: &Name| !range.from.mentions(name) && !range.to.mentions(name);
            if !around.is_empty() && !around.contains(&range.index) && around.iter().all(is_fixed) {
                self.parts(range, *body, &around, own);
            }
            let mut inner = around;
            inner.push(range.index.clone());
            open.push((*body, inner));
        }
    }

    /// The largest parts of a body that depend on its index and on nothing around.
    fn parts(&mut self, range: &Range, body: Id, around: &[Name], own: &[Id]) {
        let mut open = vec![(body, around.to_vec())];
        let mut seen = BTreeSet::new();
        while let Some((id, bound)) = open.pop() {
            if !self.store.mentions(id, &range.index) || !seen.insert((id, bound.clone())) {
                continue;
            }
            if !bound.iter().any(|name| self.store.mentions(id, name)) {
                let known = self.found.iter().any(|(other, value)| {
                    *value == id && (&other.from, &other.to) == (&range.from, &range.to)
                });
                if !known && self.is_worth_it(id, &range.index, own) {
                    self.found.push((range.clone(), id));
                }
                continue;
            }
            let mut inner = bound;
            if let Node::SumOver(own, _) = self.store.node(id) {
                inner.push(own.index.clone());
            }
            for child in self.store.node(id).children() {
                open.push((child, inner.clone()));
            }
        }
    }

    /// Whether reading the value is less work than computing it: a scalar or a column that comes from more than itself.
    fn is_worth_it(&self, id: Id, index: &str, own: &[Id]) -> bool {
        let shape = self.store.shape(id);
        let is_small = matches!(shape, Shape::Scalar) || shape.is_column();
        let sized = shape.dimensions().iter().any(|size| size.mentions(index));
        let below = self.store.reachable(&[id]);
        let takes_work = |part: Id| match self.store.node(part) {
            Node::SumOver(..)
            | Node::Product(_)
            | Node::Inverse(_)
            | Node::Determinant(_)
            | Node::Trace(_)
            | Node::Total(_) => true,
            Node::Apply { function, .. } => function.row().cost >= EXPENSIVE,
            _ => false,
        };
        let mut parts = below.iter().filter(|part| self.store.mentions(**part, index));
        let costs = parts.any(|part| takes_work(*part));
        is_small && !sized && costs && !self.store.closure(&[id]).iter().any(|id| own.contains(id))
    }
}
