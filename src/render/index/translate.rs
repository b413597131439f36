//! Expressions → formulas for their entries.
//!
//! What has no formula in indices (inverses, functions of whole arrays, Kronecker products) is an entry of a value in matrix
//! notation. Recursion is bounded: the layout names every part that nests deeper than its limit.

use super::Indexed;
use super::contract::sum_over;
use super::formula::{Base, Factors, Formula, Index, product};
use crate::expression::{Id, Node, Power, TensorOperation, Term, four};
use crate::number;
use crate::render::Document;
use crate::shape::{Dimension, Shape};

/// An entry: an index for each dimension, those of a matrix its row and its column; none along a dimension of 1. Of a scalar
/// nothing.
type At = Vec<Option<Index>>;

/// A direction dX whose entry stands for the derivative by that entry of X.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) direction: Id,
    pub(super) at: At,
}

/// What turns nodes into formulas.
pub(super) struct Translator<'a> {
    document: &'a Document<'a>,
    ranges: Vec<Dimension>,
    probe: Option<Probe>,
    /// Whether a value in matrix notation holds the probed direction.
    hidden: bool,
}

impl<'a> Translator<'a> {
    pub(super) fn new(document: &'a Document<'a>) -> Self {
        Self { document, ranges: Vec::new(), probe: None, hidden: false }
    }

    /// The entry of the node at fresh indices.
    pub(super) fn entry_of(mut self, id: Id) -> Indexed {
        let at = self.fresh_entry(id);
        let formula = self.written_out(id, &at);
        self.indexed(id, formula, &at, &[])
    }

    /// The derivative by an entry of X of an entry of a map that is linear in dX; none when dX stands where no entry can be taken.
    pub(super) fn partial_of(mut self, map: Id, direction: Id) -> Option<Indexed> {
        let at = self.fresh_entry(map);
        let by = self.fresh_entry(direction);
        self.probe = Some(Probe { direction, at: by.clone() });
        let formula = self.written_out(map, &at);
        (!self.hidden).then(|| self.indexed(map, formula, &at, &by))
    }

    fn indexed(
        self,
        root: Id,
        formula: Formula,
        of: &[Option<Index>],
        by: &[Option<Index>],
    ) -> Indexed {
        Indexed { root, formula, of: present(of), by: present(by), ranges: self.ranges }
    }

    fn shape(&self, id: Id) -> &Shape {
        self.document.store.shape(id)
    }

    /// A new index; none for a range of 1.
    fn fresh(&mut self, range: &Dimension) -> Option<Index> {
        if range.is_one() {
            return None;
        }
        self.ranges.push(range.clone());
        Some(Index(self.ranges.len() - 1))
    }

    fn fresh_entry(&mut self, id: Id) -> At {
        self.shape(id).dimensions().iter().map(|range| self.fresh(range)).collect()
    }

    /// The entry of a node, by its name where it has one.
    fn entry(&mut self, id: Id, at: &[Option<Index>]) -> Formula {
        match self.document.layout.name(id) {
            Some(_) => self.value(id, at),
            None => self.written_out(id, at),
        }
    }

    /// The entry of a value in matrix notation.
    fn value(&mut self, id: Id, at: &[Option<Index>]) -> Formula {
        if let Some(probe) = &self.probe
            && self.document.store.reachable(&[id]).contains(&probe.direction)
        {
            self.hidden = true;
        }
        Formula::of(Base::Value { id, at: present(at) })
    }

