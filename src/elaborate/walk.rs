//! The walk through the syntax tree: statements, then expressions, operands first.

use std::collections::BTreeMap;

use super::error::ElaborateError;
use super::families::Families;
use super::index_error::IndexError;
use super::kind::Kinds;
use super::requests::Requests;
use super::scope::{Declared, Scope};
use super::typer::{Place, Typer};
use crate::syntax::ast::{ExprId, ExprKind, Program, StatementKind, Word};
use crate::work;

/// Typed nodes at most: functions that double their argument grow fast.
const NODE_LIMIT: usize = 1_000_000;

/// Values of a function's parameters.
pub(super) type Environment<'p> = BTreeMap<&'p str, Place>;

/// What is known of a program so far: what its names mean, its typed nodes, its families, what it asks. Each part is on its own;
/// the walker asks one and tells another.
pub(super) struct Walker<'p> {
    pub(super) scope: Scope<'p>,
    pub(super) typer: Typer,
    pub(super) families: Families<'p>,
    pub(super) requests: Requests<'p>,
}

impl<'p> Walker<'p> {
    pub(super) fn new(program: &'p Program, before: &'p Kinds) -> Self {
        Self {
            scope: Scope::new(program, before),
            typer: Typer::new(program.notes.clone()),
            families: Families::default(),
            requests: Requests::default(),
        }
    }

    /// All statements but declarations, in order.
    pub(super) fn statements(&mut self) -> Result<(), ElaborateError> {
        let program = self.scope.program;
        for statement in &program.statements {
            self.settle_families()?;
            match &statement.kind {
                StatementKind::Declaration(_) | StatementKind::Function { .. } => {}
                StatementKind::Definition { name, indices, value, ranges } => {
                    match (indices.as_slice(), ranges.first()) {
                        ([], None) => self.define(name, *value)?,
                        ([], Some((index, _, _))) => {
                            let (name, span) = (name.text.clone(), index.span);
                            let what = "defined without an index";
                            return Err(IndexError::NotAFamily { name, what, span }.into());
                        }
                        // The formulas of families are walked through when they can be.
                        _ => {}
                    }
                }
                StatementKind::Request { kind, of, wrt } => {
                    self.request(*kind, *of, wrt, statement.span)?;
                }
                StatementKind::Solve { equations, unknowns } => {
                    self.system(equations, unknowns, statement.span)?;
                }
                StatementKind::Sizes(sizes) => {
                    let sizes = sizes.iter().map(|(name, value)| (name.text.as_str(), *value));
                    self.requests.sizes.extend(sizes);
                }
                StatementKind::Expression(id) => {
                    let place = self.expression(*id, &Environment::new())?;
                    self.requests.values.push(place);
                }
            }
        }
        self.settle_families()?;
        self.families.check()?;
        let settled = self.typer.sizes.settle();
        if settled.map_err(|span| ElaborateError::OpenSizes { span })? {
            self.typer.note("the sizes of ⊗ and vec as equal factor by factor".to_owned());
        }
        Ok(())
    }

    /// The definition of a declared name must have the declared shape.
    fn define(&mut self, name: &'p Word, value: ExprId) -> Result<(), ElaborateError> {
        let place = self.expression(value, &Environment::new())?;
        if let Some(index) = self.scope.find_variable(&name.text) {
            let Declared { extent, span, .. } = &self.scope.variables[index];
            let own = self.typer.span(place);
            self.typer.require_extent(&name.text, (extent, *span), place, own)?;
        }
        self.scope.define(name, place);
        Ok(())
    }

    /// The value of the expression at `root`: operands have smaller ids, so one pass in order does it.
    pub(super) fn expression(
        &mut self,
        root: ExprId,
        environment: &Environment<'p>,
    ) -> Result<Place, ElaborateError> {
        let order = self.needed(root, environment)?;
        let first = order.first().map_or(0, |id| id.0);
        let mut values = vec![Place::MAX; (root.0 - first + 1) as usize];
        for id in order {
            if self.typer.nodes().len() > NODE_LIMIT {
                return Err(ElaborateError::TooLarge { span: self.scope.span(id) });
            }
            let place =
                self.node(id, &|operand| values[(operand.0 - first) as usize], environment)?;
            values[(id.0 - first) as usize] = place;
        }
        Ok(values[(root.0 - first) as usize])
    }

