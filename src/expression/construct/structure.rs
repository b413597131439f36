//! diag: vector → diagonal matrix, matrix → its diagonal.

use crate::expression::{Id, Node, Property, Store};
use crate::number;
use crate::shape::{Dimension, Shape};

impl Store {
    /// diag(v): the vector on the diagonal of a matrix; a row counts as a column.
    pub fn diagonal(&mut self, v: Id) -> Id {
        let shape = self.shape(v).clone();
        if shape.is_scalar() {
            return v;
        }
        if shape.is_row() {
            let column = self.transpose(v);
            return self.diagonal(column);
        }
        let size = shape.rows();
        let square = Shape::matrix(size.clone(), size.clone());
        match self.node(v).clone() {
            Node::Ones(..) => self.identity(&size),
            Node::Zeros(..) => self.zeros(&square),
            Node::Sum(terms) if terms.len() == 1 => {
                let inner = self.diagonal(terms[0].id);
                self.scale_by(&terms[0].coefficient, inner)
            }
            Node::Scale { scalar, matrix } => {
                let inner = self.diagonal(matrix);
                self.multiply(scalar, inner)
            }
            Node::Kronecker(x, y) => {
                let (x, y) = (self.diagonal(x), self.diagonal(y));
                self.kronecker(x, y)
            }
            _ => self.intern(Node::Diagonal(v), square),
        }
    }

    /// diag(A): the diagonal of a square matrix as a column.
    pub fn diagonal_of(&mut self, a: Id) -> Id {
        let shape = self.shape(a).clone();
        if shape.is_scalar() {
            return a;
        }
        let column = Shape::matrix(shape.rows(), Dimension::one());
        match self.node(a).clone() {
            Node::Diagonal(v) => v,
            Node::Identity(_) => self.ones(&column),
            Node::Zeros(..) => self.zeros(&column),
            Node::Transpose(inner) => self.diagonal_of(inner),
            // The inverse of a triangular matrix has the reciprocals on its diagonal.
            Node::Inverse(inner)
                if self.properties(inner).has(Property::Lower)
                    || self.properties(inner).has(Property::Upper) =>
            {
                let diagonal = self.diagonal_of(inner);
                self.power_of(diagonal, &number::integer(-1))
            }
            Node::Sum(terms) if terms.len() == 1 => {
                let inner = self.diagonal_of(terms[0].id);
                self.scale_by(&terms[0].coefficient, inner)
            }
            Node::Scale { scalar, matrix } => {
                let inner = self.diagonal_of(matrix);
                self.multiply(scalar, inner)
            }
            Node::Product(factors) => self.diagonal_of_product(a, &factors, &column),
            _ => self.intern(Node::DiagonalOf(a), column),
        }
    }

    /// diag(u vᵀ) = u ⊙ v, diag(diag(v) A) = v ⊙ diag(A) = diag(A diag(v))
    fn diagonal_of_product(&mut self, a: Id, factors: &[Id], column: &Shape) -> Id {
        if let Some(cut) = (1..factors.len()).find(|at| self.shape(factors[*at]).rows().is_one()) {
            let left = self.product(&factors[..cut]);
            let right = self.product(&factors[cut..]);
            let right = self.transpose(right);
            return self.hadamard(&[left, right], column);
        }
        let last = factors.len() - 1;
        if let Node::Diagonal(v) = *self.node(factors[0]) {
            let rest = self.product(&factors[1..]);
            let rest = self.diagonal_of(rest);
            return self.hadamard(&[v, rest], column);
        }
        if let Node::Diagonal(v) = *self.node(factors[last]) {
            let rest = self.product(&factors[..last]);
            let rest = self.diagonal_of(rest);
            return self.hadamard(&[v, rest], column);
        }
        let turned: Vec<Id> = factors.iter().rev().map(|factor| self.transpose(*factor)).collect();
        if self.chain_order(&turned) < self.chain_order(factors) {
            let rows = self.shape(turned[0]).rows();
            let a = self.intern(Node::Product(turned.into()), Shape::matrix(rows.clone(), rows));
            return self.intern(Node::DiagonalOf(a), column.clone());
        }
        self.intern(Node::DiagonalOf(a), column.clone())
    }
}
