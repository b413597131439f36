//! The arena of nodes, their shapes, and hash-consing.

use std::collections::HashMap;

use super::{Id, Node, Properties};
use crate::shape::{Name, Shape};

/// Owns the nodes of one question.
#[derive(Clone, Debug, Default)]
pub struct Store {
    nodes: Vec<Node>,
    shapes: Vec<Shape>,
    properties: Vec<Properties>,
    /// Content hashes, equal for equal content on every machine: the order of commutative operands.
    hashes: Vec<u64>,
    ids: HashMap<Node, Id>,
    variables: HashMap<Name, (Shape, Properties)>,
}

impl Store {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The operator and operands.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.index()]
    }

    /// The shape.
    pub fn shape(&self, id: Id) -> &Shape {
        &self.shapes[id.index()]
    }

    /// What is known of the value beyond its shape.
    pub fn properties(&self, id: Id) -> Properties {
        self.properties[id.index()]
    }

    /// The content hash.
    pub fn hash(&self, id: Id) -> u64 {
        self.hashes[id.index()]
    }

    /// Number of nodes made so far.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no node has been made.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}
