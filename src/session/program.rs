//! A source text, read and given meaning.

use std::collections::BTreeSet;

use super::calculus::Checked;
use super::error::{Problem, SessionError};
use super::source::Source;
use crate::elaborate::{self, Model, Variable};
use crate::expression::Id;
use crate::layer;
use crate::shape::Name;
use crate::source::Span;
use crate::syntax::ast::{ExprKind, Program, RequestKind, Statement, StatementKind};
use crate::syntax::{self, SyntaxError};

/// A source text and what it means.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) source: Source,
    pub(super) program: Program,
    pub(super) model: Model,
    /// The parameters of the function that the question is about: `f(x, y) = …`.
    pub(super) parameters: Vec<String>,
}

impl Reading {
    /// Reads the source; layers of the library are put before it where it calls them. `names` are known to be variables, and
    /// `asked` is what is asked of the last formula.
    pub(super) fn read(
        source: Source,
        names: &[String],
        asked: Option<RequestKind>,
    ) -> Result<Self, SessionError> {
        let typed = source.piece(source.typed()).unwrap_or_default();
        if typed.trim().is_empty() {
            return Err(SessionError::new(SyntaxError::Empty.into(), &source));
        }
        let program = match parse(&source, names) {
            Ok(program) => program,
            Err(error) => return Err(SessionError::new(error.into(), &source)),
        };
        let library = library(&program);
        let (source, program) = if library.is_empty() {
            (source, program)
        } else {
            let source = source.with_library(&library);
            match parse(&source, names) {
                Ok(program) => (source, program),
                Err(error) => return Err(SessionError::new(error.into(), &source)),
            }
        };
        let mut program = program;
        let parameters = match asked {
            Some(_) => define_last(&mut program),
            None => Vec::new(),
        };
        match elaborate::elaborate_with(&program, &Checked, asked, &source.before) {
            Ok(model) => Ok(Self { source, program, model, parameters }),
            Err(error) => Err(SessionError::new(error.into(), &source)),
        }
    }

    /// The statements of the part that was typed last.
    pub(super) fn typed(&self) -> impl Iterator<Item = &Statement> {
        let place = self.source.typed();
        self.program.statements.iter().filter(move |statement| statement.span.start >= place.start)
    }

    /// Whether what stands here, or a definition that it uses, asks for a derivative: `grad(f, x)'*v`.
    pub(super) fn asks(&self, span: Span) -> bool {
        let is_free = |name: &str| self.variable(name).is_none();
        let mut names = self.names(span).into_iter();
        names.any(|(name, is_call)| is_call && elaborate::is_derivative(name) && is_free(name))
    }

    /// The variables whose names stand here, or in a definition that is used here, whatever has become of them.
    pub(super) fn written(&self, span: Span) -> Vec<&Variable> {
        let names: BTreeSet<&str> = self.names(span).into_iter().map(|(name, _)| name).collect();
        let variables = self.model.variables.iter();
        variables.filter(|it| it.used && it.span.is_some() && names.contains(&*it.name)).collect()
    }

    /// The names that stand here, and in the definitions that these are; with whether they are called.
    fn names(&self, span: Span) -> Vec<(&str, bool)> {
        let mut open = vec![span];
        let mut found: Vec<(&str, bool)> = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        while let Some(span) = open.pop() {
            let inside = |other: Span| span.start <= other.start && other.end <= span.end;
            for node in self.program.tree.nodes.iter().filter(|node| inside(node.span)) {
                let (name, is_call) = match &node.kind {
                    ExprKind::Call { function, .. } => (function.text.as_str(), true),
                    ExprKind::Substitute { function, .. } => (function.text.as_str(), false),
                    ExprKind::Name(name) => (name.as_str(), false),
                    ExprKind::Index { base, .. } => (base.text.as_str(), false),
                    _ => continue,
                };
                found.push((name, is_call));
                if seen.insert(name) {
                    let defines = |statement: &&Statement| match &statement.kind {
                        StatementKind::Definition { name: defined, .. }
                        | StatementKind::Function { name: defined, .. } => defined.text == name,
                        _ => false,
                    };
                    open.extend(self.program.statements.iter().filter(defines).map(|it| it.span));
                }
            }
        }
        found
    }

