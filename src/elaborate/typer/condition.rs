//! Comparisons, and choices by them. A comparison is a mask: a function of the difference whose entries are 0 and 1. A choice is a sum of
//! products with masks, in which what is not chosen need not exist.

use super::Typer;
use super::typed::{Extent, Operation, Place};
use crate::elaborate::builtin::{Builtin, counted};
use crate::elaborate::error::{ElaborateError, arity, unsupported};
use crate::expression::COMPLEMENTS;
use crate::function::{self, FunctionId, Range};
use crate::source::Span;
use crate::syntax::ast::{Comparison, Word};

impl Typer {
    /// `a < b` as a mask of the difference.
    pub(super) fn compare(
        &mut self,
        comparison: Comparison,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let (mask, above, below) = match comparison {
            Comparison::Greater => ("step", left, right),
            Comparison::Less => ("step", right, left),
            Comparison::AtMost => ("nonpositive", left, right),
            Comparison::AtLeast => ("nonpositive", right, left),
            Comparison::Equal => ("is_zero", left, right),
            Comparison::Unequal => ("is_nonzero", left, right),
        };
        let extent = self.common("a comparison", left, right, span)?;
        let above = self.repeated(above, &extent);
        let difference = if self.is_zero(below) {
            above
        } else {
            let below = self.repeated(below, &extent);
            self.push(Operation::Subtract(above, below), extent, span)
        };
        self.function(mask, difference, span)
    }

    /// The shape that both values have, one of them perhaps a scalar beside an array.
    fn common(
        &mut self,
        what: &'static str,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Extent, ElaborateError> {
        match (self.is_scalar(left), self.is_scalar(right)) {
            (true, _) => Ok(self.extent(right)),
            (_, true) => Ok(self.extent(left)),
            _ if self.same_shape(left, right, span) => Ok(self.extent(left)),
            _ => Err(self.shapes(what, left, right, None)),
        }
    }

    /// The function that makes a mask of another value, where the value is one; otherwise none.
    fn mask_function(&self, place: Place) -> Option<(FunctionId, Place)> {
        let mut at = place;
        while let Operation::Same(a) = &self.typed[at].operation {
            at = *a;
        }
        match &self.typed[at].operation {
            Operation::Apply(id, arguments) if id.row().range == Range::Mask => {
                Some((*id, *arguments.first()?))
            }
            _ => None,
        }
    }

    /// Whether every entry is 0 or 1 by what the value is made of.
    fn is_mask(&self, place: Place) -> bool {
        let mut open = vec![place];
        while let Some(at) = open.pop() {
            match &self.typed[at].operation {
                Operation::Same(a) | Operation::Transpose(a) => open.push(*a),
                Operation::Hadamard(a, b) => open.extend([*a, *b]),
                Operation::Apply(id, _) if id.row().range == Range::Mask => {}
                _ => return false,
            }
        }
        true
    }

    fn require_mask(&self, place: Place) -> Result<(), ElaborateError> {
        if self.is_mask(place) {
            return Ok(());
        }
        Err(ElaborateError::NotACondition { span: self.typed[place].span })
    }

    /// A mask of this shape; of a number the same of every entry.
    fn spread(&mut self, mask: Place, extent: &Extent) -> Result<Place, ElaborateError> {
        let span = self.typed[mask].span;
        match self.mask_function(mask) {
            _ if !self.is_scalar(mask) => Ok(mask),
            Some((id, argument)) if id.is_entrywise() => {
                let argument = self.repeated(argument, extent);
                self.function(id.row().name, argument, span)
            }
            _ => {
                let argument = self.repeated(mask, extent);
                self.function("is_nonzero", argument, span)
            }
        }
    }

    /// `a and b`
    pub(super) fn both(
        &mut self,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let (left, right, extent) = self.masks(left, right, span)?;
        Ok(self.push(Operation::Hadamard(left, right), extent, span))
    }

    /// `a or b`: one of them is not 0.
    pub(super) fn either(
        &mut self,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let (left, right, extent) = self.masks(left, right, span)?;
        let sum = self.push(Operation::Add(left, right), extent, span);
        self.function("is_nonzero", sum, span)
    }

