//! Equations and stationary points: from a `solve` statement to a solution that was put back.

use super::Session;
use super::derive::on_one_line;
use super::error::{Problem, SessionError};
use super::program::Reading;
use super::source::Part;
use super::task::occurring;
use crate::elaborate::{System, Variable};
use crate::expression::{Id, Store};
use crate::render::{self, Document, Formula, Notation, Options};
use crate::shape::Name;
use crate::solve::{self, Condition, Equation, Residual, Solution, SolveError};
use crate::syntax;
use crate::syntax::ast::StatementKind;

/// The largest residual that is put down to rounding.
const LIMIT: f64 = 1e-6;

/// A solution, checked by putting it back.
#[derive(Clone, Debug)]
pub struct Solved {
    /// Owns every expression.
    pub store: Store,
    /// The statement as it was typed, on one line.
    pub statement: String,
    /// The unknowns.
    pub unknowns: Vec<(Name, Id)>,
    /// The variables that occur, in order of appearance.
    pub variables: Vec<Variable>,
    /// How something was read that could have been meant differently, in words.
    pub read: Vec<String>,
    /// Whether Greek letters were typed as letters.
    pub greek: bool,
    /// The solution.
    pub solution: Solution,
    /// What was found when it was put back into the equations.
    pub residual: Residual,
}

impl Solved {
    /// The name of an unknown in one notation.
    pub fn name(&self, unknown: Id, notation: Notation) -> String {
        let found = self.unknowns.iter().find(|(_, id)| *id == unknown);
        found.map_or_else(String::new, |(name, _)| render::name(name, notation))
    }

    /// Ascii text of this solution with Greek letters spelled as they were typed.
    pub fn as_typed(&self, text: String) -> String {
        if self.greek { text } else { syntax::in_words(&text) }
    }

    /// A condition in words: `c is not 0`.
    pub fn condition(&self, condition: Condition, notation: Notation) -> String {
        in_words(condition, &|id| self.written(id, notation).text)
    }

    /// One of the expressions in one notation.
    pub fn written(&self, id: Id, notation: Notation) -> Formula {
        let variables = self.variables.iter().map(|variable| variable.name.clone()).collect();
        let options = Options { variables, ..Options::default() };
        Document::new(&self.store, &[id], &options).formula(id, notation)
    }
}

impl Session {
    /// Solves what a statement `solve … for …` asks.
    pub fn solve(&self, declarations: &str, statement: &str) -> Result<Solved, SessionError> {
        let mut source = self.source();
        source.push(Part::Declarations, declarations);
        source.push(Part::Expression, statement);
        let reading = Reading::read(source, &[], None)?;
        let span = reading.source.typed();
        let last = reading.typed().last();
        let is_solve = |kind: &StatementKind| matches!(kind, StatementKind::Solve { .. });
        match last.filter(|statement| is_solve(&statement.kind)) {
            Some(statement) => {
                let systems = &reading.model.systems;
                let system = systems.iter().find(|system| system.span == statement.span);
                let missing = || reading.error(Problem::NoFormula { span });
                solved(&reading, system.ok_or_else(missing)?)
            }
            None => Err(reading.error(Problem::NoFormula { span })),
        }
    }
}

/// Solves one system.
pub(super) fn solved(reading: &Reading, system: &System) -> Result<Solved, SessionError> {
    let mut store = reading.model.store.clone();
    let equations: Vec<Equation> = system
        .equations
        .iter()
        .map(|equation| Equation { value: equation.value, is_stationary: !equation.is_equation })
        .collect();
    let unknowns: Vec<(Name, Id)> =
        system.unknowns.iter().map(|unknown| (unknown.name.clone(), unknown.id)).collect();
    let ids: Vec<Id> = unknowns.iter().map(|(_, id)| *id).collect();
    let found = solve::solve(&mut store, &equations, &ids);
    let solution = found.map_err(|error| refusal(reading, system, &store, &error))?;
    let residual = solve::residual(&store, &solution);
    let span = system.span;
    if residual.points == 0 {
        let options = options_of(reading);
        let write = |id| Document::new(&store, &[id], &options).text(id, Notation::Unicode);
        let never: Vec<String> =
            solution.conditions.iter().map(|one| in_words(*one, &write)).collect();
        let reason = if never.is_empty() {
            "no point was found at which the solution could be put back".to_owned()
        } else {
            format!(
                "the equation determines the unknown only if {}, and no point was found at which that is so",
                never.join(" and ")
            )
        };
        return Err(reading.error(Problem::Unsolved { reason, equation: None, span }));
    }
    if residual.largest > LIMIT {
        let (reproduce, _) = reading.source.without_library();
        return Err(reading.error(Problem::Wrong {
            found: format!("the solution leaves a residual of {:.1e}", residual.largest),
            reproduce: reproduce.replace("\n;\n", "; "),
            span,
        }));
    }
    let values = system.equations.iter().map(|equation| equation.value);
    let mut roots: Vec<Id> = values.chain(ids.iter().copied()).collect();
    roots.dedup();
    let variables = reading
        .model
        .variables
        .iter()
        .filter(|variable| {
            let is_used =
                |root: &Id| !occurring(&store, *root, std::slice::from_ref(variable)).is_empty();
            roots.iter().any(is_used)
        })
        .cloned()
        .collect();
    Ok(Solved {
        statement: on_one_line(&reading.source.text[span.start..span.end]),
        store,
        unknowns,
        variables,
        read: reading.model.notes.clone(),
        greek: reading.source.has_greek(),
        solution,
        residual,
    })
}

fn refusal(reading: &Reading, system: &System, store: &Store, error: &SolveError) -> SessionError {
    let unknown = |at: usize| system.unknowns.get(at).map_or(system.span, |unknown| unknown.span);
    let (span, equation) = match error {
        SolveError::NotScalar { equation } => {
            let found = system.equations.get(*equation);
            (found.map_or(system.span, |equation| equation.span), None)
        }
        SolveError::DoesNotOccur { unknown: at } | SolveError::Recurrence { unknown: at } => {
            (unknown(*at), None)
        }
        SolveError::Contradiction { equation } | SolveError::Dependent { equation } => {
            (system.span, Some(*equation))
        }
        SolveError::NotLinear { unknown: at, equation }
        | SolveError::NotSquare { unknown: at, equation } => (unknown(*at), Some(*equation)),
        SolveError::Count { .. } | SolveError::TooLong { .. } | SolveError::Differentiate(_) => {
            (system.span, None)
        }
    };
    let equation = equation.map(|id| {
        let options = options_of(reading);
        format!("{} = 0", Document::new(store, &[id], &options).text(id, Notation::Unicode))
    });
    reading.error(Problem::Unsolved { reason: error.to_string(), equation, span })
}

/// A condition in words: `c is not 0`.
fn in_words(condition: Condition, write: &dyn Fn(Id) -> String) -> String {
    format!("{} {}", write(condition.value()), condition.demand())
}

fn options_of(reading: &Reading) -> Options {
    let variables = reading.model.variables.iter().map(|variable| variable.name.clone());
    Options { variables: variables.collect(), ..Options::default() }
}
