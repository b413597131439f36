//! d, applied inward: one rule at one differential.

use std::collections::BTreeSet;

use super::linear::{self, Linear};
use super::stack::{self, wrap};
use crate::derivation::{Layer, Reason, Term};
use crate::differentiate::DifferentiateError;
use crate::differentiate::sweep::slope_of_power;
use crate::expression::{Id, Node, Power, Store};
use crate::function::FunctionId;
use crate::rule::{self, FunctionTemplates, Operator, POWER_IN_TRACE};
use crate::source::Fault;

/// What d of a value is.
#[derive(Debug)]
pub(super) struct Expansion {
    pub(super) terms: Vec<Term>,
    pub(super) reason: Reason,
    /// Whether the step is taken together with the next, as on paper: d goes through a sum, a trace, a constant factor.
    pub(super) silent: bool,
}

/// d of `id`, one operator further in. `moving`: what is not constant.
pub(super) fn expand(
    store: &mut Store,
    moving: &BTreeSet<Id>,
    id: Id,
) -> Result<Expansion, DifferentiateError> {
    let node = store.node(id).clone();
    let moves = |id: &Id| moving.contains(id);
    match &node {
        Node::Sum(terms) => {
            let moved = terms.iter().filter(|term| moves(&term.id));
            let terms = moved.map(|term| linear::scaled(&term.coefficient, term.id)).collect();
            Ok(silent(terms, Operator::Sum))
        }
        Node::Product(factors) => {
            let mut terms = Vec::new();
            for (at, factor) in factors.iter().enumerate().filter(|(_, factor)| moves(factor)) {
                let (left, right) = (factors[..at].to_vec(), factors[at + 1..].to_vec());
                terms.push(wrap(store, stack::lone(*factor), Layer::Product { left, right }));
            }
            Ok(named(terms, Operator::Product))
        }
        Node::Scale { scalar, matrix } => {
            let mut terms = Vec::new();
            if moves(scalar) {
                terms.push(wrap(store, stack::lone(*scalar), Layer::Times(*matrix)));
            }
            if moves(matrix) {
                terms.push(wrap(store, stack::lone(*matrix), Layer::Scale(*scalar)));
            }
            Ok(named(terms, Operator::Scale))
        }
        Node::Hadamard(powers) => self::powers(store, moving, id, powers),
        Node::Trace(a) if slope_of_series(store, *a)?.is_some() => series(store, *a),
        Node::Trace(a) => match power_of_constant(store, moving, *a) {
            Some(power) => Ok(power_in_trace(store, power)?),
            None => Ok(plain(store, *a, Layer::Trace, Operator::Trace)),
        },
        Node::Transpose(a) => Ok(plain(store, *a, Layer::Transpose, Operator::Transpose)),
        Node::Total(a) => Ok(plain(store, *a, Layer::Total, Operator::Total)),
        Node::Diagonal(a) => Ok(plain(store, *a, Layer::Diagonal, Operator::Diagonal)),
        Node::DiagonalOf(a) => Ok(plain(store, *a, Layer::DiagonalOf, Operator::DiagonalOf)),
        Node::Inverse(a) => by_row(store, Operator::Inverse, &[(*a, true)]),
        Node::Determinant(a) => by_row(store, Operator::Determinant, &[(*a, true)]),
        Node::Apply { function, arguments } => apply(store, moving, *function, arguments),
        Node::Number(_)
        | Node::Size(_)
        | Node::Variable(_)
        | Node::Identity(_)
        | Node::Ones(..)
        | Node::Zeros(..)
        | Node::Commutation(..)
        | Node::Selection(_) => Ok(silent(Vec::new(), Operator::Sum)),
        Node::Family(_) | Node::Element(..) | Node::SumOver(..) => {
            Err(not_supported("a sum or recurrence over an index"))
        }
        Node::Tensor { .. } => Err(not_supported("an operation on tensors")),
        Node::MatrixPower(..) => Err(not_supported("a matrix power with a symbolic exponent")),
        Node::Vectorize(_) => Err(not_supported("vec")),
        Node::Kronecker(..) => Err(not_supported("kron")),
    }
}

/// d goes through a linear operator of one operand.
fn plain(store: &mut Store, a: Id, layer: Layer, operator: Operator) -> Expansion {
    let term = wrap(store, stack::lone(a), layer);
    silent(vec![term], operator)
}

fn not_supported(what: &str) -> DifferentiateError {
    DifferentiateError::NotSupported { what: what.to_owned() }
}

fn silent(terms: Vec<Term>, operator: Operator) -> Expansion {
    Expansion { terms, reason: row(operator), silent: true }
}

/// A step that is silent when the other operands are constant.
fn named(terms: Vec<Term>, operator: Operator) -> Expansion {
    let silent = terms.len() < 2;
    Expansion { terms, reason: row(operator), silent }
}

/// The operator's row as a reason.
pub(super) fn row(operator: Operator) -> Reason {
    Reason::Rule(operator.row().name)
}

/// By the operator's row; an operand is constant or moving.
fn by_row(
    store: &mut Store,
    operator: Operator,
    operands: &[(Id, bool)],
) -> Result<Expansion, DifferentiateError> {
    let templates = rule::operator_templates(operator)?;
    let names: Vec<&str> = templates.operands.iter().map(|name| &**name).collect();
    let bindings = bindings(store, &names, operands);
    let terms = linear::fold(store, &templates.differential, &bindings, templates.name)?;
    Ok(Expansion { terms, reason: row(operator), silent: false })
}

