//! Factoring sums: the common factor that saves most is taken out, and what remains is a shorter sum.

use num_traits::Signed;

use super::cost::Costs;
use super::monomial::{Body, Monomial};
use crate::expression::{Id, Node, Power, Store};
use crate::number;
use crate::shape::{Dimension, Shape};

/// What several terms have in common.
#[derive(Clone, Debug, PartialEq)]
enum Common {
    /// Scalar powers, all that two terms share: one at a time, the search would try every order.
    Scalars(Vec<Power>),
    /// A₁…Aₖ on the left.
    Prefix(Vec<Id>),
    /// A₁…Aₖ on the right.
    Suffix(Vec<Id>),
    /// Entrywise powers, all that two terms share.
    Entrywise(Vec<Power>),
    /// A of A ⊗ B.
    KroneckerLeft(Id),
    /// B of A ⊗ B.
    KroneckerRight(Id),
}

/// A sum with so many terms is factored no further: it is a long sum, and searching pairs is quadratic.
const MOST_TERMS: usize = 48;

/// The sum with common factors taken out, as long as that makes it shorter.
pub(super) fn factor(store: &mut Store, costs: &mut Costs, id: Id) -> Id {
    let monomials = Monomial::all(store, id);
    if monomials.len() < 2 || monomials.len() > MOST_TERMS {
        return id;
    }
    let shape = store.shape(id).clone();
    let mut better = best_factoring(store, costs, &monomials, &shape, id);
    if let Some(turned) = with_commutations_in_front(store, &monomials) {
        let other = best_factoring(store, costs, &turned, &shape, id);
        if costs.of(store, other) < costs.of(store, better) {
            better = other;
        }
    }
    // The rest may have factors in common, too.
    if better == id { id } else { factor(store, costs, better) }
}

/// The cheapest of the sum and what becomes of it with one common factor taken out.
fn best_factoring(
    store: &mut Store,
    costs: &mut Costs,
    monomials: &[Monomial],
    shape: &Shape,
    id: Id,
) -> Id {
    let mut candidates: Vec<(f64, Common)> = Vec::new();
    for (at, first) in monomials.iter().enumerate() {
        for second in &monomials[at + 1..] {
            for common in common_factors(store, first, second) {
                if places(store, &common) {
                    continue;
                }
                if candidates.iter().any(|(_, known)| *known == common) {
                    continue;
                }
                let members = monomials.iter().filter(|term| has(store, term, &common)).count();
                let saving = weight(store, costs, &common) * (members.saturating_sub(1)) as f64;
                candidates.push((saving, common));
            }
        }
    }
    // Highest saving first; ties stay in order of discovery.
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut best = (costs.of(store, id), id);
    for (_, common) in candidates.into_iter().take(3) {
        let Some(candidate) = take_out(store, costs, monomials, &common, shape) else { continue };
        let cost = costs.of(store, candidate);
        if cost < best.0 {
            best = (cost, candidate);
        }
    }
    best.1
}

/// The terms with (B ⊗ A)K written K(A ⊗ B); none when there are no such terms.
fn with_commutations_in_front(store: &mut Store, monomials: &[Monomial]) -> Option<Vec<Monomial>> {
    let mut turned = monomials.to_vec();
    let mut found = false;
    for monomial in &mut turned {
        let Body::Chain(chain) = &mut monomial.body else { continue };
        let Some([product, turn]) = chain.last_chunk::<2>().copied() else { continue };
        let (Node::Kronecker(b, a), Node::Commutation(q, n)) =
            (store.node(product).clone(), store.node(turn))
        else {
            continue;
        };
        if store.shape(b).columns() != *q || store.shape(a).columns() != *n {
            continue;
        }
        let (rows, columns) = (store.shape(b).rows(), store.shape(a).rows());
        let front = store.commutation(&rows, &columns);
        let swapped = store.kronecker(a, b);
        chain.truncate(chain.len() - 2);
        chain.extend([front, swapped]);
        found = true;
    }
    found.then_some(turned)
}

