//! Parts of expressions: what lies inside a loop over an index, and what outside.

use std::collections::BTreeSet;

use super::{Id, Node, Store};

/// The nodes that a node is computed from; those of a sum are the ones that do not depend on its index.
pub(crate) fn operands(store: &Store, id: Id) -> Vec<Id> {
    match store.node(id) {
        Node::Element(..) | Node::Family(_) => Vec::new(),
        Node::SumOver(range, body) => {
            outside(store, &[*body], &|id| store.mentions(id, &range.index))
        }
        node => node.children(),
    }
}

/// The largest parts of values that are not inside.
pub(crate) fn outside(store: &Store, roots: &[Id], inside: &dyn Fn(Id) -> bool) -> Vec<Id> {
    let below = |id: &Id| if inside(*id) { operands(store, *id) } else { Vec::new() };
    in_order(roots, &below).into_iter().filter(|id| !inside(*id)).collect()
}

/// The parts of values that are inside, operands first.
pub(crate) fn inside_nodes(store: &Store, roots: &[Id], inside: &dyn Fn(Id) -> bool) -> Vec<Id> {
    let below = |id: &Id| if inside(*id) { operands(store, *id) } else { Vec::new() };
    in_order(roots, &below).into_iter().filter(|id| inside(*id)).collect()
}

/// The nodes that depend on elements of the families that are meant.
pub(crate) fn dependents(
    store: &Store,
    roots: &[Id],
    is_meant: &dyn Fn(Id) -> bool,
) -> BTreeSet<Id> {
    let mut found = BTreeSet::new();
    for id in store.reachable(roots) {
        let mut depends = matches!(store.node(id), Node::Element(family, _) if is_meant(*family));
        store.node(id).for_each_child(|child| depends |= found.contains(&child));
        if depends {
            found.insert(id);
        }
    }
    found
}

/// The items that the roots need, each after those that `operands` says it needs, roots in order. No recursion.
pub(crate) fn in_order<T: Ord + Clone>(roots: &[T], operands: &dyn Fn(&T) -> Vec<T>) -> Vec<T> {
    let mut order = Vec::new();
    let mut done: BTreeSet<T> = BTreeSet::new();
    let mut opened: BTreeSet<T> = BTreeSet::new();
    let mut stack: Vec<T> = roots.iter().rev().cloned().collect();
    while let Some(item) = stack.pop() {
        if done.contains(&item) {
            continue;
        }
        if opened.insert(item.clone()) {
            let missing: Vec<T> =
                operands(&item).into_iter().filter(|operand| !opened.contains(operand)).collect();
            stack.push(item);
            stack.extend(missing.into_iter().rev());
        } else {
            done.insert(item.clone());
            order.push(item);
        }
    }
    order
}
