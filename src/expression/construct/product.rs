//! Matrix products: flat chains, scalars pulled out, neighbours cancelled.

use crate::expression::{Id, Node, Property, Store};
use crate::number::{self, Rational};
use crate::shape::{Name, Shape};

/// Transposed matrices, transposes, first variables, factors without a transpose, content: see [`Store::chain_order`].
pub(super) type ChainOrder = (usize, usize, Vec<Option<Name>>, Vec<bool>, Vec<u64>);

/// A chain of matrices and the scalars pulled out of it.
#[derive(Default)]
struct Chain {
    coefficient: Option<Rational>,
    scalars: Vec<Id>,
    factors: Vec<Id>,
    /// Whether an inverse has been among the factors, with which a later one may cancel.
    inverses: bool,
}

impl Store {
    /// a·b: scalar times anything, or a matrix product.
    pub fn multiply(&mut self, a: Id, b: Id) -> Id {
        match (self.shape(a).is_scalar(), self.shape(b).is_scalar()) {
            (true, true) => self.hadamard(&[a, b], &Shape::Scalar),
            (true, false) => self.scale(a, b),
            (false, true) => self.scale(b, a),
            (false, false) => self.product(&[a, b]),
        }
    }

    /// s·A for a scalar s and a matrix A.
    fn scale(&mut self, scalar: Id, matrix: Id) -> Id {
        let (c, scalar) = self.split_coefficient(scalar);
        let (k, matrix) = self.split_coefficient(matrix);
        let coefficient = c * k;
        let shape = self.shape(matrix).clone();
        if num_traits::Zero::is_zero(&coefficient) || self.is_zero(matrix) {
            return self.zeros(&shape);
        }
        let scaled = if self.is_one(scalar) {
            matrix
        } else if let Some((rest, share)) = self.share_of_total(scalar, matrix) {
            self.multiply(rest, share)
        } else {
            match self.node(matrix).clone() {
                Node::Scale { scalar: inner, matrix } => {
                    let both = self.hadamard(&[scalar, inner], &Shape::Scalar);
                    self.scale(both, matrix)
                }
                _ => self.intern(Node::Scale { scalar, matrix }, shape),
            }
        };
        self.scale_by(&coefficient, scaled)
    }

    /// The factors of a value as a matrix product; any other value is its own single factor.
    pub fn factors(&self, id: Id) -> Vec<Id> {
        match self.node(id) {
            Node::Product(factors) => factors.to_vec(),
            _ => vec![id],
        }
    }

    /// A₁ A₂ … in normal form; matrices whose inner sizes agree, and scalars.
    pub fn product(&mut self, factors: &[Id]) -> Id {
        let is_matrix = |id: &&Id| !self.shape(**id).is_scalar();
        let ends = factors.iter().find(is_matrix).zip(factors.iter().rfind(is_matrix));
        let Some((first, last)) = ends else { return self.hadamard(factors, &Shape::Scalar) };
        let shape = Shape::matrix(self.shape(*first).rows(), self.shape(*last).columns());
        let mut chain = Chain::default();
        for factor in factors {
            self.push_factor(*factor, &mut chain);
        }
        if chain.factors.iter().any(|factor| self.is_zero(*factor)) {
            return self.zeros(&shape);
        }
        self.absorb_diagonals(&mut chain);
        self.pull_scalar_segments(&mut chain);
        let core = self.finish_chain(chain.factors, &shape);
        let scaled = if chain.scalars.is_empty() {
            core
        } else {
            let scalar = self.hadamard(&chain.scalars, &Shape::Scalar);
            self.multiply(scalar, core)
        };
        match chain.coefficient {
            Some(coefficient) => self.scale_by(&coefficient, scaled),
            None => scaled,
        }
    }

