//! Shapes of operators.

use num_traits::Zero;

use super::Typer;
use super::size::Sizes;
use super::typed::{Extent, Leaf, Operation, Place, Typed};
use crate::elaborate::error::{ElaborateError, ShapeClash};
use crate::number::{self, Rational};
use crate::shape::Dimension;
use crate::source::Span;
use crate::syntax::ast::BinaryOperator;

/// Matrix powers are written out as products.
const POWER_LIMIT: u64 = 100;

impl Typer {
    pub(crate) fn binary(
        &mut self,
        operator: BinaryOperator,
        operator_span: Span,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        self.binary_within(operator, operator_span, left, right, span, false)
    }

    /// The same; `inside` an entrywise function or operator a number is added to every entry of a matrix, too.
    pub(crate) fn binary_within(
        &mut self,
        operator: BinaryOperator,
        operator_span: Span,
        left: Place,
        right: Place,
        span: Span,
        inside: bool,
    ) -> Result<Place, ElaborateError> {
        let place = match operator {
            BinaryOperator::Add | BinaryOperator::Subtract if self.adds_number(left, right) => {
                let square = !self.is_vector(left) && !self.is_vector(right);
                if square && !inside {
                    let help = "the number times the identity is `+ c*I`, to every entry it is added by `.+`";
                    return Err(self.shapes("a sum", left, right, Some(help.to_owned())));
                }
                self.note("a number added to an array: to every entry".to_owned());
                let operation = match operator {
                    BinaryOperator::Add => Operation::Add,
                    _ => Operation::Subtract,
                };
                self.broadcast_sum(operation, left, right, span)
            }
            BinaryOperator::Add => {
                self.sum(Operation::Add(left, right), "a sum", ".+", left, right, span)
            }
            BinaryOperator::Subtract => {
                self.sum(Operation::Subtract(left, right), "a difference", ".-", left, right, span)
            }
            BinaryOperator::BroadcastAdd => self.broadcast_sum(Operation::Add, left, right, span),
            BinaryOperator::BroadcastSubtract => {
                self.broadcast_sum(Operation::Subtract, left, right, span)
            }
            BinaryOperator::Multiply => self.multiply(left, right, span),
            BinaryOperator::Dot => self.dot(left, right, span),
            BinaryOperator::At => self.array_product(left, right, span),
            BinaryOperator::Entrywise if self.is_scalar(left) || self.is_scalar(right) => {
                self.multiply(left, right, span)
            }
            BinaryOperator::EntrywiseOver if self.is_scalar(right) => {
                self.divide(left, right, span)
            }
            BinaryOperator::Divide => self.divide(left, right, span),
            BinaryOperator::Solve => self.solve(left, right, span),
            BinaryOperator::Hadamard | BinaryOperator::Entrywise => {
                self.entrywise(Operation::Hadamard, "an entrywise product", left, right, span)
            }
            BinaryOperator::EntrywiseDivide | BinaryOperator::EntrywiseOver => {
                self.nonzero(right)?;
                self.entrywise(Operation::Divide, "an entrywise quotient", left, right, span)
            }
            BinaryOperator::Power => self.power(left, right, operator_span, span),
            BinaryOperator::PowerOrTranspose => {
                self.power_or_transpose(left, right, operator_span, span)
            }
            BinaryOperator::EntrywisePower => self.entrywise_power(left, right, span),
            BinaryOperator::Kronecker => self.kronecker(left, right, span),
            BinaryOperator::Compare(comparison) => self.compare(comparison, left, right, span),
            BinaryOperator::And => self.both(left, right, span),
            BinaryOperator::Or => self.either(left, right, span),
        }?;
        self.typed[place].constant = self.folded(operator, left, right);
        Ok(place)
    }