    /// The families that were defined; those of adjoints, which a derivative inside a formula brings, are not among them.
    pub(super) fn families(&self) -> Vec<Name> {
        let mut found: Vec<Name> = Vec::new();
        for statement in &self.program.statements {
            if let StatementKind::Definition { name, indices, .. } = &statement.kind
                && !indices.is_empty()
                && !found.iter().any(|known| **known == *name.text)
            {
                found.push(Name::from(name.text.as_str()));
            }
        }
        found
    }

    /// What a name is defined as.
    pub(super) fn definition(&self, name: &str) -> Option<Id> {
        let mut definitions = self.model.definitions.iter().rev();
        definitions.find(|(defined, _)| &**defined == name).map(|(_, id)| *id)
    }

    /// The variable of that name.
    pub(super) fn variable(&self, name: &str) -> Option<&Variable> {
        self.model.variables.iter().find(|variable| &*variable.name == name)
    }

    /// Whether something is declared of the name.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.program.statements.iter().any(|statement| match &statement.kind {
            StatementKind::Declaration(declaration) => declaration.name.text == name,
            _ => false,
        })
    }

    /// The error, with its places traced back.
    pub(super) fn error(&self, problem: Problem) -> SessionError {
        SessionError::new(problem, &self.source)
    }
}

pub(super) fn parse(source: &Source, names: &[String]) -> Result<Program, SyntaxError> {
    let known = |name: &str| {
        elaborate::is_known(name) || layer::LIBRARY.iter().any(|(layer, _)| *layer == name)
    };
    let program = syntax::parse_with(&source.text, &known, names)?;
    Ok(syntax::lifted(program, &elaborate::is_entrywise))
}

/// `f(x) = …` at the end, where a question is asked from elsewhere, is what it is about. Gives the parameters.
fn define_last(program: &mut Program) -> Vec<String> {
    let Some((last, before)) = program.statements.split_last_mut() else { return Vec::new() };
    let StatementKind::Function { name, parameters, body } = &last.kind else { return Vec::new() };
    let is_taken = |text: &str| {
        before.iter().any(|statement| match &statement.kind {
            StatementKind::Function { name, .. } | StatementKind::Definition { name, .. } => {
                name.text == text
            }
            _ => false,
        })
    };
    // Its parameters would be what was defined.
    if is_taken(&name.text) || parameters.iter().any(|parameter| is_taken(&parameter.text)) {
        return Vec::new();
    }
    let found = parameters.iter().map(|parameter| parameter.text.clone()).collect();
    let (name, value) = (name.clone(), *body);
    last.kind = StatementKind::Definition { name, indices: Vec::new(), value, ranges: Vec::new() };
    found
}

/// The layers that the program calls, and those that these call, without those that it defines itself; each before its callers.
fn library(program: &Program) -> String {
    let own: BTreeSet<&str> = program
        .statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Function { name, .. } | StatementKind::Definition { name, .. } => {
                Some(name.text.as_str())
            }
            StatementKind::Declaration(declaration) => Some(declaration.name.text.as_str()),
            StatementKind::Request { .. }
            | StatementKind::Solve { .. }
            | StatementKind::Sizes(_)
            | StatementKind::Expression(_) => None,
        })
        .collect();
    let mut wanted: BTreeSet<String> =
        calls(program).filter(|name| !own.contains(name.as_str())).collect();
    let mut found: Vec<&str> = Vec::new();
    // A layer stands below those that it calls.
    for (name, text) in layer::LIBRARY.iter().rev() {
        if wanted.contains(*name) {
            found.push(text);
            if let Ok(layer) = syntax::parse(text, &elaborate::is_known) {
                wanted.extend(calls(&layer).filter(|name| !own.contains(name.as_str())));
            }
        }
    }
    found.reverse();
    found.join("\n")
}

fn calls(program: &Program) -> impl Iterator<Item = String> {
    program.tree.nodes.iter().filter_map(|node| match &node.kind {
        ExprKind::Call { function, .. } => Some(function.text.clone()),
        ExprKind::Number(_)
        | ExprKind::Name(_)
        | ExprKind::Substitute { .. }
        | ExprKind::Index { .. }
        | ExprKind::Range(_)
        | ExprKind::Part { .. }
        | ExprKind::Blocks(_)
        | ExprKind::IndexedSum { .. }
        | ExprKind::Negate(_)
        | ExprKind::Transpose(_)
        | ExprKind::Binary { .. } => None,
    })
}
