//! Formulas with shapes, between syntax tree and expression.

use crate::expression::{self, TensorOperation};
use crate::function::FunctionId;
use crate::number::Rational;
use crate::shape::{Dimension, Name};
use crate::source::Span;
use crate::syntax::ast::RequestKind;

/// Place in the list of typed nodes; operands stand before what uses them.
pub(crate) type Place = usize;

/// An operation, the sizes of its value, and where it was written.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) operation: Operation,
    pub(crate) extent: Extent,
    pub(crate) span: Span,
    /// The value, where it is a number known from the text alone.
    pub(crate) constant: Option<Rational>,
}

/// Rows and columns, perhaps unknown yet; a scalar is 1×1. A tensor has more dimensions, a column's worth and a row's being the
/// first two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) rows: Dimension,
    pub(crate) columns: Dimension,
    /// The third dimension and on; none of a matrix.
    pub(crate) further: Vec<Dimension>,
}

impl Extent {
    pub(crate) fn new(rows: Dimension, columns: Dimension) -> Self {
        Self { rows, columns, further: Vec::new() }
    }

    /// The extent with these dimensions; what is missing is 1.
    pub(crate) fn of(dimensions: &[Dimension]) -> Self {
        let side = |at: usize| dimensions.get(at).cloned().unwrap_or_else(Dimension::one);
        let further = dimensions.get(2..).unwrap_or_default().to_vec();
        Self { rows: side(0), columns: side(1), further }
    }

    pub(crate) fn dimensions(&self) -> Vec<Dimension> {
        let mut all = vec![self.rows.clone(), self.columns.clone()];
        all.extend(self.further.iter().cloned());
        all
    }

    pub(crate) fn is_tensor(&self) -> bool {
        !self.further.is_empty()
    }

    /// The number of entries.
    pub(super) fn entries(&self) -> Dimension {
        let sides = self.dimensions();
        sides.iter().fold(Dimension::one(), |product, side| product.times(side))
    }

    /// The extent with every size replaced.
    pub(crate) fn map_sizes(&self, size: &dyn Fn(&Dimension) -> Dimension) -> Self {
        let further = self.further.iter().map(size).collect();
        Self { rows: size(&self.rows), columns: size(&self.columns), further }
    }

    pub(crate) fn scalar() -> Self {
        Self::new(Dimension::one(), Dimension::one())
    }

    pub(crate) fn column(rows: Dimension) -> Self {
        Self::new(rows, Dimension::one())
    }

    pub(crate) fn square(size: Dimension) -> Self {
        Self::new(size.clone(), size)
    }

    pub(crate) fn transposed(&self) -> Self {
        Self::new(self.columns.clone(), self.rows.clone())
    }
}

/// An index with its ends.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub(crate) index: String,
    pub(crate) from: Dimension,
    pub(crate) to: Dimension,
}

/// A variable where it is used, with what is said of it elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// Its place in the list of variables.
    pub(crate) index: usize,
    pub(crate) name: Name,
    /// Whether its shape was inferred.
    pub(crate) assumed: bool,
    /// Whether a declaration speaks of it, with sizes or without.
    pub(crate) said: bool,
    /// Whether the name stands as a size in declarations.
    pub(crate) is_size: bool,
}

/// The first and the last of the rows, or columns, that are meant; none for all.
pub(crate) type Range = Option<(Dimension, Dimension)>;

/// What a typed node computes.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Number(Rational),
    /// A size as a scalar.
    Size(Dimension),
    Variable(Leaf),
    /// The same value, written elsewhere: a definition or an argument, used.
    Same(Place),
    /// I, ones, zeros in the shape of the node.
    Identity,
    Ones,
    Zeros,
    Commutation(Dimension, Dimension),
    Add(Place, Place),
    Subtract(Place, Place),
    Negate(Place),
    Multiply(Place, Place),
    /// By a scalar, or entrywise.
    Divide(Place, Place),
    Hadamard(Place, Place),
    /// Scalar or entrywise power with a scalar exponent.
    Power(Place, Place),
    WholeMatrixPower(Place, i64),
    MatrixPower(Place, Place),
    Inverse(Place),
    /// A⁻¹b
    Solve(Place, Place),
    Transpose(Place),
    Kronecker(Place, Place),
    Trace(Place),
    Determinant(Place),
    Adjugate(Place),
    Total(Place),
    Diagonal(Place),
    DiagonalOf(Place),
    Vectorize(Place),
    /// Rows and columns, from a first to a last one each; all of them where nothing is said.
    Part(Place, Box<[Range; 2]>),
    /// Values in a matrix of zeros, each from a row and a column on.
    Blocks(Vec<(Place, [Dimension; 2])>),
    /// Repeated to the shape of the node: a scalar, a column, a row.
    Broadcast(Place),
    Tensor(Box<TensorOperation>, Vec<Place>),
    Apply(FunctionId, Vec<Place>),
    /// The element of a family (by its place in their list) at an index.
    Element(usize, expression::Place),
    /// Σ over a bound index.
    SumOver(Bounds, Place),
    /// The derivative of the value by variables (by index).
    Derivative(RequestKind, Place, Vec<usize>),
    /// The first with variables (by index) replaced.
    Substitute(Place, Vec<(usize, Place)>),
}

impl Operation {
    /// Calls `visit` with the place of every operand, in order.
    pub(crate) fn for_each_operand(&self, mut visit: impl FnMut(Place)) {
        match self {
            Self::Number(_)
            | Self::Size(_)
            | Self::Variable(_)
            | Self::Identity
            | Self::Ones
            | Self::Zeros
            | Self::Commutation(..)
            | Self::Element(..) => {}
            Self::Same(a)
            | Self::Negate(a)
            | Self::WholeMatrixPower(a, _)
            | Self::Inverse(a)
            | Self::Transpose(a)
            | Self::Trace(a)
            | Self::Determinant(a)
            | Self::Adjugate(a)
            | Self::Total(a)
            | Self::Diagonal(a)
            | Self::DiagonalOf(a)
            | Self::Vectorize(a)
            | Self::Broadcast(a)
            | Self::Part(a, _)
            | Self::SumOver(_, a)
            | Self::Derivative(_, a, _) => visit(*a),
            Self::Add(a, b)
            | Self::Subtract(a, b)
            | Self::Multiply(a, b)
            | Self::Divide(a, b)
            | Self::Hadamard(a, b)
            | Self::Power(a, b)
            | Self::MatrixPower(a, b)
            | Self::Solve(a, b)
            | Self::Kronecker(a, b) => {
                visit(*a);
                visit(*b);
            }
            Self::Blocks(blocks) => blocks.iter().for_each(|(place, _)| visit(*place)),
            Self::Tensor(_, places) | Self::Apply(_, places) => {
                places.iter().copied().for_each(visit);
            }
            Self::Substitute(a, pairs) => {
                visit(*a);
                for (_, place) in pairs {
                    visit(*place);
                }
            }
        }
    }
}
