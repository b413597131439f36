//! One binary; modules mirror src/.

mod architecture;
mod build;
mod cli;
mod corpus;
mod derivation;
mod elaborate;
mod emit;
mod evaluate;
mod function;
mod gradient;
mod kernel;
mod lower;
mod naive;
mod render;
mod repl;
mod rule;
mod session;
mod soundness;
mod source;
mod syntax;
mod verify;
