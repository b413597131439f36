//! The number types that routines are generic over.

use super::{erf_f64, erfc_f64};
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// A real number type: `f64`, `f32`, or dual numbers over one.
///
/// Comparisons look at the primal value, never at a derivative.
pub trait Real:
    Copy
    + Debug
    + PartialEq
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
{
    /// Distance from 1 to the next number of the primal type.
    const EPSILON: f64;
    /// The constant nearest to `value`.
    fn constant(value: f64) -> Self;
    /// The primal value.
    fn real(self) -> f64;
    /// Whether the primal value is smaller than that of `other`; false when either is NaN.
    fn less(self, other: Self) -> bool;
    /// eˣ
    #[must_use]
    fn exp(self) -> Self;
    /// eˣ − 1, exact for small x.
    #[must_use]
    fn exp_m1(self) -> Self;
    /// ln x
    #[must_use]
    fn ln(self) -> Self;
    /// ln(1 + x), exact for small x.
    #[must_use]
    fn ln_1p(self) -> Self;
    /// √x
    #[must_use]
    fn sqrt(self) -> Self;
    /// |x|, with derivative 0 at 0.
    #[must_use]
    fn abs(self) -> Self;
    /// sin x
    #[must_use]
    fn sin(self) -> Self;
    /// cos x
    #[must_use]
    fn cos(self) -> Self;
    /// tan x
    #[must_use]
    fn tan(self) -> Self;
    /// arcsin x
    #[must_use]
    fn asin(self) -> Self;
    /// arccos x
    #[must_use]
    fn acos(self) -> Self;
    /// arctan x
    #[must_use]
    fn atan(self) -> Self;
    /// sinh x
    #[must_use]
    fn sinh(self) -> Self;
    /// cosh x
    #[must_use]
    fn cosh(self) -> Self;
    /// tanh x
    #[must_use]
    fn tanh(self) -> Self;
    /// arsinh x
    #[must_use]
    fn asinh(self) -> Self;
    /// arcosh x
    #[must_use]
    fn acosh(self) -> Self;
    /// artanh x
    #[must_use]
    fn atanh(self) -> Self;
    /// erf x = 2/√π ∫₀ˣ e^(−t²) dt
    #[must_use]
    fn error_function(self) -> Self;
    /// 1 − erf x, exact in the upper tail.
    #[must_use]
    fn error_function_complement(self) -> Self;
    /// xⁿ
    #[must_use]
    fn powi(self, n: i32) -> Self;
    /// xʸ; a negative x needs a whole y without derivative.
    #[must_use]
    fn powf(self, y: Self) -> Self;
}

/// The primitives that both float types have under the same name.
macro_rules! float {
    ($float:ident) => {
        impl Real for $float {
            #[allow(clippy::cast_lossless)]
            const EPSILON: f64 = $float::EPSILON as f64;
            #[allow(clippy::cast_possible_truncation)]
            fn constant(value: f64) -> Self {
                value as $float
            }
            fn real(self) -> f64 {
                f64::from(self)
            }
            fn less(self, other: Self) -> bool {
                self < other
            }
            fn exp(self) -> Self {
                $float::exp(self)
            }
            fn exp_m1(self) -> Self {
                $float::exp_m1(self)
            }
            fn ln(self) -> Self {
                $float::ln(self)
            }
            fn ln_1p(self) -> Self {
                $float::ln_1p(self)
            }
            fn sqrt(self) -> Self {
                $float::sqrt(self)
            }
            fn abs(self) -> Self {
                $float::abs(self)
            }
            fn sin(self) -> Self {
                $float::sin(self)
            }
            fn cos(self) -> Self {
                $float::cos(self)
            }
            fn tan(self) -> Self {
                $float::tan(self)
            }
            fn asin(self) -> Self {
                $float::asin(self)
            }
            fn acos(self) -> Self {
                $float::acos(self)
            }
            fn atan(self) -> Self {
                $float::atan(self)
            }
            fn sinh(self) -> Self {
                $float::sinh(self)
            }
            fn cosh(self) -> Self {
                $float::cosh(self)
            }
            fn tanh(self) -> Self {
                $float::tanh(self)
            }
            fn asinh(self) -> Self {
                $float::asinh(self)
            }
            fn acosh(self) -> Self {
                $float::acosh(self)
            }
            fn atanh(self) -> Self {
                $float::atanh(self)
            }
            fn error_function(self) -> Self {
                Self::constant(erf_f64(self.real()))
            }
            fn error_function_complement(self) -> Self {
                Self::constant(erfc_f64(self.real()))
            }
            fn powi(self, n: i32) -> Self {
                $float::powi(self, n)
            }
            fn powf(self, y: Self) -> Self {
                $float::powf(self, y)
            }
        }
    };
}

float!(f64);
float!(f32);
