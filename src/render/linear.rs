//! Phrases on one line: the input language in ascii, and in Unicode.

use num_traits::One;

use super::Notation;
use super::phrase::{BarKind, Bars, Constant, Head, Item, Marks, Phrase, Relation};
use crate::expression::Store;
use crate::function;
use crate::number::Rational;
use crate::syntax;
use crate::syntax::ast::Comparison;

/// Names that the language reads as something else than a product of their letters.
const WORDS: &[&str] = &["in", "of", "tr"];

/// The input language.
pub(super) fn ascii(phrase: &Phrase) -> String {
    Linear { letters: Letters::Ascii, barred: false }.text(phrase)
}

/// The input language as it looks on paper.
pub(super) fn unicode(phrase: &Phrase, store: &Store) -> String {
    Linear { letters: Letters::Unicode(Some(store)), barred: false }.text(phrase)
}

/// A size, in brackets when it is a sum or product.
pub(super) fn size(phrase: &Phrase, notation: Notation) -> String {
    sizes(notation).at(phrase, Level::Prefixed)
}

/// A size without blanks, as the end of a range.
pub(super) fn end(phrase: &Phrase, notation: Notation) -> String {
    sizes(notation).text(phrase).replace(' ', "")
}

fn sizes(notation: Notation) -> Linear<'static> {
    let letters = match notation {
        Notation::Unicode => Letters::Unicode(None),
        Notation::Ascii | Notation::Latex | Notation::MathMl => Letters::Ascii,
    };
    Linear { letters, barred: false }
}

/// Binding strength of what was written, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    Product,
    Prefixed,
    Raised,
    Atom,
}

/// The character set.
#[derive(Clone, Copy)]
enum Letters<'a> {
    Ascii,
    /// With the names that are taken.
    Unicode(Option<&'a Store>),
}

#[derive(Clone, Copy)]
struct Linear<'a> {
    letters: Letters<'a>,
    /// Between bars: a bar right after a factor would close them.
    barred: bool,
}

