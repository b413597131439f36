//! Requests: what is asked of which formula, by which variables.

use super::error::ElaborateError;
use super::typed::Place;
use super::walk::{Environment, Walker};
use crate::source::Span;
use crate::syntax::ast::{ExprId, RequestKind, Word};

/// A request whose sizes may still be unknown.
pub(super) struct Asked<'p> {
    pub(super) kind: RequestKind,
    pub(super) of: Place,
    pub(super) of_span: Span,
    /// Names, with the index of the variable.
    pub(super) wrt: Vec<(&'p Word, usize)>,
    pub(super) span: Span,
}

/// Whether a call of the name asks for a derivative inside a formula. `d` is also a scalar like other letters.
pub(super) fn is_operator(name: &str) -> bool {
    matches!(name, "gradient" | "grad" | "jacobian" | "hessian" | "differential" | "d")
}

impl<'p> Walker<'p> {
    pub(super) fn request(
        &mut self,
        kind: RequestKind,
        of: ExprId,
        wrt: &'p [Word],
        span: Span,
    ) -> Result<(), ElaborateError> {
        let place = self.expression(of, &Environment::new())?;
        let wrt: Result<Vec<(&Word, usize)>, ElaborateError> =
            wrt.iter().map(|word| self.by(word).map(|index| (word, index))).collect();
        let of_span = self.program.tree.get(of).span;
        self.requests.push(Asked { kind, of: place, of_span, wrt: wrt?, span });
        Ok(())
    }

    /// The variable to differentiate by.
    fn by(&self, word: &Word) -> Result<usize, ElaborateError> {
        let name = word.text.as_str();
        let not_a_variable = |what: &'static str| {
            Err(ElaborateError::NotAVariable { name: name.to_owned(), what, span: word.span })
        };
        if self.defined_at.contains_key(name) {
            return not_a_variable("defined by a formula");
        }
        if let Some(index) = self.variable_indices.get(name) {
            return Ok(*index);
        }
        if self.size_names.contains(name) {
            return not_a_variable("a size");
        }
        if self.functions.contains_key(name) {
            return not_a_variable("a function");
        }
        Err(self.unknown_variable(word))
    }

    /// Gradients and Hessians are of scalars; known only when all sizes are.
    pub(super) fn check_scalar(&self, asked: &Asked<'_>) -> Result<(), ElaborateError> {
        let needs_scalar = match asked.kind {
            RequestKind::Gradient | RequestKind::Hessian => true,
            RequestKind::Jacobian | RequestKind::Value | RequestKind::Differential => false,
        };
        if !needs_scalar || self.is_scalar(asked.of) {
            return Ok(());
        }
        Err(ElaborateError::NotScalarValued {
            kind: asked.kind,
            shape: self.shape_text(asked.of),
            span: asked.of_span,
        })
    }
}
