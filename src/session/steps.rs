//! How a derivative was found, line by line. A derivation is checked like an answer: every line against dual numbers.

use thiserror::Error;

use super::answer::{Answer, Convention, Derivative, Layout};
use crate::derivation::{Binding, Derivation};
use crate::differentiate::{self, DifferentiateError};
use crate::evaluate::{self, CheckError, Effort};
use crate::expression::{Id, Node, Store};
use crate::render::{self, Document, Notation, Options, Prose};
use crate::simplify::simplify;

/// The derivation of one gradient.
#[derive(Clone, Debug)]
pub struct Steps {
    /// Of a formula in a recurrence, what it defines and the formula.
    pub formula: Option<(Option<String>, Id)>,
    /// The lines and their reasons.
    pub derivation: Derivation,
    /// What the answer calls what is differentiated.
    called: Option<String>,
    store: Store,
    options: Options,
}

/// Why there is no derivation.
#[derive(Clone, Debug, Error)]
pub enum StepsError {
    /// A step has no rule.
    #[error("the steps cannot be shown: {0}")]
    Differentiate(#[from] DifferentiateError),
    /// A line differs from the one before, or could not be compared.
    #[error("the steps cannot be shown: {0}")]
    Check(#[from] CheckError),
}

impl Answer {
    /// How one of the derivatives is found: one derivation, of a second derivative that of the gradient and that of its Jacobian.
    pub fn steps(&self, derivative: &Derivative) -> Result<Vec<Steps>, StepsError> {
        match (derivative.layout, &derivative.second) {
            (Layout::Denominator, _) if self.is_indexed() => self.steps_of_formulas(derivative),
            (Layout::Denominator, _) => Ok(vec![self.steps_of_gradient(derivative)?]),
            (_, None) => Ok(vec![self.steps_of_map(self.original, derivative, false)?]),
            (_, Some((_, second))) => {
                let first = derivative.variable_id;
                let gradient = self.gradients.iter().find(|one| one.variable_id == first);
                let Some(gradient) = gradient else { return Ok(Vec::new()) };
                let mut column = derivative.clone();
                column.variable_id = *second;
                Ok(vec![
                    self.steps_of_gradient(gradient)?,
                    self.steps_of_map(gradient.id, &column, true)?,
                ])
            }
        }
    }

    /// The forward differential of a value, and its matrix.
    fn steps_of_map(
        &self,
        value: Id,
        derivative: &Derivative,
        is_gradient: bool,
    ) -> Result<Steps, StepsError> {
        let mut store = self.store.clone();
        let matrix = (derivative.layout != Layout::LinearMap).then_some(derivative.id);
        let variable = derivative.variable_id;
        let derivation =
            differentiate::map_derivation(&mut store, value, variable, matrix, is_gradient)?;
        self.written_steps(store, derivation, derivative)
    }

    /// A derivation that holds, in the writer's names.
    fn written_steps(
        &self,
        mut store: Store,
        mut derivation: Derivation,
        derivative: &Derivative,
    ) -> Result<Steps, StepsError> {
        evaluate::check_derivation(&store, &derivation, &Effort::default())?;
        let is_asked = derivation.function == self.original;
        let called = is_asked.then(|| self.name().to_owned());
        // An inner value that the writer named keeps that name.
        let mut own: Vec<(Id, Id)> = Vec::new();
        let mut bindings = Vec::new();
        for binding in std::mem::take(&mut derivation.bindings) {
            let value = store.substitute(binding.value, &own);
            let value = self.writer.write_exactly(&mut store, value);
            if self.names.iter().any(|named| named.id == value) {
                own.push((binding.name, value));
            } else {
                bindings.push(Binding { value, ..binding });
            }
        }
        let shown = derivation.gradient == derivative.id;
        derivation.rewrite(&mut |id| {
            let id = store.substitute(id, &own);
            self.writer.write_exactly(&mut store, id)
        });
        derivation.bindings = bindings;
        if shown {
            derivation.gradient = derivative.written;
        }
        Ok(Steps { formula: None, derivation, called, store, options: self.options() })
    }

    /// Whether families or sums over an index stand below the formula.
    fn is_indexed(&self) -> bool {
        let is_indexed =
            |id: &Id| matches!(self.store.node(*id), Node::Element(..) | Node::SumOver(..));
        self.store.closure(&[self.original]).iter().any(is_indexed)
    }

    /// Through families: each formula on the way by each value in it that leads to the variable.
    fn steps_of_formulas(&self, gradient: &Derivative) -> Result<Vec<Steps>, StepsError> {
        let mut store = self.store.clone();
        let locals = differentiate::locals(&mut store, self.original, gradient.variable_id)?;
        let mut all = Vec::with_capacity(locals.len());
        for local in locals {
            let mut store = store.clone();
            let found = differentiate::gradients(&mut store, local.function, &[local.variable])?[0];
            let short = simplify(&mut store, &[found])[0];
            // A share of zero is none.
            if store.is_zero(short) {
                continue;
            }
            let derivation =
                differentiate::derivation(&mut store, local.function, local.variable, short)?;
            evaluate::check_derivation(&store, &derivation, &Effort::default())?;
            let formula = Some((local.defines, local.formula));
            all.push(Steps { formula, derivation, called: None, store, options: self.options() });
        }
        Ok(all)
    }

    fn steps_of_gradient(&self, gradient: &Derivative) -> Result<Steps, StepsError> {
        let mut store = self.store.clone();
        // The derivation leads to the G of df = tr(Gᵀ dX), which the independent entries of a triangle are not.
        let target = match gradient.convention {
            Convention::Cookbook => gradient.swept,
            Convention::Free | Convention::Projection => gradient.id,
        };
        let variable = gradient.variable_id;
        let derivation = differentiate::derivation(&mut store, self.original, variable, target)?;
        self.written_steps(store, derivation, gradient)
    }
}

impl Steps {
    /// Of a formula in a recurrence, the formula: `h[t] = tanh(Wh[t−1] + b)`.
    pub fn heading(&self, notation: Notation) -> Option<String> {
        let (defines, formula) = self.formula.as_ref()?;
        let text = Document::new(&self.store, &[*formula], &self.options).text(*formula, notation);
        Some(match defines {
            Some(name) => format!("{} = {text}", render::name(name, notation)),
            None => text,
        })
    }

    /// The lines in one notation.
    pub fn prose(&self, notation: Notation) -> Prose {
        let called = self.called.as_deref();
        render::derivation(&self.store, &self.derivation, called, notation, &self.options)
    }
}
