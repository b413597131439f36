//! Equalities between formulas, each with who keeps to it. Standing here, each is tested at random points, and for each use a test
//! gives its user the left side and expects the right one.

/// An equality `left = right` between expressions of the declared names.
#[derive(Debug)]
pub struct Identity {
    /// The name that a derivation quotes.
    pub name: &'static str,
    /// Shapes and properties of the names: the conditions under which it holds.
    pub given: &'static str,
    /// Left side, in the language.
    pub left: &'static str,
    /// Right side, in the language.
    pub right: &'static str,
    /// Who keeps to it; a row without a use does not stand here.
    pub used: &'static [Use],
}

/// Who keeps to an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The constructors: both sides are one node as soon as they are made.
    NormalForm,
    /// The pass to the short form: what the left side becomes is the right side.
    ShortForm,
    /// The trace method of a derivation, which quotes the row.
    Step(Move),
}

/// What the trace method does to a term beside the pairings of linear operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// tr(L M R) becomes tr(R L M).
    Rotate,
    /// tr(L Mᵀ R) becomes tr(Rᵀ M Lᵀ).
    TurnInTrace,
    /// A scalar l Mᵀ r becomes rᵀ M lᵀ.
    TurnScalar,
    /// A scalar gets a trace sign.
    Trace,
    /// The chain in front becomes the transpose of one matrix.
    TurnChain,
    /// The sum of an entrywise product of matrices becomes a trace.
    Frobenius,
    /// The sum of an entrywise product of columns becomes their product.
    SumOfProduct,
}

impl Move {
    /// The row that allows it. In a constant a move without a row does not compile.
    pub const fn row(self) -> &'static Identity {
        let mut at = 0;
        loop {
            let row = &IDENTITIES[at];
            let mut one = 0;
            while one < row.used.len() {
                if let Use::Step(of) = row.used[one]
                    && of as u8 == self as u8
                {
                    return row;
                }
                one += 1;
            }
            at += 1;
        }
    }
}

