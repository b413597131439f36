//! Sample points: values that respect what is declared, looked for until every root is finite.

use std::collections::BTreeMap;

use super::context::{Context, Sizes};
use super::random::Random;
use super::{EvaluateError, LARGEST, Point, evaluate, extents, indexed};
use crate::expression::{Id, Node, Properties, Property, Range, Store};
use crate::kernel::{self, Array};
use crate::shape::{Name, Shape, element_name};

/// What variables are drawn, by name.
pub(super) type Variables = BTreeMap<Name, Variable>;

/// What is known of a variable, or of every element of a given family.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) shape: Shape,
    pub(super) facts: Properties,
    /// The indices of a family.
    pub(super) ranges: Vec<Range>,
}

impl Variable {
    /// The names of its values at a point, each with the values of the indices.
    pub(super) fn names(
        &self,
        name: &Name,
        sizes: &BTreeMap<Name, i64>,
    ) -> Option<Vec<(Name, Context)>> {
        if self.ranges.is_empty() {
            return Some(vec![(name.clone(), Context::default())]);
        }
        let places = indexed::all_places(&self.ranges, sizes.into()).ok()?;
        let element = |at: Vec<i64>| (element_name(name, &at), indexed::context(&self.ranges, &at));
        Some(places.into_iter().map(element).collect())
    }
}

/// The variable that a value belongs to: `x` where the value is `x[2]`.
pub(super) fn variable_of<'a>(variables: &'a Variables, value: &str) -> Option<&'a Variable> {
    variables.get(value.split_once('[').map_or(value, |(family, _)| family))
}

/// How entries are drawn. None comes near 0, where kinks and poles are.
#[derive(Clone, Copy, Debug)]
enum Strategy {
    /// Of either sign, up to 1.5.
    Around,
    /// From 0.3 to 1.5.
    Positive,
    /// Of either sign, up to 0.4.
    Small,
    /// From 1.2 to 2.5.
    Large,
    /// From 0.05 to 0.95.
    Between,
}

/// Tries in order: most functions are fine around 0, many need positive values, arcsin and its like small ones, arcosh large
/// ones, logit ones between 0 and 1; at last each variable goes its own way.
const TRIES: [Option<Strategy>; 28] = {
    use Strategy::{Around, Between, Large, Positive, Small};
    let mut tries = [None; 28];
    let order = [
        Around, Around, Around, Positive, Positive, Around, Around, Small, Large, Between,
        Positive, Small, Around,
    ];
    let mut at = 0;
    while at < order.len() {
        tries[at] = Some(order[at]);
        at += 1;
    }
    tries
};

/// Values below this are compared as if they were of this size.
pub(super) const FLOOR: f64 = 1e-6;

/// A point where every root is finite, with values that respect the variables' properties; `None` if none was found.
pub fn sample(
    store: &Store,
    roots: &[Id],
    sizes: &BTreeMap<Name, i64>,
    seed: u64,
) -> Option<Point<f64>> {
    find(&variables(store, roots), sizes, seed, |point| evaluate(store, roots, point))
        .map(|(point, _)| point)
}

/// The variables that the roots depend on.
pub(super) fn variables(store: &Store, roots: &[Id]) -> Variables {
    let mut found = Variables::new();
    let reachable = store.closure(roots);
    for id in &reachable {
        let (name, ranges) = match (store.node(*id), store.family(*id)) {
            (Node::Variable(name), _) => (name, Vec::new()),
            (Node::Family(name), Some(family)) if family.is_variable() => (name, family.ranges()),
            _ => continue,
        };
        let (shape, facts) = (store.shape(*id).clone(), store.properties(*id));
        found.insert(name.clone(), Variable { shape, facts, ranges });
    }
    // The exponent of a matrix is a whole number.
    let exponents: Vec<Id> = reachable
        .iter()
        .filter_map(|id| match store.node(*id) {
            Node::MatrixPower(_, exponent) => Some(*exponent),
            Node::Apply { function, arguments }
                if matches!(function.row().name, "power_frechet" | "power_sum") =>
            {
                arguments.last().copied()
            }
            _ => None,
        })
        .collect();
    for id in store.reachable(&exponents) {
        if let Node::Variable(name) = store.node(id)
            && let Some(variable) = found.get_mut(name)
        {
            variable.facts = variable.facts.with(Property::Whole);
        }
    }
    found
}

