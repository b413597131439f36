//! Expressions become programs: kernel calls, fused loops, buffers, product order, shared factorisations.
//!
//! | file | decides |
//! |---|---|
//! | `chain` | the order of products, by the expected sizes |
//! | `plan` | what gets memory and what is fused into the loop that needs it |
//! | `entry` | the expression inside a fused loop |
//! | `logarithm` | logarithms of determinants |
//! | `build` | the calls, in order |
//! | `reuse` | which buffers share memory |
//! | `program` | what a program is |
//!
//! No syntax of a target lives here. The value and all its gradients are lowered at once, so that they share every common part.

mod build;
mod chain;
mod entry;
mod logarithm;
mod plan;
mod program;
mod reuse;
mod routine;

use std::collections::HashSet;

pub use program::{
    Argument, Buffer, Call, Entries, Entry, EntryId, Exponent, Factor, FactorKind, Index, Input,
    Loop, Output, OutputPlace, Place, Program, Scalar, Sign, Target, View,
};

use crate::expression::{Id, Node, Store};
use crate::shape::{Dimension, Name, Symbol};
use build::{Builder, Value};
use chain::{Chain, Costs};

/// What is to be computed.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// Owns the expressions.
    pub store: &'a Store,
    /// The variables, in the order in which the caller passes them; others that occur are appended.
    pub variables: &'a [(Name, Id)],
    /// The results, with their names.
    pub outputs: &'a [(Name, Id)],
    /// Expected sizes; symbols without one count as about a hundred.
    pub sizes: &'a [(Name, u64)],
}

/// The program that computes all outputs.
pub fn lower(task: &Task<'_>) -> Program {
    let store = task.store;
    let roots: Vec<Id> = task.outputs.iter().map(|(_, id)| *id).collect();
    let needed = store.reachable(&roots);
    let expected = expected_sizes(task.sizes);
    let costs = Costs { store, expected: &expected, known: whole_products(store, &needed) };
    let plan = plan::plan(store, &needed, &roots, &costs);
    let mut builder = Builder::new(store, &plan);
    for (name, id) in task.variables {
        input(&mut builder, name, *id);
    }
    for id in &needed {
        if let (Node::Variable(name), false) = (store.node(*id), builder.is_bound(*id)) {
            input(&mut builder, name, *id);
        }
    }
    for id in &needed {
        builder.node(*id);
    }
    for (name, id) in task.outputs {
        output(&mut builder, name, *id);
    }
    let mut program = builder.program;
    program.sizes = symbols(&program, store, &needed);
    reuse::share_memory(&mut program);
    program
}

/// One more input.
fn input(builder: &mut Builder<'_>, name: &Name, id: Id) {
    builder.bind(id, builder.program.inputs.len());
    builder.program.inputs.push(Input {
        name: name.clone(),
        shape: builder.store.shape(id).clone(),
        properties: builder.store.properties(id),
    });
}

/// An output lies in a buffer of its own, as its shape says: never in an input, never transposed.
fn output(builder: &mut Builder<'_>, name: &Name, id: Id) {
    let shape = builder.store.shape(id).clone();
    let place = if shape.is_scalar() {
        OutputPlace::Scalar(builder.scalar(id))
    } else {
        let whole = match &builder.values[id.index()] {
            Some(Value::Array(view)) => Some(view.clone()),
            Some(Value::Scalar(_)) | None => None,
        };
        let straight = whole.filter(|view| !view.transposed || view.is_vector());
        let buffer = match straight.map(|view| view.place) {
            Some(Place::Buffer(buffer)) => Some(buffer),
            Some(Place::Input(_)) | None => None,
        };
        OutputPlace::Buffer(buffer.unwrap_or_else(|| {
            let copy = builder.copied(id, None);
            match copy.place {
                Place::Buffer(buffer) | Place::Input(buffer) => buffer,
            }
        }))
    };
    builder.program.outputs.push(Output { name: name.clone(), shape, place });
}

/// Products that are read as they are by something that does not look inside them.
fn whole_products(store: &Store, needed: &[Id]) -> HashSet<chain::Key> {
    let mut known = HashSet::new();
    let mut add = |id: Id| {
        if let Node::Product(factors) = store.node(id) {
            known.insert(chain::key(store, &Chain::of(store, factors).links).0);
        }
    };
    for id in needed {
        let node = store.node(*id);
        if !matches!(node, Node::Trace(_) | Node::Total(_) | Node::DiagonalOf(_)) {
            node.for_each_child(&mut add);
        }
    }
    known
}

/// A guess for each size: as told, or about a hundred, different for different symbols.
fn expected_sizes(told: &[(Name, u64)]) -> impl Fn(&Dimension) -> f64 {
    move |size: &Dimension| expected_size(told, size)
}

#[allow(clippy::cast_precision_loss)]
fn expected_size(told: &[(Name, u64)], size: &Dimension) -> f64 {
    let named = |name: &Name| {
        told.iter().find(|(known, _)| known == name).map_or_else(
            || 96.0 + f64::from(name.bytes().fold(0, |sum, byte| (sum + u32::from(byte)) % 13)),
            |(_, size)| *size as f64,
        )
    };
    let of = |symbol: &Symbol| match symbol {
        Symbol::Name(name) | Symbol::Element(name, _) => named(name),
        Symbol::Quotient(a, b) => expected_size(told, a) / expected_size(told, b),
    };
    let terms = size
        .terms()
        .map(|(coefficient, symbols)| coefficient as f64 * symbols.iter().map(of).product::<f64>());
    terms.sum::<f64>().max(1.0)
}

/// Every symbol that a shape or a size mentions, sorted.
fn symbols(program: &Program, store: &Store, needed: &[Id]) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    let mut add = |size: &Dimension| names.extend(size.symbols());
    for input in &program.inputs {
        add(&input.shape.rows());
        add(&input.shape.columns());
    }
    for id in needed {
        let shape = store.shape(*id);
        add(&shape.rows());
        add(&shape.columns());
        if let Node::Size(size) = store.node(*id) {
            add(size);
        }
    }
    names.sort();
    names.dedup();
    names
}
