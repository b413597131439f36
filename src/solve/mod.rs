//! Equations that are affine in their unknowns, and stationary points: what is affine in the gradient.
//!
//! * `inline` — the formulas of families put in for their elements, so that the unknowns in them are seen.
//! * `affine` — an equation as L(X) + Q = 0 with a linear L that does not hold X, if need be in X⁻¹.
//! * `invert` — X from L(X) + Q = 0: by a scalar, entrywise, by inverses on the left and right, or by the Kronecker form of L.
//! * `condition` — when that is the only solution.
//! * `system` — several scalars at once.
//! * `eliminate` — several unknowns, one after another.
//! * `stationary` — whether a stationary point is a minimum.
//! * `verify` — the solution put back into the equations, in numbers.

mod affine;
mod condition;
mod eliminate;
mod inline;
mod invert;
mod stationary;
mod system;
mod verify;

pub use condition::Condition;
use condition::Conditions;
pub use invert::Form;
pub use stationary::Kind;
pub use verify::{Residual, residual};

use crate::differentiate::{self, DifferentiateError};
use crate::expression::{Id, Store};
use crate::simplify::simplify;

/// An equation to be solved.
#[derive(Clone, Copy, Debug)]
pub struct Equation {
    /// What is to be zero; with `is_stationary`, the scalar whose gradient is.
    pub value: Id,
    /// Whether the gradient by the unknowns is to be zero.
    pub is_stationary: bool,
}

/// The value of one unknown.
#[derive(Clone, Debug)]
pub struct Root {
    /// The unknown.
    pub unknown: Id,
    /// Its value; of [`Form::Vectorized`] that of vec X. It may hold unknowns that were found without this one, and free ones.
    pub value: Id,
    /// How it was found.
    pub form: Form,
}

/// A solution and how it was reached.
#[derive(Clone, Debug)]
pub struct Solution {
    /// What is zero: the equations, or the gradients by each unknown.
    pub equations: Vec<Id>,
    /// Each equation in terms of its own unknown as left side and right side: XᵀX w = Xᵀy.
    pub normal: Vec<(Id, Id)>,
    /// The unknowns' values, in their order; free unknowns have none.
    pub roots: Vec<Root>,
    /// Unknowns that may have any value.
    pub free: Vec<Id>,
    /// When this is the only solution, beyond what is declared.
    pub conditions: Vec<Condition>,
    /// Matrices that are inverted in it and known to be invertible.
    pub known: Vec<Id>,
    /// Of a stationary point, what the second derivatives say.
    pub kind: Option<Kind>,
    /// The Hessian by a lone unknown, of vec X for a matrix.
    pub hessian: Option<Id>,
}

/// Why there is no solution in closed form.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SolveError {
    /// A gradient was asked for of something that is not scalar.
    #[error("this is no equation and no scalar: its gradient cannot be set to zero")]
    NotScalar {
        /// Which equation, from 0.
        equation: usize,
    },
    /// As many equations as unknowns are needed.
    #[error("{equations} equations for {unknowns} unknowns")]
    Count {
        /// The number of equations.
        equations: usize,
        /// The number of unknowns.
        unknowns: usize,
    },
    /// The unknown does not occur.
    #[error("the unknown does not occur in the equation")]
    DoesNotOccur {
        /// Which unknown, from 0.
        unknown: usize,
    },
    /// The unknown stands in the formulas of a recurrence.
    #[error("the unknown stands in a recurrence, which is not solved in closed form")]
    Recurrence {
        /// Which unknown, from 0.
        unknown: usize,
    },
    /// The equations contradict each other.
    #[error("the equations contradict each other")]
    Contradiction {
        /// A number that would have to be zero.
        equation: Id,
    },
    /// The equations determine the unknowns more than once, and the rest not at all.
    #[error(
        "the equations depend on each other: there is no solution unless what they come to holds"
    )]
    Dependent {
        /// What would have to be zero.
        equation: Id,
    },
    /// The solution is too long to be read.
    #[error(
        "{unknowns} unknowns depend on each other: written out, their solution is too long to be read"
    )]
    TooLong {
        /// The number of unknowns.
        unknowns: usize,
    },
    /// The equation is not affine in the unknown.
    #[error("the equation is not linear in the unknown")]
    NotLinear {
        /// Which unknown, from 0.
        unknown: usize,
        /// The equation that was reached: this is to be zero.
        equation: Id,
    },
    /// There are fewer equations than entries of the unknown, or more.
    #[error(
        "the equation does not determine the unknown: it has another number of entries; a square matrix is declared, `A: n×n`"
    )]
    NotSquare {
        /// Which unknown, from 0.
        unknown: usize,
        /// The equation that was reached.
        equation: Id,
    },
    /// The derivative is missing.
    #[error(transparent)]
    Differentiate(#[from] DifferentiateError),
}

