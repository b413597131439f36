//! The e-graph: the gradient derived a second time, by equality saturation.
//!
//! `language` is what its nodes are and what is known of a class, `worth` what a class is at one point, `translate` goes between
//! expressions and e-nodes, `rewrites` turns the rule tables into egg rewrites, `certificate` runs them. No egg type leaves this folder.

mod certificate;
mod language;
mod rewrites;
mod translate;
mod worth;

pub use certificate::{Budget, Certificate, certify};
