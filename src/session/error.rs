//! Why a question has no answer, and where in the typed text the reason stands.

use thiserror::Error;

use super::source::{Part, Source};
use crate::differentiate::DifferentiateError;
use crate::elaborate::ElaborateError;
use crate::evaluate::CheckError;
use crate::shape::Shape;
use crate::source::{Diagnostic, Fault, Label, Span};
use crate::syntax::SyntaxError;

/// Why a question has no answer. Spans are places in the source text put together from all parts.
#[derive(Clone, Debug, Error)]
pub enum Problem {
    /// The text is no program.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// The program means nothing.
    #[error(transparent)]
    Elaborate(#[from] ElaborateError),
    /// There are statements, but nothing to answer.
    #[error("there is no formula here")]
    NoFormula {
        /// The last statement.
        span: Span,
    },
    /// The gradient or Hessian of something that is not scalar.
    #[error("only a scalar has {what}; this is not scalar: its shape is {shape}")]
    NotScalar {
        /// What was asked for.
        what: &'static str,
        /// The value's shape.
        shape: Shape,
        /// The value.
        span: Span,
    },
    /// A name to differentiate by that is no variable.
    #[error("`{name}` is no variable of this formula")]
    NoVariable {
        /// The name.
        name: String,
        /// The variables.
        candidates: Vec<String>,
        /// Its place in the list of names.
        span: Span,
    },
    /// A name to differentiate by that stands for a formula.
    #[error("`{name}` is defined by a formula; a gradient is by a variable")]
    Defined {
        /// The name.
        name: String,
        /// Its place in the list of names.
        span: Span,
    },
    /// The same name twice.
    #[error("`{name}` is named twice")]
    Twice {
        /// The name.
        name: String,
        /// The second place in the list of names.
        span: Span,
    },
    /// No name to differentiate by, and not exactly one variable.
    #[error("by which variable?")]
    WhichVariable {
        /// The variables.
        candidates: Vec<String>,
        /// The formula.
        span: Span,
    },
    /// A claim of another shape than the derivative's.
    #[error("the claim has shape {found}, the derivative has shape {expected}")]
    ClaimShape {
        /// The claim's shape.
        found: Shape,
        /// The derivative's shape.
        expected: Shape,
        /// The claim.
        span: Span,
    },
    /// A name in a claim that the question does not have.
    #[error("`{name}` does not occur in the question")]
    ClaimName {
        /// The name.
        name: String,
        /// The variables of the question.
        candidates: Vec<String>,
        /// Its place.
        span: Span,
    },
    /// Equations without a solution in closed form.
    #[error("{reason}")]
    Unsolved {
        /// Why there is none.
        reason: String,
        /// The equation that was reached.
        equation: Option<String>,
        /// The unknown, or the statement.
        span: Span,
    },
    /// `gradient of f wrt x` where a Hessian, or a gradient by y, is asked for beside it.
    #[error("the text asks for a {written}, and beside it a {asked} is asked for")]
    TwoQuestions {
        /// The request in the text.
        written: String,
        /// The other.
        asked: String,
        /// The request.
        span: Span,
    },
    /// `gradient of E[k] wrt x`
    #[error(
        "`{index}` has no value here: a gradient is of one scalar, and there is one for each `{index}`"
    )]
    FreeIndex {
        /// The index.
        index: String,
        /// The formula as typed.
        formula: String,
        /// The range of the index.
        range: String,
        /// The formula.
        span: Span,
    },
    /// `hessian of f wrt x` for a family x.
    #[error("`{name}` is a family of variables, and a {what} is by single variables")]
    ByFamily {
        /// What was asked for.
        what: &'static str,
        /// The family.
        name: String,
        /// The formula.
        span: Span,
    },
    /// There is no rule.
    #[error("{error}")]
    Differentiate {
        /// What is missing.
        error: DifferentiateError,
        /// The formula.
        span: Span,
    },
    /// The answer could not be checked: the formula has no values where it was tried.
    #[error("this answer could not be checked: {error}")]
    Unchecked {
        /// Why not.
        error: CheckError,
        /// The formula.
        span: Span,
    },
    /// A fault of gradus on the way to the answer.
    #[error("{fault}")]
    Fault {
        /// What was found, and where.
        fault: Fault,
        /// The formula.
        span: Span,
    },
    /// The check found the answer wrong.
    #[error("this is a fault of gradus, please report it: {found}")]
    Wrong {
        /// What was found.
        found: String,
        /// The input that shows it.
        reproduce: String,
        /// The formula.
        span: Span,
    },
}

