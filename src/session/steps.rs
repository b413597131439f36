//! How a gradient was found, line by line. A derivation is checked like an answer: every line against dual numbers.

use thiserror::Error;

use super::answer::{Answer, Convention, Derivative};
use crate::derivation::Derivation;
use crate::differentiate::{self, DifferentiateError};
use crate::evaluate::{self, CheckError, Effort};
use crate::expression::Store;
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
    /// The derivation of one of the gradients.
    pub fn steps(&self, gradient: &Derivative) -> Result<Steps, StepsError> {
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
