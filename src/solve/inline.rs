//! The formulas of families put in for their elements: h[i] = a + b·x[i] holds the unknowns a and b.

use std::collections::BTreeMap;

use crate::expression::{Id, Node, Store};

/// The value with each element of a family replaced that has one formula, no recurrence, in which an unknown stands.
pub(super) fn inlined(store: &mut Store, root: Id, unknowns: &[Id]) -> Id {
    let mut root = root;
    // A formula may hold elements of other families: as many rounds as there are families reach them all.
    for _ in 0..=store.families().count() {
        let before = root;
        root = once(store, root, unknowns);
        if root == before {
            break;
        }
    }
    root
}

fn once(store: &mut Store, root: Id, unknowns: &[Id]) -> Id {
    let mut images: BTreeMap<Id, Id> = BTreeMap::new();
    for id in store.reachable(&[root]) {
        let image = match store.node(id).clone() {
            Node::Element(family, at) => match formula(store, family, unknowns) {
                Some(body) => store.formula_at(family, body, &at),
                None => id,
            },
            _ => store.rebuild(id, &mut |child| images.get(&child).copied().unwrap_or(child)),
        };
        images.insert(id, image);
    }
    images.get(&root).copied().unwrap_or(root)
}

/// The only formula of a family.
fn formula(store: &Store, family: Id, unknowns: &[Id]) -> Option<Id> {
    let known = store.family(family)?;
    let [piece] = known.pieces.as_slice() else { return None };
    let below = store.closure(&[piece.body]);
    let holds = |id: &Id| below.binary_search(id).is_ok();
    (!holds(&family) && unknowns.iter().any(holds)).then_some(piece.body)
}
