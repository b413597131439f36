//! Answers in the writer's names: what is defined is a name in the derivatives.

use super::answer::{Answer, Named};
use super::program::Reading;
use crate::expression::Id;
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
        let (value, leaf) = names.define(store, &name, [id, short]);
        if id == answer.original {
            // The value is not written as its own name.
            (answer.written_value, is_named) = (value, true);
        }
        if let Some(leaf) = leaf {
            answer.names.push(Named { name, id: leaf, value });
        }
    }
    if !is_named {
        answer.written_value = names.write(store, &[answer.value])[0];
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
    for (derivative, written) in answer.derivatives.iter_mut().zip(best) {
        derivative.written = written;
    }
}
