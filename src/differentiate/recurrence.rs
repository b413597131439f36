//! Gradients through families: the backward recurrence.
//!
//! Each family h that depends on a variable gets an adjoint family δ, ∂f/∂h[t] with everything that follows h[t] taken into account:
//! the share of what uses h[t] directly, and what comes back through the formulas of later elements. The sweep goes through each
//! formula once, with δ[t] for its adjoint; nothing is unrolled. A parameter's gradient is a sum over the index, that by a family
//! a family.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::place::{self, Condition, Placed};
use super::scope::{Order, Set, Unit};
use super::segments::{self, Least, Share};
use super::sweep::{DifferentiateError, ElementShare, Sweep, not_supported};
use super::tidy;
use crate::expression::{Family, Id, Node, Piece, Properties, Range, Store, slope};
use crate::shape::Dimension;
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
        let known = sweep.store.known_family(*family)?.clone();
        let (shares, others) = std::mem::take(&mut sweep.elements)
            .into_iter()
            .partition(|share: &ElementShare| share.family == *family);
        sweep.elements = others;
        if known.is_nested() {
            nested(sweep, &known, *delta, &shares)?;
        } else {
            one_index(sweep, least, (*family, &known), *delta, &shares)?;
        }
        if !known.is_variable() {
            inner.push(*delta);
        }
    }
    Ok(inner)
}

/// The formulas of δ for a family with one index: pieces that do not overlap.
fn one_index(
    sweep: &mut Sweep<'_>,
    least: &mut Least,
    (id, family): (Id, &Family),
    delta: Id,
    shares: &[ElementShare],
) -> Result<(), DifferentiateError> {
    let mut each = Vec::with_capacity(shares.len());
    for share in shares {
        each.push(in_range(sweep.store, least, share, family)?);
    }
    let wanted = wanted(sweep, id)?;
    let zero = zero(sweep.store, id);
    let given = segments::Shares { each: &each, wanted: &wanted, index: &family.index, zero };
    let formulas = segments::pieces(sweep.store, least, &given)?;
    sweep.store.define_family(delta, formulas.pieces);
    sweep.store.support_family(delta, formulas.support);
    sweep.store.shorten_family(delta, formulas.short);
    Ok(())
}

/// The formulas of δ for a family with several indices: one for each of its own, with conditions on the indices. They hold at all sizes.
fn nested(
    sweep: &mut Sweep<'_>,
    family: &Family,
    delta: Id,
    shares: &[ElementShare],
) -> Result<(), DifferentiateError> {
    let wanted: Vec<Vec<Range>> = if family.is_variable() {
        vec![family.ranges()]
    } else {
        let pieces = family.pieces.iter().filter(|piece| sweep.depends(piece.body));
        pieces.map(|piece| family.ranges_of(piece)).collect()
    };
    let mut pieces = Vec::with_capacity(wanted.len());
    for ranges in wanted {
        let body = place::sum_of_shares(sweep.store, &Least::default(), shares, family, &ranges)?;
        let mut outer: Vec<(Dimension, Dimension)> =
            ranges.into_iter().map(|range| (range.from, range.to)).collect();
        if let Some((from, to)) = outer.pop() {
            pieces.push(Piece { outer, from, to, body });
        }
    }
    sweep.store.define_family(delta, pieces);
    Ok(())
}

/// Sweeps through each formula of the family with δ for its adjoint.
fn through_formulas(
    sweep: &mut Sweep<'_>,
    family: Id,
    delta: Id,
) -> Result<(), DifferentiateError> {
    let known = sweep.store.known_family(family)?.clone();
    for piece in &known.pieces {
        let ranges = known.ranges_of(piece);
        let adjoint = sweep.store.element_at(delta, &known.place_of(piece));
        let moving: Vec<Range> =
            ranges.into_iter().filter(|range| range.from != range.to).collect();
        sweep.regions(&moving, piece.body, adjoint)?;
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
    Ok(store.declare_family(&name, known.ranges(), known.shape.clone(), Properties::NONE))
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

/// A share of a family with one index, with the range of places at which it is one.
fn in_range(
    store: &mut Store,
    least: &Least,
    given: &ElementShare,
    family: &Family,
) -> Result<Share, DifferentiateError> {
    let own = [family.range()];
    let Placed { conditions, mut body } = place::placed(store, least, given, &own)?;
    let index = Dimension::symbol(family.index.clone());
    let (mut from, mut to): (Option<Dimension>, Option<Dimension>) = (None, None);
    let mut left = Vec::new();
    for condition in conditions {
        // ±index + rest
        let (size, is_fixed) = match &condition {
            Condition::NotNegative(size) => (size, false),
            Condition::Zero(size) => (size, true),
        };
        let (low, high) = match slope(size, &family.index) {
            Some(1) => {
                let end = index.minus(size);
                (Some(end.clone()), is_fixed.then_some(end))
            }
            Some(-1) => {
                let end = size.plus(&index);
                (is_fixed.then(|| end.clone()), Some(end))
            }
            _ => (None, None),
        };
        let is_low = low.as_ref().is_none_or(|low| tighten(least, &mut from, low, false));
        let is_high = high.as_ref().is_none_or(|high| tighten(least, &mut to, high, true));
        if !is_low || !is_high || (low.is_none() && high.is_none()) {
            left.push(condition);
        }
    }
    let from = from.unwrap_or_else(|| family.from.clone());
    let to = to.unwrap_or_else(|| family.to.clone());
    let here = [Range { index: family.index.clone(), from: from.clone(), to: to.clone() }];
    for condition in &left {
        body = place::masked(store, least, body, condition, &here)?;
    }
    Ok(Share { from, to, body })
}

/// The narrower of two ends; whether it is known which one that is.
fn tighten(least: &Least, known: &mut Option<Dimension>, end: &Dimension, is_last: bool) -> bool {
    let Some(other) = known else {
        *known = Some(end.clone());
        return true;
    };
    match least.order(other, end) {
        Some(Ordering::Equal) => true,
        Some(order) => {
            if (order == Ordering::Less) != is_last {
                *known = Some(end.clone());
            }
            true
        }
        None => false,
    }
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
