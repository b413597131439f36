//! Eigenvalues and eigenvectors of symmetric matrices, singular values, the pseudoinverse. Rotations find them for the primal values;
//! steps of Newton's method, each of which doubles how far the terms of a dual number are right, bring in the derivatives.

use super::{Array, Real, lu, norm2, product, transpose};

/// Rounds of rotations; far more than are needed.
const ROUNDS: usize = 60;

/// Steps of Newton's method: enough for second derivatives.
const STEPS: usize = 2;

/// The eigenvalues, ascending, as a column; not numbers for a matrix that is not symmetric.
pub fn eigvals<T: Real>(a: &Array<T>) -> Array<T> {
    let (values, _) = eigen(a);
    Array { rows: values.len(), columns: 1, data: values }
}

/// The eigenvectors as columns, in the order of the eigenvalues; the largest entry of each is positive.
pub fn eigvecs<T: Real>(a: &Array<T>) -> Array<T> {
    eigen(a).1
}

/// The largest eigenvalue.
pub fn eigmax<T: Real>(a: &Array<T>) -> T {
    eigen(a).0[a.rows - 1]
}

/// The smallest eigenvalue.
pub fn eigmin<T: Real>(a: &Array<T>) -> T {
    eigen(a).0[0]
}

/// v vᵀ for the unit eigenvector v of the largest eigenvalue.
pub fn projector_max<T: Real>(a: &Array<T>) -> Array<T> {
    projector(&eigen(a).1, a.rows - 1)
}

/// v vᵀ for the unit eigenvector v of the smallest eigenvalue.
pub fn projector_min<T: Real>(a: &Array<T>) -> Array<T> {
    projector(&eigen(a).1, 0)
}

fn projector<T: Real>(vectors: &Array<T>, at: usize) -> Array<T> {
    Array::from_fn(vectors.rows, vectors.rows, |i, j| vectors.at(i, at) * vectors.at(j, at))
}

/// The pseudoinverse of λ I − A for the largest eigenvalue λ of A.
pub fn resolvent_max<T: Real>(a: &Array<T>) -> Array<T> {
    resolvent(&eigen(a), a.rows - 1)
}

/// The pseudoinverse of λ I − A for the smallest eigenvalue λ of A.
pub fn resolvent_min<T: Real>(a: &Array<T>) -> Array<T> {
    resolvent(&eigen(a), 0)
}

fn resolvent<T: Real>((values, vectors): &(Vec<T>, Array<T>), at: usize) -> Array<T> {
    let n = vectors.rows;
    let weighted = Array::from_fn(n, n, |i, j| {
        if j == at {
            vectors.at(i, j) * T::constant(0.0)
        } else {
            vectors.at(i, j) / (values[at] - values[j])
        }
    });
    product(&weighted, &transpose(vectors))
}

/// 1/(lⱼ − lᵢ) at (i, j); 0 on the diagonal and where rounding cannot tell the two apart.
pub fn eig_gaps<T: Real>(l: &Array<T>) -> Array<T> {
    let n = l.data.len();
    let threshold = apart(&l.data);
    Array::from_fn(n, n, |i, j| {
        let gap = l.data[j] - l.data[i];
        let is_gap = i != j && gap.real().abs() > threshold;
        if is_gap { T::constant(1.0) / gap } else { T::constant(0.0) }
    })
}

/// The singular values, descending, as a column: the lengths of the columns of X V. X has at least as many rows as columns.
pub fn svdvals<T: Real>(x: &Array<T>) -> Array<T> {
    let n = x.columns;
    if x.rows < n {
        return Array::filled(n, 1, x.data[0] * T::constant(f64::NAN));
    }
    let gram = product(&transpose(x), x).map(|entry| -entry);
    let image = product(x, &eigen(&gram).1);
    Array::from_fn(n, 1, |j, _| {
        norm2(&Array { rows: image.rows, columns: 1, data: image.column(j).to_vec() })
    })
}

