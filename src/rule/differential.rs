//! The differential and the pullbacks of each operator.

/// The operators that have a row, one for each kind of [`crate::expression::Node`] with operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// A + B
    Sum,
    /// A·B
    Product,
    /// s·A
    Scale,
    /// A ⊙ B; on scalars the ordinary product.
    Hadamard,
    /// A .^ p; on scalars the ordinary power.
    Power,
    /// Aᵀ
    Transpose,
    /// A⁻¹
    Inverse,
    /// tr A
    Trace,
    /// det A
    Determinant,
    /// The sum of all entries.
    Total,
    /// Vector → diagonal matrix.
    Diagonal,
    /// Matrix → its diagonal.
    DiagonalOf,
}

impl Operator {
    /// Its row: the table stands in the order of the operators.
    pub const fn row(self) -> &'static DifferentialRule {
        &DIFFERENTIALS[self as usize]
    }
}

/// One operator's row. With Y = value: dY = differential, and ⟨G, dY⟩ = Σᵢ ⟨pullbackᵢ, d operandᵢ⟩ where ⟨A, B⟩ = tr(AᵀB).
#[derive(Debug)]
pub struct DifferentialRule {
    /// The name that a derivation quotes.
    pub name: &'static str,
    /// The operator.
    pub operator: Operator,
    /// The operands, in order, as declarations.
    pub given: &'static str,
    /// The value Y.
    pub value: &'static str,
    /// dY, in terms of the operands and of `dA` for each operand `A`.
    pub differential: &'static str,
    /// What each operand's adjoint receives, in terms of the operands and of `G`, which has the shape of Y.
    pub pullbacks: &'static [&'static str],
}

/// The table. Sources: Magnus & Neudecker, ch. 8–9; Petersen & Pedersen, The Matrix Cookbook, §2; Minka 2000.
#[rustfmt::skip]
pub static DIFFERENTIALS: &[DifferentialRule] = &[
    row("sum rule",             Operator::Sum,         "A: m×n; B: m×n",          "A + B",   "dA + dB",                                &["G", "G"]),
    row("product rule",         Operator::Product,     "A: m×n; B: n×p",          "A*B",     "dA*B + A*dB",                            &["G*B'", "A'*G"]),
    row("scalar multiple",      Operator::Scale,       "s: scalar; A: m×n",       "s*A",     "ds*A + s*dA",                            &["tr(G'*A)", "s*G"]),
    row("Hadamard product",     Operator::Hadamard,    "A: m×n; B: m×n",          "A.*B",    "dA.*B + A.*dB",                          &["G.*B", "G.*A"]),
    row("entrywise power",      Operator::Power,       "A: m×n positive; p: scalar", "A.^p", "p*(A.^(p-1).*dA) + dp*(A.^p.*log(A))",   &["p*(G.*A.^(p-1))", "tr(G'*(A.^p.*log(A)))"]),
    row("transpose",            Operator::Transpose,   "A: m×n",                  "A'",      "dA'",                                    &["G'"]),
    row("inverse",              Operator::Inverse,     "A: n×n invertible",       "inv(A)",  "-inv(A)*dA*inv(A)",                      &["-inv(A)'*G*inv(A)'"]),
    row("trace",                Operator::Trace,       "A: n×n",                  "tr(A)",   "tr(dA)",                                 &["G*eye(n)"]),
    row("determinant (Jacobi)", Operator::Determinant, "A: n×n invertible",       "det(A)",  "det(A)*tr(inv(A)*dA)",                   &["G*det(A)*inv(A)'"]),
    row("sum of entries",       Operator::Total,       "A: m×n",                  "sum(A)",  "sum(dA)",                                &["G*ones(m,n)"]),
    row("diagonal matrix",      Operator::Diagonal,    "v: n",                    "diag(v)", "diag(dv)",                               &["diag(G)"]),
    row("diagonal of a matrix", Operator::DiagonalOf,  "A: n×n",                  "diag(A)", "diag(dA)",                               &["diag(G)"]),
];

/// The table stands in the order of the operators, or this does not compile.
const _: () = {
    let mut at = 0;
    while at < DIFFERENTIALS.len() {
        assert!(DIFFERENTIALS[at].operator as usize == at);
        at += 1;
    }
    assert!(Operator::DiagonalOf as usize == at - 1);
};

/// d tr F(X) = tr(slope·dX), of an operator whose differential has no closed form outside of a trace.
#[derive(Debug)]
pub struct TraceSlope {
    /// The name that a derivation quotes.
    pub name: &'static str,
    /// The operands, as declarations; `X` moves.
    pub given: &'static str,
    /// F(X)
    pub value: &'static str,
    /// f′(X)
    pub slope: &'static str,
}

/// A power with a symbolic exponent.
#[rustfmt::skip]
pub static POWER_IN_TRACE: TraceSlope =
    TraceSlope { name: "trace of a power", given: "X: n×n; k: scalar", value: "X^k", slope: "k*X^(k-1)" };

const fn row(
    name: &'static str,
    operator: Operator,
    given: &'static str,
    value: &'static str,
    differential: &'static str,
    pullbacks: &'static [&'static str],
) -> DifferentialRule {
    DifferentialRule { name, operator, given, value, differential, pullbacks }
}
