//! Gradients in a build script: a model file in, Rust in `$OUT_DIR` out.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), gradus::build::BuildError> {
//!     gradus::build::Config::new().compile("model.gradus")?;
//!     Ok(())
//! }
//! ```
//!
//! ```text
//! // src/main.rs
//! mod model {
//!     include!(concat!(env!("OUT_DIR"), "/model.rs"));
//! }
//! ```

pub(crate) mod file;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use thiserror::Error;

use crate::session::{
    Answer, CodeError, Outcome, Precision, Session, SessionError, Settings, module,
};
use crate::syntax::{self, SyntaxError};

/// The float type of the written code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Float {
    /// `f64`
    #[default]
    F64,
    /// `f32`
    F32,
}

impl Float {
    fn precision(self) -> Precision {
        match self {
            Self::F64 => Precision::Double,
            Self::F32 => Precision::Single,
        }
    }
}

/// What is written where.
#[derive(Clone, Debug, Default)]
pub struct Config {
    out_dir: Option<PathBuf>,
    float: Float,
    settings: Settings,
}

impl Config {
    /// `f64`, into the directory that Cargo names in `OUT_DIR`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes into this directory.
    #[must_use]
    pub fn out_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(directory.into());
        self
    }

    /// Writes code for this float type.
    #[must_use]
    pub fn float(mut self, float: Float) -> Self {
        self.float = float;
        self
    }

    /// Answers with these conventions.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Derives what the model file asks for, checks it, and writes it to `<stem>.rs`, which is the model's name without `.gradus`;
    /// the written file's path. Tells Cargo to run the build script again when the model changes.
    ///
    /// One build script cannot write two different texts to one file: models of one name, or one model for two float types, need
    /// directories of their own. A file that gradus did not generate is not overwritten.
    pub fn compile(&self, model: impl AsRef<Path>) -> Result<PathBuf, BuildError> {
        let model = model.as_ref();
        tell_cargo(model);
        let text = read(model)?;
        let answers = answers(model, &text, self.settings)?;
        let directory = match &self.out_dir {
            Some(directory) => directory.clone(),
            None => env::var_os("OUT_DIR").map(PathBuf::from).ok_or(BuildError::NoOutDir)?,
        };
        let mut name = model.file_stem().map_or_else(|| OsString::from("model"), OsString::from);
        name.push(".rs");
        let path = directory.join(name);
        let code = module(&answers, self.float.precision())?;
        claim(&path, model, &code)?;
        match file::write(&path, &code, &[model]) {
            Ok(()) => Ok(path),
            Err(error) => Err(BuildError::Write { path, error }),
        }
    }
}

/// What this process has written where, and from which model.
static WRITTEN: Mutex<BTreeMap<PathBuf, (PathBuf, String)>> = Mutex::new(BTreeMap::new());

/// Notes that the text is written to the path; refused where another text was.
fn claim(path: &Path, model: &Path, code: &str) -> Result<(), BuildError> {
    let mut written = match WRITTEN.lock() {
        Ok(written) => written,
        // What is noted is whole at any time.
        Err(poisoned) => poisoned.into_inner(),
    };
    if let Some((first, text)) = written.get(path)
        && text != code
    {
        let (path, first, second) = (path.to_owned(), first.clone(), model.to_owned());
        return Err(BuildError::SameOutput { path, first, second });
    }
    written.insert(path.to_owned(), (model.to_owned(), code.to_owned()));
    Ok(())
}

#[allow(clippy::print_stdout)] // Standard output is how a build script speaks to Cargo.
fn tell_cargo(model: &Path) {
    println!("cargo::rerun-if-changed={}", model.display());
}

fn read(model: &Path) -> Result<String, BuildError> {
    let bytes =
        file::read(model).map_err(|error| BuildError::Read { path: model.to_owned(), error })?;
    let name = model.display().to_string();
    let text = syntax::decode(&bytes).map_err(|error| BuildError::Text { error, name })?;
    Ok(text.to_owned())
}

fn answers(model: &Path, text: &str, settings: Settings) -> Result<Vec<Answer>, BuildError> {
    let outcomes = Session::new().read(text, settings).map_err(|error| BuildError::Model {
        error: Box::new(error),
        name: model.display().to_string(),
    })?;
    let answers: Vec<Answer> = outcomes.into_iter().filter_map(Outcome::answer).collect();
    if answers.is_empty() {
        return Err(BuildError::NothingAsked { path: model.to_owned() });
    }
    Ok(answers)
}

/// Why nothing was written. `Debug`, which a build script's `main` prints, shows the same words as `Display`.
#[derive(Error)]
pub enum BuildError {
    /// The model has no answer: the diagnostic, with the lines it speaks of.
    #[error("{}", error.render(name, false))]
    Model {
        /// Why.
        error: Box<SessionError>,
        /// The model file.
        name: String,
    },
    /// The model file is no text.
    #[error("{}", crate::source::render(&error.diagnostic(), "", name, false))]
    Text {
        /// Why.
        error: SyntaxError,
        /// The model file.
        name: String,
    },
    /// The model file asks nothing.
    #[error("{} asks nothing: add a line such as `gradient of f wrt x`", path.display())]
    NothingAsked {
        /// The model file.
        path: PathBuf,
    },
    /// The model file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The model file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The code cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// The code's file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The code lacks something.
    #[error("{0}")]
    Code(#[from] CodeError),
    /// Two different texts for one file.
    #[error(
        "{} is written twice, from {} and then from {}: give one of them a directory of its own with `out_dir`, or rename a model",
        path.display(), first.display(), second.display()
    )]
    SameOutput {
        /// The code's file.
        path: PathBuf,
        /// The model that it was first written from.
        first: PathBuf,
        /// The other model, or the same with another float type.
        second: PathBuf,
    },
    /// There is no place to write to.
    #[error(
        "OUT_DIR is not set: call this from a build script, or name a directory with `out_dir`"
    )]
    NoOutDir,
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}
