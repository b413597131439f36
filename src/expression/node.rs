//! The operators. About twenty, each with algebraic laws; named functions are rows of the function table instead.

use super::{Place, Range, TensorOperation};
use crate::function::FunctionId;
use crate::number::Rational;
use crate::shape::{Dimension, Name};

/// An expression in a [`super::Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub(crate) u32);

impl Id {
    /// Position in the store; children have smaller positions than their parents.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A rational multiple of an expression, inside a sum.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// The exact coefficient, never 0.
    pub coefficient: Rational,
    /// What it multiplies; in a scalar sum the number 1 stands for a constant term.
    pub id: Id,
}

/// An entrywise power, inside a Hadamard product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Power {
    /// The base; of the product's shape.
    pub base: Id,
    /// The exponent, a scalar expression; a number almost always.
    pub exponent: Id,
}

/// The columns `from` to `from + count − 1` of the identity of order `order`; the first column is 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Rows of the matrix: so many entries are selected from.
    pub order: Dimension,
    /// The first that is selected.
    pub from: Dimension,
    /// How many are selected.
    pub count: Dimension,
}

impl Selection {
    /// The last that is selected.
    pub fn to(&self) -> Dimension {
        self.from.plus(&self.count).minus(&Dimension::one())
    }

    pub(crate) fn map_sizes(&self, size: &dyn Fn(&Dimension) -> Dimension) -> Self {
        let Self { order, from, count } = self;
        Self { order: size(order), from: size(from), count: size(count) }
    }
}

/// An operator with its operands. Invariants are the constructors' business.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A rational number (scalar).
    Number(Rational),
    /// A symbolic size used as a scalar; known sizes are numbers.
    Size(Dimension),
    /// A variable; its shape and properties are in the store.
    Variable(Name),
    /// Iₙ
    Identity(Dimension),
    /// The matrix of ones, rows × columns; never 1×1. A general m×n one is the product of a column and a row of ones.
    Ones(Dimension, Dimension),
    /// The zero matrix; the scalar zero is a number.
    Zeros(Dimension, Dimension),
    /// K with K·vec(A) = vec(Aᵀ) for A: m×n.
    Commutation(Dimension, Dimension),
    /// Columns of an identity, which select: Eᵀx is a part of x, and Ex is x in its place among zeros.
    Selection(Box<Selection>),
    /// Σ cᵢ Tᵢ, all of one shape. One term only when its coefficient is not 1: `2A`.
    Sum(Box<[Term]>),
    /// Matrix product A₁ A₂ … of two or more factors, none scalar; the result may be 1×1, which is scalar: `xᵀAx`.
    Product(Box<[Id]>),
    /// A scalar expression (not a number) times a matrix.
    Scale {
        /// The scalar.
        scalar: Id,
        /// The matrix.
        matrix: Id,
    },
    /// Entrywise product of entrywise powers; on scalars the ordinary product: `a b² / c`.
    Hadamard(Box<[Power]>),
    /// Aᵀ, of an operand that no law pushes the transpose through.
    Transpose(Id),
    /// A⁻¹
    Inverse(Id),
    /// A^k with a symbolic exponent; whole powers are products.
    MatrixPower(Id, Id),
    /// tr A
    Trace(Id),
    /// det A
    Determinant(Id),
    /// The sum of all entries.
    Total(Id),
    /// Vector → diagonal matrix.
    Diagonal(Id),
    /// Matrix → its diagonal as a column vector.
    DiagonalOf(Id),
    /// vec A, column-major.
    Vectorize(Id),
    /// A ⊗ B
    Kronecker(Id, Id),
    /// A family of values, as `x` in `x[t]`; only elements of it are used in formulas. Its shape is that of an element.
    Family(Name),
    /// The element of a family at a place: `h[t-1]`.
    Element(Id, Box<Place>),
    /// Σ over an index, which is bound here.
    SumOver(Box<Range>, Id),
    /// An operation on tensors.
    Tensor {
        /// What is done.
        operation: Box<TensorOperation>,
        /// To what.
        operands: Box<[Id]>,
    },
    /// A function of the table: entrywise, or of whole arrays.
    Apply {
        /// The row.
        function: FunctionId,
        /// The arguments.
        arguments: Box<[Id]>,
    },
}

