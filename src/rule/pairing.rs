//! The trace method: how ⟨G, L(X)⟩ = tr(Gᵀ L(X)) becomes ⟨L*(G), X⟩, one linear operator at a time.

use super::Operator;

/// One linear operator in one operand, which is called `X`; the others are constant: ⟨G, value⟩ = ⟨adjoint, X⟩, where G has the shape of
/// the value. The certificate rewrites by these rows; a derivation applies and quotes those
/// of operators that are no product, which it rearranges by [`super::Move`]s.
#[derive(Debug)]
pub struct Pairing {
    /// The name that a derivation quotes.
    pub name: &'static str,
    /// The operator.
    pub operator: Operator,
    /// Which operand is `X`.
    pub at: usize,
    /// The operands, in order, as declarations.
    pub given: &'static str,
    /// L(X)
    pub value: &'static str,
    /// L*(G), in which `X` does not occur.
    pub adjoint: &'static str,
}

impl Pairing {
    /// The row of an operator whose operand `at` moves. In a constant a missing row does not compile.
    pub const fn of(operator: Operator, at: usize) -> &'static Self {
        let mut row = 0;
        while PAIRINGS[row].operator as u8 != operator as u8 || PAIRINGS[row].at != at {
            row += 1;
        }
        &PAIRINGS[row]
    }
}

/// The table. Each row moves what is constant from the right of the pairing to its left, so that `X` ends up alone.
#[rustfmt::skip]
pub static PAIRINGS: &[Pairing] = &[
    row("trace of a sum",               Operator::Sum,        0, "X: m×n; A: m×n",    "X + A",   "G"),
    row("trace of a sum",               Operator::Sum,        1, "A: m×n; X: m×n",    "A + X",   "G"),
    row("cyclic, factor on the left",   Operator::Product,    1, "A: m×n; X: n×p",    "A*X",     "A'*G"),
    row("cyclic, factor on the right",  Operator::Product,    0, "X: m×n; B: n×p",    "X*B",     "G*B'"),
    row("scalar differential",          Operator::Scale,      0, "X: scalar; A: m×n", "X*A",     "tr(G'*A)"),
    row("scalar factor changes side",   Operator::Scale,      1, "s: scalar; X: m×n", "s*X",     "s*G"),
    row("Hadamard factor changes side", Operator::Hadamard,   0, "X: m×n; A: m×n",    "X.*A",    "G.*A"),
    row("Hadamard factor changes side", Operator::Hadamard,   1, "A: m×n; X: m×n",    "A.*X",    "G.*A"),
    row("transpose inside a trace",     Operator::Transpose,  0, "X: m×n",            "X'",      "G'"),
    row("trace as a pairing",           Operator::Trace,      0, "X: n×n",            "tr(X)",   "G*eye(n)"),
    row("sum as a pairing",             Operator::Total,      0, "X: m×n",            "sum(X)",  "G*ones(m,n)"),
    row("diagonal matrix in a trace",   Operator::Diagonal,   0, "X: n",              "diag(X)", "diag(G)"),
    row("diagonal in a trace",          Operator::DiagonalOf, 0, "X: n×n",            "diag(X)", "diag(G)"),
];

const fn row(
    name: &'static str,
    operator: Operator,
    at: usize,
    given: &'static str,
    value: &'static str,
    adjoint: &'static str,
) -> Pairing {
    Pairing { name, operator, at, given, value, adjoint }
}
