//! Operations on tensors at a point.

use super::context::Sizes;
use super::{EvaluateError, extent};
use crate::expression::{TensorOperation, Window};
use crate::kernel::{self, Array, Real, Sides};
use crate::shape::{Dimension, Shape};

/// The value of an operation; operands come with their shapes, `shape` is the result's.
pub(super) fn value<T: Real>(
    operation: &TensorOperation,
    operands: &[(&Array<T>, &Shape)],
    shape: &Shape,
    sizes: Sizes<'_>,
) -> Result<Vec<T>, EvaluateError> {
    use TensorOperation as T;
    let to = sides(shape, sizes)?;
    let data: Vec<&[_]> = operands.iter().map(|(value, _)| value.data.as_slice()).collect();
    let from = operands
        .iter()
        .map(|(_, shape)| sides(shape, sizes))
        .collect::<Result<Vec<Sides>, EvaluateError>>()?;
    let (x, own) = (data[0], from[0]);
    let pair = |by: &[Dimension; 2]| {
        Ok::<_, EvaluateError>([count(&by[0], sizes)?, count(&by[1], sizes)?])
    };
    let windows =
        |window: &Window| Ok::<_, EvaluateError>((pair(&window.size)?, pair(&window.stride)?));
    Ok(match operation {
        T::Correlate => kernel::correlate(x, data[1], [own, from[1]]),
        T::Turn => kernel::rearrange(x, own, to, |[i, j, c, n]| {
            Some([own[0] - 1 - i, own[1] - 1 - j, c, n])
        }),
        T::Swap => kernel::rearrange(x, own, to, |[i, j, c, n]| Some([i, j, n, c])),
        T::Pad(by) => {
            let [p, q] = pair(by)?;
            kernel::rearrange(x, own, to, |[i, j, c, n]| {
                Some([i.checked_sub(p)?, j.checked_sub(q)?, c, n])
            })
        }
        T::Crop(by) => {
            let [p, q] = pair(by)?;
            kernel::rearrange(x, own, to, |[i, j, c, n]| Some([i + p, j + q, c, n]))
        }
        T::Interleave(by) => {
            let [s, t] = pair(by)?;
            kernel::rearrange(x, own, to, |[i, j, c, n]| {
                Some([kernel::spaced(i, 0, s)?, kernel::spaced(j, 0, t)?, c, n])
            })
        }
        T::Subsample(by) => {
            let [s, t] = pair(by)?;
            kernel::rearrange(x, own, to, |[i, j, c, n]| Some([s * i, t * j, c, n]))
        }
        T::Reshape(_) => x.to_vec(),
        T::Channels(_) => kernel::channels(x, to),
        T::ChannelSums => kernel::channel_sums(x, own),
        T::MaxPool(window) => {
            let (size, stride) = windows(window)?;
            kernel::gather(x, &kernel::largest(x, own, to, size, stride))
        }
        T::MaxScatter(window) => {
            let (size, stride) = windows(window)?;
            let places = kernel::largest(data[1], from[1], own, size, stride);
            kernel::scatter(x, &places, data[1].len())
        }
        T::MaxGather(window) => {
            let (size, stride) = windows(window)?;
            kernel::gather(x, &kernel::largest(data[1], from[1], to, size, stride))
        }
        T::AveragePool(window) => {
            let (size, stride) = windows(window)?;
            kernel::average(x, own, to, size, stride)
        }
        T::AverageSpread(window) => {
            let (size, stride) = windows(window)?;
            kernel::spread(x, own, to, size, stride)
        }
    })
}

/// Height, width, channels, batch; what is missing is 1.
fn sides(shape: &Shape, sizes: Sizes<'_>) -> Result<Sides, EvaluateError> {
    let mut sides = [1; 4];
    for (at, side) in shape.dimensions().iter().enumerate() {
        // Only a reshaped value has more: its entries are all that counts.
        sides[at.min(3)] *= extent(side, sizes)?;
    }
    Ok(sides)
}

/// A size that may be 0.
fn count(size: &Dimension, sizes: Sizes<'_>) -> Result<usize, EvaluateError> {
    sizes
        .number(size)
        .and_then(|value| usize::try_from(value).ok())
        .ok_or_else(|| EvaluateError::Size(size.clone()))
}
