//! Operations on tensors: images of height × width × channels × batch, kernels of height × width × channels × outputs. Missing
//! trailing dimensions count as 1.
//!
//! The operations are closed under pullback: the adjoint of each is one of them, or a product of them.

use crate::shape::{Dimension, Symbol};

/// What is done to one or two operands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TensorOperation {
    /// `Y[i,j,o,n] = Σ X[i+a, j+b, c, n] K[a,b,c,o]`, without padding (valid correlation).
    Correlate,
    /// Both spatial dimensions reversed: a turn by 180°.
    Turn,
    /// Third and fourth dimension exchanged.
    Swap,
    /// So many zeros around each spatial dimension.
    Pad([Dimension; 2]),
    /// So many entries taken off at both ends of each spatial dimension.
    Crop([Dimension; 2]),
    /// Zeros between the entries: entry i goes to s·i.
    Interleave([Dimension; 2]),
    /// Every s-th entry, from the first on.
    Subsample([Dimension; 2]),
    /// The same entries in other dimensions, in the order of memory.
    Reshape(Box<[Dimension]>),
    /// A column b repeated along all dimensions but the third: entry `[i,j,c,n]` is `b[c]`.
    Channels(Box<[Dimension]>),
    /// The sums over all dimensions but the third, a column.
    ChannelSums,
    /// The largest entry of every window, the first in a tie.
    MaxPool(Window),
    /// (G, X): entries of G added up where the windows of X have their largest entries.
    MaxScatter(Window),
    /// (V, X): the entries of V where the windows of X have their largest entries.
    MaxGather(Window),
    /// The mean of every window.
    AveragePool(Window),
    /// Every entry spread evenly over its window, the adjoint of the mean.
    AverageSpread(Window),
}

/// The windows of a pooling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Height and width.
    pub size: [Dimension; 2],
    /// Steps from one to the next.
    pub stride: [Dimension; 2],
}

impl Window {
    fn map_sizes(&self, size: &dyn Fn(&Dimension) -> Dimension) -> Self {
        Self { size: self.size.each_ref().map(size), stride: self.stride.each_ref().map(size) }
    }

    /// How many windows fit along a side of that length.
    fn count(&self, side: &Dimension, at: usize) -> Dimension {
        exact(&side.minus(&self.size[at]), &self.stride[at]).plus(&Dimension::one())
    }
}

impl TensorOperation {
    /// The operation with every size in it replaced.
    #[must_use]
    pub fn map_sizes(&self, size: &dyn Fn(&Dimension) -> Dimension) -> Self {
        match self {
            Self::Correlate | Self::Turn | Self::Swap | Self::ChannelSums => self.clone(),
            Self::Pad(by) => Self::Pad(by.each_ref().map(size)),
            Self::Crop(by) => Self::Crop(by.each_ref().map(size)),
            Self::Interleave(by) => Self::Interleave(by.each_ref().map(size)),
            Self::Subsample(by) => Self::Subsample(by.each_ref().map(size)),
            Self::Reshape(to) => Self::Reshape(to.iter().map(size).collect()),
            Self::Channels(to) => Self::Channels(to.iter().map(size).collect()),
            Self::MaxPool(window) => Self::MaxPool(window.map_sizes(size)),
            Self::MaxScatter(window) => Self::MaxScatter(window.map_sizes(size)),
            Self::MaxGather(window) => Self::MaxGather(window.map_sizes(size)),
            Self::AveragePool(window) => Self::AveragePool(window.map_sizes(size)),
            Self::AverageSpread(window) => Self::AverageSpread(window.map_sizes(size)),
        }
    }

    /// The sizes that the operation is given.
    pub fn sizes(&self) -> Vec<Dimension> {
        let of_window = |window: &Window| [window.size.clone(), window.stride.clone()].concat();
        match self {
            Self::Correlate | Self::Turn | Self::Swap | Self::ChannelSums => Vec::new(),
            Self::Pad(by) | Self::Crop(by) | Self::Interleave(by) | Self::Subsample(by) => {
                by.to_vec()
            }
            Self::Reshape(to) | Self::Channels(to) => to.to_vec(),
            Self::MaxPool(window)
            | Self::MaxScatter(window)
            | Self::MaxGather(window)
            | Self::AveragePool(window)
            | Self::AverageSpread(window) => of_window(window),
        }
    }

