//! Is a formula that someone wrote down the derivative? Proof, agreement in numbers, or a counterexample and the likely mistake.
//!
//! * `proof` — both sides in one normal form.
//! * `exact` — their difference, with equal terms collected: other than zero, however small.
//! * `pieces` — points on every side of kinks and jumps.
//! * `counterexample` — a small point at which they differ.
//! * `mistake` — the smallest change that makes the claim right: a transpose, a sign, a factor, two operands swapped.
//!
//! A claim is called proved when the constructors' laws or the short form show it; wrong only when numbers show it, of the two or of their
//! difference.

mod counterexample;
mod exact;
mod mistake;
mod pieces;
mod proof;

pub use counterexample::{Counterexample, Worst};
pub use mistake::{Mistake, find as find_mistake, find_factor};
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
    /// It could not be found out.
    Undecided(Obstacle),
}

/// Why a claim could not be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// There is no point at which both have values.
    NoPoint,
    /// There are points, but at each of them rounding errors decide.
    Rounding,
}

/// Judges a claim, of the derivative's shape.
pub fn judge(store: &mut Store, claim: Id, derivative: Id) -> Verdict {
    if let Some(proof) = proof::find(store, claim, derivative) {
        return Verdict::Proved(proof);
    }
    let wrong = |found: Counterexample| Verdict::Wrong(Box::new(found));
    let (points, relative_error) = match evaluate::equal(store, claim, store, derivative, TRIES) {
        Comparison::Equal { points, relative_error } => (points, relative_error),
        Comparison::Undecided => return Verdict::Undecided(obstacle(store, claim, derivative)),
        Comparison::Different { point, .. } => {
            let found = counterexample::find(store, claim, derivative, *point);
            return found.map_or(Verdict::Undecided(Obstacle::Rounding), wrong);
        }
    };
    let far = pieces::points(store, &[claim, derivative]);
    if let Some(found) = counterexample::among(store, claim, derivative, &far) {
        return wrong(found);
    }
    if let Some(found) = exact::find(store, claim, derivative)
        && let Some(found) = counterexample::of_difference(store, claim, derivative, found)
    {
        return wrong(found);
    }
    Verdict::Holds { points: points + far.len(), relative_error }
}

/// Why two formulas have no point at which they can be compared.
fn obstacle(store: &Store, claim: Id, derivative: Id) -> Obstacle {
    let roots = [claim, derivative];
    let has_values = (0..TRIES).any(|seed| {
        let sizes = evaluate::sizes(store, &roots, seed);
        evaluate::sample(store, &roots, &sizes, seed).is_some()
    });
    if has_values { Obstacle::Rounding } else { Obstacle::NoPoint }
}
