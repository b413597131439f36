//! Calls of operations on tensors, and the sizes that they are given.

use std::collections::BTreeMap;

use super::Typer;
use super::typed::{Extent, Operation, Place};
use crate::elaborate::error::ElaborateError;
use crate::elaborate::written::whole_quotient;
use crate::expression::{TensorOperation, Window, four};
use crate::number;
use crate::shape::Dimension;
use crate::source::Span;

/// Operations on tensors, and questions about sizes, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TensorCall {
    /// The first, the second, the k-th dimension.
    Rows,
    Columns,
    Size,
    Correlate,
    Turn,
    Swap,
    Pad,
    Crop,
    Interleave,
    Subsample,
    Reshape,
    /// One example a row.
    Flatten,
    Channels,
    /// Repeated to the shape of another value.
    ChannelsLike,
    ChannelSums,
    MaxPool,
    MaxScatter,
    MaxGather,
    AveragePool,
    AverageSpread,
}

impl TensorCall {
    /// How many values stand before the sizes.
    pub(crate) fn values(self) -> usize {
        match self {
            Self::Correlate | Self::MaxScatter | Self::MaxGather | Self::ChannelsLike => 2,
            // The number of a dimension is no size.
            Self::Size => 2,
            Self::Rows
            | Self::Columns
            | Self::Turn
            | Self::Swap
            | Self::Pad
            | Self::Crop
            | Self::Interleave
            | Self::Subsample
            | Self::Reshape
            | Self::Flatten
            | Self::Channels
            | Self::ChannelSums
            | Self::MaxPool
            | Self::AveragePool
            | Self::AverageSpread => 1,
        }
    }

    /// What it takes first, as a declaration.
    fn takes(self) -> &'static str {
        match self {
            Self::Channels | Self::ChannelsLike => "c",
            _ => "h×w, h×w×c or h×w×c×N",
        }
    }
}

/// One or two sizes for height and width.
fn pair(sizes: &[Dimension]) -> [Dimension; 2] {
    let side = |at: usize| sizes.get(at).or(sizes.first()).cloned().unwrap_or_else(Dimension::one);
    [side(0), side(1)]
}

/// `R`: windows side by side; `R, S`: with a stride; `R1, R2, S1, S2`: height before width.
fn window(sizes: &[Dimension]) -> Window {
    match sizes {
        [size, stride] => Window {
            size: pair(std::slice::from_ref(size)),
            stride: pair(std::slice::from_ref(stride)),
        },
        [_, _, strides @ ..] => Window { size: pair(sizes), stride: pair(strides) },
        _ => Window { size: pair(sizes), stride: pair(sizes) },
    }
}

impl Typer {
    /// A call; the values come first, then sizes.
    pub(super) fn tensor_call(
        &mut self,
        call: TensorCall,
        name: &str,
        arguments: &[Place],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let (values, sizes) = arguments.split_at(call.values().min(arguments.len()));
        match call {
            TensorCall::Rows | TensorCall::Columns | TensorCall::Size => {
                return self.size_question(call, values, span);
            }
            TensorCall::Flatten => return self.flatten(values[0], span),
            TensorCall::ChannelsLike => {
                return self.channels_like(values[0], values[1], name, span);
            }
            _ => {}
        }
        let places = sizes;
        let sizes: Vec<Dimension> =
            sizes.iter().map(|place| self.size_of(*place)).collect::<Result<_, _>>()?;
        let operation = match call {
            TensorCall::Correlate => TensorOperation::Correlate,
            TensorCall::Turn => TensorOperation::Turn,
            TensorCall::Swap => TensorOperation::Swap,
            TensorCall::Pad => TensorOperation::Pad(pair(&sizes)),
            TensorCall::Crop => TensorOperation::Crop(pair(&sizes)),
            TensorCall::Interleave => TensorOperation::Interleave(pair(&sizes)),
            TensorCall::Subsample => TensorOperation::Subsample(pair(&sizes)),
            TensorCall::Reshape => TensorOperation::Reshape(sizes.clone().into()),
            TensorCall::Channels => TensorOperation::Channels(sizes.clone().into()),
            TensorCall::ChannelSums => TensorOperation::ChannelSums,
            TensorCall::MaxPool => TensorOperation::MaxPool(window(&sizes)),
            TensorCall::MaxScatter => TensorOperation::MaxScatter(window(&sizes)),
            TensorCall::MaxGather => TensorOperation::MaxGather(window(&sizes)),
            TensorCall::AveragePool => TensorOperation::AveragePool(window(&sizes)),
            TensorCall::AverageSpread => TensorOperation::AverageSpread(window(&sizes)),
            TensorCall::Rows
            | TensorCall::Columns
            | TensorCall::Size
            | TensorCall::Flatten
            | TensorCall::ChannelsLike => return Ok(values[0]),
        };
        self.check_sizes(&operation, &sizes, places, span)?;
        self.operate(call, name, operation, values, span)
    }