/// X⁺, of whatever rank X has: that of the primal values. With the singular vectors U and V of these, X = C K R where C = X V,
/// K = (Uᵀ X V)⁻¹ and R = Uᵀ X are exact for every X of that rank, and X⁺ = Rᵀ(R Rᵀ)⁻¹ K⁻¹ (CᵀC)⁻¹Cᵀ.
pub fn pinv<T: Real>(x: &Array<T>) -> Array<T> {
    if x.rows < x.columns {
        return transpose(&pinv(&transpose(x)));
    }
    let primal = x.map(Real::real);
    if primal.data.iter().any(|entry| !entry.is_finite()) {
        return Array::filled(x.columns, x.rows, x.data[0] * T::constant(f64::NAN));
    }
    let (turned, right) = rotated(&primal);
    let lengths: Vec<f64> = (0..x.columns).map(|j| length(turned.column(j))).collect();
    let largest = lengths.iter().copied().fold(0.0, f64::max);
    #[allow(clippy::cast_precision_loss)]
    let threshold = 16.0 * x.rows as f64 * T::EPSILON * largest;
    let kept: Vec<usize> = (0..x.columns).filter(|j| lengths[*j] > threshold).collect();
    if kept.is_empty() {
        return Array::zeros(x.columns, x.rows);
    }
    // U and V divided by the singular values: all that is inverted is near to the identity.
    let scaled = |from: &Array<f64>, power: i32| {
        Array::from_fn(from.rows, kept.len(), |i, j| {
            T::constant(from.at(i, kept[j]) * lengths[kept[j]].powi(power))
        })
    };
    let (left, right) = (scaled(&turned, -2), scaled(&right, -1));
    let c = product(x, &right);
    let r = product(&transpose(&left), x);
    let inner = product(&transpose(&left), &c);
    let c_turned = transpose(&c);
    let r_turned = transpose(&r);
    let outer = lu(&product(&c_turned, &c)).solve(&c_turned);
    let middle = lu(&product(&r, &r_turned)).solve(&product(&inner, &outer));
    product(&r_turned, &middle)
}

/// Whether the primal values are symmetric, as far as rounding tells.
pub(super) fn is_symmetric<T: Real>(a: &Array<T>) -> bool {
    let largest = a.data.iter().fold(0.0_f64, |largest, x| largest.max(x.real().abs()));
    let tolerance = T::EPSILON.sqrt() * largest;
    let near = |i: usize, j: usize| (a.at(i, j).real() - a.at(j, i).real()).abs() <= tolerance;
    a.data.iter().all(|x| x.real().is_finite()) && (0..a.rows).all(|i| (0..i).all(|j| near(i, j)))
}

/// Eigenvalues that are less apart than this are one.
fn apart<T: Real>(values: &[T]) -> f64 {
    let largest = values.iter().fold(0.0_f64, |largest, x| largest.max(x.real().abs()));
    #[allow(clippy::cast_precision_loss)]
    let count = values.len() as f64;
    16.0 * count * T::EPSILON * largest
}

/// Eigenvalues, ascending, and eigenvectors of a symmetric matrix (the correction is that of Ogita and Aishima 2018).
fn eigen<T: Real>(a: &Array<T>) -> (Vec<T>, Array<T>) {
    let n = a.rows;
    if !is_symmetric(a) {
        let none = a.data[0] * T::constant(f64::NAN);
        return (vec![none; n], Array::filled(n, n, none));
    }
    let (_, vectors) = primal_eigen(&a.map(Real::real));
    let mut x = vectors.map(T::constant);
    for _ in 0..STEPS {
        let (gram, image) = forms(a, &x);
        let values = quotients(&gram, &image);
        let threshold = apart(&values);
        let correction = Array::from_fn(n, n, |i, j| {
            let identity = T::constant(if i == j { 1.0 } else { 0.0 });
            let rest = identity - gram.at(i, j);
            let gap = values[j] - values[i];
            if i == j || gap.real().abs() <= threshold {
                rest * T::constant(0.5)
            } else {
                (image.at(i, j) + values[j] * rest) / gap
            }
        });
        x = x.zip(&product(&x, &correction), |x, y| x + y);
    }
    let (gram, image) = forms(a, &x);
    (quotients(&gram, &image), x)
}

