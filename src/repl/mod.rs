//! Room repl.
