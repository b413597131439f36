//! Transposes and inverses, pushed through what they distribute over.

use crate::expression::{Id, Node, Property, Store};
use crate::number::{self, Rational};
use crate::shape::Shape;

impl Store {
    /// Whether A = Aᵀ is known (scalars are).
    pub fn is_symmetric(&self, id: Id) -> bool {
        self.shape(id).is_scalar() || self.properties(id).has(Property::Symmetric)
    }

    /// Aᵀ. Goes through products, scales, Kronecker products; stops at sums and entrywise functions.
    pub fn transpose(&mut self, a: Id) -> Id {
        if self.is_symmetric(a) {
            return a;
        }
        let shape = self.shape(a).transposed();
        match self.node(a).clone() {
            Node::Transpose(inner) => inner,
            Node::Ones(rows, columns) => self.ones(&Shape::matrix(columns, rows)),
            Node::Zeros(..) => self.zeros(&shape),
            Node::Commutation(m, n) => self.commutation(&n, &m),
            Node::Sum(terms) if terms.len() == 1 => {
                let transposed = self.transpose(terms[0].id);
                self.scale_by(&terms[0].coefficient, transposed)
            }
            Node::Scale { scalar, matrix } => {
                let transposed = self.transpose(matrix);
                self.multiply(scalar, transposed)
            }
            Node::Product(factors) => {
                let reversed: Vec<Id> =
                    factors.iter().rev().map(|factor| self.transpose(*factor)).collect();
                self.product(&reversed)
            }
            Node::Kronecker(x, y) => {
                let (x, y) = (self.transpose(x), self.transpose(y));
                self.kronecker(x, y)
            }
            // Σ Aᵢ turned: the sign stands inside, as for a product.
            Node::SumOver(range, body) => {
                let turned = self.transpose(body);
                self.sum_over(&range, turned)
            }
            Node::Number(_)
            | Node::Size(_)
            | Node::Variable(_)
            | Node::Identity(_)
            | Node::Selection(_)
            | Node::Sum(_)
            | Node::Hadamard(_)
            | Node::Inverse(_)
            | Node::MatrixPower(..)
            | Node::Trace(_)
            | Node::Determinant(_)
            | Node::Total(_)
            | Node::Diagonal(_)
            | Node::DiagonalOf(_)
            | Node::Vectorize(_)
            | Node::Family(_)
            | Node::Element(..)
            | Node::Tensor { .. }
            | Node::Apply { .. } => self.intern(Node::Transpose(a), shape),
        }
    }

    /// Whether the value is normal the other way round: a transpose, and for a column also what a row makes of transposes only,
    /// such as BᵀAᵀ for a row A. A variable that is declared as a row, and what is made of such rows, are normal as rows; all
    /// other vectors are normal as columns.
    ///
    /// The constructors that move a transpose from operands to results (sums, entrywise products and functions) bring vectors
    /// into columns first and ask this of the column's operands, once; what they find decides, and is never asked of the result
    /// again. So a value and its transpose share one node, and no two constructors hand a row back and forth: every call ends
    /// after at most one change to the column and one back, each of which only transposes operands, which are made already.
    pub(super) fn hangs(&self, id: Id) -> bool {
        if !self.shape(id).is_column() {
            return matches!(self.node(id), Node::Transpose(_));
        }
        let mut core = id;
        loop {
            match self.node(core) {
                Node::Scale { matrix, .. } | Node::SumOver(_, matrix) => core = *matrix,
                Node::Sum(terms) if terms.len() == 1 => core = terms[0].id,
                Node::Transpose(_) => return true,
                Node::Product(factors) => {
                    let turned = |factor: &Id| self.as_transpose(*factor).is_some();
                    return factors.last().is_some_and(turned)
                        && factors
                            .iter()
                            .all(|factor| turned(factor) || self.is_symmetric(*factor));
                }
                _ => return false,
            }
        }
    }

    /// The operand of a transpose, when the node is one.
    pub fn as_transpose(&self, id: Id) -> Option<Id> {
        match self.node(id) {
            Node::Transpose(inner) => Some(*inner),
            _ => None,
        }
    }

    /// A⁻¹ of a square matrix, 1/a of a scalar.
    pub fn inverse(&mut self, a: Id) -> Id {
        let shape = self.shape(a).clone();
        if shape.is_scalar() {
            return self.power_of(a, &number::integer(-1));
        }
        if self.properties(a).has(Property::Orthogonal) {
            return self.transpose(a);
        }
        match self.node(a).clone() {
            Node::Identity(_) => a,
            Node::Inverse(inner) => inner,
            Node::Transpose(inner) => {
                let inverse = self.inverse(inner);
                self.transpose(inverse)
            }
            Node::Sum(terms) if terms.len() == 1 => {
                let inverse = self.inverse(terms[0].id);
                self.scale_by(&reciprocal(&terms[0].coefficient), inverse)
            }
            Node::Scale { scalar, matrix } => {
                let (scalar, matrix) = (self.inverse(scalar), self.inverse(matrix));
                self.multiply(scalar, matrix)
            }
            Node::Product(factors)
                if factors.iter().all(|factor| self.shape(*factor).is_square()) =>
            {
                let reversed: Vec<Id> =
                    factors.iter().rev().map(|factor| self.inverse(*factor)).collect();
                self.product(&reversed)
            }
            Node::Kronecker(x, y) if self.shape(x).is_square() && self.shape(y).is_square() => {
                let (x, y) = (self.inverse(x), self.inverse(y));
                self.kronecker(x, y)
            }
            Node::Diagonal(v) => {
                let inverse = self.power_of(v, &number::integer(-1));
                self.diagonal(inverse)
            }
            Node::Number(_)
            | Node::Size(_)
            | Node::Variable(_)
            | Node::Family(_)
            | Node::Element(..)
            | Node::SumOver(..)
            | Node::Tensor { .. }
            | Node::Ones(..)
            | Node::Zeros(..)
            | Node::Commutation(..)
            | Node::Selection(_)
            | Node::Sum(_)
            | Node::Product(_)
            | Node::Hadamard(_)
            | Node::MatrixPower(..)
            | Node::Trace(_)
            | Node::Determinant(_)
            | Node::Total(_)
            | Node::Kronecker(..)
            | Node::DiagonalOf(_)
            | Node::Vectorize(_)
            | Node::Apply { .. } => self.intern(Node::Inverse(a), shape),
        }
    }

    /// A^k for a whole k: a product, the inverse's product for k < 0, the identity for k = 0.
    pub fn whole_matrix_power(&mut self, a: Id, exponent: i64) -> Id {
        if self.shape(a).is_scalar() {
            return self.power_of(a, &number::integer(exponent));
        }
        if exponent == 0 {
            let size = self.shape(a).rows();
            return self.identity(&size);
        }
        let base = if exponent < 0 { self.inverse(a) } else { a };
        let factors = vec![base; usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX)];
        self.product(&factors)
    }

    /// A^k for a scalar expression k.
    pub fn matrix_power(&mut self, a: Id, exponent: Id) -> Id {
        let whole = self.as_number(exponent).and_then(number::to_i64);
        match whole {
            Some(k) => self.whole_matrix_power(a, k),
            None if self.shape(a).is_scalar() => self.power(a, exponent),
            None => {
                let shape = self.shape(a).clone();
                self.intern(Node::MatrixPower(a, exponent), shape)
            }
        }
    }
}

fn reciprocal(value: &Rational) -> Rational {
    value.recip()
}