/// XᵀX and XᵀAX.
fn forms<T: Real>(a: &Array<T>, x: &Array<T>) -> (Array<T>, Array<T>) {
    let turned = transpose(x);
    (product(&turned, x), product(&turned, &product(a, x)))
}

/// xᵀAx/xᵀx for each column x.
fn quotients<T: Real>(gram: &Array<T>, image: &Array<T>) -> Vec<T> {
    (0..gram.rows).map(|i| image.at(i, i) / gram.at(i, i)).collect()
}

/// Eigenvalues, ascending, and eigenvectors by Jacobi's rotations.
pub(super) fn primal_eigen(a: &Array<f64>) -> (Vec<f64>, Array<f64>) {
    let n = a.rows;
    let mut d = Array::from_fn(n, n, |i, j| 0.5 * (a.at(i, j) + a.at(j, i)));
    let mut q: Array<f64> = Array::identity(n);
    let size = length(&d.data);
    for _ in 0..ROUNDS {
        let mut rest = 0.0_f64;
        for j in 0..n {
            for i in 0..j {
                let entry = d.at(i, j);
                rest = rest.max(entry.abs());
                if entry == 0.0 {
                    continue;
                }
                let (cosine, sine) = rotation((d.at(j, j) - d.at(i, i)) / (2.0 * entry));
                turn_columns(&mut d, i, j, cosine, sine);
                for k in 0..n {
                    let (p, r) = (d.at(i, k), d.at(j, k));
                    *d.at_mut(i, k) = cosine * p - sine * r;
                    *d.at_mut(j, k) = sine * p + cosine * r;
                }
                turn_columns(&mut q, i, j, cosine, sine);
            }
        }
        if rest <= 1e-3 * f64::EPSILON * size {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|i, j| d.at(*i, *i).total_cmp(&d.at(*j, *j)));
    let values = order.iter().map(|i| d.at(*i, *i)).collect();
    let sign = |j: usize| {
        let largest = q.column(j).iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        let mut first = q.column(j).iter().filter(|x| x.abs() >= largest * (1.0 - 1e-9));
        first.next().map_or(1.0, |x| x.signum())
    };
    (values, Array::from_fn(n, n, |i, j| sign(order[j]) * q.at(i, order[j])))
}

/// Cosine and sine of the smaller angle φ with cot 2φ = `cotangent`.
fn rotation(cotangent: f64) -> (f64, f64) {
    let tangent = if cotangent < 0.0 { -1.0 } else { 1.0 }
        / (cotangent.abs() + (cotangent * cotangent + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    (cosine, tangent * cosine)
}

/// Columns i and j turned by the angle.
fn turn_columns(x: &mut Array<f64>, i: usize, j: usize, cosine: f64, sine: f64) {
    for k in 0..x.rows {
        let (p, q) = (x.at(k, i), x.at(k, j));
        *x.at_mut(k, i) = cosine * p - sine * q;
        *x.at_mut(k, j) = sine * p + cosine * q;
    }
}

/// X V with orthogonal columns, and V, by Hestenes' rotations.
fn rotated(x: &Array<f64>) -> (Array<f64>, Array<f64>) {
    let n = x.columns;
    let mut turned = x.clone();
    let mut v: Array<f64> = Array::identity(n);
    for _ in 0..ROUNDS {
        let mut done = true;
        for j in 0..n {
            for i in 0..j {
                let (p, q) = (turned.column(i), turned.column(j));
                let (first, second) = (inner(p, p), inner(q, q));
                let both = inner(p, q);
                if both.abs() <= f64::EPSILON * (first * second).sqrt() || both == 0.0 {
                    continue;
                }
                done = false;
                let (cosine, sine) = rotation((second - first) / (2.0 * both));
                turn_columns(&mut turned, i, j, cosine, sine);
                turn_columns(&mut v, i, j, cosine, sine);
            }
        }
        if done {
            break;
        }
    }
    (turned, v)
}

fn inner(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn length(x: &[f64]) -> f64 {
    inner(x, x).sqrt()
}
