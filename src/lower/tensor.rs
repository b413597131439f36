//! Calls of operations on tensors.

use super::build::{Builder, Value};
use super::program::{Argument, Call, Image, Target, View};
use crate::expression::{Id, TensorOperation, four};
use crate::shape::{Dimension, Shape};

impl Builder<'_> {
    /// One operation. A reshaped array is the array itself, read with other sides.
    pub(super) fn tensor(&mut self, id: Id, operation: &TensorOperation, operands: &[Id]) {
        let shape = self.store.shape(id).clone();
        let images: Vec<Image> = operands
            .iter()
            .map(|operand| Image {
                argument: self.argument(*operand),
                sides: sides(self.store.shape(*operand)),
            })
            .collect();
        let (rows, columns) = (shape.rows(), shape.columns());
        if let (
            TensorOperation::Reshape(_),
            [Image { argument: Argument::Array(view), .. }],
            false,
        ) = (operation, images.as_slice(), shape.is_scalar())
        {
            let view = View { rows, columns, ..view.clone() };
            self.values[id.index()] = Some(Value::Array(view));
            return;
        }
        let (operation, sides) = (operation.clone(), sides(&shape));
        if shape.is_scalar() {
            let local = self.local();
            let target = Target::Scalar(local);
            self.set(id, local, Call::Tensor { operation, operands: images, target, sides });
        } else {
            let (buffer, view) = self.fresh(&rows, &columns);
            let target = Target::Buffer(buffer);
            self.finish(id, Call::Tensor { operation, operands: images, target, sides }, view);
        }
    }
}

/// Height, width, channels, batch; further dimensions, which only reshaped values have, count into the last.
fn sides(shape: &Shape) -> [Dimension; 4] {
    let dimensions = shape.dimensions();
    let mut sides = four(&dimensions);
    for further in dimensions.iter().skip(4) {
        sides[3] = sides[3].times(further);
    }
    sides
}
