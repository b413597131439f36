//! Text to syntax tree.
//!
//! The grammar (grammar/gradus.pest) cuts the text into tokens; `parser/` reads sentences from them. What a name stands for is
//! no business of this room, except where the reading depends on it: a run of letters that is no known name is a product of
//! single-letter names, and a bracket after a name that is no function is a factor.

mod accent;
pub mod ast;
mod code;
mod contract;
mod entries;
mod error;
mod latex;
mod letter;
mod lexer;
mod list;
mod literal;
mod names;
mod nearest;
mod parser;
mod token;

pub use accent::{Accent, is_accent, letters};
pub use entries::lifted;
pub use error::SyntaxError;
pub use letter::{
    ascii, greek_words, has_greek, in_words, is_word, on_the_line, spelled, spelling,
};
pub use list::list;
pub(crate) use names::LAST_AXIS;
pub use nearest::nearest;
pub use parser::PROPERTY_WORDS;

use ast::Program;

/// Bytes that are read at most.
pub const LENGTH_LIMIT: usize = 1 << 20;

/// Brackets (and norm bars) within each other, at most.
pub const NESTING_LIMIT: usize = 200;

/// The text in `bytes`.
pub fn decode(bytes: &[u8]) -> Result<&str, SyntaxError> {
    if bytes.len() > LENGTH_LIMIT {
        return Err(SyntaxError::TooLong);
    }
    std::str::from_utf8(bytes).map_err(|error| SyntaxError::NotUtf8 { offset: error.valid_up_to() })
}

/// The one spelling of a name in any notation, with its indices as they are: `\mathbf{x}`, `W[2]`.
pub fn name(text: &str) -> String {
    // b^{[2]} and b^{(2)} are b_2 beside LaTeX.
    let labels = [("^{[", "]}"), ("^{(", ")}")];
    if let Some((open, close)) = labels.into_iter().find(|(open, _)| text.contains(open)) {
        return name(&text.replace(open, "_").replace(close, ""));
    }
    if latex::mark(text).is_some()
        && let Ok(tokens) = lexer::tokens(text)
        && let [token] = tokens.list.as_slice()
    {
        return tokens.text(token).to_owned();
    }
    match text.split_once('[') {
        Some((name, rest)) => format!("{}[{rest}", spelling(name.trim())),
        None => spelling(text),
    }
}

/// Reads a program. `known` tells of names that have a meaning from elsewhere: built-in functions and constants, what a session
/// has defined; they are not split into letters.
///
/// ```
/// use gradus::syntax::{ast::StatementKind, parse};
/// let program = parse("A: n×n\ngradient of tr(AᵀXA) wrt X", &|name| name == "tr").unwrap();
/// assert!(matches!(program.statements[1].kind, StatementKind::Request { .. }));
/// ```
pub fn parse(source: &str, known: &dyn Fn(&str) -> bool) -> Result<Program, SyntaxError> {
    parse_with(source, known, &[])
}

/// The same, where `variables` are known to be variables: a bracket after one of them is a factor.
pub fn parse_with(
    source: &str,
    known: &dyn Fn(&str) -> bool,
    variables: &[String],
) -> Result<Program, SyntaxError> {
    if source.len() > LENGTH_LIMIT {
        return Err(SyntaxError::TooLong);
    }
    let tokens = lexer::tokens(source)?;
    let variables: Vec<String> = variables.iter().map(|text| name(text)).collect();
    let names = names::Names::collect(&tokens, known, &variables)?;
    let cut = names::cut_runs(source, &tokens, &names);
    let program = parser::program(cut, &names)?;
    if program.statements.is_empty() { Err(SyntaxError::Empty) } else { Ok(program) }
}
