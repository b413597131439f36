//! Answers in the writer's names: what is defined is a name in the derivatives.

use super::answer::{Answer, Named};
use super::program::Reading;
use crate::expression::{Id, Piece, Store};
use crate::render;
use crate::shape::Name;
use crate::simplify::{self, Names};

/// Answers of more nodes are not made short a second time.
const MOST_NODES: usize = 2000;

/// Writes the answer in the names that the program defines. Of the forms with names the shortest is taken: names written into the short
/// form, or the short form of what a sweep found once names are written into that.
pub(super) fn write(reading: &Reading, answer: &mut Answer) {
    let mut defined: Vec<(Name, Id)> = Vec::new();
    for (name, id) in &reading.model.definitions {
        if answer.store.family(*id).is_none() {
            // Of several definitions the last one is meant.
            defined.retain(|(other, _)| other != name);
            defined.push((name.clone(), *id));
        }
    }
    if defined.is_empty() {
        for derivative in &mut answer.derivatives {
            derivative.written = derivative.id;
        }
        return;
    }
    let store = &mut answer.store;
    let values: Vec<Id> = defined.iter().map(|(_, id)| *id).collect();
    let short = simplify::simplify(store, &values);
    let mut names = Names::default();
    let mut is_named = false;
    for ((name, id), short) in defined.into_iter().zip(short) {
        if id == answer.original || *name == *answer.formula {
            // The value is not written as its own name, nor does its derivation start from that.
            answer.written_value = names.write(store, &[answer.value])[0];
            answer.writer = names.clone();
            is_named = true;
        }
        let (value, leaf) = names.define(store, &name, [id, short]);
        if let Some(leaf) = leaf {
            answer.names.push(Named { name, id: leaf, value });
        }
    }
    if !is_named {
        answer.written_value = names.write(store, &[answer.value])[0];
        answer.writer = names.clone();
    }
    let short: Vec<Id> = answer.derivatives.iter().map(|one| one.id).collect();
    let swept: Vec<Id> = answer.derivatives.iter().map(|one| one.written).collect();
    let short = names.write(store, &short);
    let swept = if store.reachable(&swept).len() > MOST_NODES {
        short.clone()
    } else {
        let swept = names.write(store, &swept);
        simplify::simplify(store, &swept)
    };
    let lengths = |ids: &[Id]| render::lengths(store, ids);
    let pairs = short.iter().zip(&swept).zip(lengths(&short).into_iter().zip(lengths(&swept)));
    let each: Vec<Id> =
        pairs.map(|((a, b), (of_a, of_b))| if of_b < of_a { *b } else { *a }).collect();
    // What several derivatives have in common counts once.
    let length =
        |ids: &Vec<Id>| render::Document::new(&answer.store, ids, &answer.options()).occurrences();
    let Some(best) = [each, short, swept].into_iter().min_by_key(length) else { return };
    let adjoints = adjoints(answer, &best);
    for (derivative, written) in answer.derivatives.iter_mut().zip(best) {
        derivative.written = written;
    }
    if !adjoints.is_empty() {
        answer.shown = Some(Box::new(shown(&answer.store, &names, adjoints)));
    }
}

/// The store with these formulas in the writer's names.
fn shown(store: &Store, names: &Names, adjoints: Vec<(Id, Vec<Piece>)>) -> Store {
    let mut shown = store.clone();
    for (family, mut pieces) in adjoints {
        for piece in &mut pieces {
            piece.body = names.write(&mut shown, &[piece.body])[0];
        }
        shown.define_family(family, pieces);
    }
    shown
}

/// The families behind the derivatives that are not the writer's, with their formulas.
fn adjoints(answer: &Answer, ids: &[Id]) -> Vec<(Id, Vec<Piece>)> {
    let store = &answer.store;
    let families = store.closure(ids).into_iter().filter_map(|id| Some((id, store.family(id)?)));
    let derived = families.filter(|(_, family)| !answer.known.contains(&family.name));
    derived.filter(|(_, it)| !it.is_variable()).map(|(id, it)| (id, it.pieces.clone())).collect()
}
