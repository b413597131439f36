//! Entries of arrays: xᵢ counted by i is x, and where i runs over a part of x, or x[i+1] stands there, it is a part of x.

use super::super::ast::BinaryOperator as B;
use super::super::ast::{ExprId, ExprKind, Word};
use super::super::entries::Size;
use super::{Contraction, Index, Use, Value, factor};
use crate::number;
use crate::source::Span;

/// An index in force, and what is added to it.
#[derive(Clone, Copy)]
struct Place {
    index: Index,
    shift: i64,
}

impl Contraction<'_> {
    /// `xᵢ`, `Aᵢⱼ`, `Aᵢᵢ`, `x[i+1]`; of a vector xᵢ the entry that `component` counts.
    pub(super) fn entry(
        &mut self,
        base: &Word,
        indices: &[ExprId],
        component: Option<Index>,
        span: Span,
    ) -> Option<Value> {
        let mut places = Vec::new();
        for index in indices {
            places.push(self.place(*index)?);
        }
        places.extend(component.map(|index| Place { index, shift: 0 }));
        let ranges = self.ranges(base, &places)?;
        for (side, place) in places.iter().enumerate() {
            if ranges[side].is_none() {
                let (base, sides) = (base.text.clone(), places.len());
                self.uses.push(Use { base, side, sides, index: place.index });
            }
        }
        let mut id = self.tree.push(ExprKind::Name(base.text.clone()), span);
        if ranges.iter().any(Option::is_some) {
            let indices = ranges.into_iter().map(|range| {
                let ends = range.map(|ends| {
                    let [from, to] = ends.map(|end| end.written(self.tree, span));
                    (from, to)
                });
                self.tree.push(ExprKind::Range(ends), span)
            });
            let indices = indices.collect();
            id = self.tree.push(ExprKind::Part { of: id, indices }, span);
        }
        match places.as_slice() {
            [place] => Some(factor(id, vec![place.index])),
            [i, j] if i.index == j.index => {
                let diagonal = self.named("diag", vec![id], span);
                Some(factor(diagonal, vec![i.index]))
            }
            [i, j] => Some(factor(id, vec![i.index, j.index])),
            _ => None,
        }
    }

    /// `i`, `i + 1`, `i − 1`
    fn place(&self, id: ExprId) -> Option<Place> {
        let named = |id: ExprId| {
            let ExprKind::Name(name) = &self.old.get(id).kind else { return None };
            self.open.iter().rev().find(|at| self.bound[**at].name == *name).copied()
        };
        let whole = |id: ExprId| match &self.old.get(id).kind {
            ExprKind::Number(value) => number::to_i64(value),
            _ => None,
        };
        match &self.old.get(id).kind {
            ExprKind::Name(_) => Some(Place { index: named(id)?, shift: 0 }),
            ExprKind::Binary { operator: B::Add, left, right, .. } => {
                Some(Place { index: named(*left)?, shift: whole(*right)? })
            }
            ExprKind::Binary { operator: B::Subtract, left, right, .. } => {
                Some(Place { index: named(*left)?, shift: whole(*right)?.checked_neg()? })
            }
            _ => None,
        }
    }

    /// The first and the last entry along each side that is not run over as a whole.
    fn ranges(&self, base: &Word, places: &[Place]) -> Option<Vec<Option<[Size; 2]>>> {
        let known = self.arrays.get(&base.text).filter(|sizes| sizes.len() == places.len());
        let mut ranges = Vec::with_capacity(places.len());
        for (side, place) in places.iter().enumerate() {
            let ends = match self.bound[place.index].range {
                Some((from, to)) if !self.bound[place.index].is_open => {
                    Size::of(self.old, from).zip(Size::of(self.old, to))
                }
                _ => None,
            };
            let size = known.and_then(|sizes| sizes[side].as_ref());
            let Some(((from, to), size)) = ends.zip(size) else {
                // Of what is not declared nothing can be left out.
                if place.shift != 0 {
                    return None;
                }
                ranges.push(None);
                continue;
            };
            let (from, to) = (from.plus(place.shift)?, to.plus(place.shift)?);
            // Some count from 0, all of them.
            let is_whole = from == Size::number(1) && to == *size
                || place.shift == 0 && from == Size::number(0) && to.plus(1)? == *size;
            ranges.push((!is_whole).then_some([from, to]));
        }
        Some(ranges)
    }
}
