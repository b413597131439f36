//! The constructors' normal form against the value of what was written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gradus::elaborate::{self, Model};
use gradus::evaluate::{self, Point, Random};
use gradus::kernel::Array;
use gradus::shape::Name;
use gradus::syntax;
use gradus::syntax::ast::{ExprId, Program, StatementKind};

use crate::corpus::{model, rows};
use crate::naive::{self, Environment};

pub(crate) fn point(environment: &Environment) -> Point<f64> {
    Point {
        sizes: environment.sizes.iter().map(|(name, size)| (Name::from(&**name), *size)).collect(),
        values: environment
            .values
            .iter()
            .map(|(name, value)| (Name::from(&**name), value.map(|x| x.value)))
            .collect(),
    }
}

/// What the normal form makes of an expression, compared with what was written; `None` where nothing can be compared.
pub(crate) fn disagreement(
    model: &Model,
    program: &Program,
    root: ExprId,
    environment: &Environment,
) -> Option<String> {
    let written = naive::evaluate(&program.tree, root, environment).ok()?;
    let scale = 1.0 + naive::magnitude(&program.tree, root, environment);
    if scale > 1e7 || written.data.iter().any(|x| !x.value.is_finite()) {
        return None;
    }
    let value = *model.values.last()?;
    let found = match evaluate::evaluate(&model.store, &[value], &point(environment)) {
        Ok(found) => found.into_iter().next()?,
        Err(error) => return Some(error.to_string()),
    };
    let written = written.map(|x| x.value);
    compare(&written, &found, scale)
}

fn compare(written: &Array<f64>, found: &Array<f64>, scale: f64) -> Option<String> {
    if (written.rows, written.columns) != (found.rows, found.columns) {
        let shape = |a: &Array<f64>| format!("{}×{}", a.rows, a.columns);
        return Some(format!("{} became {}", shape(written), shape(found)));
    }
    let pairs = written.data.iter().zip(&found.data);
    for (x, y) in pairs {
        if (x - y).abs() > 1e-9 * scale || y.is_nan() {
            return Some(format!("{x} became {y} (scale {scale:.1e})"));
        }
    }
    None
}

