//! Programs become Rust text: one module, std only, no unsafe code. After the first call with certain sizes nothing is allocated, except
//! by routines that are pasted from the kernel room; the text says where it contains any.
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
//! | `part` | long programs as several functions |
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
mod part;
mod pasted;
mod repeat;
mod routine;
mod side;
mod tensor;
mod writer;

pub use module::{Document, Emitted, HEADER, Precision, emit};
pub(crate) use name::{FAULT, fault};
pub use name::{Names, comment};
pub(crate) use pasted::kernel_room;
