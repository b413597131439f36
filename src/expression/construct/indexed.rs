//! Families, their elements, and sums over an index.

use std::collections::BTreeMap;

use crate::expression::{
    Family, Id, Node, Piece, Place, Properties, Range, Short, Store, Support, Walk,
};
use crate::shape::{Dimension, Name, Shape};
use crate::source::Fault;

impl Store {
    /// A family of that name, without formulas yet, with its indices, the outermost first. The first call with a name decides
    /// everything.
    pub fn declare_family(
        &mut self,
        name: &str,
        ranges: Vec<Range>,
        shape: Shape,
        properties: Properties,
    ) -> Id {
        if let Some(id) = self.find_variable(name) {
            return id;
        }
        let mut outer = ranges;
        let last = outer.pop().unwrap_or_else(|| {
            self.fail(Fault::new("declaring a family", format!("{name} has no index")));
            Range { index: Name::from(""), from: Dimension::one(), to: Dimension::one() }
        });
        let name = Name::from(name);
        let family = Family {
            name: name.clone(),
            outer,
            index: last.index,
            shape: shape.clone(),
            properties,
            from: last.from,
            to: last.to,
            pieces: Vec::new(),
            support: None,
            short: Vec::new(),
        };
        self.add_family(name, shape, properties, family)
    }

    /// Gives a family its formulas, in ascending order of the index; those for short lengths are to be given anew.
    pub fn define_family(&mut self, family: Id, pieces: Vec<Piece>) {
        if let Some(family) = self.family_mut(family) {
            // Where there are several indices, pieces come in no order: the ranges are those that were declared, or those of the only one.
            if let (Some(first), Some(last)) = (pieces.first(), pieces.last())
                && (!family.is_nested() || pieces.len() == 1)
            {
                for (range, (from, to)) in family.outer.iter_mut().zip(&first.outer) {
                    (range.from, range.to) = (from.clone(), to.clone());
                }
                family.from = first.from.clone();
                family.to = last.to.clone();
            }
            family.pieces = pieces;
            family.short.clear();
        }
    }

    /// Gives a family its formulas for lengths that are too short for the other ones.
    pub fn shorten_family(&mut self, family: Id, short: Vec<Short>) {
        if let Some(family) = self.family_mut(family) {
            family.short = short;
        }
    }

    /// Rewrites all formulas of a family.
    pub fn rewrite_family(&mut self, family: Id, rewrite: &mut dyn FnMut(&mut Self, &Piece) -> Id) {
        let Some(known) = self.family(family) else { return };
        let (mut pieces, mut short) = (known.pieces.clone(), known.short.clone());
        let shorter = short.iter_mut().flat_map(|short| &mut short.pieces);
        for piece in pieces.iter_mut().chain(shorter) {
            piece.body = rewrite(self, piece);
        }
        self.define_family(family, pieces);
        self.shorten_family(family, short);
    }

    /// Says where the formulas of a family hold; none: wherever they can be read.
    pub fn support_family(&mut self, family: Id, support: Option<Support>) {
        if let Some(family) = self.family_mut(family) {
            family.support = support;
        }
    }

    /// The element of a family with one index.
    pub fn element(&mut self, family: Id, at: &Dimension) -> Id {
        self.element_at(family, &at.clone().into())
    }

    /// The element of a family at a place.
    pub fn element_at(&mut self, family: Id, place: &Place) -> Id {
        let (shape, properties) = match self.family(family) {
            Some(known) => {
                (known.shape.map_sizes(&|size| known.size_at(size, place)), known.properties)
            }
            None => (self.shape(family).clone(), Properties::NONE),
        };
        self.intern_with(Node::Element(family, Box::new(place.clone())), shape, properties)
    }

    /// A formula of a family, in its indices, for an element of it.
    pub fn formula_at(&mut self, family: Id, body: Id, place: &Place) -> Id {
        let Some(known) = self.family(family) else { return body };
        let names = known.ranges().into_iter().map(|range| range.index);
        let pairs: Vec<(Name, Dimension)> = names.zip(place.values().cloned()).collect();
        self.at_indices(body, &pairs)
    }

