//! The number types that routines are generic over.

/// A real number type: `f64`, `f32`, or dual numbers over one.
pub trait Real: Copy {
    /// The constant nearest to `value`.
    fn constant(value: f64) -> Self;
    /// eˣ
    #[must_use]
    fn exp(self) -> Self;
}

impl Real for f64 {
    fn constant(value: f64) -> Self {
        value
    }
    fn exp(self) -> Self {
        self.exp()
    }
}
