//! Room derivation.