    /// Two masks of one shape, and that.
    fn masks(
        &mut self,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<(Place, Place, Extent), ElaborateError> {
        self.require_mask(left)?;
        self.require_mask(right)?;
        let extent = self.common("two conditions", left, right, span)?;
        Ok((self.spread(left, &extent)?, self.spread(right, &extent)?, extent))
    }

    /// `not a`
    fn complement(&mut self, mask: Place, span: Span) -> Result<Place, ElaborateError> {
        self.require_mask(mask)?;
        if let Some((id, argument)) = self.mask_function(mask) {
            let name = id.row().name;
            for (one, other) in COMPLEMENTS {
                if name == one || name == other {
                    let complement = if name == one { other } else { one };
                    return self.function(complement, argument, span);
                }
            }
        }
        self.function("is_zero", mask, span)
    }

    /// `where(c, a, b)`: c ⊙ a + ¬c ⊙ b.
    fn choice(
        &mut self,
        [mask, chosen, other]: [Place; 3],
        what: &'static str,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        self.require_mask(mask)?;
        let mut extent = self.common(what, chosen, other, span)?;
        if extent == Extent::scalar() {
            extent = self.extent(mask);
        } else if !self.is_scalar(mask) && !self.fits(&extent, mask, span) {
            let array = if self.is_scalar(chosen) { other } else { chosen };
            return Err(self.shapes("a condition and what it chooses", mask, array, None));
        }
        let complement = self.complement(mask, span)?;
        let mut sum: Option<Place> = None;
        for (mask, value) in [(mask, chosen), (complement, other)] {
            if self.is_zero(value) {
                continue;
            }
            let value = if self.is_scalar(mask) { self.repeated(value, &extent) } else { value };
            let term = self.push(Operation::Hadamard(mask, value), extent.clone(), span);
            sum = Some(match sum {
                Some(first) => self.push(Operation::Add(first, term), extent.clone(), span),
                None => term,
            });
        }
        Ok(sum.unwrap_or_else(|| self.push(Operation::Zeros, extent, span)))
    }

    /// The larger, or the smaller, of two values, entry by entry; the first in a tie.
    fn extreme(
        &mut self,
        builtin: Builtin,
        [a, b]: [Place; 2],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let (what, comparison) = match builtin {
            Builtin::Max => ("a maximum", Comparison::AtLeast),
            _ => ("a minimum", Comparison::AtMost),
        };
        if builtin == Builtin::Max && (self.is_zero(a) || self.is_zero(b)) {
            return self.function("relu", if self.is_zero(a) { b } else { a }, span);
        }
        self.common(what, a, b, span)?;
        let mask = self.compare(comparison, a, b, span)?;
        self.choice([mask, a, b], what, span)
    }

    /// `max(X, rows)`: a column with the largest entry of each row; by columns, a row.
    pub(crate) fn extremes(
        &mut self,
        builtin: Builtin,
        matrix: Place,
        word: &str,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let columns = function::find("max").and_then(FunctionId::by_columns);
        let Some(columns) = columns else { return Err(unsupported("max", span)) };
        let is_max = builtin == Builtin::Max;
        let name = if is_max { "max" } else { "min" };
        let function = Word { text: name.to_owned(), span };
        let values = if is_max { matrix } else { self.negate(matrix, self.typed[matrix].span) };
        let largest = self.along(columns, &function, values, word, span)?;
        Ok(if is_max { largest } else { self.negate(largest, span) })
    }

    /// `where`, `not`, `max`, `min`
    pub(super) fn chosen(
        &mut self,
        builtin: Builtin,
        name: &str,
        arguments: &[Place],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        match (builtin, arguments) {
            (Builtin::Not, [mask]) => self.complement(*mask, span),
            (Builtin::Where, [mask, a, b]) => self.choice([*mask, *a, *b], "`where`", span),
            (Builtin::Max, [x]) => self.function("max", *x, span),
            (Builtin::Min, [x]) => {
                let negative = self.negate(*x, span);
                let largest = self.function("max", negative, span)?;
                Ok(self.negate(largest, span))
            }
            (Builtin::Max | Builtin::Min, [first, others @ ..]) => others
                .iter()
                .try_fold(*first, |best, next| self.extreme(builtin, [best, *next], span)),
            _ => {
                let word = Word { text: name.to_owned(), span };
                Err(arity(&word, counted(3), arguments.len(), span))
            }
        }
    }
}
