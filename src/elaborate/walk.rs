//! The walk through the syntax tree: statements, then expressions, operands first, functions unfolded at each call.

use std::collections::BTreeMap;

use super::error::{ElaborateError, arity, counted, unsupported};
use super::families::Families;
use super::index_error::IndexError;
use super::request::{Asked, System};
use super::scope::{Declared, Function, Scope};
use super::typer::{Operation, Place, Typer};
use crate::source::Span;
use crate::syntax::ast::{ExprId, ExprKind, Program, StatementKind, Word};
use crate::work;

/// Typed nodes at most: functions that double their argument grow fast.
const NODE_LIMIT: usize = 1_000_000;

/// Values of a function's parameters.
pub(super) type Environment<'p> = BTreeMap<&'p str, Place>;

/// What is known of a program so far.
pub(super) struct Walker<'p> {
    pub(super) scope: Scope<'p>,
    pub(super) typer: Typer,
    pub(super) families: Families<'p>,
    pub(super) requests: Vec<Asked<'p>>,
    pub(super) systems: Vec<System<'p>>,
    pub(super) values: Vec<Place>,
    pub(super) expected_sizes: Vec<(&'p str, u64)>,
}

impl<'p> Walker<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        Self {
            scope: Scope::new(program),
            typer: Typer::new(program.notes.clone()),
            families: Families::default(),
            requests: Vec::new(),
            systems: Vec::new(),
            values: Vec::new(),
            expected_sizes: Vec::new(),
        }
    }

    /// All statements but declarations, in order.
    pub(super) fn statements(&mut self) -> Result<(), ElaborateError> {
        let program = self.scope.program;
        for statement in &program.statements {
            self.settle_families()?;
            match &statement.kind {
                StatementKind::Declaration(_) | StatementKind::Function { .. } => {}
                StatementKind::Definition { name, indices, value, range } => {
                    match (indices.as_slice(), range) {
                        ([], None) => self.define(name, *value)?,
                        // The formulas of families are walked through when they can be.
                        ([_], _) => {}
                        ([], Some((index, _, _))) => {
                            let (name, span) = (name.text.clone(), index.span);
                            let what = "defined without an index";
                            return Err(IndexError::NotAFamily { name, what, span }.into());
                        }
                        (several, _) => {
                            let (name, found) = (name.text.clone(), several.len());
                            let span = statement.span;
                            return Err(IndexError::Indices { name, found, span }.into());
                        }
                    }
                }
                StatementKind::Request { kind, of, wrt } => {
                    self.request(*kind, *of, wrt, statement.span)?;
                }
                StatementKind::Solve { equations, unknowns } => {
                    self.system(equations, unknowns, statement.span)?;
                }
                StatementKind::Sizes(sizes) => {
                    self.expected_sizes
                        .extend(sizes.iter().map(|(name, value)| (name.text.as_str(), *value)));
                }
                StatementKind::Expression(id) => {
                    let place = self.expression(*id, &Environment::new())?;
                    self.values.push(place);
                }
            }
        }
        self.settle_families()?;
        self.families.check()?;
        self.typer.sizes.settle().map_err(|span| ElaborateError::OpenSizes { span })
    }

    fn define(&mut self, name: &'p Word, value: ExprId) -> Result<(), ElaborateError> {
        let place = self.expression(value, &Environment::new())?;
        self.check_declared(name, place)?;
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
            ExprKind::Transpose(a) => self.typer.transpose(value(*a), span),
            ExprKind::Binary { operator, operator_span, left, right } => {
                let inside = self.scope.is_entrywise(id);
                let (left, right) = (value(*left), value(*right));
                self.typer.binary_within(*operator, *operator_span, left, right, span, inside)
            }
            ExprKind::Call { function, arguments } => {
                if let Some(kind) = self.scope.derivative(function) {
                    return self.derivative(kind, function, arguments, value, span);
                }
                if let Some(known) = self.scope.functions(&function.text) {
                    let Some((inlined, values)) = self.scope.overload(function, arguments) else {
                        let words = choices(known);
                        return Err(arity(function, words, arguments.len(), span));
                    };
                    let places: Vec<Place> = values.iter().map(|id| value(*id)).collect();
                    return self.inline(function, inlined, &places, span);
                }
                self.builtin_call(function, arguments, value, environment, span)
            }
            ExprKind::Substitute { function, replacements } => {
                self.substitute(function, replacements, value, span)
            }
            ExprKind::Index { base, indices } => self.element(base, indices, span),
            ExprKind::IndexedSum { index, from, to, body } => {
                self.indexed_sum(index, (*from, *to), *body, environment, span)
            }
        }
    }

    /// The body of a function, evaluated for these arguments.
    fn inline(
        &mut self,
        name: &'p Word,
        function: Function<'p>,
        arguments: &[Place],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        self.scope.enter(name, function, span)?;
        let names = function.parameters.iter().map(|word| word.text.as_str());
        let environment = names.zip(arguments.iter().copied()).collect();
        let result = self.expression(function.body, &environment);
        let place = self.scope.leave(name, result, span)?;
        Ok(self.typer.same(place, span))
    }

    /// `f(W := a)`
    fn substitute(
        &mut self,
        function: &'p Word,
        replacements: &'p [(Word, ExprId)],
        value: &dyn Fn(ExprId) -> Place,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let Some(base) = self.scope.definition(&function.text) else {
            return Err(unsupported("a substitution in anything but a definition", span));
        };
        let mut pairs = Vec::new();
        for (name, id) in replacements {
            let Some(index) = self.scope.find_variable(&name.text) else {
                return Err(self.scope.unknown_variable(&name.text, name.span));
            };
            let place = value(*id);
            let Declared { extent, span: first, .. } = &self.scope.variables[index];
            self.typer.require_extent(&name.text, (extent, *first), place, span)?;
            pairs.push((index, place));
        }
        let extent = self.typer.node(base).extent.clone();
        Ok(self.typer.push(Operation::Substitute(base, pairs), extent, span))
    }
}

/// How many arguments the functions of one name take.
fn choices(functions: &[Function<'_>]) -> String {
    let mut counts: Vec<usize> =
        functions.iter().map(|function| function.parameters.len()).collect();
    counts.sort_unstable();
    counts.dedup();
    let words: Vec<String> = counts.into_iter().map(counted).collect();
    words.join(" or ")
}
