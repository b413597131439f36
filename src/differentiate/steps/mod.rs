//! The derivation of a gradient as a textbook writes it: the forward differential, then the trace method; of a Jacobian the forward
//! differential, then its matrix.
//!
//! `inward` applies d to a value by one named row; `pairing` brings a term to tr(Gᵀ dX) by one named identity; `linear` reads rows of
//! the tables as linear operators; `stack` puts operators on top of each other; `naming` gives names to inner values of what would be too
//! long in one piece. No search and no e-graph: the work is linear in the size of the formula.

mod inward;
mod linear;
mod naming;
mod pairing;
mod stack;

use std::collections::{BTreeMap, BTreeSet};

use super::{DifferentiateError, project};
use crate::derivation::{Binding, Derivation, Goal, Layer, Line, Reason, Share, Stage, Term};
use crate::expression::{Id, Node, Store};
use crate::rule::{Operator, Pairing};
use naming::Named;

/// The rules that nobody quotes beside another one.
const SUM: Reason = Reason::Rule(Operator::Sum.row().name);
const TRANSPOSE: Reason = Reason::Rule(Operator::Transpose.row().name);
const SCALAR_FACTOR: Reason = Reason::Rule(Pairing::of(Operator::Scale, 1).name);

/// Lines, terms of a line, and names written in a line of a derivation that is still read in one piece.
const LONGEST: usize = 16;
const WIDEST: usize = 6;
const FULLEST: u64 = 16;
/// Steps that any one stage takes at most; beyond it something goes round in circles.
const STEPS: usize = 400;

/// How the gradient of the scalar `f` by `variable` is found: lines from f to G of df = tr(Gᵀ dX). `gradient` is the answer as it is
/// shown, equal to G as far as the variable's structure lets it count.
pub fn derivation(
    store: &mut Store,
    f: Id,
    variable: Id,
    gradient: Id,
) -> Result<Derivation, DifferentiateError> {
    if !store.shape(f).is_scalar() {
        return Err(DifferentiateError::NotScalar { shape: store.shape(f).clone() });
    }
    match derive(store, f, variable, gradient, naming::none(f), Some(LONGEST))? {
        Some(short) if !is_crowded(store, &short) => Ok(short),
        short => {
            let named = naming::inner_values(store, f, variable);
            if let (true, Some(short)) = (named.bindings.is_empty(), short) {
                return Ok(short);
            }
            let long = derive(store, f, variable, gradient, named, None)?;
            long.ok_or_else(|| DifferentiateError::NotSupported { what: "this formula".to_owned() })
        }
    }
}

/// How the Jacobian of `value` by `variable`, or its differential, is found: d goes inward until it stands before the variable alone, then
/// the matrix is read off. `matrix` is the answer as it is shown; without it the differential is the answer. Of a Hessian the value
/// is a gradient.
pub fn map_derivation(
    store: &mut Store,
    value: Id,
    variable: Id,
    matrix: Option<Id>,
    is_gradient: bool,
) -> Result<Derivation, DifferentiateError> {
    let targets = BTreeSet::from([variable]);
    let reachable = store.reachable(&[value]);
    let moving = naming::moving(store, &reachable, &targets);
    let first = stack::lone(value);
    let subject = Binding { name: value, value };
    let mut lines = Lines { subject, written: Vec::new(), terms: vec![first], reasons: Vec::new() };
    lines.write();
    if !moving.contains(&value) {
        lines.terms = Vec::new();
    }
    for _ in 0..STEPS {
        let more = inward_line(store, &moving, &targets, &mut lines)?;
        lines.write();
        if !more {
            break;
        }
    }
    let direction = super::direction(store, variable);
    let differential = super::differential(store, value, &[(variable, direction)])?;
    let (goal, found, gradient) = match matrix {
        Some(matrix) => {
            let goal = if is_gradient { Goal::Hessian } else { Goal::Matrix };
            (goal, super::matrix_of_map(store, differential, direction)?, matrix)
        }
        None => (Goal::Differential, differential, differential),
    };
    let stage = Stage { subject: value, adjoint: None, lines: lines.written, shares: Vec::new() };
    let reasons = if found == gradient { Vec::new() } else { vec![Reason::Simplify] };
    Ok(Derivation {
        goal,
        function: value,
        value,
        variable,
        bindings: Vec::new(),
        stages: vec![stage],
        found,
        gradient,
        reasons,
    })
}

