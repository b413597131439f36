//! THE TABLE: every named function is one row.
//!
//! A row holds name, spellings, signature, domain, the derivative as the textbook writes it, laws, LaTeX, kernel, cost and
//! emission. The tree holds only the row's index: nothing else in gradus names `cosh`. Operators with algebraic structure
//! (product, transpose, trace, …) are no rows; they are [`crate::expression::Node`].

/// The optional last entry of a row.
macro_rules! range {
    () => {
        super::Range::Real
    };
    ($range:ident) => {
        super::Range::$range
    };
}

/// The optional condition of a row.
macro_rules! condition {
    () => {
        None
    };
    ($words:literal) => {
        Some(Condition { words: $words, unless: Domain::Real })
    };
    ($words:literal unless $fact:ident) => {
        Some(Condition { words: $words, unless: Domain::$fact })
    };
}

/// One row: `name spellings: arguments => result`, derivative, domain, LaTeX, cost, routine, laws, what is known of its values, what it means and where it
/// holds, if anything. A routine `scalar f(n)` takes n arrays and gives a number, `array f(n)` gives an array.
macro_rules! array_rows {
    ($($name:literal $spellings:tt: $arguments:literal => $result:literal,
       $derivative:expr, $domain:ident, $latex:literal, $cost:literal, $kind:ident $routine:ident $arity:tt, $laws:tt $($range:ident)?
       $(, means $meaning:literal)? $(, where $condition:literal $(unless $fact:ident)?)?;)*) => {
        &[$(Function {
            name: $name,
            spellings: &$spellings,
            form: Form::Array {
                arguments: $arguments,
                result: $result,
                derivative: $derivative,
                kernel: ArrayKernel {
                    real: call!($kind $routine $arity),
                    dual: call!($kind $routine $arity),
                    dual2: call!($kind $routine $arity),
                    scaled: call!($kind $routine $arity),
                },
                routine: stringify!($routine),
            },
            domain: Domain::$domain,
            laws: &$laws,
            latex: $latex,
            range: range!($($range)?),
            cost: $cost,
            meaning: concat!($($meaning)?),
            condition: condition!($($condition $(unless $fact)?)?),
        }),*]
    };
}

macro_rules! call {
    (scalar $routine:ident (0)) => {
        |_| Array::scalar(kernel::$routine())
    };
    (scalar $routine:ident (1)) => {
        |a| Array::scalar(kernel::$routine(a[0]))
    };
    (array $routine:ident (1)) => {
        |a| kernel::$routine(a[0])
    };
    (array $routine:ident (2)) => {
        |a| kernel::$routine(a[0], a[1])
    };
    (array $routine:ident (3)) => {
        |a| kernel::$routine(a[0], a[1], a[2])
    };
}

mod array;
mod entrywise;
mod spectral;
mod table;
mod unknown;

pub use table::TABLE;
pub use unknown::{HIGHEST_ORDER, UNKNOWN_FUNCTIONS};

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::kernel::{Array, Dual, Scaled};

/// The index of a row of [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(u16);

/// One function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The name that answers use.
    pub name: &'static str,
    /// Other names that are read.
    pub spellings: &'static [&'static str],
    /// What the function does to shapes, with its derivative.
    pub form: Form,
    /// Values the arguments are drawn from when the row is tested, and when a sample point is looked for.
    pub domain: Domain,
    /// Identities `(name, left, right)` in the language, used as rewrites from left to right; `x` or the signature's names.
    pub laws: &'static [(&'static str, &'static str, &'static str)],
    /// LaTeX of the name, such as `\tanh` or `\operatorname{softmax}`; with `#1`, of the whole application: `\lVert #1 \rVert`.
    pub latex: &'static str,
    /// What is known of every value.
    pub range: Range,
    /// Cost of one entry, in multiplications.
    pub cost: u32,
    /// What the function is, where its name does not tell: said in the help and beside answers that contain it. May be empty.
    pub meaning: &'static str,
    /// Where its derivatives hold, if not everywhere.
    pub condition: Option<Condition>,
}

/// Where a function's derivatives hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The condition, with `{}` for the first argument.
    pub words: &'static str,
    /// The kind of argument of which nothing needs to be said; all real ones where something always is.
    pub unless: Domain,
}

