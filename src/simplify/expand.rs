//! Distributing products over sums, so that terms can cancel and be collected anew.

use crate::expression::{Id, Node, Power, Store, Term};
use crate::number::{self, Rational};

/// The most terms a distributed form may have.
const MOST_TERMS: usize = 64;

/// The value as a sum of products that contain no sum as a direct factor; `None` when that takes too many terms.
pub fn expand(store: &mut Store, id: Id) -> Option<Id> {
    let terms = expanded_terms(store, id, 0)?;
    let shape = store.shape(id).clone();
    Some(store.sum(terms, &shape))
}

/// The value with one of its sums distributed and the other factors whole, for each such sum: in (a + b) ⊙ c ⊘ (a + b) the other
/// factors cancel only while a + b is in one piece.
pub(super) fn expand_each(store: &mut Store, id: Id) -> Vec<Id> {
    let shape = store.shape(id).clone();
    let (factors, entrywise): (Vec<Id>, bool) = match store.node(id).clone() {
        Node::Product(factors) => (factors.to_vec(), false),
        Node::Scale { scalar, matrix } => (vec![scalar, matrix], false),
        Node::Hadamard(powers) => {
            (powers.iter().map(|power| store.power(power.base, power.exponent)).collect(), true)
        }
        _ => return Vec::new(),
    };
    let mut results = Vec::new();
    for (at, factor) in factors.iter().enumerate() {
        let transposed = store.as_transpose(*factor);
        let terms = store.terms(transposed.unwrap_or(*factor));
        if terms.len() < 2 || terms.len() > MOST_TERMS {
            continue;
        }
        let mut products = Vec::with_capacity(terms.len());
        for Term { coefficient, id: term } in terms {
            let mut factors = factors.clone();
            factors[at] = if transposed.is_some() { store.transpose(term) } else { term };
            let product =
                if entrywise { store.hadamard(&factors, &shape) } else { store.product(&factors) };
            products.push((coefficient, product));
        }
        results.push(store.sum(products, &shape));
    }
    results
}

/// Nested sums deeper than this stay as they are.
const DEEPEST: usize = 6;

fn expanded_terms(store: &mut Store, id: Id, depth: usize) -> Option<Vec<(Rational, Id)>> {
    if depth > DEEPEST {
        return Some(vec![(number::one(), id)]);
    }
    let shape = store.shape(id).clone();
    let choices: Vec<Vec<(Rational, Id)>> = match store.node(id).clone() {
        Node::Sum(terms) => {
            let mut all = Vec::new();
            for Term { coefficient, id } in &terms {
                let inner = expanded_terms(store, *id, depth + 1)?;
                all.extend(inner.into_iter().map(|(inner, id)| (inner * coefficient, id)));
                if all.len() > MOST_TERMS {
                    return None;
                }
            }
            return Some(all);
        }
        Node::Transpose(inner) if matches!(store.node(inner), Node::Sum(_)) => {
            let inner = expanded_terms(store, inner, depth + 1)?;
            return Some(inner.into_iter().map(|(c, id)| (c, store.transpose(id))).collect());
        }
        Node::Product(factors) => {
            let mut choices = Vec::new();
            for factor in &factors {
                choices.push(expanded_terms(store, *factor, depth + 1)?);
            }
            choices
        }
        Node::Scale { scalar, matrix } => {
            vec![
                expanded_terms(store, scalar, depth + 1)?,
                expanded_terms(store, matrix, depth + 1)?,
            ]
        }
        Node::Hadamard(powers) => {
            let mut choices = Vec::new();
            for power in &powers {
                choices.extend(expanded_power(store, *power, depth)?);
            }
            choices
        }
        Node::Kronecker(a, b) => {
            vec![expanded_terms(store, a, depth + 1)?, expanded_terms(store, b, depth + 1)?]
        }
        Node::Trace(a) => return linear_terms(store, id, a, depth, Store::trace),
        Node::Total(a) => return linear_terms(store, id, a, depth, Store::total),
        Node::DiagonalOf(a) => return linear_terms(store, id, a, depth, Store::diagonal_of),
        Node::Diagonal(a) => return linear_terms(store, id, a, depth, Store::diagonal),
        Node::Vectorize(a) => return linear_terms(store, id, a, depth, Store::vectorize),
        _ => return Some(vec![(number::one(), id)]),
    };
    if choices.iter().all(|choice| choice.len() == 1) {
        return Some(vec![(number::one(), id)]);
    }
    let node = store.node(id).clone();
    let combine = |store: &mut Store, factors: &[Id]| match (&node, factors) {
        (Node::Hadamard(_), _) => store.hadamard(factors, &shape),
        (Node::Kronecker(..), [a, b]) => store.kronecker(*a, *b),
        _ => store.product(factors),
    };
    distribute(store, &choices, &combine)
}

/// A linear operator of a sum, term by term.
fn linear_terms(
    store: &mut Store,
    id: Id,
    operand: Id,
    depth: usize,
    operator: fn(&mut Store, Id) -> Id,
) -> Option<Vec<(Rational, Id)>> {
    let terms = expanded_terms(store, operand, depth + 1)?;
    if terms.len() == 1 {
        return Some(vec![(number::one(), id)]);
    }
    Some(
        terms.into_iter().map(|(coefficient, term)| (coefficient, operator(store, term))).collect(),
    )
}

/// (a + b).^2 is two factors; any other power is one that stays.
fn expanded_power(
    store: &mut Store,
    power: Power,
    depth: usize,
) -> Option<Vec<Vec<(Rational, Id)>>> {
    let whole = store.as_number(power.exponent).and_then(number::to_i64);
    if let Some(times @ 1..=2) = whole {
        let choice = expanded_terms(store, power.base, depth + 1)?;
        if choice.len() > 1 {
            return Some((0..times).map(|_| choice.clone()).collect());
        }
    }
    let id = store.power(power.base, power.exponent);
    Some(vec![vec![(number::one(), id)]])
}

/// Π (Σ …) → Σ Π …
fn distribute(
    store: &mut Store,
    choices: &[Vec<(Rational, Id)>],
    combine: &dyn Fn(&mut Store, &[Id]) -> Id,
) -> Option<Vec<(Rational, Id)>> {
    let count =
        choices.iter().try_fold(1_usize, |count, choice| count.checked_mul(choice.len()))?;
    if count > MOST_TERMS {
        return None;
    }
    let mut terms = Vec::with_capacity(count);
    for mut index in 0..count {
        let mut coefficient = number::one();
        let mut factors = Vec::with_capacity(choices.len());
        for choice in choices {
            let (c, id) = &choice[index % choice.len()];
            index /= choice.len();
            coefficient *= c;
            factors.push(*id);
        }
        terms.push((coefficient, combine(store, &factors)));
    }
    Some(terms)
}
