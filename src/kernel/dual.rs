//! Dual numbers: value and exact directional derivative.

use super::Real;

/// a + b ε with ε² = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual<T> {
    /// The value.
    pub value: T,
    /// The derivative along the chosen direction.
    pub tangent: T,
}

impl<T: Real> Real for Dual<T> {
    fn constant(value: f64) -> Self {
        Self { value: T::constant(value), tangent: T::constant(0.0) }
    }
    fn exp(self) -> Self {
        self
    }
}
