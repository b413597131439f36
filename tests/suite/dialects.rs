//! Random formulas, printed as they are typed in NumPy, PyTorch, MATLAB, Julia, LaTeX, on paper: each is read as the same expression.

use gradus::evaluate::{self, Comparison, Random};
use gradus::session::{Answer, Query, Session, Settings};
use gradus::syntax::ast::RequestKind;

/// What is declared, in the language's own notation.
const DECLARATIONS: &str =
    "A: m×n; B: m×n; M: n×n; P: n×n spd; x: n; y: n; z: m; c: scalar; s: scalar positive";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Scalar,
    /// Columns of n and of m.
    Inner,
    Outer,
    /// m×n, n×n and the transposes.
    Wide,
    Tall,
    Square,
}

use Shape::{Inner, Outer, Scalar, Square, Tall, Wide};

#[derive(Clone, Debug)]
enum Formula {
    Name(&'static str),
    Number(usize),
    Negate(Box<Formula>),
    Add(Box<Formula>, Box<Formula>),
    Subtract(Box<Formula>, Box<Formula>),
    /// A product of matrices and columns.
    Times(Box<Formula>, Box<Formula>),
    /// xᵀy
    Dot(Box<Formula>, Box<Formula>),
    /// A scalar times anything.
    Scale(Box<Formula>, Box<Formula>),
    Divide(Box<Formula>, Box<Formula>),
    Entrywise(Box<Formula>, Box<Formula>),
    Transpose(Box<Formula>),
    Inverse(Box<Formula>),
    /// The solution of P·a = b.
    Solve(Box<Formula>, Box<Formula>),
    /// A column with the sum of each row.
    RowSums(Box<Formula>),
    /// vec(A)ᵀvec(B)
    AllDot(Box<Formula>, Box<Formula>),
    /// A function of entries, of a scalar or an array.
    Map(&'static str, Box<Formula>, bool),
    /// The square of a scalar or of the entries.
    Power(Box<Formula>, bool),
    Sum(Box<Formula>),
    Trace(Box<Formula>),
    LogDeterminant(Box<Formula>),
    /// The Frobenius norm, the Euclidean one of a column.
    Norm(Box<Formula>, bool),
}

use Formula as F;

struct Writer(Random);

impl Writer {
    fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.0.below(list.len())]
    }

    fn boxed(&mut self, shape: Shape, depth: usize) -> Box<Formula> {
        Box::new(self.formula(shape, depth))
    }

    fn leaf(&mut self, shape: Shape) -> Formula {
        match shape {
            Scalar => match self.0.below(4) {
                0 => F::Number(2 + self.0.below(3)),
                1 => F::Name("s"),
                _ => F::Name("c"),
            },
            Inner => F::Name(self.pick(&["x", "y"])),
            Outer => F::Name("z"),
            Wide => F::Name(self.pick(&["A", "B"])),
            Tall => F::Transpose(Box::new(F::Name(self.pick(&["A", "B"])))),
            Square => F::Name(self.pick(&["M", "P"])),
        }
    }

    fn formula(&mut self, shape: Shape, depth: usize) -> Formula {
        if depth == 0 {
            return self.leaf(shape);
        }
        let depth = depth - 1;
        match self.0.below(10) {
            0 => F::Add(self.boxed(shape, depth), self.boxed(shape, depth)),
            1 => F::Subtract(self.boxed(shape, depth), self.boxed(shape, depth)),
            2 => F::Negate(self.boxed(shape, depth)),
            3 => F::Scale(self.boxed(Scalar, depth), self.boxed(shape, depth)),
            4 => {
                let by = if self.0.below(2) == 0 { F::Name("s") } else { F::Number(3) };
                F::Divide(self.boxed(shape, depth), Box::new(by))
            }
            5 if shape == Scalar => self.scalar(depth),
            5 => {
                let function = self.pick(&["exp", "tanh", "sin", "cos", "abs"]);
                F::Map(function, self.boxed(shape, depth), true)
            }
            6 if shape != Scalar => F::Power(self.boxed(shape, depth), true),
            7 if shape != Scalar => {
                F::Entrywise(self.boxed(shape, depth), self.boxed(shape, depth))
            }
            _ => self.product(shape, depth),
        }
    }

    fn product(&mut self, shape: Shape, depth: usize) -> Formula {
        let (left, right) = match shape {
            Scalar => return self.scalar(depth),
            Inner if self.0.below(4) == 0 => {
                return F::Solve(Box::new(F::Name("P")), self.boxed(Inner, depth));
            }
            Inner => self.pick(&[(Tall, Outer), (Square, Inner)]),
            Outer if self.0.below(4) == 0 => return F::RowSums(self.boxed(Wide, depth)),
            Outer => (Wide, Inner),
            Wide => (Wide, Square),
            Tall if self.0.below(2) == 0 => return F::Transpose(self.boxed(Wide, depth)),
            Tall => (Square, Tall),
            Square => match self.0.below(4) {
                0 => return F::Transpose(self.boxed(Square, depth)),
                1 => return F::Inverse(Box::new(F::Name("P"))),
                2 => (Square, Square),
                _ => (Tall, Wide),
            },
        };
        F::Times(self.boxed(left, depth), self.boxed(right, depth))
    }

