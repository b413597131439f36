//! Declarations: sizes, properties, and which names a program defines.

use super::error::{ElaborateError, unsupported};
use super::position::size_arguments;
use super::typer::Extent;
use super::walk::{Function, Walker};
use crate::expression::{Properties, Property};
use crate::function::UNKNOWN_FUNCTIONS;
use crate::number;
use crate::shape::{Dimension, Name};
use crate::source::Span;
use crate::syntax::PROPERTY_WORDS;
use crate::syntax::ast::{
    BinaryOperator, Declaration, ExprId, ExprKind, StatementKind, Tree, Word,
};
use crate::syntax::nearest;

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

impl<'p> Walker<'p> {
    /// Looks through the whole program for what it declares, wherever that stands.
    pub(super) fn declarations(&mut self) -> Result<(), ElaborateError> {
        let program = self.program;
        self.note_index_names();
        for statement in &program.statements {
            match &statement.kind {
                StatementKind::Declaration(declaration) => {
                    self.declare(declaration)?;
                    for size in declaration.sizes.iter().flatten() {
                        self.note_sizes(*size);
                    }
                }
                StatementKind::Definition { name, .. } => {
                    self.defined_at.insert(&name.text, name.span);
                }
                StatementKind::Function { name, parameters, body } => {
                    let function = Function { parameters, body: *body };
                    self.add_function(&name.text, function);
                }
                StatementKind::Sizes(sizes) => {
                    self.size_names.extend(sizes.iter().map(|(name, _)| name.text.as_str()));
                }
                StatementKind::Request { .. }
                | StatementKind::Solve { .. }
                | StatementKind::Expression(_) => {}
            }
        }
        self.declared_sizes = self.size_names.clone();
        let sizes = size_arguments(&program.tree, &self.functions);
        self.size_names.extend(sizes.names);
        self.size_families.extend(sizes.families);
        self.open_names();
        for expression in &program.tree.nodes {
            if let ExprKind::Binary { operator: BinaryOperator::Power, right, .. } = expression.kind
                && let ExprKind::Name(name) = &program.tree.get(right).kind
            {
                self.exponents.insert(name);
            }
        }
        self.note_families();
        self.note_entrywise();
        Ok(())
    }

    /// Where images are declared, a size that stands in one declaration and nowhere else may be what windows leave of them.
    fn open_names(&mut self) {
        if !self.variables.iter().any(|variable| variable.extent.is_tensor()) {
            return;
        }
        let program = self.program;
        let names = || {
            program.tree.nodes.iter().filter_map(|node| match &node.kind {
                ExprKind::Name(name) => Some(name.as_str()),
                _ => None,
            })
        };
        for statement in &program.statements {
            let StatementKind::Declaration(declaration) = &statement.kind else { continue };
            for size in declaration.sizes.iter().flatten() {
                if let ExprKind::Name(name) = &program.tree.get(*size).kind
                    && names().filter(|other| other == name).count() == 1
                {
                    self.typer.sizes.open_name(name);
                }
            }
        }
    }

