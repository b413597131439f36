//! What can be wrong with a program that can be read, and the words for it.

use thiserror::Error;

use super::index_error::IndexError;
use crate::source::{Diagnostic, Label, Span};
use crate::syntax::ast::{RequestKind, Word};

/// Two operands whose shapes do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeClash {
    /// What was to be done.
    pub operation: &'static str,
    /// The left operand's shape.
    pub left: String,
    /// The left operand.
    pub left_span: Span,
    /// The right operand's shape.
    pub right: String,
    /// The right operand.
    pub right_span: Span,
    /// Where sizes that were not declared were found.
    pub origins: Vec<(String, Span)>,
    /// What to write instead.
    pub help: Option<String>,
}

/// A program that has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ElaborateError {
    /// A norm of vectors, taken of something else.
    #[error("{what} is {shape}")]
    NotAVector {
        /// What is of vectors only.
        what: String,
        /// What was found.
        shape: String,
        /// What can be written instead.
        help: Option<&'static str>,
        /// Where.
        span: Span,
    },
    /// Names that are not declared, and what they are is open.
    #[error("this can be read in {} ways: {}", readings.len(), readings.join("; or "))]
    Readings {
        /// The readings, in words.
        readings: Vec<String>,
        /// What to type for each.
        choices: Vec<String>,
        /// The formula.
        span: Span,
    },
    /// A call of something that is no function.
    #[error("unknown function `{name}`{}", nearest.as_ref().map_or(String::new(), |near| format!(", did you mean `{near}`?")))]
    UnknownFunction {
        /// The name.
        name: String,
        /// Where it stands.
        span: Span,
        /// The function of the most similar name.
        nearest: Option<String>,
    },
    /// A bracket after a name that is no function.
    #[error("`{name}` is {what}, not a function")]
    NotAFunction {
        /// The name.
        name: String,
        /// What it is.
        what: &'static str,
        /// Where it stands.
        span: Span,
    },
    /// A function without its arguments.
    #[error("`{name}` is a function")]
    FunctionAsValue {
        /// The name.
        name: String,
        /// Where it stands.
        span: Span,
    },
    /// What is taken for a scalar, and transposed.
    #[error(
        "`{name}` is transposed, as a column or a matrix is, but nothing says which of them it is"
    )]
    TransposedScalar {
        /// The name, which is not declared.
        name: String,
        /// Where it stands.
        span: Span,
    },
    /// Too many or too few arguments.
    #[error("`{name}` takes {expected}, found {found}")]
    Arguments {
        /// The function.
        name: String,
        /// How many it takes, in words.
        expected: String,
        /// How many were given.
        found: usize,
        /// The call.
        span: Span,
    },
    /// `max(X, rows)`
    #[error("`{name}` does not work by {word}: it takes no word after its argument")]
    Direction {
        /// The function.
        name: String,
        /// `rows` or `columns`.
        word: &'static str,
        /// The word.
        span: Span,
    },
    /// Two operands whose shapes do not fit.
    #[error("{}: {} and {} do not fit", .0.operation, .0.left, .0.right)]
    Shapes(Box<ShapeClash>),
    /// A choice by something else than a condition.
    #[error("a choice needs a condition, whose entries are 0 or 1")]
    NotACondition {
        /// What stands there.
        span: Span,
    },
    /// An argument whose shape a function does not take.
    #[error("`{function}` does not take an argument of shape {shape}")]
    Argument {
        /// The function.
        function: String,
        /// What it takes, as declarations.
        expected: String,
        /// The argument's shape.
        shape: String,
        /// The argument.
        span: Span,
    },
    /// Something that must be scalar.
    #[error("{what} must be scalar, its shape is {shape}")]
    NotScalar {
        /// What must be scalar.
        what: &'static str,
        /// Its shape.
        shape: String,
        /// Where it stands.
        span: Span,
        /// What to write instead.
        help: &'static str,
    },
    /// Something that must be square, or symmetric.
    #[error("{what} needs a {needs} matrix, found {shape}")]
    NotSquare {
        /// The operation.
        what: String,
        /// `square`, `symmetric`
        needs: &'static str,
        /// The shape, or what it is instead.
        shape: String,
        /// Where it stands.
        span: Span,
        /// What to write instead.
        help: Option<&'static str>,
    },
    /// `1/0`
    #[error("division by zero")]
    DivisionByZero {
        /// The divisor.
        span: Span,
    },
    /// `X^0.5`, `X^1000000`
    #[error("a matrix has no such power here")]
    Exponent {
        /// The exponent.
        span: Span,
        /// The matrix.
        base: Span,
    },
    /// `A^T` where T is a size.
    #[error("`^T` may be the transpose or a power: `T` is a number here")]
    PowerOrTranspose {
        /// The base's shape.
        shape: String,
        /// The base.
        base: Span,
        /// The `T`.
        span: Span,
    },
    /// A definition used above its line.
    #[error("`{name}` is used before it is defined")]
    UsedBefore {
        /// The name.
        name: String,
        /// The use.
        span: Span,
        /// The definition.
        defined: Span,
    },
    /// A function that calls itself.
    #[error("`{name}` calls itself")]
    Recursive {
        /// The function.
        name: String,
        /// The call.
        span: Span,
    },
    /// Two declarations that contradict each other, or a declaration and a definition.
    #[error("`{name}` is {first} and {second}")]
    Contradiction {
        /// The name.
        name: String,
        /// The first shape.
        first: String,
        /// Where it is said.
        first_span: Span,
        /// The second shape.
        second: String,
        /// Where it is said.
        span: Span,
    },
    /// A property nobody knows.
    #[error("unknown property `{word}`{}", nearest.as_ref().map_or(String::new(), |near| format!(", did you mean `{near}`?")))]
    UnknownProperty {
        /// The word.
        word: String,
        /// Where it stands.
        span: Span,
        /// The most similar property.
        nearest: Option<String>,
    },
    /// `A: m×n symmetric`
    #[error("`{word}` says nothing of a value of shape {shape}")]
    PropertyShape {
        /// The property.
        word: String,
        /// The shape.
        shape: String,
        /// Where it stands.
        span: Span,
    },
    /// A derivative by a name that occurs nowhere.
    #[error("there is no variable `{name}`{}", nearest.as_ref().map_or(String::new(), |near| format!(", did you mean `{near}`?")))]
    UnknownVariable {
        /// The name.
        name: String,
        /// Where it stands.
        span: Span,
        /// The most similar variable.
        nearest: Option<String>,
    },
    /// A derivative by something defined.
    #[error("`{name}` is no variable, it is {what}")]
    NotAVariable {
        /// The name.
        name: String,
        /// What it is.
        what: &'static str,
        /// Where it stands.
        span: Span,
    },
    /// The gradient of a vector or matrix.
    #[error("the {} of something that is not scalar: its shape is {shape}", kind.word())]
    NotScalarValued {
        /// What was asked.
        kind: RequestKind,
        /// The shape.
        shape: String,
        /// The formula.
        span: Span,
    },
    /// A derivative inside a formula that could not be found.
    #[error("{reason}")]
    Derivative {
        /// The stable code.
        code: &'static str,
        /// Why not.
        reason: String,
        /// The derivative.
        span: Span,
    },
    /// A construct that can be read but not yet given a meaning.
    #[error("{what} is not supported yet")]
    Unsupported {
        /// The construct.
        what: &'static str,
        /// Where it stands.
        span: Span,
    },
    /// Something that is no size where one must stand.
    #[error("this is no size")]
    NotASize {
        /// Where it stands.
        span: Span,
    },
    /// Sizes that the formula does not settle.
    #[error("the sizes cannot be found from the formula alone")]
    OpenSizes {
        /// Where the question arose.
        span: Span,
    },
    /// `(7-2)/2` as a size.
    #[error("the size {dividend} / {divisor} is no whole number")]
    NotWhole {
        /// What is divided.
        dividend: String,
        /// By what.
        divisor: String,
        /// Where it stands.
        span: Span,
    },
    /// A window that is larger than what it moves over.
    #[error("a window of {window} does not fit into {side}")]
    WindowTooLarge {
        /// The window's side.
        window: String,
        /// The side of what it moves over.
        side: String,
        /// The call.
        span: Span,
    },
    /// A stride of 0, a negative padding.
    #[error("{what} is at least {least}, found {found}")]
    SizeTooSmall {
        /// What the size says.
        what: &'static str,
        /// The size.
        found: i64,
        /// The least that it can be.
        least: i64,
        /// Where it stands.
        span: Span,
    },
    /// A kernel for another number of channels.
    #[error("the image has {has} channels, the kernel takes {takes}")]
    Channels {
        /// Channels of the image.
        has: String,
        /// Channels that the kernel takes.
        takes: String,
        /// The image.
        image: Span,
        /// The kernel.
        kernel: Span,
    },
    /// Functions within functions without end.
    #[error("the functions unfold to a formula that is too large")]
    TooLarge {
        /// Where it grew too large.
        span: Span,
    },
    /// A mistake in an index, a family or a recurrence.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// An error inside a function, with the call that led there.
    #[error("{error}")]
    InCall {
        /// What is wrong.
        error: Box<ElaborateError>,
        /// The function.
        name: String,
        /// The call.
        span: Span,
    },
}

