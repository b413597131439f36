//! Masks: values whose entries are 0 or 1. In an entrywise product they choose: an entry that is not chosen is 0, whatever the other
//! factors are, so that `where(x > 0, log(x), 0)` is 0 where the logarithm does not exist. A mask of sizes and indices alone, as
//! [l ≤ L − 1], is known before the other factors are: where it is 0 they need not exist, as h[l+1] for the last l does not.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{Signed, Zero};

use super::{Id, Node, Power, Store};
use crate::function::{self, Range};
use crate::number::{self, Rational};
use crate::shape::{Dimension, Shape};

/// Masks, and what they do not choose.
pub(crate) const COMPLEMENTS: [(&str, &str); 2] =
    [("step", "nonpositive"), ("is_zero", "is_nonzero")];

impl Store {
    /// Whether every entry of the node is 0 or 1, by what is known of its operands.
    pub(super) fn makes_mask(&self, node: &Node) -> bool {
        match node {
            Node::Apply { function, .. } => function.row().range == Range::Mask,
            Node::Transpose(a) => self.is_mask(*a),
            Node::Hadamard(powers) => powers.iter().all(|power| self.chooses(*power)),
            _ => false,
        }
    }

    /// Whether a factor of an entrywise product chooses among the entries of the others.
    pub fn chooses(&self, power: Power) -> bool {
        let is_positive = self.as_number(power.exponent).is_some_and(Signed::is_positive);
        is_positive && self.is_mask(power.base)
    }

    /// What a comparison does not choose: [x ≤ 0] of [x > 0].
    pub(super) fn complement(&mut self, id: Id) -> Option<Id> {
        let Node::Apply { function, arguments } = self.node(id).clone() else { return None };
        let name = function.row().name;
        let other = COMPLEMENTS.iter().find_map(|(one, other)| match name {
            _ if name == *one => Some(*other),
            _ if name == *other => Some(*one),
            _ => None,
        })?;
        let shape = self.shape(id).clone();
        Some(self.apply(function::find(other)?, &arguments, &shape))
    }

    /// Whether a mask of sizes and indices alone is a factor, and 0 where these have the numbers.
    pub fn is_excluded(&self, id: Id, number: &dyn Fn(&Dimension) -> Option<i64>) -> bool {
        let masks = match self.node(id) {
            Node::Scale { scalar, .. } => self.masks(*scalar),
            Node::Hadamard(_) => self.masks(id),
            _ => return false,
        };
        masks.into_iter().any(|mask| self.is_condition(mask) && !self.holds(mask, number))
    }

    /// The conditions on sizes and indices that are factors of a value, and the rest of it.
    pub(crate) fn under_conditions(&mut self, id: Id) -> Option<(Vec<Id>, Id)> {
        let masks = match self.node(id) {
            Node::Scale { scalar, .. } => self.masks(*scalar),
            Node::Hadamard(_) => self.masks(id),
            _ => Vec::new(),
        };
        let conditions: Vec<Id> = masks.into_iter().filter(|it| self.is_condition(*it)).collect();
        if conditions.is_empty() {
            return None;
        }
        let is_condition = |power: &Power| conditions.contains(&power.base);
        let rest = match self.node(id).clone() {
            Node::Scale { scalar, matrix } => match self.node(scalar).clone() {
                Node::Hadamard(powers) => {
                    let left: Vec<Power> =
                        powers.iter().filter(|power| !is_condition(power)).copied().collect();
                    let scalar = self.power_product(&left, &Shape::Scalar);
                    self.multiply(scalar, matrix)
                }
                _ => matrix,
            },
            Node::Hadamard(powers) => {
                let left: Vec<Power> =
                    powers.iter().filter(|power| !is_condition(power)).copied().collect();
                let shape = self.shape(id).clone();
                self.power_product(&left, &shape)
            }
            _ => return None,
        };
        Some((conditions, rest))
    }

