//! Families and sums over an index at a point: which values a value needs.

use super::context::{Context, Sizes, Task};
use super::{EvaluateError, MOST_PLACES};
use crate::expression::{Family, Id, Node, Range, Store, Support};
use crate::shape::{Dimension, Shape};

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

/// The formula of an element, none of a given one; `sizes` are those outside of the family.
pub(super) fn formula(
    store: &Store,
    family: &Family,
    at: i64,
    sizes: Sizes<'_>,
) -> Result<Option<Task>, EvaluateError> {
    let context = Context::of(&family.index, at);
    if family.is_variable() {
        let (from, to) = bounds(&family.range(), sizes)?;
        return if (from..=to).contains(&at) { Ok(None) } else { Err(outside(family, at)) };
    }
    if let Some(zero) = vanishes(family, sizes)? {
        return Ok(Some(Task::inside(store, zero, &context)));
    }
    for piece in family.pieces_at(&|name| sizes.get(name).copied()) {
        let (from, to) = (number(&piece.from, sizes)?, number(&piece.to, sizes)?);
        if (from..=to).contains(&at) {
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

fn outside(family: &Family, at: i64) -> EvaluateError {
    EvaluateError::OutsideRange {
        family: family.name.clone(),
        at,
        from: family.from.clone(),
        to: family.to.clone(),
    }
}

/// The places of all elements of a family, in ascending order.
pub(super) fn places(family: &Family, sizes: Sizes<'_>) -> Result<Vec<i64>, EvaluateError> {
    if family.is_variable() || vanishes(family, sizes)?.is_some() {
        let (from, to) = bounds(&family.range(), sizes)?;
        return Ok((from..=to).collect());
    }
    let mut places = Vec::new();
    for piece in family.pieces_at(&|name| sizes.get(name).copied()) {
        let range = Range { from: piece.from.clone(), to: piece.to.clone(), ..family.range() };
        let (from, to) = bounds(&range, sizes)?;
        places.extend(from..=to);
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
            let at = number(at, sizes)?;
            formula(store, family(*of)?, at, given)?.into_iter().for_each(visit);
        }
        Node::Family(_) => {
            let family = family(task.id)?;
            for at in places(family, given)? {
                formula(store, family, at, given)?.into_iter().for_each(&mut *visit);
            }
        }
        Node::SumOver(range, body) => {
            let (from, to) = bounds(range, sizes)?;
            for at in from..=to {
                visit(Task::inside(store, *body, &task.context.with(&range.index, at)));
            }
        }
        node => {
            node.for_each_child(|child| visit(Task::inside(store, child, &task.context)));
        }
    }
    Ok(())
}
