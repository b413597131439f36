//! One binary; modules mirror src/.

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

mod architecture;
mod build;
mod check;
mod cli;
mod condition;
mod corpus;
mod deep;
mod deep_model;
mod derivation;
mod dialects;
mod elaborate;
mod emit;
mod emitted;
mod entries;
mod evaluate;
mod expression;
mod function;
mod fuzz;
// Shared with the example, which uses more of it.
#[allow(dead_code)]
#[path = "../../examples/fuzz/fuzzer/mod.rs"]
mod fuzzer;
mod gradient;
mod identity;
mod index;
mod info;
mod jacobian;
mod kernel;
mod layer;
mod lower;
mod naive;
mod names;
mod nested;
mod normal;
mod number;
mod part;
mod peers;
mod points;
mod property;
mod reading;
mod readme;
mod recurrence;
mod recurrence_code;
mod render;
mod repl;
mod round_trip;
mod rule;
mod session;
mod solve;
mod soundness;
mod source;
mod spectral;
mod stable;
mod syntax;
mod tensor;
mod terminal;
mod typed;
mod verify;
mod worker;
