//! What a reader pays for an expression: variable occurrences first, then operators.

use crate::expression::{Id, Node, Store};

/// Occurrences and operators of an expression written out as a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Cost {
    /// How often variables occur.
    pub occurrences: f64,
    /// How many operator signs there are.
    pub operators: f64,
}

/// A node that would take more than this to write out counts as this much: below, tree cost is what a reader sees; above, the part is
/// shared and named anyway, and adding up copies of it would drown every difference.
const SHARED: f64 = 400.0;

/// Tree costs, remembered by node.
#[derive(Clone, Debug, Default)]
pub struct Costs {
    known: Vec<Cost>,
}

impl Costs {
    /// The cost of `id`.
    pub fn of(&mut self, store: &Store, id: Id) -> Cost {
        while self.known.len() <= id.index() {
            let next = store.nth(self.known.len());
            let cost = self.sum_of_operands(store, next);
            self.known.push(cost);
        }
        self.known[id.index()]
    }

    #[allow(clippy::cast_precision_loss)]
    fn sum_of_operands(&self, store: &Store, id: Id) -> Cost {
        let node = store.node(id);
        let mut cost = Cost { occurrences: 0.0, operators: own_operators(store, node) };
        node.for_each_child(|child| {
            let child = self.known[child.index()];
            cost.occurrences += child.occurrences.min(SHARED);
            cost.operators += child.operators.min(SHARED);
        });
        if let Node::Hadamard(powers) = node {
            // x.^2 is written x once; exponents count as one sign.
            cost.operators +=
                powers.iter().filter(|power| !store.is_one(power.exponent)).count() as f64;
        }
        if matches!(node, Node::Variable(_) | Node::Family(_)) {
            cost.occurrences = 1.0;
        }
        cost
    }
}

/// The signs that the operator itself takes.
#[allow(clippy::cast_precision_loss)]
fn own_operators(store: &Store, node: &Node) -> f64 {
    match node {
        Node::Number(_) | Node::Size(_) => 0.1,
        Node::Variable(_) | Node::Family(_) | Node::Element(..) => 0.0,
        // A constant that only says how many: `1 − x` for ones(n) − x.
        Node::Ones(..) => 0.0,
        Node::Identity(_) | Node::Zeros(..) | Node::Commutation(..) | Node::Selection(_) => 1.0,
        // −A
        Node::Sum(terms) if terms.len() == 1 => 0.5,
        Node::Sum(terms) => {
            let coefficients = terms.iter().filter(|term| {
                !num_traits::One::is_one(&num_traits::Signed::abs(&term.coefficient))
                    && !store.is_one(term.id)
            });
            terms.len() as f64 - 1.0 + 0.5 * coefficients.count() as f64
        }
        Node::Product(factors) => factors.len() as f64 - 1.0,
        Node::Hadamard(powers) => powers.len() as f64 - 1.0,
        Node::Scale { .. } | Node::Transpose(_) => 1.0,
        Node::Inverse(_)
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
        | Node::Apply { .. } => 1.5,
    }
}