    /// Appends a factor: flattens products, takes scalars out, drops identities, cancels A·A⁻¹ and QᵀQ.
    fn push_factor(&mut self, factor: Id, chain: &mut Chain) {
        if self.shape(factor).is_scalar() {
            chain.scalars.push(factor);
            return;
        }
        match self.node(factor).clone() {
            Node::Product(inner) => self.push_product(&inner, chain),
            Node::Sum(terms) if terms.len() == 1 => {
                let so_far = chain.coefficient.take().unwrap_or_else(number::one);
                chain.coefficient = Some(so_far * &terms[0].coefficient);
                self.push_factor(terms[0].id, chain);
            }
            Node::Scale { scalar, matrix } => {
                chain.scalars.push(scalar);
                self.push_factor(matrix, chain);
            }
            Node::Identity(_) => {}
            _ => {
                if self.cancel_tail(factor, chain) {
                    return;
                }
                if let Some(last) = chain.factors.last().copied()
                    && let Some(merged) = self
                        .merge_diagonals(last, factor)
                        .or_else(|| self.sum_of_simplex(last, factor))
                        .or_else(|| self.merge_kronecker(last, factor))
                        .or_else(|| self.merge_selections(last, factor))
                        .or_else(|| self.share_beside_diagonal(last, factor))
                {
                    chain.factors.pop();
                    self.push_factor(merged, chain);
                    return;
                }
                chain.factors.push(factor);
            }
        }
    }

    /// Appends a product in normal form, whose neighbours have nothing to do with one another: where no inverse can reach across, a
    /// first factor that stays keeps the others.
    fn push_product(&mut self, inner: &[Id], chain: &mut Chain) {
        let Some((first, rest)) = inner.split_first() else { return };
        let is_inverse = |id: &Id| {
            let upright = self.as_transpose(*id).unwrap_or(*id);
            matches!(self.node(upright), Node::Inverse(_))
        };
        let reaches = chain.inverses || inner.iter().any(is_inverse);
        let before = chain.factors.len();
        self.push_factor(*first, chain);
        if !reaches && chain.factors.len() == before + 1 && chain.factors.last() == Some(first) {
            chain.factors.extend_from_slice(rest);
        } else {
            for factor in rest {
                self.push_factor(*factor, chain);
            }
        }
    }

    /// Removes what the next factor cancels with: P·P⁻¹ and P⁻¹·P for a product P as a whole, QᵀQ for an orthogonal Q. True when
    /// the factor is used up.
    fn cancel_tail(&mut self, next: Id, chain: &mut Chain) -> bool {
        let Chain { factors, inverses, .. } = chain;
        if let Some(inverted) = self.inverted_factors(next) {
            if factors.ends_with(&inverted) {
                factors.truncate(factors.len() - inverted.len());
                return true;
            }
            *inverses = true;
        }
        let before = if *inverses { factors.len() } else { 0 };
        for at in (0..before).rev() {
            let Some(inverted) = self.inverted_factors(factors[at]) else { continue };
            if inverted.len() == factors.len() - at
                && inverted.last() == Some(&next)
                && inverted[..inverted.len() - 1] == factors[at + 1..]
            {
                factors.truncate(at);
                return true;
            }
        }
        let Some(last) = factors.last().copied() else { return false };
        let orthogonal = |id: Id| self.properties(id).has(Property::Orthogonal);
        if orthogonal(last) && orthogonal(next) && self.transpose(last) == next {
            factors.pop();
            return true;
        }
        false
    }

    /// The factors of P for P⁻¹ or P⁻ᵀ.
    fn inverted_factors(&mut self, id: Id) -> Option<Vec<Id>> {
        match *self.node(id) {
            Node::Inverse(inner) => Some(self.factors(inner)),
            Node::Transpose(inner) => {
                let Node::Inverse(inner) = *self.node(inner) else { return None };
                let transposed = self.transpose(inner);
                Some(self.factors(transposed))
            }
            _ => None,
        }
    }

    /// diag(v)·diag(w) = diag(v⊙w)
    fn merge_diagonals(&mut self, a: Id, b: Id) -> Option<Id> {
        match (self.node(a), self.node(b)) {
            (Node::Diagonal(v), Node::Diagonal(w)) => {
                let (v, w) = (*v, *w);
                let shape = self.shape(v).clone();
                let product = self.hadamard(&[v, w], &shape);
                Some(self.diagonal(product))
            }
            _ => None,
        }
    }

