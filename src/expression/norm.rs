//! Values that are divided by what is 0 where they are: x/‖x‖ is 0 where x is 0.
//!
//! The norm has no derivative at 0; of its subgradients there, 0 is the one that is meant, as for |x| and the ReLU. So where
//! ∇‖x‖ = x/‖x‖ meets x = 0 (xᵢ − xⱼ in a sum over all i and j, A − Aᵀ of a symmetric A), it is 0, in values and in
//! emitted code; and so is the derivative of √(xᵀx), which is the same, and of √relu(x), entry by entry, where the ReLU is flat. What is
//! divided by a norm and does not vanish with it, as 1/‖x‖, stays infinite.

use num_traits::Signed;

use super::{Id, Node, Power, Property, Store};
use crate::function::FunctionId;
use crate::number;

/// Expressions nest at most so deep for one to be seen to vanish with another.
const DEEPEST: usize = 8;

/// A factor that is 0 wherever a divisor of the same product is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnZero {
    /// The place of the divisor among the powers.
    pub(crate) divisor: usize,
    /// The factor.
    pub(crate) factor: Id,
    /// Whether that is so for each entry by itself; otherwise the divisor is 0 where all entries of the factor are.
    pub(crate) entrywise: bool,
}

/// Where a divisor is 0.
enum Vanishing {
    /// Where the product of these matrices is.
    Chain(Vec<Id>),
    /// Where the entrywise product of these is.
    Entries(Vec<Id>),
}

impl Store {
    /// The factors of a product that are 0 wherever something is 0 that divides the product: x of x/‖x‖.
    pub(crate) fn own_zeros(&self, id: Id) -> Vec<OwnZero> {
        let (divisors, factors): (&[Power], Vec<Id>) = match self.node(id) {
            Node::Scale { scalar, matrix } => match self.node(*scalar) {
                Node::Hadamard(powers) => (powers, vec![*matrix]),
                _ => return Vec::new(),
            },
            Node::Hadamard(powers) => {
                let positive = powers.iter().filter(|power| self.is_positive(**power));
                (powers, positive.map(|power| power.base).collect())
            }
            _ => return Vec::new(),
        };
        let mut found = Vec::new();
        for (divisor, power) in divisors.iter().enumerate().filter(|(_, it)| self.divides(**it)) {
            let zeros =
                if self.shape(power.base).is_scalar() { self.zeros_of(*power) } else { Vec::new() };
            for factor in &factors {
                if zeros.iter().any(|zero| self.vanishes(*factor, zero, 0)) {
                    found.push(OwnZero { divisor, factor: *factor, entrywise: false });
                } else if self.is_flat_with(*factor, power.base) {
                    found.push(OwnZero { divisor, factor: *factor, entrywise: true });
                }
            }
        }
        found
    }

    fn is_positive(&self, power: Power) -> bool {
        self.as_number(power.exponent).is_some_and(Signed::is_positive)
    }

    fn divides(&self, power: Power) -> bool {
        self.as_number(power.exponent).is_some_and(Signed::is_negative)
    }

    /// Where a scalar is 0 that is a norm, or whose root is one: ‖x‖, and under a root xᵀx, tr(AᵀA), Σ(x ⊙ y).², and sums of such.
    fn zeros_of(&self, power: Power) -> Vec<Vanishing> {
        if let Node::Apply { function, arguments } = self.node(power.base)
            && function.row().name == "norm2"
        {
            return arguments.iter().map(|x| self.zero_with(self.bare(*x))).collect();
        }
        // 1/xᵀx is a pole, and no derivative of a norm.
        let is_root = self.as_number(power.exponent).is_some_and(|value| !value.is_integer());
        if !is_root {
            return Vec::new();
        }
        match self.node(power.base) {
            Node::Sum(terms) if terms.iter().all(|term| term.coefficient.is_positive()) => {
                terms.iter().filter_map(|term| self.zero_of_square(term.id)).collect()
            }
            _ => self.zero_of_square(power.base).into_iter().collect(),
        }
    }

    fn zero_with(&self, x: Id) -> Vanishing {
        match self.node(x) {
            Node::Hadamard(powers) => {
                let positive = powers.iter().filter(|power| self.is_positive(**power));
                Vanishing::Entries(positive.map(|power| power.base).collect())
            }
            _ => Vanishing::Chain(self.factors(x)),
        }
    }

