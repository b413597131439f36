//! Operators and constants that are written as functions, by name; calls of them, and of the function table.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::error::{ElaborateError, arity, counted};
use super::typer::{Place, TensorCall};
use super::walk::{Environment, Walker};
use super::written::{calls_below, dimension};
use crate::shape::Dimension;
use crate::source::Span;
use crate::syntax::ast::{ExprId, ExprKind, RequestKind, Word};

/// Operators with algebraic structure and constants, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    Trace,
    Determinant,
    LogDeterminant,
    Inverse,
    Adjugate,
    Transpose,
    Diagonal,
    Vectorize,
    Kronecker,
    Total,
    SquareRoot,
    Identity,
    Ones,
    Zeros,
    Vector,
    Matrix,
    Commutation,
    TwoNorm,
    Bars,
    NormInfinity,
    NormP,
    NormWeighted,
    Inner,
    Sigma,
    PaperExponential,
    ArrayProduct,
    EntrywiseProduct,
    LinearSolve,
    Outer,
    Square,
    LogOnePlus,
    LogAbsDeterminant,
    Mean,
    PaperSoftmax,
    Tensor(TensorCall),
}

/// Names, and how many arguments they take.
#[rustfmt::skip]
const TABLE: &[(&str, Builtin, &[usize])] = &[
    ("tr",          Builtin::Trace,          &[1]),
    ("trace",       Builtin::Trace,          &[1]),
    ("det",         Builtin::Determinant,    &[1]),
    ("logdet",      Builtin::LogDeterminant, &[1]),
    ("inv",         Builtin::Inverse,        &[1]),
    ("adj",         Builtin::Adjugate,       &[1]),
    ("adjugate",    Builtin::Adjugate,       &[1]),
    ("transpose",   Builtin::Transpose,      &[1]),
    ("diag",        Builtin::Diagonal,       &[1]),
    ("vec",         Builtin::Vectorize,      &[1]),
    ("kron",        Builtin::Kronecker,      &[2]),
    ("sum",         Builtin::Total,          &[1]),
    ("sqrt",        Builtin::SquareRoot,     &[1]),
    ("I",           Builtin::Identity,       &[0, 1]),
    ("eye",         Builtin::Identity,       &[0, 1]),
    ("ones",        Builtin::Ones,           &[0, 1, 2, 3, 4, 5, 6]),
    ("zeros",       Builtin::Zeros,          &[1, 2, 3, 4, 5, 6]),
    ("vector",      Builtin::Vector,         &[1]),
    ("matrix",      Builtin::Matrix,         &[1]),
    ("commutation", Builtin::Commutation,    &[2]),
    ("norm_2",      Builtin::TwoNorm,        &[1]),
    ("norm_inf",    Builtin::NormInfinity,   &[1]),
    ("norm_p",      Builtin::NormP,          &[2]),
    ("norm_weighted", Builtin::NormWeighted, &[2]),
    ("bars",        Builtin::Bars,           &[1]),
    ("inner",       Builtin::Inner,          &[2]),
    ("dot",         Builtin::Inner,          &[2]),
    ("matmul",      Builtin::ArrayProduct,   &[2]),
    ("entrywise_product", Builtin::EntrywiseProduct, &[2]),
    ("linear_solve", Builtin::LinearSolve,   &[2]),
    ("outer",       Builtin::Outer,          &[2]),
    ("square",      Builtin::Square,         &[1]),
    ("log1p",       Builtin::LogOnePlus,     &[1]),
    ("log_abs_det", Builtin::LogAbsDeterminant, &[1]),
    ("mean",        Builtin::Mean,           &[1]),
    ("σ",           Builtin::Sigma,          &[1]),
    ("paper_exp",   Builtin::PaperExponential, &[1]),
    ("paper_softmax", Builtin::PaperSoftmax, &[1]),
    ("Tr",          Builtin::Trace,          &[1]),
    ("Trace",       Builtin::Trace,          &[1]),
    ("Diag",        Builtin::Diagonal,       &[1]),
    ("rows",        Builtin::Tensor(TensorCall::Rows),      &[1]),
    ("columns",     Builtin::Tensor(TensorCall::Columns),   &[1]),
    ("size",        Builtin::Tensor(TensorCall::Size),      &[2]),
    ("correlate",   Builtin::Tensor(TensorCall::Correlate), &[2]),
    ("turn180",     Builtin::Tensor(TensorCall::Turn),      &[1]),
    ("swap",        Builtin::Tensor(TensorCall::Swap),      &[1]),
    ("pad",         Builtin::Tensor(TensorCall::Pad),       &[2, 3]),
    ("crop",        Builtin::Tensor(TensorCall::Crop),      &[2, 3]),
    ("interleave",  Builtin::Tensor(TensorCall::Interleave), &[2, 3]),
    ("subsample",   Builtin::Tensor(TensorCall::Subsample), &[2, 3]),
    ("reshape",     Builtin::Tensor(TensorCall::Reshape),   &[2, 3, 4, 5, 6, 7, 8]),
    ("flatten",     Builtin::Tensor(TensorCall::Flatten),   &[1]),
    ("channels",    Builtin::Tensor(TensorCall::Channels),  &[4, 5]),
    ("channels_like", Builtin::Tensor(TensorCall::ChannelsLike), &[2]),
    ("channel_sums", Builtin::Tensor(TensorCall::ChannelSums), &[1]),
    ("maxpool2d",   Builtin::Tensor(TensorCall::MaxPool),   &[2, 3, 5]),
    ("max_scatter", Builtin::Tensor(TensorCall::MaxScatter), &[3, 4, 6]),
    ("max_gather",  Builtin::Tensor(TensorCall::MaxGather), &[3, 4, 6]),
    ("avgpool2d",   Builtin::Tensor(TensorCall::AveragePool), &[2, 3, 5]),
    ("average_spread", Builtin::Tensor(TensorCall::AverageSpread), &[2, 3, 5]),
];