    /// Arithmetic on numbers as written.
    fn folded(&self, operator: BinaryOperator, left: Place, right: Place) -> Option<Rational> {
        let (a, b) = (self.typed[left].constant.as_ref()?, self.typed[right].constant.as_ref()?);
        match operator {
            BinaryOperator::Add | BinaryOperator::BroadcastAdd => Some(a + b),
            BinaryOperator::Subtract | BinaryOperator::BroadcastSubtract => Some(a - b),
            BinaryOperator::Multiply
            | BinaryOperator::Dot
            | BinaryOperator::At
            | BinaryOperator::Entrywise
            | BinaryOperator::Hadamard
            | BinaryOperator::Kronecker => Some(a * b),
            BinaryOperator::Divide
            | BinaryOperator::EntrywiseDivide
            | BinaryOperator::EntrywiseOver => (!b.is_zero()).then(|| a / b),
            BinaryOperator::Solve => (!a.is_zero()).then(|| b / a),
            BinaryOperator::Power | BinaryOperator::EntrywisePower => number::to_i64(b)
                .filter(|b| b.unsigned_abs() <= POWER_LIMIT)
                .and_then(|b| number::power(a, b)),
            BinaryOperator::PowerOrTranspose
            | BinaryOperator::Compare(_)
            | BinaryOperator::And
            | BinaryOperator::Or => None,
        }
    }

    pub(super) fn shapes(
        &self,
        operation: &'static str,
        left: Place,
        right: Place,
        help: Option<String>,
    ) -> ElaborateError {
        let assumed = self.assumed_help(right, left).or_else(|| self.assumed_help(left, right));
        let help = match (help, assumed) {
            (Some(help), Some(assumed)) => Some(format!("{assumed}\n{help}")),
            (help, assumed) => assumed.or(help),
        };
        let origins = [left, right].into_iter().filter_map(|place| self.origin(place)).collect();
        ElaborateError::Shapes(Box::new(ShapeClash {
            operation,
            left: self.shape_text(left),
            left_span: self.typed[left].span,
            right: self.shape_text(right),
            right_span: self.typed[right].span,
            origins,
            help,
        }))
    }

    /// Where one operand is an undeclared name: what it was taken for.
    fn assumed_help(&self, place: Place, other: Place) -> Option<String> {
        let mut inner = place;
        while let Operation::Same(value) = self.typed[inner].operation {
            inner = value;
        }
        let Operation::Variable(Leaf { name, assumed: true, said: false, .. }) =
            &self.typed[inner].operation
        else {
            return None;
        };
        let kind = if self.is_scalar(place) { "a scalar" } else { "an array" };
        let glued = self.typed[place].span.end == self.typed[other].span.start
            || self.typed[other].span.end == self.typed[place].span.start;
        if glued {
            return Some(format!(
                "letters side by side are read as a product: declare the word if it is one name (`{name}` is taken for {kind})"
            ));
        }
        let sizes = if self.is_scalar(place) { "n" } else { "scalar" };
        Some(format!(
            "`{name}` is not declared and taken for {kind}; to change that declare it, such as `{name}: {sizes}`"
        ))
    }

    /// Plain + and −: equal shapes.
    fn sum(
        &mut self,
        operation: Operation,
        name: &'static str,
        dotted: &'static str,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let scalars = (self.is_scalar(left), self.is_scalar(right));
        let fits = scalars.0 == scalars.1 && self.same_shape(left, right, span);
        if !fits {
            let broadcasts =
                scalars.0 || scalars.1 || self.is_vector(left) || self.is_vector(right);
            let help = broadcasts
                .then(|| format!("to add to every entry, row or column write `{dotted}`"));
            return Err(self.shapes(name, left, right, help));
        }
        let extent = self.typed[left].extent.clone();
        Ok(self.push(operation, extent, span))
    }

    /// The left side of an equation minus its right side; 0 has any shape.
    pub(crate) fn difference(
        &mut self,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        if self.is_zero(right) {
            return Ok(left);
        }
        if self.is_scalar(left) != self.is_scalar(right) || !self.same_shape(left, right, span) {
            return Err(self.shapes("an equation", left, right, None));
        }
        let extent = self.typed[left].extent.clone();
        Ok(self.push(Operation::Subtract(left, right), extent, span))
    }

