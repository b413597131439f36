//! Typed nodes with their shapes: how they are made of others, and what is asked of them. Nothing here knows what a name means.
//!
//! | module | holds |
//! |---|---|
//! | `typed` | what a typed node is |
//! | `size` | unknown sizes, found by unification |
//! | `operator` | shapes of operators |
//! | `structural` | operators that are written as functions |
//! | `signature` | functions of the table |
//! | `paper` | what paper notation leaves to the shapes |
//! | `tensor` | operations on tensors |

mod condition;
mod operator;
mod paper;
mod part;
mod signature;
mod size;
mod structural;
mod tensor;
mod typed;

pub(crate) use signature::shapes_of;
pub(super) use signature::{is_constant, is_of_symmetric};
pub(super) use size::Sizes;
pub(super) use tensor::TensorCall;
pub(super) use typed::{Bounds, Extent, Leaf, Operation, Place, Range, Typed};

use std::collections::BTreeMap;

use num_traits::Zero;

use super::error::ElaborateError;
use crate::number::Rational;
use crate::shape::{Dimension, Shape};
use crate::source::Span;

/// The typed nodes of a program, and what is known of their sizes.
#[derive(Default)]
pub(super) struct Typer {
    pub(super) sizes: Sizes,
    typed: Vec<Typed>,
    /// How often a definition's value is used.
    uses: BTreeMap<Place, usize>,
    /// How something was read.
    pub(super) notes: Vec<String>,
}

impl Typer {
    /// `notes`: how the text was read.
    pub(super) fn new(notes: Vec<String>) -> Self {
        Self { notes, ..Self::default() }
    }

    /// All nodes, operands before what uses them.
    pub(super) fn nodes(&self) -> &[Typed] {
        &self.typed
    }

    pub(super) fn node(&self, place: Place) -> &Typed {
        &self.typed[place]
    }

    pub(super) fn span(&self, place: Place) -> Span {
        self.typed[place].span
    }

    /// Remembers how something was read, once.
    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(super) fn push(&mut self, operation: Operation, extent: Extent, span: Span) -> Place {
        self.push_known(operation, extent, span, None)
    }

    /// `constant`: the value, where the text alone tells it.
    fn push_known(
        &mut self,
        operation: Operation,
        extent: Extent,
        span: Span,
        constant: Option<Rational>,
    ) -> Place {
        self.typed.push(Typed { operation, extent, span, constant });
        self.typed.len() - 1
    }

    pub(super) fn number(&mut self, value: Rational, span: Span) -> Place {
        self.push_known(Operation::Number(value.clone()), Extent::scalar(), span, Some(value))
    }

    pub(super) fn size(&mut self, size: Dimension, span: Span) -> Place {
        self.push(Operation::Size(size), Extent::scalar(), span)
    }

    /// Whether it is the number 0, as far as the text alone tells.
    fn is_zero(&self, place: Place) -> bool {
        self.typed[place].constant.as_ref().is_some_and(Zero::is_zero)
    }

    /// The value of `place`, as it is used at `span`.
    pub(super) fn same(&mut self, place: Place, span: Span) -> Place {
        let Typed { extent, constant, .. } = self.typed[place].clone();
        self.push_known(Operation::Same(place), extent, span, constant)
    }

    /// The value of a definition, as it is used at `span`.
    pub(super) fn definition(&mut self, place: Place, span: Span) -> Place {
        *self.uses.entry(place).or_default() += 1;
        self.same(place, span)
    }

    /// Whether it is the value of a definition that is used more than once.
    pub(super) fn is_shared(&self, place: Place) -> bool {
        self.uses.get(&place).is_some_and(|uses| *uses > 1)
    }

    pub(super) fn extent(&self, place: Place) -> Extent {
        self.typed[place].extent.map_sizes(&|size| self.sizes.resolve(size))
    }

    pub(super) fn is_scalar(&self, place: Place) -> bool {
        let extent = self.extent(place);
        extent.rows.is_one() && extent.columns.is_one() && !extent.is_tensor()
    }

    pub(super) fn is_tensor(&self, place: Place) -> bool {
        self.typed[place].extent.is_tensor()
    }

    /// Whether it is known to be a column or row of more than one entry.
    pub(super) fn is_vector(&self, place: Place) -> bool {
        let extent = self.extent(place);
        extent.rows.is_one() != extent.columns.is_one() && !extent.is_tensor()
    }

    /// Makes the shape of `place` equal to `extent`, if that can be.
    pub(super) fn fits(&mut self, extent: &Extent, place: Place, span: Span) -> bool {
        let (own, other) = (extent.dimensions(), self.typed[place].extent.dimensions());
        own.len() == other.len()
            && own.iter().zip(&other).all(|(a, b)| self.sizes.unify(a, b, span))
    }

    /// A value for a name must have the shape that is said of the name.
    pub(super) fn require_extent(
        &mut self,
        name: &str,
        (extent, first_span): (&Extent, Span),
        place: Place,
        span: Span,
    ) -> Result<(), ElaborateError> {
        if self.fits(extent, place, span) {
            return Ok(());
        }
        Err(ElaborateError::Contradiction {
            name: name.to_owned(),
            first: self.extent_text(extent),
            first_span,
            second: self.shape_text(place),
            span: self.typed[place].span,
        })
    }

    /// Makes two nodes' shapes equal, if that can be.
    fn same_shape(&mut self, a: Place, b: Place, span: Span) -> bool {
        let extent = self.typed[a].extent.clone();
        self.fits(&extent, b, span)
    }

    /// Makes a node square, if that can be.
    fn make_square(&mut self, place: Place, span: Span) -> bool {
        let Extent { rows, columns, further } = self.typed[place].extent.clone();
        further.is_empty() && !self.is_vector(place) && self.sizes.unify(&rows, &columns, span)
    }

    pub(super) fn shape_text(&self, place: Place) -> String {
        self.extent_text(&self.typed[place].extent)
    }

    /// The shape in words; sizes that are not known are left out, or `?` where the other one is known.
    pub(super) fn extent_text(&self, extent: &Extent) -> String {
        let shown = |size: &Dimension| {
            self.sizes.resolve(size).substitute(&|name| {
                Dimension::symbol(if name.starts_with('?') { "?".into() } else { name.clone() })
            })
        };
        let shape = Shape::of(&extent.map_sizes(&shown).dimensions());
        let known = |size: &Dimension| size.as_symbol().is_none_or(|name| &**name != "?");
        match &shape {
            Shape::Scalar => "a scalar".to_owned(),
            Shape::Matrix(rows, columns) if columns.is_one() && !known(rows) => {
                "a column".to_owned()
            }
            Shape::Matrix(rows, columns) if rows.is_one() && !known(columns) => "a row".to_owned(),
            Shape::Matrix(rows, columns) if !known(rows) && !known(columns) => {
                "a matrix".to_owned()
            }
            Shape::Matrix(rows, columns) if columns.is_one() => format!("a column of {rows}"),
            Shape::Matrix(rows, columns) if rows.is_one() => format!("a row of {columns}"),
            Shape::Matrix(..) | Shape::Tensor(_) => shape.to_string(),
        }
    }

    /// Where the sizes of a node were found, when no declaration says them.
    fn origin(&self, place: Place) -> Option<(String, Span)> {
        self.typed[place].extent.dimensions().iter().find_map(|size| {
            let span = self.sizes.origin(size)?;
            let found = self.sizes.resolve(size);
            Sizes::unknowns(&found)
                .is_empty()
                .then(|| (format!("the size {found} was found here"), span))
        })
    }
}
