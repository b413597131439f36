//! `gradus solve`: stationary points, and equations that are linear in their unknowns.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::arguments::{Format, SolveArguments};
use super::failure::Failure;
use super::{input, question};
use crate::expression::Id;
use crate::render::Notation;
use crate::repl::solution;
use crate::session::{Session, Settings, Solved};
use crate::solve::{Form, Kind};
use crate::syntax;

/// Solves, then prints.
pub(super) fn run(arguments: &SolveArguments) -> Result<ExitCode, Failure> {
    let session = match &arguments.file {
        Some(path) => question::model(path, Settings::default())?.0,
        None => Session::new(),
    };
    let expression = match arguments.expression.as_str() {
        "-" => input::standard_input()?,
        text => text.to_owned(),
    };
    let unknowns = syntax::list(&arguments.unknowns.join(","));
    let statement = format!("solve {expression} for {}", unknowns.join(", "));
    let found = session.solve(&arguments.declare.join("\n"), &statement).map_err(Failure::typed)?;
    io::stdout().lock().write_all(written(&found, arguments.format).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn written(found: &Solved, format: Format) -> String {
    match format {
        Format::Text => solution::solution(found, Notation::Unicode),
        Format::Ascii => found.as_typed(solution::solution(found, Notation::Ascii)),
        Format::Latex => solution::solution(found, Notation::Latex),
        Format::Mathml => solution::solution(found, Notation::MathMl),
        Format::Json => format!("{}\n", object(found)),
    }
}

fn object(found: &Solved) -> Value {
    let write = |id: Id| found.written(id, Notation::Ascii).text;
    let roots = found.solution.roots.iter().map(|root| {
        json!({
            "unknown": found.name(root.unknown, Notation::Ascii),
            "of_vec": root.form == Form::Vectorized,
            "value": write(root.value),
        })
    });
    let free = found.solution.free.iter().map(|id| found.name(*id, Notation::Ascii));
    let conditions = found.solution.conditions.iter();
    json!({
        "statement": found.statement,
        "read": found.read,
        "equations": found.solution.equations.iter().map(|id| write(*id)).collect::<Vec<_>>(),
        "solution": roots.collect::<Vec<_>>(),
        "free": free.collect::<Vec<_>>(),
        "conditions": conditions.map(|one| found.condition(*one, Notation::Ascii)).collect::<Vec<_>>(),
        "known_invertible": found.solution.known.iter().map(|id| write(*id)).collect::<Vec<_>>(),
        "hessian": found.solution.hessian.map(write),
        "kind": found.solution.kind.map(|kind| match kind {
            Kind::StrictMinimum => "strict minimum",
            Kind::Minimum => "minimum",
            Kind::StrictMaximum => "strict maximum",
            Kind::Maximum => "maximum",
            Kind::Saddle => "saddle",
            Kind::Unknown => "unknown",
        }),
        "residual": { "points": found.residual.points, "largest": found.residual.largest },
    })
}
