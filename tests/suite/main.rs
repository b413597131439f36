//! One binary; modules mirror src/.

mod emit;
mod source;
mod syntax;
mod verify;
