//! The check of derivatives against dual numbers.

use std::collections::BTreeMap;

use super::EvaluateError;
use super::question::{Contribution, Direction, Question};
use crate::expression::{Id, Node, Property, Store};
use crate::kernel::Array;
use crate::shape::{Name, Shape};

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
    /// The literal sizes are too large for anything to be evaluated, and cannot be replaced by small ones.
    #[error("a value of shape {0} is too large to be evaluated")]
    TooLarge(Shape),
    /// The literal sizes are too large to be evaluated, and with small ones in their place the derivative does not come out: it
    /// may hold for these sizes alone, or be wrong.
    #[error(
        "its sizes are too large to be evaluated, and it does not hold for small ones in their place"
    )]
    SmallSizes,
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
            Self::TooLarge(_) => "E0816",
            Self::SmallSizes => "E0817",
            Self::Evaluate(error) => error.code(),
        }
    }
}

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
            let place = of.place();
            shape.map_sizes(&|size| family.size_at(size, &place))
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