    fn written_out(&mut self, id: Id, at: &[Option<Index>]) -> Formula {
        if let Some(probe) = self.probe.as_ref().filter(|probe| probe.direction == id) {
            return probed(&probe.at, at);
        }
        let document = self.document;
        match document.store.node(id) {
            Node::Number(value) => Formula::number(value.clone()),
            Node::Size(size) => Formula::of(Base::Size(size.clone())),
            Node::Identity(_) => delta(row(at), column(at)),
            Node::Ones(..) => Formula::one(),
            Node::Zeros(..) => Formula::number(number::zero()),
            Node::Sum(terms) => self.sum(terms, at),
            Node::Product(factors) => self.chain(factors, at),
            Node::Scale { scalar, matrix } => {
                let parts = vec![self.entry(*scalar, &[]), self.entry(*matrix, at)];
                product(number::one(), parts)
            }
            Node::Hadamard(powers) => self.entrywise(powers, at),
            Node::Transpose(a) => self.entry(*a, &[column(at), row(at)]),
            Node::Trace(a) => {
                let index = self.fresh(&self.shape(*a).rows());
                self.total(*a, &[index, index])
            }
            Node::Total(a) => {
                let at = self.fresh_entry(*a);
                self.total(*a, &at)
            }
            Node::Diagonal(a) => {
                let parts = vec![delta(row(at), column(at)), self.entry(*a, &[row(at), None])];
                product(number::one(), parts)
            }
            Node::DiagonalOf(a) => self.entry(*a, &[row(at), row(at)]),
            Node::SumOver(range, body) => {
                let body = self.entry(*body, at);
                Formula::of(Base::Steps((**range).clone(), body))
            }
            Node::Apply { function, arguments } => match &**arguments {
                [argument] if function.is_entrywise() => {
                    let inner = self.entry(*argument, at);
                    Formula::of(Base::Function(*function, inner))
                }
                _ => self.value(id, at),
            },
            Node::Tensor { operation, operands } => self.tensor(id, operation, operands, at),
            Node::Variable(_)
            | Node::Family(_)
            | Node::Element(..)
            | Node::Commutation(..)
            | Node::Selection(_)
            | Node::Inverse(_)
            | Node::MatrixPower(..)
            | Node::Determinant(_)
            | Node::Vectorize(_)
            | Node::Kronecker(..) => self.value(id, at),
        }
    }

    /// Images are height × width × channels × batch; what is missing is 1.
    fn tensor(
        &mut self,
        id: Id,
        operation: &TensorOperation,
        operands: &[Id],
        at: &[Option<Index>],
    ) -> Formula {
        let store = self.document.store;
        if store.is_zero(id) {
            return Formula::number(number::zero());
        }
        if store.is_ones(id) {
            return Formula::one();
        }
        let [i, j, c, n] = std::array::from_fn(|side| at.get(side).copied().flatten());
        match operation {
            TensorOperation::Swap => self.entry_in(operands[0], [i, j, n, c]),
            TensorOperation::Channels(_) => self.entry_in(operands[0], [c, None, None, None]),
            TensorOperation::ChannelSums => {
                let sides = four(&self.shape(operands[0]).dimensions());
                let mut place = sides.each_ref().map(|side| self.fresh(side));
                place[2] = row(at);
                let entry = self.entry_in(operands[0], place);
                let summed = [place[0], place[1], place[3]].into_iter().flatten().collect();
                self.sum_of(summed, vec![entry])
            }
            TensorOperation::Correlate
            | TensorOperation::Turn
            | TensorOperation::Pad(_)
            | TensorOperation::Crop(_)
            | TensorOperation::Interleave(_)
            | TensorOperation::Subsample(_)
            | TensorOperation::Reshape(_)
            | TensorOperation::MaxPool(_)
            | TensorOperation::MaxScatter(_)
            | TensorOperation::MaxGather(_)
            | TensorOperation::AveragePool(_)
            | TensorOperation::AverageSpread(_) => self.value(id, at),
        }
    }

    /// The entry of an image, with as many indices as it has dimensions.
    fn entry_in(&mut self, id: Id, at: [Option<Index>; 4]) -> Formula {
        let rank = self.shape(id).dimensions().len();
        self.entry(id, &at[..rank.min(4)])
    }

    /// Σ cᵢ Tᵢ in reading order.
    fn sum(&mut self, terms: &[Term], at: &[Option<Index>]) -> Formula {
        let document = self.document;
        let mut sum = Formula { terms: Vec::new() };
        for term in document.order.terms(document.store, terms) {
            let entry = self.entry(term.id, at).times_number(&term.coefficient);
            sum.terms.extend(entry.terms);
        }
        sum
    }

