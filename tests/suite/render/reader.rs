//! A small reader of the ascii language, straight into a store: what the printer writes must give the same value back.

use gradus::expression::{Id, Properties, Property, Store};
use gradus::function;
use gradus::number::{self, Rational};
use gradus::shape::{Dimension, Name, Shape};

/// Reads expressions over some declarations.
pub(super) struct Reader {
    pub(super) store: Store,
    pub(super) variables: Vec<Name>,
    bound: Vec<(String, Id)>,
}

impl Reader {
    /// `A: m×n; x: n positive`
    pub(super) fn new(declarations: &str) -> Self {
        let mut reader =
            Self { store: Store::new(), variables: Vec::new(), bound: Vec::new() };
        for declaration in declarations.split(';') {
            let (name, kind) = declaration.split_once(':').unwrap();
            let mut words = kind.split_whitespace();
            let shape = shape(words.next().unwrap());
            let facts: Vec<Property> = words.filter_map(property).collect();
            let name = name.trim();
            reader.store.variable(name, shape, Properties::of(&facts));
            reader.variables.push(name.into());
        }
        reader
    }

    /// Lets a name stand for a value.
    pub(super) fn bind(&mut self, name: &str, id: Id) {
        self.bound.push((name.to_owned(), id));
    }

    /// The value of the text; what it cannot read it says.
    pub(super) fn read(&mut self, text: &str) -> Result<Id, String> {
        let tokens = tokens(text)?;
        let mut cursor = Cursor { reader: self, tokens: &tokens, at: 0 };
        let id = cursor.sum()?;
        if cursor.at == tokens.len() { Ok(id) } else { Err(format!("{text}: rest unread")) }
    }
}

fn shape(text: &str) -> Shape {
    if text == "scalar" {
        return Shape::Scalar;
    }
    let sizes: Vec<Dimension> = text.split('×').map(size).collect();
    match sizes.as_slice() {
        [rows] => Shape::matrix(rows.clone(), Dimension::one()),
        [rows, columns] => Shape::matrix(rows.clone(), columns.clone()),
        _ => panic!("{text}"),
    }
}

fn size(text: &str) -> Dimension {
    text.parse().map_or_else(|_| Dimension::symbol(text), Dimension::constant)
}

