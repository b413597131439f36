//! Expressions of a given shape.

use gradus::function::{Domain, Form, FunctionId};

use super::{Generator, Named, shape};
use crate::fuzzer::program::{Expression, Shape};

const NUMBERS: [&str; 8] = ["2", "3", "1/2", "-1", "-2", "4", "0.3", "1"];

fn is_scalar(shape: &Shape) -> bool {
    shape.iter().all(|side| side == "1")
}

fn is_square(shape: &Shape) -> bool {
    shape.len() == 2 && shape[0] == shape[1] && shape[0] != "1"
}

fn transposed(shape: &Shape) -> Shape {
    shape.iter().rev().cloned().collect()
}

impl Generator {
    pub(crate) fn any(&mut self, shape: &Shape, depth: usize) -> Expression {
        if is_scalar(shape) { self.scalar(depth) } else { self.matrix(shape, depth) }
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn of(&self, shape: &Shape, template: &str, parts: Vec<Expression>) -> Expression {
        Expression::of(shape, template, parts)
    }

    /// A name, its transpose, or a constant.
    pub(crate) fn leaf(&mut self, wanted: &Shape) -> Expression {
        let straight = self.names.iter().filter(|named| named.shape == *wanted);
        let mut fits: Vec<(String, String)> =
            straight.map(|named| (named.text.clone(), named.text.clone())).collect();
        if wanted[0] != wanted[1] {
            let turned = self.names.iter().filter(|named| named.shape == transposed(wanted));
            fits.extend(turned.map(|named| (format!("{}'", named.text), named.text.clone())));
        }
        let asked: Vec<_> =
            fits.iter().filter(|(_, name)| self.wrt.contains(name)).cloned().collect();
        if !asked.is_empty() && self.chance(2) {
            let text = self.pick(&asked).0.clone();
            return Expression::leaf(text, wanted);
        }
        let [r, c] = [wanted[0].clone(), wanted[1].clone()];
        let constant = match self.below(14) {
            0 if is_square(wanted) => Some(format!("eye({r})")),
            1 if !is_scalar(wanted) => Some(format!("ones({r}, {c})")),
            2 if self.chance(4) && !is_scalar(wanted) => Some(format!("zeros({r}, {c})")),
            3 | 4 if is_scalar(wanted) => {
                Some(["2", "3", "(1/3)", "0.7", "pi"][self.below(5)].to_owned())
            }
            5 if is_scalar(wanted) && self.long() != "1" => Some(self.long()),
            _ => None,
        };
        match constant {
            Some(text) => Expression::leaf(text, wanted),
            None if fits.is_empty() => Expression::leaf(format!("ones({r}, {c})"), wanted),
            None => Expression::leaf(self.pick(&fits).0.clone(), wanted),
        }
    }

    pub(crate) fn matrix(&mut self, shape: &Shape, depth: usize) -> Expression {
        if is_scalar(shape) {
            return self.scalar(depth);
        }
        if depth == 0 {
            return self.leaf(shape);
        }
        let d = depth - 1;
        match self.below(32) {
            0..=2 => {
                let template = ["({} + {})", "({} - {})"][self.below(2)];
                let parts = vec![self.any(shape, d), self.any(shape, d)];
                self.of(shape, template, parts)
            }
            3 => {
                let number = NUMBERS[self.below(NUMBERS.len())];
                let part = self.any(shape, d);
                self.of(shape, &format!("(({number})*{{}})"), vec![part])
            }
            4 => {
                let parts = vec![self.scalar(d), self.any(shape, d)];
                self.of(shape, "({}*{})", parts)
            }
            5..=9 => self.product(shape, d),
            10 | 11 => {
                let parts = vec![self.any(shape, d), self.any(shape, d)];
                self.of(shape, "({} .* {})", parts)
            }
            12 | 13 => {
                let part = self.any(&transposed(shape), d);
                self.of(shape, "({})'", vec![part])
            }
            14 => {
                let exponent = ["2", "3", "4", "1"][self.below(4)];
                let part = self.any(shape, d);
                self.of(shape, &format!("({{}}).^{exponent}"), vec![part])
            }
            15 => {
                let exponent = ["(-1)", "(1/2)", "(-2)", "(3/2)", "c", "(-1/2)"][self.below(6)];
                let part = self.positive(shape, d);
                self.of(shape, &format!("({{}}).^{exponent}"), vec![part])
            }
            16..=18 => self.entrywise(shape, d),
            19 => {
                let part = self.any(shape, d);
                self.of(shape, "(-{})", vec![part])
            }
            20 => {
                let parts = vec![self.any(shape, d), self.positive(shape, d)];
                self.of(shape, "({} ./ {})", parts)
            }
            21 => {
                let parts = vec![self.any(shape, d), self.positive(&super::shape("1", "1"), d)];
                self.of(shape, "({}/{})", parts)
            }
            22 => self.broadcast(shape, d),
            23 | 24 if is_square(shape) => self.square(shape, d),
            23 if shape[1] == "1" => {
                let side = shape[0].clone();
                let part = self.any(&super::shape(&side, &side), d);
                self.of(shape, "diag({})", vec![part])
            }
            25..=27 => self.array_row(shape, d),
            28 if !self.plain => self.special(shape, d),
            29 => self.choice(shape, d),
            30 if !self.plain => self.blocks(shape, d),
            _ => self.leaf(shape),
        }
    }

    fn product(&mut self, shape: &Shape, d: usize) -> Expression {
        let inner = self.side();
        if inner == "1" && (shape[0] == "1" || shape[1] == "1") {
            return self.matrix(shape, d);
        }
        if self.chance(6) {
            // A left division.
            let side = shape[0].clone();
            if side != "1" {
                let parts = vec![self.invertible(&side, d.min(1)), self.any(shape, d)];
                return self.of(shape, "({}\\{})", parts);
            }
        }
        let left = self.any(&super::shape(&shape[0], &inner), d);
        let right = self.any(&super::shape(&inner, &shape[1]), d);
        self.of(shape, "({}*{})", vec![left, right])
    }

    /// `.+` and `.-` with a scalar, a column or a row.
    fn broadcast(&mut self, shape: &Shape, d: usize) -> Expression {
        let other = match self.below(3) {
            0 => super::shape("1", "1"),
            1 => super::shape(&shape[0], "1"),
            _ => super::shape("1", &shape[1]),
        };
        let (first, second) = (self.any(shape, d), self.any(&other, d));
        let sign = [".+", ".-"][self.below(2)];
        let parts = if self.chance(4) { vec![second, first] } else { vec![first, second] };
        self.of(shape, &format!("({{}} {sign} {{}})"), parts)
    }

    /// An entrywise row of the table.
    fn entrywise(&mut self, shape: &Shape, d: usize) -> Expression {
        // What is constant for derivatives is none for differences, with which answers are compared; the last of a series of
        // derivatives has none.
        let is_moved = |id: &FunctionId| match id.row().form {
            Form::Entrywise { derivative, .. } => !derivative.is_empty() && id.row().name != "stop",
            Form::Array { .. } => false,
        };
        let rows: Vec<FunctionId> = FunctionId::all().filter(is_moved).collect();
        let row = self.pick(&rows).row();
        let argument = self.within(row.domain, shape, d);
        let names: Vec<&str> =
            std::iter::once(row.name).chain(row.spellings.iter().copied()).collect();
        let name = *self.pick(&names);
        self.of(shape, &format!("{name}({{}})"), vec![argument])
    }

    /// A value within a domain.
    fn within(&mut self, domain: Domain, shape: &Shape, d: usize) -> Expression {
        match domain {
            Domain::Real => self.any(shape, d),
            Domain::Invertible if is_square(shape) => self.invertible(&shape[0].clone(), d),
            Domain::Symmetric if is_square(shape) => {
                let part = self.any(shape, d);
                self.of(shape, "({} + ({})')", vec![part.clone(), part])
            }
            Domain::Definite if is_square(shape) => {
                let part = self.any(shape, d);
                let template = format!("(({{}})'*({{}}) + eye({}))", shape[0]);
                self.of(shape, &template, vec![part.clone(), part])
            }
            Domain::Positive
            | Domain::AboveMinusOne
            | Domain::Invertible
            | Domain::Symmetric
            | Domain::Definite => self.positive(shape, d),
            Domain::Unit => {
                let part = self.any(shape, d);
                let template = ["tanh({})", "(0.9*sin({}))", "(2/3*arctan({}/2))"][self.below(3)];
                self.of(shape, template, vec![part])
            }
            Domain::Probability => {
                let part = self.any(shape, d);
                let template = ["sigmoid({})", "normcdf({})"][self.below(2)];
                self.of(shape, template, vec![part])
            }
            Domain::AboveOne => {
                let part = self.positive(shape, d);
                self.of(shape, "({} .+ 1)", vec![part])
            }
        }
    }

    /// A value with positive entries.
    pub(crate) fn positive(&mut self, shape: &Shape, d: usize) -> Expression {
        let known: Vec<Named> = self
            .names
            .iter()
            .filter(|named| matches!(named.words, "positive" | "simplex") && named.shape == *shape)
            .cloned()
            .collect();
        let choice = self.below(8);
        if choice < 3 && !known.is_empty() {
            return Expression::leaf(self.pick(&known).text.clone(), shape);
        }
        let d = d.saturating_sub(1);
        let template = match choice {
            0 | 3 => "(({}).^2 .+ 1)",
            1 | 4 => "exp({})",
            2 => "softplus({})",
            5 => "(abs({}) .+ 1/2)",
            6 if !is_scalar(shape) => "softmax({})",
            _ => "sigmoid({})",
        };
        let part = self.any(shape, d);
        self.of(shape, template, vec![part])
    }

    /// A square matrix that has an inverse nearly everywhere, and a positive determinant nearly always.
    pub(crate) fn invertible(&mut self, side: &str, depth: usize) -> Expression {
        let square = shape(side, side);
        let known: Vec<Named> = self
            .names
            .iter()
            .filter(|named| {
                named.shape == square && matches!(named.words, "invertible" | "spd" | "orthogonal")
            })
            .cloned()
            .collect();
        if depth == 0 {
            let name = known.get(self.below(known.len())).map(|named| named.text.clone());
            return Expression::leaf(name.unwrap_or_else(|| format!("eye({side})")), &square);
        }
        let d = depth - 1;
        match self.below(10) {
            0 => {
                let parts = vec![self.invertible(side, d), self.invertible(side, d)];
                self.of(&square, "({}*{})", parts)
            }
            1 => {
                let part = self.invertible(side, d);
                let template = ["({})'", "(2*{})", "(s*{})", "inv({})", "({})^2"][self.below(5)];
                self.of(&square, template, vec![part])
            }
            2 | 3 => {
                let inner = self.long();
                let part = self.any(&shape(&inner, side), d);
                let template = format!("({{}} + s*eye({side}))");
                let gram = self.of(&square, "(({})'*({}))", vec![part.clone(), part]);
                self.of(&square, &template, vec![gram])
            }
            4 => {
                let part = self.positive(&shape(side, "1"), d);
                self.of(&square, "diag({})", vec![part])
            }
            5 => {
                let part = self.matrix(&square, d);
                self.of(&square, "expm(0.3*{})", vec![part])
            }
            6 => {
                let part = self.matrix(&square, d);
                self.of(&square, &format!("(2*eye({side}) + sin({{}})/2)"), vec![part])
            }
            _ => self.invertible(side, 0),
        }
    }

    fn square(&mut self, wanted: &Shape, d: usize) -> Expression {
        let side = wanted[0].clone();
        match self.below(9) {
            0 | 1 => {
                let part = self.invertible(&side, d);
                let template = ["inv({})", "({})^(-1)", "({})^(-2)"][self.below(3)];
                self.of(wanted, template, vec![part])
            }
            2 => {
                let part = self.any(wanted, d);
                let template = ["({})^2", "({})^3", "({})^k"][self.below(3)];
                self.of(wanted, template, vec![part])
            }
            3 => {
                let part = self.any(&shape(&side, "1"), d);
                self.of(wanted, "diag({})", vec![part])
            }
            4 => {
                let part = self.any(&shape("1", &side), d);
                self.of(wanted, "diag({})", vec![part])
            }
            5 => {
                let part = self.invertible(&side, d);
                self.of(wanted, "adj({})", vec![part])
            }
            6 => {
                let part = self.any(wanted, d);
                self.of(wanted, "expm({}/2)", vec![part])
            }
            7 => {
                let part = self.any(wanted, d);
                self.of(wanted, "diag(diag({}))", vec![part])
            }
            _ => {
                let part = self.any(wanted, d);
                self.of(wanted, "inv({})", vec![part])
            }
        }
    }

    /// A row of the table that takes arrays, where its result can have the shape.
    fn array_row(&mut self, wanted: &Shape, d: usize) -> Expression {
        let sizes = |text: &str| -> Vec<String> {
            if text == "scalar" {
                return vec!["1".to_owned(); 2];
            }
            let mut sides: Vec<String> =
                text.split('×').map(|side| side.trim().to_owned()).collect();
            sides.resize(2, "1".to_owned());
            sides
        };
        let is_number = |side: &str| side.parse::<u64>().is_ok();
        let fits = |id: &FunctionId| match &id.row().form {
            Form::Array { arguments, result, derivative: Some(_), .. } => {
                let mut bound: Vec<(String, String)> = Vec::new();
                let plain = !arguments.is_empty()
                    && !arguments.contains(['*', '+'])
                    && !result.contains('+');
                let matches = sizes(result).iter().zip(wanted).all(|(side, given)| {
                    match bound.iter().find(|(name, _)| name == side) {
                        _ if is_number(side) => given == side,
                        Some((_, known)) => known == given,
                        None => {
                            bound.push((side.clone(), given.clone()));
                            true
                        }
                    }
                });
                plain && matches
            }
            _ => false,
        };
        let rows: Vec<FunctionId> = FunctionId::all().filter(fits).collect();
        if rows.is_empty() {
            return self.leaf(wanted);
        }
        let row = self.pick(&rows).row();
        let Form::Array { arguments, result, .. } = &row.form else { return self.leaf(wanted) };
        let mut bound: Vec<(String, String)> =
            sizes(result).into_iter().zip(wanted.iter().cloned()).collect();
        let by_rows = matches!(row.name, "softmax" | "cumsum") && self.chance(3);
        let mut parts = Vec::new();
        for argument in arguments.split(';') {
            let declared = argument.split(':').nth(1).unwrap_or("scalar").trim();
            let declared = sizes(declared.trim_end_matches(" symmetric"));
            let mut given = Vec::new();
            for side in declared {
                let known = bound.iter().find(|(name, _)| *name == side).map(|(_, given)| given);
                let size = match known {
                    _ if is_number(&side) => side,
                    Some(size) => size.clone(),
                    None => {
                        // Singular values are those of a matrix with enough rows.
                        let square = (row.name == "svdvals").then(|| wanted[0].clone());
                        let size = square.unwrap_or_else(|| self.long());
                        bound.push((side, size.clone()));
                        size
                    }
                };
                given.push(size);
            }
            parts.push(self.within(row.domain, &given, d));
        }
        let blanks = vec!["{}"; parts.len()].join(", ");
        let names: Vec<&str> =
            std::iter::once(row.name).chain(row.spellings.iter().copied()).collect();
        let name = *self.pick(&names);
        let word = if by_rows { ", rows" } else { "" };
        let (name, word) = match name.strip_suffix("_columns") {
            Some(whole) if self.chance(2) => (whole, ", columns"),
            _ => (name, word),
        };
        let template = format!("{name}({blanks}{word})");
        self.of(wanted, &template, parts)
    }

    pub(crate) fn scalar(&mut self, depth: usize) -> Expression {
        let one = shape("1", "1");
        if depth == 0 {
            return self.leaf(&one);
        }
        let d = depth - 1;
        let (a, b, side) = (self.side(), self.side(), self.long());
        let column = shape(&side, "1");
        match self.below(40) {
            0 | 1 => self.wrapped("tr({})", &shape(&side, &side), d),
            2 => {
                let part = self.invertible(&side, d);
                let name = ["det", "logdet"][self.below(2)];
                self.of(&one, &format!("{name}({{}})"), vec![part])
            }
            3 => self.wrapped("det({})", &shape(&side, &side), d.min(2)),
            4..=6 => self.wrapped("sum({})", &shape(&a, &side), d),
            7..=9 => {
                let parts = vec![self.matrix(&column, d), self.matrix(&column, d)];
                self.of(&one, "(({})'*({}))", parts)
            }
            10 => {
                let (row, middle) = (shape("1", &a), shape(&a, &side));
                let parts = vec![self.any(&row, d), self.any(&middle, d), self.any(&column, d)];
                self.of(&one, "({}*{}*{})", parts)
            }
            11 | 12 => {
                let template = ["({} + {})", "({} - {})", "({}*{})"][self.below(3)];
                let parts = vec![self.scalar(d), self.scalar(d)];
                self.of(&one, template, parts)
            }
            13 => {
                let parts = vec![self.scalar(d), self.positive(&one, d)];
                self.of(&one, "({}/{})", parts)
            }
            14 => {
                let part = self.scalar(d);
                let template = ["({})^2", "({})^3"][self.below(2)];
                self.of(&one, template, vec![part])
            }
            15 => {
                let part = self.positive(&one, d);
                let exponents = ["({})^(1/2)", "sqrt({})", "({})^(-1)", "({})^(3/2)", "({}).^c"];
                let template = exponents[self.below(5)];
                self.of(&one, template, vec![part])
            }
            16..=20 => self.vectorized(d),
            21..=24 => {
                let wide = shape(&a, &side);
                let templates = [
                    "norm2({})^2",
                    "norm2({})",
                    "‖{}‖²",
                    "norm1({})",
                    "‖{}‖",
                    "norm2({})^4",
                    "‖{}‖_F^2",
                ];
                let template = templates[self.below(7)];
                self.wrapped(template, &wide, d)
            }
            25 | 26 => self.entrywise(&one, d),
            27..=30 => self.array_row(&one, d),
            31 => {
                let wide = shape(&side, &b);
                let template =
                    ["sum(logsumexp({}))", "sum(logsumexp({}, rows))", "logsumexp(vec({}))"]
                        [self.below(3)];
                self.wrapped(template, &wide, d)
            }
            32 => {
                let wide = shape(&side, &b);
                let template =
                    ["norm2(softmax({}))^2", "norm2(softmax({}, rows))^2"][self.below(2)];
                self.wrapped(template, &wide, d)
            }
            33 if !self.plain => self.convolution(d),
            34 if !self.plain => self.loss(d),
            35 if !self.plain => self.special(&one, d),
            36 if self.derivatives > 0 => {
                let parts = vec![self.inner_derivative(&column, d), self.leaf(&column)];
                self.of(&one, "({}'*{})", parts)
            }
            37 => {
                let part = self.positive(&shape(&a, &side), d);
                let template = ["sum(log({}))", "sum(sqrt({}))", "log(sum({}))"][self.below(3)];
                self.of(&one, template, vec![part])
            }
            38 if !self.plain => self.entry(d),
            _ => self.leaf(&one),
        }
    }

    /// Kronecker products, vec and commutation matrices.
    fn vectorized(&mut self, d: usize) -> Expression {
        let one = shape("1", "1");
        let (a, b, side) = (self.side(), self.side(), self.long());
        match self.below(5) {
            0 => {
                let parts =
                    vec![self.any(&shape(&a, &a), d.min(1)), self.any(&shape(&b, &b), d.min(1))];
                self.of(&one, "tr(kron({}, {}))", parts)
            }
            1 => {
                let (left, right) = (shape(&a, &side), shape(&b, &a));
                let parts = vec![self.any(&left, d.min(1)), self.any(&right, d.min(1))];
                let template = ["sum(kron({}, {}))", "norm2({} ⊗ {})^2"][self.below(2)];
                self.of(&one, template, parts)
            }
            2 => {
                let wide = shape(&side, &b);
                let parts = vec![self.any(&wide, d.min(2)), self.any(&wide, d.min(2))];
                self.of(&one, "(vec({})'*vec({}))", parts)
            }
            3 => {
                // vec(A)ᵀ K vec(B)
                let c = self.long();
                let parts = vec![
                    self.any(&shape(&c, &side), d.min(1)),
                    self.any(&shape(&side, &c), d.min(1)),
                ];
                let template = format!("(vec({{}})'*commutation({side}, {c})*vec({{}}))");
                self.of(&one, &template, parts)
            }
            _ => {
                // vec(A)ᵀ (B ⊗ C) vec(D)
                let c = self.long();
                let parts = vec![
                    self.any(&shape(&side, &c), d.min(1)),
                    self.any(&shape(&c, &c), d.min(1)),
                    self.any(&shape(&side, &side), d.min(1)),
                    self.any(&shape(&side, &c), d.min(1)),
                ];
                self.of(&one, "(vec({})'*kron({}, {})*vec({}))", parts)
            }
        }
    }

    fn wrapped(&mut self, template: &str, inner: &Shape, d: usize) -> Expression {
        let part = self.any(inner, d);
        self.of(&shape("1", "1"), template, vec![part])
    }
}
