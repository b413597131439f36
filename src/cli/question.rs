//! Answers to what the arguments ask: a formula, or a model file's requests.

use std::path::Path;

use super::arguments::{Kind, QuestionArguments};
use super::failure::Failure;
use super::input;
use crate::session::{Answer, Outcome, Query, Session, Settings};
use crate::syntax;
use crate::syntax::ast::RequestKind;

/// The answer about one formula, in a session that may know a model file.
pub(super) fn formula(
    session: &Session,
    expression: &str,
    arguments: &QuestionArguments,
) -> Result<Answer, Failure> {
    session.ask(&query(expression, arguments)?).map_err(Failure::typed)
}

/// The question about one formula; `-` reads it from standard input.
pub(super) fn query(expression: &str, arguments: &QuestionArguments) -> Result<Query, Failure> {
    let expression =
        if expression == "-" { input::standard_input()? } else { expression.to_owned() };
    Ok(Query {
        declarations: arguments.declare.join("\n"),
        expression,
        wrt: syntax::list(&arguments.wrt.join(",")),
        kind: arguments.kind.map_or(RequestKind::Gradient, Kind::request),
        settings: arguments.convention.settings(),
    })
}

/// The outcomes of a model file's statements, and what the session knows of it.
pub(super) fn model(path: &Path, settings: Settings) -> Result<(Session, Vec<Outcome>), Failure> {
    let text = input::model(path)?;
    let mut session = Session::new();
    let outcomes = session
        .read(&text, settings)
        .map_err(|error| Failure::in_file(error, &path.display().to_string()))?;
    Ok((session, outcomes))
}

/// The answers to a model file's requests, of which there must be one.
pub(super) fn requests(path: &Path, arguments: &QuestionArguments) -> Result<Vec<Answer>, Failure> {
    let answers: Vec<Answer> =
        asked(path, arguments)?.into_iter().filter_map(Outcome::answer).collect();
    if answers.is_empty() {
        return Err(Failure::NothingAsked { path: path.to_owned() });
    }
    Ok(answers)
}

/// Answers and solutions, in the order of the file; there must be one.
pub(super) fn asked(path: &Path, arguments: &QuestionArguments) -> Result<Vec<Outcome>, Failure> {
    if let Some(option) = arguments.of_formula() {
        return Err(Failure::Unused { option, path: path.to_owned() });
    }
    let (_, mut outcomes) = model(path, arguments.convention.settings())?;
    outcomes.retain(|outcome| matches!(outcome, Outcome::Answered(_) | Outcome::Solved(_)));
    if outcomes.is_empty() {
        return Err(Failure::NothingAsked { path: path.to_owned() });
    }
    Ok(outcomes)
}
