//! Trace, determinant, and the sum of all entries.

use std::cmp::Ordering;

use super::product::ChainOrder;
use super::structure::DEEPEST;
use crate::expression::{Id, Node, Power, Property, Store, TensorOperation};
use crate::function;
use crate::number;
use crate::shape::{Dimension, Shape};

/// The rank of a value is looked at through so many values inside one another, and through so many terms.
const MOST_NESTED: usize = 4;
const MOST_TERMS: usize = 16;

impl Store {
    /// tr A, rotated to a canonical form.
    pub fn trace(&mut self, a: Id) -> Id {
        if self.shape(a).is_scalar() {
            return a;
        }
        match self.node(a).clone() {
            Node::Identity(size) => self.size(&size),
            Node::Zeros(..) => self.integer(0),
            Node::Transpose(inner) => self.trace(inner),
            Node::Diagonal(v) => self.total(v),
            Node::Sum(terms) if terms.len() == 1 => {
                let trace = self.trace(terms[0].id);
                self.scale_by(&terms[0].coefficient, trace)
            }
            Node::Scale { scalar, matrix } => {
                let trace = self.trace(matrix);
                self.multiply(scalar, trace)
            }
            Node::Kronecker(x, y) if self.shape(x).is_square() && self.shape(y).is_square() => {
                let (x, y) = (self.trace(x), self.trace(y));
                self.multiply(x, y)
            }
            Node::Product(factors) => self.trace_of_product(&factors),
            Node::Sum(_) | Node::Hadamard(_) | Node::Apply { .. }
                if self.is_partial(a, DEEPEST) =>
            {
                let diagonal = self.diagonal_of(a);
                self.total(diagonal)
            }
            _ => match self.trace_of_lyapunov(a) {
                Some(trace) => trace,
                None => self.intern(Node::Trace(a), Shape::Scalar),
            },
        }
    }

    /// tr(ABC) = tr(BCA) = tr(CᵀBᵀAᵀ): rotated so that neighbours cancel, a 1×1 product is the scalar it is, and of all
    /// rotations the one with the fewest transposes stands.
    fn trace_of_product(&mut self, factors: &[Id]) -> Id {
        let length = factors.len();
        let rotated = |by: usize| [&factors[by..], &factors[..by]].concat();
        if let Some(by) = (0..length).find(|at| self.shape(factors[*at]).rows().is_one()) {
            return self.product(&rotated(by));
        }
        if length > 2 {
            let wrapped = self.product(&[factors[length - 1], factors[0]]);
            let shorter =
                self.factors(wrapped).len() < 2 || !matches!(self.node(wrapped), Node::Product(_));
            if shorter {
                let rest = self.product(&factors[1..length - 1]);
                let product = self.multiply(wrapped, rest);
                return self.trace(product);
            }
        }
        let transposed: Vec<Id> =
            factors.iter().rev().map(|factor| self.transpose(*factor)).collect();
        let sides = [factors, &transposed];
        let orders = sides.map(|side| self.chain_order(side));
        let mut best = (0, 0);
        for by in 0..length {
            for side in [0, 1] {
                if rotation_order((&orders[side], by), (&orders[best.0], best.1)).is_lt() {
                    best = (side, by);
                }
            }
        }
        let (side, by) = (sides[best.0], best.1);
        let best = [&side[by..], &side[..by]].concat();
        let rows = self.shape(best[0]).rows();
        let product = self.intern(Node::Product(best.into()), Shape::matrix(rows.clone(), rows));
        self.intern(Node::Trace(product), Shape::Scalar)
    }

    /// The sum of all entries.
    pub fn total(&mut self, a: Id) -> Id {
        let shape = self.shape(a).clone();
        if shape.is_scalar() {
            return a;
        }
        if self.properties(a).has(Property::Simplex) {
            // Each column sums to one.
            return self.size(&shape.columns());
        }
        if self.properties(a).has(Property::RowSimplex) {
            return self.size(&shape.rows());
        }
        match self.node(a).clone() {
            Node::Ones(rows, columns) => self.size(&rows.times(&columns)),
            Node::Zeros(..) => self.integer(0),
            Node::Identity(size) => self.size(&size),
            Node::Transpose(inner) | Node::Diagonal(inner) | Node::Vectorize(inner) => {
                self.total(inner)
            }
            Node::DiagonalOf(inner) => self.trace(inner),
            Node::Sum(terms) if terms.len() == 1 => {
                let total = self.total(terms[0].id);
                self.scale_by(&terms[0].coefficient, total)
            }
            Node::Scale { scalar, matrix } => {
                let total = self.total(matrix);
                self.multiply(scalar, total)
            }
            Node::Selection(selection) => self.size(&selection.count),
            Node::Product(factors) => self.total_of_product(a, &factors),
            Node::Hadamard(powers) => self.total_of_powers(a, &powers, &shape),
            _ if self.is_ones(a) => self.size(&shape.entries()),
            _ if self.is_zero(a) => self.integer(0),
            Node::Tensor { operation, operands }
                if matches!(*operation, TensorOperation::Turn | TensorOperation::Swap) =>
            {
                self.total(operands[0])
            }
            _ => self.intern(Node::Total(a), Shape::Scalar),
        }
    }

