//! Stacks of linear operators: what a layer makes of a shape, and layers put on top of each other.
//!
//! Two liberties are taken silently, as on paper: a scalar factor moves to the front, and products of products are one chain.

use crate::derivation::{Layer, Term};
use crate::expression::{Id, Node, Store};
use crate::number;
use crate::shape::{Dimension, Shape};

/// d of, alone.
pub(super) fn lone(of: Id) -> Term {
    Term { coefficient: number::one(), layers: Vec::new(), of }
}

/// The shapes on the way from the outside in: the term's own, what stands below the first layer, …, the differential's.
pub(super) fn shapes(store: &Store, term: &Term) -> Vec<Shape> {
    let mut shapes = vec![store.shape(term.of).clone()];
    for layer in term.layers.iter().rev() {
        let below = shapes.last().cloned().unwrap_or(Shape::Scalar);
        shapes.push(image_shape(store, layer, &below));
    }
    shapes.reverse();
    shapes
}

fn image_shape(store: &Store, layer: &Layer, below: &Shape) -> Shape {
    let one = Dimension::one;
    match layer {
        Layer::Scale(_) | Layer::Hadamard(_) => below.clone(),
        Layer::Times(matrix) => store.shape(*matrix).clone(),
        Layer::Product { left, right } => {
            let rows = left.first().map_or(below.rows(), |first| store.shape(*first).rows());
            let columns = right.last().map_or(below.columns(), |last| store.shape(*last).columns());
            Shape::matrix(rows, columns)
        }
        Layer::Adjoint(g) => Shape::matrix(store.shape(*g).columns(), below.columns()),
        Layer::Transpose => below.transposed(),
        Layer::Trace | Layer::Total => Shape::Scalar,
        Layer::Diagonal => Shape::matrix(below.rows(), below.rows()),
        Layer::DiagonalOf => Shape::matrix(below.rows(), one()),
        Layer::Vectorize => Shape::matrix(below.rows().times(&below.columns()), one()),
        Layer::KroneckerLeft(a) | Layer::KroneckerRight(a) => {
            let a = store.shape(*a);
            Shape::matrix(a.rows().times(&below.rows()), a.columns().times(&below.columns()))
        }
        Layer::Apply { shape, .. } => shape.clone(),
    }
}

/// The term with one more operator outside.
pub(super) fn wrap(store: &mut Store, mut term: Term, layer: Layer) -> Term {
    let below = shapes(store, &term)[0].clone();
    match layer {
        Layer::Scale(scalar) => return scale(store, term, scalar),
        Layer::Hadamard(factor) if below.is_scalar() => return scale(store, term, factor),
        Layer::Hadamard(factor) => return hadamard(store, term, factor, &below),
        Layer::Product { left, right } if left.is_empty() && right.is_empty() => return term,
        Layer::Transpose | Layer::Trace | Layer::Total if below.is_scalar() => return term,
        _ => {}
    }
    let at = usize::from(matches!(term.layers.first(), Some(Layer::Scale(_))));
    match (layer, term.layers.get_mut(at)) {
        (Layer::Transpose, Some(Layer::Transpose)) => {
            term.layers.remove(at);
        }
        (
            Layer::Product { left: mut outer_left, right: outer_right },
            Some(Layer::Product { left, right }),
        ) => {
            outer_left.append(left);
            *left = outer_left;
            right.extend(outer_right);
        }
        (layer, _) => term.layers.insert(at, layer),
    }
    term
}

/// s·term: numbers go to the coefficient, other scalars to the front.
pub(super) fn scale(store: &mut Store, mut term: Term, scalar: Id) -> Term {
    let (coefficient, rest) = store.split_coefficient(scalar);
    term.coefficient *= coefficient;
    if store.is_one(rest) {
        return term;
    }
    if let Some(Layer::Scale(inner)) = term.layers.first_mut() {
        let both = store.multiply(*inner, rest);
        let (coefficient, both) = store.split_coefficient(both);
        term.coefficient *= coefficient;
        if store.is_one(both) {
            term.layers.remove(0);
        } else {
            *inner = both;
        }
        return term;
    }
    term.layers.insert(0, Layer::Scale(rest));
    term
}

fn hadamard(store: &mut Store, term: Term, factor: Id, shape: &Shape) -> Term {
    let (coefficient, factor) = store.split_coefficient(factor);
    let (scalar, factor) = match *store.node(factor) {
        Node::Scale { scalar, matrix } => (Some(scalar), matrix),
        _ => (None, factor),
    };
    let mut term = match scalar {
        Some(scalar) => scale(store, term, scalar),
        None => term,
    };
    term.coefficient *= coefficient;
    if store.is_ones(factor) {
        return term;
    }
    let at = usize::from(matches!(term.layers.first(), Some(Layer::Scale(_))));
    if let Some(Layer::Hadamard(inner)) = term.layers.get(at) {
        let both = store.hadamard(&[factor, *inner], shape);
        term.layers.remove(at);
        return hadamard(store, term, both, shape);
    }
    term.layers.insert(at, Layer::Hadamard(factor));
    term
}

/// outer(inner): the layers of `outer` around a term that equals its differential.
pub(super) fn substitute(store: &mut Store, outer: &Term, inner: Term) -> Term {
    let mut term = inner;
    for layer in outer.layers.iter().rev() {
        term = wrap(store, term, layer.clone());
    }
    term.coefficient *= &outer.coefficient;
    term
}

/// Adds up terms that differ in the coefficient only; order of first appearance.
pub(super) fn collect(terms: Vec<Term>) -> Vec<Term> {
    let mut collected: Vec<Term> = Vec::with_capacity(terms.len());
    for term in terms {
        match collected.iter_mut().find(|other| other.of == term.of && other.layers == term.layers)
        {
            Some(other) => other.coefficient += term.coefficient,
            None => collected.push(term),
        }
    }
    collected.retain(|term| !num_traits::Zero::is_zero(&term.coefficient));
    collected
}
