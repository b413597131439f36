//! One step of a recurrence: what an element becomes as a function of an earlier one.
//!
//! C[t] by C[t−1]: formulas are written out from C[t] down, as far as they lead to C[t−1]; what does not depend on it stays an
//! element and is constant.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::segments::Least;
use super::sweep::{DifferentiateError, not_supported};
use super::tidy;
use crate::expression::{Id, Node, Range, Store};
use crate::shape::{Dimension, Name};

/// A value as a function of an element.
#[derive(Clone, Debug)]
pub struct Step {
    /// The value, written out.
    pub value: Id,
    /// The variable that stands for the element in it.
    pub variable: Id,
    /// The values of the free index for which the formulas hold; none where nothing was written out.
    pub range: Option<Range>,
    element: Id,
    least: Least,
}

/// Writes out `value` down to `element`, an element at a place such as t−1 with t free.
pub fn step(store: &mut Store, value: Id, element: Id) -> Result<Step, DifferentiateError> {
    let Node::Element(family, place) = store.node(element).clone() else {
        return Err(not_supported("a derivative by this"));
    };
    let Some(at) = place.only() else {
        return Err(not_supported("a derivative by an element with several indices"));
    };
    let index = at
        .symbols()
        .into_iter()
        .find(|symbol| store.families().any(|(_, family)| family.index == *symbol))
        .ok_or_else(|| not_supported("a derivative by an element at a fixed place"))?;
    let first = at.minus(&Dimension::symbol(index.clone()));
    let first = first.as_constant().ok_or_else(|| not_supported("a derivative by such a place"))?;
    let (shape, known) = (store.shape(element).clone(), store.properties(element));
    let mut name = format!("{}_before", store.known_family(family)?.name);
    while store.find_variable(&name).is_some() {
        name.push('_');
    }
    let variable = store.variable(&name, shape, known);
    let least = Least::of(store, value);
    let mut unfold = Unfold {
        store,
        least: &least,
        index,
        first,
        target: (element, variable),
        seen: BTreeMap::new(),
        ends: None,
    };
    let (value, _) = unfold.image(value)?;
    let index = unfold.index.clone();
    let range = unfold.ends.take().map(|(from, to)| Range { index, from, to });
    Ok(Step { value, variable, range, element, least })
}

impl Step {
    /// A derivative of the step in terms of the question: the element for the variable, elements for the formulas written out.
    pub fn folded(&self, store: &mut Store, derivative: Id, question: Id) -> Id {
        let derivative = store.substitute(derivative, &[(self.variable, self.element)]);
        let Some(range) = &self.range else { return derivative };
        let around = std::slice::from_ref(range);
        tidy::fold(store, &self.least, question, (derivative, around))
    }
}

struct Unfold<'a> {
    store: &'a mut Store,
    least: &'a Least,
    index: Name,
    /// How far the element lies from the free index.
    first: i64,
    /// The element, and what stands for it.
    target: (Id, Id),
    /// Elements with what became of them; none while they are looked at.
    seen: BTreeMap<Id, Option<(Id, bool)>>,
    ends: Option<(Dimension, Dimension)>,
}

impl Unfold<'_> {
    /// The value with every element that leads to the target written out; whether there was one.
    fn image(&mut self, root: Id) -> Result<(Id, bool), DifferentiateError> {
        let mut replacements = Vec::new();
        let mut moves = false;
        for id in self.store.reachable(&[root]) {
            if !matches!(self.store.node(id), Node::Element(..)) {
                continue;
            }
            let (image, moved) = self.element(id)?;
            moves |= moved;
            if image != id {
                replacements.push((id, image));
            }
        }
        Ok((self.store.substitute(root, &replacements), moves))
    }

    fn element(&mut self, id: Id) -> Result<(Id, bool), DifferentiateError> {
        if id == self.target.0 {
            return Ok((self.target.1, true));
        }
        if let Some(known) = self.seen.get(&id) {
            return Ok(known.unwrap_or((id, false)));
        }
        self.seen.insert(id, None);
        let found = self.written_out(id)?.unwrap_or((id, false));
        self.seen.insert(id, Some(found));
        Ok(found)
    }

    /// The element by its formula, where that leads to the target.
    fn written_out(&mut self, id: Id) -> Result<Option<(Id, bool)>, DifferentiateError> {
        let Node::Element(family, place) = self.store.node(id).clone() else { return Ok(None) };
        let Some(at) = place.only() else { return Ok(None) };
        let offset = at.minus(&Dimension::symbol(self.index.clone()));
        // Before the target nothing depends on it.
        let Some(offset) = offset.as_constant().filter(|offset| *offset >= self.first) else {
            return Ok(None);
        };
        let Some(known) = self.store.family(family).cloned() else { return Ok(None) };
        let Some(piece) = known.pieces.iter().find(|piece| !piece.is_single()) else {
            return Ok(None);
        };
        let formula = self.store.at_index(piece.body, &known.index, at);
        let (image, moves) = self.image(formula)?;
        if !moves {
            return Ok(None);
        }
        let back = Dimension::constant(-offset);
        self.narrow(piece.from.plus(&back), piece.to.plus(&back))?;
        Ok(Some((image, true)))
    }

    /// The places at which a formula that was written out stands.
    fn narrow(&mut self, from: Dimension, to: Dimension) -> Result<(), DifferentiateError> {
        let Some((first, last)) = self.ends.take() else {
            self.ends = Some((from, to));
            return Ok(());
        };
        let undecided = || not_supported("a step whose range cannot be told");
        let later = self.least.order(&first, &from).ok_or_else(undecided)?;
        let earlier = self.least.order(&last, &to).ok_or_else(undecided)?;
        self.ends = Some((
            if later == Ordering::Greater { first } else { from },
            if earlier == Ordering::Less { last } else { to },
        ));
        Ok(())
    }
}
