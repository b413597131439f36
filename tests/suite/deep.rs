//! Deep networks: every gradient of 400 layers is found and checked, and the work grows with the depth, not with its square.

use gradus::session::{Outcome, Session, Settings};

use crate::deep_model;

/// The answer's number of gradients and of nodes.
fn derive(text: &str) -> (usize, usize) {
    let outcomes = Session::new().read(text, Settings::default()).unwrap();
    let answers = outcomes.into_iter().filter_map(|outcome| match outcome {
        Outcome::Answered(answer) => Some((answer.derivatives.len(), answer.store.len())),
        Outcome::Defined(..) | Outcome::Solved(_) => None,
    });
    answers.last().unwrap()
}

#[test]
fn a_network_of_400_layers_has_all_its_gradients() {
    for model in [deep_model::residual, deep_model::perceptron] {
        let (few_gradients, few_nodes) = derive(&model(100));
        let (gradients, nodes) = derive(&model(400));
        assert_eq!((few_gradients, gradients), (200, 800));
        // Four times the layers, four times the nodes: nothing is flattened through shared sums.
        assert!(nodes < 4 * few_nodes + 100, "{few_nodes} nodes for 100 layers, {nodes} for 400");
    }
}
