//! A derivation, line by line: every line is a number once dX is one, and all of them must be the directional derivative that dual
//! numbers find.

use super::check::{Check, CheckError, Effort};
use super::direction::{self, nudged};
use super::random::Random;
use super::sample::variables;
use super::{EvaluateError, Point, evaluate, sample, sizes, small_sizes};
use crate::derivation::{Binding, Derivation, Goal, Layer, Stage, Term};
use crate::expression::{Id, Node, Store};
use crate::function::Form;
use crate::kernel::{self, Array, Dual};
use crate::number;
use crate::shape::Name;
use crate::source::Fault;

/// Checks that all lines of every stage have one value, ⟨δ, d subject⟩ by dual numbers, and that the answer predicts df.
pub fn check_derivation(
    store: &Store,
    derivation: &Derivation,
    effort: &Effort,
) -> Result<Check, CheckError> {
    store.fault().map_err(EvaluateError::from)?;
    let roots = [derivation.function, derivation.gradient, derivation.found, derivation.variable];
    let small = small_sizes(store, &roots);
    let store = small.as_ref().unwrap_or(store);
    let mut check = Check { points: 0, max_relative_error: 0.0 };
    for assignment in 0..effort.assignments {
        let sizes = sizes(store, &roots, assignment);
        for seed in 0..effort.seeds {
            let Some(point) = sample(store, &roots, &sizes, seed) else { continue };
            if !is_stable(store, &roots, &point, seed) {
                continue;
            }
            let values = Values::new(store, derivation, point, seed)?;
            let Some(error) = values.largest_error(seed, effort.tolerance)? else { continue };
            check.points += 1;
            check.max_relative_error = check.max_relative_error.max(error);
        }
    }
    if check.points == 0 { Err(CheckError::NoPoint) } else { Ok(check) }
}

/// Whether rounding errors of the inputs leave every value where it is, as they do not in the inverse of a singular matrix.
fn is_stable(store: &Store, roots: &[Id], point: &Point<f64>, seed: u64) -> bool {
    const LARGEST_CHANGE: f64 = 1e-8;
    let near = nudged(point, &variables(store, roots), &mut Random::new(seed));
    let (Ok(here), Ok(there)) = (evaluate(store, roots, point), evaluate(store, roots, &near))
    else {
        return false;
    };
    here.iter().zip(&there).all(|(here, there)| {
        let scale = here.data.iter().fold(1.0_f64, |most, x| most.max(x.abs()));
        here.data.iter().zip(&there.data).all(|(x, y)| (x - y).abs() <= LARGEST_CHANGE * scale)
    })
}

/// What the names stand for at one point, and how everything moves along one direction.
struct Values<'a> {
    store: &'a Store,
    derivation: &'a Derivation,
    point: Point<f64>,
    moving: Point<Dual<f64>>,
    direction: Array<f64>,
}

impl<'a> Values<'a> {
    fn new(
        store: &'a Store,
        derivation: &'a Derivation,
        mut point: Point<f64>,
        seed: u64,
    ) -> Result<Self, EvaluateError> {
        let still = |x: f64| Dual { value: x, tangent: 0.0 };
        // The variable is among the roots that were drawn.
        let found = direction::moving(store, derivation.variable, &point, seed ^ 0xd1);
        let (mut moving, along) = found.ok_or_else(|| {
            Fault::new("checking a derivation", "its variable has no value at the point")
        })?;
        for Binding { name, value } in &derivation.bindings {
            let Some(name) = name_of(store, *name) else { continue };
            let moved = one(evaluate(store, &[*value], &moving)?);
            point.values.insert(name.clone(), moved.map(|x| x.value));
            moving.values.insert(name.clone(), moved);
        }
        for Binding { name, value } in derivation.stages.iter().filter_map(|stage| stage.adjoint) {
            let Some(name) = name_of(store, name) else { continue };
            let found = one(evaluate(store, &[value], &point)?);
            moving.values.insert(name.clone(), found.map(still));
            point.values.insert(name.clone(), found);
        }
        Ok(Self { store, derivation, point, moving, direction: along })
    }

