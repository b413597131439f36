//! Small and large rationals are one kind of number: the same operations, the same results.

use gradus::number::{Rational, common_divisor, integer, power, ratio, to_f64, to_i64};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

fn large(value: &Rational) -> BigRational {
    value.to_string().parse().unwrap()
}

/// Numbers on both sides of what two words hold.
fn samples() -> Vec<Rational> {
    const WORDS: [i64; 12] =
        [0, 1, -1, 2, -3, 12, 35, 1 << 31, (1 << 53) + 1, i64::MAX, i64::MIN, i64::MIN + 1];
    let mut found = Vec::new();
    for top in WORDS {
        for bottom in WORDS.into_iter().filter(|bottom| *bottom != 0) {
            found.push(ratio(top, bottom));
        }
    }
    let huge = BigInt::from(10).pow(30);
    found.push(Rational::from_integer(huge.clone()));
    found.push(Rational::new(BigInt::from(-7), huge));
    found
}

#[test]
fn small_and_large_numbers_agree() {
    let all = samples();
    for a in &all {
        let x = large(a);
        assert_eq!(a.is_integer(), x.is_integer(), "{a}");
        assert_eq!(large(&a.to_integer()), x.to_integer().into(), "{a}");
        assert_eq!(large(&a.round()), x.round(), "{a}");
        assert_eq!(large(&a.abs()), x.abs(), "{a}");
        assert_eq!(large(&-a), -&x, "{a}");
        assert_eq!(large(&a.numer()), x.numer().clone().into(), "{a}");
        assert_eq!(large(&a.denom()), x.denom().clone().into(), "{a}");
        assert_eq!(to_f64(a).to_bits(), x.to_f64().unwrap().to_bits(), "{a}");
        assert_eq!((a.is_zero(), a.is_one()), (x.is_zero(), x.is_one()), "{a}");
        assert_eq!((a.is_positive(), a.is_negative()), (x.is_positive(), x.is_negative()), "{a}");
        for b in &all {
            let y = large(b);
            assert_eq!(large(&(a + b)), &x + &y, "{a} + {b}");
            assert_eq!(large(&(a - b)), &x - &y, "{a} - {b}");
            assert_eq!(large(&(a * b)), &x * &y, "{a} * {b}");
            assert_eq!(a.cmp(b), x.cmp(&y), "{a} and {b}");
            assert_eq!(a == b, x == y, "{a} and {b}");
            if !b.is_zero() {
                assert_eq!(large(&(a / b)), &x / &y, "{a} / {b}");
                assert_eq!(large(&(a % b)), &x % &y, "{a} % {b}");
            }
        }
    }
}

/// What comes back from large numbers is equal to what was never large.
#[test]
fn a_number_has_one_form() {
    let huge = power(&integer(10), 30).unwrap();
    assert_eq!(&huge * &huge.recip(), integer(1));
    assert_eq!((&huge + &integer(5)) - &huge, integer(5));
    assert_eq!(to_i64(&(&huge / &(&huge / &integer(3)))), Some(3));
    assert_eq!(-ratio(i64::MIN, 1) + ratio(i64::MIN, 1), integer(0));
    assert_eq!(integer(i64::MIN) + integer(1), integer(i64::MIN + 1));
}

#[test]
fn a_common_divisor_divides_both() {
    assert_eq!(common_divisor(&ratio(1, 2), &ratio(1, 3)), ratio(1, 6));
    assert_eq!(common_divisor(&ratio(-4, 3), &ratio(2, 9)), ratio(2, 9));
    assert_eq!(common_divisor(&integer(0), &ratio(-5, 7)), ratio(5, 7));
}
