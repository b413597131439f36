//! Operations on tensors as calls: operands first, then sizes, as few as say everything.

use super::compose::{Composer, VECTORIZE, constant, ones as matrix_of_ones, operator};
use super::phrase::{Constant, Head, Marks, Phrase};
use crate::expression::{Id, Node, Store, TensorOperation, Window};
use crate::function::{Form, FunctionId};
use crate::shape::{Dimension, Shape};

/// The name of an operation.
fn head(operation: &TensorOperation) -> Head {
    use TensorOperation as T;
    match operation {
        T::Correlate => operator("correlate", r"\operatorname{correlate}"),
        T::Turn => operator("turn180", r"\operatorname{turn180}"),
        T::Swap => operator("swap", r"\operatorname{swap}"),
        T::Pad(_) => operator("pad", r"\operatorname{pad}"),
        T::Crop(_) => operator("crop", r"\operatorname{crop}"),
        T::Interleave(_) => operator("interleave", r"\operatorname{interleave}"),
        T::Subsample(_) => operator("subsample", r"\operatorname{subsample}"),
        T::Reshape(_) => operator("reshape", r"\operatorname{reshape}"),
        T::Channels(_) => operator("channels", r"\operatorname{channels}"),
        T::ChannelSums => operator("channel_sums", r"\operatorname{channel\_sums}"),
        T::MaxPool(_) => operator("maxpool2d", r"\operatorname{maxpool2d}"),
        T::MaxScatter(_) => operator("max_scatter", r"\operatorname{max\_scatter}"),
        T::MaxGather(_) => operator("max_gather", r"\operatorname{max\_gather}"),
        T::AveragePool(_) => operator("avgpool2d", r"\operatorname{avgpool2d}"),
        T::AverageSpread(_) => operator("average_spread", r"\operatorname{average\_spread}"),
    }
}

/// The sizes that are written: one for height and width where they agree, no stride where windows stand side by side.
pub(super) fn written(operation: &TensorOperation) -> Vec<Dimension> {
    use TensorOperation as T;
    match operation {
        T::Correlate | T::Turn | T::Swap | T::ChannelSums => Vec::new(),
        T::Pad(by) | T::Crop(by) | T::Interleave(by) | T::Subsample(by) => short(by),
        T::Reshape(to) | T::Channels(to) => to.to_vec(),
        T::MaxPool(window)
        | T::MaxScatter(window)
        | T::MaxGather(window)
        | T::AveragePool(window)
        | T::AverageSpread(window) => of_window(window),
    }
}

fn short(by: &[Dimension; 2]) -> Vec<Dimension> {
    let [height, width] = by;
    if height == width { vec![height.clone()] } else { by.to_vec() }
}

fn of_window(window: &Window) -> Vec<Dimension> {
    let (size, stride) = (short(&window.size), short(&window.stride));
    match (size.as_slice(), stride.as_slice()) {
        _ if size.len() == 1 && size == stride => size,
        ([_], [_]) => [size, stride].concat(),
        _ => [window.size.to_vec(), window.stride.to_vec()].concat(),
    }
}

/// Ones in a shape.
pub(super) fn ones(shape: &Shape) -> Phrase {
    match shape {
        Shape::Tensor(sides) => constant(Constant::Ones, &sides.iter().collect::<Vec<_>>()),
        Shape::Scalar | Shape::Matrix(..) => matrix_of_ones(&shape.rows(), &shape.columns()),
    }
}

/// The images of which this is the flattened matrix's transpose, one example a column.
pub(super) fn flattened(store: &Store, id: Id) -> Option<Id> {
    let Node::Tensor { operation, operands } = store.node(id) else { return None };
    let images = store.shape(operands[0]).dimensions();
    let fits = matches!(**operation, TensorOperation::Reshape(_))
        && images.len() == 4
        && !store.shape(id).is_tensor()
        && store.shape(id).columns() == images[3];
    (fits && !store.shape(id).is_column()).then(|| operands[0])
}

/// Whether a tensor is written as the column of its entries.
fn is_column_of_tensor(store: &Store, id: Id) -> Option<Id> {
    let Node::Tensor { operation, operands } = store.node(id) else { return None };
    let reshapes = matches!(**operation, TensorOperation::Reshape(_));
    let fits = store.shape(id).is_column() && store.shape(operands[0]).is_tensor();
    (reshapes && fits).then(|| operands[0])
}

impl Composer<'_> {
    /// An operation on tensors.
    pub(super) fn tensor(&self, id: Id, operation: &TensorOperation, operands: &[Id]) -> Phrase {
        let sides = self.store.shape(id).dimensions();
        if self.store.is_ones(id) {
            return ones(self.store.shape(id));
        }
        if self.store.is_zero(id) {
            return constant(Constant::Zeros, &sides.iter().collect::<Vec<_>>());
        }
        if let Some(inner) = is_column_of_tensor(self.store, id) {
            return self.call(VECTORIZE, &[inner]);
        }
        if let Some(flat) = self.flattened(id) {
            let marks = Marks { inverse: false, power: 1, transpose: true };
            return Phrase::Marked(flat.into(), marks);
        }
        let mut arguments: Vec<Phrase> = operands.iter().map(|id| self.phrase(*id)).collect();
        arguments.extend(written(operation).iter().map(Phrase::size));
        Phrase::Call(head(operation), arguments)
    }

    /// flatten(A), of which the node is the transpose.
    pub(super) fn flattened(&self, id: Id) -> Option<Phrase> {
        let images = flattened(self.store, id)?;
        Some(self.call(operator("flatten", r"\operatorname{flatten}"), &[images]))
    }

    /// A function of all entries is written with the tensor itself: norm2(X) for norm2(vec(X)).
    pub(super) fn without_vec(&self, function: FunctionId, arguments: &[Id]) -> Vec<Id> {
        let of_entries = matches!(function.row().form, Form::Array { result: "scalar", .. });
        let is_plain = |id: Id| of_entries && self.layout.name(id).is_none();
        let inner = |id: &Id| is_column_of_tensor(self.store, *id).filter(|_| is_plain(*id));
        arguments.iter().map(|id| inner(id).unwrap_or(*id)).collect()
    }
}
