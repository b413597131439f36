//! Operations on tensors: images of height × width × channels × batch, kernels of height × width × channels × outputs. Missing
//! trailing dimensions count as 1.
//!
//! The operations are closed under pullback: the adjoint of each is one of them, or a product of them.

use crate::shape::Dimension;

/// What is done to one or two operands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TensorOperation {
    /// Y[i,j,o,n] = Σ X[i+a, j+b, c, n] K[a,b,c,o], without padding (valid correlation).
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
    /// A column b repeated along all dimensions but the third: entry [i,j,c,n] is b[c].
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
    /// Every entry spread evenly over its window, the adjoint of the mean; the dimensions are those of the result.
    AverageSpread(Window, Box<[Dimension]>),
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
            Self::AverageSpread(window, to) => {
                Self::AverageSpread(window.map_sizes(size), to.iter().map(size).collect())
            }
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
            | Self::AveragePool(window) => of_window(window),
            Self::AverageSpread(window, to) => [of_window(window), to.to_vec()].concat(),
        }
    }
}