fn property(word: &str) -> Option<Property> {
    match word {
        "inv" => Some(Property::Invertible),
        "spd" => Some(Property::PositiveDefinite),
        "sym" | "symmetric" => Some(Property::Symmetric),
        "pos" | "positive" => Some(Property::Positive),
        "prob" => Some(Property::Simplex),
        _ => None,
    }
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphabetic() {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if first.is_ascii_digit() {
            let whole = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let decimal = rest[whole..].strip_prefix('.').map_or(0, |tail| {
                tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len())
            });
            if decimal > 0 { whole + 1 + decimal } else { whole }
        } else if first == '.' {
            2
        } else if "+-*/^'(),".contains(first) {
            1
        } else {
            return Err(format!("{text}: {first}"));
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Cursor<'a> {
    reader: &'a mut Reader,
    tokens: &'a [String],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn take(&mut self) -> String {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned().unwrap_or_default()
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        let found = self.take();
        if found == token { Ok(()) } else { Err(format!("{found} for {token}")) }
    }

    fn same_shape(&self, a: Id, b: Id) -> Result<(), String> {
        let store = &self.reader.store;
        if store.shape(a) == store.shape(b) {
            return Ok(());
        }
        Err(format!("{} against {}", store.shape(a), store.shape(b)))
    }

    fn sum(&mut self) -> Result<Id, String> {
        let mut left = self.product()?;
        while matches!(self.peek(), "+" | "-") {
            let sign = self.take();
            let right = self.product()?;
            self.same_shape(left, right)?;
            let store = &mut self.reader.store;
            left = if sign == "+" { store.add(&[left, right]) } else { store.subtract(left, right) };
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Id, String> {
        let mut left = self.prefixed()?;
        while matches!(self.peek(), "*" | "/" | ".*" | "./") {
            let operator = self.take();
            let right = self.prefixed()?;
            left = self.apply(&operator, left, right)?;
        }
        Ok(left)
    }

    fn apply(&mut self, operator: &str, left: Id, right: Id) -> Result<Id, String> {
        if operator.starts_with('.') {
            self.same_shape(left, right)?;
        }
        let store = &mut self.reader.store;
        let (a, b) = (store.shape(left).clone(), store.shape(right).clone());
        match operator {
            "*" if a.is_scalar() || b.is_scalar() || a.columns() == b.rows() => {
                Ok(store.multiply(left, right))
            }
            "/" if b.is_scalar() => Ok(store.divide(left, right)),
            "./" => Ok(store.divide(left, right)),
            ".*" => Ok(store.hadamard(&[left, right], &a)),
            _ => Err(format!("{a} {operator} {b}")),
        }
    }

    fn prefixed(&mut self) -> Result<Id, String> {
        if self.peek() == "-" {
            self.take();
            let operand = self.prefixed()?;
            return Ok(self.reader.store.negate(operand));
        }
        let mut base = self.operand()?;
        loop {
            match self.peek() {
                "'" => {
                    self.take();
                    base = self.reader.store.transpose(base);
                }
                "^" => {
                    self.take();
                    let exponent = self.exponent()?;
                    base = self.reader.store.matrix_power(base, exponent);
                }
                ".^" => {
                    self.take();
                    let exponent = self.exponent()?;
                    base = self.reader.store.power(base, exponent);
                }
                _ => return Ok(base),
            }
        }
    }

    fn exponent(&mut self) -> Result<Id, String> {
        if self.peek() == "-" {
            self.take();
            let operand = self.exponent()?;
            return Ok(self.reader.store.negate(operand));
        }
        self.operand()
    }

    fn operand(&mut self) -> Result<Id, String> {
        let token = self.take();
        if token == "(" {
            let inner = self.sum()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if token.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(self.reader.store.number(decimal(&token)));
        }
        if let Some((_, id)) = self.reader.bound.iter().find(|(name, _)| *name == token) {
            return Ok(*id);
        }
        if let Some(id) = self.reader.store.find_variable(&token) {
            return Ok(id);
        }
        if self.peek() != "(" {
            let size = Dimension::symbol(token.as_str());
            return Ok(self.reader.store.size(&size));
        }
        self.take();
        if matches!(token.as_str(), "eye" | "ones" | "zeros" | "commutation") {
            return self.constant(&token);
        }
        let mut arguments = vec![self.sum()?];
        while self.peek() == "," {
            self.take();
            arguments.push(self.sum()?);
        }
        self.expect(")")?;
        self.call(&token, &arguments)
    }

    fn constant(&mut self, name: &str) -> Result<Id, String> {
        let rows = self.size()?;
        let mut columns = Dimension::one();
        if self.peek() == "," {
            self.take();
            columns = self.size()?;
        }
        self.expect(")")?;
        let store = &mut self.reader.store;
        Ok(match name {
            "eye" => store.identity(&rows),
            "ones" => store.ones(&Shape::matrix(rows, columns)),
            "zeros" => store.zeros(&Shape::matrix(rows, columns)),
            _ => store.commutation(&rows, &columns),
        })
    }

    /// A product of numbers and names, sums of those.
    fn size(&mut self) -> Result<Dimension, String> {
        let mut sum = Dimension::constant(0);
        let mut sign = 1;
        loop {
            let mut product = Dimension::constant(sign).times(&size(&self.take()));
            while self.peek() == "*" {
                self.take();
                product = product.times(&size(&self.take()));
            }
            sum = sum.plus(&product);
            match self.peek() {
                "+" => sign = 1,
                "-" => sign = -1,
                _ => return Ok(sum),
            }
            self.take();
        }
    }

    fn call(&mut self, name: &str, arguments: &[Id]) -> Result<Id, String> {
        let store = &mut self.reader.store;
        let first = arguments[0];
        let shape = store.shape(first).clone();
        Ok(match name {
            "inv" => store.inverse(first),
            "tr" => store.trace(first),
            "det" => store.determinant(first),
            "sum" => store.total(first),
            "vec" => store.vectorize(first),
            "kron" => store.kronecker(first, arguments[1]),
            "diag" if shape.is_column() || shape.is_row() => store.diagonal(first),
            "diag" => store.diagonal_of(first),
            "sqrt" => store.power_of(first, &number::ratio(1, 2)),
            _ => {
                let function = function::find(name).ok_or(format!("no {name}"))?;
                if !function.is_entrywise() {
                    return Err(format!("{name} is no entrywise function"));
                }
                store.apply(function, arguments, &shape)
            }
        })
    }
}

fn decimal(token: &str) -> Rational {
    let (whole, digits) = token.split_once('.').unwrap_or((token, ""));
    let scale = 10_i64.pow(u32::try_from(digits.len()).unwrap());
    number::ratio(format!("{whole}{digits}").parse().unwrap(), scale)
}
