//! The value of what was written, straight from the syntax tree: no elaboration, no constructor, no normal form. What the rest of gradus
//! believes of a formula is compared with this.

// Sizes and exponents are small whole numbers on their way through f64.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use std::collections::BTreeMap;

use gradus::evaluate::Random;
use gradus::function::{self, Form};
use gradus::kernel::{self, Array, Dual, Real};
use gradus::number;
use gradus::syntax::ast::{
    BinaryOperator as B, Declaration, ExprId, ExprKind, Program, StatementKind, Tree,
};

pub(crate) type Number = Dual<f64>;

/// Sizes and values by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    pub(crate) sizes: BTreeMap<String, i64>,
    pub(crate) values: BTreeMap<String, Array<Number>>,
}

/// A value; an identity or matrix of ones that takes its size from what stands beside it is known by its factor only.
#[derive(Clone, Debug)]
enum Value {
    Array(Array<Number>),
    Identity(Number),
}

/// The value of an expression. An error says what does not fit, or what this evaluator does not know.
pub(crate) fn evaluate(
    tree: &Tree,
    root: ExprId,
    environment: &Environment,
) -> Result<Array<Number>, String> {
    match (Naive { tree, environment }).value(root)? {
        Value::Array(array) => Ok(array),
        Value::Identity(_) => Err("an identity without a size".to_owned()),
    }
}

/// The largest magnitude of any subexpression: what rounding errors are relative to.
pub(crate) fn magnitude(tree: &Tree, root: ExprId, environment: &Environment) -> f64 {
    let mut largest = 0.0_f64;
    for index in 0..=root.0 {
        if let Ok(value) = evaluate(tree, ExprId(index), environment) {
            largest = value.data.iter().fold(largest, |largest, x| largest.max(x.value.abs()));
        }
    }
    largest
}

pub(crate) fn real(value: f64) -> Number {
    Dual::new(value, 0.0)
}

struct Naive<'a> {
    tree: &'a Tree,
    environment: &'a Environment,
}

