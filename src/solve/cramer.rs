//! Several scalar equations in as many scalar unknowns, by Cramer's rule.

use num_traits::Signed;

use super::affine::is_invertible;
use super::{Form, Root, Solution};
use crate::differentiate::{self, DifferentiateError};
use crate::expression::{Id, Power, Store};
use crate::number;
use crate::shape::Shape;
use crate::simplify::{expand, simplify};

/// Determinants of more rows are too long to be read.
const MOST: usize = 4;

/// A system of linear equations Mx = r.
struct System {
    matrix: Vec<Vec<Id>>,
    right: Vec<Id>,
}

/// The solution; none when the equations are not all scalar and affine in all unknowns, or too many.
pub(super) fn solve(
    store: &mut Store,
    equations: &[Id],
    unknowns: &[Id],
) -> Result<Option<Solution>, DifferentiateError> {
    let scalar = |id: &Id| store.shape(*id).is_scalar();
    let fits = (2..=MOST).contains(&unknowns.len())
        && equations.len() == unknowns.len()
        && equations.iter().chain(unknowns).all(scalar);
    if !fits {
        return Ok(None);
    }
    let Some(system) = system(store, equations, unknowns)? else { return Ok(None) };
    let determinant = determinant(store, &system.matrix);
    let determinant = short(store, determinant);
    if store.is_zero(determinant) {
        return Ok(None);
    }
    let mut roots = Vec::with_capacity(unknowns.len());
    for (at, unknown) in unknowns.iter().enumerate() {
        let mut replaced = system.matrix.clone();
        for (row, right) in replaced.iter_mut().zip(&system.right) {
            row[at] = *right;
        }
        let above = self::determinant(store, &replaced);
        let above = short(store, above);
        let value = store.divide(above, determinant);
        let value = simplify(store, &[value])[0];
        let inverted = if at == 0 {
            vec![(determinant, is_invertible(store, determinant))]
        } else {
            Vec::new()
        };
        roots.push(Root { unknown: *unknown, value, form: Form::Plain, inverted });
    }
    let mut normal = Vec::with_capacity(equations.len());
    for (row, right) in system.matrix.iter().zip(&system.right) {
        let terms = row.iter().zip(unknowns).map(|(factor, unknown)| (*factor, *unknown));
        let products: Vec<Id> =
            terms.map(|(factor, unknown)| store.multiply(factor, unknown)).collect();
        normal.push((store.add(&products), *right));
    }
    let equations = equations.to_vec();
    Ok(Some(Solution { equations, normal, roots, kind: None, hessian: None }))
}

fn system(
    store: &mut Store,
    equations: &[Id],
    unknowns: &[Id],
) -> Result<Option<System>, DifferentiateError> {
    let mut directions = Vec::with_capacity(unknowns.len());
    for unknown in unknowns {
        directions.push((*unknown, differentiate::direction(store, *unknown)));
    }
    let (mut matrix, mut right) = (Vec::new(), Vec::new());
    for equation in equations {
        let equation = cleared(store, *equation);
        let linear = differentiate::differential(store, equation, &directions)?;
        let linear = expand(store, linear).unwrap_or(linear);
        let reachable = store.reachable(&[linear]);
        if unknowns.iter().any(|unknown| reachable.binary_search(unknown).is_ok()) {
            return Ok(None);
        }
        let (zero, one) = (store.integer(0), store.integer(1));
        let mut row = Vec::with_capacity(unknowns.len());
        for at in 0..unknowns.len() {
            let values = directions.iter().enumerate();
            let values: Vec<(Id, Id)> = values
                .map(|(other, (_, direction))| (*direction, if other == at { one } else { zero }))
                .collect();
            row.push(store.substitute(linear, &values));
        }
        matrix.push(row);
        let nowhere: Vec<(Id, Id)> = unknowns.iter().map(|unknown| (*unknown, zero)).collect();
        let constant = store.substitute(equation, &nowhere);
        right.push(store.negate(constant));
    }
    Ok(Some(System { matrix, right }))
}

/// The equation distributed, and times what its terms are divided by.
fn cleared(store: &mut Store, equation: Id) -> Id {
    let equation = expand(store, equation).unwrap_or(equation);
    let terms = store.terms(equation);
    let mut below: Vec<Power> = Vec::new();
    for term in &terms {
        for power in store.powers(term.id) {
            let Some(exponent) = store.as_number(power.exponent).cloned() else { continue };
            if !exponent.is_negative() {
                continue;
            }
            let exponent = store.number(-exponent);
            let of_same_base = below.iter_mut().find(|known| known.base == power.base);
            match of_same_base {
                Some(known) if store.as_number(known.exponent) < store.as_number(exponent) => {
                    known.exponent = exponent;
                }
                Some(_) => {}
                None => below.push(Power { base: power.base, exponent }),
            }
        }
    }
    let factor = store.power_product(&below, &Shape::Scalar);
    let products: Vec<_> =
        terms.into_iter().map(|term| (term.coefficient, store.multiply(factor, term.id))).collect();
    store.sum(products, &Shape::Scalar)
}

/// By the first row.
fn determinant(store: &mut Store, matrix: &[Vec<Id>]) -> Id {
    if let [only] = matrix {
        return only[0];
    }
    let mut terms = Vec::with_capacity(matrix.len());
    for column in 0..matrix.len() {
        let minor: Vec<Vec<Id>> = matrix[1..]
            .iter()
            .map(|row| {
                let kept = row.iter().enumerate().filter(|(at, _)| *at != column);
                kept.map(|(_, entry)| *entry).collect()
            })
            .collect();
        let minor = determinant(store, &minor);
        let product = store.multiply(matrix[0][column], minor);
        let sign = if column % 2 == 0 { 1 } else { -1 };
        terms.push((number::integer(sign), product));
    }
    store.sum(terms, &Shape::Scalar)
}

fn short(store: &mut Store, id: Id) -> Id {
    let expanded = expand(store, id).unwrap_or(id);
    simplify(store, &[expanded])[0]
}