    /// sum(u vᵀ) = sum(u)·sum(v); a leading or trailing vector of ones is what the sum does already.
    fn total_of_product(&mut self, a: Id, factors: &[Id]) -> Id {
        if let Some(cut) = (1..factors.len()).find(|at| self.shape(factors[*at]).rows().is_one()) {
            let (left, right) = (self.product(&factors[..cut]), self.product(&factors[cut..]));
            let (left, right) = (self.total(left), self.total(right));
            return self.multiply(left, right);
        }
        let ones = |id: Option<&Id>| id.is_some_and(|id| matches!(self.node(*id), Node::Ones(..)));
        if ones(factors.last()) {
            let rest = self.product(&factors[..factors.len() - 1]);
            return self.total(rest);
        }
        if ones(factors.first()) {
            let rest = self.product(&factors[1..]);
            return self.total(rest);
        }
        // What stands beside a value in its place is zero.
        let places = |id: Id, end: bool| {
            self.as_selection(id).is_some_and(|(_, is_turned)| is_turned == end)
        };
        if places(factors[0], false) {
            let rest = self.product(&factors[1..]);
            return self.total(rest);
        }
        if places(factors[factors.len() - 1], true) {
            let rest = self.product(&factors[..factors.len() - 1]);
            return self.total(rest);
        }
        self.intern(Node::Total(a), Shape::Scalar)
    }

    /// sum(x⊙y) = xᵀy and sum(x.^2) = xᵀx for vectors.
    fn total_of_powers(&mut self, a: Id, powers: &[Power], shape: &Shape) -> Id {
        let exponent = |power: &Power| self.as_number(power.exponent).and_then(number::to_i64);
        let pair = match powers {
            // A matrix product would ask for what a mask does not choose.
            _ if powers.iter().any(|power| self.chooses(*power)) => None,
            [x, y] if exponent(x) == Some(1) && exponent(y) == Some(1) => Some((x.base, y.base)),
            [x] if exponent(x) == Some(2) => Some((x.base, x.base)),
            _ => None,
        };
        match pair {
            Some((x, y)) if shape.is_column() => {
                let row = self.transpose(x);
                self.product(&[row, y])
            }
            Some((x, y)) if shape.is_row() => {
                let column = self.transpose(y);
                self.product(&[x, column])
            }
            _ => self.intern(Node::Total(a), Shape::Scalar),
        }
    }

    /// det A of a square matrix.
    pub fn determinant(&mut self, a: Id) -> Id {
        if self.shape(a).is_scalar() {
            return a;
        }
        let size = self.shape(a).rows();
        if self.has_low_rank(a) {
            return self.integer(0);
        }
        match self.node(a).clone() {
            Node::Identity(_) => self.integer(1),
            Node::Zeros(..) => self.integer(0),
            Node::Transpose(inner) => self.determinant(inner),
            Node::Inverse(inner) => {
                let determinant = self.determinant(inner);
                self.power_of(determinant, &number::integer(-1))
            }
            Node::Sum(terms) if terms.len() == 1 => {
                let coefficient = self.number(terms[0].coefficient.clone());
                let inner = self.determinant(terms[0].id);
                self.scaled_determinant(coefficient, inner, &size)
            }
            Node::Scale { scalar, matrix } => {
                let inner = self.determinant(matrix);
                self.scaled_determinant(scalar, inner, &size)
            }
            Node::Product(factors)
                if factors.iter().all(|factor| self.shape(*factor).is_square()) =>
            {
                let determinants: Vec<Id> =
                    factors.iter().map(|factor| self.determinant(*factor)).collect();
                self.hadamard(&determinants, &Shape::Scalar)
            }
            Node::Kronecker(x, y) if self.shape(x).is_square() && self.shape(y).is_square() => {
                // det(A⊗B) = det(A)ⁿ det(B)ᵐ for A: m×m, B: n×n
                let (m, n) = (self.shape(x).rows(), self.shape(y).rows());
                let (m, n) = (self.size(&m), self.size(&n));
                let (x, y) = (self.determinant(x), self.determinant(y));
                let (x, y) = (self.power(x, n), self.power(y, m));
                self.multiply(x, y)
            }
            _ => self.intern(Node::Determinant(a), Shape::Scalar),
        }
    }

