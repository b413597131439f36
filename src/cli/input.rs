//! Text from files and standard input.

use std::io::{self, BufRead};
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
    let bytes = file::bounded(io::stdin().lock())?;
    text(&bytes, "standard input")
}

fn text(bytes: &[u8], name: &str) -> Result<String, Failure> {
    match syntax::decode(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(Failure::Text { error, name: name.to_owned() }),
    }
}

/// A line of input.
#[derive(Debug)]
pub(super) enum Line {
    /// Its bytes, without the line break.
    Whole(Vec<u8>),
    /// It was longer than the limit; the rest of it was skipped.
    TooLong,
}

/// The next line of at most `limit` bytes; `None` at the end.
pub(super) fn line(input: &mut impl BufRead, limit: usize) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    let mut fits = true;
    let mut any = false;
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        any = true;
        let stop = chunk.iter().position(|byte| *byte == b'\n');
        let piece = &chunk[..stop.unwrap_or(chunk.len())];
        fits &= bytes.len() + piece.len() <= limit;
        if fits {
            bytes.extend_from_slice(piece);
        }
        let used = stop.map_or(chunk.len(), |at| at + 1);
        input.consume(used);
        if stop.is_some() {
            break;
        }
    }
    if !any {
        return Ok(None);
    }
    Ok(Some(if fits { Line::Whole(bytes) } else { Line::TooLong }))
}
