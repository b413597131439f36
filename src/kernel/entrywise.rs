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
