//! What a name stands for.

use super::builtin;
use super::declare::Declared;
use super::error::{ElaborateError, unsupported};
use super::index_error::IndexError;
use super::kind::{Kind, preferred};
use super::request;
use super::typer::{Extent, Leaf, Operation, Place, is_constant};
use super::walk::{Environment, Walker};
use crate::expression::Properties;
use crate::function::{self, FunctionId};
use crate::shape::Dimension;
use crate::source::Span;
use crate::syntax::ast::Word;
use crate::syntax::nearest;

impl<'p> Walker<'p> {
    /// The value of a name. The nearest meaning wins: parameter, definition above, variable, constant, size, assumed variable.
    pub(super) fn name(
        &mut self,
        name: &'p str,
        span: Span,
        environment: &Environment<'p>,
    ) -> Result<Place, ElaborateError> {
        if let Some(place) = environment.get(name) {
            return Ok(self.typer.same(*place, span));
        }
        if self.bound.iter().any(|bounds| bounds.index == *name) {
            return Ok(self.typer.push(
                Operation::Size(Dimension::symbol(name)),
                Extent::scalar(),
                span,
            ));
        }
        if let Some(family) = self.family_indices.get(name) {
            let (name, index) = (name.to_owned(), self.families[*family].index.clone());
            return Err(IndexError::FamilyAsValue { name, index, span }.into());
        }
        if let Some(place) = self.definitions.get(name).copied() {
            return Ok(self.typer.definition(place, span));
        }
        if let Some(defined) = self.defined_at.get(name).copied() {
            return Err(ElaborateError::UsedBefore { name: name.to_owned(), span, defined });
        }
        if let Some(index) = self.variable_indices.get(name).copied() {
            return Ok(self.variable(index, span));
        }
        if let Some(place) = self.constant(name, span) {
            return Ok(place);
        }
        if self.size_names.contains(name) {
            return Ok(self.typer.push(
                Operation::Size(Dimension::symbol(name)),
                Extent::scalar(),
                span,
            ));
        }
        if self.is_function(name) {
            return Err(ElaborateError::FunctionAsValue { name: name.to_owned(), span });
        }
        if let Some((base, below)) = name.split_once('_')
            && self.variable_indices.contains_key(base)
            && below.len() <= 2
            && below.bytes().all(|letter| letter.is_ascii_lowercase())
        {
            return Err(unsupported("an entry of a declared array, outside of a sum", span));
        }
        let index = self.assume(name, span);
        Ok(self.variable(index, span))
    }

    fn variable(&mut self, index: usize, span: Span) -> Place {
        self.variables[index].used = true;
        let Declared { name, extent, assumed, said, .. } = &self.variables[index];
        let (name, is_size) = (name.clone(), self.declared_sizes.contains(&**name));
        let leaf = Leaf { index, name, assumed: *assumed, said: *said, is_size };
        self.typer.push(Operation::Variable(leaf), extent.clone(), span)
    }

    /// `I`, `eye`, `ones` with sizes to be found, and constants of the function table.
    fn constant(&mut self, name: &str, span: Span) -> Option<Place> {
        if self.is_identity(name) {
            self.typer.note(format!("{name} as the identity"));
            let size = self.sizes_below(name, "I_").map(|sizes| {
                sizes.iter().fold(Dimension::one(), |product, size| product.times(size))
            });
            let size = size.unwrap_or_else(|| self.typer.sizes.fresh());
            return Some(self.typer.push(Operation::Identity, Extent::square(size), span));
        }
        if let Some([rows, columns]) = self.commutation_sizes(name) {
            self.typer.note(format!("{name} as the commutation matrix"));
            let size = rows.times(&columns);
            let operation = Operation::Commutation(rows, columns);
            return Some(self.typer.push(operation, Extent::square(size), span));
        }
        match name {
            "I" | "eye" => {
                let size = self.typer.sizes.fresh();
                Some(self.typer.push(Operation::Identity, Extent::square(size), span))
            }
            "ones" => {
                let size = self.typer.sizes.fresh();
                Some(self.typer.push(Operation::Ones, Extent::column(size), span))
            }
            _ => {
                let id = function::find(name).filter(|id| is_constant(*id))?;
                Some(self.typer.push(Operation::Apply(id, Vec::new()), Extent::scalar(), span))
            }
        }
    }

    /// Whether the name is that of a constant with its sizes below it: `I_n`, `K_mn`.
    pub(super) fn is_sized_constant(&self, name: &str) -> bool {
        self.is_identity(name) || self.commutation_sizes(name).is_some()
    }

    /// The sizes of K_mn, where both are sizes.
    fn commutation_sizes(&self, name: &str) -> Option<[Dimension; 2]> {
        self.sizes_below(name, "K_")?.try_into().ok()
    }

