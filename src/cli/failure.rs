//! Why a command ends without a result.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::{BAD_INPUT, NOT_VERIFIED};
use crate::session::{SessionError, VerifyError};
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
    /// A file cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
    /// A directory holds no model files.
    #[error("{} holds no `.gradus` files", path.display())]
    NoModels { path: PathBuf },
    /// Emitted code could not be compared.
    #[error("{0}")]
    Verify(#[from] VerifyError),
    /// A size on the command line cannot be read.
    #[error("`{text}` is no size: type it as in `--sizes m=100,n=20`")]
    Size { text: String },
    /// A size on the command line that the model does not have.
    #[error("nothing has the size {name}; the sizes here are {known}")]
    UnknownSize { name: String, known: String },
    /// Standard output or a terminal fails.
    #[error("{0}")]
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
            Self::Read { .. } => self.bare("E1101", color),
            Self::NothingAsked { .. } => self.bare("E1102", color),
            Self::Io(_) => self.bare("E1103", color),
            Self::Write { .. } => self.bare("E1104", color),
            Self::NoModels { .. } => self.bare("E1105", color),
            Self::Size { .. } => self.bare("E1107", color),
            Self::UnknownSize { .. } => self.bare("E1108", color),
            Self::Verify(error) => self.bare(error.code(), color),
        }
    }

    fn bare(&self, code: &'static str, color: bool) -> String {
        let message = self.to_string();
        let diagnostic = Diagnostic { code, message, labels: Vec::new(), help: None };
        crate::source::render(&diagnostic, "", "input", color)
    }

    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Verify(_) => NOT_VERIFIED,
            Self::Session { .. }
            | Self::Text { .. }
            | Self::Read { .. }
            | Self::NothingAsked { .. }
            | Self::Write { .. }
            | Self::NoModels { .. }
            | Self::Size { .. }
            | Self::UnknownSize { .. }
            | Self::Io(_) => BAD_INPUT,
        }
    }

    /// Whether the reader of standard output went away, which is no failure.
    pub(super) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
