//! The layers of the library: each is read, elaborated, differentiated, and compared with dual numbers.

use gradus::differentiate::gradients;
use gradus::elaborate::Model;
use gradus::evaluate::{Comparison, Effort, check_gradients, equal};
use gradus::expression::Id;
use gradus::layer::LIBRARY;

use crate::corpus::model;

/// A scalar made of each layer, with what it is a function of.
pub(crate) const USES: &[(&str, &str, &str, &[&str])] = &[
    ("dense", "X: N×n; W: n×h; b: h", "sum(tanh(dense(X, W, b)))", &["X", "W", "b"]),
    ("conv2d", "X: h×w; K: k×l", "sum(tanh(conv2d(X, K)))", &["X", "K"]),
    ("conv2d", "X: h×w×c×N; K: k×l×c×o", "sum(tanh(conv2d(X, K, S)))", &["X", "K"]),
    ("conv2d", "X: h×w×c×N; K: k×l×c×o", "sum(tanh(conv2d(X, K, S, P)))", &["X", "K"]),
    ("conv2d", "X: h×w×c×N; K: k×l×c×o", "sum(tanh(conv2d(X, K, S, P, D)))", &["X", "K"]),
    ("channel_bias", "A: h×w×c×N; b: c", "sum(tanh(channel_bias(A, b)))", &["A", "b"]),
    ("channel_bias", "A: h×w; b: scalar", "sum(tanh(channel_bias(A, b)))", &["A", "b"]),
    ("leaky_relu", "x: n; α: scalar", "sum(leaky_relu(x, α).^3)", &["x", "α"]),
    ("leaky_relu", "X: h×w×c×N; α: scalar", "sum(leaky_relu(X, α).^3)", &["X", "α"]),
    ("dropout", "X: m×n; M: m×n; p: scalar", "norm2(dropout(X, M, p))^2", &["X", "p"]),
    ("embedding", "E: V×d; S: N×V", "norm2(embedding(E, S))^2", &["E"]),
    ("attention", "Q: m×d; K: n×d; V: n×v", "sum(tanh(attention(Q, K, V)))", &["Q", "K", "V"]),
    ("layer_norm", "X: N×d; g: d; b: d", "sum(tanh(layer_norm(X, g, b)))", &["X", "g", "b"]),
    ("batch_norm", "X: N×d; g: d; b: d", "sum(tanh(batch_norm(X, g, b, 1/2)))", &["X", "g", "b"]),
    ("softmax_cross_entropy", "z: n; y: n", "softmax_cross_entropy(z, y)", &["z", "y"]),
    ("softmax_cross_entropy", "Z: N×k; Y: N×k", "softmax_cross_entropy(Z, Y, rows)/N", &["Z", "Y"]),
    ("binary_cross_entropy", "p: n positive; y: n", "binary_cross_entropy(p, y)", &["p", "y"]),
    ("sigmoid_cross_entropy", "z: n; y: n", "sigmoid_cross_entropy(z, y)", &["z", "y"]),
    ("clamp", "x: n; a: scalar; b: scalar", "sum(clamp(x, a, b))", &["x", "a", "b"]),
    ("clip", "X: m×n; a: scalar; b: scalar", "sum(clip(X, a, b))", &["X", "a", "b"]),
    ("huber", "r: n; δ: scalar positive", "sum(huber(r, δ)) + sum(huber(r))", &["r", "δ"]),
    ("mse", "P: m×n; Y: m×n", "mse(P, Y)", &["P", "Y"]),
    ("mse", "p: n; y: n", "mse(p, y)", &["p", "y"]),
    ("cross_entropy", "P: m×n positive; Y: m×n", "cross_entropy(P, Y)", &["P", "Y"]),
];

fn read(layer: &str, declarations: &str, expression: &str) -> Model {
    let (_, source) = LIBRARY.iter().find(|(name, _)| *name == layer).expect(layer);
    model(&format!("{declarations}\n{source}\n{expression}"))
}

#[test]
fn every_layer_is_used_here() {
    for (name, _) in LIBRARY {
        assert!(USES.iter().any(|(layer, ..)| layer == name), "{name}");
    }
}

#[test]
fn gradients_of_layers_agree_with_dual_numbers() {
    for (layer, declarations, expression, wrt) in USES {
        let mut model = read(layer, declarations, expression);
        let value = model.values[0];
        let variables: Vec<Id> =
            wrt.iter().map(|name| model.store.find_variable(name).expect(name)).collect();
        let found = gradients(&mut model.store, value, &variables)
            .unwrap_or_else(|error| panic!("{expression}: {error}"));
        let pairs: Vec<(Id, Id)> = variables.into_iter().zip(found).collect();
        check_gradients(&model.store, value, &pairs, &Effort::default())
            .unwrap_or_else(|error| panic!("{expression}: {error}"));
    }
}

#[test]
fn layers_are_what_their_comments_say() {
    for (layer, declarations, expression, meant) in [
        ("mse", "P: m×n; Y: m×n", "mse(P, Y)", "sum((P - Y).^2)/(m*n)"),
        ("mse", "p: n; y: n", "mse(p, y)", "sum((p - y).^2)/n"),
        ("cross_entropy", "P: m×n positive; Y: m×n", "cross_entropy(P, Y)", "-tr(Y'*log(P))"),
        ("dense", "X: N×n; W: n×h; b: h", "dense(X, W, b)", "X*W + vector(1)*b'"),
        ("leaky_relu", "x: n; α: scalar", "leaky_relu(x, α)", "x.*step(x) + α*x.*step(-x)"),
        (
            "softmax_cross_entropy",
            "z: n; y: n simplex",
            "softmax_cross_entropy(z, y)",
            "-y'*log(softmax(z))",
        ),
        (
            "softmax_cross_entropy",
            "Z: N×k; Y: N×k simplex rows",
            "softmax_cross_entropy(Z, Y, rows)",
            "-sum(Y.*log(softmax(Z, rows)))",
        ),
        (
            "sigmoid_cross_entropy",
            "z: n; y: n",
            "sigmoid_cross_entropy(z, y)",
            "-sum(y.*log(sigmoid(z)) + (1 .- y).*log(sigmoid(-z)))",
        ),
        (
            "layer_norm",
            "X: N×3; g: 3; b: 3; e: scalar positive",
            "layer_norm(X, g, b, e)",
            "(X*(eye(3) - ones(3,3)/3))./(sqrt((X*(eye(3) - ones(3,3)/3)).^2*ones(3)/3 .+ e)*ones(3)')*diag(g) .+ b'",
        ),
        ("dropout", "X: m×n; M: m×n; p: scalar", "dropout(X, M, p)", "(X.*M)/(1-p)"),
        ("embedding", "E: V×d; S: N×V", "embedding(E, S)", "S*E"),
    ] {
        let (a, b) =
            (read(layer, declarations, expression), model(&format!("{declarations}\n{meant}")));
        let comparison = equal(&a.store, a.values[0], &b.store, b.values[0], 6);
        assert!(matches!(comparison, Comparison::Equal { .. }), "{expression}: {comparison:?}");
    }
}
