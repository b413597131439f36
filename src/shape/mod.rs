//! Shapes: scalars, matrices, tensors, over symbolic sizes.

mod dimension;

pub use dimension::{Dimension, Name};

use std::fmt;

/// The shape of a value. A column vector is a matrix with one column. A 1×1 product is [`Shape::Scalar`], never a matrix.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// Rank 0.
    Scalar,
    /// Rows × columns.
    Matrix(Dimension, Dimension),
}

impl Shape {
    /// A matrix of `rows` × `columns`; 1×1 is the scalar.
    pub fn matrix(rows: Dimension, columns: Dimension) -> Self {
        if rows.is_one() && columns.is_one() { Self::Scalar } else { Self::Matrix(rows, columns) }
    }

    /// Number of rows; 1 for a scalar.
    pub fn rows(&self) -> Dimension {
        match self {
            Self::Scalar => Dimension::one(),
            Self::Matrix(rows, _) => rows.clone(),
        }
    }

    /// Number of columns; 1 for a scalar.
    pub fn columns(&self) -> Dimension {
        match self {
            Self::Scalar => Dimension::one(),
            Self::Matrix(_, columns) => columns.clone(),
        }
    }

    /// Whether this is rank 0.
    pub fn is_scalar(&self) -> bool {
        matches!(self, Self::Scalar)
    }

    /// Whether this is n×1.
    pub fn is_column(&self) -> bool {
        matches!(self, Self::Matrix(_, columns) if columns.is_one())
    }

    /// Whether this is 1×n.
    pub fn is_row(&self) -> bool {
        matches!(self, Self::Matrix(rows, _) if rows.is_one())
    }

    /// Whether rows and columns agree.
    pub fn is_square(&self) -> bool {
        match self {
            Self::Scalar => true,
            Self::Matrix(rows, columns) => rows == columns,
        }
    }

    /// The shape with every size replaced; what becomes 1×1 is the scalar.
    #[must_use]
    pub fn map_sizes(&self, size: &dyn Fn(&Dimension) -> Dimension) -> Self {
        match self {
            Self::Scalar => Self::Scalar,
            Self::Matrix(rows, columns) => Self::matrix(size(rows), size(columns)),
        }
    }

    /// The shape of the transpose.
    #[must_use]
    pub fn transposed(&self) -> Self {
        match self {
            Self::Scalar => Self::Scalar,
            Self::Matrix(rows, columns) => Self::Matrix(columns.clone(), rows.clone()),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar => write!(f, "scalar"),
            Self::Matrix(rows, columns) if columns.is_one() => write!(f, "{rows}"),
            Self::Matrix(rows, columns) => write!(f, "{rows}×{columns}"),
        }
    }
}
