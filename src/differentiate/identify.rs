//! From a differential to the matrix of the linear map: vec(dF) = J vec(dX) (Magnus & Neudecker, the identification theorems).
//!
//! Bottom-up over the expression dF, which is linear in dX, each operator maps the matrix of its operand to its own:
//!
//! | L(dX) | matrix of L |
//! |---|---|
//! | dX | I |
//! | A·L·B | (Bᵀ ⊗ A)·J |
//! | Lᵀ | K·J |
//! | C ⊙ L | diag(vec C)·J |
//! | tr(Gᵀ dX)·C | vec(C)·vec(G)ᵀ |
//! | A·diag(L)·B | ((Bᵀ ⊗ 1) ⊙ (1 ⊗ A))·J, the column-wise Khatri-Rao product |
//! | diag(A·L·B) | ((Bᵀ ⊗ 1ᵀ) ⊙ (1ᵀ ⊗ A))·J, the row-wise one; (A ⊙ Bᵀ)·J(v) where L = diag(v) |
//! | C ⊗ L | (I ⊗ K ⊗ I)(vec(C) ⊗ I)·J |
//! | Σ Xⁱ L X^(k−1−i) | Σ ((X^(k−1−i))ᵀ ⊗ Xⁱ)·J |
//! | X of S X + X S = L | (I ⊗ S + Sᵀ ⊗ I)⁻¹·J |
//! | a triangle of L | diag(vec of that triangle of ones)·J |
//!
//! Between vectors the Kronecker factors are 1, and what remains is the ordinary matrix.

use std::collections::BTreeMap;

use super::DifferentiateError;
use super::sweep::{gradients, not_supported};
use crate::expression::{Id, Node, Power, Store};
use crate::function::{self, FunctionId};
use crate::shape::{Dimension, Shape};

/// J with vec(L) = J·vec(D) for an expression L that is linear in the variable D; for a scalar D the derivative itself, of L's shape.
pub fn matrix_of_map(
    store: &mut Store,
    linear: Id,
    direction: Id,
) -> Result<Id, DifferentiateError> {
    if store.shape(direction).is_scalar() {
        let one = store.integer(1);
        return Ok(store.substitute(linear, &[(direction, one)]));
    }
    let columns = entries(store, direction);
    let mut identify =
        Identify { store, direction, columns, depends: Vec::new(), images: BTreeMap::new() };
    identify.walk(linear)
}

/// How many entries the value has.
fn entries(store: &Store, id: Id) -> Dimension {
    let shape = store.shape(id);
    shape.rows().times(&shape.columns())
}

struct Identify<'a> {
    store: &'a mut Store,
    direction: Id,
    /// How many entries the direction has.
    columns: Dimension,
    /// Whether a node depends on the direction; grows with the store.
    depends: Vec<bool>,
    /// The matrices found so far.
    images: BTreeMap<Id, Id>,
}

/// The matrix of a node, or the operands whose matrices are needed first.
type Matrix = Result<Id, Vec<Id>>;

