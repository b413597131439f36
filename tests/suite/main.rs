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
mod render;
mod repl;
mod session;
mod source;
mod syntax;
mod verify;
mod readme;