    /// 1ᵀP = 1ᵀ where each column of P sums to one; P1 = 1 where each row does.
    fn sum_of_simplex(&mut self, a: Id, b: Id) -> Option<Id> {
        let (left, right) = (self.shape(a).clone(), self.shape(b).clone());
        let ones = |id: Id| matches!(self.node(id), Node::Ones(..));
        let row = ones(a) && left.is_row() && self.properties(b).has(Property::Simplex);
        let column = ones(b) && right.is_column() && self.properties(a).has(Property::RowSimplex);
        (row || column).then(|| self.ones(&Shape::matrix(left.rows(), right.columns())))
    }

    /// diag(v)·w = v ⊙ w where what stands to the right is a column, and wᵀ·diag(v) = (v ⊙ w)ᵀ where what stands to the left
    /// is a row.
    fn absorb_diagonals(&mut self, chain: &mut Chain) {
        let is_diagonal = |store: &Self, id: &Id| matches!(store.node(*id), Node::Diagonal(_));
        if chain.factors.len() < 2 {
            return;
        }
        let column = chain.factors.last().is_some_and(|last| self.shape(*last).is_column());
        if column {
            let body = &chain.factors[..chain.factors.len() - 1];
            if let Some(at) = body.iter().rposition(|id| is_diagonal(self, id)) {
                let suffix = self.product(&chain.factors[at + 1..]);
                let absorbed = self.diagonal_times(chain.factors[at], suffix);
                chain.factors.truncate(at);
                self.push_factor(absorbed, chain);
                return self.absorb_diagonals(chain);
            }
        }
        let row = chain.factors.first().is_some_and(|first| self.shape(*first).is_row());
        if row && let Some(at) = chain.factors[1..].iter().position(|id| is_diagonal(self, id)) {
            let rest = chain.factors.split_off(at + 2);
            let diagonal = chain.factors[at + 1];
            let prefix = self.product(&chain.factors[..=at]);
            let column = self.transpose(prefix);
            let absorbed = self.diagonal_times(diagonal, column);
            let absorbed = self.transpose(absorbed);
            chain.factors.clear();
            self.push_factor(absorbed, chain);
            for factor in rest {
                self.push_factor(factor, chain);
            }
            self.absorb_diagonals(chain);
        }
    }

    fn diagonal_times(&mut self, diagonal: Id, column: Id) -> Id {
        let Node::Diagonal(v) = *self.node(diagonal) else {
            return self.product(&[diagonal, column]);
        };
        if self.shape(column).is_scalar() {
            return self.multiply(column, v);
        }
        let (scalar, column) = match self.node(column) {
            Node::Scale { scalar, matrix } => (Some(*scalar), *matrix),
            _ => (None, column),
        };
        let shape = self.shape(v).clone();
        let product = self.hadamard(&[v, column], &shape);
        scalar.map_or(product, |scalar| self.multiply(scalar, product))
    }

    /// Where an inner size is 1 the chain comes apart; a piece that is 1×1 is a scalar: b (aᵀx) = (aᵀx) b.
    fn pull_scalar_segments(&mut self, chain: &mut Chain) {
        let factors = std::mem::take(&mut chain.factors);
        let mut kept: Vec<Id> = Vec::with_capacity(factors.len());
        let mut start = 0;
        let cuts: Vec<usize> = (1..factors.len())
            .filter(|at| self.shape(factors[*at]).rows().is_one())
            .chain(std::iter::once(factors.len()))
            .collect();
        if cuts.len() <= 1 {
            chain.factors = factors;
            return;
        }
        for cut in cuts {
            let segment = &factors[start..cut];
            start = cut;
            let scalar = self.shape(segment[0]).rows().is_one()
                && segment.last().is_some_and(|last| self.shape(*last).columns().is_one());
            if scalar {
                let value = self.finish_chain(segment.to_vec(), &Shape::Scalar);
                chain.scalars.push(value);
            } else {
                kept.extend_from_slice(segment);
            }
        }
        chain.factors = kept;
    }

