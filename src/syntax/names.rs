//! Which names a program speaks of, found before it is read: whether `XB` is one name or two depends on it.

use std::collections::BTreeSet;

use super::lexer::{Bracket, Token, TokenKind, Tokens};
use super::parser::PROPERTY_WORDS;

/// Words that end an expression: no variable is called so.
pub(super) const RESERVED: &[&str] = &["wrt", "for", "in", "of"];

/// Words that mean something as an argument.
const ARGUMENT_WORDS: &[&str] = &["rows", "columns"];

/// The names of a program by what they are, wherever it says so.
pub(super) struct Names<'a> {
    functions: BTreeSet<&'a str>,
    definitions: BTreeSet<&'a str>,
    /// Declared names, parameters, indices, sizes, and names in `wrt`.
    variables: BTreeSet<&'a str>,
    /// Names that stand somewhere without a bracket after them: a function never does.
    values: BTreeSet<&'a str>,
    /// Names that stand between square brackets or at an end of a range.
    indices: BTreeSet<&'a str>,
    elsewhere: &'a dyn Fn(&str) -> bool,
}

impl<'a> Names<'a> {
    /// Looks through all statements.
    pub(super) fn collect(
        source: &'a str,
        tokens: &Tokens,
        elsewhere: &'a dyn Fn(&str) -> bool,
        variables: &'a [String],
    ) -> Self {
        let mut names = Self {
            functions: BTreeSet::new(),
            definitions: BTreeSet::new(),
            variables: variables.iter().map(String::as_str).collect(),
            values: values(source, &tokens.list),
            indices: indices(source, &tokens.list),
            elsewhere,
        };
        let mut start = 0;
        for statement in tokens.list.split(|token| token.kind == TokenKind::Separator) {
            let partner = &tokens.partner[start..start + statement.len()];
            names.statement(source, statement, partner, start);
            start += statement.len() + 1;
        }
        names
    }

    fn statement(&mut self, source: &'a str, tokens: &[Token], partner: &[usize], offset: usize) {
        let text = |token: &Token| &source[token.span.start..token.span.end];
        let [first, rest @ ..] = tokens else { return };
        let kind_after = |index: usize| tokens.get(index).map(|token| token.kind);
        if first.kind == TokenKind::Name {
            match rest.first().map(|token| token.kind) {
                Some(TokenKind::Equals) => {
                    self.definitions.insert(text(first));
                }
                Some(TokenKind::Open(bracket)) => {
                    let close = partner[1] - offset;
                    if kind_after(close + 1) == Some(TokenKind::Equals) {
                        if bracket == Bracket::Round {
                            self.functions.insert(text(first));
                            // A parameter called `rows` is that word, and `rows(X)` a call.
                            for token in &tokens[2..close] {
                                if !ARGUMENT_WORDS.contains(&text(token)) {
                                    self.insert_names(source, std::slice::from_ref(token));
                                }
                            }
                        } else {
                            self.variables.insert(text(first));
                        }
                    }
                }
                _ => {}
            }
        }
        if text(first) == "sizes" {
            self.insert_names(source, tokens);
        }
        if let Some(colon) = tokens.iter().position(|token| token.kind == TokenKind::Colon) {
            self.insert_names(source, &tokens[..colon]);
            for token in &tokens[colon..] {
                // `A: n×n inv` declares no variable `inv`.
                if !PROPERTY_WORDS.contains(&text(token)) {
                    self.insert_names(source, std::slice::from_ref(token));
                }
            }
        }
        let is_word = |index: usize, word: &str| {
            tokens[index].kind == TokenKind::Name && text(&tokens[index]) == word
        };
        for index in 1..tokens.len() {
            if is_word(index, "in") {
                self.insert_names(source, &tokens[index - 1..index]);
            }
        }
        if let Some(wrt) =
            (1..tokens.len()).find(|index| is_word(*index, "wrt") || is_word(*index, "respect"))
        {
            self.insert_names(source, &tokens[wrt + 1..]);
        }
        if text(first) == "solve"
            && let Some(unknowns) = (1..tokens.len()).find(|index| is_word(*index, "for"))
        {
            self.insert_names(source, &tokens[unknowns + 1..]);
        }
    }

    fn insert_names(&mut self, source: &'a str, tokens: &[Token]) {
        let names = tokens.iter().filter(|token| token.kind == TokenKind::Name);
        self.variables.extend(names.map(|token| &source[token.span.start..token.span.end]));
    }

