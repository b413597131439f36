//! Whether the difference of two formulas, with equal terms collected exactly, is other than zero: however small it is.
//!
//! Two values that agree in eight digits may still be different formulas: 2x and 2.0000001x, 2a and 2a + 10⁻¹². Their difference is
//! 2·10⁻⁷x and 10⁻¹²: what is equal has cancelled in exact arithmetic, and what is left can be told from zero, unless it is itself
//! nothing but a rounding error. A rounding error jumps when the point is moved a little; a value does not.

use crate::evaluate::{self, Point, Random, evaluate};
use crate::expression::{Id, Node, Properties, Store};
use crate::number::Rational;
use crate::simplify::{expand, simplify};

/// Points at which a difference must be seen.
const POINTS: u64 = 3;
/// Steps beside each of them.
const STEPS: u64 = 6;
/// How far they go, relative to the entries.
const STEP: f64 = 1e-3;
/// How far values go that are no multiples of each other: so far that rounding errors jump, and by its square from what is declared.
const TANGENT_STEP: f64 = 1e-8;

/// A difference that is not zero, and the point that shows it.
pub(super) struct Difference {
    pub(super) formula: Id,
    pub(super) point: Point<f64>,
}

/// The difference of the claim and the derivative, where it is clearly not zero at each of several points.
pub(super) fn find(store: &mut Store, claim: Id, derivative: Id) -> Option<Difference> {
    let formula = collected(store, claim, derivative);
    if store.is_zero(formula) || has_rounded_constant(store, formula) {
        return None;
    }
    let roots = [claim, derivative, formula];
    let mut shown = None;
    for seed in 0..POINTS {
        let sizes = evaluate::sizes(store, &roots, seed);
        let point = evaluate::sample(store, &roots, &sizes, seed)?;
        if !stays(store, formula, &point, seed)? {
            return None;
        }
        shown.get_or_insert(point);
    }
    shown.map(|point| Difference { formula, point })
}

/// claim − derivative in its shortest exact form.
fn collected(store: &mut Store, claim: Id, derivative: Id) -> Id {
    let difference = store.subtract(claim, derivative);
    let difference = expand(store, difference).unwrap_or(difference);
    let short = simplify(store, &[difference])[0];
    // Both in short form first may cancel more.
    let both = simplify(store, &[claim, derivative]);
    let other = store.subtract(both[0], both[1]);
    let other = expand(store, other).unwrap_or(other);
    let other = simplify(store, &[other])[0];
    if store.is_zero(other) || store.reachable(&[other]).len() < store.reachable(&[short]).len() {
        return other;
    }
    short
}

/// Whether a constant is rounded, as √2 is: √2·√3 − √6 is a rounding error that does not move with the point.
fn has_rounded_constant(store: &Store, root: Id) -> bool {
    let reachable = store.reachable(&[root]);
    let mut varies = vec![false; reachable.last().map_or(0, |last| last.index() + 1)];
    for id in reachable {
        let node = store.node(id);
        let children = node.children();
        let is_varying = match node {
            Node::Variable(_) | Node::Family(_) | Node::Element(..) => true,
            _ => children.iter().any(|child| varies[child.index()]),
        };
        varies[id.index()] = is_varying;
        let is_exact = match node {
            Node::Hadamard(powers) => powers
                .iter()
                .all(|power| store.as_number(power.exponent).is_some_and(Rational::is_integer)),
            Node::Apply { .. } => false,
            _ => true,
        };
        if !is_varying && !is_exact {
            return true;
        }
    }
    false
}

/// Whether the largest entry keeps its sign and roughly its size at points beside this one.
fn stays(store: &Store, formula: Id, point: &Point<f64>, seed: u64) -> Option<bool> {
    let here = evaluate(store, &[formula], point).ok()?.pop()?;
    let (at, value) = here
        .data
        .iter()
        .copied()
        .enumerate()
        .max_by(|(_, x), (_, y)| x.abs().total_cmp(&y.abs()))?;
    if value == 0.0 || !value.is_finite() {
        return Some(false);
    }
    let mut random = Random::new(seed);
    for _ in 0..STEPS {
        let beside = beside(store, point, &mut random);
        let near = evaluate(store, &[formula], &beside).ok()?.pop()?;
        let ratio = near.data.get(at)? / value;
        if !(0.5..2.0).contains(&ratio) {
            return Some(false);
        }
    }
    Some(true)
}

/// The point with free entries moved each its own way, and structured values as a whole: an orthogonal matrix along a tangent.
fn beside(store: &Store, point: &Point<f64>, random: &mut Random) -> Point<f64> {
    let mut beside = point.clone();
    for (name, value) in &mut beside.values {
        let family = name.split_once('[').map_or(&**name, |(family, _)| family);
        let facts = store.find_variable(family).map(|id| store.properties(id));
        if facts == Some(Properties::NONE) {
            for x in &mut value.data {
                *x *= 1.0 + STEP * random.between(-1.0, 1.0);
            }
        } else if facts.is_some_and(keeps_multiples) {
            let factor = 1.0 + STEP * random.between(-1.0, 1.0);
            *value = value.map(|x| x * factor);
        } else if let Some(facts) = facts {
            let along = evaluate::direction(facts, value, random);
            *value = value.zip(&along, |x, d| x + TANGENT_STEP * d);
        }
    }
    beside
}

/// Whether a positive multiple of a value has what is declared of it.
pub(super) fn keeps_multiples(facts: Properties) -> bool {
    use crate::expression::Property::{Orthogonal, RowSimplex, Simplex, Whole};
    ![Orthogonal, Simplex, RowSimplex, Whole].iter().any(|fact| facts.has(*fact))
}
