//! Where the minus signs stand: (b − Ax) or −(Ax − b).
//!
//! The normal form takes the sign out of every sum, and which of a − b and b − a stands is an accident there. Here a
//! difference in a product starts with what is read first, (Ax − b)ᵀ(Ax − b); one minus sign that is left over in front of the
//! product goes into a difference, where that costs none.

use super::compose;
use super::phrase::{Constant, Item, Marks, Phrase, positive_first};

/// Gives every difference among the factors its usual direction, then moves a sign that is left over into one of them.
/// Returns whether the product is negative now.
pub(super) fn settle(factors: &mut [Phrase], negative: bool) -> bool {
    let mut negative = negative;
    for factor in factors.iter_mut() {
        for_each_difference(factor, &mut |items| {
            if direct(items) {
                negative = !negative;
            }
        });
        if let Phrase::Sum(items) = factor
            && items.iter().all(|item| item.negative)
        {
            turn(items);
            negative = !negative;
        }
    }
    let mut remains = negative && !absorb(factors);
    improve_pairs(factors);
    for factor in factors {
        if let Phrase::Blocks(rows) = factor {
            remains = settle_blocks(rows, remains);
        }
    }
    remains
}

/// Takes the sign of a block matrix inside, or one out of it, where fewer minus signs are written then.
fn settle_blocks(rows: &mut Vec<Vec<Phrase>>, negative: bool) -> bool {
    let mut turned = rows.clone();
    for cell in turned.iter_mut().flatten() {
        let is_zero = matches!(cell, Phrase::Constant(Constant::Zeros, _))
            || matches!(cell, Phrase::Number(value) if num_traits::Zero::is_zero(value));
        if is_zero {
            continue;
        }
        *cell = match std::mem::replace(cell, Phrase::whole(0)) {
            sum @ Phrase::Sum(_) => sum.signed(true),
            mut other => {
                let sign = settle(std::slice::from_mut(&mut other), true);
                other.signed(sign)
            }
        };
    }
    let signs = |rows: &[Vec<Phrase>], outside: bool| {
        let negative = |cell: &&Phrase| matches!(cell, Phrase::Sum(items) if items[0].negative);
        (rows.iter().flatten().filter(negative).count() + usize::from(outside), outside)
    };
    if signs(&turned, !negative) < signs(rows, negative) {
        *rows = turned;
        return !negative;
    }
    negative
}

/// (x − 1)(y − 1) as (1 − x)(1 − y): two differences that start with a constant read better, and two signs cancel.
fn improve_pairs(factors: &mut [Phrase]) {
    loop {
        let mut turned = factors.to_vec();
        if !(improve_one(&mut turned) && improve_one(&mut turned)) {
            return;
        }
        factors.clone_from_slice(&turned);
    }
}

/// Changes the sign of the first difference that would rather start with its constant; whether there was one.
fn improve_one(factors: &mut [Phrase]) -> bool {
    factors.iter_mut().any(improve)
}

fn improve(factor: &mut Phrase) -> bool {
    match factor {
        Phrase::Sum(items) => {
            let negative = items.iter().filter(|item| item.negative).count();
            if 2 * negative == items.len() {
                let turns = constant(items).is_some_and(|constant| constant.negative);
                if turns {
                    turn(items);
                }
                return turns;
            }
            let mut turned = items.clone();
            let all = turned.iter_mut().all(|item| !item.negative && improve(&mut item.phrase));
            if all {
                *items = turned;
            }
            all
        }
        Phrase::Marked(base, Marks { power: 1, .. }) => improve(base),
        Phrase::Product(factors) | Phrase::Entrywise(factors) => improve_one(factors),
        Phrase::EntrywiseQuotient(above, _) | Phrase::Quotient(above, _) => improve(above),
        Phrase::Call(head, arguments) if compose::LINEAR.contains(head) => improve_one(arguments),
        Phrase::SumOver(_, _, body) => improve(body),
        Phrase::Kronecker(..)
        | Phrase::Number(_)
        | Phrase::Name(_)
        | Phrase::Constant(..)
        | Phrase::Power(..)
        | Phrase::EntrywisePower(..)
        | Phrase::Root(_)
        | Phrase::Marked(..)
        | Phrase::Indexed(..)
        | Phrase::Part(..)
        | Phrase::Range(_)
        | Phrase::Blocks(_)
        | Phrase::Over(..)
        | Phrase::Unknown(..)
        | Phrase::Relation(..)
        | Phrase::Call(..) => false,
    }
}

/// An even power has no sign: a difference in it starts with what is read first.
pub(super) fn settle_even(base: &mut Phrase) {
    for_each_difference(base, &mut |items| {
        direct(items);
    });
}

