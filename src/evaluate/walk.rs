//! The value of expressions at a point.
//!
//! One pass over the reachable nodes, children first; every node is computed once.

use std::collections::BTreeMap;

use super::{EvaluateError, Number, Point, extent, extents, window};
use crate::expression::{Id, Node, Power, Store, Term};
use crate::function::{Form, FunctionId};
use crate::kernel::{self, Array};
use crate::number::{self, Rational};
use crate::shape::{Dimension, Name, Shape};

/// Values with more entries are refused.
const LARGEST: usize = 1 << 26;

/// The values of the roots. What has no value as a number (a logarithm of a negative number, the inverse of a singular matrix) is NaN,
/// not an error.
pub fn evaluate<T: Number>(
    store: &Store,
    roots: &[Id],
    point: &Point<T>,
) -> Result<Vec<Array<T>>, EvaluateError> {
    let last = roots.iter().map(|root| root.index()).max().unwrap_or(0);
    let mut walk = Walk { store, point, values: vec![None; last + 1] };
    for id in store.reachable(roots) {
        let value = walk.node(id)?;
        walk.values[id.index()] = Some(value);
    }
    roots.iter().map(|root| walk.of(*root).cloned()).collect()
}

/// The values found so far.
struct Walk<'a, T> {
    store: &'a Store,
    point: &'a Point<T>,
    values: Vec<Option<Array<T>>>,
}

