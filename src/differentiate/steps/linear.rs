//! A row's differential as terms: the row's expression, folded over values that are constants or linear in one differential each.

use super::stack::{self, wrap};
use crate::derivation::{Layer, Term};
use crate::differentiate::DifferentiateError;
use crate::expression::{Id, Node, Power, Store, Term as SumTerm};
use crate::function::FunctionId;
use crate::number;
use crate::rule::Template;
use crate::shape::Shape;

/// A value during the fold.
#[derive(Clone, Debug)]
pub(super) enum Linear {
    Constant(Id),
    /// Σ terms; an empty sum is zero.
    Terms(Vec<Term>),
}

/// The template's expression with each name bound.
pub(super) fn fold(
    store: &mut Store,
    template: &Template,
    bindings: &[(String, Linear, Shape)],
    what: &str,
) -> Result<Vec<Term>, DifferentiateError> {
    let mut values: Vec<Linear> = bindings.iter().map(|binding| binding.1.clone()).collect();
    let bound: Vec<(&str, usize, Shape)> = bindings
        .iter()
        .enumerate()
        .map(|(at, (name, _, shape))| (name.as_str(), at, shape.clone()))
        .collect();
    let mut failed = false;
    let root = template.fold(&bound, &mut |node, shape, image| {
        let value = operator(store, node, shape, &|id| values[image(id)].clone());
        failed |= value.is_none();
        values.push(value.unwrap_or(Linear::Terms(Vec::new())));
        values.len() - 1
    })?;
    match values.swap_remove(root) {
        Linear::Terms(terms) if !failed => Ok(terms),
        Linear::Constant(id) if !failed && store.is_zero(id) => Ok(Vec::new()),
        _ => Err(DifferentiateError::NotSupported { what: what.to_owned() }),
    }
}

/// The value of an operator; `None` when it is not linear.
fn operator(
    store: &mut Store,
    node: &Node,
    shape: &Shape,
    image: &dyn Fn(Id) -> Linear,
) -> Option<Linear> {
    let operands: Vec<Linear> = node.children().into_iter().map(image).collect();
    if operands.iter().all(|operand| matches!(operand, Linear::Constant(_))) {
        let id = store.build(node, shape, &mut |child| match image(child) {
            Linear::Constant(id) => id,
            Linear::Terms(_) => child,
        });
        return Some(Linear::Constant(id));
    }
    match node {
        Node::Sum(terms) => sum(store, terms, image),
        Node::Product(_) => {
            let (at, terms, constants) = single(operands)?;
            let (left, right) = constants.split_at(at);
            Some(product(store, terms, left, right))
        }
        Node::Scale { .. } => {
            let (at, terms, constants) = single(operands)?;
            let layer =
                if at == 0 { Layer::Times(constants[0]) } else { Layer::Scale(constants[0]) };
            Some(each(store, terms, &layer))
        }
        Node::Hadamard(powers) => hadamard(store, powers, shape, image),
        Node::Transpose(_)
        | Node::Trace(_)
        | Node::Total(_)
        | Node::Diagonal(_)
        | Node::DiagonalOf(_)
        | Node::Vectorize(_) => {
            let (_, terms, _) = single(operands)?;
            Some(each(store, terms, &plain_layer(node)?))
        }
        Node::Kronecker(..) => {
            let (at, terms, constants) = single(operands)?;
            let constant = constants[0];
            let layer = if at == 0 {
                Layer::KroneckerRight(constant)
            } else {
                Layer::KroneckerLeft(constant)
            };
            Some(each(store, terms, &layer))
        }
        Node::Apply { function, .. } => apply(store, *function, operands, shape),
        Node::Number(_)
        | Node::Size(_)
        | Node::Variable(_)
        | Node::Identity(_)
        | Node::Ones(..)
        | Node::Zeros(..)
        | Node::Commutation(..)
        | Node::Selection(_)
        | Node::Family(_)
        | Node::Element(..)
        | Node::SumOver(..)
        | Node::Tensor { .. }
        | Node::Inverse(_)
        | Node::MatrixPower(..)
        | Node::Determinant(_) => None,
    }
}

