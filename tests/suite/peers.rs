//! The models of examples/ against JAX's automatic differentiation: values and gradients at the numbers of tests/peers/fixtures.

use std::collections::BTreeMap;
use std::fs;

use gradus::evaluate::{self, Point};
use gradus::kernel::Array;
use gradus::session::{Answer, Outcome, Session};
use gradus::shape::{Name, element_name};
use gradus::syntax::ast::RequestKind;
use serde_json::Value;

/// The largest relative difference between two programs that compute the same number in double precision.
const TOLERANCE: f64 = 1e-10;

/// Every model for which there are numbers.
pub(crate) const MODELS: &[&str] = &[
    "attention",
    "cnn",
    "dnn_cross_entropy",
    "dnn_mse",
    "gaussian_mixture",
    "gru",
    "linear_regression",
    "logistic",
    "lstm",
    "rnn",
    "sigmoid_three_layer",
    "trace",
    "two_layer",
];

/// The answers to a model file.
pub(crate) fn answers(model: &str) -> Vec<Answer> {
    let text =
        fs::read_to_string(format!("{}/examples/{model}.gradus", env!("CARGO_MANIFEST_DIR")));
    let mut session = Session::new();
    let outcomes = session.read(&text.unwrap(), gradus::session::Settings::default());
    let outcomes = outcomes.unwrap_or_else(|error| panic!("{model}: {error}"));
    outcomes.into_iter().filter_map(Outcome::answer).collect()
}

#[test]
fn every_fixture_has_its_model() {
    let folder = format!("{}/tests/peers/fixtures", env!("CARGO_MANIFEST_DIR"));
    let mut found: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, MODELS);
}

#[test]
fn values_and_gradients_are_those_of_jax() {
    for model in MODELS {
        let path = format!("{}/tests/peers/fixtures/{model}.json", env!("CARGO_MANIFEST_DIR"));
        let cases: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let answers = answers(model);
        let gradient = answers.iter().find(|answer| answer.kind == RequestKind::Gradient).unwrap();
        let cases = cases.as_array().unwrap();
        assert!(cases.len() >= 3, "{model}");
        for case in cases {
            compare(model, gradient, case);
        }
    }
}

/// The value and every gradient of one case.
fn compare(model: &str, answer: &Answer, case: &Value) {
    let point = point(answer, case);
    let mut roots = vec![answer.value];
    roots.extend(answer.derivatives.iter().map(|derivative| derivative.id));
    let values = evaluate::evaluate(&answer.store, &roots, &point)
        .unwrap_or_else(|error| panic!("{model} at {}: {error}", case["sizes"]));
    close(model, "value", &values[0].data, &[case["value"].as_f64().unwrap()]);
    for (derivative, value) in answer.derivatives.iter().zip(&values[1..]) {
        let name = &derivative.variable;
        let gradients = &case["gradients"];
        let expected: Vec<f64> = match answer.store.family(derivative.variable_id) {
            Some(family) => {
                let end = |size: &gradus::shape::Dimension| {
                    size.evaluate(&|name| point.sizes.get(name).copied()).unwrap()
                };
                let elements = end(&family.from)..=end(&family.to);
                elements.flat_map(|at| numbers(&gradients[&*element_name(name, &[at])])).collect()
            }
            None => numbers(&gradients[&**name]),
        };
        close(model, name, &value.data, &expected);
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap_or_else(|| panic!("no numbers: {value}"));
    list.iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Sizes and inputs of a case.
fn point(answer: &Answer, case: &Value) -> Point<f64> {
    let sizes: BTreeMap<Name, i64> = case["sizes"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, size)| (Name::from(name.as_str()), size.as_i64().unwrap()))
        .collect();
    let mut values = BTreeMap::new();
    for (key, value) in case["inputs"].as_object().unwrap() {
        let data = numbers(value);
        let (name, at) = match key.strip_suffix(']').and_then(|key| key.split_once('[')) {
            Some((name, at)) => (name, Some(at.parse::<i64>().unwrap())),
            None => (key.as_str(), None),
        };
        let Some(id) = answer.store.find_variable(name) else { continue };
        let mut shape = answer.store.shape(id).clone();
        if let (Some(family), Some(at)) = (answer.store.family(id), at) {
            let at = gradus::shape::Dimension::constant(at);
            let index = family.index.clone();
            shape = shape.map_sizes(&|size| size.replace(&index, &at));
        }
        let rows = shape.rows().evaluate(&|name| sizes.get(name).copied()).unwrap();
        let rows = usize::try_from(rows).unwrap();
        let columns = data.len() / rows;
        values.insert(Name::from(key.as_str()), Array { rows, columns, data });
    }
    Point { sizes, values }
}

fn close(model: &str, name: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{model}: {name}");
    let largest = expected.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    for (x, y) in found.iter().zip(expected) {
        let error = (x - y).abs();
        assert!(error <= TOLERANCE * largest.max(1e-3), "{model}: {name}: {x} is not {y}");
    }
}