#[test]
fn the_normal_form_of_every_corpus_formula_has_the_value_that_was_written() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for row in rows() {
        for text in [&row.expression, &row.expected] {
            let source = format!("{}\n{text}", row.declarations);
            let Ok(program) = syntax::parse(&source, &elaborate::is_known) else { continue };
            let model = model(&source);
            let Some(root) = naive::expressions(&program).last().copied() else { continue };
            for seed in 0..4_u64 {
                let mut random = Random::new(seed);
                let mut sizes: BTreeMap<String, i64> = BTreeMap::new();
                for name in naive::size_symbols(&program) {
                    sizes.insert(name, [2, 3, 4, 5][random.below(4)]);
                }
                let Some(environment) = naive::draw(&program, &sizes, &mut random) else {
                    continue;
                };
                if naive::evaluate(&program.tree, root, &environment).is_ok() {
                    compared += 1;
                }
                if let Some(difference) = disagreement(&model, &program, root, &environment) {
                    wrong.push(format!("{}: {text}: {difference}", row.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 1000, "only {compared} comparisons");
}

pub(crate) const DECLARATIONS: &str = "A: m×n; B: n×m; C: m×m; D: n×n invertible; E: m×m invertible; S: n×n symmetric; P: m×m spd; \
    Q: n×n orthogonal; L: n×n diagonal; T: m×m lower; x: n; y: n; z: m; u: m positive; v: n positive; p: n simplex; W: m×n; \
    c: scalar; s: scalar positive; t: scalar";

/// A side of a shape.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    One,
    M,
    N,
}
use Side::{M, N, One};

const VARIABLES: &[(&str, Side, Side)] = &[
    ("A", M, N),
    ("W", M, N),
    ("B", N, M),
    ("C", M, M),
    ("E", M, M),
    ("P", M, M),
    ("T", M, M),
    ("D", N, N),
    ("S", N, N),
    ("Q", N, N),
    ("L", N, N),
    ("x", N, One),
    ("y", N, One),
    ("v", N, One),
    ("p", N, One),
    ("z", M, One),
    ("u", M, One),
];

/// Writes random formulas of a given shape.
struct Writer {
    random: Random,
}

impl Writer {
    fn below(&mut self, count: usize) -> usize {
        self.random.below(count)
    }

    fn side(&mut self) -> Side {
        [One, M, N][self.below(3)]
    }

    fn size(side: Side) -> &'static str {
        match side {
            One => "1",
            M => "m",
            N => "n",
        }
    }

    fn number(&mut self) -> &'static str {
        ["2", "3", "1/2", "-1", "-2", "4", "1"][self.below(7)]
    }

    fn any(&mut self, rows: Side, columns: Side, depth: usize) -> String {
        if rows == One && columns == One {
            self.scalar(depth)
        } else {
            self.matrix(rows, columns, depth)
        }
    }

    fn leaf(&mut self, rows: Side, columns: Side) -> String {
        let fits: Vec<String> = VARIABLES
            .iter()
            .filter(|(_, r, c)| (*r, *c) == (rows, columns))
            .map(|(name, ..)| (*name).to_owned())
            .chain(
                VARIABLES
                    .iter()
                    .filter(|(_, r, c)| (*c, *r) == (rows, columns))
                    .map(|(name, ..)| format!("{name}'")),
            )
            .collect();
        let (r, c) = (Self::size(rows), Self::size(columns));
        match self.below(12) {
            0 if rows == columns => format!("eye({r})"),
            1 => format!("ones({r}, {c})"),
            2 if self.below(4) == 0 => format!("zeros({r}, {c})"),
            _ => fits[self.below(fits.len())].clone(),
        }
    }

    fn matrix(&mut self, rows: Side, columns: Side, depth: usize) -> String {
        if rows == One && columns == One {
            return self.scalar(depth);
        }
        if depth == 0 {
            return self.leaf(rows, columns);
        }
        let d = depth - 1;
        let square = rows == columns;
        match self.below(20) {
            0 | 1 => {
                let sign = ["+", "-"][self.below(2)];
                format!("({} {sign} {})", self.any(rows, columns, d), self.any(rows, columns, d))
            }
            2 => format!("(({})*{})", self.number(), self.bracketed(rows, columns, d)),
            3 => format!("(({})*{})", self.scalar(d), self.bracketed(rows, columns, d)),
            4..=7 => {
                let inner = self.side();
                if inner == One && (rows == One || columns == One) {
                    return self.matrix(rows, columns, d);
                }
                let left = self.bracketed(rows, inner, d);
                format!("({left}*{})", self.bracketed(inner, columns, d))
            }
            8 | 9 => format!("({} .* {})", self.any(rows, columns, d), self.any(rows, columns, d)),
            10 | 11 => format!("({})'", self.any(columns, rows, d)),
            12 => {
                let exponent = ["2", "3", "(-1)", "(1/2)", "(-2)"][self.below(5)];
                format!("{}.^{exponent}", self.bracketed(rows, columns, d))
            }
            13 => {
                // Continuous ones: a jump would tell rounding errors apart.
                let function = ["tanh", "exp", "sin", "abs", "relu"][self.below(5)];
                format!("{function}({})", self.any(rows, columns, d))
            }
            14 => format!("(-{})", self.bracketed(rows, columns, d)),
            15 | 16 if square => {
                let a = self.any(rows, rows, d);
                match self.below(4) {
                    0 => format!("inv({})", self.invertible(rows, d)),
                    1 => format!("inv(({a})'*({a}) + eye({}))", Self::size(rows)),
                    2 => format!("({a})^{}", ["2", "3"][self.below(2)]),
                    _ => format!("inv({a})"),
                }
            }
            17 if square => format!("diag({})", self.any(rows, One, d)),
            17 if columns == One => format!("diag({})", self.any(rows, rows, d)),
            18 => format!("({}/({}))", self.bracketed(rows, columns, d), self.scalar(d)),
            19 if columns == One => format!("softmax({})", self.any(rows, One, d)),
            _ => self.leaf(rows, columns),
        }
    }

    fn invertible(&mut self, side: Side, depth: usize) -> String {
        let names: &[&str] = if side == M { &["E", "P"] } else { &["D", "Q"] };
        let name = names[self.below(names.len())];
        if depth == 0 {
            return name.to_owned();
        }
        let other = self.invertible(side, depth - 1);
        let positive = if side == M { "u" } else { "v" };
        match self.below(7) {
            0 => format!("({name}*{other})"),
            1 => format!("({other})'"),
            2 => format!("(s*{name})"),
            3 => format!("(2*{other})"),
            4 => format!("diag({positive})"),
            5 => format!("inv({other})"),
            _ => format!("({name} + s*eye({}))", Self::size(side)),
        }
    }

    fn bracketed(&mut self, rows: Side, columns: Side, depth: usize) -> String {
        format!("({})", self.any(rows, columns, depth))
    }

    fn scalar(&mut self, depth: usize) -> String {
        if depth == 0 {
            return ["c", "s", "t", "2", "n", "(1/3)", "m"][self.below(7)].to_owned();
        }
        let d = depth - 1;
        let (a, b) = (self.side(), self.side());
        let side = [M, N][self.below(2)];
        match self.below(22) {
            0 | 1 => format!("tr({})", self.matrix(side, side, d)),
            2 => format!("det({})", self.matrix(side, side, d.min(2))),
            3 => format!("det({})", self.invertible(side, d)),
            4 | 5 => format!("sum({})", self.matrix(a, side, d)),
            6..=8 => {
                format!("({})'*({})", self.matrix(side, One, d), self.matrix(side, One, d))
            }
            9 => {
                let first = self.matrix(One, a, d);
                if a == One {
                    return self.scalar(d);
                }
                format!("({first})*({})*({})", self.any(a, side, d), self.matrix(side, One, d))
            }
            10 => format!("({} + {})", self.scalar(d), self.scalar(d)),
            11 => format!("({} - {})", self.scalar(d), self.scalar(d)),
            12 => format!("({})*({})", self.scalar(d), self.scalar(d)),
            13 => format!("({})/({})", self.scalar(d), self.scalar(d)),
            14 => format!(
                "({})^{}",
                self.scalar(d),
                ["2", "(-1)", "3", "(1/2)", "(3/2)"][self.below(5)]
            ),
            15 => format!("tr(kron({}, {}))", self.any(a, a, d.min(1)), self.any(b, b, d.min(1))),
            16 => {
                format!("sum(kron({}, {}))", self.any(a, side, d.min(1)), self.any(b, a, d.min(1)))
            }
            17 => format!("sum(vec({}))", self.matrix(a, side, d)),
            18 => format!(
                "vec({})'*vec({})",
                self.matrix(side, b, d.min(2)),
                self.matrix(side, b, d.min(2))
            ),
            19 => format!("norm2({})", self.matrix(a, side, d)),
            20 => format!("exp({})", self.scalar(d)),
            _ => format!("s^({})", ["n", "m", "c", "2*n", "(-n)"][self.below(5)]),
        }
    }
}

/// The factors of a Kronecker product's side: m·n rows are those of an m×… and an n×… factor.
type Sides = (Side, Side);

impl Writer {
    /// A matrix between products of sides: Kronecker products, vecs, commutation matrices, and what is made of them.
    fn kronecker(&mut self, rows: Sides, columns: Sides, depth: usize) -> String {
        let plain = |writer: &mut Self, d: usize| {
            let left = writer.any(rows.0, columns.0, d.min(1));
            format!("kron({left}, {})", writer.any(rows.1, columns.1, d.min(1)))
        };
        let (r, c) = (Self::size, (columns.1, columns.0));
        if depth == 0 {
            return plain(self, 1);
        }
        let d = depth - 1;
        match self.below(12) {
            0 => format!(
                "({} + {})",
                self.kronecker(rows, columns, d),
                self.kronecker(rows, columns, d)
            ),
            1..=4 => {
                let inner = [(M, N), (N, M), (M, One), (One, N), (N, N)][self.below(5)];
                let left = self.kronecker(rows, inner, d);
                format!("(({left})*({}))", self.kronecker(inner, columns, d))
            }
            5 => format!("({})'", self.kronecker(columns, rows, d)),
            6 | 7 if rows == c => format!("commutation({}, {})", r(rows.0), r(rows.1)),
            6 | 7 => {
                let turned = self.kronecker((rows.1, rows.0), columns, d);
                format!("(commutation({}, {})*({turned}))", r(rows.1), r(rows.0))
            }
            8 if columns == (One, One) => format!("vec({})", self.any(rows.1, rows.0, d.min(2))),
            8 | 9 if rows == columns => {
                format!("diag(vec({}))", self.any(rows.1, rows.0, d.min(2)))
            }
            10 => {
                let other = self.kronecker(rows, columns, d);
                format!("(({}) .* ({other}))", self.kronecker(rows, columns, d))
            }
            _ => plain(self, d),
        }
    }
}

/// A random scalar formula over [`DECLARATIONS`].
pub(crate) fn random_scalar(seed: u64) -> String {
    let mut writer = Writer { random: Random::new(seed) };
    let depth = 2 + writer.below(3);
    writer.scalar(depth)
}

/// A random formula over [`DECLARATIONS`], of any shape.
pub(crate) fn random_formula(seed: u64) -> String {
    let mut writer = Writer { random: Random::new(seed) };
    let depth = 2 + writer.below(4);
    let (rows, columns) = (writer.side(), writer.side());
    writer.any(rows, columns, depth)
}

/// The smallest part of a formula of which the normal form is wrong, in order of the tree: children first.
fn smallest(source: &str, environment: &Environment) -> String {
    let Ok(program) = syntax::parse(source, &elaborate::is_known) else { return String::new() };
    let Some(last) = naive::expressions(&program).last().copied() else { return String::new() };
    let mut report = String::new();
    for index in 0..=last.0 {
        let root = ExprId(index);
        let mut part = program.clone();
        for statement in &mut part.statements {
            if let StatementKind::Expression(id) = &mut statement.kind {
                *id = root;
            }
        }
        let Ok(model) = elaborate::elaborate(&part) else { continue };
        if let Some(difference) = disagreement(&model, &program, root, environment) {
            let span = program.tree.get(root).span;
            let _ = write!(report, "{}: {difference}", &source[span.start..span.end]);
            break;
        }
    }
    report
}

#[test]
fn the_normal_form_of_random_formulas_has_the_value_that_was_written() {
    let formulas: u64 = std::env::var("FORMULAS").ok().and_then(|n| n.parse().ok()).unwrap_or(3000);
    let mut compared = 0;
    let mut wrong = Vec::new();
    for seed in 0..formulas {
        let text = random_formula(seed);
        let source = format!("{DECLARATIONS}\n{text}");
        let program = syntax::parse(&source, &elaborate::is_known)
            .unwrap_or_else(|error| panic!("seed {seed}: {error} in {text}"));
        // A division by what is zero on its face is refused.
        let Ok(model) = elaborate::elaborate(&program) else { continue };
        let root = naive::expressions(&program)[0];
        for (m, n) in [(2, 3), (3, 2), (1, 3), (2, 1)] {
            let sizes = BTreeMap::from([("m".to_owned(), m), ("n".to_owned(), n)]);
            let mut random = Random::new(seed ^ 0x5eed);
            let environment = naive::draw(&program, &sizes, &mut random).unwrap();
            if naive::evaluate(&program.tree, root, &environment).is_ok() {
                compared += 1;
            }
            if disagreement(&model, &program, root, &environment).is_some() {
                wrong.push(format!(
                    "seed {seed}, m = {m}, n = {n}: {text}\n    {}",
                    smallest(&source, &environment)
                ));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {formulas} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 3 * formulas, "only {compared} comparisons of {formulas} formulas");
}

/// The laws of Kronecker products, by the constructors and by the search for a short form.
#[test]
fn random_kronecker_products_have_the_value_that_was_written() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for seed in 0..1500 {
        let mut writer = Writer { random: Random::new(seed ^ 0x0a70) };
        let sides = [(M, N), (N, M), (M, M), (N, One), (One, M), (One, One)];
        let (rows, columns) = (sides[writer.below(6)], sides[writer.below(6)]);
        let depth = 1 + writer.below(3);
        let text = writer.kronecker(rows, columns, depth);
        let source = format!("{DECLARATIONS}\n{text}");
        let program = syntax::parse(&source, &elaborate::is_known)
            .unwrap_or_else(|error| panic!("seed {seed}: {error} in {text}"));
        let Ok(mut model) = elaborate::elaborate(&program) else { continue };
        let root = naive::expressions(&program)[0];
        let constructed = model.values[0];
        let short = gradus::simplify::simplify(&mut model.store, &[constructed])[0];
        for (m, n) in [(2, 3), (3, 2), (1, 3), (2, 1)] {
            let sizes = BTreeMap::from([("m".to_owned(), m), ("n".to_owned(), n)]);
            let environment = naive::draw(&program, &sizes, &mut Random::new(seed)).unwrap();
            compared += usize::from(naive::evaluate(&program.tree, root, &environment).is_ok());
            for value in [constructed, short] {
                model.values = vec![value];
                if let Some(found) = disagreement(&model, &program, root, &environment) {
                    let what = if value == constructed { "constructed" } else { "simplified" };
                    wrong.push(format!("seed {seed}, m = {m}, n = {n}, {what}: {text}: {found}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 4000, "{compared}");
}
