//! Shapes: scalars, matrices, tensors, over symbolic sizes.

mod dimension;

pub use dimension::{Dimension, Name, Symbol, element_name};

use std::fmt;

/// The shape of a value. A column vector is a matrix with one column. A 1×1 product is [`Shape::Scalar`], never a matrix.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// Rank 0.
    Scalar,
    /// Rows × columns.
    Matrix(Dimension, Dimension),
    /// Three or more dimensions, the first running fastest in memory: a matrix of the first by all the others. Images are
    /// height × width × channels × batch.
    Tensor(Box<[Dimension]>),
}

impl Shape {
    /// A matrix of `rows` × `columns`; 1×1 is the scalar.
    pub fn matrix(rows: Dimension, columns: Dimension) -> Self {
        if rows.is_one() && columns.is_one() { Self::Scalar } else { Self::Matrix(rows, columns) }
    }

    /// The shape with these dimensions; what has two or fewer is a matrix, a column, a scalar.
    pub fn of(dimensions: &[Dimension]) -> Self {
        match dimensions {
            [] => Self::Scalar,
            [rows] => Self::matrix(rows.clone(), Dimension::one()),
            [rows, columns] => Self::matrix(rows.clone(), columns.clone()),
            _ => Self::Tensor(dimensions.into()),
        }
    }

    /// The dimensions: none of a scalar, two of a matrix, all of a tensor.
    pub fn dimensions(&self) -> Vec<Dimension> {
        match self {
            Self::Scalar => Vec::new(),
            Self::Matrix(rows, columns) => vec![rows.clone(), columns.clone()],
            Self::Tensor(dimensions) => dimensions.to_vec(),
        }
    }

    /// Whether this has three or more dimensions.
    pub fn is_tensor(&self) -> bool {
        matches!(self, Self::Tensor(_))
    }

    /// Number of rows; 1 for a scalar, the first dimension of a tensor.
    pub fn rows(&self) -> Dimension {
        match self {
            Self::Scalar => Dimension::one(),
            Self::Matrix(rows, _) => rows.clone(),
            Self::Tensor(dimensions) => dimensions.first().cloned().unwrap_or_else(Dimension::one),
        }
    }

    /// Number of columns; 1 for a scalar, the product of all dimensions but the first for a tensor.
    pub fn columns(&self) -> Dimension {
        match self {
            Self::Scalar => Dimension::one(),
            Self::Matrix(_, columns) => columns.clone(),
            Self::Tensor(dimensions) => dimensions
                .iter()
                .skip(1)
                .fold(Dimension::one(), |product, size| product.times(size)),
        }
    }

    /// Number of entries.
    pub fn entries(&self) -> Dimension {
        self.rows().times(&self.columns())
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
            Self::Tensor(_) => false,
        }
    }

    /// The shape with every size replaced; what becomes 1×1 is the scalar.
    #[must_use]
    pub fn map_sizes(&self, size: &dyn Fn(&Dimension) -> Dimension) -> Self {
        match self {
            Self::Scalar => Self::Scalar,
            Self::Matrix(rows, columns) => Self::matrix(size(rows), size(columns)),
            Self::Tensor(dimensions) => Self::Tensor(dimensions.iter().map(size).collect()),
        }
    }

    /// The shape of the transpose; tensors have none.
    #[must_use]
    pub fn transposed(&self) -> Self {
        match self {
            Self::Scalar => Self::Scalar,
            Self::Matrix(rows, columns) => Self::Matrix(columns.clone(), rows.clone()),
            Self::Tensor(_) => self.clone(),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar => write!(f, "scalar"),
            Self::Matrix(rows, columns) if columns.is_one() => write!(f, "{rows}"),
            Self::Matrix(rows, columns) => write!(f, "{rows}×{columns}"),
            Self::Tensor(dimensions) => {
                let sizes: Vec<String> = dimensions.iter().map(ToString::to_string).collect();
                write!(f, "{}", sizes.join("×"))
            }
        }
    }
}
