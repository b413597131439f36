//! What a program means: names get values, values get shapes, formulas become expressions.
//!
//! Two passes. `walk` goes through the syntax tree and writes a list of typed nodes whose sizes may still be unknown, and are found
//! by unification. `build` then makes expressions, with every size known. No rewriting here beyond what the constructors of the
//! expression room do.
//!
//! The walker holds four parts, each of which can be read without those below it; what needs several is a method of the walker.
//!
//! | part | owns |
//! |---|---|
//! | `typer` | typed nodes, their shapes, unknown sizes, how something was read; no names but those of variables in errors |
//! | `scope` | what names mean: variables, definitions, functions, sizes, indices |
//! | `families` | indexed families: shapes, formulas, the elements that are used, the indices that are bound |
//! | `requests` | what is asked |

mod build;
mod builtin;
mod call;
mod chain;
mod declare;
mod error;
mod element;
mod families;
mod index_error;
mod kind;
mod name;
mod operation;
mod request;
mod requests;
mod scope;
mod typer;
mod walk;
mod written;

pub use error::{ElaborateError, ShapeClash};
pub use index_error::IndexError;
pub(crate) use kind::{Kind, Kinds, preferred};
pub(crate) use typer::shapes_of;

use crate::expression::{Id, Properties, Range, Store};
use crate::function;
use crate::shape::{Name, Shape};
use crate::source::Span;
use crate::syntax::ast::{Program, RequestKind};

/// What a program means.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Owns the expressions.
    pub store: Store,
    /// Plain definitions, in order.
    pub definitions: Vec<(Name, Id)>,
    /// Variables: the declared ones first, then the assumed ones, each in order of appearance.
    pub variables: Vec<Variable>,
    /// What is asked, in order.
    pub requests: Vec<Request>,
    /// Equations to be solved, in order.
    pub systems: Vec<System>,
    /// Bare expressions, in order.
    pub values: Vec<Id>,
    /// Sizes to expect.
    pub sizes: Vec<(Name, u64)>,
    /// How something was read that could have been meant differently, in words.
    pub notes: Vec<String>,
}

/// A variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: Name,
    /// The expression that it is.
    pub id: Id,
    /// Its shape, of a family that of an element.
    pub shape: Shape,
    /// Of a family, the indices with their ranges.
    pub ranges: Vec<Range>,
    /// What was declared of it.
    pub properties: Properties,
    /// Whether the shape was inferred, because no declaration says it.
    pub assumed: bool,
    /// Whether it occurs in a formula.
    pub used: bool,
    /// Where it was declared or first used.
    pub span: Option<Span>,
}

/// What is asked of a formula.
#[derive(Clone, Debug)]
pub struct Request {
    /// The question.
    pub kind: RequestKind,
    /// The formula.
    pub of: Id,
    /// Where it stands.
    pub of_span: Span,
    /// The variables.
    pub wrt: Vec<Wrt>,
    /// Indices that are free in the formula, as `t` in `jacobian of C[t] wrt C[t-1]`.
    pub free: Vec<Range>,
    /// The whole request.
    pub span: Span,
}

/// Equations and what is unknown in them.
#[derive(Clone, Debug)]
pub struct System {
    /// The equations.
    pub equations: Vec<Equation>,
    /// The unknowns.
    pub unknowns: Vec<Wrt>,
    /// The whole statement.
    pub span: Span,
}

/// An equation.
#[derive(Clone, Debug)]
pub struct Equation {
    /// The left side minus the right side; a scalar whose gradient is to be zero where there is no right side.
    pub value: Id,
    /// Whether both sides were written.
    pub is_equation: bool,
    /// Where it stands.
    pub span: Span,
}

/// A variable, a family or an element to differentiate by.
#[derive(Clone, Debug)]
pub struct Wrt {
    /// Its name, as in `W` or `C[t-1]`.
    pub name: Name,
    /// The expression that it is.
    pub id: Id,
    /// Where it stands in the request.
    pub span: Span,
}

/// Whether the language itself gives the name a meaning: a function, a constant, a kind of request.
pub fn is_known(name: &str) -> bool {
    builtin::find(name).is_some()
        || builtin::derivative(name).is_some()
        || function::find(name).is_some()
}

/// Whether a call of the name asks for a derivative, where the program has no such name of its own.
pub fn is_derivative(name: &str) -> bool {
    builtin::derivative(name).is_some()
}

/// The names of all operators and functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    builtin::names().chain(function::names())
}

/// Whether the language has an entrywise function of that name.
pub fn is_entrywise(name: &str) -> bool {
    matches!(name, "sqrt" | "σ" | "log1p" | "square")
        || function::find(name)
            .is_some_and(|id| matches!(id.row().form, function::Form::Entrywise { .. }))
}

/// Gives every name of a program its meaning.
///
/// ```
/// use gradus::{elaborate, syntax};
/// let program = syntax::parse("x'*A*x", &elaborate::is_known).unwrap();
/// let model = elaborate::elaborate(&program).unwrap();
/// assert!(model.store.shape(model.values[0]).is_scalar());
/// assert!(model.variables.iter().all(|variable| variable.assumed));
/// ```
pub fn elaborate(program: &Program) -> Result<Model, ElaborateError> {
    elaborate_with(program, &NoCalculus, None, &Kinds::new())
}

/// The same, for programs with derivatives inside formulas, `grad(f, x)'*v`, for what is `asked` of the last formula from elsewhere
/// (what has a gradient is a scalar), and after answers that took undeclared names for what stands in `before`.
pub(crate) fn elaborate_with(
    program: &Program,
    calculus: &dyn Calculus,
    asked: Option<RequestKind>,
    before: &Kinds,
) -> Result<Model, ElaborateError> {
    let mut walker = walk::Walker::new(program, before);
    walker.declarations()?;
    walker.infer_kinds(asked)?;
    walker.statements()?;
    build::model(walker, calculus)
}

/// Derivatives for formulas that contain them: `grad(f, x)`, `jacobian(F, x)`, `hessian(f, x)`, `d(f)`.
pub trait Calculus {
    /// The derivative of `of` by the variables: the gradient, the Jacobian, or the differential when the variables move (all that
    /// occur, when none is named).
    fn derivative(
        &self,
        store: &mut Store,
        kind: RequestKind,
        of: Id,
        wrt: &[Id],
    ) -> Result<Id, Refusal>;
}

/// Why a derivative inside a formula was not found.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The stable code.
    pub code: &'static str,
    /// The reason.
    pub reason: String,
}

/// Where formulas contain no derivatives.
struct NoCalculus;

impl Calculus for NoCalculus {
    fn derivative(&self, _: &mut Store, _: RequestKind, _: Id, _: &[Id]) -> Result<Id, Refusal> {
        let reason = "a derivative inside a formula is not supported here".to_owned();
        Err(Refusal { code: "E0219", reason })
    }
}
