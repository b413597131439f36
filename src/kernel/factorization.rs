//! LU factorisation and what follows from it; the matrix exponential.

use super::{Array, Real, product};

/// The constant nearest to `value`.
fn number<T: Real>(value: f64) -> T {
    T::constant(value)
}

/// P A = L U with partial pivoting, pivots chosen by primal values.
#[derive(Clone, Debug)]
pub struct Lu<T> {
    /// U on and above the diagonal, L below it (its unit diagonal is not stored).
    pub factors: Array<T>,
    /// Row i of P A is row `order[i]` of A.
    pub order: Vec<usize>,
    /// The sign of P.
    pub sign: f64,
    /// Whether a pivot was zero within rounding.
    pub singular: bool,
}

/// Factorises a square matrix. A pivot that rounding cannot tell from zero has its primal value set to zero (derivatives are
/// kept), so that a matrix without full rank has determinant 0 and no inverse, rather than one made of rounding errors.
pub fn lu<T: Real>(a: &Array<T>) -> Lu<T> {
    let n = a.rows;
    let mut f = a.clone();
    let mut order: Vec<usize> = (0..n).collect();
    let (mut sign, mut singular) = (1.0, false);
    let largest = a.data.iter().fold(0.0_f64, |largest, x| largest.max(x.real().abs()));
    #[allow(clippy::cast_precision_loss)]
    let threshold = 16.0 * n as f64 * T::EPSILON * largest;
    for k in 0..n {
        let mut pivot = k;
        for i in k + 1..n {
            if f.at(i, k).real().abs() > f.at(pivot, k).real().abs() {
                pivot = i;
            }
        }
        if pivot != k {
            (0..n).for_each(|j| f.data.swap(j * n + k, j * n + pivot));
            order.swap(k, pivot);
            sign = -sign;
        }
        let primal = f.at(k, k).real();
        if primal.abs() <= threshold {
            singular = true;
            *f.at_mut(k, k) -= number(primal);
            continue;
        }
        for i in k + 1..n {
            let factor = f.at(i, k) / f.at(k, k);
            *f.at_mut(i, k) = factor;
            for j in k + 1..n {
                let above = f.at(k, j);
                *f.at_mut(i, j) -= factor * above;
            }
        }
    }
    Lu { factors: f, order, sign, singular }
}

impl<T: Real> Lu<T> {
    /// det A
    pub fn determinant(&self) -> T {
        (0..self.factors.rows).fold(number(self.sign), |product, i| product * self.factors.at(i, i))
    }

    /// A⁻¹ B, every entry NaN when A is singular.
    pub fn solve(&self, b: &Array<T>) -> Array<T> {
        let (f, n) = (&self.factors, self.factors.rows);
        if self.singular {
            return Array::filled(b.rows, b.columns, number(f64::NAN));
        }
        let mut x = Array::from_fn(n, b.columns, |i, j| b.at(self.order[i], j));
        for j in 0..b.columns {
            for i in 0..n {
                let sum = (0..i).fold(x.at(i, j), |sum, k| sum - f.at(i, k) * x.at(k, j));
                *x.at_mut(i, j) = sum;
            }
            for i in (0..n).rev() {
                let sum = (i + 1..n).fold(x.at(i, j), |sum, k| sum - f.at(i, k) * x.at(k, j));
                *x.at_mut(i, j) = sum / f.at(i, i);
            }
        }
        x
    }
}

/// A⁻¹ B
pub fn solve<T: Real>(a: &Array<T>, b: &Array<T>) -> Array<T> {
    lu(a).solve(b)
}

/// A⁻¹, every entry NaN when A is singular.
pub fn inverse<T: Real>(a: &Array<T>) -> Array<T> {
    lu(a).solve(&Array::identity(a.rows))
}

/// det A
pub fn determinant<T: Real>(a: &Array<T>) -> T {
    lu(a).determinant()
}

/// ln det A = Σ ln |uᵢᵢ| when the signs multiply to +1; NaN for a negative determinant.
pub fn logdet<T: Real>(a: &Array<T>) -> T {
    let factors = lu(a);
    let (mut sum, mut sign) = (number::<T>(0.0), factors.sign);
    for i in 0..a.rows {
        let pivot = factors.factors.at(i, i);
        sign *= if pivot.real() < 0.0 { -1.0 } else { 1.0 };
        sum += pivot.abs().ln();
    }
    if sign < 0.0 { number(f64::NAN) } else { sum }
}