/// What is known of a function's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Nothing.
    Real,
    /// No entry is negative.
    Nonnegative,
    /// Every entry is positive.
    Positive,
    /// Every entry is positive and each column sums to one.
    Simplex,
    /// Every entry is 0 or 1: it chooses entries of what it is multiplied with.
    Mask,
    /// Of symmetric arguments it is symmetric.
    Symmetric,
    /// Of symmetric arguments it is symmetric, of positive definite ones positive definite.
    Definite,
    /// Symmetric, without negative eigenvalues.
    Semidefinite,
    /// Lower triangular.
    Lower,
    /// Lower triangular with a positive diagonal.
    Factor,
    /// Its transpose is its inverse.
    Orthogonal,
}

/// The two forms of function.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Applied to every entry (or to a scalar).
    Entrywise {
        /// f′ in the language, as a scalar expression of `x`. Empty where the table has no function for it.
        derivative: &'static str,
        /// The number routine.
        kernel: EntrywiseKernel,
        /// Name of the generic routine `fn name<T: Real>(x: T) -> T` in the kernel room, which emitted code calls.
        routine: &'static str,
    },
    /// A function of whole arrays.
    Array {
        /// The arguments as declarations: `X: m×n; K: k×l`.
        arguments: &'static str,
        /// The result's sizes: `scalar`, `m×n`, `(h-k+1)×(w-l+1)`.
        result: &'static str,
        /// How the result changes with the arguments; `None` when no closed form is known, which is reported as unsupported.
        derivative: Option<ArrayDerivative>,
        /// The number routine.
        kernel: ArrayKernel,
        /// Name of the generic routine in the kernel room, which emitted code calls.
        routine: &'static str,
    },
}

/// The derivative of an array function, as the textbook writes it.
#[derive(Clone, Copy, Debug)]
pub struct ArrayDerivative {
    /// For each argument, in order, the pullback in the language: what ⟨G, dY⟩ contributes to the argument's adjoint, an
    /// expression of `G` (shape of the result, a scalar for a scalar), the arguments' names, and their sizes.
    pub pullbacks: &'static [&'static str],
    /// The differential in the language, an expression of the arguments' names and of `dX`, `dK`, …. Empty when no closed form is
    /// known.
    pub differential: &'static str,
    /// For a function F of a square matrix that is given by a power series: f′ as such a function, so that
    /// d tr F(X) = tr(f′(X) dX) (The Matrix Cookbook, §2.5), whether or not X and dX commute. Empty for others.
    pub trace_slope: &'static str,
}

/// An entrywise routine at the number types the evaluator needs.
#[derive(Clone, Copy, Debug)]
pub struct EntrywiseKernel {
    /// At `f64`.
    pub real: fn(f64) -> f64,
    /// At dual numbers.
    pub dual: fn(Dual<f64>) -> Dual<f64>,
    /// At dual numbers over dual numbers.
    pub dual2: fn(Dual<Dual<f64>>) -> Dual<Dual<f64>>,
    /// At dual numbers over numbers that know how exact they can be.
    pub scaled: fn(Dual<Scaled>) -> Dual<Scaled>,
}

/// A routine from arrays to an array.
pub type ArrayRoutine<T> = fn(&[&Array<T>]) -> Array<T>;

/// An array routine at the number types the evaluator needs.
#[derive(Clone, Copy, Debug)]
pub struct ArrayKernel {
    /// At `f64`.
    pub real: ArrayRoutine<f64>,
    /// At dual numbers.
    pub dual: ArrayRoutine<Dual<f64>>,
    /// At dual numbers over dual numbers.
    pub dual2: ArrayRoutine<Dual<Dual<f64>>>,
    /// At dual numbers over numbers that know how exact they can be.
    pub scaled: ArrayRoutine<Dual<Scaled>>,
}

/// Where a function is defined and smooth enough to be tested, but for single points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Every real number.
    Real,
    /// Positive numbers.
    Positive,
    /// The open interval (−1, 1).
    Unit,
    /// The open interval (0, 1).
    Probability,
    /// Greater than −1.
    AboveMinusOne,
    /// Greater than 1.
    AboveOne,
    /// Invertible square matrices.
    Invertible,
    /// Symmetric matrices.
    Symmetric,
    /// Symmetric positive definite matrices.
    Definite,
}

const fn derivative(
    pullbacks: &'static [&'static str],
    differential: &'static str,
) -> ArrayDerivative {
    ArrayDerivative { pullbacks, differential, trace_slope: "" }
}

