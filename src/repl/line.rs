//! When an input is whole: a line goes on inside brackets and after an operator.

use crate::syntax::NESTING_LIMIT;

/// Adds a line to what is pending; whether the whole can be read. An empty line ends what is pending.
pub(super) fn join(pending: &mut String, line: &str) -> bool {
    if !pending.is_empty() {
        pending.push('\n');
    }
    pending.push_str(line);
    line.trim().is_empty() || is_complete(pending)
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
