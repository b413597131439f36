//! The command line: `derive`, `check`, `solve`, `batch`, `emit`, `verify`, `info`, what a shell and a manual page are made from, and the
//! REPL when no command is given.
//!
//! Results go to standard output, diagnostics to standard error. Bad input, and a machine without what is needed, mean exit code 2
//! and nothing on standard output, under `--format json` an object with the reason; a verification that fails means exit code 1.
//!
//! Where one question must not cost the next, in `batch` and in a terminal, a `worker` process answers (`serve`).

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
mod serve;
mod solve;
mod terminal;
mod verify;
mod worker;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::repl;
use arguments::{Arguments, Command, DeriveFormat, Format, Service};
use failure::Failure;

/// Exit code for code that disagrees with its formula, and for a claim that is wrong.
const NOT_VERIFIED: u8 = 1;

/// Exit code for bad input.
const BAD_INPUT: u8 = 2;

/// Runs the command that the arguments ask for.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match outcome(arguments.command.as_ref()) {
        Ok(code) => code,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            // A reader of JSON finds the reason where the answer would be.
            let _ = if is_json(arguments.command.as_ref()) {
                writeln!(io::stdout().lock(), "{}", failure.value())
            } else {
                write!(anstream::stderr().lock(), "{}", failure.render(colored()))
            };
            ExitCode::from(failure.exit_code())
        }
    }
}

fn outcome(command: Option<&Command>) -> Result<ExitCode, Failure> {
    match command {
        Some(Command::Derive(arguments)) => derive::run(arguments),
        Some(Command::Batch(arguments)) => {
            batch::run(arguments, io::stdin().lock(), io::stdout().lock())
        }
        Some(Command::Check(arguments)) => check::run(arguments),
        Some(Command::Solve(arguments)) => solve::run(arguments),
        Some(Command::Emit(arguments)) => emit::run(arguments),
        Some(Command::Verify(arguments)) => verify::run(arguments),
        Some(Command::Info(arguments)) => info::run(arguments),
        Some(Command::Completions { shell }) => {
            let mut command = Arguments::command();
            clap_complete::generate(*shell, &mut command, "gradus", &mut io::stdout().lock());
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Man) => {
            manual(&mut io::stdout().lock())?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Worker(arguments)) => {
            match &arguments.service {
                Service::Batch(convention) => batch::serve(convention)?,
                Service::Repl => serve::repl()?,
            }
            Ok(ExitCode::SUCCESS)
        }
        None if io::stdin().is_terminal() => {
            terminal::run(colored())?;
            Ok(ExitCode::SUCCESS)
        }
        None => piped(),
    }
}

/// The manual page: the program, then each of its commands.
fn manual(output: &mut impl io::Write) -> io::Result<()> {
    let mut program = Arguments::command();
    program.build();
    let page = clap_mangen::Man::new(program.clone());
    page.render_title(output)?;
    page.render_name_section(output)?;
    page.render_synopsis_section(output)?;
    page.render_description_section(output)?;
    page.render_options_section(output)?;
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name();
        if name == "help" {
            continue;
        }
        writeln!(output, ".SH \"GRADUS {}\"", name.to_uppercase())?;
        let page = clap_mangen::Man::new(command.clone());
        page.render_description_section(output)?;
        page.render_synopsis_section(output)?;
        page.render_options_section(output)?;
    }
    clap_mangen::Man::new(program).render_extra_section(output)
}

/// Whether a program reads the answer.
fn is_json(command: Option<&Command>) -> bool {
    match command {
        Some(Command::Derive(arguments)) => arguments.format == DeriveFormat::Json,
        Some(Command::Check(arguments)) => arguments.format == Format::Json,
        Some(Command::Solve(arguments)) => arguments.format == Format::Json,
        _ => false,
    }
}

fn piped() -> Result<ExitCode, Failure> {
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    match repl::piped(input, output, io::stderr().lock(), colored()) {
        Ok(repl::Ending::Clean) => Ok(ExitCode::SUCCESS),
        Ok(repl::Ending::WithErrors) => Ok(ExitCode::from(BAD_INPUT)),
        Err(error) => Err(Failure::Terminal(error)),
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
