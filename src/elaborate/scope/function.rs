//! What a name before a bracket means, and which of its arguments are values.

use super::Scope;
use crate::elaborate::builtin;
use crate::elaborate::error::ElaborateError;
use crate::elaborate::typer::is_constant;
use crate::function::{self, FunctionId};
use crate::source::Span;
use crate::syntax::ast::{ExprId, ExprKind, RequestKind, Word};
use crate::syntax::{LAST_AXIS, nearest};

/// Functions within functions at most.
const CALL_LIMIT: usize = 64;

/// A function as written.
#[derive(Clone, Copy)]
pub(crate) struct Function<'p> {
    pub(crate) parameters: &'p [Word],
    pub(crate) body: ExprId,
}

impl Function<'_> {
    /// The last parameter where it is called `rows` or `columns`.
    fn word(&self) -> Option<&str> {
        let last = self.parameters.last().map(|word| word.text.as_str());
        last.filter(|word| matches!(*word, "rows" | "columns"))
    }
}

impl<'p> Scope<'p> {
    /// A function takes the place of an earlier one with as many parameters.
    pub(super) fn add_function(&mut self, name: &'p str, function: Function<'p>) {
        let known = self.functions.entry(name).or_default();
        known.retain(|other| {
            other.parameters.len() != function.parameters.len() || other.word() != function.word()
        });
        known.push(function);
    }

