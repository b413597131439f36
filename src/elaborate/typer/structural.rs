//! Operators that are written as functions, derivatives among them: what takes structure, not only entries.

use super::Typer;
use super::typed::{Extent, Operation, Place};
use crate::elaborate::builtin::Builtin;
use crate::elaborate::error::{ElaborateError, unsupported};
use crate::function::{self, FunctionId};
use crate::number;
use crate::shape::Dimension;
use crate::source::Span;
use crate::syntax::ast::{BinaryOperator, RequestKind, Word};

impl Typer {
    pub(crate) fn structural(
        &mut self,
        builtin: Builtin,
        name: &str,
        arguments: &[Place],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let a = arguments[0];
        let quoted = format!("`{name}`");
        match builtin {
            Builtin::Trace => self.of_square(Operation::Trace, a, &quoted, span),
            Builtin::Determinant => self.of_square(Operation::Determinant, a, &quoted, span),
            Builtin::LogDeterminant => {
                let determinant = self.of_square(Operation::Determinant, a, &quoted, span)?;
                self.function("log", determinant, span)
            }
            Builtin::Inverse => {
                self.require_square(a, &quoted, Some("entrywise it is `1./x`"))?;
                let extent = self.extent(a);
                Ok(self.push(Operation::Inverse(a), extent, span))
            }
            Builtin::Adjugate => {
                self.require_square(a, &quoted, None)?;
                let extent = self.extent(a);
                Ok(self.push(Operation::Adjugate(a), extent, span))
            }
            Builtin::Transpose => self.transpose(a, span),
            Builtin::Diagonal => self.diagonal(a, span),
            Builtin::Vectorize if self.is_tensor(a) => Ok(self.vectorized(a)),
            Builtin::Vectorize => {
                let extent = self.extent(a);
                let column = Extent::column(self.sizes.product(&extent.columns, &extent.rows));
                Ok(self.push(Operation::Vectorize(a), column, span))
            }
            Builtin::Where | Builtin::Not | Builtin::Max | Builtin::Min => {
                self.chosen(builtin, name, arguments, span)
            }
            Builtin::Tensor(call) => self.tensor_call(call, name, arguments, span),
            Builtin::Kronecker => self.kronecker(a, arguments[1], span),
            Builtin::Beside => self.blocks(&[arguments.to_vec()], span),
            Builtin::Above => {
                let rows: Vec<Vec<Place>> = arguments.iter().map(|block| vec![*block]).collect();
                self.blocks(&rows, span)
            }
            Builtin::BlockDiagonal => {
                let zero = self.number(number::zero(), span);
                let count = arguments.len();
                let row = |at: usize| {
                    (0..count).map(|other| if other == at { arguments[at] } else { zero }).collect()
                };
                let rows: Vec<Vec<Place>> = (0..count).map(row).collect();
                self.blocks(&rows, span)
            }
            Builtin::TwoNorm => {
                // Of a vector the Euclidean norm, of a matrix the largest singular value.
                let is_vector = self.is_scalar(a) || self.is_vector(a) || self.is_tensor(a);
                let name = if is_vector { "norm2" } else { "norm_spec" };
                self.function(name, a, span)
            }
            Builtin::ArrayProduct
            | Builtin::EntrywiseProduct
            | Builtin::LinearSolve
            | Builtin::Outer
            | Builtin::Square
            | Builtin::LogOnePlus
            | Builtin::LogAbsDeterminant
            | Builtin::Ravel
            | Builtin::Length
            | Builtin::Entries
            | Builtin::Variance
            | Builtin::Mean => self.array_function(builtin, arguments, span),
            Builtin::Bars
            | Builtin::OneNorm
            | Builtin::OneNormOfVector
            | Builtin::NormInfinity
            | Builtin::NormP
            | Builtin::NormWeighted
            | Builtin::Schatten
            | Builtin::PaperExponential
            | Builtin::PaperSoftmax
            | Builtin::Sigma
            | Builtin::Inner
            | Builtin::InnerOfVectors => self.paper(builtin, arguments, span),
            Builtin::Total => Ok(self.push(Operation::Total(a), Extent::scalar(), span)),
            Builtin::SquareRoot => {
                let half = self.number(number::ratio(1, 2), span);
                self.entrywise_power(a, half, span)
            }
            Builtin::Vector | Builtin::Matrix => {
                let columns =
                    if builtin == Builtin::Vector { Dimension::one() } else { self.sizes.fresh() };
                let extent = Extent::new(self.sizes.fresh(), columns);
                let ones = self.push(Operation::Ones, extent, span);
                self.multiply(a, ones, span)
            }
            Builtin::Identity | Builtin::Ones | Builtin::Zeros | Builtin::Commutation => {
                Ok(self.sized(builtin, &[], span))
            }
        }
    }

    /// A number of a square matrix.
    pub(super) fn of_square(
        &mut self,
        operation: fn(Place) -> Operation,
        a: Place,
        what: &str,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        self.require_square(a, what, None)?;
        Ok(self.push(operation(a), Extent::scalar(), span))
    }

    /// diag: of a vector the matrix, of a matrix the diagonal.
    fn diagonal(&mut self, a: Place, span: Span) -> Result<Place, ElaborateError> {
        let extent = self.extent(a);
        if self.is_scalar(a) {
            return Ok(self.same(a, span));
        }
        if self.is_vector(a) {
            let size = if extent.columns.is_one() { extent.rows } else { extent.columns };
            return Ok(self.push(Operation::Diagonal(a), Extent::square(size), span));
        }
        self.require_square(a, "`diag`", None)?;
        Ok(self.push(Operation::DiagonalOf(a), Extent::column(extent.rows), span))
    }