    /// `I_m`: the identity with its size below it; `I_mn` where m and n are sizes.
    fn is_identity(&self, name: &str) -> bool {
        let is_letter = |below: &str| below.chars().count() == 1;
        name.strip_prefix("I_").is_some_and(is_letter) || self.sizes_below(name, "I_").is_some()
    }

    /// The letters below a name, where each is a size.
    fn sizes_below(&self, name: &str, before: &str) -> Option<Vec<Dimension>> {
        let below = name.strip_prefix(before).filter(|below| !below.is_empty())?;
        let letters = below.chars().map(|letter| letter.to_string());
        letters
            .map(|size| self.size_names.contains(size.as_str()).then(|| Dimension::symbol(size)))
            .collect()
    }

    /// `φ`, `φ′` of `φ: function`; the derivative of an order that has no row is none.
    pub(super) fn unknown_function(&self, name: &str) -> Option<FunctionId> {
        let base = name.trim_end_matches('′');
        let which = self.unknown.iter().position(|known| *known == base)?;
        FunctionId::unknown(which, name[base.len()..].chars().count())
    }

    /// The function of that name, of the program or of the table.
    pub(super) fn find_function(&self, name: &str) -> Option<FunctionId> {
        self.unknown_function(name).or_else(|| function::find(name))
    }

    /// Whether the name is that of a function. A letter such as σ, Φ or d is one only before a bracket.
    pub(super) fn is_function(&self, name: &str) -> bool {
        let is_letter = name.chars().count() == 1;
        self.functions.contains_key(name)
            || self.unknown_function(name).is_some()
            || !is_letter
                && (builtin::find(name).is_some()
                    || request::is_operator(name)
                    || function::find(name).is_some())
    }

    /// An undeclared variable: the first letter says whether it is a scalar, a column or a matrix.
    fn assume(&mut self, name: &str, span: Span) -> usize {
        let extent = self.assumed_extent(name);
        self.add_variable(Declared {
            name: name.into(),
            extent,
            properties: self.promised.get(name).copied().unwrap_or(Properties::NONE),
            span,
            assumed: true,
            said: self.promised.contains_key(name),
            used: false,
        })
    }

    /// What was found for the name, or else what its first letter says.
    pub(super) fn assumed_extent(&mut self, name: &str) -> Extent {
        let kind = match self.kinds.get(name) {
            Some(kind) => *kind,
            None if self.exponents.contains(name) => Kind::Scalar,
            None => preferred(name),
        };
        match kind {
            Kind::Scalar => Extent::scalar(),
            Kind::Column => Extent::column(self.typer.sizes.fresh()),
            Kind::Row => Extent::new(Dimension::one(), self.typer.sizes.fresh()),
            Kind::Matrix => Extent::new(self.typer.sizes.fresh(), self.typer.sizes.fresh()),
        }
    }

    /// Whether a call can mean something; the error when it cannot.
    pub(super) fn check_callable(
        &self,
        function: &Word,
        environment: &Environment<'p>,
    ) -> Result<(), ElaborateError> {
        let name = function.text.as_str();
        let not_a_function = |what: &'static str| {
            Err(ElaborateError::NotAFunction { name: name.to_owned(), what, span: function.span })
        };
        if environment.contains_key(name) {
            return not_a_function("a parameter");
        }
        if self.functions.contains_key(name) || self.unknown_function(name).is_some() {
            return Ok(());
        }
        if self.defined_at.contains_key(name) {
            return not_a_function("a definition");
        }
        if self.variable_indices.contains_key(name) {
            return not_a_function("a variable");
        }
        if builtin::find(name).is_some() {
            return Ok(());
        }
        match function::find(name) {
            Some(id) if is_constant(id) => not_a_function("a constant"),
            Some(_) => Ok(()),
            None => Err(ElaborateError::UnknownFunction {
                name: name.to_owned(),
                span: function.span,
                nearest: self.nearest_function(name),
            }),
        }
    }

    fn nearest_function(&self, name: &str) -> Option<String> {
        let rows = || FunctionId::all().filter(|id| !is_constant(*id)).map(FunctionId::row);
        let spellings = rows().flat_map(|row| row.spellings.iter().copied());
        let own = self.functions.keys().map(|name| (*name).to_owned());
        let given = builtin::names().chain(rows().map(|row| row.name)).chain(spellings);
        let candidates: Vec<String> = own.chain(given.map(ToOwned::to_owned)).collect();
        nearest(name, candidates.iter().map(String::as_str))
    }

    /// The error for a name that is no variable where one is needed.
    pub(super) fn unknown_variable(&self, name: &str, span: Span) -> ElaborateError {
        // Greek letters are compared as words: `thta` is a slip for `theta`.
        let spelled = self.variables.iter().map(|variable| crate::syntax::ascii(&variable.name));
        let variables: Vec<String> = spelled.filter(|other| other != name).collect();
        let near = nearest(name, variables.iter().map(String::as_str));
        ElaborateError::UnknownVariable { name: name.to_owned(), span, nearest: near }
    }
}
