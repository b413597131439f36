//! The trace identities: how ⟨G, L(dX)⟩ = tr(Gᵀ L(dX)) becomes ⟨L*(G), dX⟩, one linear operator at a time.

use super::Identity;

/// Each row moves one constant factor from the right of the pairing tr(Gᵀ …) to its left, so that `X` ends up alone.
#[rustfmt::skip]
pub static TRACE_IDENTITIES: &[Identity] = &[
    row("cyclic, factor on the left",   "G: m×p; A: m×n; X: n×p", "tr(G'*(A*X))",    "tr((A'*G)'*X)"),
    row("cyclic, factor on the right",  "G: m×p; X: m×n; B: n×p", "tr(G'*(X*B))",    "tr((G*B')'*X)"),
    row("transpose inside a trace",     "G: n×m; X: m×n",         "tr(G'*X')",       "tr((G')'*X)"),
    row("Hadamard factor changes side", "G: m×n; A: m×n; X: m×n", "tr(G'*(A.*X))",   "tr((G.*A)'*X)"),
    row("scalar factor changes side",   "G: m×n; s: scalar; X: m×n", "tr(G'*(s*X))", "tr((s*G)'*X)"),
    row("scalar differential",          "G: m×n; x: scalar; A: m×n", "tr(G'*(x*A))", "tr(G'*A)*x"),
    row("trace as a pairing",           "g: scalar; X: n×n",      "g*tr(X)",         "tr((g*eye(n))'*X)"),
    row("sum as a pairing",             "g: scalar; X: m×n",      "g*sum(X)",        "tr((g*ones(m,n))'*X)"),
    row("diagonal matrix in a trace",   "G: n×n; x: n",           "tr(G'*diag(x))",  "tr(diag(G)'*x)"),
    row("diagonal in a trace",          "g: n; X: n×n",           "tr(g'*diag(X))",  "tr(diag(g)'*X)"),
    row("scalar as a trace",         "x: n; y: n",             "x'*y",            "tr(x'*y)"),
    row("transpose of a scalar",     "x: n; A: n×m; y: m",     "x'*A*y",          "y'*A'*x"),
    row("trace of a sum",               "G: m×n; X: m×n; Y: m×n", "tr(G'*(X + Y))",  "tr(G'*X) + tr(G'*Y)"),
];

const fn row(
    name: &'static str,
    given: &'static str,
    left: &'static str,
    right: &'static str,
) -> Identity {
    Identity { name, given, left, right }
}
