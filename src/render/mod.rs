//! Expression → ascii, Unicode, LaTeX, `MathML`.
//!
//! `order` decides what is read first, `layout` which parts get a name of their own, `compose` turns nodes into phrases
//! (numerators and denominators, marks; `sign` places the minus signs, `bound` names the indices of sums), and a writer for each family
//! of notations sets the brackets: `linear` for ascii and Unicode, `display` for LaTeX and `MathML`. Nothing here looks for a shorter
//! form, and the ascii text read again is the same value; only signs are placed for the reader (b − a for −(a − b)), and index notation
//! carries sums out over its deltas.

mod bound;
mod compose;
mod derivation;
mod display;
mod family;
pub mod index;
mod latex;
mod layout;
mod linear;
mod mathml;
mod name;
mod order;
mod part;
mod phrase;
mod relation;
mod sign;
mod tensor;

pub use derivation::{Prose, Row, derivation};
pub use layout::{lengths, occurrences};

use std::collections::{BTreeMap, BTreeSet};

use crate::expression::{Id, Node, Range, Store, Walk};
use crate::shape::{Dimension, Name, Shape};
use crate::syntax;
use crate::work;

use compose::Composer;
use layout::Layout;
use order::ReadingOrder;
use phrase::Phrase;

/// A way of writing formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Notation {
    /// The input language.
    Ascii,
    /// The input language as it looks on paper: `2Aᵀ(Ax − b)`.
    Unicode,
    /// LaTeX for math mode.
    Latex,
    /// A `<math>` element.
    MathMl,
}

/// What the reader knows and bears.
#[derive(Clone, Debug)]
pub struct Options {
    /// The variables in the order in which they were declared; terms are read in this order.
    pub variables: Vec<Name>,
    /// The families whose formulas the reader knows.
    pub known: Vec<Name>,
    /// Names that stand for parts of other formulas of the same answer, with the parts: they have those names here, too.
    pub taken: Vec<(Name, Id)>,
    /// Names and constants from which repeated parts get names.
    pub patience: u64,
    /// Names and constants that a part must have to get a name.
    pub smallest: u64,
    /// Names and constants that its name must save.
    pub saving: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            variables: Vec::new(),
            known: Vec::new(),
            taken: Vec::new(),
            patience: 16,
            smallest: 2,
            saving: 3,
        }
    }
}

/// A part with a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The name, the same in every notation.
    pub name: Name,
    /// The part.
    pub id: Id,
    /// Of a formula of a family, the indices with the values for which it stands.
    pub ranges: Vec<Range>,
}

/// A line below the formula: `where T1 = …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The name, written in the notation.
    pub name: String,
    /// What it stands for.
    pub text: String,
}

/// A formula in one notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formula {
    /// The parts that have names, each before its first use.
    pub bindings: Vec<Binding>,
    /// The formula.
    pub text: String,
}

/// Some expressions laid out together: they share one order of reading and one set of named parts.
#[derive(Debug)]
pub struct Document<'a> {
    store: &'a Store,
    roots: Vec<Id>,
    order: ReadingOrder,
    layout: Layout,
    /// Families that come with the roots, users before what they use.
    families: Vec<Id>,
}

impl<'a> Document<'a> {
    /// Lays out the roots, and the formulas of the families that come with them.
    pub fn new(store: &'a Store, roots: &[Id], options: &Options) -> Self {
        let families = family::unknown(store, roots, options);
        let texts = texts(store, roots.iter().chain(&families));
        let reachable = store.reachable(&texts);
        let order = ReadingOrder::new(store, &reachable, &reading_order(options));
        let mut layout = Layout::new(store, &texts, &reachable, options);
        let unused = unused(store, &order, &layout, &texts);
        layout.forget(&unused);
        Self { store, roots: roots.to_vec(), order, layout, families }
    }

    /// The named parts of all roots, each before its first use.
    pub fn definitions(&self) -> &[Definition] {
        &self.layout.definitions
    }

