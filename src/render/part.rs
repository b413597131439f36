//! Parts and blocks: products with columns of an identity, as what they select and where they place.

use super::compose::{self, Composer};
use super::phrase::{Constant, Item, Marks, Phrase, positive_first};
use crate::expression::{Id, Node, Selection, Term};
use crate::shape::Dimension;

/// The places that a value has in a larger one, by rows and by columns; all of them where nothing is said.
type Places = [Option<Selection>; 2];

/// A term of a sum that stands in places among zeros.
struct Placed {
    places: Places,
    item: Item,
    /// Rows and columns of the whole.
    shape: [Dimension; 2],
}

impl Composer<'_> {
    /// A[i..j, k..l], for the factors from `at` on; and how many they are.
    pub(super) fn part(&self, factors: &[Id]) -> Option<(Phrase, usize)> {
        let selects = |at: usize, turned: bool| {
            let factor = factors.get(at).filter(|id| self.layout.name(**id).is_none())?;
            let (selection, is_turned) = self.store.as_selection(*factor)?;
            (is_turned == turned).then_some(selection)
        };
        let rows = selects(0, true);
        let at = usize::from(rows.is_some());
        let value = *factors.get(at)?;
        let columns = selects(at + 1, false);
        let is_plain = self.store.as_selection(value).is_none();
        if !is_plain || (rows.is_none() && columns.is_none()) {
            return None;
        }
        let count = at + 1 + usize::from(columns.is_some());
        let (inner, turned) = match self.store.as_transpose(value) {
            Some(inner) if self.layout.name(value).is_none() => (inner, true),
            _ => (value, false),
        };
        let sides = if turned { [columns, rows] } else { [rows, columns] };
        let shape = self.store.shape(inner);
        let indices: Vec<Phrase> = match (shape.is_column(), shape.is_row()) {
            (true, _) => vec![range(sides[0])],
            (_, true) => vec![range(sides[1])],
            _ => sides.map(range).into(),
        };
        let part = Phrase::Part(self.phrase(inner).into(), indices);
        let single = |side: Option<&Selection>| side.is_some_and(|it| it.count.is_one());
        let is_number = single(sides[0]) && (single(sides[1]) || shape.is_column())
            || shape.is_row() && single(sides[1]);
        if !turned || is_number {
            return Some((part, count));
        }
        let marks = Marks { inverse: false, power: 1, transpose: true };
        Some((Phrase::Marked(part.into(), marks), count))
    }

    /// [0; x; 0], for a product that puts its value in a place.
    pub(super) fn block(&self, factors: &[Id]) -> Option<Phrase> {
        let (places, inner) = self.places(factors);
        let is_corner = inner.is_empty() && factors.len() == 2;
        if inner.len() == factors.len() || inner.is_empty() && !is_corner {
            return None;
        }
        let phrase = match (inner, &places[0]) {
            ([], Some(rows)) if !rows.count.is_one() => {
                compose::constant(Constant::Identity, &[&rows.count])
            }
            (inner, _) => Phrase::product(self.chain(inner)),
        };
        let item = Item { negative: false, place: 0, phrase, fills: false };
        Some(blocks(vec![Placed { places, item, shape: self.sides(factors) }]).phrase)
    }

    /// I[:, i], or [I; 0]
    pub(super) fn columns_of_identity(selection: &Selection) -> Phrase {
        if !selection.count.is_one() {
            let phrase = compose::constant(Constant::Identity, &[&selection.count]);
            let item = Item { negative: false, place: 0, phrase, fills: false };
            let places = [Some(selection.clone()), None];
            let shape = [selection.order.clone(), selection.count.clone()];
            return blocks(vec![Placed { places, item, shape }]).phrase;
        }
        let identity = compose::constant(Constant::Identity, &[&selection.order]);
        Phrase::Part(identity.into(), [None, Some(selection)].map(range).into())
    }

    /// Rows and columns of a product.
    fn sides(&self, factors: &[Id]) -> [Dimension; 2] {
        let [first, last] = [factors[0], factors[factors.len() - 1]];
        [self.store.shape(first).rows(), self.store.shape(last).columns()]
    }

    /// What stands at the ends of a product and places it, and the factors between.
    fn places<'a>(&self, factors: &'a [Id]) -> (Places, &'a [Id]) {
        let selects = |id: &Id, turned: bool| {
            let named = self.layout.name(*id).is_some();
            let found = self.store.as_selection(*id).filter(|(it, _)| !named && !is_unit(it));
            found.filter(|(_, is_turned)| *is_turned == turned).map(|(it, _)| it.clone())
        };
        let rows = factors.first().and_then(|id| selects(id, false));
        let inner = &factors[usize::from(rows.is_some())..];
        let columns = inner.last().and_then(|id| selects(id, true));
        let count = inner.len() - usize::from(columns.is_some());
        ([rows, columns], &inner[..count])
    }

    /// The terms of a sum that stand in places, as blocks; and the others.
    pub(super) fn blocks(&self, terms: &[Term]) -> (Vec<Item>, Vec<Term>) {
        let (mut placed, mut others) = (Vec::new(), Vec::new());
        for term in terms {
            match self.placed(term) {
                Some(found) => placed.push(found),
                None => others.push(term.clone()),
            }
        }
        let mut items: Vec<Item> = Vec::new();
        let kind = |it: &Placed| it.places.each_ref().map(Option::is_some);
        while let Some(own) = placed.first().map(kind) {
            let (alike, rest): (Vec<_>, Vec<_>) =
                placed.into_iter().partition(|it| kind(it) == own);
            placed = rest;
            items.extend(arranged(alike));
        }
        (items, others)
    }

    /// A term with its coefficient, in its place; a column of an identity is 1 in its place.
    fn placed(&self, term: &Term) -> Option<Placed> {
        let mut id = term.id;
        while let (None, Node::Scale { matrix, .. }) = (self.layout.name(id), self.store.node(id)) {
            id = *matrix;
        }
        if self.layout.name(id).is_some() {
            return None;
        }
        let alone = [id];
        let factors: &[Id] = match self.store.node(id) {
            Node::Product(factors) => factors,
            _ => &alone,
        };
        let (places, inner) = self.places(factors);
        let [rows, columns] = &places;
        let count = rows.as_ref().or(columns.as_ref())?.count.clone();
        let matrix = match inner {
            [] if count.is_one() => None,
            [] => Some(compose::constant(Constant::Identity, &[&count])),
            inner => Some(Phrase::product(self.chain(inner))),
        };
        let item = self.scaled(term, id, matrix);
        Some(Placed { places, item, shape: self.sides(factors) })
    }
}

