//! Families that an answer brings with it: their formulas as lines of their own, `δ[l] = … for l in 1..L-1`.

use std::collections::BTreeSet;

use super::phrase::Phrase;
use super::{Definition, Options};
use crate::expression::{Family, Id, Node, Piece, Range, Store, Walk};
use crate::shape::{Dimension, Name};

/// The families behind the roots whose formulas the reader does not know, users before what they use.
pub(super) fn unknown(store: &Store, roots: &[Id], options: &Options) -> Vec<Id> {
    let mut found = Vec::new();
    if store.families().next().is_none() {
        return found;
    }
    let mut open: Vec<Id> = roots.to_vec();
    let mut seen: BTreeSet<Id> = roots.iter().copied().collect();
    let mut walk = Walk::new();
    while let Some(next) = open.pop() {
        let bodies = match store.family(next) {
            Some(family) => family.pieces.iter().map(|piece| piece.body).collect(),
            None => vec![next],
        };
        let mut inner: Vec<Id> = walk
            .from(store, &bodies)
            .into_iter()
            .filter(|id| is_unknown(store, *id, options) && seen.insert(*id))
            .collect();
        found.extend(&inner);
        open.append(&mut inner);
    }
    found
}

fn is_unknown(store: &Store, id: Id, options: &Options) -> bool {
    let Node::Family(name) = store.node(id) else { return false };
    let is_derived = store.family(id).is_some_and(|family| !family.is_variable());
    is_derived && !options.known.contains(name) && !options.variables.contains(name)
}

/// The formulas of a family, the last first where it runs backwards.
pub(super) fn definitions(store: &Store, id: Id) -> Vec<Definition> {
    let Some(family) = store.family(id) else { return Vec::new() };
    let mut definitions: Vec<Definition> =
        family.pieces.iter().map(|piece| definition(family, piece)).collect();
    if runs_backwards(store, id, family) {
        definitions.reverse();
    }
    definitions
}

fn definition(family: &Family, piece: &Piece) -> Definition {
    let ranges = family.ranges_of(piece).into_iter().filter(|range| range.from != range.to);
    Definition { name: element_name(family, piece), id: piece.body, ranges: ranges.collect() }
}

/// `h[t]`; an index of which there is one value is that value.
fn element_name(family: &Family, piece: &Piece) -> Name {
    Name::from(format!("{}[{}]", family.name, family.place_of(piece)))
}

/// Single values among several formulas, which have no left side to say so, get a range of one.
pub(super) fn say_places(store: &Store, id: Id, definitions: &mut [Definition]) {
    let Some(family) = store.family(id) else { return };
    let several = definitions.len() > 1;
    for definition in definitions.iter_mut().filter(|_| several) {
        let mut pieces = family.pieces.iter();
        let piece = pieces.find(|piece| definition.name == element_name(family, piece));
        definition.ranges = piece.map(|piece| family.ranges_of(piece)).unwrap_or_default();
    }
}

/// Whether a formula uses a later element of its own family.
fn runs_backwards(store: &Store, id: Id, family: &Family) -> bool {
    let index = Dimension::symbol(family.index.clone());
    family.pieces.iter().any(|piece| {
        store.reachable(&[piece.body]).into_iter().any(|inner| match store.node(inner) {
            Node::Element(of, place) => {
                let ahead = |at: &Dimension| at.minus(&index).as_constant();
                *of == id && place.only().and_then(ahead).is_some_and(|ahead| ahead > 0)
            }
            _ => false,
        })
    })
}

/// A formula with the ranges of its indices.
pub(super) fn over(phrase: Phrase, ranges: &[Range]) -> Phrase {
    ranges.iter().fold(phrase, |phrase, range| {
        let ends = [Phrase::size(&range.from), Phrase::size(&range.to)].into();
        Phrase::Over(phrase.into(), range.index.clone(), ends)
    })
}
