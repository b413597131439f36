//! Which parts get a name of their own.
//!
//! A small formula is one line, even where a part repeats. A large one names the parts that would be repeated, and every part
//! that would nest too deep: the text is linear in the number of nodes, and no writer recurses deeper than [`DEEPEST`] nodes.

use std::collections::BTreeSet;

use crate::expression::{Id, Node, Store};
use crate::function;
use crate::shape::{Name, Shape};

use super::{Definition, Options, tensor};

/// Nesting, in nodes, from which a part is named.
const DEEPEST: u32 = 30;

/// A formula of more nodes than this names what it repeats, whatever variables are in it.
const LONGEST: u64 = 300;

/// Nodes that such a part has.
const FEWEST: u64 = 6;

/// The named parts, in the order in which they are defined.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) definitions: Vec<Definition>,
    /// By node: the definition that stands for it.
    named: Vec<Option<usize>>,
}

/// What decides whether a part gets a name.
struct Part {
    /// How often it stands in another one.
    uses: u64,
    /// Names, functions and constants.
    size: u64,
    /// Operators and variables, a name being one.
    nodes: u64,
}

impl Layout {
    /// `reachable`: children before parents.
    pub(super) fn new(store: &Store, roots: &[Id], reachable: &[Id], options: &Options) -> Self {
        let expanded = expanded_occurrences(store, reachable);
        let total = roots.iter().map(|root| expanded[root.index()]).fold(0, u64::saturating_add);
        let shares = total > options.patience;
        let repeats = |part: &Part| {
            let saving = part.uses.saturating_sub(1).saturating_mul(part.size.saturating_sub(1));
            shares && part.size >= options.smallest && saving >= options.saving
        };
        let (layout, longest) = Self::naming(store, roots, reachable, options, &repeats);
        if longest <= LONGEST {
            return layout;
        }
        // sin(sin(… x)) repeated is long with a single variable.
        let repeats = |part: &Part| repeats(part) || part.uses > 1 && part.nodes >= FEWEST;
        Self::naming(store, roots, reachable, options, &repeats).0
    }

    /// A layout, and the length of its longest formula in nodes.
    fn naming(
        store: &Store,
        roots: &[Id],
        reachable: &[Id],
        options: &Options,
        repeats: &dyn Fn(&Part) -> bool,
    ) -> (Self, u64) {
        let uses = uses(store, roots, reachable);
        let length = uses.len();
        let mut layout = Self { definitions: Vec::new(), named: vec![None; length] };
        let bound = bound_indices(store, reachable);
        let mut names = FreshNames::new(store, reachable, options);
        let (mut depth, mut size) = (vec![0_u32; length], vec![0_u64; length]);
        let mut nodes = vec![1_u64; length];
        for id in reachable {
            let at = id.index();
            size[at] = own_occurrences(store.node(*id));
            store.node(*id).for_each_child(|child| {
                let child = child.index();
                let (inner_depth, inner_size, inner_nodes) = if layout.named[child].is_some() {
                    (0, 1, 1)
                } else {
                    (depth[child], size[child], nodes[child])
                };
                depth[at] = depth[at].max(inner_depth + 1);
                size[at] = size[at].saturating_add(inner_size);
                nodes[at] = nodes[at].saturating_add(inner_nodes);
            });
            let part = Part { uses: uses[at], size: size[at], nodes: nodes[at] };
            // What speaks of a bound index means nothing outside.
            let is_bound = bound.iter().any(|index| store.mentions(*id, index));
            if (repeats(&part) || depth[at] >= DEEPEST) && uses[at] > 0 && !is_bound {
                layout.named[at] = Some(layout.definitions.len());
                let known = options.taken.iter().find(|(_, part)| part == id);
                let name = known.map_or_else(|| names.next(store.shape(*id)), |it| it.0.clone());
                layout.definitions.push(Definition { name, id: *id, ranges: Vec::new() });
            }
        }
        let definitions = layout.definitions.iter().map(|definition| &definition.id);
        let longest = roots.iter().chain(definitions).map(|id| nodes[id.index()]).max();
        (layout, longest.unwrap_or(0))
    }

    /// Takes names away.
    pub(super) fn forget(&mut self, names: &BTreeSet<Name>) {
        if names.is_empty() {
            return;
        }
        let mut place = 0;
        let places: Vec<Option<usize>> = self
            .definitions
            .iter()
            .map(|part| {
                let keeps = !names.contains(&part.name);
                place += usize::from(keeps);
                keeps.then(|| place - 1)
            })
            .collect();
        self.definitions.retain(|part| !names.contains(&part.name));
        for named in &mut self.named {
            *named = named.and_then(|old| places[old]);
        }
    }

    /// The name that stands for the node.
    pub(super) fn name(&self, id: Id) -> Option<&Name> {
        self.place(id).map(|place| &self.definitions[place].name)
    }

    fn place(&self, id: Id) -> Option<usize> {
        self.named.get(id.index()).copied().flatten()
    }

