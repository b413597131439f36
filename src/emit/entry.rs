//! The expression inside a loop, as Rust. Long or shared parts get a `let`.

use num_traits::{One, Signed, ToPrimitive};

use super::writer::Writer;
use crate::lower::{Entries, Entry, EntryId, Exponent, Index, Place, Scalar};
use crate::number::{self, Rational};
use crate::shape::Dimension;

/// Longest expression that stays inside a larger one.
const LONGEST: usize = 44;
/// Longest operand of an `if`, so that rustfmt keeps it on one line.
const SHORT: usize = 12;

/// How tightly an expression's outermost operator binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    /// `n as Float` stands in brackets inside anything: a sign before it would bind to `n`.
    Cast,
    Sum,
    Product,
    Negation,
    Atom,
}

/// An expression.
#[derive(Clone, Debug)]
struct Text {
    text: String,
    binding: Binding,
}

impl Text {
    fn atom(text: impl Into<String>) -> Self {
        Self { text: text.into(), binding: Binding::Atom }
    }

    fn at_least(&self, binding: Binding) -> String {
        if self.binding >= binding { self.text.clone() } else { format!("({})", self.text) }
    }
}

/// What an expression reads, in the words of its loop.
pub(super) trait Words {
    /// An entry of an array.
    fn read(&mut self, place: Place, rows: &Dimension, row: Index, column: Index) -> String;
    /// A scalar.
    fn scalar(&mut self, scalar: Scalar) -> String;
    /// A size as a number.
    fn size(&mut self, size: &Dimension) -> String;
    /// The condition that row and column are equal.
    fn diagonal(&self) -> &'static str;
    /// The function that computes an entrywise routine.
    fn routine(&mut self, routine: &'static str) -> String;
}

/// Writes `let`s for the parts and returns the expression of the whole, no longer than a line.
pub(super) fn write(entries: &Entries, writer: &mut Writer, words: &mut dyn Words) -> String {
    let uses = uses(entries);
    let mut printer = Printer { writer, words, texts: Vec::new(), lets: 0 };
    for (id, entry) in entries.nodes.iter().enumerate() {
        let text = printer.entry(entry);
        let last = id + 1 == entries.nodes.len();
        let named =
            !last && (text.text.chars().count() > LONGEST || (uses[id] > 1 && !is_free(entry)));
        let text = if named { Text::atom(printer.name(&text.text)) } else { text };
        printer.texts.push(text);
    }
    printer.texts.last().map_or_else(|| "0.0".to_owned(), |text| text.text.clone())
}

fn is_free(entry: &Entry) -> bool {
    match entry {
        Entry::Number(_) | Entry::Scalar(_) => true,
        Entry::Read { row, column, .. } => (*row, *column) != (Index::Column, Index::Row),
        Entry::Size(_)
        | Entry::OnDiagonal(_)
        | Entry::Sum(_)
        | Entry::Product(_)
        | Entry::Call { .. } => false,
    }
}

fn uses(entries: &Entries) -> Vec<usize> {
    let mut uses = vec![0; entries.nodes.len()];
    for entry in &entries.nodes {
        match entry {
            Entry::Number(_) | Entry::Size(_) | Entry::Scalar(_) | Entry::Read { .. } => {}
            Entry::OnDiagonal(a) | Entry::Call { argument: a, .. } => uses[*a] += 1,
            Entry::Sum(terms) => terms.iter().for_each(|(_, term)| uses[*term] += 1),
            Entry::Product(factors) => {
                for (factor, exponent) in factors {
                    // A square writes its base twice.
                    uses[*factor] +=
                        if *exponent == Exponent::Number(number::one()) { 1 } else { 2 };
                    if let Exponent::Entry(exponent) = exponent {
                        uses[*exponent] += 1;
                    }
                }
            }
        }
    }
    uses
}

struct Printer<'a> {
    writer: &'a mut Writer,
    words: &'a mut dyn Words,
    texts: Vec<Text>,
    lets: usize,
}

