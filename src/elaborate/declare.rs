//! Declarations: sizes and properties of names.

use super::error::ElaborateError;
use super::scope::Declared;
use super::typer::{Extent, Sizes, Typer};
use super::walk::Walker;
use super::written::declared_size;
use crate::expression::{Properties, Property};
use crate::shape::Dimension;
use crate::source::Span;
use crate::syntax::PROPERTY_WORDS;
use crate::syntax::ast::{Declaration, ExprId, StatementKind, Word};
use crate::syntax::nearest;

impl<'p> Walker<'p> {
    /// Looks through the whole program for what it declares, wherever that stands.
    pub(super) fn declarations(&mut self) -> Result<(), ElaborateError> {
        for statement in &self.scope.program.statements {
            if let StatementKind::Declaration(declaration) = &statement.kind {
                self.declare(declaration)?;
            }
        }
        self.scope.open_sizes(&mut self.typer.sizes);
        self.families.note_definitions(self.scope.program);
        Ok(())
    }

    fn declare(&mut self, declaration: &'p Declaration) -> Result<(), ElaborateError> {
        let Declaration { name, indices, sizes, properties: words } = declaration;
        if let [word] = words.as_slice()
            && word.text == "function"
        {
            return self.scope.declare_function(name, indices.is_empty() && sizes.is_none());
        }
        let known = self.scope.find_variable(&name.text);
        let size = |size: &ExprId| declared_size(&self.scope.program.tree, *size);
        let extent = match (sizes, known) {
            (Some(sizes), _) => {
                Extent::of(&sizes.iter().map(size).collect::<Result<Vec<Dimension>, _>>()?)
            }
            (None, Some(known)) => self.scope.variables[known].extent.clone(),
            (None, None) => match extent_in_words(words, &mut self.typer.sizes) {
                Some(extent) => extent,
                None => {
                    let properties = properties(&self.typer, words, &Extent::scalar())?;
                    self.scope.promise(name, properties);
                    return Ok(());
                }
            },
        };
        let properties = properties(&self.typer, words, &extent)?;
        let (text, is_open) = (&name.text, sizes.is_none());
        let said_again = match (indices.as_slice(), known) {
            ([], None) => false,
            ([], Some(known)) => {
                self.scope.variables[known].say_again(&extent, properties, is_open)
            }
            (indices, _) => self.families.say_again(text, indices, &extent, properties),
        };
        if said_again {
            return Ok(());
        }
        if let Some((first, first_span)) = self.declared(text) {
            let second = self.declared_text(&extent, !indices.is_empty());
            let (name, span) = (text.clone(), name.span);
            return Err(ElaborateError::Contradiction { name, first, first_span, second, span });
        }
        if !indices.is_empty() {
            let letters = indices.iter().map(|index| index.text.clone()).collect();
            let family = self.families.add(name, letters);
            (family.extent, family.properties) = (Some((extent, name.span)), properties);
            family.assumed = false;
            return Ok(());
        }
        self.scope.add_variable(Declared {
            name: text.as_str().into(),
            extent,
            properties,
            span: name.span,
            assumed: is_open,
            said: true,
            used: false,
        });
        Ok(())
    }

    /// What an earlier declaration says of a name, and where it stands.
    fn declared(&self, name: &str) -> Option<(String, Span)> {
        if let Some(family) = self.families.find(name) {
            let (extent, span) = self.families.list[family].extent.as_ref()?;
            return Some((self.declared_text(extent, true), *span));
        }
        let variable = &self.scope.variables[self.scope.find_variable(name)?];
        Some((self.declared_text(&variable.extent, false), variable.span))
    }

    fn declared_text(&self, extent: &Extent, of_family: bool) -> String {
        let shape = self.typer.extent_text(extent);
        if of_family { format!("a family, each element {shape}") } else { shape }
    }
}

/// A shape in words, `vector`, `spd`, whose sizes are still to be found; `positive` tells none.
fn extent_in_words(words: &[Word], sizes: &mut Sizes) -> Option<Extent> {
    let is_said = |kind: &str| words.iter().any(|word| word.text == kind);
    let is_square = |word: &Word| {
        word.text == "square" || property(&word.text).is_some_and(Property::is_of_squares)
    };
    Some(match () {
        () if words.iter().any(is_square) => Extent::square(sizes.fresh()),
        () if is_said("matrix") || is_said("rows") => Extent::new(sizes.fresh(), sizes.fresh()),
        () if is_said("row") => Extent::new(Dimension::one(), sizes.fresh()),
        () if is_said("vector") || is_said("column") || is_said("simplex") => {
            Extent::column(sizes.fresh())
        }
        () => return None,
    })
}

