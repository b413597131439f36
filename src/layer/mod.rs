//! Neural layers written in the language itself, and the generator of layer kernels.
//!
//! A layer is a file `*.gradus` with one function. A layer kernel is the value of an expression as plain scalar loops, generated
//! straight from the expression: no differentiation, no rules, no lowering. It is generic over the number type, so that dual
//! numbers give exact directional derivatives, and emitted code is compared with it.

mod indexed;
mod kernel;

pub use kernel::{LOOPS, Sizes, kernel};

/// The layers: name and source, in the order in which a program may define them.
pub const LIBRARY: &[(&str, &str)] = &[
    ("dense", include_str!("dense.gradus")),
    ("mse", include_str!("mse.gradus")),
    ("cross_entropy", include_str!("cross_entropy.gradus")),
];
