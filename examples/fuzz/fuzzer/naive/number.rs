//! Numbers that know their derivatives along three directions at once: polynomials in ε₀, ε₁, ε₂ with εᵢ² = 0.
//!
//! The coefficient of a set of directions stands at the set's bit mask: at 0 the value, at 1 the derivative along the first direction, at
//! 3 the mixed derivative along the first and the second. Nothing here comes from the rooms of gradus.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// Directions that are told apart.
pub(crate) const DIRECTIONS: usize = 3;
const COEFFICIENTS: usize = 1 << DIRECTIONS;

/// A number with its derivatives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Jet(pub(crate) [f64; COEFFICIENTS]);

impl Jet {
    pub(crate) const ZERO: Self = Self([0.0; COEFFICIENTS]);
    pub(crate) const ONE: Self = Self::new(1.0);

    /// The zero of a mask, which stays one whatever it is multiplied with: its coefficients are negative zeros.
    pub(crate) const MASKED: Self = Self([-0.0; COEFFICIENTS]);

    pub(crate) fn is_masked(self) -> bool {
        self.0.iter().all(|coefficient| coefficient.to_bits() == (-0.0_f64).to_bits())
    }

    /// An entry of a mask.
    pub(crate) fn mask(chosen: bool) -> Self {
        if chosen { Self::ONE } else { Self::MASKED }
    }

    pub(crate) const fn new(value: f64) -> Self {
        let mut coefficients = [0.0; COEFFICIENTS];
        coefficients[0] = value;
        Self(coefficients)
    }

    pub(crate) fn value(self) -> f64 {
        self.0[0]
    }

    /// Moved by `step` along a direction.
    pub(crate) fn moved(mut self, direction: usize, step: f64) -> Self {
        self.0[1 << direction] += step;
        self
    }

    /// The derivative along a direction: what stands beside its ε.
    pub(crate) fn along(self, direction: usize) -> Self {
        let bit = 1 << direction;
        let mut found = Self::ZERO;
        for at in (0..COEFFICIENTS).filter(|at| at & bit == 0) {
            found.0[at] = self.0[at | bit];
        }
        found
    }

    /// Whether no direction moves it.
    pub(crate) fn is_constant(self) -> bool {
        self.0[1..].iter().all(|coefficient| *coefficient == 0.0)
    }

    pub(crate) fn is_finite(self) -> bool {
        self.0.iter().all(|coefficient| coefficient.is_finite())
    }

    /// The largest coefficient.
    pub(crate) fn magnitude(self) -> f64 {
        self.0.iter().fold(0.0, |largest, coefficient| largest.max(coefficient.abs()))
    }

    /// f of the number, from f, f′, f″ and f‴ at its value.
    pub(crate) fn chain(self, f: [f64; 4]) -> Self {
        let mut result = Self::new(f[0]);
        if self.is_constant() {
            return result;
        }
        let mut rest = self;
        rest.0[0] = 0.0;
        let mut power = rest;
        for (order, factor) in [(1, 1.0), (2, 0.5), (3, 1.0 / 6.0)] {
            for at in 0..COEFFICIENTS {
                if power.0[at] != 0.0 {
                    result.0[at] += f[order] * factor * power.0[at];
                }
            }
            power = power * rest;
        }
        result
    }

    pub(crate) fn recip(self) -> Self {
        let y = 1.0 / self.value();
        self.chain([y, -y * y, 2.0 * y * y * y, -6.0 * y * y * y * y])
    }

    pub(crate) fn exp(self) -> Self {
        self.chain([self.value().exp(); 4])
    }

    pub(crate) fn ln(self) -> Self {
        let x = self.value();
        self.chain([x.ln(), 1.0 / x, -1.0 / (x * x), 2.0 / (x * x * x)])
    }

    pub(crate) fn sqrt(self) -> Self {
        self.power(0.5)
    }

    pub(crate) fn sin(self) -> Self {
        let (sin, cos) = self.value().sin_cos();
        self.chain([sin, cos, -sin, -cos])
    }

    pub(crate) fn cos(self) -> Self {
        let (sin, cos) = self.value().sin_cos();
        self.chain([cos, -sin, -cos, sin])
    }

    pub(crate) fn arctan(self) -> Self {
        let x = self.value();
        let u = 1.0 / (1.0 + x * x);
        self.chain([x.atan(), u, -2.0 * x * u * u, (6.0 * x * x - 2.0) * u * u * u])
    }

    pub(crate) fn arcsin(self) -> Self {
        let x = self.value();
        let w = 1.0 - x * x;
        let root = w.sqrt();
        let third = (1.0 + 2.0 * x * x) / (root * w * w);
        self.chain([x.asin(), 1.0 / root, x / (root * w), third])
    }

    /// 2/√π ∫₀ˣ e^(−t²) dt
    pub(crate) fn error_function(self) -> Self {
        let x = self.value();
        let slope = std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp();
        let third = (4.0 * x * x - 2.0) * slope;
        self.chain([error_function(x), slope, -2.0 * x * slope, third])
    }

    /// x^p for a constant p.
    pub(crate) fn power(self, p: f64) -> Self {
        let x = self.value();
        let mut f = [0.0; 4];
        let mut factor = 1.0;
        for (order, slot) in (0_i32..).zip(&mut f) {
            let exponent = p - f64::from(order);
            *slot = if factor == 0.0 { 0.0 } else { factor * raised(x, exponent) };
            factor *= exponent;
        }
        self.chain(f)
    }
}

fn raised(x: f64, exponent: f64) -> f64 {
    if exponent.fract() == 0.0 && exponent.abs() < 1000.0 {
        #[allow(clippy::cast_possible_truncation)]
        return x.powi(exponent as i32);
    }
    x.powf(exponent)
}

/// By the series with terms of one sign, x e^(−x²) Σ (2x²)ⁿ / (1·3·…·(2n+1)).
fn error_function(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut sum, mut odd) = (x, x, 1.0);
    for _ in 0..400 {
        odd += 2.0;
        term *= 2.0 * x * x / odd;
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

impl Add for Jet {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        for (x, y) in self.0.iter_mut().zip(other.0) {
            *x += y;
        }
        self
    }
}

impl Sub for Jet {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Jet {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.map(|x| -x))
    }
}

impl Mul for Jet {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        if other.is_constant() {
            return Self(self.0.map(|x| x * other.value()));
        }
        if self.is_constant() {
            return Self(other.0.map(|x| x * self.value()));
        }
        let mut product = Self::ZERO;
        for left in 0..COEFFICIENTS {
            for right in (0..COEFFICIENTS).filter(|right| left & right == 0) {
                product.0[left | right] += self.0[left] * other.0[right];
            }
        }
        product
    }
}

impl Div for Jet {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        if other.is_constant() {
            return Self(self.0.map(|x| x / other.value()));
        }
        let reciprocal = other.recip();
        Mul::mul(self, reciprocal)
    }
}
