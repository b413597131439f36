//! **gradus**: symbolic matrix calculus, step by step.
//!
//! The rooms below stand in the order in which a formula walks through them. A room uses only rooms above it.

pub mod source;
pub mod work;
pub mod number;
pub mod syntax;
pub mod shape;
pub mod kernel;
pub mod function;
pub mod expression;
pub mod elaborate;
pub mod rule;
pub mod derivation;
pub mod evaluate;
pub mod simplify;
pub mod differentiate;
pub mod render;
pub mod claim;
pub mod solve;
pub mod lower;
pub mod emit;
pub mod layer;
pub mod verify;
pub mod session;
pub mod build;
#[cfg(feature = "cli")]
pub mod repl;
#[cfg(feature = "cli")]
pub mod cli;
