//! Directions in which a variable may move without losing what is declared of it.

use super::Point;
use super::random::Random;
use super::sample::{Variables, variable_of};
use crate::expression::{Id, Node, Properties, Property, Store};
use crate::kernel::{Array, Dual, product, transpose};

/// A random direction at `value`: symmetric for a symmetric variable, zero where a triangular or diagonal one is zero, tangent
/// to the orthogonal matrices, of sum 0 on a simplex.
pub(crate) fn direction(facts: Properties, value: &Array<f64>, random: &mut Random) -> Array<f64> {
    use Property as P;
    let d = Array::from_fn(value.rows, value.columns, |_, _| random.between(-1.0, 1.0));
    if facts.has(P::Whole) {
        return d.map(|_| 0.0);
    }
    if facts.has(P::Simplex) {
        return centred(&d);
    }
    if facts.has(P::RowSimplex) {
        return transpose(&centred(&transpose(&d)));
    }
    if facts.has(P::Orthogonal) {
        // X Ω for a skew Ω; X Ω − Ω X keeps a symmetric X symmetric.
        let n = value.columns;
        let skew = Array::from_fn(n, n, |_, _| random.between(-1.0, 1.0));
        let skew = skew.zip(&transpose(&skew), |x, y| x - y);
        let right = product(value, &skew);
        let both = facts.has(P::Symmetric);
        return if both { right.zip(&product(&skew, value), |x, y| x - y) } else { right };
    }
    if value.rows != value.columns {
        return d;
    }
    let d = if facts.has(P::Symmetric) { d.zip(&transpose(&d), f64::midpoint) } else { d };
    let (lower, upper) = (facts.has(P::Lower), facts.has(P::Upper));
    Array::from_fn(d.rows, d.columns, |i, j| {
        if lower && i < j || upper && i > j { 0.0 } else { d.at(i, j) }
    })
}

/// The point with the variable on its way along a random direction, and that direction; `None` where the point has no value of it.
pub fn moving(
    store: &Store,
    variable: Id,
    point: &Point<f64>,
    seed: u64,
) -> Option<(Point<Dual<f64>>, Array<f64>)> {
    let (Node::Variable(name) | Node::Family(name)) = store.node(variable) else { return None };
    let value = point.values.get(name)?;
    let along = direction(store.properties(variable), value, &mut Random::new(seed));
    let pairs = value.data.iter().zip(&along.data);
    let data = pairs.map(|(x, d)| Dual { value: *x, tangent: *d }).collect();
    let moved = Array { rows: value.rows, columns: value.columns, data };
    let mut moving = point.map(|x| Dual { value: x, tangent: 0.0 });
    moving.values.insert(name.clone(), moved);
    Some((moving, along))
}

/// Columns minus their means.
fn centred(d: &Array<f64>) -> Array<f64> {
    #[allow(clippy::cast_precision_loss)]
    let count = d.rows as f64;
    Array::from_fn(d.rows, d.columns, |i, j| d.at(i, j) - d.column(j).iter().sum::<f64>() / count)
}

/// A step that changes nothing but rounding errors.
const NUDGE: f64 = 1e-12;

/// The point with every variable moved as little as a rounding error, within its structure.
pub(super) fn nudged(point: &Point<f64>, variables: &Variables, random: &mut Random) -> Point<f64> {
    let mut near = point.clone();
    for (name, value) in &mut near.values {
        if let Some(variable) = variable_of(variables, name) {
            let d = direction(variable.facts, value, random);
            *value = value.zip(&d, |x, d| x + NUDGE * d);
        }
    }
    near
}
