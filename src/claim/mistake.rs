//! The smallest change that makes a claim right.

use super::{counterexample, pieces};
use crate::evaluate::{self, Comparison, evaluate};
use crate::expression::{Id, Node, Properties, Store};
use crate::number::{self, Rational};
use crate::shape::{Dimension, Shape};
use crate::simplify::expand;

/// A change that makes a claim right, confirmed by numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Mistake {
    /// The claim is the transpose of the derivative.
    Transposed,
    /// The claim has the other sign.
    Sign,
    /// The derivative is so many times the claim.
    Factor(Rational),
    /// The derivative is the claim times a scalar made of sizes.
    SizeFactor(Id),
    /// The claim is the derivative under another convention for structured variables.
    Convention(&'static str),
    /// The claim is right only where this variable is symmetric.
    OnlySymmetric(Id),
    /// An operand of the claim should be transposed.
    Operand(Id),
    /// A term of the claim should have the other sign.
    TermSign(Id),
    /// A term of the claim should be multiplied.
    TermFactor(Id, Rational),
    /// Two neighbours in a product should change places.
    Swapped(Id, Id),
}

/// Operands of a claim that are tried.
const MOST_PLACES: usize = 160;
/// Points at which a change is confirmed.
const TRIES: u64 = 6;
/// Values that it takes to confirm one, with roundings and points behind kinks.
const POINTS: usize = 60;
/// Nodes that are computed for all candidates together, those of a claim that nearly fits at every point.
const MOST_NODES: usize = 400_000;

