//! Room elaborate.