/// Solves the equations for the unknowns.
pub fn solve(
    store: &mut Store,
    equations: &[Equation],
    unknowns: &[Id],
) -> Result<Solution, SolveError> {
    let stationary = matches!(equations, [Equation { is_stationary: true, .. }]);
    let mut asked = Vec::with_capacity(equations.len());
    for equation in equations {
        let value = inline::inlined(store, equation.value, unknowns);
        asked.push(Equation { value, ..*equation });
    }
    require_occurrence(store, &asked, unknowns)?;
    let zero = zeros(store, &asked, unknowns)?;
    if zero.len() != unknowns.len() {
        return Err(SolveError::Count { equations: zero.len(), unknowns: unknowns.len() });
    }
    let mut solution = match system::solve(store, &zero, unknowns)? {
        Some(found) => Solution {
            normal: found.normal,
            roots: found.roots,
            free: found.free,
            conditions: found.conditions.open,
            known: found.conditions.known,
            ..Solution::of(zero)
        },
        None => {
            let found = eliminate::solve(store, &zero, unknowns)?;
            Solution {
                normal: found.normal,
                roots: found.roots,
                free: found.free,
                conditions: found.conditions.open,
                known: found.conditions.known,
                ..Solution::of(zero)
            }
        }
    };
    for root in &mut solution.roots {
        root.value = simplify(store, &[root.value])[0];
    }
    if stationary {
        let (hessian, kind) = stationary::classify(store, &solution.equations, unknowns);
        solution.hessian = hessian;
        solution.kind = Some(kind);
    }
    let mut conditions =
        Conditions { open: solution.conditions.clone(), known: solution.known.clone() };
    for condition in verify::undeclared(store, &solution) {
        conditions.require(store, condition);
    }
    solution.conditions = conditions.open;
    Ok(solution)
}

impl SolveError {
    /// Of what would have to be zero and is not, whatever the unknowns are.
    fn left_over(store: &Store, equation: Id) -> Self {
        match store.as_number(equation) {
            Some(_) => Self::Contradiction { equation },
            None => Self::Dependent { equation },
        }
    }
}

impl Solution {
    /// Of these equations, nothing found yet.
    fn of(equations: Vec<Id>) -> Self {
        Self {
            equations,
            normal: Vec::new(),
            roots: Vec::new(),
            free: Vec::new(),
            conditions: Vec::new(),
            known: Vec::new(),
            kind: None,
            hessian: None,
        }
    }
}

/// Each unknown stands in an equation, and in no recurrence.
fn require_occurrence(
    store: &Store,
    equations: &[Equation],
    unknowns: &[Id],
) -> Result<(), SolveError> {
    let values: Vec<Id> = equations.iter().map(|equation| equation.value).collect();
    let (plain, all) = (store.reachable(&values), store.closure(&values));
    for (at, unknown) in unknowns.iter().enumerate() {
        if all.binary_search(unknown).is_err() {
            return Err(SolveError::DoesNotOccur { unknown: at });
        }
        let is_inside = |id: &Id| {
            let bodies = store.family(*id).map(crate::expression::Family::bodies);
            bodies.is_some_and(|bodies| store.reachable(&bodies).binary_search(unknown).is_ok())
        };
        if plain.binary_search(unknown).is_err() || all.iter().any(is_inside) {
            return Err(SolveError::Recurrence { unknown: at });
        }
    }
    Ok(())
}

/// What is to be zero, one expression for each unknown where a gradient is meant.
fn zeros(
    store: &mut Store,
    equations: &[Equation],
    unknowns: &[Id],
) -> Result<Vec<Id>, SolveError> {
    if let [Equation { value, is_stationary: true }] = equations {
        if !store.shape(*value).is_scalar() {
            return Err(SolveError::NotScalar { equation: 0 });
        }
        let swept = differentiate::gradients(store, *value, unknowns)?;
        let mut projected = Vec::with_capacity(swept.len());
        for (unknown, gradient) in unknowns.iter().zip(swept) {
            projected.push(differentiate::project(store, *unknown, gradient));
        }
        return Ok(simplify(store, &projected));
    }
    if let Some(equation) = equations.iter().position(|equation| equation.is_stationary) {
        return Err(SolveError::NotScalar { equation });
    }
    Ok(equations.iter().map(|equation| equation.value).collect())
}