    /// The largest relative error of all lines; `None` where a value is not finite.
    fn largest_error(&self, seed: u64, tolerance: f64) -> Result<Option<f64>, CheckError> {
        let derivation = self.derivation;
        let pairs = match derivation.goal {
            Goal::Gradient => self.pairs_of_gradient()?,
            Goal::Matrix | Goal::Hessian | Goal::Differential => self.pairs_of_map()?,
        };
        self.largest_of(&pairs, seed, tolerance)
    }

    /// What each entry of each line is, what it must be, and how large its terms are.
    fn pairs_of_map(&self) -> Result<Vec<(f64, f64, f64)>, CheckError> {
        let derivation = self.derivation;
        let tangent = self.tangent(derivation.function)?;
        let mut pairs = Vec::new();
        for line in derivation.stages.iter().flat_map(|stage| &stage.lines) {
            let mut sum = tangent.map(|_| 0.0);
            let mut size = tangent.map(f64::abs);
            for term in &line.terms {
                let value = self.array(term)?;
                sum = sum.zip(&value, |x, y| x + y);
                size = size.zip(&value, |x, y| x + y.abs());
            }
            let entries = sum.data.iter().zip(&tangent.data).zip(&size.data);
            pairs.extend(entries.map(|((sum, found), size)| (*sum, *found, *size)));
        }
        if derivation.goal != Goal::Differential {
            for matrix in [derivation.found, derivation.gradient] {
                let matrix = self.value(matrix)?;
                // By a scalar the derivative has the shape of the value.
                let scalar = self.direction.data.len() == 1;
                for (i, found) in tangent.data.iter().enumerate() {
                    let entry = |j| if scalar { matrix.data[i] } else { matrix.at(i, j) };
                    let along = self.direction.data.iter().enumerate();
                    let predicted: f64 = along.map(|(j, d)| entry(j) * d).sum();
                    pairs.push((predicted, *found, found.abs()));
                }
            }
        }
        Ok(pairs)
    }

    fn pairs_of_gradient(&self) -> Result<Vec<(f64, f64, f64)>, CheckError> {
        let derivation = self.derivation;
        let slope = self.tangent(derivation.function)?;
        let mut pairs = Vec::new();
        for stage in &derivation.stages {
            let expected = self.expected(stage)?;
            for line in &stage.lines {
                let (mut sum, mut size) = (0.0, expected.abs());
                for term in &line.terms {
                    let value = self.term(term)?;
                    sum += value;
                    size += value.abs();
                }
                pairs.push((sum, expected, size));
            }
            let mut sum = 0.0;
            for share in &stage.shares {
                sum += inner(&self.value(share.adjoint)?, &self.tangent(share.of)?);
            }
            pairs.push((sum, expected, expected.abs()));
        }
        for gradient in [derivation.found, derivation.gradient] {
            let value = inner(&self.value(gradient)?, &self.direction);
            pairs.push((value, slope.data[0], slope.data[0].abs()));
        }
        Ok(pairs)
    }

    fn largest_of(
        &self,
        pairs: &[(f64, f64, f64)],
        seed: u64,
        tolerance: f64,
    ) -> Result<Option<f64>, CheckError> {
        let derivation = self.derivation;
        let mut largest = 0.0_f64;
        for (predicted, found, size) in pairs.iter().copied() {
            if !predicted.is_finite() || !found.is_finite() {
                return Ok(None);
            }
            let relative_error = (predicted - found).abs() / (size + 1.0);
            if relative_error > tolerance {
                return Err(CheckError::Mismatch {
                    variables: name_of(self.store, derivation.variable)
                        .map_or_else(String::new, ToString::to_string),
                    predicted,
                    found,
                    relative_error,
                    sizes: self.point.sizes.clone(),
                    seed,
                });
            }
            largest = largest.max(relative_error);
        }
        Ok(Some(largest))
    }