impl Naive<'_> {
    fn value(&self, id: ExprId) -> Result<Value, String> {
        Ok(Value::Array(match &self.tree.get(id).kind {
            ExprKind::Number(value) => Array::scalar(real(number::to_f64(value))),
            ExprKind::Name(name) => return self.name(name),
            ExprKind::Call { function, arguments } => return self.call(&function.text, arguments),
            ExprKind::Negate(a) => match self.value(*a)? {
                Value::Array(a) => a.map(|x| -x),
                Value::Identity(c) => return Ok(Value::Identity(-c)),
            },
            ExprKind::Transpose(a) => match self.value(*a)? {
                Value::Array(a) => kernel::transpose(&a),
                identity @ Value::Identity(_) => return Ok(identity),
            },
            ExprKind::Binary { operator, left, right, .. } => {
                return self.binary(*operator, *left, *right);
            }
            ExprKind::Substitute { .. } | ExprKind::Index { .. } | ExprKind::IndexedSum { .. } => {
                return Err("not a plain formula".to_owned());
            }
        }))
    }

    fn array(&self, id: ExprId) -> Result<Array<Number>, String> {
        match self.value(id)? {
            Value::Array(array) => Ok(array),
            Value::Identity(_) => Err("an identity without a size".to_owned()),
        }
    }

    fn scalar(&self, id: ExprId) -> Result<Number, String> {
        let value = self.array(id)?;
        if value.data.len() == 1 { Ok(value.data[0]) } else { Err("not a scalar".to_owned()) }
    }

    fn name(&self, name: &str) -> Result<Value, String> {
        if let Some(value) = self.environment.values.get(name) {
            return Ok(Value::Array(value.clone()));
        }
        #[allow(clippy::cast_precision_loss)]
        if let Some(size) = self.environment.sizes.get(name) {
            return Ok(Value::Array(Array::scalar(real(*size as f64))));
        }
        match name {
            "I" | "eye" => Ok(Value::Identity(real(1.0))),
            "pi" | "π" => Ok(Value::Array(Array::scalar(real(std::f64::consts::PI)))),
            _ => Err(format!("{name} has no value")),
        }
    }

    fn binary(&self, operator: B, left: ExprId, right: ExprId) -> Result<Value, String> {
        let (a, b) = (self.value(left)?, self.value(right)?);
        let (a, b) = match (operator, a, b) {
            (_, Value::Array(a), Value::Array(b)) => (a, b),
            (B::Multiply, Value::Identity(c), Value::Array(a))
            | (B::Multiply, Value::Array(a), Value::Identity(c)) => {
                return Ok(if a.data.len() == 1 {
                    Value::Identity(c * a.data[0])
                } else {
                    Value::Array(a.map(|x| x * c))
                });
            }
            (B::Add | B::Subtract, a, b) => {
                let size = match (&a, &b) {
                    (Value::Array(a), _) | (_, Value::Array(a)) if a.rows == a.columns => a.rows,
                    _ => return Err("an identity without a size".to_owned()),
                };
                (sized(a, size), sized(b, size))
            }
            _ => return Err("an identity without a size".to_owned()),
        };
        Ok(Value::Array(self.arrays(operator, &a, &b, right)?))
    }

    fn arrays(
        &self,
        operator: B,
        a: &Array<Number>,
        b: &Array<Number>,
        right: ExprId,
    ) -> Result<Array<Number>, String> {
        let scalars = (a.data.len() == 1, b.data.len() == 1);
        match operator {
            B::Add => zip(a, b, |x, y| x + y),
            B::Subtract => zip(a, b, |x, y| x - y),
            B::BroadcastAdd => broadcast(a, b, |x, y| x + y),
            B::BroadcastSubtract => broadcast(a, b, |x, y| x - y),
            B::Multiply => match scalars {
                (true, _) => Ok(b.map(|x| a.data[0] * x)),
                (_, true) => Ok(a.map(|x| x * b.data[0])),
                _ if a.columns == b.rows => Ok(product(a, b)),
                _ => Err("a product does not fit".to_owned()),
            },
            B::Hadamard => match scalars {
                (true, _) => Ok(b.map(|x| a.data[0] * x)),
                (_, true) => Ok(a.map(|x| x * b.data[0])),
                _ => zip(a, b, |x, y| x * y),
            },
            B::Divide if scalars.1 => Ok(a.map(|x| x / b.data[0])),
            B::Divide => Err("a divisor is no scalar".to_owned()),
            B::EntrywiseDivide => match scalars {
                (true, _) => Ok(b.map(|x| a.data[0] / x)),
                (_, true) => Ok(a.map(|x| x / b.data[0])),
                _ => zip(a, b, |x, y| x / y),
            },
            B::Solve => inverse(a).and_then(|inverse| {
                let fits = inverse.columns == b.rows;
                fits.then(|| product(&inverse, b)).ok_or("a solve does not fit".to_owned())
            }),
            B::EntrywisePower => self.power(a, right),
            B::Power if scalars.0 => self.power(a, right),
            B::Power => {
                let exponent = self.scalar(right)?.value;
                if a.rows != a.columns || exponent.fract() != 0.0 {
                    return Err("a power of no square matrix".to_owned());
                }
                let base = if exponent < 0.0 { inverse(a)? } else { a.clone() };
                let mut power = Array::identity(base.rows);
                for _ in 0..exponent.abs() as usize {
                    power = product(&power, &base);
                }
                Ok(power)
            }
            B::Kronecker => Ok(kronecker(a, b)),
        }
    }

    fn power(&self, a: &Array<Number>, exponent: ExprId) -> Result<Array<Number>, String> {
        let p = self.scalar(exponent)?;
        if p.tangent == 0.0 && p.value.fract() == 0.0 && p.value.abs() < 100.0 {
            return Ok(a.map(|x| x.powi(p.value as i32)));
        }
        if p.tangent == 0.0 && (2.0 * p.value).fract() == 0.0 {
            return Ok(a.map(|x| x.sqrt().powi((2.0 * p.value) as i32)));
        }
        Ok(a.map(|x| x.powf(p)))
    }

    fn call(&self, name: &str, arguments: &[ExprId]) -> Result<Value, String> {
        let sizes = || -> Result<Vec<usize>, String> {
            arguments.iter().map(|id| Ok(self.scalar(*id)?.value.round() as usize)).collect()
        };
        if name == "eye" || name == "I" {
            return Ok(match sizes()?.as_slice() {
                [n] => Value::Array(Array::identity(*n)),
                _ => Value::Identity(real(1.0)),
            });
        }
        let filled = |value: f64| -> Result<Value, String> {
            match sizes()?.as_slice() {
                [n] => Ok(Value::Array(Array::filled(*n, 1, real(value)))),
                [m, n] => Ok(Value::Array(Array::filled(*m, *n, real(value)))),
                _ => Err("ones without a size".to_owned()),
            }
        };
        let one = || match arguments {
            [a] => self.array(*a),
            _ => Err("one argument".to_owned()),
        };
        Ok(Value::Array(match name {
            "ones" => return filled(1.0),
            "zeros" => return filled(0.0),
            "commutation" => match sizes()?.as_slice() {
                [m, n] => commutation(*m, *n),
                _ => return Err("two sizes".to_owned()),
            },
            "tr" | "trace" => {
                let a = square(one()?)?;
                Array::scalar((0..a.rows).fold(real(0.0), |sum, i| sum + a.at(i, i)))
            }
            "sum" => Array::scalar(one()?.data.iter().fold(real(0.0), |sum, x| sum + *x)),
            "det" => Array::scalar(kernel::determinant(&square(one()?)?)),
            "logdet" => Array::scalar(kernel::determinant(&square(one()?)?).ln()),
            "inv" => inverse(&one()?)?,
            "adj" => {
                let a = square(one()?)?;
                let determinant = kernel::determinant(&a);
                inverse(&a)?.map(|x| x * determinant)
            }
            "transpose" => kernel::transpose(&one()?),
            "sqrt" => one()?.map(Real::sqrt),
            "vec" => {
                let a = one()?;
                Array { rows: a.data.len(), columns: 1, data: a.data }
            }
            "diag" => {
                let a = one()?;
                if a.rows == 1 || a.columns == 1 {
                    let n = a.data.len();
                    Array::from_fn(n, n, |i, j| if i == j { a.data[i] } else { real(0.0) })
                } else {
                    let a = square(a)?;
                    Array::from_fn(a.rows, 1, |i, _| a.at(i, i))
                }
            }
            "kron" => match arguments {
                [a, b] => kronecker(&self.array(*a)?, &self.array(*b)?),
                _ => return Err("two arguments".to_owned()),
            },
            _ => self.table(name, arguments)?,
        }))
    }

    fn table(&self, name: &str, arguments: &[ExprId]) -> Result<Array<Number>, String> {
        let row = function::find(name).ok_or_else(|| format!("{name} is no function"))?.row();
        let last = arguments.last().map(|id| &self.tree.get(*id).kind);
        let word = |wanted: &str| matches!(last, Some(ExprKind::Name(word)) if word == wanted);
        let by_rows = row.arity() < arguments.len() && word("rows");
        let given = if by_rows || row.arity() < arguments.len() && word("columns") {
            &arguments[..arguments.len() - 1]
        } else {
            arguments
        };
        if given.len() != row.arity() {
            return Err(format!("{name} takes {} arguments", row.arity()));
        }
        let mut values = Vec::new();
        for argument in given {
            let value = self.array(*argument)?;
            values.push(if by_rows { kernel::transpose(&value) } else { value });
        }
        let result = match &row.form {
            Form::Entrywise { kernel, .. } => values[0].map(kernel.dual),
            Form::Array { kernel, arguments, .. } => {
                let fits = match (values.as_slice(), *arguments) {
                    ([x], text) if text.contains("n×n") => x.rows == x.columns,
                    ([x], text) if text.contains("2*") => x.rows % 2 == 0 && x.columns % 2 == 0,
                    ([x, k], _) if name == "conv2d" => k.rows <= x.rows && k.columns <= x.columns,
                    _ => true,
                };
                if !fits {
                    return Err(format!("{name} of such a shape"));
                }
                (kernel.dual)(&values.iter().collect::<Vec<_>>())
            }
        };
        Ok(if by_rows { kernel::transpose(&result) } else { result })
    }
}

