//! Functions of square matrices beside the exponential: root, logarithm, sine, cosine; the factor of Cholesky; the equation of Lyapunov.

use super::spectral::{is_symmetric, primal_eigen};
use super::{Array, Dual, Real, expm, expm_frechet, kronecker, lu, product, transpose};

/// Steps of an iteration that converges quadratically; far more than are needed.
const STEPS: usize = 40;

/// Steps of an iteration that makes one more order of derivatives right: enough for second ones.
const CORRECTIONS: usize = 2;

/// The principal root: S with S S = A. Not numbers where there is none.
pub fn sqrtm<T: Real>(a: &Array<T>) -> Array<T> {
    if !is_symmetric(a) {
        return root(a).0;
    }
    let (values, vectors) = primal_eigen(&a.map(Real::real));
    let largest = values.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    #[allow(clippy::cast_precision_loss)]
    let threshold = 16.0 * a.rows as f64 * T::EPSILON * largest;
    if values.iter().any(|value| *value < -threshold) {
        return nothing(a);
    }
    let roots: Vec<f64> = values.iter().map(|value| value.max(0.0).sqrt()).collect();
    let mut s = Array::zeros(a.rows, a.rows);
    for (k, root) in roots.iter().enumerate() {
        for j in 0..a.rows {
            for i in 0..a.rows {
                *s.at_mut(i, j) += T::constant(root * vectors.at(i, k) * vectors.at(j, k));
            }
        }
    }
    // Of a matrix with an eigenvalue 0 there is a root, but no derivative.
    let weight = |x: f64, y: f64| if x + y > 0.0 { 1.0 / (x + y) } else { 0.0 };
    for _ in 0..CORRECTIONS {
        let rest = a.zip(&product(&s, &s), |x, y| x - y);
        s = s.zip(&weighted(&vectors, &roots, &rest, &weight), |x, y| x + y);
    }
    s
}

/// X with S X + X S = C.
pub fn lyapunov<T: Real>(s: &Array<T>, c: &Array<T>) -> Array<T> {
    let n = s.rows;
    if !is_symmetric(s) {
        let identity = Array::identity(n);
        let (left, right) = (kronecker(&identity, s), kronecker(&transpose(s), &identity));
        let column = Array { rows: n * n, columns: 1, data: c.data.clone() };
        let solution = lu(&left.zip(&right, |x, y| x + y)).solve(&column);
        return Array { rows: n, columns: n, data: solution.data };
    }
    let (values, vectors) = primal_eigen(&s.map(Real::real));
    let solve = |c: &Array<T>| weighted(&vectors, &values, c, &|x: f64, y: f64| 1.0 / (x + y));
    let mut x = solve(c);
    for _ in 0..CORRECTIONS {
        let both = product(s, &x).zip(&product(&x, s), |x, y| x + y);
        x = x.zip(&solve(&c.zip(&both, |x, y| x - y)), |x, y| x + y);
    }
    x
}

/// Q((Qᵀ C Q) ⊙ W)Qᵀ with the weights W of pairs of eigenvalues.
fn weighted<T: Real>(
    vectors: &Array<f64>,
    values: &[f64],
    c: &Array<T>,
    weight: &dyn Fn(f64, f64) -> f64,
) -> Array<T> {
    let q = vectors.map(T::constant);
    let turned = transpose(&q);
    let inside = product(&product(&turned, c), &q);
    let inside = Array::from_fn(c.rows, c.columns, |i, j| {
        inside.at(i, j) * T::constant(weight(values[i], values[j]))
    });
    product(&product(&q, &inside), &turned)
}

/// What is no number has no derivative.
fn nothing<T: Real>(a: &Array<T>) -> Array<T> {
    Array::filled(a.rows, a.columns, a.data[0] * T::constant(f64::NAN))
}

fn largest<T: Real>(a: &Array<T>) -> f64 {
    a.data.iter().fold(0.0_f64, |largest, x| largest.max(x.real().abs()))
}

/// A^½ and A^(−½) by the iteration of Denman and Beavers; not numbers where it does not end.
fn root<T: Real>(a: &Array<T>) -> (Array<T>, Array<T>) {
    let n = a.rows;
    let half = T::constant(0.5);
    let identity = Array::identity(n);
    let (mut y, mut z) = (a.clone(), identity.clone());
    // When the primal values stand still, so do the derivatives a few steps later.
    let mut left = STEPS;
    while left > 0 {
        let (y_inverse, z_inverse) = (lu(&y).solve(&identity), lu(&z).solve(&identity));
        let next = y.zip(&z_inverse, |a, b| (a + b) * half);
        z = z.zip(&y_inverse, |a, b| (a + b) * half);
        let moved = largest(&next.zip(&y, |a, b| a - b));
        left = if moved <= 1e-7 * largest(&next) { left.min(5) } else { left };
        left -= 1;
        y = next;
    }
    // One step of Newton and Schulz removes what rounding errors have left: z (3I − z A z)/2.
    let mut rest = product(&product(&z, a), &z).map(|c| -c);
    (0..n).for_each(|i| *rest.at_mut(i, i) += T::constant(3.0));
    let z = product(&z, &rest).map(|c| c * half);
    let y = product(a, &z);
    let error = largest(&product(&y, &y).zip(a, |x, y| x - y));
    if error <= T::EPSILON.sqrt() * largest(a) { (y, z) } else { (nothing(a), nothing(a)) }
}

