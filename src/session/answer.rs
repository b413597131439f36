//! What comes out of a question: expressions with what is known of them, to be written in any notation.

use std::collections::BTreeSet;

use crate::elaborate::Variable;
use crate::evaluate::{Check, SymmetricConvention};
use crate::expression::{Id, Property, Store};
use crate::render::{self, Document, Formula, Notation, Options};
use crate::shape::{Name, Shape};
use crate::simplify::Names;
use crate::syntax;
use crate::syntax::ast::RequestKind;

/// What the gradient by a structured variable means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convention {
    /// The part that respects the variable's structure: (G + Gᵀ)/2 for a symmetric variable.
    #[default]
    Projection,
    /// G + Gᵀ − diag(G): the entries of one triangle are the variables.
    Cookbook,
    /// G of df = tr(Gᵀ dX) with all entries of X free.
    Free,
}

/// The answer to one request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked.
    pub kind: RequestKind,
    /// The formula as it was typed.
    pub formula: String,
    /// Owns all expressions of the answer.
    pub store: Store,
    /// The formula in normal form, before it was shortened.
    pub original: Id,
    /// The formula in its short form.
    pub value: Id,
    /// The formula's shape.
    pub shape: Shape,
    /// The variables that the formula holds or is differentiated by, in order of appearance.
    pub variables: Vec<Variable>,
    /// One for each variable that was asked for, in that order; of second derivatives one for each pair. They share the store, so
    /// that common parts are one node.
    pub derivatives: Vec<Derivative>,
    /// Of Hessians, the gradients that they are the derivatives of, one for each variable; empty otherwise.
    pub gradients: Vec<Derivative>,
    /// The comparison with dual numbers that all derivatives passed; none when no derivative was asked for.
    pub check: Option<Check>,
    /// The families below the formula that were declared or defined, and all definitions; the families of adjoints, which a derivative
    /// inside it brings, are not among them.
    pub known: Vec<Name>,
    /// Whether the formula stood alone on a line, without a word of what is asked.
    pub is_line: bool,
    /// What a formula without a name is called.
    pub(super) called: &'static str,
    /// Sizes that the cost model was told to expect.
    pub sizes: Vec<(Name, u64)>,
    /// How something was read that could have been meant differently, in words.
    pub read: Vec<String>,
    /// The definitions that the formula uses, in order.
    pub names: Vec<Named>,
    /// The value in the writer's names.
    pub written_value: Id,
    /// What writes derivations in them; the formula's own name is not among them.
    pub(super) writer: Names,
    /// The store with the formulas of adjoints in the writer's names, where there are such.
    pub(super) shown: Option<Box<Store>>,
    /// Whether Greek letters were typed as letters: words of them are for who typed none.
    pub greek: bool,
}

/// A definition of the writer's.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name.
    pub name: Name,
    /// The node that is written as the name.
    pub id: Id,
    /// What it stands for, in terms of the names before it.
    pub value: Id,
}

/// A derivative by one variable, or a second derivative by two.
#[derive(Clone, Debug)]
pub struct Derivative {
    /// The variable; of a second derivative the one whose entries are the rows.
    pub variable: Name,
    /// The variable's node.
    pub variable_id: Id,
    /// Of a second derivative, the variable whose entries are the columns, with its node.
    pub second: Option<(Name, Id)>,
    /// The derivative in its short form.
    pub id: Id,
    /// The derivative within the variable's structure, before it was made short.
    pub(super) long: Id,
    /// The derivative in the writer's names.
    pub written: Id,
    /// The derivative as a sweep found it, before structure and simplification: of a gradient the G of df = tr(Gᵀ dX).
    pub swept: Id,
    /// The derivative's shape.
    pub shape: Shape,
    /// How the entries are laid out.
    pub layout: Layout,
    /// The differential as a linear map in dX, of a Jacobian that of the formula, of a Hessian that of the gradient by `variable`.
    pub differential: Option<Id>,
    /// The variables that move in the differential, each with its direction dX.
    pub along: Vec<(Id, Id)>,
    /// What the derivative means for a structured variable; [`Convention::Free`] for a variable without structure.
    pub convention: Convention,
    /// What became of the second derivation.
    pub certificate: Certificate,
    /// What else is to be said.
    pub notes: Vec<Note>,
}

/// How the entries of a derivative are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Of a scalar: the shape of the variable.
    Denominator,
    /// Of a vector by a vector: entry (i, j) is ∂Fᵢ/∂xⱼ.
    Numerator,
    /// Of vec F by vec X, column-major.
    Vec,
    /// By a scalar: the shape of F.
    Entrywise,
    /// Of the gradient of a scalar by a vector: entry (i, j) is ∂²f/∂xᵢ∂xⱼ.
    Hessian,
    /// The differential alone, linear in dX.
    LinearMap,
}

/// What became of the second, independent derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Rewriting derived the same gradient.
    Proved {
        /// Size of the e-graph.
        nodes: usize,
        /// Rounds of rewriting.
        rounds: usize,
    },
    /// The other sweep, backward for a Jacobian, derived the same matrix.
    Swept,
    /// The second derivation came to another form, equal at all points tried.
    Equal {
        /// The number of points.
        points: usize,
    },
    /// The question was too large, or the second derivation was not asked for.
    NotTried,
}

