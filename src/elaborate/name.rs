//! The value of a name.

use super::builtin::Builtin;
use super::error::{ElaborateError, unsupported};
use super::index_error::IndexError;
use super::typer::{Extent, Operation, Place, is_constant};
use super::walk::{Environment, Walker};
use crate::function;
use crate::shape::Dimension;
use crate::source::Span;

impl<'p> Walker<'p> {
    /// The nearest meaning wins: parameter, definition above, variable, constant, size, assumed variable.
    pub(super) fn name(
        &mut self,
        name: &'p str,
        span: Span,
        environment: &Environment<'p>,
    ) -> Result<Place, ElaborateError> {
        if let Some(place) = environment.get(name) {
            return Ok(self.typer.same(*place, span));
        }
        if self.families.is_bound(name) {
            return Ok(self.typer.size(Dimension::symbol(name), span));
        }
        if let Some(family) = self.families.find(name) {
            if let Some(place) = self.whole_family(family, span)? {
                return Ok(place);
            }
            let (name, index) = (name.to_owned(), self.families.list[family].indices.join(","));
            return Err(IndexError::FamilyAsValue { name, index, span }.into());
        }
        if let Some(place) = self.scope.definition(name) {
            return Ok(self.typer.definition(place, span));
        }
        if let Some(defined) = self.scope.defined_at.get(name).copied() {
            return Err(ElaborateError::UsedBefore { name: name.to_owned(), span, defined });
        }
        if let Some(index) = self.scope.find_variable(name) {
            return Ok(self.variable(index, span));
        }
        if let Some(place) = self.constant(name, span) {
            return Ok(place);
        }
        if self.scope.size_names.contains(name) {
            return Ok(self.typer.size(Dimension::symbol(name), span));
        }
        if self.scope.is_function(name) {
            return Err(ElaborateError::FunctionAsValue { name: name.to_owned(), span });
        }
        if let Some((base, below)) = name.split_once('_')
            && self.scope.find_variable(base).is_some()
            && below.len() <= 2
            && below.bytes().all(|letter| matches!(letter, b'i'..=b'n' | b't'))
        {
            return Err(unsupported("an entry of a declared array, outside of a sum", span));
        }
        let index = self.scope.assume(name, span, &mut self.typer.sizes);
        Ok(self.variable(index, span))
    }

    fn variable(&mut self, index: usize, span: Span) -> Place {
        let (leaf, extent) = self.scope.use_variable(index);
        self.typer.push(Operation::Variable(leaf), extent, span)
    }

    /// `I`, `eye`, `ones` with sizes to be found or below them, and constants of the function table.
    fn constant(&mut self, name: &str, span: Span) -> Option<Place> {
        if self.scope.is_identity(name) {
            self.typer.note(format!("{name} as the identity"));
            let sizes = self.scope.sizes_below(name, "I_");
            let size = sizes.map(|sizes| {
                sizes.iter().fold(Dimension::one(), |product, size| product.times(size))
            });
            return Some(self.typer.sized(Builtin::Identity, size.as_slice(), span));
        }
        if let Some(sizes) = self.scope.commutation_sizes(name) {
            self.typer.note(format!("{name} as the commutation matrix"));
            return Some(self.typer.sized(Builtin::Commutation, &sizes, span));
        }
        match name {
            "I" | "eye" => Some(self.typer.sized(Builtin::Identity, &[], span)),
            "ones" => Some(self.typer.sized(Builtin::Ones, &[], span)),
            _ => {
                let id = function::find(name).filter(|id| is_constant(*id))?;
                Some(self.typer.push(Operation::Apply(id, Vec::new()), Extent::scalar(), span))
            }
        }
    }
}
