//! E-nodes: binary operators over leaves of the expression store, the differential `d`, and the pairing ⟨G, Y⟩ = tr(GᵀY).

use std::collections::BTreeMap;
use std::fmt;

use egg::{Analysis, DidMerge, EGraph, Id, Language, Rewrite};

use super::worth::{self, Worth};
use crate::evaluate::Point;
use crate::expression::{self, Node, Store};
use crate::function::FunctionId;
use crate::kernel::Dual;
use crate::number::Rational;
use crate::shape::{Dimension, Shape};
use crate::source::Fault;

/// The operator of an e-node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Op {
    /// A node of the store without operands: variable, number, identity, ones, zeros.
    Leaf(expression::Id),
    Add,
    Multiply,
    Scale,
    Hadamard,
    Power,
    Transpose,
    Inverse,
    MatrixPower,
    Trace,
    Determinant,
    Total,
    Diagonal,
    DiagonalOf,
    Vectorize,
    Kronecker,
    Apply(FunctionId),
    /// d(Y)
    Differential,
    /// ⟨G, Y⟩
    Pairing,
}

/// An e-node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ENode {
    pub(super) op: Op,
    pub(super) children: Vec<Id>,
}

impl Language for ENode {
    type Discriminant = Op;

    fn discriminant(&self) -> Op {
        self.op
    }

    fn matches(&self, other: &Self) -> bool {
        self.op == other.op && self.children.len() == other.children.len()
    }

    fn children(&self) -> &[Id] {
        &self.children
    }

    fn children_mut(&mut self) -> &mut [Id] {
        &mut self.children
    }
}

impl fmt::Display for ENode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.op)
    }
}

/// What is known of a class.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// The shape of every member.
    pub(super) shape: Shape,
    /// Whether every member contains d of the variable.
    pub(super) moving: bool,
    /// Whether the value depends on the variable.
    pub(super) varies: bool,
    /// The number, when it is one.
    pub(super) number: Option<Rational>,
    /// Whether it is zero by construction.
    pub(super) zero: bool,
    /// What every member is at the point, where that can be said.
    pub(super) worth: Option<Worth>,
}

/// Shapes of results by function and arguments' shapes.
pub(super) type Results = BTreeMap<(FunctionId, Vec<Shape>), Shape>;

/// Facts by class. A merge of classes of different shapes, or of different numbers at the point, is an unsound rule: the store
/// remembers it as a fault, and there is no certificate.
#[derive(Clone, Debug)]
pub(super) struct Semantics {
    pub(super) store: Store,
    pub(super) variable: expression::Id,
    /// Where classes are compared; `None` when the question has no value anywhere it was tried.
    pub(super) point: Option<Point<Dual<f64>>>,
    /// The result's shape of each function of whole arrays that occurs, by its arguments' shapes.
    pub(super) results: Results,
    /// What a rule equated that has different values at the point.
    pub(super) alarm: Option<String>,
}

pub(super) type Graph = EGraph<ENode, Semantics>;

pub(super) type Rule = Rewrite<ENode, Semantics>;

impl Semantics {
    fn facts_of_leaf(&self, leaf: expression::Id) -> Facts {
        Facts {
            shape: self.store.shape(leaf).clone(),
            moving: false,
            varies: leaf == self.variable,
            number: self.store.as_number(leaf).cloned(),
            zero: self.store.is_zero(leaf),
            worth: self.point.as_ref().and_then(|point| worth::of_leaf(&self.store, leaf, point)),
        }
    }
}

impl Analysis<ENode> for Semantics {
    type Data = Facts;

