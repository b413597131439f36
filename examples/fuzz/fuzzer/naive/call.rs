//! Calls: functions of the program, operators that are written as functions, the table.

use gradus::function;
use gradus::syntax::ast::{ExprId, ExprKind, Word};

use super::array::Array;
use super::number::Jet;
use super::{Naive, ONE_ROW, Scope, Value, choice, table, tensor};

impl Naive<'_> {
    pub(super) fn call(
        &self,
        name: &str,
        arguments: &[ExprId],
        scope: &Scope,
    ) -> Result<Value, String> {
        if let Some((parameters, body)) = self.function(name, arguments) {
            let mut inner = scope.outermost();
            for (parameter, argument) in parameters.iter().zip(arguments) {
                if !self.is_word(*argument) {
                    inner = inner.with(&parameter.text, self.value(*argument, scope)?);
                }
            }
            return self.value(body, &inner);
        }
        if let Some(value) = self.derivative(name, arguments, scope)? {
            return Ok(Value::Array(value));
        }
        if let Some(value) = self.constant(name, arguments, scope)? {
            return Ok(value);
        }
        let is_value = scope.locals.contains_key(name)
            || self.world.values.contains_key(name)
            || self.source.definitions.contains_key(name);
        if let (true, [factor]) = (is_value, arguments) {
            let (a, b) = (self.name(name, scope)?, self.value(*factor, scope)?);
            return self.combined(
                gradus::syntax::ast::BinaryOperator::Multiply,
                a,
                b,
                *factor,
                scope,
            );
        }
        let tensor_values = match name {
            "correlate" | "max_scatter" | "max_gather" | "channels_like" => 2,
            _ => 1,
        };
        if is_tensor_call(name) && arguments.len() >= tensor_values {
            let (values, sizes) = arguments.split_at(tensor_values);
            let values: Result<Vec<Array>, String> =
                values.iter().map(|id| self.array(*id, scope)).collect();
            let sizes: Result<Vec<usize>, String> =
                sizes.iter().map(|id| self.size(*id, scope)).collect();
            if let Some(found) = tensor::call(name, &values?, &sizes?, &self.notes) {
                return found.map(Value::Array);
            }
        }
        self.operator(name, arguments, scope).map(Value::Array)
    }

    /// The program's function that takes these arguments.
    fn function(&self, name: &str, arguments: &[ExprId]) -> Option<(&[Word], ExprId)> {
        let word = |text: &str| matches!(text, "rows" | "columns");
        let given = arguments.last().is_some_and(|id| self.is_word(*id));
        let candidates = self.source.functions.get(name)?.iter().rev();
        let mut fitting = candidates.filter(|(parameters, _)| {
            let takes = parameters.last().is_some_and(|last| word(&last.text));
            parameters.len() == arguments.len() && takes == given
        });
        fitting.next().map(|(parameters, body)| (parameters.as_slice(), *body))
    }

    /// `rows` or `columns` after the last comma.
    fn is_word(&self, id: ExprId) -> bool {
        matches!(&self.source.program.tree.get(id).kind,
            ExprKind::Name(word) if word == "rows" || word == "columns")
    }

    /// `eye(n)`, `ones(m, n)`, `zeros(n)`, `commutation(m, n)`, `rows(X)`.
    fn constant(
        &self,
        name: &str,
        arguments: &[ExprId],
        scope: &Scope,
    ) -> Result<Option<Value>, String> {
        let sizes = || -> Result<Vec<usize>, String> {
            arguments.iter().map(|id| self.size(*id, scope)).collect()
        };
        let number = |value: usize| {
            #[allow(clippy::cast_precision_loss)]
            Value::Array(Array::scalar(Jet::new(value as f64)))
        };
        Ok(Some(match (name, arguments) {
            ("eye" | "I", []) => Value::Identity(Jet::ONE),
            ("eye" | "I", _) => Value::Array(Array::identity(sizes()?[0])),
            ("ones", []) => Value::Filled(Jet::ONE),
            ("ones", _) => Value::Array(Array::filled(&sizes()?, Jet::ONE)),
            ("zeros", _) => Value::Array(Array::filled(&sizes()?, Jet::ZERO)),
            ("vector" | "matrix", [a]) => Value::Filled(self.scalar(*a, scope)?),
            ("commutation", [_, _]) => {
                // Entry (j, i) of Aᵀ stands at j + n·i, entry (i, j) of A at i + m·j.
                let sizes = sizes()?;
                let (m, n) = (sizes[0], sizes[1]);
                Value::Array(Array::matrix(m * n, m * n, |row, column| {
                    Jet::new(f64::from(column == row / n + m * (row % n)))
                }))
            }
            ("rows", [a]) => number(self.array(*a, scope)?.rows()),
            ("columns", [a]) => number(self.array(*a, scope)?.columns()),
            ("size", [a, at]) => {
                let (a, at) = (self.array(*a, scope)?, self.size(*at, scope)?);
                number(at.checked_sub(1).and_then(|at| a.sizes.get(at)).copied().unwrap_or(1))
            }
            _ => return Ok(None),
        }))
    }

    fn operator(&self, name: &str, arguments: &[ExprId], scope: &Scope) -> Result<Array, String> {
        let by_rows = arguments.len() > 1
            && arguments.last().is_some_and(|id| {
                matches!(&self.source.program.tree.get(*id).kind, ExprKind::Name(word) if word == "rows")
            });
        let given = if arguments.len() > 1 && arguments.last().is_some_and(|id| self.is_word(*id)) {
            &arguments[..arguments.len() - 1]
        } else {
            arguments
        };
        let mut values = Vec::new();
        for id in given {
            let value = self.array(*id, scope)?;
            values.push(if by_rows { value.transposed() } else { value });
        }
        let square = |a: &Array| {
            if a.is_square() { Ok(()) } else { Err(format!("{name} of what is not square")) }
        };
        if !by_rows
            && given.len() == arguments.len()
            && let Some(found) = choice::call(name, &values, &self.notes)
        {
            return found;
        }
        let found = match (name, values.as_slice()) {
            ("max" | "maxmask" | "argmax", [x]) if given.len() < arguments.len() => {
                table::by_columns(name, x, &self.notes)?
            }
            ("tr" | "trace", [a]) => {
                square(a)?;
                Array::scalar(a.trace())
            }
            ("sum" | "Σ", [a]) => Array::scalar(a.sum()),
            ("det", [a]) => {
                square(a)?;
                Array::scalar(a.determinant()?)
            }
            ("inv", [a]) => a.inverse()?,
            ("transpose", [a]) => a.transposed(),
            ("sqrt", [a]) => {
                if a.data.iter().any(|x| x.value().abs() < 1e-9 && !x.is_constant()) {
                    self.notes.kink.set(true);
                }
                a.map(Jet::sqrt)
            }
            ("vec", [a]) => Array { sizes: vec![a.data.len(), 1], data: a.data.clone() },
            ("diag", [a]) if a.rows() == 1 || a.columns() == 1 => {
                let n = a.data.len();
                Array::matrix(n, n, |i, j| if i == j { a.data[i] } else { Jet::ZERO })
            }
            ("diag", [a]) => {
                square(a)?;
                Array::matrix(a.rows(), 1, |i, _| a.at(i, i))
            }
            ("kron", [a, b]) => a.kronecker(b),
            // As `‖x‖₂` and `‖X‖₂` are read.
            ("norm_2", [a]) if a.rows() == 1 || a.columns() == 1 => self.table("norm2", &values)?,
            ("norm_2", _) => self.table("norm_spec", &values)?,
            ("norm_1", _) => self.table("norm1", &values)?,
            // A row is a vector like any other; whether a matrix of one row is one, the numbers do not say.
            ("softmax" | "logsumexp" | "lse" | "cumsum" | "cumsum_back", [a])
                if !by_rows && !self.by_columns && a.rows() == 1 && a.columns() > 1 =>
            {
                if self.notes.size_one.get() {
                    return Err(ONE_ROW.to_owned());
                }
                self.table(name, &[a.transposed()])?.transposed()
            }
            _ => self.table(name, &values)?,
        };
        Ok(if by_rows { found.transposed() } else { found })
    }

    fn table(&self, name: &str, values: &[Array]) -> Result<Array, String> {
        let id = function::find(name).ok_or_else(|| format!("{name} is no function"))?;
        if values.len() != id.row().arity() {
            return Err(format!("{name} takes {} arguments", id.row().arity()));
        }
        if id.is_entrywise() {
            let each: Option<Vec<Jet>> =
                values[0].data.iter().map(|x| table::entrywise(name, *x, &self.notes)).collect();
            if let Some(data) = each {
                return Ok(Array { sizes: values[0].sizes.clone(), data });
            }
        }
        table::array(name, values, &self.notes)
    }
}

fn is_tensor_call(name: &str) -> bool {
    matches!(
        name,
        "correlate"
            | "turn180"
            | "swap"
            | "pad"
            | "crop"
            | "interleave"
            | "subsample"
            | "reshape"
            | "flatten"
            | "channels"
            | "channels_like"
            | "channel_sums"
            | "maxpool2d"
            | "max_scatter"
            | "max_gather"
            | "avgpool2d"
            | "average_spread"
    )
}
