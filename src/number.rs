//! Exact rational numbers: every literal and every coefficient is one.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// An exact rational number.
pub type Rational = BigRational;

/// The rational `numerator / denominator`.
///
/// # Panics
/// When `denominator` is zero.
pub fn ratio(numerator: i64, denominator: i64) -> Rational {
    Rational::new(BigInt::from(numerator), BigInt::from(denominator))
}

/// The rational `n`.
pub fn integer(n: i64) -> Rational {
    Rational::from_integer(BigInt::from(n))
}

/// The rational 0.
pub fn zero() -> Rational {
    Rational::zero()
}

/// The rational 1.
pub fn one() -> Rational {
    Rational::one()
}

/// The nearest `f64`.
pub fn to_f64(value: &Rational) -> f64 {
    value.to_f64().unwrap_or(f64::NAN)
}

/// The value as an `i64` when it is a whole number that fits.
pub fn to_i64(value: &Rational) -> Option<i64> {
    if value.is_integer() { value.to_integer().to_i64() } else { None }
}

/// The largest positive rational that divides both to whole numbers: gcd of the numerators over lcm of the denominators.
pub fn common_divisor(a: &Rational, b: &Rational) -> Rational {
    if a.is_zero() {
        return b.abs();
    }
    if b.is_zero() {
        return a.abs();
    }
    let numerator = gcd(a.numer(), b.numer());
    let denominator = a.denom() / gcd(a.denom(), b.denom()) * b.denom();
    Rational::new(numerator, denominator)
}

fn gcd(a: &BigInt, b: &BigInt) -> BigInt {
    let (mut a, mut b) = (a.abs(), b.abs());
    while !b.is_zero() {
        let r = &a % &b;
        a = b;
        b = r;
    }
    a
}

/// `base^exponent` for a whole exponent; `None` for 0 to a negative power or an exponent beyond ±1024.
pub fn power(base: &Rational, exponent: i64) -> Option<Rational> {
    if exponent.unsigned_abs() > 1024 || (base.is_zero() && exponent < 0) {
        return None;
    }
    let magnitude = num_traits::pow(base.clone(), usize::try_from(exponent.unsigned_abs()).ok()?);
    Some(if exponent < 0 { magnitude.recip() } else { magnitude })
}