/// `typer` has the words for a shape that a property does not fit.
fn properties(
    typer: &Typer,
    words: &[Word],
    extent: &Extent,
) -> Result<Properties, ElaborateError> {
    let property_shape = |word: &Word| {
        let (word, span) = (word.text.clone(), word.span);
        ElaborateError::PropertyShape { word, shape: typer.extent_text(extent), span }
    };
    let mut properties = Properties::NONE;
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        if let Some(is_meant) = shape_word(&word.text, extent) {
            if is_meant {
                // `row vector`, `column vector`
                rest.next_if(|next| next.text == "vector");
                continue;
            }
            return Err(property_shape(word));
        }
        let Some(mut property) = property(&word.text) else {
            let near = nearest(&word.text, PROPERTY_WORDS.iter().copied());
            return Err(ElaborateError::UnknownProperty {
                word: word.text.clone(),
                span: word.span,
                nearest: near,
            });
        };
        if property == Property::Simplex {
            if rest.next_if(|next| next.text == "rows").is_some() {
                property = Property::RowSimplex;
            }
            rest.next_if(|next| next.text == "columns");
        }
        if !makes_sense(property, extent) {
            return Err(property_shape(word));
        }
        properties = properties.with(property);
    }
    Ok(properties)
}

impl Declared {
    /// A declaration that says more of the same, or the same again, is no contradiction; `is_open`: without sizes.
    fn say_again(&mut self, extent: &Extent, properties: Properties, is_open: bool) -> bool {
        if self.assumed && is_of_kind(extent, &self.extent) {
            self.extent = extent.clone();
            self.assumed &= is_open;
            self.properties = self.properties.union(properties);
            return true;
        }
        let same = self.extent == *extent;
        if same {
            self.properties = self.properties.union(properties);
        }
        same
    }
}

/// Whether a shape is of the kind that words without sizes said.
fn is_of_kind(extent: &Extent, said: &Extent) -> bool {
    extent.rows.is_one() == said.rows.is_one()
        && extent.columns.is_one() == said.columns.is_one()
        && (extent.rows == extent.columns || said.rows != said.columns)
        && !extent.is_tensor()
}

/// Whether a word for a shape is true of a value; `None` for other words.
fn shape_word(word: &str, extent: &Extent) -> Option<bool> {
    let is_matrix = !extent.rows.is_one() && !extent.columns.is_one() && !extent.is_tensor();
    Some(match word {
        "vector" | "column" => extent.columns.is_one() && !extent.rows.is_one(),
        "row" => extent.rows.is_one() && !extent.columns.is_one(),
        "matrix" => is_matrix,
        "square" => is_matrix && extent.rows == extent.columns,
        _ => return None,
    })
}

fn property(word: &str) -> Option<Property> {
    Some(match word {
        "symmetric" | "sym" => Property::Symmetric,
        "spd" | "positive-definite" => Property::PositiveDefinite,
        "psd" | "positive-semidefinite" => Property::PositiveSemidefinite,
        "diagonal" | "diag" => Property::Diagonal,
        "lower" => Property::Lower,
        "upper" => Property::Upper,
        "orthogonal" | "orth" => Property::Orthogonal,
        "invertible" | "inv" => Property::Invertible,
        "positive" | "pos" => Property::Positive,
        "nonnegative" | "nonneg" => Property::Nonnegative,
        "simplex" | "prob" => Property::Simplex,
        _ => return None,
    })
}

/// Whether the property can be said of values of this shape.
fn makes_sense(property: Property, extent: &Extent) -> bool {
    let scalar = extent.rows.is_one() && extent.columns.is_one();
    match property {
        Property::Positive | Property::Nonnegative => true,
        _ if extent.is_tensor() => false,
        Property::Simplex | Property::RowSimplex => !scalar,
        Property::Whole => scalar,
        _ => !property.is_of_squares() || extent.rows == extent.columns && !scalar,
    }
}
