//! One binary; modules mirror src/.

mod render;
mod source;
mod syntax;
