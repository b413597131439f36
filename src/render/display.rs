//! Phrases in two dimensions: fractions, roots, superscripts. LaTeX and `MathML` differ in their marks only.

use num_traits::One;

use super::phrase::{Bars, Constant, Head, Item, Marks, Phrase, Relation};
use crate::expression::Store;
use crate::number::Rational;

/// How a notation writes the parts of a formula; arguments are finished text.
pub(super) trait Markup {
    /// Digits.
    fn number(&self, digits: &str) -> String;
    /// A variable.
    fn name(&self, name: &str) -> String;
    /// A function's name.
    fn head(&self, head: Head) -> String;
    /// The derivative of that order of a function.
    fn primed(&self, name: &str, order: usize) -> String;
    /// An operator between or before its operands.
    fn sign(&self, sign: Sign) -> String;
    /// I, 1, 0, K without their sizes.
    fn constant(&self, kind: Constant) -> String;
    /// Parts one after the other.
    fn row(&self, parts: &[String]) -> String;
    /// ( inner )
    fn fenced(&self, inner: &str) -> String;
    /// [ inner ]
    fn squared(&self, inner: &str) -> String;
    /// Rows below one another.
    fn table(&self, rows: &[Vec<String>]) -> String;
    /// The same between bars.
    fn barred(&self, bars: &Bars, inner: &str) -> String;
    /// above over below
    fn fraction(&self, above: &str, below: &str) -> String;
    /// √ inner
    fn root(&self, inner: &str) -> String;
    /// base with something above
    fn superscript(&self, base: &str, above: &str) -> String;
    /// base with something below
    fn subscript(&self, base: &str, below: &str) -> String;
}

/// Operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    /// A minus before its only operand.
    Negative,
    Slash,
    Comma,
    /// Between the ends of a range of indices.
    Colon,
    Cross,
    /// Between a value and a number that follows it.
    Dot,
    /// Between factors that stand side by side.
    Beside,
    Hadamard,
    HadamardQuotient,
    Kronecker,
    Transpose,
    /// Between a function and its argument.
    Application,
    /// Between an index and its first value.
    Equals,
    /// Σ
    Total,
    /// Between a formula and the index for whose values it stands.
    For,
    /// Between the first and the last value of an index.
    Dots,
    /// Between the sides of a condition.
    Relation(Relation),
}

/// Binding strength, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    Product,
    /// Needs no brackets as a factor, but as the base of a power.
    Factor,
    Atom,
}

/// The writer.
pub(super) struct Display<'a, M: Markup>(pub(super) &'a M, pub(super) Option<&'a Store>);

