//! Shares of elements as formulas of the element's own place.
//!
//! In `h[l,t] = f(h[l-1,t])` the element h[l−1, t] gets something for each l and t. The place is solved for these indices: at the place
//! (l, t) it is what stands there for l + 1 and t. An index that the place does not decide is summed over; what its range, and the
//! ranges of the indices that are solved for, say of the place is a condition on it: l ≤ L − 1. A condition on an index that is summed
//! over narrows its range where that can be decided. Otherwise it is a mask, in which what is not chosen need not exist.

use super::segments::Least;
use super::sweep::{DifferentiateError, ElementShare, not_supported};
use crate::expression::{Family, Id, Range, Store, slope};
use crate::function;
use crate::shape::{Dimension, Name, Shape};
use crate::source::Fault;

/// What must hold of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// It is not negative.
    NotNegative(Dimension),
    /// It is 0.
    Zero(Dimension),
}

impl Condition {
    fn size(&self) -> &Dimension {
        match self {
            Self::NotNegative(size) | Self::Zero(size) => size,
        }
    }

    fn map(&self, size: &dyn Fn(&Dimension) -> Dimension) -> Self {
        match self {
            Self::NotNegative(known) => Self::NotNegative(size(known)),
            Self::Zero(known) => Self::Zero(size(known)),
        }
    }

    /// Whether it always holds, or never, wherever the indices around run; none where that cannot be told.
    pub(super) fn decided(&self, least: &Least, around: &[Range]) -> Option<bool> {
        let one = Dimension::one();
        let minus = |size: &Dimension| Dimension::constant(0).minus(size);
        let is_negative = |size: &Dimension| least.is_nonnegative(&minus(size).minus(&one), around);
        match self {
            Self::NotNegative(size) if least.is_nonnegative(size, around) => Some(true),
            Self::NotNegative(size) => is_negative(size).then_some(false),
            Self::Zero(size) => match size.as_constant() {
                Some(value) => Some(value == 0),
                None => (is_negative(size) || is_negative(&minus(size))).then_some(false),
            },
        }
    }

    /// 1 where it holds, otherwise 0.
    pub(super) fn mask(&self, store: &mut Store) -> Result<Id, Fault> {
        // [d ≥ 0] = [−d ≤ 0]
        let (name, size) = match self {
            Self::NotNegative(size) => ("nonpositive", Dimension::constant(0).minus(size)),
            Self::Zero(size) => ("is_zero", size.clone()),
        };
        let argument = store.size(&size);
        let function = function::find(name)
            .ok_or_else(|| Fault::new("making a condition", format!("no function {name}")))?;
        Ok(store.apply(function, &[argument], &Shape::Scalar))
    }
}

/// A share as a formula of the place.
pub(super) struct Placed {
    /// Where it is one.
    pub(super) conditions: Vec<Condition>,
    pub(super) body: Id,
}

impl Placed {
    fn replace(&mut self, store: &mut Store, name: &Name, value: &Dimension) {
        self.body = store.at_index(self.body, name, value);
        for condition in &mut self.conditions {
            *condition = condition.map(&|size| size.replace(name, value));
        }
    }
}

/// A share as a formula of the family's indices, which run over the ranges.
pub(super) fn placed(
    store: &mut Store,
    least: &Least,
    given: &ElementShare,
    family: &[Range],
) -> Result<Placed, DifferentiateError> {
    let mut scopes = given.ranges.clone();
    let hides =
        |(at, range): (usize, &Range)| scopes[..at].iter().any(|it| it.index == range.index);
    if scopes.iter().enumerate().any(hides) {
        // Of `sum(t in 1..t, …)`, which hides the t outside.
        return Err(not_supported("a sum over an index that is bound already"));
    }
    // An index that is free, as that of `gradient of E[t]`, is not the family's.
    let is_free = |range: &Range| {
        let name = &range.index;
        let is_bound = scopes.iter().any(|scope| scope.index == *name);
        !is_bound && (given.at.mentions(name) || store.mentions(given.share, name))
    };
    if family.iter().any(is_free) {
        return Err(not_supported("an element at an index that is free"));
    }
    let mut work = Placed { conditions: Vec::new(), body: given.share };
    let mut values: Vec<Dimension> = given.at.values().cloned().collect();
    // The names that the sums around have in common with the family's indices mean something else there.
    let letters: Vec<Name> = scopes.iter().map(|range| range.index.clone()).collect();
    for at in 0..scopes.len() {
        let name = scopes[at].index.clone();
        if family.iter().any(|range| range.index == name) {
            let other = Name::from(format!("·{at}"));
            let symbol = Dimension::symbol(other.clone());
            work.replace(store, &name, &symbol);
            replace_in(&mut values, &mut scopes, &name, &symbol);
            scopes[at].index = other;
        }
    }
    let mut open: Vec<usize> = (0..scopes.len()).collect();
    for (at, range) in family.iter().enumerate() {
        let place = Dimension::symbol(range.index.clone());
        let value = values[at].clone();
        let solvable =
            |scope: &&usize| matches!(slope(&value, &scopes[**scope].index), Some(1 | -1));
        let Some(scope) = open.iter().rev().find(solvable).copied() else {
            work.conditions.push(Condition::Zero(place.minus(&value)));
            continue;
        };
        open.retain(|other| *other != scope);
        let Range { index, from, to } = scopes[scope].clone();
        let own = Dimension::symbol(index.clone());
        // The place is ±index + rest.
        let solution = match slope(&value, &index) {
            Some(1) => place.minus(&value.minus(&own)),
            _ => value.plus(&own).minus(&place),
        };
        work.conditions.push(Condition::NotNegative(own.minus(&from)));
        work.conditions.push(Condition::NotNegative(to.minus(&own)));
        work.replace(store, &index, &solution);
        replace_in(&mut values, &mut scopes, &index, &solution);
    }
    let solved: Vec<&Name> =
        (0..scopes.len()).filter(|at| !open.contains(at)).map(|at| &letters[at]).collect();
    let open: Vec<(Range, &Name)> =
        open.into_iter().map(|at| (scopes[at].clone(), &letters[at])).collect();
    sum_over_rest(store, least, work, (&open, &solved), family)
}