fn sized(value: Value, size: usize) -> Array<Number> {
    match value {
        Value::Array(array) => array,
        Value::Identity(c) => Array::identity(size).map(|x: Number| x * c),
    }
}

fn square(a: Array<Number>) -> Result<Array<Number>, String> {
    if a.rows == a.columns { Ok(a) } else { Err("not square".to_owned()) }
}

fn zip(
    a: &Array<Number>,
    b: &Array<Number>,
    f: impl Fn(Number, Number) -> Number,
) -> Result<Array<Number>, String> {
    if (a.rows, a.columns) == (b.rows, b.columns) {
        Ok(a.zip(b, f))
    } else {
        Err("shapes differ".to_owned())
    }
}

fn broadcast(
    a: &Array<Number>,
    b: &Array<Number>,
    f: impl Fn(Number, Number) -> Number,
) -> Result<Array<Number>, String> {
    let fits = |x: usize, y: usize| x == y || x == 1 || y == 1;
    if !fits(a.rows, b.rows) || !fits(a.columns, b.columns) {
        return Err("shapes do not broadcast".to_owned());
    }
    let at = |x: &Array<Number>, i: usize, j: usize| x.at(i.min(x.rows - 1), j.min(x.columns - 1));
    Ok(Array::from_fn(a.rows.max(b.rows), a.columns.max(b.columns), |i, j| {
        f(at(a, i, j), at(b, i, j))
    }))
}

fn product(a: &Array<Number>, b: &Array<Number>) -> Array<Number> {
    Array::from_fn(a.rows, b.columns, |i, j| {
        (0..a.columns).fold(real(0.0), |sum, k| sum + a.at(i, k) * b.at(k, j))
    })
}

fn inverse(a: &Array<Number>) -> Result<Array<Number>, String> {
    if a.rows == a.columns { Ok(kernel::inverse(a)) } else { Err("not square".to_owned()) }
}

