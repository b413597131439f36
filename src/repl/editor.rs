//! The line editor: what Tab completes, and how a line is coloured.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper, Result};

use super::{command, help};
use crate::syntax::{self, PROPERTY_WORDS};

/// Words of requests and declarations.
const KEYWORDS: &[&str] = &[
    "gradient",
    "jacobian",
    "hessian",
    "differential",
    "derivative",
    "of",
    "wrt",
    "solve",
    "for",
    "sizes",
    "scalar",
    "in",
];

/// What `\name` is, but for Greek letters.
const SYMBOLS: &[(&str, &str)] = &[
    ("top", "ᵀ"),
    ("inv", "⁻¹"),
    ("norm", "‖"),
    ("cdot", "·"),
    ("odot", "⊙"),
    ("oslash", "⊘"),
    ("otimes", "⊗"),
    ("times", "×"),
    ("sum", "∑"),
    ("sqrt", "√"),
    ("nabla", "∇"),
    ("partial", "∂"),
    ("in", "∈"),
    ("R", "ℝ"),
    ("infty", "∞"),
    ("langle", "⟨"),
    ("rangle", "⟩"),
    ("half", "½"),
    ("hat", "\u{302}"),
    ("bar", "\u{304}"),
    ("tilde", "\u{303}"),
    ("ell", "ℓ"),
    ("le", "≤"),
    ("ge", "≥"),
];

const COMMAND: &str = "\u{1b}[33m";
const KEYWORD: &str = "\u{1b}[35m";
const FUNCTION: &str = "\u{1b}[36m";
const BRACKET: &str = "\u{1b}[1;34m";
const PLAIN: &str = "\u{1b}[0m";

/// What the editor knows.
pub(super) struct Typing {
    /// Names that were typed.
    names: BTreeSet<String>,
    functions: Vec<String>,
    files: FilenameCompleter,
    color: bool,
    /// Whether a bracket is coloured now, which the next move of the cursor undoes.
    marked: Cell<bool>,
}

impl Typing {
    pub(super) fn new(color: bool) -> Self {
        let functions = help::functions().map(ToOwned::to_owned).collect();
        let marked = Cell::new(false);
        Self { names: BTreeSet::new(), functions, files: FilenameCompleter::new(), color, marked }
    }

    /// Keeps the names of a line for Tab.
    pub(super) fn learn(&mut self, line: &str) {
        if !line.trim_start().starts_with(':') {
            self.names.extend(
                words(line).filter(|word| word.text.len() > 1).map(|word| word.text.to_owned()),
            );
        }
    }

    /// Where the part to be completed starts, and what it may become.
    fn candidates(&self, before: &str) -> (usize, Vec<Pair>) {
        let pair = |text: &str, shown: &str| Pair {
            display: shown.to_owned(),
            replacement: text.to_owned(),
        };
        if let Some(at) = before.rfind('\\') {
            let typed = &before[at + 1..];
            if typed.chars().all(char::is_alphanumeric) {
                return (at, symbols(typed));
            }
        }
        if let Some(typed) = before.trim_start().strip_prefix(':')
            && !typed.contains(' ')
        {
            let start = before.len() - typed.len();
            let fitting = command::names().filter(|name| name.starts_with(typed));
            return (start, fitting.map(|name| pair(name, name)).collect());
        }
        let last = words(before).last().filter(|word| word.end == before.len());
        let Some(last) = last else { return (before.len(), Vec::new()) };
        let mut all: BTreeSet<&str> = self.names.iter().map(String::as_str).collect();
        all.extend(self.functions.iter().map(String::as_str));
        all.extend(KEYWORDS.iter().chain(PROPERTY_WORDS));
        let fitting =
            all.into_iter().filter(|name| name.starts_with(last.text) && *name != last.text);
        (last.start, fitting.map(|name| pair(name, name)).collect())
    }

    fn color_of(&self, word: &str, next: &str) -> Option<&'static str> {
        if KEYWORDS.contains(&word) || PROPERTY_WORDS.contains(&word) && !next.starts_with('(') {
            return Some(KEYWORD);
        }
        self.functions.iter().any(|name| name == word).then_some(FUNCTION)
    }
}

/// The symbol of that name, or else the names that go on like this.
fn symbols(typed: &str) -> Vec<Pair> {
    if let Some(symbol) = symbol(typed) {
        return vec![Pair { display: symbol.clone(), replacement: symbol }];
    }
    let greek = syntax::greek_words();
    let all = SYMBOLS.iter().map(|(name, _)| (*name).to_owned()).chain(greek);
    let fitting = all.filter(|name| name.starts_with(typed)).map(|name| format!("\\{name}"));
    fitting
        .map(|name| {
            let symbol = symbol(&name[1..]).unwrap_or_default();
            Pair { display: format!("{name} {symbol}"), replacement: name }
        })
        .collect()
}

fn symbol(name: &str) -> Option<String> {
    let known = SYMBOLS.iter().find(|(known, _)| *known == name);
    known.map(|(_, symbol)| (*symbol).to_owned()).or_else(|| {
        let letter = syntax::spelling(name);
        (letter != name && letter.chars().count() == 1).then_some(letter)
    })
}

