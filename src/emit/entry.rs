//! The expression inside a loop, as Rust. Long or shared parts get a `let`.

use num_traits::{One, Signed};

use super::name::fault;
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

/// What tells Rust that an expression is a `Float`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Something in it is declared to be one.
    Float,
    /// Literals alone: the type comes from where it stands, and a method has none to stand on.
    Literal,
}

impl Kind {
    /// The kind of an operation on both.
    fn and(self, other: Self) -> Self {
        if self == Self::Float { self } else { other }
    }
}

/// An expression.
#[derive(Clone, Debug)]
struct Expression {
    text: String,
    binding: Binding,
    kind: Kind,
}

impl Expression {
    fn atom(text: impl Into<String>) -> Self {
        Self { text: text.into(), binding: Binding::Atom, kind: Kind::Float }
    }

    /// A literal, or a quotient of two.
    fn literal(text: impl Into<String>, binding: Binding) -> Self {
        Self { text: text.into(), binding, kind: Kind::Literal }
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
        let text = if named { Expression::atom(printer.named(&text)) } else { text };
        printer.texts.push(text);
    }
    let result = printer.texts.last().map(|text| text.text.clone());
    result.unwrap_or_else(|| fault("a loop computes nothing"))
}

fn is_free(entry: &Entry) -> bool {
    match entry {
        Entry::Number(_) | Entry::Missing | Entry::Scalar(_) => true,
        Entry::Read { row, column, .. } => (*row, *column) != (Index::Column, Index::Row),
        Entry::Size(_)
        | Entry::OnDiagonal(_)
        | Entry::Sum(_)
        | Entry::Product(_)
        | Entry::Chosen(_)
        | Entry::Call { .. } => false,
    }
}

fn uses(entries: &Entries) -> Vec<usize> {
    let mut uses = vec![0; entries.nodes.len()];
    for entry in &entries.nodes {
        match entry {
            Entry::Number(_)
            | Entry::Missing
            | Entry::Size(_)
            | Entry::Scalar(_)
            | Entry::Read { .. } => {}
            Entry::OnDiagonal(a) | Entry::Call { argument: a, .. } => uses[*a] += 1,
            Entry::Chosen(both) => both.iter().for_each(|operand| uses[*operand] += 1),
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
    texts: Vec<Expression>,
    lets: usize,
}

impl Printer<'_> {
    /// Gives an expression a name, which is a `Float`.
    fn named(&mut self, text: &Expression) -> String {
        let name = format!("e{}", self.lets);
        self.lets += 1;
        let declared = if text.kind == Kind::Literal { ": Float" } else { "" };
        self.writer.line(&format!("let {name}{declared} = {};", text.text));
        name
    }

    fn entry(&mut self, entry: &Entry) -> Expression {
        match entry {
            Entry::Number(value) => constant(value),
            Entry::Missing => Expression::atom(fault("an entry is computed from nothing")),
            Entry::Size(size) => {
                Expression { binding: Binding::Cast, ..Expression::atom(self.words.size(size)) }
            }
            Entry::Scalar(scalar) => Expression::atom(self.words.scalar(*scalar)),
            Entry::Read { place, rows, row, column } => {
                Expression::atom(self.words.read(*place, rows, *row, *column))
            }
            Entry::OnDiagonal(operand) => {
                let operand = self.short(*operand);
                let condition = self.words.diagonal();
                let text = format!("if {condition} {{ {} }} else {{ 0.0 }}", operand.text);
                Expression::atom(self.named(&Expression { text, ..operand }))
            }
            Entry::Sum(terms) => self.sum(terms),
            Entry::Product(factors) => self.product(factors),
            Entry::Chosen(both) => {
                let function = self.words.routine("chosen");
                let [mask, value] = both.map(|operand| &self.texts[operand].text);
                Expression::atom(format!("{function}({mask}, {value})"))
            }
            Entry::Call { routine, argument } => {
                let function = self.words.routine(routine);
                Expression::atom(format!("{function}({})", self.texts[*argument].text))
            }
        }
    }

    /// The expression, by a name where it is longer than this.
    fn no_longer(&mut self, text: Expression, most: usize) -> Expression {
        if text.text.chars().count() > most { Expression::atom(self.named(&text)) } else { text }
    }

    fn short(&mut self, id: EntryId) -> Expression {
        self.no_longer(self.texts[id].clone(), SHORT)
    }

    /// a − b + 2.0 * c
    fn sum(&mut self, terms: &[(Rational, EntryId)]) -> Expression {
        // A positive term first, so that no sum begins with a sign when it need not.
        let mut ordered: Vec<&(Rational, EntryId)> = terms.iter().collect();
        ordered.sort_by_key(|(coefficient, _)| coefficient.is_negative());
        // Alone, −(a b) is one thing in brackets; in a sum the sign may bind to the first factor of −a b.
        let tight = match terms {
            [(coefficient, _)] if coefficient.abs().is_one() => Binding::Negation,
            _ => Binding::Product,
        };
        let mut sum: Option<Expression> = None;
        for (coefficient, id) in ordered {
            let term = term(&self.texts[*id], &coefficient.abs());
            let negative = coefficient.is_negative();
            sum = Some(match sum {
                None if negative => Expression {
                    text: format!("-{}", term.at_least(tight)),
                    binding: tight,
                    ..term
                },
                None => term,
                Some(sum) => {
                    let sum = self.no_longer(sum, LONGEST);
                    let sign = if negative { "-" } else { "+" };
                    Expression {
                        text: format!("{} {sign} {}", sum.text, term.at_least(Binding::Product)),
                        binding: Binding::Sum,
                        kind: sum.kind.and(term.kind),
                    }
                }
            });
        }
        sum.unwrap_or_else(|| constant(&number::zero()))
    }

    /// a * b / c
    fn product(&mut self, factors: &[(EntryId, Exponent)]) -> Expression {
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
                    above.push(Expression::atom(format!("{base}.powf({exponent})")));
                }
            }
        }
        if below.is_empty() {
            return self.joined(&above);
        }
        let above = if above.is_empty() { constant(&number::one()) } else { self.joined(&above) };
        let above = self.no_longer(
            Expression {
                text: above.at_least(Binding::Product),
                binding: Binding::Product,
                ..above
            },
            LONGEST,
        );
        let one_below = below.len() == 1;
        let below = self.joined(&below);
        let divisor =
            if one_below { below.at_least(Binding::Atom) } else { format!("({})", below.text) };
        Expression {
            text: format!("{} / {divisor}", above.text),
            binding: Binding::Product,
            kind: above.kind.and(below.kind),
        }
    }

    fn joined(&mut self, factors: &[Expression]) -> Expression {
        let Some((first, others)) = factors.split_first() else { return constant(&number::one()) };
        if others.is_empty() {
            return first.clone();
        }
        // The first may be a product or negated; the others stand in brackets.
        let mut product = Expression { text: first.at_least(Binding::Product), ..first.clone() };
        for factor in others {
            let before = self.no_longer(product, LONGEST);
            product = Expression {
                text: format!("{} * {}", before.text, factor.at_least(Binding::Atom)),
                binding: Binding::Product,
                kind: before.kind.and(factor.kind),
            };
        }
        product
    }

    /// A short base of a method call. A method is found by the type of what it is called on: literals get a name that has one.
    fn base(&mut self, id: EntryId) -> String {
        let text = self.texts[id].clone();
        let long = text.text.chars().count() > LONGEST / 2;
        if text.kind == Kind::Literal || text.binding < Binding::Atom || long {
            return self.named(&text);
        }
        text.text
    }

    /// base^power for a positive power.
    fn power(&mut self, id: EntryId, power: &Rational) -> Expression {
        if power.is_one() {
            return self.texts[id].clone();
        }
        let half = power == &number::ratio(1, 2);
        match number::to_i64(power) {
            Some(whole @ 2..=3) => {
                let base = self.texts[id].clone();
                let base = Expression { text: base.at_least(Binding::Atom), ..base };
                let base = self.no_longer(base, SHORT);
                let factors = if whole == 2 { 2 } else { 3 };
                let text = vec![base.text.as_str(); factors].join(" * ");
                Expression { text, binding: Binding::Product, kind: base.kind }
            }
            Some(whole) if i32::try_from(whole).is_ok() => {
                Expression::atom(format!("{}.powi({whole})", self.base(id)))
            }
            _ if half => Expression::atom(format!("{}.sqrt()", self.base(id))),
            _ => Expression::atom(format!("{}.powf({})", self.base(id), constant(power).text)),
        }
    }
}

