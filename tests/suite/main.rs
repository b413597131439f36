//! One binary; modules mirror src/.

mod elaborate;
mod corpus;
mod derivation;
mod evaluate;
mod function;
mod gradient;
mod kernel;
mod render;
mod source;
mod syntax;
mod verify;
