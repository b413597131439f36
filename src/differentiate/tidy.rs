//! Backward recurrences as a textbook prints them.
//!
//! * A formula of a family, met in a derivative, is the element it defines: σ(W x[t] + b) is f[t] again.
//! * An adjoint that only one other formula uses, at the same step, is written into it: δ of a[l] = σ(z[l]) into that of z[l].
//! * A lone adjoint is called δ.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::segments::Least;
use crate::expression::{Family, Id, Node, Piece, Place, Range, Short, Store};
use crate::shape::{Dimension, Name};

/// The results with the adjoint families behind them brought into shape. `families`: the adjoints of defined families.
pub(super) fn tidy(
    store: &mut Store,
    least: &Least,
    f: Id,
    families: Vec<Id>,
    results: Vec<Id>,
) -> Vec<Id> {
    let mut work = Tidy { store, least, f, families, results };
    work.fold();
    while work.inline_one() {}
    work.rename_lone();
    work.results
}

/// A formula over ranges of free indices, with formulas of the question's families by their elements.
pub(super) fn fold(
    store: &mut Store,
    least: &Least,
    question: Id,
    (formula, around): (Id, &[Range]),
) -> Id {
    let families: Vec<Id> = store
        .closure(&[question])
        .into_iter()
        .filter(|id| super::recurrence::has_formulas(store, *id))
        .collect();
    let folder = Folder { families: &families, least };
    // What is folded may be part of another formula: h[t-1] of f[t].
    let mut body = formula;
    let scope = Scope { around: around.to_vec(), facts: Vec::new() };
    for _ in 0..families.len() {
        let folded = folder.fold(store, body, &scope);
        if folded == body {
            break;
        }
        body = folded;
    }
    body
}

struct Tidy<'a> {
    store: &'a mut Store,
    least: &'a Least,
    f: Id,
    families: Vec<Id>,
    results: Vec<Id>,
}

