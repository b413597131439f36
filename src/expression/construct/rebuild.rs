//! Any node again, with other operands: the one place that knows which constructor belongs to which operator.

use crate::expression::{Id, Node, Power, Store};

impl Store {
    /// The value of `id` with every operand replaced by `replace(operand)`; leaves stay. Shapes of operands must not change,
    /// except that all of them may be transposed or resized consistently.
    pub fn rebuild(&mut self, id: Id, replace: &mut dyn FnMut(&mut Self, Id) -> Id) -> Id {
        let shape = self.shape(id).clone();
        match self.node(id).clone() {
            Node::Number(_)
            | Node::Size(_)
            | Node::Variable(_)
            | Node::Identity(_)
            | Node::Ones(..)
            | Node::Zeros(..)
            | Node::Commutation(..) => id,
            Node::Sum(terms) => {
                let terms =
                    terms.iter().map(|t| (t.coefficient.clone(), replace(self, t.id))).collect();
                self.sum(terms, &shape)
            }
            Node::Product(factors) => {
                let factors: Vec<Id> =
                    factors.iter().map(|factor| replace(self, *factor)).collect();
                self.product(&factors)
            }
            Node::Scale { scalar, matrix } => {
                let (scalar, matrix) = (replace(self, scalar), replace(self, matrix));
                self.multiply(scalar, matrix)
            }
            Node::Hadamard(powers) => {
                let powers: Vec<Power> = powers
                    .iter()
                    .map(|p| Power {
                        base: replace(self, p.base),
                        exponent: replace(self, p.exponent),
                    })
                    .collect();
                self.power_product(&powers, &shape)
            }
            Node::Transpose(a) => {
                let a = replace(self, a);
                self.transpose(a)
            }
            Node::Inverse(a) => {
                let a = replace(self, a);
                self.inverse(a)
            }
            Node::MatrixPower(a, exponent) => {
                let (a, exponent) = (replace(self, a), replace(self, exponent));
                self.matrix_power(a, exponent)
            }
            Node::Trace(a) => {
                let a = replace(self, a);
                self.trace(a)
            }
            Node::Determinant(a) => {
                let a = replace(self, a);
                self.determinant(a)
            }
            Node::Total(a) => {
                let a = replace(self, a);
                self.total(a)
            }
            Node::Diagonal(a) => {
                let a = replace(self, a);
                self.diagonal(a)
            }
            Node::DiagonalOf(a) => {
                let a = replace(self, a);
                self.diagonal_of(a)
            }
            Node::Vectorize(a) => {
                let a = replace(self, a);
                self.vectorize(a)
            }
            Node::Kronecker(a, b) => {
                let (a, b) = (replace(self, a), replace(self, b));
                self.kronecker(a, b)
            }
            Node::Apply { function, arguments } => {
                let arguments: Vec<Id> =
                    arguments.iter().map(|argument| replace(self, *argument)).collect();
                self.apply(function, &arguments, &shape)
            }
        }
    }

    /// The value of `root` with variables (or any nodes) replaced, computed bottom-up without recursion.
    pub fn substitute(&mut self, root: Id, replacements: &[(Id, Id)]) -> Id {
        let order = self.reachable(&[root]);
        let mut images: std::collections::BTreeMap<Id, Id> = replacements.iter().copied().collect();
        for id in order {
            if images.contains_key(&id) {
                continue;
            }
            let image =
                self.rebuild(id, &mut |_, child| images.get(&child).copied().unwrap_or(child));
            images.insert(id, image);
        }
        images.get(&root).copied().unwrap_or(root)
    }
}