    /// (A B C)_ij = Σ_kl A_ik B_kl C_lj
    fn chain(&mut self, factors: &[Id], at: &[Option<Index>]) -> Formula {
        let mut summed = Vec::new();
        let mut parts = Vec::with_capacity(factors.len());
        let backward = self.reads_backward(factors);
        let mut row = row(at);
        for (place, factor) in factors.iter().enumerate() {
            let next = if place + 1 == factors.len() {
                column(at)
            } else {
                let columns = self.shape(*factor).columns();
                self.fresh(&columns)
            };
            if place + 1 < factors.len() {
                summed.extend(next);
            }
            let turned = backward && self.document.store.is_symmetric(*factor);
            let entry = if turned { [next, row] } else { [row, next] };
            parts.push(self.entry(*factor, &entry));
            row = next;
        }
        if backward {
            parts.reverse();
        }
        self.sum_of(summed, parts)
    }

    /// Whether Aᵀb reads better as bᵀA, Σ_i b_i A_ij, and AᵀBᵀ as BA: with fewer entries whose indices are turned.
    fn reads_backward(&self, factors: &[Id]) -> bool {
        let store = self.document.store;
        let is_matrix = |id: &&Id| !store.shape(**id).is_row() && !store.shape(**id).is_column();
        let matrices = || factors.iter().filter(is_matrix);
        let transposed = |id: &&Id| matches!(store.node(**id), Node::Transpose(_));
        let plain = |id: &&Id| !transposed(id) && !store.is_symmetric(**id);
        let (turned, plain) =
            (matrices().filter(transposed).count(), matrices().filter(plain).count());
        let column = factors.last().is_some_and(|last| store.shape(*last).is_column());
        let row = factors.first().is_some_and(|first| store.shape(*first).is_row());
        if column && !row { turned > plain } else { turned > 0 && plain == 0 }
    }

    /// The sum of the entries over both indices.
    fn total(&mut self, a: Id, at: &[Option<Index>]) -> Formula {
        let entry = self.entry(a, at);
        let mut summed = present(at);
        summed.dedup();
        self.sum_of(summed, vec![entry])
    }

    fn sum_of(&self, summed: Vec<Index>, parts: Vec<Formula>) -> Formula {
        if summed.is_empty() {
            return product(number::one(), parts);
        }
        let mut factors = Factors { coefficient: number::one(), factors: Vec::new() };
        for part in parts {
            factors.push(part);
        }
        sum_over(summed, factors, &self.ranges)
    }

    /// Π aᵢ^pᵢ
    fn entrywise(&mut self, powers: &[Power], at: &[Option<Index>]) -> Formula {
        let document = self.document;
        let mut powers = powers.to_vec();
        powers.sort_by(|a, b| document.order.compare_factors(document.store, a.base, b.base));
        let mut parts = Vec::with_capacity(powers.len());
        for power in powers {
            let exponent = self.entry(power.exponent, &[]);
            parts.push(self.entry(power.base, at).raised(exponent));
        }
        product(number::one(), parts)
    }
}

/// The indices that are there.
fn present(at: &[Option<Index>]) -> Vec<Index> {
    at.iter().copied().flatten().collect()
}

fn row(at: &[Option<Index>]) -> Option<Index> {
    at.first().copied().flatten()
}

fn column(at: &[Option<Index>]) -> Option<Index> {
    at.get(1).copied().flatten()
}

/// δ_ij; 1 for equal indices, and where there is one row or column only.
fn delta(i: Option<Index>, j: Option<Index>) -> Formula {
    match (i, j) {
        (Some(i), Some(j)) if i != j => Formula::of(Base::Delta(i, j)),
        _ => Formula::one(),
    }
}

/// ∂X_ij/∂X_kl = δ_ik δ_jl
fn probed(by: &[Option<Index>], at: &[Option<Index>]) -> Formula {
    let deltas = at.iter().zip(by).map(|(i, k)| delta(*i, *k));
    product(number::one(), deltas.collect())
}