impl Node {
    /// Calls `visit` with every operand, in order.
    pub fn for_each_child(&self, mut visit: impl FnMut(Id)) {
        match self {
            Self::Number(_)
            | Self::Size(_)
            | Self::Variable(_)
            | Self::Identity(_)
            | Self::Ones(..)
            | Self::Zeros(..)
            | Self::Commutation(..)
            | Self::Selection(_)
            | Self::Family(_) => {}
            Self::Sum(terms) => terms.iter().for_each(|term| visit(term.id)),
            Self::Product(factors) => factors.iter().copied().for_each(visit),
            Self::Hadamard(powers) => powers.iter().for_each(|power| {
                visit(power.base);
                visit(power.exponent);
            }),
            Self::Apply { arguments: operands, .. } | Self::Tensor { operands, .. } => {
                operands.iter().copied().for_each(visit);
            }
            Self::Scale { scalar: a, matrix: b }
            | Self::MatrixPower(a, b)
            | Self::Kronecker(a, b) => {
                visit(*a);
                visit(*b);
            }
            Self::Transpose(a)
            | Self::Inverse(a)
            | Self::Trace(a)
            | Self::Determinant(a)
            | Self::Total(a)
            | Self::Diagonal(a)
            | Self::DiagonalOf(a)
            | Self::Vectorize(a)
            | Self::Element(a, _)
            | Self::SumOver(_, a) => visit(*a),
        }
    }

    /// Whether the node has no operands and is no constant function.
    pub fn is_leaf(&self) -> bool {
        let mut leaf = !matches!(self, Self::Apply { .. });
        self.for_each_child(|_| leaf = false);
        leaf
    }

    /// The node with every size in it replaced; operands and bound indices stay.
    #[must_use]
    pub fn map_sizes(&self, size: &dyn Fn(&Dimension) -> Dimension) -> Self {
        match self {
            Self::Size(a) => Self::Size(size(a)),
            Self::Identity(a) => Self::Identity(size(a)),
            Self::Ones(a, b) => Self::Ones(size(a), size(b)),
            Self::Zeros(a, b) => Self::Zeros(size(a), size(b)),
            Self::Commutation(a, b) => Self::Commutation(size(a), size(b)),
            Self::Selection(selection) => Self::Selection(Box::new(selection.map_sizes(size))),
            Self::Element(a, at) => Self::Element(*a, Box::new(at.map(size))),
            Self::SumOver(range, a) => Self::SumOver(Box::new(range.map_sizes(size)), *a),
            Self::Tensor { operation, operands } => Self::Tensor {
                operation: Box::new(operation.map_sizes(size)),
                operands: operands.clone(),
            },
            Self::Number(_)
            | Self::Variable(_)
            | Self::Family(_)
            | Self::Sum(_)
            | Self::Product(_)
            | Self::Scale { .. }
            | Self::Hadamard(_)
            | Self::Transpose(_)
            | Self::Inverse(_)
            | Self::MatrixPower(..)
            | Self::Trace(_)
            | Self::Determinant(_)
            | Self::Total(_)
            | Self::Diagonal(_)
            | Self::DiagonalOf(_)
            | Self::Vectorize(_)
            | Self::Kronecker(..)
            | Self::Apply { .. } => self.clone(),
        }
    }

    /// The node with every number in it replaced; operands stay.
    #[must_use]
    pub(super) fn map_numbers(self, number: &dyn Fn(&Rational) -> Rational) -> Self {
        match self {
            Self::Number(value) => Self::Number(number(&value)),
            Self::Sum(terms) => {
                let term =
                    |term: &Term| Term { coefficient: number(&term.coefficient), id: term.id };
                Self::Sum(terms.iter().map(term).collect())
            }
            other => other,
        }
    }

    /// The sizes that stand in the node itself.
    pub fn sizes(&self) -> Vec<Dimension> {
        match self {
            Self::Size(a) | Self::Identity(a) => vec![a.clone()],
            Self::Element(_, at) => at.values().cloned().collect(),
            Self::Ones(a, b) | Self::Zeros(a, b) | Self::Commutation(a, b) => {
                vec![a.clone(), b.clone()]
            }
            Self::Selection(selection) => {
                vec![selection.order.clone(), selection.from.clone(), selection.count.clone()]
            }
            Self::SumOver(range, _) => vec![range.from.clone(), range.to.clone()],
            Self::Tensor { operation, .. } => operation.sizes(),
            Self::Number(_)
            | Self::Variable(_)
            | Self::Family(_)
            | Self::Sum(_)
            | Self::Product(_)
            | Self::Scale { .. }
            | Self::Hadamard(_)
            | Self::Transpose(_)
            | Self::Inverse(_)
            | Self::MatrixPower(..)
            | Self::Trace(_)
            | Self::Determinant(_)
            | Self::Total(_)
            | Self::Diagonal(_)
            | Self::DiagonalOf(_)
            | Self::Vectorize(_)
            | Self::Kronecker(..)
            | Self::Apply { .. } => Vec::new(),
        }
    }

    /// The operands, in order.
    pub fn children(&self) -> Vec<Id> {
        let mut children = Vec::new();
        self.for_each_child(|child| children.push(child));
        children
    }
}
