//! The values of bound indices, and where values are kept that depend on them.

use std::collections::{BTreeMap, HashMap};

use crate::expression::{Id, Store};
use crate::kernel::Array;
use crate::shape::{Dimension, Name};

/// The values of the indices that are bound around a node, those that it mentions; sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Context(Vec<(Name, i64)>);

impl Context {
    /// With another index, which hides an outer one of the same name.
    pub(super) fn with(&self, index: &Name, value: i64) -> Self {
        let mut all: Vec<_> = self.0.iter().filter(|(name, _)| name != index).cloned().collect();
        all.push((index.clone(), value));
        all.sort();
        Self(all)
    }

    /// What a node sees of it.
    pub(super) fn seen_by(&self, store: &Store, id: Id) -> Self {
        Self(self.0.iter().filter(|(name, _)| store.mentions(id, name)).cloned().collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn get(&self, name: &Name) -> Option<&i64> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// The numbers of sizes: those of the point, hidden by bound indices.
#[derive(Clone, Copy)]
pub(super) struct Sizes<'a> {
    pub(super) given: &'a BTreeMap<Name, i64>,
    pub(super) bound: Option<&'a Context>,
}

impl<'a> Sizes<'a> {
    pub(super) fn get(&self, name: &Name) -> Option<&'a i64> {
        self.bound.and_then(|bound| bound.get(name)).or_else(|| self.given.get(name))
    }

    /// The number of a size or an index.
    pub(super) fn number(&self, size: &Dimension) -> Option<i64> {
        size.evaluate(&|name| self.get(name).copied())
    }
}

impl<'a> From<&'a BTreeMap<Name, i64>> for Sizes<'a> {
    fn from(given: &'a BTreeMap<Name, i64>) -> Self {
        Self { given, bound: None }
    }
}

/// A node for certain values of the indices that it mentions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Task {
    pub(super) id: Id,
    pub(super) context: Context,
}

impl Task {
    /// A node as it stands inside a context.
    pub(super) fn inside(store: &Store, id: Id, context: &Context) -> Self {
        Self { id, context: context.seen_by(store, id) }
    }
}

/// Values by node, and by the values of indices where they depend on these.
pub(super) struct Memo<T> {
    free: Vec<Option<Array<T>>>,
    indexed: HashMap<Task, Array<T>>,
}

impl<T> Memo<T> {
    pub(super) fn new() -> Self {
        Self { free: Vec::new(), indexed: HashMap::new() }
    }

    pub(super) fn get(&self, task: &Task) -> Option<&Array<T>> {
        if task.context.is_empty() { self.free(task.id) } else { self.indexed.get(task) }
    }

    /// The value of a node that mentions no bound index.
    pub(super) fn free(&self, id: Id) -> Option<&Array<T>> {
        self.free.get(id.index()).and_then(Option::as_ref)
    }

    pub(super) fn insert(&mut self, task: Task, value: Array<T>) {
        if task.context.is_empty() {
            let place = task.id.index();
            if place >= self.free.len() {
                self.free.resize_with(place + 1, || None);
            }
            self.free[place] = Some(value);
        } else {
            self.indexed.insert(task, value);
        }
    }
}