fn kronecker(a: &Array<Number>, b: &Array<Number>) -> Array<Number> {
    Array::from_fn(a.rows * b.rows, a.columns * b.columns, |i, j| {
        a.at(i / b.rows, j / b.columns) * b.at(i % b.rows, j % b.columns)
    })
}

/// K vec(A) = vec(Aᵀ) for A: m×n: entry (j, i) of Aᵀ stands at j + n·i, entry (i, j) of A at i + m·j.
fn commutation(m: usize, n: usize) -> Array<Number> {
    Array::from_fn(m * n, m * n, |row, column| {
        let (j, i) = (row % n, row / n);
        real(if column == i + m * j { 1.0 } else { 0.0 })
    })
}

/// The declarations of a program.
pub(crate) fn declarations(program: &Program) -> Vec<&Declaration> {
    let declared = program.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Declaration(declaration) => Some(declaration),
        _ => None,
    });
    declared.collect()
}

/// The bare expressions of a program.
pub(crate) fn expressions(program: &Program) -> Vec<ExprId> {
    let values = program.statements.iter().filter_map(|statement| match statement.kind {
        StatementKind::Expression(id) => Some(id),
        _ => None,
    });
    values.collect()
}

/// The names of sizes in the declarations, sorted.
pub(crate) fn size_symbols(program: &Program) -> Vec<String> {
    let mut names = Vec::new();
    for declaration in declarations(program) {
        let mut open = declaration.sizes.clone();
        while let Some(id) = open.pop() {
            match &program.tree.get(id).kind {
                ExprKind::Name(name) => names.push(name.clone()),
                ExprKind::Binary { left, right, .. } => open.extend([*left, *right]),
                _ => {}
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

/// Values for everything that is declared; `None` where a size would be smaller than 1.
pub(crate) fn draw(
    program: &Program,
    sizes: &BTreeMap<String, i64>,
    random: &mut Random,
) -> Option<Environment> {
    let only_sizes = Environment { sizes: sizes.clone(), values: BTreeMap::new() };
    let mut environment = only_sizes.clone();
    for declaration in declarations(program) {
        let mut extents = Vec::new();
        for size in &declaration.sizes {
            let value = evaluate(&program.tree, *size, &only_sizes).ok()?.data[0].value;
            extents.push(usize::try_from(value as i64).ok().filter(|extent| *extent >= 1)?);
        }
        let rows = extents.first().copied().unwrap_or(1);
        let columns = extents.get(1).copied().unwrap_or(1);
        let words: Vec<&str> =
            declaration.properties.iter().map(|word| word.text.as_str()).collect();
        let value = draw_value(&words, rows, columns, random);
        environment.values.insert(declaration.name.text.clone(), value);
    }
    Some(environment)
}

fn draw_value(words: &[&str], rows: usize, columns: usize, random: &mut Random) -> Array<Number> {
    let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let positive = has(&["positive", "pos", "nonnegative", "nonneg", "simplex", "prob"]);
    let mut plain = Array::from_fn(rows, columns, |_, _| {
        let magnitude = random.between(0.3, 1.4);
        if positive || random.below(2) == 0 { magnitude } else { -magnitude }
    });
    let keep = |plain: &Array<f64>, kept: &dyn Fn(usize, usize) -> bool| {
        Array::from_fn(rows, columns, |i, j| if kept(i, j) { plain.at(i, j) } else { 0.0 })
    };
    if has(&["simplex", "prob"]) {
        let total: f64 = plain.data.iter().sum();
        plain = plain.map(|x| x / total);
    }
    if has(&["spd"]) {
        let square = kernel::product(&plain, &kernel::transpose(&plain));
        plain = Array::from_fn(rows, rows, |i, j| square.at(i, j) + f64::from(i == j));
    }
    if has(&["symmetric", "sym"]) {
        plain = plain.zip(&kernel::transpose(&plain), f64::midpoint);
    }
    if has(&["invertible", "inv"]) {
        plain = Array::from_fn(rows, rows, |i, j| plain.at(i, j) + 2.0 * f64::from(i == j));
    }
    if has(&["diagonal", "diag"]) {
        plain = keep(&plain, &|i, j| i == j);
    }
    if has(&["lower"]) {
        plain = keep(&plain, &|i, j| i >= j);
    }
    if has(&["upper"]) {
        plain = keep(&plain, &|i, j| i <= j);
    }
    if has(&["orthogonal", "orth"]) {
        // (I − K)⁻¹(I + K) for the skew K = A − Aᵀ
        let skew = plain.zip(&kernel::transpose(&plain), |x, y| x - y);
        let plus = Array::from_fn(rows, rows, |i, j| f64::from(i == j) + skew.at(i, j));
        let minus = Array::from_fn(rows, rows, |i, j| f64::from(i == j) - skew.at(i, j));
        plain = kernel::product(&kernel::inverse(&minus), &plus);
    }
    plain.map(real)
}