impl Printer<'_> {
    /// Gives an expression a name.
    fn name(&mut self, text: &str) -> String {
        let name = format!("e{}", self.lets);
        self.lets += 1;
        self.writer.line(&format!("let {name} = {text};"));
        name
    }

    fn entry(&mut self, entry: &Entry) -> Text {
        match entry {
            Entry::Number(value) => constant(value),
            Entry::Size(size) => Text { text: self.words.size(size), binding: Binding::Cast },
            Entry::Scalar(scalar) => Text::atom(self.words.scalar(*scalar)),
            Entry::Read { place, rows, row, column } => {
                Text::atom(self.words.read(*place, rows, *row, *column))
            }
            Entry::OnDiagonal(operand) => {
                let operand = self.short(*operand);
                let condition = self.words.diagonal();
                let text = format!("if {condition} {{ {operand} }} else {{ 0.0 }}");
                Text::atom(self.name(&text))
            }
            Entry::Sum(terms) => self.sum(terms),
            Entry::Product(factors) => self.product(factors),
            Entry::Call { routine, argument } => {
                let function = self.words.routine(routine);
                Text::atom(format!("{function}({})", self.texts[*argument].text))
            }
        }
    }

    fn short(&mut self, id: EntryId) -> String {
        let text = self.texts[id].text.clone();
        if text.chars().count() > SHORT { self.name(&text) } else { text }
    }

    /// a − b + 2.0 * c
    fn sum(&mut self, terms: &[(Rational, EntryId)]) -> Text {
        // A positive term first, so that no sum begins with a sign when it need not.
        let mut ordered: Vec<&(Rational, EntryId)> = terms.iter().collect();
        ordered.sort_by_key(|(coefficient, _)| coefficient.is_negative());
        let mut text = String::new();
        let count = ordered.len();
        for (coefficient, id) in ordered {
            let operand = &self.texts[*id];
            let size = coefficient.abs();
            let one = matches!(operand.text.as_str(), "1.0");
            let term = if one && !size.is_one() {
                constant(&size).text
            } else if size.is_one() {
                operand.at_least(Binding::Product)
            } else if size.numer().is_one() {
                format!("{} / {}", operand.at_least(Binding::Product), literal(&size.recip()))
            } else {
                format!("{} * {}", constant(&size).text, operand.at_least(Binding::Negation))
            };
            let negative = coefficient.is_negative();
            if text.is_empty() {
                let term = if count == 1 && negative && size.is_one() {
                    operand.at_least(Binding::Negation)
                } else {
                    term
                };
                text = if negative { format!("-{term}") } else { term };
            } else {
                if text.chars().count() > LONGEST {
                    text = self.name(&text);
                }
                text.push_str(if negative { " - " } else { " + " });
                text.push_str(&term);
            }
        }
        let binding = match (count, terms.first()) {
            (1, Some((coefficient, _))) if (-coefficient).is_one() => Binding::Negation,
            (1, Some(_)) => Binding::Product,
            _ => Binding::Sum,
        };
        Text { text, binding }
    }

    /// a * b / c
    fn product(&mut self, factors: &[(EntryId, Exponent)]) -> Text {
        let mut above = Vec::new();
        let mut below = Vec::new();
        for (id, exponent) in factors {
            match exponent {
                Exponent::Number(power) if power.is_negative() => {
                    below.push(self.power(*id, &power.abs()));
                }
                Exponent::Number(power) => above.push(self.power(*id, power)),
                Exponent::Entry(exponent) => {
                    let base = self.base(*id);
                    let exponent = self.texts[*exponent].text.clone();
                    above.push(Text::atom(format!("{base}.powf({exponent})")));
                }
            }
        }
        let above = self.joined(&above);
        if below.is_empty() {
            return above;
        }
        let one_below = below.len() == 1;
        let below = self.joined(&below);
        let below =
            if one_below { below.at_least(Binding::Atom) } else { format!("({})", below.text) };
        let mut above =
            if above.text.is_empty() { "1.0".to_owned() } else { above.at_least(Binding::Product) };
        if above.chars().count() > LONGEST {
            above = self.name(&above);
        }
        Text { text: format!("{above} / {below}"), binding: Binding::Product }
    }

    fn joined(&mut self, factors: &[Text]) -> Text {
        if let [single] = factors {
            return single.clone();
        }
        let mut text = String::new();
        for (at, factor) in factors.iter().enumerate() {
            if text.chars().count() > LONGEST {
                text = self.name(&text);
            }
            // The first may be a product or negated; the others stand in brackets.
            let operand = factor.at_least(if at == 0 { Binding::Product } else { Binding::Atom });
            if !text.is_empty() {
                text.push_str(" * ");
            }
            text.push_str(&operand);
        }
        Text { text, binding: Binding::Product }
    }

    /// A short base of a method call; a bare number would have no type.
    fn base(&mut self, id: EntryId) -> String {
        let text = self.texts[id].clone();
        let number = text.text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
        if number {
            return format!("Float::from({})", text.text);
        }
        if text.binding < Binding::Atom || text.text.chars().count() > LONGEST / 2 {
            return self.name(&text.text);
        }
        text.text
    }

    /// base^power for a positive power.
    fn power(&mut self, id: EntryId, power: &Rational) -> Text {
        if power.is_one() {
            return self.texts[id].clone();
        }
        let half = power == &number::ratio(1, 2);
        match number::to_i64(power) {
            Some(whole @ 2..=3) => {
                let base = self.texts[id].at_least(Binding::Atom);
                let base = if base.chars().count() > SHORT { self.name(&base) } else { base };
                let count = usize::try_from(whole).unwrap_or(2);
                Text { text: vec![base; count].join(" * "), binding: Binding::Product }
            }
            Some(whole) if i32::try_from(whole).is_ok() => {
                Text::atom(format!("{}.powi({whole})", self.base(id)))
            }
            _ if half => Text::atom(format!("{}.sqrt()", self.base(id))),
            _ => Text::atom(format!("{}.powf({})", self.base(id), constant(power).text)),
        }
    }
}

