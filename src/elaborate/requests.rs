//! What a program asks: derivatives, solutions, values.

use super::error::ElaborateError;
use super::typer::{Bounds, Place, Typer};
use crate::expression;
use crate::source::Span;
use crate::syntax::ast::{By, RequestKind, Word};

/// A request whose sizes may still be unknown.
pub(super) struct Asked<'p> {
    pub(super) kind: RequestKind,
    pub(super) of: Place,
    pub(super) of_span: Span,
    /// What the derivatives are by.
    pub(super) wrt: Vec<(&'p By, Target)>,
    /// Indices that are free in the request: `t` of `jacobian of C[t] wrt C[t-1]`.
    pub(super) free: Vec<Bounds>,
    pub(super) span: Span,
}

/// What a derivative is by, by its place in its list.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Variable(usize),
    /// A definition, which then stands for itself: what it is made of does not matter.
    Definition(Place),
    /// All elements of a family.
    Family(usize),
    /// One element of a family.
    Element(usize, expression::Place),
}

/// An equation whose sizes may still be unknown.
pub(super) struct Equation {
    /// The left side minus the right side; a scalar whose gradient is to be zero where there is no right side.
    pub(super) place: Place,
    /// Whether both sides were written.
    pub(super) has_sides: bool,
    pub(super) span: Span,
}

/// Equations whose sizes may still be unknown.
pub(super) struct System<'p> {
    pub(super) equations: Vec<Equation>,
    /// Names, with the index of the variable.
    pub(super) unknowns: Vec<(&'p Word, usize)>,
    pub(super) span: Span,
}

/// What is asked, each in order.
#[derive(Default)]
pub(super) struct Requests<'p> {
    pub(super) asked: Vec<Asked<'p>>,
    pub(super) systems: Vec<System<'p>>,
    /// Bare expressions.
    pub(super) values: Vec<Place>,
    /// Sizes to expect.
    pub(super) sizes: Vec<(&'p str, u64)>,
}

impl Requests<'_> {
    /// The formulas of which something is asked.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let asked = self.asked.iter().map(|asked| asked.of);
        let equations = self.systems.iter().flat_map(|system| &system.equations);
        asked.chain(self.values.iter().copied()).chain(equations.map(|equation| equation.place))
    }

    /// Gradients and Hessians are of scalars; known only when all sizes are.
    pub(super) fn check(&self, typer: &Typer) -> Result<(), ElaborateError> {
        for Asked { kind, of, of_span, .. } in &self.asked {
            if kind.needs_scalar() && !typer.is_scalar(*of) {
                return Err(typer.not_scalar_valued(*kind, *of, *of_span));
            }
        }
        Ok(())
    }
}
