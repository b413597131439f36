//! `gradus derive`: one formula, or the requests of a model file.

use std::io::{self, Write as _};
use std::process::ExitCode;

use super::arguments::{DeriveArguments, DeriveFormat, Format};
use super::failure::Failure;
use super::{json, question, solve, verify};
use crate::render::Notation;
use crate::render::index::Script;
use crate::repl::{index, present};
use crate::session::{self, Answer, Outcome, Precision, Session, StepsError};

/// Answers, then prints: bad input prints nothing.
pub(super) fn run(arguments: &DeriveArguments) -> Result<ExitCode, Failure> {
    let mut parts = Vec::new();
    let mut answers = Vec::new();
    for outcome in outcomes(arguments)? {
        match outcome {
            Outcome::Answered(answer) => {
                let mut text = written(&answer, arguments.format);
                if arguments.steps || arguments.verify {
                    match steps(&answer, arguments.format.whole()) {
                        Ok(steps) => text.push_str(&steps),
                        // The code can be verified where a step has no rule that could be shown.
                        Err(Failure::Steps(error @ StepsError::Differentiate(_)))
                            if !arguments.steps =>
                        {
                            text.push_str(&format!("\n{error}\n"));
                        }
                        Err(failure) => return Err(failure),
                    }
                }
                parts.push(text);
                answers.push(*answer);
            }
            Outcome::Solved(found) => parts.push(solve::written(&found, arguments.format.whole())),
            Outcome::Defined(..) => {}
        }
    }
    let mut text = parts.join("\n");
    let mut code = ExitCode::SUCCESS;
    if arguments.verify && !answers.is_empty() {
        let verified = verify::verified(&answers)?;
        let rust = session::module(&answers, Precision::Double)?;
        text = format!("{text}\n{rust}\n{}", verified.text);
        code = verified.code;
    }
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(code)
}

fn outcomes(arguments: &DeriveArguments) -> Result<Vec<Outcome>, Failure> {
    let settings = arguments.question.convention.settings();
    match (&arguments.file, &arguments.expression) {
        (Some(path), None) => question::asked(path, settings),
        (Some(path), Some(expression)) => {
            let (session, _) = question::model(path, settings)?;
            let answer = question::formula(&session, expression, &arguments.question)?;
            Ok(vec![Outcome::Answered(Box::new(answer))])
        }
        (None, expression) => {
            let expression = expression.as_deref().unwrap_or_default();
            let answer = question::formula(&Session::new(), expression, &arguments.question)?;
            Ok(vec![Outcome::Answered(Box::new(answer))])
        }
    }
}

fn written(answer: &Answer, format: DeriveFormat) -> String {
    match format {
        DeriveFormat::Text => present::answer(answer, Notation::Unicode),
        DeriveFormat::Ascii => present::answer(answer, Notation::Ascii),
        DeriveFormat::Latex => present::answer(answer, Notation::Latex),
        DeriveFormat::Mathml => present::answer(answer, Notation::MathMl),
        DeriveFormat::Json => format!("{}\n", json::answer(answer)),
        DeriveFormat::Index => index::answer(answer, Script::Unicode),
        DeriveFormat::IndexLatex => index::answer(answer, Script::Latex),
    }
}

/// The derivation of each gradient, below an empty line.
fn steps(answer: &Answer, format: Format) -> Result<String, Failure> {
    match format {
        Format::Text => Ok(present::steps(answer, Notation::Unicode)?),
        Format::Ascii => Ok(present::steps(answer, Notation::Ascii)?),
        Format::Latex => Ok(present::steps(answer, Notation::Latex)?),
        Format::Mathml => Ok(present::steps(answer, Notation::MathMl)?),
        Format::Json => Ok(String::new()),
    }
}
