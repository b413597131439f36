//! Why a command ends without a result.

use std::io;
use std::path::PathBuf;

use serde_json::Value;
use thiserror::Error;

use super::{BAD_INPUT, NOT_VERIFIED, json};
use crate::session::{CodeError, SessionError, VerifyError};
use crate::source::Diagnostic;
use crate::syntax::SyntaxError;

/// Why a command ends without a result.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// The question has no answer.
    #[error("{error}")]
    Session {
        error: Box<SessionError>,
        /// What the diagnostic calls the text.
        name: String,
    },
    /// A file or standard input is no text.
    #[error("{error}")]
    Text { error: SyntaxError, name: String },
    /// A file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    /// A file asks nothing.
    #[error("{} asks nothing: add a line such as `gradient of f wrt x`", path.display())]
    NothingAsked { path: PathBuf },
    /// An option that says something of a formula, where a file asks.
    #[error("{option} belongs to a formula, and {} asks by itself: write it into the file, or give a formula beside the file", path.display())]
    Unused { option: &'static str, path: PathBuf },
    /// A file cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
    /// A directory holds no model files.
    #[error("{} holds no `.gradus` files", path.display())]
    NoModels { path: PathBuf },
    /// Code lacks something.
    #[error("{0}")]
    Code(#[from] CodeError),
    /// Emitted code could not be compared.
    #[error("{0}")]
    Verify(#[from] VerifyError),
    /// A size on the command line cannot be read.
    #[error("`{text}` is no size: type it as in `--sizes m=100,n=20`")]
    Size { text: String },
    /// A size on the command line that the model does not have.
    #[error("nothing has the size {name}; the sizes here are {known}")]
    UnknownSize { name: String, known: String },
    /// A process that answers cannot be started.
    #[error("cannot start a process that answers: {0}")]
    Worker(io::Error),
    /// The terminal or the pipe of a session fails.
    #[error("the session ends: {0}")]
    Terminal(io::Error),
    /// Standard output fails.
    #[error("cannot write the answer to standard output: {0}")]
    Io(#[from] io::Error),
}

impl Failure {
    /// A question typed on the command line that has no answer.
    pub(super) fn typed(error: SessionError) -> Self {
        let name = error.place().map_or("input", |(part, _)| part.name()).to_owned();
        Self::Session { error: Box::new(error), name }
    }

    /// A question in a file that has no answer.
    pub(super) fn in_file(error: SessionError, name: &str) -> Self {
        Self::Session { error: Box::new(error), name: name.to_owned() }
    }

    /// The failure as text.
    pub(super) fn render(&self, color: bool) -> String {
        match self {
            Self::Session { error, name } => error.render(name, color),
            Self::Text { error, name } => {
                crate::source::render(&error.diagnostic(), "", name, color)
            }
            _ => {
                let (code, message) = (self.code(), self.to_string());
                let diagnostic = Diagnostic { code, message, labels: Vec::new(), help: None };
                crate::source::render(&diagnostic, "", "input", color)
            }
        }
    }

    /// The failure as JSON, as `batch` writes it: `{"error": {"code", "message", "help", "start", "end", "in"}}`.
    pub(super) fn value(&self) -> Value {
        let error = match self {
            Self::Session { error, .. } => json::error(error),
            Self::Text { error, .. } => {
                let help = error.diagnostic().help;
                json::plain_error(self.code(), &self.to_string(), help.as_deref())
            }
            _ => json::plain_error(self.code(), &self.to_string(), None),
        };
        serde_json::json!({ "ok": false, "error": error })
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Session { error, .. } => error.diagnostic().code,
            Self::Text { error, .. } => error.diagnostic().code,
            Self::Read { .. } => "E1101",
            Self::NothingAsked { .. } => "E1102",
            Self::Io(_) | Self::Terminal(_) => "E1103",
            Self::Write { .. } => "E1104",
            Self::NoModels { .. } => "E1105",
            Self::Size { .. } => "E1107",
            Self::UnknownSize { .. } => "E1108",
            Self::Worker(_) => "E1109",
            Self::Unused { .. } => "E1110",
            Self::Verify(error) => error.code(),
            Self::Code(error) => error.code(),
        }
    }

    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Verify(error) if error.is_of_the_machine() => BAD_INPUT,
            Self::Verify(_) => NOT_VERIFIED,
            Self::Session { .. }
            | Self::Text { .. }
            | Self::Read { .. }
            | Self::NothingAsked { .. }
            | Self::Unused { .. }
            | Self::Write { .. }
            | Self::NoModels { .. }
            | Self::Code(_)
            | Self::Size { .. }
            | Self::UnknownSize { .. }
            | Self::Worker(_)
            | Self::Terminal(_)
            | Self::Io(_) => BAD_INPUT,
        }
    }

    /// Whether the reader of standard output went away, which is no failure.
    pub(super) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(error) | Self::Terminal(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