    /// The elements and parts that a value is computed from under conditions on sizes and indices only: at some places they need not
    /// exist.
    pub(crate) fn conditional(&self, roots: &[Id]) -> BTreeSet<Id> {
        let mut always = BTreeSet::new();
        let mut open = roots.to_vec();
        while let Some(id) = open.pop() {
            let masks = match self.node(id) {
                Node::Scale { scalar, .. } => self.masks(*scalar),
                Node::Hadamard(_) => self.masks(id),
                _ => Vec::new(),
            };
            if always.insert(id) && !masks.into_iter().any(|mask| self.is_condition(mask)) {
                open.extend(self.node(id).children());
            }
        }
        let is_place = |id: &Id| matches!(self.node(*id), Node::Element(..) | Node::Selection(_));
        let all = self.reachable(roots).into_iter().filter(is_place);
        all.filter(|id| !always.contains(id)).collect()
    }

    /// What is not negative where a condition holds; none where it is no comparison.
    pub(crate) fn said_by(&self, condition: Id) -> Option<Vec<Dimension>> {
        let Node::Apply { function, arguments } = self.node(condition) else { return None };
        let size = self.as_size(*arguments.first()?)?;
        let turned = Dimension::constant(0).minus(&size);
        Some(match function.row().name {
            "step" => vec![size.minus(&Dimension::one())],
            "nonpositive" => vec![turned],
            "is_zero" => vec![size, turned],
            _ => return None,
        })
    }

    /// A sum of products of sizes with whole coefficients as a size.
    pub(crate) fn as_size(&self, root: Id) -> Option<Dimension> {
        let mut values: BTreeMap<Id, Dimension> = BTreeMap::new();
        for id in self.reachable(&[root]) {
            let value = match self.node(id) {
                Node::Number(value) => Dimension::constant(number::to_i64(value)?),
                Node::Size(size) => size.clone(),
                Node::Sum(terms) => {
                    let mut sum = Dimension::constant(0);
                    for term in terms {
                        let by = Dimension::constant(number::to_i64(&term.coefficient)?);
                        sum = sum.plus(&by.times(values.get(&term.id)?));
                    }
                    sum
                }
                _ => return None,
            };
            values.insert(id, value);
        }
        values.remove(&root)
    }

    /// Whether a mask speaks of sizes and indices alone.
    pub fn is_condition(&self, mask: Id) -> bool {
        self.shape(mask).is_scalar()
            && self.lead(mask).is_none()
            && matches!(self.node(mask), Node::Apply { .. })
    }

    /// Whether a comparison of sizes and indices holds; also where that cannot be told.
    fn holds(&self, mask: Id, number: &dyn Fn(&Dimension) -> Option<i64>) -> bool {
        let Node::Apply { function, arguments } = self.node(mask) else { return true };
        let [argument] = &**arguments else { return true };
        let Some(value) = self.number_of_sizes(*argument, number) else { return true };
        match function.row().name {
            "step" => value.is_positive(),
            "nonpositive" => !value.is_positive(),
            "is_zero" => value.is_zero(),
            "is_nonzero" => !value.is_zero(),
            _ => true,
        }
    }

    /// The number that sums and products of sizes have; none of anything else.
    fn number_of_sizes(
        &self,
        root: Id,
        number: &dyn Fn(&Dimension) -> Option<i64>,
    ) -> Option<Rational> {
        let mut values: BTreeMap<Id, Rational> = BTreeMap::new();
        for id in self.reachable(&[root]) {
            let value = match self.node(id) {
                Node::Number(value) => value.clone(),
                Node::Size(size) => number::integer(number(size)?),
                Node::Sum(terms) => terms
                    .iter()
                    .fold(number::zero(), |sum, term| sum + &term.coefficient * &values[&term.id]),
                Node::Hadamard(powers) => {
                    let mut product = number::one();
                    for power in powers {
                        let exponent = number::to_i64(values.get(&power.exponent)?)?;
                        let exponent = u32::try_from(exponent).ok().filter(|it| *it <= 8)?;
                        for _ in 0..exponent {
                            product *= &values[&power.base];
                        }
                    }
                    product
                }
                _ => return None,
            };
            values.insert(id, value);
        }
        values.remove(&root)
    }

    /// The masks that are factors of a value.
    pub fn masks(&self, id: Id) -> Vec<Id> {
        match self.node(id) {
            Node::Hadamard(powers) => {
                let masks = powers.iter().filter(|power| self.chooses(**power));
                masks.map(|power| power.base).collect()
            }
            _ if self.is_mask(id) => vec![id],
            _ => Vec::new(),
        }
    }
}