/// A run of letters, digits and `_`.
struct Run<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

fn words(line: &str) -> impl Iterator<Item = Run<'_>> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + line[at..].find(char::is_alphabetic)?;
        let end =
            line[start..].find(|letter| !is_part(letter)).map_or(line.len(), |more| start + more);
        at = end;
        Some(Run { text: &line[start..end], start, end })
    })
}

/// The place of the bracket that belongs to the one at `at`.
fn partner(line: &str, at: usize) -> Option<usize> {
    let bracket = line[at..].chars().next()?;
    let depth = |letter: char| match letter {
        '(' | '[' | '{' => 1_i32,
        ')' | ']' | '}' => -1,
        _ => 0,
    };
    let mut open = 0;
    let mut balance = |(at, letter): (usize, char)| {
        open += depth(letter);
        (open == 0).then_some(at)
    };
    match depth(bracket) {
        1 => line[at..].char_indices().find_map(|(more, letter)| balance((at + more, letter))),
        -1 => line[..=at].char_indices().rev().find_map(balance),
        _ => None,
    }
}

impl Completer for Typing {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        context: &Context<'_>,
    ) -> Result<(usize, Vec<Pair>)> {
        let takes_file =
            [":load ", ":save "].iter().any(|command| line.trim_start().starts_with(command));
        if takes_file {
            return self.files.complete(line, position, context);
        }
        Ok(self.candidates(&line[..position]))
    }
}

impl Highlighter for Typing {
    fn highlight<'l>(&self, line: &'l str, position: usize) -> Cow<'l, str> {
        if !self.color {
            return Cow::Borrowed(line);
        }
        let mut marks: Vec<(usize, usize, &str)> = Vec::new();
        if line.trim_start().starts_with([':', '?']) {
            let end = line.find(' ').unwrap_or(line.len());
            marks.push((0, end, COMMAND));
        } else {
            for word in words(line) {
                if let Some(color) = self.color_of(word.text, &line[word.end..]) {
                    marks.push((word.start, word.end, color));
                }
            }
        }
        let bracket = [Some(position), position.checked_sub(1)]
            .into_iter()
            .flatten()
            .filter(|at| line.is_char_boundary(*at) && *at < line.len())
            .find_map(|at| partner(line, at));
        if let Some(at) = bracket {
            marks.push((at, at + 1, BRACKET));
            marks.sort_unstable();
        }
        self.marked.set(bracket.is_some());
        let mut text = String::with_capacity(line.len() + 10 * marks.len());
        let mut done = 0;
        for (start, end, color) in marks {
            text.push_str(&line[done..start]);
            text.push_str(color);
            text.push_str(&line[start..end]);
            text.push_str(PLAIN);
            done = end;
        }
        text.push_str(&line[done..]);
        Cow::Owned(text)
    }

    fn highlight_char(&self, line: &str, position: usize, kind: CmdKind) -> bool {
        let is_bracket =
            |at: usize| line.as_bytes().get(at).is_some_and(|byte| b"()[]{}".contains(byte));
        let beside = is_bracket(position) || position.checked_sub(1).is_some_and(is_bracket);
        self.color && (kind != CmdKind::MoveCursor || self.marked.get() || beside)
    }
}

impl Hinter for Typing {
    type Hint = String;
}

impl Validator for Typing {}

impl Helper for Typing {}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(line: &str) -> Vec<String> {
        let mut typing = Typing::new(false);
        typing.learn("weights: n");
        let (start, found) = typing.candidates(line);
        found.into_iter().map(|pair| format!("{}{}", &line[..start], pair.replacement)).collect()
    }

    #[test]
    fn tab_completes_names_functions_commands_and_symbols() {
        assert_eq!(completed("2*wei"), ["2*weights"]);
        assert_eq!(completed("norm2(logd"), ["norm2(logdet"]);
        assert_eq!(completed(":lat"), [":latex"]);
        assert_eq!(completed("A\\top"), ["Aᵀ"]);
        assert_eq!(completed("x + \\alpha"), ["x + α"]);
        assert_eq!(completed("\\Sigma"), ["Σ"]);
        assert_eq!(completed("\\bet"), ["\\beta"]);
        assert_eq!(completed("gradient of f wr"), ["gradient of f wrt"]);
    }

    #[test]
    fn brackets_find_their_partners() {
        assert_eq!(partner("f(g(x))", 1), Some(6));
        assert_eq!(partner("f(g(x))", 5), Some(3));
        assert_eq!(partner("f(x", 1), None);
        assert_eq!(partner("fx", 1), None);
    }

    #[test]
    fn colours_change_no_letter() {
        let typing = Typing::new(true);
        for line in
            ["gradient of tr(A'*X) wrt X", ":load some file", "‖Ax − b‖²", "?logdet", "(", ""]
        {
            for position in (0..=line.len()).filter(|at| line.is_char_boundary(*at)) {
                let mut shown = typing.highlight(line, position).into_owned();
                for color in [COMMAND, KEYWORD, FUNCTION, BRACKET, PLAIN] {
                    shown = shown.replace(color, "");
                }
                assert_eq!(shown, line);
            }
        }
    }
}
