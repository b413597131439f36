//! What is written on paper: norms with their marks, bars, inner products, functions without brackets, sums over an index.

use super::super::ast::{BinaryOperator, By, ExprId, ExprKind, RequestKind, StatementKind, Word};
use super::super::error::SyntaxError;
use super::super::letter::spelling;
use super::super::literal::number as literal;
use super::super::names::LAST_AXIS;
use super::super::token::{Bracket, Token, TokenKind};
use super::Parser;
use crate::number;
use crate::source::Span;

impl Parser<'_> {
    /// The norm of the argument, by the mark that stands after its bars: `‖x‖₁`, `‖X‖_F`, `‖x‖_A`.
    pub(super) fn marked_norm(
        &mut self,
        open: Span,
        argument: ExprId,
    ) -> Result<ExprId, SyntaxError> {
        let start = open.start;
        let call = |text: &str| Word { text: text.to_owned(), span: open };
        let mut arguments = vec![argument];
        let function = match self.peek() {
            Some(mark) if mark.kind == TokenKind::NormMark => {
                self.advance();
                let text = self.text(mark).to_owned();
                let kind = text.trim_start_matches('_').trim_matches(['{', '}', ' ']);
                match kind {
                    "1" | "₁" => call("norm_1"),
                    "2" | "₂" => call("norm_2"),
                    "F" => call("norm_fro"),
                    "*" => call("norm_nuc"),
                    "∞" | "inf" | "Inf" => call("norm_inf"),
                    "2,1" => return Err(SyntaxError::MixedNorm { span: mark.span }),
                    _ => {
                        let name = spelling(kind);
                        let digits: String = kind.chars().map(super::super::on_the_line).collect();
                        if let Some(exponent) = self.exponent_of_norm(&digits, mark.span)? {
                            arguments.push(exponent);
                            call("norm_p")
                        } else if is_plain(&name) && name.starts_with(char::is_alphabetic) {
                            let is_capital = name.starts_with(char::is_uppercase);
                            arguments.push(self.push(ExprKind::Name(name), mark.span));
                            call(if is_capital { "norm_weighted" } else { "norm_p" })
                        } else {
                            let (mark, span) = (kind.to_owned(), mark.span);
                            return Err(SyntaxError::NormMark { mark, span });
                        }
                    }
                }
            }
            Some(mark) if mark.kind == TokenKind::Underscore => {
                self.advance();
                arguments.push(self.bracketed(Bracket::Curly)?);
                call("norm_weighted")
            }
            _ => call("norm2"),
        };
        let span = self.since(start);
        Ok(self.push(ExprKind::Call { function, arguments }, span))
    }

    /// The number that a norm has for its mark: `3`, `1.5`, `1/2`.
    pub(super) fn exponent_of_norm(
        &mut self,
        mark: &str,
        span: Span,
    ) -> Result<Option<ExprId>, SyntaxError> {
        let is_number = |text: &str| {
            let mut characters = text.chars();
            characters.next().is_some_and(|c| c.is_ascii_digit())
                && characters.all(|c| c.is_ascii_digit() || c == '.')
        };
        let (above, below) = mark.split_once('/').unwrap_or((mark, "1"));
        let (above, below) = (above.trim(), below.trim());
        if !is_number(above) || !is_number(below) {
            return Ok(None);
        }
        let (above, below) = (literal(above, span)?, literal(below, span)?);
        if below == number::zero() {
            return Ok(None);
        }
        Ok(Some(self.push(ExprKind::Number(above / below), span)))
    }

    /// Calls as MATLAB, Julia and NumPy write them: `norm(x, 1)`, `norm(X, 'fro')`, `dot(x, A, y)`, `sum(abs2, x)`, `sum(X, 1)`,
    /// `sum(X, 'all')`.
    pub(super) fn program_call(&mut self, function: &Word, arguments: &[ExprId]) -> Option<ExprId> {
        if self.names.is_defined(&function.text) {
            return None;
        }
        let span = self.since(function.span.start);
        let word = |text: &str| Word { text: text.to_owned(), span: function.span };
        let call = |function: Word, arguments: Vec<ExprId>| ExprKind::Call { function, arguments };
        let name_of = |parser: &Self, id: ExprId| match &parser.tree.get(id).kind {
            ExprKind::Name(name) => Some(name.clone()),
            ExprKind::Number(value) => Some(value.to_string()),
            _ => None,
        };
        match (function.text.as_str(), arguments) {
            ("norm", [x, kind]) => {
                let (norm, exponent) = match name_of(self, *kind)?.as_str() {
                    "1" => ("norm_1_vector", None),
                    "2" => ("norm_2", None),
                    "fro" => ("norm_fro", None),
                    "nuc" => ("norm_nuc", None),
                    "Inf" | "inf" | "∞" => ("norm_inf", None),
                    "rows" | "columns" | LAST_AXIS => return None,
                    _ => ("norm_p", Some(*kind)),
                };
                let arguments = [Some(*x), exponent].into_iter().flatten().collect();
                Some(self.push(call(word(norm), arguments), span))
            }
            ("dot", [x, matrix, y]) => {
                let operator = BinaryOperator::Multiply;
                let (operator_span, left, right) = (span, *matrix, *y);
                let product = ExprKind::Binary { operator, operator_span, left, right };
                let product = self.push(product, span);
                Some(self.push(call(word("inner"), vec![*x, product]), span))
            }
            ("sum" | "mean", [x, along])
                if matches!(name_of(self, *along).as_deref(), Some("1" | "2" | "all")) =>
            {
                let mut arguments = vec![*x];
                let along_span = self.tree.get(*along).span;
                if let ExprKind::Number(side) = &self.tree.get(*along).kind {
                    // Along the first dimension: a row with the sum of each column.
                    let name = if *side == number::one() { "columns" } else { "rows" };
                    arguments.push(self.push(ExprKind::Name(name.to_owned()), along_span));
                }
                Some(self.push(call(function.clone(), arguments), span))
            }
            ("sum" | "mean", [by, x]) => {
                let by = name_of(self, *by)?;
                let known = by.len() > 1 && self.names.is_known(&by) && self.names.is_callable(&by);
                if !known || matches!(by.as_str(), "rows" | "columns") {
                    return None;
                }
                let inner = self.push(call(word(&by), vec![*x]), span);
                Some(self.push(call(function.clone(), vec![inner]), span))
            }
            _ => None,
        }
    }

    /// `|x|`: the absolute value of a number, the length of a vector, the determinant of a matrix.
    pub(super) fn bar(&mut self) -> Result<ExprId, SyntaxError> {
        self.advance();
        let open = self.last;
        let argument = self.nested(false, open, |parser| {
            parser.in_bar = true;
            parser.expression()
        })?;
        if !self.eat(TokenKind::Bar) {
            return Err(match self.kind() {
                None | Some(TokenKind::Close(_) | TokenKind::Comma) => SyntaxError::Unclosed {
                    open: '|',
                    span: open,
                    stop: Some(Span::new(self.here(), self.here())),
                },
                _ => self.unexpected("an operator or `|`"),
            });
        }
        if self.kind() == Some(TokenKind::NormMark) {
            return self.marked_norm(open, argument);
        }
        let function = Word { text: "bars".to_owned(), span: open };
        let span = self.since(open.start);
        Ok(self.push(ExprKind::Call { function, arguments: vec![argument] }, span))
    }

    /// `(x)_+`: reads the mark of the positive part after a bracket.
    pub(super) fn is_positive_part(&mut self) -> bool {
        let closes = self.position.checked_sub(1).map(|at| self.tokens.list[at].kind);
        let Some(TokenKind::Close(Bracket::Round | Bracket::Square)) = closes else { return false };
        let Some(mark) = self.peek() else { return false };
        let length = match self.text(mark).trim_start_matches('_').trim_matches(['{', '}', ' ']) {
            "+" => 1,
            "" if self.kind_at(1) == Some(TokenKind::Plus) => 2,
            _ => return false,
        };
        (0..length).for_each(|_| self.advance());
        true
    }

    /// `⟨A, B⟩`
    pub(super) fn inner(&mut self) -> Result<ExprId, SyntaxError> {
        self.advance();
        let open = self.last;
        let arguments = self.nested(false, open, Self::list)?;
        self.close(Bracket::Angle)?;
        if self.kind() == Some(TokenKind::NormMark) {
            self.advance();
        }
        Ok(self.inner_product(arguments, open))
    }

    /// tr(AᵀB)
    pub(super) fn inner_product(&mut self, arguments: Vec<ExprId>, open: Span) -> ExprId {
        let function = Word { text: "inner".to_owned(), span: open };
        let span = self.since(open.start);
        self.push(ExprKind::Call { function, arguments }, span)
    }

    /// Whether the word stands for a sum over the index below it: `Σ_i`, `sum_i`, `Σ_{i=1}^n`.
    pub(super) fn is_sum_over(&self, word: &str) -> bool {
        let (head, below) = word.split_once('_').unwrap_or((word, ""));
        matches!(head, "Σ" | "sum")
            && !self.names.is_variable(word)
            && !self.names.is_defined(word)
            && (!below.is_empty() || self.kind() == Some(TokenKind::NormMark))
            && (head == "sum" || self.has_terms(usize::from(below.is_empty())))
    }

    /// Whether something to be summed stands ahead: a matrix Σ_k has an inverse, a transpose, or is a factor itself.
    fn has_terms(&self, ahead: usize) -> bool {
        match self.kind_at(ahead) {
            Some(TokenKind::Caret) => match self.kind_at(ahead + 1) {
                Some(TokenKind::Name | TokenKind::Number) => self.kind_at(ahead + 2).is_some(),
                Some(TokenKind::Open(Bracket::Curly)) => {
                    self.kind_at(ahead + 2) != Some(TokenKind::Minus)
                        && self.kind_at(ahead + 2 + self.bracket_length(ahead + 1)).is_some()
                }
                _ => false,
            },
            Some(
                TokenKind::Name
                | TokenKind::Number
                | TokenKind::Bars
                | TokenKind::Bar
                | TokenKind::Root
                | TokenKind::Sum
                | TokenKind::Open(_),
            ) => true,
            _ => false,
        }
    }

    /// `Σ_{i=1}^n body`: to the end of the product.
    pub(super) fn sum_over(&mut self, sign: Token) -> Result<ExprId, SyntaxError> {
        if sign.kind == TokenKind::Sum {
            self.advance();
        }
        let word = self.text(sign).to_owned();
        if self.kind() == Some(TokenKind::Underscore) {
            let (name, from) = self.first_value()?;
            return self.sum_above(sign, vec![name], from, sign.span);
        }
        let (below, mark) = match word.split_once('_') {
            Some((_, below)) if sign.kind == TokenKind::Name => (below.to_owned(), sign.span),
            _ => match self.peek().filter(|token| token.kind == TokenKind::NormMark) {
                Some(mark) => {
                    self.advance();
                    let text = self.text(mark).trim_start_matches('_').trim_matches(['{', '}']);
                    (text.chars().map(super::super::on_the_line).collect(), mark.span)
                }
                None => return Err(self.unexpected("the index below `Σ`, as in `Σ_i`")),
            },
        };
        let (names, from) = match below.split_once('=') {
            Some((names, from)) => (names.trim().to_owned(), from.trim().to_owned()),
            None => (below.trim().to_owned(), "1".to_owned()),
        };
        let from_value = match from.parse::<i64>() {
            Ok(value) => self.push(ExprKind::Number(number::integer(value)), mark),
            Err(_) => self.push(ExprKind::Name(spelling(&from)), mark),
        };
        let names: Vec<String> = if names.contains(',') {
            names.split(',').map(|name| spelling(name.trim())).collect()
        } else if names.chars().all(|c| c.is_ascii_lowercase()) {
            names.chars().map(|c| c.to_string()).collect()
        } else {
            vec![spelling(&names)]
        };
        // `i<j`, `i∈S`
        if names.iter().chain((from != "1").then_some(&from)).any(|name| !is_plain(name)) {
            return Err(SyntaxError::BelowSum { below, span: mark });
        }
        self.sum_above(sign, names, from_value, mark)
    }

    /// The rest of a sum: what stands above its sign, and what is summed.
    fn sum_above(
        &mut self,
        sign: Token,
        names: Vec<String>,
        from: ExprId,
        mark: Span,
    ) -> Result<ExprId, SyntaxError> {
        let to = match self.peek() {
            Some(token) if token.kind == TokenKind::Caret => {
                self.advance();
                Some(self.exponent()?)
            }
            // \sum_{t=1}^T: above a sum, T is the last index.
            Some(token) if token.kind == TokenKind::Transpose => {
                self.advance();
                Some(self.push(ExprKind::Name("T".to_owned()), token.span))
            }
            _ => None,
        };
        let open = sign.span;
        let bound = self.indices.len();
        self.indices.extend(names.iter().cloned());
        let body = self.nested(self.in_norm, open, Self::product);
        self.indices.truncate(bound);
        let mut value = body?;
        for name in names.into_iter().rev() {
            let index = Word { text: name, span: mark };
            let to = match to {
                Some(to) => to,
                None => {
                    let end = self.free_size(&index.text);
                    self.push(ExprKind::Name(end), mark)
                }
            };
            let kind = ExprKind::IndexedSum { index, from, to, body: value };
            value = self.push(kind, self.since(sign.span.start));
        }
        Ok(value)
    }

    /// A name for the end of a range that is not said.
    fn free_size(&self, index: &str) -> String {
        let candidates: &[&str] = match index {
            "j" => &["m", "n", "N"],
            "k" => &["K", "N"],
            "t" => &["T", "N"],
            _ => &["n", "N", "m"],
        };
        let free = candidates.iter().find(|name| !self.names.is_mentioned(name));
        free.map_or_else(|| format!("n_{index}"), |name| (*name).to_owned())
    }

    /// `∇_x f`, `∂/∂X f`, `∂f/∂X`, `d/dX f`, `d(f)/dx`: a gradient is asked for.
    pub(super) fn derivative(&mut self) -> Result<Option<StatementKind>, SyntaxError> {
        let by_kind = |kind: RequestKind, of: ExprId, name: Option<Word>| {
            let by = name.map(|name| By { span: name.span, indices: Vec::new(), name });
            Some(StatementKind::Request { kind, of, wrt: by.into_iter().collect() })
        };
        let asked = |of, name| by_kind(RequestKind::Gradient, of, name);
        if let Some(token) = self.peek().filter(|token| token.kind == TokenKind::Name)
            && let Some((head, name)) = self.text(token).split_once('_')
            && matches!(head, "grad" | "nabla" | "∇")
            && self.peek_at(1).is_some_and(|next| next.kind != TokenKind::Equals)
            && !self.names.is_variable(self.text(token))
        {
            let name = Word { text: spelling(name), span: token.span };
            self.advance();
            return Ok(asked(self.expression()?, Some(name)));
        }
        let is_partial =
            self.kind() == Some(TokenKind::Partial) && self.kind_at(1) == Some(TokenKind::NormMark);
        if is_partial {
            self.advance();
        }
        if is_partial || self.eat(TokenKind::Nabla) {
            let mut is_second = self.eat_square();
            let mark = self.peek().filter(|token| token.kind == TokenKind::NormMark);
            let name = mark.map(|mark| {
                let text = self.text(mark).trim_start_matches('_').trim_matches(['{', '}']);
                let plain: String = text.chars().map(super::super::on_the_line).collect();
                Word { text: spelling(&plain), span: mark.span }
            });
            if mark.is_some() {
                self.advance();
            }
            is_second |= self.eat_square();
            let kind = if is_second { RequestKind::Hessian } else { RequestKind::Gradient };
            return Ok(by_kind(kind, self.expression()?, name));
        }
        let is_d = self.kind() == Some(TokenKind::Partial)
            || (self.word_at(0, "d") && !self.names.is_variable("d"));
        if !is_d {
            return Ok(None);
        }
        // The numerator: nothing, a name, or something in brackets.
        let above = match self.kind_at(1) {
            Some(TokenKind::Slash) => 1,
            Some(TokenKind::Name) => 2,
            Some(TokenKind::Open(_)) => 2 + self.bracket_length(1),
            _ => return Ok(None),
        };
        let Some((name, length)) = self.moving(above + 1) else { return Ok(None) };
        let ends = self.peek_at(above + 1 + length).is_none();
        if self.kind_at(above) != Some(TokenKind::Slash) || ends == (above == 1) {
            return Ok(None);
        }
        self.advance();
        if above == 1 {
            (0..=length).for_each(|_| self.advance());
            return Ok(asked(self.expression()?, Some(name)));
        }
        let of = self.operand()?;
        (0..=length).for_each(|_| self.advance());
        Ok(asked(of, Some(name)))
    }

    /// The 2 of ∇²f.
    fn eat_square(&mut self) -> bool {
        let is_two = |at: usize| {
            self.peek_at(at)
                .is_some_and(|token| token.kind == TokenKind::Number && self.text(token) == "2")
        };
        let is = |at: usize, kind: TokenKind| self.kind_at(at) == Some(kind);
        let length = match self.peek() {
            Some(token) if token.kind == TokenKind::Superscript && self.text(token) == "²" => 1,
            Some(token) if token.kind == TokenKind::Caret && is_two(1) => 2,
            Some(token)
                if token.kind == TokenKind::Caret
                    && is(1, TokenKind::Open(Bracket::Curly))
                    && is_two(2)
                    && is(3, TokenKind::Close(Bracket::Curly)) =>
            {
                4
            }
            _ => return false,
        };
        (0..length).for_each(|_| self.advance());
        true
    }

    /// The `∂X` or `dX` ahead, and how many tokens it takes.
    fn moving(&self, ahead: usize) -> Option<(Word, usize)> {
        let token = self.peek_at(ahead)?;
        let text = self.text(token);
        if token.kind == TokenKind::Partial || (token.kind == TokenKind::Name && text == "d") {
            let name = self.peek_at(ahead + 1).filter(|next| next.kind == TokenKind::Name)?;
            return Some((self.word(name), 2));
        }
        let name = text.strip_prefix('d').filter(|name| !name.is_empty())?;
        let word = Word { text: spelling(name), span: token.span };
        (token.kind == TokenKind::Name).then_some((word, 1))
    }

    /// `x_i` where i is the index of a sum around it: the name and its indices.
    pub(super) fn indexed_name(&self, name: &str) -> Option<(String, Vec<String>)> {
        let (base, below) = name.rsplit_once('_')?;
        if self.names.is_variable(name) || self.names.is_defined(name) {
            return None;
        }
        let letters: Vec<String> = below.chars().map(|c| c.to_string()).collect();
        letters
            .iter()
            .all(|letter| self.indices.contains(letter))
            .then(|| (base.to_owned(), letters))
    }

    /// A name, which stands right before, and the place that is written below it where it is a family's, instead of in brackets: `W_l`,
    /// `h_{t-1}`.
    pub(super) fn element(
        &mut self,
        token: Token,
    ) -> Result<Option<(Word, Vec<ExprId>)>, SyntaxError> {
        let word = self.word(token);
        let is_latex = self.tokens.is_latex(&token);
        if let Some((family, place)) = self.names.element(&word.text, is_latex) {
            let kind = match place.parse::<i64>() {
                Ok(value) => ExprKind::Number(number::integer(value)),
                Err(_) => ExprKind::Name(spelling(place)),
            };
            let index = self.push(kind, word.span);
            return Ok(Some((Word { text: family.to_owned(), span: word.span }, vec![index])));
        }
        let has_entries = self.names.is_family(&word.text)
            || self.names.is_variable(&word.text) && !self.indices.is_empty();
        if self.kind() != Some(TokenKind::Underscore) || !has_entries {
            return Ok(None);
        }
        self.advance();
        let index = self.bracketed(Bracket::Curly)?;
        let span = self.since(word.span.start);
        Ok(Some((Word { span, ..word }, vec![index])))
    }

    /// `{t=k + 1}` below a sum.
    fn first_value(&mut self) -> Result<(String, ExprId), SyntaxError> {
        self.advance();
        self.expect(TokenKind::Open(Bracket::Curly), "the index below `Σ`, as in `Σ_i`")?;
        let name = self.name("the name of an index, as in `t = 1`")?;
        self.expect(TokenKind::Equals, "`=`")?;
        let from = self.expression()?;
        self.close(Bracket::Curly)?;
        Ok((name.text, from))
    }
}

/// Whether the text is a name, or a number, and nothing more.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
