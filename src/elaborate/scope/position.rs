//! Where sizes stand: as arguments of operators that take sizes, and of functions that hand them on.

use std::collections::{BTreeMap, BTreeSet};

use super::Function;
use crate::elaborate::builtin;
use crate::elaborate::written::{below, of_size};
use crate::syntax::ast::{ExprId, ExprKind, Tree};

/// A function by its name and its place among those of that name.
type Key<'p> = (&'p str, usize);

/// Functions by name.
type Functions<'p> = BTreeMap<&'p str, Vec<Function<'p>>>;

/// What stands where sizes are taken; parameters of functions are left out.
#[derive(Default)]
pub(super) struct SizeArguments<'p> {
    /// Sizes.
    pub(super) names: BTreeSet<&'p str>,
    /// Families of sizes: the `n` of `n[l]`.
    pub(super) families: BTreeSet<&'p str>,
}

/// Everything that stands where sizes are taken.
pub(super) fn size_arguments<'p>(tree: &'p Tree, functions: &Functions<'p>) -> SizeArguments<'p> {
    let mut found = SizeArguments::default();
    let positions = parameters(tree, functions);
    let mut inside: BTreeSet<ExprId> = BTreeSet::new();
    for function in functions.values().flatten() {
        let own: Vec<&str> = function.parameters.iter().map(|word| word.text.as_str()).collect();
        let body = below(tree, function.body);
        for part in body.iter().flat_map(|id| sizes_of_call(tree, functions, &positions, *id)) {
            found.add(tree, part, &own);
        }
        inside.extend(body);
    }
    for at in 0..tree.nodes.len() {
        let id = ExprId(u32::try_from(at).unwrap_or(u32::MAX));
        if !inside.contains(&id) {
            for part in sizes_of_call(tree, functions, &positions, id) {
                found.add(tree, part, &[]);
            }
        }
    }
    found
}

impl<'p> SizeArguments<'p> {
    fn add(&mut self, tree: &'p Tree, part: ExprId, parameters: &[&str]) {
        match &tree.get(part).kind {
            ExprKind::Name(name) if !parameters.contains(&name.as_str()) => {
                self.names.insert(name);
            }
            ExprKind::Index { base, .. } => {
                self.families.insert(&base.text);
            }
            _ => {}
        }
    }
}

/// The parameters that each function hands on as sizes.
fn parameters<'p>(tree: &'p Tree, functions: &Functions<'p>) -> BTreeMap<Key<'p>, BTreeSet<usize>> {
    let mut found: BTreeMap<Key<'p>, BTreeSet<usize>> = BTreeMap::new();
    loop {
        let mut grown = false;
        for (name, overloads) in functions {
            for (place, function) in overloads.iter().enumerate() {
                let body = below(tree, function.body);
                let parts = body.iter().flat_map(|id| sizes_of_call(tree, functions, &found, *id));
                let names: BTreeSet<&str> = parts
                    .filter_map(|part| match &tree.get(part).kind {
                        ExprKind::Name(name) => Some(name.as_str()),
                        _ => None,
                    })
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

/// The parts of those arguments of a call that are sizes; none where the expression is no call.
fn sizes_of_call<'p>(
    tree: &'p Tree,
    functions: &Functions<'p>,
    positions: &BTreeMap<Key<'p>, BTreeSet<usize>>,
    id: ExprId,
) -> Vec<ExprId> {
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
    sizes.flat_map(|(_, size)| of_size(tree, *size)).collect()
}
