//! Rows and columns: a value and its transpose share one node, whichever way round they are made.

use std::collections::BTreeMap;

use gradus::evaluate::{Point, Random, evaluate};
use gradus::expression::{Id, Power, Properties, Store};
use gradus::function;
use gradus::kernel::{self, Array};
use gradus::number::{integer, ratio};
use gradus::render::Notation;
use gradus::session::{Query, Session};
use gradus::shape::{Dimension, Name, Shape};

const N: usize = 3;

/// A column and the row that it is the transpose of, made on their own ways, with the column's value.
#[derive(Clone)]
struct Pair {
    column: Id,
    row: Id,
    value: Array<f64>,
}

/// Makes random vectors.
struct Maker {
    store: Store,
    random: Random,
    point: Point<f64>,
}

impl Maker {
    fn new(seed: u64) -> Self {
        let sizes = BTreeMap::from([(Name::from("n"), 3)]);
        let point = Point { sizes, values: BTreeMap::new() };
        Self { store: Store::new(), random: Random::new(seed), point }
    }

    fn column_shape() -> Shape {
        Shape::matrix(Dimension::symbol("n"), Dimension::one())
    }

    fn variable(&mut self, name: &str, shape: Shape, rows: usize, columns: usize) -> Id {
        let random = &mut self.random;
        let value = Array::from_fn(rows, columns, |_, _| random.between(0.2, 1.2));
        self.point.values.entry(Name::from(name)).or_insert(value);
        self.store.variable(name, shape, Properties::NONE)
    }

    fn value(&self, name: &str) -> Array<f64> {
        self.point.values[&Name::from(name)].clone()
    }

    fn leaf(&mut self) -> Pair {
        let column = Self::column_shape();
        match self.random.below(5) {
            kind @ 0..=1 => {
                let name = ["A", "B"][kind];
                let row = self.variable(name, column.transposed(), 1, N);
                let value = kernel::transpose(&self.value(name));
                Pair { column: self.store.transpose(row), row, value }
            }
            kind @ 2..=3 => {
                let name = ["x", "y"][kind - 2];
                let column = self.variable(name, column, N, 1);
                Pair { column, row: self.store.transpose(column), value: self.value(name) }
            }
            _ => {
                let side = Dimension::symbol("n");
                let square = Shape::matrix(side.clone(), side);
                let matrix = self.variable("X", square, N, N);
                let lse = function::find("logsumexp").unwrap();
                let row = self.store.apply(lse, &[matrix], &column.transposed());
                let value = kernel::transpose(&kernel::logsumexp(&self.value("X")));
                Pair { column: self.store.transpose(row), row, value }
            }
        }
    }

    fn vector(&mut self, depth: usize) -> Pair {
        if depth == 0 {
            return self.leaf();
        }
        let a = self.vector(depth - 1);
        let column = Self::column_shape();
        let row = column.transposed();
        match self.random.below(7) {
            0 | 1 => {
                let b = self.vector(depth - 1);
                let c = integer([1, -1, 2][self.random.below(3)]);
                let terms = |a: Id, b: Id| vec![(integer(1), a), (c.clone(), b)];
                let factor = gradus::number::to_f64(&c);
                Pair {
                    column: self.store.sum(terms(a.column, b.column), &column),
                    row: self.store.sum(terms(a.row, b.row), &row),
                    value: a.value.zip(&b.value, |x, y| x + factor * y),
                }
            }
            2 => {
                let b = self.vector(depth - 1);
                Pair {
                    column: self.store.hadamard(&[a.column, b.column], &column),
                    row: self.store.hadamard(&[a.row, b.row], &row),
                    value: a.value.zip(&b.value, |x, y| x * y),
                }
            }
            3 => {
                let exponent = self.store.number(ratio(2, 1));
                let power = |base| [Power { base, exponent }];
                Pair {
                    column: self.store.power_product(&power(a.column), &column),
                    row: self.store.power_product(&power(a.row), &row),
                    value: a.value.map(|x| x * x),
                }
            }
            4 => {
                let tanh = function::find("tanh").unwrap();
                Pair {
                    column: self.store.apply(tanh, &[a.column], &column),
                    row: self.store.apply(tanh, &[a.row], &row),
                    value: a.value.map(f64::tanh),
                }
            }
            5 => {
                let c = self.variable("c", Shape::Scalar, 1, 1);
                let factor = self.value("c").data[0];
                Pair {
                    column: self.store.multiply(c, a.column),
                    row: self.store.multiply(c, a.row),
                    value: a.value.map(|x| factor * x),
                }
            }
            _ => {
                let side = Dimension::symbol("n");
                let m = self.variable("M", Shape::matrix(side.clone(), side), N, N);
                let turned = self.store.transpose(m);
                Pair {
                    column: self.store.product(&[turned, a.column]),
                    row: self.store.product(&[a.row, m]),
                    value: kernel::product(&kernel::transpose(&self.value("M")), &a.value),
                }
            }
        }
    }
}

