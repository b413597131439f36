//! Gradients through families: the backward recurrence.
//!
//! Each family h that depends on a variable gets an adjoint family δ, ∂f/∂h[t] with everything that follows h[t] taken into account:
//! the share of what uses h[t] directly, and what comes back through the formulas of later elements. The sweep goes through each
//! formula once, with δ[t] for its adjoint; nothing is unrolled. A parameter's gradient is a sum over the index, that by a family
//! a family.

use std::collections::BTreeMap;

use super::scope::{Order, Set, Unit};
use super::segments::{self, Least, Share};
use super::sweep::{DifferentiateError, ElementShare, Sweep, not_supported};
use super::tidy;
use crate::expression::{Id, Node, Piece, Properties, Range, Store};
use crate::shape::{Dimension, Name};
use crate::source::Fault;

/// The gradients of a scalar below which families or sums over an index stand.
pub(super) fn gradients(
    store: &mut Store,
    f: Id,
    wrt: &[Id],
) -> Result<Vec<Id>, DifferentiateError> {
    let mut least = Least::of(store, f);
    let order = Order::new(store, f);
    let closure = store.closure(&[f]);
    // Formulas are swept through as they are read: what comes back holds where they do.
    for id in &closure {
        store.support_family(*id, None);
        store.shorten_family(*id, Vec::new());
    }
    let mut adjoints: BTreeMap<Id, Id> = BTreeMap::new();
    let mut families = Vec::new();
    let mut sweep = Sweep::new(store, f, wrt, &closure);
    for unit in &order.units {
        match unit {
            Unit::Node(id) => {
                if let Some(adjoint) = sweep.visit(*id)? {
                    adjoints.insert(*id, adjoint);
                }
            }
            Unit::Families(set) => {
                families.extend(backward(
                    &mut sweep,
                    &mut least,
                    &order.sets[*set],
                    &mut adjoints,
                )?);
            }
        }
    }
    let mut results = Vec::with_capacity(wrt.len());
    for variable in wrt {
        results.push(match adjoints.get(variable) {
            Some(adjoint) => *adjoint,
            None => zero(sweep.store, *variable),
        });
    }
    if let Some(lost) = sweep.elements.first() {
        let name = sweep.store.family(lost.family).map(|family| family.name.to_string());
        return Err(not_supported(&format!(
            "{}, which is needed by itself",
            name.unwrap_or_default()
        )));
    }
    Ok(tidy::tidy(store, &least, f, families, results))
}

/// The adjoint families of families that need each other; of a given family its gradient. Returns those that are no results.
fn backward(
    sweep: &mut Sweep<'_>,
    least: &mut Least,
    set: &Set,
    adjoints: &mut BTreeMap<Id, Id>,
) -> Result<Vec<Id>, DifferentiateError> {
    let dependent: Vec<Id> = set.families.iter().copied().filter(|id| sweep.depends(*id)).collect();
    let mut deltas = Vec::new();
    for family in &dependent {
        let delta = adjoint_family(sweep.store, *family)?;
        adjoints.insert(*family, delta);
        deltas.push((*family, delta));
    }
    for (family, delta) in &deltas {
        through_formulas(sweep, *family, *delta)?;
    }
    for node in &set.between {
        sweep.visit(*node)?;
    }
    let mut inner = Vec::new();
    for (family, delta) in &deltas {
        let shares = shares_of(sweep, *family)?;
        let wanted = wanted(sweep, *family)?;
        let zero = zero(sweep.store, *family);
        let index = sweep.store.known_family(*family)?.index.clone();
        let given = segments::Shares { each: &shares, wanted: &wanted, index: &index, zero };
        let formulas = segments::pieces(sweep.store, least, &given)?;
        sweep.store.define_family(*delta, formulas.pieces);
        sweep.store.support_family(*delta, formulas.support);
        sweep.store.shorten_family(*delta, formulas.short);
        if !sweep.store.known_family(*family)?.is_variable() {
            inner.push(*delta);
        }
    }
    Ok(inner)
}

