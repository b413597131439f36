//! Families and sums over an index at a point: which values a value needs.

use super::context::{Context, Sizes, Task};
use super::{EvaluateError, MOST_PLACES};
use crate::expression::{Family, Id, Node, Place, Range, Store, Support};
use crate::shape::{Dimension, Shape, element_name};

/// The first and the last value of an index.
pub(super) fn bounds(range: &Range, sizes: Sizes<'_>) -> Result<(i64, i64), EvaluateError> {
    let from = number(&range.from, sizes)?;
    let to = number(&range.to, sizes)?;
    if to.saturating_sub(from) < MOST_PLACES {
        return Ok((from, to));
    }
    Err(EvaluateError::TooLarge(Shape::of(&[range.length()])))
}

pub(super) fn number(size: &Dimension, sizes: Sizes<'_>) -> Result<i64, EvaluateError> {
    sizes.number(size).ok_or_else(|| EvaluateError::Size(size.clone()))
}

/// The values of a place.
pub(super) fn values(place: &Place, sizes: Sizes<'_>) -> Result<Vec<i64>, EvaluateError> {
    place.values().map(|value| number(value, sizes)).collect()
}

/// Indices at a place.
pub(super) fn context(ranges: &[Range], at: &[i64]) -> Context {
    let indices = ranges.iter().zip(at);
    indices.fold(Context::default(), |around, (range, value)| around.with(&range.index, *value))
}

/// Whether a place lies within the ranges, of which inner ones may depend on outer indices.
fn holds(ranges: &[Range], at: &[i64], sizes: Sizes<'_>) -> Result<bool, EvaluateError> {
    let mut around = Context::default();
    for (range, value) in ranges.iter().zip(at) {
        let here = Sizes { bound: Some(&around), ..sizes };
        if *value < number(&range.from, here)? || *value > number(&range.to, here)? {
            return Ok(false);
        }
        around = around.with(&range.index, *value);
    }
    Ok(true)
}

/// The formula of an element, none of a given one; `sizes` are those outside of the family.
pub(super) fn formula(
    store: &Store,
    family: &Family,
    at: &[i64],
    sizes: Sizes<'_>,
) -> Result<Option<Task>, EvaluateError> {
    if family.is_variable() {
        let is_there = holds(&family.ranges(), at, sizes)?;
        return if is_there { Ok(None) } else { Err(outside(family, at)) };
    }
    let context = context(&family.ranges(), at);
    if let Some(zero) = vanishes(family, sizes)? {
        return Ok(Some(Task::inside(store, zero, &context)));
    }
    for piece in family.pieces_at(&|name| sizes.get(name).copied()) {
        if holds(&family.ranges_of(piece), at, sizes)? {
            return Ok(Some(Task::inside(store, piece.body, &context)));
        }
    }
    Err(outside(family, at))
}

/// The zero that stands for every element, where nothing is summed up in them.
fn vanishes(family: &Family, sizes: Sizes<'_>) -> Result<Option<Id>, EvaluateError> {
    let Some(Support { from, to, zero }) = &family.support else { return Ok(None) };
    Ok((number(from, sizes)? > number(to, sizes)?).then_some(*zero))
}

fn outside(family: &Family, at: &[i64]) -> EvaluateError {
    let range = |Range { index, from, to }: &Range| {
        let what = if family.is_nested() { index } else { &family.name };
        format!("{what} goes from {from} to {to}")
    };
    let ranges: Vec<String> = family.ranges().iter().map(range).collect();
    EvaluateError::OutsideRange {
        element: element_name(&family.name, at),
        ranges: ranges.join(", "),
    }
}

/// The places of all elements of a family, in ascending order, the last index fastest.
pub(super) fn places(family: &Family, sizes: Sizes<'_>) -> Result<Vec<Vec<i64>>, EvaluateError> {
    if family.is_variable() || vanishes(family, sizes)?.is_some() {
        return all_places(&family.ranges(), sizes);
    }
    let mut places = Vec::new();
    for piece in family.pieces_at(&|name| sizes.get(name).copied()) {
        places.extend(all_places(&family.ranges_of(piece), sizes)?);
    }
    places.sort();
    Ok(places)
}

/// The places that ranges reach together, the last index fastest.
pub(super) fn all_places(
    ranges: &[Range],
    sizes: Sizes<'_>,
) -> Result<Vec<Vec<i64>>, EvaluateError> {
    let mut places: Vec<Vec<i64>> = vec![Vec::new()];
    for (depth, range) in ranges.iter().enumerate() {
        let mut longer = Vec::new();
        for place in places {
            let around = context(&ranges[..depth], &place);
            let (from, to) = bounds(range, Sizes { bound: Some(&around), ..sizes })?;
            longer.extend((from..=to).map(|value| [place.as_slice(), &[value]].concat()));
            if i64::try_from(longer.len()).is_ok_and(|count| count > MOST_PLACES) {
                return Err(EvaluateError::TooLarge(Shape::of(&[range.length()])));
            }
        }
        places = longer;
    }
    Ok(places)
}

/// Calls `visit` with all values that a value is computed from. `given` are the sizes without bound indices.
pub(super) fn operands(
    store: &Store,
    task: &Task,
    given: Sizes<'_>,
    visit: &mut dyn FnMut(Task),
) -> Result<(), EvaluateError> {
    let sizes = Sizes { bound: Some(&task.context), ..given };
    let family = |id: Id| store.family(id).ok_or(EvaluateError::NoFamily(id.index()));
    match store.node(task.id) {
        Node::Element(of, at) => {
            let at = values(at, sizes)?;
            formula(store, family(*of)?, &at, given)?.into_iter().for_each(visit);
        }
        Node::Family(_) => {
            let family = family(task.id)?;
            for at in places(family, given)? {
                formula(store, family, &at, given)?.into_iter().for_each(&mut *visit);
            }
        }
        Node::SumOver(range, body) => {
            let (from, to) = bounds(range, sizes)?;
            for at in from..=to {
                visit(Task::inside(store, *body, &task.context.with(&range.index, at)));
            }
        }
        _ if store.is_excluded(task.id, &|size| sizes.number(size)) => {}
        node => {
            node.for_each_child(|child| visit(Task::inside(store, child, &task.context)));
        }
    }
    Ok(())
}
