//! Equations that are affine in their unknowns, and stationary points: what is affine in the gradient.
//!
//! * `affine` — an equation as L(X) + Q = 0 with a linear L that does not hold X.
//! * `invert` — X from L(X) + Q = 0: by a scalar, by inverses on the left and right, or by the Kronecker form of L.
//! * `cramer` — several scalars at once.
//! * `verify` — the solution put back into the equations, in numbers.
//!
//! Several unknowns are eliminated one after another: an equation is solved for one of them, and what that comes to is put into the others.

mod affine;
mod cramer;
mod invert;
mod verify;

pub use invert::Form;
pub use verify::{Residual, residual};

use crate::differentiate::{self, DifferentiateError};
use crate::expression::{Id, Node, Property, Store};
use crate::simplify::simplify;
use affine::Affine;

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
    /// Its value; of [`Form::Vectorized`] that of vec X. It may hold unknowns that were found without this one.
    pub value: Id,
    /// How it was found.
    pub form: Form,
    /// The matrices (or scalars) that must be invertible, and whether they are known to be.
    pub inverted: Vec<(Id, bool)>,
}

/// A solution and how it was reached.
#[derive(Clone, Debug)]
pub struct Solution {
    /// What is zero: the equations, or the gradients by each unknown.
    pub equations: Vec<Id>,
    /// Each equation in terms of its own unknown as left side and right side: XᵀX w = Xᵀy.
    pub normal: Vec<(Id, Id)>,
    /// The unknowns' values, in their order.
    pub roots: Vec<Root>,
    /// Of a stationary point, what the second derivatives say.
    pub kind: Option<Kind>,
    /// The Hessian by a lone unknown, of vec X for a matrix.
    pub hessian: Option<Id>,
}

/// What a stationary point is, as far as structure shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The Hessian is positive definite: the only minimum.
    StrictMinimum,
    /// The Hessian is positive semidefinite: a minimum.
    Minimum,
    /// The Hessian is negative definite: the only maximum.
    StrictMaximum,
    /// The Hessian is negative semidefinite: a maximum.
    Maximum,
    /// Structure does not show it.
    Unknown,
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
    /// The equation is not affine in the unknown.
    #[error("the equation is not linear in the unknown")]
    NotLinear {
        /// Which unknown, from 0.
        unknown: usize,
        /// The equation that was reached: this is to be zero.
        equation: Id,
    },
    /// There are fewer equations than entries of the unknown, or more.
    #[error("the equation does not determine the unknown: it has another number of entries")]
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
    let zero = zeros(store, equations, unknowns)?;
    if zero.len() != unknowns.len() {
        return Err(SolveError::Count { equations: zero.len(), unknowns: unknowns.len() });
    }
    for (at, unknown) in unknowns.iter().enumerate() {
        let reachable = store.reachable(&zero);
        if reachable.binary_search(unknown).is_err() {
            return Err(SolveError::DoesNotOccur { unknown: at });
        }
    }
    if let Some(found) = cramer::solve(store, &zero, unknowns)? {
        return Ok(found);
    }
    let mut elimination =
        Elimination { store, unknowns, normal: vec![None; unknowns.len()], open: zero.clone() };
    let mut roots = elimination.run()?;
    let normal = elimination.normal.into_iter().flatten().collect();
    for root in &mut roots {
        root.value = simplify(store, &[root.value])[0];
    }
    let hessian = match (stationary, unknowns) {
        (true, [unknown]) => constant_hessian(store, zero[0], *unknown),
        _ => None,
    };
    let kind = stationary.then(|| hessian.map_or(Kind::Unknown, |hessian| kind(store, hessian)));
    Ok(Solution { equations: zero, normal, roots, kind, hessian })
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

/// Gaussian elimination with expressions: one unknown after another, each from an equation that is affine in it.
struct Elimination<'a> {
    store: &'a mut Store,
    unknowns: &'a [Id],
    /// For each unknown, the equation that it was found from.
    normal: Vec<Option<(Id, Id)>>,
    /// Equations that have not been used.
    open: Vec<Id>,
}

