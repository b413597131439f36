//! How much has been done, in steps: nodes looked at, tokens read, letters written. The same on every machine, so that tests can hold
//! the cost of a question in proportion to its size without a clock. No answer depends on it.

use std::cell::Cell;

thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// The steps of this thread so far.
pub fn steps() -> u64 {
    STEPS.get()
}

/// Some more steps.
pub(crate) fn count(steps: usize) {
    STEPS.set(STEPS.get().wrapping_add(steps as u64));
}
