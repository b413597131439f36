//! Parts of values, and values in their places: copies, and no products.

use super::build::Builder;
use super::chain::Tree;
use super::program::{Call, View};
use super::top::{Planned, Side};
use crate::shape::Dimension;

impl Builder<'_> {
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
        self.program.calls.push(Call::Copy { target, matrix, from, sides, takes });
        view
    }
}
