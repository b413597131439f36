//! The layers of the library: each is read, elaborated, differentiated, and compared with dual numbers.

use gradus::differentiate::gradients;
use gradus::elaborate::Model;
use gradus::evaluate::{Comparison, Effort, check_gradients, equal};
use gradus::expression::Id;
use gradus::layer::LIBRARY;

use crate::corpus::model;

/// A scalar made of each layer, with what it is a function of.
const USES: &[(&str, &str, &str, &[&str])] = &[
    ("dense", "X: N×n; W: n×h; b: h", "sum(tanh(dense(X, W, b)))", &["X", "W", "b"]),
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
    ] {
        let (a, b) =
            (read(layer, declarations, expression), model(&format!("{declarations}\n{meant}")));
        let comparison = equal(&a.store, a.values[0], &b.store, b.values[0], 6);
        assert!(matches!(comparison, Comparison::Equal { .. }), "{expression}: {comparison:?}");
    }
}