impl Linear<'_> {
    /// A name; in ASCII, marks are words.
    fn name(&self, name: &str) -> String {
        if self.is_unicode() { name.to_owned() } else { syntax::ascii(name) }
    }

    fn is_unicode(&self) -> bool {
        matches!(self.letters, Letters::Unicode(_))
    }

    /// The phrase in brackets unless it binds at least as strongly as `level`.
    fn at(&self, phrase: &Phrase, level: Level) -> String {
        if self.level(phrase) < level {
            format!("({})", self.text(phrase))
        } else {
            self.text(phrase)
        }
    }

    fn level(&self, phrase: &Phrase) -> Level {
        match phrase {
            Phrase::Sum(_) | Phrase::Over(..) => Level::Sum,
            Phrase::Number(value) if self.is_atom(value) => Level::Atom,
            Phrase::Kronecker(..) | Phrase::Root(_) if !self.is_unicode() => Level::Atom,
            Phrase::Number(_)
            | Phrase::Product(_)
            | Phrase::Quotient(..)
            | Phrase::Entrywise(_)
            | Phrase::EntrywiseQuotient(..)
            | Phrase::Kronecker(..) => Level::Product,
            Phrase::Root(_) => Level::Prefixed,
            Phrase::Marked(_, Marks { power: 1, transpose: false, .. }) if !self.is_unicode() => {
                Level::Atom
            }
            Phrase::Power(..) | Phrase::EntrywisePower(..) | Phrase::Marked(..) => Level::Raised,
            Phrase::Name(_)
            | Phrase::Constant(..)
            | Phrase::Call(..)
            | Phrase::Unknown(..)
            | Phrase::Relation(..)
            | Phrase::Indexed(..)
            | Phrase::Part(..)
            | Phrase::Range(_)
            | Phrase::Blocks(_)
            | Phrase::SumOver(..) => Level::Atom,
        }
    }

    fn is_atom(&self, value: &Rational) -> bool {
        value.is_integer() || self.is_unicode() && vulgar_fraction(value).is_some()
    }

    fn text(&self, phrase: &Phrase) -> String {
        match phrase {
            Phrase::Number(value) => self.number(value),
            Phrase::Name(name) => self.name(name),
            Phrase::Constant(kind, sizes) => self.constant(*kind, sizes),
            Phrase::Sum(items) => self.sum(items),
            Phrase::Product(factors) => self.product(factors),
            Phrase::Quotient(above, below) => {
                let above = match **above {
                    Phrase::Product(_) => self.text(above),
                    _ => self.at(above, Level::Prefixed),
                };
                format!("{above}/{}", self.at(below, Level::Prefixed))
            }
            Phrase::Entrywise(factors) => {
                let factors: Vec<String> =
                    factors.iter().map(|factor| self.at(factor, Level::Prefixed)).collect();
                factors.join(if self.is_unicode() { " ⊙ " } else { ".*" })
            }
            Phrase::EntrywiseQuotient(above, below) => {
                let above = match **above {
                    Phrase::Entrywise(_) => self.text(above),
                    _ => self.at(above, Level::Prefixed),
                };
                let sign = if self.is_unicode() { " ⊘ " } else { "./" };
                format!("{above}{sign}{}", self.at(below, Level::Prefixed))
            }
            Phrase::Kronecker(a, b) if self.is_unicode() => {
                format!("{} ⊗ {}", self.at(a, Level::Prefixed), self.at(b, Level::Prefixed))
            }
            Phrase::Kronecker(a, b) => format!("kron({}, {})", self.text(a), self.text(b)),
            Phrase::Power(base, exponent) => self.power(base, exponent),
            Phrase::EntrywisePower(base, exponent) => {
                format!("{}.^{}", self.at(base, Level::Atom), self.exponent(exponent))
            }
            Phrase::Root(a) if self.is_unicode() => format!("√{}", self.at(a, Level::Atom)),
            Phrase::Root(a) => format!("sqrt({})", self.text(a)),
            Phrase::Marked(base, marks) => self.marked(base, *marks),
            Phrase::Call(head, arguments) => self.call(*head, arguments),
            Phrase::Relation(..) => format!("({})", self.condition(phrase)),
            Phrase::Unknown(name, order, arguments) => {
                let prime = if self.is_unicode() { "′" } else { "'" };
                format!("{}{}({})", self.name(name), prime.repeat(*order), self.list(arguments))
            }
            Phrase::Indexed(family, place) => {
                let values: Vec<String> =
                    place.iter().map(|value| self.text(value).replace(' ', "")).collect();
                format!("{}[{}]", self.text(family), values.join(","))
            }
            Phrase::Part(base, indices) => {
                let indices: Vec<String> =
                    indices.iter().map(|index| self.text(index).replace(' ', "")).collect();
                format!("{}[{}]", self.at(base, Level::Atom), indices.join(", "))
            }
            Phrase::Range(None) => ":".to_owned(),
            Phrase::Range(Some(ends)) => ends.each_ref().map(|end| self.text(end)).join(".."),
            Phrase::Blocks(rows) => {
                let rows: Vec<String> = rows.iter().map(|row| self.list(row)).collect();
                format!("[{}]", rows.join("; "))
            }
            Phrase::Over(body, index, ends) => {
                let ends = ends.each_ref().map(|end| self.text(end).replace(' ', ""));
                let before = if matches!(**body, Phrase::Over(..)) { "," } else { " for" };
                let (body, index) = (self.text(body), self.name(index));
                if ends[0] == ends[1] {
                    return format!("{body}{before} {index} = {}", ends[0]);
                }
                format!("{body}{before} {index} in {}..{}", ends[0], ends[1])
            }
            Phrase::SumOver(..) => {
                let sign = if self.is_unicode() { "Σ" } else { "sum" };
                let mut ranges = String::new();
                let mut inner = phrase;
                while let Phrase::SumOver(index, ends, body) = inner {
                    let ends = ends.each_ref().map(|end| self.text(end).replace(' ', ""));
                    let index = self.name(index);
                    ranges.push_str(&format!("{index} in {}..{}, ", ends[0], ends[1]));
                    inner = body;
                }
                format!("{sign}({ranges}{})", self.text(inner))
            }
        }
    }

    fn number(&self, value: &Rational) -> String {
        match vulgar_fraction(value) {
            Some(glyph) if self.is_unicode() => glyph.to_string(),
            _ => value.to_string(),
        }
    }

    fn constant(&self, kind: Constant, sizes: &[Phrase]) -> String {
        let name = match kind {
            Constant::Identity if sizes.is_empty() => return "I".to_owned(),
            Constant::Identity => "eye",
            Constant::Ones => "ones",
            Constant::Zeros => "zeros",
            Constant::Commutation => "commutation",
        };
        let sizes = match sizes {
            [rows, Phrase::Number(one)] if one.is_one() => std::slice::from_ref(rows),
            sizes => sizes,
        };
        format!("{name}({})", self.list(sizes))
    }

    fn list(&self, phrases: &[Phrase]) -> String {
        let texts: Vec<String> = phrases.iter().map(|phrase| self.condition(phrase)).collect();
        texts.join(", ")
    }

    /// A condition without the brackets around it; anything else as it is.
    fn condition(&self, phrase: &Phrase) -> String {
        let Phrase::Relation(relation, sides) = phrase else { return self.text(phrase) };
        let [left, right] = match relation {
            Relation::Or => sides.each_ref().map(|side| self.condition(side)),
            Relation::Compare(_) => sides.each_ref().map(|side| self.text(side)),
        };
        let sign = match relation {
            Relation::Or if self.is_unicode() => "∨",
            Relation::Or => "or",
            Relation::Compare(Comparison::AtMost) if self.is_unicode() => "≤",
            Relation::Compare(Comparison::AtLeast) if self.is_unicode() => "≥",
            Relation::Compare(Comparison::Unequal) if self.is_unicode() => "≠",
            Relation::Compare(comparison) => comparison.sign(),
        };
        format!("{left} {sign} {right}")
    }

    fn call(&self, head: Head, arguments: &[Phrase]) -> String {
        let name = if self.is_unicode() { head.glyph } else { head.name };
        if arguments.is_empty() {
            return name.to_owned();
        }
        match Bars::of(head) {
            // A mark that only LaTeX has, as the σ of the spectral norm, leaves the name.
            Some(Bars { kind: BarKind::Double, below })
                if self.is_unicode() && !below.starts_with('\\') =>
            {
                let list = Self { barred: true, ..*self }.list(arguments);
                let below = subscript(below).unwrap_or_else(|| format!("_{below}"));
                format!("‖{list}‖{below}")
            }
            _ => format!("{name}({})", self.list(arguments)),
        }
    }

    fn sum(&self, items: &[Item]) -> String {
        let bare = self.identity_needs_no_size(items);
        let minus = if self.is_unicode() { "−" } else { "-" };
        let mut text = String::new();
        for (index, item) in items.iter().enumerate() {
            // In ascii the sign says that a number is added to every entry.
            let fills = item.fills || (index == 1 && items[0].fills);
            let dot = if fills && !self.is_unicode() { "." } else { "" };
            match (index, item.negative) {
                (0, false) => {}
                (0, true) => text.push_str(minus),
                (_, true) => text.extend([" ", dot, minus, " "]),
                (_, false) => text.extend([" ", dot, "+ "]),
            }
            let phrase = bare.then(|| without_size(&item.phrase)).flatten();
            text.push_str(&self.at(phrase.as_ref().unwrap_or(&item.phrase), Level::Product));
        }
        text
    }

    /// Whether I is the identity and another term shows its size.
    fn identity_needs_no_size(&self, items: &[Item]) -> bool {
        match self.letters {
            Letters::Unicode(Some(store)) => {
                store.find_variable("I").is_none()
                    && items.iter().any(|item| !item.fills && without_size(&item.phrase).is_none())
            }
            Letters::Unicode(None) | Letters::Ascii => false,
        }
    }

    /// Factors side by side; a coefficient needs no brackets around the entrywise product that follows it.
    fn product(&self, factors: &[Phrase]) -> String {
        let coefficient_only = matches!(factors, [Phrase::Number(_), _]);
        let texts: Vec<String> = factors
            .iter()
            .enumerate()
            .map(|(index, factor)| {
                let loose = match factor {
                    Phrase::Number(_) => index == 0,
                    Phrase::Entrywise(_)
                    | Phrase::EntrywiseQuotient(..)
                    | Phrase::Kronecker(..) => coefficient_only,
                    _ => false,
                };
                self.at(factor, if loose { Level::Product } else { Level::Prefixed })
            })
            .collect();
        if !self.is_unicode() {
            return texts.join("*");
        }
        self.juxtapose(factors, &texts)
    }

    /// `2Aᵀ(Ax − b)`: nothing between numbers, single letters and brackets; a dot where letters would run into another name.
    fn juxtapose(&self, factors: &[Phrase], texts: &[String]) -> String {
        let tight: Vec<bool> = (1..factors.len())
            .map(|at| self.is_tight(&factors[at - 1], &factors[at], &texts[at - 1], &texts[at]))
            .collect();
        let mut text = texts[0].clone();
        for at in 1..factors.len() {
            if !tight[at - 1]
                || self.spells_a_word(factors, &tight, at)
                || reads_as_call(factors, texts, &tight, at, |name| self.is_variable(name))
                || self.is_definition(&factors[at - 1]) && texts[at].starts_with('(')
            {
                text.push('·');
            }
            text.push_str(&texts[at]);
        }
        text
    }

    /// Whether a variable has that name; without a store every name is taken for one.
    fn is_variable(&self, name: &str) -> bool {
        match self.letters {
            Letters::Unicode(Some(store)) => store.find_variable(name).is_some(),
            Letters::Unicode(None) | Letters::Ascii => true,
        }
    }

    fn is_definition(&self, phrase: &Phrase) -> bool {
        match (self.letters, phrase) {
            (Letters::Unicode(Some(store)), Phrase::Name(name)) => store.is_definition(name),
            _ => false,
        }
    }

    fn is_tight(&self, left: &Phrase, right: &Phrase, before: &str, after: &str) -> bool {
        let compact = |phrase: &Phrase, text: &str| {
            let bracketed = text.starts_with('(') && !matches!(phrase, Phrase::EntrywisePower(..));
            (letter(phrase).is_some() || bracketed)
                && !text.contains(")^(")
                && !text.contains(")^−")
        };
        match left {
            Phrase::Number(_) if self.barred && after.starts_with('‖') => false,
            Phrase::Number(value) => {
                self.is_atom(value)
                    && !after.starts_with(|c: char| c.is_numeric() || "eE".contains(c))
                    && !matches!(right, Phrase::Number(_))
            }
            _ => compact(left, before) && compact(right, after),
        }
    }

    /// Whether the letters around the joint `at` would be read as one name: `t·r`, not `tr`.
    fn spells_a_word(&self, factors: &[Phrase], tight: &[bool], at: usize) -> bool {
        let bare =
            |at: usize| matches!(&factors[at], Phrase::Name(_)).then(|| letter(&factors[at]));
        let joined =
            |at: usize| tight[at - 1] && bare(at - 1).is_some() && letter(&factors[at]).is_some();
        if !joined(at) {
            return false;
        }
        let (mut from, mut to) = (at - 1, at);
        while from > 0 && joined(from) {
            from -= 1;
        }
        while to + 1 < factors.len() && joined(to + 1) {
            to += 1;
        }
        let run: String = (from..=to).filter_map(|at| letter(&factors[at])).collect();
        let variable = match self.letters {
            Letters::Unicode(Some(store)) => store.find_variable(&run).is_some(),
            Letters::Unicode(None) | Letters::Ascii => false,
        };
        variable
            || WORDS.contains(&run.as_str())
            || syntax::is_word(&run)
            || function::find(&run).is_some()
    }

    fn power(&self, base: &Phrase, exponent: &Phrase) -> String {
        let base = self.at(base, Level::Atom);
        let raised = match exponent {
            Phrase::Number(value) if self.is_unicode() && value.is_integer() => {
                superscript(&value.to_string())
            }
            Phrase::Name(name) if self.is_unicode() => superscript(name),
            _ => None,
        };
        match raised {
            Some(raised) => base + &raised,
            None => format!("{base}^{}", self.exponent(exponent)),
        }
    }

    fn exponent(&self, exponent: &Phrase) -> String {
        match exponent {
            Phrase::Number(value) if value.is_integer() => value.to_string(),
            Phrase::Number(value) => format!("({value})"),
            Phrase::Name(name) => self.name(name),
            Phrase::Sum(items) => match items.as_slice() {
                [Item { phrase: Phrase::Number(value), .. }] => {
                    format!("({}{value})", if self.is_unicode() { "−" } else { "-" })
                }
                _ => format!("({})", self.text(exponent)),
            },
            _ => format!("({})", self.text(exponent)),
        }
    }

    fn marked(&self, base: &Phrase, marks: Marks) -> String {
        if self.is_unicode() {
            self.marked_above(base, marks)
        } else {
            self.marked_behind(base, marks)
        }
    }

    /// `inv(A)`, `A^3`, `A'`, `inv(A)'`, `(A^3)'`
    fn marked_behind(&self, base: &Phrase, marks: Marks) -> String {
        let mut text = if marks.inverse {
            format!("inv({})", self.text(base))
        } else {
            self.at(base, Level::Atom)
        };
        if marks.power > 1 {
            text = format!("{text}^{}", marks.power);
        }
        match (marks.transpose, marks.power > 1) {
            (true, true) => format!("({text})'"),
            (true, false) => text + "'",
            (false, _) => text,
        }
    }

    /// `A⁻¹`, `A³`, `Aᵀ`, `A⁻ᵀ`, `(A³)ᵀ`
    fn marked_above(&self, base: &Phrase, marks: Marks) -> String {
        let text = self.at(base, Level::Atom);
        let sign = if marks.inverse { "⁻" } else { "" };
        if marks.power == 1 {
            return match (marks.inverse, marks.transpose) {
                (_, true) => format!("{text}{sign}ᵀ"),
                (true, false) => format!("{text}⁻¹"),
                (false, false) => text,
            };
        }
        let digits = superscript(&marks.power.to_string()).unwrap_or_default();
        let text = format!("{text}{sign}{digits}");
        if marks.transpose { format!("({text})ᵀ") } else { text }
    }
}

