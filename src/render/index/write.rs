//! Formulas in indices → text: fractions, brackets, signs.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, Signed};

use super::Indexed;
use super::formula::{Base, Factor, Formula, Index, Monomial};
use super::letters::Letters;
use super::script::Script;
use crate::expression::{Id, Range};
use crate::number::{self, Rational};
use crate::render::compose::{Composer, function_head};
use crate::render::phrase::Phrase;
use crate::render::relation::sign_beside_zero;
use crate::render::{self, Definition, Document};
use crate::shape::{Dimension, Name, Shape};

/// Formulas that share their letters.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    document: &'a Document<'a>,
    script: Script,
    letters: Letters,
    used: BTreeSet<String>,
    values: BTreeMap<String, Id>,
}

/// A formula in indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The letters of the entry's own indices.
    pub of: Vec<String>,
    /// Of a derivative, the letters of the variable's indices.
    pub by: Vec<String>,
    /// The formula.
    pub text: String,
}

/// A line that says what a named part stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The name with its indices: `T1_ij`.
    pub name: String,
    /// The formula, with the range of its index where it is that of a family.
    pub text: String,
    /// The letters of the indices.
    pub of: Vec<String>,
    /// The part.
    pub definition: Definition,
}

impl<'a> Page<'a> {
    /// An empty page for formulas of the document; `names` are other names in use.
    pub fn new(document: &'a Document<'a>, script: Script, names: &[Name]) -> Self {
        let letters = Letters::new(document, names);
        Self { document, script, letters, used: BTreeSet::new(), values: BTreeMap::new() }
    }

    /// The page with the usual letters for the indices of a value of this shape, where the variables, in the order of their
    /// declaration, may tell them.
    #[must_use]
    pub fn preferring(mut self, shape: &Shape, variables: &[Name]) -> Self {
        self.letters.prefer(self.document.store, shape, variables);
        self
    }

    /// The formula as text.
    pub fn line(&mut self, indexed: &Indexed) -> Line {
        let mut writer =
            Writer { page: self, root: indexed.root, ranges: &indexed.ranges, around: Vec::new() };
        let of = writer.bind(&indexed.of);
        let by = writer.bind(&indexed.by);
        let text = writer.formula(&indexed.formula).text;
        Line { of, by, text }
    }

    /// A line `T1_ij = …` for a named part, `h[t]_i = …` for a formula of a family.
    pub fn part(&mut self, definition: &Definition) -> Part {
        let line = self.line(&self.document.entry(definition.id));
        let notation = self.script.notation();
        let name = self.indexed(&render::name(&definition.name, notation), &line.of);
        let mut text = line.text;
        for (place, range) in definition.ranges.iter().enumerate() {
            let ends = [&range.from, &range.to].map(|end| render::end(end, notation));
            let index = render::name(&range.index, notation);
            text.push_str(&self.script.for_steps(&index, &ends, place == 0));
        }
        Part { name, text, of: line.of, definition: definition.clone() }
    }

    /// A name, or what is in brackets, with indices.
    pub fn indexed(&self, base: &str, letters: &[String]) -> String {
        self.script.entry(base, letters)
    }

    /// The values whose entries stand in what was written so far, as they are written: `X`, `(A⁻¹)`, `softmax(z)`.
    pub fn values(&self) -> impl Iterator<Item = (&str, Id)> {
        self.values.iter().map(|(text, id)| (text.as_str(), *id))
    }

    /// The letters used so far with their ranges.
    pub fn ranges(&self) -> Vec<(Vec<String>, Dimension)> {
        self.letters.ranges(&self.used)
    }
}

/// Binding strength, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    /// Ends with the summand of a Σ: what follows would belong to it.
    Open,
    Product,
    /// Needs no brackets as a factor, but as the base of a power.
    Factor,
    Atom,
}

/// What was written.
struct Piece {
    text: String,
    level: Level,
}

fn piece(text: String, level: Level) -> Piece {
    Piece { text, level }
}

/// A Σ that takes all that follows.
enum Tail<'t> {
    /// Over indices of entries.
    Indices(&'t [Index], &'t [Factor]),
    /// Over an index of families.
    Steps(&'t Range, &'t Formula),
}

/// A factor that is a Σ.
fn tail(factor: &Factor) -> Option<Tail<'_>> {
    if let Some(sum) = factor.as_sum() {
        return Some(Tail::Indices(&sum.over, &sum.inside));
    }
    match &factor.base {
        Base::Steps(range, body) if factor.exponent.is_one() => Some(Tail::Steps(range, body)),
        Base::Steps(..)
        | Base::Size(_)
        | Base::Value { .. }
        | Base::Delta(..)
        | Base::Function(..)
        | Base::Group(_) => None,
    }
}