/// factor·(sum of the quotients) + the other terms.
fn take_out(
    store: &mut Store,
    costs: &mut Costs,
    monomials: &[Monomial],
    common: &Common,
    shape: &Shape,
) -> Option<Id> {
    let mut quotients = Vec::new();
    let mut others = Vec::new();
    let first = monomials.iter().find_map(|monomial| divide(store, monomial, common))?;
    let inner = quotient_shape(store, common, &first, shape);
    for monomial in monomials {
        match divide(store, monomial, common) {
            Some(quotient) => {
                let empty = matches!(&quotient.body, Body::Chain(chain) if chain.is_empty());
                if empty && !inner.is_square() {
                    return None;
                }
                // x[2..n] − x[1..n−1] reads better than the difference of what selects from x.
                if !empty && selects(store, &quotient) {
                    return None;
                }
                quotients.push(quotient.build(store, &inner));
            }
            None => others.push(monomial.build(store, shape)),
        }
    }
    let rest = store.add(&quotients);
    let rest = factor(store, costs, rest);
    let product = match common {
        Common::Scalars(powers) => {
            let scalar = store.power_product(powers, &Shape::Scalar);
            store.multiply(scalar, rest)
        }
        Common::Prefix(prefix) => {
            let left = store.product(prefix);
            store.multiply(left, rest)
        }
        Common::Suffix(suffix) => {
            let right = store.product(suffix);
            store.multiply(rest, right)
        }
        Common::Entrywise(powers) => {
            let factor = store.power_product(powers, shape);
            store.hadamard(&[factor, rest], shape)
        }
        Common::KroneckerLeft(a) => store.kronecker(*a, rest),
        Common::KroneckerRight(b) => store.kronecker(rest, *b),
    };
    others.push(product);
    Some(store.add(&others))
}

/// Whether a common factor only says where the terms stand: the blocks of a matrix are written as such.
fn places(store: &Store, common: &Common) -> bool {
    let (factors, turned) = match common {
        Common::Prefix(factors) => (factors, false),
        Common::Suffix(factors) => (factors, true),
        _ => return false,
    };
    let is_place = |id: &Id| store.as_selection(*id).is_some_and(|(_, is)| is == turned);
    factors.iter().all(is_place)
}

/// Whether nothing is left but what selects.
fn selects(store: &Store, quotient: &Monomial) -> bool {
    let Body::Chain(chain) = &quotient.body else { return false };
    chain.iter().all(|factor| store.as_selection(*factor).is_some())
}

fn quotient_shape(store: &Store, common: &Common, quotient: &Monomial, shape: &Shape) -> Shape {
    let end = |id: Option<&Id>, side: fn(&Shape) -> Dimension| {
        id.map_or_else(Dimension::one, |id| side(store.shape(*id)))
    };
    match common {
        Common::Scalars(_) | Common::Entrywise(_) => shape.clone(),
        Common::Prefix(prefix) => {
            Shape::matrix(end(prefix.last(), Shape::columns), shape.columns())
        }
        Common::Suffix(suffix) => Shape::matrix(shape.rows(), end(suffix.first(), Shape::rows)),
        Common::KroneckerLeft(_) | Common::KroneckerRight(_) => match &quotient.body {
            Body::Chain(chain) => {
                chain.first().map_or_else(|| shape.clone(), |id| store.shape(*id).clone())
            }
            Body::Entrywise(_) => shape.clone(),
        },
    }
}

/// The tree cost of the factor.
fn weight(store: &mut Store, costs: &mut Costs, common: &Common) -> f64 {
    let mut total = |ids: &[Id]| ids.iter().map(|id| costs.of(store, *id).occurrences + 0.1).sum();
    match common {
        Common::Scalars(powers) | Common::Entrywise(powers) => {
            let bases: Vec<Id> = powers.iter().map(|power| power.base).collect();
            total(&bases)
        }
        Common::Prefix(chain) | Common::Suffix(chain) => total(chain),
        Common::KroneckerLeft(a) | Common::KroneckerRight(a) => total(&[*a]),
    }
}

/// Everything two terms share, one kind at a time.
fn common_factors(store: &Store, a: &Monomial, b: &Monomial) -> Vec<Common> {
    let mut found = Vec::new();
    let scalars = common_powers(store, &a.scalars, &b.scalars);
    if !scalars.is_empty() {
        found.push(Common::Scalars(scalars));
    }
    match (&a.body, &b.body) {
        (Body::Chain(x), Body::Chain(y)) => {
            let prefix = x.iter().zip(y).take_while(|(x, y)| x == y).count();
            let suffix = x.iter().rev().zip(y.iter().rev()).take_while(|(x, y)| x == y).count();
            if prefix > 0 {
                found.push(Common::Prefix(x[..prefix].to_vec()));
            }
            if suffix > 0 {
                found.push(Common::Suffix(x[x.len() - suffix..].to_vec()));
            }
            if let (Some((a, b)), Some((c, d))) = (kronecker(store, x), kronecker(store, y)) {
                found.extend((a == c).then_some(Common::KroneckerLeft(a)));
                found.extend((b == d).then_some(Common::KroneckerRight(b)));
            }
        }
        (Body::Entrywise(x), Body::Entrywise(y)) => {
            let powers = common_powers(store, x, y);
            if !powers.is_empty() {
                found.push(Common::Entrywise(powers));
            }
        }
        // A lone factor is an entrywise product of one.
        (Body::Chain(x), Body::Entrywise(y)) | (Body::Entrywise(y), Body::Chain(x)) => {
            if let [x] = x.as_slice()
                && let Some(power) = y.iter().find(|y| y.base == *x && store.is_one(y.exponent))
            {
                found.push(Common::Entrywise(vec![*power]));
            }
        }
    }
    found
}

