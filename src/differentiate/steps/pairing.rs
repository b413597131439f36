//! The trace method: a term that is linear in dM becomes tr(Gᵀ dM), one identity at a time.
//!
//! The layers of a term are read from outside: a scalar in front, then the trace (or nothing, for a product that is 1×1), then a chain
//! of factors, then what has still to be peeled off. In the end the chain is the adjoint: tr(Gᵀ dM), gᵀ dm of a column, s dm of
//! a scalar.

use num_traits::Signed;

use super::stack::{self, wrap};
use crate::derivation::{Layer, Reason, Term};
use crate::differentiate::DifferentiateError;
use crate::expression::{Id, Node, Store};
use crate::function::FunctionId;
use crate::rule::{self, FunctionTemplates, Move, Operator, Pairing};
use crate::shape::{Dimension, Shape};
use crate::source::Fault;

const CYCLIC: Reason = Reason::Rule(Move::Rotate.row().name);
const OWN_TRACE: Reason = Reason::Rule(Move::Trace.row().name);
const OWN_TRANSPOSE: Reason = Reason::Rule(Move::TurnScalar.row().name);
const TRACE_TRANSPOSE: Reason = Reason::Rule(Move::TurnInTrace.row().name);
const PRODUCT_TRANSPOSE: Reason = Reason::Rule(Move::TurnChain.row().name);
const FROBENIUS: Reason = Reason::Rule(Move::Frobenius.row().name);
const SUM_OF_PRODUCT: Reason = Reason::Rule(Move::SumOfProduct.row().name);
const HADAMARD: Reason = Reason::Rule(Pairing::of(Operator::Hadamard, 1).name);
const TOTAL: Reason = Reason::Rule(Pairing::of(Operator::Total, 0).name);
const TRACE: Reason = Reason::Rule(Pairing::of(Operator::Trace, 0).name);
const SCALAR: Reason = Reason::Rule(Pairing::of(Operator::Scale, 0).name);
const DIAGONAL: Reason = Reason::Rule(Pairing::of(Operator::Diagonal, 0).name);
const DIAGONAL_OF: Reason = Reason::Rule(Pairing::of(Operator::DiagonalOf, 0).name);

/// The order in which identities are applied when several are due in different terms: transposes first, so that terms that are the
/// same meet early.
pub(super) fn rank(reason: Reason) -> usize {
    const LATE: [Reason; 4] = [OWN_TRACE, HADAMARD, CYCLIC, PRODUCT_TRANSPOSE];
    LATE.iter().position(|late| *late == reason).map_or(0, |at| at + 1)
}

/// A step: the new term and, unless it is too plain to name, its reason.
pub(super) type Step = (Term, Option<Reason>);

/// A scalar term taken apart.
struct Frame {
    term: Term,
    scalar: Option<Id>,
    traced: bool,
    left: Vec<Id>,
    right: Vec<Id>,
    /// Below the chain, outermost first.
    rest: Vec<Layer>,
    /// Shape of what `rest` makes.
    shape: Shape,
}

impl Frame {
    fn new(store: &Store, term: &Term) -> Self {
        let shapes = stack::shapes(store, term);
        let mut rest = term.layers.as_slice();
        let mut frame = Self {
            term: term.clone(),
            scalar: None,
            traced: false,
            left: Vec::new(),
            right: Vec::new(),
            rest: Vec::new(),
            shape: Shape::Scalar,
        };
        if let [Layer::Scale(scalar), below @ ..] = rest {
            (frame.scalar, rest) = (Some(*scalar), below);
        }
        if let [Layer::Trace, below @ ..] = rest {
            (frame.traced, rest) = (true, below);
        }
        if let [Layer::Product { left, right }, below @ ..] = rest {
            (frame.left, frame.right, rest) = (left.clone(), right.clone(), below);
        }
        frame.rest = rest.to_vec();
        frame.shape = shapes[term.layers.len() - rest.len()].clone();
        frame
    }

    /// A side of the chain that is 1×1, as in gᵀ m (1ᵀ1): a scalar, taken out.
    fn take_scalar_chain(&mut self, store: &mut Store) -> Option<Id> {
        let is_scalar = |chain: &[Id]| match chain {
            [first, .., last] => store.shape(*first).is_row() && store.shape(*last).is_column(),
            _ => false,
        };
        let chain = if is_scalar(&self.right) {
            std::mem::take(&mut self.right)
        } else if is_scalar(&self.left) {
            std::mem::take(&mut self.left)
        } else {
            return None;
        };
        Some(store.product(&chain))
    }

