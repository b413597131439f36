//! What paper notation leaves to the shapes: bars, norms with a mark, inner products, numbers added to arrays. Each says how it was read.

use super::Typer;
use super::size::Sizes;
use super::typed::{Extent, Operation, Place};
use crate::elaborate::builtin::Builtin;
use crate::elaborate::error::{ElaborateError, unsupported};
use crate::function;
use crate::number;
use crate::shape::Dimension;
use crate::source::Span;
use crate::syntax::ast::{BinaryOperator, Word};

impl Typer {
    /// `|x|`, `‖x‖_p`, `‖x‖_∞`, `‖x‖_A`, `⟨A, B⟩`.
    pub(super) fn paper(
        &mut self,
        builtin: Builtin,
        arguments: &[Place],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let a = arguments[0];
        match (builtin, arguments) {
            (Builtin::Bars, _) => self.bars(a, span),
            (Builtin::Inner, [a, b]) => self.inner(*a, *b, span),
            (Builtin::InnerOfVectors, [a, b]) => {
                self.require_vector(*a, "np.inner", span)?;
                self.require_vector(*b, "np.inner", span)?;
                self.inner(*a, *b, span)
            }
            (Builtin::NormInfinity, _) => {
                self.require_vector(a, "‖·‖_∞", span)?;
                let sizes = self.function("abs", a, span)?;
                self.function("max", sizes, span)
            }
            (Builtin::Sigma, _) => {
                self.note("σ(…) as the sigmoid".to_owned());
                self.function("sigmoid", a, span)
            }
            (Builtin::PaperExponential, _) => self.exponential(a, span),
            (Builtin::PaperSoftmax, _) if self.is_scalar(a) || self.is_vector(a) => {
                self.function("softmax", a, span)
            }
            (Builtin::PaperSoftmax, _) => {
                self.note("softmax of a matrix by rows".to_owned());
                let columns = self.transpose(a, span)?;
                let columns = self.function("softmax", columns, span)?;
                self.transpose(columns, span)
            }
            (Builtin::OneNorm, [x]) => {
                if !self.is_scalar(*x) && !self.is_vector(*x) {
                    self.note("‖·‖_1 of a matrix as the sum of all absolute values".to_owned());
                }
                self.function("norm1", *x, span)
            }
            (Builtin::OneNormOfVector, [x]) => {
                self.require_vector(*x, "norm(x, 1)", span)?;
                self.function("norm1", *x, span)
            }
            (Builtin::NormP, [x, p]) => {
                self.require_vector(*x, "this norm", span)?;
                let sizes = self.function("abs", *x, span)?;
                let powers = self.entrywise_power(sizes, *p, span)?;
                let total = self.function_sum(powers, span);
                let one = self.number(number::one(), span);
                let root = self.binary(BinaryOperator::Divide, span, one, *p, span)?;
                self.entrywise_power(total, root, span)
            }
            (Builtin::Schatten, [x, p]) => self.schatten(*x, *p, span),
            (_, [x, weight]) => {
                self.require_square(*weight, "a norm with a matrix", None)?;
                let transposed = self.transpose(*x, span)?;
                let left = self.multiply(transposed, *weight, span)?;
                let square = self.multiply(left, *x, span)?;
                let half = self.number(number::ratio(1, 2), span);
                self.entrywise_power(square, half, span)
            }
            _ => Err(unsupported("this", span)),
        }
    }

    /// (Σ σᵢ^p)^(1/p), of a whole even p by powers of XᵀX.
    fn schatten(&mut self, x: Place, p: Place, span: Span) -> Result<Place, ElaborateError> {
        self.require_scalar(p, "the p of a norm", "its value, as in `schatten(X, 4)`")?;
        let whole = self.typed[p].constant.as_ref().and_then(number::to_i64);
        let whole = if self.is_scalar(x) || self.is_vector(x) { Some(2) } else { whole };
        let total = match whole {
            Some(1) => return self.function("norm_nuc", x, span),
            Some(2) => return self.function("norm2", x, span),
            Some(even) if even > 0 && even % 2 == 0 => {
                let turned = self.transpose(x, span)?;
                let gram = self.multiply(turned, x, span)?;
                let half = self.number(number::integer(even / 2), span);
                let power = self.binary(BinaryOperator::Power, span, gram, half, span)?;
                self.of_square(Operation::Trace, power, "`schatten`", span)?
            }
            _ => {
                let values = self.function("svdvals", x, span)?;
                let powers = self.entrywise_power(values, p, span)?;
                self.function_sum(powers, span)
            }
        };
        let one = self.number(number::one(), span);
        let root = self.binary(BinaryOperator::Divide, span, one, p, span)?;
        self.entrywise_power(total, root, span)
    }

