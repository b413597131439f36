//! The certificate: the gradient derived again, by rewriting.
//!
//! The e-graph starts with ⟨1, d f⟩. The differential rows rewrite d f until d stands only before the variable; the pairing rows (the trace
//! method) rewrite ⟨G, L(dX)⟩ to ⟨L*(G), dX⟩. What is extracted, a sum of ⟨Gᵢ, dX⟩, is compared with the sweep's gradient: the two differ
//! in the order of work, and of the tables they share only the derivatives of entrywise functions: the sweep reads pullbacks, this
//! reads differentials and pairings. Classes that a rule equates must have one shape and one value at a point (`worth`).

use std::collections::BTreeMap;

use egg::{CostFunction, Extractor, Id, Language, RecExpr, Runner};

use super::language::{ENode, Op, Semantics, operator_of};
use super::translate::{Builder, expression_of};
use super::{rewrites, worth};
use crate::expression::{self, Node, Store};
use crate::shape::Shape;
use crate::simplify::{expand, simplify};
use crate::source::Fault;

/// What became of the second derivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// The e-graph derived the same gradient.
    Proved {
        /// E-nodes in the end.
        nodes: usize,
        /// Rounds of rewriting.
        rounds: usize,
    },
    /// It derived a gradient whose normal form is another; only numbers can tell whether they are equal.
    Open {
        /// That gradient.
        gradient: expression::Id,
    },
    /// The question is too large, or holds an operator without a differential row.
    NotTried,
}

/// Questions with more nodes than this are not certified: pairings are not shared, so the e-graph grows with the number of paths.
const MOST_NODES: usize = 120;
const MOST_ENODES: usize = 6_000;
const MOST_ROUNDS: usize = 60;

/// Derives the gradient of `f` by `variable` in an e-graph and compares it with `gradient`, the sweep's answer before projection.
pub fn certify(
    store: &mut Store,
    f: expression::Id,
    variable: expression::Id,
    gradient: expression::Id,
) -> Result<Certificate, Fault> {
    if !store.spans_at_most(f, MOST_NODES) || hides(store, f, variable) {
        return Ok(Certificate::NotTried);
    }
    let rules = rewrites::shared()?;
    let semantics = Semantics {
        point: worth::point(store, f, variable),
        store: store.clone(),
        variable,
        results: BTreeMap::new(),
    };
    let mut graph = egg::EGraph::new(semantics.clone());
    let mut builder = Builder { graph: &mut graph };
    let value = builder.whole(f);
    let differential = builder.apply(Op::Differential, &[value], &Shape::Scalar);
    let one = builder.graph.analysis.store.integer(1);
    let one = builder.leaf(one);
    let root = builder.apply(Op::Pairing, &[one, differential], &Shape::Scalar);
    let leaf = builder.leaf(variable);
    let target = builder.graph.add(ENode { op: Op::Differential, children: vec![leaf] });
    let runner = Runner::<_, _, ()>::new(semantics)
        .with_egraph(graph)
        .with_iter_limit(MOST_ROUNDS)
        .with_node_limit(MOST_ENODES)
        .with_time_limit(std::time::Duration::from_hours(1))
        .with_scheduler(egg::SimpleScheduler)
        .run(rules.iter());
    let graph = &runner.egraph;
    graph.analysis.store.fault()?;
    let target = graph.find(target);
    let extractor = Extractor::new(graph, Finished { target });
    let (cost, term) = extractor.find_best(root);
    if !cost.is_finite() {
        return Ok(Certificate::NotTried);
    }
    *store = graph.analysis.store.clone();
    let Some(derived) = read_off(&term, graph, store, variable) else {
        return Ok(Certificate::NotTried);
    };
    let proof = Certificate::Proved {
        nodes: graph.total_number_of_nodes(),
        rounds: runner.iterations.len(),
    };
    if derived == gradient {
        return Ok(proof);
    }
    let difference = store.subtract(derived, gradient);
    let expanded = expand::expand(store, difference);
    let vanishes = expanded.is_some_and(|expanded| store.is_zero(expanded))
        || simplify(store, &[difference]).iter().all(|short| store.is_zero(*short));
    Ok(if vanishes { proof } else { Certificate::Open { gradient: derived } })
}

/// Whether the variable occurs behind an operator that is one thing to the e-graph, or in a tensor, of which no row speaks.
fn hides(store: &Store, f: expression::Id, variable: expression::Id) -> bool {
    let mut varies = vec![false; f.index() + 1];
    for id in store.reachable(&[f]) {
        let node = store.node(id);
        let mut found = id == variable;
        node.for_each_child(|child| found |= varies[child.index()]);
        varies[id.index()] = found;
        let is_opaque = id != variable && operator_of(node).is_none();
        // Formulas of families hide what they depend on.
        let is_computed = matches!(node, Node::Element(..));
        if is_computed || found && (is_opaque || store.shape(id).is_tensor()) {
            return true;
        }
    }
    false
}

/// Σ⟨Gᵢ, dX⟩ → ΣGᵢ
fn read_off(
    term: &RecExpr<ENode>,
    graph: &super::language::Graph,
    store: &mut Store,
    variable: expression::Id,
) -> Option<expression::Id> {
    let mut gradients = Vec::new();
    let mut open = vec![term.root()];
    while let Some(at) = open.pop() {
        let node = &term[at];
        match node.op {
            Op::Add => open.extend(node.children.iter().copied()),
            Op::Pairing => {
                let left = term[node.children[0]].build_recexpr(|id| term[id].clone());
                gradients.push(expression_of(&left, &graph.analysis.results, store)?);
            }
            Op::Leaf(id) if store.is_zero(id) => {}
            _ => return None,
        }
    }
    if gradients.is_empty() {
        let shape = store.shape(variable).clone();
        return Some(store.zeros(&shape));
    }
    Some(store.add(&gradients))
}

/// Finite only for sums of pairings with dX whose left sides are free of d.
struct Finished {
    target: Id,
}

impl CostFunction<ENode> for Finished {
    type Cost = f64;

    fn cost<C: FnMut(Id) -> f64>(&mut self, node: &ENode, mut costs: C) -> f64 {
        match node.op {
            Op::Differential => f64::INFINITY,
            Op::Pairing if node.children[1] == self.target => 1.0 + costs(node.children[0]),
            Op::Pairing => f64::INFINITY,
            _ => node.children.iter().fold(1.0, |sum, child| sum + costs(*child)),
        }
    }
}
