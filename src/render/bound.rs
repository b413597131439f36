//! Names of bound indices: none that is free in the same line, or bound around it. Read by its rules a line is right with such names, too;
//! by a reader it is not: exp(g[k]ᵀx)/Σ(k in 1..K, …) becomes exp(g[k]ᵀx)/Σ(j in 1..K, …).

use std::collections::BTreeSet;

use super::phrase::Phrase;
use crate::expression::{Node, Store};
use crate::shape::Name;

/// Letters for indices, in the order in which they are tried.
const LETTERS: &[&str] = &["j", "i", "l", "k", "s", "r", "u", "v"];

/// The line with other names for the bound indices that would be taken for free ones; none where there are no such.
pub(super) fn renamed(store: &Store, line: &Phrase) -> Option<Phrase> {
    let mut names = Names::default();
    names.look(line, &mut Vec::new());
    if !names.captures {
        return None;
    }
    let mut taken = names.every;
    taken.extend(declared(store));
    let mut line = line.clone();
    rename(&mut line, &mut Vec::new(), &names.free, &mut taken);
    Some(line)
}

/// Variables and sizes.
fn declared(store: &Store) -> BTreeSet<Name> {
    let mut declared = BTreeSet::new();
    for at in 0..store.len() {
        let id = store.nth(at);
        if let Node::Variable(name) | Node::Family(name) = store.node(id) {
            declared.insert(name.clone());
            declared.extend(store.shape(id).rows().symbols());
            declared.extend(store.shape(id).columns().symbols());
        }
    }
    declared
}

/// What names stand in a line.
#[derive(Default)]
struct Names {
    every: BTreeSet<Name>,
    free: BTreeSet<Name>,
    /// Indices of sums.
    bound: BTreeSet<Name>,
    /// Whether a sum over an index stands where the index has another meaning.
    captures: bool,
}

impl Names {
    fn look(&mut self, phrase: &Phrase, scope: &mut Vec<Name>) {
        match phrase {
            Phrase::Name(name) => {
                self.every.insert(name.clone());
                if !scope.contains(name) {
                    self.free.insert(name.clone());
                }
            }
            // The index of a formula of a family is one for the whole line.
            Phrase::Over(body, index, ends) => {
                self.every.insert(index.clone());
                self.free.insert(index.clone());
                self.look(body, scope);
                ends.iter().for_each(|end| self.look(end, scope));
            }
            Phrase::SumOver(index, ends, body) => {
                self.every.insert(index.clone());
                self.bound.insert(index.clone());
                self.captures |= scope.contains(index);
                ends.iter().for_each(|end| self.look(end, scope));
                scope.push(index.clone());
                self.look(body, scope);
                scope.pop();
            }
            _ => phrase.for_each_part(&mut |part| self.look(part, scope)),
        }
        if scope.is_empty() {
            self.captures |= self.bound.iter().any(|index| self.free.contains(index));
        }
    }
}

fn rename(
    phrase: &mut Phrase,
    scope: &mut Vec<Name>,
    free: &BTreeSet<Name>,
    taken: &mut BTreeSet<Name>,
) {
    let Phrase::SumOver(index, ends, body) = phrase else {
        phrase.for_each_part_mut(&mut |part| rename(part, scope, free, taken));
        return;
    };
    ends.iter_mut().for_each(|end| rename(end, scope, free, taken));
    if free.contains(index) || scope.contains(index) {
        let fresh = fresh(index, taken, scope);
        replace(body, index, &fresh);
        *index = fresh;
    }
    scope.push(index.clone());
    rename(body, scope, free, taken);
    scope.pop();
}

/// A letter that is not taken, nor bound around the place. Sums side by side may share it.
fn fresh(index: &Name, taken: &BTreeSet<Name>, scope: &[Name]) -> Name {
    let numbered = (1_u64..).map(|number| format!("{index}{number}"));
    let letters = LETTERS.iter().map(|letter| (*letter).to_owned());
    let mut free = letters.chain(numbered).filter(|letter| {
        !taken.contains(letter.as_str()) && !scope.iter().any(|bound| **bound == **letter)
    });
    Name::from(free.next().unwrap_or_default())
}

/// Another name for a free index.
fn replace(phrase: &mut Phrase, index: &Name, by: &Name) {
    match phrase {
        Phrase::Name(name) if name == index => *name = by.clone(),
        // Inside another one is meant.
        Phrase::SumOver(inner, ends, _) if inner == index => {
            ends.iter_mut().for_each(|end| replace(end, index, by));
        }
        _ => phrase.for_each_part_mut(&mut |part| replace(part, index, by)),
    }
}
