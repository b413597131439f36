//! What names mean: variables, definitions, functions, sizes, indices. What shapes their values have is asked of the typer.
//!
//! | module | holds |
//! |---|---|
//! | `text` | what the text tells before anything is walked through |
//! | `position` | where sizes stand |
//! | `function` | what a name before a bracket means, and which arguments are values |

mod function;
mod position;
mod text;

pub(super) use function::Function;

use std::collections::{BTreeMap, BTreeSet};

use super::error::{ElaborateError, unsupported};
use super::index_error::IndexError;
use super::kind::{Kind, Kinds, preferred};
use super::typer::{Extent, Leaf, Place, Sizes};
use super::written::below;
use crate::expression::Properties;
use crate::function::UNKNOWN_FUNCTIONS;
use crate::number;
use crate::shape::{Dimension, Name};
use crate::source::Span;
use crate::syntax::ast::{BinaryOperator, ExprId, ExprKind, Program, Word};
use crate::syntax::{in_words, nearest};

/// A variable as declared or assumed.
pub(super) struct Declared {
    pub(super) name: Name,
    pub(super) extent: Extent,
    pub(super) properties: Properties,
    pub(super) span: Span,
    /// Whether its shape was inferred, wholly or in part.
    pub(super) assumed: bool,
    /// Whether a declaration speaks of it, with sizes or without.
    pub(super) said: bool,
    pub(super) used: bool,
}

