//! Places in families: what is written between the brackets of `h[t-1]`.

use super::typer::Bounds;
use super::walk::Walker;
use crate::shape::{Dimension, Symbol};

impl Walker<'_> {
    /// The range in which the elements of a variable are used.
    pub(super) fn used_range(&self, family: usize) -> (Dimension, Dimension) {
        let mut ends: Option<(Dimension, Dimension)> = None;
        for used in self.uses_of_elements.iter().filter(|used| used.family == family) {
            let (low, high) = extremes(&used.at, &used.bounds);
            ends = Some(match ends {
                None => (low, high),
                Some((first, last)) => {
                    let least = if ascending(&low, &first).is_lt() { low } else { first };
                    let most = if ascending(&high, &last).is_gt() { high } else { last };
                    (least, most)
                }
            });
        }
        ends.unwrap_or_else(|| (Dimension::one(), Dimension::one()))
    }
}

/// Smallest and largest value of a place whose indices run between bounds; the place is linear in them.
pub(super) fn extremes(at: &Dimension, bounds: &[Bounds]) -> (Dimension, Dimension) {
    let (mut low, mut high) = (at.clone(), at.clone());
    // Inner bounds may speak of outer indices.
    for bound in bounds.iter().rev() {
        let falls = |size: &Dimension| {
            size.terms().any(|(coefficient, symbols)| {
                let mentions = matches!(symbols, [Symbol::Name(name)] if **name == *bound.index);
                mentions && coefficient < 0
            })
        };
        let ends = |size: &Dimension| {
            let (from, to) =
                (size.replace(&bound.index, &bound.from), size.replace(&bound.index, &bound.to));
            if falls(size) { (to, from) } else { (from, to) }
        };
        low = ends(&low).0;
        high = ends(&high).1;
    }
    (low, high)
}

/// Numbers before symbols; otherwise by the difference, if it is known.
pub(super) fn ascending(a: &Dimension, b: &Dimension) -> std::cmp::Ordering {
    match b.minus(a).as_constant() {
        Some(difference) => 0.cmp(&difference),
        None => a.symbols().len().cmp(&b.symbols().len()).then_with(|| a.cmp(b)),
    }
}