    /// Puts the term together again.
    fn build(self, store: &mut Store) -> Term {
        let Self { mut term, scalar, traced, left, right, rest, .. } = self;
        term.layers = rest;
        if !left.is_empty() || !right.is_empty() {
            term = wrap(store, term, Layer::Product { left, right });
        }
        if traced {
            term = wrap(store, term, Layer::Trace);
        }
        match scalar {
            Some(scalar) => stack::scale(store, term, scalar),
            None => term,
        }
    }

    /// tr(L M R) = tr(R L M); without a trace sign when R L M is 1×1.
    fn rotate(mut self, store: &mut Store) -> Step {
        let mut chain = std::mem::take(&mut self.right);
        chain.append(&mut self.left);
        self.left = chain;
        (self.build(store), Some(CYCLIC))
    }

    /// Replaces the chain and the first layer of the rest by Gᵀ on the left.
    fn peel(mut self, store: &mut Store, g: Id, traced: bool, reason: Reason) -> Step {
        self.rest.remove(0);
        self.traced = traced;
        self.right.clear();
        self.finish(store, g, reason)
    }

    /// Gᵀ in front of the rest; as the adjoint when the rest is the bare differential.
    fn finish(mut self, store: &mut Store, g: Id, reason: Reason) -> Step {
        let (mut coefficient, mut g) = store.split_coefficient(g);
        if coefficient.is_negative() && absorbs_sign(store, g) {
            coefficient = -coefficient;
            g = store.negate(g);
        }
        self.term.coefficient *= coefficient;
        if self.rest.is_empty() {
            self.rest = vec![Layer::Adjoint(g)];
            self.left.clear();
        } else {
            self.left = vec![store.transpose(g)];
        }
        (self.build(store), Some(reason))
    }
}

/// Whether a minus sign turns a difference in the product around: −Aᵀ(y − Ax) is Aᵀ(Ax − y).
fn absorbs_sign(store: &Store, g: Id) -> bool {
    store.factors(g).into_iter().any(|factor| {
        let inner = store.as_transpose(factor).unwrap_or(factor);
        matches!(store.node(inner), Node::Sum(_))
    })
}

/// The next step of a term whose differential is that of a target; `None` when it is done.
pub(super) fn step(store: &mut Store, term: &Term) -> Result<Option<Step>, DifferentiateError> {
    let mut frame = Frame::new(store, term);
    if let Some(scalar) = frame.take_scalar_chain(store) {
        let term = frame.build(store);
        return Ok(Some((stack::scale(store, term, scalar), None)));
    }
    let chained = !frame.left.is_empty() || !frame.right.is_empty();
    let step = match frame.rest.first().cloned() {
        None if !frame.traced && !chained => return Ok(None),
        Some(Layer::Adjoint(_)) => return Ok(None),
        Some(Layer::Total) => total(store, frame)?,
        Some(Layer::Times(matrix)) => scalar_differential(store, frame, matrix)?,
        None => bare(store, frame)?,
        Some(_) if frame.traced && !frame.right.is_empty() && !turns(&frame) => frame.rotate(store),
        Some(_) if frame.traced => traced(store, frame)?,
        Some(_) => untraced(store, frame)?,
    };
    Ok(Some(step))
}

/// A transpose is taken off before anything is rotated.
fn turns(frame: &Frame) -> bool {
    matches!(frame.rest.first(), Some(Layer::Transpose))
}

/// L*(G) by the row of the operator whose operand `at` moves.
fn adjoint(
    store: &mut Store,
    (operator, at): (Operator, usize),
    g: Id,
    constants: &[Id],
    moving: &Shape,
) -> Result<Id, Fault> {
    let row = rule::pairing(operator, at)?;
    let missing =
        || Fault::new("pairing a differential", format!("{operator:?} has no row by operand {at}"));
    Ok(row.ok_or_else(missing)?.adjoint(store, g, constants, moving))
}

/// Nothing is left below the chain but the differential.
fn bare(store: &mut Store, mut frame: Frame) -> Result<Step, Fault> {
    if !frame.traced {
        if frame.shape.is_column() && frame.right.is_empty() {
            let row = store.product(&frame.left);
            let g = store.transpose(row);
            let turned = frame.left.len() > 1 && row != g;
            let reason = turned.then_some(PRODUCT_TRANSPOSE);
            frame.left.clear();
            let (term, _) = frame.finish(store, g, PRODUCT_TRANSPOSE);
            return Ok((term, reason));
        }
        return Ok((frame.build_traced(store), Some(OWN_TRACE)));
    }
    if !frame.right.is_empty() {
        return Ok(frame.rotate(store));
    }
    if frame.left.is_empty() {
        let one = store.integer(1);
        let g = adjoint(store, (Operator::Trace, 0), one, &[], &frame.shape)?;
        return Ok(frame.finish(store, g, TRACE));
    }
    let product = store.product(&frame.left);
    let g = store.transpose(product);
    let reason = (frame.left.len() > 1 && product != g).then_some(PRODUCT_TRANSPOSE);
    Ok((frame.finish(store, g, PRODUCT_TRANSPOSE).0, reason))
}