    /// The operation, where the values fit.
    fn operate(
        &mut self,
        call: TensorCall,
        name: &str,
        operation: TensorOperation,
        values: &[Place],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let reshapes = call == TensorCall::Reshape;
        for value in values {
            self.require_image(*value, name, call, reshapes)?;
        }
        match &operation {
            TensorOperation::Correlate => {
                if let Some(plain) = self.plain_correlation(values, span)? {
                    return Ok(plain);
                }
                self.check_correlation(values, span)?;
            }
            TensorOperation::Reshape(to) => self.check_entries(values[0], to, name, span)?,
            TensorOperation::Channels(to) => {
                let channels = to.get(2).cloned().unwrap_or_else(Dimension::one);
                self.require_column(values[0], &channels, name, span)?;
            }
            TensorOperation::MaxScatter(window) | TensorOperation::MaxGather(window) => {
                self.check_pooled(&operation, window, values, name, span)?;
            }
            _ => {}
        }
        let sides: Vec<Vec<Dimension>> =
            values.iter().map(|value| self.extent(*value).dimensions()).collect();
        let result = operation.result(&sides);
        self.check_result(&operation, values, &result, span)?;
        let extent = Extent::of(&result);
        Ok(self.push(Operation::Tensor(Box::new(operation), values.to_vec()), extent, span))
    }

    /// All entries as a column.
    pub(super) fn vectorized(&mut self, place: Place) -> Place {
        let (extent, span) = (self.extent(place), self.typed[place].span);
        let entries = extent.entries();
        let to = Box::new([entries.clone(), Dimension::one()]);
        let operation = Box::new(TensorOperation::Reshape(to));
        self.push(Operation::Tensor(operation, vec![place]), Extent::column(entries), span)
    }

    /// h×w×c×N → N×(h·w·c), one example a row; a single example is a column.
    fn flatten(&mut self, a: Place, span: Span) -> Result<Place, ElaborateError> {
        let sides = self.extent(a).dimensions();
        let [height, width, channels, batch] = match sides.len() {
            4 => four(&sides),
            _ if self.is_tensor(a) => return Ok(self.vectorized(a)),
            _ => {
                let column = Extent::column(self.extent(a).entries());
                return Ok(self.push(Operation::Vectorize(a), column, span));
            }
        };
        let entries = height.times(&width).times(&channels);
        let to = Box::new([entries.clone(), batch.clone()]);
        let operation = Operation::Tensor(Box::new(TensorOperation::Reshape(to)), vec![a]);
        let columns = self.push(operation, Extent::new(entries, batch), span);
        self.transpose(columns, span)
    }

    fn channels_like(
        &mut self,
        b: Place,
        like: Place,
        name: &str,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        self.require_image(like, name, TensorCall::Pad, false)?;
        let to = self.extent(like).dimensions();
        let channels = to.get(2).cloned().unwrap_or_else(Dimension::one);
        self.require_column(b, &channels, name, span)?;
        let extent = Extent::of(&to);
        if to.len() == 2 {
            return Ok(self.push(Operation::Broadcast(b), extent, span));
        }
        let operation = Box::new(TensorOperation::Channels(to.into()));
        Ok(self.push(Operation::Tensor(operation, vec![b]), extent, span))
    }

