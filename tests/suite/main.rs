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