impl Elimination<'_> {
    fn run(&mut self) -> Result<Vec<Root>, SolveError> {
        let mut found: Vec<Option<Root>> = vec![None; self.unknowns.len()];
        // Scalars first: they need no matrix to be invertible.
        let mut waiting: Vec<usize> = (0..self.unknowns.len()).collect();
        waiting.sort_by_key(|at| usize::from(!self.store.shape(self.unknowns[*at]).is_scalar()));
        while !waiting.is_empty() {
            let (place, root) = self.next(&waiting)?;
            let at = waiting.remove(place);
            for equation in &mut self.open {
                *equation = self.store.substitute(*equation, &[(self.unknowns[at], root.value)]);
            }
            self.open = simplify(self.store, &self.open);
            found[at] = Some(root);
        }
        // What was found first holds the unknowns that were found later, as it is written on paper: b = (1ᵀy − 1ᵀXw)/N.
        Ok(found.into_iter().flatten().collect())
    }

    /// The first unknown that an open equation can be solved for; its place among the waiting ones.
    fn next(&mut self, waiting: &[usize]) -> Result<(usize, Root), SolveError> {
        let mut refusal = None;
        for (place, at) in waiting.iter().enumerate() {
            let unknown = self.unknowns[*at];
            for equation in 0..self.open.len() {
                let value = self.open[equation];
                if self.store.reachable(&[value]).binary_search(&unknown).is_err() {
                    continue;
                }
                let Some(affine) = affine::of(self.store, value, unknown)? else {
                    refusal.get_or_insert(SolveError::NotLinear { unknown: *at, equation: value });
                    continue;
                };
                let alone = waiting.len() == 1;
                match self.root(&affine, unknown, alone) {
                    Some((root, normal)) => {
                        self.normal[*at] = Some(normal);
                        self.open.remove(equation);
                        return Ok((place, root));
                    }
                    None => {
                        refusal
                            .get_or_insert(SolveError::NotSquare { unknown: *at, equation: value });
                    }
                }
            }
        }
        let unknown = waiting.first().copied().unwrap_or(0);
        Err(refusal.unwrap_or(SolveError::DoesNotOccur { unknown }))
    }

    fn root(&mut self, affine: &Affine, unknown: Id, alone: bool) -> Option<(Root, (Id, Id))> {
        let (root, normal) = invert::root(self.store, affine, unknown)?;
        // vec X cannot be put into the other equations.
        (alone || root.form != Form::Vectorized).then_some((root, normal))
    }
}

/// The Hessian, where it does not depend on the unknown.
fn constant_hessian(store: &mut Store, gradient: Id, unknown: Id) -> Option<Id> {
    let direction = differentiate::direction(store, unknown);
    let map = differentiate::differential(store, gradient, &[(unknown, direction)]).ok()?;
    let matrix = differentiate::matrix_of_map(store, map, direction).ok()?;
    let matrix = simplify(store, &[matrix])[0];
    let constant = store.reachable(&[matrix]).binary_search(&unknown).is_err();
    constant.then_some(matrix)
}

fn kind(store: &mut Store, hessian: Id) -> Kind {
    use Property::{Nonnegative, Positive, PositiveDefinite, PositiveSemidefinite};
    let negative = store.negate(hessian);
    let has = |store: &Store, id: Id, fact: Property, sign: Property| {
        let (coefficient, core) = split(store, id);
        if store.shape(id).is_scalar() {
            return store.properties(id).has(sign);
        }
        num_traits::Signed::is_positive(&coefficient) && store.properties(core).has(fact)
            || store.properties(id).has(fact)
    };
    if has(store, hessian, PositiveDefinite, Positive) {
        Kind::StrictMinimum
    } else if has(store, hessian, PositiveSemidefinite, Nonnegative) {
        Kind::Minimum
    } else if has(store, negative, PositiveDefinite, Positive) {
        Kind::StrictMaximum
    } else if has(store, negative, PositiveSemidefinite, Nonnegative) {
        Kind::Maximum
    } else {
        Kind::Unknown
    }
}

/// c and A of c·A.
fn split(store: &Store, id: Id) -> (crate::number::Rational, Id) {
    match store.node(id) {
        Node::Sum(terms) if terms.len() == 1 => (terms[0].coefficient.clone(), terms[0].id),
        _ => (crate::number::one(), id),
    }
}
