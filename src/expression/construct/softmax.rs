//! Exponentials divided by their sums: softmax, which is finite where they are not.
//!
//! exp(z)/1ᵀexp(z) = softmax(z); by columns exp(Z) ⊘ (1·1ᵀexp(Z)) and exp(Z)·diag(exp(Z)ᵀ1)⁻¹ are softmax(Z), by rows exp(Z) ⊘ (exp(Z)·1·1ᵀ)
//! and diag(exp(Z)·1)⁻¹·exp(Z) are softmax(Zᵀ)ᵀ. The sum of all entries of a matrix goes into the exponent, as that over an index does.

use num_traits::One;

use crate::expression::{Id, Node, Power, Store};
use crate::function;
use crate::number;
use crate::shape::{Dimension, Shape};

/// Exponentials are looked for through so many values inside one another.
const DEEPEST: usize = 4;

/// What is added up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Rows,
    Columns,
}

impl Store {
    /// s·A, where s is divided by the sum of exponentials that A is linear in: what is left of s, and the new A.
    pub(super) fn share_of_total(&mut self, scalar: Id, matrix: Id) -> Option<(Id, Id)> {
        let mut divisors = self.powers(scalar);
        for at in 0..divisors.len() {
            let Some((summed, times)) = self.divides_by_total(divisors[at]) else { continue };
            let Some(share) = self.with_share(matrix, summed, 0) else { continue };
            divisors[at].exponent = self.integer(1 - times);
            return Some((self.power_product(&divisors, &Shape::Scalar), share));
        }
        None
    }

    /// A product of scalars in which one that is linear in exponentials is divided by their sum.
    pub(super) fn share_of_totals(&mut self, powers: &[Power], shape: &Shape) -> Option<Id> {
        if !shape.is_scalar() {
            return None;
        }
        for (at, divisor) in powers.iter().enumerate() {
            let Some((summed, times)) = self.divides_by_total(*divisor) else { continue };
            for (place, power) in powers.iter().enumerate().filter(|(place, _)| *place != at) {
                let whole = self.as_number(power.exponent).and_then(number::to_i64);
                let Some(whole) = whole.filter(|whole| *whole > 0) else { continue };
                let Some(share) = self.with_share(power.base, summed, 0) else { continue };
                let both = whole.min(times);
                let mut factors = powers.to_vec();
                factors[at].exponent = self.integer(both - times);
                factors[place].exponent = self.integer(whole - both);
                factors.push(Power { base: share, exponent: self.integer(both) });
                return Some(self.power_product(&factors, shape));
            }
        }
        None
    }

    /// The exponentials that a power divides by the sum of, and how often.
    fn divides_by_total(&mut self, power: Power) -> Option<(Id, i64)> {
        let exponent = self.as_number(power.exponent).and_then(number::to_i64)?;
        let Node::Total(summed) = *self.node(power.base) else { return None };
        (exponent < 0 && self.exponent(summed).is_some()).then_some((summed, -exponent))
    }

    /// The value with exponentials that it is linear in divided by their sum.
    fn with_share(&mut self, id: Id, summed: Id, depth: usize) -> Option<Id> {
        if id == summed {
            return self.share(summed);
        }
        if depth == DEEPEST {
            return None;
        }
        let shape = self.shape(id).clone();
        let inside = |store: &mut Self, id: Id| store.with_share(id, summed, depth + 1);
        match self.node(id).clone() {
            Node::Transpose(a) => inside(self, a).map(|share| self.transpose(share)),
            Node::Total(a) => inside(self, a).map(|share| self.total(share)),
            Node::Diagonal(a) => inside(self, a).map(|share| self.diagonal(share)),
            Node::Scale { scalar, matrix } => match inside(self, matrix) {
                Some(share) => Some(self.multiply(scalar, share)),
                None => inside(self, scalar).map(|share| self.multiply(share, matrix)),
            },
            Node::Product(factors) => {
                let found = factors.iter().enumerate();
                let (at, share) =
                    found.into_iter().find_map(|(at, id)| Some((at, inside(self, *id)?)))?;
                let mut factors = factors.to_vec();
                factors[at] = share;
                Some(self.product(&factors))
            }
            Node::Hadamard(powers) => {
                let (at, share) = powers.iter().enumerate().find_map(|(at, power)| {
                    let is_linear = self.is_one(power.exponent);
                    Some((at, is_linear.then(|| inside(self, power.base)).flatten()?))
                })?;
                let mut powers = powers.to_vec();
                powers[at].base = share;
                Some(self.power_product(&powers, &shape))
            }
            Node::Sum(terms) => {
                let mut shares = Vec::with_capacity(terms.len());
                for term in &terms {
                    let share = inside(self, term.id)?;
                    shares.push((term.coefficient.clone(), share));
                }
                Some(self.sum(shares, &shape))
            }
            _ => None,
        }
    }

    /// exp(X) divided by the sum of all its entries.
    fn share(&mut self, exponentials: Id) -> Option<Id> {
        let x = self.exponent(exponentials)?;
        let shape = self.shape(x).clone();
        if shape.is_column() {
            return Some(self.apply(function::find("softmax")?, &[x], &shape));
        }
        let all = self.vectorize(x);
        let sum = self.apply(function::find("logsumexp")?, &[all], &Shape::Scalar);
        let ones = self.ones(&shape);
        let sum = self.multiply(sum, ones);
        let difference = self.subtract(x, sum);
        Some(self.apply(function::find("exp")?, &[difference], &shape))
    }

