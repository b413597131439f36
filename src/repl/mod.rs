//! The REPL: a line in, an answer out. In a terminal with an editor and a history, in a pipe without either.
//!
//! Declarations and definitions stay. An error never ends the loop.

mod command;
pub mod index;
mod line;
pub mod present;
pub mod solution;
pub mod verdict;

use std::io::{self, BufRead, Write};

use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

pub use command::{Repl, Reply};
pub use line::is_complete;

const PROMPT: &str = "gradus> ";
const CONTINUATION: &str = "   ...> ";

const GREETING: &str = "gradus: a formula in, its gradient out. `:help` lists what can be typed.\n";

/// How a pipe's run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every line was understood.
    Clean,
    /// At least one was not.
    WithErrors,
}

/// Reads from the terminal until `:quit` or the end of the input.
pub fn interactive() -> io::Result<()> {
    let mut editor = DefaultEditor::new().map_err(io::Error::other)?;
    let history = std::env::home_dir().map(|home| home.join(".gradus_history"));
    if let Some(path) = &history {
        // The first time there is none.
        let _ = editor.load_history(path);
    }
    let mut output = io::stdout().lock();
    output.write_all(GREETING.as_bytes())?;
    let mut repl = Repl::new();
    let mut pending = String::new();
    'lines: loop {
        let prompt = if pending.is_empty() { PROMPT } else { CONTINUATION };
        match editor.readline(prompt) {
            Ok(line) => {
                let _ = editor.add_history_entry(&line);
                for text in line::join(&mut pending, &line) {
                    match repl.reply(&text, true) {
                        Reply::Text(text) | Reply::Error(text) => {
                            output.write_all(text.as_bytes())?;
                        }
                        Reply::Quit => break 'lines,
                    }
                }
            }
            Err(ReadlineError::Interrupted) => pending.clear(),
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(io::Error::other(error)),
        }
    }
    if let Some(path) = &history {
        let _ = editor.save_history(path);
    }
    Ok(())
}

/// Reads a pipe to its end: answers go to `output`, diagnostics to `errors`.
pub fn piped(
    mut input: impl BufRead,
    mut output: impl Write,
    mut errors: impl Write,
    color: bool,
) -> io::Result<Ending> {
    let mut repl = Repl::new();
    let mut ending = Ending::Clean;
    let mut pending = String::new();
    loop {
        let mut bytes = Vec::new();
        let is_end = input.read_until(b'\n', &mut bytes)? == 0;
        let replies: Vec<Reply> = match crate::syntax::decode(&bytes) {
            Ok(line) => {
                let mut ready = line::join(&mut pending, line.trim_end_matches(['\n', '\r']));
                if is_end && !pending.is_empty() {
                    ready.push(std::mem::take(&mut pending));
                }
                ready.iter().map(|text| repl.reply(text, color)).collect()
            }
            Err(error) => {
                pending.clear();
                vec![Reply::Error(crate::source::render(&error.diagnostic(), "", "input", color))]
            }
        };
        for reply in replies {
            match reply {
                Reply::Text(text) => {
                    output.write_all(text.as_bytes())?;
                    output.flush()?;
                }
                Reply::Error(text) => {
                    ending = Ending::WithErrors;
                    errors.write_all(text.as_bytes())?;
                }
                Reply::Quit => return Ok(ending),
            }
        }
        if is_end {
            return Ok(ending);
        }
    }
}
