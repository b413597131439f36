//! THE RULES: what the engine knows of matrix calculus, as rows in the user's own notation.
//!
//! * `differential` — for each operator its differential and the pullback of each operand: ⟨G, d(A·B)⟩ = ⟨G·Bᵀ, dA⟩ + ⟨Aᵀ·G, dB⟩.
//! * `pairing` — the trace method: how ⟨G, L(X)⟩ becomes ⟨L*(G), X⟩.
//! * `identity` — equalities, each with who keeps to it.
//! * `template` — a row, read once and instantiated often.
//!
//! Rows of the function table have the columns of `differential` and are read here by the same templates. Nothing here walks an
//! expression.

mod differential;
mod identity;
mod pairing;
mod template;

pub use differential::{DIFFERENTIALS, DifferentialRule, Operator, POWER_IN_TRACE, TraceSlope};
pub use identity::{IDENTITIES, Identity, Move, Use};
pub use pairing::{PAIRINGS, Pairing};
pub use template::{
    FunctionTemplates, Law, LawRow, OperatorTemplates, PairingTemplate, Template,
    function_templates, laws, operator_templates, pairing, power_in_trace,
};
