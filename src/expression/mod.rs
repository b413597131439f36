//! Expressions: a typed, hash-consed DAG in normal form.
//!
//! A [`Store`] owns the nodes; an [`Id`] names one. Nodes are made by constructors only (`construct/`), which keep the normal
//! form: sums and products are flat and sorted, like terms collected, coefficients exact and outermost, transposes pushed to
//! where they stop, traces rotated. Two expressions with the same normal form have the same `Id`. No spans, no text here.

mod construct;
mod family;
mod mask;
mod nest;
mod node;
mod norm;
mod property;
mod recurrence;
mod region;
mod store;
mod tensor;
mod walk;

pub(crate) use construct::ExponentialSum;
pub use family::{Family, Piece, Place, Range, Short, Support};
pub(crate) use mask::COMPLEMENTS;
pub use nest::{Computed, Nest};
pub(crate) use nest::{lower_bound, slope};
pub use node::{Id, Node, Power, Selection, Term};
pub use property::{Properties, Property};
pub use recurrence::{Direction, Recurrence, Use};
pub(crate) use region::{dependents, in_order, inside_nodes, operands, outside};
pub use store::Store;
pub use tensor::{TensorOperation, Window, four};
pub use walk::Walk;