/// `None` when a stage grows beyond the limits.
fn derive(
    store: &mut Store,
    f: Id,
    variable: Id,
    gradient: Id,
    named: Named,
    limit: Option<usize>,
) -> Result<Option<Derivation>, DifferentiateError> {
    let mut targets = BTreeSet::from([variable]);
    targets.extend(named.bindings.iter().map(|binding| binding.name));
    let mut shares: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    let mut stages = Vec::new();
    let mut letters = BTreeMap::new();
    let root = Binding { name: f, value: named.value };
    for binding in std::iter::once(&root).chain(named.bindings.iter().rev()) {
        let adjoint = if binding.name == f {
            None
        } else {
            let Some(received) = shares.remove(&binding.name) else { continue };
            let value = store.add(&received);
            Some(Binding { name: naming::adjoint(store, binding.name, &mut letters), value })
        };
        let Some(stage) = stage(store, *binding, adjoint, &targets, limit)? else {
            return Ok(None);
        };
        for share in &stage.shares {
            shares.entry(share.of).or_default().push(share.adjoint);
        }
        stages.push(stage);
    }
    let found = match shares.remove(&variable) {
        Some(received) => store.add(&received),
        None => {
            let shape = store.shape(variable).clone();
            store.zeros(&shape)
        }
    };
    let Named { value, bindings } = named;
    let mut reasons = last_reasons(store, variable, found, gradient);
    if !bindings.is_empty() && found != gradient {
        reasons.insert(0, Reason::Unfold);
    }
    Ok(Some(Derivation {
        goal: Goal::Gradient,
        function: f,
        value,
        variable,
        bindings,
        stages,
        found,
        gradient,
        reasons,
    }))
}

fn last_reasons(store: &mut Store, variable: Id, found: Id, gradient: Id) -> Vec<Reason> {
    let projected = project(store, variable, found);
    let structure = (projected != found).then_some(Reason::Structure);
    let simplify = (projected != gradient).then_some(Reason::Simplify);
    structure.into_iter().chain(simplify).collect()
}

/// Lines so far, with the reasons of steps that have not been shown yet.
struct Lines {
    subject: Binding,
    written: Vec<Line>,
    terms: Vec<Term>,
    reasons: Vec<Reason>,
}

impl Lines {
    fn because(&mut self, reason: Reason) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Writes a line, unless it would repeat the one before: then its reasons go with the next.
    fn write(&mut self) {
        self.terms = stack::collect(std::mem::take(&mut self.terms));
        if self.written.last().is_some_and(|last| last.terms == self.terms) {
            return;
        }
        if let (true, [_, .., last]) = (self.reasons.is_empty(), self.written.as_mut_slice()) {
            // Nothing that needs a reason: the line before is written this way at once.
            last.terms.clone_from(&self.terms);
            return;
        }
        let mut reasons = std::mem::take(&mut self.reasons);
        let plain = |reason: &Reason| [SUM, TRANSPOSE].contains(reason);
        if reasons.iter().any(|reason| !plain(reason)) {
            reasons.retain(|reason| !plain(reason));
        }
        self.written.push(Line { terms: self.terms.clone(), reasons });
    }
}