    /// `.+` and `.-`: a side of length 1 is repeated.
    fn broadcast_sum(
        &mut self,
        operation: fn(Place, Place) -> Operation,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let (a, b) = (self.extent(left), self.extent(right));
        if a.is_tensor() || b.is_tensor() {
            return self.broadcast_tensor(operation, left, right, span);
        }
        let rows = self.broadcast_size(&a.rows, &b.rows, span);
        let columns = self.broadcast_size(&a.columns, &b.columns, span);
        let (Some(rows), Some(columns)) = (rows, columns) else {
            return Err(self.shapes("a sum with `.+`", left, right, None));
        };
        let extent = Extent::new(rows, columns);
        let left = self.broadcast(left, &extent);
        let right = self.broadcast(right, &extent);
        Ok(self.push(operation(left, right), extent, span))
    }

    /// With a tensor: equal shapes, or a scalar that is repeated.
    fn broadcast_tensor(
        &mut self,
        operation: fn(Place, Place) -> Operation,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let scalars = (self.is_scalar(left), self.is_scalar(right));
        if scalars == (false, false) && !self.same_shape(left, right, span) {
            let help = "a scalar is added to every entry; a column to every channel by \
                        `channel_bias(A, b)`";
            return Err(self.shapes("a sum with `.+`", left, right, Some(help.to_owned())));
        }
        let extent = self.extent(if scalars.0 { right } else { left });
        let left = self.repeated(left, &extent);
        let right = self.repeated(right, &extent);
        Ok(self.push(operation(left, right), extent, span))
    }

    pub(super) fn repeated(&mut self, place: Place, extent: &Extent) -> Place {
        if !self.is_scalar(place) {
            return place;
        }
        let span = self.typed[place].span;
        self.push(Operation::Broadcast(place), extent.clone(), span)
    }

    fn broadcast_size(&mut self, a: &Dimension, b: &Dimension, span: Span) -> Option<Dimension> {
        if a.is_one() {
            return Some(b.clone());
        }
        (b.is_one() || self.sizes.unify(a, b, span)).then(|| a.clone())
    }

    fn broadcast(&mut self, place: Place, extent: &Extent) -> Place {
        let own = self.extent(place);
        let repeats = own.rows.is_one() != self.sizes.resolve(&extent.rows).is_one()
            || own.columns.is_one() != self.sizes.resolve(&extent.columns).is_one();
        if !repeats {
            return place;
        }
        let span = self.typed[place].span;
        self.push(Operation::Broadcast(place), extent.clone(), span)
    }

    pub(crate) fn multiply(
        &mut self,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let (a, b) = (self.extent(left), self.extent(right));
        let extent = if self.is_scalar(left) {
            b
        } else if self.is_scalar(right) {
            a
        } else if !a.is_tensor() && !b.is_tensor() && self.sizes.unify(&a.columns, &b.rows, span) {
            Extent::new(a.rows, b.columns)
        } else {
            let help = self.product_help(&a, &b);
            return Err(self.shapes("a product", left, right, help));
        };
        Ok(self.push(Operation::Multiply(left, right), extent, span))
    }

    fn product_help(&self, a: &Extent, b: &Extent) -> Option<String> {
        if a.is_tensor() || b.is_tensor() {
            return Some("tensors are multiplied entrywise, `.*`; `flatten(A)` is a matrix".into());
        }
        let equal = |x: &Dimension, y: &Dimension| self.sizes.resolve(x) == self.sizes.resolve(y);
        if a.columns.is_one() && b.columns.is_one() {
            return Some(
                "the inner product is `x'*y`, the entrywise product `x.*y`, the outer `x*y'`"
                    .into(),
            );
        }
        if equal(&a.rows, &b.rows) && equal(&a.columns, &b.columns) {
            return Some("transpose one of them, or write `.*` for the entrywise product".into());
        }
        if equal(&a.rows, &b.rows) {
            return Some("transposing the left one, `A'*B`, makes it fit".into());
        }
        equal(&a.columns, &b.columns)
            .then(|| "transposing the right one, `A*B'`, makes it fit".into())
    }

