//! The order in which terms and factors are read.
//!
//! The normal form sorts by content hash, which means nothing to a reader. Here: terms by degree, then by the variables in the
//! order in which they were declared; constants last; plain factors before functions of them.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use num_traits::Signed;

use crate::expression::{Id, Node, Store, Term};
use crate::number;
use crate::shape::Name;

/// How many leading variables of a part take part in comparisons.
const WITNESSES: usize = 8;

/// Low bits of a witness tell how the variable stands there: x before xᵀ before x⁻¹.
const MARKS: u32 = 2;
const TRANSPOSED: u32 = 1;
const INVERTED: u32 = 2;

/// What the order needs to know of a part.
#[derive(Clone, Debug, Default)]
struct Profile {
    /// Variables multiplied together; a function of them counts as one.
    degree: u32,
    /// Whether there are sums and products of variables only.
    polynomial: bool,
    /// The first variables in reading order, by rank and mark.
    witnesses: Vec<u32>,
}

/// The reading order of everything below some roots.
#[derive(Debug)]
pub(super) struct ReadingOrder {
    profiles: Vec<Profile>,
}

impl ReadingOrder {
    /// `reachable`: children before parents; `variables` in the order of their declaration.
    pub(super) fn new(store: &Store, reachable: &[Id], variables: &[Name]) -> Self {
        let ranks = ranks(store, reachable, variables);
        let length = reachable.last().map_or(0, |last| last.index() + 1);
        let mut order = Self { profiles: vec![Profile::default(); length] };
        for id in reachable {
            order.profiles[id.index()] = Profile {
                degree: order.degree(store, *id),
                polynomial: order.is_polynomial(store, *id),
                witnesses: order.witnesses(store, *id, &ranks),
            };
        }
        order
    }

    /// The terms of a sum in reading order, signs aside: constants last; polynomials by falling degree.
    pub(super) fn terms(&self, store: &Store, terms: &[Term]) -> Vec<Term> {
        let profile = |term: &Term| &self.profiles[term.id.index()];
        let polynomial = terms.iter().all(|term| profile(term).polynomial);
        let key = |term: &Term| {
            let degree = profile(term).degree;
            (degree == 0, Reverse(if polynomial { degree } else { 0 }))
        };
        let mut terms = terms.to_vec();
        terms.sort_by(|a, b| {
            key(a).cmp(&key(b)).then_with(|| self.compare_content(store, a.id, b.id))
        });
        terms
    }

    /// Factors of an entrywise or scalar product.
    pub(super) fn compare_factors(&self, store: &Store, a: Id, b: Id) -> Ordering {
        let class = |id: Id| factor_class(store, id);
        class(a).cmp(&class(b)).then_with(|| self.compare_content(store, a, b))
    }

    /// By variables, then by structure, then by content.
    fn compare_content(&self, store: &Store, a: Id, b: Id) -> Ordering {
        let witnesses = |id: Id| &self.profiles[id.index()].witnesses;
        let rest = |id: Id| (structure_rank(store.node(id)), store.hash(id), id);
        witnesses(a).cmp(witnesses(b)).then_with(|| rest(a).cmp(&rest(b)))
    }

    fn degree(&self, store: &Store, id: Id) -> u32 {
        let of = |id: &Id| self.profiles[id.index()].degree;
        match store.node(id) {
            Node::Number(_)
            | Node::Size(_)
            | Node::Identity(_)
            | Node::Ones(..)
            | Node::Zeros(..)
            | Node::Commutation(..)
            | Node::Selection(_) => 0,
            Node::Variable(_) | Node::Family(_) | Node::Element(..) => 1,
            Node::Sum(terms) => terms.iter().map(|term| of(&term.id)).max().unwrap_or(0),
            Node::Product(factors) => factors.iter().map(of).fold(0, u32::saturating_add),
            Node::Kronecker(a, b) => of(a).saturating_add(of(b)),
            Node::Hadamard(powers) => powers
                .iter()
                .map(|power| {
                    let times = store
                        .as_number(power.exponent)
                        .and_then(number::to_i64)
                        .and_then(|exponent| u32::try_from(exponent).ok())
                        .map_or(1, |exponent| exponent.max(1));
                    of(&power.base).saturating_mul(times)
                })
                .fold(0, u32::saturating_add),
            Node::Scale { matrix: a, .. }
            | Node::Transpose(a)
            | Node::Trace(a)
            | Node::Total(a)
            | Node::Diagonal(a)
            | Node::DiagonalOf(a)
            | Node::Vectorize(a)
            | Node::SumOver(_, a) => of(a),
            Node::Inverse(a) | Node::Determinant(a) | Node::MatrixPower(a, _) => of(a).min(1),
            Node::Apply { arguments: operands, .. } | Node::Tensor { operands, .. } => {
                operands.iter().map(of).max().unwrap_or(0).min(1)
            }
        }
    }

