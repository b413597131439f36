//! One binary; modules mirror src/.

mod corpus;
mod gradient;
mod render;
mod source;
mod syntax;
mod kernel;
mod function;
mod evaluate;
mod verify;
mod architecture;
mod build;
mod cli;
mod repl;
mod session;
