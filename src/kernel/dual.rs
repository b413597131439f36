//! Dual numbers: value and exact directional derivative.

use super::Real;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// a + b ε with ε² = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual<T> {
    /// The value.
    pub value: T,
    /// The derivative along the chosen direction.
    pub tangent: T,
}

impl<T: Real> Dual<T> {
    /// value + tangent ε
    pub fn new(value: T, tangent: T) -> Self {
        Self { value, tangent }
    }

    /// f(a + b ε) = f(a) + f′(a) b ε. What does not move has no derivative to be infinite along: √0 of a constant 0 stays where
    /// it is, as an entry that a ReLU has cut off does, or a norm of x − x.
    fn chain(self, value: T, derivative: T) -> Self {
        let zero: T = number(0.0);
        let tangent = if self.tangent == zero { zero } else { derivative * self.tangent };
        Self { value, tangent }
    }
}

fn number<T: Real>(value: f64) -> T {
    T::constant(value)
}

impl<T: Real> Add for Dual<T> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.value + other.value, self.tangent + other.tangent)
    }
}

impl<T: Real> Sub for Dual<T> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.value - other.value, self.tangent - other.tangent)
    }
}

impl<T: Real> Mul for Dual<T> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::new(self.value * other.value, self.tangent * other.value + self.value * other.tangent)
    }
}

impl<T: Real> Div for Dual<T> {
    type Output = Self;
    /// (a/b)′ = (a′ − (a/b) b′)/b
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        Self::new(value, (self.tangent - value * other.tangent) / other.value)
    }
}

impl<T: Real> Neg for Dual<T> {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.value, -self.tangent)
    }
}

impl<T: Real> AddAssign for Dual<T> {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<T: Real> SubAssign for Dual<T> {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl<T: Real> MulAssign for Dual<T> {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl<T: Real> DivAssign for Dual<T> {
    fn div_assign(&mut self, other: Self) {
        *self = *self / other;
    }
}

impl<T: Real> Real for Dual<T> {
    const EPSILON: f64 = T::EPSILON;

    fn constant(value: f64) -> Self {
        Self::new(number(value), number(0.0))
    }

    fn real(self) -> f64 {
        self.value.real()
    }

    fn less(self, other: Self) -> bool {
        self.value.less(other.value)
    }

    fn exp(self) -> Self {
        let value = self.value.exp();
        self.chain(value, value)
    }

    fn exp_m1(self) -> Self {
        self.chain(self.value.exp_m1(), self.value.exp())
    }

    fn ln(self) -> Self {
        self.chain(self.value.ln(), number::<T>(1.0) / self.value)
    }

    fn ln_1p(self) -> Self {
        self.chain(self.value.ln_1p(), number::<T>(1.0) / (number::<T>(1.0) + self.value))
    }

    fn sqrt(self) -> Self {
        let value = self.value.sqrt();
        self.chain(value, number::<T>(0.5) / value)
    }

    fn abs(self) -> Self {
        if self.real() < 0.0 {
            -self
        } else if self.real() == 0.0 {
            Self::new(self.value.abs(), number(0.0))
        } else {
            self
        }
    }

    fn sin(self) -> Self {
        self.chain(self.value.sin(), self.value.cos())
    }

    fn cos(self) -> Self {
        self.chain(self.value.cos(), -self.value.sin())
    }

    fn tan(self) -> Self {
        let cosine = self.value.cos();
        self.chain(self.value.tan(), number::<T>(1.0) / (cosine * cosine))
    }

    fn asin(self) -> Self {
        let one: T = number(1.0);
        self.chain(self.value.asin(), one / (one - self.value * self.value).sqrt())
    }

    fn acos(self) -> Self {
        let one: T = number(1.0);
        self.chain(self.value.acos(), -one / (one - self.value * self.value).sqrt())
    }

    fn atan(self) -> Self {
        let one: T = number(1.0);
        self.chain(self.value.atan(), one / (one + self.value * self.value))
    }

    fn sinh(self) -> Self {
        self.chain(self.value.sinh(), self.value.cosh())
    }

    fn cosh(self) -> Self {
        self.chain(self.value.cosh(), self.value.sinh())
    }

    /// tanh′ = 1/cosh², without the cancellation of 1 − tanh².
    fn tanh(self) -> Self {
        let cosine = self.value.cosh();
        self.chain(self.value.tanh(), number::<T>(1.0) / (cosine * cosine))
    }

    fn asinh(self) -> Self {
        let one: T = number(1.0);
        self.chain(self.value.asinh(), one / (self.value * self.value + one).sqrt())
    }

    fn acosh(self) -> Self {
        let one: T = number(1.0);
        self.chain(self.value.acosh(), one / (self.value * self.value - one).sqrt())
    }

    fn atanh(self) -> Self {
        let one: T = number(1.0);
        self.chain(self.value.atanh(), one / (one - self.value * self.value))
    }

    fn error_function(self) -> Self {
        let slope =
            number::<T>(std::f64::consts::FRAC_2_SQRT_PI) * (-self.value * self.value).exp();
        self.chain(self.value.error_function(), slope)
    }

    fn error_function_complement(self) -> Self {
        let slope =
            number::<T>(std::f64::consts::FRAC_2_SQRT_PI) * (-self.value * self.value).exp();
        self.chain(self.value.error_function_complement(), -slope)
    }

    fn powi(self, n: i32) -> Self {
        if n == 0 {
            return Self::constant(1.0);
        }
        self.chain(self.value.powi(n), number::<T>(f64::from(n)) * self.value.powi(n - 1))
    }

    /// (xʸ)′ = y xʸ⁻¹ x′ + xʸ ln x y′; no logarithm where y′ = 0, so that negative bases have their whole powers.
    fn powf(self, y: Self) -> Self {
        let zero: T = number(0.0);
        let value = self.value.powf(y.value);
        let by_base = if self.tangent == zero || y.value == zero {
            zero
        } else {
            y.value * self.value.powf(y.value - number(1.0)) * self.tangent
        };
        let by_exponent =
            if y.tangent == zero { zero } else { value * self.value.ln() * y.tangent };
        Self::new(value, by_base + by_exponent)
    }
}
