//! The writer's names: what a definition stands for is that name again, also where it stands negative, transposed, as a part of a sum
//! or of a product.

use std::collections::BTreeMap;

use num_traits::One;

use crate::expression::{Id, Node, Power, Store, Term};
use crate::number::{self, Rational};
use crate::shape::{Name, Shape};

/// Names that are found in one node, one after the other.
const MOST_IN_ONE: usize = 8;

/// Definitions, each in terms of those before it.
#[derive(Clone, Debug, Default)]
pub struct Names {
    forms: Vec<Form>,
    /// Forms that are a value as it stands.
    whole: BTreeMap<Id, usize>,
    /// Forms that may be a part of a value, by the last of what they consist of.
    parts: BTreeMap<Id, Vec<usize>>,
    /// What definitions consist of, written in the names before them: as they were typed, and in short form.
    written: [BTreeMap<Id, Id>; 2],
    /// What each name stands for, without any name.
    meanings: BTreeMap<Id, Id>,
}

/// A value that is a multiple of a name.
#[derive(Clone, Debug)]
struct Form {
    value: Id,
    factor: Rational,
    /// The leaf, or its transpose.
    name: Id,
}

impl Names {
    /// A value in the names so far, which are those that it may speak of.
    fn value(&mut self, store: &mut Store, at: usize, value: Id) -> Id {
        let mut written = std::mem::take(&mut self.written[at]);
        let mut open = vec![value];
        // Costs what no definition before consists of.
        while let Some(id) = open.last().copied() {
            let children = store.node(id).children();
            let before = open.len();
            open.extend(children.into_iter().filter(|child| !written.contains_key(child)));
            if open.len() == before {
                open.pop();
                if !written.contains_key(&id) {
                    let image = self.node(store, id, &written);
                    written.insert(id, image);
                }
            }
        }
        self.written[at] = written;
        self.written[at][&value]
    }

    /// Gives equal values a name; the last of them in the names so far, and the node that is written as the name. What consists of
    /// nothing keeps the name it has.
    pub fn define(&mut self, store: &mut Store, name: &Name, of: [Id; 2]) -> (Id, Option<Id>) {
        let values = [0, 1].map(|at| self.value(store, at, of[at]));
        let leaf = self.leaf(store, name, values);
        if let Some(leaf) = leaf {
            self.meanings.insert(leaf, of[0]);
            for (written, value) in self.written.iter_mut().zip(of) {
                // What holds the value comes after it, and is to be written again.
                written.split_off(&value);
                written.insert(value, leaf);
            }
        }
        (values[1], leaf)
    }

    fn leaf(&mut self, store: &mut Store, name: &Name, values: [Id; 2]) -> Option<Id> {
        if values.iter().any(|value| store.node(*value).is_leaf() || is_mark(store, *value)) {
            return None;
        }
        let (shape, properties) = (store.shape(values[0]).clone(), store.properties(values[0]));
        let leaf = store.stand_in(name, shape, properties);
        for value in values {
            self.add(store, value, leaf);
            if !store.shape(leaf).is_scalar() {
                let (value, leaf) = (store.transpose(value), store.transpose(leaf));
                self.add(store, value, leaf);
            }
        }
        Some(leaf)
    }

    fn add(&mut self, store: &Store, value: Id, name: Id) {
        if self.whole.contains_key(&value) {
            return;
        }
        self.whole.insert(value, self.forms.len());
        self.forms.push(Form { value, factor: number::one(), name });
        // c·(A + B) is a part of what A + B is a part of.
        let (value, factor) = match store.node(value) {
            Node::Sum(terms) => match &**terms {
                [term] if matches!(store.node(term.id), Node::Sum(_)) => {
                    (term.id, term.coefficient.recip())
                }
                _ => (value, number::one()),
            },
            _ => (value, number::one()),
        };
        let key = match store.node(value) {
            Node::Sum(terms) => terms.iter().map(|term| term.id).max(),
            Node::Product(factors) => factors.iter().copied().max(),
            Node::Hadamard(powers) => powers.iter().map(|power| power.base).max(),
            Node::Scale { matrix, .. } => match store.node(*matrix) {
                Node::Product(factors) => factors.iter().copied().max(),
                _ => Some(*matrix),
            },
            _ => None,
        };
        if let Some(key) = key {
            self.parts.entry(key).or_default().push(self.forms.len());
            self.forms.push(Form { value, factor, name });
        }
    }

