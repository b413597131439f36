//! Neural layers written in the language itself, and the generator of layer kernels.
//!
//! A layer is a file `*.gradus` with one function. A layer kernel is the value of an expression as plain scalar loops, generated
//! straight from the expression: no differentiation, no rules, no lowering. It is generic over the number type, so that dual
//! numbers give exact directional derivatives, and emitted code is compared with it.

mod indexed;
mod kernel;
mod tensor;

pub use kernel::{LOOPS, Sizes, kernel};

/// The layers: name and source, in the order in which a program may define them.
pub const LIBRARY: &[(&str, &str)] = &[
    ("conv2d", include_str!("conv2d.gradus")),
    ("channel_bias", include_str!("channel_bias.gradus")),
    ("dense", include_str!("dense.gradus")),
    ("leaky_relu", include_str!("leaky_relu.gradus")),
    ("clamp", include_str!("clamp.gradus")),
    ("clip", include_str!("clip.gradus")),
    ("huber", include_str!("huber.gradus")),
    ("dropout", include_str!("dropout.gradus")),
    ("embedding", include_str!("embedding.gradus")),
    ("attention", include_str!("attention.gradus")),
    ("layer_norm", include_str!("layer_norm.gradus")),
    ("batch_norm", include_str!("batch_norm.gradus")),
    ("mse", include_str!("mse.gradus")),
    ("cross_entropy", include_str!("cross_entropy.gradus")),
    ("softmax_cross_entropy", include_str!("softmax_cross_entropy.gradus")),
    ("binary_cross_entropy", include_str!("binary_cross_entropy.gradus")),
    ("sigmoid_cross_entropy", include_str!("sigmoid_cross_entropy.gradus")),
];
