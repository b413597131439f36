//! Nuclear and spectral norm, and the matrices that are their gradients, by iterations that are smooth in the entries: derivatives follow
//! from the arithmetic.

use super::{Array, Real, lu, product, transpose};

/// Steps of an iteration that converges quadratically; far more than are needed.
const STEPS: usize = 40;

/// U Vᵀ of X = U Σ Vᵀ, the factor with orthonormal columns (or rows) of the polar decomposition: X (XᵀX)^(−½). NaN without full rank.
pub fn polar<T: Real>(x: &Array<T>) -> Array<T> {
    if x.rows < x.columns {
        return transpose(&polar(&transpose(x)));
    }
    let n = x.columns;
    let gram = product(&transpose(x), x);
    let half = T::constant(0.5);
    // Denman and Beavers: y → G^½, z → G^(−½).
    let mut y = gram.clone();
    let mut z = Array::identity(n);
    for _ in 0..STEPS {
        let identity = Array::identity(n);
        let (y_inverse, z_inverse) = (lu(&y).solve(&identity), lu(&z).solve(&identity));
        y = y.zip(&z_inverse, |a, b| (a + b) * half);
        z = z.zip(&y_inverse, |a, b| (a + b) * half);
    }
    // One step of Newton and Schulz removes what rounding errors have left: z (3I − z G z)/2.
    let correction = product(&product(&z, &gram), &z);
    let mut rest = correction.map(|c| -c);
    (0..n).for_each(|i| *rest.at_mut(i, i) += T::constant(3.0));
    product(x, &product(&z, &rest).map(|c| c * half))
}

/// The sum of the singular values: ⟨U Vᵀ, X⟩.
pub fn norm_nuc<T: Real>(x: &Array<T>) -> T {
    inner(&polar(x), x)
}

/// u vᵀ for the largest singular value σ, X v = σ u: the gradient of the spectral norm where σ stands alone.
pub fn leading<T: Real>(x: &Array<T>) -> Array<T> {
    let (projector, largest) = dominant(x);
    product(x, &projector).map(|entry| entry / largest)
}

/// The largest singular value.
pub fn norm_spec<T: Real>(x: &Array<T>) -> T {
    dominant(x).1
}

/// v vᵀ and σ for the largest singular value: squaring XᵀX again and again leaves its largest eigenvalue alone.
fn dominant<T: Real>(x: &Array<T>) -> (Array<T>, T) {
    let gram = product(&transpose(x), x);
    let mut power = gram.clone();
    for _ in 0..STEPS {
        let trace = (0..power.rows).fold(T::constant(0.0), |sum, i| sum + power.at(i, i));
        let scaled = power.map(|entry| entry / trace);
        power = product(&scaled, &scaled);
    }
    let trace = (0..power.rows).fold(T::constant(0.0), |sum, i| sum + power.at(i, i));
    let projector = power.map(|entry| entry / trace);
    let square = inner(&projector, &gram);
    (projector, square.sqrt())
}

/// ⟨A, B⟩ = tr(AᵀB)
fn inner<T: Real>(a: &Array<T>, b: &Array<T>) -> T {
    a.data.iter().zip(&b.data).fold(T::constant(0.0), |sum, (x, y)| sum + *x * *y)
}