    /// Whether the name is one word.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.functions.contains(name)
            || self.definitions.contains(name)
            || self.variables.contains(name)
            || RESERVED.contains(&name)
            || ARGUMENT_WORDS.contains(&name)
            || (self.elsewhere)(name)
    }

    /// Whether the program declares the name as a variable.
    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }

    /// Whether `name(…)` calls, rather than multiplies. A definition counts: `f(x)` for `f = …` is a slip to be told of, not a
    /// product. A lone letter is a variable unless it is said to be a function.
    pub(super) fn is_callable(&self, name: &str) -> bool {
        if self.functions.contains(name) || self.definitions.contains(name) {
            return true;
        }
        if self.variables.contains(name) {
            return false;
        }
        let lone_letter = piece_length(name) == name.len();
        if (self.elsewhere)(name) {
            // `I` and `π` are no functions, and `d` is none where it is a size: `x: d`, `eye(d)`.
            return !lone_letter || (name != "π" && !self.values.contains(name) && name != "I");
        }
        !lone_letter && !self.values.contains(name)
    }

    /// Whether `T` is a number here, so that `A^T` may be a power.
    pub(super) fn has_number_t(&self) -> bool {
        self.variables.contains("T") || self.indices.contains("T")
    }

    /// Whether `name` is a product of single-letter names. Before a bracket a word that could be a misspelt function stays
    /// whole: `tanhh(x)`.
    pub(super) fn is_run(&self, name: &str, before_bracket: bool) -> bool {
        if name.contains('_') || piece_length(name) == name.len() || self.is_known(name) {
            return false;
        }
        if !before_bracket {
            return true;
        }
        let capitals = !name.contains(|letter: char| letter.is_lowercase());
        let declared = pieces(name)
            .all(|piece| self.variables.contains(piece) || self.definitions.contains(piece));
        capitals || (declared && name.contains(|letter: char| !letter.is_ascii_lowercase()))
    }
}

/// The names that are used as values somewhere. A word that starts a statement before another, as `hessian of`, is none.
fn values<'a>(source: &'a str, tokens: &[Token]) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for statement in tokens.split(|token| token.kind == TokenKind::Separator) {
        for (at, token) in statement.iter().enumerate() {
            let next = statement.get(at + 1).map(|next| next.kind);
            let is_value = match next {
                Some(TokenKind::Open(Bracket::Round)) => false,
                Some(TokenKind::Name) => at > 0,
                _ => true,
            };
            if token.kind == TokenKind::Name && is_value {
                found.insert(&source[token.span.start..token.span.end]);
            }
        }
    }
    found
}

/// The names that are an index, or an end of its range.
fn indices<'a>(source: &'a str, tokens: &[Token]) -> BTreeSet<&'a str> {
    let mut depth = 0_usize;
    let mut after_range = false;
    let mut found = BTreeSet::new();
    for token in tokens {
        match token.kind {
            TokenKind::Open(Bracket::Square) => depth += 1,
            TokenKind::Close(Bracket::Square) => depth = depth.saturating_sub(1),
            TokenKind::Name if depth > 0 || after_range => {
                found.insert(&source[token.span.start..token.span.end]);
            }
            _ => {}
        }
        after_range = token.kind == TokenKind::Range;
    }
    found
}

/// Length of the first single-letter name in a run: `A` of `AB`, `x12` of `x12y`.
pub(super) fn piece_length(run: &str) -> usize {
    let mut characters = run.char_indices();
    characters.next();
    characters.find(|(_, character)| is_letter(*character)).map_or(run.len(), |(at, _)| at)
}

fn pieces(run: &str) -> impl Iterator<Item = &str> {
    let mut rest = run;
    std::iter::from_fn(move || {
        let (piece, tail) =
            rest.split_at_checked(piece_length(rest)).filter(|(piece, _)| !piece.is_empty())?;
        rest = tail;
        Some(piece)
    })
}

/// Letters start a new piece; digits and subscripts stay with the letter before them.
fn is_letter(character: char) -> bool {
    let subscript = matches!(character, '₀'..='₉' | 'ₐ'..='ₜ' | 'ᵢ'..='ᵥ' | 'ⱼ');
    character.is_alphabetic() && !subscript && !super::is_accent(character)
}