    /// The value with several free indices replaced everywhere, all at once: what stands for one may speak of another.
    pub fn at_indices(&mut self, root: Id, pairs: &[(Name, Dimension)]) -> Id {
        if let [(name, value)] = pairs {
            return self.at_index(root, name, value);
        }
        let between = |place: usize| Name::from(format!("·{place}"));
        let mut value = root;
        for (place, (name, _)) in pairs.iter().enumerate() {
            value = self.at_index(value, name, &Dimension::symbol(between(place)));
        }
        for (place, (_, to)) in pairs.iter().enumerate() {
            value = self.at_index(value, &between(place), to);
        }
        value
    }

    /// Σ over the index of the body, whose shape does not depend on the index. What does not depend on it stands outside; sums inside
    /// over an index of that name get another one, so that what is said of the index holds in all of the body.
    pub fn sum_over(&mut self, range: &Range, body: Id) -> Id {
        let body =
            if self.mentions(body, &range.index) { self.apart(body, &range.index) } else { body };
        let shape = self.shape(body).clone();
        if self.is_zero(body) || range.length().as_constant() == Some(0) {
            return self.zeros(&shape);
        }
        if !self.mentions(body, &range.index) {
            let count = self.size(&range.length());
            return self.multiply(count, body);
        }
        if range.from == range.to {
            return self.at_index(body, &range.index, &range.from);
        }
        let (coefficient, core) = self.split_coefficient(body);
        let outside = |store: &Self, id: Id| !store.mentions(id, &range.index);
        let sum = match self.node(core).clone() {
            Node::Scale { scalar, matrix } if outside(self, scalar) || outside(self, matrix) => {
                let (out, inside) =
                    if outside(self, scalar) { (scalar, matrix) } else { (matrix, scalar) };
                let sum = self.sum_over(range, inside);
                if out == scalar { self.multiply(out, sum) } else { self.multiply(sum, out) }
            }
            // Σ s·(A v B) = A (Σ s·v) B
            Node::Scale { scalar, matrix } => match self.without_outer(matrix, &outside) {
                Some((before, inner, after)) => {
                    let inner = self.multiply(scalar, inner);
                    let sum = self.sum_over(range, inner);
                    self.surrounded(&before, sum, &after)
                }
                None => self.intern_sum(range, core, &shape),
            },
            Node::Product(factors) => {
                let left = factors.iter().take_while(|id| outside(self, **id)).count();
                let right = factors.iter().rev().take_while(|id| outside(self, **id)).count();
                let inner = &factors[left..factors.len() - right];
                // A scalar inside, as xᵀAx, takes its outer factors out as they stand.
                let whole = self.product(inner);
                let inner_sum = if inner.len() == factors.len() {
                    self.intern_sum(range, core, &shape)
                } else {
                    self.sum_over(range, whole)
                };
                let before = factors[..left].to_vec();
                let after = factors[factors.len() - right..].to_vec();
                self.surrounded(&before, inner_sum, &after)
            }
            Node::Hadamard(powers) => {
                let (out, inside): (Vec<_>, Vec<_>) = powers
                    .iter()
                    .partition(|power| outside(self, power.base) && outside(self, power.exponent));
                if out.is_empty() {
                    self.intern_sum(range, core, &shape)
                } else {
                    let inner = self.power_product(&inside, &shape);
                    let sum = self.sum_over(range, inner);
                    let out = self.power_product(&out, &shape);
                    self.hadamard(&[out, sum], &shape)
                }
            }
            _ => self.intern_sum(range, core, &shape),
        };
        self.scale_by(&coefficient, sum)
    }

    /// The value with other names for the indices of that name that are bound in it.
    fn apart(&mut self, root: Id, index: &Name) -> Id {
        let below = self.reachable(&[root]);
        let bound = |store: &Self, id: Id| match store.node(id) {
            Node::SumOver(range, _) => Some(range.index.clone()),
            _ => None,
        };
        let names: Vec<Name> = below.iter().filter_map(|id| bound(self, *id)).collect();
        if !names.contains(index) {
            return root;
        }
        let taken = |name: &str| {
            names.iter().any(|it| **it == *name)
                || self.find_variable(name).is_some()
                || below.iter().any(|id| self.mentions(*id, name))
        };
        let fresh = fresh_index(index, &taken);
        let symbol = Dimension::symbol(fresh.clone());
        let mut replacements = Vec::new();
        for id in below {
            if let Node::SumOver(range, body) = self.node(id).clone()
                && range.index == *index
            {
                let body = self.at_index(body, index, &symbol);
                let range = Range { index: fresh.clone(), ..*range };
                replacements.push((id, self.sum_over(&range, body)));
            }
        }
        self.substitute(root, &replacements)
    }