    /// The roots with names where they stand.
    pub fn write(&self, store: &mut Store, roots: &[Id]) -> Vec<Id> {
        if self.forms.is_empty() {
            return roots.to_vec();
        }
        let mut images: BTreeMap<Id, Id> = BTreeMap::new();
        for id in store.reachable(roots) {
            let image = self.node(store, id, &images);
            images.insert(id, image);
        }
        roots.iter().map(|root| images[root]).collect()
    }

    /// The roots with what their names stand for.
    pub fn meaning(&self, store: &mut Store, roots: &[Id]) -> Vec<Id> {
        let mut images = self.meanings.clone();
        for id in store.reachable(roots) {
            if images.contains_key(&id) {
                continue;
            }
            let image = store.rebuild(id, &mut |child| images[&child]);
            if store.is_sealed(id) && image != id {
                store.seal(image);
            }
            images.insert(id, image);
        }
        roots.iter().map(|root| images[root]).collect()
    }

    /// The root with names where it means the same node by node, otherwise as it is.
    pub fn write_exactly(&self, store: &mut Store, root: Id) -> Id {
        let written = self.write(store, &[root])[0];
        let [meant, known] = self.meaning(store, &[written, root])[..] else { return root };
        if meant == known { written } else { root }
    }

    /// A node of operands that are written.
    fn node(&self, store: &mut Store, id: Id, images: &BTreeMap<Id, Id>) -> Id {
        let mut image = store.rebuild(id, &mut |child| images[&child]);
        if store.is_sealed(id) && image != id {
            store.seal(image);
        }
        for _ in 0..MOST_IN_ONE {
            match self.step(store, image) {
                Some(next) if next != image => image = next,
                _ => break,
            }
        }
        image
    }

    /// One name written into a value.
    fn step(&self, store: &mut Store, id: Id) -> Option<Id> {
        if let Some(at) = self.whole.get(&id) {
            return Some(self.forms[*at].name);
        }
        match store.node(id).clone() {
            Node::Sum(terms) => {
                let keys = terms.iter().map(|term| term.id);
                let found = self.candidates(keys).find_map(|form| in_sum(store, &terms, form, id));
                let [term] = &*terms else { return found };
                // A constructor may have taken a factor out of what is then another value.
                found.or_else(|| {
                    Some(self.step(store, term.id)?)
                        .map(|inner| store.scale_by(&term.coefficient, inner))
                })
            }
            Node::Transpose(inner) => self.step(store, inner).map(|inner| store.transpose(inner)),
            Node::Product(factors) => {
                let keys = factors.iter().copied();
                self.candidates(keys).find_map(|form| in_product(store, &factors, form))
            }
            Node::Hadamard(powers) => {
                let keys = powers.iter().map(|power| power.base);
                let shape = store.shape(id).clone();
                self.candidates(keys).find_map(|form| {
                    let Node::Hadamard(part) = store.node(form.value).clone() else { return None };
                    let times = times(store, &powers, &part)?;
                    let mut rest = without(store, &powers, &part, times)?;
                    rest.push(Power { base: form.name, exponent: store.integer(times) });
                    Some(store.power_product(&rest, &shape))
                })
            }
            Node::Scale { scalar, matrix } => {
                let factors = match store.node(matrix) {
                    Node::Product(factors) => factors.to_vec(),
                    _ => vec![matrix],
                };
                let found = self
                    .candidates(factors.iter().copied())
                    .find_map(|form| in_scale(store, scalar, &factors, form));
                found.or_else(|| {
                    let inner = self.step(store, matrix)?;
                    Some(store.multiply(scalar, inner))
                })
            }
            _ => None,
        }
    }

