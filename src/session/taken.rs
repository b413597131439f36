//! What was answered stays as it was read: an undeclared name is for later lines what it was for earlier ones. Of what is kept it is
//! declared so; after a formula alone it is expected to be so, and an answer that takes it for something else says that.

use super::program::Reading;
use crate::elaborate::{Kind, Kinds, preferred};

/// The undeclared names that are used, with what they were taken for, in order.
pub(super) fn kinds(reading: &Reading) -> Vec<(String, Kind)> {
    let variables = reading.model.variables.iter();
    // What a derivative inside a formula brings has no place.
    let used = variables.filter(|it| it.used && it.ranges.is_empty() && it.span.is_some());
    let undeclared = used.filter(|it| !reading.declares(&it.name));
    undeclared.filter_map(|it| Some((it.name.to_string(), Kind::of(&it.shape)?))).collect()
}

/// What declares them: `b: vector; A: matrix`.
pub(super) fn declarations<'a>(kinds: impl Iterator<Item = (&'a String, Kind)>) -> String {
    let declared = kinds.filter_map(|(name, kind)| Some(format!("{name}: {}", kind.word()?)));
    declared.collect::<Vec<_>>().join("; ")
}

/// What [`declarations`] wrote.
pub(super) fn read(declarations: &str) -> Kinds {
    let declarations = declarations.split("; ").filter_map(|one| one.split_once(": "));
    let kind = |(name, word): (&str, &str)| {
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == Some(word))?;
        Some((name.to_owned(), kind))
    };
    declarations.filter_map(kind).collect()
}

/// Expects them from now on, where their letters say something else.
pub(super) fn remember(known: &mut Kinds, kinds: &[(String, Kind)]) {
    for (name, kind) in kinds {
        if *kind == preferred(name) {
            known.remove(name);
        } else {
            known.insert(name.clone(), *kind);
        }
    }
}