/// Sweeps through each formula of the family with δ for its adjoint.
fn through_formulas(
    sweep: &mut Sweep<'_>,
    family: Id,
    delta: Id,
) -> Result<(), DifferentiateError> {
    let known = sweep.store.known_family(family)?.clone();
    for piece in &known.pieces {
        if piece.is_single() {
            let adjoint = sweep.store.element(delta, &piece.from);
            sweep.give(piece.body, adjoint);
        } else {
            let adjoint = sweep.store.element(delta, &Dimension::symbol(known.index.clone()));
            let range = Range {
                index: known.index.clone(),
                from: piece.from.clone(),
                to: piece.to.clone(),
            };
            sweep.region(&range, piece.body, adjoint)?;
        }
    }
    Ok(())
}

/// δ, without formulas yet.
fn adjoint_family(store: &mut Store, family: Id) -> Result<Id, Fault> {
    let known = store.known_family(family)?.clone();
    let mut name = format!("δ_{}", known.name);
    while store.find_variable(&name).is_some() {
        name.push('_');
    }
    let ends = (known.from.clone(), known.to.clone());
    Ok(store.declare_family(&name, &known.index, known.shape.clone(), Properties::NONE, ends))
}

/// Where δ is needed: of a given family everywhere, otherwise where the formula depends on a variable. Ranges that meet are one.
fn wanted(sweep: &Sweep<'_>, family: Id) -> Result<Vec<(Dimension, Dimension)>, Fault> {
    let known = sweep.store.known_family(family)?;
    if known.is_variable() {
        return Ok(vec![(known.from.clone(), known.to.clone())]);
    }
    let mut ranges: Vec<(Dimension, Dimension)> = Vec::new();
    for Piece { from, to, .. } in known.pieces.iter().filter(|piece| sweep.depends(piece.body)) {
        match ranges.last_mut() {
            Some((_, last)) if last.plus(&Dimension::one()) == *from => *last = to.clone(),
            _ => ranges.push((from.clone(), to.clone())),
        }
    }
    Ok(ranges)
}

/// What the elements of a family got, as formulas in its own index.
fn shares_of(sweep: &mut Sweep<'_>, family: Id) -> Result<Vec<Share>, DifferentiateError> {
    let (own, others): (Vec<_>, Vec<_>) =
        std::mem::take(&mut sweep.elements).into_iter().partition(|share| share.family == family);
    sweep.elements = others;
    let index = sweep.store.known_family(family)?.index.clone();
    own.iter().map(|share| placed(sweep.store, share, &index)).collect()
}

/// A share given at a place such as h[t−1], as a formula of the place: t is put in terms of it, other indices are summed over.
fn placed(
    store: &mut Store,
    given: &ElementShare,
    index: &Name,
) -> Result<Share, DifferentiateError> {
    let moving: Vec<&Range> =
        given.ranges.iter().filter(|range| given.at.mentions(&range.index)).collect();
    let mut body = given.share;
    let mut ranges: Vec<Range> = given.ranges.clone();
    let Some(range) = moving.first().map(|range| (*range).clone()) else {
        for range in ranges.iter().rev() {
            body = store.sum_over(range, body);
        }
        return Ok(Share { from: given.at.clone(), to: given.at.clone(), body });
    };
    if let [first, second, ..] = moving.as_slice() {
        // Of `sum(t in 1..t, …)`, which hides the t outside.
        let what = if first.index == second.index {
            "a sum whose range depends on another index"
        } else {
            "an element at a place that two indices decide"
        };
        return Err(not_supported(what));
    }
    ranges.retain(|other| other.index != range.index);
    let speaks = |of: &Range, name: &Name| of.from.mentions(name) || of.to.mentions(name);
    if ranges.iter().any(|other| speaks(&range, &other.index) || speaks(other, &range.index)) {
        return Err(not_supported("a sum whose range depends on another index"));
    }
    for other in ranges.iter().rev() {
        body = store.sum_over(other, body);
    }
    let place = segments::inverse(&given.at, &range.index, index)
        .ok_or_else(|| not_supported("an element at a place that is no shifted index"))?;
    let (from, to) = segments::image(&given.at, &range);
    let body = store.at_index(body, &range.index, &place);
    Ok(Share { from, to, body })
}

/// The zero of a variable's shape; of a family one for every element.
fn zero(store: &mut Store, of: Id) -> Id {
    let shape = store.shape(of).clone();
    store.zeros(&shape)
}

/// Whether the gradient of a family stands for it, which has formulas of its own.
pub(super) fn has_formulas(store: &Store, id: Id) -> bool {
    matches!(store.node(id), Node::Family(_))
        && store.family(id).is_some_and(|family| !family.is_variable())
}
