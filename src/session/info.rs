//! What models cost: parameters, operations, memory.

use std::collections::BTreeMap;

use super::answer::Answer;
use crate::elaborate::Variable;
use crate::expression::Property;
use crate::lower::{Amount, Counts, Program};
use crate::number::{self, Rational};
use crate::shape::Name;
use crate::syntax::ast::RequestKind;

/// What a model costs.
#[derive(Clone, Debug)]
pub struct Information {
    /// What the requests differentiate by, each once, in the order in which they are named.
    pub parameters: Vec<Parameter>,
    /// What each request costs.
    pub requests: Vec<Expense>,
    /// The sizes that are known, the later ones told.
    pub sizes: BTreeMap<Name, u64>,
}

/// What is differentiated by.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The variable, of a family all its elements.
    pub variable: Variable,
    /// How many numbers can be chosen: of a symmetric matrix those of a triangle.
    pub count: Amount,
}

/// What a request costs.
#[derive(Clone, Debug)]
pub struct Expense {
    /// The formula as it was typed.
    pub formula: String,
    /// What is asked.
    pub kind: RequestKind,
    /// The names it is differentiated by.
    pub wrt: Vec<Name>,
    /// The value alone.
    pub value: Cost,
    /// The value with its derivatives; none where none are asked for.
    pub derivatives: Option<Cost>,
}

/// What a program costs.
#[derive(Clone, Debug)]
pub struct Cost {
    /// The program.
    pub program: Program,
    /// Its counts.
    pub counts: Counts,
}

impl Cost {
    fn of(program: Program) -> Self {
        let counts = program.counts();
        Self { program, counts }
    }
}

impl Information {
    /// The number of all parameters.
    pub fn total(&self) -> Amount {
        self.parameters.iter().fold(Amount::default(), |sum, one| sum.plus(&one.count))
    }

    /// An amount at the sizes that are known; none where one is missing.
    pub fn number(&self, amount: &Amount) -> Option<Rational> {
        let known = |name: &Name| self.sizes.get(name).and_then(|size| i64::try_from(*size).ok());
        amount.evaluate(&known)
    }

    /// The share of a part in the whole, where both are known.
    pub fn share(&self, part: &Amount, whole: &Amount) -> Option<f64> {
        let whole = self.number(whole).filter(|whole| *whole != number::zero())?;
        Some(number::to_f64(&(self.number(part)? / whole)))
    }

    /// The known sizes, as the cost model takes them.
    pub fn expected(&self) -> Vec<(Name, u64)> {
        self.sizes.iter().map(|(name, size)| (name.clone(), *size)).collect()
    }
}

/// What the answers cost, at the sizes that their model expects and those told here.
pub fn information(answers: &[Answer], told: &[(Name, u64)]) -> Information {
    let expected = answers.iter().flat_map(|answer| &answer.sizes);
    let sizes: BTreeMap<Name, u64> = expected.chain(told).cloned().collect();
    let mut found = Information { parameters: Vec::new(), requests: Vec::new(), sizes };
    let expected = found.expected();
    for answer in answers {
        let wrt = wrt(answer);
        for name in &wrt {
            // Of an element, the family is what can be chosen.
            let name = name.split('[').next().unwrap_or(name);
            let known = found.parameters.iter().any(|one| *one.variable.name == *name);
            let variable = answer.variables.iter().find(|variable| *variable.name == *name);
            if let (false, Some(variable)) = (known, variable) {
                let count = free(variable);
                found.parameters.push(Parameter { variable: variable.clone(), count });
            }
        }
        let (value, all) = answer.programs(&expected);
        found.requests.push(Expense {
            formula: answer.formula.clone(),
            kind: answer.kind,
            wrt,
            value: Cost::of(value),
            derivatives: (!answer.derivatives.is_empty()).then(|| Cost::of(all)),
        });
    }
    found
}

/// The names that the answer differentiates by, each once.
fn wrt(answer: &Answer) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for derivative in &answer.derivatives {
        let second = derivative.second.iter().map(|(name, _)| name);
        for name in std::iter::once(&derivative.variable).chain(second) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}

/// How many numbers of a variable can be chosen.
fn free(variable: &Variable) -> Amount {
    let (rows, columns) =
        (Amount::of(&variable.shape.rows()), Amount::of(&variable.shape.columns()));
    let has = |fact: Property| variable.properties.has(fact);
    let triangle = || rows.times(&rows.plus(&Amount::number(1))).scaled(&number::ratio(1, 2));
    let count = if variable.shape.is_scalar() || !variable.shape.is_square() {
        rows.times(&columns)
    } else if has(Property::Diagonal) {
        rows
    } else if has(Property::Symmetric) || has(Property::Lower) || has(Property::Upper) {
        triangle()
    } else {
        rows.times(&columns)
    };
    // Inner ranges may depend on outer indices.
    variable.ranges.iter().rev().fold(count, |count, range| count.total(range))
}
