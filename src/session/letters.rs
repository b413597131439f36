//! What the first letter of an undeclared name decided, where it is the reason why there is no answer.

use super::error::{Problem, SessionError};
use super::program::{self, Reading};
use super::source::{Part, Source};
use super::task::Task;
use crate::elaborate::ElaborateError;
use crate::syntax::ast::{ExprKind, StatementKind};

/// Undeclared names that are tried at most.
const TRIES: usize = 12;

/// Names the array that would have to be a number, where the formula is no scalar because of it: the N of `-N/2*logdet(C)`.
pub(super) fn explained(error: SessionError, source: &Source, names: &[String]) -> SessionError {
    let not_scalar = matches!(
        error.problem(),
        Problem::NotScalar { .. } | Problem::Elaborate(ElaborateError::NotScalarValued { .. })
    );
    if !not_scalar {
        return error;
    }
    let found = undeclared(source, names).into_iter().take(TRIES);
    match found.into_iter().find(|name| is_scalar_with(source, names, name)) {
        Some(name) => {
            let kind = match name.chars().next() {
                Some('h'..='z') => "a column, as h to z are",
                Some(first) if first.is_uppercase() => "a matrix, as capitals are",
                _ => "an array, as the rest of the formula has it",
            };
            error.with_help(&format!(
                "`{name}` is not declared and taken for {kind}; if it is a number, declare it: `{name}: scalar`"
            ))
        }
        None => error,
    }
}

/// The names that the letters decide: neither declared nor asked for.
fn undeclared(source: &Source, names: &[String]) -> Vec<String> {
    let Ok(program) = program::parse(source, names) else { return Vec::new() };
    let declares = |kind: &StatementKind, name: &str| matches!(kind, StatementKind::Declaration(known) if known.name.text == name);
    let is_declared =
        |name: &str| program.statements.iter().any(|statement| declares(&statement.kind, name));
    let mut found: Vec<String> = Vec::new();
    for node in &program.tree.nodes {
        if let ExprKind::Name(name) = &node.kind
            && !names.contains(name)
            // e^x is exp(x).
            && name != "e"
            && !is_declared(name)
            && !found.contains(name)
        {
            found.push(name.clone());
        }
    }
    found
}

/// Whether what is asked about is a scalar once the name is declared to be one.
fn is_scalar_with(source: &Source, names: &[String], name: &str) -> bool {
    let declared = source.before_typed(Part::Declarations, &format!("{name}: scalar"));
    let Ok(reading) = Reading::read(declared, names, None) else { return false };
    let last = reading.typed().last();
    let task = last.and_then(|statement| Task::of_statement(&reading, statement).ok());
    task.is_some_and(|task| reading.model.store.shape(task.of).is_scalar())
}
