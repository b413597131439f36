//! Exact rational numbers: every literal and every coefficient is one.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, Sub, SubAssign};

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Num, One, Signed, ToPrimitive, Zero};

/// An exact rational number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Rational(Value);

/// In lowest terms, the denominator positive. What fits into two words is small: almost all coefficients are, and take no allocation.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Value {
    /// Numerator (not the least `i64`, which has no opposite) and denominator.
    Small(i64, i64),
    Large(Box<BigRational>),
}

impl Rational {
    /// The quotient of two whole numbers.
    ///
    /// # Panics
    /// When the denominator is zero.
    pub fn new(numerator: BigInt, denominator: BigInt) -> Self {
        Self::shrunk(BigRational::new(numerator, denominator))
    }

    /// A whole number.
    pub fn from_integer(whole: BigInt) -> Self {
        Self::shrunk(BigRational::from_integer(whole))
    }

    /// The numerator in lowest terms; it has the sign.
    #[must_use]
    pub fn numer(&self) -> Self {
        match &self.0 {
            Value::Small(numerator, _) => Self(Value::Small(*numerator, 1)),
            Value::Large(value) => Self::from_integer(value.numer().clone()),
        }
    }

    /// The denominator in lowest terms, positive.
    #[must_use]
    pub fn denom(&self) -> Self {
        match &self.0 {
            Value::Small(_, denominator) => Self(Value::Small(*denominator, 1)),
            Value::Large(value) => Self::from_integer(value.denom().clone()),
        }
    }

    /// Whether it is a whole number.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Value::Small(_, denominator) => *denominator == 1,
            Value::Large(value) => value.is_integer(),
        }
    }

    /// The whole number towards zero.
    #[must_use]
    pub fn to_integer(&self) -> Self {
        match &self.0 {
            Value::Small(numerator, denominator) => Self(Value::Small(numerator / denominator, 1)),
            Value::Large(value) => Self::from_integer(value.to_integer()),
        }
    }

    /// The nearest whole number, halves away from zero.
    #[must_use]
    pub fn round(&self) -> Self {
        (self + ratio(if self.is_negative() { -1 } else { 1 }, 2)).to_integer()
    }

    /// One divided by the number.
    ///
    /// # Panics
    /// When the number is zero.
    #[must_use]
    pub fn recip(&self) -> Self {
        quotient(&one(), self)
    }

    fn big(&self) -> Cow<'_, BigRational> {
        match &self.0 {
            Value::Small(numerator, denominator) => Cow::Owned(BigRational::new_raw(
                BigInt::from(*numerator),
                BigInt::from(*denominator),
            )),
            Value::Large(value) => Cow::Borrowed(value),
        }
    }

    /// Lowest terms, as small as it goes.
    fn shrunk(value: BigRational) -> Self {
        match (word(value.numer().to_i64()), value.denom().to_i64()) {
            (Some(numerator), Some(denominator)) => Self(Value::Small(numerator, denominator)),
            _ => Self(Value::Large(Box::new(value))),
        }
    }

    /// numerator / denominator, of numbers below 2¹²⁷; the denominator is positive.
    fn reduced(numerator: i128, denominator: i128) -> Self {
        let divisor = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        // At most the denominator.
        let divisor = i128::try_from(divisor).unwrap_or(1);
        let (numerator, denominator) = (numerator / divisor, denominator / divisor);
        match (word(i64::try_from(numerator).ok()), i64::try_from(denominator)) {
            (Some(numerator), Ok(denominator)) => Self(Value::Small(numerator, denominator)),
            _ => Self(Value::Large(Box::new(BigRational::new_raw(
                BigInt::from(numerator),
                BigInt::from(denominator),
            )))),
        }
    }
}

/// What has an opposite.
fn word(value: Option<i64>) -> Option<i64> {
    value.filter(|value| *value != i64::MIN)
}

pub(crate) fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        if let (Ok(mut x), Ok(mut y)) = (u64::try_from(a), u64::try_from(b)) {
            while y != 0 {
                (x, y) = (y, x % y);
            }
            return u128::from(x);
        }
        (a, b) = (b, a % b);
    }
    a
}

fn sum(a: &Rational, b: &Rational) -> Rational {
    match (&a.0, &b.0) {
        (Value::Small(a, 1), Value::Small(c, 1)) => {
            Rational::reduced(i128::from(*a) + i128::from(*c), 1)
        }
        (Value::Small(a, b), Value::Small(c, d)) => {
            let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
            Rational::reduced(a * d + c * b, b * d)
        }
        _ => Rational::shrunk(&*a.big() + &*b.big()),
    }
}

fn difference(a: &Rational, b: &Rational) -> Rational {
    sum(a, &-b)
}

fn product(a: &Rational, b: &Rational) -> Rational {
    match (&a.0, &b.0) {
        (Value::Small(a, b), Value::Small(c, d)) => {
            let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
            Rational::reduced(a * c, b * d)
        }
        _ => Rational::shrunk(&*a.big() * &*b.big()),
    }
}

fn quotient(a: &Rational, b: &Rational) -> Rational {
    match (&a.0, &b.0) {
        (Value::Small(a, b), Value::Small(c, d)) if *c != 0 => {
            let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
            Rational::reduced(a * d * c.signum(), b * c.abs())
        }
        _ => Rational::shrunk(&*a.big() / &*b.big()),
    }
}

fn remainder(a: &Rational, b: &Rational) -> Rational {
    difference(a, &product(&quotient(a, b).to_integer(), b))
}

