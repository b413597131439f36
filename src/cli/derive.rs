//! `gradus derive`: one formula, or the requests of a model file.

use std::io::{self, Write as _};
use std::path::Path;

use super::arguments::{DeriveArguments, Format};
use super::failure::Failure;
use super::{input, json};
use crate::render::Notation;
use crate::repl::present;
use crate::session::{Answer, Outcome, Query, Session};
use crate::syntax::ast::RequestKind;

/// Answers, then prints: bad input prints nothing.
pub(super) fn run(arguments: &DeriveArguments) -> Result<(), Failure> {
    let answers = answers(arguments)?;
    let text: Vec<String> = answers.iter().map(|answer| written(answer, arguments.format)).collect();
    io::stdout().lock().write_all(text.join("\n").as_bytes())?;
    Ok(())
}

fn answers(arguments: &DeriveArguments) -> Result<Vec<Answer>, Failure> {
    let settings = arguments.convention.settings();
    let mut session = Session::new();
    let mut asked = Vec::new();
    if let Some(path) = &arguments.file {
        let text = input::file(path)?;
        let outcomes = session
            .read(&text, settings)
            .map_err(|error| Failure::in_file(error, &path.display().to_string()))?;
        asked = requests(outcomes);
    }
    match &arguments.expression {
        Some(expression) => Ok(vec![asked_for(arguments, &session, expression)?]),
        None => some(asked, arguments.file.as_deref()),
    }
}

fn asked_for(
    arguments: &DeriveArguments,
    session: &Session,
    expression: &str,
) -> Result<Answer, Failure> {
    let expression =
        if expression == "-" { input::standard_input()? } else { expression.to_owned() };
    let query = Query {
        declarations: arguments.declare.join("\n"),
        expression,
        wrt: arguments.wrt.iter().map(|name| name.trim().to_owned()).collect(),
        kind: RequestKind::Gradient,
        settings: arguments.convention.settings(),
    };
    session.ask(&query).map_err(Failure::typed)
}

fn requests(outcomes: Vec<Outcome>) -> Vec<Answer> {
    let answered = outcomes.into_iter().filter_map(|outcome| match outcome {
        Outcome::Answered(answer) => Some(*answer),
        Outcome::Defined(..) => None,
    });
    answered.collect()
}

fn some(answers: Vec<Answer>, path: Option<&Path>) -> Result<Vec<Answer>, Failure> {
    match path {
        Some(path) if answers.is_empty() => Err(Failure::NothingAsked { path: path.to_owned() }),
        _ => Ok(answers),
    }
}

fn written(answer: &Answer, format: Format) -> String {
    match format {
        Format::Text => present::answer(answer, Notation::Unicode),
        Format::Ascii => present::answer(answer, Notation::Ascii),
        Format::Latex => present::answer(answer, Notation::Latex),
        Format::Mathml => present::answer(answer, Notation::MathMl),
        Format::Json => format!("{}\n", json::answer(answer)),
    }
}
