//! What must hold for a solution to be the only one: reduced from what was divided by or inverted to what a reader would check.

use num_traits::{One, Signed};

use crate::expression::{Id, Node, Power, Property, Store};
use crate::number::Rational;

/// A condition of which structure does not show whether it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The scalar, vector or matrix is not zero.
    NotZero(Id),
    /// No entry is zero.
    NoZeroEntry(Id),
    /// The matrix is invertible.
    Invertible(Id),
    /// The value has what is declared of the unknown.
    Has(Id, Property),
}

impl Condition {
    /// What it is said of.
    pub fn value(self) -> Id {
        match self {
            Self::NotZero(id) | Self::NoZeroEntry(id) | Self::Invertible(id) | Self::Has(id, _) => {
                id
            }
        }
    }

    /// What is demanded of the value, in words.
    pub fn demand(self) -> &'static str {
        match self {
            Self::NotZero(_) => "is not 0",
            Self::NoZeroEntry(_) => "has no entry 0",
            Self::Invertible(_) | Self::Has(_, Property::Invertible) => "is invertible",
            Self::Has(_, Property::PositiveDefinite) => "is positive definite",
            Self::Has(_, Property::PositiveSemidefinite) => "is positive semidefinite",
            Self::Has(_, Property::Positive) => "is positive",
            Self::Has(_, Property::Nonnegative) => "is not negative",
            Self::Has(_, Property::Symmetric) => "is symmetric",
            Self::Has(_, Property::Diagonal) => "is diagonal",
            Self::Has(_, Property::Lower) => "is lower triangular",
            Self::Has(_, Property::Upper) => "is upper triangular",
            Self::Has(_, Property::Orthogonal) => "is orthogonal",
            Self::Has(_, Property::Simplex) => "has columns on the simplex",
            Self::Has(_, Property::RowSimplex) => "has rows on the simplex",
            Self::Has(_, Property::Whole) => "is a whole number",
        }
    }

    /// The same condition on another value.
    #[must_use]
    pub(super) fn on(self, id: Id) -> Self {
        match self {
            Self::NotZero(_) => Self::NotZero(id),
            Self::NoZeroEntry(_) => Self::NoZeroEntry(id),
            Self::Invertible(_) => Self::Invertible(id),
            Self::Has(_, property) => Self::Has(id, property),
        }
    }
}

/// Conditions collected on the way to a solution.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    /// What is not known to hold.
    pub(super) open: Vec<Condition>,
    /// Matrices that were inverted and are known to be invertible.
    pub(super) known: Vec<Id>,
}

impl Conditions {
    /// Those of dividing by a scalar or inverting a square matrix.
    pub(super) fn of_inverting(store: &mut Store, id: Id) -> Self {
        let mut conditions = Self::default();
        conditions.require(store, Condition::Invertible(id));
        conditions
    }

    /// Those of dividing entrywise.
    pub(super) fn of_dividing(store: &mut Store, id: Id) -> Self {
        let mut conditions = Self::default();
        conditions.require(store, Condition::NoZeroEntry(id));
        conditions
    }

    /// Adds a condition, reduced to those of its parts: c·A·B is invertible where c is not 0 and A and B are invertible.
    pub(super) fn require(&mut self, store: &mut Store, condition: Condition) {
        let mut waiting = vec![condition];
        while let Some(condition) = waiting.pop() {
            match reduced(store, condition) {
                Reduced::Holds => {}
                Reduced::Known(id) if self.known.contains(&id) => {}
                Reduced::Known(id) => self.known.push(id),
                Reduced::To(parts) => waiting.extend(parts.into_iter().rev()),
                Reduced::Open(open) if self.open.contains(&open) => {}
                Reduced::Open(open) => self.open.push(open),
            }
        }
        // What is positive definite is invertible, what is positive is not 0.
        let stronger: Vec<Id> = self
            .open
            .iter()
            .filter_map(|open| match open {
                Condition::Has(id, Property::PositiveDefinite | Property::Positive) => Some(*id),
                _ => None,
            })
            .collect();
        self.open.retain(|open| match open {
            Condition::Invertible(id) | Condition::NotZero(id) | Condition::NoZeroEntry(id) => {
                !stronger.contains(id)
            }
            Condition::Has(..) => true,
        });
    }

    pub(super) fn extend(&mut self, other: Self) {
        for open in other.open {
            if !self.open.contains(&open) {
                self.open.push(open);
            }
        }
        for known in other.known {
            if !self.known.contains(&known) {
                self.known.push(known);
            }
        }
    }
}

enum Reduced {
    Holds,
    /// An invertible matrix, worth mentioning.
    Known(Id),
    To(Vec<Condition>),
    Open(Condition),
}

