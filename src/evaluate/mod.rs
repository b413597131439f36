//! Room evaluate.
