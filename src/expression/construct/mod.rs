//! The constructors: each builds a node in normal form.
