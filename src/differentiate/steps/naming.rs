//! Names for inner values, so that the lines of a deep composition stay short: Z₁ = X W + b, H₁ = tanh(Z₁), …

use std::collections::{BTreeMap, BTreeSet};

use crate::derivation::{Binding, Layer, Term};
use crate::expression::{Id, Node, Store};
use crate::shape::Shape;

/// The scalar in terms of names, and the names, each before its first use.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) value: Id,
    pub(super) bindings: Vec<Binding>,
}

/// Nothing is named.
pub(super) fn none(f: Id) -> Named {
    Named { value: f, bindings: Vec::new() }
}

/// Names what is used twice, what functions and inverses are applied to, and what they give: between two names only sums and products
/// are left.
pub(super) fn inner_values(store: &mut Store, f: Id, variable: Id) -> Named {
    let reachable = store.reachable(&[f]);
    let moving = moving(store, &reachable, &BTreeSet::from([variable]));
    let worth = worth_a_name(store, f, &reachable, &moving);
    let mut names = Names::new(store, &reachable);
    let mut images: BTreeMap<Id, Id> = BTreeMap::new();
    let mut bindings = Vec::new();
    for id in reachable.into_iter().filter(|id| moving.contains(id)) {
        let value = store.rebuild(id, &mut |child| images.get(&child).copied().unwrap_or(child));
        let image = if worth.contains(&id) {
            let name = names.next(store, id);
            bindings.push(Binding { name, value });
            name
        } else {
            value
        };
        images.insert(id, image);
    }
    Named { value: images.get(&f).copied().unwrap_or(f), bindings }
}

/// The nodes that depend on one of the sources.
pub(super) fn moving(store: &Store, reachable: &[Id], sources: &BTreeSet<Id>) -> BTreeSet<Id> {
    let mut moving = BTreeSet::new();
    for id in reachable {
        let mut moves = sources.contains(id);
        store.node(*id).for_each_child(|child| moves |= moving.contains(&child));
        if moves {
            moving.insert(*id);
        }
    }
    moving
}

fn worth_a_name(store: &Store, f: Id, reachable: &[Id], moving: &BTreeSet<Id>) -> BTreeSet<Id> {
    let mut uses: BTreeMap<Id, usize> = BTreeMap::new();
    let mut worth = BTreeSet::new();
    for id in reachable {
        store.node(*id).for_each_child(|child| *uses.entry(child).or_default() += 1);
        match store.node(*id) {
            Node::Apply { arguments, .. } => {
                worth.insert(*id);
                worth.extend(arguments.iter().copied());
            }
            Node::Inverse(a) | Node::Determinant(a) => {
                worth.insert(*id);
                worth.insert(*a);
            }
            _ => {}
        }
    }
    worth.extend(uses.iter().filter(|(_, uses)| **uses > 1).map(|(id, _)| *id));
    worth.retain(|id| {
        let plain = matches!(store.node(*id), Node::Variable(_) | Node::Transpose(_));
        let minor = store.shape(*id).is_scalar() && uses.get(id).is_none_or(|uses| *uses < 2);
        moving.contains(id) && *id != f && !plain && !minor
    });
    worth
}

/// The value by its name where the term's constants hold it: d tanh(Z) = (1 − H ⊙ H) ⊙ dZ for H = tanh(Z).
pub(super) fn abbreviate(store: &mut Store, mut term: Term, subject: Binding) -> Term {
    if subject.name == subject.value
        || !matches!(store.node(subject.value), Node::Apply { .. } | Node::Inverse(_))
    {
        return term;
    }
    for layer in &mut term.layers {
        let constants: Vec<&mut Id> = match layer {
            Layer::Scale(a)
            | Layer::Times(a)
            | Layer::Adjoint(a)
            | Layer::Hadamard(a)
            | Layer::KroneckerLeft(a)
            | Layer::KroneckerRight(a) => vec![a],
            Layer::Product { left, right } => left.iter_mut().chain(right).collect(),
            Layer::Apply { .. }
            | Layer::Transpose
            | Layer::Trace
            | Layer::Total
            | Layer::Diagonal
            | Layer::DiagonalOf
            | Layer::Vectorize => Vec::new(),
        };
        for constant in constants {
            *constant = store.substitute(*constant, &[(subject.value, subject.name)]);
        }
    }
    term
}

/// Names that nothing else has.
struct Names {
    taken: BTreeSet<Id>,
    sizes: BTreeSet<crate::shape::Name>,
    counts: BTreeMap<char, usize>,
}

impl Names {
    fn new(store: &Store, reachable: &[Id]) -> Self {
        let mut sizes = BTreeSet::new();
        for id in reachable {
            sizes.extend(store.shape(*id).rows().symbols());
            sizes.extend(store.shape(*id).columns().symbols());
        }
        Self { taken: reachable.iter().copied().collect(), sizes, counts: BTreeMap::new() }
    }

    /// A variable like the value: Z₁ for a matrix, z₁ for a column, s₁ for a scalar.
    fn next(&mut self, store: &mut Store, like: Id) -> Id {
        let shape = store.shape(like).clone();
        let letter = match &shape {
            Shape::Scalar => 's',
            shape if shape.is_column() => 'z',
            Shape::Matrix(..) | Shape::Tensor(_) => 'Z',
        };
        let facts = store.properties(like);
        fresh(store, letter, &shape, facts, &mut self.counts, &|id, name| {
            self.taken.contains(&id) || self.sizes.contains(name)
        })
    }
}

/// δ₁, δ₂, …: a variable for the adjoint of `like`.
pub(super) fn adjoint(store: &mut Store, like: Id, counts: &mut BTreeMap<char, usize>) -> Id {
    let shape = store.shape(like).clone();
    let facts = crate::expression::Properties::NONE;
    fresh(store, 'δ', &shape, facts, counts, &|_, _| false)
}

/// The next variable of that letter. One that an earlier derivation made serves again: what it stands for is the derivation's to say.
fn fresh(
    store: &mut Store,
    letter: char,
    shape: &Shape,
    facts: crate::expression::Properties,
    counts: &mut BTreeMap<char, usize>,
    taken: &dyn Fn(Id, &str) -> bool,
) -> Id {
    loop {
        let count = counts.entry(letter).or_default();
        *count += 1;
        let name = format!("{letter}{count}");
        let id = store.variable(&name, shape.clone(), facts);
        if !taken(id, &name) && store.shape(id) == shape && store.properties(id) == facts {
            return id;
        }
    }
}
