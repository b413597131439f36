//! Room lower.