impl Tidy<'_> {
    /// All derived families: the adjoints, and results that are families.
    fn derived(&self) -> Vec<Id> {
        let mut all = self.families.clone();
        let is_family = |id: &&Id| matches!(self.store.node(**id), Node::Family(_));
        all.extend(self.results.iter().filter(is_family));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Formulas of the question's families by their elements; not those for short lengths, where fewer elements exist.
    fn fold(&mut self) {
        let given: Vec<Id> = self.store.closure(&[self.f]);
        let families: Vec<Id> = given
            .into_iter()
            .filter(|id| super::recurrence::has_formulas(self.store, *id))
            .collect();
        let folder = Folder { families: &families, least: self.least };
        for family in self.derived() {
            let Some(known) = self.store.family(family).cloned() else { continue };
            let mut pieces = known.pieces.clone();
            for piece in &mut pieces {
                let scope = Scope { around: known.ranges_of(piece), facts: Vec::new() };
                piece.body = folder.fold(self.store, piece.body, &scope);
            }
            self.store.define_family(family, pieces);
            self.store.shorten_family(family, known.short);
        }
        for at in 0..self.results.len() {
            self.results[at] = folder.fold_inside(self.store, self.results[at], &Scope::default());
        }
    }

    /// Writes one adjoint into the formula that alone uses it; whether there was one.
    fn inline_one(&mut self) -> bool {
        for at in 0..self.families.len() {
            let family = self.families[at];
            if let Some(user) = self.only_user(family)
                && self.inline(family, user)
            {
                self.inline_in_results(family);
                self.families.remove(at);
                return true;
            }
        }
        false
    }

    /// The one other adjoint whose formulas use the family, always at their own index; results may hold elements at fixed places.
    fn only_user(&self, family: Id) -> Option<Id> {
        let mut users = BTreeSet::new();
        for other in self.derived() {
            let known = self.store.family(other)?;
            let short = known.short.iter().flat_map(|short| &short.pieces);
            for piece in known.pieces.iter().chain(short) {
                for id in self.store.reachable(&[piece.body]) {
                    let Node::Element(of, at) = self.store.node(id) else { continue };
                    if *of != family {
                        continue;
                    }
                    let is_own = |at: &Dimension| {
                        *at == Dimension::symbol(known.index.clone())
                            || piece.is_single() && *at == piece.from
                    };
                    let own = at.only().is_some_and(is_own);
                    if !own || other == family {
                        return None;
                    }
                    users.insert(other);
                }
            }
        }
        let fixed = self.results.iter().all(|result| {
            self.store.reachable(&[*result]).into_iter().all(|id| match self.store.node(id) {
                Node::Element(of, at) => *of != family || self.formula_at(family, at).is_some(),
                Node::SumOver(_, body) => !self.store.reachable(&[*body]).contains(&family),
                _ => true,
            })
        });
        let mut users = users.into_iter();
        match (users.next(), users.next(), fixed) {
            (Some(user), None, true) => Some(user),
            _ => None,
        }
    }

    /// The formula of a family that stands for a fixed place, where that can be decided.
    fn formula_at(&self, family: Id, place: &Place) -> Option<Piece> {
        let at = place.only()?;
        let known = self.store.family(family).filter(|family| family.short.is_empty())?;
        let mut pieces = known.pieces.iter();
        pieces.find(|piece| self.least.within((at, at), (&piece.from, &piece.to))).cloned()
    }

    /// The elements of a family in the results by their formulas.
    fn inline_in_results(&mut self, family: Id) {
        for at in 0..self.results.len() {
            let mut replacements = Vec::new();
            for id in self.store.reachable(&[self.results[at]]) {
                let Node::Element(of, place) = self.store.node(id).clone() else { continue };
                if of != family {
                    continue;
                }
                let Some(piece) = self.formula_at(family, &place) else { continue };
                let formula = self.store.formula_at(family, piece.body, &place);
                replacements.push((id, formula));
            }
            self.results[at] = self.store.substitute(self.results[at], &replacements);
        }
    }

    /// Cuts the user's pieces where the family's change, and puts its formulas in, for every length; whether that could be decided.
    fn inline(&mut self, family: Id, user: Id) -> bool {
        let (Some(inner), Some(outer)) =
            (self.store.family(family).cloned(), self.store.family(user).cloned())
        else {
            return false;
        };
        let least = self.least;
        let order = |a: &Dimension, b: &Dimension| least.order(a, b);
        let splice = Splice { family, inner: &inner, outer: &outer };
        let Some(pieces) = splice.pieces(self.store, &inner.pieces, &outer.pieces, &order) else {
            return false;
        };
        let mut short: Vec<Short> = Vec::new();
        for known in inner.short.iter().chain(&outer.short) {
            if short.iter().any(|done| done.length == known.length) {
                continue;
            }
            let length = |name: &Name| (*name == known.size).then_some(known.length);
            let (inner, outer) = (inner.pieces_at(&length), outer.pieces_at(&length));
            let order =
                |a: &Dimension, b: &Dimension| Some(known.number(a)?.cmp(&known.number(b)?));
            let Some(pieces) = splice.pieces(self.store, inner, outer, &order) else {
                return false;
            };
            short.push(Short { pieces, ..known.clone() });
        }
        short.sort_by_key(|short| short.length);
        // Between the shortest and the longest of them there is no gap, and all are of one size.
        let adjacent =
            |pair: &[Short]| pair[0].length + 1 == pair[1].length && pair[0].size == pair[1].size;
        if !short.windows(2).all(adjacent) {
            return false;
        }
        self.store.define_family(user, pieces);
        self.store.shorten_family(user, short);
        true
    }

    /// δ, when there is only one.
    fn rename_lone(&mut self) {
        let [family] = *self.families.as_slice() else { return };
        if self.store.find_variable("δ").is_some() {
            return;
        }
        let Some(known) = self.store.family(family).cloned() else { return };
        let (shape, properties) = (known.shape.clone(), known.properties);
        let delta = self.store.declare_family("δ", known.ranges(), shape, properties);
        self.store.define_family(delta, known.pieces);
        self.store.support_family(delta, known.support);
        self.store.shorten_family(delta, known.short);
        self.families = vec![delta];
        for other in self.derived() {
            self.store.rewrite_family(other, &mut |store, piece| {
                store.substitute(piece.body, &[(family, delta)])
            });
        }
        for at in 0..self.results.len() {
            self.results[at] = self.store.substitute(self.results[at], &[(family, delta)]);
        }
    }
}

/// The formulas of a family within those of the one that uses it.
struct Splice<'a> {
    family: Id,
    inner: &'a Family,
    outer: &'a Family,
}

impl Splice<'_> {
    /// The user's pieces with the family's in them; none where the order of their ends is not known.
    fn pieces(
        &self,
        store: &mut Store,
        inner: &[Piece],
        outer: &[Piece],
        order: &dyn Fn(&Dimension, &Dimension) -> Option<Ordering>,
    ) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        for piece in outer {
            if !store.reachable(&[piece.body]).contains(&self.family) {
                pieces.push(piece.clone());
                continue;
            }
            for part in inner {
                let (from, to) = overlap(piece, part, order)?;
                let length = to.minus(&from).as_constant();
                if length.is_some_and(|length| length < 0) {
                    continue;
                }
                let index = Dimension::symbol(self.outer.index.clone());
                let at = if piece.is_single() { piece.from.clone() } else { index };
                let formula = store.at_index(part.body, &self.inner.index, &at);
                let element = store.element(self.family, &at);
                let mut body = store.substitute(piece.body, &[(element, formula)]);
                if from == to {
                    body = store.at_index(body, &self.outer.index, &from);
                }
                pieces.push(Piece::new(from, to, body));
            }
        }
        Some(pieces)
    }
}

