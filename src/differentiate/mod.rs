//! Derivatives: the reverse sweep over the DAG for gradients, the forward sweep for differentials and Jacobians.
//!
//! Printing, simplifying and checking are other rooms' business; what comes out of here is right, not yet short.

mod blocks;
mod forward;
mod identify;
mod local;
mod recurrence;
mod place;
mod scope;
mod segments;
mod step;
mod tidy;
mod steps;
mod sweep;
mod terms;
mod windows;

pub use forward::{differential, direction};
pub use identify::matrix_of_map;
pub use local::{Local, locals};
pub use step::{Step, step};
pub use steps::{derivation, map_derivation};
pub use sweep::{DifferentiateError, cookbook, gradients, project};
pub use terms::terms_of_map;