/// A and B of a chain that is A ⊗ B.
fn kronecker(store: &Store, chain: &[Id]) -> Option<(Id, Id)> {
    match *store.node(*chain.first()?) {
        Node::Kronecker(a, b) if chain.len() == 1 => Some((a, b)),
        _ => None,
    }
}

/// The powers that divide both products.
fn common_powers(store: &Store, a: &[Power], b: &[Power]) -> Vec<Power> {
    a.iter().filter_map(|x| b.iter().find_map(|y| common_power(store, *x, *y))).collect()
}

/// The power that divides both: of the same base, exponents of one sign, the one closer to zero.
fn common_power(store: &Store, a: Power, b: Power) -> Option<Power> {
    if a.base != b.base {
        return None;
    }
    if a.exponent == b.exponent {
        return Some(a);
    }
    let (x, y) = (store.as_number(a.exponent)?, store.as_number(b.exponent)?);
    match (x.is_positive() == y.is_positive(), x.abs() < y.abs()) {
        (false, _) => None,
        (true, true) => Some(a),
        (true, false) => Some(b),
    }
}

/// The term without the common factor, if it has it.
fn divide(store: &mut Store, term: &Monomial, common: &Common) -> Option<Monomial> {
    has(store, term, common).then(|| without(store, term, common))
}

/// Whether the common factor divides the term.
fn has(store: &Store, term: &Monomial, common: &Common) -> bool {
    let all = |wanted: &[Power], powers: &[Power]| {
        let has = |power: &Power, by: &Power| common_power(store, *power, *by) == Some(*by);
        wanted.iter().all(|by| powers.iter().any(|power| has(power, by)))
    };
    match (common, &term.body) {
        (Common::Scalars(powers), _) => all(powers, &term.scalars),
        (Common::Entrywise(wanted), Body::Entrywise(powers)) => all(wanted, powers),
        (Common::Entrywise(wanted), Body::Chain(chain)) => match wanted.as_slice() {
            [power] => chain.as_slice() == [power.base] && store.is_one(power.exponent),
            _ => false,
        },
        (Common::Prefix(prefix), Body::Chain(chain)) => chain.starts_with(prefix),
        (Common::Suffix(suffix), Body::Chain(chain)) => chain.ends_with(suffix),
        (Common::KroneckerLeft(factor), Body::Chain(chain)) => {
            kronecker(store, chain).is_some_and(|(a, _)| a == *factor)
        }
        (Common::KroneckerRight(factor), Body::Chain(chain)) => {
            kronecker(store, chain).is_some_and(|(_, b)| b == *factor)
        }
        (
            Common::Prefix(_)
            | Common::Suffix(_)
            | Common::KroneckerLeft(_)
            | Common::KroneckerRight(_),
            Body::Entrywise(_),
        ) => false,
    }
}

/// The quotient of a term by a factor that it has.
fn without(store: &mut Store, term: &Monomial, common: &Common) -> Monomial {
    let mut quotient = term.clone();
    match (common, &mut quotient.body) {
        (Common::Scalars(powers), _) => divide_powers(store, &mut quotient.scalars, powers),
        (Common::Entrywise(wanted), Body::Entrywise(powers)) => {
            divide_powers(store, powers, wanted);
        }
        (Common::Entrywise(_), body @ Body::Chain(_)) => *body = Body::Entrywise(Vec::new()),
        (Common::Prefix(prefix), Body::Chain(chain)) => {
            chain.drain(..prefix.len());
        }
        (Common::Suffix(suffix), Body::Chain(chain)) => {
            chain.truncate(chain.len() - suffix.len());
        }
        (Common::KroneckerLeft(_), Body::Chain(chain)) => {
            chain.splice(.., kronecker(store, chain).map(|(_, b)| b));
        }
        (Common::KroneckerRight(_), Body::Chain(chain)) => {
            chain.splice(.., kronecker(store, chain).map(|(a, _)| a));
        }
        // No term of this kind has such a factor.
        (
            Common::Prefix(_)
            | Common::Suffix(_)
            | Common::KroneckerLeft(_)
            | Common::KroneckerRight(_),
            Body::Entrywise(_),
        ) => {}
    }
    quotient
}

fn divide_powers(store: &mut Store, powers: &mut Vec<Power>, by: &[Power]) {
    for by in by {
        let Some(at) = powers.iter().position(|power| power.base == by.base) else { continue };
        let opposite = store.scale_by(&number::integer(-1), by.exponent);
        let exponent = store.add(&[powers[at].exponent, opposite]);
        if store.is_zero(exponent) {
            powers.remove(at);
        } else {
            powers[at].exponent = exponent;
        }
    }
}