/// The table, by kind.
#[rustfmt::skip]
pub static IDENTITIES: &[Identity] = &[
    // transposes
    row("transpose of a product",                  "A: m×n; B: n×p",              "(A*B)'",                      "B'*A'",                   &[Use::NormalForm, Use::Step(Move::TurnChain)]),
    row("transpose of a sum",                      "A: m×n; B: m×n",              "(A + B)'",                    "A' + B'",                 &[Use::NormalForm]),
    row("transpose of a Hadamard product",         "A: m×n; B: m×n",              "(A.*B)'",                     "A'.*B'",                  &[Use::NormalForm]),
    row("transpose of an inverse",                 "A: n×n invertible",           "inv(A)'",                     "inv(A')",                 &[Use::NormalForm]),
    row("symmetric matrix",                        "S: n×n symmetric",            "S'",                          "S",                       &[Use::NormalForm]),
    // products
    row("left factor",                             "A: m×n; B: n×p; C: n×p",      "A*B + A*C",                   "A*(B + C)",               &[Use::ShortForm]),
    row("right factor",                            "A: n×p; B: m×n; C: m×n",      "B*A + C*A",                   "(B + C)*A",               &[Use::ShortForm]),
    row("left factor of itself",                   "A: m×n; B: n×n",              "A + A*B",                     "A*(eye(n) + B)",          &[Use::ShortForm]),
    row("right factor of itself",                  "A: n×m; B: n×n",              "A + B*A",                     "(eye(n) + B)*A",          &[Use::ShortForm]),
    row("Hadamard factor",                         "A: m×n; B: m×n; C: m×n",      "A.*B + A.*C",                 "A.*(B + C)",              &[Use::ShortForm]),
    row("scalar factor",                           "s: scalar; A: m×n; B: m×n",   "s*A + s*B",                   "s*(A + B)",               &[Use::ShortForm]),
    row("diagonal times vector",                   "v: n; x: n",                  "diag(v)*x",                   "v.*x",                    &[Use::NormalForm]),
    // inverses
    row("inverse cancels on the right",            "A: n×n invertible; B: n×m",   "A*(inv(A)*B)",                "B",                       &[Use::NormalForm]),
    row("inverse cancels on the left",             "A: n×n invertible; B: n×m",   "inv(A)*(A*B)",                "B",                       &[Use::NormalForm]),
    row("inverse of a product",                    "A: n×n invertible; B: n×n invertible", "inv(A*B)",                    "inv(B)*inv(A)",           &[Use::NormalForm]),
    row("inverse of an inverse",                   "A: n×n invertible",           "inv(inv(A))",                 "A",                       &[Use::NormalForm]),
    row("inverse of a multiple",                   "s: scalar positive; A: n×n invertible", "inv(s*A)",                    "1/s*inv(A)",              &[Use::NormalForm]),
    row("orthogonal matrix",                       "Q: n×n orthogonal",           "Q'*Q",                        "eye(n)",                  &[Use::NormalForm]),
    row("inverse of a diagonal matrix",            "v: n positive",               "inv(diag(v))",                "diag(1 ./ v)",            &[Use::NormalForm]),
    // traces, sums
    row("cyclic trace",                            "A: m×n; B: n×m",              "tr(A*B)",                     "tr(B*A)",                 &[Use::NormalForm, Use::Step(Move::Rotate)]),
    row("trace of a transpose",                    "A: n×n",                      "tr(A')",                      "tr(A)",                   &[Use::NormalForm, Use::Step(Move::TurnInTrace)]),
    row("trace of a Kronecker product",            "A: m×m; B: n×n",              "tr(kron(A,B))",               "tr(A)*tr(B)",             &[Use::NormalForm]),
    row("trace of a rank-one matrix",              "x: n; y: n",                  "tr(x*y')",                    "y'*x",                    &[Use::NormalForm]),
    row("scalar as a trace",                       "x: n; y: n",                  "x'*y",                        "tr(x'*y)",                &[Use::NormalForm, Use::Step(Move::Trace)]),
    row("transpose of a scalar",                   "x: n; A: n×m; y: m",          "x'*A*y",                      "y'*A'*x",                 &[Use::NormalForm, Use::Step(Move::TurnScalar)]),
    row("sum of an outer product",                 "x: m; y: n",                  "sum(x*y')",                   "sum(x)*sum(y)",           &[Use::NormalForm]),
    row("sum of a product",                        "x: n; y: n",                  "sum(x.*y)",                   "x'*y",                    &[Use::NormalForm, Use::Step(Move::SumOfProduct)]),
    row("sum of a simplex",                        "p: n simplex",                "sum(p)",                      "1",                       &[Use::NormalForm]),
    row("Frobenius product",                       "A: m×n; B: m×n",              "sum(A.*B)",                   "tr(A'*B)",                &[Use::Step(Move::Frobenius)]),
    row("diagonal of an outer product",            "x: n; y: n",                  "diag(x*y')",                  "x.*y",                    &[Use::NormalForm]),
    row("diagonal of a scaled matrix",             "v: n; A: n×n",                "diag(diag(v)*A)",             "v.*diag(A)",              &[Use::NormalForm]),
    // determinants
    row("determinant of a product",                "A: n×n; B: n×n",              "det(A*B)",                    "det(A)*det(B)",           &[Use::NormalForm]),
    row("determinant of a transpose",              "A: n×n",                      "det(A')",                     "det(A)",                  &[Use::NormalForm]),
    row("determinant of an inverse",               "A: n×n invertible",           "det(inv(A))",                 "1/det(A)",                &[Use::NormalForm]),
    row("determinant of a multiple",               "s: scalar positive; A: n×n",  "det(s*A)",                    "s^n*det(A)",              &[Use::NormalForm]),
    row("determinant of a Kronecker product",      "A: m×m spd; B: n×n spd",      "det(kron(A,B))",              "det(A)^n*det(B)^m",       &[Use::NormalForm]),
    // Kronecker products
    row("transpose of a Kronecker product",        "A: m×n; B: p×q",              "kron(A,B)'",                  "kron(A',B')",             &[Use::NormalForm]),
    row("inverse of a Kronecker product",          "A: m×m invertible; B: n×n invertible", "inv(kron(A,B))",              "kron(inv(A),inv(B))",     &[Use::NormalForm]),
    row("diagonal of a triangular inverse",        "L: n×n lower invertible",     "diag(inv(L))",                "1 ./ diag(L)",            &[Use::NormalForm]),
    row("product of Kronecker products",           "A: m×n; B: p×q; C: n×k; D: q×l", "kron(A,B)*kron(C,D)",         "kron(A*C,B*D)",           &[Use::NormalForm]),
    row("column in a Kronecker product",           "x: m; B: p×q; C: q×k",        "kron(x,B)*C",                 "kron(x,B*C)",             &[Use::NormalForm]),
    row("row in a Kronecker product",              "x: n; B: p×q; C: k×p",        "C*kron(x',B)",                "kron(x',C*B)",            &[Use::NormalForm]),
    row("Kronecker product of a column and a row", "x: m; y: n",                  "kron(x,y')",                  "x*y'",                    &[Use::NormalForm]),
    row("commutation turns a Kronecker product",   "A: m×n; B: p×q",              "commutation(p,m)*kron(A,B)",  "kron(B,A)*commutation(q,n)", &[Use::NormalForm]),
    row("commutation twice",                       "A: m×n",                      "commutation(n,m)*commutation(m,n)*vec(A)", "vec(A)",                  &[Use::NormalForm]),
    row("commutation and a diagonal matrix",       "A: m×n; x: m*n",              "commutation(m,n)*diag(vec(A))*x", "diag(vec(A'))*commutation(m,n)*x", &[Use::NormalForm]),
    row("diagonal of a Kronecker product",         "x: m; y: n",                  "diag(kron(x,y))",             "kron(diag(x),diag(y))",   &[Use::NormalForm]),
    row("vec of an outer product",                 "x: m; y: n",                  "vec(x*y')",                   "kron(y,x)",               &[Use::NormalForm]),
    row("common left Kronecker factor",            "A: m×n; B: p×q; C: p×q",      "kron(A,B) + kron(A,C)",       "kron(A,B + C)",           &[Use::ShortForm]),
    row("common right Kronecker factor",           "A: m×n; B: m×n; C: p×q",      "kron(A,C) + kron(B,C)",       "kron(A + B,C)",           &[Use::ShortForm]),
    row("vec of a product",                        "A: m×n; X: n×p; B: p×q",      "vec(A*X*B)",                  "kron(B',A)*vec(X)",       &[Use::NormalForm]),
    row("vec of a transpose",                      "A: m×n",                      "vec(A')",                     "commutation(m,n)*vec(A)", &[Use::NormalForm]),
];

const fn row(
    name: &'static str,
    given: &'static str,
    left: &'static str,
    right: &'static str,
    used: &'static [Use],
) -> Identity {
    Identity { name, given, left, right, used }
}
