//! Equalities that hold whatever is differentiated. The constructors keep to them (their normal form is one side), or the search for
//! a short form uses them; standing here, each is tested at random points, and a derivation can quote it.

use super::Identity;

/// The table, by kind.
#[rustfmt::skip]
pub static ALGEBRA: &[Identity] = &[
    // transposes
    row("transpose of a product",        "A: m×n; B: n×p",                 "(A*B)'",               "B'*A'"),
    row("transpose of a sum",            "A: m×n; B: m×n",                 "(A + B)'",             "A' + B'"),
    row("transpose of a Hadamard product", "A: m×n; B: m×n",               "(A.*B)'",              "A'.*B'"),
    row("transpose of an inverse",       "A: n×n invertible",              "inv(A)'",              "inv(A')"),
    row("symmetric matrix",              "S: n×n symmetric",               "S'",                   "S"),
    // products
    row("left factor",                   "A: m×n; B: n×p; C: n×p",         "A*B + A*C",            "A*(B + C)"),
    row("right factor",                  "A: n×p; B: m×n; C: m×n",         "B*A + C*A",            "(B + C)*A"),
    row("left factor of itself",         "A: m×n; B: n×n",                 "A + A*B",              "A*(eye(n) + B)"),
    row("right factor of itself",        "A: n×m; B: n×n",                 "A + B*A",              "(eye(n) + B)*A"),
    row("Hadamard factor",               "A: m×n; B: m×n; C: m×n",         "A.*B + A.*C",          "A.*(B + C)"),
    row("scalar factor",                 "s: scalar; A: m×n; B: m×n",      "s*A + s*B",            "s*(A + B)"),
    row("diagonal times vector",         "v: n; x: n",                     "diag(v)*x",            "v.*x"),
    // inverses
    row("inverse cancels on the right",  "A: n×n invertible; B: n×m",      "A*(inv(A)*B)",         "B"),
    row("inverse cancels on the left",   "A: n×n invertible; B: n×m",      "inv(A)*(A*B)",         "B"),
    row("inverse of a product",          "A: n×n invertible; B: n×n invertible", "inv(A*B)",       "inv(B)*inv(A)"),
    row("inverse of an inverse",         "A: n×n invertible",              "inv(inv(A))",          "A"),
    row("inverse of a multiple",         "s: scalar positive; A: n×n invertible", "inv(s*A)",      "1/s*inv(A)"),
    row("orthogonal matrix",             "Q: n×n orthogonal",              "Q'*Q",                 "eye(n)"),
    row("inverse of a diagonal matrix",  "v: n positive",                  "inv(diag(v))",         "diag(1 ./ v)"),
    // traces, sums
    row("cyclic trace",                  "A: m×n; B: n×m",                 "tr(A*B)",              "tr(B*A)"),
    row("trace of a transpose",          "A: n×n",                         "tr(A')",               "tr(A)"),
    row("trace of a Kronecker product",  "A: m×m; B: n×n",                 "tr(kron(A,B))",        "tr(A)*tr(B)"),
    row("trace of a rank-one matrix",    "x: n; y: n",                     "tr(x*y')",             "y'*x"),
    row("sum of an outer product",       "x: m; y: n",                     "sum(x*y')",            "sum(x)*sum(y)"),
    row("sum of a product",              "x: n; y: n",                     "sum(x.*y)",            "x'*y"),
    row("sum of a simplex",              "p: n simplex",                   "sum(p)",               "1"),
    row("Frobenius product",             "A: m×n; B: m×n",                 "sum(A.*B)",            "tr(A'*B)"),
    row("diagonal of an outer product",  "x: n; y: n",                     "diag(x*y')",           "x.*y"),
    row("diagonal of a scaled matrix",   "v: n; A: n×n",                   "diag(diag(v)*A)",      "v.*diag(A)"),
    // determinants
    row("determinant of a product",      "A: n×n; B: n×n",                 "det(A*B)",             "det(A)*det(B)"),
    row("determinant of a transpose",    "A: n×n",                         "det(A')",              "det(A)"),
    row("determinant of an inverse",     "A: n×n invertible",              "det(inv(A))",          "1/det(A)"),
    row("determinant of a multiple",     "s: scalar positive; A: n×n",     "det(s*A)",             "s^n*det(A)"),
    row("determinant of a Kronecker product", "A: m×m spd; B: n×n spd",    "det(kron(A,B))",       "det(A)^n*det(B)^m"),
    // Kronecker products
    row("transpose of a Kronecker product", "A: m×n; B: p×q",              "kron(A,B)'",           "kron(A',B')"),
    row("inverse of a Kronecker product", "A: m×m invertible; B: n×n invertible", "inv(kron(A,B))", "kron(inv(A),inv(B))"),
    row("diagonal of a triangular inverse", "L: n×n lower invertible",    "diag(inv(L))",         "1 ./ diag(L)"),
    row("product of Kronecker products", "A: m×n; B: p×q; C: n×k; D: q×l", "kron(A,B)*kron(C,D)", "kron(A*C,B*D)"),
    row("column in a Kronecker product", "x: m; B: p×q; C: q×k",           "kron(x,B)*C",          "kron(x,B*C)"),
    row("row in a Kronecker product",   "x: n; B: p×q; C: k×p",            "C*kron(x',B)",         "kron(x',C*B)"),
    row("Kronecker product of a column and a row", "x: m; y: n",           "kron(x,y')",           "x*y'"),
    row("commutation turns a Kronecker product", "A: m×n; B: p×q",         "commutation(p,m)*kron(A,B)", "kron(B,A)*commutation(q,n)"),
    row("commutation twice",            "A: m×n",                          "commutation(n,m)*commutation(m,n)*vec(A)", "vec(A)"),
    row("commutation and a diagonal matrix", "A: m×n; x: m*n",             "commutation(m,n)*diag(vec(A))*x", "diag(vec(A'))*commutation(m,n)*x"),
    row("diagonal of a Kronecker product", "x: m; y: n",                   "diag(kron(x,y))",      "kron(diag(x),diag(y))"),
    row("vec of an outer product",      "x: m; y: n",                      "vec(x*y')",            "kron(y,x)"),
    row("common left Kronecker factor", "A: m×n; B: p×q; C: p×q",          "kron(A,B) + kron(A,C)", "kron(A,B + C)"),
    row("common right Kronecker factor", "A: m×n; B: m×n; C: p×q",         "kron(A,C) + kron(B,C)", "kron(A + B,C)"),
    row("vec of a product",              "A: m×n; X: n×p; B: p×q",         "vec(A*X*B)",           "kron(B',A)*vec(X)"),
    row("vec of a transpose",            "A: m×n",                         "vec(A')",              "commutation(m,n)*vec(A)"),
];

const fn row(
    name: &'static str,
    given: &'static str,
    left: &'static str,
    right: &'static str,
) -> Identity {
    Identity { name, given, left, right }
}
