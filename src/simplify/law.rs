//! The laws of the function table as rewrites from left to right: exp(x)/(1 + exp(x)) → sigmoid(x).
//!
//! A law's left side is matched against the normal form. Products and sums match with factors and terms to spare, which stay.

use std::mem::discriminant;

use num_traits::{One, Signed};

use crate::expression::{Id, Node, Power, Store, Term};
use crate::number::{self, Rational};
use crate::rule::{Law, laws};
use crate::shape::Shape;

/// Everything that a law makes of the node itself (its operands have been dealt with).
pub(super) fn apply(store: &mut Store, id: Id) -> Vec<Id> {
    let mut results = Vec::new();
    for row in laws() {
        if !row.needs.iter().all(|function| store.applies(*function)) {
            continue;
        }
        let law = match row.read() {
            Ok(law) => law,
            Err(fault) => {
                store.fail(fault);
                return Vec::new();
            }
        };
        let (pattern, root) = law.left.expression();
        let mut matcher = Matcher { pattern, entrywise: law.entrywise, bound: None };
        if let Some(result) = rewrite(store, id, law, root, &mut matcher) {
            results.push(result);
        }
    }
    results
}

fn rewrite(
    store: &mut Store,
    id: Id,
    law: &Law,
    root: Id,
    matcher: &mut Matcher<'_>,
) -> Option<Id> {
    if discriminant(matcher.pattern.node(root)) != discriminant(store.node(id)) {
        return None;
    }
    let shape = store.shape(id).clone();
    match (matcher.pattern.node(root), store.node(id).clone()) {
        (Node::Hadamard(wanted), Node::Hadamard(given)) => {
            let rest = matcher.match_powers(store, wanted, &given, true)?;
            let value = matcher.result(store, law)?;
            let rest = store.power_product(&rest, &shape);
            if store.shape(value) != store.shape(rest) {
                return None;
            }
            Some(store.hadamard(&[value, rest], &shape))
        }
        (Node::Sum(wanted), Node::Sum(given)) => {
            let (sign, wanted) = terms_of(matcher.pattern, wanted)?;
            if given.len() < wanted.len() {
                return None;
            }
            let (factor, rest) = matcher.match_terms(store, &wanted, &given, true)?;
            let value = matcher.result(store, law)?;
            let mut terms: Vec<_> =
                rest.into_iter().map(|term| (term.coefficient, term.id)).collect();
            terms.push((factor / sign, value));
            Some(store.sum(terms, &shape))
        }
        (Node::Scale { scalar: s, matrix: m }, Node::Scale { scalar, matrix }) => {
            let wanted = powers_of(matcher.pattern, *s)?;
            let given = store.powers(scalar);
            for (at, part) in parts(store, matrix).into_iter().enumerate() {
                matcher.bound = None;
                if !matcher.match_node(store, *m, part) {
                    continue;
                }
                let Some(rest) = matcher.match_powers(store, &wanted, &given, true) else {
                    continue;
                };
                let value = matcher.result(store, law)?;
                let rest = store.power_product(&rest, &Shape::Scalar);
                let product = replace_part(store, matrix, at, value);
                return Some(store.multiply(rest, product));
            }
            None
        }
        (Node::Apply { .. }, Node::Apply { .. }) => {
            matcher.match_node(store, root, id).then_some(())?;
            matcher.result(store, law)
        }
        _ => None,
    }
}

/// The matrices of which one may carry the scalar: (sA)B = A(sB), and s(A ⊙ B) = (sA) ⊙ B.
fn parts(store: &Store, matrix: Id) -> Vec<Id> {
    match store.node(matrix) {
        Node::Product(factors) => factors.to_vec(),
        Node::Hadamard(powers) => powers.iter().map(|power| power.base).collect(),
        _ => vec![matrix],
    }
}

/// The matrix with one of its [`parts`] replaced.
fn replace_part(store: &mut Store, matrix: Id, at: usize, value: Id) -> Id {
    match store.node(matrix).clone() {
        Node::Product(mut factors) => {
            factors[at] = value;
            store.product(&factors)
        }
        Node::Hadamard(powers) => {
            // The part itself times the rest: a power of it above the first stays.
            let shape = store.shape(matrix).clone();
            let rest = store.power_of(powers[at].base, &number::integer(-1));
            store.hadamard(&[matrix, rest, value], &shape)
        }
        _ => value,
    }
}

/// The terms of a pattern's sum of several, and the coefficient before it: the normal form takes the sign out of a difference.
fn terms_of(pattern: &Store, terms: &[Term]) -> Option<(Rational, Vec<Term>)> {
    match terms {
        [only] => match pattern.node(only.id) {
            Node::Sum(inner) if inner.len() > 1 => Some((only.coefficient.clone(), inner.to_vec())),
            _ => None,
        },
        _ => Some((number::one(), terms.to_vec())),
    }
}

/// The powers of a pattern's scalar.
fn powers_of(pattern: &Store, id: Id) -> Option<Vec<Power>> {
    match pattern.node(id) {
        Node::Hadamard(powers) => Some(powers.to_vec()),
        _ => None,
    }
}

struct Matcher<'a> {
    pattern: &'a Store,
    /// Whether the pattern is a scalar expression of x that stands for every entry.
    entrywise: bool,
    /// What x is.
    bound: Option<Id>,
}

