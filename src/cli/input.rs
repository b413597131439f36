//! Text from files and standard input.

use std::io;
use std::path::Path;

use super::failure::Failure;
use crate::build::file;
use crate::syntax;

/// A model file's text.
pub(super) fn model(path: &Path) -> Result<String, Failure> {
    let bytes = file::read(path).map_err(|error| Failure::Read { path: path.to_owned(), error })?;
    text(&bytes, &path.display().to_string())
}

/// All of standard input.
pub(super) fn standard_input() -> Result<String, Failure> {
    let failed = |error| Failure::Read { path: "standard input".into(), error };
    text(&file::bounded(io::stdin().lock()).map_err(failed)?, "standard input")
}

fn text(bytes: &[u8], name: &str) -> Result<String, Failure> {
    let failed = |error| Failure::Text { error, name: name.to_owned() };
    syntax::decode(bytes).map(ToOwned::to_owned).map_err(failed)
}
