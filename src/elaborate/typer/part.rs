//! Entries and parts of values, and block matrices.

use super::Typer;
use super::typed::{Extent, Operation, Place, Range};
use crate::elaborate::error::{ElaborateError, unsupported};
use crate::elaborate::index_error::IndexError;
use crate::shape::Dimension;
use crate::source::Span;

impl Typer {
    /// `A[i, 1..k]`: as many indices as there are sides that are longer than 1.
    pub(crate) fn part(
        &mut self,
        value: Place,
        ranges: &[Range],
        spans: &[Span],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        if self.is_tensor(value) {
            return Err(unsupported("a part of a value with more than two dimensions", span));
        }
        let extent = self.extent(value);
        let sides = match ranges {
            [rows, columns] => [rows.clone(), columns.clone()],
            [rows] if extent.columns.is_one() && !extent.rows.is_one() => [rows.clone(), None],
            [columns] if extent.rows.is_one() && !extent.columns.is_one() => {
                [None, columns.clone()]
            }
            _ => {
                let (shape, found) = (self.shape_text(value), ranges.len());
                return Err(IndexError::Entries { shape, found, span }.into());
            }
        };
        let count = |side: &Range, length: &Dimension, at: usize| {
            let Some((first, last)) = side else { return Ok(length.clone()) };
            let span = spans.get(at).copied().unwrap_or(span);
            let is_negative = |size: &Dimension| size.as_constant().is_some_and(|size| size < 0);
            let one = Dimension::one();
            let count = last.minus(first).plus(&one);
            if is_negative(&count.minus(&one)) {
                let (from, to) = (first.to_string(), last.to_string());
                return Err(IndexError::EmptyRange { from, to, span });
            }
            if is_negative(&first.minus(&one)) || is_negative(&length.minus(last)) {
                let entry = if is_negative(&first.minus(&one)) { first } else { last };
                let is_known = super::Sizes::unknowns(length).is_empty();
                let length = if is_known { format!(" to {length}") } else { " on".to_owned() };
                let entry = entry.to_string();
                return Err(IndexError::NoEntry { entry, length, span });
            }
            Ok(count)
        };
        let rows = count(&sides[0], &extent.rows, 0)?;
        let columns = count(&sides[1], &extent.columns, ranges.len() - 1)?;
        Ok(self.push(Operation::Part(value, sides.into()), Extent::new(rows, columns), span))
    }

    /// `[A, B; C, D]`. A 0 is a block of zeros where the blocks beside it are larger.
    pub(crate) fn blocks(
        &mut self,
        rows: &[Vec<Place>],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        if let Some(tensor) = rows.iter().flatten().find(|place| self.is_tensor(**place)) {
            let span = self.span(*tensor);
            return Err(unsupported("a block with more than two dimensions", span));
        }
        let heights = rows.iter().map(|row| self.height(row)).collect::<Result<Vec<_>, _>>()?;
        let widths = self.widths(rows)?;
        let total = |sizes: &[Dimension]| {
            sizes.iter().fold(Dimension::constant(0), |sum, size| sum.plus(size))
        };
        let whole = Extent::new(total(&heights), total(&widths[0]));
        let mut blocks = Vec::new();
        let mut row_from = Dimension::one();
        for ((row, height), widths) in rows.iter().zip(&heights).zip(&widths) {
            let mut column_from = Dimension::one();
            for (place, width) in row.iter().zip(widths) {
                if !self.is_zero(*place) {
                    blocks.push((*place, [row_from.clone(), column_from.clone()]));
                }
                column_from = column_from.plus(width);
            }
            row_from = row_from.plus(height);
        }
        let operation =
            if blocks.is_empty() { Operation::Zeros } else { Operation::Blocks(blocks) };
        Ok(self.push(operation, whole, span))
    }

    /// The rows of blocks beside one another.
    fn height(&mut self, row: &[Place]) -> Result<Dimension, ElaborateError> {
        let mut known: Option<(Dimension, Place)> = None;
        let cells: Vec<Place> = row.iter().copied().filter(|place| !self.is_zero(*place)).collect();
        for place in cells {
            let own = self.extent(place).rows;
            let span = self.span(place);
            match &known {
                None => known = Some((own, place)),
                Some((height, _)) if self.sizes.unify(height, &own, span) => {}
                Some((_, first)) => return Err(self.misfit("beside", "rows", *first, place)),
            }
        }
        Ok(known.map_or_else(Dimension::one, |(height, _)| self.sizes.resolve(&height)))
    }

    /// The columns of each block, row by row; as many in each row.
    fn widths(&mut self, rows: &[Vec<Place>]) -> Result<Vec<Vec<Dimension>>, ElaborateError> {
        let is_grid = rows.iter().all(|row| row.len() == rows[0].len());
        // Blocks below one another are as wide where nothing else is known.
        for column in 0..if is_grid { rows[0].len() } else { 0 } {
            let cells: Vec<Place> =
                rows.iter().map(|row| row[column]).filter(|place| !self.is_zero(*place)).collect();
            for pair in cells.windows(2) {
                let [above, below] = [pair[0], pair[1]].map(|place| self.extent(place).columns);
                let is_open = |size: &Dimension| !super::Sizes::unknowns(size).is_empty();
                if is_open(&above) || is_open(&below) {
                    let span = self.span(pair[1]);
                    self.sizes.unify(&above, &below, span);
                }
            }
        }
        let width = |typer: &Self, row: &[Place], column: usize| {
            let other = rows.iter().map(|row| row.get(column).copied());
            let wide = other.flatten().find(|place| !typer.is_zero(*place)).filter(|_| is_grid);
            let place = if typer.is_zero(row[column]) { wide } else { Some(row[column]) };
            place.map_or_else(Dimension::one, |place| typer.extent(place).columns)
        };
        let all = |typer: &Self, row: &[Place]| -> Vec<Dimension> {
            (0..row.len()).map(|column| width(typer, row, column)).collect()
        };
        let total = |sizes: &[Dimension]| {
            sizes.iter().fold(Dimension::constant(0), |sum, size| sum.plus(size))
        };
        let first = total(&all(self, &rows[0]));
        for row in &rows[1..] {
            let own = total(&all(self, row));
            let span = self.span(row[0]);
            if !self.sizes.unify(&first, &own, span) {
                return Err(self.misfit("above", "columns", rows[0][0], row[0]));
            }
        }
        Ok(rows.iter().map(|row| all(self, row)).collect())
    }

    fn misfit(
        &self,
        place: &'static str,
        what: &'static str,
        a: Place,
        b: Place,
    ) -> ElaborateError {
        IndexError::Blocks {
            place,
            what,
            first: self.shape_text(a),
            first_span: self.span(a),
            second: self.shape_text(b),
            span: self.span(b),
        }
        .into()
    }
}
