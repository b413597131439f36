//! Parts of values and values in their places, as products with columns of an identity: with E = I[:, a..b], Eᵀx is x[a..b],
//! and Ex is x in the places a to b of a column of zeros. Whatever holds of products holds of parts.

use crate::expression::{Id, Node, Selection, Store, Term};
use crate::shape::{Dimension, Shape};

impl Store {
    /// E: `count` columns of the identity of order `order`, from the column `from` on.
    pub fn selection(&mut self, selection: &Selection) -> Id {
        let Selection { order, from, count } = selection;
        if from.is_one() && count == order {
            return self.identity(order);
        }
        let shape = Shape::matrix(order.clone(), count.clone());
        if count.as_constant() == Some(0) {
            return self.zeros(&shape);
        }
        self.intern(Node::Selection(Box::new(selection.clone())), shape)
    }

    /// Rows and columns of a value, each from a first one on: A[i..j, k..l]; all of them where nothing is said.
    pub fn part(&mut self, value: Id, rows: Option<&Selection>, columns: Option<&Selection>) -> Id {
        let mut factors = Vec::with_capacity(3);
        if let Some(rows) = rows {
            let rows = self.selection(rows);
            factors.push(self.transpose(rows));
        }
        factors.push(value);
        factors.extend(columns.map(|columns| self.selection(columns)));
        self.product(&factors)
    }

    /// A value at its place in a matrix of zeros, the adjoint of [`Store::part`].
    pub fn placed(
        &mut self,
        value: Id,
        rows: Option<&Selection>,
        columns: Option<&Selection>,
    ) -> Id {
        let mut factors = Vec::with_capacity(3);
        factors.extend(rows.map(|rows| self.selection(rows)));
        factors.push(value);
        if let Some(columns) = columns {
            let columns = self.selection(columns);
            factors.push(self.transpose(columns));
        }
        self.product(&factors)
    }

    /// E, for E or Eᵀ; and whether it is transposed.
    pub fn as_selection(&self, id: Id) -> Option<(&Selection, bool)> {
        let (upright, turned) = match self.node(id) {
            Node::Transpose(inner) => (*inner, true),
            _ => (id, false),
        };
        match self.node(upright) {
            Node::Selection(selection) => Some((selection, turned)),
            _ => None,
        }
    }

    /// What two neighbours of a product come to where one of them selects.
    pub(super) fn merge_selections(&mut self, a: Id, b: Id) -> Option<Id> {
        let left = self.as_selection(a).map(|(selection, turned)| (selection.clone(), turned));
        let right = self.as_selection(b).map(|(selection, turned)| (selection.clone(), turned));
        match (left, right) {
            (Some((left, true)), Some((right, false))) => self.overlap(&left, &right),
            // A part of a part, in its place.
            (Some((outer, false)), Some((inner, false))) => {
                Some(self.selection(&composed(&outer, &inner)))
            }
            (Some((inner, true)), Some((outer, true))) => {
                let both = self.selection(&composed(&outer, &inner));
                Some(self.transpose(both))
            }
            (Some((left, true)), None) if !self.is_sum_of_selections(b) => {
                self.selected(&left, a, b, true)
            }
            (None, Some((right, false))) if !self.is_sum_of_selections(a) => {
                self.selected(&right, b, a, false)
            }
            (Some(_), None) if self.is_sum_of_selections(b) => {
                Some(self.distributed(b, |it| [a, it]))
            }
            (None, Some(_)) if self.is_sum_of_selections(a) => {
                Some(self.distributed(a, |it| [it, b]))
            }
            _ => None,
        }
    }

    /// EᵀF: an identity, zeros, or the one's places among the other's, where that is known for all sizes.
    fn overlap(&mut self, left: &Selection, right: &Selection) -> Option<Id> {
        if left == right {
            return Some(self.identity(&left.count));
        }
        let shape = Shape::matrix(left.count.clone(), right.count.clone());
        let is_before = |a: &Selection, b: &Selection| {
            is_known(&b.from.minus(&a.to()).minus(&Dimension::one()))
        };
        if is_before(left, right) || is_before(right, left) {
            return Some(self.zeros(&shape));
        }
        let inside = |inner: &Selection, outer: &Selection| {
            let starts = inner.from.minus(&outer.from);
            (is_known(&starts) && is_known(&outer.to().minus(&inner.to()))).then(|| Selection {
                order: outer.count.clone(),
                from: starts.plus(&Dimension::one()),
                count: inner.count.clone(),
            })
        };
        if let Some(place) = inside(right, left) {
            return Some(self.selection(&place));
        }
        let place = self.selection(&inside(left, right)?);
        Some(self.transpose(place))
    }

    fn is_sum_of_selections(&self, id: Id) -> bool {
        let selects = |term: &Term| self.as_selection(term.id).is_some();
        let upright = self.as_transpose(id).unwrap_or(id);
        matches!(self.node(upright), Node::Sum(terms) if terms.iter().all(selects))
    }

    /// The sum of the products with each term.
    fn distributed(&mut self, sum: Id, product: impl Fn(Id) -> [Id; 2]) -> Id {
        let turned = self.as_transpose(sum);
        let terms = self.terms(turned.unwrap_or(sum));
        let part = |term: Term| {
            let own = if turned.is_some() { self.transpose(term.id) } else { term.id };
            (term.coefficient, self.product(&product(own)))
        };
        let parts: Vec<_> = terms.into_iter().map(part).collect();
        let Some((_, first)) = parts.first() else { return sum };
        let shape = self.shape(*first).clone();
        self.sum(parts, &shape)
    }

    /// A part of ones, and of a sum of values in places: [A; B][1..m] is A.
    fn selected(&mut self, selection: &Selection, at: Id, value: Id, rows: bool) -> Option<Id> {
        let shape = self.shape(value).clone();
        match self.node(value).clone() {
            Node::Ones(..) => {
                let count = selection.count.clone();
                let part = if rows {
                    Shape::matrix(count, shape.columns())
                } else {
                    Shape::matrix(shape.rows(), count)
                };
                Some(self.ones(&part))
            }
            Node::Sum(terms) if terms.iter().any(|term| self.is_placed(term.id, rows)) => {
                let product = |term: Id| if rows { [at, term] } else { [term, at] };
                Some(self.distributed(value, product))
            }
            _ => None,
        }
    }

    /// Whether the rows, or the columns, of a value stand in places among zeros.
    pub fn is_placed(&self, id: Id, rows: bool) -> bool {
        let mut id = id;
        while let Node::Scale { matrix, .. } = self.node(id) {
            id = *matrix;
        }
        let selects = |id: Id, turned: bool| {
            self.as_selection(id).is_some_and(|(_, is_turned)| is_turned == turned)
        };
        match self.node(id) {
            Node::Product(factors) if rows => selects(factors[0], false),
            Node::Product(factors) => selects(factors[factors.len() - 1], true),
            _ => selects(id, !rows),
        }
    }
}

/// The columns `inner` of the columns `outer`.
fn composed(outer: &Selection, inner: &Selection) -> Selection {
    Selection {
        order: outer.order.clone(),
        from: outer.from.plus(&inner.from).minus(&Dimension::one()),
        count: inner.count.clone(),
    }
}

/// Whether the size is never negative, whatever the sizes in it.
fn is_known(size: &Dimension) -> bool {
    size.terms().all(|(coefficient, _)| coefficient >= 0)
}