fn reduced(store: &mut Store, condition: Condition) -> Reduced {
    let (coefficient, core) = store.split_coefficient(condition.value());
    let found = match condition {
        Condition::Has(id, fact) => return has(store, id, fact),
        Condition::Invertible(_) | Condition::NoZeroEntry(_) if store.shape(core).is_scalar() => {
            return Reduced::To(vec![Condition::NotZero(core)]);
        }
        Condition::Invertible(_) => invertible(store, core),
        Condition::NoZeroEntry(_) => without_zero(store, core),
        Condition::NotZero(_) => nonzero(store, core),
    };
    match found {
        // A difference keeps its direction: Xᵀ(I − 11ᵀ/N)X.
        Reduced::Open(open) if coefficient.is_negative() && holds_difference(store, core) => {
            let value = store.scale_by(&-coefficient.recip(), condition.value());
            Reduced::Open(open.on(value))
        }
        found => found,
    }
}

/// Whether a sum of terms of both signs stands in a value.
fn holds_difference(store: &Store, id: Id) -> bool {
    store.reachable(&[id]).into_iter().any(|id| match store.node(id) {
        Node::Sum(terms) => {
            terms.iter().any(|term| term.coefficient.is_negative())
                && terms.iter().any(|term| term.coefficient.is_positive())
        }
        _ => false,
    })
}

/// A positive multiple has what its matrix has, and an inverse what is inverted.
fn has(store: &mut Store, id: Id, fact: Property) -> Reduced {
    use Property::{Nonnegative, Orthogonal, Positive, RowSimplex, Simplex};
    if store.properties(id).has(fact) {
        return Reduced::Holds;
    }
    let facts = store.properties(id);
    if fact == Positive && store.shape(id).is_scalar() && facts.has(Nonnegative) {
        return Reduced::To(vec![Condition::NotZero(id)]);
    }
    if fact == Property::PositiveDefinite && facts.has(Property::PositiveSemidefinite) {
        return Reduced::To(vec![Condition::Invertible(id)]);
    }
    let keeps_multiples = !matches!(fact, Orthogonal | Simplex | RowSimplex);
    let keeps_inverses = !matches!(fact, Positive | Nonnegative | Simplex | RowSimplex);
    let (coefficient, core) = store.split_coefficient(id);
    if core != id && coefficient.is_positive() && keeps_multiples {
        return Reduced::To(vec![Condition::Has(core, fact)]);
    }
    match store.node(id).clone() {
        Node::Inverse(inner) if keeps_inverses => Reduced::To(vec![Condition::Has(inner, fact)]),
        Node::Scale { scalar, matrix } if is_positive(store, scalar) && keeps_multiples => {
            Reduced::To(vec![Condition::Has(matrix, fact)])
        }
        Node::Hadamard(powers) if store.shape(id).is_scalar() && fact == Property::Positive => {
            let open: Vec<Power> =
                powers.iter().filter(|power| !is_positive(store, power.base)).copied().collect();
            match open.as_slice() {
                [Power { base, exponent }]
                    if store.as_number(*exponent).is_some_and(|one| one.abs().is_one()) =>
                {
                    Reduced::To(vec![Condition::Has(*base, fact)])
                }
                _ => Reduced::Open(Condition::Has(id, fact)),
            }
        }
        _ => Reduced::Open(Condition::Has(id, fact)),
    }
}

fn invertible(store: &Store, id: Id) -> Reduced {
    use Property::{Invertible, Orthogonal, PositiveDefinite};
    let each = |ids: &[Id]| Reduced::To(ids.iter().map(|id| Condition::Invertible(*id)).collect());
    let is_square = |id: &Id| store.shape(*id).is_square();
    let facts = store.properties(id);
    match store.node(id) {
        // An inverse stands in the equation already.
        Node::Identity(_) | Node::Commutation(..) | Node::Inverse(_) => Reduced::Holds,
        Node::Scale { scalar, matrix } => {
            Reduced::To(vec![Condition::NotZero(*scalar), Condition::Invertible(*matrix)])
        }
        Node::Transpose(inner) | Node::MatrixPower(inner, _) => each(&[*inner]),
        Node::Product(factors) if factors.iter().all(is_square) => each(factors),
        Node::Kronecker(a, b) if is_square(a) && is_square(b) => each(&[*a, *b]),
        Node::Diagonal(entries) => Reduced::To(vec![Condition::NoZeroEntry(*entries)]),
        Node::Apply { function, .. } if function.row().name == "expm" => Reduced::Holds,
        _ if [PositiveDefinite, Invertible, Orthogonal].iter().any(|fact| facts.has(*fact)) => {
            Reduced::Known(id)
        }
        _ => Reduced::Open(Condition::Invertible(id)),
    }
}

fn without_zero(store: &Store, id: Id) -> Reduced {
    if store.properties(id).has(Property::Positive) {
        return Reduced::Holds;
    }
    match store.node(id) {
        Node::Ones(..) => Reduced::Holds,
        Node::Scale { scalar, matrix } => {
            Reduced::To(vec![Condition::NotZero(*scalar), Condition::NoZeroEntry(*matrix)])
        }
        Node::Transpose(inner) | Node::Vectorize(inner) => {
            Reduced::To(vec![Condition::NoZeroEntry(*inner)])
        }
        Node::Hadamard(powers) => Reduced::To(of_bases(store, powers, Condition::NoZeroEntry)),
        Node::Apply { function, arguments } if vanishes_with_argument(function.row().name) => {
            Reduced::To(vec![Condition::NoZeroEntry(arguments[0])])
        }
        _ => Reduced::Open(Condition::NoZeroEntry(id)),
    }
}