    fn nonzero(&self, divisor: Place) -> Result<(), ElaborateError> {
        if self.is_zero(divisor) {
            return Err(ElaborateError::DivisionByZero { span: self.typed[divisor].span });
        }
        Ok(())
    }

    fn divide(&mut self, left: Place, right: Place, span: Span) -> Result<Place, ElaborateError> {
        self.nonzero(right)?;
        self.require_scalar(
            right,
            "a divisor",
            "entrywise division is `./`; `inv(A)*b` or `A\\b` solves with a matrix",
        )?;
        let extent = self.extent(left);
        Ok(self.push(Operation::Divide(left, right), extent, span))
    }

    pub(super) fn require_scalar(
        &self,
        place: Place,
        what: &'static str,
        help: &'static str,
    ) -> Result<(), ElaborateError> {
        if self.is_scalar(place) {
            return Ok(());
        }
        let (shape, span) = (self.shape_text(place), self.typed[place].span);
        Err(ElaborateError::NotScalar { what, shape, span, help })
    }

    pub(super) fn require_square(
        &mut self,
        place: Place,
        what: &str,
        help: Option<&'static str>,
    ) -> Result<(), ElaborateError> {
        let span = self.typed[place].span;
        if self.make_square(place, span) {
            return Ok(());
        }
        Err(ElaborateError::NotSquare {
            what: what.to_owned(),
            needs: "square",
            shape: self.shape_text(place),
            span,
            help,
        })
    }

    /// A\b = A⁻¹b
    fn solve(&mut self, left: Place, right: Place, span: Span) -> Result<Place, ElaborateError> {
        if self.is_scalar(left) {
            return self.divide(right, left, span);
        }
        self.require_square(left, "`\\`", None)?;
        let (a, b) = (self.extent(left), self.extent(right));
        if b.is_tensor() || !self.sizes.unify(&a.columns, &b.rows, span) {
            return Err(self.shapes("solving with `\\`", left, right, None));
        }
        Ok(self.push(Operation::Solve(left, right), b, span))
    }