    /// `eye(n)`, `ones(m, n)`, `zeros(n)`, `commutation(m, n)`; without a size, one to be found.
    pub(crate) fn sized(&mut self, builtin: Builtin, sizes: &[Dimension], span: Span) -> Place {
        let extent = match sizes {
            [] => Extent::column(self.sizes.fresh()),
            _ => Extent::of(sizes),
        };
        let (operation, extent) = match builtin {
            Builtin::Identity => (Operation::Identity, Extent::square(extent.rows)),
            Builtin::Commutation => {
                let square = Extent::square(extent.entries());
                (Operation::Commutation(extent.rows, extent.columns), square)
            }
            Builtin::Zeros => (Operation::Zeros, extent),
            _ => (Operation::Ones, extent),
        };
        self.push(operation, extent, span)
    }

    /// `sum(X, rows)`: a column with the sum of each row; by columns, a row.
    pub(crate) fn sums(
        &mut self,
        matrix: Place,
        word: &str,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        self.require_matrix(matrix, "sum by rows or columns")?;
        let extent = self.extent(matrix);
        let along = if word == "rows" { extent.columns } else { extent.rows };
        let ones = self.push(Operation::Ones, Extent::column(along), span);
        if word == "rows" {
            return self.multiply(matrix, ones, span);
        }
        let ones = self.transpose(ones, span)?;
        self.multiply(ones, matrix, span)
    }

    /// `mean(X, rows)`: a column with the mean of each row; by columns, a row.
    pub(crate) fn means(
        &mut self,
        matrix: Place,
        word: &str,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let sums = self.sums(matrix, word, span)?;
        let extent = self.extent(matrix);
        let along = if word == "rows" { extent.columns } else { extent.rows };
        let count = self.size(along, span);
        self.binary(BinaryOperator::Divide, span, sums, count, span)
    }

    /// `softmax(X, rows)` as softmax(Xᵀ)ᵀ, of a row that works on columns.
    pub(crate) fn along(
        &mut self,
        columns: FunctionId,
        function: &Word,
        matrix: Place,
        word: &str,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        if word == "columns" {
            return self.apply_to_columns(columns, function, &[matrix], span);
        }
        let turned = self.transpose(matrix, self.span(matrix))?;
        let value = self.apply_to_columns(columns, function, &[turned], span)?;
        self.transpose(value, span)
    }

    /// `var(X, rows)`: the mean of the squared distances from the mean.
    pub(crate) fn variances(
        &mut self,
        matrix: Place,
        word: &str,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let means = self.means(matrix, word, span)?;
        let squares = self.squared_distances(matrix, means, span)?;
        self.means(squares, word, span)
    }

    pub(super) fn squared_distances(
        &mut self,
        values: Place,
        means: Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let distances = BinaryOperator::BroadcastSubtract;
        let distances = self.binary(distances, span, values, means, span)?;
        let two = self.number(number::integer(2), span);
        self.entrywise_power(distances, two, span)
    }

    /// `norm2(X, rows)`: a column with the norm of each row; by columns, a row.
    pub(crate) fn norms(
        &mut self,
        id: FunctionId,
        function: &Word,
        matrix: Place,
        word: &str,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        if id.row().name == "norm2" {
            let extent = self.extent(matrix);
            let squares = self.push(Operation::Hadamard(matrix, matrix), extent, span);
            let sums = self.sums(squares, word, span)?;
            let half = self.number(number::ratio(1, 2), span);
            return self.entrywise_power(sums, half, span);
        }
        let Some(abs) = function::find("abs") else {
            return Err(unsupported("abs", span));
        };
        let sizes = self.apply(abs, function, &[matrix], span)?;
        self.sums(sizes, word, span)
    }

    /// The derivative of a value by variables (by index) of these shapes.
    pub(crate) fn derivative(
        &mut self,
        kind: RequestKind,
        of: Place,
        wrt: Vec<usize>,
        extents: &[Extent],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        if kind.needs_scalar() && !self.fits(&Extent::scalar(), of, span) {
            return Err(self.not_scalar_valued(kind, of, self.typed[of].span));
        }
        let extent = match (kind, extents) {
            (RequestKind::Gradient, [x]) => x.clone(),
            (RequestKind::Jacobian, [x]) => self.jacobian_extent(&self.typed[of].extent, x),
            (RequestKind::Hessian, [x]) => self.jacobian_extent(x, x),
            (RequestKind::Hessian, [x, y]) => self.jacobian_extent(x, y),
            _ => self.typed[of].extent.clone(),
        };
        Ok(self.push(Operation::Derivative(kind, of, wrt), extent, span))
    }

    /// Of vec by vec; by a scalar the shape of the value.
    fn jacobian_extent(&self, of: &Extent, by: &Extent) -> Extent {
        let resolve = |size: &Dimension| self.sizes.resolve(size);
        let entries = |extent: &Extent| extent.map_sizes(&resolve).entries();
        let columns = entries(by);
        if columns.is_one() { of.clone() } else { Extent::new(entries(of), columns) }
    }

    /// The error for a value that is no scalar.
    pub(crate) fn not_scalar_valued(
        &self,
        kind: RequestKind,
        of: Place,
        span: Span,
    ) -> ElaborateError {
        ElaborateError::NotScalarValued { kind, shape: self.shape_text(of), span }
    }
}
