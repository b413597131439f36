//! Small numeric routines in plain Rust, generic over the number type.
//!
//! The evaluator calls them, and emitted code contains their text wherever `emit` has no routine of its own that works in place. So
//! every file here stands alone: std only, and the items of its siblings come from `use super::…` lines at the top and nowhere else. Derivatives of
//! these routines follow from the primitives of [`Real`] alone, never from the function table: checks stay independent.

mod array;
mod convolution;
mod dense;
mod dual;
mod entrywise;
mod error_function;
mod factorization;
mod matfun;
mod real;
mod scaled;
mod singular;
mod smooth;
mod spectral;
mod window;

pub use array::Array;
pub use convolution::*;
pub use dense::*;
pub use dual::Dual;
pub use entrywise::*;
pub use error_function::{erf_f64, erfc_f64};
pub use factorization::*;
pub use matfun::*;
pub use real::Real;
pub use scaled::{Precision, Scaled};
pub use singular::*;
pub use smooth::smooth;
pub use spectral::*;
pub use window::*;
