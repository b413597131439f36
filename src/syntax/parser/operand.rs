//! Operands: numbers, names, calls, indices, brackets, norms.

use super::super::NESTING_LIMIT;
use super::super::ast::{BinaryOperator, ExprId, ExprKind, Word};
use super::super::error::SyntaxError;
use super::super::literal::number;
use super::super::names::RESERVED;
use super::super::token::{Bracket, Token, TokenKind};
use super::{OPERAND, Parser};
use crate::number as exact;
use crate::source::Span;

/// What can be taken over indices.
const OVER_INDICES: [&str; 4] = ["sum", "Σ", "logsumexp", "mean"];

impl Parser<'_> {
    /// A number, a name with its indices or arguments, or something in brackets or bars.
    pub(super) fn operand(&mut self) -> Result<ExprId, SyntaxError> {
        let Some(token) = self.peek() else { return Err(self.unexpected(OPERAND)) };
        match token.kind {
            TokenKind::Number => {
                self.advance();
                if self.text(token) == "1" && self.is_transposed_next() {
                    return Ok(self.push(ExprKind::Name("ones".to_owned()), token.span));
                }
                let value = number(self.text(token), token.span)?;
                Ok(self.push(ExprKind::Number(value), token.span))
            }
            TokenKind::Name if RESERVED.contains(&self.text(token)) => {
                Err(self.unexpected(OPERAND))
            }
            TokenKind::Name => self.named(token),
            TokenKind::Open(Bracket::Round) => self.bracketed(Bracket::Round),
            TokenKind::Open(Bracket::Square) => self.blocks(),
            TokenKind::Bars => self.norm(),
            TokenKind::Bar => self.bar(),
            TokenKind::Sum => self.sum_over(token),
            TokenKind::Open(Bracket::Angle) => self.inner(),
            TokenKind::Root => {
                self.advance();
                let function = Word { text: "sqrt".to_owned(), span: token.span };
                let argument = self.bracketed(Bracket::Round)?;
                let span = self.since(token.span.start);
                Ok(self.push(ExprKind::Call { function, arguments: vec![argument] }, span))
            }
            _ => Err(self.missing_operand()),
        }
    }

    /// Whether what stands before is transposed: 1ᵀx.
    fn is_transposed_next(&self) -> bool {
        match self.kind() {
            Some(TokenKind::Transpose) => true,
            Some(TokenKind::Caret) => self.transposes_at(1) > 0,
            _ => false,
        }
    }

    /// One level deeper, for as long as `read` takes.
    pub(super) fn nested<T>(
        &mut self,
        in_norm: bool,
        span: Span,
        read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.depth >= NESTING_LIMIT {
            return Err(SyntaxError::TooDeep { span });
        }
        let outer = (self.in_norm, self.in_bar);
        (self.in_norm, self.in_bar) = (in_norm, false);
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        (self.in_norm, self.in_bar) = outer;
        result
    }

    /// `(…)`
    pub(super) fn bracketed(&mut self, bracket: Bracket) -> Result<ExprId, SyntaxError> {
        let span = self.expect(TokenKind::Open(bracket), "`(`")?;
        let inner = self.nested(false, span, Self::expression)?;
        self.close(bracket)?;
        Ok(inner)
    }

    pub(super) fn close(&mut self, bracket: Bracket) -> Result<(), SyntaxError> {
        let expected = match bracket {
            Bracket::Round => "an operator or `)`",
            Bracket::Square => "an operator, `,` or `]`",
            Bracket::Curly => "an operator or `}`",
            Bracket::Angle => "an operator or `⟩`",
        };
        let help = match self.kind() {
            Some(TokenKind::Times) => Some("the product is `*`; `×` stands between sizes"),
            Some(TokenKind::Comma) => Some("only a function takes several arguments: `f(x, y)`"),
            _ => None,
        };
        if self.eat(TokenKind::Close(bracket)) {
            Ok(())
        } else {
            Err(self.unexpected_with(expected, help))
        }
    }

    /// A name and what belongs to it: a call's arguments, indices.
    fn named(&mut self, token: Token) -> Result<ExprId, SyntaxError> {
        self.advance();
        let (word, span) = (self.word(token), token.span);
        if let Some((base, indices)) = self.indexed_name(&word.text) {
            // Under a sum over i, Σ_i may be another one.
            let is_said = |name: &str| {
                self.names.is_variable(name)
                    || self.names.is_defined(name)
                    || self.names.is_family(name)
            };
            if !token.of_run && !is_said(&base) && self.is_sum_over(&word.text) {
                return Err(SyntaxError::SumOrElement { name: word.text, base, span });
            }
            let names = indices.into_iter().map(|index| self.push(ExprKind::Name(index), span));
            let indices = names.collect();
            let base = Word { text: base, span };
            return Ok(self.push(ExprKind::Index { base, indices }, span));
        }
        if let Some((base, indices)) = self.element(token)? {
            let whole = base.span;
            return Ok(self.push(ExprKind::Index { base, indices }, whole));
        }
        if !token.of_run && self.is_sum_over(&word.text) {
            return self.sum_over(token);
        }
        self.check_word(&word)?;
        if let Some(value) = self.logarithm(&word)? {
            return Ok(value);
        }
        if let Some(value) = self.raised_function(&word)? {
            return Ok(value);
        }
        if self.applies(&word) {
            return self.application(word);
        }
        let word = self.primed(word);
        self.check_product(&word)?;
        match self.kind() {
            Some(TokenKind::Open(Bracket::Round))
                if OVER_INDICES.contains(&word.text.as_str()) && self.opens_range(1) =>
            {
                self.over_indices(&word)
            }
            Some(TokenKind::Open(Bracket::Round))
                if matches!(word.text.as_str(), "sum" | "Σ") && self.index_behind().is_some() =>
            {
                self.sum_for(span)
            }
            Some(TokenKind::Open(Bracket::Round))
                if !token.of_run || self.names.is_callable(word.text.trim_end_matches('′')) =>
            {
                if self.kind_at(1) == Some(TokenKind::Name)
                    && self.kind_at(2) == Some(TokenKind::Assign)
                {
                    return self.substitution(word);
                }
                if !self.names.is_callable(word.text.trim_end_matches('′')) {
                    return Ok(self.push(ExprKind::Name(word.text), span));
                }
                self.call(word)
            }
            Some(TokenKind::Open(Bracket::Square)) => {
                self.advance();
                let open = self.last;
                if self.is_counted_from_zero(&word.text) {
                    let of = self.push(ExprKind::Name(word.text), span);
                    let indices = self.nested(false, open, Self::indices_from_zero)?;
                    self.close(Bracket::Square)?;
                    return Ok(self.push(ExprKind::Part { of, indices }, self.since(span.start)));
                }
                let indices = self.nested(false, open, Self::indices)?;
                self.close(Bracket::Square)?;
                // 𝟏[x > 0]
                if let ("ones", [condition]) = (word.text.as_str(), indices.as_slice())
                    && self.tree.is_condition(*condition)
                {
                    return Ok(*condition);
                }
                let whole = self.since(span.start);
                // x^{(i)} is x with an index on paper.
                let base = if token.of_run { Word { span: whole, ..word } } else { word };
                Ok(self.push(ExprKind::Index { base, indices }, whole))
            }
            _ => Ok(self.push(ExprKind::Name(word.text), span)),
        }
    }

    /// φ(…), f(…): a letter that stands for a function on paper, and of which nothing else is said.
    fn check_product(&self, word: &Word) -> Result<(), SyntaxError> {
        let is_letter = matches!(word.text.as_str(), "f" | "g" | "h" | "φ" | "ψ");
        let calls = self.kind() == Some(TokenKind::Open(Bracket::Round))
            && self.kind_at(2) != Some(TokenKind::Assign);
        if is_letter && calls && !self.names.is_mentioned(&word.text) {
            return Err(SyntaxError::FunctionOrProduct {
                name: word.text.clone(),
                span: word.span,
            });
        }
        Ok(())
    }

    /// `φ′(x)`: the derivative of a function, as its name with the primes.
    fn primed(&mut self, word: Word) -> Word {
        let is_prime = |at: &usize| self.kind_at(*at) == Some(TokenKind::Transpose);
        let primes = (0..self.end - self.position).take_while(is_prime).count();
        let calls = self.kind_at(primes) == Some(TokenKind::Open(Bracket::Round));
        if !calls || primes == 0 || !self.names.is_function(&word.text) {
            return word;
        }
        (0..primes).for_each(|_| self.advance());
        let span = self.since(word.span.start);
        Word { text: word.text + &"′".repeat(primes), span }
    }

    /// expression ("," expression)*
    pub(super) fn list(&mut self) -> Result<Vec<ExprId>, SyntaxError> {
        let mut items = vec![self.expression()?];
        while self.eat(TokenKind::Comma) {
            items.push(self.expression()?);
        }
        Ok(items)
    }

    pub(super) fn call(&mut self, function: Word) -> Result<ExprId, SyntaxError> {
        self.advance();
        let open = self.last;
        let arguments = match self.kind() {
            Some(TokenKind::Close(Bracket::Round)) => Vec::new(),
            _ => self.nested(false, open, Self::list)?,
        };
        if !self.eat(TokenKind::Close(Bracket::Round)) {
            return Err(self.unexpected("an operator, `,` or `)`"));
        }
        if let Some(call) = self.program_call(&function, &arguments) {
            return Ok(call);
        }
        // 𝟏(x > 0)
        if let ("ones", [condition]) = (function.text.as_str(), arguments.as_slice())
            && self.tree.is_condition(*condition)
        {
            return Ok(*condition);
        }
        let span = self.since(function.span.start);
        Ok(self.push(ExprKind::Call { function, arguments }, span))
    }

    /// `f(W := a, b := c)`
    fn substitution(&mut self, function: Word) -> Result<ExprId, SyntaxError> {
        self.advance();
        let open = self.last;
        let mut replacements = Vec::new();
        loop {
            let name = self.name("a name to replace")?;
            self.expect(TokenKind::Assign, "`:=`")?;
            let value = self.nested(false, open, Self::expression)?;
            replacements.push((name, value));
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.close(Bracket::Round)?;
        let span = self.since(function.span.start);
        Ok(self.push(ExprKind::Substitute { function, replacements }, span))
    }

    /// `sum(t in a..b, body)`, `logsumexp(k in 1..K, body)`, `mean(i in 1..m, j in 1..n, i != j, body)`
    fn over_indices(&mut self, function: &Word) -> Result<ExprId, SyntaxError> {
        self.advance();
        let (open, start) = (self.last, function.span.start);
        let word = |text: &str| Word { text: text.to_owned(), span: function.span };
        let call = |parser: &mut Self, text: &str, argument| {
            let (function, arguments) = (word(text), vec![argument]);
            parser.push(ExprKind::Call { function, arguments }, parser.since(start))
        };
        let (ranges, condition, body) = self.nested(false, open, Self::ranges_and_body)?;
        self.close(Bracket::Round)?;
        let summed = if function.text == "logsumexp" { call(self, "exp", body) } else { body };
        let all = self.sum_of(&ranges, condition, summed, start);
        Ok(match function.text.as_str() {
            "logsumexp" => call(self, "log", all),
            "mean" => {
                let one = self.push(ExprKind::Number(exact::one()), function.span);
                let count = self.sum_of(&ranges, condition, one, start);
                let (operator, operator_span) = (BinaryOperator::Divide, function.span);
                let quotient =
                    ExprKind::Binary { operator, operator_span, left: all, right: count };
                self.push(quotient, self.since(start))
            }
            _ => all,
        })
    }

    /// Sums inside one another, the first outermost, over the values for which the condition holds.
    fn sum_of(
        &mut self,
        ranges: &[(Word, ExprId, ExprId)],
        condition: Option<ExprId>,
        body: ExprId,
        start: usize,
    ) -> ExprId {
        let span = self.since(start);
        let mut sum = body;
        if let Some(condition) = condition {
            let zero = self.push(ExprKind::Number(exact::zero()), span);
            let function = Word { text: "where".to_owned(), span };
            let arguments = vec![condition, body, zero];
            sum = self.push(ExprKind::Call { function, arguments }, span);
        }
        for (index, from, to) in ranges.iter().rev() {
            let (index, from, to) = (index.clone(), *from, *to);
            sum = self.push(ExprKind::IndexedSum { index, from, to, body: sum }, span);
        }
        sum
    }

    /// `i in 1..m, j in 1..n, i != j, body`
    #[allow(clippy::type_complexity)] // It is taken apart at once.
    fn ranges_and_body(
        &mut self,
    ) -> Result<(Vec<(Word, ExprId, ExprId)>, Option<ExprId>, ExprId), SyntaxError> {
        let before = self.indices.len();
        let mut ranges = Vec::new();
        let body = loop {
            let is_range = self.kind() == Some(TokenKind::Name)
                && (ranges.is_empty()
                    || self.word_at(1, "in")
                    || self.kind_at(1) == Some(TokenKind::Equals));
            if !is_range {
                break self.expression();
            }
            ranges.push(self.range()?);
            if !self.eat(TokenKind::Colon) {
                self.expect(TokenKind::Comma, "an operator or `,` and what is summed")?;
            }
            self.indices.extend(ranges.last().map(|(index, ..)| index.text.clone()));
        };
        let body = body?;
        let is_condition = self.tree.is_condition(body)
            && (self.eat(TokenKind::Colon) || self.eat(TokenKind::Comma));
        let (condition, body) =
            if is_condition { (Some(body), self.expression()?) } else { (None, body) };
        self.indices.truncate(before);
        Ok((ranges, condition, body))
    }

    /// Whether `t in a..b`, or `t = a..b`, stands ahead.
    fn opens_range(&self, ahead: usize) -> bool {
        let ends = |at: &usize| matches!(self.kind_at(*at), None | Some(TokenKind::Comma));
        let mut rest = (ahead + 2..).take_while(|at| !ends(at));
        self.word_at(ahead + 1, "in")
            || (self.kind_at(ahead + 1) == Some(TokenKind::Equals)
                && rest.any(|at| self.kind_at(at) == Some(TokenKind::Range)))
    }

    /// The index of `(… for t in a..b)`.
    fn index_behind(&self) -> Option<String> {
        let inside = 1..self.bracket_length(0);
        let at =
            inside.into_iter().find(|at| self.word_at(*at, "for") && self.opens_range(at + 1))?;
        self.peek_at(at + 1).map(|index| self.word(index).text)
    }

    /// `sum(body for t in a..b)`
    fn sum_for(&mut self, start: Span) -> Result<ExprId, SyntaxError> {
        self.indices.extend(self.index_behind());
        self.advance();
        let open = self.last;
        let body = self.nested(false, open, Self::expression);
        self.indices.pop();
        let body = body?;
        if !self.eat_word("for") {
            return Err(self.unexpected("an operator or `for`"));
        }
        let (index, from, to) = self.nested(false, open, Self::range)?;
        self.close(Bracket::Round)?;
        Ok(self.push(ExprKind::IndexedSum { index, from, to, body }, self.since(start.start)))
    }

    /// `t in a..b`, `t = a..b`
    pub(super) fn range(&mut self) -> Result<(Word, ExprId, ExprId), SyntaxError> {
        let index = self.name("the name of an index, as in `t in 1..T`")?;
        let (from, to) = self.ends()?;
        Ok((index, from, to))
    }

    /// `t in 1..T`, `i, j in 1..n`
    pub(super) fn ranges(&mut self) -> Result<Vec<(Word, ExprId, ExprId)>, SyntaxError> {
        let mut indices = vec![self.name("the name of an index, as in `t in 1..T`")?];
        while self.eat(TokenKind::Comma) {
            indices.push(self.name("the name of an index, as in `t in 1..T`")?);
        }
        let (from, to) = self.ends()?;
        Ok(indices.into_iter().map(|index| (index, from, to)).collect())
    }

    /// `in 1..T`
    fn ends(&mut self) -> Result<(ExprId, ExprId), SyntaxError> {
        if !self.eat_word("in") && !self.eat(TokenKind::Equals) {
            return Err(self.unexpected("`in`"));
        }
        let from = self.expression()?;
        self.expect(TokenKind::Range, "an operator or `..`")?;
        let to = self.expression()?;
        Ok((from, to))
    }

    /// `‖x‖`, `||x||₁`, `‖X‖_F`
    fn norm(&mut self) -> Result<ExprId, SyntaxError> {
        self.advance();
        let open = self.last;
        let argument = self.nested(true, open, Self::expression)?;
        if !self.eat(TokenKind::Bars) {
            return match self.kind() {
                None | Some(TokenKind::Close(_) | TokenKind::Comma) => Err(SyntaxError::Unclosed {
                    open: '‖',
                    span: open,
                    stop: Some(Span::new(self.here(), self.here())),
                }),
                _ => Err(self.unexpected("an operator or `‖`")),
            };
        }
        self.marked_norm(open, argument)
    }
}
