//! Elements of families, sums over an index, and the formulas of families, walked through.
//!
//! Definitions may refer to each other in any order, as those of an LSTM do. Each formula is walked through as soon as the shapes
//! of all families in it are known; what has to wait is tried again after each statement.

use super::error::ElaborateError;
use super::families::{Formula, Waiting, hull};
use super::index_error::IndexError;
use super::typer::{Bounds, Extent, Operation, Place};
use super::walk::{Environment, Walker};
use crate::expression;
use crate::shape::{Dimension, Name};
use crate::source::Span;
use crate::syntax::ast::{ExprId, ExprKind, Word};

impl<'p> Walker<'p> {
    /// Walks through all formulas whose families are known by now.
    pub(super) fn settle_families(&mut self) -> Result<(), ElaborateError> {
        loop {
            let mut moved = false;
            for family in 0..self.families.list.len() {
                let waiting = std::mem::take(&mut self.families.list[family].waiting);
                for formula in waiting {
                    if self.families.is_ready(family, &formula, &self.scope) {
                        self.formula(family, &formula)?;
                        moved = true;
                    } else {
                        self.families.list[family].waiting.push(formula);
                    }
                }
            }
            if !moved {
                return Ok(());
            }
        }
    }

    fn formula(&mut self, family: usize, waiting: &Waiting<'p>) -> Result<(), ElaborateError> {
        self.check_count(family, waiting.at.len(), waiting.span)?;
        let outer = self.families.within.replace(family);
        let mut bounds: Vec<Bounds> = Vec::with_capacity(waiting.ranges.len());
        for (index, from, to) in waiting.ranges {
            bounds.push(self.bind(index, *from, *to)?);
        }
        let mut left = bounds.clone();
        let (mut ends, mut indices) = (Vec::new(), Vec::new());
        for at in waiting.at {
            let (value, span) = (self.scope.index_dimension(*at)?, self.scope.span(*at));
            let is_own = |bound: &Bounds| value.mentions(&bound.index);
            let Some(own) = left.iter().position(is_own) else {
                // A number, a size, or what an index before decides, as in `c[i,i]`.
                self.check_place(&value, span)?;
                ends.push((value.clone(), value));
                indices.push(None);
                continue;
            };
            let Bounds { index, from, to } = left.remove(own);
            let shift = value.minus(&Dimension::symbol(index.as_str()));
            if shift.as_constant().is_none() {
                return Err(IndexError::Target { index, span }.into());
            }
            if let Some(later) =
                left.iter().find(|later| from.mentions(&later.index) || to.mentions(&later.index))
            {
                let (index, later) = (index, later.index.clone());
                return Err(IndexError::RangeOrder { index, later, span: waiting.span }.into());
            }
            ends.push((from.plus(&shift), to.plus(&shift)));
            indices.push(Some((index, shift)));
        }
        if let Some(open) = left.first() {
            let at = waiting.at.last().map_or(waiting.span, |at| self.scope.span(*at));
            return Err(IndexError::Target { index: open.index.clone(), span: at }.into());
        }
        let place = self.expression(waiting.value, &Environment::new())?;
        self.families.bound.truncate(self.families.bound.len() - bounds.len());
        self.families.within = outer;
        let mut formula = Formula { ends, indices, place, span: waiting.span };
        let names = &self.families.list[family].indices;
        formula.ends = formula
            .ends
            .iter()
            .map(|(from, to)| (formula.in_family(from, names), formula.in_family(to, names)))
            .collect();
        self.families.add_formula(family, formula, &mut self.typer)
    }

    /// A family has as many indices everywhere.
    fn check_count(&self, family: usize, found: usize, span: Span) -> Result<(), IndexError> {
        let known = &self.families.list[family];
        let expected = known.indices.len();
        if found == expected {
            return Ok(());
        }
        Err(IndexError::Indices { name: known.name.to_owned(), found, expected, span })
    }

    /// Binds an index for what is walked through next.
    pub(super) fn bind(
        &mut self,
        index: &'p Word,
        from: ExprId,
        to: ExprId,
    ) -> Result<Bounds, ElaborateError> {
        let name = index.text.clone();
        let (first, last) = (self.scope.index_dimension(from)?, self.scope.index_dimension(to)?);
        if is_backwards(&last.minus(&first)) {
            let span = Span::new(self.scope.span(from).start, self.scope.span(to).end);
            let (from, to) = (first.to_string(), last.to_string());
            return Err(IndexError::EmptyRange { from, to, span }.into());
        }
        let bounds = Bounds { index: name, from: first, to: last };
        self.families.bound.push(bounds.clone());
        Ok(bounds)
    }