    /// A matrix product without its outer factors that lie outside, if there are such, and a rest that does not.
    fn without_outer(
        &mut self,
        matrix: Id,
        outside: &dyn Fn(&Self, Id) -> bool,
    ) -> Option<(Vec<Id>, Id, Vec<Id>)> {
        let Node::Product(factors) = self.node(matrix).clone() else { return None };
        let left = factors.iter().take_while(|id| outside(self, **id)).count();
        let right = factors.iter().rev().take_while(|id| outside(self, **id)).count();
        if left + right == 0 || left + right >= factors.len() {
            return None;
        }
        let inner = self.product(&factors[left..factors.len() - right]);
        Some((factors[..left].to_vec(), inner, factors[factors.len() - right..].to_vec()))
    }

    fn surrounded(&mut self, before: &[Id], inner: Id, after: &[Id]) -> Id {
        let mut product = inner;
        if !after.is_empty() {
            let after = self.product(after);
            product = self.multiply(product, after);
        }
        if !before.is_empty() {
            let before = self.product(before);
            product = self.multiply(before, product);
        }
        product
    }

    fn intern_sum(&mut self, range: &Range, body: Id, shape: &Shape) -> Id {
        self.intern(Node::SumOver(Box::new(range.clone()), body), shape.clone())
    }

    /// The value with the free index (or size) `name` replaced everywhere.
    pub fn at_index(&mut self, root: Id, name: &str, value: &Dimension) -> Id {
        if !self.mentions(root, name) || value.as_symbol().is_some_and(|symbol| &**symbol == name) {
            return root;
        }
        let mut images: BTreeMap<Id, Id> = BTreeMap::new();
        for id in self.reachable(&[root]) {
            if !self.mentions(id, name) {
                continue;
            }
            let node = self.node(id).clone();
            let image = if let Node::SumOver(range, body) = &node {
                self.sum_at_index(range, *body, name, value)
            } else {
                let replace = |size: &Dimension| size.replace(name, value);
                let shape = self.shape(id).map_sizes(&replace);
                let node = node.map_sizes(&replace);
                self.build(&node, &shape, &mut |child| images.get(&child).copied().unwrap_or(child))
            };
            images.insert(id, image);
        }
        images.get(&root).copied().unwrap_or(root)
    }

    /// Σ with a free index replaced; the bound index gets another name where the new value speaks of one of that name.
    fn sum_at_index(&mut self, range: &Range, body: Id, name: &str, value: &Dimension) -> Id {
        if *range.index == *name {
            // Inside another one is meant.
            let replaced = range.map_sizes(&|size| size.replace(name, value));
            return self.sum_over(&replaced, body);
        }
        let mut index = range.index.clone();
        let mut body = body;
        if value.mentions(&index) {
            let taken = |candidate: &str| {
                value.mentions(candidate)
                    || self.mentions(body, candidate)
                    || self.find_variable(candidate).is_some()
            };
            let fresh = fresh_index(&index, &taken);
            body = self.at_index(body, &index, &Dimension::symbol(fresh.clone()));
            index = fresh;
        }
        let body = self.at_index(body, name, value);
        let replaced = range.map_sizes(&|size| size.replace(name, value));
        self.sum_over(&Range { index, ..replaced }, body)
    }

    /// All nodes that the roots depend on, those behind the formulas of families included, in the order of the store: operands
    /// stand before what uses them, except that a formula may stand behind an element of its family.
    pub fn closure(&self, roots: &[Id]) -> Vec<Id> {
        let (mut walk, mut found) = (Walk::new(), Vec::new());
        let mut open: Vec<Id> = roots.to_vec();
        while !open.is_empty() {
            let reached = walk.from(self, &open);
            let families = reached.iter().filter_map(|id| self.family(*id));
            open = families.flat_map(Family::bodies).collect();
            found.extend(reached);
        }
        found.sort_unstable();
        found
    }
}

/// A name for an index that is not taken: i, j, k and so on after the old one.
fn fresh_index(old: &str, taken: &dyn Fn(&str) -> bool) -> Name {
    const LETTERS: &[&str] = &["s", "r", "u", "i", "j", "k"];
    let plain = LETTERS.iter().map(|letter| (*letter).to_owned());
    let numbered = (1_u64..).map(|number| format!("{old}{number}"));
    let mut names = plain.chain(numbered).filter(|name| name != old && !taken(name));
    Name::from(names.next().unwrap_or_default())
}
