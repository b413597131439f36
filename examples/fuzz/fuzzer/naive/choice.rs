//! Comparisons, choices by them, and the zeros that they leave: what is not chosen need not exist.

use gradus::syntax::ast::Comparison;

use super::array::Array;
use super::number::Jet;
use super::{Notes, broadcast, table};

/// A product in which what a mask does not choose need not exist.
pub(super) fn times(x: Jet, y: Jet) -> Jet {
    if x.is_masked() || y.is_masked() { Jet::MASKED } else { x * y }
}

/// A quotient of the same kind.
pub(super) fn over(x: Jet, y: Jet) -> Jet {
    if x.is_masked() { Jet::MASKED } else { x / y }
}

/// Whether one of two conditions holds.
pub(super) fn either(x: Jet, y: Jet) -> Jet {
    let sum = x.value() + y.value();
    if sum.is_nan() { Jet::new(f64::NAN) } else { Jet::mask(sum > 0.0) }
}

/// 1 where the comparison holds, otherwise 0.
pub(super) fn compare(comparison: Comparison, x: Jet, y: Jet, notes: &Notes) -> Jet {
    let difference = x - y;
    // Near a kink the sign is rounding.
    table::entrywise("sign", difference, notes);
    let value = difference.value();
    if value.is_nan() {
        return Jet::new(f64::NAN);
    }
    Jet::mask(match comparison {
        Comparison::Less => value < 0.0,
        Comparison::AtMost => value <= 0.0,
        Comparison::Greater => value > 0.0,
        Comparison::AtLeast => value >= 0.0,
        Comparison::Equal => value == 0.0,
        Comparison::Unequal => value != 0.0,
    })
}

/// `where`, `not`, and `max` or `min` of several values.
pub(super) fn call(name: &str, values: &[Array], notes: &Notes) -> Option<Result<Array, String>> {
    let pair = |a: &Array, b: &Array, comparison: Comparison| {
        broadcast(a, b, |x, y| {
            let first = compare(comparison, x, y, notes).value();
            if first > 0.5 {
                x
            } else if first == 0.0 {
                y
            } else {
                Jet::new(f64::NAN)
            }
        })
    };
    Some(match (name, values) {
        ("not", [mask]) => Ok(mask.map(|x| match x.value() {
            value if value.is_nan() => x,
            value => Jet::mask(value == 0.0),
        })),
        ("where" | "ifelse", [mask, a, b]) => choose(mask, a, b),
        ("max" | "min", [first, others @ ..]) if !others.is_empty() => {
            let comparison = if name == "max" { Comparison::AtLeast } else { Comparison::AtMost };
            others.iter().try_fold(first.clone(), |best, next| pair(&best, next, comparison))
        }
        ("min", [x]) => {
            let negative = x.map(|x| -x);
            Ok(Array::scalar(-negative.data[table::largest(&negative.data, notes)]))
        }
        _ => return None,
    })
}

fn choose(mask: &Array, a: &Array, b: &Array) -> Result<Array, String> {
    let first = broadcast(mask, a, |m, x| if m.value() == 0.0 { Jet::MASKED } else { x * m })?;
    let other =
        broadcast(mask, b, |m, y| if m.value() > 0.5 { Jet::MASKED } else { y * (Jet::ONE - m) })?;
    broadcast(&first, &other, |x, y| x + y)
}