/// A positive multiple.
fn term(operand: &Expression, coefficient: &Rational) -> Expression {
    if coefficient.is_one() {
        return operand.clone();
    }
    if operand.text == "1.0" {
        return constant(coefficient);
    }
    let text = if coefficient.numer().is_one() {
        let divisor = literal(&coefficient.recip()).at_least(Binding::Atom);
        format!("{} / {divisor}", operand.at_least(Binding::Product))
    } else {
        let coefficient = constant(coefficient).at_least(Binding::Atom);
        format!("{coefficient} * {}", operand.at_least(Binding::Negation))
    };
    Expression { text, binding: Binding::Product, kind: operand.kind }
}

/// A rational as Rust: a literal, or a quotient of two.
fn constant(value: &Rational) -> Expression {
    if value.is_integer() {
        return literal(value);
    }
    // A short decimal says the same: 0.5, 2.75, 1e-5.
    if decimal_is_exact(value, &format!("{:?}", number::to_f64(value))) {
        return literal(value);
    }
    let (above, below) = (value.numer(), value.denom());
    if !(is_single(&above) && is_single(&below)) {
        return literal(value);
    }
    let text = format!("{} / {}", literal(&above).text, literal(&below).text);
    Expression::literal(text, Binding::Product)
}

/// Whether single precision reaches as far.
fn is_single(value: &Rational) -> bool {
    number::to_f64(value).abs() <= f64::from(f32::MAX)
}

/// Whether a decimal such as `-2.75` or `1e-5` is the number itself and not only near it.
fn decimal_is_exact(value: &Rational, text: &str) -> bool {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (Ok(numerator), Ok(exponent), Ok(places)) = (
        format!("{whole}{fraction}").parse::<i64>(),
        exponent.parse::<i32>(),
        i32::try_from(fraction.len()),
    ) else {
        return false;
    };
    // Beyond, a literal is no shorter than a quotient.
    if text.len() > 18 {
        return false;
    }
    let shift = number::power(&number::integer(10), i64::from(exponent - places));
    shift.is_some_and(|shift| number::integer(numerator) * shift == *value)
}

/// The nearest number as a literal of either float type.
fn literal(value: &Rational) -> Expression {
    let number = number::to_f64(value);
    if number.is_infinite() {
        let name = if number > 0.0 { "Float::INFINITY" } else { "Float::NEG_INFINITY" };
        return Expression::atom(name);
    }
    if !is_single(value) {
        // Only a double holds it; the literal must still be one of the type that is chosen.
        let text = format!("{number:?}_f64 as Float");
        return Expression { binding: Binding::Cast, ..Expression::atom(text) };
    }
    let binding = if value.is_negative() { Binding::Negation } else { Binding::Atom };
    Expression::literal(format!("{number:?}"), binding)
}
