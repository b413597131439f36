//! What is known of a value beyond its shape.

use num_traits::Signed;

use super::{Id, Node, Power, Store};
use crate::function::Range;
use crate::number;

/// A declared or deduced fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub enum Property {
    /// A = Aᵀ
    Symmetric = 1,
    /// Symmetric with xᵀAx > 0.
    PositiveDefinite = 1 << 1,
    /// Zero off the diagonal.
    Diagonal = 1 << 2,
    /// Zero above the diagonal.
    Lower = 1 << 3,
    /// Zero below the diagonal.
    Upper = 1 << 4,
    /// AᵀA = I
    Orthogonal = 1 << 5,
    /// A⁻¹ exists.
    Invertible = 1 << 6,
    /// Every entry > 0 (a positive scalar, too).
    Positive = 1 << 7,
    /// Entries sum to one (a column vector), each column sums to one (a matrix).
    Simplex = 1 << 8,
    /// Each row sums to one.
    RowSimplex = 1 << 9,
    /// Every entry ≥ 0.
    Nonnegative = 1 << 10,
    /// Symmetric with xᵀAx ≥ 0.
    PositiveSemidefinite = 1 << 11,
    /// A whole number, at least 1.
    Whole = 1 << 12,
}

impl Property {
    /// Whether only square matrices have it.
    pub fn is_of_squares(self) -> bool {
        match self {
            Self::Symmetric
            | Self::PositiveDefinite
            | Self::PositiveSemidefinite
            | Self::Diagonal
            | Self::Lower
            | Self::Upper
            | Self::Orthogonal
            | Self::Invertible => true,
            Self::Positive | Self::Nonnegative | Self::Simplex | Self::RowSimplex | Self::Whole => {
                false
            }
        }
    }
}

/// A set of properties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Properties(u16);

impl Properties {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// The closure of the given facts: SPD is symmetric and invertible, diagonal is symmetric and triangular, and so on.
    pub fn of(facts: &[Property]) -> Self {
        facts.iter().fold(Self::NONE, |set, fact| set.with(*fact))
    }

    /// Whether the fact is known.
    pub fn has(self, fact: Property) -> bool {
        self.0 & fact as u16 != 0
    }

    /// With one more fact and what it implies.
    #[must_use]
    pub fn with(self, fact: Property) -> Self {
        use Property as P;
        let implied: &[P] = match fact {
            P::PositiveDefinite => &[P::Symmetric, P::Invertible, P::PositiveSemidefinite],
            P::PositiveSemidefinite => &[P::Symmetric],
            P::Diagonal => &[P::Symmetric, P::Lower, P::Upper],
            P::Orthogonal => &[P::Invertible],
            P::Positive | P::Simplex | P::RowSimplex => &[P::Nonnegative],
            P::Whole => &[P::Positive, P::Nonnegative],
            P::Symmetric | P::Lower | P::Upper | P::Invertible | P::Nonnegative => &[],
        };
        implied.iter().fold(Self(self.0 | fact as u16), |set, fact| Self(set.0 | *fact as u16))
    }