fn nonzero(store: &mut Store, id: Id) -> Reduced {
    if is_positive(store, id) {
        return Reduced::Holds;
    }
    if !store.shape(id).is_scalar() {
        return Reduced::Open(Condition::NotZero(id));
    }
    match store.node(id).clone() {
        Node::Number(value) if !num_traits::Zero::is_zero(&value) => Reduced::Holds,
        Node::Hadamard(powers) => Reduced::To(of_bases(store, &powers, Condition::NotZero)),
        Node::Determinant(matrix) => Reduced::To(vec![Condition::Invertible(matrix)]),
        Node::Apply { function, arguments }
            if vanishes_with_argument(function.row().name) || is_norm(function.row().name) =>
        {
            Reduced::To(vec![Condition::NotZero(arguments[0])])
        }
        // xᵀx
        Node::Product(factors) if factors.len() == 2 => {
            let turned = store.transpose(factors[0]);
            if turned == factors[1] {
                return Reduced::To(vec![Condition::NotZero(turned)]);
            }
            Reduced::Open(Condition::NotZero(id))
        }
        Node::Sum(terms) => match common_factors(store, &terms_of(&terms)) {
            Some((factors, rest)) => {
                let mut parts: Vec<Condition> =
                    factors.into_iter().map(Condition::NotZero).collect();
                parts.push(Condition::NotZero(rest));
                Reduced::To(parts)
            }
            None => Reduced::Open(Condition::NotZero(id)),
        },
        _ => Reduced::Open(Condition::NotZero(id)),
    }
}

/// Whether a scalar is more than 0: a sum of what is not negative with something positive in it, too.
pub(super) fn is_positive(store: &Store, id: Id) -> bool {
    let facts = |id: Id| store.properties(id);
    if facts(id).has(Property::Positive) {
        return true;
    }
    let terms = match store.node(id) {
        Node::Sum(terms) => terms,
        // 1..N has at least one value.
        Node::SumOver(range, body) => {
            return range.length().as_symbol().is_some() && is_positive(store, *body);
        }
        _ => return false,
    };
    terms
        .iter()
        .all(|term| term.coefficient.is_positive() && facts(term.id).has(Property::Nonnegative))
        && terms.iter().any(|term| facts(term.id).has(Property::Positive))
}

/// Functions that are zero where their argument is, and nowhere else.
fn vanishes_with_argument(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "abs", "sign", "sinh", "tanh", "arcsin", "arctan", "arcsinh", "arctanh", "expm1", "log1p",
        "erf",
    ];
    NAMES.contains(&name)
}

fn is_norm(name: &str) -> bool {
    matches!(name, "norm1" | "norm2" | "norm_nuc" | "norm_spec")
}

/// Of a product of powers: its bases; what is divided by is not zero where the equation has a meaning.
fn of_bases(store: &Store, powers: &[Power], condition: fn(Id) -> Condition) -> Vec<Condition> {
    let divides =
        |power: &Power| store.as_number(power.exponent).is_some_and(Rational::is_negative);
    powers.iter().filter(|power| !divides(power)).map(|power| condition(power.base)).collect()
}

fn terms_of(terms: &[crate::expression::Term]) -> Vec<(Rational, Id)> {
    terms.iter().map(|term| (term.coefficient.clone(), term.id)).collect()
}

/// The bases that all terms share, and the sum without their powers: c and a + b of ac + bc.
fn common_factors(store: &mut Store, terms: &[(Rational, Id)]) -> Option<(Vec<Id>, Id)> {
    let (_, first) = terms.first()?;
    let mut common: Vec<(Id, Rational)> = Vec::new();
    for power in store.powers(*first) {
        if let Some(exponent) = store.as_number(power.exponent)
            && exponent.is_positive()
        {
            common.push((power.base, exponent.clone()));
        }
    }
    for (_, id) in &terms[1..] {
        let powers = store.powers(*id);
        common.retain_mut(|(base, least)| {
            let same = powers.iter().find(|power| power.base == *base);
            let exponent = same.and_then(|power| store.as_number(power.exponent));
            let Some(exponent) = exponent.filter(|exponent| exponent.is_positive()) else {
                return false;
            };
            if exponent < least {
                *least = exponent.clone();
            }
            true
        });
    }
    if common.is_empty() || common.iter().any(|(base, _)| store.as_number(*base).is_some()) {
        return None;
    }
    let mut rest = Vec::with_capacity(terms.len());
    for (coefficient, id) in terms {
        let mut factors = vec![*id];
        for (base, exponent) in &common {
            factors.push(store.power_of(*base, &-exponent));
        }
        rest.push((coefficient.clone(), store.product(&factors)));
    }
    let rest = store.sum(rest, &crate::shape::Shape::Scalar);
    Some((common.into_iter().map(|(base, _)| base).collect(), rest))
}