/// Calls `visit` with every sum of as many negative as positive terms that is a factor.
fn for_each_difference(factor: &mut Phrase, visit: &mut dyn FnMut(&mut Vec<Item>)) {
    match factor {
        Phrase::Sum(items) => {
            if 2 * items.iter().filter(|item| item.negative).count() == items.len() {
                visit(items);
            }
        }
        Phrase::Marked(base, Marks { power: 1, .. }) => {
            for_each_difference(base, visit);
        }
        Phrase::Product(factors) | Phrase::Entrywise(factors) => {
            for factor in factors {
                for_each_difference(factor, visit);
            }
        }
        Phrase::EntrywiseQuotient(above, _) | Phrase::Quotient(above, _) => {
            for_each_difference(above, visit);
        }
        Phrase::Call(head, arguments) if compose::LINEAR.contains(head) => {
            for argument in arguments {
                for_each_difference(argument, visit);
            }
        }
        Phrase::SumOver(_, _, body) => for_each_difference(body, visit),
        Phrase::Kronecker(left, right) => {
            for_each_difference(left, visit);
            for_each_difference(right, visit);
        }
        Phrase::Number(_)
        | Phrase::Name(_)
        | Phrase::Constant(..)
        | Phrase::Power(..)
        | Phrase::EntrywisePower(..)
        | Phrase::Root(_)
        | Phrase::Marked(..)
        | Phrase::Indexed(..)
        | Phrase::Part(..)
        | Phrase::Range(_)
        | Phrase::Blocks(_)
        | Phrase::Over(..)
        | Phrase::Unknown(..)
        | Phrase::Relation(..)
        | Phrase::Call(..) => {}
    }
}

/// What is read first becomes positive; differences from a constant, such as 1 − t², stay. Whether the sign changed.
fn direct(items: &mut Vec<Item>) -> bool {
    let first = items.iter().min_by_key(|item| item.place);
    let turned = first.is_some_and(|first| first.negative) && constant(items).is_none();
    if turned {
        turn(items);
    }
    turned
}

/// Moves a minus sign into a difference that stands there once, or into every term of a sum of products with one each.
fn absorb(factors: &mut [Phrase]) -> bool {
    if let Some(target) = lone_difference(factors) {
        let mut at = 0;
        for factor in factors {
            for_each_difference(factor, &mut |items| {
                if at == target {
                    turn(items);
                }
                at += 1;
            });
        }
        return true;
    }
    factors.iter_mut().any(|factor| match factor {
        Phrase::Sum(items) => absorb_in_every(items),
        _ => false,
    })
}

fn absorb_in_every(items: &mut Vec<Item>) -> bool {
    let mut turned = items.clone();
    let all = turned
        .iter_mut()
        .all(|item| !item.negative && absorb(std::slice::from_mut(&mut item.phrase)));
    if all {
        *items = turned;
    }
    all
}

/// The first difference that has no twin and reads as well with the other sign.
fn lone_difference(factors: &mut [Phrase]) -> Option<usize> {
    let mut found: Vec<Vec<Item>> = Vec::new();
    for factor in factors {
        for_each_difference(factor, &mut |items| found.push(items.clone()));
    }
    let twin = |a: &[Item], b: &[Item]| {
        a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| a.phrase == b.phrase))
    };
    (0..found.len()).find(|at| {
        let lone = !(0..found.len()).any(|other| other != *at && twin(&found[other], &found[*at]));
        lone && constant(&found[*at]).is_none_or(|constant| constant.negative)
    })
}

/// The term that is a number or a multiple of ones.
fn constant(items: &[Item]) -> Option<&Item> {
    items.iter().find(|item| match &item.phrase {
        Phrase::Product(factors) => factors.iter().all(is_constant),
        phrase => is_constant(phrase),
    })
}

/// A sum of an array and ones with the number in their place: 1 − x. It is read as that where entries are all that counts.
pub(super) fn with_plain_ones(phrase: Phrase) -> Phrase {
    let Phrase::Sum(mut items) = phrase else { return phrase };
    if items.len() > 1 {
        for item in &mut items {
            item.phrase = match &item.phrase {
                Phrase::Constant(Constant::Ones, _) => Phrase::whole(1),
                Phrase::Marked(base, _) if is_constant(base) => Phrase::whole(1),
                Phrase::Product(factors) => match factors.as_slice() {
                    [Phrase::Number(value), Phrase::Constant(Constant::Ones, _)] => {
                        Phrase::Number(value.clone())
                    }
                    [Phrase::Number(value), Phrase::Marked(base, _)] if is_constant(base) => {
                        Phrase::Number(value.clone())
                    }
                    _ => continue,
                },
                _ => continue,
            };
            item.fills = true;
        }
    }
    Phrase::Sum(items)
}

fn is_constant(phrase: &Phrase) -> bool {
    matches!(phrase, Phrase::Number(_) | Phrase::Constant(Constant::Ones, _))
}

fn turn(items: &mut Vec<Item>) {
    for item in items.iter_mut() {
        item.negative = !item.negative;
    }
    *items = positive_first(std::mem::take(items));
}