/// Σ cᵢ Tᵢ, where constants are zero.
fn sum(store: &Store, terms: &[SumTerm], image: &dyn Fn(Id) -> Linear) -> Option<Linear> {
    let mut sum = Vec::new();
    for term in terms {
        match image(term.id) {
            Linear::Constant(id) if store.is_zero(id) => {}
            Linear::Constant(_) => return None,
            Linear::Terms(inner) => sum.extend(inner.into_iter().map(|mut inner| {
                inner.coefficient *= &term.coefficient;
                inner
            })),
        }
    }
    Some(Linear::Terms(sum))
}

/// L₁ L₂ … M R₁ R₂ …, where sizes of 1 make scalars of some factors.
fn product(store: &mut Store, terms: Vec<Term>, left: &[Id], right: &[Id]) -> Linear {
    let is_scalar = |id: &&Id| store.shape(**id).is_scalar();
    let scalars: Vec<Id> = left.iter().chain(right).filter(is_scalar).copied().collect();
    let arrays = |ids: &[Id]| ids.iter().filter(|id| !is_scalar(id)).copied().collect::<Vec<_>>();
    let (left, right) = (arrays(left), arrays(right));
    let mut value = Linear::Terms(terms);
    let layers = scalars.into_iter().map(Layer::Scale);
    let product = Layer::Product { left, right };
    let is_product =
        !matches!(&product, Layer::Product { left, right } if left.is_empty() && right.is_empty());
    for layer in layers.chain(is_product.then_some(product)) {
        let Linear::Terms(terms) = value else { return value };
        value = each(store, terms, &layer);
    }
    value
}

/// Π aᵢ^pᵢ, where one factor is linear and has the exponent 1.
fn hadamard(
    store: &mut Store,
    powers: &[Power],
    shape: &Shape,
    image: &dyn Fn(Id) -> Linear,
) -> Option<Linear> {
    let mut factors = Vec::new();
    let mut linear = None;
    for power in powers {
        let Linear::Constant(exponent) = image(power.exponent) else { return None };
        match image(power.base) {
            Linear::Constant(base) => factors.push(Power { base, exponent }),
            Linear::Terms(terms) if store.is_one(exponent) && linear.is_none() => {
                linear = Some(terms);
            }
            Linear::Terms(_) => return None,
        }
    }
    let rest = store.power_product(&factors, shape);
    Some(each(store, linear?, &Layer::Hadamard(rest)))
}

/// A function of a differential. The tables write that only where the function is linear in the argument.
fn apply(
    store: &mut Store,
    function: FunctionId,
    operands: Vec<Linear>,
    shape: &Shape,
) -> Option<Linear> {
    if function.is_entrywise() {
        return None;
    }
    let (at, terms, constants) = single(operands)?;
    let mut sum = Vec::with_capacity(terms.len());
    for term in terms {
        let mut arguments = constants.clone();
        arguments.insert(at, term.of);
        let layer = Layer::Apply { function, arguments, at, shape: shape.clone() };
        sum.push(wrap(store, term, layer));
    }
    Some(Linear::Terms(sum))
}

/// The operator around each term.
fn each(store: &mut Store, terms: Vec<Term>, layer: &Layer) -> Linear {
    Linear::Terms(terms.into_iter().map(|term| wrap(store, term, layer.clone())).collect())
}

/// The operator of one operand as a layer.
pub(super) fn plain_layer(node: &Node) -> Option<Layer> {
    match node {
        Node::Transpose(_) => Some(Layer::Transpose),
        Node::Trace(_) => Some(Layer::Trace),
        Node::Total(_) => Some(Layer::Total),
        Node::Diagonal(_) => Some(Layer::Diagonal),
        Node::DiagonalOf(_) => Some(Layer::DiagonalOf),
        Node::Vectorize(_) => Some(Layer::Vectorize),
        _ => None,
    }
}

/// The one operand that is linear, its place, and the constant others in order.
fn single(operands: Vec<Linear>) -> Option<(usize, Vec<Term>, Vec<Id>)> {
    let mut found = None;
    let mut constants = Vec::new();
    for (at, operand) in operands.into_iter().enumerate() {
        match operand {
            Linear::Constant(id) => constants.push(id),
            Linear::Terms(terms) if found.is_none() => found = Some((at, terms)),
            Linear::Terms(_) => return None,
        }
    }
    let (at, terms) = found?;
    Some((at, terms, constants))
}

/// A term with the coefficient −1 or any other in front.
pub(super) fn scaled(coefficient: &number::Rational, of: Id) -> Term {
    let mut term = stack::lone(of);
    term.coefficient = coefficient.clone();
    term
}