    /// exp of what may be a square matrix can be two things on paper.
    fn exponential(&mut self, a: Place, span: Span) -> Result<Place, ElaborateError> {
        let extent = self.extent(a);
        let is_open = |size: &Dimension| !Sizes::unknowns(size).is_empty();
        let may_be_square = !self.is_scalar(a)
            && !self.is_tensor(a)
            && !self.is_vector(a)
            && (extent.rows == extent.columns || is_open(&extent.rows) || is_open(&extent.columns));
        if may_be_square {
            return Err(ElaborateError::Readings {
                readings: vec![
                    "exp is the matrix exponential".to_owned(),
                    "exp is taken of every entry".to_owned(),
                ],
                choices: vec!["write `expm(X)`".to_owned(), "`exp(X)` in the language".to_owned()],
                span,
            });
        }
        self.function("exp", a, span)
    }

    fn bars(&mut self, a: Place, span: Span) -> Result<Place, ElaborateError> {
        if self.is_scalar(a) {
            return self.function("abs", a, span);
        }
        if self.is_vector(a) {
            self.note("|…| of a vector as its length".to_owned());
            return self.function("norm2", a, span);
        }
        self.require_square(a, "`|…|`, the determinant,", Some("the norm is written `‖X‖`"))?;
        self.note("|…| of a matrix as its determinant".to_owned());
        Ok(self.push(Operation::Determinant(a), Extent::scalar(), span))
    }

    /// tr(AᵀB)
    fn inner(&mut self, a: Place, b: Place, span: Span) -> Result<Place, ElaborateError> {
        if self.is_scalar(a) && self.is_scalar(b) {
            return self.multiply(a, b, span);
        }
        let fits = self.same_shape(a, b, span);
        if !fits {
            return Err(self.shapes("an inner product", a, b, None));
        }
        let transposed = self.transpose(a, span)?;
        let product = self.multiply(transposed, b, span)?;
        if self.is_scalar(product) {
            return Ok(product);
        }
        Ok(self.push(Operation::Trace(product), Extent::scalar(), span))
    }

    pub(super) fn is_column(&self, place: Place) -> bool {
        self.is_vector(place) && self.extent(place).columns.is_one()
    }

    /// `a·b`: of two columns the inner product.
    pub(super) fn dot(&mut self, a: Place, b: Place, span: Span) -> Result<Place, ElaborateError> {
        if self.is_column(a) && self.is_column(b) {
            self.note("· of two columns as their inner product".to_owned());
            return self.inner(a, b, span);
        }
        self.multiply(a, b, span)
    }

    /// `a @ b`: of two vectors the inner product; a vector before a matrix counts as a row, and what comes out is a vector again.
    pub(crate) fn array_product(
        &mut self,
        a: Place,
        b: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        match (self.is_column(a), self.is_column(b)) {
            (true, true) => self.inner(a, b, span),
            (true, false) if !self.is_scalar(b) && !self.is_vector(b) => {
                let transposed = self.transpose(b, span)?;
                self.multiply(transposed, a, span)
            }
            _ => self.multiply(a, b, span),
        }
    }