    /// `rows(X)`, `columns(X)`, `size(X, k)` as a scalar.
    fn size_question(
        &mut self,
        call: TensorCall,
        values: &[Place],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let sides = self.extent(values[0]).dimensions();
        let at = match call {
            TensorCall::Rows => 0,
            TensorCall::Columns => 1,
            _ => {
                let place = values[1];
                let number = self.typed[place].constant.as_ref().and_then(number::to_i64);
                let number = number.and_then(|number| usize::try_from(number - 1).ok());
                number
                    .filter(|at| *at < 8)
                    .ok_or(ElaborateError::NotASize { span: self.typed[place].span })?
            }
        };
        let size = sides.get(at).cloned().unwrap_or_else(Dimension::one);
        Ok(self.size(size, span))
    }

    /// The size that a scalar stands for: sizes, whole numbers, arithmetic on them.
    pub(crate) fn size_of(&self, place: Place) -> Result<Dimension, ElaborateError> {
        let mut order = Vec::new();
        let mut stack = vec![place];
        while let Some(place) = stack.pop() {
            order.push(place);
            match self.typed[place].operation {
                Operation::Same(a) | Operation::Negate(a) => stack.push(a),
                Operation::Add(a, b)
                | Operation::Subtract(a, b)
                | Operation::Multiply(a, b)
                | Operation::Divide(a, b) => stack.extend([a, b]),
                _ => {}
            }
        }
        order.sort_unstable();
        let mut sizes: BTreeMap<Place, Dimension> = BTreeMap::new();
        for at in order {
            let typed = &self.typed[at];
            let size = |place: &Place| sizes[place].clone();
            let whole = typed.constant.as_ref().and_then(number::to_i64);
            let found = match (&typed.operation, whole) {
                (_, Some(value)) => Dimension::constant(value),
                (Operation::Size(size), _) => self.sizes.resolve(size),
                // Where a size is meant, a name that is also a variable is the size.
                (Operation::Variable(leaf), _) if leaf.is_size => {
                    self.sizes.resolve(&Dimension::symbol(leaf.name.clone()))
                }
                (Operation::Same(a), _) => size(a),
                (Operation::Negate(a), _) => Dimension::constant(0).minus(&size(a)),
                (Operation::Add(a, b), _) => size(a).plus(&size(b)),
                (Operation::Subtract(a, b), _) => size(a).minus(&size(b)),
                (Operation::Multiply(a, b), _) => size(a).times(&size(b)),
                (Operation::Divide(a, b), _) => whole_quotient(&size(a), &size(b), typed.span)?,
                _ => return Err(ElaborateError::NotASize { span: typed.span }),
            };
            sizes.insert(at, found);
        }
        Ok(sizes[&place].clone())
    }

    /// Strides and windows are at least 1, paddings at least 0.
    fn check_sizes(
        &self,
        operation: &TensorOperation,
        sizes: &[Dimension],
        places: &[Place],
        span: Span,
    ) -> Result<(), ElaborateError> {
        let (what, least) = match operation {
            TensorOperation::Pad(_) | TensorOperation::Crop(_) => ("a padding", 0),
            TensorOperation::Interleave(_) | TensorOperation::Subsample(_) => ("a stride", 1),
            TensorOperation::Reshape(_) | TensorOperation::Channels(_) => ("a size", 1),
            _ => ("a window or its stride", 1),
        };
        for (size, place) in sizes.iter().zip(places) {
            if let Some(found) = size.as_constant().filter(|size| *size < least) {
                let own = self.typed[*place].span;
                let span = if own == Span::default() { span } else { own };
                return Err(ElaborateError::SizeTooSmall { what, found, least, span });
            }
        }
        Ok(())
    }