/// An operator of owned and of borrowed numbers.
macro_rules! operator {
    ($($operator:ident $method:ident $function:ident;)*) => {$(
        impl $operator<&Rational> for &Rational {
            type Output = Rational;
            fn $method(self, other: &Rational) -> Rational { $function(self, other) }
        }
        impl $operator<Rational> for &Rational {
            type Output = Rational;
            fn $method(self, other: Rational) -> Rational { $function(self, &other) }
        }
        impl $operator<&Rational> for Rational {
            type Output = Rational;
            fn $method(self, other: &Rational) -> Rational { $function(&self, other) }
        }
        impl $operator<Rational> for Rational {
            type Output = Rational;
            fn $method(self, other: Rational) -> Rational { $function(&self, &other) }
        }
    )*};
}

operator! {
    Add add sum;
    Sub sub difference;
    Mul mul product;
    Div div quotient;
    Rem rem remainder;
}

/// An operator that changes its left side.
macro_rules! assignment {
    ($($operator:ident $method:ident $function:ident;)*) => {$(
        impl $operator<&Rational> for Rational {
            fn $method(&mut self, other: &Rational) { *self = $function(self, other); }
        }
        impl $operator<Rational> for Rational {
            fn $method(&mut self, other: Rational) { *self = $function(self, &other); }
        }
    )*};
}

assignment! {
    AddAssign add_assign sum;
    SubAssign sub_assign difference;
    MulAssign mul_assign product;
    DivAssign div_assign quotient;
}

impl Neg for &Rational {
    type Output = Rational;

    fn neg(self) -> Rational {
        match &self.0 {
            Value::Small(numerator, denominator) => {
                Rational(Value::Small(-numerator, *denominator))
            }
            Value::Large(value) => Rational::shrunk(-&**value),
        }
    }
}

impl Neg for Rational {
    type Output = Self;

    fn neg(self) -> Self {
        -&self
    }
}

impl Zero for Rational {
    fn zero() -> Self {
        Self(Value::Small(0, 1))
    }

    fn is_zero(&self) -> bool {
        self.0 == Value::Small(0, 1)
    }
}

impl One for Rational {
    fn one() -> Self {
        Self(Value::Small(1, 1))
    }

    fn is_one(&self) -> bool {
        self.0 == Value::Small(1, 1)
    }
}

impl Num for Rational {
    type FromStrRadixErr = <BigRational as Num>::FromStrRadixErr;

    fn from_str_radix(text: &str, radix: u32) -> Result<Self, Self::FromStrRadixErr> {
        BigRational::from_str_radix(text, radix).map(Self::shrunk)
    }
}

impl Signed for Rational {
    fn abs(&self) -> Self {
        if self.is_negative() { -self } else { self.clone() }
    }

    fn abs_sub(&self, other: &Self) -> Self {
        if self <= other { Self::zero() } else { self - other }
    }

    fn signum(&self) -> Self {
        match self.cmp(&Self::zero()) {
            Ordering::Less => integer(-1),
            Ordering::Equal => Self::zero(),
            Ordering::Greater => Self::one(),
        }
    }

    fn is_positive(&self) -> bool {
        match &self.0 {
            Value::Small(numerator, _) => *numerator > 0,
            Value::Large(value) => value.is_positive(),
        }
    }

    fn is_negative(&self) -> bool {
        match &self.0 {
            Value::Small(numerator, _) => *numerator < 0,
            Value::Large(value) => value.is_negative(),
        }
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Value::Small(a, b), Value::Small(c, d)) => {
                let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
                (a * d).cmp(&(c * b))
            }
            _ => self.big().cmp(&other.big()),
        }
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl ToPrimitive for Rational {
    fn to_i64(&self) -> Option<i64> {
        self.big().to_i64()
    }

    fn to_u64(&self) -> Option<u64> {
        self.big().to_u64()
    }

    #[allow(clippy::cast_precision_loss)] // What is exact in both parts is divided right.
    fn to_f64(&self) -> Option<f64> {
        const EXACT: u64 = 1 << 53;
        match &self.0 {
            Value::Small(a, b) if a.unsigned_abs() <= EXACT && b.unsigned_abs() <= EXACT => {
                Some(*a as f64 / *b as f64)
            }
            _ => self.big().to_f64(),
        }
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Value::Small(numerator, 1) => write!(f, "{numerator}"),
            Value::Small(numerator, denominator) => write!(f, "{numerator}/{denominator}"),
            Value::Large(value) => write!(f, "{value}"),
        }
    }
}

impl fmt::Debug for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The rational `numerator / denominator`.
///
/// # Panics
/// When `denominator` is zero.
pub fn ratio(numerator: i64, denominator: i64) -> Rational {
    quotient(&integer(numerator), &integer(denominator))
}

/// The rational `n`.
pub fn integer(n: i64) -> Rational {
    Rational::reduced(i128::from(n), 1)
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
    if value.is_integer() { value.to_i64() } else { None }
}

/// The largest positive rational that divides both to whole numbers: gcd of the numerators over lcm of the denominators.
pub fn common_divisor(a: &Rational, b: &Rational) -> Rational {
    // The last divisor in Euclid's way that leaves nothing.
    let (mut a, mut b) = (a.abs(), b.abs());
    while !b.is_zero() {
        let rest = remainder(&a, &b);
        a = std::mem::replace(&mut b, rest);
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
