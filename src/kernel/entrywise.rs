//! Functions of one number.

use super::Real;

/// The constant nearest to `value`.
fn number<T: Real>(value: f64) -> T {
    T::constant(value)
}

/// π
pub fn pi<T: Real>() -> T {
    number(std::f64::consts::PI)
}

/// eˣ
pub fn exp<T: Real>(x: T) -> T {
    x.exp()
}

/// ln x
pub fn log<T: Real>(x: T) -> T {
    x.ln()
}

/// ln(1 + x)
pub fn log1p<T: Real>(x: T) -> T {
    x.ln_1p()
}

/// eˣ − 1
pub fn expm1<T: Real>(x: T) -> T {
    x.exp_m1()
}

/// |x|
pub fn abs<T: Real>(x: T) -> T {
    x.abs()
}

/// −1, 0 or 1; constant on either side of 0.
pub fn sign<T: Real>(x: T) -> T {
    let zero: T = number(0.0);
    if zero.less(x) {
        number(1.0)
    } else if x.less(zero) {
        number(-1.0)
    } else {
        number(x.real() * 0.0)
    }
}

/// 1 for x > 0, otherwise 0.
pub fn step<T: Real>(x: T) -> T {
    let above = number::<T>(0.0).less(x);
    number(if x.real().is_nan() { f64::NAN } else { f64::from(u8::from(above)) })
}

/// 1 for x ≤ 0, otherwise 0.
pub fn nonpositive<T: Real>(x: T) -> T {
    let above = number::<T>(0.0).less(x);
    number(if x.real().is_nan() { f64::NAN } else { f64::from(u8::from(!above)) })
}

/// 1 for x = 0, otherwise 0.
pub fn is_zero<T: Real>(x: T) -> T {
    let apart = number::<T>(0.0).less(x) || x.less(number(0.0));
    number(if x.real().is_nan() { f64::NAN } else { f64::from(u8::from(!apart)) })
}

/// 0 for x = 0, otherwise 1.
pub fn is_nonzero<T: Real>(x: T) -> T {
    let apart = number::<T>(0.0).less(x) || x.less(number(0.0));
    number(if x.real().is_nan() { f64::NAN } else { f64::from(u8::from(apart)) })
}

/// A factor beside a mask: what the mask does not choose need not exist.
pub fn chosen<T: Real>(mask: T, value: T) -> T {
    if mask.real() == 0.0 { number(0.0) } else { mask * value }
}

/// The value of x, constant for derivatives.
pub fn stop<T: Real>(x: T) -> T {
    number(x.real())
}

/// max(x, 0), with derivative 0 at 0.
pub fn relu<T: Real>(x: T) -> T {
    if x.real() <= 0.0 { number(0.0) } else { x }
}

/// A norm that its own vector is divided by: 1 where it is 0, so that x/‖x‖ is 0 where x is.
pub fn nonzero<T: Real>(norm: T) -> T {
    if norm.real() <= 0.0 { number(1.0) } else { norm }
}

/// sin x
pub fn sin<T: Real>(x: T) -> T {
    x.sin()
}

/// cos x
pub fn cos<T: Real>(x: T) -> T {
    x.cos()
}

/// tan x
pub fn tan<T: Real>(x: T) -> T {
    x.tan()
}

/// arcsin x
pub fn arcsin<T: Real>(x: T) -> T {
    x.asin()
}

/// arccos x
pub fn arccos<T: Real>(x: T) -> T {
    x.acos()
}

/// arctan x
pub fn arctan<T: Real>(x: T) -> T {
    x.atan()
}

/// sinh x
pub fn sinh<T: Real>(x: T) -> T {
    x.sinh()
}

/// cosh x
pub fn cosh<T: Real>(x: T) -> T {
    x.cosh()
}

/// tanh x
pub fn tanh<T: Real>(x: T) -> T {
    x.tanh()
}

/// arsinh x
pub fn arcsinh<T: Real>(x: T) -> T {
    x.asinh()
}

/// arcosh x
pub fn arccosh<T: Real>(x: T) -> T {
    x.acosh()
}

/// artanh x
pub fn arctanh<T: Real>(x: T) -> T {
    x.atanh()
}

/// 1/(1 + e⁻ˣ); the exponential's argument is never positive, so neither tail overflows.
pub fn sigmoid<T: Real>(x: T) -> T {
    let one: T = number(1.0);
    if x.less(number(0.0)) {
        let e = x.exp();
        e / (one + e)
    } else {
        one / (one + (-x).exp())
    }
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^(−|x|))
pub fn softplus<T: Real>(x: T) -> T {
    if x.less(number(0.0)) { x.exp().ln_1p() } else { x + (-x).exp().ln_1p() }
}

