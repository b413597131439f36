//! The REPL: a line in, an answer out. In a terminal with an editor and a history, in a pipe without either.
//!
//! Declarations and definitions stay. An error never ends the loop.

mod command;
mod editor;
mod help;
pub mod index;
mod line;
pub mod present;
pub mod solution;
pub mod verdict;

use std::io::{self, BufRead, Write};
use std::path::Path;

use crate::syntax::{LENGTH_LIMIT, SyntaxError, decode};
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{CompletionType, Config, Editor};

pub use command::{Repl, Reply};
use editor::Typing;
pub use line::{Line, is_complete, read_line};

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

/// Reads from the terminal until `:quit` or the end of the input; `reply` answers.
pub fn interactive(
    mut reply: impl FnMut(&str) -> io::Result<Reply>,
    color: bool,
) -> io::Result<()> {
    let settings = Config::builder().completion_type(CompletionType::List).build();
    let mut editor: Editor<Typing, DefaultHistory> =
        Editor::with_config(settings).map_err(io::Error::other)?;
    editor.set_helper(Some(Typing::new(color)));
    let mut history = std::env::home_dir().map(|home| home.join(".gradus_history"));
    if let Some(path) = history.as_ref().filter(|path| path.exists())
        && let Err(error) = editor.load_history(path)
    {
        show(&unusable(path, &error))?;
    }
    show(GREETING)?;
    let mut pending = String::new();
    loop {
        let prompt = if pending.is_empty() { PROMPT } else { CONTINUATION };
        let line = match editor.readline(prompt) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => {
                pending.clear();
                continue;
            }
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(io::Error::other(error)),
        };
        if let Some(typing) = editor.helper_mut() {
            typing.learn(&line);
        }
        editor.add_history_entry(&line).map_err(io::Error::other)?;
        // Line by line, so that nothing is lost however the session ends.
        if let Some(path) = &history
            && let Err(error) = editor.append_history(path)
        {
            show(&unusable(path, &error))?;
            history = None;
        }
        for text in line::join(&mut pending, &line) {
            match reply(&text)? {
                Reply::Text(text) | Reply::Error(text) => show(&text)?,
                Reply::Quit => return Ok(()),
            }
        }
    }
}

fn show(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}

fn unusable(path: &Path, error: &ReadlineError) -> String {
    format!("lines are not kept in {}: {error}\n", path.display())
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
        let line = line::read_line(&mut input, LENGTH_LIMIT).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot read standard input: {error}"))
        })?;
        let is_end = line.is_none();
        let bytes = match line {
            None => Ok(Vec::new()),
            Some(Line::Whole(bytes)) => Ok(bytes),
            Some(Line::TooLong) => Err(SyntaxError::TooLong),
        };
        let line = bytes.as_ref().map_err(Clone::clone).and_then(|bytes| decode(bytes));
        let replies: Vec<Reply> = match line {
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
