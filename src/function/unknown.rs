//! Entrywise functions that stay unknown: φ of `φ: function`, and its derivatives φ′, φ″. The rows are the same for every program; what
//! the functions are called is known to the store.

use super::{Domain, EntrywiseKernel, Form, Function, FunctionId, Range, TABLE};
use crate::kernel::smooth;

/// So many functions of a program may be unknown.
pub const UNKNOWN_FUNCTIONS: usize = 8;

/// Derivatives are known up to this order.
pub const HIGHEST_ORDER: usize = 6;

macro_rules! rows {
    ($($which:literal),* by $orders:tt) => { &[$(rows!(@ $which $orders)),*] };
    (@ $which:literal [$(($order:literal, $next:literal)),*]) => {
        [$(Function {
            name: concat!("unknown", $which, "_", $order),
            spellings: &[],
            form: Form::Entrywise {
                derivative: concat!("unknown", $which, "_", $next, "(x)"),
                kernel: EntrywiseKernel {
                    real: smooth::<$which, $order, _>,
                    dual: smooth::<$which, $order, _>,
                    dual2: smooth::<$which, $order, _>,
                    scaled: smooth::<$which, $order, _>,
                },
                routine: concat!("unknown", $which, "_", $order),
            },
            domain: Domain::Real,
            laws: &[],
            latex: "",
            range: Range::Real,
            cost: 20,
        }),*]
    };
}

/// Each function with its derivatives.
pub(super) const ROWS: &[[Function; HIGHEST_ORDER + 1]; UNKNOWN_FUNCTIONS] = rows!(
    0, 1, 2, 3, 4, 5, 6, 7
    by [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)]
);

impl FunctionId {
    /// The derivative of that order of the unknown function of that number.
    pub fn unknown(which: usize, order: usize) -> Option<Self> {
        let first = TABLE.len() - ROWS.as_flattened().len();
        let fits = which < UNKNOWN_FUNCTIONS && order <= HIGHEST_ORDER;
        let index = first + which * (HIGHEST_ORDER + 1) + order;
        u16::try_from(index).ok().filter(|_| fits).map(Self)
    }

    /// The number of an unknown function, and the order of its derivative.
    pub fn as_unknown(self) -> Option<(usize, usize)> {
        let first = TABLE.len() - ROWS.as_flattened().len();
        let at = self.index().checked_sub(first)?;
        Some((at / (HIGHEST_ORDER + 1), at % (HIGHEST_ORDER + 1)))
    }
}
