//! Where sizes stand: as arguments of operators that take sizes, and of functions that hand them on.

use std::collections::{BTreeMap, BTreeSet};

use super::builtin;
use super::declare::{below, of_size};
use super::walk::Function;
use crate::syntax::ast::{ExprId, ExprKind, Tree};

/// A function by its name and its place among those of that name.
type Key<'p> = (&'p str, usize);

/// Functions by name.
type Functions<'p> = BTreeMap<&'p str, Vec<Function<'p>>>;

/// The names that stand where sizes are taken; parameters of functions are none.
pub(super) fn size_arguments<'p>(tree: &'p Tree, functions: &Functions<'p>) -> BTreeSet<&'p str> {
    let mut found = BTreeSet::new();
    let positions = parameters(tree, functions);
    let mut inside: BTreeSet<ExprId> = BTreeSet::new();
    for function in functions.values().flatten() {
        let own: Vec<&str> = function.parameters.iter().map(|word| word.text.as_str()).collect();
        let body = below(tree, function.body);
        let names = body.iter().flat_map(|id| sizes_of_call(tree, functions, &positions, *id));
        found.extend(names.filter(|name| !own.contains(name)));
        inside.extend(body);
    }
    for at in 0..tree.nodes.len() {
        let id = ExprId(u32::try_from(at).unwrap_or(u32::MAX));
        if !inside.contains(&id) {
            found.extend(sizes_of_call(tree, functions, &positions, id));
        }
    }
    found
}

/// The parameters that each function hands on as sizes.
fn parameters<'p>(tree: &'p Tree, functions: &Functions<'p>) -> BTreeMap<Key<'p>, BTreeSet<usize>> {
    let mut found: BTreeMap<Key<'p>, BTreeSet<usize>> = BTreeMap::new();
    loop {
        let mut grown = false;
        for (name, overloads) in functions {
            for (place, function) in overloads.iter().enumerate() {
                let body = below(tree, function.body);
                let names: BTreeSet<&str> = body
                    .iter()
                    .flat_map(|id| sizes_of_call(tree, functions, &found, *id))
                    .collect();
                let taken = function.parameters.iter().enumerate();
                let taken = taken.filter(|(_, word)| names.contains(word.text.as_str()));
                let taken: BTreeSet<usize> = taken.map(|(at, _)| at).collect();
                let known = found.entry((name, place)).or_default();
                grown |= taken.len() > known.len();
                known.extend(taken);
            }
        }
        if !grown {
            return found;
        }
    }
}

/// The names in those arguments of a call that are sizes; none where the expression is no call.
fn sizes_of_call<'p>(
    tree: &'p Tree,
    functions: &Functions<'p>,
    positions: &BTreeMap<Key<'p>, BTreeSet<usize>>,
    id: ExprId,
) -> Vec<&'p str> {
    let ExprKind::Call { function, arguments } = &tree.get(id).kind else { return Vec::new() };
    let name = function.text.as_str();
    let is_size = |at: usize| match functions.get(name) {
        Some(overloads) => overloads.iter().enumerate().any(|(place, overload)| {
            overload.parameters.len() == arguments.len()
                && positions.get(&(name, place)).is_some_and(|known| known.contains(&at))
        }),
        None => builtin::find(name).is_some_and(|builtin| at >= builtin.sizes_from()),
    };
    let sizes = arguments.iter().enumerate().filter(|(at, _)| is_size(*at));
    let names = sizes.flat_map(|(_, size)| of_size(tree, *size));
    names
        .filter_map(|id| match &tree.get(id).kind {
            ExprKind::Name(name) => Some(name.as_str()),
            _ => None,
        })
        .collect()
}
