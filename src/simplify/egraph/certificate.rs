//! The certificate: the gradient derived again, by rewriting.
//!
//! The e-graph starts with ⟨1, d f⟩. The differential rows rewrite d f until d stands only before the variable; the pairing rows (the trace
//! method) rewrite ⟨G, L(dX)⟩ to ⟨L*(G), dX⟩. What is extracted, a sum of ⟨Gᵢ, dX⟩, is compared with the sweep's gradient: the two differ
//! in the order of work, and of the tables they share only the derivatives of entrywise functions: the sweep reads pullbacks, this
//! reads differentials and pairings. Classes that a rule equates must have one shape and one value at a point (`worth`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use egg::{CostFunction, Extractor, Id, Language, RecExpr, Runner};

use super::language::{ENode, Graph, Op, Results, Rule, Semantics, operator_of};
use super::translate::{Builder, expression_of};
use super::{rewrites, worth};
use crate::expression::{self, Node, Store};
use crate::function::FunctionId;
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
const MOST_ROUNDS: usize = 60;
/// E-nodes gone through, a round after the other, for each node of the question and its answer.
const STEPS_PER_NODE: usize = 200;

/// What the second derivations of one answer may cost together, in proportion to the answer: e-nodes gone through, never time.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    steps: usize,
}

impl Budget {
    /// That of an answer about `f`, made of these values; none for a large question.
    pub fn of(store: &Store, f: expression::Id, answer: &[expression::Id]) -> Self {
        let is_small = store.spans_at_most(f, MOST_NODES);
        Self { steps: if is_small { STEPS_PER_NODE * store.reachable(answer).len() } else { 0 } }
    }
}

/// Derives the gradient of `f` by `variable` in an e-graph and compares it with `gradient`, the sweep's answer before projection.
/// Not tried (to the end) where the budget does not suffice.
pub fn certify(
    store: &mut Store,
    f: expression::Id,
    variable: expression::Id,
    gradient: expression::Id,
    budget: &mut Budget,
) -> Result<Certificate, Fault> {
    if budget.steps == 0 || hides(store, f, variable) {
        return Ok(Certificate::NotTried);
    }
    let rules = rewrites::of(&functions(store, f))?;
    certify_by(store, f, variable, gradient, &rules, budget)
}

