//! What is known of a value beyond its shape.

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
            P::PositiveDefinite => &[P::Symmetric, P::Invertible],
            P::Diagonal => &[P::Symmetric, P::Lower, P::Upper],
            P::Orthogonal => &[P::Invertible],
            P::Positive | P::Simplex | P::RowSimplex => &[P::Nonnegative],
            P::Symmetric | P::Lower | P::Upper | P::Invertible | P::Nonnegative => &[],
        };
        implied.iter().fold(Self(self.0 | fact as u16), |set, fact| Self(set.0 | *fact as u16))
    }

    /// The facts in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
