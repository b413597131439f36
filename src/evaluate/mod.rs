//! Numbers in, numbers out: the value of expressions at a point, sample points of their domain, and the checks that every
//! answer passes before it is shown.
//!
//! Derivatives come from dual numbers, which know nothing of rules, rows or simplification: a check is independent of what it
//! checks. Everything is deterministic: the same question is tried at the same points on every machine.

mod check;
mod compare;
mod context;
mod derivation;
mod direction;
mod indexed;
mod number;
mod operator;
mod question;
mod random;
mod sample;
mod sizes;
mod small;
mod walk;
mod whole;
mod window;

pub use check::{
    Check, CheckError, Effort, SymmetricConvention, check_differential, check_gradients,
    check_jacobian,
};
pub use compare::{Comparison, equal};
pub use derivation::check_derivation;
pub(crate) use direction::direction;
pub use direction::moving;
pub use number::Number;
pub use random::Random;
pub use sample::sample;
pub use sizes::{distinct_sizes, index_bounds, short_sizes, sizes, with_elements};
pub use small::small_sizes;
pub use walk::evaluate;

use std::collections::BTreeMap;

use self::context::Sizes;
use crate::kernel::Array;
use crate::shape::{Dimension, Name, Shape};
use crate::source::Fault;

/// So many entries an evaluation may hold: 128 MB of them.
pub(crate) const LARGEST: usize = 1 << 24;
/// So many multiplications an evaluation may take: about a second.
const LONGEST: usize = 1 << 29;
/// So many values an index may take.
const MOST_PLACES: i64 = 1 << 17;

/// Sizes and values: what an expression is evaluated at.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<T> {
    /// The number for each size symbol, those in families of sizes as `n[2]`.
    pub sizes: BTreeMap<Name, i64>,
    /// The value of each variable, those in given families as `x[3]`; scalars are 1×1.
    pub values: BTreeMap<Name, Array<T>>,
}

impl<T: Copy> Point<T> {
    /// The point with every value replaced by `f(value)`.
    #[must_use]
    pub fn map<U>(&self, f: impl Fn(T) -> U) -> Point<U> {
        let values =
            self.values.iter().map(|(name, value)| (name.clone(), value.map(&f))).collect();
        Point { sizes: self.sizes.clone(), values }
    }
}

/// Why an expression has no value at a point.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// The expression was made by a fault of gradus.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A size symbol has no number, or arithmetic on sizes leaves the range of sizes.
    #[error("the size {0} has no value at this point")]
    Size(Dimension),
    /// A variable has no value.
    #[error("the variable {0} has no value at this point")]
    MissingVariable(Name),
    /// A variable's value has another shape than declared.
    #[error("the value of {name} is {found_rows}×{found_columns}, its shape is {expected}")]
    VariableShape {
        /// The variable.
        name: Name,
        /// Its shape.
        expected: Shape,
        /// Rows of the value.
        found_rows: usize,
        /// Columns of the value.
        found_columns: usize,
    },
    /// The operands of an operator do not fit together, or its value does not have its shape: a fault in the expression.
    #[error("the {operator} at node {node} does not have its shape {expected} at this point")]
    Inconsistent {
        /// What kind of node.
        operator: &'static str,
        /// Its position in the store.
        node: usize,
        /// Its shape.
        expected: Shape,
    },
    /// The evaluator would hold more entries, or take longer, than it may.
    #[error("a value of shape {0} is too large to evaluate")]
    TooLarge(Shape),
    /// An element outside of its family is asked for.
    #[error("{element} does not exist: {ranges}")]
    OutsideRange {
        /// The element.
        element: Name,
        /// Which ones do.
        ranges: String,
    },
    /// A value depends on itself.
    #[error("the value of shape {shape} at node {node} depends on itself")]
    Circle {
        /// Its position in the store.
        node: usize,
        /// Its shape.
        shape: Shape,
    },
    /// What elements are taken of is no family.
    #[error("node {0} is no family")]
    NoFamily(usize),
}

impl EvaluateError {
    /// Whether the expression is at fault, at whatever point: it leaves an element of a family out, goes in a circle, or its shapes do
    /// not fit together.
    pub(super) fn is_fault(&self) -> bool {
        match self {
            Self::Fault(_)
            | Self::Inconsistent { .. }
            | Self::OutsideRange { .. }
            | Self::Circle { .. }
            | Self::NoFamily(_) => true,
            Self::Size(_)
            | Self::MissingVariable(_)
            | Self::VariableShape { .. }
            | Self::TooLarge(_) => false,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fault(_) => Fault::CODE,
            Self::Size(_) => "E0801",
            Self::MissingVariable(_) => "E0802",
            Self::VariableShape { .. } => "E0803",
            Self::Inconsistent { .. } => "E0804",
            Self::TooLarge(_) => "E0805",
            Self::OutsideRange { .. } => "E0806",
            Self::Circle { .. } => "E0807",
            Self::NoFamily(_) => "E0808",
        }
    }
}

/// The number of a size, at least 1.
fn extent(size: &Dimension, sizes: Sizes<'_>) -> Result<usize, EvaluateError> {
    sizes
        .number(size)
        .and_then(|value| usize::try_from(value).ok())
        .filter(|value| *value >= 1)
        .ok_or_else(|| EvaluateError::Size(size.clone()))
}

/// Rows and columns of a shape.
fn extents(shape: &Shape, sizes: Sizes<'_>) -> Result<(usize, usize), EvaluateError> {
    match shape {
        Shape::Scalar => Ok((1, 1)),
        Shape::Matrix(..) | Shape::Tensor(_) => {
            Ok((extent(&shape.rows(), sizes)?, extent(&shape.columns(), sizes)?))
        }
    }
}
