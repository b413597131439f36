//! Masks: values whose entries are 0 or 1. In an entrywise product they choose: an entry that is not chosen is 0, whatever the other
//! factors are, so that `where(x > 0, log(x), 0)` is 0 where the logarithm does not exist.

use num_traits::Signed;

use super::{Id, Node, Power, Store};
use crate::function::{self, Range};

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