    /// How many operands the operation has.
    pub fn arity(&self) -> usize {
        match self {
            Self::Correlate | Self::MaxScatter(_) | Self::MaxGather(_) => 2,
            Self::Turn
            | Self::Swap
            | Self::Pad(_)
            | Self::Crop(_)
            | Self::Interleave(_)
            | Self::Subsample(_)
            | Self::Reshape(_)
            | Self::Channels(_)
            | Self::ChannelSums
            | Self::MaxPool(_)
            | Self::AveragePool(_)
            | Self::AverageSpread(_) => 1,
        }
    }

    /// The dimensions of the result, given those of the operands.
    pub fn result(&self, operands: &[Vec<Dimension>]) -> Vec<Dimension> {
        let own = operands.first().map_or(&[][..], Vec::as_slice);
        let [height, width, channels, batch] = four(own);
        let spatial = |change: &dyn Fn(&Dimension, usize) -> Dimension| {
            let sides = [change(&height, 0), change(&width, 1), channels.clone(), batch.clone()];
            first(sides, own.len().max(2))
        };
        let one = Dimension::one();
        match self {
            Self::Correlate => {
                let kernel = operands.get(1).map_or(&[][..], Vec::as_slice);
                let [k, l, _, outputs] = four(kernel);
                let rank = match (own.len(), kernel.len()) {
                    (4, _) => 4,
                    (_, 4) => 3,
                    _ => 2,
                };
                let valid = |side: &Dimension, by: &Dimension| side.minus(by).plus(&one);
                first([valid(&height, &k), valid(&width, &l), outputs, batch], rank)
            }
            Self::Turn => own.to_vec(),
            Self::Swap => {
                let rank = match (channels.is_one(), own.len()) {
                    (false, 3..) => 4,
                    (true, 4) => 3,
                    _ => 2,
                };
                first([height, width, batch, channels], rank)
            }
            Self::Pad(by) => spatial(&|side, at| side.plus(&by[at]).plus(&by[at])),
            Self::Crop(by) => spatial(&|side, at| side.minus(&by[at]).minus(&by[at])),
            Self::Interleave(by) => spatial(&|side, at| side.minus(&one).times(&by[at]).plus(&one)),
            Self::Subsample(by) => {
                spatial(&|side, at| exact(&side.minus(&one), &by[at]).plus(&one))
            }
            Self::Reshape(to) | Self::Channels(to) => to.to_vec(),
            Self::ChannelSums => vec![channels, one],
            Self::MaxPool(window) | Self::AveragePool(window) => {
                spatial(&|side, at| window.count(side, at))
            }
            Self::MaxScatter(_) => operands.get(1).cloned().unwrap_or_default(),
            Self::MaxGather(window) => {
                // Of the shape that the pooling of X has.
                let pooled = Self::MaxPool(window.clone());
                pooled.result(operands.get(1..).unwrap_or_default())
            }
            Self::AverageSpread(window) => spatial(&|side, at| {
                side.minus(&one).times(&window.stride[at]).plus(&window.size[at])
            }),
        }
    }
}

/// Height, width, channels, batch; what is missing is 1.
pub fn four(dimensions: &[Dimension]) -> [Dimension; 4] {
    std::array::from_fn(|at| dimensions.get(at).cloned().unwrap_or_else(Dimension::one))
}

fn first(sides: [Dimension; 4], rank: usize) -> Vec<Dimension> {
    sides.into_iter().take(rank).collect()
}

/// The whole quotient; what is known not to come out whole is written, and has no value.
fn exact(a: &Dimension, b: &Dimension) -> Dimension {
    a.quotient(b).unwrap_or_else(|| Dimension::of_symbol(Symbol::Quotient(a.clone(), b.clone())))
}
