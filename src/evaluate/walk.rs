//! The value of expressions at a point.
//!
//! Children first, without recursion; every node is computed once, and once for each value of the indices that it mentions.

use std::cell::RefCell;
use std::collections::HashSet;

use super::context::{Context, Memo, Sizes, Task};
use super::operator::operator;
use super::random::Random;
use super::{EvaluateError, LARGEST, LONGEST, Number, Point, extent, extents, indexed, window};
use crate::expression::{ExponentialSum, Id, Node, Power, Range, Selection, Store, Term};
use crate::function::{Domain, Form, FunctionId};
use crate::kernel::{self, Array};
use crate::number::{self, Rational};
use crate::shape::{Dimension, Name, Shape, element_name};

/// The values of the roots; that of a family is a column, the entries of its elements one after the other. What has no value as a number (a logarithm of a negative number, the inverse of a singular matrix) is NaN,
/// not an error.
pub fn evaluate<T: Number>(
    store: &Store,
    roots: &[Id],
    point: &Point<T>,
) -> Result<Vec<Array<T>>, EvaluateError> {
    Walk::new(store, point, None).all(roots)
}

/// The values as another machine might round them: what an operator makes is off by a few units in the last place. Where that
/// changes a result, rounding decides on it.
pub(super) fn evaluate_roughly<T: Number>(
    store: &Store,
    roots: &[Id],
    point: &Point<T>,
    random: &Random,
) -> Result<Vec<Array<T>>, EvaluateError> {
    Walk::new(store, point, Some(RefCell::new(random.clone()))).all(roots)
}

/// The values found so far.
struct Walk<'a, T> {
    store: &'a Store,
    point: &'a Point<T>,
    /// The indices of the node that is computed.
    context: Context,
    memo: Memo<T>,
    /// What waits for its operands.
    open: HashSet<Task>,
    /// Where values are rounded by chance.
    rounding: Option<RefCell<Random>>,
    /// Entries that are held, multiplications that were made.
    entries: usize,
    work: usize,
}

/// Rows of the table that cost so much an entry take a cube of the size: exponentials, singular values.
const MATRIX_FUNCTION: u32 = 50;
/// What a value costs beside its entries.
const OVERHEAD: usize = 16;
/// How far values rounded by chance are off, relative to themselves.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

impl<'a, T: Number> Walk<'a, T> {
    fn new(store: &'a Store, point: &'a Point<T>, rounding: Option<RefCell<Random>>) -> Self {
        let context = Context::default();
        let (memo, open) = (Memo::new(), HashSet::new());
        Self { store, point, context, memo, open, rounding, entries: 0, work: 0 }
    }

    fn all(mut self, roots: &[Id]) -> Result<Vec<Array<T>>, EvaluateError> {
        self.store.fault()?;
        for root in roots {
            self.find(Task { id: *root, context: Context::default() })?;
        }
        roots.iter().map(|root| self.of(*root).cloned()).collect()
    }

    /// Computes a value and all that it needs.
    fn find(&mut self, root: Task) -> Result<(), EvaluateError> {
        let mut stack = vec![root];
        let mut missing = Vec::new();
        while let Some(task) = stack.last() {
            if self.memo.get(task).is_some() {
                stack.pop();
                continue;
            }
            let given = Sizes::from(&self.point.sizes);
            indexed::operands(self.store, task, given, &mut |operand| {
                if self.memo.get(&operand).is_none() {
                    missing.push(operand);
                }
            })?;
            if missing.is_empty() {
                let task = task.clone();
                stack.pop();
                self.open.remove(&task);
                self.context = task.context.clone();
                let value = self.node(task.id)?;
                self.entries = self.entries.saturating_add(value.data.len() + OVERHEAD);
                self.memo.insert(task, value);
                continue;
            }
            if let Some(circle) = missing.iter().find(|operand| self.open.contains(operand)) {
                return Err(self.circle(circle));
            }
            self.open.insert(task.clone());
            stack.append(&mut missing);
        }
        self.context = Context::default();
        Ok(())
    }