    /// Functions of array programs.
    pub(super) fn array_function(
        &mut self,
        builtin: Builtin,
        arguments: &[Place],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let a = arguments[0];
        let b = arguments.get(1).copied().unwrap_or(a);
        match builtin {
            Builtin::ArrayProduct => self.array_product(a, b, span),
            Builtin::EntrywiseProduct => self.binary(BinaryOperator::Entrywise, span, a, b, span),
            Builtin::LinearSolve => self.binary(BinaryOperator::Solve, span, a, b, span),
            Builtin::Outer => {
                let row = self.transpose(b, span)?;
                self.multiply(a, row, span)
            }
            Builtin::Square => {
                let two = self.number(number::integer(2), span);
                self.entrywise_power(a, two, span)
            }
            Builtin::LogOnePlus => {
                let one = self.number(number::one(), span);
                let sum = self.binary(BinaryOperator::BroadcastAdd, span, one, a, span)?;
                self.function("log", sum, span)
            }
            Builtin::LogAbsDeterminant => {
                let determinant =
                    self.of_square(Operation::Determinant, a, "a determinant", span)?;
                let size = self.function("abs", determinant, span)?;
                self.function("log", size, span)
            }
            Builtin::Ravel => {
                let rows = self.transpose(a, span)?;
                let extent = self.extent(rows);
                let column = Extent::column(extent.rows.times(&extent.columns));
                Ok(self.push(Operation::Vectorize(rows), column, span))
            }
            Builtin::Length if !self.is_vector(a) => {
                let (what, shape) = ("the length is that of a vector; this", self.shape_text(a));
                let (what, help) = (what.to_owned(), None);
                Err(ElaborateError::NotAVector { what, shape, help, span })
            }
            Builtin::Length | Builtin::Entries => Ok(self.entries(a, span)),
            Builtin::Variance => {
                let mean = self.array_function(Builtin::Mean, &[a], span)?;
                let squares = self.squared_distances(a, mean, span)?;
                self.array_function(Builtin::Mean, &[squares], span)
            }
            // The mean of all entries.
            _ => {
                let count = self.entries(a, span);
                let total = self.function_sum(a, span);
                self.binary(BinaryOperator::Divide, span, total, count, span)
            }
        }
    }

    pub(super) fn function(
        &mut self,
        name: &str,
        a: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let Some(id) = function::find(name) else { return Err(unsupported("this", span)) };
        let word = Word { text: name.to_owned(), span };
        self.apply(id, &word, &[a], span)
    }

    /// How many entries there are.
    fn entries(&mut self, a: Place, span: Span) -> Place {
        let entries = self.extent(a).entries();
        self.size(entries, span)
    }

    fn function_sum(&mut self, a: Place, span: Span) -> Place {
        self.push(Operation::Total(a), Extent::scalar(), span)
    }

    fn require_vector(&self, a: Place, what: &str, span: Span) -> Result<(), ElaborateError> {
        if self.is_vector(a) || self.is_scalar(a) {
            return Ok(());
        }
        let help = Some(match what {
            "np.inner" => {
                "of matrices it is `A @ B.T`, and the sum of the products `np.vdot(A, B)`"
            }
            _ => "the Frobenius norm is `‖X‖_F`, the spectral norm `‖X‖_2`",
        });
        let (what, shape) = (format!("{what} is of vectors; this"), self.shape_text(a));
        Err(ElaborateError::NotAVector { what, shape, help, span })
    }

    /// Whether a number is added to an array: a literal or a declared scalar, or arithmetic on such.
    pub(super) fn adds_number(&self, left: Place, right: Place) -> bool {
        let (number, array) = match (self.is_scalar(left), self.is_scalar(right)) {
            (true, false) => (left, right),
            (false, true) => (right, left),
            _ => return false,
        };
        !self.is_tensor(array) && self.is_number(number)
    }

    fn is_number(&self, place: Place) -> bool {
        match &self.typed[place].operation {
            Operation::Number(_) | Operation::Size(_) => true,
            Operation::Variable(leaf) => !leaf.assumed,
            Operation::Same(a) | Operation::Negate(a) => self.is_number(*a),
            Operation::Add(a, b)
            | Operation::Subtract(a, b)
            | Operation::Multiply(a, b)
            | Operation::Divide(a, b) => self.is_number(*a) && self.is_number(*b),
            _ => false,
        }
    }
}
