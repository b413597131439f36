//! Equality saturation of one small expression under the algebra rows: the shortest equal form that they reach.

use std::collections::BTreeMap;
use std::time::Duration;

use egg::{CostFunction, EGraph, Extractor, Language, Runner};

use super::algebra;
use super::language::{ENode, Op, Semantics};
use super::translate::{Builder, expression_of};
use crate::expression::{Id, Node, Store};

/// Limits are counts, never clocks: the same question has the same answer on every machine.
const MOST_NODES: usize = 40;
const MOST_ENODES: usize = 600;
const MOST_ROUNDS: usize = 5;

/// An equal expression in normal form, the cheapest that was reached; `None` when the expression is too large, or the rules are at
/// fault (their own test says so).
pub(in crate::simplify) fn saturate(store: &mut Store, root: Id) -> Option<Id> {
    if !store.spans_at_most(root, MOST_NODES) {
        return None;
    }
    let rules = algebra::shared().ok()?;
    // Nothing varies here: any id will do for the variable.
    let semantics = Semantics {
        store: std::mem::take(store),
        variable: root,
        alarm: None,
        results: BTreeMap::new(),
        differentiates: false,
    };
    let mut graph = EGraph::new(semantics);
    let class = Builder { graph: &mut graph }.whole(root);
    let empty = Semantics {
        store: Store::new(),
        variable: root,
        alarm: None,
        results: BTreeMap::new(),
        differentiates: false,
    };
    let runner = Runner::<_, _, ()>::new(empty)
        .with_egraph(graph)
        .with_iter_limit(MOST_ROUNDS)
        .with_node_limit(MOST_ENODES)
        .with_time_limit(Duration::from_hours(1))
        .with_scheduler(egg::SimpleScheduler)
        .run(rules.iter());
    let term = {
        let extractor =
            Extractor::new(&runner.egraph, Occurrences { store: &runner.egraph.analysis.store });
        extractor.find_best(class).1
    };
    let semantics = runner.egraph.analysis;
    *store = semantics.store;
    if semantics.alarm.is_some() {
        return None;
    }
    expression_of(&term, &semantics.results, store)
}

/// Variable occurrences first, operators second.
struct Occurrences<'a> {
    store: &'a Store,
}

impl CostFunction<ENode> for Occurrences<'_> {
    type Cost = f64;

    fn cost<C: FnMut(egg::Id) -> f64>(&mut self, node: &ENode, mut costs: C) -> f64 {
        let own = match node.op {
            Op::Leaf(leaf) if matches!(self.store.node(leaf), Node::Variable(_)) => 100.0,
            Op::Leaf(_) => 0.5,
            _ => 1.0,
        };
        node.children().iter().fold(own, |sum, child| sum + costs(*child))
    }
}
