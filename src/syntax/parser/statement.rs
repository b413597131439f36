//! Statements: which kind it is, and requests and definitions themselves.

use super::super::ast::{By, ExprId, ExprKind, RequestKind, Statement, StatementKind, Word};
use super::super::error::SyntaxError;
use super::super::token::{Bracket, TokenKind};
use super::Parser;
use crate::number;
use crate::source::Span;

/// What can stand after a finished formula.
const AFTER: &str = "an operator or the end of the line";

/// What to do where a parameter is declared.
const PARAMETERS: &str = "a parameter has the shape and the properties of what is given for it: declare that, on a line of its own";

impl Parser<'_> {
    /// statement = declaration | definition | request | solve | sizes | expression
    pub(super) fn statement(&mut self) -> Result<(), SyntaxError> {
        let start = self.here();
        if self.starts_declaration(0) {
            return self.declarations();
        }
        let kind = if self.word_at(0, "sizes") && self.kind_at(1) == Some(TokenKind::Name) {
            self.sizes()?
        } else if self.starts_solve() {
            self.solve()?
        } else if let Some(kind) = self.starts_request() {
            self.request(kind)?
        } else if let Some(derivative) = self.derivative()? {
            derivative
        } else {
            match self.definition()? {
                Some(definition) => definition,
                None => self.bare_expression()?,
            }
        };
        self.finish(kind, start)
    }

    /// Ends the statement, which must be at its end.
    pub(super) fn finish(&mut self, kind: StatementKind, start: usize) -> Result<(), SyntaxError> {
        if let Some(token) = self.peek() {
            return Err(match token.kind {
                TokenKind::Equals => {
                    SyntaxError::Target { span: self.since(start), equals: token.span }
                }
                TokenKind::Assign => {
                    self.unexpected_with(AFTER, Some("a definition is written `name = …`"))
                }
                TokenKind::Times => self
                    .unexpected_with(AFTER, Some("the product is `*`; `×` stands between sizes")),
                _ => self.unexpected(AFTER),
            });
        }
        self.statements.push(Statement { kind, span: self.since(start) });
        Ok(())
    }

    /// `name = …`, `name[t] = … for t in a..b`, `f(x, y) = …`; nothing when it is no definition.
    fn definition(&mut self) -> Result<Option<StatementKind>, SyntaxError> {
        if self.kind() != Some(TokenKind::Name) {
            return Ok(None);
        }
        let after = match self.kind_at(1) {
            Some(TokenKind::Open(Bracket::Round | Bracket::Square)) => 2 + self.bracket_length(1),
            // δ_{l+1}
            Some(TokenKind::Underscore) if self.kind_at(2).is_some() => 3 + self.bracket_length(2),
            _ => 1,
        };
        if self.kind_at(after) != Some(TokenKind::Equals) {
            return Ok(None);
        }
        if self.kind_at(1) == Some(TokenKind::Open(Bracket::Round)) {
            let name = self.name("a name")?;
            return self.function(name).map(Some);
        }
        self.plain_definition().map(Some)
    }

    fn plain_definition(&mut self) -> Result<StatementKind, SyntaxError> {
        let (name, indices) = self.place("a name")?;
        self.expect(TokenKind::Equals, "`=`")?;
        let value = self.expression()?;
        let mut ranges = Vec::new();
        if self.eat_word("for") {
            ranges.extend(self.ranges()?);
            while self.eat(TokenKind::Comma) || self.eat_word("for") {
                ranges.extend(self.ranges()?);
            }
        }
        Ok(StatementKind::Definition { name, indices, value, ranges })
    }

    /// A name with its indices, in brackets or below it.
    fn place(&mut self, expected: &'static str) -> Result<(Word, Vec<ExprId>), SyntaxError> {
        let token = self.peek();
        let name = self.name(expected)?;
        if let Some(token) = token
            && let Some(element) = self.element(token)?
        {
            return Ok(element);
        }
        let mut indices = Vec::new();
        if self.eat(TokenKind::Open(Bracket::Square)) {
            indices = self.list()?;
            self.expect(TokenKind::Close(Bracket::Square), "an operator, `,` or `]`")?;
        }
        Ok((name, indices))
    }

    fn function(&mut self, name: Word) -> Result<StatementKind, SyntaxError> {
        self.advance();
        let mut parameters = Vec::new();
        loop {
            parameters.push(self.name("the name of a parameter")?);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        if matches!(self.kind(), Some(TokenKind::Colon | TokenKind::Name)) {
            return Err(self.unexpected_with("`,` or `)`", Some(PARAMETERS)));
        }
        self.expect(TokenKind::Close(Bracket::Round), "`,` or `)`")?;
        self.expect(TokenKind::Equals, "`=`")?;
        let body = self.expression()?;
        Ok(StatementKind::Function { name, parameters, body })
    }

    /// `solve …`, unless `solve` is a name here.
    fn starts_solve(&self) -> bool {
        self.word_at(0, "solve")
            && !self.names.is_variable("solve")
            && self.kind_at(1).is_some_and(|next| next != TokenKind::Equals)
    }

    /// `solve a*l + b = -1, a*r + b = 1 for a, b`
    fn solve(&mut self) -> Result<StatementKind, SyntaxError> {
        self.advance();
        let mut equations = Vec::new();
        loop {
            let left = self.expression()?;
            let right = if self.eat(TokenKind::Equals) { Some(self.expression()?) } else { None };
            equations.push((left, right));
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        if !self.eat_word("for") {
            return Err(self.unexpected_with(
                "an operator, `,` or `for`",
                Some("say what is unknown: `solve A*x = b for x`"),
            ));
        }
        let mut unknowns = Vec::new();
        loop {
            unknowns.push(self.name("the name of an unknown")?);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        Ok(StatementKind::Solve { equations, unknowns })
    }

    /// The kind of request that starts here, if one does: `value` may also be a variable, `hessian(f, x)` an expression.
    fn starts_request(&self) -> Option<RequestKind> {
        let first = self.peek().filter(|token| token.kind == TokenKind::Name)?;
        let word = self.text(first);
        let kind = request_kind(word)?;
        let is_request = self.word_at(1, "of")
            || self.has_wrt()
            || match self.kind_at(1)? {
                TokenKind::Open(Bracket::Round) => {
                    !self.names.is_variable(word)
                        && !self.has_comma_within(1)
                        && self.kind_at(2 + self.bracket_length(1)).is_some()
                }
                TokenKind::Name
                | TokenKind::Number
                | TokenKind::Root
                | TokenKind::Bars
                | TokenKind::Minus => !self.names.is_variable(word),
                _ => false,
            };
        (is_request && self.kind_at(1) != Some(TokenKind::Equals)).then_some(kind)
    }

    /// Whether the bracket that opens there holds several arguments: `hessian(f, x)*v` is a formula.
    fn has_comma_within(&self, ahead: usize) -> bool {
        let mut depth = 0_usize;
        for inside in ahead + 1..=ahead + self.bracket_length(ahead) {
            match self.kind_at(inside) {
                Some(TokenKind::Open(_)) => depth += 1,
                Some(TokenKind::Close(_)) => depth = depth.saturating_sub(1),
                Some(TokenKind::Comma) if depth == 0 => return true,
                _ => {}
            }
        }
        false
    }

    fn has_wrt(&self) -> bool {
        (1..self.end - self.position).any(|ahead| {
            self.word_at(ahead, "wrt")
                || (self.word_at(ahead, "with") && self.word_at(ahead + 1, "respect"))
        })
    }

    /// `gradient of f wrt x, y`
    fn request(&mut self, kind: RequestKind) -> Result<StatementKind, SyntaxError> {
        self.advance();
        self.eat_word("of");
        let of = self.expression()?;
        let mut wrt = Vec::new();
        let with_respect_to = self.word_at(0, "with") && self.word_at(1, "respect");
        if with_respect_to {
            self.advance();
            self.advance();
            if !self.eat_word("to") {
                return Err(self.unexpected("`to`"));
            }
        }
        if with_respect_to || self.eat_word("wrt") {
            loop {
                wrt.push(self.by()?);
                if !self.eat(TokenKind::Comma) {
                    break;
                }
            }
        }
        if wrt.is_empty() && self.peek().is_some() {
            return Err(self.unexpected("an operator or `wrt`"));
        }
        Ok(StatementKind::Request { kind, of, wrt })
    }

    /// `W`, `C[t-1]`
    fn by(&mut self) -> Result<By, SyntaxError> {
        let (name, indices) = self.place("the name of a variable")?;
        let span = self.since(name.span.start);
        Ok(By { name, indices, span })
    }

    /// A formula; `gradient(f, x)` as a whole statement is a request.
    fn bare_expression(&mut self) -> Result<StatementKind, SyntaxError> {
        let mut expression = self.expression()?;
        if self.kind() == Some(TokenKind::Colon) {
            // `A:B`, the inner product of matrices.
            self.advance();
            let span = self.last;
            let right = self.expression()?;
            expression = self.inner_product(vec![expression, right], span);
        }
        if let ExprKind::Call { function, arguments } = &self.tree.get(expression).kind
            && let Some(kind) = request_kind(&function.text)
            && let [of, wrt @ ..] = arguments.as_slice()
            && !wrt.is_empty()
            && let Some(wrt) = wrt.iter().map(|id| self.lone_name(*id)).collect()
        {
            return Ok(StatementKind::Request { kind, of: *of, wrt });
        }
        Ok(StatementKind::Expression(expression))
    }

    fn lone_name(&self, id: ExprId) -> Option<By> {
        let node = self.tree.get(id);
        match &node.kind {
            ExprKind::Name(text) => Some(By {
                name: Word { text: text.clone(), span: node.span },
                indices: Vec::new(),
                span: node.span,
            }),
            ExprKind::Index { base, indices } => {
                Some(By { name: base.clone(), indices: indices.clone(), span: node.span })
            }
            _ => None,
        }
    }

    /// `sizes m = 10000, n = 500`
    fn sizes(&mut self) -> Result<StatementKind, SyntaxError> {
        self.advance();
        let mut sizes = Vec::new();
        loop {
            let name = self.name("the name of a size")?;
            self.expect(TokenKind::Equals, "`=`")?;
            let start = self.here();
            let value = self.expression()?;
            sizes.push((name, self.size_value(value, start)?));
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        Ok(StatementKind::Sizes(sizes))
    }

    fn size_value(&self, id: ExprId, start: usize) -> Result<u64, SyntaxError> {
        let value = match &self.tree.get(id).kind {
            ExprKind::Number(value) => {
                number::to_i64(value).and_then(|value| u64::try_from(value).ok())
            }
            _ => None,
        };
        let span = Span::new(start, self.last.end);
        value.filter(|value| *value > 0).ok_or(SyntaxError::SizeValue { span })
    }
}

fn request_kind(word: &str) -> Option<RequestKind> {
    Some(match word {
        "gradient" | "grad" => RequestKind::Gradient,
        "jacobian" => RequestKind::Jacobian,
        "hessian" => RequestKind::Hessian,
        "value" => RequestKind::Value,
        "differential" => RequestKind::Differential,
        _ => return None,
    })
}
