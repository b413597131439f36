//! Functions of the table that lowering computes by a factorisation it shares with others.

use crate::expression::{Id, Node, Store};
use crate::lower::program::Sign;

/// log det A or log |det A|.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogDeterminant {
    /// A
    pub(super) matrix: Id,
    /// What becomes of the sign.
    pub(super) sign: Sign,
}

/// Whether the value is the logarithm of a determinant: neither overflows where the determinant itself would.
pub(super) fn log_determinant(store: &Store, id: Id) -> Option<LogDeterminant> {
    let (name, argument) = applied(store, id)?;
    match (name, store.node(argument)) {
        ("logdet", _) if !store.shape(argument).is_scalar() => {
            Some(LogDeterminant { matrix: argument, sign: Sign::Kept })
        }
        ("log", Node::Determinant(matrix)) => {
            Some(LogDeterminant { matrix: *matrix, sign: Sign::Kept })
        }
        ("log", Node::Apply { .. }) => match applied(store, argument)? {
            ("abs", inner) => match store.node(inner) {
                Node::Determinant(matrix) => {
                    Some(LogDeterminant { matrix: *matrix, sign: Sign::Ignored })
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn applied(store: &Store, id: Id) -> Option<(&'static str, Id)> {
    match store.node(id) {
        Node::Apply { function, arguments } => match **arguments {
            [argument] => Some((function.row().name, argument)),
            _ => None,
        },
        _ => None,
    }
}
