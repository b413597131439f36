//! Declarations: names, sizes, properties.

use super::super::ast::{BinaryOperator, Declaration, ExprId, ExprKind, StatementKind, Word};
use super::super::error::SyntaxError;
use super::super::literal::{Superscript, number, superscript};
use super::super::token::{Bracket, TokenKind};
use super::Parser;
use crate::source::Span;

/// The words that say what a value is, with its sizes or in place of them.
pub const PROPERTY_WORDS: &[&str] = &[
    "vector",
    "column",
    "row",
    "matrix",
    "square",
    "symmetric",
    "sym",
    "spd",
    "positive-definite",
    "psd",
    "positive-semidefinite",
    "diagonal",
    "diag",
    "lower",
    "upper",
    "orthogonal",
    "orth",
    "invertible",
    "inv",
    "positive",
    "pos",
    "nonnegative",
    "nonneg",
    "simplex",
    "prob",
    "rows",
    "columns",
    "function",
];

/// What can stand where a size is missing.
const SIZE: &str = "a size: a name, a number or `(`";

impl Parser<'_> {
    /// Whether `A, B[l]:` stands `ahead`.
    pub(super) fn starts_declaration(&self, ahead: usize) -> bool {
        let mut at = ahead;
        loop {
            if self.kind_at(at) != Some(TokenKind::Name) {
                return false;
            }
            at += 1;
            if self.kind_at(at) == Some(TokenKind::Open(Bracket::Square)) {
                at += self.bracket_length(at) + 1;
            }
            match self.kind_at(at) {
                Some(TokenKind::Colon) => {
                    // `A:X` by X is an inner product.
                    let next = self.peek_at(at + 1);
                    return !next.is_some_and(|next| self.names.is_asked(self.text(next)));
                }
                Some(TokenKind::ElementOf) => return true,
                Some(TokenKind::Comma) => at += 1,
                _ => return false,
            }
        }
    }

    /// `A, B: m×n symmetric, c: scalar`: one statement for each name.
    pub(super) fn declarations(&mut self) -> Result<(), SyntaxError> {
        loop {
            let start = self.here();
            let names = self.declared_names()?;
            if self.eat(TokenKind::ElementOf) {
                let sizes = Some(self.space()?);
                self.declare(names, sizes.as_ref(), &[], start);
                return match self.peek() {
                    None => Ok(()),
                    Some(_) => Err(self.unexpected("the end of the line")),
                };
            }
            self.expect(TokenKind::Colon, "`:`")?;
            let (sizes, mut properties) = self.shape(&names[0].0)?;
            properties.extend(self.properties()?);
            self.declare(names, sizes.as_ref(), &properties, start);
            if !self.eat(TokenKind::Comma) {
                return match self.peek() {
                    None => Ok(()),
                    Some(_) => Err(self
                        .unexpected("`×`, a property such as `symmetric`, or the end of the line")),
                };
            }
        }
    }

    fn declare(
        &mut self,
        names: Vec<(Word, Vec<Word>)>,
        sizes: Option<&Vec<ExprId>>,
        properties: &[Word],
        start: usize,
    ) {
        let end = self.since(start);
        for (name, indices) in names {
            let (sizes, properties) = (sizes.cloned(), properties.to_vec());
            let kind = StatementKind::Declaration(Declaration { name, indices, sizes, properties });
            self.statements.push(super::super::ast::Statement { kind, span: end });
        }
    }

    /// `ℝⁿ`, `R^n`, `R^{m×n}`, `R^(m x n)`, `R`: the sizes of its elements.
    fn space(&mut self) -> Result<Vec<ExprId>, SyntaxError> {
        if !self.eat_word("R") {
            return Err(self.unexpected("a space such as `R^n` or `R^{m×n}`"));
        }
        if let Some(token) = self.peek().filter(|token| token.kind == TokenKind::Superscript) {
            let raised = superscript(self.text(token), token.span)?;
            self.advance();
            let kind = match raised {
                Superscript::Number(value) => ExprKind::Number(value),
                Superscript::Name { name, negative: false } => ExprKind::Name(name.to_string()),
                _ => return Err(self.unexpected("a size")),
            };
            return Ok(vec![self.push(kind, token.span)]);
        }
        if !self.eat(TokenKind::Caret) {
            return Ok(Vec::new());
        }
        let Some(TokenKind::Open(bracket @ (Bracket::Curly | Bracket::Round))) = self.kind() else {
            return Ok(vec![self.size_atom()?]);
        };
        self.advance();
        let mut sizes = vec![self.size()?];
        while self.eat_times() || self.eat(TokenKind::Comma) {
            sizes.push(self.size()?);
        }
        self.expect(TokenKind::Close(bracket), "`×` or the end of the space")?;
        Ok(sizes)
    }

    fn declared_names(&mut self) -> Result<Vec<(Word, Vec<Word>)>, SyntaxError> {
        let mut names = Vec::new();
        loop {
            let name = self.name("a name to declare")?;
            let mut indices = Vec::new();
            if self.eat(TokenKind::Open(Bracket::Square)) {
                loop {
                    indices.push(self.name("the name of an index")?);
                    if !self.eat(TokenKind::Comma) {
                        break;
                    }
                }
                self.expect(TokenKind::Close(Bracket::Square), "`,` or `]`")?;
            }
            names.push((name, indices));
            if !self.eat(TokenKind::Comma) {
                return Ok(names);
            }
        }
    }

    /// The sizes, none for `scalar`; words may stand before them, `symmetric n×n`, or in place of them.
    fn shape(&mut self, declared: &Word) -> Result<(Option<Vec<ExprId>>, Vec<Word>), SyntaxError> {
        let mut properties = Vec::new();
        while let Some(token) = self.peek().filter(|token| token.kind == TokenKind::Name) {
            if self.eat_word("scalar") {
                return Ok((Some(Vec::new()), properties));
            }
            // All values are real: `x: real`, `A: real symmetric`.
            if self.eat_word("real") {
                if properties.is_empty() && matches!(self.kind(), None | Some(TokenKind::Comma)) {
                    return Ok((Some(Vec::new()), properties));
                }
                continue;
            }
            if !PROPERTY_WORDS.contains(&self.text(token)) {
                break;
            }
            properties.push(self.property()?);
        }
        let is_end = matches!(self.kind(), None | Some(TokenKind::Comma));
        match properties.is_empty() {
            false if is_end => Ok((None, properties)),
            true if self.peek().is_none() => {
                let (name, end) = (declared.text.clone(), self.last.end);
                Err(SyntaxError::MissingSize { name, span: Span::new(end, end) })
            }
            _ => Ok((Some(self.size_list()?), properties)),
        }
    }

    /// `m×n`, `m x n`, `3x4`, `(m, n)`
    fn size_list(&mut self) -> Result<Vec<ExprId>, SyntaxError> {
        if self.kind() == Some(TokenKind::Open(Bracket::Round))
            && self.brackets_have(0, &|kind| kind == TokenKind::Comma)
        {
            self.advance();
            let sizes = self.list()?;
            self.expect(TokenKind::Close(Bracket::Round), "`,` or `)`")?;
            return Ok(sizes);
        }
        let mut sizes = vec![self.size()?];
        while self.eat_times() {
            sizes.push(self.size()?);
        }
        Ok(sizes)
    }

    /// `×`, `x` alone, or the `x` of `3x4`.
    fn eat_times(&mut self) -> bool {
        let Some(token) = self.peek() else { return false };
        if token.kind == TokenKind::Times || self.word_at(0, "x") {
            self.advance();
            return true;
        }
        let glued = token.kind == TokenKind::Name && token.span.start == self.last.end;
        let text = self.text(token);
        if !glued || !text.starts_with('x') {
            return false;
        }
        let digits = text[1..].bytes().all(|byte| byte.is_ascii_digit());
        self.last = Span::new(token.span.start, token.span.start + 1);
        let rest = &mut self.tokens.list[self.position];
        rest.span.start += 1;
        rest.word.start += 1;
        if digits {
            rest.kind = TokenKind::Number;
        }
        true
    }

    /// size = product (("+" | "-") product)*
    fn size(&mut self) -> Result<ExprId, SyntaxError> {
        let start = self.here();
        let mut left = self.size_product()?;
        loop {
            let operator = match self.kind() {
                Some(TokenKind::Plus) => BinaryOperator::Add,
                Some(TokenKind::Minus) => BinaryOperator::Subtract,
                _ => return Ok(left),
            };
            self.advance();
            let operator_span = self.last;
            let right = self.size_product()?;
            let kind = ExprKind::Binary { operator, operator_span, left, right };
            left = self.push(kind, self.since(start));
        }
    }

    /// product = atom (("*" | "/") atom)*, or `2n`
    fn size_product(&mut self) -> Result<ExprId, SyntaxError> {
        let start = self.here();
        let mut left = self.size_atom()?;
        loop {
            let glued = self.peek().is_some_and(|token| {
                let after_number = matches!(self.tree.get(left).kind, ExprKind::Number(_));
                let factor = match token.kind {
                    TokenKind::Name => !self.text(token).starts_with('x'),
                    TokenKind::Open(Bracket::Round) => true,
                    _ => false,
                };
                after_number && factor && token.span.start == self.last.end
            });
            let operator = if self.kind() == Some(TokenKind::Slash) {
                BinaryOperator::Divide
            } else {
                BinaryOperator::Multiply
            };
            if !glued && !self.eat(TokenKind::Star) && !self.eat(TokenKind::Slash) {
                return Ok(left);
            }
            let operator_span =
                if glued { Span::new(self.last.end, self.last.end) } else { self.last };
            let right = self.size_atom()?;
            let kind = ExprKind::Binary { operator, operator_span, left, right };
            left = self.push(kind, self.since(start));
        }
    }

    fn size_atom(&mut self) -> Result<ExprId, SyntaxError> {
        let Some(token) = self.peek() else { return Err(self.unexpected(SIZE)) };
        match token.kind {
            TokenKind::Number => {
                self.advance();
                let value = number(self.text(token), token.span)?;
                Ok(self.push(ExprKind::Number(value), token.span))
            }
            TokenKind::Name => {
                if let Some(name) = self.glued_size() {
                    return Ok(self.push(ExprKind::Name(name), self.last));
                }
                let name = self.name(SIZE)?;
                if self.eat(TokenKind::Open(Bracket::Square)) {
                    let indices = self.list()?;
                    self.expect(TokenKind::Close(Bracket::Square), "an operator, `,` or `]`")?;
                    let span = self.since(name.span.start);
                    return Ok(self.push(ExprKind::Index { base: name, indices }, span));
                }
                Ok(self.push(ExprKind::Name(name.text), name.span))
            }
            TokenKind::Open(Bracket::Round) => self.bracketed(Bracket::Round),
            _ => Err(self.unexpected(SIZE)),
        }
    }

    /// The `m` of `mxn`; `xn` is left to be read.
    fn glued_size(&mut self) -> Option<String> {
        let token = self.peek()?;
        let mut characters = self.text(token).char_indices();
        let (_, left) = characters.next()?;
        let (middle, times) = characters.next()?;
        let (_, right) = characters.next()?;
        let is_glued = times == 'x' && left != 'x' && right != 'x' && characters.next().is_none();
        if !is_glued {
            return None;
        }
        self.last = Span::new(token.span.start, token.span.start + middle);
        let rest = &mut self.tokens.list[self.position];
        rest.span.start += middle;
        rest.word.start += middle;
        Some(left.to_string())
    }

    /// Words such as `symmetric`, `positive-definite`, `simplex rows`; commas between them are allowed.
    fn properties(&mut self) -> Result<Vec<Word>, SyntaxError> {
        let mut properties = Vec::new();
        while properties.len() < PROPERTY_WORDS.len() {
            let comma = self.kind() == Some(TokenKind::Comma);
            if comma && !self.starts_declaration(1) {
                self.advance();
            } else if self.kind() != Some(TokenKind::Name) {
                return Ok(properties);
            }
            properties.push(self.property()?);
        }
        Ok(properties)
    }

    fn property(&mut self) -> Result<Word, SyntaxError> {
        let first = self.name("a property such as `symmetric`")?;
        let mut text = first.text;
        while self.kind() == Some(TokenKind::Minus) && self.kind_at(1) == Some(TokenKind::Name) {
            self.advance();
            text.push('-');
            text.push_str(&self.name("a word")?.text);
        }
        Ok(Word { text, span: self.since(first.span.start) })
    }
}