/// The one letter of the phrase, when it is a one-letter name, perhaps with marks.
fn letter(phrase: &Phrase) -> Option<char> {
    match phrase {
        Phrase::Name(name) => {
            let mut letters = name.chars();
            letters.next().filter(|_| letters.next().is_none())
        }
        Phrase::Marked(base, Marks { power, transpose, .. }) if *power == 1 || !transpose => {
            letter(base).filter(|_| matches!(**base, Phrase::Name(_)))
        }
        Phrase::Power(base, _) => letter(base).filter(|_| matches!(**base, Phrase::Name(_))),
        _ => None,
    }
}

/// Whether letters before a bracket would be read as the name of a function: `ct·(A + B)`, not `ct(A + B)`. Small letters would, and
/// sizes; a letter alone is a factor, and so is a run of variables with a capital.
fn reads_as_call(
    factors: &[Phrase],
    texts: &[String],
    tight: &[bool],
    at: usize,
    is_variable: impl Fn(&str) -> bool,
) -> bool {
    let bare = |at: usize| matches!(factors[at], Phrase::Name(_)) && letter(&factors[at]).is_some();
    if !texts[at].starts_with('(') || !bare(at - 1) {
        return false;
    }
    let mut from = at - 1;
    while from > 0 && tight[from - 1] && bare(from - 1) {
        from -= 1;
    }
    let run = texts[from..at].concat();
    let is_small = run.chars().all(|letter| letter.is_ascii_lowercase());
    from + 1 < at && (is_small || !texts[from..at].iter().all(|letter| is_variable(letter)))
}