/// The places that two pieces share; none, perhaps, where the ends are crossed.
fn overlap(
    a: &Piece,
    b: &Piece,
    order: &dyn Fn(&Dimension, &Dimension) -> Option<Ordering>,
) -> Option<(Dimension, Dimension)> {
    let first = match order(&a.from, &b.from)? {
        Ordering::Less | Ordering::Equal => &b.from,
        Ordering::Greater => &a.from,
    };
    let last = match order(&a.to, &b.to)? {
        Ordering::Less | Ordering::Equal => &a.to,
        Ordering::Greater => &b.to,
    };
    Some((first.clone(), last.clone()))
}

/// Formulas of families by their elements.
struct Folder<'a> {
    families: &'a [Id],
    least: &'a Least,
}

/// Where a formula stands.
#[derive(Clone, Default)]
struct Scope {
    /// The ranges of the indices that are bound there, the outermost first.
    around: Vec<Range>,
    /// What is not negative there.
    facts: Vec<Dimension>,
}

impl Folder<'_> {
    /// In a formula.
    fn fold(&self, store: &mut Store, body: Id, scope: &Scope) -> Id {
        let replacements = self.replacements(store, body, scope);
        let body = store.substitute(body, &replacements);
        self.fold_inside(store, body, scope)
    }

    /// In the bodies of sums, and in what stands under conditions. They stand in one another no deeper than they were typed.
    fn fold_inside(&self, store: &mut Store, root: Id, scope: &Scope) -> Id {
        let mut replacements = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let image = match store.node(id).clone() {
                Node::SumOver(range, body) => {
                    let mut inside = scope.clone();
                    inside.around.push((*range).clone());
                    let folded = self.fold(store, body, &inside);
                    store.sum_over(&range, folded)
                }
                node => match store.under_conditions(id) {
                    Some((conditions, rest)) => {
                        let mut inside = scope.clone();
                        let facts = conditions.iter().filter_map(|it| store.said_by(*it));
                        inside.facts.extend(facts.flatten());
                        let folded = self.fold(store, rest, &inside);
                        let factors: Vec<Id> = conditions.into_iter().chain([folded]).collect();
                        factors
                            .into_iter()
                            .rev()
                            .reduce(|rest, mask| store.multiply(mask, rest))
                            .unwrap_or(id)
                    }
                    None => {
                        open.extend(node.children());
                        continue;
                    }
                },
            };
            if image != id {
                replacements.push((id, image));
            }
        }
        store.substitute(root, &replacements)
    }

    /// The formulas that occur below a body whose indices run over the ranges, with their elements.
    fn replacements(&self, store: &mut Store, body: Id, scope: &Scope) -> Vec<(Id, Id)> {
        let reachable: BTreeSet<Id> = store.reachable(&[body]).into_iter().collect();
        let mut places: BTreeSet<Place> = BTreeSet::new();
        for id in &reachable {
            if let Node::Element(_, at) = store.node(*id) {
                places.insert((**at).clone());
            }
        }
        let mut found = Vec::new();
        for family in self.families {
            let Some(known) = store.family(*family).cloned() else { continue };
            for piece in known.pieces.iter().filter(|piece| !piece.is_single()) {
                let is_place = |at: &&Place| at.outer.len() == known.outer.len();
                for at in places.iter().filter(is_place) {
                    let formula = store.formula_at(*family, piece.body, at);
                    if reachable.contains(&formula)
                        && !store.node(formula).is_leaf()
                        && !matches!(store.node(formula), Node::Element(..))
                        && self.exists(at, scope, &known, piece)
                    {
                        let element = store.element_at(*family, at);
                        if element != body {
                            found.push((formula, element));
                        }
                    }
                }
            }
        }
        found
    }

    /// Whether the place lies within the formula's ranges, wherever the indices around run.
    fn exists(&self, at: &Place, scope: &Scope, family: &Family, piece: &Piece) -> bool {
        let Scope { around, facts } = scope;
        let holds = |rest: &Dimension| {
            self.least.is_nonnegative(rest, around)
                || facts.iter().any(|fact| self.least.is_nonnegative(&rest.minus(fact), around))
        };
        let inside = |(value, (from, to)): (&Dimension, (&Dimension, &Dimension))| {
            holds(&value.minus(&family.size_at(from, at)))
                && holds(&family.size_at(to, at).minus(value))
        };
        at.values().zip(piece.ends()).all(inside)
    }
}
