//! Operations on tensors.

use crate::expression::{Id, Node, Store, TensorOperation};
use crate::shape::Shape;

impl Store {
    /// An operation on tensors whose result has the given shape.
    pub fn tensor(&mut self, operation: &TensorOperation, operands: &[Id], shape: &Shape) -> Id {
        self.intern(
            Node::Tensor { operation: Box::new(operation.clone()), operands: operands.into() },
            shape.clone(),
        )
    }
}