    /// Where xᵀx, xᵀSx with S ≻ 0, tr(AᵀA) or a sum of even powers is 0.
    fn zero_of_square(&self, id: Id) -> Option<Vanishing> {
        let factors = match self.node(id) {
            Node::Product(factors) => factors,
            Node::Trace(a) => match self.node(*a) {
                Node::Product(factors) => factors,
                _ => return None,
            },
            Node::Total(a) => {
                let Node::Hadamard(powers) = self.node(*a) else { return None };
                let is_even = |power: &Power| {
                    let whole = self.as_number(power.exponent).and_then(number::to_i64);
                    whole.is_some_and(|exponent| exponent % 2 == 0)
                };
                let bases = powers.iter().filter(|power| self.is_positive(**power));
                let bases = bases.map(|power| power.base).collect();
                return powers.iter().all(is_even).then_some(Vanishing::Entries(bases));
            }
            _ => return None,
        };
        let half = factors.len() / 2;
        let (left, right) = (&factors[..half], &factors[factors.len() - half..]);
        let middle = &factors[half..factors.len() - half];
        let is_definite = |id: &Id| self.properties(*id).has(Property::PositiveDefinite);
        (half > 0 && self.is_turned(left, right) && middle.iter().all(is_definite))
            .then(|| Vanishing::Chain(right.to_vec()))
    }

    /// Whether a function is the derivative of another one that is flat where it is 0: step of relu, sign of abs.
    fn is_flat_with(&self, slope: Id, value: Id) -> bool {
        let parts = |id: Id| match self.node(self.bare(id)) {
            Node::Apply { function, arguments } => Some((*function, arguments)),
            _ => None,
        };
        let (Some((slope, at)), Some((function, of))) = (parts(slope), parts(value)) else {
            return false;
        };
        at == of && FunctionId::is_flat_at_zeros(function, slope)
    }

    /// Whether a value is seen to be 0 wherever `zero` says.
    fn vanishes(&self, value: Id, zero: &Vanishing, depth: usize) -> bool {
        let value = self.bare(value);
        let (Vanishing::Chain(whole) | Vanishing::Entries(whole)) = zero;
        if *whole == [value] || depth == DEEPEST {
            return *whole == [value];
        }
        let inside = |id: Id| self.vanishes(id, zero, depth + 1);
        match (self.node(value), zero) {
            (Node::Sum(terms), _) => terms.iter().all(|term| inside(term.id)),
            (Node::Product(factors), Vanishing::Chain(part)) => {
                factors
                    .windows(part.len())
                    .any(|window| window == part || self.is_turned(window, part))
                    || part.len() == 1 && factors.iter().any(|factor| inside(*factor))
            }
            (Node::Hadamard(powers), _) => {
                let positive = || powers.iter().filter(|power| self.is_positive(**power));
                positive().any(|power| inside(power.base))
                    || matches!(zero, Vanishing::Entries(bases)
                        if bases.iter().all(|base| positive().any(|power| power.base == *base)))
            }
            (Node::Diagonal(a) | Node::DiagonalOf(a) | Node::Total(a) | Node::Trace(a), _) => {
                inside(*a)
            }
            (Node::Kronecker(a, b), _) => inside(*a) || inside(*b),
            _ => false,
        }
    }

    /// Whether a product of matrices is the transpose of another one.
    fn is_turned(&self, window: &[Id], part: &[Id]) -> bool {
        let turned = |(a, b): (&Id, &Id)| {
            self.as_transpose(*a) == Some(*b)
                || self.as_transpose(*b) == Some(*a)
                || (a == b && self.is_symmetric(*a))
        };
        window.len() == part.len() && window.iter().zip(part.iter().rev()).all(turned)
    }

    /// Without the factors, transposes and vecs around it, which leave a zero a zero.
    fn bare(&self, id: Id) -> Id {
        let mut bare = id;
        loop {
            bare = match self.node(bare) {
                Node::Sum(terms) if terms.len() == 1 => terms[0].id,
                Node::Scale { matrix, .. } => *matrix,
                Node::Transpose(a) | Node::Vectorize(a) => *a,
                _ => return bare,
            };
        }
    }
}
