//! One binary; modules mirror src/.
mod render;
