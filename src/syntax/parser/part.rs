//! Entries and parts of values, and blocks: `A[i, 1..k]`, `h[t][2..n]`, `[A, B; C, D]`.

use super::super::ast::{ExprId, ExprKind};
use super::super::error::SyntaxError;
use super::super::token::{Bracket, TokenKind};
use super::Parser;

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

    /// Entries of what stands before: `h[t][i]`, `(A*x)[1..k]`; a bracket behind another value may be a factor.
    pub(super) fn is_part(&self, base: ExprId) -> bool {
        if self.kind() == Some(TokenKind::EntriesOf) {
            return true;
        }
        if self.kind() != Some(TokenKind::Open(Bracket::Square)) {
            return false;
        }
        let is_chosen = matches!(
            self.tree.get(base).kind,
            ExprKind::Index { .. } | ExprKind::Part { .. } | ExprKind::Blocks(_)
        );
        is_chosen
            || self.brackets_have(0, &|kind| {
                matches!(kind, TokenKind::Range | TokenKind::Colon | TokenKind::Comma)
            })
    }

    /// `…[1..k]`
    pub(super) fn part(&mut self, of: ExprId, start: usize) -> Result<ExprId, SyntaxError> {
        self.eat(TokenKind::EntriesOf);
        self.advance();
        let open = self.last;
        let indices = self.nested(false, open, Self::indices)?;
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
        match rows.as_slice() {
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
