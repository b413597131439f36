//! Sums over indices: deltas are contracted, what does not depend on an index stands outside its Σ, and Σ of a Σ is one Σ.

use num_traits::{One, Signed, Zero};

use super::formula::{Base, Factor, Factors, Formula, Index, Monomial, collected};
use crate::shape::Dimension;

/// A sum that holds a delta is multiplied out when what stands beside it has at most so many entries:
/// Σ_k (S_ik − δ_ik) W_kj = Σ_k S_ik W_kj − W_ij.
const SHORT: usize = 2;

/// Σ over the indices of a product.
pub(super) fn sum_over(
    mut indices: Vec<Index>,
    mut product: Factors,
    ranges: &[Dimension],
) -> Formula {
    if product.coefficient.is_zero() {
        return Formula { terms: Vec::new() };
    }
    contract(&mut indices, &mut product.factors);
    product.factors = collected(product.factors);
    if let Some(at) = to_multiply_out(&indices, &product.factors) {
        return multiplied_out(&indices, &product, at, ranges);
    }
    let (mut outside, dependent): (Vec<Factor>, Vec<Factor>) =
        product.factors.into_iter().partition(|factor| !depends(factor, &indices));
    for index in &indices {
        if !dependent.iter().any(|factor| factor.has(*index)) {
            let size = Base::Size(ranges[index.position()].clone());
            outside.push(Factor { base: size, exponent: Formula::one() });
        }
    }
    let mut sums = connected(&indices, dependent);
    let term = |outside, over, inside| Monomial {
        coefficient: product.coefficient.clone(),
        outside,
        over,
        inside,
    };
    if sums.len() == 1
        && let Some((over, inside)) = sums.pop()
    {
        return Formula { terms: vec![term(outside, over, inside)] };
    }
    outside.extend(sums.into_iter().map(|(over, inside)| Factor::sum(over, inside)));
    Formula { terms: vec![term(outside, Vec::new(), Vec::new())] }
}

/// Σ_k δ_ik f(k) = f(i), and δ_ii = 1.
fn contract(indices: &mut Vec<Index>, factors: &mut Vec<Factor>) {
    let summed = |indices: &[Index], factor: &Factor| match factor.base {
        Base::Delta(a, b) if is_positive(&factor.exponent) => {
            if a == b || indices.contains(&b) {
                Some((b, a))
            } else {
                indices.contains(&a).then_some((a, b))
            }
        }
        Base::Delta(..)
        | Base::Size(_)
        | Base::Value { .. }
        | Base::Function(..)
        | Base::Group(_)
        | Base::Steps(..) => None,
    };
    while let Some(at) = factors.iter().position(|factor| summed(indices, factor).is_some()) {
        let Some((gone, kept)) = summed(indices, &factors[at]) else { return };
        factors.remove(at);
        if gone != kept {
            indices.retain(|index| *index != gone);
            for factor in factors.iter_mut() {
                factor.replace(gone, kept);
            }
        }
    }
}

fn is_positive(exponent: &Formula) -> bool {
    exponent.as_number().is_some_and(|value| value.is_positive())
}

/// A sum with a delta among its terms that would be contracted, beside little else.
fn to_multiply_out(indices: &[Index], factors: &[Factor]) -> Option<usize> {
    let contracted = |term: &Monomial| has_delta(term, indices);
    let at = factors
        .iter()
        .position(|factor| factor.as_terms().is_some_and(|t| t.iter().any(contracted)));
    let rest = |at: usize| {
        let others = factors.iter().enumerate().filter(|(other, _)| *other != at);
        others.map(|(_, factor)| factor.entries()).sum::<usize>()
    };
    at.filter(|at| rest(*at) <= SHORT)
}

fn has_delta(term: &Monomial, indices: &[Index]) -> bool {
    term.outside.iter().any(|factor| match factor.base {
        Base::Delta(a, b) => {
            is_positive(&factor.exponent) && (indices.contains(&a) || indices.contains(&b))
        }
        Base::Size(_)
        | Base::Value { .. }
        | Base::Function(..)
        | Base::Group(_)
        | Base::Steps(..) => false,
    })
}

/// The product with the terms of factor `at` that hold no delta together, and each of the others alone.
fn multiplied_out(
    indices: &[Index],
    product: &Factors,
    at: usize,
    ranges: &[Dimension],
) -> Formula {
    let terms = product.factors[at].as_terms().unwrap_or_default();
    let (alone, together): (Vec<Monomial>, Vec<Monomial>) =
        terms.iter().cloned().partition(|term| has_delta(term, indices));
    let mut pieces = Vec::new();
    if !together.is_empty() {
        pieces.push(Formula { terms: together });
    }
    pieces.extend(alone.into_iter().map(|term| Formula { terms: vec![term] }));
    let mut sum = Formula { terms: Vec::new() };
    for piece in pieces {
        let mut part = Factors { coefficient: product.coefficient.clone(), factors: Vec::new() };
        let mut over = indices.to_vec();
        part.factors.extend_from_slice(&product.factors[..at]);
        match piece.terms.as_slice() {
            // The Σ of a lone term is one with the Σ around it.
            [term] => {
                part.coefficient *= &term.coefficient;
                part.factors.extend(term.factors().cloned());
                over.extend(&term.over);
            }
            _ => part.push(piece),
        }
        part.factors.extend_from_slice(&product.factors[at + 1..]);
        sum.terms.extend(sum_over(over, part, ranges).terms);
    }
    sum
}

/// Sums that share no index are factors: Σ_kl a_k b_l = (Σ_k a_k)(Σ_l b_l).
fn connected(indices: &[Index], factors: Vec<Factor>) -> Vec<(Vec<Index>, Vec<Factor>)> {
    let mut sums = Vec::new();
    let mut open = factors;
    while let Some(first) = open.first() {
        let mut over = in_order(std::slice::from_ref(first), indices);
        let mut known = 0;
        while known < over.len() {
            known = over.len();
            let touched: Vec<Factor> =
                open.iter().filter(|factor| depends(factor, &over)).cloned().collect();
            over = in_order(&touched, indices);
        }
        let (inside, rest): (Vec<Factor>, Vec<Factor>) =
            open.into_iter().partition(|factor| depends(factor, &over));
        open = rest;
        sums.push(one_sum(over, inside));
    }
    sums
}

fn depends(factor: &Factor, indices: &[Index]) -> bool {
    indices.iter().any(|index| factor.has(*index))
}

/// Σ_i Σ_k … = Σ_ik …
fn one_sum(mut over: Vec<Index>, inside: Vec<Factor>) -> (Vec<Index>, Vec<Factor>) {
    let [factor] = inside.as_slice() else { return (over, inside) };
    let Some(sum) = factor.as_sum() else { return (over, inside) };
    if !sum.coefficient.is_one() || !sum.outside.is_empty() {
        return (over, inside);
    }
    over.extend(&sum.over);
    (over, sum.inside.clone())
}

/// Those of the indices that the factors depend on, in the order in which they appear.
fn in_order(factors: &[Factor], indices: &[Index]) -> Vec<Index> {
    let mut found: Vec<Index> = Vec::new();
    for factor in factors {
        let shown = match &factor.base {
            Base::Value { at, .. } => at.clone(),
            Base::Delta(a, b) => vec![*a, *b],
            Base::Size(_) | Base::Function(..) | Base::Group(_) | Base::Steps(..) => Vec::new(),
        };
        let inner = indices.iter().filter(|index| factor.has(**index)).copied();
        for index in shown.into_iter().chain(inner) {
            if indices.contains(&index) && !found.contains(&index) {
                found.push(index);
            }
        }
    }
    found
}