impl Matcher<'_> {
    fn result(&self, store: &mut Store, law: &Law) -> Option<Id> {
        let x = self.bound?;
        Some(if self.entrywise {
            law.right.lift(store, x)
        } else {
            law.right.instantiate(store, &[("x", x)])
        })
    }

    /// Whether the pattern's node matches, binding x on the way; on failure the binding is as before.
    fn match_node(&mut self, store: &mut Store, wanted: Id, given: Id) -> bool {
        let before = self.bound;
        let matches = self.try_match(store, wanted, given);
        if !matches {
            self.bound = before;
        }
        matches
    }

    fn try_match(&mut self, store: &mut Store, wanted: Id, given: Id) -> bool {
        match (self.pattern.node(wanted), store.node(given).clone()) {
            (Node::Variable(_), _) => match self.bound {
                Some(bound) => bound == given,
                None if !self.entrywise && !store.shape(given).is_column() => false,
                None => {
                    self.bound = Some(given);
                    true
                }
            },
            (Node::Number(value), _) => {
                let value = value.clone();
                let (coefficient, rest) = store.split_coefficient(given);
                coefficient == value && store.is_ones(rest)
            }
            // −x matches what stands with a minus sign; x is the rest.
            (Node::Sum(wanted), Node::Sum(given)) if wanted.len() == 1 && given.len() == 1 => {
                let ratio = &given[0].coefficient / &wanted[0].coefficient;
                if !ratio.is_positive() {
                    return false;
                }
                let inner = store.scale_by(&ratio, given[0].id);
                self.match_node(store, wanted[0].id, inner)
            }
            (Node::Sum(wanted), Node::Sum(given)) => {
                wanted.len() == given.len()
                    && self
                        .match_terms(store, wanted, &given, false)
                        .is_some_and(|(factor, _)| factor.is_one())
            }
            (Node::Hadamard(wanted), Node::Hadamard(given)) => {
                wanted.len() == given.len()
                    && self.match_powers(store, wanted, &given, false).is_some()
            }
            (
                Node::Apply { function, arguments },
                Node::Apply { function: f, arguments: given },
            ) => {
                *function == f
                    && arguments.len() == given.len()
                    && arguments
                        .iter()
                        .zip(&given)
                        .all(|(wanted, given)| self.match_node(store, *wanted, *given))
            }
            (Node::Total(wanted), Node::Total(given)) => self.match_node(store, *wanted, given),
            _ => false,
        }
    }

    /// The powers that are left over when each wanted one has been found; all must be used unless some may stay.
    fn match_powers(
        &mut self,
        store: &mut Store,
        wanted: &[Power],
        given: &[Power],
        may_stay: bool,
    ) -> Option<Vec<Power>> {
        let Some((first, others)) = self.split_hardest(wanted, |power| power.base) else {
            return (may_stay || given.is_empty()).then(|| given.to_vec());
        };
        for (at, candidate) in given.iter().enumerate() {
            let exponents =
                (self.pattern.as_number(first.exponent), store.as_number(candidate.exponent));
            if exponents.0.is_none() || exponents.0 != exponents.1 {
                continue;
            }
            let before = self.bound;
            if self.match_node(store, first.base, candidate.base) {
                let mut rest = given.to_vec();
                rest.remove(at);
                if let Some(left) = self.match_powers(store, &others, &rest, may_stay) {
                    return Some(left);
                }
            }
            self.bound = before;
        }
        None
    }

    /// The common factor c of c·pattern and the terms left over.
    fn match_terms(
        &mut self,
        store: &mut Store,
        wanted: &[Term],
        given: &[Term],
        may_stay: bool,
    ) -> Option<(Rational, Vec<Term>)> {
        self.match_terms_with(store, wanted, given, may_stay, None)
    }

    fn match_terms_with(
        &mut self,
        store: &mut Store,
        wanted: &[Term],
        given: &[Term],
        may_stay: bool,
        factor: Option<Rational>,
    ) -> Option<(Rational, Vec<Term>)> {
        let Some((first, others)) = self.split_hardest(wanted, |term| term.id) else {
            let factor = factor?;
            return (may_stay || given.is_empty()).then(|| (factor, given.to_vec()));
        };
        for (at, candidate) in given.iter().enumerate() {
            let ratio = &candidate.coefficient / &first.coefficient;
            if factor.as_ref().is_some_and(|factor| *factor != ratio) {
                continue;
            }
            let before = self.bound;
            if self.match_node(store, first.id, candidate.id) {
                let mut rest = given.to_vec();
                rest.remove(at);
                if let Some(found) =
                    self.match_terms_with(store, &others, &rest, may_stay, Some(ratio))
                {
                    return Some(found);
                }
            }
            self.bound = before;
        }
        None
    }

    /// The item that is hardest to match (a bare x matches anything, so it comes last) and the others.
    fn split_hardest<T: Clone>(&self, items: &[T], id: impl Fn(&T) -> Id) -> Option<(T, Vec<T>)> {
        let bare = |item: &T| matches!(self.pattern.node(id(item)), Node::Variable(_));
        let at = items.iter().position(|item| !bare(item)).or(if items.is_empty() {
            None
        } else {
            Some(0)
        })?;
        let mut others = items.to_vec();
        let first = others.remove(at);
        Some((first, others))
    }
}
