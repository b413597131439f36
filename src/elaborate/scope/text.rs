//! What the text tells of its names before anything is walked through, wherever that stands.

use std::collections::{BTreeMap, BTreeSet};

use super::position::size_arguments;
use super::{Function, Scope};
use crate::elaborate::is_entrywise;
use crate::elaborate::kind::Kinds;
use crate::elaborate::typer::Sizes;
use crate::elaborate::written::below;
use crate::syntax::ast::{BinaryOperator, ExprId, ExprKind, Program, StatementKind};

impl<'p> Scope<'p> {
    pub(crate) fn new(program: &'p Program, before: &'p Kinds) -> Self {
        let mut scope = Self {
            program,
            variables: Vec::new(),
            variable_indices: BTreeMap::new(),
            functions: BTreeMap::new(),
            calls: Vec::new(),
            unknown: Vec::new(),
            definitions: BTreeMap::new(),
            defined_at: BTreeMap::new(),
            definition_list: Vec::new(),
            size_names: BTreeSet::new(),
            declared_sizes: BTreeSet::new(),
            size_families: BTreeSet::new(),
            index_names: BTreeSet::new(),
            exponents: BTreeSet::new(),
            entrywise: BTreeSet::new(),
            promised: BTreeMap::new(),
            before,
            kinds: BTreeMap::new(),
        };
        scope.note_statements();
        scope.declared_sizes.clone_from(&scope.size_names);
        let sizes = size_arguments(&program.tree, &scope.functions);
        scope.size_names.extend(sizes.names);
        scope.size_families.extend(sizes.families);
        scope.note_places();
        scope.note_entrywise();
        scope
    }

    /// What is declared, and what is defined where.
    fn note_statements(&mut self) {
        for statement in &self.program.statements {
            match &statement.kind {
                StatementKind::Declaration(declaration) => {
                    self.index_names.extend(declaration.indices.iter().map(|index| &*index.text));
                    for size in declaration.sizes.iter().flatten() {
                        self.note_sizes(*size);
                    }
                }
                StatementKind::Definition { name, ranges, .. } => {
                    self.defined_at.insert(&name.text, name.span);
                    self.index_names.extend(ranges.iter().map(|(index, _, _)| &*index.text));
                }
                StatementKind::Function { name, parameters, body } => {
                    self.add_function(&name.text, Function { parameters, body: *body });
                }
                StatementKind::Sizes(sizes) => {
                    self.size_names.extend(sizes.iter().map(|(name, _)| name.text.as_str()));
                }
                StatementKind::Request { .. }
                | StatementKind::Solve { .. }
                | StatementKind::Expression(_) => {}
            }
        }
    }

    /// The names in a size are sizes.
    fn note_sizes(&mut self, size: ExprId) {
        for id in below(&self.program.tree, size) {
            match self.kind(id) {
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

    /// What stands in places of families, in ranges and in exponents.
    fn note_places(&mut self) {
        for node in &self.program.tree.nodes {
            match &node.kind {
                ExprKind::Index { indices, .. } | ExprKind::Part { indices, .. } => {
                    for index in indices {
                        self.note_sizes(*index);
                    }
                }
                ExprKind::IndexedSum { index, from, to, .. } => {
                    self.index_names.insert(&index.text);
                    self.note_sizes(*from);
                    self.note_sizes(*to);
                }
                ExprKind::Binary { operator: BinaryOperator::Power, right, .. } => {
                    if let ExprKind::Name(name) = self.kind(*right) {
                        self.exponents.insert(name);
                    }
                }
                _ => {}
            }
        }
        for statement in &self.program.statements {
            let StatementKind::Definition { ranges, .. } = &statement.kind else { continue };
            for (_, from, to) in ranges {
                self.note_sizes(*from);
                self.note_sizes(*to);
            }
        }
    }

    /// Where images are declared, a size that stands in one declaration and nowhere else may be what windows leave of them.
    pub(crate) fn open_sizes(&self, sizes: &mut Sizes) {
        if !self.has_tensors() {
            return;
        }
        let nodes = || self.program.tree.nodes.iter();
        for statement in &self.program.statements {
            let StatementKind::Declaration(declaration) = &statement.kind else { continue };
            for size in declaration.sizes.iter().flatten() {
                let written = self.kind(*size);
                if let ExprKind::Name(name) = written
                    && nodes().filter(|node| node.kind == *written).count() == 1
                {
                    sizes.open_name(name);
                }
            }
        }
    }

    pub(crate) fn has_tensors(&self) -> bool {
        self.variables.iter().any(|variable| variable.extent.is_tensor())
    }

    /// The expressions whose entries are all that counts: what entrywise functions and operators work on, through sums and products
    /// with numbers.
    fn note_entrywise(&mut self) {
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
        self.is_own_function(name) || !(is_entrywise(name) || by_entries)
    }
}
