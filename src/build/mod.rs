//! Room build.
