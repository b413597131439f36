//! Index notation: a matrix by the formula for its entry (i, j), products as sums over an index.
//!
//! `translate` turns expressions into formulas in indices, `contract` sums over indices, `letters` gives the indices their
//! letters, `write` sets brackets, and `script` knows how Unicode and LaTeX look. What has no formula in indices stands as an entry
//! of a value in matrix notation: `(A⁻¹)_ij`.

mod contract;
mod formula;
mod letters;
mod script;
mod translate;
mod write;

pub use formula::{Base, Factor, Formula, Index, Monomial};
pub use script::Script;
pub use write::{Line, Page, Part};

use super::{Definition, Document, family};
use crate::expression::Id;
use crate::shape::{Dimension, Name};
use translate::Translator;

/// The formula for an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Indexed {
    /// What the formula writes out.
    pub root: Id,
    /// The formula.
    pub formula: Formula,
    /// The indices of the entry: row before column, none where there is one row or column only.
    pub of: Vec<Index>,
    /// Of a derivative, the indices of the entry of the variable.
    pub by: Vec<Index>,
    /// The range of every index.
    pub ranges: Vec<Dimension>,
}

impl Document<'_> {
    /// The formula for the entries of a root, or of the right side of a definition; named parts below it stand as values.
    pub fn entry(&self, id: Id) -> Indexed {
        Translator::new(self).entry_of(id)
    }

    /// The formulas that a root is written by: those of a family, or itself.
    pub fn formulas(&self, root: Id) -> Vec<Definition> {
        let formulas = family::definitions(self.store, root);
        if formulas.is_empty() {
            return vec![Definition { name: Name::from(""), id: root, ranges: Vec::new() }];
        }
        formulas
    }

    /// The formula for the derivative of the entries of F by the entries of X, out of dF as a map linear in dX. None when dX stands
    /// inside a value that has no formula in indices.
    pub fn partial(&self, map: Id, direction: Id) -> Option<Indexed> {
        Translator::new(self).partial_of(map, direction)
    }
}
