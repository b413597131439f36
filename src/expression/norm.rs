//! Values that are divided by their own norm: x/‖x‖ is 0 where x is 0.
//!
//! The norm has no derivative at 0; of its subgradients there, 0 is the one that is meant, as for |x| and the ReLU. So where
//! ∇‖x‖ = x/‖x‖ meets x = 0 (xᵢ − xⱼ in a sum over all i and j, A − Aᵀ of a symmetric A), it is 0, in values and in
//! emitted code. What is divided by a norm and does not vanish with it, as 1/‖x‖, stays infinite.

use num_traits::Signed;

use super::{Id, Node, Power, Store};

/// Expressions nest at most so deep for one to be seen to vanish with another.
const DEEPEST: usize = 8;

impl Store {
    /// The factors of a product that are 0 wherever a norm is 0 that divides the product: x of x/‖x‖.
    pub(crate) fn divided_by_own_norm(&self, id: Id) -> Vec<Id> {
        let (divisors, factors): (&[Power], Vec<Id>) = match self.node(id) {
            Node::Scale { scalar, matrix } => match self.node(*scalar) {
                Node::Hadamard(powers) => (powers, vec![*matrix]),
                _ => return Vec::new(),
            },
            Node::Hadamard(powers) if self.shape(id).is_scalar() => {
                let is_positive = |power: &&Power| {
                    self.as_number(power.exponent).is_some_and(Signed::is_positive)
                };
                (powers, powers.iter().filter(is_positive).map(|power| power.base).collect())
            }
            _ => return Vec::new(),
        };
        let norms: Vec<Id> = divisors.iter().filter_map(|power| self.divisor(power)).collect();
        let vanishes = |factor: &Id| norms.iter().any(|norm| self.vanishes(*factor, *norm, 0));
        factors.into_iter().filter(vanishes).collect()
    }

    /// The x of ‖x‖ to a negative power.
    pub(crate) fn divisor(&self, power: &Power) -> Option<Id> {
        let is_negative = self.as_number(power.exponent).is_some_and(Signed::is_negative);
        match self.node(power.base) {
            Node::Apply { function, arguments } if is_negative => {
                (function.row().name == "norm2").then(|| arguments.first().copied()).flatten()
            }
            _ => None,
        }
    }

    /// Whether a value is seen to be 0 wherever `x` is.
    fn vanishes(&self, value: Id, x: Id, depth: usize) -> bool {
        let (value, x) = (self.bare(value), self.bare(x));
        if value == x {
            return true;
        }
        if depth == DEEPEST {
            return false;
        }
        let inside = |id: Id| self.vanishes(id, x, depth + 1);
        match self.node(value) {
            Node::Sum(terms) => terms.iter().all(|term| inside(term.id)),
            Node::Product(factors) => match self.node(x) {
                Node::Product(part) => {
                    factors.windows(part.len()).any(|window| *window == **part)
                        || self.contains_turned(factors, part)
                }
                _ => factors.iter().any(|factor| inside(*factor)),
            },
            Node::Hadamard(powers) => powers.iter().any(|power| {
                self.as_number(power.exponent).is_some_and(Signed::is_positive)
                    && inside(power.base)
            }),
            Node::Diagonal(a) | Node::DiagonalOf(a) | Node::Total(a) | Node::Trace(a) => inside(*a),
            Node::Kronecker(a, b) => inside(*a) || inside(*b),
            _ => false,
        }
    }

    /// Whether the transpose of a part stands in a product.
    fn contains_turned(&self, factors: &[Id], part: &[Id]) -> bool {
        let turned = |(a, b): (&Id, &Id)| {
            self.as_transpose(*a) == Some(*b)
                || self.as_transpose(*b) == Some(*a)
                || (a == b && self.is_symmetric(*a))
        };
        factors.windows(part.len()).any(|window| window.iter().zip(part.iter().rev()).all(turned))
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