impl Identify<'_> {
    fn walk(&mut self, root: Id) -> Result<Id, DifferentiateError> {
        let mut open = vec![root];
        while let Some(id) = open.last().copied() {
            if self.images.contains_key(&id) {
                open.pop();
                continue;
            }
            match self.matrix(id)? {
                Ok(matrix) => {
                    self.images.insert(id, matrix);
                    open.pop();
                }
                Err(operands) => open.extend(operands),
            }
        }
        Ok(self.images[&root])
    }

    fn depends(&mut self, id: Id) -> bool {
        while self.depends.len() <= id.index() {
            let next = self.store.nth(self.depends.len());
            let mut found = next == self.direction;
            self.store.node(next).for_each_child(|child| found |= self.depends[child.index()]);
            self.depends.push(found);
        }
        self.depends[id.index()]
    }

    /// The operand's matrix, or that it is needed first.
    fn known(&self, operand: Id) -> Matrix {
        self.images.get(&operand).copied().ok_or_else(|| vec![operand])
    }

    fn matrix(&mut self, id: Id) -> Result<Matrix, DifferentiateError> {
        if id == self.direction {
            return Ok(Ok(self.store.identity(&self.columns)));
        }
        if !self.depends(id) {
            // Linear and constant: zero.
            let shape = Shape::matrix(entries(self.store, id), self.columns.clone());
            return Ok(Ok(self.store.zeros(&shape)));
        }
        if self.store.shape(id).is_scalar() {
            return self.functional(id).map(Ok);
        }
        match self.store.node(id).clone() {
            Node::Sum(terms) => {
                let missing: Vec<Id> = terms
                    .iter()
                    .map(|term| term.id)
                    .filter(|term| !self.images.contains_key(term))
                    .collect();
                if !missing.is_empty() {
                    return Ok(Err(missing));
                }
                let shape = Shape::matrix(entries(self.store, id), self.columns.clone());
                let terms =
                    terms.iter().map(|term| (term.coefficient.clone(), self.images[&term.id]));
                let terms = terms.collect();
                Ok(Ok(self.store.sum(terms, &shape)))
            }
            Node::Product(factors) => self.chain(id, &factors),
            Node::Scale { scalar, matrix } if self.depends(scalar) => {
                Ok(self.known(scalar).map(|row| {
                    let column = self.store.vectorize(matrix);
                    self.store.multiply(column, row)
                }))
            }
            Node::Scale { scalar, matrix } => {
                Ok(self.known(matrix).map(|inner| self.store.multiply(scalar, inner)))
            }
            Node::Hadamard(powers) => self.hadamard(id, &powers),
            Node::Transpose(a) => Ok(self.known(a).map(|inner| {
                let shape = self.store.shape(a).clone();
                let turn = self.store.commutation(&shape.rows(), &shape.columns());
                self.store.multiply(turn, inner)
            })),
            Node::SumOver(range, body) => {
                Ok(self.known(body).map(|inner| self.store.sum_over(&range, inner)))
            }
            Node::Vectorize(a) => Ok(self.known(a)),
            Node::Diagonal(v) => {
                let size = self.store.shape(v).rows();
                let identity = self.store.identity(&size);
                Ok(self.known(v).map(|inner| {
                    let columns = self.column_wise(identity, identity);
                    self.store.multiply(columns, inner)
                }))
            }
            Node::DiagonalOf(a) => self.diagonal_of(a),
            Node::Kronecker(a, b) => Ok(self.kronecker(a, b)),
            Node::Apply { function, arguments } => self
                .power(function, &arguments)
                .or_else(|| self.linear(function, &arguments))
                .unwrap_or_else(|| Err(not_supported_as_matrix(function.row().name))),
            Node::Number(_)
            | Node::Size(_)
            | Node::Variable(_)
            | Node::Identity(_)
            | Node::Ones(..)
            | Node::Zeros(..)
            | Node::Commutation(..)
            | Node::Selection(_)
            | Node::Family(_)
            | Node::Element(..)
            | Node::Tensor { .. }
            | Node::Inverse(_)
            | Node::MatrixPower(..)
            | Node::Trace(_)
            | Node::Determinant(_)
            | Node::Total(_) => Err(not_supported_as_matrix("this map")),
        }
    }

    /// vec(Σ Xⁱ L X^(k−1−i)) = Σ ((X^(k−1−i))ᵀ ⊗ Xⁱ) vec(L), where the Kronecker product is (I ⊗ X)ⁱ (Xᵀ ⊗ I)^(k−1−i).
    fn power(
        &mut self,
        function: FunctionId,
        arguments: &[Id],
    ) -> Option<Result<Matrix, DifferentiateError>> {
        let ("power_frechet", [x, inner, k]) = (function.row().name, arguments) else {
            return None;
        };
        let is_whole_positive = !self.depends(*x) && !self.depends(*k);
        let sum = function::find("power_sum").filter(|_| is_whole_positive)?;
        Some(Ok(self.known(*inner).map(|known| {
            let identity = self.store.identity(&self.store.shape(*x).rows());
            let turned = self.store.transpose(*x);
            let left = self.store.kronecker(identity, *x);
            let right = self.store.kronecker(turned, identity);
            let shape = self.store.shape(left).clone();
            let both = self.store.apply(sum, &[left, right, *k], &shape);
            self.store.multiply(both, known)
        })))
    }

    /// Rows of the table that are linear in what moves: sums along columns, triangles, the vector product, solutions of Lyapunov's
    /// equation.
    fn linear(
        &mut self,
        function: FunctionId,
        arguments: &[Id],
    ) -> Option<Result<Matrix, DifferentiateError>> {
        let (name, first) = (function.row().name, *arguments.first()?);
        let shape = self.store.shape(first).clone();
        let rows = shape.rows();
        let filled = |identify: &mut Self, triangle: &str, shape: &Shape| {
            let ones = identify.store.ones(shape);
            Some(identify.store.apply(function::find(triangle)?, &[ones], shape))
        };
        let (moving, matrix) = match (name, arguments) {
            ("cumsum" | "cumsum_back", [x]) => {
                let triangle = if name == "cumsum" { "tril" } else { "triu" };
                let square = Shape::matrix(rows.clone(), rows);
                let sums = filled(self, triangle, &square)?;
                let identity = self.store.identity(&shape.columns());
                (*x, self.store.kronecker(identity, sums))
            }
            ("tril" | "triu" | "tril_half", [x]) => {
                let kept = filled(self, name, &shape)?;
                let column = self.store.vectorize(kept);
                (*x, self.store.diagonal(column))
            }
            ("cross", [a, b]) => {
                let (moving, other) = if self.depends(*a) { (*a, *b) } else { (*b, *a) };
                let square = Shape::matrix(rows.clone(), rows);
                let matrix = function::find("cross_matrix")?;
                let matrix = self.store.apply(matrix, &[other], &square);
                // a × b is −b × a
                (moving, if moving == *a { self.store.negate(matrix) } else { matrix })
            }
            ("lyapunov", [s, x]) if !self.depends(*s) => {
                let identity = self.store.identity(&rows);
                let turned = self.store.transpose(*s);
                let left = self.store.kronecker(identity, *s);
                let right = self.store.kronecker(turned, identity);
                let both = self.store.add(&[left, right]);
                (*x, self.store.inverse(both))
            }
            _ => return None,
        };
        Some(Ok(self.known(moving).map(|inner| self.store.multiply(matrix, inner))))
    }

    /// A linear functional ⟨G, D⟩ has the matrix vec(G)ᵀ.
    fn functional(&mut self, scalar: Id) -> Result<Id, DifferentiateError> {
        let gradient = gradients(self.store, scalar, &[self.direction])?[0];
        let column = self.store.vectorize(gradient);
        Ok(self.store.transpose(column))
    }

    /// vec(A·L·B) = (Bᵀ ⊗ A) vec(L)
    fn chain(&mut self, id: Id, factors: &[Id]) -> Result<Matrix, DifferentiateError> {
        let Some(at) = (0..factors.len()).find(|at| self.depends(factors[*at])) else {
            return Err(not_supported_as_matrix("this map"));
        };
        let moving = factors[at];
        if let Some(distributed) = self.distributed(id, factors, at) {
            return Ok(self.known(distributed));
        }
        if let Node::Diagonal(v) = *self.store.node(moving) {
            return Ok(self.known(v).map(|inner| {
                let (left, right) = self.sides(factors, at);
                let right = self.store.transpose(right);
                let columns = self.column_wise(right, left);
                self.store.multiply(columns, inner)
            }));
        }
        Ok(self.known(moving).map(|inner| {
            let (left, right) = self.sides(factors, at);
            let right = self.store.transpose(right);
            let both = self.store.kronecker(right, left);
            self.store.multiply(both, inner)
        }))
    }

    /// A·(L₁ + L₂)·B with full matrices Lᵢ of a vector's differential, term by term: each term comes apart into vectors.
    fn distributed(&mut self, id: Id, factors: &[Id], at: usize) -> Option<Id> {
        let shape = self.store.shape(factors[at]).clone();
        let full = !shape.is_column() && !shape.is_row();
        if !full || !self.store.shape(self.direction).is_column() {
            return None;
        }
        let transposed = self.store.as_transpose(factors[at]);
        let terms = self.store.terms(transposed.unwrap_or(factors[at]));
        if terms.len() < 2 {
            return None;
        }
        let mut products = Vec::with_capacity(terms.len());
        for term in terms {
            let mut factors = factors.to_vec();
            factors[at] =
                if transposed.is_some() { self.store.transpose(term.id) } else { term.id };
            products.push((term.coefficient, self.store.product(&factors)));
        }
        let shape = self.store.shape(id).clone();
        let sum = self.store.sum(products, &shape);
        (sum != id).then_some(sum)
    }

    /// What stands to the left and to the right of a factor; identities where nothing does.
    fn sides(&mut self, factors: &[Id], at: usize) -> (Id, Id) {
        let (rows, columns) =
            (self.store.shape(factors[at]).rows(), self.store.shape(factors[at]).columns());
        let left = match &factors[..at] {
            [] => self.store.identity(&rows),
            left => self.store.product(left),
        };
        let right = match &factors[at + 1..] {
            [] => self.store.identity(&columns),
            right => self.store.product(right),
        };
        (left, right)
    }

    /// (A ⊗ 1) ⊙ (1 ⊗ B): column k is aₖ ⊗ bₖ.
    fn column_wise(&mut self, a: Id, b: Id) -> Id {
        let (x, y) = (self.store.shape(a).clone(), self.store.shape(b).clone());
        let below = self.store.ones(&Shape::matrix(y.rows(), Dimension::one()));
        let above = self.store.ones(&Shape::matrix(x.rows(), Dimension::one()));
        let shape = Shape::matrix(x.rows().times(&y.rows()), x.columns());
        let (left, right) = (self.store.kronecker(a, below), self.store.kronecker(above, b));
        self.store.hadamard(&[left, right], &shape)
    }

    /// C ⊙ L
    fn hadamard(&mut self, id: Id, powers: &[Power]) -> Result<Matrix, DifferentiateError> {
        let shape = self.store.shape(id).clone();
        let Some(at) = (0..powers.len()).find(|at| self.depends(powers[*at].base)) else {
            return Err(not_supported_as_matrix("this map"));
        };
        if !self.store.is_one(powers[at].exponent) {
            return Err(not_supported_as_matrix("this map"));
        }
        Ok(self.known(powers[at].base).map(|inner| {
            let mut rest = powers.to_vec();
            rest.remove(at);
            let rest = self.store.power_product(&rest, &shape);
            let column = self.store.vectorize(rest);
            let diagonal = self.store.diagonal(column);
            self.store.multiply(diagonal, inner)
        }))
    }

    /// diag(A·diag(v)·B) = (A ⊙ Bᵀ) v, and diag(A·L·B) with the row-wise Khatri-Rao product.
    fn diagonal_of(&mut self, a: Id) -> Result<Matrix, DifferentiateError> {
        let factors = self.store.factors(a);
        let Some(at) = (0..factors.len()).find(|at| self.depends(factors[*at])) else {
            return Err(not_supported_as_matrix("this map"));
        };
        if let Node::Scale { .. } | Node::Sum(_) = self.store.node(a) {
            // diag(L) of a sum: term by term.
            let terms = self.store.terms(a);
            if terms.len() > 1 {
                let shape = Shape::matrix(self.store.shape(a).rows(), Dimension::one());
                let mut parts = Vec::with_capacity(terms.len());
                for term in terms {
                    parts.push((term.coefficient, self.store.diagonal_of(term.id)));
                }
                let sum = self.store.sum(parts, &shape);
                return Ok(self.known(sum));
            }
        }
        let (left, right) = self.sides(&factors, at);
        let right = self.store.transpose(right);
        if let Node::Diagonal(v) = *self.store.node(factors[at]) {
            return Ok(self.known(v).map(|inner| {
                let shape = self.store.shape(left).clone();
                let both = self.store.hadamard(&[left, right], &shape);
                self.store.multiply(both, inner)
            }));
        }
        Ok(self.known(factors[at]).map(|inner| {
            let rows = self.row_wise(right, left);
            self.store.multiply(rows, inner)
        }))
    }

    /// (A ⊗ 1ᵀ) ⊙ (1ᵀ ⊗ B): row i is the Kronecker product of the rows i.
    fn row_wise(&mut self, a: Id, b: Id) -> Id {
        let (a, b) = (self.store.transpose(a), self.store.transpose(b));
        let columns = self.column_wise(a, b);
        self.store.transpose(columns)
    }

    /// vec(A ⊗ B) = (I ⊗ K ⊗ I)(vec(A) ⊗ vec(B)) for A: m×n, B: p×q, with K for q×m.
    fn kronecker(&mut self, a: Id, b: Id) -> Matrix {
        let (x, y) = (self.store.shape(a).clone(), self.store.shape(b).clone());
        let turn = self.store.commutation(&y.columns(), &x.rows());
        let (outer, inner) = (self.store.identity(&x.columns()), self.store.identity(&y.rows()));
        let spread = self.store.kronecker(outer, turn);
        let spread = self.store.kronecker(spread, inner);
        let both = if self.depends(a) {
            self.known(a).map(|moving| {
                let column = self.store.vectorize(b);
                let identity = self.store.identity(&entries(self.store, a));
                (self.store.kronecker(identity, column), moving)
            })
        } else {
            self.known(b).map(|moving| {
                let column = self.store.vectorize(a);
                let identity = self.store.identity(&entries(self.store, b));
                (self.store.kronecker(column, identity), moving)
            })
        };
        both.map(|(pair, moving)| {
            let spread = self.store.multiply(spread, pair);
            self.store.multiply(spread, moving)
        })
    }
}

fn not_supported_as_matrix(what: &str) -> DifferentiateError {
    not_supported(&format!("the Jacobian of {what} as a matrix"))
}