    /// The facts in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The facts in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// What follows for a node from what is known of its operands. Facts that need other nodes to be built (a product that equals its
/// own transpose) are added by the constructors.
#[allow(clippy::too_many_lines)] // One arm an operator.
pub(super) fn deduce(store: &Store, node: &Node) -> Properties {
    use Property as P;
    let of = |id: Id| store.properties(id);
    let all = |mut ids: &mut dyn Iterator<Item = Id>, fact: P| {
        Iterator::all(&mut ids, |id| of(id).has(fact))
    };
    let mut known = Properties::NONE;
    match node {
        Node::Number(value) => {
            if value.is_positive() {
                known = known.with(P::Positive);
            }
        }
        Node::Size(_) | Node::Ones(..) => known = known.with(P::Positive),
        Node::Identity(_) => {
            known =
                Properties::of(&[P::Diagonal, P::PositiveDefinite, P::Orthogonal, P::Nonnegative]);
        }
        Node::Zeros(rows, columns) => {
            known = if rows == columns {
                known.with(P::Diagonal).with(P::Nonnegative)
            } else {
                known.with(P::Nonnegative)
            };
        }
        Node::Commutation(..) => known = Properties::of(&[P::Orthogonal, P::Nonnegative]),
        Node::Selection(_) => known = known.with(P::Nonnegative),
        Node::SumOver(_, body) => {
            for fact in [
                P::Symmetric,
                P::Diagonal,
                P::Lower,
                P::Upper,
                P::Nonnegative,
                P::PositiveSemidefinite,
            ] {
                if of(*body).has(fact) {
                    known = known.with(fact);
                }
            }
        }
        Node::Tensor { .. } => {}
        Node::Element(family, _) => known = of(*family),
        Node::Variable(_)
        | Node::Family(_)
        | Node::Trace(_)
        | Node::Determinant(_)
        | Node::MatrixPower(..) => {}
        Node::Sum(terms) => {
            for fact in [P::Symmetric, P::Diagonal, P::Lower, P::Upper] {
                if all(&mut terms.iter().map(|term| term.id), fact) {
                    known = known.with(fact);
                }
            }
            if terms.iter().all(|term| term.coefficient.is_positive()) {
                for fact in [P::Positive, P::Nonnegative] {
                    if all(&mut terms.iter().map(|term| term.id), fact) {
                        known = known.with(fact);
                    }
                }
                let semidefinite =
                    |id: Id| of(id).has(P::PositiveDefinite) || of(id).has(P::PositiveSemidefinite);
                if terms.iter().all(|term| semidefinite(term.id)) {
                    known = known.with(P::PositiveSemidefinite);
                    if terms.iter().any(|term| of(term.id).has(P::PositiveDefinite)) {
                        known = known.with(P::PositiveDefinite);
                    }
                }
            }
        }
        Node::Scale { scalar, matrix } => {
            for fact in [P::Symmetric, P::Diagonal, P::Lower, P::Upper] {
                if of(*matrix).has(fact) {
                    known = known.with(fact);
                }
            }
            if of(*scalar).has(P::Positive) {
                for fact in [P::Positive, P::PositiveDefinite, P::PositiveSemidefinite] {
                    if of(*matrix).has(fact) {
                        known = known.with(fact);
                    }
                }
            }
        }
        Node::Product(factors) => {
            for fact in
                [P::Lower, P::Upper, P::Diagonal, P::Orthogonal, P::Invertible, P::Nonnegative]
            {
                if all(&mut factors.iter().copied(), fact) {
                    known = known.with(fact);
                }
            }
        }
        Node::Hadamard(powers) => {
            if all(&mut powers.iter().map(|power| power.base), P::Positive) {
                known = known.with(P::Positive);
            }
            let even = |power: &Power| {
                matches!(store.node(power.exponent), Node::Number(n)
                    if number::to_i64(n).is_some_and(|n| n % 2 == 0))
            };
            if powers.iter().all(|power| even(power) || of(power.base).has(P::Nonnegative)) {
                known = known.with(P::Nonnegative);
            }
            if all(&mut powers.iter().map(|power| power.base), P::Symmetric) {
                known = known.with(P::Symmetric);
            }
        }
        Node::Transpose(a) => {
            for fact in [P::Orthogonal, P::Invertible, P::Positive, P::Nonnegative] {
                if of(*a).has(fact) {
                    known = known.with(fact);
                }
            }
            for (fact, turned) in [
                (P::Lower, P::Upper),
                (P::Upper, P::Lower),
                (P::Simplex, P::RowSimplex),
                (P::RowSimplex, P::Simplex),
            ] {
                if of(*a).has(fact) {
                    known = known.with(turned);
                }
            }
        }
        Node::Inverse(a) => {
            known = known.with(P::Invertible);
            for fact in
                [P::Symmetric, P::PositiveDefinite, P::Diagonal, P::Lower, P::Upper, P::Orthogonal]
            {
                if of(*a).has(fact) {
                    known = known.with(fact);
                }
            }
        }
        Node::Kronecker(a, b) => {
            for fact in [
                P::Symmetric,
                P::PositiveDefinite,
                P::Diagonal,
                P::Orthogonal,
                P::Invertible,
                P::Positive,
            ] {
                if of(*a).has(fact) && of(*b).has(fact) {
                    known = known.with(fact);
                }
            }
            let semidefinite =
                |id: Id| of(id).has(P::PositiveDefinite) || of(id).has(P::PositiveSemidefinite);
            if semidefinite(*a) && semidefinite(*b) {
                known = known.with(P::PositiveSemidefinite);
            }
        }
        Node::Diagonal(a) => {
            known = known.with(P::Diagonal);
            if of(*a).has(P::Positive) {
                known = known.with(P::PositiveDefinite);
            }
        }
        Node::Total(a) | Node::DiagonalOf(a) | Node::Vectorize(a) => {
            for fact in [P::Positive, P::Nonnegative] {
                if of(*a).has(fact) {
                    known = known.with(fact);
                }
            }
        }
        Node::Apply { function, arguments } => {
            let triangle = match function.row().name {
                "tril" => Some(P::Lower),
                "triu" => Some(P::Upper),
                _ => None,
            };
            let every = |fact: P| all(&mut arguments.iter().copied(), fact);
            known = match function.row().range {
                Range::Symmetric if every(P::Symmetric) => known.with(P::Symmetric),
                Range::Definite if every(P::PositiveDefinite) => known.with(P::PositiveDefinite),
                Range::Definite if every(P::Symmetric) => known.with(P::Symmetric),
                Range::Semidefinite => known.with(P::PositiveSemidefinite),
                Range::Lower => known.with(P::Lower),
                Range::Factor => known.with(P::Lower).with(P::Invertible),
                Range::Orthogonal => known.with(P::Orthogonal),
                Range::Real | Range::Symmetric | Range::Definite => known,
                Range::Nonnegative | Range::Mask => known.with(P::Nonnegative),
                Range::Positive => known.with(P::Positive),
                Range::Simplex => known.with(P::Positive).with(P::Simplex),
            };
            if function.is_entrywise() && all(&mut arguments.iter().copied(), P::Symmetric) {
                known = known.with(P::Symmetric);
            }
            known = triangle.map_or(known, |triangle| known.with(triangle));
        }
    }
    known
}
