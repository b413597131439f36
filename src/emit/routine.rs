//! The routines that emitted code contains: those it calls, and what they call.

use std::collections::BTreeSet;

use crate::function::{Form, TABLE};

/// A routine of `runtime/`: its text, and the routines it calls.
struct Routine {
    name: &'static str,
    calls: &'static [&'static str],
    text: &'static str,
}

macro_rules! routines {
    ($($name:ident: $calls:tt;)*) => {
        &[$(Routine {
            name: stringify!($name),
            calls: &$calls,
            text: include_str!(concat!("runtime/", stringify!($name), ".rs")),
        }),*]
    };
}

/// In the order in which they are written.
const ROUTINES: &[Routine] = routines![
    check: [];
    check_enough: [];
    sum: [];
    dot: [];
    multiply: [];
    multiply_transposed: ["dot"];
    multiply_both_transposed: ["sum"];
    symmetric_product: ["dot"];
    copy_transposed: [];
    factorise_lu: [];
    sign_of: [];
    solve_lu: [];
    solve_lu_transposed: ["dot"];
    determinant_lu: ["sign_of"];
    log_absolute_determinant_lu: [];
    sign_determinant_lu: ["sign_of"];
    log_determinant_lu: ["sign_determinant_lu", "log_absolute_determinant_lu"];
    factorise_cholesky: [];
    solve_cholesky: ["dot"];
    determinant_cholesky: [];
    log_determinant_cholesky: [];
    identity: [];
    kronecker: [];
    commutation: [];
    selection: [];
    take: [];
    put: [];
    softmax: [];
    logsumexp: [];
    norm1: ["sum"];
    norm2: ["sum"];
    max: [];
    maxmask: [];
    max_columns: ["max"];
    maxmask_columns: ["maxmask"];
    cumsum: [];
    cumsum_back: [];
    tril: [];
    triu: [];
    check_whole: [];
    steps: [];
    move_entries: [];
    correlate: ["dot"];
    turn180: [];
    swap_sides: ["move_entries", "steps"];
    pad: ["move_entries", "steps"];
    crop: ["move_entries", "steps"];
    interleave: ["move_entries", "steps"];
    subsample: ["move_entries", "steps"];
    channels: [];
    channel_sums: ["sum"];
    windows: [];
    largest: [];
    max_pool: ["windows", "largest"];
    max_scatter: ["windows", "largest"];
    max_gather: ["windows", "largest"];
    average_pool: ["windows"];
    average_spread: ["windows"];
];

/// Routines of whole arrays that exist here without allocation: scalar ones take the entries, the others also the target and the
/// number of rows. Every other routine comes from the kernel room.
const ARRAY_ROUTINES: &[&str] = &[
    "softmax",
    "logsumexp",
    "norm1",
    "norm2",
    "max",
    "maxmask",
    "tril",
    "triu",
    "max_columns",
    "maxmask_columns",
    "cumsum",
    "cumsum_back",
];

/// Whether a routine of whole arrays exists here.
pub(super) fn is_native(name: &str) -> bool {
    ARRAY_ROUTINES.contains(&name)
}

/// Whether a routine of the function table gives an array, even where that has one entry.
pub(super) fn gives_array(name: &str) -> bool {
    TABLE.iter().any(|row| {
        matches!(row.form, Form::Array { routine, result, .. } if routine == name && result != "scalar")
    })
}

/// The texts of the named routines and of those they call.
pub(super) fn texts(needed: &BTreeSet<&'static str>) -> Vec<&'static str> {
    let mut wanted = needed.clone();
    loop {
        let called: Vec<&'static str> = ROUTINES
            .iter()
            .filter(|routine| wanted.contains(routine.name))
            .flat_map(|routine| routine.calls.iter().copied())
            .filter(|name| !wanted.contains(name))
            .collect();
        if called.is_empty() {
            break;
        }
        wanted.extend(called);
    }
    ROUTINES
        .iter()
        .filter(|routine| wanted.contains(routine.name))
        .map(|routine| routine.text)
        .collect()
}