/// The first change, from the plainest on, that makes the claim equal to the derivative. `others` are derivatives under other
/// conventions; `point` is one at which the claim is wrong, and the changed claim must be right.
pub fn find(
    store: &mut Store,
    claim: Id,
    derivative: Id,
    others: &[(&'static str, Id)],
    point: &evaluate::Point<f64>,
) -> Option<Mistake> {
    let mut judge = Judge::new(store, derivative, point)?;
    if store.shape(claim).is_square() {
        let turned = store.transpose(claim);
        if turned != claim && judge.accepts(store, turned) {
            return Some(Mistake::Transposed);
        }
    }
    if let Some(found) = judge.factor(store, claim) {
        return Some(found);
    }
    let mut there = Judge::new(store, claim, point)?;
    for (name, other) in others {
        if there.accepts(store, *other) {
            return Some(Mistake::Convention(name));
        }
    }
    let places = places(store, claim);
    let edited = places.into_iter().find_map(|path| judge.edit(store, claim, &path));
    edited.or_else(|| only_symmetric(store, claim, derivative))
}

/// The exact factor between two formulas, however near 1 it is.
pub fn find_factor(store: &mut Store, claim: Id, derivative: Id) -> Option<Mistake> {
    let claim = expand(store, claim)?;
    let derivative = expand(store, derivative)?;
    let (has, wants) = (store.terms(claim), store.terms(derivative));
    let factor = &wants.first()?.coefficient / &has.first()?.coefficient;
    let scaled = store.scale_by(&factor, claim);
    let is_sign = factor == number::integer(-1);
    let mistake = if is_sign { Mistake::Sign } else { Mistake::Factor(factor) };
    (scaled == derivative).then_some(mistake)
}

/// A matrix that the claim takes for symmetric.
fn only_symmetric(store: &mut Store, claim: Id, derivative: Id) -> Option<Mistake> {
    square_variables(store, claim, derivative).into_iter().find_map(|variable| {
        let turned = store.transpose(variable);
        let symmetric = store.add(&[variable, turned]);
        let replace = [(variable, symmetric)];
        let (a, b) = (store.substitute(claim, &replace), store.substitute(derivative, &replace));
        let agree = equal(store, a, b) && !differs_far(store, a, b);
        agree.then_some(Mistake::OnlySymmetric(variable))
    })
}

fn square_variables(store: &Store, claim: Id, derivative: Id) -> Vec<Id> {
    let mut found = store.reachable(&[claim, derivative]);
    found.retain(|id| {
        matches!(store.node(*id), Node::Variable(_))
            && store.shape(*id).is_square()
            && !store.shape(*id).is_scalar()
            && store.properties(*id) == Properties::NONE
    });
    found
}

fn equal(store: &Store, a: Id, b: Id) -> bool {
    matches!(evaluate::equal(store, a, store, b, TRIES), Comparison::Equal { .. })
}

/// Whether two formulas differ behind a kink or jump.
fn differs_far(store: &Store, a: Id, b: Id) -> bool {
    let points = pieces::points(store, &[a, b]);
    counterexample::among(store, a, b, &points).is_some()
}

/// Compares candidates with the derivative at one point first, where almost all fail.
struct Judge {
    derivative: Id,
    point: evaluate::Point<f64>,
    right: Vec<f64>,
    /// Nodes that may still be computed.
    left: usize,
}

impl Judge {
    fn new(store: &Store, derivative: Id, point: &evaluate::Point<f64>) -> Option<Self> {
        let right = evaluate(store, &[derivative], point).ok()?.pop()?.data;
        Some(Self { derivative, point: point.clone(), right, left: MOST_NODES })
    }

    fn accepts(&mut self, store: &Store, candidate: Id) -> bool {
        self.pays(store, candidate, 1)
            && self.agrees_here(store, candidate)
            && self.pays(store, candidate, POINTS)
            && equal(store, candidate, self.derivative)
            && !differs_far(store, candidate, self.derivative)
    }

    /// Whether so many values of the candidate may be computed.
    fn pays(&mut self, store: &Store, candidate: Id, values: usize) -> bool {
        let nodes = store.reachable(&[candidate]).len().saturating_mul(values);
        let left = self.left.checked_sub(nodes);
        self.left = left.unwrap_or(0);
        left.is_some()
    }

    fn agrees_here(&self, store: &Store, candidate: Id) -> bool {
        let Ok(mut values) = evaluate(store, &[candidate], &self.point) else { return false };
        let Some(value) = values.pop() else { return false };
        let largest = self.right.iter().fold(1e-6, |most: f64, x| most.max(x.abs()));
        value.data.len() == self.right.len()
            && value.data.iter().zip(&self.right).all(|(x, y)| (x - y).abs() <= 1e-8 * largest)
    }

    /// A number or a size that the claim lacks.
    fn factor(&mut self, store: &mut Store, claim: Id) -> Option<Mistake> {
        let value = evaluate(store, &[claim], &self.point).ok()?.pop()?.data;
        let along: f64 = value.iter().zip(&self.right).map(|(x, y)| x * y).sum();
        let ratio = along / value.iter().map(|x| x * x).sum::<f64>();
        if !ratio.is_finite() || ratio == 0.0 {
            return None;
        }
        if let Some(factor) = fraction(ratio) {
            let scaled = store.scale_by(&factor, claim);
            if self.accepts(store, scaled) {
                let is_sign = factor == number::integer(-1);
                return Some(if is_sign { Mistake::Sign } else { Mistake::Factor(factor) });
            }
        }
        let names: Vec<_> = self.point.sizes.keys().cloned().collect();
        for name in names {
            let size = store.size(&Dimension::symbol(name));
            for exponent in [1, -1] {
                for coefficient in [1, 2, -1, -2] {
                    let power = store.power_of(size, &number::integer(exponent));
                    let factor = store.scale_by(&number::integer(coefficient), power);
                    let scaled = store.multiply(factor, claim);
                    if self.accepts(store, scaled) {
                        return Some(Mistake::SizeFactor(factor));
                    }
                }
            }
        }
        None
    }

    /// The changes of one operand.
    fn edit(&mut self, store: &mut Store, claim: Id, path: &[usize]) -> Option<Mistake> {
        let target = follow(store, claim, path)?;
        let mut candidates: Vec<(Id, Mistake)> = Vec::new();
        if store.shape(target).is_square() && !store.is_symmetric(target) {
            let turned = store.transpose(target);
            candidates.push((turned, Mistake::Operand(target)));
        }
        match store.node(target).clone() {
            Node::Sum(terms) if terms.len() > 1 => {
                let shape = store.shape(target).clone();
                for at in 0..terms.len() {
                    for factor in [(-1, 1), (2, 1), (1, 2), (-2, 1), (-1, 2)] {
                        let factor = number::ratio(factor.0, factor.1);
                        let mut changed: Vec<(Rational, Id)> =
                            terms.iter().map(|term| (term.coefficient.clone(), term.id)).collect();
                        changed[at].0 *= &factor;
                        let sum = store.sum(changed, &shape);
                        let term = store.scale_by(&terms[at].coefficient, terms[at].id);
                        let mistake = if factor == number::integer(-1) {
                            Mistake::TermSign(term)
                        } else {
                            Mistake::TermFactor(term, factor)
                        };
                        candidates.push((sum, mistake));
                    }
                }
            }
            Node::Product(factors) => {
                for at in 1..factors.len() {
                    let (a, b) = (factors[at - 1], factors[at]);
                    if store.shape(a) == store.shape(b) && store.shape(a).is_square() {
                        let mut swapped = factors.to_vec();
                        swapped.swap(at - 1, at);
                        candidates.push((store.product(&swapped), Mistake::Swapped(a, b)));
                    }
                }
            }
            _ => {}
        }
        candidates.into_iter().find_map(|(edited, mistake)| {
            if store.shape(edited) != store.shape(target) {
                return None;
            }
            let changed = replaced(store, claim, path, edited)?;
            self.accepts(store, changed).then_some(mistake)
        })
    }
}

/// A fraction with a small denominator.
fn fraction(x: f64) -> Option<Rational> {
    (1..=12_i32).find_map(|denominator| {
        let numerator = (x * f64::from(denominator)).round();
        let close = (x * f64::from(denominator) - numerator).abs() < 1e-7 * x.abs().max(1.0);
        #[allow(clippy::cast_possible_truncation)]
        let whole = numerator as i64;
        (close && numerator.abs() < 1e6 && whole != 0)
            .then(|| number::ratio(whole, i64::from(denominator)))
    })
}

/// Paths to the operands of a claim, the outermost first.
fn places(store: &Store, claim: Id) -> Vec<Vec<usize>> {
    let mut paths: Vec<(Vec<usize>, Id)> = vec![(Vec::new(), claim)];
    let mut at = 0;
    while at < paths.len() && paths.len() < MOST_PLACES {
        let (path, id) = paths[at].clone();
        for (place, child) in store.node(id).children().into_iter().enumerate() {
            let mut longer = path.clone();
            longer.push(place);
            paths.push((longer, child));
        }
        at += 1;
    }
    paths.into_iter().map(|(path, _)| path).collect()
}

fn follow(store: &Store, root: Id, path: &[usize]) -> Option<Id> {
    path.iter().try_fold(root, |id, place| store.node(id).children().get(*place).copied())
}

/// The claim with the operand at the end of the path replaced, by a value of its shape.
fn replaced(store: &mut Store, root: Id, path: &[usize], by: Id) -> Option<Id> {
    let Some((place, rest)) = path.split_first() else { return Some(by) };
    let child = *store.node(root).children().get(*place)?;
    let inner = replaced(store, child, rest, by)?;
    let (node, shape) = (store.node(root).clone(), store.shape(root).clone());
    Some(with_operand(store, &node, &shape, *place, inner))
}

/// The node with one operand replaced, even where the same operand occurs twice.
fn with_operand(store: &mut Store, node: &Node, shape: &Shape, place: usize, by: Id) -> Id {
    let mut at = 0;
    store.build(node, shape, &mut |child| {
        let here = at == place;
        at += 1;
        if here { by } else { child }
    })
}
