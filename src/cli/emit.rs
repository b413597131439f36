//! `gradus emit`: answers as Rust.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use super::arguments::{EmitArguments, Float};
use super::failure::Failure;
use super::question;
use crate::build::file;
use crate::session::{self, Precision, Session};

/// Writes the code of every request.
pub(super) fn run(arguments: &EmitArguments) -> Result<ExitCode, Failure> {
    let answers = match (&arguments.model, &arguments.expr) {
        (Some(path), _) => question::requests(path, &arguments.question)?,
        (None, expression) => {
            let expression = expression.as_deref().unwrap_or_default();
            vec![question::formula(&Session::new(), expression, &arguments.question)?]
        }
    };
    let precision = match arguments.float {
        Float::F64 => Precision::Double,
        Float::F32 => Precision::Single,
    };
    let text = session::module(&answers, precision)?;
    match &arguments.output {
        Some(path) => {
            let inputs: Vec<&Path> = arguments.model.as_deref().into_iter().collect();
            file::write(path, &text, &inputs)
                .map_err(|error| Failure::Write { path: path.clone(), error })?;
        }
        None => io::stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}
