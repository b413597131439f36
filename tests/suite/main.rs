//! One binary; modules mirror src/.

mod source;
mod syntax;
mod kernel;
mod function;
mod evaluate;
