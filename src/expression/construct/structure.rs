//! diag: vector → diagonal matrix, matrix → its diagonal.

use crate::expression::{Id, Node, Power, Property, Store, Term};
use crate::function::Domain;
use crate::number;
use crate::shape::{Dimension, Shape};

/// Expressions nest at most so deep for a diagonal to be taken inside.
pub(super) const DEEPEST: usize = 16;

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
        self.diagonal_inside(a, DEEPEST)
    }

    fn diagonal_inside(&mut self, a: Id, depth: usize) -> Id {
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
                let inner = self.diagonal_inside(terms[0].id, depth);
                self.scale_by(&terms[0].coefficient, inner)
            }
            Node::Scale { scalar, matrix } => {
                let inner = self.diagonal_inside(matrix, depth);
                self.multiply(scalar, inner)
            }
            Node::Product(factors) => self.diagonal_of_product(a, &factors, &column),
            // Entries beside the diagonal need not exist: diag(A .^ p) = diag(A) .^ p also where A has negative entries there.
            Node::Sum(terms) if self.is_partial(a, depth) => {
                let inner = |term: &Term| {
                    (term.coefficient.clone(), self.diagonal_inside(term.id, depth - 1))
                };
                let terms = terms.iter().map(inner).collect();
                self.sum(terms, &column)
            }
            Node::Hadamard(powers) if self.is_partial(a, depth) => {
                let inner = |power: &Power| Power {
                    base: self.diagonal_inside(power.base, depth - 1),
                    exponent: power.exponent,
                };
                let powers: Vec<Power> = powers.iter().map(inner).collect();
                self.power_product(&powers, &column)
            }
            Node::Apply { function, arguments } if self.is_partial(a, depth) => {
                let inner = self.diagonal_inside(arguments[0], depth - 1);
                self.apply(function, &[inner], &column)
            }
            _ => self.intern(Node::DiagonalOf(a), column),
        }
    }

    /// Whether a value is made entry by entry, and some of its entries may not exist while others do: of a logarithm, a root, a
    /// quotient. Sums, entrywise products and functions are looked into, no deeper than `depth`.
    pub(super) fn is_partial(&self, id: Id, depth: usize) -> bool {
        let Some(below) = depth.checked_sub(1) else { return false };
        match self.node(id) {
            Node::Sum(terms) => terms.iter().any(|term| self.is_partial(term.id, below)),
            Node::Hadamard(powers) => powers.iter().any(|power| {
                let whole = self.as_number(power.exponent).and_then(number::to_i64);
                whole.is_none_or(|exponent| exponent < 0) || self.is_partial(power.base, below)
            }),
            Node::Apply { function, arguments } if function.is_entrywise() => {
                function.row().domain != Domain::Real
                    || arguments.first().is_some_and(|argument| self.is_partial(*argument, below))
            }
            _ => false,
        }
    }

    /// diag(v) ⊙ B = diag(v ⊙ diag(B)) where entries of B beside the diagonal need not exist; none where there is no such B.
    pub(super) fn masked(&mut self, powers: &[Power], shape: &Shape) -> Option<Id> {
        let is_mask = |store: &Self, power: &Power| {
            matches!(store.node(power.base), Node::Identity(_) | Node::Diagonal(_))
                && store.as_number(power.exponent).is_some_and(num_traits::Signed::is_positive)
        };
        let partial = |store: &Self, power: &Power| {
            let whole = store.as_number(power.exponent).and_then(number::to_i64);
            whole.is_none_or(|exponent| exponent < 0) || store.is_partial(power.base, DEEPEST)
        };
        let is_masked = powers.iter().any(|power| is_mask(self, power))
            && powers.iter().any(|power| !is_mask(self, power) && partial(self, power));
        if !is_masked {
            return None;
        }
        let column = Shape::matrix(shape.rows(), Dimension::one());
        let inner =
            |power: &Power| Power { base: self.diagonal_of(power.base), exponent: power.exponent };
        let powers: Vec<Power> = powers.iter().map(inner).collect();
        let diagonal = self.power_product(&powers, &column);
        Some(self.diagonal(diagonal))
    }

    /// Whether some entries are 0 for their place alone, so that no quotient by them exists.
    pub(super) fn has_fixed_zeros(&self, id: Id) -> bool {
        let facts = self.properties(id);
        !self.shape(id).is_scalar() && (facts.has(Property::Lower) || facts.has(Property::Upper))
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
