//! THE RULES: what the engine knows of matrix calculus, as rows in the user's own notation.
//!
//! * `differential` — for each operator its differential and the pullback of each operand: ⟨G, d(A·B)⟩ = ⟨G·Bᵀ, dA⟩ + ⟨Aᵀ·G, dB⟩.
//! * `trace` — the identities that bring ⟨G, L(dX)⟩ = tr(Gᵀ L(dX)) to ⟨L*(G), dX⟩.
//! * `algebra` — equalities that make a formula shorter.
//! * `template` — a row, read once and instantiated often.
//!
//! Rows of the function table have the same two columns and are read here by the same templates. Nothing here walks an expression.

mod algebra;
mod differential;
mod template;
mod trace;

pub use algebra::ALGEBRA;
pub use differential::{DIFFERENTIALS, DifferentialRule, Operator};
pub use template::{
    FunctionTemplates, Law, LawRow, OperatorTemplates, Template, function_templates, laws,
    operator_templates,
};
pub use trace::TRACE_IDENTITIES;

/// An equality `left = right` between expressions of the declared names.
#[derive(Debug)]
pub struct Identity {
    /// The name that a derivation quotes.
    pub name: &'static str,
    /// Shapes and properties of the names: the conditions under which it holds.
    pub given: &'static str,
    /// Left side, in the language.
    pub left: &'static str,
    /// Right side, in the language.
    pub right: &'static str,
}
