//! Operations on tensors in layer kernels: each straight from its definition.

use super::kernel::Generator;
use crate::expression::{Id, TensorOperation, Window};
use crate::shape::{Dimension, Shape};

impl Generator<'_> {
    /// The operation as an expression of Rust.
    pub(super) fn tensor(&self, id: Id, operation: &TensorOperation, operands: &[Id]) -> String {
        use TensorOperation as T;
        let to = self.sides(self.store.shape(id));
        let from: Vec<String> =
            operands.iter().map(|operand| self.sides(self.store.shape(*operand))).collect();
        let data: Vec<String> = operands.iter().map(|id| format!("&v{}", id.index())).collect();
        let (x, own) = (&data[0], &from[0]);
        let windows = |window: &Window, sides: &str, pooled: &str| {
            let (size, stride) = (self.pair(&window.size), self.pair(&window.stride));
            format!("&covered({sides}, {pooled}, {size}, {stride})")
        };
        match operation {
            T::Correlate => format!("correlated({x}, {own}, {}, {}, {to})", data[1], from[1]),
            T::Turn => format!("reversed({x}, {own})"),
            T::Swap => format!("exchanged({x}, {own})"),
            T::Pad(by) => format!("placed({x}, {own}, {to}, {}, [1, 1])", self.pair(by)),
            T::Crop(by) => format!("picked({x}, {own}, {to}, {}, [1, 1])", self.pair(by)),
            T::Interleave(by) => format!("placed({x}, {own}, {to}, [0, 0], {})", self.pair(by)),
            T::Subsample(by) => format!("picked({x}, {own}, {to}, [0, 0], {})", self.pair(by)),
            T::Reshape(_) => format!("({x}).clone()"),
            T::Channels(_) => format!("repeated({x}, {to})"),
            T::ChannelSums => format!("channel_totals({x}, {own})"),
            T::MaxPool(window) => {
                format!("chosen({x}, &winners({x}, {}))", windows(window, own, &to))
            }
            T::MaxScatter(window) => {
                let windows = windows(window, &from[1], own);
                format!("returned({x}, &winners({}, {windows}), ({}).len())", data[1], data[1])
            }
            T::MaxGather(window) => {
                let windows = windows(window, &from[1], &to);
                format!("chosen({x}, &winners({}, {windows}))", data[1])
            }
            T::AveragePool(window) => format!("means({x}, {})", windows(window, own, &to)),
            T::AverageSpread(window) => {
                let windows = windows(window, &to, own);
                format!("shared_out({x}, {windows}, {to}.iter().product())")
            }
        }
    }

    fn pair(&self, by: &[Dimension; 2]) -> String {
        format!("[{}, {}]", self.size(&by[0]), self.size(&by[1]))
    }

    /// Height, width, channels, batch; further dimensions count into the last.
    fn sides(&self, shape: &Shape) -> String {
        let dimensions = shape.dimensions();
        let mut sides: Vec<String> =
            dimensions.iter().take(4).map(|side| self.size(side)).collect();
        sides.resize(4, "1".to_owned());
        for further in dimensions.iter().skip(4) {
            sides[3] = format!("{} * {}", sides[3], self.size(further));
        }
        format!("[{}]", sides.join(", "))
    }
}
