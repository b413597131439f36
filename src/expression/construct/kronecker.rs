//! vec, Kronecker products, commutation matrices, and the laws between them (Magnus & Neudecker, ch. 2–3).

use crate::expression::{Id, Node, Store, TensorOperation};
use crate::shape::{Dimension, Shape};

impl Store {
    /// vec A, column by column.
    pub fn vectorize(&mut self, a: Id) -> Id {
        let shape = self.shape(a).clone();
        if shape.is_scalar() || shape.is_column() {
            return a;
        }
        if shape.is_row() {
            return self.transpose(a);
        }
        let column = Shape::matrix(shape.rows().times(&shape.columns()), Dimension::one());
        match self.node(a).clone() {
            Node::Zeros(..) => self.zeros(&column),
            Node::Sum(terms) if terms.len() == 1 => {
                let inner = self.vectorize(terms[0].id);
                self.scale_by(&terms[0].coefficient, inner)
            }
            Node::Scale { scalar, matrix } => {
                let inner = self.vectorize(matrix);
                self.multiply(scalar, inner)
            }
            _ if self.is_ones(a) => self.ones(&column),
            Node::Tensor { operation, operands }
                if matches!(*operation, TensorOperation::Reshape(_)) =>
            {
                self.reshape(operands[0], &column)
            }
            Node::Product(factors) => match self.outer_product(&factors) {
                // vec(u vᵀ) = v ⊗ u
                Some((u, v)) => self.kronecker(v, u),
                None => self.intern(Node::Vectorize(a), column),
            },
            _ => self.intern(Node::Vectorize(a), column),
        }
    }

    /// A ⊗ B
    pub fn kronecker(&mut self, a: Id, b: Id) -> Id {
        let (x, y) = (self.shape(a).clone(), self.shape(b).clone());
        if x.is_scalar() || y.is_scalar() {
            return self.multiply(a, b);
        }
        let shape = Shape::matrix(x.rows().times(&y.rows()), x.columns().times(&y.columns()));
        match (self.node(a).clone(), self.node(b).clone()) {
            (Node::Zeros(..), _) | (_, Node::Zeros(..)) => self.zeros(&shape),
            (Node::Identity(m), Node::Identity(n)) => self.identity(&m.times(&n)),
            (Node::Sum(terms), _) if terms.len() == 1 => {
                let inner = self.kronecker(terms[0].id, b);
                self.scale_by(&terms[0].coefficient, inner)
            }
            (_, Node::Sum(terms)) if terms.len() == 1 => {
                let inner = self.kronecker(a, terms[0].id);
                self.scale_by(&terms[0].coefficient, inner)
            }
            (Node::Scale { scalar, matrix }, _) => {
                let inner = self.kronecker(matrix, b);
                self.multiply(scalar, inner)
            }
            (_, Node::Scale { scalar, matrix }) => {
                let inner = self.kronecker(a, matrix);
                self.multiply(scalar, inner)
            }
            _ if self.is_ones(a) && self.is_ones(b) => self.ones(&shape),
            _ if x.is_column() && y.is_row() => self.product(&[a, b]),
            _ if x.is_row() && y.is_column() => self.product(&[b, a]),
            (_, Node::Kronecker(c, d)) => {
                let inner = self.kronecker(a, c);
                self.kronecker(inner, d)
            }
            _ => self.intern(Node::Kronecker(a, b), shape),
        }
    }

    /// u and v of a product u·vᵀ that comes apart where an inner size is 1.
    fn outer_product(&mut self, factors: &[Id]) -> Option<(Id, Id)> {
        let cut = (1..factors.len()).find(|at| self.shape(factors[*at]).rows().is_one())?;
        let left = self.product(&factors[..cut]);
        let right = self.product(&factors[cut..]);
        Some((left, self.transpose(right)))
    }

