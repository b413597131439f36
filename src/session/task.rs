//! What a question, a line or a statement asks for.

use super::Query;
use super::derive::on_one_line;
use super::error::{Problem, SessionError};
use super::program::Reading;
use crate::differentiate::DifferentiateError;
use crate::elaborate::{Request, Variable};
use crate::expression::{Id, Range, Store};
use crate::shape::Name;
use crate::source::Span;
use crate::syntax;
use crate::syntax::ast::{RequestKind, Statement, StatementKind};

/// What is to be done.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) kind: RequestKind,
    pub(super) of: Id,
    pub(super) of_span: Span,
    /// The name that the formula is given where it is asked about.
    pub(super) name: Option<String>,
    pub(super) wrt: Vec<(Name, Id)>,
    /// An index that the request leaves free.
    free: Option<Range>,
    /// Whether a formula stands alone on a line, and nothing says what is asked of it.
    pub(super) is_line: bool,
}

impl Task {
    /// What a query asks: by its names, which must be those of a request in its text, or by every variable when there are none.
    pub(super) fn of_query(reading: &Reading, query: &Query) -> Result<Self, SessionError> {
        let Some(last) = reading.typed().last() else {
            return Err(reading.error(Problem::NoFormula { span: reading.source.typed() }));
        };
        let mut task = Self::of_statement(reading, last)?;
        let is_request = matches!(last.kind, StatementKind::Request { .. });
        // A gradient is asked for where nothing else is said.
        if !is_request {
            task.kind = query.kind;
        } else if query.kind != RequestKind::Gradient && query.kind != task.kind {
            let (written, asked) = (task.kind.word().to_owned(), query.kind.word().to_owned());
            return Err(reading.error(Problem::TwoQuestions { written, asked, span: last.span }));
        }
        if !query.wrt.is_empty() {
            let asked = named_variables(reading, &query.wrt)?;
            let others = |(_, id): &(Name, Id)| asked.iter().all(|(_, other)| other != id);
            // `grad(f, x)` asked by y: the gradient of f by y would be the answer to neither.
            if is_request && task.wrt.iter().any(others) {
                let by = |names: &[(Name, Id)]| {
                    let names: Vec<&str> = names.iter().map(|(name, _)| &**name).collect();
                    format!("{} by {}", task.kind.word(), names.join(", "))
                };
                let (written, asked) = (by(&task.wrt), by(&asked));
                let span = last.span;
                return Err(reading.error(Problem::TwoQuestions { written, asked, span }));
            }
            task.wrt = asked;
        } else if !is_request && task.differentiates() {
            task.wrt = task.every_variable(reading);
            // L(w) = … is a function of w.
            if !reading.parameters.is_empty() {
                task.wrt.retain(|(name, _)| reading.parameters.iter().any(|it| **it == **name));
            }
            if task.wrt.is_empty() {
                let (candidates, span) = (Vec::new(), task.of_span);
                return Err(reading.error(Problem::WhichVariable { candidates, span }));
            }
        }
        Ok(task.by_all(reading))
    }

    /// What a typed line asks: of a formula its gradient by every variable, or its Jacobian where it is no scalar; of one that holds a
    /// derivative, and asks for it by that, its value.
    pub(super) fn of_line(reading: &Reading, statement: &Statement) -> Result<Self, SessionError> {
        let mut task = Self::of_statement(reading, statement)?;
        if matches!(statement.kind, StatementKind::Expression(_)) {
            task.is_line = true;
            task.wrt = task.every_occurring(reading);
            task.kind = match reading.model.store.shape(task.of).is_scalar() {
                _ if task.wrt.is_empty() || reading.asks(statement.span) => RequestKind::Value,
                true => RequestKind::Gradient,
                false => RequestKind::Jacobian,
            };
            let store = &reading.model.store;
            match task.kind {
                RequestKind::Value => task.wrt.clear(),
                // A Jacobian is by single variables.
                RequestKind::Jacobian => {
                    task.wrt.retain(|(_, id)| store.family(*id).is_none());
                    if task.wrt.is_empty() {
                        task.kind = RequestKind::Value;
                    }
                }
                _ => {}
            }
        }
        Ok(task)
    }