impl Problem {
    /// Why a derivative could not be made: there is no rule, or a fault.
    pub(super) fn of_derivative(error: DifferentiateError, span: Span) -> Self {
        match error {
            DifferentiateError::Fault(fault) => Self::Fault { fault, span },
            DifferentiateError::NotScalar { .. } | DifferentiateError::NotSupported { .. } => {
                Self::Differentiate { error, span }
            }
        }
    }

    /// The error in words, with its places in the source text.
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Syntax(error) => error.diagnostic(),
            Self::Elaborate(error) => error.diagnostic(),
            Self::Fault { fault, span } => fault.diagnostic(*span),
            _ => Diagnostic {
                code: self.code(),
                message: self.to_string(),
                labels: self.labels(),
                help: self.help(),
            },
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Syntax(error) => error.diagnostic().code,
            Self::Elaborate(error) => error.diagnostic().code,
            Self::NoFormula { .. } => "E0901",
            Self::NotScalar { .. } => "E0902",
            Self::NoVariable { .. } => "E0904",
            Self::Defined { .. } => "E0905",
            Self::Twice { .. } => "E0906",
            Self::WhichVariable { .. } => "E0907",
            Self::Differentiate { .. } => "E0908",
            Self::TwoQuestions { .. } => "E0915",
            Self::FreeIndex { .. } => "E0913",
            Self::ByFamily { .. } => "E0914",
            Self::Unsolved { .. } => "E0912",
            Self::ClaimShape { .. } => "E0910",
            Self::ClaimName { .. } => "E0911",
            Self::Unchecked { .. } => "E0909",
            Self::Fault { .. } | Self::Wrong { .. } => Fault::CODE,
        }
    }

    fn labels(&self) -> Vec<Label> {
        let label = |span: Span, text: &str| vec![Label { span, text: text.to_owned() }];
        match self {
            Self::Syntax(error) => error.diagnostic().labels,
            Self::Elaborate(error) => error.diagnostic().labels,
            Self::NoFormula { span } => label(*span, "this asks nothing"),
            Self::NotScalar { shape, span, .. } => label(*span, &format!("shape {shape}")),
            Self::NoVariable { span, .. } => label(*span, "neither declared nor used"),
            Self::Defined { span, .. } => label(*span, "a definition"),
            Self::Twice { span, .. } => label(*span, "again"),
            Self::WhichVariable { span, .. } => label(*span, "a gradient of this"),
            Self::Differentiate { span, .. } => label(*span, "in this"),
            Self::TwoQuestions { span, .. } => label(*span, "this asks by itself"),
            Self::FreeIndex { span, .. } => label(*span, "which of them?"),
            Self::ByFamily { span, .. } => label(*span, "of this"),
            Self::Unsolved { span, .. } => label(*span, "for this"),
            Self::ClaimShape { found, span, .. } => label(*span, &format!("shape {found}")),
            Self::ClaimName { span, .. } => label(*span, "unknown here"),
            Self::Unchecked { span, .. } => label(*span, "this formula"),
            Self::Fault { fault, span } => fault.diagnostic(*span).labels,
            Self::Wrong { span, .. } => label(*span, "the gradient of this"),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Syntax(error) => error.diagnostic().help,
            Self::Elaborate(error) => error.diagnostic().help,
            Self::NoFormula { .. } => Some("type a formula, such as `x'*A*x`".to_owned()),
            Self::NotScalar { .. } => {
                Some("ask for its Jacobian, or for a scalar of it, such as `sum(…)` or `norm2(…)^2`".to_owned())
            }
            Self::Unsolved { equation, .. } => {
                equation.as_ref().map(|equation| format!("the equation that was reached: {equation}"))
            }
            Self::ClaimShape { found, expected, .. } if found.transposed() == *expected => Some(
                "this is the layout of the transpose: a gradient has the shape of its variable, a Jacobian a row for each \
                 entry of the value"
                    .to_owned(),
            ),
            Self::ClaimShape { .. } => {
                Some("write the derivative in the layout that is asked for".to_owned())
            }
            Self::ClaimName { candidates, .. } | Self::NoVariable { candidates, .. } | Self::WhichVariable { candidates, .. } => {
                Some(choice(candidates))
            }
            Self::Defined { name, .. } => {
                Some(format!("declare `{name}` instead of defining it, or name its variables"))
            }
            Self::Fault { fault, span } => fault.diagnostic(*span).help,
            Self::Wrong { reproduce, .. } => Some(format!("the input that shows it: {reproduce}")),
            Self::TwoQuestions { .. } => {
                Some("leave one of them out, or give the formula alone".to_owned())
            }
            Self::FreeIndex { index, formula, range, .. } => Some(format!(
                "ask for their sum, `gradient of sum({index} in {range}, {formula}) wrt …`, or for one of them, with a number or a size in place of `{index}`"
            )),
            Self::ByFamily { name, .. } => Some(format!(
                "ask for `gradient of … wrt {name}`, or write `{name}` as one variable: a matrix with an element a column"
            )),
            Self::Twice { .. } | Self::Differentiate { .. } | Self::Unchecked { .. } => None,
        }
    }
}

