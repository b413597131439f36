//! What is said beside an answer of the functions in it: what they are, and where their derivatives hold.

use super::answer::Note;
use crate::expression::{Id, Node, Property, Store};
use crate::function::Domain;
use crate::render::{Document, Notation, Options};

/// What the functions in answers mean, where a reader may not know it.
pub(super) fn meaning(store: &Store, ids: &[Id]) -> Vec<Note> {
    let mut notes = Vec::new();
    for id in store.reachable(ids) {
        let note = match store.node(id) {
            Node::Apply { function, .. } if !function.row().meaning.is_empty() => {
                Note::Meaning(function.row().meaning)
            }
            Node::MatrixPower(_, exponent) => {
                let names = store.reachable(&[*exponent]).into_iter();
                let name = names.filter_map(|id| match store.node(id) {
                    Node::Variable(name) => Some(name.to_string()),
                    _ => None,
                });
                let Some(name) = name.min() else { continue };
                Note::WholeExponent(name)
            }
            _ => continue,
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

/// A determinant has derivatives at singular matrices, too, but not by the formula with the inverse.
pub(super) fn invertible(store: &Store, of: Id, derivatives: &[Id]) -> Vec<Note> {
    let below = store.closure(&[of]);
    let inverted = |ids: &[Id], matrix: Id| {
        ids.iter().any(|id| matches!(store.node(*id), Node::Inverse(inner) if *inner == matrix))
    };
    let mut notes = Vec::new();
    let found = store.closure(derivatives);
    for id in &below {
        let Node::Determinant(matrix) = *store.node(*id) else { continue };
        // Where the logarithm has a value, so has the inverse.
        let mut users = below.iter().filter(|user| store.node(**user).children().contains(id));
        let is_defined = store.properties(matrix).has(Property::Invertible)
            || users.all(|user| matches!(store.node(*user), Node::Apply { .. })) && *id != of;
        if !is_defined && inverted(&found, matrix) && !inverted(&below, matrix) {
            let document = Document::new(store, &[matrix], &Options::default());
            notes.push(Note::Invertible(document.formula(matrix, Notation::Ascii).text));
        }
    }
    notes
}

/// Where the derivatives of a formula hold.
pub(super) struct Conditions(Vec<(Id, String)>);

/// The conditions of the functions among these nodes.
pub(super) fn conditions(store: &Store, nodes: &[Id]) -> Conditions {
    let mut found = Vec::new();
    for id in nodes {
        let Node::Apply { function, arguments } = store.node(*id) else { continue };
        let (Some(condition), Some(first)) = (function.row().condition, arguments.first()) else {
            continue;
        };
        let definite = store.properties(*first).has(Property::PositiveDefinite);
        if !(definite && condition.unless == Domain::Definite) {
            let document = Document::new(store, &[*first], &Options::default());
            let text = document.formula(*first, Notation::Ascii).text;
            found.push((*id, condition.words.replace("{}", &text)));
        }
    }
    Conditions(found)
}

impl Conditions {
    /// Those of what depends on the variable, each once.
    pub(super) fn of(&self, store: &Store, variable: Id) -> Vec<Note> {
        let mut notes = Vec::new();
        for (id, words) in &self.0 {
            let note = Note::Condition(words.clone());
            if !notes.contains(&note) && store.closure(&[*id]).contains(&variable) {
                notes.push(note);
            }
        }
        notes
    }
}
