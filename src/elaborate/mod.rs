//! Room elaborate: stub until the real one lands.

use crate::expression::{Id, Properties, Store};
use crate::shape::{Name, Shape};
use crate::source::Span;
use crate::syntax::ast::{Program, RequestKind};

/// What a program means.
#[derive(Debug, Default)]
pub struct Model {
    /// The expressions.
    pub store: Store,
    /// Definitions in order.
    pub definitions: Vec<(Name, Id)>,
    /// Variables in order of appearance.
    pub variables: Vec<Variable>,
    /// Requests in order.
    pub requests: Vec<Request>,
    /// Bare expressions in order.
    pub values: Vec<Id>,
    /// Expected sizes.
    pub sizes: Vec<(Name, u64)>,
}

/// A variable of a model.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: Name,
    /// Its node.
    pub id: Id,
    /// Its shape.
    pub shape: Shape,
    /// Its properties.
    pub properties: Properties,
    /// Whether the shape was inferred, not declared.
    pub assumed: bool,
    /// Whether it occurs in an expression.
    pub used: bool,
    /// Where it was declared or first used.
    pub span: Option<Span>,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is asked.
    pub kind: RequestKind,
    /// Of what.
    pub of: Id,
    /// Where that stands.
    pub of_span: Span,
    /// By which.
    pub wrt: Vec<Wrt>,
    /// The whole.
    pub span: Span,
}

/// A name that a request differentiates by.
#[derive(Clone, Debug)]
pub struct Wrt {
    /// The name.
    pub name: Name,
    /// Its node.
    pub id: Id,
    /// Where it stands in the request.
    pub span: Span,
}

/// What is wrong.
#[derive(Clone, Debug, thiserror::Error)]
#[error("not supported yet")]
pub struct ElaborateError;

/// Whether the language itself knows the name: a function, an operator's name, a constant.
pub fn is_known(_name: &str) -> bool {
    false
}

/// Gives every name its meaning.
pub fn elaborate(_program: &Program) -> Result<Model, ElaborateError> {
    Err(ElaborateError)
}
