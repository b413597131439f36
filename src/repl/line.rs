//! Lines, and when an input is whole: a line goes on inside brackets and after an operator.

use std::io::{self, BufRead};

use crate::syntax::{LENGTH_LIMIT, NESTING_LIMIT};

/// Adds a line to what is pending and takes what can be read now. An empty line ends what is pending, and so does a command, which
/// no formula goes on with.
pub(super) fn join(pending: &mut String, line: &str) -> Vec<String> {
    let mut ready = Vec::new();
    if line.trim_start().starts_with(':') && !pending.is_empty() {
        ready.push(std::mem::take(pending));
    }
    if !pending.is_empty() {
        pending.push('\n');
    }
    pending.push_str(line);
    if line.trim().is_empty() || pending.len() > LENGTH_LIMIT || is_complete(pending) {
        ready.push(std::mem::take(pending));
    }
    ready
}

/// Whether no bracket is open and no operator waits for its right side.
///
/// ```
/// use gradus::repl::is_complete;
/// assert!(is_complete("tr(X)"));
/// assert!(!is_complete("tr(X +"));
/// assert!(!is_complete("a +  # and more"));
/// ```
pub fn is_complete(text: &str) -> bool {
    let mut depth = 0_usize;
    let mut last = ' ';
    for line in text.lines() {
        for letter in without_comment(line).chars() {
            match letter {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if !letter.is_whitespace() {
                last = letter;
            }
        }
    }
    // What is nested too deep is an error, and more lines would not help.
    let is_open = (1..=NESTING_LIMIT).contains(&depth);
    !is_open && !"+-*/·⊙⊘⊗\\,=−".contains(last)
}

fn without_comment(line: &str) -> &str {
    let hash = line.find('#').unwrap_or(line.len());
    let slashes = line.find("//").unwrap_or(line.len());
    &line[..hash.min(slashes)]
}

/// A line of input.
#[derive(Debug)]
pub enum Line {
    /// Its bytes, without the line break.
    Whole(Vec<u8>),
    /// It was longer than the limit; the rest of it was skipped.
    TooLong,
}

/// Bytes of a line that are skipped before it is taken for one without end, as that of /dev/zero.
const ENDLESS: usize = 1 << 30;

/// The next line of at most `limit` bytes; `None` at the end.
pub fn read_line(input: &mut impl BufRead, limit: usize) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    let mut length = 0_usize;
    let mut any = false;
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        any = true;
        let stop = chunk.iter().position(|byte| *byte == b'\n');
        let piece = &chunk[..stop.unwrap_or(chunk.len())];
        length = length.saturating_add(piece.len());
        if length <= limit {
            bytes.extend_from_slice(piece);
        }
        if length > limit.max(ENDLESS) {
            return Err(io::Error::other("a line without end"));
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
    Ok(Some(if length <= limit { Line::Whole(bytes) } else { Line::TooLong }))
}
