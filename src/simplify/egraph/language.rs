//! E-nodes: binary operators over leaves of the expression store, the differential `d`, and the pairing ⟨G, Y⟩ = tr(GᵀY).

use std::collections::BTreeMap;
use std::fmt;

use egg::{Analysis, DidMerge, EGraph, Id, Language, Rewrite};

use crate::expression::{self, Node, Properties, Store};
use crate::function::FunctionId;
use crate::number::Rational;
use crate::shape::{Dimension, Shape};

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
#[derive(Clone, Debug, PartialEq)]
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
    /// What is known beyond the shape.
    pub(super) properties: Properties,
}

/// Shapes of results by function and arguments' shapes.
pub(super) type Results = BTreeMap<(FunctionId, Vec<Shape>), Shape>;

/// Shapes by class; a merge of different shapes is an unsound rule, which is remembered and makes the certificate fail.
#[derive(Clone, Debug)]
pub(super) struct Semantics {
    pub(super) store: Store,
    pub(super) variable: expression::Id,
    /// Whether the question is about a derivative by the variable.
    pub(super) differentiates: bool,
    pub(super) alarm: Option<String>,
    /// The result's shape of each function of whole arrays that occurs, by its arguments' shapes.
    pub(super) results: Results,
}

pub(super) type Graph = EGraph<ENode, Semantics>;

pub(super) type Rule = Rewrite<ENode, Semantics>;

impl Semantics {
    fn facts_of_leaf(&self, leaf: expression::Id) -> Facts {
        Facts {
            shape: self.store.shape(leaf).clone(),
            moving: false,
            varies: self.differentiates && leaf == self.variable,
            number: self.store.as_number(leaf).cloned(),
            zero: self.store.is_zero(leaf),
            properties: self.store.properties(leaf),
        }
    }
}

impl Analysis<ENode> for Semantics {
    type Data = Facts;

    fn make(graph: &mut Graph, node: &ENode, _id: Id) -> Facts {
        let facts = |at: usize| &graph[node.children[at]].data;
        let shape = |at: usize| facts(at).shape.clone();
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
                let known = graph.analysis.results.get(&(function, arguments));
                known.cloned().unwrap_or_else(|| shape(0))
            }
        };
        let any =
            |fact: fn(&Facts) -> bool| node.children.iter().any(|child| fact(&graph[*child].data));
        Facts {
            shape: result,
            moving: node.op == Op::Differential || any(|facts| facts.moving),
            varies: any(|facts| facts.varies),
            number: None,
            zero: false,
            properties: Properties::NONE,
        }
    }

    fn merge(&mut self, a: &mut Facts, b: Facts) -> DidMerge {
        if a.shape != b.shape && self.alarm.is_none() {
            self.alarm = Some(format!("a rule equates {} with {}", a.shape, b.shape));
        }
        let merged = Facts {
            shape: a.shape.clone(),
            moving: a.moving && b.moving,
            varies: a.varies && b.varies,
            number: a.number.clone().or_else(|| b.number.clone()),
            zero: a.zero || b.zero,
            properties: a.properties.union(b.properties),
        };
        let did = DidMerge(merged != *a, merged != b);
        *a = merged;
        did
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
