//! Masks as the conditions that they are: step(a − b) as a > b.

use super::Notation;
use super::compose::{Composer, operator};
use super::phrase::{Constant, Head, Item, Phrase, Relation};
use crate::expression::{Id, Node};
use crate::function::FunctionId;
use crate::syntax::ast::Comparison;

const NOT: Head = Head { glyph: "¬", ..operator("not", r"\lnot") };

/// What the function of the difference says of its sides, and the same the other way round.
fn comparison(name: &str) -> Option<[Comparison; 2]> {
    Some(match name {
        "step" => [Comparison::Greater, Comparison::Less],
        "nonpositive" => [Comparison::AtMost, Comparison::AtLeast],
        "is_zero" => [Comparison::Equal; 2],
        "is_nonzero" => [Comparison::Unequal; 2],
        _ => return None,
    })
}

/// What a mask says of its argument beside 0; the step has a name of its own.
pub(super) fn sign_beside_zero(function: FunctionId, notation: Notation) -> Option<&'static str> {
    let is_latex = notation == Notation::Latex;
    Some(match function.row().name {
        "nonpositive" if is_latex => r"\le",
        "nonpositive" => "≤",
        "is_zero" => "=",
        "is_nonzero" if is_latex => r"\ne",
        "is_nonzero" => "≠",
        _ => return None,
    })
}

impl Composer<'_> {
    /// The mask as a condition, positive terms on its left; none where the function is as short.
    pub(super) fn relation(&self, function: FunctionId, argument: Id) -> Option<Phrase> {
        let [direct, turned] = comparison(function.row().name)?;
        if let Some(condition) = self.of_conditions(direct, argument) {
            return Some(condition);
        }
        let items = match self.phrase(argument) {
            Phrase::Sum(items) => items,
            _ if direct == Comparison::Greater => return None,
            phrase => vec![Item { negative: false, place: 0, phrase, fills: false }],
        };
        let items = plain(items, &self.filled(argument));
        let (below, above): (Vec<Item>, Vec<Item>) =
            items.into_iter().partition(|item| item.negative);
        if below.is_empty() && direct == Comparison::Greater {
            return None;
        }
        let below: Vec<Item> =
            below.into_iter().map(|item| Item { negative: false, ..item }).collect();
        let is_constant =
            |items: &[Item]| items.iter().all(|item| matches!(item.phrase, Phrase::Number(_)));
        let (comparison, left, right) = if is_constant(&above) && !is_constant(&below) {
            (turned, below, above)
        } else {
            (direct, above, below)
        };
        let (comparison, left, right) = if self.store.as_size(argument).is_some() {
            of_whole_numbers(comparison, left, right)
        } else {
            (comparison, left, right)
        };
        let sides = apart(left, right);
        Some(Phrase::Relation(Relation::Compare(comparison), sides.into()))
    }

    /// The terms that are a number in every entry, as they are written; the last factor of A·1 is ones, too.
    fn filled(&self, argument: Id) -> Vec<Phrase> {
        let is_filled = |id: Id| match self.store.node(id) {
            Node::Scale { matrix, .. } => self.store.is_ones(*matrix),
            _ => self.store.is_ones(id),
        };
        let terms = self.store.terms(argument);
        let filled = terms.iter().filter(|term| is_filled(term.id));
        filled.map(|term| self.multiple(&term.coefficient, term.id).phrase).collect()
    }

    /// `a or b` of [a + b ≠ 0], `not a` of [a = 0].
    fn of_conditions(&self, comparison: Comparison, argument: Id) -> Option<Phrase> {
        let terms = self.store.terms(argument);
        let is_mask = |id: Id| self.store.is_mask(id) && self.layout.name(id).is_none();
        let all =
            terms.iter().all(|term| num_traits::One::is_one(&term.coefficient) && is_mask(term.id));
        let is_open = self.layout.name(argument).is_none();
        if !all || !is_open || !matches!(comparison, Comparison::Equal | Comparison::Unequal) {
            return None;
        }
        let is_sum = matches!(self.store.node(argument), Node::Sum(_));
        if !is_sum && comparison == Comparison::Unequal {
            return None;
        }
        let terms = self.order.terms(self.store, &terms).into_iter();
        let conditions = terms.map(|term| self.phrase(term.id));
        let any = conditions.reduce(|a, b| Phrase::Relation(Relation::Or, [a, b].into()))?;
        Some(match comparison {
            Comparison::Equal => Phrase::Call(NOT, vec![any]),
            _ => any,
        })
    }
}

/// Between whole numbers l + 1 ≤ L is l < L; an index stands on the left of what it is compared with.
fn of_whole_numbers(
    comparison: Comparison,
    mut left: Vec<Item>,
    right: Vec<Item>,
) -> (Comparison, Vec<Item>, Vec<Item>) {
    let is_one = |item: &Item| item.phrase == Phrase::whole(1);
    if comparison == Comparison::AtMost && left.len() > 1 && left.iter().any(is_one) {
        left.retain(|item| !is_one(item));
        return (Comparison::Less, left, right);
    }
    let is_index = |items: &[Item]| match items {
        [Item { phrase: Phrase::Name(name), .. }] => name.starts_with(char::is_lowercase),
        _ => false,
    };
    let is_equation = matches!(comparison, Comparison::Equal | Comparison::Unequal);
    if is_equation && is_index(&right) && !is_index(&left) {
        return (comparison, right, left);
    }
    (comparison, left, right)
}

/// Terms beside which a number stands for the array of it: c·1 as c, where that is one of the `filled`.
fn plain(items: Vec<Item>, filled: &[Phrase]) -> Vec<Item> {
    let number = |item: &Item| {
        let is_filled = filled.contains(&item.phrase);
        is_filled.then(|| without_ones(&item.phrase)).flatten()
    };
    if items.iter().all(|item| number(item).is_some()) {
        return items;
    }
    let number = |item: Item| match number(&item) {
        Some(phrase) => Item { phrase, fills: true, ..item },
        None => item,
    };
    items.into_iter().map(number).collect()
}

fn without_ones(phrase: &Phrase) -> Option<Phrase> {
    let is_ones = |phrase: &Phrase| match phrase {
        Phrase::Constant(Constant::Ones, _) => true,
        Phrase::Marked(base, _) => matches!(**base, Phrase::Constant(Constant::Ones, _)),
        _ => false,
    };
    match phrase {
        Phrase::Product(factors) => {
            let (last, front) = factors.split_last()?;
            is_ones(last).then(|| Phrase::product(front.to_vec()))
        }
        phrase => is_ones(phrase).then(|| Phrase::whole(1)),
    }
}

/// The sides; beside 0 what is the same in every entry changes its side: x ≥ −1 for x + 1 ≥ 0.
fn apart(left: Vec<Item>, right: Vec<Item>) -> [Phrase; 2] {
    let is_number = |item: &Item| item.fills || matches!(item.phrase, Phrase::Number(_));
    let moves = right.is_empty() && left.iter().any(is_number) && !left.iter().all(is_number);
    if !moves {
        return [side(left), side(right)];
    }
    let (numbers, others): (Vec<Item>, Vec<Item>) = left.into_iter().partition(is_number);
    let turned = numbers.into_iter().map(|item| Item { negative: true, ..item });
    [side(others), side(turned.collect())]
}

/// The sum of the terms, as an array where one of them is.
fn side(mut items: Vec<Item>) -> Phrase {
    if items.iter().all(|item| item.fills) {
        for item in &mut items {
            item.fills = false;
        }
    }
    Phrase::sum(items)
}