    /// The named parts that one of the roots needs and no earlier one has brought. Costs what is reached for the first time.
    pub fn definitions_beyond(&self, root: Id, brought: &mut Brought) -> Vec<Definition> {
        let mut families = Vec::new();
        if !self.families.is_empty() {
            let needed = family::unknown(self.store, &[root], &Options::default());
            let is_new = |family: &Id| needed.contains(family) && brought.families.insert(*family);
            families.extend(self.families.iter().copied().filter(is_new));
        }
        let texts = texts(self.store, std::iter::once(&root).chain(&families));
        let formulas = families.iter().flat_map(|id| family::definitions(self.store, *id));
        let reached = brought.walk.from(self.store, &texts);
        let parts = self.layout.used_by(self.store, &texts, &reached);
        let parts = parts.into_iter().filter(|place| brought.parts.insert(*place));
        formulas.chain(parts.map(|place| self.layout.definitions[place].clone())).collect()
    }

    /// What is written out: the roots, and the formulas of the families that come with them.
    fn texts(&self) -> Vec<Id> {
        texts(self.store, self.roots.iter().chain(&self.families))
    }

    /// Names, functions and constants of the whole text: what a definition holds is counted once.
    pub fn occurrences(&self) -> u64 {
        self.layout.occurrences(self.store, &self.texts())
    }

    /// A root, or the right side of a definition, with names for the named parts below it. Of a family its formulas, each with
    /// the range of its index.
    pub fn text(&self, id: Id, notation: Notation) -> String {
        match self.store.node(id) {
            Node::Family(_) if !family::definitions(self.store, id).is_empty() => {
                let mut formulas = family::definitions(self.store, id);
                family::say_places(self.store, id, &mut formulas);
                let texts = formulas.iter().map(|definition| self.right_side(definition, notation));
                texts.collect::<Vec<_>>().join(", ")
            }
            // What is a named part of another root is that name.
            _ => match self.layout.name(id) {
                Some(known) => name(known, notation),
                None => self.part(id, &[], notation),
            },
        }
    }

    /// The right side of a definition, with the ranges of its indices.
    pub fn right_side(&self, definition: &Definition, notation: Notation) -> String {
        self.part(definition.id, &definition.ranges, notation)
    }

    fn part(&self, id: Id, ranges: &[Range], notation: Notation) -> String {
        let composer = Composer { store: self.store, order: &self.order, layout: &self.layout };
        let text = write(self.store, &family::over(composer.written_out(id), ranges), notation);
        work::count(text.len());
        text
    }

    /// A root with the bindings that it needs.
    pub fn formula(&self, root: Id, notation: Notation) -> Formula {
        self.formula_beyond(root, notation, &mut Brought::default())
    }

    /// All roots in order, each with the bindings that it needs and no earlier one has brought: the text of a deep network grows with
    /// its depth.
    pub fn written(&self, notation: Notation) -> Vec<Formula> {
        let mut brought = Brought::default();
        self.roots.iter().map(|root| self.formula_beyond(*root, notation, &mut brought)).collect()
    }

    fn formula_beyond(&self, root: Id, notation: Notation, brought: &mut Brought) -> Formula {
        let definitions = self.definitions_beyond(root, brought).into_iter();
        let bindings = definitions.map(|definition| Binding {
            name: name(&definition.name, notation),
            text: self.right_side(&definition, notation),
        });
        Formula { bindings: bindings.collect(), text: self.text(root, notation) }
    }
}

/// What the roots so far have brought with them.
#[derive(Debug, Default)]
pub struct Brought {
    walk: Walk,
    families: BTreeSet<Id>,
    /// By their place among the layout's definitions.
    parts: BTreeSet<usize>,
}

/// The roots in one notation, with common bindings: each stands with the first root that needs it.
pub fn render(store: &Store, roots: &[Id], notation: Notation, options: &Options) -> Vec<Formula> {
    Document::new(store, roots, options).written(notation)
}