    fn witnesses_marked(&self, id: Id, mark: u32) -> Vec<u32> {
        self.profiles[id.index()].witnesses.iter().map(|witness| witness ^ mark).collect()
    }

    fn is_polynomial(&self, store: &Store, id: Id) -> bool {
        let mut polynomial = match store.node(id) {
            Node::Inverse(_)
            | Node::MatrixPower(..)
            | Node::Determinant(_)
            | Node::Apply { .. } => false,
            Node::Hadamard(powers) => powers.iter().all(|power| {
                store
                    .as_number(power.exponent)
                    .is_some_and(|value| value.is_integer() && value.is_positive())
            }),
            _ => true,
        };
        store
            .node(id)
            .for_each_child(|child| polynomial &= self.profiles[child.index()].polynomial);
        polynomial
    }

    /// The leading variables of a part, its own operands taken in reading order.
    fn witnesses(&self, store: &Store, id: Id, ranks: &BTreeMap<Name, u32>) -> Vec<u32> {
        let children = match store.node(id) {
            Node::Variable(name) | Node::Family(name) => {
                return ranks.get(name).map(|rank| rank << MARKS).into_iter().collect();
            }
            Node::Transpose(inner) => return self.witnesses_marked(*inner, TRANSPOSED),
            Node::Inverse(inner) => return self.witnesses_marked(*inner, INVERTED),
            Node::Scale { scalar, matrix } => vec![*matrix, *scalar],
            Node::Sum(terms) => self.terms(store, terms).into_iter().map(|term| term.id).collect(),
            Node::Hadamard(powers) => {
                let mut powers = powers.to_vec();
                powers.sort_by(|a, b| self.compare_factors(store, a.base, b.base));
                powers.into_iter().flat_map(|power| [power.base, power.exponent]).collect()
            }
            node => node.children(),
        };
        let mut witnesses = Vec::new();
        for child in children {
            if witnesses.len() >= WITNESSES {
                break;
            }
            witnesses.extend_from_slice(&self.profiles[child.index()].witnesses);
        }
        witnesses.truncate(WITNESSES);
        witnesses
    }
}

/// Declared variables by place, the others after them by name.
fn ranks(store: &Store, reachable: &[Id], variables: &[Name]) -> BTreeMap<Name, u32> {
    let mut ranks: BTreeMap<Name, u32> = BTreeMap::new();
    for name in variables {
        let next = u32::try_from(ranks.len()).unwrap_or(u32::MAX);
        ranks.entry(name.clone()).or_insert(next);
    }
    let mut others: Vec<Name> = Vec::new();
    for id in reachable {
        if let Node::Variable(name) | Node::Family(name) = store.node(*id) {
            others.push(name.clone());
        }
    }
    others.sort();
    for name in others {
        let next = u32::try_from(ranks.len()).unwrap_or(u32::MAX);
        ranks.entry(name).or_insert(next);
    }
    ranks
}

/// Numbers and sizes, then plain values, then functions and sums, then inner products (which stand last without brackets).
fn factor_class(store: &Store, base: Id) -> u8 {
    match store.node(base) {
        Node::Number(_) | Node::Size(_) => 0,
        Node::Variable(_) | Node::Family(_) | Node::Element(..) | Node::Transpose(_) => 1,
        Node::Product(_) if store.shape(base).is_scalar() => 4,
        Node::Product(_) => 2,
        Node::Identity(_)
        | Node::Ones(..)
        | Node::Zeros(..)
        | Node::Commutation(..)
        | Node::Selection(_)
        | Node::Sum(_)
        | Node::Scale { .. }
        | Node::Hadamard(_)
        | Node::Inverse(_)
        | Node::MatrixPower(..)
        | Node::Trace(_)
        | Node::Determinant(_)
        | Node::Total(_)
        | Node::Diagonal(_)
        | Node::DiagonalOf(_)
        | Node::Vectorize(_)
        | Node::Kronecker(..)
        | Node::SumOver(..)
        | Node::Tensor { .. }
        | Node::Apply { .. } => 3,
    }
}

/// Simpler operators first.
fn structure_rank(node: &Node) -> u8 {
    match node {
        Node::Number(_) | Node::Size(_) | Node::Identity(_) => 0,
        Node::Variable(_) | Node::Family(_) | Node::Element(..) => 1,
        Node::Product(_) | Node::Scale { .. } | Node::Hadamard(_) => 2,
        Node::Transpose(_) => 3,
        Node::Inverse(_) | Node::MatrixPower(..) => 4,
        Node::Trace(_) | Node::Determinant(_) | Node::Total(_) => 5,
        Node::Diagonal(_) | Node::DiagonalOf(_) | Node::Vectorize(_) | Node::Kronecker(..) => 6,
        Node::Apply { .. } | Node::SumOver(..) | Node::Tensor { .. } => 7,
        Node::Sum(_) => 8,
        Node::Ones(..) | Node::Zeros(..) | Node::Commutation(..) | Node::Selection(_) => 9,
    }
}
