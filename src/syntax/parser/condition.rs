//! Comparisons, and what `and`, `or` and `not` make of them.

use super::super::ast::{BinaryOperator, ExprId, ExprKind, Word};
use super::super::error::SyntaxError;
use super::super::token::{Bracket, TokenKind};
use super::Parser;
use crate::source::Span;

impl Parser<'_> {
    /// expression = condition ("or" condition)*
    pub(super) fn expression(&mut self) -> Result<ExprId, SyntaxError> {
        let start = self.here();
        let mut left = self.conjunction()?;
        while self.eats_or(left) {
            let sign = self.last;
            let right = self.conjunction()?;
            left = self.binary(BinaryOperator::Or, sign, left, right, start);
        }
        Ok(left)
    }

    /// condition = refusal ("and" refusal)*
    fn conjunction(&mut self) -> Result<ExprId, SyntaxError> {
        let start = self.here();
        let mut left = self.refusal()?;
        while self.eat(TokenKind::And) || self.eat_word("and") {
            let sign = self.last;
            let right = self.refusal()?;
            left = self.binary(BinaryOperator::And, sign, left, right, start);
        }
        Ok(left)
    }

    /// refusal = "not"* sum (comparison sum)?
    fn refusal(&mut self) -> Result<ExprId, SyntaxError> {
        let mut words: Vec<Span> = Vec::new();
        while !self.is_not_of_bracket() && self.eat_word("not") {
            words.push(self.last);
        }
        let value = self.comparison()?;
        Ok(words.into_iter().rev().fold(value, |value, word| self.negation(value, word)))
    }

    fn comparison(&mut self) -> Result<ExprId, SyntaxError> {
        let start = self.here();
        let left = self.sum()?;
        let Some(TokenKind::Compare(comparison)) = self.kind() else { return Ok(left) };
        self.advance();
        let sign = self.last;
        let right = self.sum()?;
        if let Some(TokenKind::Compare(next)) = self.kind() {
            self.advance();
            let second = self.last;
            let last = self.sum()?;
            let words = |id: ExprId| {
                let span = self.tree.get(id).span;
                self.tokens.words.get(span.start..span.end).unwrap_or_default().trim()
            };
            let (a, b, c) = (words(left), words(right), words(last));
            let typed = format!("{a} {} {b} and {b} {} {c}", comparison.sign(), next.sign());
            return Err(SyntaxError::Chained { typed, first: sign, second });
        }
        Ok(self.binary(BinaryOperator::Compare(comparison), sign, left, right, start))
    }

    /// What does not hold.
    pub(super) fn negation(&mut self, operand: ExprId, sign: Span) -> ExprId {
        let function = Word { text: "not".to_owned(), span: sign };
        let arguments = vec![operand];
        self.push(ExprKind::Call { function, arguments }, self.since(sign.start))
    }

    pub(super) fn is_not_of_bracket(&self) -> bool {
        self.word_at(0, "not") && self.kind_at(1) == Some(TokenKind::Open(Bracket::Round))
    }

    pub(super) fn is_bar(&self) -> bool {
        match self.kind() {
            // The bars that end a norm are no `or`.
            Some(TokenKind::Bar) => !self.in_bar,
            Some(TokenKind::Bars) => !self.in_norm,
            _ => false,
        }
    }

    fn eats_or(&mut self, left: ExprId) -> bool {
        let is_sign = self.kind() == Some(TokenKind::Or) || self.word_at(0, "or");
        let is_bar = self.is_bar() && self.tree.is_condition(left);
        if is_sign || is_bar {
            self.advance();
        }
        is_sign || is_bar
    }

    /// Whether `||` stands between two comparisons: one follows before the next bars. Behind what is no comparison they may be those of a
    /// norm that ends, `2‖A ≠ 0‖²`.
    pub(super) fn is_or(&self) -> bool {
        self.precedes_comparison() && (self.follows_comparison() || !self.is_norm_of_comparison())
    }

    /// Whether a comparison has begun in these brackets.
    fn follows_comparison(&self) -> bool {
        let mut at = self.position;
        while let Some(before) = at.checked_sub(1) {
            match self.tokens.list[before].kind {
                TokenKind::Compare(_) => return true,
                TokenKind::Close(_) => at = self.tokens.partner[before],
                TokenKind::Open(_)
                | TokenKind::Bars
                | TokenKind::Comma
                | TokenKind::Equals
                | TokenKind::Separator => return false,
                _ => at = before,
            }
        }
        false
    }

    /// Whether the next bars end what begins here: nothing stands behind them that could be compared.
    fn is_norm_of_comparison(&self) -> bool {
        let mut at = 1;
        loop {
            match self.kind_at(at) {
                Some(TokenKind::Bars) => break,
                Some(TokenKind::Open(Bracket::Round | Bracket::Square)) => {
                    at += self.bracket_length(at) + 1;
                }
                None => return false,
                Some(_) => at += 1,
            }
        }
        !matches!(
            self.kind_at(at + 1),
            Some(TokenKind::Name | TokenKind::Number | TokenKind::Open(_) | TokenKind::Root)
        )
    }

    fn precedes_comparison(&self) -> bool {
        let mut at = 1;
        loop {
            match self.kind_at(at) {
                Some(TokenKind::Compare(_)) => return true,
                Some(TokenKind::Open(Bracket::Round | Bracket::Square)) => {
                    at += self.bracket_length(at);
                }
                None
                | Some(
                    TokenKind::Bars | TokenKind::Comma | TokenKind::Close(_) | TokenKind::Equals,
                ) => return false,
                Some(_) => {}
            }
            at += 1;
        }
    }
}
