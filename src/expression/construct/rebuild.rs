//! Any node again, with other operands: the one place that knows which constructor belongs to which operator.

use std::collections::BTreeMap;

use crate::expression::{Id, Node, Power, Properties, Range, Store};
use crate::shape::{Dimension, Name, Shape};

impl Store {
    /// The value of `id` with every operand replaced by `replace(operand)`, of the operand's shape; leaves stay.
    pub fn rebuild(&mut self, id: Id, replace: &mut dyn FnMut(Id) -> Id) -> Id {
        let node = self.node(id).clone();
        if node.is_leaf() {
            return id;
        }
        let shape = self.shape(id).clone();
        self.build(&node, &shape, replace)
    }

    /// Builds an operator, which may come from another store, from operands of this store: `replace` maps the node's operands.
    /// `shape` is the result's. A variable that this store does not have is made without properties.
    pub fn build(&mut self, node: &Node, shape: &Shape, replace: &mut dyn FnMut(Id) -> Id) -> Id {
        match node {
            Node::Number(value) => self.number(value.clone()),
            Node::Size(size) => self.size(size),
            Node::Variable(name) => match self.find_variable(name) {
                Some(id) => id,
                None => self.variable(name, shape.clone(), Properties::NONE),
            },
            Node::Identity(size) => self.identity(size),
            Node::Ones(rows, columns) => self.ones(&Shape::matrix(rows.clone(), columns.clone())),
            Node::Zeros(rows, columns) => self.zeros(&Shape::matrix(rows.clone(), columns.clone())),
            Node::Commutation(rows, columns) => self.commutation(rows, columns),
            Node::Selection(selection) => self.selection(selection),
            Node::Sum(terms) => {
                let terms =
                    terms.iter().map(|term| (term.coefficient.clone(), replace(term.id))).collect();
                self.sum(terms, shape)
            }
            Node::Product(factors) => {
                let factors: Vec<Id> = factors.iter().map(|factor| replace(*factor)).collect();
                self.product(&factors)
            }
            Node::Scale { scalar, matrix } => self.multiply(replace(*scalar), replace(*matrix)),
            Node::Hadamard(powers) => {
                let powers: Vec<Power> = powers
                    .iter()
                    .map(|power| Power {
                        base: replace(power.base),
                        exponent: replace(power.exponent),
                    })
                    .collect();
                self.power_product(&powers, shape)
            }
            Node::Transpose(a) => self.transpose(replace(*a)),
            Node::Inverse(a) => self.inverse(replace(*a)),
            Node::MatrixPower(a, exponent) => self.matrix_power(replace(*a), replace(*exponent)),
            Node::Trace(a) => self.trace(replace(*a)),
            Node::Determinant(a) => self.determinant(replace(*a)),
            Node::Total(a) => self.total(replace(*a)),
            Node::Diagonal(a) => self.diagonal(replace(*a)),
            Node::DiagonalOf(a) => self.diagonal_of(replace(*a)),
            Node::Vectorize(a) => self.vectorize(replace(*a)),
            Node::Kronecker(a, b) => self.kronecker(replace(*a), replace(*b)),
            Node::Family(name) => match self.find_variable(name) {
                Some(id) => id,
                None => {
                    let (from, to) = (Dimension::one(), Dimension::one());
                    let last = Range { index: Name::from(""), from, to };
                    self.declare_family(name, vec![last], shape.clone(), Properties::NONE)
                }
            },
            Node::Element(family, at) => {
                let family = replace(*family);
                self.element_at(family, at)
            }
            Node::SumOver(range, body) => {
                let body = replace(*body);
                self.sum_over(range, body)
            }
            Node::Tensor { operation, operands } => {
                let operands: Vec<Id> = operands.iter().map(|operand| replace(*operand)).collect();
                self.tensor(operation, &operands, shape)
            }
            Node::Apply { function, arguments } => {
                let arguments: Vec<Id> =
                    arguments.iter().map(|argument| replace(*argument)).collect();
                self.apply(*function, &arguments, shape)
            }
        }
    }

    /// The value of `root` with variables (or any nodes) replaced, computed bottom-up without recursion.
    pub fn substitute(&mut self, root: Id, replacements: &[(Id, Id)]) -> Id {
        let mut images: BTreeMap<Id, Id> = replacements.iter().copied().collect();
        for id in self.reachable(&[root]) {
            if images.contains_key(&id) {
                continue;
            }
            let image = self.rebuild(id, &mut |child| images.get(&child).copied().unwrap_or(child));
            images.insert(id, image);
        }
        images.get(&root).copied().unwrap_or(root)
    }
}
