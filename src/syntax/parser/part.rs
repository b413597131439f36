//! Entries and parts of values, and blocks: `A[i, 1..k]`, `h[t][2..n]`, `[A, B; C, D]`.

use super::super::ast::{ExprId, ExprKind};
use super::super::error::SyntaxError;
use super::super::token::{Bracket, TokenKind};
use super::Parser;
use crate::number;
use crate::source::Span;

/// What is typed instead of a range of another language.
const RANGE: &str = "a range of entries is `a..b`, both ends included and the first entry being 1; all of them are `:`";

impl Parser<'_> {
    /// `i`, `a..b` or `:`, several with `,` between them.
    pub(super) fn indices(&mut self) -> Result<Vec<ExprId>, SyntaxError> {
        let mut indices = vec![self.index()?];
        while self.eat(TokenKind::Comma) {
            indices.push(self.index()?);
        }
        if matches!(self.kind(), Some(TokenKind::Colon)) {
            return Err(self.unexpected_with("an operator, `..`, `,` or `]`", Some(RANGE)));
        }
        Ok(indices)
    }

    /// The same in a program of Python, where the first entry is 0 and the last of `a:b` is before b: numbers, and all of them.
    pub(super) fn indices_from_zero(&mut self) -> Result<Vec<ExprId>, SyntaxError> {
        self.counts_from_zero = true;
        let mut indices = Vec::new();
        loop {
            let start = self.here();
            let whole = |parser: &mut Self| {
                let token = parser.peek().filter(|token| token.kind == TokenKind::Number)?;
                let value: i64 = parser.text(token).parse().ok()?;
                parser.advance();
                Some(value)
            };
            let from = whole(self);
            let is_range = self.eat(TokenKind::Colon);
            let to = if is_range { whole(self) } else { from.and_then(|at| at.checked_add(1)) };
            let ends = match (from, to) {
                (None, None) if is_range => None,
                (from, Some(to)) => Some((from.unwrap_or(0).saturating_add(1), to)),
                _ => return Err(self.not_from_zero(start)),
            };
            if !matches!(self.kind(), Some(TokenKind::Comma | TokenKind::Close(Bracket::Square))) {
                return Err(self.not_from_zero(start));
            }
            let span = self.since(start);
            let mut number = |at: i64| self.push(ExprKind::Number(number::integer(at)), span);
            let index = match ends {
                Some((from, _)) if !is_range => number(from),
                Some((from, to)) => {
                    let ends = (number(from), number(to));
                    self.push(ExprKind::Range(Some(ends)), span)
                }
                None => self.push(ExprKind::Range(None), span),
            };
            indices.push(index);
            if !self.eat(TokenKind::Comma) {
                return Ok(indices);
            }
        }
    }

    fn not_from_zero(&self, start: usize) -> SyntaxError {
        SyntaxError::CountedFromZero { span: Span::new(start, self.here().max(start + 1)) }
    }

    /// Whether a place is in a program of Python.
    fn is_program(&self, at: usize) -> bool {
        self.tokens.programs.iter().any(|line| (line.start..line.end).contains(&at))
    }

    /// Whether the name whose bracket is open is an array of a program: elements of families are counted as everywhere, and a letter
    /// alone may be the index of one.
    pub(super) fn is_counted_from_zero(&self, name: &str) -> bool {
        let is_array = self.names.is_variable(name)
            || self.kind() == Some(TokenKind::Number)
            || self.kind() == Some(TokenKind::Colon)
            || self.kind_at(1) == Some(TokenKind::Comma);
        is_array && !self.names.is_family(name) && self.is_program(self.last.start)
    }

    fn index(&mut self) -> Result<ExprId, SyntaxError> {
        if self.eat(TokenKind::Colon) {
            if !matches!(self.kind(), Some(TokenKind::Comma | TokenKind::Close(_))) {
                return Err(self.unexpected_with("`,` or `]`", Some(RANGE)));
            }
            return Ok(self.push(ExprKind::Range(None), self.last));
        }
        let start = self.here();
        let from = self.expression()?;
        if !self.eat(TokenKind::Range) {
            return Ok(from);
        }
        let to = self.expression()?;
        Ok(self.push(ExprKind::Range(Some((from, to))), self.since(start)))
    }

    /// Entries of what stands before: `h[t][i]`, `(A*x)[1..k]`, `softmax(z)[2]`; a bracket behind another value may be a factor, as that
    /// of `(a + b)[c + d]` is.
    pub(super) fn is_part(&self, base: ExprId) -> bool {
        if self.kind() == Some(TokenKind::EntriesOf) {
            return true;
        }
        if self.kind() != Some(TokenKind::Open(Bracket::Square)) {
            return false;
        }
        // Nothing is multiplied there without a sign.
        if self.is_program(self.here()) {
            return true;
        }
        let is_chosen = matches!(
            self.tree.get(base).kind,
            ExprKind::Index { .. } | ExprKind::Part { .. } | ExprKind::Blocks(_)
        );
        is_chosen
            || self.brackets_have(0, &|kind| {
                matches!(kind, TokenKind::Range | TokenKind::Colon | TokenKind::Comma)
            })
            || self.brackets_have_place(base)
    }

    /// Whether what stands between the brackets is a place, made of numbers, sizes and indices; behind a number it is a factor.
    fn brackets_have_place(&self, base: ExprId) -> bool {
        if matches!(self.tree.get(base).kind, ExprKind::Number(_)) {
            return false;
        }
        let length = self.bracket_length(0);
        let is_meant = |at| match self.peek_at(at) {
            Some(token) if token.kind == TokenKind::Name => {
                let name = self.text(token);
                self.indices.iter().any(|index| index == name) || self.names.is_place(name)
            }
            Some(token) => {
                matches!(token.kind, TokenKind::Number | TokenKind::Plus | TokenKind::Minus)
            }
            None => false,
        };
        length > 1 && (1..length).all(is_meant)
    }

    /// `…[1..k]`
    pub(super) fn part(&mut self, of: ExprId, start: usize) -> Result<ExprId, SyntaxError> {
        self.eat(TokenKind::EntriesOf);
        self.advance();
        let open = self.last;
        let is_program = self.is_program(open.start);
        let indices = self.nested(false, open, |parser| {
            if is_program { parser.indices_from_zero() } else { parser.indices() }
        })?;
        self.close(Bracket::Square)?;
        Ok(self.push(ExprKind::Part { of, indices }, self.since(start)))
    }

    /// `[A, B; C, D]`; with one entry, brackets.
    pub(super) fn blocks(&mut self) -> Result<ExprId, SyntaxError> {
        self.advance();
        let open = self.last;
        let rows = self.nested(false, open, |parser| {
            let mut rows = vec![parser.list()?];
            while parser.eat(TokenKind::RowEnd) {
                // A row may end where the last one ends.
                if parser.kind() != Some(TokenKind::Close(Bracket::Square)) {
                    rows.push(parser.list()?);
                }
            }
            Ok(rows)
        })?;
        self.close(Bracket::Square)?;
        let is_list = |id: &ExprId| matches!(&self.tree.get(*id).kind, ExprKind::Blocks(rows) if rows.len() == 1);
        match rows.as_slice() {
            // In other languages the rows of a matrix, here blocks beside one another.
            [row] if row.iter().all(is_list) => {
                Err(SyntaxError::Rows { span: self.since(open.start) })
            }
            [row] if row.len() == 1 => Ok(row[0]),
            _ => Ok(self.push(ExprKind::Blocks(rows), self.since(open.start))),
        }
    }

    /// Whether such a word stands in the bracket `ahead`, in none that is inside of it.
    pub(super) fn brackets_have(&self, ahead: usize, is_meant: &dyn Fn(TokenKind) -> bool) -> bool {
        let length = ahead + self.bracket_length(ahead);
        let mut at = ahead + 1;
        while at < length {
            match self.kind_at(at) {
                Some(TokenKind::Open(_)) => at += self.bracket_length(at) + 1,
                Some(kind) if is_meant(kind) => return true,
                _ => at += 1,
            }
        }
        false
    }
}