/// What the names of a program mean, as far as the walk has come.
pub(super) struct Scope<'p> {
    pub(super) program: &'p Program,
    pub(super) variables: Vec<Declared>,
    variable_indices: BTreeMap<Name, usize>,
    /// Functions by name; those of one name take different arguments.
    functions: BTreeMap<&'p str, Vec<Function<'p>>>,
    /// The functions that are being unfolded: name and number of parameters.
    calls: Vec<(&'p str, usize)>,
    /// Entrywise functions that stay unknown, in the order of their declarations.
    pub(super) unknown: Vec<&'p str>,
    /// Definitions above the current line.
    definitions: BTreeMap<&'p str, Place>,
    /// Where each definition stands, above or below.
    pub(super) defined_at: BTreeMap<&'p str, Span>,
    pub(super) definition_list: Vec<(&'p str, Place)>,
    /// Names that are sizes somewhere.
    pub(super) size_names: BTreeSet<&'p str>,
    /// Those of them that stand in declarations.
    declared_sizes: BTreeSet<&'p str>,
    /// Families of sizes: the `n` of `n[l]`.
    size_families: BTreeSet<&'p str>,
    /// Names that stand as an index somewhere.
    index_names: BTreeSet<&'p str>,
    /// Names that stand as an exponent somewhere: scalars, unless declared otherwise.
    exponents: BTreeSet<&'p str>,
    /// Expressions whose entries are all that counts.
    entrywise: BTreeSet<ExprId>,
    /// What is declared of names whose shapes are not.
    promised: BTreeMap<&'p str, Properties>,
    /// What undeclared names were taken for in earlier answers.
    pub(super) before: &'p Kinds,
    /// The kinds of undeclared names that are not what is expected of them.
    pub(super) kinds: Kinds,
}

impl<'p> Scope<'p> {
    pub(super) fn kind(&self, id: ExprId) -> &'p ExprKind {
        &self.program.tree.get(id).kind
    }

    pub(super) fn span(&self, id: ExprId) -> Span {
        self.program.tree.get(id).span
    }

    pub(super) fn find_variable(&self, name: &str) -> Option<usize> {
        self.variable_indices.get(name).copied()
    }

    pub(super) fn add_variable(&mut self, variable: Declared) -> usize {
        let index = self.variables.len();
        self.variable_indices.insert(variable.name.clone(), index);
        self.variables.push(variable);
        index
    }

    /// The variable as it is used in a formula, with its shape.
    pub(super) fn use_variable(&mut self, index: usize) -> (Leaf, Extent) {
        let Declared { name, extent, assumed, said, used, .. } = &mut self.variables[index];
        *used = true;
        let is_size = self.declared_sizes.contains(&**name);
        let leaf = Leaf { index, name: name.clone(), assumed: *assumed, said: *said, is_size };
        (leaf, extent.clone())
    }

    /// An undeclared variable: the first letter says whether it is a scalar, a column or a matrix.
    pub(super) fn assume(&mut self, name: &str, span: Span, sizes: &mut Sizes) -> usize {
        let promised = self.promised.get(name).copied();
        self.add_variable(Declared {
            name: name.into(),
            extent: self.assumed_extent(name, sizes),
            properties: promised.unwrap_or(Properties::NONE),
            span,
            assumed: true,
            said: promised.is_some(),
            used: false,
        })
    }

    /// What was found for the name, or else what is expected of it.
    pub(super) fn assumed_kind(&self, name: &str) -> Kind {
        self.kinds.get(name).copied().unwrap_or_else(|| self.preferred(name))
    }

    pub(super) fn assumed_extent(&self, name: &str, sizes: &mut Sizes) -> Extent {
        match self.assumed_kind(name) {
            Kind::Scalar => Extent::scalar(),
            Kind::Column => Extent::column(sizes.fresh()),
            Kind::Row => Extent::new(Dimension::one(), sizes.fresh()),
            Kind::Matrix => Extent::new(sizes.fresh(), sizes.fresh()),
        }
    }

    /// What is expected of an undeclared name: an exponent is a scalar, what an answer took it for it stays, its letter tells.
    pub(super) fn preferred(&self, name: &str) -> Kind {
        match self.before.get(name) {
            _ if self.is_exponent(name) => Kind::Scalar,
            Some(kind) => *kind,
            None => preferred(name),
        }
    }

    /// Whether an earlier answer tells what is expected of the name.
    pub(super) fn is_before(&self, name: &str) -> bool {
        self.before.contains_key(name)
    }

    pub(super) fn is_exponent(&self, name: &str) -> bool {
        self.exponents.contains(name)
    }

    /// Remembers what a declaration without a shape says.
    pub(super) fn promise(&mut self, name: &'p Word, properties: Properties) {
        self.promised.insert(&name.text, properties);
    }

    pub(super) fn define(&mut self, name: &'p Word, place: Place) {
        self.definitions.insert(&name.text, place);
        self.definition_list.push((&name.text, place));
    }

    /// The value of a definition above the current line.
    pub(super) fn definition(&self, name: &str) -> Option<Place> {
        self.definitions.get(name).copied()
    }

    pub(super) fn is_defined(&self, name: &str) -> bool {
        self.defined_at.contains_key(name)
    }

    /// Whether the name stands for a size, or for an index where it is bound.
    pub(super) fn is_size_or_index(&self, name: &str) -> bool {
        self.size_names.contains(name) || self.index_names.contains(name)
    }

    /// A size is named in a declaration, a range, or by `sizes`; an index only where it is bound.
    pub(super) fn is_size(&self, name: &str) -> bool {
        self.size_names.contains(name) && !self.index_names.contains(name)
    }

    pub(super) fn is_index(&self, name: &str) -> bool {
        self.index_names.contains(name)
    }

    pub(super) fn is_size_family(&self, name: &str) -> bool {
        self.size_families.contains(name)
    }

    /// Whether only the entries of the expression count.
    pub(super) fn is_entrywise(&self, id: ExprId) -> bool {
        self.entrywise.contains(&id)
    }

    /// Whether the name is that of a constant with its sizes below it: `I_n`, `K_mn`.
    pub(super) fn is_sized_constant(&self, name: &str) -> bool {
        self.is_identity(name) || self.commutation_sizes(name).is_some()
    }

    /// The sizes of K_mn, where both are sizes.
    pub(super) fn commutation_sizes(&self, name: &str) -> Option<[Dimension; 2]> {
        self.sizes_below(name, "K_")?.try_into().ok()
    }

    /// `I_m`: the identity with its size below it; `I_mn` where m and n are sizes.
    pub(super) fn is_identity(&self, name: &str) -> bool {
        let is_letter = |below: &str| below.chars().count() == 1;
        name.strip_prefix("I_").is_some_and(is_letter) || self.sizes_below(name, "I_").is_some()
    }

    /// The letters below a name, where each is a size.
    pub(super) fn sizes_below(&self, name: &str, before: &str) -> Option<Vec<Dimension>> {
        let below = name.strip_prefix(before).filter(|below| !below.is_empty())?;
        let letters = below.chars().map(|letter| letter.to_string());
        letters
            .map(|size| self.size_names.contains(size.as_str()).then(|| Dimension::symbol(size)))
            .collect()
    }

    /// `φ: function`: entrywise, and unknown.
    pub(super) fn declare_function(
        &mut self,
        name: &'p Word,
        is_entrywise: bool,
    ) -> Result<(), ElaborateError> {
        if !is_entrywise {
            let what = "an unknown function that is not entrywise";
            return Err(unsupported(what, name.span));
        }
        if !self.unknown.contains(&name.text.as_str()) {
            self.unknown.push(&name.text);
        }
        if self.unknown.len() > UNKNOWN_FUNCTIONS {
            return Err(unsupported("so many unknown functions", name.span));
        }
        Ok(())
    }

    /// The variable to differentiate by.
    pub(super) fn by(&self, name: &str, span: Span) -> Result<usize, ElaborateError> {
        let what = match self.find_variable(name) {
            _ if self.is_defined(name) => "defined by a formula",
            Some(index) => return Ok(index),
            None if self.size_names.contains(name) => "a size",
            None if self.is_own_function(name) => "a function",
            None => return Err(self.unknown_variable(name, span)),
        };
        Err(ElaborateError::NotAVariable { name: name.to_owned(), what, span })
    }

    /// The error for a name that is no variable where one is needed.
    pub(super) fn unknown_variable(&self, name: &str, span: Span) -> ElaborateError {
        // Greek letters are compared as words: `thta` is a slip for `theta`.
        let spelled = self.variables.iter().map(|variable| in_words(&variable.name));
        let variables: Vec<String> = spelled.filter(|other| other != name).collect();
        let near = nearest(name, variables.iter().map(String::as_str));
        ElaborateError::UnknownVariable { name: name.to_owned(), span, nearest: near }
    }

    /// The place in a family that is written at `root`.
    pub(super) fn index_dimension(&self, root: ExprId) -> Result<Dimension, ElaborateError> {
        let mut sizes: BTreeMap<ExprId, Dimension> = BTreeMap::new();
        for id in below(&self.program.tree, root) {
            let of = |id: &ExprId| sizes.get(id).cloned();
            let expression = self.program.tree.get(id);
            let found = match &expression.kind {
                ExprKind::Number(value) => number::to_i64(value).map(Dimension::constant),
                ExprKind::Name(name) => Some(Dimension::symbol(name.as_str())),
                ExprKind::Negate(a) => of(a).map(|a| Dimension::constant(0).minus(&a)),
                ExprKind::Binary { operator, left, right, .. } => {
                    let (Some(a), Some(b)) = (of(left), of(right)) else {
                        return Err(IndexError::NotAnIndex { span: expression.span }.into());
                    };
                    match operator {
                        BinaryOperator::Add => Some(a.plus(&b)),
                        BinaryOperator::Subtract => Some(a.minus(&b)),
                        BinaryOperator::Multiply => Some(a.times(&b)),
                        _ => None,
                    }
                }
                ExprKind::Index { base, indices } if self.is_size_family(&base.text) => {
                    let at = indices.first().and_then(of);
                    at.map(|at| Dimension::element(base.text.as_str(), at))
                }
                _ => None,
            };
            let found = found.ok_or(IndexError::NotAnIndex { span: expression.span })?;
            sizes.insert(id, found);
        }
        sizes.remove(&root).ok_or_else(|| IndexError::NotAnIndex { span: self.span(root) }.into())
    }
}
