//! Calls: functions of the program, derivatives, operators and constants, functions of the table.

use std::collections::BTreeMap;

use super::builtin::{self, Builtin};
use super::error::{ElaborateError, arity, unsupported};
use super::scope::Declared;
use super::typer::{Extent, Operation, Place};
use super::walk::{Environment, Walker};
use super::written::{calls_below, dimension};
use crate::shape::Dimension;
use crate::source::Span;
use crate::syntax::LAST_AXIS;
use crate::syntax::ast::{ExprId, ExprKind, RequestKind, Word};

impl<'p> Walker<'p> {
    /// A call of a function that the program defines: its body, evaluated for these arguments.
    pub(super) fn own_call(
        &mut self,
        name: &'p Word,
        arguments: &[ExprId],
        value: &dyn Fn(ExprId) -> Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let Some((function, values)) = self.scope.overload(name, arguments) else {
            let words = self.scope.counts(name);
            return Err(arity(name, words, arguments.len(), span));
        };
        self.scope.enter(name, function, span)?;
        let names = function.parameters.iter().map(|word| word.text.as_str());
        let environment = names.zip(values.iter().map(|id| value(*id))).collect();
        let result = self.expression(function.body, &environment);
        let place = self.scope.leave(name, result, span)?;
        Ok(self.typer.same(place, span))
    }

    /// `f(W := a)`
    pub(super) fn substitute(
        &mut self,
        function: &'p Word,
        replacements: &'p [(Word, ExprId)],
        value: &dyn Fn(ExprId) -> Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let Some(base) = self.scope.definition(&function.text) else {
            return Err(unsupported("a substitution in anything but a definition", span));
        };
        let mut pairs = Vec::new();
        for (name, id) in replacements {
            let Some(index) = self.scope.find_variable(&name.text) else {
                return Err(self.scope.unknown_variable(&name.text, name.span));
            };
            let place = value(*id);
            let Declared { extent, span: first, .. } = &self.scope.variables[index];
            self.typer.require_extent(&name.text, (extent, *first), place, span)?;
            pairs.push((index, place));
        }
        let extent = self.typer.node(base).extent.clone();
        Ok(self.typer.push(Operation::Substitute(base, pairs), extent, span))
    }

    /// `grad(f, X)`, `jacobian(F, x)`, `hessian(f, x)`, `hessian(f, x, y)`, `d(f)`, `d(f, X)`: a derivative as a value.
    pub(super) fn derivative(
        &mut self,
        (kind, function): (RequestKind, &'p Word),
        arguments: &'p [ExprId],
        value: &dyn Fn(ExprId) -> Place,
        environment: &Environment<'p>,
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
            let (name, what) = match &written.kind {
                // What is given for it moves, if anything does.
                ExprKind::Name(name) if environment.contains_key(name.as_str()) => {
                    (name.as_str(), "a parameter of this function")
                }
                ExprKind::Name(name) => {
                    wrt.push(self.scope.by(name, written.span)?);
                    continue;
                }
                _ => ("this formula", "no variable"),
            };
            let (name, span) = (name.to_owned(), written.span);
            return Err(ElaborateError::NotAVariable { name, what, span });
        }
        let extents: Vec<Extent> =
            wrt.iter().map(|index| self.scope.use_variable(*index).1).collect();
        self.typer.derivative(kind, value(*of), wrt, &extents, span)
    }

