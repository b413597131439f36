//! Families: values that depend on an index, `x[t]`, given as variables or defined by formulas, recurrences among them.
//!
//! A family is a leaf; an element of it is a node over that leaf. The definition stands beside the DAG, so that a recurrence,
//! whose formula holds elements of its own family, makes no cycle in it.

use super::{Id, Properties};
use crate::shape::{Dimension, Name, Shape};

/// An index and the values it takes, both ends included; none when `to` is less than `from`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// The index.
    pub index: Name,
    /// Its first value.
    pub from: Dimension,
    /// Its last value.
    pub to: Dimension,
}

impl Range {
    /// The number of values.
    pub fn length(&self) -> Dimension {
        self.to.minus(&self.from).plus(&Dimension::one())
    }

    /// The range with its ends replaced; the index stays.
    #[must_use]
    pub fn map_sizes(&self, size: &dyn Fn(&Dimension) -> Dimension) -> Self {
        Self { index: self.index.clone(), from: size(&self.from), to: size(&self.to) }
    }
}

/// The formula of a family for some values of its index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The first value.
    pub from: Dimension,
    /// The last value; a single value where it equals the first.
    pub to: Dimension,
    /// The formula, in the family's index.
    pub body: Id,
}

impl Piece {
    /// Whether the piece is for a single value of the index.
    pub fn is_single(&self) -> bool {
        self.from == self.to
    }
}

/// The formulas of a family for one length that is too short for its other ones: there the first and the last places overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    /// The size that says how long.
    pub size: Name,
    /// Its value.
    pub length: i64,
    /// The formulas; their ends hold that size still.
    pub pieces: Vec<Piece>,
}

impl Short {
    /// The value of a size that holds no other symbol.
    pub fn number(&self, size: &Dimension) -> Option<i64> {
        size.evaluate(&|name| (*name == self.size).then_some(self.length))
    }
}

/// The range that everything which is added up in the elements of a family runs over: where it is empty, each element is zero,
/// whatever the formulas say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// The first value.
    pub from: Dimension,
    /// The last value.
    pub to: Dimension,
    /// The zero of an element's shape.
    pub zero: Id,
}

/// A family.
#[derive(Clone, Debug)]
pub struct Family {
    /// Its name.
    pub name: Name,
    /// What its shape and its formulas call the index.
    pub index: Name,
    /// The shape of an element.
    pub shape: Shape,
    /// What is known of every element.
    pub properties: Properties,
    /// The values that the index takes: of a variable, those at which elements exist.
    pub from: Dimension,
    /// The last of them.
    pub to: Dimension,
    /// The formulas, none for a variable; single values and ranges, which do not overlap, in ascending order.
    pub pieces: Vec<Piece>,
    /// Where the formulas hold, if not wherever they can be read: those of a derivative for the first and the last place name what
    /// is not there where nothing is summed up.
    pub support: Option<Support>,
    /// The formulas for lengths that are shorter than those of `pieces`, in ascending order.
    pub short: Vec<Short>,
}

impl Family {
    /// Whether elements are given, not computed.
    pub fn is_variable(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The formulas, those for short lengths included.
    pub fn bodies(&self) -> Vec<Id> {
        let short = self.short.iter().flat_map(|short| &short.pieces);
        self.pieces.iter().chain(short).map(|piece| piece.body).collect()
    }

    /// The formulas for the length that a size has.
    pub fn pieces_at(&self, number: &dyn Fn(&Name) -> Option<i64>) -> &[Piece] {
        let fits = |short: &&Short| number(&short.size) == Some(short.length);
        self.short.iter().find(fits).map_or(&self.pieces, |short| &short.pieces)
    }

    /// The first length that `pieces` hold for, with its size; none where they hold for all.
    pub fn long(&self) -> Option<(Name, i64)> {
        self.short.last().map(|short| (short.size.clone(), short.length + 1))
    }

    /// The range of the index.
    pub fn range(&self) -> Range {
        Range { index: self.index.clone(), from: self.from.clone(), to: self.to.clone() }
    }
}
