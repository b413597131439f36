//! Several scalar equations that are affine in as many scalar unknowns.
//!
//! Rows and columns with a single entry are taken out first, and what falls apart is solved in parts, by Cramer's rule where a part is
//! small: the determinant of the whole is the product of what is divided by on this way, so the conditions are exact. A part without a
//! determinant is eliminated; it leaves unknowns free.

use std::collections::BTreeSet;

use num_traits::Signed;

use super::condition::{Condition, Conditions, is_positive};
use super::{Form, Root, SolveError};
use crate::differentiate::{self, DifferentiateError};
use crate::expression::{Id, Power, Store};
use crate::number;
use crate::shape::Shape;
use crate::simplify::{expand, simplify};

/// Determinants of more rows are too long to be read.
const MOST: usize = 4;
/// Operations in an equation on the way beyond which the solution is no formula for a reader.
const LONGEST: usize = 80;
/// Unknowns of one system.
const MOST_UNKNOWNS: usize = 24;

/// What a system comes to.
pub(super) struct Solved {
    /// In the order of the unknowns; the free ones have none.
    pub(super) roots: Vec<Root>,
    pub(super) free: Vec<Id>,
    pub(super) normal: Vec<(Id, Id)>,
    pub(super) conditions: Conditions,
}

/// Linear equations Mx = r, of which rows and columns are used up.
struct System<'a> {
    store: &'a mut Store,
    unknowns: &'a [Id],
    matrix: Vec<Vec<Id>>,
    right: Vec<Id>,
    rows: BTreeSet<usize>,
    columns: BTreeSet<usize>,
    values: Vec<Option<Id>>,
    /// Unknowns that stand in one equation only, with that equation: found when the others are.
    later: Vec<(usize, usize)>,
    free: Vec<usize>,
    conditions: Conditions,
}

/// The solution; none when the equations are not all scalar and affine in all unknowns.
pub(super) fn solve(
    store: &mut Store,
    equations: &[Id],
    unknowns: &[Id],
) -> Result<Option<Solved>, SolveError> {
    let scalar = |id: &Id| store.shape(*id).is_scalar();
    let fits = (2..=MOST_UNKNOWNS).contains(&unknowns.len())
        && equations.len() == unknowns.len()
        && equations.iter().chain(unknowns).all(scalar);
    if !fits {
        return Ok(None);
    }
    let Some((matrix, right)) = linear(store, equations, unknowns)? else { return Ok(None) };
    let mut normal = Vec::with_capacity(equations.len());
    for (row, right) in matrix.iter().zip(&right) {
        let products: Vec<Id> =
            row.iter().zip(unknowns).map(|(a, x)| store.multiply(*a, *x)).collect();
        normal.push((store.add(&products), *right));
    }
    let count = unknowns.len();
    let mut system = System {
        store,
        unknowns,
        matrix,
        right,
        rows: (0..count).collect(),
        columns: (0..count).collect(),
        values: vec![None; count],
        later: Vec::new(),
        free: Vec::new(),
        conditions: Conditions::default(),
    };
    system.run()?;
    let System { values, free, conditions, .. } = system;
    let found = unknowns.iter().zip(values);
    let roots = found
        .filter_map(|(unknown, value)| {
            Some(Root { unknown: *unknown, value: value?, form: Form::Plain })
        })
        .collect();
    let mut free: Vec<usize> = free;
    free.sort_unstable();
    let free = free.into_iter().map(|at| unknowns[at]).collect();
    Ok(Some(Solved { roots, free, normal, conditions }))
}

