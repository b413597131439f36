//! One binary; modules mirror src/.

mod corpus;
mod gradient;
mod source;
mod syntax;