struct Writer<'p, 'a> {
    page: &'p mut Page<'a>,
    /// What is written out even where it has a name.
    root: Id,
    ranges: &'p [Dimension],
    /// The indices that are bound around what is being written, with their letters.
    around: Vec<(Index, String)>,
}

impl Writer<'_, '_> {
    fn script(&self) -> Script {
        self.page.script
    }

    /// Gives indices their letters, which are in use until [`Self::release`].
    fn bind(&mut self, indices: &[Index]) -> Vec<String> {
        let mut bound = Vec::with_capacity(indices.len());
        for index in indices {
            let range = &self.ranges[index.position()];
            let around: Vec<String> =
                self.around.iter().map(|(_, letter)| letter.clone()).collect();
            let letter = self.page.letters.letter(range, &around);
            self.page.used.insert(letter.clone());
            self.around.push((*index, letter.clone()));
            bound.push(letter);
        }
        bound
    }

    fn release(&mut self, count: usize) {
        self.around.truncate(self.around.len() - count);
    }

    fn letter(&self, index: Index) -> String {
        let bound = self.around.iter().rev().find(|(other, _)| *other == index);
        bound.map(|(_, letter)| letter.clone()).unwrap_or_default()
    }

    /// A sum: positive terms first.
    fn formula(&mut self, formula: &Formula) -> Piece {
        let mut terms: Vec<Monomial> = formula.terms.iter().map(absorbed).collect();
        terms.sort_by_key(|term| term.coefficient.is_negative());
        match terms.as_slice() {
            [] => piece("0".to_owned(), Level::Atom),
            [term] if term.coefficient.is_positive() => self.monomial(term),
            terms => {
                let mut text = String::new();
                for (at, term) in terms.iter().enumerate() {
                    text.push_str(self.script().sign(term.coefficient.is_negative(), at == 0));
                    let written = self.monomial(term);
                    text.push_str(&self.at(&written, Level::Open));
                }
                piece(text, Level::Sum)
            }
        }
    }

    /// |coefficient| · Π factors. A lone Σ stands last, where it needs no brackets.
    fn monomial(&mut self, term: &Monomial) -> Piece {
        let coefficient = term.coefficient.abs();
        let mut others = self.scalars_first(&term.outside);
        if !term.over.is_empty() {
            others.push(Factor::sum(term.over.clone(), term.inside.clone()));
        }
        let sums: Vec<usize> =
            (0..others.len()).filter(|at| tail(&others[*at]).is_some()).collect();
        // Beside a denominator only where the rest is one number: 2/m Σ_i …, but (Σ_j a_j c_j) b_i/d_i.
        let divides =
            |factor: &Factor| factor.exponent.as_number().is_some_and(|e| e.is_negative());
        let last = !others.iter().any(divides)
            || others.iter().all(|factor| tail(factor).is_some() || !self.depends(factor));
        match sums.as_slice() {
            [at] if last || !term.over.is_empty() => {
                let sum = others.remove(*at);
                match tail(&sum) {
                    Some(tail) => self.with_tail(&coefficient, &others, &tail),
                    None => self.product(&coefficient, &term.outside),
                }
            }
            _ => self.product(&coefficient, &others),
        }
    }

    /// What depends on no index stands in front.
    fn scalars_first(&self, factors: &[Factor]) -> Vec<Factor> {
        let mut factors = factors.to_vec();
        factors.sort_by_key(|factor| self.depends(factor));
        factors
    }

    /// Whether the factor depends on an index that is bound around it.
    fn depends(&self, factor: &Factor) -> bool {
        self.around.iter().any(|(index, _)| factor.has(*index))
    }

    fn with_tail(&mut self, coefficient: &Rational, outside: &[Factor], tail: &Tail<'_>) -> Piece {
        let front = if coefficient.is_one() && outside.is_empty() {
            String::new()
        } else {
            let front = self.product(coefficient, outside);
            self.at(&front, Level::Product) + " "
        };
        let (sign, body) = match tail {
            Tail::Indices(over, inside) => {
                let mut bound = self.bind(over);
                let body = self.monomial(&Monomial::plain(number::one(), inside.to_vec()));
                self.release(over.len());
                bound.sort_by(|a, b| {
                    a.chars().count().cmp(&b.chars().count()).then_with(|| a.cmp(b))
                });
                (self.script().sum(&bound), body)
            }
            Tail::Steps(range, body) => {
                let notation = self.script().notation();
                let ends = [&range.from, &range.to].map(|end| render::end(end, notation));
                let index = render::name(&range.index, notation);
                (self.script().steps(&index, &ends), self.formula(body))
            }
        };
        let body = self.at(&body, Level::Open);
        piece(format!("{front}{sign} {body}"), Level::Open)
    }

