//! One binary; modules mirror src/.

mod architecture;
mod build;
mod cli;
mod corpus;
mod elaborate;
mod emit;
mod derivation;
mod evaluate;
mod function;
mod gradient;
mod kernel;
mod render;
mod lower;
mod repl;
mod session;
mod source;
mod syntax;
mod verify;