fn choice(candidates: &[String]) -> String {
    match candidates {
        [] => "the formula has no variables".to_owned(),
        [only] => format!("the only variable is {only}"),
        several => format!("the variables are {}", several.join(", ")),
    }
}

/// A [`Problem`] and the typed text that it speaks of.
#[derive(Clone, Debug, Error)]
#[error("{problem}")]
pub struct SessionError {
    problem: Box<Problem>,
    diagnostic: Box<Diagnostic>,
    text: String,
    place: Option<(Part, Span)>,
}

impl SessionError {
    /// Traces the problem's places back to what was typed.
    pub(super) fn new(problem: Problem, source: &Source) -> Self {
        let mut diagnostic = problem.diagnostic();
        let aside = matches!(
            problem,
            Problem::NoVariable { .. } | Problem::Defined { .. } | Problem::Twice { .. }
        ) && !source.aside().is_empty();
        let (text, place) = if aside {
            let place = diagnostic.labels.first().map(|label| (Part::Wrt, label.span));
            (source.aside().to_owned(), place)
        } else {
            trace(&mut diagnostic, source)
        };
        Self { problem: Box::new(problem), diagnostic: Box::new(diagnostic), text, place }
    }

    /// The same error with more that may be typed instead, before what it says already.
    #[must_use]
    pub(super) fn with_help(mut self, help: &str) -> Self {
        let known = self.diagnostic.help.take();
        self.diagnostic.help =
            Some(known.map_or(help.to_owned(), |known| format!("{help}\n{known}")));
        self
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The error as a person reads it; its places lie in [`SessionError::text`].
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.diagnostic
    }

    /// The typed text that the diagnostic's places lie in.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The part of the question in which the reason stands, and where in that part; byte offsets.
    pub fn place(&self) -> Option<(Part, Span)> {
        self.place
    }

    /// The error as text, with the lines it speaks of; `name` names what was typed.
    pub fn render(&self, name: &str, color: bool) -> String {
        crate::source::render(&self.diagnostic, &self.text, name, color)
    }
}

/// Makes the diagnostic's places relative to the one part they lie in, or to all that was typed.
fn trace(diagnostic: &mut Diagnostic, source: &Source) -> (String, Option<(Part, Span)>) {
    let part = |label: &Label| source.locate(label.span).map(|(part, _)| part);
    diagnostic.labels.retain(|label| part(label) != Some(Part::Library));
    let Some(main) = diagnostic.labels.first().map(|label| label.span) else {
        return (source.piece(source.typed()).unwrap_or_default().to_owned(), None);
    };
    let place = source.locate(main);
    let home = source.piece(main).unwrap_or_default();
    let alone = diagnostic
        .labels
        .iter()
        .all(|label| source.piece(label.span).is_some_and(|piece| std::ptr::eq(piece, home)));
    if alone {
        for label in &mut diagnostic.labels {
            label.span = source.locate(label.span).map(|(_, span)| span).unwrap_or_default();
        }
        return (home.to_owned(), place);
    }
    let (text, shift) = source.without_library();
    for label in &mut diagnostic.labels {
        let back = |at: usize| at.saturating_sub(shift).min(text.len());
        label.span = Span::new(back(label.span.start), back(label.span.end));
    }
    (text.to_owned(), place)
}
