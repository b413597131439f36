//! Programs become Rust text: one module, std only, no unsafe code, no allocation after the first call.
//!
//! | file | writes |
//! |---|---|
//! | `name` | identifiers and comments from names and texts of the user, made harmless |
//! | `writer` | lines, indented and broken as rustfmt breaks them |
//! | `entry` | the expression inside a loop |
//! | `nest` | loops |
//! | `call` | kernel calls |
//! | `repeat` | loops over an index |
//! | `body` | what the text of the function refers to |
//! | `memory` | the workspace |
//! | `module` | the types, the function, and the routines it needs |
//! | `routine` | routines, pasted from `runtime/` and from the kernel room |
//!
//! Nothing here decides what is computed, or in which order: that is the program's business.

mod body;
mod call;
mod entry;
mod memory;
mod module;
mod name;
mod nest;
mod pasted;
mod repeat;
mod routine;
mod side;
mod tensor;
mod writer;

pub use module::{Document, Emitted, Precision, emit};
pub use name::{Names, comment};
pub(crate) use pasted::kernel_room;
