//! Text from files and standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::failure::Failure;
use crate::syntax::{self, LENGTH_LIMIT, SyntaxError};

/// A model file's text.
pub(super) fn file(path: &Path) -> Result<String, Failure> {
    let failed = |error| Failure::Read { path: path.to_owned(), error };
    let bytes = File::open(path).and_then(bytes).map_err(failed)?;
    text(&bytes, &path.display().to_string())
}

/// All of standard input.
pub(super) fn standard_input() -> Result<String, Failure> {
    let failed = |error| Failure::Read { path: "standard input".into(), error };
    text(&bytes(io::stdin().lock()).map_err(failed)?, "standard input")
}

/// No more than is needed to see that it is too much: a device such as /dev/zero has no end.
fn bytes(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LENGTH_LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn text(bytes: &[u8], name: &str) -> Result<String, Failure> {
    let failed = |error| Failure::Text { error, name: name.to_owned() };
    if bytes.len() > LENGTH_LIMIT {
        return Err(failed(SyntaxError::TooLong));
    }
    syntax::decode(bytes).map(ToOwned::to_owned).map_err(failed)
}