impl ElaborateError {
    /// A code that stays the same.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownFunction { .. } => "E0201",
            Self::NotAFunction { .. } => "E0202",
            Self::FunctionAsValue { .. } => "E0203",
            Self::TransposedScalar { .. } => "E0239",
            Self::Arguments { .. } => "E0204",
            Self::Direction { .. } => "E0204",
            Self::Shapes(_) => "E0205",
            Self::Argument { .. } => "E0206",
            Self::NotScalar { .. } => "E0207",
            Self::NotSquare { .. } => "E0208",
            Self::DivisionByZero { .. } => "E0209",
            Self::Exponent { .. } => "E0210",
            Self::PowerOrTranspose { .. } => "E0236",
            Self::Readings { .. } => "E0237",
            Self::NotAVector { .. } => "E0240",
            Self::NotACondition { .. } => "E0250",
            Self::UsedBefore { .. } => "E0211",
            Self::Recursive { .. } => "E0212",
            Self::Contradiction { .. } => "E0213",
            Self::UnknownProperty { .. } => "E0214",
            Self::PropertyShape { .. } => "E0215",
            Self::UnknownVariable { .. } => "E0216",
            Self::NotAVariable { .. } => "E0217",
            Self::NotScalarValued { .. } => "E0218",
            Self::Unsupported { .. } => "E0219",
            Self::Derivative { code, .. } => code,
            Self::NotASize { .. } => "E0220",
            Self::OpenSizes { .. } => "E0221",
            Self::TooLarge { .. } => "E0222",
            Self::Index(error) => error.code(),
            Self::NotWhole { .. } => "E0232",
            Self::WindowTooLarge { .. } => "E0233",
            Self::SizeTooSmall { .. } => "E0234",
            Self::Channels { .. } => "E0235",
            Self::InCall { error, .. } => error.code(),
        }
    }

    /// The error as a person reads it.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            code: self.code(),
            message: self.to_string(),
            labels: self.labels(),
            help: self.help(),
        }
    }

    fn labels(&self) -> Vec<Label> {
        match self {
            Self::UnknownFunction { span, .. } => vec![label(*span, "no function of this name")],
            Self::NotAFunction { span, what, .. } => vec![label(*span, *what)],
            Self::FunctionAsValue { span, .. } => vec![label(*span, "its argument is missing")],
            Self::TransposedScalar { span, .. } => {
                vec![label(*span, "taken for a number, as its letter says")]
            }
            Self::Arguments { span, expected, .. } => {
                vec![label(*span, format!("expected {expected}"))]
            }
            Self::Direction { span, .. } => {
                vec![label(*span, "this function takes its argument as a whole")]
            }
            Self::Shapes(clash) => {
                let mut labels = vec![
                    label(clash.right_span, clash.right.clone()),
                    label(clash.left_span, clash.left.clone()),
                ];
                labels.extend(clash.origins.iter().map(|(text, span)| label(*span, text.clone())));
                labels
            }
            Self::Argument { span, shape, expected, .. } => {
                vec![label(*span, format!("{shape}, expected {expected}"))]
            }
            Self::NotScalar { span, shape, .. } | Self::NotSquare { span, shape, .. } => {
                vec![label(*span, shape.clone())]
            }
            Self::DivisionByZero { span } => vec![label(*span, "this is zero")],
            Self::Exponent { span, base } => {
                vec![
                    label(*span, "not a whole number between -100 and 100"),
                    label(*base, "a matrix"),
                ]
            }
            Self::PowerOrTranspose { shape, base, span } => {
                vec![label(*span, "transposed, or T times?"), label(*base, shape.clone())]
            }
            Self::NotACondition { span } => vec![label(*span, "a value, no comparison")],
            Self::NotAVector { span, shape, .. } => vec![label(*span, shape.clone())],
            Self::Readings { span, .. } => vec![label(*span, "which is meant?")],
            Self::UsedBefore { span, defined, .. } => {
                vec![label(*span, "used here"), label(*defined, "defined here")]
            }
            Self::Recursive { span, .. } => vec![label(*span, "this call leads back here")],
            Self::Contradiction { first, first_span, second, span, .. } => {
                vec![label(*span, second.clone()), label(*first_span, first.clone())]
            }
            Self::UnknownProperty { span, .. } => vec![label(*span, "no property")],
            Self::PropertyShape { span, .. } => vec![label(*span, "does not fit the shape")],
            Self::UnknownVariable { span, .. } => vec![label(*span, "occurs nowhere else")],
            Self::NotAVariable { span, what, .. } => vec![label(*span, *what)],
            Self::NotScalarValued { span, shape, .. } => vec![label(*span, shape.clone())],
            Self::Unsupported { span, what } => vec![label(*span, *what)],
            Self::Derivative { span, .. } => vec![label(*span, "this derivative")],
            Self::NotASize { span } => {
                vec![label(*span, "expected a size name, a whole number, or arithmetic on them")]
            }
            Self::OpenSizes { span } => {
                vec![label(*span, "more than one choice of sizes fits here, or none")]
            }
            Self::TooLarge { span } => vec![label(*span, "in this call")],
            Self::Index(error) => error.labels(),
            Self::NotWhole { span, divisor, .. } => {
                vec![label(*span, format!("{divisor} does not divide it"))]
            }
            Self::WindowTooLarge { span, .. } => vec![label(*span, "nothing is left")],
            Self::SizeTooSmall { span, found, .. } => vec![label(*span, found.to_string())],
            Self::Channels { has, takes, image, kernel } => vec![
                label(*kernel, format!("third dimension {takes}")),
                label(*image, format!("third dimension {has}")),
            ],
            Self::InCall { error, name, span } => {
                let mut labels = error.labels();
                labels.push(label(*span, format!("in this call of `{name}`")));
                labels
            }
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::NotAFunction { name, what, .. } => Some(if what.starts_with("a definition") {
                format!(
                    "write `{name}` alone, `{name}*(…)` for a product, or define `{name}(x) = …`"
                )
            } else {
                format!("write `{name}*(…)` for the product")
            }),
            Self::Readings { choices, .. } => Some(choices.join(", or ")),
            Self::FunctionAsValue { name, .. } => Some(format!("write `{name}(…)`")),
            Self::TransposedScalar { name, .. } => Some(format!(
                "declare it: `{name}: n` if it is a column, `{name}: scalar` if it is a number"
            )),
            Self::Shapes(clash) => clash.help.clone(),
            Self::NotScalar { help, .. } => Some((*help).to_owned()),
            Self::NotSquare { help, .. } => help.map(ToOwned::to_owned),
            Self::Exponent { .. } => Some("for the power of every entry write `X.^p`".to_owned()),
            Self::Recursive { .. } => {
                Some("a recurrence is written `h[t] = … for t in 1..T`".to_owned())
            }
            Self::PropertyShape { word, .. } => Some(match word.as_str() {
                "simplex" | "prob" | "rows" | "columns" => {
                    "only a vector or a matrix sums to one".to_owned()
                }
                "vector" | "column" | "row" | "matrix" | "square" => {
                    "a column is `x: n`, a row `r: 1×n`, a matrix `A: m×n`, a square one `A: n×n`"
                        .to_owned()
                }
                _ => format!("`{word}` is said of a square matrix: `A: n×n {word}`"),
            }),
            Self::NotScalarValued { kind: RequestKind::Gradient, .. } => Some(
                "write `jacobian of … wrt …`, or make it scalar, with `sum(…)` or a norm"
                    .to_owned(),
            ),
            Self::NotScalarValued { .. } => {
                Some("make it scalar, with `sum(…)` or a norm".to_owned())
            }
            Self::OpenSizes { .. } => Some("declare the shapes, such as `A: m×n`".to_owned()),
            Self::InCall { error, .. } => match &**error {
                // The label stands in the function's text, which is not shown.
                Self::Argument { expected, .. } => Some(format!("it takes {expected}")),
                error => error.help(),
            },
            Self::Index(error) => Some(error.help()),
            Self::Direction { word, .. } => Some(format!(
                "`sum`, `mean`, `max`, `softmax`, `norm2` and their like work by {word}; leave the word out"
            )),
            Self::NotACondition { .. } => Some("compare it: `where(x != 0, a, b)`".to_owned()),
            Self::PowerOrTranspose { .. } => Some(
                "the transpose is `A'` or `Aᵀ`, the power with exponent T is `A^(T)`".to_owned(),
            ),
            Self::UsedBefore { name, .. } => Some(format!("move the line of `{name}` up")),
            Self::NotWhole { .. } => Some(
                "choose sizes, padding and stride so that the windows end where the input ends"
                    .to_owned(),
            ),
            Self::WindowTooLarge { .. } => {
                Some("take a smaller window, or pad the input: `pad(X, P)`".to_owned())
            }
            Self::SizeTooSmall { what: "a stride", .. } => {
                Some("a stride of 1 takes every window".to_owned())
            }
            Self::NotAVariable { what, .. } => {
                what.starts_with("defined by a formula").then(|| {
                    if what.ends_with("alone") {
                        "a request by one definition: `gradient of f wrt P`".to_owned()
                    } else {
                        "name what varies: after `h[0] = h0`, differentiate by `h0`".to_owned()
                    }
                })
            }
            Self::Channels { .. } => {
                Some("images are h×w×c×N, kernels k×l×c×o: the third dimensions agree".to_owned())
            }
            Self::NotAVector { help, .. } => help.map(ToOwned::to_owned),
            Self::UnknownFunction { .. }
            | Self::Arguments { .. }
            | Self::Argument { .. }
            | Self::DivisionByZero { .. }
            | Self::Contradiction { .. }
            | Self::UnknownProperty { .. }
            | Self::UnknownVariable { .. }
            | Self::Unsupported { .. }
            | Self::Derivative { .. }
            | Self::NotASize { .. }
            | Self::SizeTooSmall { .. }
            | Self::TooLarge { .. } => None,
        }
    }
}

fn label(span: Span, text: impl Into<String>) -> Label {
    Label { span, text: text.into() }
}

pub(super) fn unsupported(what: &'static str, span: Span) -> ElaborateError {
    ElaborateError::Unsupported { what, span }
}

pub(super) fn arity(name: &Word, expected: String, found: usize, span: Span) -> ElaborateError {
    ElaborateError::Arguments { name: name.text.clone(), expected, found, span }
}
