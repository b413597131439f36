//! A differential as a sum of terms in each of which dX stands once: `A dX B + C dXᵀ D`.

use std::collections::BTreeMap;

use crate::expression::{Id, Node, Power, Store};
use crate::number::{self, Rational};

/// With more terms the differential is read better as it is.
const MOST_TERMS: usize = 24;

/// A multiple of an expression.
type Multiple = (Rational, Id);

/// The terms of an expression that is linear in the directions, with no sum of differentials left inside a product; the expression
/// itself where that takes too many terms.
pub fn terms_of_map(store: &mut Store, linear: Id, directions: &[Id]) -> Vec<(Rational, Id)> {
    let mut terms: BTreeMap<Id, Vec<Multiple>> = BTreeMap::new();
    for id in store.reachable(&[linear]) {
        if directions.contains(&id) {
            terms.insert(id, vec![(number::one(), id)]);
            continue;
        }
        let children = store.node(id).children();
        let moving: Vec<Id> = children.into_iter().filter(|id| terms.contains_key(id)).collect();
        if moving.is_empty() {
            continue;
        }
        let found = open(store, id, &moving, &terms);
        if found.len() > MOST_TERMS {
            return vec![(number::one(), linear)];
        }
        terms.insert(id, found);
    }
    terms.remove(&linear).unwrap_or_else(|| vec![(number::one(), linear)])
}

/// The terms of an operator from those of its moving operands: of one operand, or of several in a sum.
fn open(
    store: &mut Store,
    id: Id,
    moving: &[Id],
    terms: &BTreeMap<Id, Vec<Multiple>>,
) -> Vec<Multiple> {
    let node = store.node(id).clone();
    let shape = store.shape(id).clone();
    let whole = || vec![(number::one(), id)];
    if let Node::Sum(sum) = &node {
        let mut all = Vec::new();
        for term in sum {
            let inner = terms.get(&term.id).into_iter().flatten();
            all.extend(inner.map(|(coefficient, id)| (coefficient * &term.coefficient, *id)));
        }
        return all;
    }
    let [operand] = moving else { return whole() };
    let mut all = Vec::new();
    for (coefficient, term) in &terms[operand] {
        let built = match &node {
            Node::Hadamard(powers) => {
                let swapped = |power: &Power| {
                    let base = if power.base == *operand { *term } else { power.base };
                    Power { base, exponent: power.exponent }
                };
                let powers: Vec<Power> = powers.iter().map(swapped).collect();
                store.power_product(&powers, &shape)
            }
            _ => store.build(&node, &shape, &mut |child| {
                if child == *operand { *term } else { child }
            }),
        };
        all.push((coefficient.clone(), built));
    }
    all
}