    fn scalar(&mut self, depth: usize) -> Formula {
        let any = self.pick(&[Inner, Outer, Wide, Square]);
        match self.0.below(9) {
            8 => F::AllDot(self.boxed(Wide, depth), self.boxed(Wide, depth)),
            0 => {
                let function = self.pick(&["exp", "tanh", "sin", "cos", "abs"]);
                F::Map(function, self.boxed(Scalar, depth), false)
            }
            1 => F::Power(self.boxed(Scalar, depth), false),
            2 => F::Sum(self.boxed(any, depth)),
            3 => F::Trace(self.boxed(Square, depth)),
            4 => F::LogDeterminant(Box::new(F::Name("P"))),
            5 => F::Power(
                Box::new(F::Norm(self.boxed(any, depth), matches!(any, Inner | Outer))),
                false,
            ),
            _ => {
                let side = self.pick(&[Inner, Outer]);
                F::Dot(self.boxed(side, depth), self.boxed(side, depth))
            }
        }
    }
}

/// How tightly what was written holds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    Product,
    Power,
    Atom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Ascii,
    Paper,
    Latex,
    NumPy,
    PyTorch,
    Matlab,
    Julia,
}

const DIALECTS: [Dialect; 7] = [
    Dialect::Ascii,
    Dialect::Paper,
    Dialect::Latex,
    Dialect::NumPy,
    Dialect::PyTorch,
    Dialect::Matlab,
    Dialect::Julia,
];

