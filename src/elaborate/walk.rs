//! The walk through the syntax tree: statements, then expressions, operands first, functions unfolded at each call.

use std::collections::{BTreeMap, BTreeSet};

use super::builtin;
use super::declare::Declared;
use super::error::{ElaborateError, arity, counted, unsupported};
use super::family::{Family, Use};
use super::index_error::IndexError;
use super::kind::Kind;
use super::request::{Asked, System};
use super::typer::{Bounds, Operation, Place, Typer};
use crate::expression::Properties;
use crate::source::Span;
use crate::syntax::ast::{ExprId, ExprKind, Program, RequestKind, StatementKind, Word};
use crate::work;

/// Typed nodes at most: functions that double their argument grow fast.
const NODE_LIMIT: usize = 1_000_000;
/// Functions within functions at most.
const CALL_LIMIT: usize = 64;

/// A function as written.
#[derive(Clone, Copy)]
pub(super) struct Function<'p> {
    pub(super) parameters: &'p [Word],
    pub(super) body: ExprId,
}

/// Values of a function's parameters.
pub(super) type Environment<'p> = BTreeMap<&'p str, Place>;

/// What is known of a program so far.
pub(super) struct Walker<'p> {
    pub(super) program: &'p Program,
    pub(super) typer: Typer,
    pub(super) variables: Vec<Declared>,
    pub(super) variable_indices: BTreeMap<String, usize>,
    /// Functions by name; those of one name take different arguments.
    pub(super) functions: BTreeMap<&'p str, Vec<Function<'p>>>,
    /// Entrywise functions that stay unknown, in the order of their declarations.
    pub(super) unknown: Vec<&'p str>,
    /// Definitions above the current line.
    pub(super) definitions: BTreeMap<&'p str, Place>,
    /// Where each definition stands, above or below.
    pub(super) defined_at: BTreeMap<&'p str, Span>,
    pub(super) definition_list: Vec<(&'p str, Place)>,
    /// Names that are sizes somewhere.
    pub(super) size_names: BTreeSet<&'p str>,
    /// Those of them that stand in declarations.
    pub(super) declared_sizes: BTreeSet<&'p str>,
    /// Names that stand as an exponent somewhere: scalars, unless declared otherwise.
    pub(super) exponents: BTreeSet<&'p str>,
    /// Expressions whose entries are all that counts.
    pub(super) entrywise: BTreeSet<ExprId>,
    /// What is asked of the last formula, where the program does not say it.
    pub(super) asked: Option<RequestKind>,
    /// What is declared of names whose shapes are not.
    pub(super) promised: BTreeMap<&'p str, Properties>,
    /// The kinds of undeclared names that are not what their letters say.
    pub(super) kinds: BTreeMap<String, Kind>,
    pub(super) requests: Vec<Asked<'p>>,
    pub(super) systems: Vec<System<'p>>,
    pub(super) values: Vec<Place>,
    pub(super) expected_sizes: Vec<(&'p str, u64)>,
    /// Families, given and defined.
    pub(super) families: Vec<Family<'p>>,
    pub(super) family_indices: BTreeMap<&'p str, usize>,
    /// Families of sizes: the `n` of `n[l]`.
    pub(super) size_families: BTreeSet<&'p str>,
    /// Names that stand as an index somewhere.
    pub(super) index_names: BTreeSet<&'p str>,
    /// The indices that are bound here.
    pub(super) bound: Vec<Bounds>,
    /// The family whose formula is walked through.
    pub(super) within: Option<usize>,
    pub(super) uses_of_elements: Vec<Use>,
    /// The functions that are being unfolded: name and number of parameters.
    calls: Vec<(&'p str, usize)>,
}

impl<'p> Walker<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        Self {
            program,
            typer: Typer::new(program.notes.clone()),
            variables: Vec::new(),
            variable_indices: BTreeMap::new(),
            functions: BTreeMap::new(),
            unknown: Vec::new(),
            definitions: BTreeMap::new(),
            defined_at: BTreeMap::new(),
            definition_list: Vec::new(),
            size_names: BTreeSet::new(),
            declared_sizes: BTreeSet::new(),
            exponents: BTreeSet::new(),
            entrywise: BTreeSet::new(),
            asked: None,
            promised: BTreeMap::new(),
            kinds: BTreeMap::new(),
            requests: Vec::new(),
            systems: Vec::new(),
            values: Vec::new(),
            expected_sizes: Vec::new(),
            families: Vec::new(),
            family_indices: BTreeMap::new(),
            size_families: BTreeSet::new(),
            index_names: BTreeSet::new(),
            bound: Vec::new(),
            within: None,
            uses_of_elements: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// All statements but declarations, in order.
    pub(super) fn statements(&mut self) -> Result<(), ElaborateError> {
        let program = self.program;
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
        self.finish_families()?;
        self.typer.sizes.settle().map_err(|span| ElaborateError::OpenSizes { span })
    }

    fn define(&mut self, name: &'p Word, value: ExprId) -> Result<(), ElaborateError> {
        let place = self.expression(value, &Environment::new())?;
        self.check_declared(name, place)?;
        self.definitions.insert(&name.text, place);
        self.definition_list.push((&name.text, place));
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
                return Err(ElaborateError::TooLarge { span: self.span(id) });
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
        let program = self.program;
        let mut stack = vec![root];
        let mut order = Vec::new();
        while let Some(id) = stack.pop() {
            work::count(1);
            order.push(id);
            let expression = program.tree.get(id);
            match &expression.kind {
                ExprKind::Number(_) | ExprKind::Name(_) => {}
                ExprKind::Negate(a) | ExprKind::Transpose(a) => stack.push(*a),
                ExprKind::Binary { left, right, .. } => stack.extend([*left, *right]),
                ExprKind::Substitute { replacements, .. } => {
                    stack.extend(replacements.iter().map(|(_, value)| *value));
                }
                // Indices are no values; what is summed is walked through with its index bound.
                ExprKind::Index { .. } | ExprKind::IndexedSum { .. } => {}
                ExprKind::Call { function, arguments } => {
                    if self.is_derivative(function) {
                        // What follows the formula are names of variables.
                        stack.extend(arguments.first());
                        continue;
                    }
                    self.check_callable(function, environment)?;
                    if self.functions.contains_key(function.text.as_str()) {
                        let found = self.overload(function, arguments);
                        let plain = || self.value_arguments(arguments);
                        stack.extend(found.map_or_else(plain, |(_, values)| values));
                    } else if !self.takes_sizes(function) {
                        stack.extend(self.value_arguments(arguments));
                    }
                }
            }
        }
        order.sort_unstable();
        Ok(order)
    }

    fn takes_sizes(&self, function: &Word) -> bool {
        !self.functions.contains_key(function.text.as_str())
            && builtin::find(&function.text).is_some_and(builtin::Builtin::takes_sizes)
    }

    /// The arguments without a final `rows` or `columns`.
    pub(super) fn value_arguments<'a>(&self, arguments: &'a [ExprId]) -> &'a [ExprId] {
        match arguments {
            [values @ .., last] if !values.is_empty() && self.is_direction(*last) => values,
            _ => arguments,
        }
    }

    fn is_direction(&self, id: ExprId) -> bool {
        let ExprKind::Name(name) = &self.program.tree.get(id).kind else { return false };
        matches!(name.as_str(), "rows" | "columns") && !self.variable_indices.contains_key(name)
    }

    fn node(
        &mut self,
        id: ExprId,
        value: &dyn Fn(ExprId) -> Place,
        environment: &Environment<'p>,
    ) -> Result<Place, ElaborateError> {
        let expression = self.program.tree.get(id);
        let span = expression.span;
        match &expression.kind {
            ExprKind::Number(number) => Ok(self.typer.number(number.clone(), span)),
            ExprKind::Name(name) => self.name(name, span, environment),
            ExprKind::Negate(a) => Ok(self.typer.negate(value(*a), span)),
            ExprKind::Transpose(a) => self.typer.transpose(value(*a), span),
            ExprKind::Binary { operator, operator_span, left, right } => {
                let inside = self.entrywise.contains(&id);
                let (left, right) = (value(*left), value(*right));
                self.typer.binary_within(*operator, *operator_span, left, right, span, inside)
            }
            ExprKind::Call { function, arguments } => {
                if self.is_derivative(function) {
                    return self.derivative(function, arguments, value, span);
                }
                if let Some(known) = self.functions.get(function.text.as_str()) {
                    let Some((inlined, values)) = self.overload(function, arguments) else {
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

    /// The function of that name which takes so many arguments, with those of the arguments that are values: a function whose last
    /// parameter is called `rows` or `columns` is meant where that word is the last argument.
    fn overload<'a>(
        &self,
        function: &Word,
        arguments: &'a [ExprId],
    ) -> Option<(Function<'p>, &'a [ExprId])> {
        let known = self.functions.get(function.text.as_str())?;
        let values = self.value_arguments(arguments);
        let word = arguments.get(values.len()).map(|id| &self.program.tree.get(*id).kind);
        let takes_word = |function: &Function<'_>| {
            let last = function.parameters.last();
            last.is_some_and(|last| matches!(last.text.as_str(), "rows" | "columns"))
        };
        let fits = |function: &&Function<'p>| {
            function.parameters.len() == arguments.len()
                && match (word, function.parameters.last()) {
                    (Some(ExprKind::Name(word)), Some(last)) => *word == last.text,
                    (Some(_), _) => false,
                    (None, _) => !takes_word(function),
                }
        };
        known.iter().find(fits).map(|function| (*function, values))
    }

    /// The body of a function, evaluated for these arguments.
    fn inline(
        &mut self,
        name: &'p Word,
        function: Function<'p>,
        arguments: &[Place],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let call = (name.text.as_str(), function.parameters.len());
        if self.calls.contains(&call) {
            return Err(ElaborateError::Recursive { name: name.text.clone(), span });
        }
        if self.calls.len() >= CALL_LIMIT {
            return Err(ElaborateError::TooLarge { span });
        }
        let names = function.parameters.iter().map(|word| word.text.as_str());
        let environment = names.zip(arguments.iter().copied()).collect();
        self.calls.push(call);
        let result = self.expression(function.body, &environment);
        self.calls.pop();
        let place = result.map_err(|error| match error {
            nested @ ElaborateError::InCall { .. } if !self.calls.is_empty() => nested,
            ElaborateError::InCall { error, .. } => {
                ElaborateError::InCall { error, name: name.text.clone(), span }
            }
            error => {
                ElaborateError::InCall { error: Box::new(error), name: name.text.clone(), span }
            }
        })?;
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
        let Some(base) = self.definitions.get(function.text.as_str()).copied() else {
            return Err(unsupported("a substitution in anything but a definition", span));
        };
        let mut pairs = Vec::new();
        for (name, id) in replacements {
            let Some(index) = self.variable_indices.get(&name.text).copied() else {
                return Err(self.unknown_variable(&name.text, name.span));
            };
            let place = value(*id);
            let Declared { extent, span: first, .. } = &self.variables[index];
            self.typer.require_extent(&name.text, (extent, *first), place, span)?;
            pairs.push((index, place));
        }
        let extent = self.typer.node(base).extent.clone();
        Ok(self.typer.push(Operation::Substitute(base, pairs), extent, span))
    }

    fn span(&self, id: ExprId) -> Span {
        self.program.tree.get(id).span
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