    /// A call of something that the program does not define.
    pub(super) fn builtin_call(
        &mut self,
        function: &'p Word,
        arguments: &'p [ExprId],
        value: &dyn Fn(ExprId) -> Place,
        environment: &Environment<'p>,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let is_unknown = self.scope.unknown_function(&function.text).is_some();
        let row = builtin::TABLE.iter().find(|(name, _, _)| *name == function.text);
        let Some(row) = row.filter(|_| !is_unknown) else {
            return self.table_call(function, arguments, value, span);
        };
        let (_, builtin, counts) = row;
        let (values, word) = self.along(arguments, value);
        if let Some(word) = word {
            return match (values, builtin) {
                ([matrix], Builtin::Total) => self.typer.sums(value(*matrix), word, span),
                ([matrix], Builtin::Mean) => self.typer.means(value(*matrix), word, span),
                ([matrix], Builtin::Variance) => self.typer.variances(value(*matrix), word, span),
                ([matrix], Builtin::Max | Builtin::Min) => {
                    self.typer.extremes(*builtin, value(*matrix), word, span)
                }
                _ => Err(self.scope.no_direction(function, word, arguments)),
            };
        }
        let arguments = values;
        if !counts.contains(&arguments.len()) {
            let along = matches!(builtin, Builtin::Total | Builtin::Mean | Builtin::Variance);
            let along = if along { ", and `rows` or `columns` of a matrix" } else { "" };
            let words = format!("{}{along}", builtin::any_of(counts));
            return Err(arity(function, words, arguments.len(), span));
        }
        if builtin.takes_sizes() {
            let sizes = arguments.iter().map(|id| self.written_size(*id, environment));
            let sizes = sizes.collect::<Result<Vec<Dimension>, _>>()?;
            return Ok(self.typer.sized(*builtin, &sizes, span));
        }
        let places: Vec<Place> = arguments.iter().map(|id| value(*id)).collect();
        self.typer.structural(*builtin, &function.text, &places, span)
    }

    /// The values among the arguments, and whether the function works on rows or on columns. The last axis is the rows' of a matrix; a
    /// vector has no other.
    fn along<'a>(
        &self,
        arguments: &'a [ExprId],
        value: &dyn Fn(ExprId) -> Place,
    ) -> (&'a [ExprId], Option<&'static str>) {
        let values = self.scope.value_arguments(arguments);
        let is_vector = |id: &ExprId| self.typer.is_vector(value(*id));
        let word = match self.scope.direction(arguments) {
            Some(LAST_AXIS) => (!values.first().is_some_and(is_vector)).then_some("rows"),
            word => word,
        };
        (values, word)
    }

    /// A size in a formula: names are sizes, parameters what was given for them.
    fn written_size(
        &mut self,
        id: ExprId,
        environment: &Environment<'p>,
    ) -> Result<Dimension, ElaborateError> {
        let mut calls = BTreeMap::new();
        for call in calls_below(&self.scope.program.tree, id) {
            let place = self.expression(call, environment)?;
            calls.insert(call, self.typer.size_of(place)?);
        }
        let tree = &self.scope.program.tree;
        let given = |id: ExprId| match &tree.get(id).kind {
            ExprKind::Call { .. } => Ok(calls.get(&id).cloned()),
            ExprKind::Name(name) => {
                let place = environment.get(name.as_str());
                place.map(|place| self.typer.size_of(*place)).transpose()
            }
            _ => Ok(None),
        };
        dimension(tree, id, &given)
    }

    /// A function of the table; with a last word `rows` it works on rows.
    fn table_call(
        &mut self,
        function: &'p Word,
        arguments: &'p [ExprId],
        value: &dyn Fn(ExprId) -> Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let Some(id) = self.scope.find_function(&function.text) else {
            let name = function.text.clone();
            return Err(ElaborateError::UnknownFunction {
                name,
                span: function.span,
                nearest: None,
            });
        };
        let (values, word) = self.along(arguments, value);
        let places: Vec<Place> = values.iter().map(|id| value(*id)).collect();
        let Some(word) = word else {
            return self.typer.apply(id, function, &places, span);
        };
        if let ([place], "norm1" | "norm2") = (places.as_slice(), id.row().name) {
            return self.typer.norms(id, function, *place, word, span);
        }
        let ([place], Some(columns)) = (places.as_slice(), id.by_columns()) else {
            return Err(self.scope.no_direction(function, word, arguments));
        };
        self.typer.along(columns, function, *place, word, span)
    }
}