impl Dialect {
    /// The name of the library before a function.
    fn library(self) -> &'static str {
        if self == Self::NumPy { "np." } else { "torch." }
    }

    fn bracketed(self, text: &str) -> String {
        if self == Self::Latex { format!(r"\left({text}\right)") } else { format!("({text})") }
    }

    /// As an operand that must hold together at least so tightly.
    fn within(self, formula: &Formula, least: Level) -> String {
        let (text, level) = self.write(formula);
        if level < least { self.bracketed(&text) } else { text }
    }

    fn plain(self, formula: &Formula) -> String {
        self.write(formula).0
    }

    fn call(self, name: &str, formula: &Formula) -> (String, Level) {
        let text = self.plain(formula);
        let whole = match self {
            Self::Latex => format!(r"{name}\left({text}\right)"),
            Self::NumPy | Self::PyTorch => format!("{}{name}({text})", self.library()),
            _ => format!("{name}({text})"),
        };
        (whole, Level::Atom)
    }

    fn joined(self, left: &Formula, sign: &str, right: &Formula, tight: Level) -> (String, Level) {
        let level = if matches!(sign, "+" | "-") { Level::Sum } else { Level::Product };
        (format!("{} {sign} {}", self.within(left, level), self.within(right, tight)), level)
    }

    fn write(self, formula: &Formula) -> (String, Level) {
        match formula {
            F::Name(name) => ((*name).to_owned(), Level::Atom),
            F::Number(number) => (number.to_string(), Level::Atom),
            F::Negate(a) => (format!("-{}", self.within(a, Level::Power)), Level::Sum),
            F::Add(a, b) => self.joined(a, "+", b, Level::Product),
            F::Subtract(a, b) => self.joined(a, "-", b, Level::Product),
            F::Times(a, b) => {
                let sign = match self {
                    Self::Paper | Self::Latex => return self.beside(a, b),
                    Self::NumPy | Self::PyTorch => "@",
                    _ => "*",
                };
                self.joined(a, sign, b, Level::Power)
            }
            F::Dot(a, b) => self.dot(a, b),
            F::Scale(a, b) => match self {
                Self::Paper | Self::Latex => self.beside(a, b),
                _ => self.joined(a, "*", b, Level::Power),
            },
            F::Divide(a, b) => match self {
                Self::Latex => {
                    (format!(r"\frac{{{}}}{{{}}}", self.plain(a), self.plain(b)), Level::Atom)
                }
                _ => self.joined(a, "/", b, Level::Power),
            },
            F::Entrywise(a, b) => {
                let sign = match self {
                    Self::Paper => "⊙",
                    Self::Latex => r"\odot",
                    Self::NumPy | Self::PyTorch => "*",
                    _ => ".*",
                };
                // In a paper the product of entries stands between brackets wherever products do.
                match self {
                    Self::Paper | Self::Latex => (
                        format!(
                            "{} {sign} {}",
                            self.within(a, Level::Power),
                            self.within(b, Level::Power)
                        ),
                        Level::Sum,
                    ),
                    _ => self.joined(a, sign, b, Level::Power),
                }
            }
            F::Transpose(a) => {
                let mark = match self {
                    Self::Ascii | Self::Matlab | Self::Julia => "'",
                    Self::Paper => "ᵀ",
                    Self::Latex => r"^\top",
                    Self::NumPy | Self::PyTorch => ".T",
                };
                (format!("{}{mark}", self.within(a, Level::Atom)), Level::Power)
            }
            F::Inverse(a) => match self {
                Self::Paper => (format!("{}⁻¹", self.within(a, Level::Atom)), Level::Power),
                Self::Latex => (format!("{}^{{-1}}", self.within(a, Level::Atom)), Level::Power),
                Self::NumPy => self.call("linalg.inv", a),
                Self::PyTorch => self.call("inverse", a),
                _ => self.call("inv", a),
            },
            F::Map(function, a, is_array) => match self {
                Self::Julia if *is_array => self.call(&format!("{function}."), a),
                Self::Latex if *function == "abs" && *is_array => {
                    self.call(r"\operatorname{abs}", a)
                }
                Self::Latex if *function == "abs" => {
                    (format!(r"\left|{}\right|", self.plain(a)), Level::Atom)
                }
                Self::Latex if *function == "exp" && *is_array => self.call(r"\exp_{\odot}", a),
                Self::Latex => self.call(&format!(r"\{function}"), a),
                _ => self.call(function, a),
            },
            F::Power(a, is_array) => self.square(a, *is_array),
            F::Sum(a) => match self {
                Self::Latex => self.call(r"\operatorname{sum}", a),
                Self::Matlab => (format!("sum({}, 'all')", self.plain(a)), Level::Atom),
                _ => self.call("sum", a),
            },
            F::Trace(a) => match self {
                Self::Latex => self.call(r"\operatorname{tr}", a),
                Self::Matlab | Self::NumPy | Self::PyTorch => self.call("trace", a),
                _ => self.call("tr", a),
            },
            other => self.algebra(other),
        }
    }

    /// What the notations have no common form for.
    fn algebra(self, formula: &Formula) -> (String, Level) {
        match formula {
            F::Solve(a, b) => match self {
                Self::Paper | Self::Latex => {
                    let inverse = F::Inverse(a.clone());
                    self.beside(&inverse, b)
                }
                Self::NumPy | Self::PyTorch => {
                    let (library, a, b) = (self.library(), self.plain(a), self.plain(b));
                    (format!("{library}linalg.solve({a}, {b})"), Level::Atom)
                }
                _ => self.joined(a, "\\", b, Level::Power),
            },
            F::RowSums(a) => {
                let text = self.plain(a);
                let whole = match self {
                    Self::Ascii | Self::Paper => format!("sum({text}, rows)"),
                    Self::Latex => {
                        return (
                            format!(r"{} \mathbf{{1}}", self.within(a, Level::Power)),
                            Level::Product,
                        );
                    }
                    Self::NumPy => format!("np.sum({text}, axis=1)"),
                    Self::PyTorch => format!("{}.sum(1)", self.within(a, Level::Atom)),
                    Self::Matlab => format!("sum({text}, 2)"),
                    Self::Julia => format!("sum({text}; dims=2)"),
                };
                (whole, Level::Atom)
            }
            F::AllDot(a, b) => {
                let (left, right) = (self.within(a, Level::Atom), self.within(b, Level::Atom));
                let (a, b) = (self.plain(a), self.plain(b));
                match self {
                    Self::Ascii | Self::Paper => (format!("vec({a})' vec({b})"), Level::Product),
                    Self::Latex => (
                        format!(r"\operatorname{{vec}}({a})^\top \operatorname{{vec}}({b})"),
                        Level::Product,
                    ),
                    Self::NumPy => (format!("np.ravel({a}) @ np.ravel({b})"), Level::Product),
                    Self::PyTorch => {
                        (format!("{left}.flatten() @ {right}.flatten()"), Level::Product)
                    }
                    Self::Matlab => (format!("{left}(:)'*{right}(:)"), Level::Product),
                    Self::Julia => (format!("dot({left}[:], {right}[:])"), Level::Atom),
                }
            }
            F::LogDeterminant(a) => match self {
                // How far a function without brackets reaches is a question where factors follow.
                Self::Latex => (self.call(r"\log\det", a).0, Level::Sum),
                Self::Paper => (format!("log|{}|", self.plain(a)), Level::Sum),
                Self::NumPy => (format!("np.linalg.slogdet({})[1]", self.plain(a)), Level::Atom),
                Self::Matlab => (format!("log(det({}))", self.plain(a)), Level::Atom),
                _ => self.call("logdet", a),
            },
            F::Norm(a, is_column) => {
                let text = self.plain(a);
                let whole = match self {
                    Self::Ascii => format!("norm2({text})"),
                    Self::Paper if *is_column => format!("‖{text}‖"),
                    Self::Paper => format!("‖{text}‖_F"),
                    Self::Latex if *is_column => format!(r"\left\lVert {text} \right\rVert_2"),
                    Self::Latex => format!(r"\left\| {text} \right\|_F"),
                    Self::NumPy => format!("np.linalg.norm({text})"),
                    Self::PyTorch => format!("torch.norm({text})"),
                    Self::Matlab | Self::Julia if *is_column => format!("norm({text})"),
                    Self::Matlab => format!("norm({text}, 'fro')"),
                    Self::Julia => format!("norm({text})"),
                };
                (whole, Level::Atom)
            }
            other => panic!("{other:?} is written elsewhere"),
        }
    }

    /// A product without a sign, but before a number.
    fn beside(self, a: &Formula, b: &Formula) -> (String, Level) {
        let right = self.within(b, Level::Power);
        let sign = match self {
            _ if !right.starts_with(|c: char| c.is_ascii_digit()) => "",
            Self::Latex => r"\cdot ",
            _ => "· ",
        };
        (format!("{} {sign}{right}", self.within(a, Level::Power)), Level::Product)
    }

    fn dot(self, a: &Formula, b: &Formula) -> (String, Level) {
        match self {
            Self::NumPy | Self::PyTorch => self.joined(a, "@", b, Level::Power),
            Self::Julia => (format!("dot({}, {})", self.plain(a), self.plain(b)), Level::Atom),
            Self::Paper => (
                format!("{}ᵀ{}", self.within(a, Level::Atom), self.within(b, Level::Power)),
                Level::Product,
            ),
            Self::Latex => (
                format!(r"{}^\top {}", self.within(a, Level::Atom), self.within(b, Level::Power)),
                Level::Product,
            ),
            Self::Ascii | Self::Matlab => (
                format!("{}'*{}", self.within(a, Level::Atom), self.within(b, Level::Power)),
                Level::Product,
            ),
        }
    }

    fn square(self, a: &Formula, is_array: bool) -> (String, Level) {
        let base = self.within(a, Level::Atom);
        let mark = match self {
            Self::NumPy | Self::PyTorch => "**2",
            Self::Paper if is_array => ".^2",
            Self::Paper => "²",
            Self::Latex if is_array => r"^{\odot 2}",
            Self::Latex => "^2",
            Self::Ascii | Self::Matlab | Self::Julia if is_array => ".^2",
            Self::Ascii | Self::Matlab | Self::Julia => "^2",
        };
        (format!("{base}{mark}"), Level::Power)
    }
}

