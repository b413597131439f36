//! Formulas in indices as a reader understands them: the printed line is taken by its words, and every Σ is a loop.

use std::cell::RefCell;
use std::collections::BTreeMap;

use gradus::evaluate::{self, Number as _, Point};
use gradus::expression::{Id, Store};
use gradus::function::{self, Form};
use gradus::kernel::Array;
use gradus::shape::{Dimension, Name};

/// Values of indices of families.
type Steps = BTreeMap<Name, i64>;

/// What the names in a formula stand for.
#[derive(Debug)]
pub(crate) struct Meaning<'a> {
    pub(crate) store: &'a Store,
    pub(crate) point: Point<f64>,
    /// Values by the text in front of the indices.
    pub(crate) values: BTreeMap<String, Id>,
    /// Up to where each letter counts.
    pub(crate) ranges: BTreeMap<String, Dimension>,
    /// What was looked up.
    known: RefCell<BTreeMap<(Id, Steps), Array<f64>>>,
}

impl<'a> Meaning<'a> {
    pub(crate) fn new(store: &'a Store, point: Point<f64>, values: &[(String, Id)]) -> Self {
        Self {
            store,
            point,
            values: values.iter().cloned().collect(),
            ranges: BTreeMap::new(),
            known: RefCell::default(),
        }
    }

    /// The value of a node where the indices of families have these values.
    pub(crate) fn value(&self, id: Id, steps: &Steps) -> Array<f64> {
        let key = (id, steps.clone());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let mut point = self.point.clone();
        point.sizes.extend(steps.clone());
        let value = evaluate::evaluate(self.store, &[id], &point)
            .unwrap_or_else(|error| panic!("{error} at {steps:?}"))
            .remove(0);
        self.known.borrow_mut().insert(key, value.clone());
        value
    }

    /// Up to where the letter counts.
    pub(crate) fn range(&self, letter: &str, steps: &Steps) -> usize {
        let size = &self.ranges[letter];
        let known = |name: &Name| steps.get(name).or_else(|| self.point.sizes.get(name)).copied();
        usize::try_from(size.evaluate(&known).unwrap_or_else(|| panic!("{size}"))).unwrap()
    }

    /// `T−1`
    pub(crate) fn size(&self, text: &str) -> i64 {
        let (name, less) = text.split_once('−').unwrap_or((text, "0"));
        let (name, more) = name.split_once('+').unwrap_or((name, "0"));
        let number = |digits: &str| digits.parse::<i64>().unwrap();
        let value = name.parse().ok().or_else(|| self.point.sizes.get(name).copied());
        value.unwrap_or_else(|| panic!("{text}")) + number(more) - number(less)
    }

    /// The formula's value with these letters, which count from 0, and these indices of families.
    pub(crate) fn read(&self, text: &str, letters: &BTreeMap<String, usize>, steps: &Steps) -> f64 {
        let (letters, steps) = (letters.clone(), steps.clone());
        let mut reader = Reader { meaning: self, text, at: 0, letters, steps };
        let value = reader.sum();
        assert_eq!(reader.rest(), "", "in {text}");
        value
    }
}

