//! Walks through the DAG that cost what they reach.

use super::{Id, Store};

const WORD: usize = u64::BITS as usize;

/// A walk in several stretches, each of which stops where an earlier one has been: together they visit a node once.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// A bit for each node of the store.
    seen: Vec<u64>,
}

impl Walk {
    /// A walk that has been nowhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// The nodes that are reachable from the roots and not visited before, children before parents.
    pub fn from(&mut self, store: &Store, roots: &[Id]) -> Vec<Id> {
        let mut open = Vec::new();
        roots.iter().for_each(|root| self.enter(*root, &mut open));
        let mut reached = Vec::new();
        while let Some(id) = open.pop() {
            reached.push(id);
            store.node(id).for_each_child(|child| self.enter(child, &mut open));
        }
        reached.sort_unstable();
        reached
    }

    fn enter(&mut self, id: Id, open: &mut Vec<Id>) {
        let (word, bit) = (id.index() / WORD, 1_u64 << (id.index() % WORD));
        if word >= self.seen.len() {
            self.seen.resize(word + 1, 0);
        }
        if self.seen[word] & bit == 0 {
            self.seen[word] |= bit;
            open.push(id);
        }
    }
}