    pub(crate) fn is_own_function(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    /// How many arguments the functions of that name take.
    pub(crate) fn counts(&self, name: &Word) -> String {
        let known = self.functions.get(name.text.as_str()).into_iter().flatten();
        let mut counts: Vec<usize> = known.map(|function| function.parameters.len()).collect();
        counts.sort_unstable();
        counts.dedup();
        let words: Vec<String> = counts.into_iter().map(builtin::counted).collect();
        words.join(" or ")
    }

    /// The function of that name which takes so many arguments, with those of the arguments that are values: a function whose last
    /// parameter is called `rows` or `columns` is meant where that word is the last argument.
    pub(crate) fn overload<'a>(
        &self,
        function: &Word,
        arguments: &'a [ExprId],
    ) -> Option<(Function<'p>, &'a [ExprId])> {
        let known = self.functions.get(function.text.as_str())?;
        let values = self.value_arguments(arguments);
        let word = arguments.get(values.len()).map(|id| self.kind(*id));
        let fits = |function: &&Function<'p>| {
            function.parameters.len() == arguments.len()
                && match (word, function.parameters.last()) {
                    (Some(ExprKind::Name(word)), Some(last)) => *word == last.text,
                    (Some(_), _) => false,
                    (None, _) => function.word().is_none(),
                }
        };
        known.iter().find(fits).map(|function| (*function, values))
    }

    /// A call of a function of the program begins.
    pub(crate) fn enter(
        &mut self,
        name: &'p Word,
        function: Function<'p>,
        span: Span,
    ) -> Result<(), ElaborateError> {
        let call = (name.text.as_str(), function.parameters.len());
        if self.calls.contains(&call) {
            return Err(ElaborateError::Recursive { name: name.text.clone(), span });
        }
        if self.calls.len() >= CALL_LIMIT {
            return Err(ElaborateError::TooLarge { span });
        }
        self.calls.push(call);
        Ok(())
    }

    /// The call ends. What is wrong in it is told of the outermost call.
    pub(crate) fn leave<T>(
        &mut self,
        name: &Word,
        result: Result<T, ElaborateError>,
        span: Span,
    ) -> Result<T, ElaborateError> {
        self.calls.pop();
        result.map_err(|error| match error {
            nested @ ElaborateError::InCall { .. } if !self.calls.is_empty() => nested,
            error => {
                let error = match error {
                    ElaborateError::InCall { error, .. } => error,
                    error => Box::new(error),
                };
                ElaborateError::InCall { error, name: name.text.clone(), span }
            }
        })
    }

    pub(crate) fn takes_sizes(&self, function: &Word) -> bool {
        !self.is_own_function(&function.text)
            && builtin::find(&function.text).is_some_and(builtin::Builtin::takes_sizes)
    }

    /// The arguments without a final `rows` or `columns`.
    pub(crate) fn value_arguments<'a>(&self, arguments: &'a [ExprId]) -> &'a [ExprId] {
        match arguments {
            [values @ .., last] if !values.is_empty() && self.is_direction(*last) => values,
            _ => arguments,
        }
    }

    fn is_direction(&self, id: ExprId) -> bool {
        let ExprKind::Name(name) = self.kind(id) else { return false };
        matches!(name.as_str(), "rows" | "columns" | LAST_AXIS)
            && self.find_variable(name).is_none()
    }

    /// The last argument where it is the word `rows` or `columns`, or the last axis of an array program.
    pub(crate) fn direction(&self, arguments: &[ExprId]) -> Option<&'static str> {
        let words = &arguments[self.value_arguments(arguments).len()..];
        match self.kind(*words.first()?) {
            ExprKind::Name(word) if word == "rows" => Some("rows"),
            ExprKind::Name(word) if word == LAST_AXIS => Some(LAST_AXIS),
            _ => Some("columns"),
        }
    }

    /// The error for such a word where it says nothing.
    pub(crate) fn no_direction(
        &self,
        function: &Word,
        word: &'static str,
        arguments: &[ExprId],
    ) -> ElaborateError {
        let span = arguments.last().map_or(function.span, |id| self.span(*id));
        ElaborateError::Direction { name: function.text.clone(), word, span }
    }

    /// `φ`, `φ′` of `φ: function`; the derivative of an order that has no row is none.
    pub(crate) fn unknown_function(&self, name: &str) -> Option<FunctionId> {
        let base = name.trim_end_matches('′');
        let which = self.unknown.iter().position(|known| *known == base)?;
        FunctionId::unknown(which, name[base.len()..].chars().count())
    }

    /// The function of that name, of the program or of the table.
    pub(crate) fn find_function(&self, name: &str) -> Option<FunctionId> {
        self.unknown_function(name).or_else(|| function::find(name))
    }

    /// Whether the name is that of a function. A letter such as σ, Φ or d is one only before a bracket.
    pub(crate) fn is_function(&self, name: &str) -> bool {
        let is_letter = name.chars().count() == 1;
        self.is_own_function(name)
            || self.unknown_function(name).is_some()
            || !is_letter && crate::elaborate::is_known(name)
    }

    /// The derivative that a call asks for, where the name is no function or variable of the program.
    pub(crate) fn derivative(&self, function: &Word) -> Option<RequestKind> {
        let name = function.text.as_str();
        let is_own = self.is_own_function(name) || self.find_variable(name).is_some();
        builtin::derivative(name).filter(|_| !is_own)
    }

    /// Whether a call can mean something; the error when it cannot.
    pub(crate) fn check_callable(
        &self,
        function: &Word,
        is_parameter: bool,
    ) -> Result<(), ElaborateError> {
        let (name, span) = (function.text.as_str(), function.span);
        let what = match function::find(name) {
            _ if is_parameter => "a parameter",
            _ if self.is_own_function(name) || self.unknown_function(name).is_some() => {
                return Ok(());
            }
            _ if self.is_defined(name) => "a definition",
            _ if self.find_variable(name).is_some() => "a variable",
            _ if builtin::find(name).is_some() => return Ok(()),
            Some(id) if is_constant(id) => "a constant",
            Some(_) => return Ok(()),
            None => {
                let (name, nearest) = (name.to_owned(), self.nearest_function(name));
                return Err(ElaborateError::UnknownFunction { name, span, nearest });
            }
        };
        Err(ElaborateError::NotAFunction { name: name.to_owned(), what, span })
    }

    fn nearest_function(&self, name: &str) -> Option<String> {
        let rows = || FunctionId::all().filter(|id| !is_constant(*id)).map(FunctionId::row);
        let spellings = rows().flat_map(|row| row.spellings.iter().copied());
        let own = self.functions.keys().map(|name| (*name).to_owned());
        let given = builtin::names().chain(rows().map(|row| row.name)).chain(spellings);
        let candidates: Vec<String> = own.chain(given.map(ToOwned::to_owned)).collect();
        nearest(name, candidates.iter().map(String::as_str))
    }
}