    /// `.*` and `./`: equal shapes, or a scalar with anything.
    fn entrywise(
        &mut self,
        operation: fn(Place, Place) -> Operation,
        name: &'static str,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let extent = if self.is_scalar(left) {
            self.extent(right)
        } else if self.is_scalar(right) || self.same_shape(left, right, span) {
            self.extent(left)
        } else {
            return Err(self.shapes(name, left, right, None));
        };
        Ok(self.push(operation(left, right), extent, span))
    }

    /// `^`: of a scalar by a scalar, or a whole or symbolic power of a square matrix.
    fn power(
        &mut self,
        base: Place,
        exponent: Place,
        operator: Span,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        self.require_scalar(
            exponent,
            "an exponent",
            "with an array in the exponent write `exp(log(c)*x)`",
        )?;
        if self.is_scalar(base) {
            return self.entrywise_power(base, exponent, span);
        }
        self.require_square(base, "`^`", Some("the power of every entry is `.^`"))?;
        let extent = self.extent(base);
        let operation = match &self.typed[exponent].constant {
            None => Operation::MatrixPower(base, exponent),
            Some(value) => match number::to_i64(value) {
                Some(-1) => Operation::Inverse(base),
                Some(whole) if whole.unsigned_abs() <= POWER_LIMIT => {
                    Operation::WholeMatrixPower(base, whole)
                }
                None => return self.fractional_power(base, &value.clone(), span),
                Some(_) => {
                    let exponent = self.typed[exponent].span;
                    let exponent = if exponent == Span::default() { operator } else { exponent };
                    return Err(ElaborateError::Exponent {
                        span: exponent,
                        base: self.typed[base].span,
                    });
                }
            },
        };
        Ok(self.push(operation, extent, span))
    }

    /// A^(k/2) = sqrtm(A)^k, other powers A^p = expm(p*logm(A)).
    fn fractional_power(
        &mut self,
        base: Place,
        exponent: &Rational,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let doubled = number::to_i64(&(exponent * number::integer(2)));
        let Some(doubled) = doubled.filter(|whole| whole.unsigned_abs() <= POWER_LIMIT) else {
            let logarithm = self.function("logm", base, span)?;
            let exponent = self.number(exponent.clone(), span);
            let scaled = self.multiply(exponent, logarithm, span)?;
            return self.function("expm", scaled, span);
        };
        let root = self.function("sqrtm", base, span)?;
        let extent = self.extent(root);
        Ok(match doubled {
            1 => root,
            -1 => self.push(Operation::Inverse(root), extent, span),
            whole => self.push(Operation::WholeMatrixPower(root, whole), extent, span),
        })
    }

    /// `A^T` where T is also a name: no power when T is no number or A is not square. Whoever transposes what is square, or
    /// raises a scalar to the power T, says so in a way that means nothing else.
    fn power_or_transpose(
        &mut self,
        base: Place,
        exponent: Place,
        mark: Span,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let extent = self.extent(base);
        let is_square = self.is_scalar(base)
            || !(extent.is_tensor() || self.is_vector(base))
                && Sizes::may_be_equal(&extent.rows, &extent.columns);
        if !is_square || !self.is_scalar(exponent) {
            return self.transpose(base, span);
        }
        let (shape, base) = (self.shape_text(base), self.typed[base].span);
        Err(ElaborateError::PowerOrTranspose { shape, base, span: mark })
    }

    /// `.^` with a scalar exponent.
    pub(super) fn entrywise_power(
        &mut self,
        base: Place,
        exponent: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        self.require_scalar(
            exponent,
            "an exponent",
            "with an array in the exponent write `exp(log(c)*x)`",
        )?;
        let negative =
            self.typed[exponent].constant.as_ref().is_some_and(|value| *value < number::zero());
        if negative {
            self.nonzero(base)?;
        }
        let extent = self.extent(base);
        Ok(self.push(Operation::Power(base, exponent), extent, span))
    }

    pub(crate) fn kronecker(
        &mut self,
        left: Place,
        right: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        self.require_matrix(left, "kron")?;
        self.require_matrix(right, "kron")?;
        let (a, b) = (self.extent(left), self.extent(right));
        let rows = self.sizes.product(&a.rows, &b.rows);
        let columns = self.sizes.product(&a.columns, &b.columns);
        let extent = Extent::new(rows, columns);
        Ok(self.push(Operation::Kronecker(left, right), extent, span))
    }

    pub(crate) fn negate(&mut self, place: Place, span: Span) -> Place {
        let Typed { extent, constant, .. } = self.typed[place].clone();
        self.push_known(Operation::Negate(place), extent, span, constant.map(|value| -value))
    }

    pub(crate) fn transpose(&mut self, place: Place, span: Span) -> Result<Place, ElaborateError> {
        self.require_matrix(place, "transpose")?;
        let Typed { extent, constant, .. } = self.typed[place].clone();
        Ok(self.push_known(Operation::Transpose(place), extent.transposed(), span, constant))
    }

    /// Only what has rows and columns.
    pub(super) fn require_matrix(
        &self,
        place: Place,
        function: &str,
    ) -> Result<(), ElaborateError> {
        if !self.is_tensor(place) {
            return Ok(());
        }
        Err(self.argument(place, function, "m×n"))
    }

    /// The error for an argument of a shape that is not taken.
    pub(super) fn argument(&self, place: Place, function: &str, expected: &str) -> ElaborateError {
        ElaborateError::Argument {
            function: function.to_owned(),
            expected: expected.to_owned(),
            shape: self.shape_text(place),
            span: self.typed[place].span,
        }
    }
}
