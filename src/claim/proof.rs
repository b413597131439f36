//! Both sides in one normal form.

use crate::expression::{Id, Store};
use crate::simplify::{expand, simplify};

/// Why a claim is the derivative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Both have this normal form as they stand.
    NormalForm(Id),
    /// Both come to this when products are distributed over sums.
    Expansion(Id),
    /// Both have this short form.
    ShortForm(Id),
    /// Their difference comes to zero.
    Difference,
}

/// A proof, when one of the normal forms shows it.
pub(super) fn find(store: &mut Store, claim: Id, derivative: Id) -> Option<Proof> {
    if claim == derivative {
        return Some(Proof::NormalForm(claim));
    }
    if let (Some(a), Some(b)) = (expand(store, claim), expand(store, derivative))
        && a == b
    {
        return Some(Proof::Expansion(a));
    }
    let short = simplify(store, &[claim, derivative]);
    if short[0] == short[1] {
        return Some(Proof::ShortForm(short[0]));
    }
    [(claim, derivative), (short[0], short[1])]
        .into_iter()
        .any(|(a, b)| vanishes(store, a, b))
        .then_some(Proof::Difference)
}

/// Whether a − b comes to zero, distributed or in short form.
fn vanishes(store: &mut Store, a: Id, b: Id) -> bool {
    let difference = store.subtract(a, b);
    if store.is_zero(difference) {
        return true;
    }
    if expand(store, difference).is_some_and(|expanded| store.is_zero(expanded)) {
        return true;
    }
    let short = simplify(store, &[difference])[0];
    store.is_zero(short) || expand(store, short).is_some_and(|expanded| store.is_zero(expanded))
}
