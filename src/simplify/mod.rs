//! Short forms: among equal expressions, one that a reader would have written.
//!
//! Bottom-up over the DAG, each node is compared with what factoring (`factor`), distributing (`expand`) and the laws of the
//! function table (`law`) make of it, and the cheapest by `cost` stays. Nothing here changes a value: every candidate is built by
//! the constructors from the node it replaces.

mod cost;
mod egraph;
mod expand;
mod factor;
mod law;
mod monomial;
mod names;
mod pass;

pub use cost::Costs;
pub use egraph::{Budget, Certificate, certify};
pub use expand::expand;
pub use names::Names;
pub use pass::{simplify, simplify_families};
