//! Room rule.