/// Something that a reader should know of an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// The variable does not occur in the formula: the derivative is zero.
    #[error("{0} does not occur in the formula: the derivative is zero")]
    DoesNotOccur(Name),
    /// The variable stands in the formula and makes no difference: it cancels, or is multiplied by zero.
    #[error("the formula does not depend on {0}: the derivative is zero")]
    MakesNoDifference(Name),
    /// What a function is.
    #[error("{0}")]
    Meaning(&'static str),
    /// Where the derivative of a function holds.
    #[error("this holds where {0}")]
    Condition(String),
    /// A diagonal variable: only its diagonal moves.
    #[error("{0} is diagonal: the gradient is that of its diagonal")]
    Diagonal(Name),
    /// The derivative of a determinant, in terms of an inverse, where the determinant is 0 too.
    #[error("this holds where {0} is invertible")]
    Invertible(String),
    /// A triangular variable: only its triangle moves.
    #[error("{0} is {1} triangular: the gradient is that of its triangle")]
    Triangle(Name, &'static str),
    /// The exponent of a matrix.
    #[error("{0} is the exponent of a matrix: a whole number, at least 1")]
    WholeExponent(String),
    /// One step of a recurrence: where its formulas hold.
    #[error("one step, for {0}: elements that come before the step are constant")]
    Step(String),
    /// An answer that names what shorter ranges do not have.
    #[error("this holds for {0} >= {1}")]
    Length(String, i64),
    /// What is zero at the lengths below: the answer itself, or elements that it names.
    #[error("{0} is 0 for {1} < {2}")]
    Zero(String, String, i64),
    /// The linear map has no form in matrix notation.
    #[error("this linear map has no closed form as a matrix; it is given as the differential")]
    NoMatrix,
}

impl Note {
    /// Whether the derivative is zero because the value does not depend on the variable.
    pub fn says_zero(&self) -> bool {
        matches!(self, Self::DoesNotOccur(_) | Self::MakesNoDifference(_))
    }
}

/// A formula in one notation, with the bindings below it.
pub type Written = Formula;

impl Derivative {
    /// The layout's name: `denominator`, `sym-projection`, `sym-cookbook`, `numerator`, `vec`, `entrywise`, `hessian` or `linear map`.
    pub fn layout(&self) -> &'static str {
        match (self.layout, self.convention) {
            (Layout::Denominator, Convention::Free) => "denominator",
            (Layout::Denominator, Convention::Projection) => "sym-projection",
            (Layout::Denominator, Convention::Cookbook) => "sym-cookbook",
            (Layout::Numerator, _) => "numerator",
            (Layout::Vec, _) => "vec",
            (Layout::Entrywise, _) => "entrywise",
            (Layout::Hessian, _) => "hessian",
            (Layout::LinearMap, _) => "linear map",
        }
    }
}

impl Convention {
    /// What the convention comes to for this variable.
    pub(super) fn of(self, store: &Store, variable: Id) -> Self {
        let facts = store.properties(variable);
        if !facts.has(Property::Symmetric) || store.shape(variable).is_scalar() {
            return Self::Free;
        }
        match self {
            // A diagonal variable has no triangle whose entries could stand for the others.
            Self::Cookbook if facts.has(Property::Diagonal) => Self::Projection,
            convention => convention,
        }
    }

    /// The convention under which the gradients are checked.
    pub(super) fn checked_as(self) -> SymmetricConvention {
        match self {
            Self::Cookbook => SymmetricConvention::Cookbook,
            Self::Projection | Self::Free => SymmetricConvention::Projection,
        }
    }
}

impl Answer {
    /// What answers call the formula: the name of its definition where one was typed, otherwise `f`, or another letter where the
    /// program has an f.
    pub fn name(&self) -> &str {
        // `C[t]` is a name, too.
        let base =
            self.formula.split_once('[').filter(|(_, rest)| rest.find(']') == Some(rest.len() - 1));
        let base = base.map_or(self.formula.as_str(), |(base, _)| base);
        let base = syntax::name(base);
        if self.known.iter().any(|name| **name == *base) { &self.formula } else { self.called }
    }

    /// Where formulas stand as they are printed.
    pub fn shown(&self) -> &Store {
        self.shown.as_deref().unwrap_or(&self.store)
    }

