//! The check of derivatives against dual numbers.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::direction::{direction, nudged};
use super::random::Random;
use super::sample::{Variables, find, variables};
use super::sizes::dimensions;
use super::{EvaluateError, Number, Point, evaluate};
use crate::expression::{Id, Node, Property, Store};
use crate::kernel::{Array, Dual};
use crate::shape::{Dimension, Name, Shape};

/// How thorough a check is.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Choices of sizes, all unequal.
    pub assignments: u64,
    /// Points for each choice of sizes.
    pub seeds: u64,
    /// The largest relative error that passes.
    pub tolerance: f64,
    /// What the gradient by a symmetric variable means.
    pub symmetric: SymmetricConvention,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            assignments: 2,
            seeds: 2,
            tolerance: 1e-8,
            symmetric: SymmetricConvention::Projection,
        }
    }
}

/// What the gradient G by a symmetric variable means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymmetricConvention {
    /// df = Σᵢⱼ Gᵢⱼ dXᵢⱼ: the symmetric projection.
    Projection,
    /// df = Σ_{i≥j} Gᵢⱼ dXᵢⱼ: every entry of the lower triangle is a variable of its own, G + Gᵀ − diag(G).
    Cookbook,
}

/// A check that passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// Points at which both sides were compared.
    pub points: usize,
    /// The largest relative error.
    pub max_relative_error: f64,
}

/// A check that did not pass.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CheckError {
    /// The derivative is wrong: a fault of gradus.
    #[error(
        "the derivative by {variables} is wrong: it predicts {predicted:e} along a direction where dual numbers find \
         {found:e} (relative error {relative_error:.1e}, sizes {sizes:?}, seed {seed})"
    )]
    Mismatch {
        /// The variables that moved.
        variables: String,
        /// The directional derivative by the formula.
        predicted: f64,
        /// The directional derivative by dual numbers.
        found: f64,
        /// Their distance, relative to the size of the contributions.
        relative_error: f64,
        /// The sizes.
        sizes: BTreeMap<Name, i64>,
        /// The seed of the point.
        seed: u64,
    },
    /// The derivative does not have the shape it must have.
    #[error("the derivative by {variable} has shape {found} instead of {expected}")]
    Shape {
        /// The variable.
        variable: String,
        /// The shape that the convention asks for.
        expected: Shape,
        /// The shape that it has.
        found: Shape,
    },
    /// No point was found at which the expression and its derivatives are finite and rounding errors do not decide.
    #[error("no point was found at which the expression and its derivatives are finite")]
    NoPoint,
    /// The expression is finite at points where its derivative is not.
    #[error("the expression has values at points where its derivative is not finite")]
    NotFinite,
    /// What was given as a variable is none.
    #[error("node {0} is no variable")]
    NoVariable(usize),
    /// The expression or its derivative could not be evaluated.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
}

impl CheckError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Mismatch { .. } => "E0811",
            Self::Shape { .. } => "E0812",
            Self::NoPoint => "E0813",
            Self::NotFinite => "E0814",
            Self::NoVariable(_) => "E0815",
            Self::Evaluate(error) => error.code(),
        }
    }
}

/// When so few variables move, each is also moved alone.
const FEW: usize = 8;
/// So many choices of sizes are tried for each one that is asked for (`log(det(XᵀX))` needs more rows than columns).
const SPARE: u64 = 4;

/// Compares the gradients of the scalar `f` with directional derivatives by dual numbers: ⟨G, D⟩ = f′(X; D).
///
/// `gradients` pairs variables with gradients, given families with families. All variables move at once along random directions, and each alone when they are
/// few.
pub fn check_gradients(
    store: &Store,
    f: Id,
    gradients: &[(Id, Id)],
    effort: &Effort,
) -> Result<Check, CheckError> {
    for (variable, gradient) in gradients {
        let found = shape_for(store, *variable, *gradient);
        require_shape(store, *variable, store.shape(*variable), &found)?;
    }
    let moving: Vec<Name> =
        gradients.iter().map(|(variable, _)| name(store, *variable)).collect::<Result<_, _>>()?;
    let derivatives: Vec<Id> = gradients.iter().map(|(_, gradient)| *gradient).collect();
    let facts = |at: usize| store.properties(gradients[at].0);
    let cookbook = effort.symmetric == SymmetricConvention::Cookbook;
    let predict = |values: &[Array<f64>], directions: &[Direction]| {
        let mut sum = Contribution::default();
        for direction in directions {
            let triangle = cookbook && facts(direction.at).has(Property::Symmetric);
            let mut rest = values[direction.at].data.as_slice();
            for (_, d) in &direction.parts {
                let Some((g, others)) = rest.split_at_checked(d.data.len()) else {
                    // An element without a gradient.
                    sum.add(f64::NAN);
                    break;
                };
                sum.add_inner_product(g, d, triangle);
                rest = others;
            }
        }
        vec![sum]
    };
    Question {
        store,
        value: f,
        derivatives: &derivatives,
        moving: &moving,
        along: &[],
        predict: &predict,
    }
    .check(effort)
}

