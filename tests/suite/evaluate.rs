//! Values, samples, checks.
