//! `gradus check`: is a formula that someone wrote down the derivative?

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::arguments::{CheckArguments, Format};
use super::failure::Failure;
use super::{NOT_VERIFIED, json, question};
use crate::claim::Verdict;
use crate::render::Notation;
use crate::repl::verdict;
use crate::session::{Judgement, Session};

/// Exit code 0 for a claim that is right, 1 for one that is wrong or undecided.
pub(super) fn run(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let session = match &arguments.file {
        Some(path) => question::model(path, arguments.question.convention.settings())?.0,
        None => Session::new(),
    };
    let query = question::query(&arguments.expression, &arguments.question)?;
    let found = session.check(&query, &arguments.claim).map_err(Failure::typed)?;
    let text = match arguments.format {
        Format::Text => verdict::judgement(&found, Notation::Unicode),
        Format::Ascii => found.answer.as_typed(verdict::judgement(&found, Notation::Ascii)),
        Format::Latex => verdict::judgement(&found, Notation::Latex),
        Format::Mathml => verdict::judgement(&found, Notation::MathMl),
        Format::Json => format!("{}\n", object(&found)),
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(match found.verdict {
        Verdict::Proved(_) | Verdict::Holds { .. } => ExitCode::SUCCESS,
        Verdict::Wrong(_) | Verdict::Undecided(_) => ExitCode::from(NOT_VERIFIED),
    })
}

fn object(found: &Judgement) -> Value {
    let derivative = found.answer.derivatives.first().map_or(found.claim, |one| one.id);
    let mut object = json!({
        "claim": found.written_claim(Notation::Ascii).text,
        "derivative": found.written(derivative, Notation::Ascii).text,
        "verdict": match &found.verdict {
            Verdict::Proved(_) => "proved",
            Verdict::Holds { .. } => "holds",
            Verdict::Wrong(_) => "wrong",
            Verdict::Undecided(_) => "undecided",
        },
    });
    let mistake = found.mistake.as_ref();
    object["mistake"] = json!(mistake.map(|one| verdict::mistaken(found, one, Notation::Ascii)));
    match &found.verdict {
        Verdict::Holds { points, relative_error } => {
            object["points"] = json!(points);
            object["relative_error"] = json!(relative_error);
        }
        Verdict::Wrong(counterexample) => {
            let values = counterexample.point.values.iter();
            let values = values.map(|(name, value)| (name.to_string(), json::array(value)));
            object["counterexample"] = json!({
                "sizes": counterexample.point.sizes.iter()
                    .map(|(name, size)| (name.to_string(), *size))
                    .collect::<std::collections::BTreeMap<_, _>>(),
                "values": values.collect::<serde_json::Map<_, _>>(),
                "claim": json::array(&counterexample.claim),
                "derivative": json::array(&counterexample.derivative),
                "worst": {
                    "row": counterexample.worst.row,
                    "column": counterexample.worst.column,
                    "claim": counterexample.worst.claim,
                    "derivative": counterexample.worst.derivative,
                },
                "difference": counterexample.difference
                    .map(|id| found.written(id, Notation::Ascii).text),
            });
        }
        Verdict::Proved(_) | Verdict::Undecided(_) => {}
    }
    object
}