/// A point at which all values are finite, and these values.
pub(super) fn find(
    variables: &Variables,
    sizes: &BTreeMap<Name, i64>,
    seed: u64,
    values: impl Fn(&Point<f64>) -> Result<Vec<Array<f64>>, EvaluateError>,
) -> Option<(Point<f64>, Vec<Array<f64>>)> {
    find_where(variables, sizes, seed, values, is_finite)
}

/// A point at which all values are finite and not lost below what they are compared with; one with small entries first, where tanh and
/// exp(−‖X‖²) are not yet what they are far out.
pub(super) fn find_telling(
    variables: &Variables,
    sizes: &BTreeMap<Name, i64>,
    seed: u64,
    values: impl Fn(&Point<f64>) -> Result<Vec<Array<f64>>, EvaluateError>,
) -> Option<(Point<f64>, Vec<Array<f64>>)> {
    let tells = |values: &[Array<f64>]| {
        is_finite(values) && values.iter().any(|value| value.data.iter().any(|x| x.abs() > FLOOR))
    };
    let gently = || {
        let point = draw(variables, sizes, Some(Strategy::Small), &mut Random::new(!seed))?;
        let values = values(&point).ok()?;
        tells(&values).then_some((point, values))
    };
    let first = if seed % 4 == 3 { gently() } else { None };
    first
        .or_else(|| find_where(variables, sizes, seed, &values, tells))
        .or_else(|| find(variables, sizes, seed, values))
}

fn find_where(
    variables: &Variables,
    sizes: &BTreeMap<Name, i64>,
    seed: u64,
    values: impl Fn(&Point<f64>) -> Result<Vec<Array<f64>>, EvaluateError>,
    fits: impl Fn(&[Array<f64>]) -> bool,
) -> Option<(Point<f64>, Vec<Array<f64>>)> {
    let found: Result<_, EvaluateError> = tries(variables, sizes, seed, |point| {
        let values = values(&point)?;
        Ok(fits(&values).then_some((point, values)))
    });
    // An error is one at every point.
    found.unwrap_or(None)
}

