//! One binary; modules mirror src/.

mod elaborate;
mod source;
mod syntax;