    /// `sum(t in a..b, body)`
    pub(super) fn indexed_sum(
        &mut self,
        index: &'p Word,
        (from, to): (ExprId, ExprId),
        body: ExprId,
        environment: &Environment<'p>,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let bounds = self.bind(index, from, to)?;
        let place = self.expression(body, environment)?;
        self.families.bound.pop();
        let extent = self.typer.extent(place);
        if extent.dimensions().iter().any(|side| side.mentions(&bounds.index)) {
            let next = Dimension::symbol(bounds.index.as_str()).plus(&Dimension::one());
            let other = extent.map_sizes(&|size| size.replace(&bounds.index, &next));
            return Err(IndexError::ShapesDiffer {
                name: "the sum".to_owned(),
                first: self.typer.extent_text(&extent),
                first_span: self.typer.span(place),
                second: self.typer.extent_text(&other),
                span: self.typer.span(place),
            }
            .into());
        }
        Ok(self.typer.push(Operation::SumOver(bounds, place), extent, span))
    }

    /// `h[t-1]`, and entries of what is no family.
    pub(super) fn element(
        &mut self,
        base: &'p Word,
        indices: &[ExprId],
        environment: &Environment<'p>,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        if self.is_array(base, indices, environment) {
            let value = self.name(&base.text, base.span, environment)?;
            return self.part(value, indices, span);
        }
        self.family_element(base, indices, span)
    }

    /// `h[t-1]`
    pub(super) fn family_element(
        &mut self,
        base: &'p Word,
        indices: &[ExprId],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let values: Vec<Dimension> = indices
            .iter()
            .map(|index| self.scope.index_dimension(*index))
            .collect::<Result<_, _>>()?;
        let counted = |expected| IndexError::Indices {
            name: base.text.clone(),
            found: values.len(),
            expected,
            span,
        };
        let at = expression::Place::of(&values).ok_or_else(|| counted(1))?;
        if self.scope.is_size_family(&base.text) {
            let at = at.only().ok_or_else(|| counted(1))?;
            let size = Dimension::element(base.text.as_str(), at.clone());
            return Ok(self.typer.size(size, span));
        }
        let family = self.family_of(base, values.len())?;
        self.check_count(family, values.len(), span)?;
        for value in at.values() {
            self.check_place(value, span)?;
        }
        let extent = self.families.element(family, &at, span)?;
        Ok(self.typer.push(Operation::Element(family, at), extent, span))
    }

    /// Whether a name with indices is a value with entries: what is declared or defined without an index, and what nothing is said of
    /// where the indices are those of an array.
    fn is_array(&self, base: &Word, indices: &[ExprId], environment: &Environment<'_>) -> bool {
        let name = base.text.as_str();
        let is_range = |index: &ExprId| matches!(self.scope.kind(*index), ExprKind::Range(_));
        if environment.contains_key(name) {
            return true;
        }
        if self.families.find(name).is_some() || self.scope.is_size_family(name) {
            return false;
        }
        self.scope.is_defined(name)
            || self.scope.find_variable(name).is_some()
            || indices.iter().any(is_range)
    }

    /// The entries of a value that is no name. A number has none: `(n/2)[k + 1]` is a product.
    pub(super) fn part_or_product(
        &mut self,
        of: ExprId,
        value: Place,
        indices: &[ExprId],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let is_part = matches!(self.scope.kind(of), ExprKind::Index { .. } | ExprKind::Part { .. });
        match *indices {
            [index]
                if !is_part
                    && !matches!(self.scope.kind(index), ExprKind::Range(_))
                    && self.typer.is_scalar(value) =>
            {
                let factor = self.scope.index_dimension(index)?;
                let factor = self.typer.size(factor, self.scope.span(index));
                self.typer.multiply(value, factor, span)
            }
            _ => self.part(value, indices, span),
        }
    }

    /// The entries of a value at these indices, which are places or ranges.
    fn part(
        &mut self,
        value: Place,
        indices: &[ExprId],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let mut ranges = Vec::with_capacity(indices.len());
        for index in indices {
            let (first, last) = match self.scope.kind(*index) {
                ExprKind::Range(None) => {
                    ranges.push(None);
                    continue;
                }
                ExprKind::Range(Some((from, to))) => (*from, *to),
                _ => (*index, *index),
            };
            let ends = (self.scope.index_dimension(first)?, self.scope.index_dimension(last)?);
            for (end, span) in [(&ends.0, first), (&ends.1, last)] {
                let span = self.scope.span(span);
                self.check_place(end, span)?;
                // A number that varies is no place.
                let varies = |name: &Name| {
                    !self.families.is_bound(name) && self.scope.find_variable(name).is_some()
                };
                if end.symbols().iter().any(varies) {
                    return Err(IndexError::NotAnIndex { span }.into());
                }
            }
            ranges.push(Some(ends));
        }
        let spans: Vec<Span> = indices.iter().map(|index| self.scope.span(*index)).collect();
        self.typer.part(value, &ranges, &spans, span)
    }

    /// All elements of a family whose formulas are known as one array: numbers as a column, with two indices as a matrix, columns as
    /// the columns of a matrix. None for other families.
    pub(super) fn whole_family(
        &mut self,
        family: usize,
        span: Span,
    ) -> Result<Option<Place>, ElaborateError> {
        let known = &self.families.list[family];
        let Some((extent, _)) = known.extent.clone() else { return Ok(None) };
        let names = known.indices.clone();
        let ends = hull(known);
        let speaks = |size: &Dimension| names.iter().any(|name| size.mentions(name));
        let is_even = !ends.iter().any(|(from, to)| speaks(from) || speaks(to))
            && !extent.dimensions().iter().any(speaks);
        let is_settled = !known.formulas.is_empty() && known.waiting.is_empty();
        let is_column = extent.columns.is_one() && !extent.is_tensor();
        let is_array = match names.len() {
            1 => is_column,
            2 => is_column && extent.rows.is_one(),
            _ => false,
        };
        if !is_even || !is_settled || !is_array {
            return Ok(None);
        }
        // Σ h[t]·eₜᵀ, with letters that hide nothing.
        let letters: Vec<String> = names.iter().map(|name| self.families.unbound(name)).collect();
        let mut bounds = Vec::with_capacity(letters.len());
        for (letter, (from, to)) in letters.iter().zip(&ends) {
            bounds.push(Bounds { index: letter.clone(), from: from.clone(), to: to.clone() });
        }
        let before = self.families.bound.len();
        self.families.bound.extend(bounds.iter().cloned());
        let values: Vec<Dimension> =
            letters.iter().map(|letter| Dimension::symbol(letter.as_str())).collect();
        let Some(at) = expression::Place::of(&values) else { return Ok(None) };
        let element = self.families.element(family, &at, span)?;
        let mut sum = self.typer.push(Operation::Element(family, at), element, span);
        for (place, Bounds { index, from, to }) in bounds.iter().enumerate() {
            let (one, own) = (Dimension::one(), Dimension::symbol(index.as_str()));
            let order = to.minus(from).plus(&one);
            let identity = Extent::square(order);
            let identity = self.typer.push(Operation::Identity, identity, span);
            let at = own.minus(from).plus(&one);
            let ranges = [None, Some((at.clone(), at))];
            let mut column = self.typer.part(identity, &ranges, &[span, span], span)?;
            if place > 0 || !extent.rows.is_one() {
                column = self.typer.transpose(column, span)?;
            }
            sum = self.typer.multiply(sum, column, span)?;
        }
        for bound in bounds.into_iter().rev() {
            let extent = self.typer.extent(sum);
            sum = self.typer.push(Operation::SumOver(bound, sum), extent, span);
        }
        self.families.bound.truncate(before);
        Ok(Some(sum))
    }

    /// The family of that name; an undeclared one with one index is a variable whose shape its first letter tells.
    fn family_of(&mut self, base: &'p Word, indices: usize) -> Result<usize, ElaborateError> {
        let name = base.text.as_str();
        if let Some(family) = self.families.find(name) {
            return Ok(family);
        }
        let what = if self.scope.find_variable(name).is_some() {
            "a variable without an index"
        } else if self.scope.is_defined(name) {
            "a definition without an index"
        } else if self.scope.is_own_function(name) || super::is_known(name) {
            "a function"
        } else if indices > 1 {
            let name = name.to_owned();
            return Err(IndexError::Undeclared { name, indices, span: base.span }.into());
        } else {
            let extent = self.scope.assumed_extent(name, &mut self.typer.sizes);
            self.families.add(base, vec!["t".to_owned()]).extent = Some((extent, base.span));
            return Ok(self.families.list.len() - 1);
        };
        Err(IndexError::NotAFamily { name: name.to_owned(), what, span: base.span }.into())
    }

    /// What stands in a place is a size, or an index that is bound.
    fn check_place(&self, at: &Dimension, span: Span) -> Result<(), ElaborateError> {
        let is_open = |name: &Name| !self.families.is_bound(name) && !self.scope.is_size(name);
        let Some(open) = at.symbols().into_iter().find(is_open) else { return Ok(()) };
        Err(IndexError::NoRange { index: open.to_string(), span }.into())
    }
}

/// Whether a range of that length, less one, is empty: for all sizes, or for all but 1, as T..1 and T..0 are.
fn is_backwards(length: &Dimension) -> bool {
    let falls = length.terms().all(|(coefficient, symbols)| symbols.is_empty() || coefficient < 0);
    falls && length.evaluate(&|_| Some(2)).is_some_and(|length| length < 0)
}
