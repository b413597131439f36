//! The bottom-up pass.

use std::collections::BTreeMap;

use super::cost::Costs;
use super::{expand, factor, law};
use crate::expression::{Id, Node, Store};

/// Rounds of the pass; a shorter part can make its surroundings shorter in the next.
const MOST_ROUNDS: usize = 4;

/// Distributing is tried on values up to this many variable occurrences.
const MOST_OCCURRENCES_TO_EXPAND: f64 = 160.0;

/// The roots in a short form; equal parts of different roots stay shared.
pub fn simplify(store: &mut Store, roots: &[Id]) -> Vec<Id> {
    let mut pass = Pass { store, costs: Costs::default(), images: BTreeMap::new() };
    let mut current = roots.to_vec();
    for _ in 0..MOST_ROUNDS {
        let next = pass.run(&current);
        if next == current {
            break;
        }
        current = next;
    }
    current
}

/// The same for values with families behind them: the formulas of those that are not among the `known` become short, too.
pub fn simplify_families(store: &mut Store, roots: &[Id], known: &[Id]) -> Vec<Id> {
    let derived: Vec<(Id, Vec<Id>)> = store
        .closure(roots)
        .into_iter()
        .filter(|id| !known.contains(id))
        .filter_map(|id| store.family(id).map(|family| (id, family.bodies())))
        .filter(|(_, bodies)| !bodies.is_empty())
        .collect();
    if derived.is_empty() {
        return simplify(store, roots);
    }
    let mut all = roots.to_vec();
    all.extend(derived.iter().flat_map(|(_, bodies)| bodies));
    let mut short = simplify(store, &all).into_iter();
    let results: Vec<Id> = short.by_ref().take(roots.len()).collect();
    for (family, _) in derived {
        // In the order of the bodies.
        store.rewrite_family(family, &mut |_, piece| short.next().unwrap_or(piece.body));
    }
    results
}

struct Pass<'a> {
    store: &'a mut Store,
    costs: Costs,
    images: BTreeMap<Id, Id>,
}

impl Pass<'_> {
    /// One bottom-up round.
    fn run(&mut self, roots: &[Id]) -> Vec<Id> {
        let images = &mut self.images;
        for id in self.store.reachable(roots) {
            if images.contains_key(&id) {
                continue;
            }
            let rebuilt = self.store.rebuild(id, &mut |child| images[&child]);
            let image = improve(self.store, &mut self.costs, rebuilt);
            if self.store.is_sealed(id) {
                self.store.seal(image);
            }
            images.insert(id, image);
        }
        roots.iter().map(|root| images[root]).collect()
    }
}

/// The cheapest of the node and what can be made of it.
fn improve(store: &mut Store, costs: &mut Costs, id: Id) -> Id {
    let mut best = id;
    let mut keep = |store: &Store, costs: &mut Costs, candidate: Id| {
        if costs.of(store, candidate) < costs.of(store, best) {
            best = candidate;
        }
    };
    for candidate in law::apply(store, id) {
        keep(store, costs, candidate);
    }
    // What a law takes a sign out of is shorter only together with the sign before it: −sin(−x) = sin(x).
    let (coefficient, core) = store.split_coefficient(id);
    if core != id {
        for candidate in law::apply(store, core) {
            let candidate = store.scale_by(&coefficient, candidate);
            keep(store, costs, candidate);
        }
    }
    if has_sums(store, id) {
        if costs.of(store, id).occurrences <= MOST_OCCURRENCES_TO_EXPAND {
            for opened in std::iter::once(id).chain(expand::expand_each(store, id)) {
                let factored = factor::factor(store, costs, opened);
                keep(store, costs, factored);
                if let Some(expanded) =
                    expand::expand(store, opened).filter(|other| *other != opened)
                {
                    let factored = factor::factor(store, costs, expanded);
                    keep(store, costs, factored);
                }
            }
        } else {
            let factored = factor::factor(store, costs, id);
            keep(store, costs, factored);
        }
    }
    best
}

/// Whether the node is a sum, a product with a sum among its factors, or the trace, total or diagonal of a sum.
fn has_sums(store: &Store, id: Id) -> bool {
    match store.node(id) {
        Node::Sum(_) => true,
        Node::Product(_) | Node::Scale { .. } | Node::Hadamard(_) => {
            store.node(id).children().into_iter().any(|child| {
                let inner = store.as_transpose(child).unwrap_or(child);
                matches!(store.node(inner), Node::Sum(_))
            })
        }
        Node::Trace(inner) | Node::Total(inner) | Node::DiagonalOf(inner) => {
            matches!(store.node(*inner), Node::Sum(_))
        }
        _ => false,
    }
}
