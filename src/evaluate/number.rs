//! The number types at which the function table has routines.

use crate::function::{ArrayKernel, ArrayRoutine, EntrywiseKernel};
use crate::kernel::{Dual, Real, Scaled};

/// A number type at which expressions are evaluated.
pub trait Number: Real {
    /// The row's entrywise routine at this type.
    fn entrywise(kernel: &EntrywiseKernel) -> fn(Self) -> Self;
    /// The row's array routine at this type.
    fn array(kernel: &ArrayKernel) -> ArrayRoutine<Self>;
    /// Whether value and derivatives are all finite.
    fn is_finite(self) -> bool;
}

impl Number for f64 {
    fn entrywise(kernel: &EntrywiseKernel) -> fn(Self) -> Self {
        kernel.real
    }
    fn array(kernel: &ArrayKernel) -> ArrayRoutine<Self> {
        kernel.real
    }
    fn is_finite(self) -> bool {
        self.is_finite()
    }
}

impl Number for Dual<f64> {
    fn entrywise(kernel: &EntrywiseKernel) -> fn(Self) -> Self {
        kernel.dual
    }
    fn array(kernel: &ArrayKernel) -> ArrayRoutine<Self> {
        kernel.dual
    }
    fn is_finite(self) -> bool {
        self.value.is_finite() && self.tangent.is_finite()
    }
}

impl Number for Dual<Dual<f64>> {
    fn entrywise(kernel: &EntrywiseKernel) -> fn(Self) -> Self {
        kernel.dual2
    }
    fn array(kernel: &ArrayKernel) -> ArrayRoutine<Self> {
        kernel.dual2
    }
    fn is_finite(self) -> bool {
        Number::is_finite(self.value) && Number::is_finite(self.tangent)
    }
}

impl Number for Dual<Scaled> {
    fn entrywise(kernel: &EntrywiseKernel) -> fn(Self) -> Self {
        kernel.scaled
    }
    fn array(kernel: &ArrayKernel) -> ArrayRoutine<Self> {
        kernel.scaled
    }
    /// Also that no rounding error decides whether there is a result.
    fn is_finite(self) -> bool {
        [self.value, self.tangent].iter().all(|x| x.value.is_finite() && x.scale.is_finite())
    }
}