/// sum(M)
fn total(store: &mut Store, mut frame: Frame) -> Result<Step, Fault> {
    frame.rest.remove(0);
    let term = Term { layers: frame.rest.clone(), ..frame.term.clone() };
    let shape = stack::shapes(store, &term)[0].clone();
    Ok(match frame.rest.first().cloned() {
        Some(Layer::Transpose | Layer::Diagonal) => {
            frame.rest[0] = Layer::Total;
            (frame.build(store), None)
        }
        // sum(A ⊙ M) = tr(Aᵀ M), aᵀ m of columns
        Some(Layer::Hadamard(factor)) => {
            frame.traced = !shape.is_column();
            frame.rest.remove(0);
            let reason = if shape.is_column() { SUM_OF_PRODUCT } else { FROBENIUS };
            frame.finish(store, factor, reason)
        }
        // sum(M) = 1ᵀ M 1
        Some(Layer::Product { .. }) if shape.is_column() || !shape.is_row() => {
            let rows = Shape::matrix(Dimension::one(), shape.rows());
            let columns = Shape::matrix(shape.columns(), Dimension::one());
            let (left, right) = (store.ones(&rows), store.ones(&columns));
            frame.left = vec![left];
            frame.right = if shape.is_column() { Vec::new() } else { vec![right] };
            (frame.build(store), Some(TOTAL))
        }
        _ => {
            let one = store.integer(1);
            let ones = adjoint(store, (Operator::Total, 0), one, &[], &shape)?;
            frame.traced = !shape.is_column();
            frame.finish(store, ones, TOTAL)
        }
    })
}

/// tr(L (m A) R) = tr(L A R) m
fn scalar_differential(store: &mut Store, mut frame: Frame, matrix: Id) -> Result<Step, Fault> {
    let mut chain = std::mem::take(&mut frame.right);
    chain.append(&mut frame.left);
    let rows = store.shape(matrix).rows();
    let chain = if chain.is_empty() { store.identity(&rows) } else { store.product(&chain) };
    let g = store.transpose(chain);
    let value = adjoint(store, (Operator::Scale, 0), g, &[matrix], &Shape::Scalar)?;
    frame.rest.remove(0);
    frame.traced = false;
    let term = frame.build(store);
    Ok((stack::scale(store, term, value), Some(SCALAR)))
}

/// tr(P M) with an operator at the top of M.
fn traced(store: &mut Store, mut frame: Frame) -> Result<Step, DifferentiateError> {
    let chain = if frame.left.is_empty() {
        let size = frame.shape.rows();
        store.identity(&size)
    } else {
        store.product(&frame.left)
    };
    let Some(layer) = frame.rest.first().cloned() else { return Ok(bare(store, frame)?) };
    match layer {
        // tr(L Mᵀ R) = tr(Rᵀ M Lᵀ)
        Layer::Transpose => {
            turn(store, &mut frame);
            Ok((frame.build(store), Some(TRACE_TRANSPOSE)))
        }
        // tr(P (A ⊙ M)) = tr((Pᵀ ⊙ A)ᵀ M)
        Layer::Hadamard(factor) => {
            let g = store.transpose(chain);
            let g = adjoint(store, (Operator::Hadamard, 1), g, &[factor], &frame.shape)?;
            Ok(frame.peel(store, g, true, HADAMARD))
        }
        Layer::Diagonal => {
            let g = store.transpose(chain);
            let g = adjoint(store, (Operator::Diagonal, 0), g, &[], &column(&frame.shape))?;
            Ok(frame.peel(store, g, false, DIAGONAL))
        }
        Layer::DiagonalOf => {
            let g = store.transpose(chain);
            let g = adjoint(store, (Operator::DiagonalOf, 0), g, &[], &square(&frame.shape))?;
            Ok(frame.peel(store, g, true, DIAGONAL_OF))
        }
        Layer::Apply { function, arguments, at, .. } => {
            let g = store.transpose(chain);
            let share = pullback(store, function, &arguments, at, g)?;
            let is_column = store.shape(share).is_column();
            Ok(frame.peel(store, share, !is_column, Reason::Pullback(function)))
        }
        Layer::Vectorize => Err(not_supported("vec")),
        Layer::KroneckerLeft(_) | Layer::KroneckerRight(_) => Err(not_supported("kron")),
        // The frame has taken these, or `step` has.
        Layer::Scale(_)
        | Layer::Times(_)
        | Layer::Product { .. }
        | Layer::Adjoint(_)
        | Layer::Trace
        | Layer::Total => Err(not_supported("this order of operators")),
    }
}

