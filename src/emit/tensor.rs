//! Calls of operations on tensors.

use super::body::Body;
use super::writer::Writer;
use crate::expression::{TensorOperation, Window};
use crate::lower::{Argument, Image, Target};
use crate::shape::Dimension;

/// Writes one operation.
pub(super) fn write(
    operation: &TensorOperation,
    operands: &[Image],
    target: Target,
    sides: &[Dimension; 4],
    writer: &mut Writer,
    body: &mut Body,
) {
    let y = match target {
        Target::Buffer(buffer) => body.written(buffer),
        Target::Scalar(local) => {
            writer.line(&format!("let mut s{local} = [0.0];"));
            format!("&mut s{local}")
        }
    };
    let (name, arguments) = call(operation, operands, &y, sides, body);
    if let TensorOperation::Reshape(_) = operation {
        writer.line(&format!(
            "{}.copy_from_slice({});",
            y.trim_start_matches("&mut "),
            arguments[0]
        ));
    } else {
        body.need(name);
        writer.call(name, &arguments, ";");
    }
    if let Target::Scalar(local) = target {
        writer.line(&format!("let [s{local}] = s{local};"));
    }
}

/// The routine and its arguments.
fn call(
    operation: &TensorOperation,
    operands: &[Image],
    y: &str,
    sides: &[Dimension; 4],
    body: &Body,
) -> (&'static str, Vec<String>) {
    use TensorOperation as T;
    let data: Vec<String> = operands.iter().map(|image| entries(&image.argument, body)).collect();
    let images: Vec<String> = operands
        .iter()
        .zip(&data)
        .map(|(image, data)| format!("({data}, {})", four(&image.sides, body)))
        .collect();
    let written = format!("({y}, {})", four(sides, body));
    let plane = |sides: &[Dimension; 4]| body.size(&sides[0].times(&sides[1]));
    let y = y.to_owned();
    let moved = |name, by| (name, vec![written.clone(), images[0].clone(), pair(by, body)]);
    match operation {
        T::Correlate => ("correlate", vec![y, images[0].clone(), images[1].clone()]),
        T::Turn => ("turn180", vec![y, data[0].clone(), plane(sides)]),
        T::Swap => ("swap_sides", vec![y, images[0].clone()]),
        T::Pad(by) => moved("pad", by),
        T::Crop(by) => moved("crop", by),
        T::Interleave(by) => moved("interleave", by),
        T::Subsample(by) => moved("subsample", by),
        T::Reshape(_) => ("reshape", data),
        T::Channels(_) => ("channels", vec![y, data[0].clone(), plane(sides)]),
        T::ChannelSums => ("channel_sums", vec![y, data[0].clone(), plane(&operands[0].sides)]),
        T::MaxPool(window) => ("max_pool", vec![written, images[0].clone(), windows(window, body)]),
        T::MaxScatter(window) => {
            let (g, x) = (images[0].clone(), images[1].clone());
            ("max_scatter", vec![y, g, x, windows(window, body)])
        }
        T::MaxGather(window) => {
            let (v, x) = (data[0].clone(), images[1].clone());
            ("max_gather", vec![written, v, x, windows(window, body)])
        }
        T::AveragePool(window) => {
            ("average_pool", vec![written, images[0].clone(), windows(window, body)])
        }
        T::AverageSpread(window) => {
            ("average_spread", vec![written, images[0].clone(), windows(window, body)])
        }
    }
}

fn entries(argument: &Argument, body: &Body) -> String {
    match argument {
        Argument::Array(view) => body.read(view.place),
        Argument::Scalar(scalar) => format!("&[{}]", body.scalar(*scalar)),
    }
}

fn four(sides: &[Dimension; 4], body: &Body) -> String {
    let sides: Vec<String> = sides.iter().map(|side| body.bare_size(side)).collect();
    format!("[{}]", sides.join(", "))
}

fn pair(by: &[Dimension; 2], body: &Body) -> String {
    format!("[{}, {}]", body.bare_size(&by[0]), body.bare_size(&by[1]))
}

fn windows(window: &Window, body: &Body) -> String {
    format!("({}, {})", pair(&window.size, body), pair(&window.stride, body))
}
