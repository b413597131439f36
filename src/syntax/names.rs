//! Which names a program speaks of, found before it is read: whether `XB` is one name or two depends on it.

use std::collections::BTreeSet;

use super::accent::is_accent;
use super::error::SyntaxError;
use super::letter::{pieces, spelling};
use super::parser::PROPERTY_WORDS;
use super::token::{Bracket, Token, TokenKind, Tokens};
use crate::source::Span;

/// Words that end an expression: no variable is called so.
pub(super) const RESERVED: &[&str] = &["wrt", "for", "in", "of", "and", "or", "not"];

/// Words that mean something as an argument.
const ARGUMENT_WORDS: &[&str] = &["rows", "columns", LAST_AXIS, "Inf"];

/// The axis -1 of array programs, as a word that nobody types: of a matrix it is that of the rows.
pub(crate) const LAST_AXIS: &str = "last axis";

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
    /// Names that a declaration begins with.
    declared: BTreeSet<&'a str>,
    /// Sizes in declarations, and indices of loops.
    counts: BTreeSet<&'a str>,
    /// Names with an element for each value of an index.
    families: BTreeSet<&'a str>,
    /// The constants that are written as a letter with sizes below it.
    sized: BTreeSet<&'a str>,
    /// Left sides of definitions in LaTeX: `\delta_{L}` may be an element.
    heads: BTreeSet<&'a str>,
    /// Two letters that are one name, as another of theirs is: `Wi` beside a declared `Wf`.
    siblings: BTreeSet<&'a str>,
    asked: &'a [String],
    elsewhere: &'a dyn Fn(&str) -> bool,
}

impl<'a> Names<'a> {
    /// Looks through all statements.
    pub(super) fn collect(
        tokens: &'a Tokens,
        elsewhere: &'a dyn Fn(&str) -> bool,
        variables: &'a [String],
    ) -> Result<Self, SyntaxError> {
        let mut names = Self {
            functions: BTreeSet::new(),
            definitions: BTreeSet::new(),
            variables: variables.iter().map(String::as_str).collect(),
            values: values(tokens),
            indices: indices(tokens),
            declared: BTreeSet::new(),
            counts: BTreeSet::new(),
            families: BTreeSet::new(),
            sized: BTreeSet::new(),
            heads: BTreeSet::new(),
            siblings: BTreeSet::new(),
            asked: variables,
            elsewhere,
        };
        let mut start = 0;
        for statement in tokens.list.split(|token| token.kind == TokenKind::Separator) {
            let partner = &tokens.partner[start..start + statement.len()];
            names.statement(tokens, statement, partner, start);
            start += statement.len() + 1;
        }
        let mut heads = std::mem::take(&mut names.heads);
        heads.retain(|name| names.element(name, true).is_none());
        names.definitions.append(&mut heads);
        names.siblings = names.found_siblings();
        names.sized(tokens)?;
        Ok(names)
    }

