//! One question to the check: a value, its alleged derivatives, and points at which both sides are compared.
//!
//! A point at which something is not finite, or where rounding errors decide, is left out and another one taken; only when no
//! point is left is the question.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Check, CheckError, Effort};
use super::context::Sizes;
use super::direction::{direction, nudged};
use super::random::Random;
use super::sample::{Variables, find, is_finite, tries, variables};
use super::sizes::dimensions;
use super::small::Small;
use super::walk::evaluate_roughly;
use super::{EvaluateError, LARGEST, Number, Point, evaluate, extents};
use crate::expression::{Id, Store};
use crate::kernel::{Array, Dual};
use crate::shape::{Name, Shape};

/// When so few variables move, each is also moved alone.
const FEW: usize = 8;
/// So many times a disagreement is looked at with other roundings.
const ROUNDINGS: u64 = 3;
/// So many choices of sizes are tried for each one that is asked for (`log(det(XᵀX))` needs more rows than columns).
const SPARE: u64 = 4;

/// A sum, and the sum of its terms' magnitudes: what a rounding error is relative to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Contribution {
    sum: f64,
    magnitude: f64,
}

impl Contribution {
    pub(super) fn of(term: f64) -> Self {
        Self { sum: term, magnitude: term.abs() }
    }

    pub(super) fn add(&mut self, term: f64) {
        self.sum += term;
        self.magnitude += term.abs();
    }

    /// Adds Σ gᵢⱼ dᵢⱼ, over the lower triangle only if asked for.
    pub(super) fn add_inner_product(&mut self, g: &[f64], d: &Array<f64>, triangle: bool) {
        for j in 0..d.columns {
            for i in if triangle { j } else { 0 }..d.rows {
                let place = i + j * d.rows;
                self.add(g[place] * d.data[place]);
            }
        }
    }
}

/// Along what a moving variable moves.
pub(super) struct Direction {
    /// Which variable.
    pub(super) at: usize,
    /// Its values at the point, and the direction of each: one for each element of a family.
    pub(super) parts: Vec<(Name, Array<f64>)>,
}

/// From the derivatives' values and the variables' directions: the directional derivative of each entry of the value.
pub(super) type Predict<'a> = &'a dyn Fn(&[Array<f64>], &[Direction]) -> Vec<Contribution>;

/// A value, its alleged derivatives by the moving variables, and how these predict directional derivatives.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) store: &'a Store,
    pub(super) value: Id,
    pub(super) derivatives: &'a [Id],
    pub(super) moving: &'a [Name],
    /// The variables that are the directions, one for each moving variable; random directions where there are none.
    pub(super) along: &'a [Name],
    pub(super) predict: Predict<'a>,
}

/// Where two sides were compared and how far apart they were.
struct Difference {
    predicted: f64,
    found: f64,
    relative_error: f64,
}

