//! Room simplify.