    /// What two neighbours in a product come to when a Kronecker product, a vec or a commutation matrix is among them, if anything.
    pub(super) fn merge_kronecker(&mut self, left: Id, right: Id) -> Option<Id> {
        match (self.node(left).clone(), self.node(right).clone()) {
            (Node::Kronecker(a, b), Node::Kronecker(c, d)) => {
                if self.fits(a, c) && self.fits(b, d) {
                    // (A ⊗ B)(C ⊗ D) = AC ⊗ BD
                    let (left, right) = (self.multiply(a, c), self.multiply(b, d));
                    return Some(self.kronecker(left, right));
                }
                None
            }
            (Node::Kronecker(a, b), Node::Vectorize(c)) => self.vec_of_product(a, b, c),
            (Node::Transpose(row), Node::Kronecker(..)) => {
                let Node::Vectorize(_) = self.node(row) else {
                    return self.absorb_on_the_left(left, right);
                };
                let turned = self.transpose(right);
                let column = self.merge_kronecker(turned, row)?;
                Some(self.transpose(column))
            }
            (Node::Commutation(m, n), Node::Vectorize(a)) => {
                let shape = self.shape(a);
                (shape.rows() == m && shape.columns() == n).then(|| {
                    // K vec(A) = vec(Aᵀ)
                    let turned = self.transpose(a);
                    self.vectorize(turned)
                })
            }
            (Node::Commutation(p, m), Node::Kronecker(a, b)) => {
                let (x, y) = (self.shape(a).clone(), self.shape(b).clone());
                (x.rows() == m && y.rows() == p).then(|| {
                    // K(A ⊗ B) = (B ⊗ A)K
                    let swapped = self.kronecker(b, a);
                    let turn = self.commutation(&y.columns(), &x.columns());
                    self.multiply(swapped, turn)
                })
            }
            (Node::Commutation(m, n), Node::Diagonal(v)) => {
                let Node::Vectorize(a) = *self.node(v) else { return None };
                let shape = self.shape(a);
                (shape.rows() == m && shape.columns() == n).then(|| {
                    // K diag(vec A) = diag(vec Aᵀ) K
                    let turned = self.transpose(a);
                    let column = self.vectorize(turned);
                    let diagonal = self.diagonal(column);
                    let turn = self.commutation(&m, &n);
                    self.product(&[diagonal, turn])
                })
            }
            (Node::Kronecker(b, a), Node::Commutation(q, n)) => {
                // (B ⊗ A)K = K(A ⊗ B), where K on the left is the identity.
                let (x, y) = (self.shape(a).clone(), self.shape(b).clone());
                let one_row = x.rows().is_one() || y.rows().is_one();
                (one_row && x.columns() == n && y.columns() == q).then(|| self.kronecker(a, b))
            }
            (Node::Kronecker(..), _) => self.absorb_on_the_right(left, right),
            (_, Node::Kronecker(..)) => self.absorb_on_the_left(left, right),
            _ => None,
        }
    }

    /// (a ⊗ B)F = a ⊗ BF and (A ⊗ b)F = AF ⊗ b for columns a and b.
    fn absorb_on_the_right(&mut self, left: Id, right: Id) -> Option<Id> {
        let Node::Kronecker(a, b) = *self.node(left) else { return None };
        if self.shape(a).is_column() {
            let inner = self.multiply(b, right);
            return Some(self.kronecker(a, inner));
        }
        if self.shape(b).is_column() {
            let inner = self.multiply(a, right);
            return Some(self.kronecker(inner, b));
        }
        None
    }

    /// F(a ⊗ B) = a ⊗ FB and F(A ⊗ b) = FA ⊗ b for rows a and b.
    fn absorb_on_the_left(&mut self, left: Id, right: Id) -> Option<Id> {
        let Node::Kronecker(a, b) = *self.node(right) else { return None };
        if self.shape(a).is_row() {
            let inner = self.multiply(left, b);
            return Some(self.kronecker(a, inner));
        }
        if self.shape(b).is_row() {
            let inner = self.multiply(left, a);
            return Some(self.kronecker(inner, b));
        }
        None
    }

    /// (Bᵀ ⊗ A) vec(C) = vec(ACB)
    fn vec_of_product(&mut self, bt: Id, a: Id, c: Id) -> Option<Id> {
        if !self.fits(a, c) || self.shape(bt).columns() != self.shape(c).columns() {
            return None;
        }
        let b = self.transpose(bt);
        let product = self.product(&[a, c, b]);
        Some(self.vectorize(product))
    }

    /// Whether the columns of one are the rows of the other.
    fn fits(&self, left: Id, right: Id) -> bool {
        self.shape(left).columns() == self.shape(right).rows()
    }
}