    /// The derivatives (or, where there are none, the value) laid out together: they share bindings.
    pub fn document(&self) -> Document<'_> {
        Document::new(self.shown(), &self.roots(), &self.options())
    }

    /// The derivatives (or the value) in one notation, each with the bindings that it needs and none before it has brought.
    pub fn written(&self, notation: Notation) -> Vec<Written> {
        self.document().written(notation)
    }

    /// The formula itself in one notation. Its parts have other names than those of the derivatives.
    pub fn written_value(&self, notation: Notation) -> Written {
        let beside = if self.derivatives.is_empty() { Vec::new() } else { vec![self.document()] };
        let options = self.options_beside(&beside);
        let value = self.written_value;
        Document::new(self.shown(), &[value], &options).formula(value, notation)
    }

    /// The differential of one of the derivatives in one notation, where it has one.
    pub fn written_differential(
        &self,
        derivative: &Derivative,
        notation: Notation,
    ) -> Option<Written> {
        let id = derivative.differential?;
        let value = Document::new(self.shown(), &[self.written_value], &self.options());
        let document = self.document_beside(&[id], &[self.document(), value]);
        Some(document.formula(id, notation))
    }

    /// Formulas laid out beside others: no name stands for different parts in them, and a part has one name.
    pub fn document_beside(&self, ids: &[Id], others: &[Document<'_>]) -> Document<'_> {
        Document::new(self.shown(), ids, &self.options_beside(others))
    }

    fn options_beside(&self, others: &[Document<'_>]) -> Options {
        let named = others.iter().flat_map(Document::definitions);
        Options {
            taken: named.map(|part| (part.name.clone(), part.id)).collect(),
            ..self.options()
        }
    }

    fn roots(&self) -> Vec<Id> {
        if self.derivatives.is_empty() {
            return vec![self.written_value];
        }
        self.derivatives.iter().map(|derivative| derivative.written).collect()
    }

    /// How the answer's formulas are laid out.
    pub fn options(&self) -> Options {
        let variables = self.variables.iter().map(|variable| variable.name.clone()).collect();
        Options { variables, known: self.known.clone(), ..Options::default() }
    }

    /// The definitions behind names in these values, in order, those that are not among the `brought`.
    pub fn names_beyond(&self, ids: &[Id], brought: &mut BTreeSet<Id>) -> Vec<&Named> {
        let mut needed: BTreeSet<Id> = self.shown().closure(ids).into_iter().collect();
        let mut found = Vec::new();
        // A definition speaks of those before it.
        for named in self.names.iter().rev() {
            if needed.contains(&named.id) && brought.insert(named.id) {
                needed.extend(self.shown().closure(&[named.value]));
                found.push(named);
            }
        }
        found.reverse();
        found
    }

    /// The same with definitions written out.
    #[must_use]
    pub fn expanded(mut self) -> Self {
        self.names.clear();
        self.writer = Names::default();
        self.shown = None;
        self.written_value = self.value;
        for derivative in &mut self.derivatives {
            derivative.written = derivative.id;
        }
        self
    }

    /// Ascii text of this answer with Greek letters spelled as they were typed.
    pub fn as_typed(&self, text: String) -> String {
        if self.greek { text } else { syntax::in_words(&text) }
    }

    /// The declarations that were inferred, in the language: `A: m×n; x: n`.
    pub fn assumed(&self) -> String {
        let assumed = self.variables.iter().filter(|variable| variable.assumed);
        let each = assumed.map(|variable| declaration(variable, Notation::Unicode));
        each.collect::<Vec<_>>().join("; ")
    }
}

/// A variable's declaration in the language: `S: n×n spd`, in ascii `S: n x n spd`.
pub fn declaration(variable: &Variable, notation: Notation) -> String {
    let letters: Vec<&str> = variable.ranges.iter().map(|range| &*range.index).collect();
    let indices = (!letters.is_empty()).then(|| format!("[{}]", letters.join(",")));
    let name = match notation {
        Notation::Ascii => render::name(&variable.name, notation),
        _ => variable.name.to_string(),
    };
    let name = format!("{name}{}", indices.unwrap_or_default());
    let mut text = format!("{name}: {}", render::shape(&variable.shape, notation));
    for word in words(variable) {
        text.push(' ');
        text.push_str(word);
    }
    text
}

/// The properties that say it all: no word whose meaning another word implies.
fn words(variable: &Variable) -> Vec<&'static str> {
    use Property as P;
    /// A property, its word, and the properties that imply it.
    const WORDS: [(P, &str, &[P]); 12] = [
        (P::PositiveDefinite, "spd", &[]),
        (P::PositiveSemidefinite, "psd", &[P::PositiveDefinite]),
        (P::Diagonal, "diagonal", &[]),
        (P::Orthogonal, "orthogonal", &[]),
        (P::Simplex, "simplex", &[]),
        (P::RowSimplex, "simplex rows", &[]),
        (P::Positive, "positive", &[]),
        (P::Nonnegative, "nonnegative", &[P::Positive, P::Simplex, P::RowSimplex]),
        (P::Symmetric, "symmetric", &[P::PositiveSemidefinite, P::Diagonal]),
        (P::Invertible, "invertible", &[P::PositiveDefinite, P::Orthogonal]),
        (P::Lower, "lower", &[P::Diagonal]),
        (P::Upper, "upper", &[P::Diagonal]),
    ];
    let has = |fact: &P| variable.properties.has(*fact);
    let said =
        WORDS.iter().filter(|(fact, _, implied_by)| has(fact) && !implied_by.iter().any(has));
    said.map(|(_, word, _)| *word).collect()
}
