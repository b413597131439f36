//! Numbers, sizes, and constant matrices.

use crate::expression::{Id, Node, Store, TensorOperation};
use crate::number::{self, Rational};
use crate::shape::{Dimension, Shape};

impl Store {
    /// A rational number.
    pub fn number(&mut self, value: Rational) -> Id {
        self.intern(Node::Number(value), Shape::Scalar)
    }

    /// A whole number.
    pub fn integer(&mut self, value: i64) -> Id {
        self.number(number::integer(value))
    }

    /// A size as a scalar: a polynomial in [`Node::Size`] symbols.
    pub fn size(&mut self, size: &Dimension) -> Id {
        let mut terms = Vec::new();
        for (coefficient, symbols) in size.terms() {
            let factors: Vec<Id> = symbols
                .iter()
                .map(|symbol| {
                    let size = Dimension::of_symbol(symbol.clone());
                    self.intern(Node::Size(size), Shape::Scalar)
                })
                .collect();
            terms.push((number::integer(coefficient), self.hadamard(&factors, &Shape::Scalar)));
        }
        self.sum(terms, &Shape::Scalar)
    }

    /// Iₙ; the number 1 when n = 1.
    pub fn identity(&mut self, size: &Dimension) -> Id {
        if size.is_one() {
            return self.integer(1);
        }
        self.intern(Node::Identity(size.clone()), Shape::matrix(size.clone(), size.clone()))
    }

    /// All ones, in the given shape: the number 1, a vector, or a column of ones times a row of ones.
    pub fn ones(&mut self, shape: &Shape) -> Id {
        match shape {
            Shape::Scalar => self.integer(1),
            Shape::Matrix(rows, columns) if rows.is_one() || columns.is_one() => {
                self.ones_vector(rows, columns)
            }
            Shape::Tensor(dimensions) => {
                let flat = self.ones(&Shape::matrix(shape.rows(), shape.columns()));
                self.tensor(&TensorOperation::Reshape(dimensions.clone()), &[flat], shape)
            }
            Shape::Matrix(rows, columns) => {
                let one = Dimension::one();
                let (column, row) = (self.ones_vector(rows, &one), self.ones_vector(&one, columns));
                self.intern(Node::Product([column, row].into()), shape.clone())
            }
        }
    }

    fn ones_vector(&mut self, rows: &Dimension, columns: &Dimension) -> Id {
        if rows.is_one() && columns.is_one() {
            return self.integer(1);
        }
        self.intern(
            Node::Ones(rows.clone(), columns.clone()),
            Shape::matrix(rows.clone(), columns.clone()),
        )
    }

    /// All zeros, in the given shape.
    pub fn zeros(&mut self, shape: &Shape) -> Id {
        match shape {
            Shape::Scalar => self.number(number::zero()),
            Shape::Tensor(dimensions) => {
                let flat = self.zeros(&Shape::matrix(shape.rows(), shape.columns()));
                self.tensor(&TensorOperation::Reshape(dimensions.clone()), &[flat], shape)
            }
            Shape::Matrix(rows, columns) => {
                self.intern(Node::Zeros(rows.clone(), columns.clone()), shape.clone())
            }
        }
    }

    /// K with K·vec(A) = vec(Aᵀ) for A: rows×columns.
    pub fn commutation(&mut self, rows: &Dimension, columns: &Dimension) -> Id {
        let size = rows.times(columns);
        if rows.is_one() || columns.is_one() {
            return self.identity(&size);
        }
        self.intern(
            Node::Commutation(rows.clone(), columns.clone()),
            Shape::matrix(size.clone(), size),
        )
    }

    /// Whether the value is zero.
    pub fn is_zero(&self, id: Id) -> bool {
        match self.node(id) {
            Node::Number(value) => num_traits::Zero::is_zero(value),
            Node::Zeros(..) => true,
            Node::Tensor { operation, operands } => {
                matches!(**operation, TensorOperation::Reshape(_)) && self.is_zero(operands[0])
            }
            _ => false,
        }
    }

    /// Whether the value is the number 1.
    pub fn is_one(&self, id: Id) -> bool {
        matches!(self.node(id), Node::Number(value) if num_traits::One::is_one(value))
    }

    /// The rational, when the value is one.
    pub fn as_number(&self, id: Id) -> Option<&Rational> {
        match self.node(id) {
            Node::Number(value) => Some(value),
            _ => None,
        }
    }

    /// Whether every entry is 1 by construction.
    pub fn is_ones(&self, id: Id) -> bool {
        match self.node(id) {
            Node::Ones(..) => true,
            Node::Number(value) => num_traits::One::is_one(value),
            Node::Product(factors) => {
                factors.len() == 2
                    && factors.iter().all(|factor| matches!(self.node(*factor), Node::Ones(..)))
            }
            Node::Tensor { operation, operands } => {
                matches!(**operation, TensorOperation::Reshape(_)) && self.is_ones(operands[0])
            }
            _ => false,
        }
    }
}
