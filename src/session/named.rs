//! Answers in the writer's names: what is defined is a name in the derivatives.

use super::answer::{Answer, Named};
use super::error::{Problem, SessionError};
use super::program::Reading;
use crate::evaluate::{self, Comparison};
use crate::expression::{Id, Piece, Store};
use crate::render;
use crate::shape::Name;
use crate::simplify::{self, Names};
use crate::source::{Fault, Span};

/// Written forms that are compared with the answer at points, and at so many.
const MOST_COMPARED: usize = 40;
const TRIES: u64 = 4;

/// Answers of more nodes are not made short a second time.
const MOST_NODES: usize = 2000;

/// Writes the answer in the names that the program defines. Of the forms with names the shortest is taken: names written into the short
/// form, or the short form of what a sweep found once names are written into that.
///
/// What the names stand for must be the answer: node by node, or at the points of a comparison.
pub(super) fn write(
    reading: &Reading,
    span: Span,
    answer: &mut Answer,
) -> Result<(), SessionError> {
    let mut defined: Vec<(Name, Id)> = Vec::new();
    for (name, id) in &reading.model.definitions {
        if answer.store.family(*id).is_none() {
            // Of several definitions the last one is meant.
            defined.retain(|(other, _)| other != name);
            defined.push((name.clone(), *id));
        }
    }
    if defined.is_empty() {
        return Ok(());
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
    let short = names.write(store, &short);
    let long: Vec<Id> = answer.derivatives.iter().map(|one| one.long).collect();
    let swept = if store.reachable(&long).len() > MOST_NODES {
        short.clone()
    } else {
        let swept = names.write(store, &long);
        simplify::simplify(store, &swept)
    };
    let lengths = |ids: &[Id]| render::lengths(store, ids);
    let pairs = short.iter().zip(&swept).zip(lengths(&short).into_iter().zip(lengths(&swept)));
    let each: Vec<Id> =
        pairs.map(|((a, b), (of_a, of_b))| if of_b < of_a { *b } else { *a }).collect();
    // What several derivatives have in common counts once.
    let length =
        |ids: &Vec<Id>| render::Document::new(&answer.store, ids, &answer.options()).occurrences();
    let Some(best) = [each, short, swept].into_iter().min_by_key(length) else { return Ok(()) };
    let value = (answer.written_value, answer.value);
    let pairs = best.into_iter().zip(answer.derivatives.iter().map(|one| one.id)).chain([value]);
    let mut best = confirmed(&names, &mut answer.store, pairs.collect())
        .map_err(|fault| reading.error(Problem::Fault { fault, span }))?;
    answer.written_value = best.pop().unwrap_or(answer.value);
    let adjoints = adjoints(answer, &best);
    for (derivative, written) in answer.derivatives.iter_mut().zip(best) {
        derivative.written = written;
    }
    if !adjoints.is_empty() {
        answer.shown = Some(Box::new(shown(&answer.store, &names, adjoints)));
    }
    Ok(())
}

/// Each first value where it is the second one with names, otherwise the second.
fn confirmed(names: &Names, store: &mut Store, pairs: Vec<(Id, Id)>) -> Result<Vec<Id>, Fault> {
    let (written, ids): (Vec<Id>, Vec<Id>) = pairs.iter().copied().unzip();
    // A definition may be what varies, and a name in the answer.
    let (meant, known) = (names.meaning(store, &written), names.meaning(store, &ids));
    let mut compared = 0;
    let mut found = Vec::with_capacity(pairs.len());
    for ((written, id), (meant, known)) in pairs.into_iter().zip(meant.into_iter().zip(known)) {
        if meant == known || compared == MOST_COMPARED {
            found.push(if meant == known { written } else { id });
            continue;
        }
        compared += 1;
        found.push(match evaluate::equal(store, meant, store, known, TRIES) {
            Comparison::Equal { .. } => written,
            Comparison::Undecided => id,
            Comparison::Different { relative_error, .. } => {
                let reason = format!("the written form differs by {relative_error:.1e}");
                return Err(Fault::new("writing the answer in the names of definitions", reason));
            }
        });
    }
    Ok(found)
}

/// The store with these formulas in the writer's names.
fn shown(store: &Store, names: &Names, adjoints: Vec<(Id, Vec<Piece>)>) -> Store {
    let mut shown = store.clone();
    for (family, mut pieces) in adjoints {
        for piece in &mut pieces {
            piece.body = names.write_exactly(&mut shown, piece.body);
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
