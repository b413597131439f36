//! Room layer.

/// Name and source text of every layer; a layer stands below those that it calls.
pub const LIBRARY: &[(&str, &str)] = &[];
