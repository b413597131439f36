//! The rows of all groups, in one slice.

use super::{Function, array, entrywise, spectral};

/// Every function, grouped by kind.
pub static TABLE: &[Function] = &join([entrywise::ROWS, array::ROWS, spectral::ROWS]);

const LENGTH: usize = entrywise::ROWS.len() + array::ROWS.len() + spectral::ROWS.len();

#[allow(clippy::large_stack_arrays)] // Made by the compiler, never on a stack.
const fn join(groups: [&[Function]; 3]) -> [Function; LENGTH] {
    let mut rows = [entrywise::ROWS[0]; LENGTH];
    let (mut at, mut group) = (0, 0);
    while group < groups.len() {
        let mut row = 0;
        while row < groups[group].len() {
            rows[at] = groups[group][row];
            at += 1;
            row += 1;
        }
        group += 1;
    }
    rows
}
