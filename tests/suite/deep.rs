//! Large questions: every gradient of 400 layers is found, checked, written and emitted, and the steps grow with the size of the
//! question, not with its square.

use gradus::render::Notation;
use gradus::repl::present;
use gradus::session::{Answer, Outcome, Precision, Session, Settings, module};
use gradus::work;

use crate::deep_model;

/// The answer to the last request of a model.
fn answer(text: &str) -> Answer {
    let outcomes = Session::new().read(text, Settings::default()).unwrap();
    let answers = outcomes.into_iter().filter_map(Outcome::answer);
    answers.last().unwrap()
}

/// The steps of one part of the way.
fn steps<T>(part: impl FnOnce() -> T) -> (T, u64) {
    let before = work::steps();
    let result = part();
    (result, work::steps() - before)
}

/// Steps and letters from text to text, and from the answer to Rust.
fn costs(text: &str) -> [(&'static str, u64); 4] {
    let (answer, derived) = steps(|| answer(text));
    let (shown, written) = steps(|| present::answer(&answer, Notation::Unicode));
    let (rust, emitted) =
        steps(|| module(std::slice::from_ref(&answer), Precision::Double).unwrap());
    [
        ("to derive", derived),
        ("to write", written + shown.len() as u64),
        ("to emit", emitted + rust.len() as u64),
        ("nodes", answer.store.len() as u64),
    ]
}

/// A question that is so many times as large costs no more than that much, and a bit: to sort takes longer, and names
/// get longer.
fn assert_in_proportion(times: u64, small: &str, large: &str) {
    for ((what, few), (_, many)) in costs(small).into_iter().zip(costs(large)) {
        assert!(
            many * 10 <= few * times * 13,
            "{what}: {few} for the small question, {many} for one {times} times as large"
        );
    }
}

#[test]
fn a_network_of_400_layers_has_all_its_gradients() {
    for model in [deep_model::residual, deep_model::perceptron] {
        assert_eq!(answer(&model(400)).derivatives.len(), 800);
        assert_in_proportion(4, &model(100), &model(400));
    }
}

#[test]
fn a_sum_of_many_terms_is_made_at_once() {
    assert_in_proportion(4, &deep_model::sines(250), &deep_model::sines(1000));
    assert_in_proportion(4, &deep_model::squares(100), &deep_model::squares(400));
}

#[test]
fn a_product_of_many_factors_is_made_at_once() {
    assert_in_proportion(4, &deep_model::trace(250), &deep_model::trace(1000));
}

/// The Hessian of n nested sines is a sum of n products of up to 2n factors, and so is every sum on the way to it.
#[test]
fn a_deep_second_derivative_is_factored_in_bounded_time() {
    let nested = |depth: usize| {
        let formula = format!("{}x{}", "sin(".repeat(depth), ")".repeat(depth));
        steps(|| answer(&format!("x: scalar\nhessian of {formula} wrt x"))).1
    };
    let (small, large) = (nested(10), nested(30));
    assert!(large < 81 * small, "{small} steps for 10 sines, {large} for 30");
}
