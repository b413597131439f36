//! One binary; modules mirror src/.

mod source;
mod syntax;
mod verify;