#[test]
fn a_row_and_a_column_made_apart_are_one_node_with_the_right_value() {
    let mut rows = 0;
    for seed in 0..3000 {
        let mut maker = Maker::new(seed);
        let depth = 1 + maker.random.below(4);
        let pair = maker.vector(depth);
        assert_eq!(maker.store.transpose(pair.column), pair.row, "seed {seed}");
        assert_eq!(maker.store.transpose(pair.row), pair.column, "seed {seed}");
        rows += usize::from(maker.store.as_transpose(pair.column).is_some());
        let found = evaluate(&maker.store, &[pair.column], &maker.point).unwrap().remove(0);
        for (x, y) in found.data.iter().zip(&pair.value.data) {
            assert!((x - y).abs() <= 1e-9 * (1.0 + y.abs()), "seed {seed}: {x} for {y}");
        }
    }
    assert!((100..2900).contains(&rows), "{rows} rows");
}

fn gradient(declarations: &str, formula: &str, by: &str) -> String {
    let mut query = Query::gradient(formula, &[by]);
    query.declarations = declarations.into();
    let answer = Session::new().ask(&query).unwrap_or_else(|error| panic!("{formula}: {error}"));
    assert!(answer.check.is_some_and(|check| check.points > 0));
    answer.written(Notation::Ascii).remove(0).text
}

/// `declarations | formula | variable | gradient`
const ROWS: &str = "
A: 1×n | sum(exp(A)) | A | exp(A)
A: 1×n; B: 1×n; y: n | (A+B)*y | A | y'
A: 1×n; B: 1×n; y: n | (A.*B)*y | A | (B'.*y)'
X: m×n | sum(exp(logsumexp(X))) | X | (ones(m)*exp(logsumexp(X))).*softmax(X)
A: 1×n; M: n×n; B: 1×n | sum(exp(A*M + B)) | A | exp(A*M + B)*M'
A: 1×n; B: 1×n; C: 1×n | sum((A-B).^2 ./ exp(C)) | C | -(A - B).^2./exp(C)
A: 1×n | max(A.^2) | A | 2*A.*maxmask(A.^2)
A: 1×n; B: 1×n | sum(kron(exp(A), B)) | A | sum(B)*exp(A)
A: 1×n | exp(A)*exp(A)' | A | 2*exp(A).^2
";

#[test]
fn functions_of_declared_rows_have_gradients() {
    for line in ROWS.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [declarations, formula, by, expected] = parts[..] else { panic!("{line}") };
        assert_eq!(gradient(declarations, formula, by), expected, "{formula}");
    }
}

#[test]
fn attention_with_one_query_has_a_gradient() {
    let declarations = "q: d; K: n×d; V: n×p; w: p; d: scalar positive";
    let declarations = declarations.replace("; d: scalar positive", "; s: scalar positive");
    gradient(&declarations, "softmax(q'*K'/sqrt(s))*V*w", "q");
    gradient(&declarations, "softmax(q'*K'/sqrt(s))*V*w", "K");
}

/// `declarations | formula | variable | gradient`
const MASKED: &str = "
Q: n×n; y: n | tr(Q ./ diag(y)) | y | -diag(Q)./y.^2
M: n×n | tr(M ./ eye(n)) | M | eye(n)
U: n×n; d: scalar | norm2(diag(U.^d))^2 | U | 2*d*diag(diag(U).^(2*d - 1))
A: n×n | tr(log(A)) | A | diag(1./diag(A))
A: n×n; B: n×n | tr(B + log(A)) | A | diag(1./diag(A))
A: n×n | sum(eye(n) .* log(A)) | A | diag(1./diag(A))
R: m×n | norm2(tril(triu(R)))^2 | R | 2*tril(triu(R))
";

#[test]
fn entries_that_are_masked_out_need_not_exist() {
    for line in MASKED.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [declarations, formula, by, expected] = parts[..] else { panic!("{line}") };
        assert_eq!(gradient(declarations, formula, by), expected, "{formula}");
    }
}

/// Whether a value is a mask is known as soon as it is made, however deep its powers are nested.
#[test]
fn powers_of_powers_are_not_walked_down() {
    let deep = || {
        let mut store = Store::new();
        let column = Shape::matrix(Dimension::symbol("n"), Dimension::one());
        let x = store.variable("x", column, Properties::default());
        let exponent = ratio(3, 2);
        let power = (0..2000).fold(x, |power, _| store.power_of(power, &exponent));
        assert!(!store.is_mask(power));
    };
    let thread = std::thread::Builder::new().stack_size(1 << 17).spawn(deep).unwrap();
    thread.join().unwrap();
}