impl<M: Markup> Display<'_, M> {
    fn at(&self, phrase: &Phrase, level: Level) -> String {
        let text = self.text(phrase);
        if strength(phrase) < level { self.0.fenced(&text) } else { text }
    }

    /// A size beside a ×.
    pub(super) fn size(&self, phrase: &Phrase) -> String {
        self.at(phrase, Level::Product)
    }

    /// The phrase without brackets around it.
    pub(super) fn text(&self, phrase: &Phrase) -> String {
        match phrase {
            Phrase::Number(value) => self.number(value),
            Phrase::Name(name) => self.0.name(name),
            Phrase::Constant(kind, sizes) => self.constant(*kind, sizes),
            Phrase::Sum(items) => self.sum(items),
            Phrase::Product(factors) => self.product(factors),
            Phrase::Quotient(above, below) => self.0.fraction(&self.text(above), &self.text(below)),
            Phrase::Entrywise(factors) => {
                let factors: Vec<String> =
                    factors.iter().map(|factor| self.at(factor, Level::Factor)).collect();
                self.joined(&factors, Sign::Hadamard)
            }
            Phrase::EntrywiseQuotient(above, below) => {
                let above = match **above {
                    Phrase::Entrywise(_) => self.text(above),
                    _ => self.at(above, Level::Factor),
                };
                self.joined(&[above, self.at(below, Level::Factor)], Sign::HadamardQuotient)
            }
            Phrase::Kronecker(a, b) => {
                let operands = [self.at(a, Level::Factor), self.at(b, Level::Factor)];
                self.joined(&operands, Sign::Kronecker)
            }
            Phrase::Power(base, exponent) => {
                self.0.superscript(&self.at(base, Level::Atom), &self.exponent(exponent))
            }
            Phrase::EntrywisePower(base, exponent) => {
                let above = self.0.row(&[self.0.sign(Sign::Hadamard), self.exponent(exponent)]);
                self.0.superscript(&self.at(base, Level::Atom), &above)
            }
            Phrase::Root(inner) => self.0.root(&self.text(inner)),
            Phrase::Marked(base, marks) => self.marked(base, *marks),
            Phrase::Call(head, arguments) => self.call(*head, arguments),
            Phrase::Relation(relation, sides) => {
                let inner = |side: &Phrase| match side {
                    Phrase::Relation(_, sides) if *relation == Relation::Or => {
                        let Phrase::Relation(inner, _) = side else { return String::new() };
                        let sides = sides.each_ref().map(|side| self.text(side));
                        self.joined(&sides, Sign::Relation(*inner))
                    }
                    _ => self.text(side),
                };
                let sides = sides.each_ref().map(inner);
                self.0.squared(&self.joined(&sides, Sign::Relation(*relation)))
            }
            Phrase::Unknown(name, order, arguments) => {
                let arguments: Vec<String> =
                    arguments.iter().map(|argument| self.text(argument)).collect();
                let list = self.0.fenced(&self.joined(&arguments, Sign::Comma));
                self.0.row(&[self.0.primed(name, *order), self.0.sign(Sign::Application), list])
            }
            Phrase::Indexed(family, place) => {
                let values: Vec<String> = place.iter().map(|value| self.text(value)).collect();
                let place = self.joined(&values, Sign::Comma);
                self.0.subscript(&self.at(family, Level::Atom), &place)
            }
            // [A]_{i,j}: in brackets, so that the entry of A is no other name.
            Phrase::Part(base, indices) => {
                let indices: Vec<String> = indices.iter().map(|index| self.text(index)).collect();
                let base = self.0.squared(&self.text(base));
                self.0.subscript(&base, &self.joined(&indices, Sign::Comma))
            }
            Phrase::Range(None) => self.0.sign(Sign::Colon),
            Phrase::Range(Some(ends)) => {
                self.joined(&ends.each_ref().map(|end| self.text(end)), Sign::Colon)
            }
            Phrase::Blocks(rows) => {
                let row = |row: &Vec<Phrase>| row.iter().map(|cell| self.text(cell)).collect();
                let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
                self.0.squared(&self.0.table(&rows))
            }
            Phrase::Over(body, index, ends) => {
                let [from, to] = ends.each_ref().map(|end| self.text(end));
                let is_next = matches!(**body, Phrase::Over(..));
                let mut row = vec![
                    self.text(body),
                    self.0.sign(if is_next { Sign::Comma } else { Sign::For }),
                    self.0.name(index),
                    self.0.sign(Sign::Equals),
                ];
                let single = from == to;
                row.push(from);
                if !single {
                    row.extend([self.0.sign(Sign::Dots), to]);
                }
                self.0.row(&row)
            }
            Phrase::SumOver(index, ends, body) => {
                let from = [self.0.name(index), self.0.sign(Sign::Equals), self.text(&ends[0])];
                let sign = self.0.subscript(&self.0.sign(Sign::Total), &self.0.row(&from));
                let sign = self.0.superscript(&sign, &self.text(&ends[1]));
                self.0.row(&[sign, self.0.sign(Sign::Beside), self.at(body, Level::Product)])
            }
        }
    }

    fn joined(&self, parts: &[String], sign: Sign) -> String {
        let mut row = Vec::with_capacity(2 * parts.len());
        for part in parts {
            if !row.is_empty() {
                row.push(self.0.sign(sign));
            }
            row.push(part.clone());
        }
        self.0.row(&row)
    }

    fn number(&self, value: &Rational) -> String {
        let above = self.0.number(&value.numer().to_string());
        if value.denom().is_one() {
            return above;
        }
        self.0.fraction(&above, &self.0.number(&value.denom().to_string()))
    }

    /// A fraction in an exponent stands on one line.
    fn exponent(&self, exponent: &Phrase) -> String {
        match exponent {
            Phrase::Number(value) if !value.is_integer() => {
                let digits = [value.numer(), value.denom()].map(|n| self.0.number(&n.to_string()));
                self.joined(&digits, Sign::Slash)
            }
            Phrase::Quotient(above, below) => {
                let parts = [self.at(above, Level::Product), self.at(below, Level::Factor)];
                self.joined(&parts, Sign::Slash)
            }
            Phrase::Sum(items) => match items.as_slice() {
                [Item { negative: true, phrase, .. }] => {
                    self.0.row(&[self.0.sign(Sign::Negative), self.exponent(phrase)])
                }
                _ => self.text(exponent),
            },
            _ => self.text(exponent),
        }
    }

    fn constant(&self, kind: Constant, sizes: &[Phrase]) -> String {
        let level = if sizes.len() > 1 { Level::Product } else { Level::Sum };
        let sizes: Vec<String> = sizes.iter().map(|size| self.at(size, level)).collect();
        let between = match kind {
            Constant::Commutation => Sign::Comma,
            Constant::Identity | Constant::Ones | Constant::Zeros => Sign::Cross,
        };
        self.0.subscript(&self.0.constant(kind), &self.joined(&sizes, between))
    }

    fn sum(&self, items: &[Item]) -> String {
        let mut row = Vec::with_capacity(2 * items.len());
        for item in items {
            match (row.is_empty(), item.negative) {
                (true, false) => {}
                (true, true) => row.push(self.0.sign(Sign::Negative)),
                (false, true) => row.push(self.0.sign(Sign::Minus)),
                (false, false) => row.push(self.0.sign(Sign::Plus)),
            }
            row.push(self.at(&item.phrase, Level::Product));
        }
        self.0.row(&row)
    }

    /// Factors side by side; a coefficient needs no brackets around the entrywise product that follows it.
    fn product(&self, factors: &[Phrase]) -> String {
        let coefficient_only = matches!(factors, [Phrase::Number(_), _]);
        let mut row = Vec::with_capacity(2 * factors.len());
        let mut before: Option<&Phrase> = None;
        for factor in factors {
            let loose = match factor {
                Phrase::Entrywise(_) | Phrase::EntrywiseQuotient(..) | Phrase::Kronecker(..) => {
                    coefficient_only
                }
                _ => false,
            };
            let level = if loose { Level::Product } else { Level::Factor };
            if let Some(before) = before {
                // A name of a definition before a bracket looks like that of a function.
                let is_call = starts_with_bracket(factor, level) && self.is_definition(before);
                let sign =
                    if is_call || starts_with_digit(factor) { Sign::Dot } else { Sign::Beside };
                row.push(self.0.sign(sign));
            }
            row.push(self.at(factor, level));
            before = Some(factor);
        }
        self.0.row(&row)
    }

    fn is_definition(&self, phrase: &Phrase) -> bool {
        match (self.1, phrase) {
            (Some(store), Phrase::Name(name)) => store.is_definition(name),
            _ => false,
        }
    }

    fn call(&self, head: Head, arguments: &[Phrase]) -> String {
        if arguments.is_empty() {
            return self.0.head(head);
        }
        let arguments: Vec<String> = arguments.iter().map(|argument| self.text(argument)).collect();
        let list = self.joined(&arguments, Sign::Comma);
        if let Some(bars) = Bars::of(head) {
            let enclosed = self.0.barred(&bars, &list);
            return match bars.below {
                "" => enclosed,
                below if !below.contains(char::is_alphabetic) => {
                    self.0.subscript(&enclosed, &self.0.number(below))
                }
                below => self.0.subscript(&enclosed, &self.0.name(below)),
            };
        }
        self.0.row(&[self.0.head(head), self.0.sign(Sign::Application), self.0.fenced(&list)])
    }

    /// A⁻¹, A³, Aᵀ, A⁻ᵀ, (A³)ᵀ
    fn marked(&self, base: &Phrase, marks: Marks) -> String {
        let base = self.at(base, Level::Atom);
        let mut above = Vec::new();
        if marks.inverse {
            above.push(self.0.sign(Sign::Negative));
        }
        if marks.power == 1 && marks.transpose {
            above.push(self.0.sign(Sign::Transpose));
            return self.0.superscript(&base, &self.0.row(&above));
        }
        above.push(self.0.number(&marks.power.to_string()));
        let raised = self.0.superscript(&base, &self.0.row(&above));
        if !marks.transpose {
            return raised;
        }
        self.0.superscript(&self.0.fenced(&raised), &self.0.sign(Sign::Transpose))
    }
}

