//! Small numeric routines in plain Rust, generic over the number type.
//!
//! One implementation serves twice: the evaluator calls it, and emitted code contains it as text.

mod dual;
mod real;

pub use dual::Dual;
pub use real::Real;

/// A dense matrix: entries column by column.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<T> {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Entries, column-major.
    pub data: Vec<T>,
}