/// A power series: its differential is a function of its own, that of its trace is not.
const fn series(
    pullbacks: &'static [&'static str],
    differential: &'static str,
    trace_slope: &'static str,
) -> ArrayDerivative {
    ArrayDerivative { pullbacks, differential, trace_slope }
}

impl Function {
    /// Number of arguments.
    pub fn arity(&self) -> usize {
        match self.form {
            Form::Entrywise { .. } => 1,
            Form::Array { arguments: "", .. } => 0,
            Form::Array { arguments, .. } => arguments.split(';').count(),
        }
    }
}

/// The sides of a single argument, where its row says them in numbers: `a: 3`, `X: 3×3`.
fn fixed_sizes(arguments: &str) -> Option<(usize, usize)> {
    let (_, shape) = arguments.split_once(": ")?;
    let (rows, columns) = shape.split_once('×').unwrap_or((shape, "1"));
    Some((rows.parse().ok()?, columns.parse().ok()?))
}

impl FunctionId {
    /// The row.
    pub fn row(self) -> &'static Function {
        let index = self.index();
        match index.checked_sub(TABLE.len()) {
            None => &TABLE[index],
            Some(unknown) => &unknown::ROWS.as_flattened()[unknown],
        }
    }

    /// The row's place in the table.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// All rows of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::every().take(TABLE.len())
    }

    /// All rows, and those of unknown functions.
    pub fn every() -> impl Iterator<Item = Self> {
        let count = TABLE.len() + unknown::ROWS.as_flattened().len();
        (0..count).filter_map(|index| u16::try_from(index).ok().map(Self))
    }

    /// Whether it works on each column by itself, as on any vector.
    pub fn works_on_columns(self) -> bool {
        matches!(self.row().name, "softmax" | "logsumexp" | "cumsum" | "cumsum_back")
    }

    /// What works on each column by itself where `rows` or `columns` is said.
    pub fn by_columns(self) -> Option<Self> {
        if self.works_on_columns() {
            Some(self)
        } else {
            find(&format!("{}_columns", self.row().name))
        }
    }

    /// Whether the value of zeros is zero, as far as that is known: tanh(0) = 0, ‖0‖ = 0.
    pub fn maps_zero_to_zero(self) -> bool {
        if self.index() >= TABLE.len() {
            return false;
        }
        match self.row().form {
            Form::Entrywise { kernel, .. } => (kernel.real)(0.0) == 0.0,
            Form::Array { kernel, arguments, .. } => {
                let is_zero = |(rows, columns): (usize, usize)| {
                    let value = (kernel.real)(&[&Array::zeros(rows, columns)]);
                    value.data.iter().all(|x| *x == 0.0)
                };
                // The adjugate of a single 0 is 1, that of others is 0.
                let sizes = match fixed_sizes(arguments) {
                    Some(sizes) => vec![sizes],
                    None => vec![(1, 1), (2, 2)],
                };
                self.row().arity() == 1 && sizes.into_iter().all(is_zero)
            }
        }
    }

    /// Whether `slope` is the derivative of the function and 0 wherever the function is: step of relu, sign of abs.
    pub fn is_flat_at_zeros(self, slope: Self) -> bool {
        match (&self.row().form, &slope.row().form) {
            (
                Form::Entrywise { derivative, kernel, .. },
                Form::Entrywise { kernel: of_slope, .. },
            ) => {
                let follows = |x: &f64| (kernel.real)(*x) != 0.0 || (of_slope.real)(*x) == 0.0;
                *derivative == format!("{}(x)", slope.row().name)
                    && (kernel.real)(0.0) == 0.0
                    && [-1.0, 0.0, 1.0].iter().all(follows)
            }
            _ => false,
        }
    }

    /// Whether the function applies to every entry.
    pub fn is_entrywise(self) -> bool {
        matches!(self.row().form, Form::Entrywise { .. })
    }
}

/// All rows' names and spellings, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().flat_map(|row| std::iter::once(row.name).chain(row.spellings.iter().copied()))
}

/// The function of that name or spelling.
pub fn find(name: &str) -> Option<FunctionId> {
    static IDS: LazyLock<BTreeMap<&str, FunctionId>> = LazyLock::new(|| {
        let names = |id: FunctionId| {
            let row = id.row();
            std::iter::once(row.name).chain(row.spellings.iter().copied()).map(move |it| (it, id))
        };
        FunctionId::all().flat_map(names).collect()
    });
    IDS.get(name).copied()
}
