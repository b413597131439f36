//! The rows.

use super::{Domain, EntrywiseKernel, Form, Function};
use crate::kernel::Real;

/// Every function, grouped by kind.
pub static TABLE: &[Function] = &[Function {
    name: "exp",
    spellings: &[],
    form: Form::Entrywise {
        derivative: "exp(x)",
        kernel: EntrywiseKernel { real: Real::exp, dual: Real::exp, dual2: Real::exp },
        routine: "exp",
    },
    domain: Domain::Real,
    laws: &[],
    latex: r"\exp",
    cost: 20,
}];
