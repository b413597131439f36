//! Requests: what is asked of which formula, by which variables.

use super::error::{ElaborateError, arity, unsupported};
use super::index_error::IndexError;
use super::typer::{Bounds, Extent, Operation, Place};
use super::walk::{Environment, Walker};
use super::written::below;
use crate::shape::Dimension;
use crate::source::Span;
use crate::syntax::ast::{By, ExprId, ExprKind, RequestKind, Word};

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

/// What a derivative is by, by its place in the walker's lists.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Variable(usize),
    /// All elements of a family.
    Family(usize),
    /// One element of a family.
    Element(usize, Dimension),
}

/// Equations whose sizes may still be unknown.
pub(super) struct System<'p> {
    /// Left sides minus right sides; scalars whose gradient is to be zero.
    pub(super) equations: Vec<(Place, bool)>,
    /// Where each stands.
    pub(super) spans: Vec<Span>,
    /// Names, with the index of the variable.
    pub(super) unknowns: Vec<(&'p Word, usize)>,
    pub(super) span: Span,
}

impl<'p> Walker<'p> {
    pub(super) fn request(
        &mut self,
        kind: RequestKind,
        of: ExprId,
        wrt: &'p [By],
        span: Span,
    ) -> Result<(), ElaborateError> {
        let free = self.free_indices(of, wrt);
        self.families.bound.clone_from(&free);
        let place = self.expression(of, &Environment::new())?;
        let mut targets = Vec::with_capacity(wrt.len());
        for by in wrt {
            let target = self.target(kind, by)?;
            self.check_step(of, by, &target)?;
            targets.push((by, target));
        }
        self.families.bound.clear();
        let of_span = self.scope.program.tree.get(of).span;
        self.requests.push(Asked { kind, of: place, of_span, wrt: targets, free, span });
        Ok(())
    }

    /// The variable, family or element that a derivative is by.
    fn target(&mut self, kind: RequestKind, by: &'p By) -> Result<Target, ElaborateError> {
        let name = by.name.text.as_str();
        let Some(family) = self.families.find(name) else {
            if !by.indices.is_empty() {
                let (name, what) = (name.to_owned(), "a variable without an index");
                return Err(IndexError::NotAFamily { name, what, span: by.span }.into());
            }
            return self.scope.by(name, by.span).map(Target::Variable);
        };
        if by.indices.is_empty() {
            if self.families.list[family].formulas.is_empty() {
                self.families.list[family].used = true;
                return Ok(Target::Family(family));
            }
            let (name, what) = (name.to_owned(), "defined by a formula");
            return Err(ElaborateError::NotAVariable { name, what, span: by.span });
        }
        match kind {
            RequestKind::Jacobian => {}
            RequestKind::Gradient if self.families.list[family].formulas.is_empty() => {}
            RequestKind::Gradient | RequestKind::Value => {
                let what = "defined by a formula; only a Jacobian is by an element of it";
                let name = name.to_owned();
                return Err(ElaborateError::NotAVariable { name, what, span: by.span });
            }
            RequestKind::Hessian | RequestKind::Differential => {
                return Err(unsupported(
                    "a second derivative or differential by an element",
                    by.span,
                ));
            }
        }
        let place = self.element(&by.name, &by.indices, by.span)?;
        match &self.typer.node(place).operation {
            Operation::Element(family, at) => Ok(Target::Element(*family, at.clone())),
            _ => Err(unsupported("a derivative by this", by.span)),
        }
    }

    /// A Jacobian by an element that formulas define is that of one step.
    fn check_step(&self, of: ExprId, by: &By, target: &Target) -> Result<(), ElaborateError> {
        let (Target::Element(family, at), ExprKind::Index { base, indices }) =
            (target, &self.scope.program.tree.get(of).kind)
        else {
            return Ok(());
        };
        let ([index], false) =
            (indices.as_slice(), self.families.list[*family].formulas.is_empty())
        else {
            return Ok(());
        };
        let place = self.scope.index_dimension(*index)?;
        let steps = place.minus(at).as_constant().unwrap_or(1);
        if steps <= 1 {
            return Ok(());
        }
        let name = self.families.list[*family].name;
        let before = place.minus(&Dimension::one());
        Err(IndexError::Steps {
            element: format!("{name}[{at}]"),
            of: format!("{}[{place}]", base.text),
            steps,
            before: format!("{name}[{before}]"),
            span: by.span,
        }
        .into())
    }

