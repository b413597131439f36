//! One binary; modules mirror src/.

mod corpus;
mod gradient;
mod render;
mod source;
mod syntax;
