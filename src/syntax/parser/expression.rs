//! Sums, products, signs and powers. Chains of operators are loops; only brackets recurse.

use super::super::ast::{BinaryOperator, ExprId, ExprKind, Word};
use super::super::error::{NO_LITERALS, SyntaxError};
use super::super::literal::{Superscript, superscript};
use super::super::names::RESERVED;
use super::super::token::{Bracket, TokenKind};
use super::{OPERAND, Parser, shortened};
use crate::number;
use crate::source::Span;

/// `-`, `+` or `√` before an operand.
#[derive(Clone, Copy)]
struct Prefix {
    kind: TokenKind,
    span: Span,
}

impl Parser<'_> {
    /// sum = product (("+" | "-" | ".+" | ".-") product)*
    pub(super) fn sum(&mut self) -> Result<ExprId, SyntaxError> {
        let start = self.here();
        let mut left = self.product()?;
        while let Some(operator) = self.kind().and_then(additive) {
            self.advance();
            let operator_span = self.last;
            let right = self.product()?;
            left = self.binary(operator, operator_span, left, right, start);
        }
        Ok(left)
    }

    /// product = prefixed (("*" | "/" | "\" | ".*" | "./" | "⊗" | nothing) prefixed)*
    pub(super) fn product(&mut self) -> Result<ExprId, SyntaxError> {
        let start = self.here();
        let mut left = self.prefixed()?;
        loop {
            let (operator, operator_span) = match self.kind().and_then(multiplicative) {
                Some(operator) => {
                    self.advance();
                    (operator, self.last)
                }
                // After a condition a bar says `or`.
                None if self.is_bar() && self.tree.is_condition(left) => return Ok(left),
                None if self.starts_factor()? => {
                    (BinaryOperator::Multiply, Span::new(self.here(), self.here()))
                }
                None => return Ok(left),
            };
            let right = self.prefixed()?;
            if operator == BinaryOperator::Divide {
                self.check_divisor(left, right)?;
            }
            left = self.binary(operator, operator_span, left, right, start);
        }
    }

    /// `a/2σ²` may be (a/2)σ² or a/(2σ²). After a number it is a fraction: `1/2x`.
    fn check_divisor(&self, left: ExprId, right: ExprId) -> Result<(), SyntaxError> {
        let is_number = |id| matches!(self.tree.get(id).kind, ExprKind::Number(_));
        let (above, below) = (self.tree.get(left).span, self.tree.get(right).span);
        let glued = self.here() == below.end && self.peek().is_some() && self.starts_factor()?;
        if glued && is_number(right) && !is_number(left) {
            return Err(SyntaxError::Divisor { span: below, above });
        }
        Ok(())
    }

    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        operator_span: Span,
        left: ExprId,
        right: ExprId,
        start: usize,
    ) -> ExprId {
        self.push(ExprKind::Binary { operator, operator_span, left, right }, self.since(start))
    }

    /// Whether what follows an operand multiplies it: `A B`, `2x`, `x(y+z)`.
    pub(super) fn starts_factor(&self) -> Result<bool, SyntaxError> {
        let Some(token) = self.peek() else { return Ok(false) };
        match token.kind {
            TokenKind::Name => {
                let with_respect_to = self.word_at(0, "with") && self.word_at(1, "respect");
                Ok(!RESERVED.contains(&self.text(token)) && !with_respect_to)
            }
            TokenKind::Open(Bracket::Round | Bracket::Square) | TokenKind::Root => Ok(true),
            TokenKind::Bars => Ok(!self.in_norm && !self.is_or()),
            TokenKind::Bar => Ok(!self.in_bar),
            TokenKind::Open(Bracket::Angle) | TokenKind::Sum | TokenKind::Not => Ok(true),
            TokenKind::Number => Err(SyntaxError::MissingOperator {
                found: shortened(self.text(token)),
                left: self.last,
                right: token.span,
            }),
            _ => Ok(false),
        }
    }

    /// prefixed = ("-" | "+" | "√")* power; `-x^2` is −(x²), `√x²` is √(x²), but `√(x)²` is (√x)².
    fn prefixed(&mut self) -> Result<ExprId, SyntaxError> {
        let prefixes = self.prefixes();
        let operand = self.power()?;
        Ok(self.apply_prefixes(&prefixes, operand))
    }

    fn prefixes(&mut self) -> Vec<Prefix> {
        let mut prefixes = Vec::new();
        loop {
            let kind = match self.kind() {
                // not(…) is a factor as any function is.
                Some(TokenKind::Name) if self.is_not_of_bracket() => TokenKind::Not,
                Some(
                    kind @ (TokenKind::Minus | TokenKind::Plus | TokenKind::Root | TokenKind::Not),
                ) => kind,
                _ => break,
            };
            if kind == TokenKind::Root && self.kind_at(1) == Some(TokenKind::Open(Bracket::Round)) {
                break;
            }
            self.advance();
            prefixes.push(Prefix { kind, span: self.last });
        }
        prefixes
    }

    fn apply_prefixes(&mut self, prefixes: &[Prefix], operand: ExprId) -> ExprId {
        prefixes.iter().rev().fold(operand, |operand, prefix| {
            let span = self.since(prefix.span.start);
            match prefix.kind {
                TokenKind::Minus => self.push(ExprKind::Negate(operand), span),
                TokenKind::Root => {
                    let function = Word { text: "sqrt".to_owned(), span: prefix.span };
                    self.push(ExprKind::Call { function, arguments: vec![operand] }, span)
                }
                TokenKind::Not => self.negation(operand, prefix.span),
                _ => operand,
            }
        })
    }

    /// power = operand ("'" | "(:)" | superscript | ("^" | ".^") exponent)*
    pub(super) fn power(&mut self) -> Result<ExprId, SyntaxError> {
        let start = self.here();
        let mut base = self.operand()?;
        loop {
            base = match self.kind() {
                Some(TokenKind::Open(Bracket::Square) | TokenKind::EntriesOf)
                    if self.is_part(base) =>
                {
                    self.part(base, start)?
                }
                Some(TokenKind::Transpose) => {
                    self.advance();
                    self.push(ExprKind::Transpose(base), self.since(start))
                }
                Some(TokenKind::AllEntries) => {
                    self.advance();
                    let function = Word { text: "vec".to_owned(), span: self.last };
                    let arguments = vec![base];
                    self.push(ExprKind::Call { function, arguments }, self.since(start))
                }
                Some(TokenKind::Superscript) => self.raised(base, start)?,
                Some(TokenKind::NormMark) if self.is_positive_part() => {
                    let function = Word { text: "relu".to_owned(), span: self.last };
                    let arguments = vec![base];
                    self.push(ExprKind::Call { function, arguments }, self.since(start))
                }
                Some(TokenKind::Caret) if self.transposes_at(1) > 0 => self.transposed(base, start),
                Some(TokenKind::Caret) if self.pseudoinverts() > 0 => {
                    (0..self.pseudoinverts()).for_each(|_| self.advance());
                    self.pseudoinverse(base, self.last, start)
                }
                Some(TokenKind::Caret | TokenKind::DotCaret) => self.raised_to(base, start)?,
                _ => return Ok(base),
            };
        }
    }

    /// `x²`, `A⁻¹`, `A⁻ᵀ`, `Xᵏ`
    fn raised(&mut self, base: ExprId, start: usize) -> Result<ExprId, SyntaxError> {
        let raised = match self.peek() {
            Some(token) => superscript(self.text(token), token.span)?,
            None => return Err(self.unexpected(OPERAND)),
        };
        self.advance();
        let mark = self.last;
        match raised {
            Superscript::Number(value) => {
                let exponent = self.push(ExprKind::Number(value), mark);
                Ok(self.binary(BinaryOperator::Power, mark, base, exponent, start))
            }
            Superscript::InverseTranspose => Ok(self.inverse_transpose(base, mark, start)),
            Superscript::Pseudoinverse => Ok(self.pseudoinverse(base, mark, start)),
            Superscript::Name { name, negative } => {
                let mut exponent = self.push(ExprKind::Name(name.to_string()), mark);
                if negative {
                    exponent = self.push(ExprKind::Negate(exponent), mark);
                }
                Ok(self.binary(BinaryOperator::Power, mark, base, exponent, start))
            }
        }
    }

    /// How many tokens from here on say "pseudoinverse": 2 for `^+` and `^†`, 4 for `^{+}` and `^{†}`.
    fn pseudoinverts(&self) -> usize {
        let is_sign = |at: usize| match self.peek_at(at) {
            Some(token) => {
                token.kind == TokenKind::Plus
                    || token.kind == TokenKind::Superscript && self.text(token) == "†"
            }
            None => false,
        };
        let in_brackets = self.kind_at(1) == Some(TokenKind::Open(Bracket::Curly))
            && self.kind_at(3) == Some(TokenKind::Close(Bracket::Curly));
        match (is_sign(1), in_brackets && is_sign(2)) {
            (true, _) => 2,
            (false, true) => 4,
            (false, false) => 0,
        }
    }

    fn pseudoinverse(&mut self, base: ExprId, mark: Span, start: usize) -> ExprId {
        let function = Word { text: "pinv".to_owned(), span: mark };
        self.push(ExprKind::Call { function, arguments: vec![base] }, self.since(start))
    }

    fn inverse(&mut self, base: ExprId, mark: Span, start: usize) -> ExprId {
        let exponent = self.push(ExprKind::Number(-number::one()), mark);
        self.binary(BinaryOperator::Power, mark, base, exponent, start)
    }

    fn inverse_transpose(&mut self, base: ExprId, mark: Span, start: usize) -> ExprId {
        let inverse = self.inverse(base, mark, start);
        self.push(ExprKind::Transpose(inverse), self.since(start))
    }

    /// How many tokens after `^`, from `ahead` on, say "transposed": 1 for `T` and `ᵀ`, 2 for `-T`, 3 for `{T}`, 4 for `{-T}`.
    pub(super) fn transposes_at(&self, ahead: usize) -> usize {
        let mark =
            |at: usize| self.kind_at(at) == Some(TokenKind::Transpose) || self.word_at(at, "T");
        match self.kind_at(ahead) {
            Some(TokenKind::Name | TokenKind::Transpose) if mark(ahead) => 1,
            Some(TokenKind::Minus) if mark(ahead + 1) => 2,
            Some(TokenKind::Open(Bracket::Curly)) => match self.bracket_length(ahead) {
                2 if mark(ahead + 1) => 3,
                3 if self.kind_at(ahead + 1) == Some(TokenKind::Minus) && mark(ahead + 2) => 4,
                _ => 0,
            },
            _ => 0,
        }
    }

    /// `A^T`, `A^⊤`, `A^{-T}`
    fn transposed(&mut self, base: ExprId, start: usize) -> ExprId {
        let count = self.transposes_at(1);
        self.advance();
        let mark = self.last;
        let mut letter = None;
        for _ in 0..count {
            let name = self.peek().filter(|token| token.kind == TokenKind::Name);
            letter = name.map(|token| token.span).or(letter);
            self.advance();
        }
        if let Some(letter) = letter.filter(|_| self.names.has_number_t()) {
            // Its shape will tell what `^T` does to the base: to A, or, in A^-T, to A⁻¹.
            let base = if count.is_multiple_of(2) { self.inverse(base, mark, start) } else { base };
            let exponent = self.push(ExprKind::Name("T".to_owned()), letter);
            return self.binary(BinaryOperator::PowerOrTranspose, letter, base, exponent, start);
        }
        if count.is_multiple_of(2) {
            return self.inverse_transpose(base, mark.to(self.last), start);
        }
        self.push(ExprKind::Transpose(base), self.since(start))
    }

    /// base ^ e₁ ^ e₂ ^ …, from the right.
    fn raised_to(&mut self, base: ExprId, start: usize) -> Result<ExprId, SyntaxError> {
        if self.is_euler(base) && self.kind() == Some(TokenKind::Caret) {
            let base = self.tree.get(base).span;
            self.advance();
            let prefixes = self.prefixes();
            let exponent = self.exponent()?;
            let exponent = self.signed_exponent(&prefixes, exponent);
            let function = Word { text: "exp".to_owned(), span: base };
            let arguments = vec![exponent];
            return Ok(self.push(ExprKind::Call { function, arguments }, self.since(start)));
        }
        let mut chain = Vec::new();
        let mut left = base;
        let mut left_start = start;
        loop {
            let operator = match self.kind() {
                Some(TokenKind::Caret) if self.transposes_at(1) == 0 => BinaryOperator::Power,
                Some(TokenKind::DotCaret) => BinaryOperator::EntrywisePower,
                _ => break,
            };
            self.advance();
            let operator_span = self.last;
            if operator == BinaryOperator::Power {
                self.check_exponent()?;
            }
            let prefixes = self.prefixes();
            chain.push((operator, operator_span, left, left_start, prefixes));
            left_start = self.here();
            left = self.exponent()?;
        }
        // Signs of an exponent cover the powers above it: a^-b^c is a^(−(b^c)).
        Ok(chain.into_iter().rev().fold(
            left,
            |exponent, (operator, operator_span, base, start, prefixes)| {
                let exponent = self.signed_exponent(&prefixes, exponent);
                self.binary(operator, operator_span, base, exponent, start)
            },
        ))
    }

    /// Whether the expression is the number e: a name that nothing declares and nothing is asked by.
    fn is_euler(&self, base: ExprId) -> bool {
        let is_e = matches!(&self.tree.get(base).kind, ExprKind::Name(name) if name == "e");
        is_e && !self.names.is_variable("e") && !self.names.is_defined("e")
    }

    /// An exponent: an operand, with superscripts but without primes, which belong to the whole power.
    pub(super) fn exponent(&mut self) -> Result<ExprId, SyntaxError> {
        let start = self.here();
        let mut exponent = if self.kind() == Some(TokenKind::Open(Bracket::Curly)) {
            self.bracketed(Bracket::Curly)?
        } else {
            self.operand()?
        };
        while self.kind() == Some(TokenKind::Superscript) {
            exponent = self.raised(exponent, start)?;
        }
        Ok(exponent)
    }

    /// `W^{(2)}` may be a name.
    fn check_exponent(&self) -> Result<(), SyntaxError> {
        let Some(token) = self.peek() else { return Ok(()) };
        let is = |at: usize, kind: TokenKind| self.kind_at(at) == Some(kind);
        let (open, close) = (TokenKind::Open, TokenKind::Close);
        match token.kind {
            TokenKind::Open(Bracket::Curly)
                if [Bracket::Round, Bracket::Square]
                    .into_iter()
                    .any(|bracket| is(1, open(bracket)) && is(3, close(bracket)))
                    && is(4, close(Bracket::Curly)) =>
            {
                let Some(label) = self.peek_at(2) else { return Ok(()) };
                Err(SyntaxError::Label { text: self.text(label).to_owned(), span: label.span })
            }
            _ => Ok(()),
        }
    }

    /// `^-1` is the number −1.
    fn signed_exponent(&mut self, prefixes: &[Prefix], exponent: ExprId) -> ExprId {
        let lone_minus = matches!(prefixes, [Prefix { kind: TokenKind::Minus, .. }]);
        if let (true, ExprKind::Number(value)) = (lone_minus, &self.tree.get(exponent).kind) {
            let value = -value.clone();
            return self.push(ExprKind::Number(value), self.since(prefixes[0].span.start));
        }
        self.apply_prefixes(prefixes, exponent)
    }

    /// The error where an operand is missing.
    pub(super) fn missing_operand(&self) -> SyntaxError {
        let help = match self.kind() {
            Some(TokenKind::Star) if self.position > 0 && self.last_is(TokenKind::Star) => {
                Some("a power is `x^2`, entrywise `x.^2`")
            }
            Some(TokenKind::Open(Bracket::Curly)) => Some("group with `(…)`"),
            Some(TokenKind::Open(Bracket::Square)) => Some(NO_LITERALS),
            Some(TokenKind::Star | TokenKind::Slash | TokenKind::DotStar | TokenKind::DotSlash)
                if self.last_is(TokenKind::Separator) =>
            {
                Some("a line goes on after an operator: put it at the end of the line before")
            }
            _ => None,
        };
        self.unexpected_with(OPERAND, help)
    }

    fn last_is(&self, kind: TokenKind) -> bool {
        self.position.checked_sub(1).is_some_and(|index| self.tokens.list[index].kind == kind)
    }
}

fn additive(kind: TokenKind) -> Option<BinaryOperator> {
    Some(match kind {
        TokenKind::Plus => BinaryOperator::Add,
        TokenKind::Minus => BinaryOperator::Subtract,
        TokenKind::DotPlus => BinaryOperator::BroadcastAdd,
        TokenKind::DotMinus => BinaryOperator::BroadcastSubtract,
        _ => return None,
    })
}

fn multiplicative(kind: TokenKind) -> Option<BinaryOperator> {
    Some(match kind {
        TokenKind::Star => BinaryOperator::Multiply,
        TokenKind::Dot => BinaryOperator::Dot,
        TokenKind::At => BinaryOperator::At,
        TokenKind::EntrywiseStar => BinaryOperator::Entrywise,
        TokenKind::EntrywiseSlash => BinaryOperator::EntrywiseOver,
        TokenKind::Slash => BinaryOperator::Divide,
        TokenKind::Backslash => BinaryOperator::Solve,
        TokenKind::DotStar => BinaryOperator::Hadamard,
        TokenKind::DotSlash => BinaryOperator::EntrywiseDivide,
        TokenKind::Kronecker => BinaryOperator::Kronecker,
        _ => return None,
    })
}