fn replace_in(values: &mut [Dimension], scopes: &mut [Range], name: &Name, value: &Dimension) {
    for at in values {
        *at = at.replace(name, value);
    }
    for scope in scopes {
        *scope = scope.map_sizes(&|size| size.replace(name, value));
    }
}

/// The sum over the indices that the place does not decide, the innermost first; with the letters that they had, or those that have
/// become free.
fn sum_over_rest(
    store: &mut Store,
    least: &Least,
    mut work: Placed,
    (open, solved): (&[(Range, &Name)], &[&Name]),
    family: &[Range],
) -> Result<Placed, DifferentiateError> {
    for (at, (range, letter)) in open.iter().enumerate().rev() {
        let outer = open[..at].iter().map(|(range, _)| range.clone());
        let around: Vec<Range> = family.iter().cloned().chain(outer).collect();
        let is_inner =
            |size: &Dimension| open[at..].iter().any(|(other, _)| size.mentions(&other.index));
        if is_inner(&range.from) || is_inner(&range.to) {
            return Err(not_supported("a sum whose range depends on the index itself"));
        }
        let (own, others): (Vec<Condition>, Vec<Condition>) = work
            .conditions
            .into_iter()
            .partition(|condition| condition.size().mentions(&range.index));
        work.conditions = others;
        let mut range = range.clone();
        for condition in own {
            if !narrow(least, &mut range, &condition, &around) {
                let inside = [around.as_slice(), &[range.clone()]].concat();
                work.body = masked(store, least, work.body, &condition, &inside)?;
            }
        }
        let taken = |name: &Name| {
            around.iter().any(|it| it.index == *name)
                || store.mentions(work.body, name)
                || store.find_variable(name).is_some()
        };
        if range.index != **letter {
            let name = unused(letter, solved, &taken);
            work.body = store.at_index(work.body, &range.index, &Dimension::symbol(name.clone()));
            range.index = name;
        }
        work.body = store.sum_over(&range, work.body);
    }
    Ok(work)
}

/// A letter that is not taken.
fn unused(letter: &Name, solved: &[&Name], taken: &dyn Fn(&Name) -> bool) -> Name {
    let old = [letter].into_iter().chain(solved.iter().copied()).cloned();
    let plain = ["s", "r", "u", "i", "j", "k"].into_iter().map(Name::from);
    let numbered = (1_u64..).map(|number| Name::from(format!("{letter}{number}")));
    old.chain(plain).chain(numbered).find(|name| !taken(name)).unwrap_or_else(|| letter.clone())
}

/// Puts a condition into a range, where it is known which end is the narrower one; whether that is so.
fn narrow(least: &Least, range: &mut Range, condition: &Condition, around: &[Range]) -> bool {
    let Condition::NotNegative(size) = condition else { return false };
    let own = Dimension::symbol(range.index.clone());
    match slope(size, &range.index) {
        // index ≥ end
        Some(1) => {
            let end = own.minus(size);
            if least.is_nonnegative(&range.from.minus(&end), around) {
                return true;
            }
            let is_narrower = least.is_nonnegative(&end.minus(&range.from), around);
            if is_narrower {
                range.from = end;
            }
            is_narrower
        }
        // index ≤ end
        Some(-1) => {
            let end = size.plus(&own);
            if least.is_nonnegative(&end.minus(&range.to), around) {
                return true;
            }
            let is_narrower = least.is_nonnegative(&range.to.minus(&end), around);
            if is_narrower {
                range.to = end;
            }
            is_narrower
        }
        _ => false,
    }
}

/// The body where the condition holds, zero elsewhere.
pub(super) fn masked(
    store: &mut Store,
    least: &Least,
    body: Id,
    condition: &Condition,
    around: &[Range],
) -> Result<Id, Fault> {
    match condition.decided(least, around) {
        Some(true) => Ok(body),
        Some(false) => {
            let shape = store.shape(body).clone();
            Ok(store.zeros(&shape))
        }
        None => {
            let mask = condition.mask(store)?;
            Ok(store.multiply(mask, body))
        }
    }
}

/// The formula of an adjoint in a part of the family's places: the sum of what holds there.
pub(super) fn sum_of_shares(
    store: &mut Store,
    least: &Least,
    shares: &[ElementShare],
    family: &Family,
    part: &[Range],
) -> Result<Id, DifferentiateError> {
    let shape = family.shape.clone();
    let mut terms = Vec::with_capacity(shares.len());
    for share in shares {
        let Placed { conditions, mut body } = placed(store, least, share, part)?;
        for condition in &conditions {
            body = masked(store, least, body, condition, part)?;
        }
        terms.push(body);
    }
    let mut sum = if terms.is_empty() { store.zeros(&shape) } else { store.add(&terms) };
    for range in part.iter().filter(|range| range.from == range.to) {
        sum = store.at_index(sum, &range.index, &range.from);
    }
    Ok(sum)
}
