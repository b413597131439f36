//! The command line: `derive`, `check`, `solve`, `batch`, `emit`, `verify`, `info`, and the REPL when no command is given.
//!
//! Results go to standard output, diagnostics to standard error. Bad input, and a machine without what is needed, mean exit code 2
//! and nothing on standard output; a verification that fails means exit code 1.

mod arguments;
mod batch;
mod check;
mod derive;
mod emit;
mod failure;
mod info;
mod input;
mod json;
mod question;
mod solve;
mod verify;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use crate::repl;
use arguments::{Arguments, Command};
use failure::Failure;

/// Exit code for code that disagrees with its formula, and for a claim that is wrong.
const NOT_VERIFIED: u8 = 1;

/// Exit code for bad input.
const BAD_INPUT: u8 = 2;

/// Runs the command that the arguments ask for.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        Some(Command::Derive(arguments)) => derive::run(arguments),
        Some(Command::Batch(arguments)) => {
            batch::run(arguments, io::stdin().lock(), io::stdout().lock())
        }
        Some(Command::Check(arguments)) => check::run(arguments),
        Some(Command::Solve(arguments)) => solve::run(arguments),
        Some(Command::Emit(arguments)) => emit::run(arguments),
        Some(Command::Verify(arguments)) => verify::run(arguments),
        Some(Command::Info(arguments)) => info::run(arguments),
        None if io::stdin().is_terminal() => interactive(),
        None => return piped(),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            let color = colored();
            let mut stderr = anstream::stderr().lock();
            let _ = write!(stderr, "{}", failure.render(color));
            ExitCode::from(failure.exit_code())
        }
    }
}

fn interactive() -> Result<ExitCode, Failure> {
    repl::interactive()?;
    Ok(ExitCode::SUCCESS)
}

fn piped() -> ExitCode {
    let color = colored();
    match repl::piped(io::stdin().lock(), io::stdout().lock(), io::stderr().lock(), color) {
        Ok(repl::Ending::Clean) => ExitCode::SUCCESS,
        Ok(repl::Ending::WithErrors) => ExitCode::from(BAD_INPUT),
        Err(_) => ExitCode::SUCCESS,
    }
}

/// Whether diagnostics are coloured: only when standard error is a terminal that bears it.
fn colored() -> bool {
    match anstream::AutoStream::choice(&io::stderr()) {
        anstream::ColorChoice::Never => false,
        anstream::ColorChoice::Auto
        | anstream::ColorChoice::AlwaysAnsi
        | anstream::ColorChoice::Always => true,
    }
}