/// The principal logarithm: roots bring A near to the identity, where log A = 2 artanh((A − I)(A + I)⁻¹).
pub fn logm<T: Real>(a: &Array<T>) -> Array<T> {
    let n = a.rows;
    let identity = Array::identity(n);
    let mut near = a.clone();
    let mut factor = 2.0;
    for _ in 0..STEPS {
        #[allow(clippy::cast_precision_loss)]
        if largest(&near.zip(&identity, |x, y| x - y)) * n as f64 <= 0.25 {
            break;
        }
        near = root(&near).0;
        factor *= 2.0;
    }
    let (below, above) = (near.zip(&identity, |x, y| x - y), near.zip(&identity, |x, y| x + y));
    let z = lu(&above).solve(&below);
    let square = product(&z, &z);
    // Horner: z(1 + z²(1/3 + z²(1/5 + …))).
    let mut sum = Array::zeros(n, n);
    for k in (0..14).rev() {
        sum = product(&square, &sum);
        (0..n).for_each(|i| *sum.at_mut(i, i) += T::constant(1.0 / f64::from(2 * k + 1)));
    }
    product(&z, &sum).map(|x| x * T::constant(factor))
}

/// cos A, above on the left in e to the power of [0 −A; A 0].
pub fn cosm<T: Real>(a: &Array<T>) -> Array<T> {
    let both = circular(a);
    Array::from_fn(a.rows, a.rows, |i, j| both.at(i, j))
}

/// sin A, below on the left in e to the power of [0 −A; A 0].
pub fn sinm<T: Real>(a: &Array<T>) -> Array<T> {
    let both = circular(a);
    Array::from_fn(a.rows, a.rows, |i, j| both.at(i + a.rows, j))
}

fn circular<T: Real>(a: &Array<T>) -> Array<T> {
    let n = a.rows;
    expm(&Array::from_fn(2 * n, 2 * n, |i, j| match (i < n, j < n) {
        (true, false) => -a.at(i, j - n),
        (false, true) => a.at(i - n, j),
        _ => T::constant(0.0),
    }))
}

/// A + ε E
fn tied<T: Real>(a: &Array<T>, e: &Array<T>) -> Array<Dual<T>> {
    Array::from_fn(a.rows, a.columns, |i, j| Dual::new(a.at(i, j), e.at(i, j)))
}

type Moving<T> = Array<Dual<T>>;

/// The derivative of a matrix function at A along E.
fn along<T: Real>(function: fn(&Moving<T>) -> Moving<T>, a: &Array<T>, e: &Array<T>) -> Array<T> {
    function(&tied(a, e)).map(|x| x.tangent)
}

/// The derivative of a matrix function's derivative along E, at A along H.
fn along_both<T: Real>(
    derivative: fn(&Moving<T>, &Moving<T>) -> Moving<T>,
    (a, e, h): (&Array<T>, &Array<T>, &Array<T>),
) -> Array<T> {
    derivative(&tied(a, h), &e.map(|x| Dual::new(x, T::constant(0.0)))).map(|x| x.tangent)
}

/// The derivative of the logarithm at A along E.
pub fn logm_frechet<T: Real>(a: &Array<T>, e: &Array<T>) -> Array<T> {
    along(logm, a, e)
}

/// The second derivative of the logarithm at A along E and H.
pub fn logm_second<T: Real>(a: &Array<T>, e: &Array<T>, h: &Array<T>) -> Array<T> {
    along_both(logm_frechet, (a, e, h))
}

/// The derivative of the sine at A along E.
pub fn sinm_frechet<T: Real>(a: &Array<T>, e: &Array<T>) -> Array<T> {
    along(sinm, a, e)
}

/// The second derivative of the sine at A along E and H.
pub fn sinm_second<T: Real>(a: &Array<T>, e: &Array<T>, h: &Array<T>) -> Array<T> {
    along_both(sinm_frechet, (a, e, h))
}

/// The derivative of the cosine at A along E.
pub fn cosm_frechet<T: Real>(a: &Array<T>, e: &Array<T>) -> Array<T> {
    along(cosm, a, e)
}

/// The second derivative of the cosine at A along E and H.
pub fn cosm_second<T: Real>(a: &Array<T>, e: &Array<T>, h: &Array<T>) -> Array<T> {
    along_both(cosm_frechet, (a, e, h))
}

/// The second derivative of the exponential at A along E and H.
pub fn expm_second<T: Real>(a: &Array<T>, e: &Array<T>, h: &Array<T>) -> Array<T> {
    along_both(expm_frechet, (a, e, h))
}

/// The lower triangular L with L Lᵀ = A and a positive diagonal; not numbers where A is not positive definite.
pub fn cholesky<T: Real>(a: &Array<T>) -> Array<T> {
    let n = a.rows;
    let mut l = Array::zeros(n, n);
    for j in 0..n {
        let square = (0..j).fold(a.at(j, j), |sum, k| sum - l.at(j, k) * l.at(j, k));
        if square.real().is_nan() || square.real() <= 0.0 || !is_symmetric(a) {
            return nothing(a);
        }
        let pivot = square.sqrt();
        *l.at_mut(j, j) = pivot;
        for i in j + 1..n {
            let rest = (0..j).fold(a.at(i, j), |sum, k| sum - l.at(i, k) * l.at(j, k));
            *l.at_mut(i, j) = rest / pivot;
        }
    }
    l
}

/// The entries below the diagonal and half of those on it; zero above.
pub fn tril_half<T: Real>(x: &Array<T>) -> Array<T> {
    Array::from_fn(x.rows, x.columns, |i, j| match i.cmp(&j) {
        std::cmp::Ordering::Greater => x.at(i, j),
        std::cmp::Ordering::Equal => x.at(i, j) * T::constant(0.5),
        std::cmp::Ordering::Less => T::constant(0.0),
    })
}