fn strength(phrase: &Phrase) -> Level {
    match phrase {
        Phrase::Sum(_) | Phrase::Over(..) => Level::Sum,
        Phrase::Product(_)
        | Phrase::Entrywise(_)
        | Phrase::EntrywiseQuotient(..)
        | Phrase::Kronecker(..)
        | Phrase::SumOver(..) => Level::Product,
        Phrase::Number(value) if value.is_integer() => Level::Atom,
        Phrase::Number(_)
        | Phrase::Quotient(..)
        | Phrase::Root(_)
        | Phrase::Power(..)
        | Phrase::EntrywisePower(..)
        | Phrase::Marked(..) => Level::Factor,
        Phrase::Name(_)
        | Phrase::Constant(..)
        | Phrase::Call(..)
        | Phrase::Unknown(..)
        | Phrase::Relation(..)
        | Phrase::Indexed(..)
        | Phrase::Part(..)
        | Phrase::Range(_)
        | Phrase::Blocks(_) => Level::Atom,
    }
}

/// Whether a bracket is the first that is written of the phrase, where it has to bind as strongly as `level`.
fn starts_with_bracket(phrase: &Phrase, level: Level) -> bool {
    strength(phrase) < level
        || match phrase {
            Phrase::Marked(base, _)
            | Phrase::Power(base, _)
            | Phrase::EntrywisePower(base, _)
            | Phrase::Indexed(base, _) => starts_with_bracket(base, Level::Atom),
            _ => false,
        }
}

fn starts_with_digit(phrase: &Phrase) -> bool {
    match phrase {
        Phrase::Number(_) => true,
        Phrase::Power(first, _) | Phrase::EntrywiseQuotient(first, _) => starts_with_digit(first),
        _ => false,
    }
}
