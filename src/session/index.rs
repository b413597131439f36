//! Answers in index notation: each derivative by the formula for its entries.

use std::cell::RefCell;

use super::answer::{Answer, Derivative, Layout};
use crate::expression::{Id, Properties};
use crate::render::index::{Indexed, Page, Part, Script};
use crate::render::{Brought, Definition, Document, Options};
use crate::shape::{Dimension, Name};
use crate::syntax::ast::RequestKind;

/// Formulas in indices are longer than those of matrices: parts get names sooner.
const PATIENCE: u64 = 8;
/// Names, functions and constants of the smallest part with a name.
const SMALLEST: u64 = 3;
/// Names, functions and constants that a name must save.
const SAVING: u64 = 4;

/// A derivative, or a value, by the formula for its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries {
    /// The formula; of a family one for each piece of it.
    pub lines: Vec<EntryLine>,
    /// Parts with names of their own that no earlier derivative of the answer defined: `T1_ij` and what it stands for.
    pub bindings: Vec<Part>,
    /// The letters with the sizes up to which they count.
    pub ranges: Vec<(Vec<String>, Dimension)>,
    /// The values in matrix notation whose entries stand in the formula or a binding, as they are written there.
    pub values: Vec<(String, Id)>,
}

/// A formula for entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryLine {
    /// Which element of the variable it is for: the `l` of `W[l]`.
    pub place: Option<String>,
    /// What the formula is a formula for.
    pub left: Left,
    /// The formula, with the range of its index where it is that of a family.
    pub text: String,
    /// What is written out.
    pub definition: Definition,
}

/// The entry that a formula is for, in the letters of its indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// An entry of a value, of a gradient, or of a derivative by a scalar.
    Entry(Vec<String>),
    /// The derivative of an entry (of the formula, or of its gradient) by an entry.
    Partial {
        /// The indices of what is differentiated.
        of: Vec<String>,
        /// Those of what it is differentiated by.
        by: Vec<String>,
    },
    /// An entry of the differential.
    Differential(Vec<String>),
}

impl Answer {
    /// The derivatives (or, where there are none, the value) by the formulas for their entries. A named part is defined where it is
    /// first used.
    pub fn entries(&self, script: Script) -> Vec<Entries> {
        let whole = |derivative: &&Derivative| derivative.differential.is_none();
        let plain = self.derivatives.iter().filter(whole).map(|derivative| derivative.id);
        let roots: Vec<Id> =
            if self.derivatives.is_empty() { vec![self.value] } else { plain.collect() };
        let document = Document::new(&self.store, &roots, &self.index_options(PATIENCE));
        let writer = Writer::new(self, &document, script);
        if self.derivatives.is_empty() {
            return vec![writer.entry(self.value, Left::Entry)];
        }
        let mut every = Vec::with_capacity(self.derivatives.len());
        for derivative in &self.derivatives {
            every.push(match derivative.differential {
                Some(map) => self.map(derivative, map, script),
                None => writer.entry(derivative.id, left(self, derivative)),
            });
        }
        every
    }

    /// The derivative by each entry where the map comes to one, the entries of the differential otherwise.
    fn map(&self, derivative: &Derivative, map: Id, script: Script) -> Entries {
        let mut options = self.index_options(PATIENCE);
        let whole = Options { patience: u64::MAX, ..options.clone() };
        if let [(_, direction)] = derivative.along.as_slice()
            && self.kind != RequestKind::Differential
            && self.store.properties(*direction) == Properties::NONE
        {
            // A name for a part with dX in it would have no entries of its own.
            let document = Document::new(&self.store, &[map], &whole);
            if let Some(indexed) = document.partial(map, *direction) {
                return Writer::new(self, &document, script).partial(&indexed);
            }
            options = whole;
        }
        let document = Document::new(&self.store, &[map], &options);
        let writer = Writer::new(self, &document, script);
        writer.entry(map, Left::Differential)
    }

    fn index_options(&self, patience: u64) -> Options {
        Options { patience, smallest: SMALLEST, saving: SAVING, ..self.options() }
    }
}

/// Writes the formulas of a document.
struct Writer<'a> {
    answer: &'a Answer,
    document: &'a Document<'a>,
    variables: Vec<Name>,
    /// An empty page.
    blank: Page<'a>,
    /// The named parts that were defined already.
    brought: RefCell<Brought>,
}

impl<'a> Writer<'a> {
    fn new(answer: &'a Answer, document: &'a Document<'a>, script: Script) -> Self {
        let variables = answer.options().variables;
        let mut names: Vec<Name> = variables.clone();
        names.push(Name::from(answer.name()));
        names.extend(document.definitions().iter().map(|definition| definition.name.clone()));
        let blank = Page::new(document, script, &names);
        Self { answer, document, variables, blank, brought: RefCell::default() }
    }

    fn entry(&self, root: Id, left: impl Fn(Vec<String>) -> Left) -> Entries {
        let mut page = self.page(Some(root));
        let mut lines = Vec::new();
        for definition in self.document.formulas(root) {
            let part = page.part(&definition);
            let place = definition.name.strip_suffix(']').and_then(|name| name.split_once('['));
            lines.push(EntryLine {
                place: place.map(|(_, place)| place.to_owned()),
                left: left(part.of),
                text: part.text,
                definition,
            });
        }
        self.entries(root, page, lines)
    }

    fn partial(&self, indexed: &Indexed) -> Entries {
        let mut page = self.page(None);
        let line = page.line(indexed);
        let lines = vec![EntryLine {
            place: None,
            left: Left::Partial { of: line.of, by: line.by },
            text: line.text,
            definition: Definition { name: Name::from(""), id: indexed.root, ranges: Vec::new() },
        }];
        self.entries(indexed.root, page, lines)
    }

    /// A page for the formulas of one derivative; the usual letters are those for the entries of `root`.
    fn page(&self, root: Option<Id>) -> Page<'a> {
        let page = self.blank.clone();
        match root {
            Some(root) => page.preferring(self.answer.store.shape(root), &self.variables),
            None => page,
        }
    }

    fn entries(&self, root: Id, mut page: Page<'a>, lines: Vec<EntryLine>) -> Entries {
        let mut bindings = Vec::new();
        for definition in self.document.definitions_beyond(root, &mut self.brought.borrow_mut()) {
            bindings.push(page.part(&definition));
        }
        Entries {
            lines,
            bindings,
            ranges: page.ranges(),
            values: page.values().map(|(text, id)| (text.to_owned(), id)).collect(),
        }
    }
}

/// What the entries of a derivative's matrix are.
fn left(answer: &Answer, derivative: &Derivative) -> impl Fn(Vec<String>) -> Left {
    let rows = usize::from(!answer.store.shape(derivative.id).rows().is_one());
    let layout = derivative.layout;
    move |mut indices| match layout {
        Layout::Numerator | Layout::Hessian | Layout::Vec => {
            let by = indices.split_off(rows.min(indices.len()));
            Left::Partial { of: indices, by }
        }
        Layout::Denominator | Layout::Entrywise => Left::Entry(indices),
        Layout::LinearMap => Left::Differential(indices),
    }
}
