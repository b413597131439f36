//! Room differentiate.
