//! Factorisations, and what is solved with them.

use super::build::Builder;
use super::chain::{self, Link};
use super::program::{Call, Factor, FactorKind, View};
use crate::expression::{Id, Property};

impl Builder<'_> {
    /// The factorisation of a matrix, made when first needed. That of Aᵀ is that of A.
    pub(super) fn factor(&mut self, matrix: Id) -> usize {
        if let Some(factor) = self.factors.get(&matrix) {
            return *factor;
        }
        let definite = self.store.properties(matrix).has(Property::PositiveDefinite);
        let view = self.view(matrix);
        let order = view.rows.clone();
        let buffer = self.buffer(&order, &order);
        let over = self.program.buffers[buffer].over.clone();
        let kind = if definite { FactorKind::Cholesky } else { FactorKind::Lu };
        self.program.factors.push(Factor { order, kind, over, buffer });
        let factor = self.program.factors.len() - 1;
        self.program.calls.push(Call::Factorise { factor, matrix: view });
        self.factors.insert(matrix, factor);
        factor
    }

    pub(super) fn inverse(&mut self, matrix: Id) -> View {
        let link = Link { base: chain::Base::Node(matrix), transposed: false, inverse: true };
        if let Some(view) = self.products.get([link].as_slice()) {
            return view.clone();
        }
        let factor = self.factor(matrix);
        let order = self.store.shape(matrix).rows();
        let (target, view) = self.fresh(&order, &order);
        self.program.calls.push(Call::Invert { target, factor });
        self.products.insert(vec![link], view.clone());
        view
    }

    /// A⁻¹ B; from the right (A⁻ᵀ) B, which the caller turns.
    pub(super) fn solve(&mut self, link: Link, right: View, from_right: bool) -> View {
        let Some(matrix) = link.node() else { return right };
        let factor = self.factor(matrix);
        let (target, view) = self.fresh(&right.rows, &right.columns);
        let transposed = link.transposed != from_right;
        self.program.calls.push(Call::Solve { target, factor, transposed, right });
        view
    }
}
