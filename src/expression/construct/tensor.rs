//! Operations on tensors: what cancels, what is linear, what of plain matrices is a function of the table.

use num_traits::One;

use crate::expression::{Id, Node, Store, TensorOperation};
use crate::function;
use crate::shape::{Dimension, Shape};

impl Store {
    /// An operation on tensors whose result has the given shape.
    pub fn tensor(&mut self, operation: &TensorOperation, operands: &[Id], shape: &Shape) -> Id {
        use TensorOperation as T;
        let Some(operand) = operands.first().copied() else { return self.zeros(shape) };
        if let (T::Correlate, [x, k]) = (operation, operands)
            && !self.shape(*x).is_tensor()
            && !self.shape(*k).is_tensor()
            && let Some(plain) = function::find("conv2d")
        {
            return self.apply(plain, &[*x, *k], shape);
        }
        if let Some(same) = self.unchanged(operation, operand) {
            return self.reshape(same, shape);
        }
        if let T::Reshape(_) = operation
            && let Some(value) = self.plain_reshape(operand, shape)
        {
            return value;
        }
        match self.taken_out(operation, operands, shape) {
            Some(value) => value,
            None => self.intern(
                Node::Tensor { operation: Box::new(operation.clone()), operands: operands.into() },
                shape.clone(),
            ),
        }
    }

    /// An operation on tensors; the shape follows from the operands.
    pub fn tensor_of(&mut self, operation: &TensorOperation, operands: &[Id]) -> Id {
        let sides: Vec<Vec<Dimension>> =
            operands.iter().map(|operand| self.shape(*operand).dimensions()).collect();
        let shape = Shape::of(&operation.result(&sides));
        self.tensor(operation, operands, &shape)
    }

    /// The same entries in another shape, in the order of memory.
    pub fn reshape(&mut self, a: Id, shape: &Shape) -> Id {
        if self.shape(a) == shape {
            return a;
        }
        let to = shape.dimensions().into_boxed_slice();
        self.tensor(&TensorOperation::Reshape(to), &[a], shape)
    }

    /// The value whose entries, in the order of memory, are those of the result: what cancels, and what does nothing.
    fn unchanged(&self, operation: &TensorOperation, operand: Id) -> Option<Id> {
        use TensorOperation as T;
        let zero = |by: &[Dimension; 2]| by.iter().all(|by| by.as_constant() == Some(0));
        let one = |by: &[Dimension; 2]| by.iter().all(Dimension::is_one);
        match operation {
            T::Pad(by) | T::Crop(by) if zero(by) => return Some(operand),
            T::Interleave(by) | T::Subsample(by) if one(by) => return Some(operand),
            T::Swap if !self.shape(operand).is_tensor() => return Some(operand),
            T::MaxPool(window) | T::AveragePool(window) | T::AverageSpread(window)
                if one(&window.size) && one(&window.stride) =>
            {
                return Some(operand);
            }
            _ => {}
        }
        match self.node(operand) {
            Node::Tensor { operation: inner, operands } => {
                let cancels = match (operation, &**inner) {
                    (T::Turn, T::Turn) | (T::Swap, T::Swap) => true,
                    (T::Crop(a), T::Pad(b)) | (T::Subsample(a), T::Interleave(b)) => a == b,
                    (T::Reshape(_), T::Reshape(_)) => true,
                    _ => false,
                };
                cancels.then(|| operands[0])
            }
            Node::Vectorize(inner) if matches!(operation, T::Reshape(_)) => Some(*inner),
            _ => None,
        }
    }

    /// What reshaping leaves to other nodes: constants, a matrix as a column, what has the shape already. A tensor of ones or
    /// zeros is the reshaped matrix of its first dimension by all the others.
    fn plain_reshape(&mut self, a: Id, shape: &Shape) -> Option<Id> {
        let own = self.shape(a).clone();
        if own == *shape {
            return Some(a);
        }
        let is_flat = shape.is_tensor() && own == Shape::matrix(shape.rows(), shape.columns());
        match (self.is_zero(a), self.is_ones(a)) {
            (true, _) if !is_flat => Some(self.zeros(shape)),
            (_, true) if !is_flat => Some(self.ones(shape)),
            (false, false) if shape.is_column() && !own.is_tensor() => Some(self.vectorize(a)),
            _ => None,
        }
    }

    /// Zeros stay zeros; factors stand before what is linear.
    fn taken_out(
        &mut self,
        operation: &TensorOperation,
        operands: &[Id],
        shape: &Shape,
    ) -> Option<Id> {
        let linear = linear_operands(operation);
        let reshapes = matches!(operation, TensorOperation::Reshape(_));
        for at in 0..linear.min(operands.len()) {
            let operand = operands[at];
            if self.is_zero(operand) && !reshapes {
                return Some(self.zeros(shape));
            }
            let (coefficient, core) = self.split_coefficient(operand);
            let with = |core: Id| {
                let mut operands = operands.to_vec();
                operands[at] = core;
                operands
            };
            if !coefficient.is_one() && !self.shape(operand).is_scalar() {
                let inner = self.tensor(operation, &with(core), shape);
                return Some(self.scale_by(&coefficient, inner));
            }
            if let Node::Scale { scalar, matrix } = *self.node(core) {
                let inner = self.tensor(operation, &with(matrix), shape);
                return Some(self.multiply(scalar, inner));
            }
        }
        None
    }
}

/// In how many of its operands, from the first on, the operation is linear.
fn linear_operands(operation: &TensorOperation) -> usize {
    use TensorOperation as T;
    match operation {
        T::Correlate => 2,
        T::MaxPool(_) => 0,
        T::Turn
        | T::Swap
        | T::Pad(_)
        | T::Crop(_)
        | T::Interleave(_)
        | T::Subsample(_)
        | T::Reshape(_)
        | T::Channels(_)
        | T::ChannelSums
        | T::MaxScatter(_)
        | T::MaxGather(_)
        | T::AveragePool(_)
        | T::AverageSpread(_) => 1,
    }
}
