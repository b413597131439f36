//! One binary; modules mirror src/.

mod elaborate;
mod corpus;
mod derivation;
mod evaluate;
mod function;
mod gradient;
mod kernel;
mod naive;
mod render;
mod rule;
mod soundness;
mod source;
mod syntax;
mod verify;
