//! Numbers as written, exactly.

use num_bigint::BigInt;

use super::error::SyntaxError;
use crate::number::{Rational, ratio};
use crate::source::Span;

/// More digits than any constant is written with.
const DIGIT_LIMIT: usize = 400;
/// Beyond the range of `f64`.
const EXPONENT_LIMIT: i64 = 400;

/// The number written as `text`: `2`, `0.5`, `.5`, `1e-3`, `½`.
pub(super) fn number(text: &str, span: Span) -> Result<Rational, SyntaxError> {
    if let Some((top, bottom)) = text.chars().next().and_then(fraction) {
        return Ok(ratio(top, bottom));
    }
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], written_exponent(&text[at + 1..])),
        None => (text, Some(0)),
    };
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{decimals}");
    if digits.len() > DIGIT_LIMIT {
        return Err(SyntaxError::Number { span, limit: "at most 400 digits" });
    }
    let too_large = SyntaxError::Number { span, limit: "the exponent lies between -400 and 400" };
    let Some(exponent) = exponent.filter(|exponent| exponent.abs() <= EXPONENT_LIMIT) else {
        return Err(too_large);
    };
    let mantissa = digits.bytes().fold(BigInt::from(0), |value, digit| value * 10 + (digit - b'0'));
    // 12.5e3 = 125 · 10^(3 − 1)
    let shift = exponent - i64::try_from(decimals.len()).unwrap_or(i64::MAX);
    let power = u32::try_from(shift.unsigned_abs()).unwrap_or(u32::MAX);
    let scale = BigInt::from(10).pow(power);
    Ok(if shift < 0 {
        Rational::new(mantissa, scale)
    } else {
        Rational::from_integer(mantissa * scale)
    })
}

fn written_exponent(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix(['-', '−']) {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    digits.parse::<i64>().ok().map(|value| sign * value)
}

fn fraction(symbol: char) -> Option<(i64, i64)> {
    Some(match symbol {
        '½' => (1, 2),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '¼' => (1, 4),
        '¾' => (3, 4),
        '⅕' => (1, 5),
        '⅖' => (2, 5),
        '⅗' => (3, 5),
        '⅘' => (4, 5),
        '⅙' => (1, 6),
        '⅚' => (5, 6),
        '⅐' => (1, 7),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        '⅑' => (1, 9),
        '⅒' => (1, 10),
        _ => return None,
    })
}

/// What stands in a superscript.
pub(super) enum Superscript {
    /// `³`, `⁻¹`
    Number(Rational),
    /// `⁻ᵀ`
    InverseTranspose,
    /// `⁺`, `†`
    Pseudoinverse,
    /// `ᵏ`, `⁻ᵏ`
    Name {
        /// The letter on the line.
        name: char,
        /// Whether `⁻` stands before it.
        negative: bool,
    },
}

/// Reads a superscript.
pub(super) fn superscript(text: &str, span: Span) -> Result<Superscript, SyntaxError> {
    let (negative, rest) = match text.strip_prefix('⁻') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if rest == "ᵀ" {
        return Ok(Superscript::InverseTranspose);
    }
    if matches!(rest, "⁺" | "†") {
        return Ok(Superscript::Pseudoinverse);
    }
    if let Some(name) = rest.chars().next().and_then(raised_letter) {
        return Ok(Superscript::Name { name, negative });
    }
    let digits: String = rest.chars().filter_map(raised_digit).collect();
    let value = number(&digits, span)?;
    Ok(Superscript::Number(if negative { -value } else { value }))
}

fn raised_letter(letter: char) -> Option<char> {
    Some(match letter {
        'ⁱ' => 'i',
        'ʲ' => 'j',
        'ᵏ' => 'k',
        'ˡ' => 'l',
        'ᵐ' => 'm',
        'ⁿ' => 'n',
        'ᵖ' => 'p',
        _ => return None,
    })
}

fn raised_digit(digit: char) -> Option<char> {
    match digit {
        '¹' => Some('1'),
        '²' => Some('2'),
        '³' => Some('3'),
        '⁰' | '⁴'..='⁹' => char::from_digit(digit as u32 - '⁰' as u32, 10),
        _ => None,
    }
}