/// ln(x/(1 − x)), the inverse of the sigmoid.
pub fn logit<T: Real>(x: T) -> T {
    x.ln() - (-x).ln_1p()
}

/// erf x
pub fn erf<T: Real>(x: T) -> T {
    x.error_function()
}

/// Φ(x) = ½ erfc(−x/√2)
pub fn normcdf<T: Real>(x: T) -> T {
    number::<T>(0.5) * (-x * number(std::f64::consts::FRAC_1_SQRT_2)).error_function_complement()
}

/// φ(x) = e^(−x²/2)/√(2π)
pub fn normpdf<T: Real>(x: T) -> T {
    let scale = 0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;
    number::<T>(scale) * (number::<T>(-0.5) * x * x).exp()
}

/// x Φ(x)
pub fn gelu<T: Real>(x: T) -> T {
    x * normcdf(x)
}

/// From here on the series has all digits.
const FAR: f64 = 10.0;

/// The value of the polynomial at `x`, the highest coefficient last.
fn polynomial<T: Real>(coefficients: &[f64], x: T) -> T {
    let mut value = number::<T>(0.0);
    for coefficient in coefficients.iter().rev() {
        value = value * x + number::<T>(*coefficient);
    }
    value
}

/// ln |Γ(x)|
pub fn lgamma<T: Real>(x: T) -> T {
    let half_turn = number::<T>(std::f64::consts::PI);
    if x.real() < 0.5 {
        return (half_turn / (half_turn * x).sin().abs()).ln() - lgamma(number::<T>(1.0) - x);
    }
    let (mut z, mut product) = (x, number::<T>(1.0));
    while z.real() < FAR {
        product *= z;
        z += number::<T>(1.0);
    }
    let w = number::<T>(1.0) / z;
    let coefficients = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
    ];
    let half = number::<T>(0.5);
    let start = (z - half) * z.ln() - z + half * (half_turn + half_turn).ln();
    start + w * polynomial(&coefficients, w * w) - product.ln()
}

/// ψ(x), the derivative of ln Γ(x)
pub fn digamma<T: Real>(x: T) -> T {
    let (half_turn, one) = (number::<T>(std::f64::consts::PI), number::<T>(1.0));
    if x.real() < 0.5 {
        return digamma(one - x) - half_turn / (half_turn * x).tan();
    }
    let (mut z, mut sum) = (x, number::<T>(0.0));
    while z.real() < FAR {
        sum += one / z;
        z += one;
    }
    let w = one / z;
    let coefficients = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32_760.0,
        1.0 / 12.0,
    ];
    z.ln() - number::<T>(0.5) * w - w * w * polynomial(&coefficients, w * w) - sum
}

/// ψ′(x)
pub fn trigamma<T: Real>(x: T) -> T {
    let (half_turn, one) = (number::<T>(std::f64::consts::PI), number::<T>(1.0));
    if x.real() < 0.5 {
        let ratio = half_turn / (half_turn * x).sin();
        return ratio * ratio - trigamma(one - x);
    }
    let (mut z, mut sum) = (x, number::<T>(0.0));
    while z.real() < FAR {
        sum += one / (z * z);
        z += one;
    }
    let w = one / z;
    let coefficients =
        [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0];
    sum + w + number::<T>(0.5) * w * w + w * w * w * polynomial(&coefficients, w * w)
}

/// ψ″(x)
pub fn tetragamma<T: Real>(x: T) -> T {
    let (half_turn, one) = (number::<T>(std::f64::consts::PI), number::<T>(1.0));
    if x.real() < 0.5 {
        let (sine, cosine) = ((half_turn * x).sin(), (half_turn * x).cos());
        let ratio = half_turn / sine;
        return tetragamma(one - x) - number::<T>(2.0) * ratio * ratio * ratio * cosine;
    }
    let (mut z, mut sum) = (x, number::<T>(0.0));
    while z.real() < FAR {
        sum -= number::<T>(2.0) / (z * z * z);
        z += one;
    }
    let w = one / z;
    let coefficients =
        [1.0 / 2.0, -1.0 / 6.0, 1.0 / 6.0, -3.0 / 10.0, 5.0 / 6.0, -691.0 / 210.0, 35.0 / 2.0];
    sum - w * w - w * w * w - w * w * w * w * polynomial(&coefficients, w * w)
}
