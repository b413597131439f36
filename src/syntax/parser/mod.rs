//! Tokens to statements. `statement` tells the kinds apart, `declaration` reads sizes and properties, `expression` formulas.

mod condition;
mod declaration;
mod expression;
mod function;
mod operand;
mod paper;
mod part;
mod statement;

pub use declaration::PROPERTY_WORDS;

use super::ast::{ExprId, ExprKind, Program, Tree, Word};
use super::error::SyntaxError;
use super::names::Names;
use super::token::{Token, TokenKind, Tokens};
use crate::source::Span;
use crate::work;

/// What can stand where an operand is missing.
const OPERAND: &str = "a name, a number or `(`";

/// Reads all statements.
pub(super) fn program(tokens: Tokens, names: &Names<'_>) -> Result<Program, SyntaxError> {
    let mut parser = Parser {
        tokens,
        names,
        tree: Tree::default(),
        statements: Vec::new(),
        position: 0,
        end: 0,
        last: Span::default(),
        in_norm: false,
        in_bar: false,
        indices: Vec::new(),
        counts_from_zero: false,
        depth: 0,
    };
    let count = parser.tokens.list.len();
    while parser.position < count {
        let rest = &parser.tokens.list[parser.position..];
        let length =
            rest.iter().position(|token| token.kind == TokenKind::Separator).unwrap_or(rest.len());
        parser.end = parser.position + length;
        if length > 0 {
            parser.statement()?;
        }
        parser.position = parser.end + 1;
    }
    let mut notes = names.notes();
    if parser.counts_from_zero {
        notes.push("entries in the program as counted from 0, in the answer from 1".to_owned());
    }
    Ok(Program { statements: parser.statements, tree: parser.tree, notes })
}

/// Where reading stands.
struct Parser<'a> {
    tokens: Tokens,
    names: &'a Names<'a>,
    tree: Tree,
    statements: Vec<super::ast::Statement>,
    /// The next token.
    position: usize,
    /// End of the statement.
    end: usize,
    /// The token (or piece of one) read last.
    last: Span,
    /// Between norm bars, with no bracket opened since.
    in_norm: bool,
    /// Indices of the sums around.
    indices: Vec<String>,
    /// Whether entries of Python's arrays have been read.
    counts_from_zero: bool,
    /// Between single bars.
    in_bar: bool,
    /// Brackets and bars that are open.
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<Token> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<Token> {
        work::count(1);
        let index = self.position + ahead;
        (index < self.end).then(|| self.tokens.list[index])
    }

    fn kind(&self) -> Option<TokenKind> {
        self.peek().map(|token| token.kind)
    }

    fn kind_at(&self, ahead: usize) -> Option<TokenKind> {
        self.peek_at(ahead).map(|token| token.kind)
    }

    fn text(&self, token: Token) -> &str {
        self.tokens.text(&token)
    }

    /// Whether the token `ahead` is the word `word`.
    fn word_at(&self, ahead: usize, word: &str) -> bool {
        self.peek_at(ahead)
            .is_some_and(|token| token.kind == TokenKind::Name && self.text(token) == word)
    }

    /// Tokens from the bracket `ahead` to its partner.
    fn bracket_length(&self, ahead: usize) -> usize {
        self.tokens.partner[self.position + ahead] - (self.position + ahead)
    }

    fn advance(&mut self) {
        if let Some(token) = self.peek() {
            self.last = token.span;
            self.position += 1;
        }
    }

    /// Reads the token when it is of this kind.
    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.kind() == Some(kind);
        if found {
            self.advance();
        }
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.word_at(0, word);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, kind: TokenKind, expected: &'static str) -> Result<Span, SyntaxError> {
        if self.eat(kind) { Ok(self.last) } else { Err(self.unexpected(expected)) }
    }

    /// Reads a name as one word.
    fn name(&mut self, expected: &'static str) -> Result<Word, SyntaxError> {
        let word = self.peek().map(|token| self.word(token));
        self.expect(TokenKind::Name, expected)?;
        word.ok_or_else(|| self.unexpected(expected))
    }

    fn word(&self, token: Token) -> Word {
        Word { text: self.text(token).to_owned(), span: token.span }
    }

    fn push(&mut self, kind: ExprKind, span: Span) -> ExprId {
        self.tree.push(kind, span)
    }

    /// From `start` to the token read last.
    fn since(&self, start: usize) -> Span {
        Span::new(start, self.last.end.max(start))
    }

    /// Where the next token starts.
    fn here(&self) -> usize {
        self.peek().map_or(self.last.end, |token| token.span.start)
    }

    fn unexpected(&self, expected: &'static str) -> SyntaxError {
        self.unexpected_with(expected, None)
    }

    fn unexpected_with(&self, expected: &'static str, help: Option<&'static str>) -> SyntaxError {
        match self.peek() {
            Some(token) => SyntaxError::Unexpected {
                found: format!("`{}`", shortened(self.text(token))),
                span: token.span,
                expected,
                help,
            },
            None => SyntaxError::Unexpected {
                found: self.end_words().to_owned(),
                span: Span::new(self.last.end, self.last.end),
                expected,
                help,
            },
        }
    }

    fn end_words(&self) -> &'static str {
        match self.tokens.list.get(self.end) {
            Some(separator) if self.text(*separator) == ";" => "`;`",
            Some(_) => "the end of the line",
            None => "the end of the input",
        }
    }
}

/// A word of the input, short enough for a message.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