    /// The forms that may be a part of what consists of these; of several the last defined first.
    fn candidates(&self, keys: impl Iterator<Item = Id>) -> impl Iterator<Item = &Form> {
        let mut found: Vec<usize> =
            keys.filter_map(|key| self.parts.get(&key)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().rev().map(|at| &self.forms[at])
    }
}

/// Aᵀ and A⁻¹ are as short as a name for them.
fn is_mark(store: &Store, id: Id) -> bool {
    match store.node(id) {
        Node::Transpose(inner) | Node::Inverse(inner) => store.node(*inner).is_leaf(),
        _ => false,
    }
}

/// A sum with a multiple of the form taken out.
fn in_sum(store: &mut Store, terms: &[Term], form: &Form, id: Id) -> Option<Id> {
    let Node::Sum(part) = store.node(form.value) else { return None };
    let coefficient = |terms: &[Term], id: Id| {
        terms.iter().find(|term| term.id == id).map(|term| term.coefficient.clone())
    };
    let first = part.first()?;
    let ratio = coefficient(terms, first.id)? / &first.coefficient;
    // 2A for a name of 2A, and not half of it for A.
    if part.len() == 1 && !(ratio.is_one() || (-&ratio).is_one()) {
        return None;
    }
    let fits = |term: &Term| {
        coefficient(terms, term.id).is_some_and(|found| found == &ratio * &term.coefficient)
    };
    if !part.iter().all(fits) {
        return None;
    }
    let is_rest = |term: &&Term| coefficient(part, term.id).is_none();
    let rest = terms.iter().filter(is_rest);
    let mut rest: Vec<(Rational, Id)> =
        rest.map(|term| (term.coefficient.clone(), term.id)).collect();
    rest.push((ratio * &form.factor, form.name));
    let shape = store.shape(id).clone();
    Some(store.sum(rest, &shape))
}

/// A product with the form as neighbouring factors.
fn in_product(store: &mut Store, factors: &[Id], form: &Form) -> Option<Id> {
    let Node::Product(part) = store.node(form.value) else { return None };
    let at = factors.windows(part.len()).position(|window| *window == **part)?;
    let mut rest = factors[..at].to_vec();
    rest.push(form.name);
    rest.extend(&factors[at + part.len()..]);
    Some(store.product(&rest))
}

/// A scaled product of which the scaled form is a factor: x·xᵀ/r² holds x/r.
fn in_scale(store: &mut Store, scalar: Id, factors: &[Id], form: &Form) -> Option<Id> {
    let Node::Scale { scalar: part, matrix } = *store.node(form.value) else { return None };
    let inner = match store.node(matrix) {
        Node::Product(inner) => inner.to_vec(),
        _ => vec![matrix],
    };
    let at = factors.windows(inner.len()).position(|window| *window == *inner)?;
    let (powers, part) = (powers_of(store, scalar), powers_of(store, part));
    times(store, &powers, &part).filter(|times| *times > 0)?;
    let rest = without(store, &powers, &part, 1)?;
    let rest = store.power_product(&rest, &Shape::Scalar);
    let mut chain = factors[..at].to_vec();
    chain.push(form.name);
    chain.extend(&factors[at + inner.len()..]);
    let chain = store.product(&chain);
    Some(store.multiply(rest, chain))
}

/// A scalar as a product of powers.
fn powers_of(store: &mut Store, scalar: Id) -> Vec<Power> {
    match store.node(scalar) {
        Node::Hadamard(powers) => powers.to_vec(),
        _ => vec![Power { base: scalar, exponent: store.integer(1) }],
    }
}

/// How often the part is a factor, less than 0 where it is divided by.
fn times(store: &Store, powers: &[Power], part: &[Power]) -> Option<i64> {
    let ratio = |power: &Power| {
        let found = powers.iter().find(|other| other.base == power.base)?;
        Some(store.as_number(found.exponent)? / store.as_number(power.exponent)?)
    };
    let ratios: Vec<Rational> = part.iter().map(ratio).collect::<Option<_>>()?;
    let first = ratios.first()?;
    if ratios.iter().all(|ratio| ratio == first) && first.is_integer() {
        // a² is in a⁴ twice, and not in a³.
        return number::to_i64(first);
    }
    // a·b is in a²·b once.
    let least = number::to_i64(&ratios.iter().min()?.to_integer())?;
    (part.len() > 1 && least > 0).then_some(least)
}

/// The powers without the part, so many times.
fn without(store: &mut Store, powers: &[Power], part: &[Power], times: i64) -> Option<Vec<Power>> {
    let mut rest = Vec::with_capacity(powers.len());
    for power in powers {
        let taken = part.iter().find(|taken| taken.base == power.base);
        let exponent = match taken {
            None => power.exponent,
            Some(taken) => {
                let each = store.as_number(taken.exponent)? * number::integer(times);
                let left = store.as_number(power.exponent)? - each;
                store.number(left)
            }
        };
        rest.push(Power { base: power.base, exponent });
    }
    Some(rest)
}