    fn circle(&self, task: &Task) -> EvaluateError {
        EvaluateError::Circle { node: task.id.index(), shape: self.store.shape(task.id).clone() }
    }

    fn sizes(&self) -> Sizes<'_> {
        Sizes { given: &self.point.sizes, bound: Some(&self.context) }
    }

    fn of(&self, id: Id) -> Result<&Array<T>, EvaluateError> {
        let value = if self.context.is_empty() {
            self.memo.free(id)
        } else {
            self.memo.get(&Task::inside(self.store, id, &self.context))
        };
        value.ok_or_else(|| self.inconsistent(id))
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
    fn node(&mut self, id: Id) -> Result<Array<T>, EvaluateError> {
        if matches!(self.store.node(id), Node::Family(_)) {
            return self.family(id);
        }
        let shape = self.store.shape(id);
        let (rows, columns) = extents(shape, self.sizes())?;
        let held = rows.saturating_mul(columns).saturating_add(self.entries);
        self.work = self.work.saturating_add(self.multiplications(id, rows, columns)?);
        if held > LARGEST || self.work > LONGEST {
            return Err(EvaluateError::TooLarge(shape.clone()));
        }
        let mut value = self.operator(id, rows, columns)?;
        self.check(id, (value.rows, value.columns) == (rows, columns))?;
        if let Some(random) = &self.rounding
            && self.is_rounded(id)
            && !self.is_whole(id, &value)?
        {
            let mut random = random.borrow_mut();
            for x in &mut value.data {
                *x *= T::constant(1.0 + ROUNDING * random.between(-1.0, 1.0));
            }
        }
        Ok(value)
    }

    /// Whether something is computed: entries that only change their places keep what they are.
    fn is_rounded(&self, id: Id) -> bool {
        let node = self.store.node(id);
        let moves = matches!(
            node,
            Node::Transpose(_) | Node::Vectorize(_) | Node::Diagonal(_) | Node::DiagonalOf(_)
        );
        !moves && !node.is_leaf()
    }

    /// Whether the value is a sum or product of whole numbers, as the exponent k − 1 of a matrix is: nothing was rounded.
    fn is_whole(&self, id: Id, value: &Array<T>) -> Result<bool, EvaluateError> {
        let node = self.store.node(id);
        if !matches!(node, Node::Sum(_) | Node::Hadamard(_) | Node::Product(_)) {
            return Ok(false);
        }
        let whole = |value: &Array<T>| value.data.iter().all(|x| x.real().fract() == 0.0);
        let mut all = whole(value);
        for operand in node.children() {
            all = all && whole(self.of(operand)?);
        }
        Ok(all)
    }

    /// How many multiplications the value takes, roughly.
    fn multiplications(&self, id: Id, rows: usize, columns: usize) -> Result<usize, EvaluateError> {
        let times = |a: usize, b: usize| a.saturating_mul(b);
        let cube = |a: Id| Ok::<_, EvaluateError>(self.of(a)?.rows.saturating_pow(3));
        Ok(match self.store.node(id) {
            Node::Product(factors) => {
                let mut work = 0_usize;
                let ends = rows.min(columns);
                for factor in factors {
                    work = work.saturating_add(times(ends, self.of(*factor)?.data.len()));
                }
                work
            }
            Node::Inverse(a) | Node::Determinant(a) => cube(*a)?,
            Node::MatrixPower(a, _) => times(20, cube(*a)?),
            Node::Apply { function, arguments } if !function.is_entrywise() => {
                let mut work = 0_usize;
                for argument in arguments {
                    let cost = usize::try_from(function.row().cost).unwrap_or(usize::MAX);
                    work = work.saturating_add(times(cost, self.of(*argument)?.data.len()));
                    let square = matches!(function.row().domain, Domain::Invertible);
                    let cubic = square || function.row().cost >= MATRIX_FUNCTION;
                    work = work.saturating_add(if cubic { times(30, cube(*argument)?) } else { 0 });
                }
                work
            }
            _ => times(rows, columns),
        })
    }

    fn operator(&self, id: Id, rows: usize, columns: usize) -> Result<Array<T>, EvaluateError> {
        if self.store.is_excluded(id, &|size| self.sizes().number(size)) {
            return Ok(Array::zeros(rows, columns));
        }
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
            Node::Selection(selection) => self.selection(id, selection, rows, columns)?,
            Node::Sum(terms) => return self.sum(id, terms, rows, columns),
            Node::Product(factors) => return self.product(id, factors),
            Node::Scale { scalar, matrix } => {
                let (factor, value) = (self.number(*scalar)?, self.of(*matrix)?);
                if self.is_cancelled(id)? {
                    return Ok(Array::zeros(rows, columns));
                }
                let mut value = value.map(|x| factor * x);
                self.choose(self.store.masks(*scalar), &mut value)?;
                value
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
            Node::Element(family, at) => {
                let at = indexed::values(at, self.sizes())?;
                return self.element(*family, &at);
            }
            Node::SumOver(range, body) => return self.sum_over(range, *body, rows, columns),
            Node::Family(_) => return Err(self.inconsistent(id)),
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

    /// Columns of an identity, which must be there.
    fn selection(
        &self,
        id: Id,
        selection: &Selection,
        rows: usize,
        columns: usize,
    ) -> Result<Array<T>, EvaluateError> {
        let first = indexed::number(&selection.from, self.sizes())? - 1;
        let first = usize::try_from(first).map_err(|_| self.inconsistent(id))?;
        self.check(id, first + columns <= rows)?;
        let mut value = Array::zeros(rows, columns);
        for column in 0..columns {
            value.data[first + column + column * rows] = T::constant(1.0);
        }
        Ok(value)
    }

    fn size(&self, size: &Dimension) -> Result<T, EvaluateError> {
        let value = self.sizes().number(size);
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

    /// An element of a family: given, or the value of its formula.
    fn element(&self, family: Id, at: &[i64]) -> Result<Array<T>, EvaluateError> {
        let known = self.store.family(family).ok_or(EvaluateError::NoFamily(family.index()))?;
        let given = Sizes::from(&self.point.sizes);
        if let Some(task) = indexed::formula(self.store, known, at, given)? {
            return self.memo.get(&task).cloned().ok_or_else(|| self.inconsistent(task.id));
        }
        let context = indexed::context(&known.ranges(), at);
        let (rows, columns) = extents(&known.shape, Sizes { bound: Some(&context), ..given })?;
        self.variable(&element_name(&known.name, at), &known.shape, rows, columns)
    }

    /// The entries of all elements, one after the other.
    fn family(&self, id: Id) -> Result<Array<T>, EvaluateError> {
        let known = self.store.family(id).ok_or(EvaluateError::NoFamily(id.index()))?;
        let mut data = Vec::new();
        for at in indexed::places(known, Sizes::from(&self.point.sizes))? {
            data.extend(self.element(id, &at)?.data);
        }
        Ok(Array { rows: data.len(), columns: 1, data })
    }

    /// Σ over an index; zero over an empty range.
    fn sum_over(
        &self,
        range: &Range,
        body: Id,
        rows: usize,
        columns: usize,
    ) -> Result<Array<T>, EvaluateError> {
        let mut sum = Array::zeros(rows, columns);
        let (from, to) = indexed::bounds(range, self.sizes())?;
        for at in from..=to {
            let task = Task::inside(self.store, body, &self.context.with(&range.index, at));
            let value = self.memo.get(&task).ok_or_else(|| self.inconsistent(body))?;
            self.check(body, (value.rows, value.columns) == (rows, columns))?;
            sum.data.iter_mut().zip(&value.data).for_each(|(entry, x)| *entry += *x);
        }
        Ok(sum)
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
        if self.is_cancelled(id)? {
            return Ok(Array::zeros(rows, columns));
        }
        let zero = T::constant(0.0);
        let mut product = Array::filled(rows, columns, T::constant(1.0));
        for power in powers {
            let base = self.of(power.base)?;
            self.check(id, (base.rows, base.columns) == (rows, columns))?;
            if self.store.chooses(*power) {
                continue;
            }
            let exponent = self.exponent(power.exponent)?;
            for (entry, x) in product.data.iter_mut().zip(&base.data) {
                *entry *= exponent.raise(*x);
            }
        }
        for own in self.store.own_zeros(id).into_iter().filter(|own| own.entrywise) {
            let (divisor, factor) = (self.of(powers[own.divisor].base)?, self.of(own.factor)?);
            for ((entry, below), above) in
                product.data.iter_mut().zip(&divisor.data).zip(&factor.data)
            {
                if below.real() == 0.0 && *above == zero {
                    *entry = zero;
                }
            }
        }
        self.choose(self.store.masks(id), &mut product)?;
        Ok(product)
    }

    /// Keeps the entries that all masks choose; a mask of one entry chooses all or none.
    fn choose(&self, masks: Vec<Id>, value: &mut Array<T>) -> Result<(), EvaluateError> {
        for mask in masks {
            let mask = &self.of(mask)?.data;
            for (entry, chosen) in value.data.iter_mut().zip(mask.iter().cycle()) {
                *entry = kernel::chosen(*chosen, *entry);
            }
        }
        Ok(())
    }

    /// Whether a factor is exactly 0, and does not move, that the product is divided by the norm of: then the product is 0.
    fn is_cancelled(&self, id: Id) -> Result<bool, EvaluateError> {
        for own in self.store.own_zeros(id).into_iter().filter(|own| !own.entrywise) {
            if self.of(own.factor)?.data.iter().all(|x| *x == T::constant(0.0)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn exponent(&self, id: Id) -> Result<Exponent<T>, EvaluateError> {
        match self.store.as_number(id).and_then(whole_or_half) {
            Some(known) => Ok(known),
            None => self.number(id).map(Exponent::Other),
        }
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
        if let Some(sum) = self.store.logarithm_of_sum(id) {
            return self.logarithm(&sum).map(Array::scalar);
        }
        let values = arguments.iter().map(|id| self.of(*id)).collect::<Result<Vec<_>, _>>()?;
        Ok(match &row.form {
            Form::Entrywise { kernel, .. } => values[0].map(T::entrywise(kernel)),
            Form::Array { kernel, .. } => T::array(kernel)(&values),
        })
    }
}

impl<T: Number> Walk<'_, T> {
    /// log Σ w·exp(b) = m + log Σ w·exp(b − m) with the largest b for m.
    fn logarithm(&self, sum: &ExponentialSum) -> Result<T, EvaluateError> {
        let (from, to) = indexed::bounds(&sum.range, self.sizes())?;
        let mut terms: Vec<(T, T)> = Vec::new();
        for at in from..=to {
            let context = self.context.with(&sum.range.index, at);
            let value = |id: Id| {
                let task = Task::inside(self.store, id, &context);
                match self.memo.get(&task).map(|value| value.data.as_slice()) {
                    Some([value]) => Ok(*value),
                    _ => Err(self.inconsistent(id)),
                }
            };
            let (mut weight, mut exponent) = (T::constant(1.0), T::constant(0.0));
            for power in &sum.weights {
                let raised = match self.store.as_number(power.exponent).and_then(whole_or_half) {
                    Some(known) => known.raise(value(power.base)?),
                    None => value(power.base)?.powf(value(power.exponent)?),
                };
                weight *= raised;
            }
            for (coefficient, id) in &sum.exponents {
                exponent += constant::<T>(coefficient) * value(*id)?;
            }
            terms.push((weight, exponent));
        }
        let largest = terms.iter().fold(f64::NEG_INFINITY, |m, (_, b)| m.max(b.real()));
        let shift = T::constant(if largest.is_finite() { largest } else { 0.0 });
        let mut total = T::constant(0.0);
        for (weight, exponent) in terms {
            total += weight * (exponent - shift).exp();
        }
        Ok(total.ln() + shift)
    }
}

fn whole_or_half<T>(value: &Rational) -> Option<Exponent<T>> {
    if let Some(whole) = number::to_i64(value).and_then(|n| i32::try_from(n).ok()) {
        return Some(Exponent::Whole(whole));
    }
    let halves = number::to_i64(&(value * number::integer(2)));
    halves.and_then(|n| i32::try_from(n).ok()).map(Exponent::Halves)
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