    /// The family and the place below it, of a name that is none of its own: `W_l`, and in LaTeX `W_{1}`, which is W1.
    pub(super) fn element<'n>(&self, name: &'n str, is_latex: bool) -> Option<(&'n str, &'n str)> {
        let is_own = self.variables.contains(name) || self.is_defined(name);
        let (family, below) = match name.rsplit_once('_') {
            Some(parts) => parts,
            None => {
                let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
                (letters, &name[letters.len()..])
            }
        };
        let is_number = !below.is_empty() && below.bytes().all(|byte| byte.is_ascii_digit());
        let is_letter = below.chars().count() == 1 && below.chars().all(char::is_alphabetic);
        let is_place = is_letter || (is_number && is_latex);
        (self.families.contains(family) && is_place && !is_own).then_some((family, below))
    }

    /// Whether the name has an element for each value of an index.
    pub(super) fn is_family(&self, name: &str) -> bool {
        self.families.contains(name)
    }

    /// A pair of letters is a name when it has a letter in common with one that is, in the same place, and that letter never stands
    /// alone: the gates `Wf`, `Wi`, `bf` of an LSTM.
    fn found_siblings(&self) -> BTreeSet<&'a str> {
        let pairs = |names: &BTreeSet<&'a str>| -> Vec<&'a str> {
            names.iter().copied().filter(|name| letters_of_pair(name).is_some()).collect()
        };
        let mut known = pairs(&self.variables);
        known.extend(pairs(&self.definitions));
        let mut open = pairs(&self.values);
        open.retain(|pair| !self.is_known(pair));
        let shares = |a: &str, b: &str| {
            let (Some(a), Some(b)) = (letters_of_pair(a), letters_of_pair(b)) else { return false };
            let together = [(a.0, b.0), (a.1, b.1)].into_iter().filter(|(a, b)| a == b);
            together.into_iter().any(|(letter, _)| !self.is_mentioned(&letter.to_string()))
        };
        let mut found = BTreeSet::new();
        while let Some(name) = known.pop() {
            let (siblings, rest) = open.into_iter().partition(|pair| shares(pair, name));
            known.extend(&siblings);
            found.extend::<Vec<&str>>(siblings);
            open = rest;
        }
        found
    }

    /// How letters were read that could have been meant differently.
    pub(super) fn notes(&self) -> Vec<String> {
        let names: Vec<&str> = self.siblings.iter().copied().collect();
        let mut notes = match names.as_slice() {
            [] => Vec::new(),
            [name] => vec![format!("{name} as one name")],
            names => vec![format!("{} as one name each", names.join(", "))],
        };
        let constants = [("eye", "I", "identity"), ("commutation", "K", "commutation matrix")];
        let read = constants.iter().filter(|(function, ..)| self.sized.contains(function));
        notes.extend(read.map(|(_, letter, what)| format!("{letter} with its size as the {what}")));
        notes
    }

    /// The constants that LaTeX writes as a letter with sizes below it; the place of one whose letter, or whose name, is declared.
    fn sized(&mut self, tokens: &'a Tokens) -> Result<(), SyntaxError> {
        for (at, token) in tokens.list.iter().enumerate() {
            let (function, letter) = (tokens.text(token), tokens.written(token));
            if !matches!((function, letter), ("eye", "I") | ("commutation", "K")) {
                continue;
            }
            self.sized.insert(function);
            let below = tokens.list.get(at + 2).map_or("", |below| tokens.text(below));
            let names = [letter.to_owned(), format!("{letter}{below}")];
            let is_name = |name: &String| self.is_variable(name) || self.is_defined(name);
            if let Some(name) = names.into_iter().find(is_name) {
                return Err(SyntaxError::Sized {
                    name,
                    function: function.to_owned(),
                    span: token.span,
                });
            }
        }
        Ok(())
    }

    fn statement(&mut self, all: &'a Tokens, tokens: &[Token], partner: &[usize], offset: usize) {
        let text = |token: &Token| all.text(token);
        let [first, rest @ ..] = tokens else { return };
        let kind_after = |index: usize| tokens.get(index).map(|token| token.kind);
        if first.kind == TokenKind::Name {
            match rest.first().map(|token| token.kind) {
                Some(TokenKind::Equals) => {
                    let heads =
                        if all.is_latex(first) { &mut self.heads } else { &mut self.definitions };
                    heads.insert(text(first));
                    // `δ_l = … for l in 1..L`
                    let over = tokens.iter().position(|token| text(token) == "for");
                    let index = over.and_then(|over| tokens.get(over + 1)).map(text);
                    if let Some((family, below)) = text(first).rsplit_once('_')
                        && index == Some(below)
                    {
                        self.families.insert(family);
                    }
                }
                Some(TokenKind::Open(bracket)) => {
                    let close = partner[1] - offset;
                    if kind_after(close + 1) == Some(TokenKind::Equals) {
                        if bracket == Bracket::Round {
                            self.functions.insert(text(first));
                            // A parameter called `rows` is that word, and `rows(X)` a call.
                            for token in &tokens[2..close] {
                                if !ARGUMENT_WORDS.contains(&text(token)) {
                                    self.insert_names(all, std::slice::from_ref(token));
                                }
                            }
                        } else {
                            self.variables.insert(text(first));
                            self.families.insert(text(first));
                        }
                    }
                }
                _ => {}
            }
        }
        if text(first) == "sizes" {
            self.insert_names(all, tokens);
        }
        let declares =
            |token: &Token| matches!(token.kind, TokenKind::Colon | TokenKind::ElementOf);
        let is_list = |tokens: &[Token]| {
            tokens.iter().all(|token| {
                let square = Bracket::Square;
                token.kind == TokenKind::Name
                    || token.kind == TokenKind::Comma
                    || token.kind == TokenKind::Open(square)
                    || token.kind == TokenKind::Close(square)
            })
        };
        let colon = tokens.iter().position(declares).filter(|colon| is_list(&tokens[..*colon]));
        if let Some(colon) = colon {
            let indexed = tokens.windows(2).filter(|pair| {
                pair[0].kind == TokenKind::Name && pair[1].kind == TokenKind::Open(Bracket::Square)
            });
            self.families.extend(indexed.map(|pair| text(&pair[0])));
            let is_function =
                |colon: usize| tokens.get(colon + 1).is_some_and(|next| text(next) == "function");
            if is_function(colon) {
                let names = tokens[..colon].iter().filter(|token| token.kind == TokenKind::Name);
                self.functions.extend(names.map(text));
            } else {
                self.insert_names(all, &tokens[..colon]);
                let names = tokens[..colon].iter().filter(|token| token.kind == TokenKind::Name);
                self.declared.extend(names.map(text));
            }
            for (at, token) in tokens.iter().enumerate().skip(colon) {
                if tokens.get(at + 1).is_some_and(declares) && is_function(at + 1) {
                    self.functions.insert(text(token));
                    continue;
                }
                // `A: n×n inv` declares no variable `inv`.
                if !PROPERTY_WORDS.contains(&text(token)) {
                    self.insert_names(all, std::slice::from_ref(token));
                    self.counts.insert(text(token));
                }
            }
        }
        let is_word = |index: usize, word: &str| {
            tokens[index].kind == TokenKind::Name && text(&tokens[index]) == word
        };
        for index in 1..tokens.len() {
            if is_word(index, "in") {
                self.insert_names(all, &tokens[index - 1..index]);
                self.counts.insert(text(&tokens[index - 1]));
            }
        }
        if let Some(wrt) =
            (1..tokens.len()).find(|index| is_word(*index, "wrt") || is_word(*index, "respect"))
        {
            self.insert_names(all, &tokens[wrt + 1..]);
        }
        if text(first) == "solve"
            && let Some(unknowns) = (1..tokens.len()).find(|index| is_word(*index, "for"))
        {
            self.insert_names(all, &tokens[unknowns + 1..]);
        }
    }

    fn insert_names(&mut self, all: &'a Tokens, tokens: &[Token]) {
        let names = tokens.iter().filter(|token| token.kind == TokenKind::Name);
        self.variables.extend(names.map(|token| all.text(token)));
    }

    /// Whether the name is one word.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.functions.contains(name)
            || self.definitions.contains(name)
            || self.variables.contains(name)
            || self.siblings.contains(name)
            || RESERVED.contains(&name)
            || ARGUMENT_WORDS.contains(&name)
            || (self.elsewhere)(name)
    }

    /// Whether the program declares the name as a variable.
    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }

    /// Whether the name says a place among entries: a size, an index, or a letter that indices have and that is nothing else.
    pub(super) fn is_place(&self, name: &str) -> bool {
        if self.declared.contains(name) || self.is_defined(name) {
            return false;
        }
        let is_letter = matches!(name, "i" | "j" | "k" | "l" | "m" | "n" | "t");
        self.counts.contains(name) || (is_letter && !self.variables.contains(name))
    }

    /// Whether the name is one that a derivative is asked by, from elsewhere.
    pub(super) fn is_asked(&self, name: &str) -> bool {
        self.asked.iter().any(|asked| asked == name)
    }

    /// Whether the program says that the name is a function's.
    pub(super) fn is_function(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    /// Whether the program defines the name.
    pub(super) fn is_defined(&self, name: &str) -> bool {
        self.definitions.contains(name) || self.functions.contains(name)
    }

    /// Whether the name occurs at all.
    pub(super) fn is_mentioned(&self, name: &str) -> bool {
        self.variables.contains(name) || self.values.contains(name) || self.is_defined(name)
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
        let lone_letter = is_letter(name);
        if (self.elsewhere)(name) {
            // `I` and `π` are no functions, and `d` is none where it is a size: `x: d`, `eye(d)`.
            return !lone_letter || (name != "pi" && !self.values.contains(name) && name != "I");
        }
        !lone_letter && !self.values.contains(name)
    }

    /// Whether `T` is a number here, so that `A^T` may be a power.
    pub(super) fn has_number_t(&self) -> bool {
        self.variables.contains("T") || self.indices.contains("T")
    }

    /// Whether what is written as `run` and spelled `name` is a product of names. Before a bracket a word that could be a misspelt
    /// function stays whole: `tanhh(x)`.
    fn is_run(&self, run: &str, name: &str, before_bracket: bool) -> bool {
        let pieces = pieces(run);
        if run.contains('_') || pieces.len() == 1 || self.is_known(name) {
            return false;
        }
        if !before_bracket {
            return true;
        }
        let capitals = !name.contains(|letter: char| letter.is_lowercase());
        // W₂σ(…): no function's name has Greek letters in it.
        let greek = name.contains(|letter: char| letter.is_alphabetic() && !letter.is_ascii());
        let declared = pieces
            .iter()
            .all(|piece| self.variables.contains(piece) || self.definitions.contains(piece));
        capitals
            || greek
            || (declared && name.contains(|letter: char| !letter.is_ascii_lowercase()))
    }
}

