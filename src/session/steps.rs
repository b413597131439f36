//! How a derivative was found, line by line. A derivation is checked like an answer: every line against dual numbers.

use thiserror::Error;

use super::answer::{Answer, Convention, Derivative, Layout};
use crate::derivation::Derivation;
use crate::differentiate::{self, DifferentiateError};
use crate::evaluate::{self, CheckError, Effort};
use crate::expression::{Id, Store};
use crate::render::{self, Notation, Options, Prose};

/// The derivation of one gradient.
#[derive(Clone, Debug)]
pub struct Steps {
    /// The lines and their reasons.
    pub derivation: Derivation,
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
        evaluate::check_derivation(&store, &derivation, &Effort::default())?;
        Ok(Steps { derivation, store, options: self.options() })
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
        evaluate::check_derivation(&store, &derivation, &Effort::default())?;
        Ok(Steps { derivation, store, options: self.options() })
    }
}

impl Steps {
    /// The lines in one notation.
    pub fn prose(&self, notation: Notation) -> Prose {
        render::derivation(&self.store, &self.derivation, notation, &self.options)
    }
}