impl<T: Number> Walk<'_, T> {
    fn sizes(&self) -> &BTreeMap<Name, i64> {
        &self.point.sizes
    }

    fn of(&self, id: Id) -> Result<&Array<T>, EvaluateError> {
        self.values[id.index()].as_ref().ok_or_else(|| self.inconsistent(id))
    }

    fn number(&self, id: Id) -> Result<T, EvaluateError> {
        match self.of(id)?.data.as_slice() {
            [value] => Ok(*value),
            _ => Err(self.inconsistent(id)),
        }
    }

    fn inconsistent(&self, id: Id) -> EvaluateError {
        EvaluateError::Inconsistent {
            operator: operator(self.store.node(id)),
            node: id.index(),
            expected: self.store.shape(id).clone(),
        }
    }

    fn check(&self, id: Id, condition: bool) -> Result<(), EvaluateError> {
        if condition { Ok(()) } else { Err(self.inconsistent(id)) }
    }

    /// The value of a node whose operands have theirs; its shape is the node's.
    fn node(&self, id: Id) -> Result<Array<T>, EvaluateError> {
        let shape = self.store.shape(id);
        let (rows, columns) = extents(shape, self.sizes())?;
        if rows.saturating_mul(columns) > LARGEST {
            return Err(EvaluateError::TooLarge(shape.clone()));
        }
        let value = self.operator(id, rows, columns)?;
        self.check(id, (value.rows, value.columns) == (rows, columns))?;
        Ok(value)
    }

    fn operator(&self, id: Id, rows: usize, columns: usize) -> Result<Array<T>, EvaluateError> {
        Ok(match self.store.node(id) {
            Node::Number(value) => Array::scalar(constant(value)),
            Node::Size(size) => Array::scalar(self.size(size)?),
            Node::Variable(name) => {
                return self.variable(name, self.store.shape(id), rows, columns);
            }
            Node::Identity(_) => Array::identity(rows),
            Node::Ones(..) => Array::filled(rows, columns, T::constant(1.0)),
            Node::Zeros(..) => Array::zeros(rows, columns),
            Node::Commutation(m, n) => {
                kernel::commutation(extent(m, self.sizes())?, extent(n, self.sizes())?)
            }
            Node::Sum(terms) => return self.sum(id, terms, rows, columns),
            Node::Product(factors) => return self.product(id, factors),
            Node::Scale { scalar, matrix } => {
                let factor = self.number(*scalar)?;
                self.of(*matrix)?.map(|x| factor * x)
            }
            Node::Hadamard(powers) => return self.hadamard(id, powers, rows, columns),
            Node::Transpose(a) => kernel::transpose(self.of(*a)?),
            Node::Inverse(a) => kernel::inverse(self.square(*a)?),
            Node::MatrixPower(a, exponent) => self.matrix_power(*a, self.number(*exponent)?)?,
            Node::Trace(a) => Array::scalar(kernel::trace(self.square(*a)?)),
            Node::Determinant(a) => Array::scalar(kernel::determinant(self.square(*a)?)),
            Node::Total(a) => Array::scalar(kernel::total(self.of(*a)?)),
            Node::Diagonal(a) => kernel::diagonal(self.of(*a)?),
            Node::DiagonalOf(a) => kernel::diagonal_of(self.square(*a)?),
            Node::Vectorize(a) => {
                let data = self.of(*a)?.data.clone();
                Array { rows: data.len(), columns: 1, data }
            }
            Node::Kronecker(a, b) => kernel::kronecker(self.of(*a)?, self.of(*b)?),
            Node::Family(_) | Node::Element(..) | Node::SumOver(..) => {
                return Err(self.inconsistent(id));
            }
            Node::Tensor { operation, operands } => {
                let values: Result<Vec<_>, EvaluateError> = operands
                    .iter()
                    .map(|operand| Ok((self.of(*operand)?, self.store.shape(*operand))))
                    .collect();
                let shape = self.store.shape(id);
                let data = window::value(operation, &values?, shape, self.sizes())?;
                self.check(id, data.len() == rows * columns)?;
                Array { rows, columns, data }
            }
            Node::Apply { function, arguments } => return self.apply(id, *function, arguments),
        })
    }

    fn size(&self, size: &Dimension) -> Result<T, EvaluateError> {
        let value = size.evaluate(&|name| self.sizes().get(name).copied());
        #[allow(clippy::cast_precision_loss)]
        value
            .map(|value| T::constant(value as f64))
            .ok_or_else(|| EvaluateError::Size(size.clone()))
    }

    fn variable(
        &self,
        name: &Name,
        shape: &Shape,
        rows: usize,
        columns: usize,
    ) -> Result<Array<T>, EvaluateError> {
        let value = self
            .point
            .values
            .get(name)
            .ok_or_else(|| EvaluateError::MissingVariable(name.clone()))?;
        if (value.rows, value.columns, value.data.len()) == (rows, columns, rows * columns) {
            return Ok(value.clone());
        }
        Err(EvaluateError::VariableShape {
            name: name.clone(),
            expected: shape.clone(),
            found_rows: value.rows,
            found_columns: value.columns,
        })
    }

    fn square(&self, id: Id) -> Result<&Array<T>, EvaluateError> {
        let value = self.of(id)?;
        self.check(id, value.rows == value.columns)?;
        Ok(value)
    }

    /// Σ cᵢ Tᵢ
    fn sum(
        &self,
        id: Id,
        terms: &[Term],
        rows: usize,
        columns: usize,
    ) -> Result<Array<T>, EvaluateError> {
        let mut sum = Array::zeros(rows, columns);
        for term in terms {
            let value = self.of(term.id)?;
            self.check(id, (value.rows, value.columns) == (rows, columns))?;
            let coefficient = constant::<T>(&term.coefficient);
            for (entry, x) in sum.data.iter_mut().zip(&value.data) {
                *entry += coefficient * *x;
            }
        }
        Ok(sum)
    }

    /// A₁ A₂ …, from the side that keeps intermediate results small.
    fn product(&self, id: Id, factors: &[Id]) -> Result<Array<T>, EvaluateError> {
        for pair in factors.windows(2) {
            self.check(id, self.of(pair[0])?.columns == self.of(pair[1])?.rows)?;
        }
        let [first, middle @ .., last] = factors else { return Err(self.inconsistent(id)) };
        let (first, last) = (self.of(*first)?, self.of(*last)?);
        if first.rows <= last.columns {
            let mut product = first.clone();
            for factor in middle {
                product = kernel::product(&product, self.of(*factor)?);
            }
            Ok(kernel::product(&product, last))
        } else {
            let mut product = last.clone();
            for factor in middle.iter().rev() {
                product = kernel::product(self.of(*factor)?, &product);
            }
            Ok(kernel::product(first, &product))
        }
    }

    /// a₁^p₁ ⊙ a₂^p₂ ⊙ …
    fn hadamard(
        &self,
        id: Id,
        powers: &[Power],
        rows: usize,
        columns: usize,
    ) -> Result<Array<T>, EvaluateError> {
        let mut product = Array::filled(rows, columns, T::constant(1.0));
        for power in powers {
            let base = self.of(power.base)?;
            self.check(id, (base.rows, base.columns) == (rows, columns))?;
            let exponent = self.exponent(power.exponent)?;
            for (entry, x) in product.data.iter_mut().zip(&base.data) {
                *entry *= exponent.raise(*x);
            }
        }
        Ok(product)
    }

    fn exponent(&self, id: Id) -> Result<Exponent<T>, EvaluateError> {
        if let Some(value) = self.store.as_number(id) {
            if let Some(whole) = number::to_i64(value).and_then(|n| i32::try_from(n).ok()) {
                return Ok(Exponent::Whole(whole));
            }
            let halves = number::to_i64(&(value * number::integer(2)));
            if let Some(halves) = halves.and_then(|n| i32::try_from(n).ok()) {
                return Ok(Exponent::Halves(halves));
            }
        }
        self.number(id).map(Exponent::Other)
    }

    /// A^k: whole k by squaring, NaN otherwise.
    fn matrix_power(&self, a: Id, exponent: T) -> Result<Array<T>, EvaluateError> {
        let base = self.square(a)?;
        let k = exponent.real();
        #[allow(clippy::cast_possible_truncation)]
        let whole = k as i32;
        if k.fract() == 0.0 && k.abs() < 1e6 {
            return Ok(kernel::matrix_power(base, whole));
        }
        Ok(Array::filled(base.rows, base.columns, T::constant(f64::NAN)))
    }

    /// A row of the function table.
    fn apply(
        &self,
        id: Id,
        function: FunctionId,
        arguments: &[Id],
    ) -> Result<Array<T>, EvaluateError> {
        let row = function.row();
        self.check(id, arguments.len() == row.arity())?;
        let values = arguments.iter().map(|id| self.of(*id)).collect::<Result<Vec<_>, _>>()?;
        Ok(match &row.form {
            Form::Entrywise { kernel, .. } => values[0].map(T::entrywise(kernel)),
            Form::Array { kernel, .. } => T::array(kernel)(&values),
        })
    }
}

