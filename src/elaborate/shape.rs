//! Questions about the shape of a typed node.

use super::size::Sizes;
use super::typed::{Extent, Place};
use super::walk::Walker;
use crate::shape::{Dimension, Shape};
use crate::source::Span;

impl Walker<'_> {
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

    /// Makes two nodes' shapes equal, if that can be.
    pub(super) fn same_shape(&mut self, a: Place, b: Place, span: Span) -> bool {
        let extent = self.typed[a].extent.clone();
        self.fits(&extent, b, span)
    }

    /// Makes a node square, if that can be.
    pub(super) fn make_square(&mut self, place: Place, span: Span) -> bool {
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
    pub(super) fn origin(&self, place: Place) -> Option<(String, Span)> {
        self.typed[place].extent.dimensions().iter().find_map(|size| {
            let span = self.sizes.origin(size)?;
            let found = self.sizes.resolve(size);
            Sizes::unknowns(&found)
                .is_empty()
                .then(|| (format!("the size {found} was found here"), span))
        })
    }
}