    /// A function takes the place of an earlier one with as many parameters.
    fn add_function(&mut self, name: &'p str, function: Function<'p>) {
        let word = |function: &Function<'_>| {
            let last = function.parameters.last().map(|word| word.text.clone());
            last.filter(|word| matches!(word.as_str(), "rows" | "columns"))
        };
        let known = self.functions.entry(name).or_default();
        known.retain(|other| {
            other.parameters.len() != function.parameters.len() || word(other) != word(&function)
        });
        known.push(function);
    }

    /// `φ: function`: entrywise, and unknown.
    fn declare_function(
        &mut self,
        name: &'p Word,
        indices: &[Word],
        has_sizes: bool,
    ) -> Result<(), ElaborateError> {
        if !indices.is_empty() || has_sizes {
            let span = name.span;
            return Err(unsupported("an unknown function that is not entrywise", span));
        }
        if !self.unknown.contains(&name.text.as_str()) {
            self.unknown.push(&name.text);
        }
        if self.unknown.len() > UNKNOWN_FUNCTIONS {
            return Err(unsupported("so many unknown functions", name.span));
        }
        Ok(())
    }

    /// The names in a size are sizes.
    pub(super) fn note_sizes(&mut self, size: ExprId) {
        for id in below(&self.program.tree, size) {
            match &self.program.tree.get(id).kind {
                ExprKind::Name(name) => {
                    self.size_names.insert(name);
                }
                ExprKind::Index { base, .. } => {
                    self.size_families.insert(&base.text);
                }
                _ => {}
            }
        }
    }

    fn declare(&mut self, declaration: &'p Declaration) -> Result<(), ElaborateError> {
        let Declaration { name, indices, sizes, properties: words } = declaration;
        if let [word] = words.as_slice()
            && word.text == "function"
        {
            return self.declare_function(name, indices, sizes.is_some());
        }
        let known = self.variable_indices.get(&name.text).copied();
        let extent = match sizes {
            Some(sizes) => {
                let size = |size: &ExprId| declared_size(&self.program.tree, *size);
                Extent::of(&sizes.iter().map(size).collect::<Result<Vec<Dimension>, _>>()?)
            }
            None => match known {
                Some(known) => self.variables[known].extent.clone(),
                None => match self.extent_in_words(words) {
                    Some(extent) => extent,
                    None => {
                        let properties = self.properties(words, &Extent::scalar())?;
                        self.promised.insert(&name.text, properties);
                        return Ok(());
                    }
                },
            },
        };
        let properties = self.properties(words, &extent)?;
        if !indices.is_empty() {
            return self.declare_family(name, indices, extent, properties);
        }
        if let Some(known) = known {
            let variable = &mut self.variables[known];
            if variable.assumed && is_of_kind(&extent, &variable.extent) {
                variable.extent = extent;
                variable.assumed &= sizes.is_none();
                variable.properties = variable.properties.union(properties);
                return Ok(());
            }
            if variable.extent == extent {
                variable.properties = properties;
                return Ok(());
            }
        }
        if let Some((first, first_span)) = self.declared(&name.text) {
            return Err(ElaborateError::Contradiction {
                name: name.text.clone(),
                first,
                first_span,
                second: self.typer.extent_text(&extent),
                span: name.span,
            });
        }
        self.add_variable(Declared {
            name: name.text.as_str().into(),
            extent,
            properties,
            span: name.span,
            assumed: sizes.is_none(),
            said: true,
            used: false,
        });
        Ok(())
    }

    /// A shape in words, `vector`, `spd`, whose sizes are still to be found; `positive` tells none.
    fn extent_in_words(&mut self, words: &[Word]) -> Option<Extent> {
        let is_said = |kind: &str| words.iter().any(|word| word.text == kind);
        let is_square = |word: &Word| {
            word.text == "square" || property(&word.text).is_some_and(Property::is_of_squares)
        };
        Some(match () {
            () if words.iter().any(is_square) => Extent::square(self.typer.sizes.fresh()),
            () if is_said("matrix") || is_said("rows") => {
                Extent::new(self.typer.sizes.fresh(), self.typer.sizes.fresh())
            }
            () if is_said("row") => Extent::new(Dimension::one(), self.typer.sizes.fresh()),
            () if is_said("vector") || is_said("column") || is_said("simplex") => {
                Extent::column(self.typer.sizes.fresh())
            }
            () => return None,
        })
    }

    pub(super) fn add_variable(&mut self, variable: Declared) -> usize {
        let index = self.variables.len();
        self.variable_indices.insert(variable.name.to_string(), index);
        self.variables.push(variable);
        index
    }

    /// A definition of a declared name must have the declared shape.
    pub(super) fn check_declared(
        &mut self,
        name: &Word,
        place: usize,
    ) -> Result<(), ElaborateError> {
        let Some(index) = self.variable_indices.get(&name.text).copied() else { return Ok(()) };
        let Declared { extent, span, .. } = &self.variables[index];
        self.typer.require_extent(&name.text, (extent, *span), place, self.typer.span(place))
    }

    fn properties(&self, words: &[Word], extent: &Extent) -> Result<Properties, ElaborateError> {
        let mut properties = Properties::NONE;
        let mut rest = words.iter().peekable();
        while let Some(word) = rest.next() {
            if let Some(is_meant) = shape_word(&word.text, extent) {
                if is_meant {
                    // `row vector`, `column vector`
                    rest.next_if(|next| next.text == "vector");
                    continue;
                }
                return Err(self.property_shape(word, extent));
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
                return Err(self.property_shape(word, extent));
            }
            properties = properties.with(property);
        }
        Ok(properties)
    }

    fn property_shape(&self, word: &Word, extent: &Extent) -> ElaborateError {
        let (word, span) = (word.text.clone(), word.span);
        ElaborateError::PropertyShape { word, shape: self.typer.extent_text(extent), span }
    }

    /// The expressions whose entries are all that counts: what entrywise functions and operators work on, through sums and products
    /// with numbers.
    pub(in crate::elaborate) fn note_entrywise(&mut self) {
        let tree = &self.program.tree;
        let mut stack: Vec<ExprId> = Vec::new();
        for node in &tree.nodes {
            match &node.kind {
                ExprKind::Call { function, arguments } if !self.is_whole(&function.text) => {
                    stack.extend(arguments);
                }
                ExprKind::Binary {
                    operator:
                        BinaryOperator::Hadamard
                        | BinaryOperator::EntrywiseDivide
                        | BinaryOperator::EntrywisePower,
                    left,
                    right,
                    ..
                } => stack.extend([*left, *right]),
                _ => {}
            }
        }
        while let Some(id) = stack.pop() {
            if !self.entrywise.insert(id) {
                continue;
            }
            match &tree.get(id).kind {
                ExprKind::Negate(a) => stack.push(*a),
                ExprKind::Binary {
                    operator: BinaryOperator::Add | BinaryOperator::Subtract,
                    left,
                    right,
                    ..
                } => stack.extend([*left, *right]),
                _ => {}
            }
        }
    }

    /// Whether a function works on its argument as a whole.
    fn is_whole(&self, name: &str) -> bool {
        let by_entries = matches!(name, "sum" | "paper_exp" | "mean" | "max");
        self.functions.contains_key(name) || !(super::is_entrywise(name) || by_entries)
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

/// A declared size; a known one is at least 1.
pub(super) fn declared_size(tree: &Tree, id: ExprId) -> Result<Dimension, ElaborateError> {
    dimension(tree, id, &|_| Ok(None))
}

/// The calls in a size that stand in no other call.
pub(super) fn calls_below(tree: &Tree, root: ExprId) -> Vec<ExprId> {
    let mut order = of_size(tree, root);
    order.retain(|id| matches!(tree.get(*id).kind, ExprKind::Call { .. }));
    order
}

/// What is known of a name or a call in a size.
pub(super) type Given<'a> = dyn Fn(ExprId) -> Result<Option<Dimension>, ElaborateError> + 'a;

/// The size written at `root`; `value` knows names and calls that stand for other sizes.
pub(super) fn dimension(
    tree: &Tree,
    root: ExprId,
    value: &Given<'_>,
) -> Result<Dimension, ElaborateError> {
    let order = of_size(tree, root);
    let first = order.first().map_or(0, |id| id.0);
    let mut sizes = vec![Dimension::one(); (root.0 - first + 1) as usize];
    for id in order {
        let size = |id: ExprId| &sizes[(id.0 - first) as usize];
        let expression = tree.get(id);
        let not_a_size = ElaborateError::NotASize { span: expression.span };
        let found = match &expression.kind {
            ExprKind::Number(number) => number::to_i64(number).map(Dimension::constant),
            ExprKind::Name(name) => {
                Some(value(id)?.unwrap_or_else(|| Dimension::symbol(name.as_str())))
            }
            ExprKind::Negate(a) => Some(Dimension::constant(0).minus(size(*a))),
            ExprKind::Binary { operator, left, right, .. } => match operator {
                BinaryOperator::Add => Some(size(*left).plus(size(*right))),
                BinaryOperator::Subtract => Some(size(*left).minus(size(*right))),
                BinaryOperator::Multiply => Some(size(*left).times(size(*right))),
                BinaryOperator::Divide => {
                    Some(whole_quotient(size(*left), size(*right), expression.span)?)
                }
                _ => None,
            },
            ExprKind::Index { base, indices } => match indices.as_slice() {
                [at] => Some(Dimension::element(base.text.as_str(), size(*at).clone())),
                _ => None,
            },
            ExprKind::Call { .. } => value(id)?,
            ExprKind::Substitute { .. } | ExprKind::IndexedSum { .. } | ExprKind::Transpose(_) => {
                None
            }
        };
        // (a+b)*(a+b)*… grows without end; no size is as long as this.
        let found = found.filter(|size| size.terms().count() <= 64).ok_or(not_a_size)?;
        sizes[(id.0 - first) as usize] = found;
    }
    let size = sizes.swap_remove((root.0 - first) as usize);
    match size.as_constant() {
        Some(value) if value < 1 => Err(ElaborateError::NotASize { span: tree.get(root).span }),
        _ => Ok(size),
    }
}

/// The quotient of two sizes, which must come out whole.
pub(super) fn whole_quotient(
    dividend: &Dimension,
    divisor: &Dimension,
    span: Span,
) -> Result<Dimension, ElaborateError> {
    if divisor.as_constant() == Some(0) {
        return Err(ElaborateError::DivisionByZero { span });
    }
    dividend.quotient(divisor).ok_or_else(|| ElaborateError::NotWhole {
        dividend: dividend.to_string(),
        divisor: divisor.to_string(),
        span,
    })
}

/// The expression and everything below it that is part of its arithmetic, operands first: a call is one thing.
pub(super) fn of_size(tree: &Tree, root: ExprId) -> Vec<ExprId> {
    let mut stack = vec![root];
    let mut order = Vec::new();
    while let Some(id) = stack.pop() {
        order.push(id);
        match &tree.get(id).kind {
            ExprKind::Negate(a) => stack.push(*a),
            ExprKind::Binary { left, right, .. } => stack.extend([*left, *right]),
            ExprKind::Index { indices, .. } => stack.extend(indices),
            ExprKind::Number(_)
            | ExprKind::Name(_)
            | ExprKind::Call { .. }
            | ExprKind::Transpose(_)
            | ExprKind::Substitute { .. }
            | ExprKind::IndexedSum { .. } => {}
        }
    }
    order.sort_unstable();
    order
}

/// The expression and everything below it, operands first.
pub(super) fn below(tree: &Tree, root: ExprId) -> Vec<ExprId> {
    let mut stack = vec![root];
    let mut order = Vec::new();
    while let Some(id) = stack.pop() {
        order.push(id);
        match &tree.get(id).kind {
            ExprKind::Number(_) | ExprKind::Name(_) => {}
            ExprKind::Negate(a) | ExprKind::Transpose(a) => stack.push(*a),
            ExprKind::Binary { left, right, .. } => stack.extend([*left, *right]),
            ExprKind::Call { arguments: ids, .. } | ExprKind::Index { indices: ids, .. } => {
                stack.extend(ids);
            }
            ExprKind::Substitute { replacements, .. } => {
                stack.extend(replacements.iter().map(|(_, value)| *value));
            }
            ExprKind::IndexedSum { from, to, body, .. } => stack.extend([*from, *to, *body]),
        }
    }
    order.sort_unstable();
    order
}