fn read(text: &str) -> Result<Answer, String> {
    let query = Query {
        declarations: DECLARATIONS.to_owned(),
        expression: text.to_owned(),
        wrt: Vec::new(),
        kind: RequestKind::Value,
        settings: Settings::default(),
    };
    Session::new().ask(&query).map_err(|error| error.to_string())
}

#[test]
fn every_notation_says_the_same() {
    let (mut wrong, mut refused, mut count) = (Vec::new(), Vec::new(), 0);
    for seed in 0..400 {
        let mut writer = Writer::new(seed);
        let shape = writer.pick(&[Scalar, Scalar, Scalar, Inner, Wide]);
        let formula = writer.formula(shape, 3);
        let typed = Dialect::Ascii.plain(&formula);
        let expected = match read(&typed) {
            Ok(answer) => answer,
            Err(error) => {
                refused.push(format!("{seed} {typed}\n    {error}"));
                continue;
            }
        };
        for dialect in DIALECTS {
            let text = dialect.plain(&formula);
            // `A * B` says nothing of where it comes from.
            let marks = [".T", "@", "**", "np.", "torch."];
            if matches!(dialect, Dialect::NumPy | Dialect::PyTorch)
                && !marks.iter().any(|mark| text.contains(mark))
            {
                continue;
            }
            count += 1;
            match read(&text) {
                Err(error) => {
                    refused.push(format!("{dialect:?} {seed}: {text}\n    {error}\n    {typed}"));
                }
                Ok(found) => {
                    let same = found.store.hash(found.original)
                        == expected.store.hash(expected.original)
                        || matches!(
                            evaluate::equal(
                                &expected.store,
                                expected.original,
                                &found.store,
                                found.original,
                                4
                            ),
                            Comparison::Equal { .. }
                        );
                    if !same {
                        wrong.push(format!("{dialect:?} {seed}: {text}\n    {typed}"));
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty() && refused.is_empty(),
        "{} misread, {} refused of {count}:\n{}\n\n{}",
        wrong.len(),
        refused.len(),
        wrong.join("\n"),
        refused.join("\n")
    );
}