/// M and r; none where an equation is not affine.
#[allow(clippy::type_complexity)] // A matrix and a column.
fn linear(
    store: &mut Store,
    equations: &[Id],
    unknowns: &[Id],
) -> Result<Option<(Vec<Vec<Id>>, Vec<Id>)>, DifferentiateError> {
    let mut directions = Vec::with_capacity(unknowns.len());
    for unknown in unknowns {
        directions.push((*unknown, differentiate::direction(store, *unknown)));
    }
    let (mut matrix, mut right) = (Vec::new(), Vec::new());
    for equation in equations {
        let equation = cleared(store, *equation);
        let linear = differentiate::differential(store, equation, &directions)?;
        let linear = expand(store, linear).unwrap_or(linear);
        let reachable = store.closure(&[linear]);
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
    Ok(Some((matrix, right)))
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

impl System<'_> {
    fn run(&mut self) -> Result<(), SolveError> {
        while self.peel() {}
        let parts = self.parts();
        let held = |column: &usize| parts.iter().any(|(_, columns)| columns.contains(column));
        self.free.extend(self.columns.iter().copied().filter(|column| !held(column)));
        for part in parts {
            self.part(part)?;
        }
        // What stood in one equation only, from the others.
        while let Some((row, column)) = self.later.pop() {
            let rest = self.rest(row, column);
            let value = self.store.divide(rest, self.matrix[row][column]);
            self.values[column] = Some(short(self.store, value));
        }
        Ok(())
    }

    fn is_zero(&self, row: usize, column: usize) -> bool {
        self.store.is_zero(self.matrix[row][column])
    }

    /// r − Σ m·x over the other unknowns, in their values.
    fn rest(&mut self, row: usize, column: usize) -> Id {
        let mut terms = vec![(number::one(), self.right[row])];
        for other in 0..self.unknowns.len() {
            if other == column || self.is_zero(row, other) {
                continue;
            }
            let value = self.values[other].unwrap_or(self.unknowns[other]);
            terms.push((number::integer(-1), self.store.multiply(self.matrix[row][other], value)));
        }
        let rest = self.store.sum(terms, &Shape::Scalar);
        short(self.store, rest)
    }

    fn divide_by(&mut self, pivot: Id) {
        let pivot = short(self.store, pivot);
        self.conditions.require(self.store, Condition::NotZero(pivot));
    }

    /// Takes out an equation with one unknown, or an unknown in one equation.
    fn peel(&mut self) -> bool {
        for row in self.rows.clone() {
            let held: Vec<usize> =
                self.columns.iter().copied().filter(|column| !self.is_zero(row, *column)).collect();
            if let [column] = held.as_slice() {
                let rest = self.rest(row, *column);
                let value = self.store.divide(rest, self.matrix[row][*column]);
                self.values[*column] = Some(short(self.store, value));
                self.divide_by(self.matrix[row][*column]);
                self.used(row, *column);
                return true;
            }
        }
        for column in self.columns.clone() {
            let holding: Vec<usize> =
                self.rows.iter().copied().filter(|row| !self.is_zero(*row, column)).collect();
            if let [row] = holding.as_slice()
                && self.rows.len() > MOST
            {
                self.later.push((*row, column));
                self.divide_by(self.matrix[*row][column]);
                self.used(*row, column);
                return true;
            }
        }
        false
    }

    fn used(&mut self, row: usize, column: usize) {
        self.rows.remove(&row);
        self.columns.remove(&column);
    }

    /// Rows and columns that have nothing to do with each other.
    fn parts(&self) -> Vec<(Vec<usize>, Vec<usize>)> {
        let mut open = self.rows.clone();
        let mut parts = Vec::new();
        while let Some(first) = open.pop_first() {
            let (mut rows, mut columns) = (vec![first], BTreeSet::new());
            let mut at = 0;
            while at < rows.len() {
                let row = rows[at];
                columns.extend(self.columns.iter().filter(|column| !self.is_zero(row, **column)));
                let touches =
                    |row: &usize| columns.iter().any(|column| !self.is_zero(*row, *column));
                let next: Vec<usize> = open.iter().copied().filter(touches).collect();
                for row in &next {
                    open.remove(row);
                }
                rows.extend(next);
                at += 1;
            }
            rows.sort_unstable();
            parts.push((rows, columns.into_iter().collect()));
        }
        parts
    }

    fn part(&mut self, (rows, columns): (Vec<usize>, Vec<usize>)) -> Result<(), SolveError> {
        let right: Vec<Id> = rows.iter().map(|row| self.outside(*row, &columns)).collect();
        if rows.len() == columns.len() && rows.len() <= MOST {
            let matrix: Vec<Vec<Id>> = rows
                .iter()
                .map(|row| columns.iter().map(|column| self.matrix[*row][*column]).collect())
                .collect();
            let whole = determinant(self.store, &matrix);
            let whole = short(self.store, whole);
            if !self.store.is_zero(whole) {
                self.cramer(&matrix, &right, &columns, whole);
                return Ok(());
            }
        }
        self.eliminate(&rows, &columns, right)
    }

    /// The right side less what is known by now.
    fn outside(&mut self, row: usize, columns: &[usize]) -> Id {
        let mut terms = vec![(number::one(), self.right[row])];
        for other in 0..self.unknowns.len() {
            if let Some(value) = self.values[other]
                && !columns.contains(&other)
                && !self.is_zero(row, other)
            {
                terms.push((
                    number::integer(-1),
                    self.store.multiply(self.matrix[row][other], value),
                ));
            }
        }
        let right = self.store.sum(terms, &Shape::Scalar);
        short(self.store, right)
    }

    fn cramer(&mut self, matrix: &[Vec<Id>], right: &[Id], columns: &[usize], whole: Id) {
        for (at, column) in columns.iter().enumerate() {
            let mut replaced = matrix.to_vec();
            for (row, right) in replaced.iter_mut().zip(right) {
                row[at] = *right;
            }
            let above = determinant(self.store, &replaced);
            let above = short(self.store, above);
            let value = self.store.divide(above, whole);
            self.values[*column] = Some(simplify(self.store, &[value])[0]);
        }
        self.conditions.require(self.store, Condition::NotZero(whole));
    }

    /// Gauss and Jordan, with pivots that are known not to be zero where there are some.
    fn eliminate(
        &mut self,
        rows: &[usize],
        columns: &[usize],
        mut right: Vec<Id>,
    ) -> Result<(), SolveError> {
        let mut matrix: Vec<Vec<Id>> = rows
            .iter()
            .map(|row| columns.iter().map(|column| self.matrix[*row][*column]).collect())
            .collect();
        let mut pivots: Vec<(usize, usize)> = Vec::new();
        while let Some((row, column)) = self.pivot(&matrix, &pivots) {
            let pivot = matrix[row][column];
            self.divide_by(pivot);
            for entry in &mut matrix[row] {
                let value = self.store.divide(*entry, pivot);
                *entry = short(self.store, value);
            }
            let value = self.store.divide(right[row], pivot);
            right[row] = short(self.store, value);
            for other in (0..matrix.len()).filter(|other| *other != row) {
                let factor = matrix[other][column];
                if self.store.is_zero(factor) {
                    continue;
                }
                let above = matrix[row].clone();
                for (entry, above) in matrix[other].iter_mut().zip(above) {
                    *entry = self.less(*entry, factor, above);
                }
                right[other] = self.less(right[other], factor, right[row]);
                let entries: Vec<Id> =
                    matrix[other].iter().copied().chain([right[other]]).collect();
                if self.store.reachable(&entries).len() > LONGEST {
                    return Err(SolveError::TooLong { unknowns: columns.len() });
                }
            }
            pivots.push((row, column));
        }
        for row in (0..matrix.len()).filter(|row| pivots.iter().all(|(used, _)| used != row)) {
            if !self.store.is_zero(right[row]) {
                return Err(SolveError::left_over(self.store, right[row]));
            }
        }
        for (row, at) in &pivots {
            let mut terms = vec![(number::one(), right[*row])];
            for (other, column) in columns.iter().enumerate() {
                if pivots.iter().all(|(_, used)| *used != other) {
                    let term = self.store.multiply(matrix[*row][other], self.unknowns[*column]);
                    terms.push((number::integer(-1), term));
                }
            }
            let value = self.store.sum(terms, &Shape::Scalar);
            self.values[columns[*at]] = Some(simplify(self.store, &[value])[0]);
        }
        let is_free = |at: &usize| pivots.iter().all(|(_, used)| used != at);
        self.free.extend((0..columns.len()).filter(is_free).map(|at| columns[at]));
        Ok(())
    }

    /// a − f·b
    fn less(&mut self, a: Id, factor: Id, b: Id) -> Id {
        let product = self.store.multiply(factor, b);
        let difference = self.store.subtract(a, product);
        short(self.store, difference)
    }

    /// An entry to divide by: a number, what is known to be positive, or any; the first columns first.
    fn pivot(&self, matrix: &[Vec<Id>], used: &[(usize, usize)]) -> Option<(usize, usize)> {
        let columns = matrix.first().map_or(0, Vec::len);
        let rank = |id: Id| match self.store.as_number(id) {
            Some(_) => 0,
            None if is_positive(self.store, id) => 1,
            None => 2,
        };
        let mut best: Option<(usize, (usize, usize))> = None;
        for column in 0..columns {
            for (row, entries) in matrix.iter().enumerate() {
                let entry = entries[column];
                let is_used = used.iter().any(|(r, c)| *r == row || *c == column);
                if is_used || self.store.is_zero(entry) {
                    continue;
                }
                if best.is_none_or(|(known, _)| rank(entry) < known) {
                    best = Some((rank(entry), (row, column)));
                }
            }
        }
        best.map(|(_, place)| place)
    }
}

/// By the row with the most zeros.
fn determinant(store: &mut Store, matrix: &[Vec<Id>]) -> Id {
    if let [only] = matrix {
        return only[0];
    }
    let filled = |row: &[Id]| row.iter().filter(|entry| !store.is_zero(**entry)).count();
    let along = (0..matrix.len()).min_by_key(|row| filled(&matrix[*row])).unwrap_or(0);
    let mut terms = Vec::with_capacity(matrix.len());
    for column in 0..matrix.len() {
        if store.is_zero(matrix[along][column]) {
            continue;
        }
        let others = matrix.iter().enumerate().filter(|(row, _)| *row != along);
        let minor: Vec<Vec<Id>> = others
            .map(|(_, row)| {
                let kept = row.iter().enumerate().filter(|(at, _)| *at != column);
                kept.map(|(_, entry)| *entry).collect()
            })
            .collect();
        let minor = determinant(store, &minor);
        let product = store.multiply(matrix[along][column], minor);
        let sign = if (along + column) % 2 == 0 { 1 } else { -1 };
        terms.push((number::integer(sign), product));
    }
    store.sum(terms, &Shape::Scalar)
}

/// Distributed, so that terms cancel, and short.
pub(super) fn short(store: &mut Store, id: Id) -> Id {
    let expanded = expand(store, id).unwrap_or(id);
    simplify(store, &[expanded])[0]
}
