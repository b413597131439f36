//! Operators and constants that are written as functions, by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::typer::TensorCall;
use crate::syntax::ast::RequestKind;

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
    Beside,
    Above,
    BlockDiagonal,
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
    OneNorm,
    OneNormOfVector,
    InnerOfVectors,
    NormInfinity,
    NormP,
    NormWeighted,
    Schatten,
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
    Ravel,
    Length,
    Entries,
    PaperSoftmax,
    Where,
    Not,
    Max,
    Min,
    Variance,
    Tensor(TensorCall),
}

/// The numbers of blocks that a call puts together.
const BLOCKS: &[usize] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/// Names, and how many arguments they take.
#[rustfmt::skip]
pub(super) const TABLE: &[(&str, Builtin, &[usize])] = &[
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
    ("hcat",        Builtin::Beside,         BLOCKS),
    ("vcat",        Builtin::Above,          BLOCKS),
    ("blockdiag",   Builtin::BlockDiagonal,  BLOCKS),
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
    ("norm_1",      Builtin::OneNorm,        &[1]),
    ("norm_1_vector", Builtin::OneNormOfVector, &[1]),
    ("norm_inf",    Builtin::NormInfinity,   &[1]),
    ("norm_p",      Builtin::NormP,          &[2]),
    ("norm_weighted", Builtin::NormWeighted, &[2]),
    ("schatten",    Builtin::Schatten,       &[2]),
    ("bars",        Builtin::Bars,           &[1]),
    ("inner",       Builtin::Inner,          &[2]),
    ("inner_vectors", Builtin::InnerOfVectors, &[2]),
    ("dot",         Builtin::Inner,          &[2]),
    ("matmul",      Builtin::ArrayProduct,   &[2]),
    ("entrywise_product", Builtin::EntrywiseProduct, &[2]),
    ("linear_solve", Builtin::LinearSolve,   &[2]),
    ("outer",       Builtin::Outer,          &[2]),
    ("square",      Builtin::Square,         &[1]),
    ("abs2",        Builtin::Square,         &[1]),
    ("opnorm",      Builtin::TwoNorm,        &[1]),
    ("ravel",       Builtin::Ravel,          &[1]),
    ("length",      Builtin::Length,         &[1]),
    ("numel",       Builtin::Entries,        &[1]),
    ("log1p",       Builtin::LogOnePlus,     &[1]),
    ("log_abs_det", Builtin::LogAbsDeterminant, &[1]),
    ("mean",        Builtin::Mean,           &[1]),
    ("σ",           Builtin::Sigma,          &[1]),
    ("paper_exp",   Builtin::PaperExponential, &[1]),
    ("paper_softmax", Builtin::PaperSoftmax, &[1]),
    ("where",       Builtin::Where,          &[3]),
    ("ifelse",      Builtin::Where,          &[3]),
    ("not",         Builtin::Not,            &[1]),
    ("max",         Builtin::Max,            &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("min",         Builtin::Min,            &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("var",         Builtin::Variance,       &[1]),
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

/// `no arguments`, `1 argument`, `2 arguments`
pub(super) fn counted(count: usize) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        _ => format!("{count} arguments"),
    }
}

/// `1 argument or 2 arguments`, `1 to 8 arguments`
pub(super) fn any_of(counts: &[usize]) -> String {
    match counts {
        [first, _, _, .., last] => format!("{first} to {last} arguments"),
        _ => counts.iter().map(|count| counted(*count)).collect::<Vec<_>>().join(" or "),
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
