//! Model files of deep networks, as text: what a person would write for 400 layers, written by a loop.

use std::fmt::Write;

/// h ← h + tanh(W h + b), `layers` times, with a squared loss; gradients by every parameter.
pub(crate) fn residual(layers: usize) -> String {
    let mut text = String::from("h0: n; y: n\n");
    let mut parameters = Vec::new();
    for l in 1..=layers {
        let _ = writeln!(text, "W{l}: n×n; b{l}: n");
        let _ = writeln!(text, "h{l} = h{} + tanh(W{l}*h{} + b{l})", l - 1, l - 1);
        parameters.push(format!("W{l}, b{l}"));
    }
    let _ = writeln!(text, "loss = norm2(h{layers} - y)^2");
    let _ = writeln!(text, "gradient of loss wrt {}", parameters.join(", "));
    text
}

/// H ← tanh(H W + 1 bᵀ), `layers` times with sizes of their own, with a squared loss; gradients by every parameter.
pub(crate) fn perceptron(layers: usize) -> String {
    let mut text = format!("H0: N×n0; Y: N×n{layers}\n");
    let mut parameters = Vec::new();
    for l in 1..=layers {
        let _ = writeln!(text, "W{l}: n{}×n{l}; b{l}: n{l}", l - 1);
        let _ = writeln!(text, "H{l} = tanh(H{}*W{l} .+ b{l}')", l - 1);
        parameters.push(format!("W{l}, b{l}"));
    }
    let _ = writeln!(text, "loss = norm2(H{layers} - Y)^2 / N");
    let _ = writeln!(text, "gradient of loss wrt {}", parameters.join(", "));
    text
}

/// Σ sin(aᵢx), by x.
pub(crate) fn sines(terms: usize) -> String {
    let sum = joined(terms, " + ", &|i| format!("sin(a{i}*x)"));
    format!("x: scalar\n{}f = {sum}\ngradient of f wrt x\n", declared(terms, "scalar"))
}

/// Σ ‖Aᵢx − b‖², by x.
pub(crate) fn squares(terms: usize) -> String {
    let sum = joined(terms, " + ", &|i| format!("norm2(a{i}*x - b)^2"));
    format!("x: n; b: m\n{}f = {sum}\ngradient of f wrt x\n", declared(terms, "m×n"))
}

/// tr(A₁A₂…), by the first.
pub(crate) fn trace(factors: usize) -> String {
    let product = joined(factors, "*", &|i| format!("a{i}"));
    format!("{}f = tr({product})\ngradient of f wrt a1\n", declared(factors, "n×n"))
}

fn declared(count: usize, shape: &str) -> String {
    joined(count, "", &|i| format!("a{i}: {shape}\n"))
}

fn joined(count: usize, separator: &str, part: &dyn Fn(usize) -> String) -> String {
    (1..=count).map(part).collect::<Vec<_>>().join(separator)
}
