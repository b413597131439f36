//! Statements that ask: what of which formula, by which variables.

use super::error::{ElaborateError, unsupported};
use super::index_error::IndexError;
use super::requests::{Asked, Equation, System, Target};
use super::typer::{Bounds, Operation};
use super::walk::{Environment, Walker};
use super::written::below;
use crate::shape::Dimension;
use crate::source::Span;
use crate::syntax::ast::{By, ExprId, ExprKind, RequestKind, Word};

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
            if matches!(target, Target::Definition(_)) && wrt.len() > 1 {
                let (name, what) = (by.name.text.clone(), "defined by a formula: ask by it alone");
                return Err(ElaborateError::NotAVariable { name, what, span: by.span });
            }
            targets.push((by, target));
        }
        self.families.bound.clear();
        let of_span = self.scope.span(of);
        self.requests.asked.push(Asked { kind, of: place, of_span, wrt: targets, free, span });
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
            let places = self.scope.definition_list.iter().filter(|(other, _)| *other == name);
            if places.count() > 1 {
                let (name, what) = (name.to_owned(), "defined more than once");
                return Err(ElaborateError::NotAVariable { name, what, span: by.span });
            }
            let is_recurrent = self.families.list.iter().any(|family| !family.formulas.is_empty());
            return match self.scope.definition(name).filter(|_| !is_recurrent) {
                Some(place) => Ok(Target::Definition(place)),
                None => self.scope.by(name, by.span).map(Target::Variable),
            };
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
        let place = self.family_element(&by.name, &by.indices, by.span)?;
        match &self.typer.node(place).operation {
            Operation::Element(family, at) => Ok(Target::Element(*family, at.clone())),
            _ => Err(unsupported("a derivative by this", by.span)),
        }
    }

    /// A Jacobian by an element that formulas define is that of one step.
    fn check_step(&self, of: ExprId, by: &By, target: &Target) -> Result<(), ElaborateError> {
        let (Target::Element(family, at), ExprKind::Index { base, indices }) =
            (target, self.scope.kind(of))
        else {
            return Ok(());
        };
        let ([index], Some(at), false) =
            (indices.as_slice(), at.only(), self.families.list[*family].formulas.is_empty())
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
            let main = family.map(|family| self.families.list[family].main.as_slice());
            for (at, index) in indices.iter().enumerate() {
                // Where a definition's first formula is for one value of an index, there are fewer ranges.
                let Some(main) = main.and_then(|main| main.get(at).or(main.last())) else {
                    continue;
                };
                for id in below(tree, *index) {
                    if let ExprKind::Name(name) = self.scope.kind(id)
                        && self.scope.is_index(name)
                        && !found.iter().any(|bounds| bounds.index == *name)
                    {
                        found.push(Bounds { index: name.clone(), ..main.clone() });
                    }
                }
            }
        };
        for id in below(tree, of) {
            if let ExprKind::Index { base, indices } = self.scope.kind(id) {
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
        let mut found = Vec::with_capacity(equations.len());
        for (left, right) in equations {
            let (first, last) = (self.scope.span(*left), self.scope.span(right.unwrap_or(*left)));
            let span = Span::new(first.start, last.end);
            let mut place = self.expression(*left, &environment)?;
            if let Some(right) = right {
                let right = self.expression(*right, &environment)?;
                place = self.typer.difference(place, right, span)?;
            }
            found.push(Equation { place, has_sides: right.is_some(), span });
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
        self.requests.systems.push(System { equations: found, unknowns: unknowns?, span });
        Ok(())
    }
}
