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
    (@ $which:literal [$($order:literal),*]) => {
        [$(Function {
            name: concat!("unknown function ", $which, " of order ", $order),
            spellings: &[],
            form: Form::Entrywise {
                // The next row's; there is no text for it.
                derivative: "",
                kernel: EntrywiseKernel {
                    real: smooth::<$which, $order, _>,
                    dual: smooth::<$which, $order, _>,
                    dual2: smooth::<$which, $order, _>,
                    scaled: smooth::<$which, $order, _>,
                },
                routine: concat!("smooth::<", $which, ", ", $order, ", _>"),
            },
            domain: Domain::Real,
            laws: &[],
            latex: "",
            range: Range::Real,
            cost: 20,
            meaning: "",
            condition: None,
        }),*]
    };
}

/// Each function with its derivatives. They follow the table's rows: nothing finds them by a name.
pub(super) static ROWS: &[[Function; HIGHEST_ORDER + 1]; UNKNOWN_FUNCTIONS] = rows!(
    0, 1, 2, 3, 4, 5, 6, 7
    by [0, 1, 2, 3, 4, 5, 6]
);

impl FunctionId {
    /// The derivative of that order of the unknown function of that number.
    pub fn unknown(which: usize, order: usize) -> Option<Self> {
        let index = TABLE.len() + which * (HIGHEST_ORDER + 1) + order;
        let fits = which < UNKNOWN_FUNCTIONS && order <= HIGHEST_ORDER;
        u16::try_from(index).ok().filter(|_| fits).map(Self)
    }

    /// The number of an unknown function, and the order of its derivative.
    pub fn as_unknown(self) -> Option<(usize, usize)> {
        let at = self.index().checked_sub(TABLE.len())?;
        Some((at / (HIGHEST_ORDER + 1), at % (HIGHEST_ORDER + 1)))
    }

    /// The number and the order of the unknown function with that routine.
    pub fn of_smooth(routine: &str) -> Option<(usize, usize)> {
        let is_meant = |id: &Self| match id.row().form {
            Form::Entrywise { routine: known, .. } => known == routine,
            Form::Array { .. } => false,
        };
        Self::every().skip(TABLE.len()).find(is_meant)?.as_unknown()
    }
}
