//! Is a formula that someone wrote down the derivative? Proof, agreement in numbers, or a counterexample and the likely mistake.
//!
//! * `proof` — both sides in one normal form.
//! * `counterexample` — a small point at which they differ.
//! * `mistake` — the smallest change that makes the claim right: a transpose, a sign, a factor, two operands swapped.
//!
//! A claim is called proved when the constructors' laws or the short form show it; wrong only when numbers show it.

mod counterexample;
mod mistake;
mod proof;

pub use counterexample::{Counterexample, Worst};
pub use mistake::{Mistake, find as find_mistake};
pub use proof::Proof;

use crate::evaluate::{self, Comparison};
use crate::expression::{Id, Store};

/// Points at which a claim that could not be proved is compared.
const TRIES: u64 = 16;

/// What became of a claim.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The claim is the derivative.
    Proved(Proof),
    /// The claim agrees with the derivative wherever they were compared.
    Holds {
        /// The number of points.
        points: usize,
        /// The largest difference of two entries, relative to the largest entry.
        relative_error: f64,
    },
    /// The claim is not the derivative.
    Wrong(Box<Counterexample>),
    /// There is no point at which both have values.
    Undecided,
}

/// Judges a claim, of the derivative's shape.
pub fn judge(store: &mut Store, claim: Id, derivative: Id) -> Verdict {
    if let Some(proof) = proof::find(store, claim, derivative) {
        return Verdict::Proved(proof);
    }
    match evaluate::equal(store, claim, store, derivative, TRIES) {
        Comparison::Equal { points, relative_error } => Verdict::Holds { points, relative_error },
        Comparison::Undecided => Verdict::Undecided,
        Comparison::Different { sizes, seed, .. } => {
            counterexample::find(store, claim, derivative, &sizes, seed)
                .map_or(Verdict::Undecided, |found| Verdict::Wrong(Box::new(found)))
        }
    }
}
