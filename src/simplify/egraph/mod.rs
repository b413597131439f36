//! The e-graph: the gradient derived a second time, by equality saturation.
//!
//! Also the search for short forms among equal ones (`region`, with `algebra`).
//!
//! `language` is what its nodes are and what is known of a class, `translate` goes between expressions and e-nodes, `rewrites` turns
//! the rule tables into egg rewrites, `certificate` runs them. No egg type leaves this folder.

mod algebra;
mod certificate;
mod language;
mod region;
mod rewrites;
mod translate;

pub use certificate::{Budget, Certificate, certify};
pub(super) use region::saturate;
