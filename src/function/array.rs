//! Functions of whole arrays, and constants.
//!
//! `G` in a pullback has the shape of the result. softmax and logsumexp work on columns.

use super::{ArrayKernel, Domain, Form, Function, derivative};
use crate::kernel::{self, Array};

#[rustfmt::skip]
pub(super) const ROWS: &[Function] = array_rows![
    // Constants
    "pi" ["π"]: "" => "scalar",
        Some(derivative(&[], "0")),
        Real, r"\pi", 0, scalar pi(0), [] Positive;

    // Norms
    "norm1" []: "X: m×n" => "scalar",
        Some(derivative(&["G*sign(X)"], "sum(sign(X).*dX)")),
        Real, r"\lVert #1 \rVert_1", 2, scalar norm1(1), [] Nonnegative;
    "norm2" ["norm_fro", "norm"]: "X: m×n" => "scalar",
        Some(derivative(&["G/norm2(X)*X"], "tr(X'*dX)/norm2(X)")),
        Real, r"\lVert #1 \rVert", 2, scalar norm2(1), [] Nonnegative;

    // Σ X^i E X^(k−1−i) over i from 0 to k − 1, the differential of X^k along E
    "power_frechet" []: "X: n×n; E: n×n; k: scalar" => "n×n",
        None,
        Real, r"\operatorname{dpower}", 300, array power_frechet(3), [],
        means "power_frechet(X, E, k) is the sum of X^i*E*X^(k-1-i) over i from 0 to k-1";

    // Σ A^i B^(k−1−i) over i from 0 to k − 1
    "power_sum" []: "A: n×n; B: n×n; k: scalar" => "n×n",
        None,
        Real, r"\operatorname{power\_sum}", 300, array power_sum(3), [],
        means "power_sum(A, B, k) is the sum of A^i*B^(k-1-i) over i from 0 to k-1";

    // The largest entry, the first in a tie
    "max" []: "X: m×n" => "scalar",
        Some(derivative(&["G*maxmask(X)"], "sum(maxmask(X).*dX)")),
        Real, r"\max", 1, scalar max(1), [];
    "maxmask" ["argmax"]: "X: m×n" => "m×n",
        Some(derivative(&["zeros(m,n)"], "zeros(m,n)")),
        Real, r"\operatorname{maxmask}", 2, array maxmask(1), [] Mask;

    // The same of each column; what has `_columns` behind its name is meant by `rows` and `columns` after an argument
    "max_columns" []: "X: m×n" => "1×n",
        Some(derivative(&["maxmask_columns(X).*(ones(m)*G)"], "ones(m)'*(maxmask_columns(X).*dX)")),
        Real, r"\operatorname{max\_columns}", 1, array max_columns(1), [];
    "maxmask_columns" []: "X: m×n" => "m×n",
        Some(derivative(&["zeros(m,n)"], "zeros(m,n)")),
        Real, r"\operatorname{maxmask\_columns}", 2, array maxmask_columns(1), [] Mask;

    // Sums of each column from its first entry, and from its last
    "cumsum" []: "X: m×n" => "m×n",
        Some(derivative(&["cumsum_back(G)"], "cumsum(dX)")),
        Real, r"\operatorname{cumsum}", 1, array cumsum(1), [];
    "cumsum_back" []: "X: m×n" => "m×n",
        Some(derivative(&["cumsum(G)"], "cumsum_back(dX)")),
        Real, r"\operatorname{cumsum\_back}", 1, array cumsum_back(1), [];

    // The vector product; the matrix A with A·b = a×b, and the vector of a matrix that is its adjoint
    "cross" []: "a: 3; b: 3" => "3×1",
        Some(derivative(&["cross(b,G)", "cross(G,a)"], "cross(da,b) + cross(a,db)")),
        Real, r"\operatorname{cross}", 6, array cross(2), [];
    "cross_matrix" []: "a: 3" => "3×3",
        Some(derivative(&["cross_vector(G)"], "cross_matrix(da)")),
        Real, r"\operatorname{cross\_matrix}", 1, array cross_matrix(1), [];
    "cross_vector" []: "X: 3×3" => "3×1",
        Some(derivative(&["cross_matrix(G)"], "cross_vector(dX)")),
        Real, r"\operatorname{cross\_vector}", 1, array cross_vector(1), [];

    // Columns
    "softmax" []: "X: m×n" => "m×n",
        Some(derivative(&["softmax(X).*(G - ones(m)*(ones(m)'*(softmax(X).*G)))"],
                   "softmax(X).*dX - softmax(X).*(ones(m)*(ones(m)'*(softmax(X).*dX)))")),
        Real, r"\operatorname{softmax}", 25, array softmax(1),
        [("softmax", "exp(x)/sum(exp(x))", "softmax(x)")] Simplex;
    "logsumexp" ["lse"]: "X: m×n" => "1×n",
        Some(derivative(&["softmax(X).*(ones(m)*G)"], "ones(m)'*(softmax(X).*dX)")),
        Real, r"\operatorname{logsumexp}", 25, array logsumexp(1),
        [("log of a sum of exponentials", "log(sum(exp(x)))", "logsumexp(x)")];

    // Square matrices; log det X is NaN for a negative determinant, as log(det(X)) is
    "logdet" []: "X: n×n" => "scalar",
        Some(derivative(&["G*inv(X)'"], "tr(inv(X)*dX)")),
        Invertible, r"\log\det", 50, scalar logdet(1), [];
    "adj" ["adjugate"]: "X: n×n" => "n×n",
        Some(derivative(&["det(X)*(tr(G'*inv(X))*inv(X)' - inv(X)'*G*inv(X)')"],
                   "det(X)*(tr(inv(X)*dX)*inv(X) - inv(X)*dX*inv(X))")),
        Invertible, r"\operatorname{adj}", 100, array adjugate(1), [];
    // Triangles, the diagonal included
    "tril" []: "X: m×n" => "m×n",
        Some(derivative(&["tril(G)"], "tril(dX)")),
        Real, r"\operatorname{tril}", 1, array tril(1), [];
    "triu" []: "X: m×n" => "m×n",
        Some(derivative(&["triu(G)"], "triu(dX)")),
        Real, r"\operatorname{triu}", 1, array triu(1), [];

    // Windows
    "conv2d" []: "X: h×w; K: k×l" => "(h-k+1)×(w-l+1)",
        Some(derivative(&["conv2d_full(G,K)", "conv2d(X,G)"], "conv2d(dX,K) + conv2d(X,dK)")),
        Real, r"\operatorname{conv2d}", 10, array conv2d(2), [];
    "conv2d_full" []: "X: h×w; K: k×l" => "(h+k-1)×(w+l-1)",
        Some(derivative(&["conv2d(G,K)", "conv2d(G,X)"], "conv2d_full(dX,K) + conv2d_full(X,dK)")),
        Real, r"\operatorname{conv2d\_full}", 10, array conv2d_full(2), [];
    "avgpool2" []: "X: 2*h×2*w" => "h×w",
        Some(derivative(&["kron(G, ones(2,2))/4"], "avgpool2(dX)")),
        Real, r"\operatorname{avgpool2}", 2, array avgpool2(1), [];
    "maxpool2" []: "X: 2*h×2*w" => "h×w",
        Some(derivative(&["kron(G, ones(2,2)).*maxpool2mask(X)"], "4*avgpool2(maxpool2mask(X).*dX)")),
        Real, r"\operatorname{maxpool2}", 2, array maxpool2(1), [];
    "maxpool2mask" []: "X: 2*h×2*w" => "2*h×2*w",
        Some(derivative(&["zeros(2*h,2*w)"], "zeros(2*h,2*w)")),
        Real, r"\operatorname{maxpool2mask}", 3, array maxpool2mask(1), [] Mask;
];
