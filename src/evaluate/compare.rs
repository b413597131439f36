//! Comparison of expressions by their values.

use std::collections::BTreeMap;

use super::random::Random;
use super::sample::{FLOOR, find_telling, variables};
use super::sizes::dimensions;
use super::small::Small;
use super::walk::evaluate_roughly;
use super::{EvaluateError, Point, direction, evaluate};
use crate::expression::{Id, Store};
use crate::kernel::Array;
use crate::shape::Name;

/// Entries that differ by less, relative to the largest entry, are equal.
const TOLERANCE: f64 = 1e-8;

/// What two expressions turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// Equal at so many points.
    Equal {
        /// The number of points.
        points: usize,
        /// The largest difference of two entries, relative to the largest entry.
        relative_error: f64,
    },
    /// Different at a point.
    Different {
        /// The point.
        point: Box<Point<f64>>,
        /// The largest difference of two entries, relative to the largest entry; infinite for unequal shapes.
        relative_error: f64,
    },
    /// No point was found where both are finite.
    Undecided,
}

/// Compares two expressions, possibly of different stores, at up to `tries` points with unequal sizes; variables are the same
/// when their names are. Families are compared element by element. Points where rounding errors decide are left out.
///
/// In place of large literal sizes of one store small ones are taken: the expressions are equal if they are with the numbers in
/// them as they stand, or with those that are sizes following these.
pub fn equal(store_a: &Store, a: Id, store_b: &Store, b: Id, tries: u64) -> Comparison {
    let one = std::ptr::eq(store_a, store_b);
    let Some(small) = one.then(|| Small::of(store_a, &[a, b])).flatten() else {
        return Sides { a: (store_a, a), b: (store_b, b) }.compare(tries, &|_| None);
    };
    let symbolic = small.symbolic();
    let sides = Sides { a: (&symbolic, a), b: (&symbolic, b) };
    match sides.compare(tries, &|_| None) {
        Comparison::Different { .. } => sides.compare(tries, &|sizes| Some(small.at(sizes))),
        found => found,
    }
}

/// Two expressions in their stores.
struct Sides<'a> {
    a: (&'a Store, Id),
    b: (&'a Store, Id),
}

impl Sides<'_> {
    /// The comparison, for each choice of sizes in the store that `place` gives, if any.
    fn compare(
        &self,
        tries: u64,
        place: &dyn Fn(&BTreeMap<Name, i64>) -> Option<Store>,
    ) -> Comparison {
        let ((store_a, a), (store_b, b)) = (self.a, self.b);
        let mut every = variables(store_b, &[b]);
        every.extend(variables(store_a, &[a]));
        let mut all = dimensions(store_a, &[a]);
        all.extend(dimensions(store_b, &[b]));
        let mut points = 0;
        let mut worst = 0.0_f64;
        for seed in 0..tries {
            let sizes = all.choose(seed / 2);
            let placed = place(&sizes);
            let in_a = placed.as_ref().unwrap_or(store_a);
            let in_b = placed.as_ref().unwrap_or(store_b);
            let both = |point: &Point<f64>| -> Result<Vec<Array<f64>>, EvaluateError> {
                let mut values = evaluate(in_a, &[a], point)?;
                values.extend(evaluate(in_b, &[b], point)?);
                Ok(values)
            };
            let Some((point, here)) = find_telling(&every, &sizes, seed, both) else { continue };
            let relative_error = distance(&here[0], &here[1]);
            if relative_error <= TOLERANCE {
                points += 1;
                worst = worst.max(relative_error);
                continue;
            }
            let near = direction::nudged(&point, &every, &mut Random::new(seed));
            let rough = |point: &Point<f64>| -> Result<Vec<Array<f64>>, EvaluateError> {
                let random = Random::new(seed);
                let mut values = evaluate_roughly(in_a, &[a], point, &random)?;
                values.extend(evaluate_roughly(in_b, &[b], point, &random)?);
                Ok(values)
            };
            let stays = |there: Result<Vec<Array<f64>>, EvaluateError>| {
                there.is_ok_and(|there| {
                    here.iter().zip(&there).all(|(x, y)| distance(x, y) <= TOLERANCE)
                })
            };
            if stays(both(&near)) && stays(rough(&point)) {
                return Comparison::Different { point: Box::new(point), relative_error };
            }
        }
        if points == 0 {
            return Comparison::Undecided;
        }
        Comparison::Equal { points, relative_error: worst }
    }
}

/// max |xᵢⱼ − yᵢⱼ| relative to the largest entry; infinite for unequal shapes and for what is not a number.
fn distance(x: &Array<f64>, y: &Array<f64>) -> f64 {
    if (x.rows, x.columns) != (y.rows, y.columns) {
        return f64::INFINITY;
    }
    let largest =
        x.data.iter().chain(&y.data).fold(FLOOR, |largest: f64, entry| largest.max(entry.abs()));
    let errors = || x.data.iter().zip(&y.data).map(|(x, y)| (x - y).abs());
    if errors().any(f64::is_nan) {
        return f64::INFINITY;
    }
    errors().fold(0.0, f64::max) / largest
}