    /// A product or quotient without a Σ of its own. Without a denominator the coefficient stands in front as it is.
    fn product(&mut self, coefficient: &Rational, factors: &[Factor]) -> Piece {
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for factor in factors {
            match factor.exponent.as_number().filter(Signed::is_negative) {
                Some(value) => below.push(self.power(&factor.base, &Formula::number(-value))),
                None => above.push(self.power(&factor.base, &factor.exponent)),
            }
        }
        let number = |value: Rational| {
            let whole = value.is_integer();
            let text = self.script().number(&value);
            piece(text, if whole { Level::Atom } else { Level::Factor })
        };
        if below.is_empty() {
            if !coefficient.is_one() || above.is_empty() {
                above.insert(0, number(coefficient.clone()));
            }
            return self.beside(above);
        }
        let (numerator, denominator) = (coefficient.numer(), coefficient.denom());
        if !Rational::is_one(&numerator) {
            above.insert(0, number(numerator));
        }
        if !Rational::is_one(&denominator) {
            below.insert(0, number(denominator));
        }
        self.quotient(above, below)
    }

    /// Factors side by side.
    fn beside(&self, mut factors: Vec<Piece>) -> Piece {
        if factors.len() == 1
            && let Some(factor) = factors.pop()
        {
            return factor;
        }
        let texts: Vec<String> =
            factors.iter().map(|factor| self.at(factor, Level::Factor)).collect();
        piece(texts.join(" "), Level::Product)
    }

    fn quotient(&self, above: Vec<Piece>, below: Vec<Piece>) -> Piece {
        let above = if above.is_empty() {
            piece("1".to_owned(), Level::Atom)
        } else {
            let sole = above.len() == 1;
            let above = self.beside(above);
            // A lone Σ would take the denominator into its summand.
            let level = if sole { Level::Factor } else { Level::Product };
            match self.script() {
                Script::Unicode => piece(self.at(&above, level), Level::Product),
                Script::Latex => above,
            }
        };
        let below = self.beside(below);
        match self.script() {
            Script::Unicode => {
                piece(format!("{}/{}", above.text, self.at(&below, Level::Factor)), Level::Product)
            }
            Script::Latex => {
                piece(format!(r"\frac{{{}}}{{{}}}", above.text, below.text), Level::Factor)
            }
        }
    }

    /// base ^ exponent, for an exponent that is no negative number.
    fn power(&mut self, base: &Base, exponent: &Formula) -> Piece {
        let written = self.base(base);
        let value = exponent.as_number();
        if value.as_ref().is_some_and(One::is_one) {
            return written;
        }
        if value.as_ref().is_some_and(|value| *value == number::ratio(1, 2)) {
            return match self.script() {
                Script::Unicode => {
                    piece(format!("√{}", self.at(&written, Level::Atom)), Level::Factor)
                }
                Script::Latex => piece(format!(r"\sqrt{{{}}}", written.text), Level::Factor),
            };
        }
        let exponent = match value {
            Some(value) => value.to_string(),
            None => self.exponent(exponent),
        };
        let base = self.at(&written, Level::Atom);
        piece(self.script().power(&base, &exponent), Level::Factor)
    }

    /// n/2, not ½ n.
    fn exponent(&mut self, exponent: &Formula) -> String {
        match exponent.terms.as_slice() {
            [term] if term.over.is_empty() && !term.coefficient.is_integer() => {
                let sign = self.script().sign(term.coefficient.is_negative(), true);
                let coefficient = term.coefficient.abs();
                let whole = Formula::number(coefficient.numer());
                let two = Formula::number(coefficient.denom());
                let below =
                    Factor { base: Base::Group(two), exponent: Formula::number(-number::one()) };
                let mut factors = term.outside.clone();
                factors.push(below);
                let numerator = whole.as_number().unwrap_or_else(number::one);
                format!("{sign}{}", self.product(&numerator, &factors).text)
            }
            _ => self.formula(exponent).text,
        }
    }