    fn expected(&self, stage: &Stage) -> Result<f64, EvaluateError> {
        match stage.adjoint {
            Some(delta) => Ok(inner(&self.value(delta.name)?, &self.tangent(stage.subject)?)),
            None => Ok(self.tangent(stage.subject)?.data[0]),
        }
    }

    fn value(&self, id: Id) -> Result<Array<f64>, EvaluateError> {
        Ok(one(evaluate(self.store, &[id], &self.point)?))
    }

    fn tangent(&self, id: Id) -> Result<Array<f64>, EvaluateError> {
        Ok(one(evaluate(self.store, &[id], &self.moving)?).map(|x| x.tangent))
    }

    /// The term's value by the plainest arithmetic there is: no constructor, no rule.
    fn term(&self, term: &Term) -> Result<f64, EvaluateError> {
        Ok(self.array(term)?.data.iter().sum())
    }

    fn array(&self, term: &Term) -> Result<Array<f64>, EvaluateError> {
        let mut m = self.tangent(term.of)?;
        for layer in term.layers.iter().rev() {
            m = self.layer(layer, m)?;
        }
        let coefficient = number::to_f64(&term.coefficient);
        Ok(m.map(|x| coefficient * x))
    }

    fn layer(&self, layer: &Layer, m: Array<f64>) -> Result<Array<f64>, EvaluateError> {
        Ok(match layer {
            Layer::Scale(s) => {
                let s = self.value(*s)?.data[0];
                m.map(|x| s * x)
            }
            Layer::Times(a) => self.value(*a)?.map(|x| x * m.data[0]),
            Layer::Product { left, right } => {
                let mut product = m;
                for factor in left.iter().rev() {
                    product = kernel::product(&self.value(*factor)?, &product);
                }
                for factor in right {
                    product = kernel::product(&product, &self.value(*factor)?);
                }
                product
            }
            Layer::Adjoint(g) => kernel::product(&kernel::transpose(&self.value(*g)?), &m),
            Layer::Hadamard(a) => self.value(*a)?.zip(&m, |x, y| x * y),
            Layer::Transpose => kernel::transpose(&m),
            Layer::Trace => Array::scalar(kernel::trace(&m)),
            Layer::Total => Array::scalar(kernel::total(&m)),
            Layer::Diagonal => kernel::diagonal(&m),
            Layer::DiagonalOf => kernel::diagonal_of(&m),
            Layer::Vectorize => Array { rows: m.data.len(), columns: 1, data: m.data },
            Layer::KroneckerLeft(a) => kernel::kronecker(&self.value(*a)?, &m),
            Layer::KroneckerRight(a) => kernel::kronecker(&m, &self.value(*a)?),
            Layer::Apply { function, arguments, at, .. } => {
                let mut values = Vec::with_capacity(arguments.len());
                for (place, argument) in arguments.iter().enumerate() {
                    values.push(if place == *at { m.clone() } else { self.value(*argument)? });
                }
                let values: Vec<&Array<f64>> = values.iter().collect();
                match &function.row().form {
                    Form::Entrywise { kernel, .. } => m.map(kernel.real),
                    Form::Array { kernel, .. } => (kernel.real)(&values),
                }
            }
        })
    }
}

fn name_of(store: &Store, id: Id) -> Option<&Name> {
    match store.node(id) {
        Node::Variable(name) => Some(name),
        _ => None,
    }
}

fn one<T: Copy>(mut values: Vec<Array<T>>) -> Array<T> {
    values.swap_remove(0)
}

/// ⟨A, B⟩ = tr(AᵀB)
fn inner(a: &Array<f64>, b: &Array<f64>) -> f64 {
    a.data.iter().zip(&b.data).map(|(x, y)| x * y).sum()
}