/// The same with these rules.
fn certify_by(
    store: &mut Store,
    f: expression::Id,
    variable: expression::Id,
    gradient: expression::Id,
    rules: &[&Rule],
    budget: &mut Budget,
) -> Result<Certificate, Fault> {
    let mut points = 0..POINTS;
    let Rewritten { mut runner, root, target } = loop {
        let mut rewritten = Rewritten::of(store, f, variable, rules, points.start, budget);
        let semantics = &mut rewritten.runner.egraph.analysis;
        let Some(alarm) = semantics.alarm.take() else { break rewritten };
        *store = std::mem::take(&mut semantics.store);
        // Where rounding errors decide, as in artanh(tanh 18), values differ though the rule is right: not so at other points.
        points.next();
        if points.is_empty() {
            return Err(Fault::new("rewriting the differential", alarm));
        }
    };
    let found = derived(&runner.egraph, root, target);
    *store = std::mem::take(&mut runner.egraph.analysis.store);
    store.fault()?;
    let results = &runner.egraph.analysis.results;
    let Some(derived) = found.and_then(|term| read_off(&term, results, store, variable)) else {
        return Ok(Certificate::NotTried);
    };
    let proof = Certificate::Proved {
        nodes: runner.egraph.total_number_of_nodes(),
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

/// A rule is unsound that equates different values at each of so many points.
const POINTS: u64 = 3;

/// The e-graph after rewriting.
struct Rewritten {
    runner: Runner<ENode, Semantics>,
    /// ⟨1, d f⟩ and dX.
    root: Id,
    target: Id,
}

impl Rewritten {
    /// The question with all that the rules make of it; classes have values at the point of that number.
    fn of(
        store: &mut Store,
        f: expression::Id,
        variable: expression::Id,
        rules: &[&Rule],
        point: u64,
        budget: &mut Budget,
    ) -> Self {
        let mut runner = Runner::<_, _, ()>::new(Semantics {
            point: worth::point(store, f, variable, point),
            store: std::mem::take(store),
            variable,
            results: BTreeMap::new(),
            alarm: None,
        })
        .with_iter_limit(MOST_ROUNDS)
        .with_node_limit(usize::MAX)
        .with_time_limit(std::time::Duration::MAX)
        .with_scheduler(egg::SimpleScheduler);
        let (root, target) = question(&mut runner.egraph, f, variable);
        let left = Arc::new(AtomicUsize::new(budget.steps));
        let counted = Arc::clone(&left);
        let runner = runner
            .with_hook(move |runner| {
                let steps = runner.egraph.total_number_of_nodes();
                let left = counted.load(Ordering::Relaxed).saturating_sub(steps);
                counted.store(left, Ordering::Relaxed);
                if left == 0 { Err("the budget is used up".to_owned()) } else { Ok(()) }
            })
            .run(rules.iter().copied());
        budget.steps = left.load(Ordering::Relaxed);
        Self { runner, root, target }
    }
}

/// ⟨1, d f⟩ and dX as classes.
fn question(graph: &mut Graph, f: expression::Id, variable: expression::Id) -> (Id, Id) {
    let one = graph.analysis.store.integer(1);
    let mut builder = Builder { graph };
    let value = builder.whole(f);
    let differential = builder.apply(Op::Differential, &[value], &Shape::Scalar);
    let one = builder.leaf(one);
    let root = builder.apply(Op::Pairing, &[one, differential], &Shape::Scalar);
    let leaf = builder.leaf(variable);
    (root, builder.graph.add(ENode { op: Op::Differential, children: vec![leaf] }))
}

/// Σ⟨Gᵢ, dX⟩, if the rewriting came so far.
fn derived(graph: &Graph, root: Id, target: Id) -> Option<RecExpr<ENode>> {
    let extractor = Extractor::new(graph, Finished { target: graph.find(target) });
    let (cost, term) = extractor.find_best(root);
    cost.is_finite().then_some(term)
}

/// The functions that occur.
fn functions(store: &Store, f: expression::Id) -> BTreeSet<FunctionId> {
    let function = |id: &expression::Id| match store.node(*id) {
        Node::Apply { function, .. } => Some(*function),
        _ => None,
    };
    store.reachable(&[f]).iter().filter_map(function).collect()
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
    results: &Results,
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
                gradients.push(expression_of(&left, results, store)?);
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

#[cfg(test)]
mod tests {
    use egg::{ENodeOrVar, Pattern, Rewrite, Var};

    use super::*;
    use crate::expression::Properties;
    use crate::shape::Dimension;

    /// Aᵀ = A, which holds for symmetric matrices only.
    fn transposes_vanish() -> Rule {
        let (mut left, mut right) = (RecExpr::default(), RecExpr::default());
        let a = left.add(ENodeOrVar::Var(Var::from_u32(0)));
        left.add(ENodeOrVar::ENode(ENode { op: Op::Transpose, children: vec![a] }));
        right.add(ENodeOrVar::Var(Var::from_u32(0)));
        Rewrite::new("Aᵀ = A", Pattern::new(left), Pattern::new(right)).unwrap()
    }

    /// The certificate of ∂tr(AᵀB)/∂A = B with the rules of the tables and one more.
    fn certificate(rows: &str, more: &[Rule]) -> Result<Certificate, Fault> {
        let mut store = Store::new();
        let shape = Shape::matrix(Dimension::symbol(rows), Dimension::symbol("n"));
        let [a, b] = ["A", "B"].map(|name| store.variable(name, shape.clone(), Properties::NONE));
        let transposed = store.transpose(a);
        let product = store.multiply(transposed, b);
        let f = store.trace(product);
        let mut rules = rewrites::of(&BTreeSet::new())?;
        rules.extend(more);
        let mut budget = Budget { steps: 100_000 };
        certify_by(&mut store, f, a, b, &rules, &mut budget)
    }

    #[test]
    fn a_rule_that_equates_different_numbers_is_a_fault() {
        assert!(matches!(certificate("n", &[]), Ok(Certificate::Proved { .. })));
        let fault = certificate("n", &[transposes_vanish()]).unwrap_err();
        let (_, sides) = fault.found().split_once("a rule equates ").unwrap();
        let sides: Vec<f64> = sides.split(" with ").map(|side| side.parse().unwrap()).collect();
        assert!(sides.len() == 2 && (sides[0] - sides[1]).abs() > 0.0, "{fault}");
        assert!(fault.place().starts_with("simplify/egraph/certificate.rs"), "{fault}");
    }

    #[test]
    fn a_rule_that_equates_different_shapes_is_a_fault() {
        assert!(matches!(certificate("m", &[]), Ok(Certificate::Proved { .. })));
        let fault = certificate("m", &[transposes_vanish()]).unwrap_err();
        let sides = fault.found().strip_prefix("a rule equates ");
        assert!(sides.is_some_and(|sides| sides.contains('m') && sides.contains('n')), "{fault}");
    }
}