    /// What is evaluated for `root`, in order: everything below it but sizes and words such as `rows`.
    fn needed(
        &self,
        root: ExprId,
        environment: &Environment<'p>,
    ) -> Result<Vec<ExprId>, ElaborateError> {
        let mut stack = vec![root];
        let mut order = Vec::new();
        while let Some(id) = stack.pop() {
            work::count(1);
            order.push(id);
            match self.scope.kind(id) {
                // Indices are no values; what is summed is walked through with its index bound.
                ExprKind::Index { .. } | ExprKind::IndexedSum { .. } => {}
                ExprKind::Part { of, .. } => stack.push(*of),
                ExprKind::Call { function, arguments } => {
                    if self.scope.derivative(function).is_some() {
                        // What follows the formula are names of variables.
                        stack.extend(arguments.first());
                        continue;
                    }
                    let is_parameter = environment.contains_key(&*function.text);
                    self.scope.check_callable(function, is_parameter)?;
                    if self.scope.is_own_function(&function.text) {
                        let found = self.scope.overload(function, arguments);
                        let plain = || self.scope.value_arguments(arguments);
                        stack.extend(found.map_or_else(plain, |(_, values)| values));
                    } else if !self.scope.takes_sizes(function) {
                        stack.extend(self.scope.value_arguments(arguments));
                    }
                }
                kind => stack.extend(kind.children()),
            }
        }
        order.sort_unstable();
        Ok(order)
    }

    fn node(
        &mut self,
        id: ExprId,
        value: &dyn Fn(ExprId) -> Place,
        environment: &Environment<'p>,
    ) -> Result<Place, ElaborateError> {
        let expression = self.scope.program.tree.get(id);
        let span = expression.span;
        match &expression.kind {
            ExprKind::Number(number) => Ok(self.typer.number(number.clone(), span)),
            ExprKind::Name(name) => self.name(name, span, environment),
            ExprKind::Negate(a) => Ok(self.typer.negate(value(*a), span)),
            ExprKind::Transpose(a) => {
                self.check_transposed(*a, environment)?;
                self.typer.transpose(value(*a), span)
            }
            ExprKind::Binary { operator, operator_span, left, right } => {
                let inside = self.scope.is_entrywise(id);
                let (left, right) = (value(*left), value(*right));
                self.typer.binary_within(*operator, *operator_span, left, right, span, inside)
            }
            ExprKind::Call { function, arguments } => {
                if let Some(kind) = self.scope.derivative(function) {
                    return self.derivative((kind, function), arguments, value, environment, span);
                }
                if self.scope.is_own_function(&function.text) {
                    return self.own_call(function, arguments, value, span);
                }
                self.builtin_call(function, arguments, value, environment, span)
            }
            ExprKind::Substitute { function, replacements } => {
                self.substitute(function, replacements, value, span)
            }
            ExprKind::Index { base, indices } => self.element(base, indices, environment, span),
            ExprKind::Part { of, indices } => self.part_or_product(*of, value(*of), indices, span),
            ExprKind::Blocks(rows) => {
                let rows: Vec<Vec<Place>> =
                    rows.iter().map(|row| row.iter().map(|id| value(*id)).collect()).collect();
                self.typer.blocks(&rows, span)
            }
            ExprKind::Range(_) => Err(IndexError::NotAnIndex { span }.into()),
            ExprKind::IndexedSum { index, from, to, body } => {
                self.indexed_sum(index, (*from, *to), *body, environment, span)
            }
        }
    }

    /// A name that is transposed is no scalar, unless it is declared as one.
    fn check_transposed(
        &self,
        operand: ExprId,
        environment: &Environment<'p>,
    ) -> Result<(), ElaborateError> {
        let expression = self.scope.program.tree.get(operand);
        if let ExprKind::Name(name) = &expression.kind
            && !environment.contains_key(name.as_str())
            && let Some(index) = self.scope.find_variable(name)
            && let Declared { assumed: true, extent, .. } = &self.scope.variables[index]
            && extent.rows.is_one()
            && extent.columns.is_one()
        {
            let (name, span) = (name.clone(), expression.span);
            return Err(ElaborateError::TransposedScalar { name, span });
        }
        Ok(())
    }
}
