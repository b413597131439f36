//! Room render.