/// The first thing that the attempts at one point after the other come to; an error ends them.
pub(super) fn tries<R, E>(
    variables: &Variables,
    sizes: &BTreeMap<Name, i64>,
    seed: u64,
    mut attempt: impl FnMut(Point<f64>) -> Result<Option<R>, E>,
) -> Result<Option<R>, E> {
    let mut random = Random::new(seed);
    for strategy in TRIES {
        let Some(point) = draw(variables, sizes, strategy, &mut random) else { return Ok(None) };
        if let Some(found) = attempt(point)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Whether all entries are finite.
pub(super) fn is_finite(values: &[Array<f64>]) -> bool {
    values.iter().all(|value| value.data.iter().all(|x| x.is_finite()))
}

fn draw(
    variables: &Variables,
    sizes: &BTreeMap<Name, i64>,
    strategy: Option<Strategy>,
    random: &mut Random,
) -> Option<Point<f64>> {
    let mut values = BTreeMap::new();
    let mut entries = 0_usize;
    for (name, variable) in variables {
        for (name, context) in variable.names(name, sizes)? {
            let inside = Sizes { given: sizes, bound: Some(&context) };
            let (rows, columns) = extents(&variable.shape, inside).ok()?;
            entries = entries.saturating_add(rows.saturating_mul(columns));
            if entries > LARGEST {
                return None;
            }
            let strategy = strategy.unwrap_or_else(|| match random.below(4) {
                0 => Strategy::Around,
                1 => Strategy::Positive,
                2 => Strategy::Small,
                _ => Strategy::Large,
            });
            values.insert(name, value(variable.facts, rows, columns, strategy, random));
        }
    }
    Some(Point { sizes: sizes.clone(), values })
}

fn entry(strategy: Strategy, random: &mut Random) -> f64 {
    let (low, high, signed) = match strategy {
        Strategy::Around => (0.2, 1.5, true),
        Strategy::Positive => (0.3, 1.5, false),
        Strategy::Small => (0.05, 0.4, true),
        Strategy::Large => (1.2, 2.5, false),
        Strategy::Between => (0.05, 0.95, false),
    };
    let magnitude = random.between(low, high);
    if signed && random.bits() & 1 == 1 { -magnitude } else { magnitude }
}

/// One value with the given facts.
fn value(
    facts: Properties,
    rows: usize,
    columns: usize,
    strategy: Strategy,
    random: &mut Random,
) -> Array<f64> {
    use Property as P;
    if facts.has(P::Whole) {
        // 2, 3 or 4
        return Array::from_fn(rows, columns, |_, _| random.between(2.0, 4.999).floor());
    }
    let positive = facts.has(P::Positive) || facts.has(P::Nonnegative);
    let strategy = match (positive, strategy) {
        (true, Strategy::Around) => Strategy::Positive,
        _ => strategy,
    };
    let sign = |x: f64| if positive { x.abs() } else { x };
    let plain = Array::from_fn(rows, columns, |_, _| sign(entry(strategy, random)));
    if facts.has(P::Simplex) {
        return normalised(&plain.map(f64::abs));
    }
    if facts.has(P::RowSimplex) {
        return kernel::transpose(&normalised(&kernel::transpose(&plain.map(f64::abs))));
    }
    if rows != columns {
        return if facts.has(P::Orthogonal) { orthonormal(&plain) } else { plain };
    }
    square(facts, plain)
}

/// Facts of square matrices.
fn square(facts: Properties, plain: Array<f64>) -> Array<f64> {
    use Property as P;
    let n = plain.rows;
    let definite = facts.has(P::PositiveDefinite);
    if facts.has(P::Diagonal) {
        let sign = |x: f64| if definite { x.abs() } else { x };
        return Array::from_fn(n, n, |i, j| if i == j { sign(plain.at(i, j)) } else { 0.0 });
    }
    if facts.has(P::Orthogonal) {
        return if facts.has(P::Symmetric) { reflection(&plain) } else { orthonormal(&plain) };
    }
    if definite || facts.has(P::PositiveSemidefinite) {
        // B Bᵀ/n + ½ I
        #[allow(clippy::cast_precision_loss)]
        let scale = 1.0 / n as f64;
        let gram = kernel::product(&plain, &kernel::transpose(&plain));
        return Array::from_fn(n, n, |i, j| {
            f64::midpoint(gram.at(i, j), gram.at(j, i)) * scale + if i == j { 0.5 } else { 0.0 }
        });
    }
    let mut result = plain;
    if facts.has(P::Symmetric) {
        result = result.zip(&kernel::transpose(&result), f64::midpoint);
    }
    if facts.has(P::Invertible) && n > 1 {
        // A larger diagonal keeps the matrix away from singular ones.
        (0..n).for_each(|i| *result.at_mut(i, i) += 1.5);
    }
    let (lower, upper) = (facts.has(P::Lower), facts.has(P::Upper));
    Array::from_fn(
        n,
        n,
        |i, j| {
            if lower && i < j || upper && i > j { 0.0 } else { result.at(i, j) }
        },
    )
}

/// Columns divided by their sums.
fn normalised(a: &Array<f64>) -> Array<f64> {
    Array::from_fn(a.rows, a.columns, |i, j| a.at(i, j) / a.column(j).iter().sum::<f64>())
}

/// Columns made orthonormal one after another (Gram and Schmidt, twice for accuracy); rows, when there are fewer rows.
fn orthonormal(a: &Array<f64>) -> Array<f64> {
    if a.rows < a.columns {
        return kernel::transpose(&orthonormal(&kernel::transpose(a)));
    }
    let mut q = a.clone();
    for j in 0..q.columns {
        for _ in 0..2 {
            for k in 0..j {
                let along: f64 = q.column(j).iter().zip(q.column(k)).map(|(x, y)| x * y).sum();
                for i in 0..q.rows {
                    *q.at_mut(i, j) -= along * q.at(i, k);
                }
            }
            let length = q.column(j).iter().map(|x| x * x).sum::<f64>().sqrt();
            (0..q.rows).for_each(|i| *q.at_mut(i, j) /= length);
        }
    }
    q
}

/// I − 2 v vᵀ/vᵀv for the first column v.
fn reflection(a: &Array<f64>) -> Array<f64> {
    let v = a.column(0);
    let square: f64 = v.iter().map(|x| x * x).sum();
    Array::from_fn(a.rows, a.rows, |i, j| {
        (if i == j { 1.0 } else { 0.0 }) - 2.0 * v[i] * v[j] / square
    })
}