struct Reader<'a> {
    meaning: &'a Meaning<'a>,
    text: &'a str,
    at: usize,
    letters: BTreeMap<String, usize>,
    steps: Steps,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn expects(&mut self, word: &str) {
        assert!(self.takes(word), "expected {word} before {} in {}", self.rest(), self.text);
    }

    fn sum(&mut self) -> f64 {
        let mut sum = if self.takes("−") { -self.product() } else { self.product() };
        loop {
            if self.takes(" + ") {
                sum += self.product();
            } else if self.takes(" − ") {
                sum -= self.product();
            } else {
                return sum;
            }
        }
    }

    /// Factors one after the other; a Σ takes all that follow.
    fn product(&mut self) -> f64 {
        let mut product = self.factor();
        loop {
            let rest = self.rest();
            if self.takes("/") {
                product /= self.factor();
            } else if rest.starts_with(' ') && !rest.starts_with(" + ") && !rest.starts_with(" − ")
            {
                self.at += 1;
                product *= self.factor();
            } else {
                return product;
            }
        }
    }

    fn factor(&mut self) -> f64 {
        if self.rest().starts_with("Σ_{") && self.rest().split('}').next().unwrap().contains('=') {
            return self.over_steps();
        }
        if self.takes("Σ_") {
            let letters = self.indices();
            self.expects(" ");
            let start = self.at;
            return self.total(&letters, start);
        }
        if self.takes("√") {
            return self.primary().sqrt();
        }
        let base = self.primary();
        self.raised(base)
    }

    /// `Σ_{t=1..T} …`
    fn over_steps(&mut self) -> f64 {
        self.expects("Σ_{");
        let (range, _) = self.rest().split_once('}').unwrap();
        self.at += range.len();
        self.expects("} ");
        let (index, ends) = range.split_once('=').unwrap();
        let (from, to) = ends.split_once("..").unwrap();
        let (from, to) = (self.meaning.size(from), self.meaning.size(to));
        let (start, mut end) = (self.at, self.at);
        let outer = self.steps.get(index).copied();
        let mut sum = 0.0;
        for value in from..=to {
            self.steps.insert(index.into(), value);
            self.at = start;
            sum += self.product();
            end = self.at;
        }
        // A sum may call its index what the formula of a family calls its own.
        match outer {
            Some(outer) => self.steps.insert(index.into(), outer),
            None => self.steps.remove(index),
        };
        assert!(from <= to, "nothing to read in {}", self.text);
        self.at = end;
        sum
    }

    fn total(&mut self, letters: &[String], start: usize) -> f64 {
        let Some((letter, others)) = letters.split_first() else {
            self.at = start;
            return self.product();
        };
        let outer = self.letters.get(letter).copied();
        assert!(outer.is_none(), "{letter} is bound twice in {}", self.text);
        let mut sum = 0.0;
        for value in 0..self.meaning.range(letter, &self.steps) {
            self.letters.insert(letter.clone(), value);
            sum += self.total(others, start);
        }
        self.letters.remove(letter);
        sum
    }

    fn raised(&mut self, base: f64) -> f64 {
        const DIGITS: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";
        if self.takes("^(") {
            let exponent = self.sum();
            self.expects(")");
            return base.powf(exponent);
        }
        if self.takes("^") {
            return base.powf(self.primary());
        }
        let mut digits = String::new();
        while let Some(letter) = self.rest().chars().next()
            && let Some(digit) = DIGITS.chars().position(|digit| digit == letter)
        {
            digits += &digit.to_string();
            self.at += letter.len_utf8();
        }
        if digits.is_empty() {
            self.raised_to_a_name(base)
        } else {
            base.powf(digits.parse().unwrap())
        }
    }

    /// 2ⁿ
    fn raised_to_a_name(&mut self, base: f64) -> f64 {
        const LETTERS: [(&str, &str); 8] = [
            ("ⁱ", "i"),
            ("ʲ", "j"),
            ("ᵏ", "k"),
            ("ˡ", "l"),
            ("ᵐ", "m"),
            ("ⁿ", "n"),
            ("ᵖ", "p"),
            ("ᵀ", "T"),
        ];
        match LETTERS.iter().find(|(raised, _)| self.takes(raised)) {
            Some((_, name)) => base.powf(self.scalar(name)),
            None => base,
        }
    }

    fn primary(&mut self) -> f64 {
        if let Some(value) = self.number() {
            return value;
        }
        if self.takes("δ_") {
            let indices = self.indices();
            return f64::from(self.letters[&indices[0]] == self.letters[&indices[1]]);
        }
        if let Some(value) = self.entry() {
            return value;
        }
        if self.takes("(") {
            let value = self.sum();
            self.expects(")");
            return value;
        }
        let name = self.name();
        if self.takes("(") {
            let argument = self.sum();
            self.expects(")");
            let function =
                function::find(&name).unwrap_or_else(|| panic!("{name} in {}", self.text));
            let Form::Entrywise { kernel, .. } = function.row().form else { panic!("{name}") };
            return f64::entrywise(&kernel)(argument);
        }
        self.scalar(&name)
    }

    fn number(&mut self) -> Option<f64> {
        const FRACTIONS: [(&str, f64); 8] = [
            ("½", 0.5),
            ("⅓", 1.0 / 3.0),
            ("⅔", 2.0 / 3.0),
            ("¼", 0.25),
            ("¾", 0.75),
            ("⅕", 0.2),
            ("⅙", 1.0 / 6.0),
            ("⅛", 0.125),
        ];
        if let Some((_, value)) = FRACTIONS.iter().find(|(glyph, _)| self.takes(glyph)) {
            return Some(*value);
        }
        let digits: String = self.rest().chars().take_while(char::is_ascii_digit).collect();
        self.at += digits.len();
        digits.parse().ok()
    }

    fn name(&mut self) -> String {
        let letter = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || ('Α'..='ω').contains(c);
        let name: String = self.rest().chars().take_while(letter).collect();
        assert!(!name.is_empty(), "nothing to read at {} in {}", self.rest(), self.text);
        self.at += name.len();
        name
    }

    fn scalar(&self, name: &str) -> f64 {
        if let Some(size) = self.steps.get(name).or_else(|| self.meaning.point.sizes.get(name)) {
            return *size as f64;
        }
        let id = self.meaning.values.get(name);
        let id = id.unwrap_or_else(|| panic!("{name} in {}", self.text));
        self.meaning.value(*id, &self.steps).data[0]
    }

    /// The longest text of a value that stands here, with its indices.
    fn entry(&mut self) -> Option<f64> {
        let rest = self.rest();
        let fits = |(text, id): &(&String, &Id)| {
            let Some(after) = rest.strip_prefix(text.as_str()) else { return false };
            if !self.meaning.store.shape(**id).is_scalar() {
                return after.starts_with('_');
            }
            !after.starts_with(|c: char| c.is_ascii_alphanumeric() || "([".contains(c))
        };
        let found = self.meaning.values.iter().filter(fits).max_by_key(|(text, _)| text.len())?;
        let (text, id) = found;
        let array = self.meaning.value(*id, &self.steps);
        self.at += text.len();
        let indices = if self.takes("_") { self.indices() } else { Vec::new() };
        let at: Vec<usize> = indices
            .iter()
            .map(|letter| {
                *self.letters.get(letter).unwrap_or_else(|| panic!("{letter} in {}", self.text))
            })
            .collect();
        Some(match at.as_slice() {
            [] => array.data[0],
            [i] if array.rows == 1 || array.columns == 1 => array.data[*i],
            [i, j] => array.at(*i, *j),
            [_, _, ..] => array.data[self.place(*id, &at)],
            _ => panic!("{text} with {indices:?}"),
        })
    }

    /// Where an entry of a tensor lies in memory: the first index runs fastest, and dimensions of 1 have none.
    fn place(&self, id: Id, at: &[usize]) -> usize {
        let known = |name: &Name| self.meaning.point.sizes.get(name).copied();
        let sides = self.meaning.store.shape(id).dimensions();
        let sides = sides.iter().filter(|side| !side.is_one());
        let lengths: Vec<usize> =
            sides.map(|side| usize::try_from(side.evaluate(&known).unwrap()).unwrap()).collect();
        assert_eq!(lengths.len(), at.len(), "in {}", self.text);
        at.iter().zip(&lengths).rev().fold(0, |place, (index, length)| place * length + index)
    }

    /// `ij` or `{i,j}`
    fn indices(&mut self) -> Vec<String> {
        if self.takes("{") {
            let (list, _) = self.rest().split_once('}').unwrap();
            self.at += list.len() + 1;
            return list.split(',').map(str::to_owned).collect();
        }
        let letters: String = self.rest().chars().take_while(char::is_ascii_lowercase).collect();
        self.at += letters.len();
        letters.chars().map(String::from).collect()
    }
}