    fn make(graph: &mut Graph, node: &ENode, _id: Id) -> Facts {
        let shape = |at: usize| graph[node.children[at]].data.shape.clone();
        let result = match node.op {
            Op::Leaf(leaf) => return graph.analysis.facts_of_leaf(leaf),
            Op::Add
            | Op::Hadamard
            | Op::Power
            | Op::Inverse
            | Op::MatrixPower
            | Op::Differential => shape(0),
            Op::Scale => shape(1),
            Op::Multiply => Shape::matrix(shape(0).rows(), shape(1).columns()),
            Op::Transpose => shape(0).transposed(),
            Op::Trace | Op::Determinant | Op::Total | Op::Pairing => Shape::Scalar,
            Op::Diagonal => Shape::matrix(shape(0).rows(), shape(0).rows()),
            Op::DiagonalOf => Shape::matrix(shape(0).rows(), Dimension::one()),
            Op::Vectorize => {
                Shape::matrix(shape(0).rows().times(&shape(0).columns()), Dimension::one())
            }
            Op::Kronecker => Shape::matrix(
                shape(0).rows().times(&shape(1).rows()),
                shape(0).columns().times(&shape(1).columns()),
            ),
            Op::Apply(function) => {
                let arguments: Vec<Shape> = (0..node.children.len()).map(shape).collect();
                result(&mut graph.analysis, function, arguments)
            }
        };
        let children: Vec<&Facts> = node.children.iter().map(|child| &graph[*child].data).collect();
        let semantics = &graph.analysis;
        let worth = semantics
            .point
            .as_ref()
            .and_then(|point| worth::of_operator(node.op, &children, &semantics.results, point));
        Facts {
            shape: result,
            moving: node.op == Op::Differential || children.iter().any(|facts| facts.moving),
            varies: children.iter().any(|facts| facts.varies),
            number: None,
            zero: false,
            worth,
        }
    }

    fn merge(&mut self, a: &mut Facts, b: Facts) -> DidMerge {
        if a.shape != b.shape {
            let found = format!("a rule equates {} with {}", a.shape, b.shape);
            self.store.fail(Fault::new("rewriting the differential", found));
        }
        if let (Some(one), Some(other)) = (&a.worth, &b.worth)
            && self.alarm.is_none()
        {
            self.alarm = worth::difference(one, other);
        }
        let before = (a.moving, a.varies, a.number.is_some(), a.zero, a.worth.is_some());
        a.moving &= b.moving;
        a.varies &= b.varies;
        a.zero |= b.zero;
        a.number = a.number.take().or(b.number);
        a.worth = a.worth.take().or(b.worth);
        let after = (a.moving, a.varies, a.number.is_some(), a.zero, a.worth.is_some());
        // The other class is looked at again in any case: what is the same in both is not worth telling apart.
        DidMerge(before != after, true)
    }
}

/// The shape of a function's result, as it was noted when the formula was read or a row filled in.
fn result(semantics: &mut Semantics, function: FunctionId, arguments: Vec<Shape>) -> Shape {
    let own = arguments.first().cloned();
    match (semantics.results.get(&(function, arguments)), own) {
        (Some(known), _) => known.clone(),
        (None, Some(own)) if function.is_entrywise() => own,
        (None, _) => {
            let found = format!("{} has a result of no known shape", function.row().name);
            semantics.store.fail(Fault::new("rewriting the differential", found));
            Shape::Scalar
        }
    }
}

/// The operator of an expression node with operands; leaves have none.
pub(super) fn operator_of(node: &Node) -> Option<Op> {
    match node {
        Node::Number(_)
        | Node::Size(_)
        | Node::Variable(_)
        | Node::Identity(_)
        | Node::Ones(..)
        | Node::Zeros(..)
        | Node::Commutation(..)
        | Node::Selection(_)
        // What has no rules is one thing to the e-graph.
        | Node::Family(_)
        | Node::Element(..)
        | Node::SumOver(..)
        | Node::Tensor { .. } => None,
        Node::Sum(_) => Some(Op::Add),
        Node::Product(_) => Some(Op::Multiply),
        Node::Scale { .. } => Some(Op::Scale),
        Node::Hadamard(_) => Some(Op::Hadamard),
        Node::Transpose(_) => Some(Op::Transpose),
        Node::Inverse(_) => Some(Op::Inverse),
        Node::MatrixPower(..) => Some(Op::MatrixPower),
        Node::Trace(_) => Some(Op::Trace),
        Node::Determinant(_) => Some(Op::Determinant),
        Node::Total(_) => Some(Op::Total),
        Node::Diagonal(_) => Some(Op::Diagonal),
        Node::DiagonalOf(_) => Some(Op::DiagonalOf),
        Node::Vectorize(_) => Some(Op::Vectorize),
        Node::Kronecker(..) => Some(Op::Kronecker),
        Node::Apply { function, arguments } => {
            (!arguments.is_empty()).then_some(Op::Apply(*function))
        }
    }
}
