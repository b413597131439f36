//! `gradus verify`: emitted code, compiled, run, and compared with plain loops.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::arguments::VerifyArguments;
use super::failure::Failure;
use super::{NOT_VERIFIED, question};
use crate::repl::present;
use crate::session::{self, Answer, Outcome, Session};
use crate::solve::Residual;

/// Verifies every request of every model in one crate.
pub(super) fn run(arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    let mut answers = Vec::new();
    if let Some(expression) = &arguments.expr {
        answers.push(question::formula(&Session::new(), expression, &arguments.question)?);
    }
    let mut solved = String::new();
    for path in models(&arguments.models)? {
        for outcome in question::asked(&path, &arguments.question)? {
            match outcome {
                Outcome::Answered(answer) => answers.push(*answer),
                // A solution that leaves a residual is none: it was refused when the file was read.
                Outcome::Solved(found) => {
                    let Residual { points, largest } = found.residual;
                    let _ = writeln!(
                        solved,
                        "verified: {} put back at {points} points, largest residual {largest:.0e}",
                        found.statement
                    );
                }
                Outcome::Defined(_) | Outcome::Replaced(..) => {}
            }
        }
    }
    let mut verified = verified(&answers)?;
    verified.text.push_str(&solved);
    io::stdout().lock().write_all(verified.text.as_bytes())?;
    Ok(verified.code)
}

/// What a verification found.
#[derive(Debug)]
pub(super) struct Verified {
    /// A line for each output.
    pub(super) text: String,
    /// Success when all outputs agree.
    pub(super) code: ExitCode,
}

/// Verifies the answers' code.
pub(super) fn verified(answers: &[Answer]) -> Result<Verified, Failure> {
    let mut text = String::new();
    let mut agree = true;
    for (answer, report) in answers.iter().zip(session::verify(answers)?) {
        let report = report?;
        agree &= session::agrees(&report);
        text.push_str(&present::report(answer, &report));
    }
    let code = if agree { ExitCode::SUCCESS } else { ExitCode::from(NOT_VERIFIED) };
    Ok(Verified { text, code })
}

/// The files themselves, and the model files of the directories, sorted.
fn models(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut models = Vec::new();
    for path in paths {
        if path.is_dir() {
            models.extend(inside(path)?);
        } else {
            models.push(path.clone());
        }
    }
    Ok(models)
}

fn inside(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error| Failure::Read { path: directory.to_owned(), error };
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "gradus") {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::NoModels { path: directory.to_owned() });
    }
    Ok(found)
}