/// A multiple of the identity with the size left out.
fn without_size(phrase: &Phrase) -> Option<Phrase> {
    match phrase {
        Phrase::Constant(Constant::Identity, _) => {
            Some(Phrase::Constant(Constant::Identity, Vec::new()))
        }
        Phrase::Product(factors) => {
            let (last, front) = factors.split_last()?;
            let mut factors = front.to_vec();
            factors.push(without_size(last)?);
            Some(Phrase::Product(factors))
        }
        _ => None,
    }
}

/// ½ and its like.
pub(super) fn vulgar_fraction(value: &Rational) -> Option<char> {
    const GLYPHS: &[(&str, char)] = &[
        ("1/2", '½'),
        ("1/3", '⅓'),
        ("2/3", '⅔'),
        ("1/4", '¼'),
        ("3/4", '¾'),
        ("1/5", '⅕'),
        ("1/6", '⅙'),
        ("1/8", '⅛'),
    ];
    let text = value.to_string();
    GLYPHS.iter().find(|(digits, _)| *digits == text).map(|(_, glyph)| *glyph)
}

fn subscript(digits: &str) -> Option<String> {
    const DIGITS: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];
    digits.chars().map(|c| c.to_digit(10).map(|digit| DIGITS[digit as usize])).collect()
}

/// Digits, or one of the letters that have a superscript form.
pub(super) fn superscript(text: &str) -> Option<String> {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let letter = match text {
        "i" => "ⁱ",
        "j" => "ʲ",
        "k" => "ᵏ",
        "l" => "ˡ",
        "m" => "ᵐ",
        "n" => "ⁿ",
        "p" => "ᵖ",
        _ => "",
    };
    if !letter.is_empty() {
        return Some(letter.to_owned());
    }
    text.chars().map(|c| c.to_digit(10).map(|digit| DIGITS[digit as usize])).collect()
}