    /// What a statement asks; a bare expression and a definition ask for their value.
    pub(super) fn of_statement(
        reading: &Reading,
        statement: &Statement,
    ) -> Result<Self, SessionError> {
        let span = statement.span;
        let value = |of: Option<Id>| {
            let task = |of| Self {
                kind: RequestKind::Value,
                of,
                of_span: span,
                name: None,
                wrt: Vec::new(),
                free: None,
                is_line: false,
            };
            of.map(task).ok_or_else(|| reading.error(Problem::NoFormula { span }))
        };
        match &statement.kind {
            StatementKind::Expression(_) => {
                value(reading.model.values.get(rank(reading, statement)).copied())
            }
            StatementKind::Definition { name, indices, .. } => {
                let task = value(reading.definition(&name.text))?;
                Ok(Self { name: indices.is_empty().then(|| name.text.clone()), ..task })
            }
            StatementKind::Request { .. } => {
                let requests = &reading.model.requests;
                let request = requests.iter().find(|request| request.span == span);
                request
                    .map(|request| Self::of_request(request).by_all(reading))
                    .ok_or_else(|| reading.error(Problem::NoFormula { span }))
            }
            StatementKind::Declaration(_)
            | StatementKind::Function { .. }
            | StatementKind::Solve { .. }
            | StatementKind::Sizes(_) => value(None),
        }
    }

    fn of_request(request: &Request) -> Self {
        let wrt = request.wrt.iter().map(|wrt| (wrt.name.clone(), wrt.id)).collect();
        let free = request.free.first().cloned();
        Self {
            kind: request.kind,
            of: request.of,
            of_span: request.of_span,
            name: None,
            wrt,
            free,
            is_line: false,
        }
    }

    /// What names no variables is by all that occur.
    fn by_all(mut self, reading: &Reading) -> Self {
        if self.kind != RequestKind::Value && self.wrt.is_empty() {
            self.wrt = self.every_variable(reading);
        }
        self
    }

    /// The variables that the value depends on; those that stand in the formula where it depends on none.
    fn every_variable(&self, reading: &Reading) -> Vec<(Name, Id)> {
        let used = self.every_occurring(reading);
        if !used.is_empty() {
            return used;
        }
        let written = reading.written(self.of_span).into_iter();
        written.map(|variable| (variable.name.clone(), variable.id)).collect()
    }

    fn every_occurring(&self, reading: &Reading) -> Vec<(Name, Id)> {
        let used = occurring(&reading.model.store, self.of, &reading.model.variables);
        used.into_iter().map(|variable| (variable.name, variable.id)).collect()
    }

    /// Why there is no gradient.
    pub(super) fn refusal(&self, reading: &Reading, error: DifferentiateError) -> Problem {
        let span = self.of_span;
        match &self.free {
            Some(Range { index, from, to }) => Problem::FreeIndex {
                index: index.to_string(),
                formula: on_one_line(&reading.source.text[span.start..span.end]),
                range: format!("{from}..{to}"),
                span,
            },
            None => Problem::of_derivative(error, span),
        }
    }

    /// Second derivatives and differentials are by single variables.
    pub(super) fn require_variables(
        &self,
        reading: &Reading,
        what: &'static str,
    ) -> Result<(), SessionError> {
        let is_family = |(_, id): &&(Name, Id)| reading.model.store.family(*id).is_some();
        match self.wrt.iter().find(is_family) {
            Some((name, _)) => {
                let (name, span) = (name.to_string(), self.of_span);
                Err(reading.error(Problem::ByFamily { what, name, span }))
            }
            None => Ok(()),
        }
    }

    fn differentiates(&self) -> bool {
        match self.kind {
            RequestKind::Gradient | RequestKind::Jacobian | RequestKind::Hessian => true,
            RequestKind::Value | RequestKind::Differential => false,
        }
    }
}

/// How many bare expressions stand before this one.
fn rank(reading: &Reading, statement: &Statement) -> usize {
    let is_bare = |other: &&Statement| matches!(other.kind, StatementKind::Expression(_));
    let statements = reading.program.statements.iter();
    statements.filter(is_bare).take_while(|other| other.span.start < statement.span.start).count()
}

/// The variables of these names; places are those in the names joined by `, `.
fn named_variables(reading: &Reading, names: &[String]) -> Result<Vec<(Name, Id)>, SessionError> {
    let mut found: Vec<(Name, Id)> = Vec::new();
    let mut start = 0;
    for name in names {
        let span = Span::new(start, start + name.len());
        start = span.end + ", ".len();
        let name = syntax::name(name);
        let Some(variable) = reading.variable(&name) else {
            return Err(reading.error(if reading.definition(&name).is_some() {
                Problem::Defined { name, span }
            } else {
                let variables = reading.model.variables.iter();
                let candidates = variables.map(|variable| variable.name.to_string()).collect();
                Problem::NoVariable { name, candidates, span }
            }));
        };
        if found.iter().any(|(_, id)| *id == variable.id) {
            return Err(reading.error(Problem::Twice { name, span }));
        }
        found.push((variable.name.clone(), variable.id));
    }
    Ok(found)
}

/// The variables that occur in the expression, in their order.
pub(super) fn occurring(store: &Store, root: Id, variables: &[Variable]) -> Vec<Variable> {
    let reachable = store.closure(&[root]);
    variables
        .iter()
        .filter(|variable| reachable.binary_search(&variable.id).is_ok())
        .cloned()
        .collect()
}
