//! Room emit.