/// A is the operand, dA its differential or zero.
fn bindings(
    store: &mut Store,
    names: &[&str],
    operands: &[(Id, bool)],
) -> Vec<(String, Linear, crate::shape::Shape)> {
    let mut bindings = Vec::new();
    for (name, (id, moves)) in names.iter().zip(operands) {
        let shape = store.shape(*id).clone();
        let differential = if *moves { vec![stack::lone(*id)] } else { Vec::new() };
        bindings.push(((*name).to_owned(), Linear::Constant(*id), shape.clone()));
        bindings.push((format!("d{name}"), Linear::Terms(differential), shape));
    }
    bindings
}

/// d Π aᵢ^pᵢ: the Hadamard row for the factors, the power row for what is no plain factor.
fn powers(
    store: &mut Store,
    moving: &BTreeSet<Id>,
    id: Id,
    powers: &[Power],
) -> Result<Expansion, DifferentiateError> {
    let shape = store.shape(id).clone();
    let mut terms = Vec::new();
    let mut plain = true;
    for (at, power) in powers.iter().enumerate() {
        let moved = (moving.contains(&power.base), moving.contains(&power.exponent));
        if moved == (false, false) {
            continue;
        }
        let rest: Vec<Power> =
            powers.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, p)| *p).collect();
        let inner = if store.is_one(power.exponent) {
            vec![stack::lone(power.base)]
        } else {
            plain = false;
            by_row(store, Operator::Power, &[(power.base, moved.0), (power.exponent, moved.1)])?
                .terms
        };
        let rest = store.power_product(&rest, &shape);
        for term in inner {
            terms.push(wrap(store, term, Layer::Hadamard(rest)));
        }
    }
    let operator = if plain { Operator::Hadamard } else { Operator::Power };
    let silent = plain && terms.len() < 2;
    Ok(Expansion { terms, reason: row(operator), silent })
}

/// X and k of X^k with a constant k.
fn power_of_constant(store: &Store, moving: &BTreeSet<Id>, a: Id) -> Option<(Id, Id)> {
    match *store.node(a) {
        Node::MatrixPower(base, exponent) => {
            (!moving.contains(&exponent)).then_some((base, exponent))
        }
        _ => None,
    }
}

/// d tr X^k = k·tr(X^(k−1) dX)
fn power_in_trace(store: &mut Store, (base, exponent): (Id, Id)) -> Result<Expansion, Fault> {
    let slope = slope_of_power(store, base, exponent)?;
    let term =
        wrap(store, stack::lone(base), Layer::Product { left: vec![slope], right: Vec::new() });
    let term = wrap(store, term, Layer::Trace);
    Ok(Expansion { terms: vec![term], reason: Reason::Rule(POWER_IN_TRACE.name), silent: false })
}

/// F and X of a power series F(X) of which the row knows f′.
fn slope_of_series(store: &Store, a: Id) -> Result<Option<(FunctionId, Id)>, DifferentiateError> {
    let Node::Apply { function, arguments } = store.node(a) else { return Ok(None) };
    let FunctionTemplates::Array { trace_slope: Some(_), .. } =
        rule::function_templates(*function)?
    else {
        return Ok(None);
    };
    Ok(arguments.first().map(|argument| (*function, *argument)))
}

/// d tr F(X) = tr(f′(X) dX)
fn series(store: &mut Store, a: Id) -> Result<Expansion, DifferentiateError> {
    let unknown = || not_supported("the trace of this function");
    let (function, argument) = slope_of_series(store, a)?.ok_or_else(unknown)?;
    let FunctionTemplates::Array { operands, trace_slope: Some(slope), .. } =
        rule::function_templates(function)?
    else {
        return Err(unknown());
    };
    let name = operands.first().ok_or_else(unknown)?;
    let slope = slope.instantiate(store, &[(name, argument)]);
    let term = stack::lone(argument);
    let term = wrap(store, term, Layer::Product { left: vec![slope], right: Vec::new() });
    let term = wrap(store, term, Layer::Trace);
    Ok(Expansion { terms: vec![term], reason: Reason::Derivative(function), silent: false })
}

fn apply(
    store: &mut Store,
    moving: &BTreeSet<Id>,
    function: FunctionId,
    arguments: &[Id],
) -> Result<Expansion, DifferentiateError> {
    let reason = Reason::Derivative(function);
    let terms = match rule::function_templates(function)? {
        FunctionTemplates::Entrywise { derivative } => {
            let [argument] = arguments else { return Err(not_supported(function.row().name)) };
            // d f(A) = f′(A) ⊙ dA
            let slope = derivative.lift(store, *argument);
            if store.is_zero(slope) {
                Vec::new()
            } else {
                vec![wrap(store, stack::lone(*argument), Layer::Hadamard(slope))]
            }
        }
        FunctionTemplates::Array { operands, differential, .. } => {
            let differential =
                differential.as_ref().ok_or_else(|| not_supported(function.row().name))?;
            let names: Vec<&str> = operands.iter().map(|name| &**name).collect();
            let operands: Vec<(Id, bool)> =
                arguments.iter().map(|id| (*id, moving.contains(id))).collect();
            let bindings = bindings(store, &names, &operands);
            linear::fold(store, differential, &bindings, function.row().name)?
        }
    };
    Ok(Expansion { terms, reason, silent: false })
}
