//! When an input is whole: a line goes on inside brackets and after an operator.

use crate::syntax::NESTING_LIMIT;

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
    if line.trim().is_empty() || is_complete(pending) {
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