/// The stage of one value; `None` when it grows beyond the limit.
fn stage(
    store: &mut Store,
    subject: Binding,
    adjoint: Option<Binding>,
    targets: &BTreeSet<Id>,
    limit: Option<usize>,
) -> Result<Option<Stage>, DifferentiateError> {
    let reachable = store.reachable(&[subject.value]);
    let moving = naming::moving(store, &reachable, targets);
    let mut first = stack::lone(subject.name);
    if let Some(delta) = adjoint {
        first = paired(store, first, delta.name);
    }
    let terms = vec![first.clone()];
    let mut lines = Lines { subject, written: Vec::new(), terms, reasons: Vec::new() };
    lines.write();
    // From here on the value stands for the name.
    lines.terms = if moving.contains(&subject.value) {
        vec![Term { of: subject.value, layers: unpaired(store, first.layers), ..first }]
    } else {
        Vec::new()
    };
    let crowded = |lines: &Lines| {
        limit.is_some_and(|limit| lines.written.len() > limit || lines.terms.len() > 2 * WIDEST)
    };
    for _ in 0..STEPS {
        let more = inward_line(store, &moving, targets, &mut lines)?;
        lines.write();
        if crowded(&lines) {
            return Ok(None);
        }
        if !more {
            break;
        }
    }
    for _ in 0..STEPS {
        let more = pairing_line(store, &mut lines)?;
        lines.write();
        if crowded(&lines) {
            return Ok(None);
        }
        if !more {
            break;
        }
    }
    let shares = gather(store, &mut lines);
    lines.write();
    Ok(Some(Stage { subject: subject.name, adjoint, lines: lines.written, shares }))
}

/// ⟨δ, term⟩: δ·m, δᵀm, or tr(δᵀ M).
fn paired(store: &mut Store, mut term: Term, delta: Id) -> Term {
    let shape = store.shape(delta).clone();
    if shape.is_scalar() {
        return stack::scale(store, term, delta);
    }
    term.layers.insert(0, Layer::Adjoint(delta));
    if !shape.is_column() {
        term.layers.insert(0, Layer::Trace);
    }
    term
}

/// δᵀ as a factor like any other.
fn unpaired(store: &mut Store, layers: Vec<Layer>) -> Vec<Layer> {
    let mut opened = Vec::with_capacity(layers.len());
    for layer in layers {
        opened.push(match layer {
            Layer::Adjoint(g) => {
                Layer::Product { left: vec![store.transpose(g)], right: Vec::new() }
            }
            layer => layer,
        });
    }
    opened
}

/// Applies d inward: the first row that is due, wherever it is due, and what goes without saying. False when nothing is left to do.
fn inward_line(
    store: &mut Store,
    moving: &BTreeSet<Id>,
    targets: &BTreeSet<Id>,
    lines: &mut Lines,
) -> Result<bool, DifferentiateError> {
    go_silently(store, moving, targets, lines)?;
    let mut due = None;
    let mut terms = Vec::with_capacity(lines.terms.len());
    for term in std::mem::take(&mut lines.terms) {
        if targets.contains(&term.of) {
            terms.push(term);
            continue;
        }
        let expansion = inward::expand(store, moving, term.of)?;
        if *due.get_or_insert(expansion.reason) == expansion.reason {
            for inner in expansion.terms {
                let inner = naming::abbreviate(store, inner, lines.subject);
                terms.push(stack::substitute(store, &term, inner));
            }
        } else {
            terms.push(term);
        }
    }
    lines.terms = terms;
    let Some(reason) = due else { return Ok(false) };
    lines.because(reason);
    go_silently(store, moving, targets, lines)?;
    Ok(true)
}

fn go_silently(
    store: &mut Store,
    moving: &BTreeSet<Id>,
    targets: &BTreeSet<Id>,
    lines: &mut Lines,
) -> Result<(), DifferentiateError> {
    let mut done = Vec::new();
    let mut open: Vec<Term> = std::mem::take(&mut lines.terms);
    open.reverse();
    while let Some(term) = open.pop() {
        if targets.contains(&term.of) {
            done.push(term);
            continue;
        }
        let expansion = inward::expand(store, moving, term.of)?;
        if !expansion.silent {
            done.push(term);
            continue;
        }
        lines.because(expansion.reason);
        for inner in expansion.terms.into_iter().rev() {
            open.push(stack::substitute(store, &term, inner));
        }
    }
    lines.terms = done;
    Ok(())
}