/// l M r, a scalar, with an operator at the top of M.
fn untraced(store: &mut Store, mut frame: Frame) -> Result<Step, Fault> {
    Ok(match frame.rest.first().cloned() {
        Some(Layer::Transpose) => {
            turn(store, &mut frame);
            (frame.build(store), Some(OWN_TRANSPOSE))
        }
        // gᵀ (a ⊙ m) = (g ⊙ a)ᵀ m
        Some(Layer::Hadamard(factor)) if frame.shape.is_column() => {
            let row = store.product(&frame.left);
            let g = store.transpose(row);
            let g = adjoint(store, (Operator::Hadamard, 1), g, &[factor], &frame.shape)?;
            frame.peel(store, g, false, HADAMARD)
        }
        // gᵀ diag(M) = tr(diag(g) M)
        Some(Layer::DiagonalOf) if frame.shape.is_column() => {
            let row = store.product(&frame.left);
            let g = store.transpose(row);
            let g = adjoint(store, (Operator::DiagonalOf, 0), g, &[], &square(&frame.shape))?;
            frame.peel(store, g, true, DIAGONAL_OF)
        }
        // lᵀ diag(m) r = (l ⊙ r)ᵀ m
        Some(Layer::Diagonal) if !frame.left.is_empty() && !frame.right.is_empty() => {
            let (left, right) = (store.product(&frame.left), store.product(&frame.right));
            let outer = store.product(&[right, left]);
            let g = store.transpose(outer);
            let g = adjoint(store, (Operator::Diagonal, 0), g, &[], &column(&frame.shape))?;
            frame.peel(store, g, false, DIAGONAL)
        }
        _ => (frame.build_traced(store), Some(OWN_TRACE)),
    })
}

/// The column that makes a diagonal matrix of that shape.
fn column(of: &Shape) -> Shape {
    Shape::matrix(of.rows(), Dimension::one())
}

/// The matrix whose diagonal has that shape.
fn square(of: &Shape) -> Shape {
    Shape::matrix(of.rows(), of.rows())
}

impl Frame {
    /// Like `build`, but with a trace sign, which stays on a 1×1 product.
    fn build_traced(self, store: &mut Store) -> Term {
        let Self { mut term, scalar, left, right, rest, .. } = self;
        term.layers = rest;
        if !left.is_empty() || !right.is_empty() {
            term = wrap(store, term, Layer::Product { left, right });
        }
        term.layers.insert(0, Layer::Trace);
        match scalar {
            Some(scalar) => stack::scale(store, term, scalar),
            None => term,
        }
    }
}

/// Takes a transpose off: the chain is transposed instead.
fn turn(store: &mut Store, frame: &mut Frame) {
    frame.rest.remove(0);
    let transposed = |store: &mut Store, chain: &[Id]| -> Vec<Id> {
        let mut turned = Vec::with_capacity(chain.len());
        for factor in chain.iter().rev() {
            turned.push(store.transpose(*factor));
        }
        turned
    };
    let left = transposed(store, &frame.right);
    frame.right = transposed(store, &frame.left);
    frame.left = left;
}

/// The share of a function's argument by its row.
fn pullback(
    store: &mut Store,
    function: FunctionId,
    arguments: &[Id],
    at: usize,
    g: Id,
) -> Result<Id, DifferentiateError> {
    let FunctionTemplates::Array { operands, pullbacks, .. } = rule::function_templates(function)?
    else {
        return Err(not_supported(function.row().name));
    };
    let row = pullbacks.get(at).ok_or_else(|| not_supported(function.row().name))?;
    let mut bindings: Vec<(&str, Id)> =
        operands.iter().map(|name| &**name).zip(arguments.iter().copied()).collect();
    bindings.push(("G", g));
    Ok(row.instantiate(store, &bindings))
}

fn not_supported(what: &str) -> DifferentiateError {
    DifferentiateError::NotSupported { what: what.to_owned() }
}