/// The adjugate: adj(A)ⱼᵢ = (−1)ⁱ⁺ʲ det(A without row i and column j), defined for singular matrices, too.
pub fn adjugate<T: Real>(a: &Array<T>) -> Array<T> {
    let n = a.rows;
    Array::from_fn(n, n, |j, i| {
        let skip = |at: usize, left_out: usize| if at < left_out { at } else { at + 1 };
        let minor = Array::from_fn(n - 1, n - 1, |p, q| a.at(skip(p, i), skip(q, j)));
        let sign = if (i + j) % 2 == 0 { 1.0 } else { -1.0 };
        number::<T>(sign) * determinant(&minor)
    })
}

/// Aᵏ for a whole k, by repeated squaring; A⁻¹ to the |k| for k < 0.
pub fn matrix_power<T: Real>(a: &Array<T>, k: i32) -> Array<T> {
    let mut base = if k < 0 { inverse(a) } else { a.clone() };
    let mut result = Array::identity(a.rows);
    let mut rest = k.unsigned_abs();
    while rest > 0 {
        if rest % 2 == 1 {
            result = product(&result, &base);
        }
        rest /= 2;
        if rest > 0 {
            base = product(&base, &base);
        }
    }
    result
}

/// Σ Aⁱ E A^(k−1−i) over i from 0 to k − 1, the derivative of A^k at A along E for a whole k; of A^(−k) by that of A⁻¹.
pub fn power_frechet<T: Real>(a: &Array<T>, e: &Array<T>, k: &Array<T>) -> Array<T> {
    let exponent = k.data.first().map_or(0.0, |k| k.real());
    if exponent < 0.0 {
        let inverse = lu(a).solve(&Array::identity(a.rows));
        let moved = product(&product(&inverse, e), &inverse).map(|x| -x);
        return power_frechet(&inverse, &moved, &Array::scalar(number(-exponent)));
    }
    let mut sum = Array::zeros(a.rows, a.columns);
    let mut power = Array::identity(a.rows);
    let mut left = exponent;
    while left >= 1.0 {
        sum = product(&sum, a).zip(&product(&power, e), |x, y| x + y);
        power = product(&power, a);
        left -= 1.0;
    }
    sum
}

/// Σ Aⁱ B^(k−1−i) over i from 0 to k − 1, for a whole k ≥ 1.
pub fn power_sum<T: Real>(a: &Array<T>, b: &Array<T>, k: &Array<T>) -> Array<T> {
    let mut sum = Array::zeros(a.rows, a.columns);
    let mut power = Array::identity(a.rows);
    let mut left = k.data.first().map_or(0.0, |k| k.real());
    while left >= 1.0 {
        sum = product(&sum, b).zip(&power, |x, y| x + y);
        power = product(&power, a);
        left -= 1.0;
    }
    sum
}

/// ∫₀¹ e^(sA) E e^((1−s)A) ds, the derivative of the matrix exponential at A along E: the upper right block of e to the power of
/// [A E; 0 A] (Van Loan 1978).
pub fn expm_frechet<T: Real>(a: &Array<T>, e: &Array<T>) -> Array<T> {
    let n = a.rows;
    // Linear in E, which is brought to size 1: a large one would decide how far A is scaled down, and nothing of A would be left.
    let size = e.data.iter().fold(0.0_f64, |size, x| size.max(x.real().abs()));
    let size = if size > 0.0 && size.is_finite() { size } else { 1.0 };
    let block = Array::from_fn(2 * n, 2 * n, |i, j| match (i < n, j < n) {
        (true, true) => a.at(i, j),
        (true, false) => e.at(i, j - n) / number(size),
        (false, true) => number(0.0),
        (false, false) => a.at(i - n, j - n),
    });
    let power = expm(&block);
    Array::from_fn(n, n, |i, j| power.at(i, j + n) * number(size))
}

/// e^A = (e^(A/2ˢ))^(2ˢ): the series at norm ≤ ½, where 16 terms reach full precision, then s squarings.
pub fn expm<T: Real>(a: &Array<T>) -> Array<T> {
    let norm = (0..a.columns)
        .map(|j| a.column(j).iter().fold(0.0, |sum, x| sum + x.real().abs()))
        .fold(0.0_f64, f64::max);
    if !norm.is_finite() {
        return Array::filled(a.rows, a.columns, number(f64::NAN));
    }
    let (mut squarings, mut scale) = (0, 1.0_f64);
    while norm * scale > 0.5 {
        scale *= 0.5;
        squarings += 1;
    }
    let small = a.map(|x| x * number(scale));
    // Horner: I + A(I + A/2(I + A/3(…))).
    let mut result = Array::identity(a.rows);
    for k in (1..=16).rev() {
        result = product(&small, &result).map(|x| x / number(f64::from(k)));
        (0..a.rows).for_each(|i| *result.at_mut(i, i) += number(1.0));
    }
    for _ in 0..squarings {
        result = product(&result, &result);
    }
    result
}
