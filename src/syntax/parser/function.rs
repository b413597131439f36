//! Functions without brackets, with powers, by their base: `log det X`, `sin² x`, `log_2 x`.

use super::super::ast::{BinaryOperator, ExprId, ExprKind, Word};
use super::super::error::SyntaxError;
use super::super::literal::{Superscript, superscript};
use super::super::names::RESERVED;
use super::super::token::{Bracket, TokenKind};
use super::Parser;
use crate::number;
use crate::source::Span;

impl Parser<'_> {
    /// Whether the word is a function of the language, and no letter.
    fn is_function_word(&self, word: &Word) -> bool {
        /// Known words that are values by themselves.
        const CONSTANTS: &[&str] = &["eye", "ones", "zeros", "pi", "vector", "matrix"];
        word.text.chars().count() > 1
            && !CONSTANTS.contains(&word.text.as_str())
            && self.names.is_callable(&word.text)
            && !self.names.is_defined(&word.text)
            && self.names.is_known(&word.text)
    }

    /// `sin²(x)`, `log^2 x`: the power of the value; `log_2 x`: by its base.
    pub(super) fn raised_function(&mut self, word: &Word) -> Result<Option<ExprId>, SyntaxError> {
        if !self.is_function_word(word) {
            return Ok(None);
        }
        let is_number = |at: usize| self.kind_at(at) == Some(TokenKind::Number);
        let Some(mark) = self.peek() else { return Ok(None) };
        let length = match mark.kind {
            TokenKind::Superscript => 1,
            TokenKind::NormMark if word.text == "log" => 1,
            TokenKind::Caret if is_number(1) => 2,
            TokenKind::Caret if self.kind_at(1) == Some(TokenKind::Open(Bracket::Curly)) => {
                2 + self.bracket_length(1)
            }
            _ => return Ok(None),
        };
        let is_applied = |word: &Word| {
            self.kind_at(length) == Some(TokenKind::Open(Bracket::Round))
                || self.applies_at(word, length)
        };
        if !is_applied(word) {
            return Ok(None);
        }
        let start = word.span.start;
        self.advance();
        let (operator, by) = match mark.kind {
            TokenKind::NormMark => {
                let text = self.text(mark).trim_start_matches('_').trim_matches(['{', '}', ' ']);
                let digits: String = text.chars().map(super::super::on_the_line).collect();
                let Some(base) = self.exponent_of_norm(&digits, mark.span)? else {
                    let (mark, span) = (digits, mark.span);
                    return Err(SyntaxError::Base { mark, span });
                };
                let function = Word { text: "log".to_owned(), span: mark.span };
                let arguments = vec![base];
                let kind = ExprKind::Call { function, arguments };
                (BinaryOperator::Divide, self.push(kind, mark.span))
            }
            TokenKind::Superscript => {
                let Superscript::Number(value) = superscript(self.text(mark), mark.span)? else {
                    return Err(self.unexpected("a number as the exponent"));
                };
                (BinaryOperator::Power, self.push(ExprKind::Number(value), mark.span))
            }
            _ => (BinaryOperator::Power, self.exponent()?),
        };
        let is_negative = match &self.tree.get(by).kind {
            ExprKind::Number(value) => *value < number::zero(),
            ExprKind::Negate(_) => true,
            _ => false,
        };
        if is_negative {
            let (name, span) = (word.text.clone(), mark.span);
            return Err(SyntaxError::InverseFunction { name, span });
        }
        let value = match self.kind() {
            Some(TokenKind::Open(Bracket::Round)) => self.call(word.clone())?,
            _ => self.application(word.clone())?,
        };
        Ok(Some(self.binary(operator, mark.span, value, by, start)))
    }

    /// `min_x f`, `maximize f`: what is asked there is no value.
    pub(super) fn check_word(&self, word: &Word) -> Result<(), SyntaxError> {
        const WORDS: &[&str] = &[
            "min", "max", "argmin", "argmax", "minimize", "maximize", "minimise", "maximise",
            "sup", "inf", "lim", "prod", "int",
        ];
        let below = word.text.split_once('_').map(|(head, _)| head);
        let head = below.unwrap_or(&word.text);
        // `log max x`, `norm(x, inf)`
        if below.is_none() && matches!(head, "max" | "inf") {
            return Ok(());
        }
        let calls = self.kind() == Some(TokenKind::Open(Bracket::Round));
        let is_own = self.names.is_variable(&word.text) || self.names.is_defined(&word.text);
        if calls || is_own || !WORDS.contains(&head) {
            return Ok(());
        }
        let what = "is not read here; give the expression that is to be differentiated";
        Err(SyntaxError::RefusedCommand { name: word.text.clone(), what, span: word.span })
    }

    /// `log2(x)`, `log10(x)`
    pub(super) fn logarithm(&mut self, word: &Word) -> Result<Option<ExprId>, SyntaxError> {
        let base = match word.text.as_str() {
            "log2" => 2,
            "log10" => 10,
            _ => return Ok(None),
        };
        let calls = self.kind() == Some(TokenKind::Open(Bracket::Round));
        if !calls || self.names.is_defined(&word.text) || self.names.is_variable(&word.text) {
            return Ok(None);
        }
        let log = || Word { text: "log".to_owned(), span: word.span };
        let value = self.call(log())?;
        let number = self.push(ExprKind::Number(number::integer(base)), word.span);
        let kind = ExprKind::Call { function: log(), arguments: vec![number] };
        let by = self.push(kind, word.span);
        let operator = BinaryOperator::Divide;
        Ok(Some(self.binary(operator, word.span, value, by, word.span.start)))
    }

    /// Whether the word is a function that stands before what it is applied to: `log det X`, `tr AX`, `tr[AX]`.
    pub(super) fn applies(&self, word: &Word) -> bool {
        self.applies_at(word, 0)
    }

    fn applies_at(&self, word: &Word, ahead: usize) -> bool {
        self.is_function_word(word)
            && match self.peek_at(ahead) {
                Some(next) => match next.kind {
                    TokenKind::Name => !RESERVED.contains(&self.text(next)),
                    TokenKind::Number
                    | TokenKind::Root
                    | TokenKind::Sum
                    | TokenKind::Open(Bracket::Square | Bracket::Curly | Bracket::Angle) => true,
                    TokenKind::Bars => !self.in_norm,
                    TokenKind::Bar => !self.in_bar,
                    _ => false,
                },
                None => false,
            }
    }

    /// `log det X`, to the end of the product or to the next function; `tr[AX]`.
    pub(super) fn application(&mut self, function: Word) -> Result<ExprId, SyntaxError> {
        let argument = match self.kind() {
            Some(TokenKind::Open(bracket @ (Bracket::Square | Bracket::Curly))) => {
                self.bracketed(bracket)?
            }
            _ => {
                let start = self.here();
                let open = function.span;
                let mut left = self.nested(self.in_norm, open, Self::power)?;
                if self.last_is_bracket()
                    && self.goes_on()?
                    && let Some(next) = self.peek()
                {
                    let (name, span) = (function.text, next.span);
                    return Err(SyntaxError::Reach { name, span, function: function.span });
                }
                while self.goes_on()? {
                    let operator_span = Span::new(self.here(), self.here());
                    let right = self.power()?;
                    let operator = BinaryOperator::Multiply;
                    let kind = ExprKind::Binary { operator, operator_span, left, right };
                    left = self.push(kind, self.since(start));
                }
                let product = self.kind().filter(|kind| {
                    matches!(
                        kind,
                        TokenKind::Star
                            | TokenKind::Dot
                            | TokenKind::DotStar
                            | TokenKind::At
                            | TokenKind::EntrywiseStar
                            | TokenKind::Kronecker
                    )
                });
                if let (Some(_), Some(next)) = (product, self.peek()) {
                    return Err(SyntaxError::Reach {
                        name: function.text,
                        span: next.span,
                        function: function.span,
                    });
                }
                left
            }
        };
        let span = self.since(function.span.start);
        Ok(self.push(ExprKind::Call { function, arguments: vec![argument] }, span))
    }

    /// Whether what was read last ends with what brackets it: `|P|`, `det(P)`.
    fn last_is_bracket(&self) -> bool {
        let last = self.position.checked_sub(1).map(|at| self.tokens.list[at].kind);
        matches!(last, Some(TokenKind::Bar | TokenKind::Bars | TokenKind::Close(Bracket::Round)))
    }

    /// Whether another factor follows that is no function.
    fn goes_on(&self) -> Result<bool, SyntaxError> {
        let is_function = self.peek().is_some_and(|token| {
            let text = self.text(token);
            token.kind == TokenKind::Name
                && text.chars().count() > 1
                && !self.names.is_defined(text)
                && self.names.is_callable(text)
                && self.names.is_known(text)
        });
        Ok(!is_function && self.starts_factor()?)
    }
}
