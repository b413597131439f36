//! Derivatives inside formulas: `grad(f, x)'*v`, `jacobian(F, x)*v`, `d(d(f, x), x)`. Each is checked where it is made, so that what is
//! built on it stands on firm ground.

use crate::differentiate::{self, DifferentiateError};
use crate::elaborate::{Calculus, Refusal};
use crate::evaluate::{self, CheckError, Effort};
use crate::expression::{Id, Node, Store};
use crate::simplify::simplify;
use crate::source::Fault;
use crate::syntax::ast::RequestKind;

/// The sweeps, with their results in short form and checked against dual numbers.
pub(super) struct Checked;

impl Calculus for Checked {
    fn derivative(
        &self,
        store: &mut Store,
        kind: RequestKind,
        of: Id,
        wrt: &[Id],
    ) -> Result<Id, Refusal> {
        match (kind, wrt) {
            (RequestKind::Gradient, [x]) => gradient(store, of, *x),
            (RequestKind::Jacobian, [x]) => jacobian(store, of, *x),
            (RequestKind::Hessian, [x]) => {
                let gradient = gradient(store, of, *x)?;
                jacobian(store, gradient, *x)
            }
            (RequestKind::Hessian, [x, y]) => {
                let gradient = gradient(store, of, *x)?;
                jacobian(store, gradient, *y)
            }
            _ => differential(store, of, wrt),
        }
    }
}

fn gradient(store: &mut Store, f: Id, x: Id) -> Result<Id, Refusal> {
    let swept = differentiate::gradients(store, f, &[x]).map_err(|error| unsupported(&error))?[0];
    let projected = differentiate::project(store, x, swept);
    let short = simplify(store, &[projected])[0];
    evaluate::check_gradients(store, f, &[(x, short)], &Effort::default()).map_err(unchecked)?;
    Ok(short)
}

fn jacobian(store: &mut Store, of: Id, x: Id) -> Result<Id, Refusal> {
    let of = simplify(store, &[of])[0];
    let direction = differentiate::direction(store, x);
    let map = differentiate::differential(store, of, &[(x, direction)])
        .map_err(|error| unsupported(&error))?;
    let matrix =
        differentiate::matrix_of_map(store, map, direction).map_err(|error| unsupported(&error))?;
    let short = simplify(store, &[matrix])[0];
    evaluate::check_jacobian(store, of, x, short, &Effort::default()).map_err(unchecked)?;
    Ok(short)
}

/// dF; without names all variables of the formula move, but not differentials.
fn differential(store: &mut Store, of: Id, wrt: &[Id]) -> Result<Id, Refusal> {
    let mut moving = wrt.to_vec();
    if moving.is_empty() {
        let reachable = store.reachable(&[of]);
        moving = reachable.into_iter().filter(|id| is_independent(store, *id)).collect();
    }
    let mut directions = Vec::with_capacity(moving.len());
    for id in moving {
        directions.push((id, differentiate::direction(store, id)));
    }
    let map =
        differentiate::differential(store, of, &directions).map_err(|error| unsupported(&error))?;
    let short = simplify(store, &[map])[0];
    evaluate::check_differential(store, of, &directions, short, &Effort::default())
        .map_err(unchecked)?;
    Ok(short)
}

/// Whether it is a variable, and not the differential dX of another one, which is constant.
fn is_independent(store: &Store, id: Id) -> bool {
    let Node::Variable(name) = store.node(id) else { return false };
    let of = name.strip_prefix('d').and_then(|name| store.find_variable(name));
    of.is_none_or(|of| store.shape(of) != store.shape(id))
}

fn unsupported(error: &DifferentiateError) -> Refusal {
    let code = match error {
        DifferentiateError::Fault(_) => Fault::CODE,
        DifferentiateError::NotScalar { .. } | DifferentiateError::NotSupported { .. } => "E0908",
    };
    Refusal { code, reason: error.to_string() }
}

fn unchecked(error: CheckError) -> Refusal {
    match error {
        CheckError::NoPoint
        | CheckError::NotFinite
        | CheckError::TooLarge(_)
        | CheckError::SmallSizes => Refusal {
            code: "E0909",
            reason: format!("this derivative could not be checked: {error}"),
        },
        fault => Refusal {
            code: Fault::CODE,
            reason: format!("this is a fault of gradus, please report it: {fault}"),
        },
    }
}
