//! Expressions to e-nodes and back. N-ary sums and products become right-leaning binary ones; the constructors flatten them again.

use std::collections::BTreeMap;

use egg::{Id, RecExpr};

use super::language::{ENode, Graph, Op, Results, operator_of};
use crate::expression::{self, Node, Power, Store};
use crate::number::{self, Rational};
use crate::shape::Shape;

/// Adds e-nodes, dropping what is zero or a factor 1 on the way.
pub(super) struct Builder<'a> {
    pub(super) graph: &'a mut Graph,
}

impl Builder<'_> {
    /// A leaf of the expression store.
    pub(super) fn leaf(&mut self, id: expression::Id) -> Id {
        self.graph.add(ENode { op: Op::Leaf(id), children: Vec::new() })
    }

    fn number(&mut self, value: &Rational) -> Id {
        let id = self.graph.analysis.store.number(value.clone());
        self.leaf(id)
    }

    fn zeros(&mut self, shape: &Shape) -> Id {
        let id = self.graph.analysis.store.zeros(shape);
        self.leaf(id)
    }

    pub(super) fn shape(&self, id: Id) -> Shape {
        self.graph[id].data.shape.clone()
    }

    fn is_zero(&self, id: Id) -> bool {
        self.graph[id].data.zero
    }

    fn number_of(&self, id: Id) -> Option<Rational> {
        self.graph[id].data.number.clone()
    }

    fn is_one(&self, id: Id) -> bool {
        self.number_of(id).is_some_and(|value| value == number::one())
    }

    fn node(&mut self, op: Op, children: &[Id]) -> Id {
        self.graph.add(ENode { op, children: children.to_vec() })
    }

    /// An operator applied to classes; `shape` is the result's, for what vanishes.
    pub(super) fn apply(&mut self, op: Op, children: &[Id], shape: &Shape) -> Id {
        let numbers: Vec<Option<Rational>> =
            children.iter().map(|child| self.number_of(*child)).collect();
        match (op, children) {
            (Op::Add, [a, b]) => match (self.is_zero(*a), self.is_zero(*b), numbers.as_slice()) {
                (true, _, _) => *b,
                (_, true, _) => *a,
                (_, _, [Some(x), Some(y)]) => self.number(&(x + y)),
                _ => self.node(op, children),
            },
            (Op::Multiply | Op::Scale | Op::Hadamard, [a, b]) => {
                if self.is_zero(*a) || self.is_zero(*b) {
                    return self.zeros(shape);
                }
                if self.is_one(*a) {
                    return *b;
                }
                if self.is_one(*b) {
                    return *a;
                }
                if let [Some(x), Some(y)] = numbers.as_slice() {
                    return self.number(&(x * y));
                }
                self.product(op, *a, *b)
            }
            (Op::Power, [base, exponent]) if self.is_one(*exponent) => *base,
            (Op::Differential, [a]) if !self.graph[*a].data.varies => self.zeros(shape),
            (Op::Transpose | Op::Trace | Op::Total | Op::Diagonal | Op::DiagonalOf, [a])
                if self.shape(*a).is_scalar() =>
            {
                *a
            }
            (Op::Pairing, [a, b]) if self.is_zero(*a) || self.is_zero(*b) => {
                self.zeros(&Shape::Scalar)
            }
            (
                Op::Transpose
                | Op::Trace
                | Op::Total
                | Op::Diagonal
                | Op::DiagonalOf
                | Op::Vectorize,
                [a],
            ) if self.is_zero(*a) => self.zeros(shape),
            _ => self.node(op, children),
        }
    }

    /// Which of the three products it is follows from the shapes: one spelling for each.
    fn product(&mut self, op: Op, a: Id, b: Id) -> Id {
        match (self.shape(a).is_scalar(), self.shape(b).is_scalar()) {
            (true, true) => self.node(Op::Hadamard, &[a, b]),
            (true, false) => self.node(Op::Scale, &[a, b]),
            (false, true) => self.node(Op::Scale, &[b, a]),
            (false, false) => self.node(op, &[a, b]),
        }
    }

    /// One node of an expression whose operands are classes already.
    pub(super) fn build(
        &mut self,
        node: &Node,
        shape: &Shape,
        image: &dyn Fn(expression::Id) -> Id,
    ) -> Id {
        let Some(op) = operator_of(node) else {
            let id = self.graph.analysis.store.build(node, shape, &mut |child| child);
            return self.whole(id);
        };
        match node {
            Node::Sum(terms) => {
                let terms: Vec<Id> = terms
                    .iter()
                    .map(|term| self.multiple(&term.coefficient, image(term.id)))
                    .collect();
                self.chain(Op::Add, &terms, shape)
            }
            Node::Product(factors) => {
                let factors: Vec<Id> = factors.iter().map(|factor| image(*factor)).collect();
                self.matrix_chain(&factors)
            }
            Node::Hadamard(powers) => {
                let powers: Vec<Id> = powers
                    .iter()
                    .map(|Power { base, exponent }| {
                        self.apply(Op::Power, &[image(*base), image(*exponent)], shape)
                    })
                    .collect();
                self.chain(Op::Hadamard, &powers, shape)
            }
            Node::Apply { function, arguments } => {
                let children: Vec<Id> = arguments.iter().map(|argument| image(*argument)).collect();
                let shapes = children.iter().map(|child| self.shape(*child)).collect();
                self.graph.analysis.results.insert((*function, shapes), shape.clone());
                self.node(op, &children)
            }
            _ => {
                let children: Vec<Id> = node.children().into_iter().map(image).collect();
                self.apply(op, &children, shape)
            }
        }
    }

    /// c·Y
    pub(super) fn multiple(&mut self, coefficient: &Rational, id: Id) -> Id {
        let coefficient = self.number(coefficient);
        let shape = self.shape(id);
        self.apply(Op::Scale, &[coefficient, id], &shape)
    }

    fn chain(&mut self, op: Op, items: &[Id], shape: &Shape) -> Id {
        let mut items = items.iter().rev().copied();
        let Some(last) = items.next() else { return self.zeros(shape) };
        items.fold(last, |rest, item| self.apply(op, &[item, rest], shape))
    }

    /// A₁(A₂(…)), scalars first.
    fn matrix_chain(&mut self, factors: &[Id]) -> Id {
        let mut items = factors.iter().rev().copied();
        let Some(last) = items.next() else { return self.zeros(&Shape::Scalar) };
        items.fold(last, |rest, item| {
            let (a, b) = (self.shape(item), self.shape(rest));
            let shape = match (a.is_scalar(), b.is_scalar()) {
                (true, _) => b,
                (_, true) => a,
                _ => Shape::matrix(a.rows(), b.columns()),
            };
            self.apply(Op::Multiply, &[item, rest], &shape)
        })
    }

    /// A whole expression of the graph's own store.
    pub(super) fn whole(&mut self, root: expression::Id) -> Id {
        let order = self.graph.analysis.store.reachable(&[root]);
        let mut images: BTreeMap<expression::Id, Id> = BTreeMap::new();
        for id in order {
            let node = self.graph.analysis.store.node(id).clone();
            let class = if operator_of(&node).is_none() {
                self.leaf(id)
            } else {
                let shape = self.graph.analysis.store.shape(id).clone();
                self.build(&node, &shape, &|child| images[&child])
            };
            images.insert(id, class);
        }
        images[&root]
    }
}

