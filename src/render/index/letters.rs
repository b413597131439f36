//! Letters for indices: none that a variable or size has, and on one page each letter counts over one range only.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::expression::{Node, Store};
use crate::render::Document;
use crate::shape::{Dimension, Name, Shape};

/// In the order in which they are given; after them `i1`, `i2`, ….
const POOL: &[&str] =
    &["i", "j", "k", "l", "p", "q", "r", "s", "t", "u", "v", "w", "a", "b", "c", "g", "h"];

/// The letters of a page.
#[derive(Clone, Debug)]
pub(super) struct Letters {
    taken: Arc<BTreeSet<Name>>,
    /// Which range a letter counts over, in the order in which they were given.
    given: Vec<(String, Dimension)>,
}

impl Letters {
    /// `names` are those of the page that are not in the document.
    pub(super) fn new(document: &Document<'_>, names: &[Name]) -> Self {
        let store = document.store;
        let mut found: Vec<Name> = names.to_vec();
        let mut add = |size: &Dimension| {
            found.extend(size.symbols());
            found.extend(size.families());
        };
        for id in store.reachable(&document.texts()) {
            store.shape(id).dimensions().iter().for_each(&mut add);
            match store.node(id) {
                Node::Size(size) => add(size),
                Node::Element(_, place) => place.values().for_each(&mut add),
                Node::SumOver(range, _) => {
                    add(&Dimension::symbol(range.index.clone()));
                    add(&range.from);
                    add(&range.to);
                }
                Node::Variable(name) | Node::Family(name) => {
                    add(&Dimension::symbol(name.clone()));
                }
                Node::Number(_)
                | Node::Identity(_)
                | Node::Ones(..)
                | Node::Zeros(..)
                | Node::Commutation(..)
                | Node::Selection(_)
                | Node::Sum(_)
                | Node::Product(_)
                | Node::Scale { .. }
                | Node::Hadamard(_)
                | Node::Transpose(_)
                | Node::Inverse(_)
                | Node::MatrixPower(..)
                | Node::Trace(_)
                | Node::Determinant(_)
                | Node::Total(_)
                | Node::Diagonal(_)
                | Node::DiagonalOf(_)
                | Node::Vectorize(_)
                | Node::Kronecker(..)
                | Node::Tensor { .. }
                | Node::Apply { .. } => {}
            }
        }
        // Beside a variable x_i, an entry of x would be read as that variable.
        let parts = found.iter().flat_map(|name| name.split('_')).map(Name::from);
        let taken: BTreeSet<Name> = parts.chain(found.iter().cloned()).collect();
        Self { taken: taken.into(), given: Vec::new() }
    }

    /// Gives the rows and columns of a matrix their letters: i and j, if these are free.
    pub(super) fn prefer(&mut self, store: &Store, shape: &Shape, names: &[Name]) {
        let declared = || names.iter().filter_map(|name| store.find_variable(name));
        let is_matrix = |shape: &Shape| {
            matches!(shape, Shape::Matrix(..)) && !shape.is_column() && !shape.is_row()
        };
        let fits = |other: &Shape| {
            is_matrix(other) && (other.rows() == shape.rows() || other.columns() == shape.rows())
        };
        let found = if is_matrix(shape) {
            Some(shape.clone())
        } else {
            declared().map(|id| store.shape(id).clone()).find(fits)
        };
        if let Some(found) = found {
            let first = self.letter(&found.rows(), &[]);
            if found.rows() != found.columns() {
                self.letter(&found.columns(), &[first]);
            }
        }
    }

    /// A letter for an index over the range, none of those in use around it.
    pub(super) fn letter(&mut self, range: &Dimension, around: &[String]) -> String {
        let owner = |letter: &str| self.given.iter().find(|(given, _)| given == letter);
        let fits = |letter: &str| {
            !self.taken.contains(letter)
                && !around.iter().any(|other| other == letter)
                && owner(letter).is_none_or(|(_, owner)| owner == range)
        };
        let short = POOL.iter().map(|letter| (*letter).to_owned());
        let numbered = (1..).map(|number: u64| format!("i{number}"));
        let letter = short.chain(numbered).find(|letter| fits(letter)).unwrap_or_default();
        if owner(&letter).is_none() {
            self.given.push((letter.clone(), range.clone()));
        }
        letter
    }

    /// The letters among these, with their ranges: a range once, with all its letters.
    pub(super) fn ranges(&self, used: &BTreeSet<String>) -> Vec<(Vec<String>, Dimension)> {
        let mut ranges: Vec<(Vec<String>, Dimension)> = Vec::new();
        for (letter, range) in self.given.iter().filter(|(letter, _)| used.contains(letter)) {
            match ranges.iter_mut().find(|(_, known)| known == range) {
                Some((letters, _)) => letters.push(letter.clone()),
                None => ranges.push((vec![letter.clone()], range.clone())),
            }
        }
        ranges
    }
}
