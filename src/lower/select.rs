//! Parts of values, and values in their places: copies, and no products.

use super::build::Builder;
use super::chain::Tree;
use super::program::{Call, View};
use super::top::{Planned, Side};
use crate::expression::Id;
use crate::shape::Dimension;

impl Builder<'_> {
    /// Columns of an identity.
    pub(super) fn selection(&mut self, id: Id, from: &Dimension) {
        let shape = self.store.shape(id).clone();
        let sides = [shape.rows(), shape.columns()];
        let (target, view) = self.fresh(&sides[0], &sides[1]);
        let (from, is_conditional) = (from.clone(), self.conditional.contains(&id));
        self.finish(id, Call::Selection { target, from, sides, is_conditional }, view);
    }

    /// Eᵀ M, M E: a part of M; E M, M Eᵀ: M in its place among zeros.
    pub(super) fn selected(
        &mut self,
        planned: &Planned,
        side: Side,
        left: &Tree,
        right: &Tree,
    ) -> View {
        let ((low, cut), (_, high)) = (left.range(), right.range());
        let sizes = &planned.chain.sizes;
        let sides = [sizes[low].clone(), sizes[high].clone()];
        let (value, link) = match side {
            Side::Left => (right, planned.chain.links[low]),
            Side::Right => (left, planned.chain.links[cut]),
        };
        let matrix = self.tree(planned, value);
        let (target, view) = self.fresh(&sides[0], &sides[1]);
        let one = Dimension::one();
        let first = link.selection(self.store).map_or(&one, |selection| &selection.from).clone();
        let from = match side {
            Side::Left => [first, one],
            Side::Right => [one, first],
        };
        let takes = link.transposed == (side == Side::Left);
        let is_conditional = link.node().is_some_and(|id| self.conditional.contains(&id));
        let call = Call::Copy { target, matrix, from, sides, takes, is_conditional };
        self.program.calls.push(call);
        view
    }
}