    fn base(&mut self, base: &Base) -> Piece {
        match base {
            Base::Size(size) => {
                let text = render::size(size, self.script().notation());
                piece(text, Level::Atom)
            }
            Base::Value { id, at } => {
                let indices: Vec<String> = at.iter().map(|index| self.letter(*index)).collect();
                let value = self.value(*id, indices.is_empty());
                self.page.values.insert(value.clone(), *id);
                piece(self.script().entry(&value, &indices), Level::Atom)
            }
            Base::Delta(i, j) => {
                let mut letters = [self.letter(*i), self.letter(*j)];
                letters.sort();
                piece(self.script().delta(&letters), Level::Atom)
            }
            Base::Function(function, argument) => {
                let argument = self.formula(argument).text;
                let text = match function.as_unknown() {
                    Some(_) => {
                        let (name, order) = self.page.document.store.function_name(*function);
                        self.script().unknown(name, order, &argument)
                    }
                    None => match sign_beside_zero(*function, self.script().notation()) {
                        Some(sign) => format!("[{argument} {sign} 0]"),
                        None => self.script().call(function_head(*function), &argument),
                    },
                };
                piece(text, Level::Atom)
            }
            Base::Group(formula) => self.formula(formula),
            Base::Steps(range, body) => {
                self.with_tail(&number::one(), &[], &Tail::Steps(range, body))
            }
        }
    }

    /// A value in matrix notation; in brackets where marks or operators would read as if they belonged to the entry.
    fn value(&self, id: Id, scalar: bool) -> String {
        let document = self.page.document;
        let composer =
            Composer { store: document.store, order: &document.order, layout: &document.layout };
        let phrase = if id == self.root { composer.written_out(id) } else { composer.phrase(id) };
        let text = render::write(document.store, &phrase, self.script().notation());
        let plain = match &phrase {
            Phrase::Name(name) => scalar || !self.script().is_taken(name),
            Phrase::Call(..)
            | Phrase::Relation(..)
            | Phrase::Unknown(..)
            | Phrase::Indexed(..)
            | Phrase::Part(..) => true,
            Phrase::Number(_)
            | Phrase::Constant(..)
            | Phrase::Sum(_)
            | Phrase::Product(_)
            | Phrase::Quotient(..)
            | Phrase::Entrywise(_)
            | Phrase::EntrywiseQuotient(..)
            | Phrase::Kronecker(..)
            | Phrase::Power(..)
            | Phrase::EntrywisePower(..)
            | Phrase::Root(_)
            | Phrase::Over(..)
            | Phrase::SumOver(..)
            | Phrase::Range(_)
            | Phrase::Blocks(_)
            | Phrase::Marked(..) => false,
        };
        if plain { text } else { self.script().fenced(&text) }
    }

    fn at(&self, piece: &Piece, level: Level) -> String {
        if piece.level < level { self.script().fenced(&piece.text) } else { piece.text.clone() }
    }
}

/// The term with a minus sign in front moved into a difference, where that costs none.
fn absorbed(term: &Monomial) -> Monomial {
    let mut turned = term.clone();
    if term.coefficient.is_negative() && turn(&mut turned) {
        turned.coefficient = -turned.coefficient;
    }
    turned
}

/// Changes the sign of a factor that is a difference without a twin, or of one inside a Σ. Whether there was any.
fn turn(term: &mut Monomial) -> bool {
    let forms: Vec<Formula> = term.factors().filter_map(difference).map(Formula::form).collect();
    let lone = |formula: &Formula| {
        let form = formula.form();
        forms.iter().filter(|other| **other == form).count() == 1
    };
    let mut factors: Vec<&mut Factor> = term.outside.iter_mut().chain(&mut term.inside).collect();
    for factor in &mut factors {
        if difference(factor).is_some_and(lone)
            && let Base::Group(formula) = &mut factor.base
        {
            *formula = formula.negated();
            return true;
        }
    }
    factors.into_iter().any(|factor| match &mut factor.base {
        Base::Group(Formula { terms }) | Base::Steps(_, Formula { terms })
            if factor.exponent.is_one() =>
        {
            match terms.as_mut_slice() {
                [term] if term.coefficient.is_negative() => {
                    term.coefficient = -term.coefficient.clone();
                    true
                }
                [term] => turn(term),
                _ => false,
            }
        }
        Base::Group(_)
        | Base::Steps(..)
        | Base::Size(_)
        | Base::Value { .. }
        | Base::Delta(..)
        | Base::Function(..) => false,
    })
}

/// A factor that is a sum with as many negative as positive terms, and no positive constant.
fn difference(factor: &Factor) -> Option<&Formula> {
    let Factor { base: Base::Group(formula), exponent } = factor else { return None };
    let terms = &formula.terms;
    let negative = terms.iter().filter(|term| term.coefficient.is_negative()).count();
    let constant = terms.iter().find(|term| term.is_number());
    let fits = 2 * negative == terms.len()
        && constant.is_none_or(|constant| constant.coefficient.is_negative());
    (fits && exponent.is_one() && !terms.is_empty()).then_some(formula)
}
