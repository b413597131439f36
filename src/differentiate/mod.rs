//! Derivatives: the reverse sweep over the DAG.
//!
//! Printing, simplifying and checking are other rooms' business; what comes out of here is right, not yet short.

mod steps;
mod sweep;

pub use steps::derivation;
pub use sweep::{DifferentiateError, cookbook, gradients, project};
