//! One binary; modules mirror src/.

mod emit;
mod corpus;
mod elaborate;
mod evaluate;
mod function;
mod gradient;
mod kernel;
mod render;
mod lower;
mod source;
mod syntax;
mod verify;