/// An exponent that all entries of a power share.
enum Exponent<T> {
    Whole(i32),
    /// n/2: √x to the n.
    Halves(i32),
    Other(T),
}

impl<T: Number> Exponent<T> {
    fn raise(&self, x: T) -> T {
        match self {
            Self::Whole(1) => x,
            Self::Whole(n) => x.powi(*n),
            Self::Halves(n) => x.sqrt().powi(*n),
            Self::Other(y) => x.powf(*y),
        }
    }
}

fn constant<T: Number>(value: &Rational) -> T {
    T::constant(number::to_f64(value))
}

/// What kind of node, for messages.
fn operator(node: &Node) -> &'static str {
    match node {
        Node::Number(_) => "number",
        Node::Size(_) => "size",
        Node::Variable(_) => "variable",
        Node::Identity(_) => "identity",
        Node::Ones(..) => "matrix of ones",
        Node::Zeros(..) => "zero matrix",
        Node::Commutation(..) => "commutation matrix",
        Node::Sum(_) => "sum",
        Node::Product(_) => "product",
        Node::Scale { .. } => "scalar multiple",
        Node::Hadamard(_) => "entrywise product",
        Node::Transpose(_) => "transpose",
        Node::Inverse(_) => "inverse",
        Node::MatrixPower(..) => "matrix power",
        Node::Trace(_) => "trace",
        Node::Determinant(_) => "determinant",
        Node::Total(_) => "sum of entries",
        Node::Diagonal(_) => "diagonal matrix",
        Node::DiagonalOf(_) => "diagonal",
        Node::Vectorize(_) => "vectorisation",
        Node::Kronecker(..) => "Kronecker product",
        Node::Family(_) => "family",
        Node::Element(..) => "element of a family",
        Node::SumOver(..) => "sum over an index",
        Node::Tensor { .. } => "operation on tensors",
        Node::Apply { .. } => "function",
    }
}