    /// The definitions whose names stand in these nodes or for these texts, by their places, in order.
    pub(super) fn used_by(&self, store: &Store, texts: &[Id], nodes: &[Id]) -> BTreeSet<usize> {
        let mut used: BTreeSet<usize> = texts.iter().filter_map(|id| self.place(*id)).collect();
        for id in nodes {
            store.node(*id).for_each_child(|child| used.extend(self.place(child)));
        }
        used
    }

    /// Names, functions and constants of the text: each definition's once, a name as one.
    pub(super) fn occurrences(&self, store: &Store, roots: &[Id]) -> u64 {
        let mut size: Vec<u64> = vec![0; self.named.len()];
        let mut total = 0_u64;
        for id in store.reachable(roots) {
            let at = id.index();
            size[at] = own_occurrences(store.node(id));
            store.node(id).for_each_child(|child| {
                let named = self.name(child).is_some();
                let inner = if named { 1 } else { size[child.index()] };
                size[at] = size[at].saturating_add(inner);
            });
            if self.name(id).is_some() {
                total = total.saturating_add(size[at]);
            }
        }
        let plain = roots.iter().filter(|root| self.name(**root).is_none());
        plain.map(|root| size[root.index()]).fold(total, u64::saturating_add)
    }
}

/// The indices that sums and families bind.
fn bound_indices(store: &Store, reachable: &[Id]) -> BTreeSet<Name> {
    let mut bound = BTreeSet::new();
    for id in reachable {
        if let Node::SumOver(range, _) = store.node(*id) {
            bound.insert(range.index.clone());
        }
    }
    bound.extend(store.families().map(|(_, family)| family.index.clone()));
    bound
}

/// Names, functions and constants in the fully expanded formula; saturates instead of taking exponential time.
pub fn occurrences(store: &Store, id: Id) -> u64 {
    expanded_occurrences(store, &store.reachable(&[id]))[id.index()]
}

/// Names, functions and constants in each of the fully expanded formulas.
pub fn lengths(store: &Store, ids: &[Id]) -> Vec<u64> {
    let all = expanded_occurrences(store, &store.reachable(ids));
    ids.iter().map(|id| all[id.index()]).collect()
}

fn expanded_occurrences(store: &Store, reachable: &[Id]) -> Vec<u64> {
    let mut counts = vec![0_u64; reachable.last().map_or(0, |last| last.index() + 1)];
    for id in reachable {
        let mut count = own_occurrences(store.node(*id));
        store.node(*id).for_each_child(|child| count = count.saturating_add(counts[child.index()]));
        counts[id.index()] = count;
    }
    counts
}

/// A variable counts, a constant and a function, and every name in the sizes that an operation on tensors is written with.
fn own_occurrences(node: &Node) -> u64 {
    match node {
        Node::Variable(_)
        | Node::Family(_)
        | Node::Identity(_)
        | Node::Ones(..)
        | Node::Trace(_)
        | Node::Determinant(_)
        | Node::Total(_)
        | Node::Diagonal(_)
        | Node::DiagonalOf(_)
        | Node::Vectorize(_)
        | Node::Apply { .. } => 1,
        Node::Tensor { operation, .. } => {
            let sizes = tensor::written(operation);
            sizes.iter().map(|size| size.symbols().len() as u64).sum()
        }
        _ => 0,
    }
}

/// How often each node stands in another one.
fn uses(store: &Store, roots: &[Id], reachable: &[Id]) -> Vec<u64> {
    let mut uses = vec![0_u64; reachable.last().map_or(0, |last| last.index() + 1)];
    for id in reachable {
        store.node(*id).for_each_child(|child| uses[child.index()] += 1);
    }
    // A root that other roots use is written out once for itself.
    for root in roots {
        if uses[root.index()] > 0 {
            uses[root.index()] += 1;
        }
    }
    uses
}

/// Names that nothing else has, of the kind that the default declarations give: T matrices, t columns, c scalars.
struct FreshNames {
    taken: BTreeSet<Name>,
    last: usize,
}

impl FreshNames {
    fn new(store: &Store, reachable: &[Id], options: &Options) -> Self {
        let named = options.taken.iter().map(|(name, _)| name);
        let mut taken: BTreeSet<Name> =
            options.variables.iter().chain(&options.known).chain(named).cloned().collect();
        for id in reachable {
            if let Node::Variable(name) | Node::Family(name) = store.node(*id) {
                taken.insert(name.clone());
                let shape = store.shape(*id);
                taken.extend(shape.rows().symbols());
                taken.extend(shape.columns().symbols());
            }
        }
        Self { taken, last: 0 }
    }

    fn next(&mut self, shape: &Shape) -> Name {
        let letter = match shape {
            Shape::Scalar => 'c',
            shape if shape.is_column() => 't',
            Shape::Matrix(..) | Shape::Tensor(_) => 'T',
        };
        loop {
            self.last += 1;
            let name = Name::from(format!("{letter}{}", self.last));
            if !self.taken.contains(&name) && function::find(&name).is_none() {
                return name;
            }
        }
    }
}
