//! From which lengths on an answer holds: x[2] is there for n ≥ 2, and pieces at both ends must not overlap.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Note;
use crate::expression::{Id, Node, Store};
use crate::shape::{Dimension, Name, Symbol};

/// The smallest values of symbols.
type Least = BTreeMap<Name, i64>;

/// What is to be said of a derivative of `question`: lengths that it needs and the question does not.
pub(super) fn lengths(store: &Store, question: Id, derivative: Id) -> Vec<Note> {
    let asked = needed(store, question);
    let sizes: BTreeSet<Name> = store
        .closure(&[question])
        .into_iter()
        .filter(|id| matches!(store.node(*id), Node::Variable(_) | Node::Family(_)))
        .flat_map(|id| store.shape(id).dimensions())
        .flat_map(|size| size.symbols())
        .collect();
    let mut notes = Vec::new();
    for (name, least) in needed(store, derivative) {
        let known = asked.get(&name).copied().unwrap_or(0).max(i64::from(sizes.contains(&name)));
        if least > known {
            notes.push(Note::Length(name.to_string(), least));
            notes.extend(zeros(store, derivative, &name, known));
        }
    }
    notes
}

/// What is zero where the size is too small for anything to be summed up.
fn zeros(store: &Store, derivative: Id, size: &Name, known: i64) -> Vec<Note> {
    let mut notes = Vec::new();
    for id in store.closure(&[derivative]) {
        let Some(family) = store.family(id) else { continue };
        let Some(support) = &family.support else { continue };
        let mut least = Least::new();
        require(&mut least, &support.to.minus(&support.from));
        if let Some(below) = least.get(size).filter(|below| **below > known) {
            let what = if id == derivative {
                "it".to_owned()
            } else {
                format!("{}[{}]", family.name, family.place())
            };
            notes.push(Note::Zero(what, size.to_string(), *below));
        }
    }
    notes
}

/// The lengths at which everything that a value names exists.
fn needed(store: &Store, root: Id) -> Least {
    let defined: Vec<Id> =
        store.closure(&[root]).into_iter().filter(|id| store.family(*id).is_some()).collect();
    let mut families: BTreeMap<Id, Least> = BTreeMap::new();
    // Formulas that need one another: until nothing changes.
    loop {
        let mut changed = false;
        for id in &defined {
            let least = of_family(store, &families, *id);
            changed |= families.get(id) != Some(&least);
            families.insert(*id, least);
        }
        if !changed {
            break;
        }
    }
    families.get(&root).cloned().unwrap_or_else(|| of_value(store, &families, root, &[]))
}

/// What a value needs in which indices are bound. Sums stand in one another no deeper than they were typed.
fn of_value(store: &Store, families: &BTreeMap<Id, Least>, root: Id, bound: &[Name]) -> Least {
    let mut least = Least::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        match store.node(id) {
            Node::Element(family, at) => {
                merge(&mut least, families.get(family).cloned().unwrap_or_default());
                let is_free = !bound.iter().any(|index| at.mentions(index));
                if let (Some(known), true) = (store.family(*family), is_free) {
                    for (range, value) in known.ranges().iter().zip(at.values()) {
                        let range = range.map_sizes(&|size| known.size_at(size, at));
                        require(&mut least, &value.minus(&range.from));
                        require(&mut least, &range.to.minus(value));
                    }
                }
            }
            Node::SumOver(range, body) => {
                let mut inner = bound.to_vec();
                inner.push(range.index.clone());
                let inside = of_value(store, families, *body, &inner);
                merge(&mut least, where_not_empty(inside, &range.to.minus(&range.from)));
            }
            node => open.extend(node.children()),
        }
    }
    least
}

/// What the elements of a family need: pieces in order, each with what it names where it is not empty.
fn of_family(store: &Store, families: &BTreeMap<Id, Least>, id: Id) -> Least {
    let mut least = Least::new();
    let Some(family) = store.family(id) else { return least };
    for piece in &family.pieces {
        // Pieces of a family with several indices stand in no order.
        if !family.is_nested() {
            require(&mut least, &piece.to.minus(&piece.from).plus(&Dimension::one()));
        }
        let ranges = family.ranges_of(piece);
        let bound = ranges.iter().filter(|range| range.from != range.to);
        let bound: Vec<Name> = bound.map(|range| range.index.clone()).collect();
        let mut inside = of_value(store, families, piece.body, &bound);
        for range in &ranges {
            inside = where_not_empty(inside, &range.to.minus(&range.from));
        }
        merge(&mut least, inside);
    }
    least
}

/// What is needed where a range of that length, less one, is not empty.
fn where_not_empty(inside: Least, length: &Dimension) -> Least {
    let mut alone = Least::new();
    require(&mut alone, length);
    let known = |name: &Name| alone.get(name).copied();
    inside
        .into_iter()
        .filter(|(name, least)| known(name).is_none_or(|known| *least > known))
        .collect()
}

fn merge(into: &mut Least, other: Least) {
    for (name, least) in other {
        let known = into.entry(name).or_insert(least);
        *known = least.max(*known);
    }
}

/// The size must not be negative: T − 5 says T ≥ 5.
fn require(least: &mut Least, size: &Dimension) {
    let mut name = None;
    let mut constant = 0;
    for (coefficient, symbols) in size.terms() {
        match (coefficient, symbols) {
            (value, []) => constant = value,
            (1, [Symbol::Name(symbol)]) if name.is_none() => name = Some(symbol.clone()),
            // What falls with a size, or depends on two, is no smallest length.
            _ => return,
        }
    }
    if let Some(name) = name {
        merge(least, Least::from([(name, -constant)]));
    }
}