/// A rational as Rust: a literal, or a quotient of two.
fn constant(value: &Rational) -> Text {
    if value.is_integer() {
        return Text {
            text: literal(value),
            binding: if value.is_negative() { Binding::Negation } else { Binding::Atom },
        };
    }
    let (numerator, denominator) = (value.numer(), value.denom());
    let decimal = number::to_f64(value);
    // A short decimal says the same: 0.5, 2.75.
    let short = format!("{decimal:?}");
    let exact = decimal_is_exact(value, &short);
    if exact {
        return Text {
            text: short,
            binding: if value.is_negative() { Binding::Negation } else { Binding::Atom },
        };
    }
    Text {
        text: format!("({} / {})", literal(&numerator), literal(&denominator)),
        binding: Binding::Atom,
    }
}

fn decimal_is_exact(value: &Rational, text: &str) -> bool {
    let Some((whole, fraction)) = text.split_once('.') else { return false };
    if text.len() > 18 || fraction.contains('e') {
        return false;
    }
    let digits = format!("{whole}{fraction}");
    let Ok(numerator) = digits.parse::<i64>() else { return false };
    let Some(denominator) = u32::try_from(fraction.len()).ok().and_then(|n| 10_i64.checked_pow(n))
    else {
        return false;
    };
    &number::ratio(numerator, denominator) == value
}

/// The nearest number as a literal that every float type can hold.
fn literal(value: &Rational) -> String {
    let number = value.to_f64().unwrap_or(f64::INFINITY);
    if number.abs() > f64::from(f32::MAX) {
        // Only a double holds it; the literal must still be one of the type that is chosen.
        return format!("({number:?}_f64 as Float)");
    }
    format!("{number:?}")
}