    /// A product of powers in which exponentials are divided by the sums of their rows or columns.
    pub(super) fn share_of_sums(&mut self, powers: &[Power], shape: &Shape) -> Option<Id> {
        if shape.is_scalar() || shape.is_column() || shape.is_row() {
            return None;
        }
        for (place, share) in powers.iter().enumerate() {
            if !self.is_one(share.exponent) || self.exponent(share.base).is_none() {
                continue;
            }
            for (at, power) in powers.iter().enumerate().filter(|(at, _)| *at != place) {
                let Some((by, rest)) = self.divided_by_sums(*power, share.base) else { continue };
                let mut factors = powers.to_vec();
                let one = self.integer(1);
                factors[place].base = self.softmax_by(share.base, by)?;
                factors[at] = Power { base: rest, exponent: one };
                return Some(self.power_product(&factors, shape));
            }
        }
        None
    }

    /// diag(v)·exp(Z) and exp(Z)·diag(v), where v is divided by the sums of rows or columns.
    pub(super) fn share_beside_diagonal(&mut self, a: Id, b: Id) -> Option<Id> {
        let (v, exponentials, by) = match (self.node(a), self.node(b)) {
            (Node::Diagonal(v), _) => (*v, b, By::Rows),
            (_, Node::Diagonal(v)) => (*v, a, By::Columns),
            _ => return None,
        };
        self.exponent(exponentials)?;
        let rest = self.without_sums(v, exponentials, by)?;
        let share = self.softmax_by(exponentials, by)?;
        if self.is_ones(rest) {
            return Some(share);
        }
        let diagonal = self.diagonal(rest);
        Some(match by {
            By::Rows => self.product(&[diagonal, share]),
            By::Columns => self.product(&[share, diagonal]),
        })
    }

    fn is_reciprocal(&self, power: Power) -> bool {
        self.as_number(power.exponent).is_some_and(|value| (-value).is_one())
    }

    /// X of exp(X), which may be turned.
    fn exponent(&mut self, id: Id) -> Option<Id> {
        let turned = self.as_transpose(id);
        let Node::Apply { function, arguments } = self.node(turned.unwrap_or(id)) else {
            return None;
        };
        let x = (function.row().name == "exp").then(|| arguments.first().copied()).flatten()?;
        Some(if turned.is_some() { self.transpose(x) } else { x })
    }

    fn softmax_by(&mut self, exponentials: Id, by: By) -> Option<Id> {
        let x = self.exponent(exponentials)?;
        let upright = if by == By::Rows { self.transpose(x) } else { x };
        let shape = self.shape(upright).clone();
        let share = self.apply(function::find("softmax")?, &[upright], &shape);
        Some(if by == By::Rows { self.transpose(share) } else { share })
    }

    /// Whether a product of these is a matrix of ones: 1, 1·1ᵀ.
    fn repeats(&self, ones: &[Id]) -> bool {
        ones.iter().all(|id| self.is_ones(*id))
            && ones.iter().skip(1).all(|id| self.shape(*id).rows().is_one())
    }

    /// What is left of a factor that is one over the sums of the exponentials' rows or columns, in every entry.
    fn divided_by_sums(&mut self, power: Power, exponentials: Id) -> Option<(By, Id)> {
        let Node::Product(factors) = self.node(power.base).clone() else { return None };
        let shape = self.shape(power.base).clone();
        if self.is_reciprocal(power) {
            let (first, last) = (factors.first().copied()?, factors.last().copied()?);
            let by = if first == exponentials && self.repeats(&factors[1..]) {
                By::Rows
            } else if last == exponentials && self.repeats(&factors[..factors.len() - 1]) {
                By::Columns
            } else {
                return None;
            };
            return Some((by, self.ones(&shape)));
        }
        let [left, right] = *factors else { return None };
        // (v·1ᵀ) and (1·vᵀ), where v is divided by them.
        if !self.is_one(power.exponent) {
            return None;
        }
        if self.is_ones(right) && self.shape(left).is_column() {
            let rest = self.without_sums(left, exponentials, By::Rows)?;
            return Some((By::Rows, self.product(&[rest, right])));
        }
        if self.is_ones(left) && self.shape(right).is_row() {
            let column = self.transpose(right);
            let rest = self.without_sums(column, exponentials, By::Columns)?;
            let row = self.transpose(rest);
            return Some((By::Columns, self.product(&[left, row])));
        }
        None
    }

    /// A column that is divided by the sums, without them.
    fn without_sums(&mut self, column: Id, exponentials: Id, by: By) -> Option<Id> {
        let summed = if by == By::Rows { exponentials } else { self.transpose(exponentials) };
        let ones = self.ones(&Shape::matrix(self.shape(summed).columns(), Dimension::one()));
        let sums = self.product(&[summed, ones]);
        let mut powers = self.powers(column);
        let at =
            powers.iter().position(|power| power.base == sums && self.is_reciprocal(*power))?;
        powers.remove(at);
        let shape = self.shape(column).clone();
        Some(self.power_product(&powers, &shape))
    }
}