/// Whether it is a unit vector that stands at no known end: eᵢ is shorter than the zeros around the 1.
fn is_unit(selection: &Selection) -> bool {
    let is_last = selection.from == selection.order;
    selection.count.is_one() && selection.from.as_constant().is_none() && !is_last
}

/// `i`, `i..j`, `:`
fn range(selection: Option<&Selection>) -> Phrase {
    let Some(selection) = selection else { return Phrase::Range(None) };
    let from = Phrase::size(&selection.from);
    if selection.count.is_one() {
        return from;
    }
    Phrase::Range(Some(Box::new([from, Phrase::size(&selection.to())])))
}

/// One block matrix where the places are disjoint, otherwise one for each place.
fn arranged(placed: Vec<Placed>) -> Vec<Item> {
    if [0, 1].into_iter().all(|side| in_order(&placed, side).is_some()) {
        return vec![blocks(placed)];
    }
    let mut items = Vec::new();
    let mut rest = placed;
    while let Some(places) = rest.first().map(|first| first.places.clone()) {
        let (here, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|it| it.places == places);
        rest = others;
        items.push(blocks(here));
    }
    items
}

/// The ranges of rows, or of columns, in ascending order, each once; none where two of them may overlap.
fn in_order(placed: &[Placed], side: usize) -> Option<Vec<Selection>> {
    let is_known = |size: &Dimension| size.terms().all(|(coefficient, _)| coefficient >= 0);
    let precedes =
        |a: &Selection, b: &Selection| is_known(&b.from.minus(&a.to()).minus(&Dimension::one()));
    let mut sorted: Vec<Selection> = Vec::new();
    for next in placed.iter().filter_map(|it| it.places[side].as_ref()) {
        if sorted.contains(next) {
            continue;
        }
        let at = sorted.iter().take_while(|known| precedes(known, next)).count();
        if sorted[at..].iter().any(|known| !precedes(next, known)) {
            return None;
        }
        sorted.insert(at, next.clone());
    }
    Some(sorted)
}

/// A side of a block matrix: what is selected and the gaps between, each with its length; all of it where nothing is selected.
fn pieces(ranges: Vec<Selection>, length: &Dimension) -> Vec<(Option<Selection>, Dimension)> {
    if ranges.is_empty() {
        return vec![(None, length.clone())];
    }
    let mut pieces = Vec::new();
    let mut next = Dimension::one();
    for range in ranges {
        pieces.push((None, range.from.minus(&next)));
        next = range.to().plus(&Dimension::one());
        pieces.push((Some(range.clone()), range.count));
    }
    pieces.push((None, length.plus(&Dimension::one()).minus(&next)));
    pieces.retain(|(_, length)| length.as_constant() != Some(0));
    pieces
}

/// The terms in one block matrix; a minus in front of all of them stands before it.
fn blocks(mut placed: Vec<Placed>) -> Item {
    let negative = placed.iter().all(|it| it.item.negative);
    if negative {
        for it in &mut placed {
            it.item.negative = false;
        }
    }
    let [rows, columns] = [0, 1]
        .map(|side| pieces(in_order(&placed, side).unwrap_or_default(), &placed[0].shape[side]));
    let cell = |row: &(Option<Selection>, Dimension), column: &(Option<Selection>, Dimension)| {
        let here = placed.iter().filter(|it| it.places[0] == row.0 && it.places[1] == column.0);
        let here: Vec<Item> = here.map(|it| it.item.clone()).collect();
        match here.as_slice() {
            [] if row.1.is_one() && column.1.is_one() => Phrase::whole(0),
            [] => compose::constant(Constant::Zeros, &[&row.1, &column.1]),
            _ => Phrase::sum(positive_first(here)),
        }
    };
    let table = rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect());
    Item { negative, place: 0, phrase: Phrase::Blocks(table.collect()), fills: false }
}