/// Compares a Jacobian with directional derivatives by dual numbers: vec(dF) = J vec(D), and dF = J d for a scalar variable.
///
/// The Hessian of f is the Jacobian of its gradient.
pub fn check_jacobian(
    store: &Store,
    value: Id,
    variable: Id,
    jacobian: Id,
    effort: &Effort,
) -> Result<Check, CheckError> {
    let (of, by) = (store.shape(value), store.shape(variable));
    let expected = if by.is_scalar() {
        of.clone()
    } else {
        Shape::matrix(of.rows().times(&of.columns()), by.rows().times(&by.columns()))
    };
    require_shape(store, variable, &expected, store.shape(jacobian))?;
    let moving = [name(store, variable)?];
    let predict = |values: &[Array<f64>], directions: &[Direction]| {
        let j = &values[0];
        let part = directions.first().and_then(|direction| direction.parts.first());
        let Some((_, d)) = part else { return Vec::new() };
        if let [d] = d.data.as_slice() {
            return j.data.iter().map(|x| Contribution::of(x * d)).collect();
        }
        (0..j.rows)
            .map(|row| {
                let mut sum = Contribution::default();
                d.data.iter().enumerate().for_each(|(column, d)| sum.add(j.at(row, column) * d));
                sum
            })
            .collect()
    };
    Question {
        store,
        value,
        derivatives: &[jacobian],
        moving: &moving,
        along: &[],
        predict: &predict,
    }
    .check(effort)
}

/// Compares a differential with directional derivatives by dual numbers: `differential` is dF when each variable moves along its
/// direction, which is a variable too.
pub fn check_differential(
    store: &Store,
    value: Id,
    directions: &[(Id, Id)],
    differential: Id,
    effort: &Effort,
) -> Result<Check, CheckError> {
    let names = |at: fn(&(Id, Id)) -> Id| {
        directions.iter().map(|pair| name(store, at(pair))).collect::<Result<Vec<Name>, _>>()
    };
    let (moving, along) = (names(|pair| pair.0)?, names(|pair| pair.1)?);
    if let Some(first) = moving.first()
        && store.shape(value) != store.shape(differential)
    {
        return Err(CheckError::Shape {
            variable: first.to_string(),
            expected: store.shape(value).clone(),
            found: store.shape(differential).clone(),
        });
    }
    let predict = |values: &[Array<f64>], _: &[Direction]| {
        values[0].data.iter().map(|x| Contribution::of(*x)).collect()
    };
    Question {
        store,
        value,
        derivatives: &[differential],
        moving: &moving,
        along: &along,
        predict: &predict,
    }
    .check(effort)
}

fn name(store: &Store, id: Id) -> Result<Name, CheckError> {
    match store.node(id) {
        Node::Variable(name) | Node::Family(name) => Ok(name.clone()),
        _ => Err(CheckError::NoVariable(id.index())),
    }
}

/// The shape of a derivative, that of a family in the words of the variable's index.
fn shape_for(store: &Store, variable: Id, derivative: Id) -> Shape {
    let shape = store.shape(derivative);
    match (store.family(variable), store.family(derivative)) {
        (Some(of), Some(family)) => {
            let index = Dimension::symbol(of.index.clone());
            shape.map_sizes(&|size| size.replace(&family.index, &index))
        }
        (Some(_), None) | (None, Some(_) | None) => shape.clone(),
    }
}

fn require_shape(
    store: &Store,
    variable: Id,
    expected: &Shape,
    found: &Shape,
) -> Result<(), CheckError> {
    if expected == found {
        return Ok(());
    }
    let variable = name(store, variable)?.to_string();
    Err(CheckError::Shape { variable, expected: expected.clone(), found: found.clone() })
}

/// A sum, and the sum of its terms' magnitudes: what a rounding error is relative to.
#[derive(Clone, Copy, Debug, Default)]
struct Contribution {
    sum: f64,
    magnitude: f64,
}

impl Contribution {
    fn of(term: f64) -> Self {
        Self { sum: term, magnitude: term.abs() }
    }

    fn add(&mut self, term: f64) {
        self.sum += term;
        self.magnitude += term.abs();
    }