    /// The indices that a request leaves free, each over the range of the family in which it stands.
    fn free_indices(&self, of: ExprId, wrt: &[By]) -> Vec<Bounds> {
        let tree = &self.scope.program.tree;
        let mut found: Vec<Bounds> = Vec::new();
        let mut look = |base: &Word, indices: &[ExprId]| {
            let family = self.families.find(&base.text);
            let Some(main) = family.and_then(|family| self.families.list[family].main.as_ref())
            else {
                return;
            };
            for id in indices.iter().flat_map(|index| below(tree, *index)) {
                if let ExprKind::Name(name) = &tree.get(id).kind
                    && self.scope.is_index(name)
                    && !found.iter().any(|bounds| bounds.index == *name)
                {
                    found.push(Bounds { index: name.clone(), ..main.clone() });
                }
            }
        };
        for id in below(tree, of) {
            if let ExprKind::Index { base, indices } = &tree.get(id).kind {
                look(base, indices);
            }
        }
        for by in wrt {
            look(&by.name, &by.indices);
        }
        found
    }

    /// `solve A*x = b for x`: both sides have one shape; the right side 0 has any.
    pub(super) fn system(
        &mut self,
        equations: &'p [(ExprId, Option<ExprId>)],
        unknowns: &'p [Word],
        span: Span,
    ) -> Result<(), ElaborateError> {
        let environment = Environment::new();
        let (mut places, mut spans) = (Vec::new(), Vec::new());
        for (left, right) in equations {
            let written = self.scope.program.tree.get(*left).span;
            let left = self.expression(*left, &environment)?;
            let Some(right) = right else {
                places.push((left, false));
                spans.push(written);
                continue;
            };
            let written = Span::new(written.start, self.scope.program.tree.get(*right).span.end);
            let right = self.expression(*right, &environment)?;
            places.push((self.typer.difference(left, right, written)?, true));
            spans.push(written);
        }
        let unknowns: Result<Vec<(&Word, usize)>, ElaborateError> = unknowns
            .iter()
            .map(|word| {
                if self.families.find(&word.text).is_some() {
                    return Err(unsupported("solving for all elements of a family", word.span));
                }
                self.scope.by(&word.text, word.span).map(|index| (word, index))
            })
            .collect();
        self.systems.push(System { equations: places, spans, unknowns: unknowns?, span });
        Ok(())
    }

    /// `grad(f, X)`, `jacobian(F, x)`, `hessian(f, x)`, `hessian(f, x, y)`, `d(f)`, `d(f, X)`: a derivative as a value.
    pub(super) fn derivative(
        &mut self,
        kind: RequestKind,
        function: &'p Word,
        arguments: &'p [ExprId],
        value: &dyn Fn(ExprId) -> Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let (words, counts) = match kind {
            RequestKind::Hessian => ("a formula and one or two variables", 2..=3),
            RequestKind::Differential => ("a formula, and variables that move", 1..=usize::MAX),
            RequestKind::Gradient | RequestKind::Jacobian | RequestKind::Value => {
                ("a formula and a variable", 2..=2)
            }
        };
        let [of, names @ ..] = arguments else {
            return Err(arity(function, words.to_owned(), 0, span));
        };
        if !counts.contains(&arguments.len()) {
            return Err(arity(function, words.to_owned(), arguments.len(), span));
        }
        let mut wrt = Vec::with_capacity(names.len());
        for id in names {
            let written = self.scope.program.tree.get(*id);
            let ExprKind::Name(name) = &written.kind else {
                let text = "this formula".to_owned();
                let what = "no variable";
                return Err(ElaborateError::NotAVariable { name: text, what, span: written.span });
            };
            wrt.push(self.scope.by(name, written.span)?);
        }
        for index in &wrt {
            self.scope.variables[*index].used = true;
        }
        let extents: Vec<Extent> =
            wrt.iter().map(|index| self.scope.variables[*index].extent.clone()).collect();
        self.typer.derivative(kind, value(*of), wrt, &extents, span)
    }
}