    /// Whether a square matrix is singular whatever its variables are: a product that goes through fewer dimensions than it has, or a
    /// sum of few of those.
    fn has_low_rank(&self, a: Id) -> bool {
        let order = self.shape(a).rows();
        let is_less =
            |rank: &Dimension| rank.minus(&order).as_constant().is_some_and(|gap| gap < 0);
        self.rank_bound(a, 0).iter().any(is_less)
    }

    /// Numbers that the rank is not above, none of which need be less than another.
    fn rank_bound(&self, a: Id, depth: usize) -> Vec<Dimension> {
        let shape = self.shape(a);
        let mut bounds = vec![shape.rows(), shape.columns()];
        if depth == MOST_NESTED {
            return bounds;
        }
        let inside = |id: Id| self.rank_bound(id, depth + 1);
        match self.node(a) {
            Node::Zeros(..) => bounds.push(Dimension::constant(0)),
            Node::Ones(..) => bounds.push(Dimension::one()),
            Node::Product(factors) => bounds.extend(factors.iter().flat_map(|id| inside(*id))),
            Node::Transpose(inner) | Node::Scale { matrix: inner, .. } => {
                bounds.extend(inside(*inner));
            }
            // The rank of a sum is no more than the ranks of its terms together.
            Node::Sum(terms) if terms.len() <= MOST_TERMS => {
                let least = |id: Id| inside(id).into_iter().filter_map(|it| it.as_constant()).min();
                let each: Option<Vec<i64>> = terms.iter().map(|term| least(term.id)).collect();
                if let Some(each) = each {
                    let sum = each.into_iter().fold(0_i64, i64::saturating_add);
                    bounds.push(Dimension::constant(sum));
                }
            }
            _ => {}
        }
        bounds
    }

    /// adj(A) = det(A) A⁻¹, and a value of its own where A has no inverse.
    pub fn adjugate(&mut self, a: Id) -> Id {
        if self.shape(a).is_scalar() {
            return self.integer(1);
        }
        if let Some(adjugate) = self.adjugate_of_low_rank(a) {
            return adjugate;
        }
        // det(0)·0⁻¹ is no value: the adjugate is 0 but for order 1, where it is 1.
        let shape = self.shape(a).clone();
        if self.is_zero(a)
            && shape.rows().as_constant().is_none()
            && let Some(adjugate) = function::find("adj")
        {
            return self.apply(adjugate, &[a], &shape);
        }
        let (determinant, inverse) = (self.determinant(a), self.inverse(a));
        self.multiply(determinant, inverse)
    }

    /// The adjugate of a product that goes through fewer dimensions than it has, as u·vᵀ: its determinant is 0 for all but the
    /// smallest sizes, and d det(A) = tr(adj(A) dA) holds there, too, where there is no inverse. None for others.
    pub(crate) fn adjugate_of_low_rank(&mut self, a: Id) -> Option<Id> {
        let shape = self.shape(a).clone();
        let Node::Product(factors) = self.node(a) else { return None };
        let is_narrow = |factor: &Id| {
            let rows = self.shape(*factor).rows();
            let rank = rows.as_constant();
            rank.is_some_and(|rank| shape.rows().as_constant().is_none_or(|side| rank < side))
        };
        let narrow = factors.iter().skip(1).any(is_narrow);
        let adjugate = function::find("adj").filter(|_| narrow)?;
        Some(self.apply(adjugate, &[a], &shape))
    }

    /// det(cA) = cⁿ det(A)
    fn scaled_determinant(&mut self, scalar: Id, determinant: Id, size: &Dimension) -> Id {
        let exponent = self.size(size);
        let factor = self.power(scalar, exponent);
        self.multiply(factor, determinant)
    }
}

/// The chain order of two rotations, without making them: different letters decide soon.
fn rotation_order((a, i): (&ChainOrder, usize), (b, j): (&ChainOrder, usize)) -> Ordering {
    fn turned<T: Ord>(a: &[T], i: usize, b: &[T], j: usize) -> Ordering {
        a[i..].iter().chain(&a[..i]).cmp(b[j..].iter().chain(&b[..j]))
    }
    (a.0, a.1)
        .cmp(&(b.0, b.1))
        .then_with(|| turned(&a.2, i, &b.2, j))
        .then_with(|| turned(&a.3, i, &b.3, j))
        .then_with(|| turned(&a.4, i, &b.4, j))
}