/// An extracted term as an expression in normal form; `None` where it still holds a differential or a pairing.
pub(super) fn expression_of(
    term: &RecExpr<ENode>,
    results: &Results,
    store: &mut Store,
) -> Option<expression::Id> {
    let mut images: Vec<expression::Id> = Vec::with_capacity(term.len());
    for node in term {
        let image = match node.op {
            Op::Leaf(id) => id,
            op => {
                let operands: Vec<expression::Id> =
                    node.children.iter().map(|child| images[usize::from(*child)]).collect();
                applied(op, &operands, results, store)?
            }
        };
        images.push(image);
    }
    images.last().copied()
}

/// An operator of expressions in normal form; `None` of what no expression is: a leaf's own node, a differential, a pairing.
pub(super) fn applied(
    op: Op,
    operands: &[expression::Id],
    results: &Results,
    store: &mut Store,
) -> Option<expression::Id> {
    Some(match (op, operands) {
        (Op::Add, _) => store.add(operands),
        (Op::Multiply | Op::Scale, [a, b]) => store.multiply(*a, *b),
        (Op::Hadamard, [a, _]) => {
            let shape = store.shape(*a).clone();
            store.hadamard(operands, &shape)
        }
        (Op::Power, [a, exponent]) => store.power(*a, *exponent),
        (Op::MatrixPower, [a, exponent]) => store.matrix_power(*a, *exponent),
        (Op::Kronecker, [a, b]) => store.kronecker(*a, *b),
        (Op::Transpose, [a]) => store.transpose(*a),
        (Op::Inverse, [a]) => store.inverse(*a),
        (Op::Trace, [a]) => store.trace(*a),
        (Op::Determinant, [a]) => store.determinant(*a),
        (Op::Total, [a]) => store.total(*a),
        (Op::Diagonal, [a]) => store.diagonal(*a),
        (Op::DiagonalOf, [a]) => store.diagonal_of(*a),
        (Op::Vectorize, [a]) => store.vectorize(*a),
        (Op::Apply(function), [first, ..]) => {
            let shapes: Vec<Shape> = operands.iter().map(|id| store.shape(*id).clone()).collect();
            let shape = match results.get(&(function, shapes)) {
                Some(shape) => shape.clone(),
                None if function.is_entrywise() => store.shape(*first).clone(),
                None => return None,
            };
            store.apply(function, operands, &shape)
        }
        _ => return None,
    })
}
