//! `gradus derive`: one formula, or the requests of a model file.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::arguments::{DeriveArguments, DeriveFormat, Format};
use super::failure::Failure;
use super::{json, question, solve, verify};
use crate::render::Notation;
use crate::render::index::Script;
use crate::repl::{index, present};
use crate::session::{self, Answer, Outcome, Precision, Session};

/// Answers, then prints: bad input prints nothing.
pub(super) fn run(arguments: &DeriveArguments) -> Result<ExitCode, Failure> {
    let is_json = arguments.format == DeriveFormat::Json;
    let mut parts = Vec::new();
    let mut answers = Vec::new();
    for outcome in outcomes(arguments)? {
        match outcome {
            Outcome::Answered(answer) => {
                let answer = if arguments.expand { answer.expanded() } else { *answer };
                let mut text = written(&answer, arguments);
                if (arguments.steps || arguments.verify) && !is_json {
                    text.push_str(&steps(&answer, arguments.format.whole()));
                }
                parts.push(text);
                answers.push(answer);
            }
            Outcome::Solved(found) => parts.push(solve::written(&found, arguments.format.whole())),
            Outcome::Defined(_) | Outcome::Replaced(..) => {}
        }
    }
    // A value a line, which a program reads one by one.
    let mut text = parts.join(if is_json { "" } else { "\n" });
    let mut code = ExitCode::SUCCESS;
    if arguments.verify && !answers.is_empty() {
        let verified = verify::verified(&answers)?;
        let rust = session::module(&answers, Precision::Double)?;
        text = if is_json {
            let agree = verified.code == ExitCode::SUCCESS;
            let object = json!({ "rust": rust, "verified": agree, "report": verified.text });
            format!("{text}{object}\n")
        } else {
            format!("{text}\n{rust}\n{}", verified.text)
        };
        code = verified.code;
    }
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(code)
}

fn outcomes(arguments: &DeriveArguments) -> Result<Vec<Outcome>, Failure> {
    let settings = arguments.question.convention.settings();
    match (&arguments.file, &arguments.expression) {
        (Some(path), None) => question::asked(path, &arguments.question),
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

fn written(answer: &Answer, arguments: &DeriveArguments) -> String {
    match arguments.format {
        DeriveFormat::Text => present::answer(answer, Notation::Unicode),
        DeriveFormat::Ascii => answer.as_typed(present::answer(answer, Notation::Ascii)),
        DeriveFormat::Latex => present::answer(answer, Notation::Latex),
        DeriveFormat::Mathml => present::answer(answer, Notation::MathMl),
        DeriveFormat::Json => format!("{}\n", object(answer, arguments)),
        DeriveFormat::Index => index::answer(answer, Script::Unicode),
        DeriveFormat::IndexLatex => index::answer(answer, Script::Latex),
    }
}

/// The answer, with the steps where they are wanted, or the reason why there are none.
fn object(answer: &Answer, arguments: &DeriveArguments) -> Value {
    let mut object = json::answer(answer);
    if arguments.steps || arguments.verify {
        for (at, derivative) in answer.derivatives.iter().enumerate() {
            let place = &mut object[json::key(answer.kind)][at];
            match json::steps(answer, derivative) {
                Ok(steps) => place["steps"] = steps,
                Err(error) => place["steps_missing"] = json!(error.to_string()),
            }
        }
    }
    object
}

/// The derivation of each gradient, below an empty line.
fn steps(answer: &Answer, format: Format) -> String {
    match format {
        Format::Text => present::steps(answer, Notation::Unicode),
        Format::Ascii => answer.as_typed(present::steps(answer, Notation::Ascii)),
        Format::Latex => present::steps(answer, Notation::Latex),
        Format::Mathml => present::steps(answer, Notation::MathMl),
        Format::Json => String::new(),
    }
}