    /// Adds Σ gᵢⱼ dᵢⱼ, over the lower triangle only if asked for.
    fn add_inner_product(&mut self, g: &[f64], d: &Array<f64>, triangle: bool) {
        for j in 0..d.columns {
            for i in if triangle { j } else { 0 }..d.rows {
                let place = i + j * d.rows;
                self.add(g[place] * d.data[place]);
            }
        }
    }
}

/// Along what a moving variable moves.
struct Direction {
    /// Which variable.
    at: usize,
    /// Its values at the point, and the direction of each: one for each element of a family.
    parts: Vec<(Name, Array<f64>)>,
}

/// From the derivatives' values and the variables' directions: the directional derivative of each entry of the value.
type Predict<'a> = &'a dyn Fn(&[Array<f64>], &[Direction]) -> Vec<Contribution>;

/// A value, its alleged derivatives by the moving variables, and how these predict directional derivatives.
struct Question<'a> {
    store: &'a Store,
    value: Id,
    derivatives: &'a [Id],
    moving: &'a [Name],
    /// The variables that are the directions, one for each moving variable; random directions where there are none.
    along: &'a [Name],
    predict: Predict<'a>,
}

/// Where two sides were compared and how far apart they were.
struct Difference {
    predicted: f64,
    found: f64,
    relative_error: f64,
}

impl Question<'_> {
    fn check(&self, effort: &Effort) -> Result<Check, CheckError> {
        self.store.fault().map_err(EvaluateError::from)?;
        let mut roots = vec![self.value];
        roots.extend(self.derivatives);
        let variables = variables(self.store, &roots);
        let dimensions = dimensions(self.store, &roots);
        let mut check = Check { points: 0, max_relative_error: 0.0 };
        let mut used = 0;
        for assignment in 0..effort.assignments * SPARE {
            let sizes = dimensions.choose(assignment);
            let before = check.points;
            for seed in assignment * effort.seeds..(assignment + 1) * effort.seeds {
                let fault = Cell::new(None);
                let values = |point: &Point<f64>| {
                    let found = evaluate(self.store, &roots, point);
                    if let Err(error) = &found
                        && error.is_fault()
                        && evaluate(self.store, &[self.value], point).is_ok()
                    {
                        fault.set(Some(error.clone()));
                    }
                    found
                };
                let found = find(&variables, &sizes, seed, values);
                // The formula has a value here, and a derivative leaves something out.
                if let Some(error) = fault.take() {
                    return Err(error.into());
                }
                if let Some((point, values)) = found {
                    self.check_point(&point, &values, &variables, seed, effort, &mut check)?;
                }
            }
            used += u64::from(check.points > before);
            if used >= effort.assignments {
                break;
            }
        }
        if check.points > 0 { Ok(check) } else { Err(self.no_point(&variables, &roots)) }
    }

    /// Why no point could be used.
    fn no_point(&self, variables: &Variables, roots: &[Id]) -> CheckError {
        let sizes = dimensions(self.store, roots).choose(0);
        let point = find(variables, &sizes, 0, |_| Ok(Vec::new())).map(|(point, _)| point);
        if let Some(Err(error)) = point.map(|point| evaluate(self.store, roots, &point)) {
            return error.into();
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
    ) -> Result<(), CheckError> {
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
                    return Ok(());
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
        Ok(())
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

    /// Whether a step as small as a rounding error leaves both sides where they are. Where it does not, as in the inverse of an
    /// almost singular matrix, a disagreement proves nothing.
    fn is_stable(
        &self,
        point: &Point<f64>,
        near: &Point<f64>,
        values: &[Array<f64>],
        directions: &[Direction],
        tolerance: f64,
    ) -> Result<bool, CheckError> {
        let mut roots = vec![self.value];
        roots.extend(self.derivatives);
        let near_values = evaluate(self.store, &roots, near)?;
        let (here, there) = (
            (self.predict)(&values[1..], directions),
            (self.predict)(&near_values[1..], directions),
        );
        let formula = here.iter().zip(&there).all(|(x, y)| {
            (x.sum - y.sum).abs() <= tolerance * (x.magnitude + y.magnitude) + f64::MIN_POSITIVE
        });
        let tangents = |point| -> Result<Vec<f64>, CheckError> {
            let values = evaluate(self.store, &[self.value], &Self::moved(point, directions))?;
            Ok(values.iter().flat_map(|value| &value.data).map(|x| x.tangent).collect())
        };
        let truth = tangents(point)?.iter().zip(&tangents(near)?).all(|(x, y)| {
            Number::is_finite(*x)
                && (x - y).abs() <= tolerance * (x.abs() + y.abs()) + f64::MIN_POSITIVE
        });
        Ok(formula && truth)
    }
}