    /// Two to four dimensions.
    fn require_image(
        &self,
        place: Place,
        function: &str,
        call: TensorCall,
        any: bool,
    ) -> Result<(), ElaborateError> {
        let rank = self.typed[place].extent.dimensions().len();
        if any || rank <= 4 {
            return Ok(());
        }
        Err(self.argument(place, function, call.takes()))
    }

    /// One entry a channel.
    fn require_column(
        &mut self,
        place: Place,
        channels: &Dimension,
        function: &str,
        span: Span,
    ) -> Result<(), ElaborateError> {
        if self.fits(&Extent::column(channels.clone()), place, span) {
            return Ok(());
        }
        Err(self.argument(place, function, &format!("a column of {channels}, one entry a channel")))
    }

    /// Two plain matrices: the function of the table.
    fn plain_correlation(
        &mut self,
        values: &[Place],
        span: Span,
    ) -> Result<Option<Place>, ElaborateError> {
        if values.iter().any(|value| self.is_tensor(*value)) {
            return Ok(None);
        }
        let Some(id) = crate::function::find("conv2d") else { return Ok(None) };
        let word = crate::syntax::ast::Word { text: "conv2d".to_owned(), span };
        self.apply(id, &word, values, span).map(Some)
    }

    /// The kernel takes as many channels as the image has.
    fn check_correlation(&mut self, values: &[Place], span: Span) -> Result<(), ElaborateError> {
        let [image, kernel] = values else { return Ok(()) };
        let channels = |place: &Place| {
            let [_, _, channels, _] = four(&self.extent(*place).dimensions());
            channels
        };
        let (has, takes) = (channels(image), channels(kernel));
        if self.sizes.unify(&has, &takes, span) {
            return Ok(());
        }
        Err(ElaborateError::Channels {
            has: has.to_string(),
            takes: takes.to_string(),
            image: self.typed[*image].span,
            kernel: self.typed[*kernel].span,
        })
    }

    fn check_entries(
        &mut self,
        place: Place,
        to: &[Dimension],
        function: &str,
        span: Span,
    ) -> Result<(), ElaborateError> {
        let own = self.extent(place).entries();
        let wanted = Extent::of(to).entries();
        if self.sizes.unify(&own, &wanted, span) {
            return Ok(());
        }
        Err(self.argument(place, function, &format!("{wanted} entries")))
    }

    /// The first value has the shape that the pooling of the second has.
    fn check_pooled(
        &mut self,
        operation: &TensorOperation,
        window: &Window,
        values: &[Place],
        function: &str,
        span: Span,
    ) -> Result<(), ElaborateError> {
        let [first, x] = values else { return Ok(()) };
        let sides = self.extent(*x).dimensions();
        let expected = match operation {
            TensorOperation::MaxGather(_) => sides,
            _ => TensorOperation::MaxPool(window.clone()).result(&[sides]),
        };
        let extent = Extent::of(&expected);
        if self.fits(&extent, *first, span) {
            return Ok(());
        }
        Err(self.argument(*first, function, &self.extent_text(&extent)))
    }

    /// No dimension is less than 1, and every quotient comes out whole.
    fn check_result(
        &self,
        operation: &TensorOperation,
        values: &[Place],
        result: &[Dimension],
        span: Span,
    ) -> Result<(), ElaborateError> {
        if let Some(broken) = result.iter().find(|side| side.is_broken()) {
            let (dividend, divisor) = broken.broken_quotient().unwrap_or_default();
            return Err(ElaborateError::NotWhole { dividend, divisor, span });
        }
        let small = |side: &Dimension| side.as_constant().is_some_and(|side| side < 1);
        let Some(at) = result.iter().position(small) else { return Ok(()) };
        let side = |place: Option<&Place>| {
            let found =
                place.map(|place| four(&self.extent(*place).dimensions())[at.min(3)].clone());
            found.unwrap_or_else(Dimension::one).to_string()
        };
        let window = match operation {
            TensorOperation::Correlate => side(values.get(1)),
            _ => operation.sizes().get(at.min(1)).map(ToString::to_string).unwrap_or_default(),
        };
        Err(ElaborateError::WindowTooLarge { window, side: side(values.first()), span })
    }
}