/// The operator or constant of that name.
pub(super) fn find(name: &str) -> Option<Builtin> {
    static BUILTINS: LazyLock<BTreeMap<&str, Builtin>> =
        LazyLock::new(|| TABLE.iter().map(|(name, builtin, _)| (*name, *builtin)).collect());
    BUILTINS.get(name).copied()
}

/// The derivative that a call of the name asks for. `d` is also a scalar like other letters.
pub(super) fn derivative(name: &str) -> Option<RequestKind> {
    match name {
        "gradient" | "grad" => Some(RequestKind::Gradient),
        "jacobian" => Some(RequestKind::Jacobian),
        "hessian" => Some(RequestKind::Hessian),
        "differential" | "d" => Some(RequestKind::Differential),
        _ => None,
    }
}

/// All names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _, _)| *name)
}

impl Builtin {
    /// Whether the arguments are sizes, not values.
    pub(super) fn takes_sizes(self) -> bool {
        matches!(self, Self::Identity | Self::Ones | Self::Zeros | Self::Commutation)
    }

    /// The position from which on arguments are sizes.
    pub(super) fn sizes_from(self) -> usize {
        match self {
            Self::Tensor(call) => call.values(),
            _ if self.takes_sizes() => 0,
            _ => usize::MAX,
        }
    }
}

impl<'p> Walker<'p> {
    /// A call of something that the program does not define.
    pub(super) fn builtin_call(
        &mut self,
        function: &'p Word,
        arguments: &'p [ExprId],
        value: &dyn Fn(ExprId) -> Place,
        environment: &Environment<'p>,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let is_unknown = self.scope.unknown_function(&function.text).is_some();
        let row = TABLE.iter().find(|(name, _, _)| *name == function.text);
        let Some(row) = row.filter(|_| !is_unknown) else {
            return self.table_call(function, arguments, value, span);
        };
        let (_, builtin, counts) = row;
        if let Some(word) = self.scope.direction(arguments) {
            let [matrix] = self.scope.value_arguments(arguments) else {
                return Err(self.scope.no_direction(function, arguments));
            };
            if *builtin != Builtin::Total {
                return Err(self.scope.no_direction(function, arguments));
            }
            return self.typer.sums(value(*matrix), word, span);
        }
        if !counts.contains(&arguments.len()) {
            let words: Vec<String> = counts.iter().map(|count| counted(*count)).collect();
            return Err(arity(function, words.join(" or "), arguments.len(), span));
        }
        if builtin.takes_sizes() {
            let sizes = arguments.iter().map(|id| self.written_size(*id, environment));
            let sizes = sizes.collect::<Result<Vec<Dimension>, _>>()?;
            return Ok(self.typer.sized(*builtin, &sizes, span));
        }
        let places: Vec<Place> = arguments.iter().map(|id| value(*id)).collect();
        self.typer.structural(*builtin, &function.text, &places, span)
    }

    /// A size in a formula: names are sizes, parameters what was given for them.
    fn written_size(
        &mut self,
        id: ExprId,
        environment: &Environment<'p>,
    ) -> Result<Dimension, ElaborateError> {
        let mut calls = BTreeMap::new();
        for call in calls_below(&self.scope.program.tree, id) {
            let place = self.expression(call, environment)?;
            calls.insert(call, self.typer.size_of(place)?);
        }
        let tree = &self.scope.program.tree;
        let given = |id: ExprId| match &tree.get(id).kind {
            ExprKind::Call { .. } => Ok(calls.get(&id).cloned()),
            ExprKind::Name(name) => {
                let place = environment.get(name.as_str());
                place.map(|place| self.typer.size_of(*place)).transpose()
            }
            _ => Ok(None),
        };
        dimension(tree, id, &given)
    }

    /// A function of the table; with a last word `rows` it works on rows.
    fn table_call(
        &mut self,
        function: &'p Word,
        arguments: &'p [ExprId],
        value: &dyn Fn(ExprId) -> Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let Some(id) = self.scope.find_function(&function.text) else {
            let name = function.text.clone();
            return Err(ElaborateError::UnknownFunction {
                name,
                span: function.span,
                nearest: None,
            });
        };
        let values = self.scope.value_arguments(arguments);
        let mut places: Vec<Place> = values.iter().map(|id| value(*id)).collect();
        if let ([first, second], "max") = (places.as_slice(), id.row().name)
            && values.len() == arguments.len()
            && let Some(place) = self.typer.largest_of_two(*first, *second, span)?
        {
            return Ok(place);
        }
        let Some(word) = self.scope.direction(arguments) else {
            return self.typer.apply(id, function, &places, span);
        };
        if let ([place], "norm1" | "norm2") = (places.as_slice(), id.row().name) {
            return self.typer.norms(id, function, *place, word, span);
        }
        if places.len() != 1 || !id.works_on_columns() {
            return Err(self.scope.no_direction(function, arguments));
        }
        if word == "columns" {
            return self.typer.apply(id, function, &places, span);
        }
        // By rows: softmax(Xᵀ)ᵀ
        let argument_span = self.typer.span(places[0]);
        places[0] = self.typer.transpose(places[0], argument_span)?;
        let columns = self.typer.apply(id, function, &places, span)?;
        self.typer.transpose(columns, span)
    }
}