impl Question<'_> {
    pub(super) fn check(&self, effort: &Effort) -> Result<Check, CheckError> {
        self.store.fault().map_err(EvaluateError::from)?;
        let roots = self.roots();
        let Some(small) = Small::of(self.store, &roots) else {
            return self.check_with(effort, &|_| None);
        };
        let symbolic = small.symbolic();
        let literal = Question { store: &symbolic, ..*self };
        let found = match literal.check_with(effort, &|_| None) {
            // A factor may be a size.
            Err(CheckError::Mismatch { .. }) => {
                literal.check_with(effort, &|sizes| Some(small.at(sizes)))
            }
            found => found,
        };
        match found {
            Err(
                CheckError::Mismatch { .. }
                | CheckError::Evaluate(EvaluateError::Inconsistent { .. }),
            ) => Err(CheckError::SmallSizes),
            found => found,
        }
    }

    fn roots(&self) -> Vec<Id> {
        std::iter::once(self.value).chain(self.derivatives.iter().copied()).collect()
    }

    /// The check, for each choice of sizes with the expression that `place` gives, if any.
    fn check_with(
        &self,
        effort: &Effort,
        place: &dyn Fn(&BTreeMap<Name, i64>) -> Option<Store>,
    ) -> Result<Check, CheckError> {
        let roots = self.roots();
        let variables = variables(self.store, &roots);
        let dimensions = dimensions(self.store, &roots);
        let mut check = Check { points: 0, max_relative_error: 0.0 };
        let mut used = 0;
        let mut unfit: BTreeSet<BTreeMap<Name, i64>> = BTreeSet::new();
        for assignment in 0..effort.assignments * SPARE {
            let sizes = dimensions.choose(assignment);
            // Numbers that hold too much are not drawn again; where all sizes are literals, every choice is the same.
            if unfit.contains(&sizes) || self.too_large(&roots, &variables, &sizes).is_some() {
                continue;
            }
            let store = place(&sizes);
            let here = Question { store: store.as_ref().unwrap_or(self.store), ..*self };
            let before = check.points;
            for seed in assignment * effort.seeds..(assignment + 1) * effort.seeds {
                let attempt = |point| here.attempt(point, &variables, seed, effort, &mut check);
                match tries(&variables, &sizes, seed, attempt) {
                    Ok(_) => {}
                    Err(Some(error)) => return Err(error),
                    // Nothing is to be seen with these sizes.
                    Err(None) => {
                        unfit.insert(sizes);
                        break;
                    }
                }
            }
            used += u64::from(check.points > before);
            if used >= effort.assignments {
                break;
            }
        }
        if check.points == 0 {
            return Err(self.no_point(&variables, &roots));
        }
        for sizes in dimensions.choose_short() {
            let store = place(&sizes);
            let here = Question { store: store.as_ref().unwrap_or(self.store), ..*self };
            let attempt = |point| here.attempt(point, &variables, 0, effort, &mut check);
            if let Err(Some(error)) = tries(&variables, &sizes, 0, attempt) {
                return Err(error);
            }
        }
        Ok(check)
    }

    /// The first value that is more than may be held with the variables and the derivatives before it.
    fn too_large(
        &self,
        roots: &[Id],
        variables: &Variables,
        sizes: &BTreeMap<Name, i64>,
    ) -> Option<Shape> {
        let sizes = Sizes { given: sizes, bound: None };
        let mut held = 0_usize;
        let values = variables.values().map(|variable| &variable.shape);
        let roots: BTreeSet<&Id> = roots.iter().collect();
        let computed = roots.into_iter().filter(|root| !self.store.node(**root).is_leaf());
        let mut shapes = values.chain(computed.map(|root| self.store.shape(*root)));
        let found = shapes.find(|shape| {
            // The shape of an element has no number yet.
            if let Ok((rows, columns)) = extents(shape, sizes) {
                held = held.saturating_add(rows.saturating_mul(columns));
            }
            held > LARGEST
        });
        found.cloned()
    }

    /// Compares at a point, if it is fit for that: everything finite, and not decided by rounding errors. The error is none where
    /// no other point of the same sizes will do.
    fn attempt(
        &self,
        point: Point<f64>,
        variables: &Variables,
        seed: u64,
        effort: &Effort,
        check: &mut Check,
    ) -> Result<Option<()>, Option<CheckError>> {
        let point = &self.along_tangents(point, variables, seed);
        let values = match evaluate(self.store, &self.roots(), point) {
            Ok(values) => values,
            // The formula has a value here, and a derivative leaves something out.
            Err(error)
                if error.is_fault() && evaluate(self.store, &[self.value], point).is_ok() =>
            {
                return Err(Some(error.into()));
            }
            Err(_) => return Err(None),
        };
        if !is_finite(&values) {
            return Ok(None);
        }
        self.check_point(point, &values, variables, seed, effort, check).map_err(Some)
    }

    /// The point with directions in which the variables may move: VᵀdV is skew for an orthogonal V.
    fn along_tangents(
        &self,
        mut point: Point<f64>,
        variables: &Variables,
        seed: u64,
    ) -> Point<f64> {
        let mut random = Random::new(!seed);
        for (moving, along) in self.moving.iter().zip(self.along) {
            let (Some(variable), Some(other)) = (variables.get(moving), variables.get(along))
            else {
                continue;
            };
            let names = variable.names(moving, &point.sizes).unwrap_or_default();
            let others = other.names(along, &point.sizes).unwrap_or_default();
            for ((name, _), (along, _)) in names.iter().zip(others) {
                if let Some(value) = point.values.get(name) {
                    let d = direction(variable.facts, value, &mut random);
                    point.values.insert(along, d);
                }
            }
        }
        point
    }

    /// Why no point could be used.
    fn no_point(&self, variables: &Variables, roots: &[Id]) -> CheckError {
        let sizes = dimensions(self.store, roots).choose(0);
        if let Some(shape) = self.too_large(roots, variables, &sizes) {
            return CheckError::TooLarge(shape);
        }
        let point = find(variables, &sizes, 0, |_| Ok(Vec::new())).map(|(point, _)| point);
        match point.map(|point| evaluate(self.store, roots, &point)) {
            Some(Err(EvaluateError::TooLarge(shape))) => return CheckError::TooLarge(shape),
            Some(Err(error)) => return error.into(),
            Some(Ok(_)) | None => {}
        }
        let alone = |point: &Point<f64>| evaluate(self.store, &[self.value], point);
        let defined = find(variables, &sizes, 0, alone).is_some();
        if defined { CheckError::NotFinite } else { CheckError::NoPoint }
    }

    /// Compares at one point, along a direction that moves everything and along directions that move one variable.
    fn check_point(
        &self,
        point: &Point<f64>,
        values: &[Array<f64>],
        variables: &Variables,
        seed: u64,
        effort: &Effort,
        check: &mut Check,
    ) -> Result<Option<()>, CheckError> {
        let mut random = Random::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let mut groups: Vec<Vec<usize>> = vec![(0..self.moving.len()).collect()];
        if self.along.is_empty() && (2..=FEW).contains(&self.moving.len()) {
            groups.extend((0..self.moving.len()).map(|at| vec![at]));
        }
        let mut worst = 0.0_f64;
        for group in groups {
            let directions = self.directions(&group, point, variables, &mut random);
            let difference = self.compare(point, values, &directions)?;
            if difference.relative_error > effort.tolerance {
                let near = nudged(point, variables, &mut random);
                if !self.is_stable(point, &near, values, &directions, effort.tolerance)? {
                    return Ok(None);
                }
                let names: Vec<&str> = group.iter().map(|at| &*self.moving[*at]).collect();
                return Err(CheckError::Mismatch {
                    variables: names.join(", "),
                    predicted: difference.predicted,
                    found: difference.found,
                    relative_error: difference.relative_error,
                    sizes: point.sizes.clone(),
                    seed,
                });
            }
            worst = worst.max(difference.relative_error);
        }
        check.points += 1;
        check.max_relative_error = check.max_relative_error.max(worst);
        Ok(Some(()))
    }

    fn directions(
        &self,
        group: &[usize],
        point: &Point<f64>,
        variables: &Variables,
        random: &mut Random,
    ) -> Vec<Direction> {
        let direction = |at: &usize| {
            // A variable that nothing depends on has no value, and its gradient is zero.
            let name = &self.moving[*at];
            let variable = variables.get(name)?;
            let along = self.along.get(*at).and_then(|along| {
                let names = variables.get(along)?.names(along, &point.sizes)?;
                names.iter().map(|(name, _)| point.values.get(name).cloned()).collect()
            });
            let along: Option<Vec<Array<f64>>> = along;
            let mut parts = Vec::new();
            for (place, (name, _)) in variable.names(name, &point.sizes)?.into_iter().enumerate() {
                let value = point.values.get(&name)?;
                let given = along.as_ref().and_then(|along| along.get(place).cloned());
                let d = given.unwrap_or_else(|| direction(variable.facts, value, random));
                parts.push((name, d));
            }
            Some(Direction { at: *at, parts })
        };
        group.iter().filter_map(direction).collect()
    }

    /// The worst entry of the value's directional derivative.
    fn compare(
        &self,
        point: &Point<f64>,
        values: &[Array<f64>],
        directions: &[Direction],
    ) -> Result<Difference, CheckError> {
        let dual = Self::moved(point, directions);
        let found = evaluate(self.store, &[self.value], &dual)?;
        let predicted = (self.predict)(&values[1..], directions);
        let mut worst = Difference { predicted: 0.0, found: 0.0, relative_error: 0.0 };
        for (predicted, found) in predicted.iter().zip(found.iter().flat_map(|value| &value.data)) {
            let floor = 1e-6 * (1.0 + found.value.abs());
            let scale = predicted.magnitude + found.tangent.abs() + floor;
            let error = (predicted.sum - found.tangent).abs() / scale;
            // A tangent that is not a number is no agreement.
            let relative_error = if error.is_nan() { f64::INFINITY } else { error };
            if relative_error >= worst.relative_error {
                worst =
                    Difference { predicted: predicted.sum, found: found.tangent, relative_error };
            }
        }
        Ok(worst)
    }

    /// The point with the directions as tangents.
    fn moved(point: &Point<f64>, directions: &[Direction]) -> Point<Dual<f64>> {
        let mut dual = point.map(|x| Dual::new(x, 0.0));
        for (name, d) in directions.iter().flat_map(|direction| &direction.parts) {
            if let Some(value) = dual.values.get_mut(name) {
                value.data.iter_mut().zip(&d.data).for_each(|(x, tangent)| x.tangent = *tangent);
            }
        }
        dual
    }

    /// Whether a step as small as a rounding error leaves both sides where they are, and rounding otherwise does, too. Where they
    /// move, as in the inverse of an almost singular matrix or in 1 − tanh² where tanh is almost 1, a disagreement proves nothing.
    fn is_stable(
        &self,
        point: &Point<f64>,
        near: &Point<f64>,
        values: &[Array<f64>],
        directions: &[Direction],
        tolerance: f64,
    ) -> Result<bool, CheckError> {
        let roots = self.roots();
        let here = (self.predict)(&values[1..], directions);
        let predicts = |values: &[Array<f64>]| {
            let there = (self.predict)(&values[1..], directions);
            here.iter().zip(&there).all(|(x, y)| {
                (x.sum - y.sum).abs() <= tolerance * (x.magnitude + y.magnitude) + f64::MIN_POSITIVE
            })
        };
        let tangents = |values: Vec<Array<Dual<f64>>>| -> Vec<f64> {
            values.iter().flat_map(|value| &value.data).map(|x| x.tangent).collect()
        };
        let moved = Self::moved(point, directions);
        let truth = tangents(evaluate(self.store, &[self.value], &moved)?);
        let finds = |values: Vec<Array<Dual<f64>>>| {
            truth.iter().zip(&tangents(values)).all(|(x, y)| {
                Number::is_finite(*x)
                    && (x - y).abs() <= tolerance * (x.abs() + y.abs()) + f64::MIN_POSITIVE
            })
        };
        let next = Self::moved(near, directions);
        if !predicts(&evaluate(self.store, &roots, near)?)
            || !finds(evaluate(self.store, &[self.value], &next)?)
        {
            return Ok(false);
        }
        for seed in 0..ROUNDINGS {
            let random = Random::new(seed);
            if !predicts(&evaluate_roughly(self.store, &roots, point, &random)?)
                || !finds(evaluate_roughly(self.store, &[self.value], &moved, &random)?)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