    /// A chain without scalars → node.
    fn finish_chain(&mut self, factors: Vec<Id>, shape: &Shape) -> Id {
        match factors.as_slice() {
            [] => match shape {
                Shape::Scalar => self.integer(1),
                Shape::Matrix(..) | Shape::Tensor(_) => self.identity(&shape.rows()),
            },
            [factor] => *factor,
            _ if shape.is_scalar() => self.inner_product(factors),
            _ => {
                let id = self.intern(Node::Product(factors.clone().into()), shape.clone());
                self.learn_palindrome(id, &factors);
                id
            }
        }
    }

    /// xᵀ A y as a scalar: 1ᵀ(…) is a total, u⊙v inner products are totals of one entrywise product, and of xᵀAy = yᵀAᵀx the one
    /// with fewer transposes stands.
    fn inner_product(&mut self, factors: Vec<Id>) -> Id {
        let is_ones = |store: &Self, id: &Id| matches!(store.node(*id), Node::Ones(..));
        if factors.first().is_some_and(|first| is_ones(self, first)) {
            let rest = self.product(&factors[1..]);
            return self.total(rest);
        }
        if factors.last().is_some_and(|last| is_ones(self, last)) {
            let rest = self.product(&factors[..factors.len() - 1]);
            return self.total(rest);
        }
        if let [row, column] = factors.as_slice() {
            let (row, column) = (*row, *column);
            let left = self.transpose(row);
            let entrywise = |store: &Self, id: Id| {
                let upright = store.as_transpose(id).unwrap_or(id);
                matches!(store.node(upright), Node::Hadamard(_))
            };
            // An entry is read where it stands.
            let selects = self.as_selection(left).is_some() || self.as_selection(column).is_some();
            if !selects && (entrywise(self, left) || entrywise(self, column)) {
                let shape = self.shape(column).clone();
                let product = self.hadamard(&[left, column], &shape);
                return self.total(product);
            }
        }
        let turned: Vec<Id> = factors.iter().rev().map(|factor| self.transpose(*factor)).collect();
        // A transpose that came apart (of a Kronecker product, say) would no longer be one chain.
        let best =
            if self.chain_order(&turned) < self.chain_order(&factors) { turned } else { factors };
        self.intern(Node::Product(best.into()), Shape::Scalar)
    }

    /// The order that decides between equal chains: fewer transposed matrices, then fewer transposes, then the alphabet, then
    /// a transpose in front (XᵀY, not XYᵀ), then content.
    pub(super) fn chain_order(&self, factors: &[Id]) -> ChainOrder {
        let transposed = factors.iter().filter(|factor| {
            self.as_transpose(**factor).is_some_and(|inner| !self.shape(inner).is_column())
        });
        let signs = factors.iter().filter(|factor| self.as_transpose(**factor).is_some());
        (
            transposed.count(),
            signs.count(),
            factors.iter().map(|factor| self.lead(*factor).cloned()).collect(),
            factors.iter().map(|factor| self.as_transpose(*factor).is_none()).collect(),
            factors.iter().map(|factor| self.hash(*factor)).collect(),
        )
    }

    /// A product that equals its own transpose is symmetric; of the form BᵀB or BᵀSB with S ⪰ 0 it is semidefinite.
    fn learn_palindrome(&mut self, id: Id, factors: &[Id]) {
        const LONGEST: usize = 12;
        if factors.len() > LONGEST || !self.shape(id).is_square() || self.is_symmetric(id) {
            return;
        }
        let (mut low, mut high) = (0, factors.len() - 1);
        while low < high {
            if self.transpose(factors[low]) != factors[high] {
                return;
            }
            low += 1;
            high -= 1;
        }
        let definite = |store: &Self, id: Id| {
            store.properties(id).has(Property::PositiveDefinite)
                || store.properties(id).has(Property::PositiveSemidefinite)
        };
        let fact = match low == high {
            true if definite(self, factors[low]) => Property::PositiveSemidefinite,
            true if self.is_symmetric(factors[low]) => Property::Symmetric,
            true => return,
            false => Property::PositiveSemidefinite,
        };
        let known = self.properties(id).with(fact);
        self.learn(id, known);
    }
}
