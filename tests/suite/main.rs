//! One binary; modules mirror src/.

mod corpus;
mod elaborate;
mod emit;
mod evaluate;
mod function;
mod gradient;
mod kernel;
mod render;
mod source;
mod syntax;
mod verify;
mod architecture;
mod build;
mod cli;
mod repl;
mod session;