/// Brings the terms closer to tr(Gᵀ dX): the first identity that is due, wherever it is due. False when all are there.
fn pairing_line(store: &mut Store, lines: &mut Lines) -> Result<bool, DifferentiateError> {
    let mut next = Vec::with_capacity(lines.terms.len());
    for mut term in std::mem::take(&mut lines.terms) {
        let mut step = pairing::step(store, &term)?;
        while let Some((plainer, None)) = step {
            term = plainer;
            step = pairing::step(store, &term)?;
        }
        next.push((term, step));
    }
    let reasons = next.iter().filter_map(|(_, step)| step.as_ref().and_then(|step| step.1));
    let due = reasons.min_by_key(|reason| pairing::rank(*reason));
    lines.terms = next
        .into_iter()
        .map(|(term, step)| match step {
            Some((next, reason)) if reason == due => next,
            _ => term,
        })
        .collect();
    if let Some(reason) = due {
        lines.because(reason);
    }
    Ok(due.is_some())
}

/// Adds up what is paired with one differential: tr(G₁ᵀ dX) + tr(G₂ᵀ dX) = tr((G₁ + G₂)ᵀ dX).
fn gather(store: &mut Store, lines: &mut Lines) -> Vec<Share> {
    let mut shares: Vec<(Id, Vec<Id>)> = Vec::new();
    for term in &lines.terms {
        let mut adjoint = store.integer(1);
        for layer in &term.layers {
            if let Layer::Adjoint(factor) | Layer::Scale(factor) = layer {
                adjoint = store.multiply(adjoint, *factor);
            }
        }
        let adjoint = store.scale_by(&term.coefficient, adjoint);
        match shares.iter_mut().find(|(of, _)| *of == term.of) {
            Some((_, received)) => received.push(adjoint),
            None => shares.push((term.of, vec![adjoint])),
        }
    }
    if shares.iter().any(|(_, received)| received.len() > 1) {
        lines.because(Reason::Collect);
    } else {
        lines.because(SCALAR_FACTOR);
    }
    let mut shares: Vec<Share> = shares
        .into_iter()
        .map(|(of, received)| Share { of, adjoint: store.add(&received) })
        .collect();
    shares.retain(|share| !store.is_zero(share.adjoint));
    let mut terms = Vec::with_capacity(shares.len());
    for share in &shares {
        terms.push(paired(store, stack::lone(share.of), share.adjoint));
    }
    lines.terms = terms;
    shares
}

/// Whether the lines are too long or too many to be read without names.
fn is_crowded(store: &Store, derivation: &Derivation) -> bool {
    derivation.stages.iter().flat_map(|stage| &stage.lines).any(|line| {
        let mut written = Vec::new();
        for term in &line.terms {
            written.push(term.of);
            written.extend(term.layers.iter().flat_map(layer_operands));
        }
        let counts = occurrences(store, &written);
        let total = written.iter().map(|id| counts[id.index()]).fold(0, u64::saturating_add);
        line.terms.len() > WIDEST || total > FULLEST
    })
}

/// The constants in a layer.
fn layer_operands(layer: &Layer) -> Vec<Id> {
    match layer {
        Layer::Scale(a)
        | Layer::Times(a)
        | Layer::Adjoint(a)
        | Layer::Hadamard(a)
        | Layer::KroneckerLeft(a)
        | Layer::KroneckerRight(a) => vec![*a],
        Layer::Product { left, right } => left.iter().chain(right).copied().collect(),
        Layer::Apply { arguments, .. } => arguments.clone(),
        Layer::Transpose
        | Layer::Trace
        | Layer::Total
        | Layer::Diagonal
        | Layer::DiagonalOf
        | Layer::Vectorize => Vec::new(),
    }
}

/// Names of variables, functions and constants written in each value, fully expanded.
fn occurrences(store: &Store, roots: &[Id]) -> Vec<u64> {
    let reachable = store.reachable(roots);
    let mut counts = vec![0_u64; reachable.last().map_or(0, |last| last.index() + 1)];
    for id in reachable {
        let named =
            matches!(store.node(id), Node::Variable(_) | Node::Apply { .. } | Node::Ones(..));
        let mut count = u64::from(named);
        store.node(id).for_each_child(|child| count = count.saturating_add(counts[child.index()]));
        counts[id.index()] = count;
    }
    counts
}