/// The named parts whose names no text holds, because what is around them is written in another way: norm2(X) for norm2(vec(X)).
fn unused(store: &Store, order: &ReadingOrder, layout: &Layout, texts: &[Id]) -> BTreeSet<Name> {
    let mut unused: BTreeMap<Name, Id> =
        layout.definitions.iter().map(|part| (part.name.clone(), part.id)).collect();
    let composer = Composer { store, order, layout };
    let mut open = if unused.is_empty() { Vec::new() } else { texts.to_vec() };
    while let Some(id) = open.pop() {
        composer.written_out(id).for_each_name(&mut |name| open.extend(unused.remove(name)));
    }
    unused.into_keys().collect()
}

/// Computed values before variables: h[t] − y[t].
fn reading_order(options: &Options) -> Vec<Name> {
    options.known.iter().chain(&options.variables).cloned().collect()
}

/// What is written out for each: formulas of families, other values themselves.
fn texts<'i>(store: &Store, ids: impl Iterator<Item = &'i Id>) -> Vec<Id> {
    let each = ids.flat_map(|id| match store.family(*id) {
        Some(family) if !family.is_variable() => {
            family.pieces.iter().map(|piece| piece.body).collect()
        }
        _ => vec![*id],
    });
    each.collect()
}

/// The name of a variable, of a family's element as in `W[l]`.
pub fn name(name: &str, notation: Notation) -> String {
    if let Some((family, place)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        let element = Phrase::element(family, place);
        return match notation {
            Notation::Ascii => format!("{}[{place}]", syntax::ascii(family)),
            Notation::Unicode => name.to_owned(),
            Notation::Latex => display::Display(&latex::Latex, None).text(&element),
            Notation::MathMl => display::Display(&mathml::MathMl, None).text(&element),
        };
    }
    match notation {
        Notation::Ascii => syntax::ascii(name),
        Notation::Unicode => name.to_owned(),
        Notation::Latex => name::latex(name),
        Notation::MathMl => name::mathml(name),
    }
}

/// A shape: `m×n`, `n`, `scalar`; in LaTeX and `MathML` the space ℝ of such values.
pub fn shape(shape: &Shape, notation: Notation) -> String {
    let sizes: Vec<String> = match shape {
        Shape::Scalar => Vec::new(),
        Shape::Matrix(rows, columns) if columns.is_one() => vec![size(rows, notation)],
        Shape::Matrix(rows, columns) => vec![size(rows, notation), size(columns, notation)],
        Shape::Tensor(dimensions) => dimensions.iter().map(|side| size(side, notation)).collect(),
    };
    match notation {
        Notation::Ascii | Notation::Unicode if sizes.is_empty() => "scalar".to_owned(),
        Notation::Ascii => sizes.join(" x "),
        Notation::Unicode => sizes.join("×"),
        Notation::Latex => latex::real_space(&sizes),
        Notation::MathMl => mathml::real_space(&sizes),
    }
}

/// A size; arithmetic stands in brackets where text needs them.
fn size(size: &Dimension, notation: Notation) -> String {
    let phrase = Phrase::size(size);
    match notation {
        Notation::Ascii | Notation::Unicode => linear::size(&phrase, notation),
        Notation::Latex => display::Display(&latex::Latex, None).size(&phrase),
        Notation::MathMl => display::Display(&mathml::MathMl, None).size(&phrase),
    }
}

/// A size as the end of a range.
fn end(size: &Dimension, notation: Notation) -> String {
    let phrase = Phrase::size(size);
    match notation {
        Notation::Ascii | Notation::Unicode => linear::end(&phrase, notation),
        Notation::Latex => display::Display(&latex::Latex, None).text(&phrase),
        Notation::MathMl => display::Display(&mathml::MathMl, None).text(&phrase),
    }
}

fn write(store: &Store, phrase: &Phrase, notation: Notation) -> String {
    let renamed = bound::renamed(store, phrase);
    let phrase = renamed.as_ref().unwrap_or(phrase);
    match notation {
        Notation::Ascii => linear::ascii(phrase),
        Notation::Unicode => linear::unicode(phrase, store),
        Notation::Latex => display::Display(&latex::Latex, Some(store)).text(phrase),
        Notation::MathMl => {
            mathml::document(&display::Display(&mathml::MathMl, Some(store)).text(phrase))
        }
    }
}