/// The names that are used as values somewhere. A word that starts a statement before another, as `hessian of`, is none.
fn values(tokens: &Tokens) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for statement in tokens.list.split(|token| token.kind == TokenKind::Separator) {
        for (at, token) in statement.iter().enumerate() {
            let next = statement.get(at + 1).map(|next| next.kind);
            let is_value = match next {
                Some(TokenKind::Open(Bracket::Round)) => false,
                Some(TokenKind::Name) => at > 0,
                _ => true,
            };
            if token.kind == TokenKind::Name && is_value {
                found.insert(tokens.text(token));
            }
        }
    }
    found
}

/// The names that are an index, or an end of its range.
fn indices(tokens: &Tokens) -> BTreeSet<&str> {
    let mut depth = 0_usize;
    let mut after_range = false;
    let mut found = BTreeSet::new();
    for token in &tokens.list {
        match token.kind {
            TokenKind::Open(Bracket::Square) => depth += 1,
            TokenKind::Close(Bracket::Square) => depth = depth.saturating_sub(1),
            TokenKind::Name if depth > 0 || after_range => {
                found.insert(tokens.text(token));
            }
            _ => {}
        }
        after_range = token.kind == TokenKind::Range;
    }
    found
}

/// The tokens with runs of letters cut into their names.
pub(super) fn cut_runs(source: &str, tokens: &Tokens, names: &Names<'_>) -> Tokens {
    let is_run = |at: usize| {
        let token = &tokens.list[at];
        // `with respect to`
        let before = at.checked_sub(1).map(|at| tokens.text(&tokens.list[at]));
        if before == Some("respect") {
            return false;
        }
        let bracket = TokenKind::Open(Bracket::Round);
        let before_bracket = tokens.list.get(at + 1).is_some_and(|next| next.kind == bracket);
        let run = &source[token.span.start..token.span.end];
        token.kind == TokenKind::Name
            && !token.of_run
            && names.is_run(run, tokens.text(token), before_bracket)
    };
    let (words, programs) = (tokens.words.clone(), tokens.programs.clone());
    let mut cut = Tokens { words, programs, ..Tokens::default() };
    // Where each token has gone.
    let mut places = Vec::with_capacity(tokens.list.len());
    for (at, token) in tokens.list.iter().enumerate() {
        places.push(cut.list.len());
        if !is_run(at) {
            cut.list.push(*token);
            continue;
        }
        let mut start = token.span.start;
        for piece in pieces(&source[token.span.start..token.span.end]) {
            let span = Span::new(start, start + piece.len());
            start = span.end;
            let word = Span::new(cut.words.len(), cut.words.len() + spelling(piece).len());
            cut.words.push_str(&spelling(piece));
            cut.list.push(Token { kind: TokenKind::Name, span, word, of_run: true });
        }
    }
    cut.partner = (0..cut.list.len()).collect();
    for (at, partner) in tokens.partner.iter().enumerate() {
        if *partner != at {
            cut.partner[places[at]] = places[*partner];
        }
    }
    cut
}

/// Whether the name is one letter, with what stands below it.
fn is_letter(name: &str) -> bool {
    name.chars().skip(1).all(|letter| !letter.is_alphabetic() || is_accent(letter))
}

/// The letters of a name of two Latin ones.
fn letters_of_pair(name: &str) -> Option<(char, char)> {
    let mut letters = name.chars();
    let pair = (letters.next()?, letters.next()?);
    let is_latin = pair.0.is_ascii_alphabetic() && pair.1.is_ascii_alphabetic();
    (is_latin && letters.next().is_none()).then_some(pair)
}
