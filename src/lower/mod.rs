//! Expressions become programs: kernel calls, fused loops, buffers, product order, shared factorisations.
//!
//! | file | decides |
//! |---|---|
//! | `chain` | the order of products, by the expected sizes |
//! | `plan` | what gets memory and what is fused into the loop that needs it |
//! | `entry` | the expression inside a fused loop |
//! | `factors` | factorisations and solves |
//! | `logarithm` | logarithms of determinants |
//! | `hoist` | what inner loops need is computed once, before the outer ones |
//! | `exponential` | logarithms of sums of exponentials |
//! | `schedule` | which families and sums share a loop |
//! | `segment` | what a loop computes for one value of its index |
//! | `build` | the calls, in order |
//! | `loops` | loops over an index |
//! | `nest` | loops inside one another; families as arrays |
//! | `tensor` | the calls of operations on tensors |
//! | `condition` | what must hold of the sizes |
//! | `reuse` | which buffers share memory |
//! | `count`, `amount` | what a program costs |
//! | `program` | what a program is |
//!
//! No syntax of a target lives here. The value and all its gradients are lowered at once, so that they share every common part.

mod amount;
mod build;
mod chain;
mod condition;
mod count;
mod entry;
mod exponential;
mod factors;
mod hoist;
mod logarithm;
mod loops;
mod nest;
mod plan;
mod program;
mod reuse;
mod routine;
mod schedule;
mod segment;
mod select;
mod tensor;
mod title;
mod top;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

pub use amount::{Amount, Over, Quantity};
pub use condition::Condition;
pub use count::{Certainty, Counts, Step};
pub use program::{
    Argument, Branch, Buffer, Call, Elements, Entries, Entry, EntryId, Exponent, Factor,
    FactorKind, Image, Index, Input, Loop, Memory, Output, OutputPlace, Place, Program, Repeat,
    Scalar, Sign, Tape, Target, View,
};
pub(crate) use reuse::touched;

pub use title::{Part, Title};

use crate::expression::{Family, Id, Node, Piece, Store};
use crate::shape::{Dimension, Name, Symbol};
use build::{Builder, Value};
use chain::{Chain, Costs};
use plan::Region;
use schedule::{Item, Schedule};

/// What is to be computed.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// Owns the expressions.
    pub store: &'a Store,
    /// The variables, in the order in which the caller passes them; others that occur are appended.
    pub variables: &'a [(Name, Id)],
    /// The results, with their titles.
    pub outputs: &'a [(Title, Id)],
    /// Expected sizes; symbols without one count as about a hundred.
    pub sizes: &'a [(Name, u64)],
}

/// The program that computes all outputs.
pub fn lower(task: &Task<'_>) -> Program {
    let mut roots: Vec<Id> = task.outputs.iter().map(|(_, id)| *id).collect();
    let mut closure = task.store.closure(&roots);
    let plain = !closure.iter().any(|id| {
        matches!(task.store.node(*id), Node::Family(_) | Node::Element(..) | Node::SumOver(..))
    });
    // Formulas that share a loop must call its index alike; they are written anew where they do not.
    let mut store = Cow::Borrowed(task.store);
    let (schedule, order) = if plain {
        (Schedule::default(), closure.iter().map(|id| Item::Node(*id)).collect())
    } else {
        roots = hoist::hoist(store.to_mut(), &roots);
        closure = store.closure(&roots);
        let schedule = Schedule::new(store.to_mut(), &roots);
        let order = schedule.order(&store, &roots);
        (schedule, order)
    };
    let expected = expected_sizes(task.sizes);
    let plan = top_plan(&store, &schedule, &order, &roots, &expected);
    let mut bodies = roots.clone();
    bodies.extend(schedule.units.iter().flat_map(schedule::Unit::bodies));
    let mut log_sums = exponential::log_sums(&store, &bodies);
    for unit in &schedule.units {
        // A loop may call the index otherwise than the sum does.
        for accumulation in &unit.sums {
            if let (Some(known), Node::SumOver(range, _)) =
                (log_sums.get_mut(&accumulation.sum), store.node(accumulation.sum).clone())
                && range.index != unit.index
            {
                known.rename(store.to_mut(), &range.index, &unit.index);
            }
        }
    }
    let mut builder = Builder::new(&store, &schedule, &expected, plan);
    builder.log_sums = log_sums;
    builder.conditional = store.conditional(&bodies);
    inputs(&mut builder, task, &closure);
    for unit in &schedule.units {
        unit.families.iter().for_each(|formulas| builder.tape(formulas.family));
    }
    for item in &order {
        if let Item::Node(id) = item {
            builder.bind_element(*id);
        }
    }
    for item in order {
        match item {
            Item::Node(id) => builder.node(id),
            Item::Unit(place) => builder.unit(place),
        }
    }
    for ((title, _), id) in task.outputs.iter().zip(&roots) {
        output(&mut builder, title, *id);
    }
    let mut program = builder.program;
    (program.sizes, program.size_families) = symbols(&program, &store, &roots, &closure);
    program.functions = store.unknown_functions().to_vec();
    program.quotients = quotients(&program, &store, &closure);
    program.conditions = condition::conditions(&program);
    reuse::share_memory(&mut program);
    program
}

/// Whether there is code for the roots: the elements of families with several indices have an order in which loops can compute them,
/// and lie where that can be told.
pub fn is_computable(store: &Store, roots: &[Id]) -> bool {
    let mut store = Cow::Borrowed(store);
    let nested: Vec<_> =
        store.recurrences(roots).into_iter().filter(|it| it.is_nested(&store)).collect();
    let has_places = |id: Id| {
        store.family(id).is_none_or(|family| {
            let ranges = family.ranges();
            let depends = |size: &Dimension| ranges[1..].iter().any(|it| size.mentions(&it.index));
            // Where rows of elements have several lengths, these depend on the first index alone.
            let is_even = ranges[1..].iter().all(|it| !depends(&it.from) && !depends(&it.to));
            !family.is_nested() || is_even && !family.shape.dimensions().iter().any(depends)
        })
    };
    store.closure(roots).into_iter().all(has_places)
        && nested.iter().all(|recurrence| store.to_mut().nests(recurrence).is_some())
}

/// The plan of what is computed outside of loops.
fn top_plan(
    store: &Store,
    schedule: &Schedule,
    order: &[Item],
    roots: &[Id],
    expected: &dyn Fn(&Dimension) -> f64,
) -> plan::Plan {
    let mut needed = Vec::new();
    let mut whole = Vec::new();
    for item in order {
        match item {
            Item::Node(id) => needed.push(*id),
            Item::Unit(place) => whole.extend(schedule.invariant(store, *place)),
        }
    }
    needed.sort_unstable();
    whole.extend(roots.iter().filter(|id| store.family(**id).is_none()));
    let costs = Costs { store, expected, known: whole_products(store, &needed) };
    let region = Region {
        needed: &needed,
        roots: &whole,
        terms: &[],
        sums: &BTreeMap::new(),
        stored: &|_| false,
    };
    plan::plan(store, &region, &costs)
}

/// The inputs: those that the caller named, then all others.
fn inputs(builder: &mut Builder<'_>, task: &Task<'_>, closure: &[Id]) {
    for (name, id) in task.variables {
        input(builder, name, *id);
    }
    for id in closure {
        let given = match builder.store.node(*id) {
            Node::Variable(name) => Some(name),
            Node::Family(name) => {
                let family = builder.store.family(*id);
                Some(name).filter(|_| family.is_some_and(crate::expression::Family::is_variable))
            }
            _ => None,
        };
        if let (Some(name), false) = (given, builder.is_bound(*id)) {
            input(builder, name, *id);
        }
    }
}

/// One more input.
fn input(builder: &mut Builder<'_>, name: &Name, id: Id) {
    builder.bind(id, builder.program.inputs.len());
    builder.program.inputs.push(Input {
        name: name.clone(),
        shape: builder.store.shape(id).clone(),
        ranges: builder.store.family(id).map(Family::ranges).unwrap_or_default(),
        properties: builder.store.properties(id),
    });
}

/// An output lies in a buffer of its own, as its shape says: never in an input, never transposed. That of a family is its tape.
fn output(builder: &mut Builder<'_>, title: &Title, id: Id) {
    let shape = builder.store.shape(id).clone();
    let ranges = builder.store.family(id).map(Family::ranges).unwrap_or_default();
    let place = match builder.families.get(&id) {
        Some(Elements::Tape(tape)) => OutputPlace::Tape(*tape),
        Some(Elements::Input(_)) | None if shape.is_scalar() => {
            OutputPlace::Scalar(builder.scalar(id))
        }
        Some(Elements::Input(_)) | None => OutputPlace::Buffer(buffer_of(builder, id)),
    };
    builder.program.outputs.push(Output { title: title.clone(), shape, ranges, place });
}

/// The buffer that holds a value and nothing else.
fn buffer_of(builder: &mut Builder<'_>, id: Id) -> usize {
    let whole = match &builder.values[id.index()] {
        Some(Value::Array(view)) => Some(view.clone()),
        Some(Value::Scalar(_)) | None => None,
    };
    let straight = whole.filter(|view| !view.transposed || view.is_vector());
    match straight.map(|view| view.place) {
        Some(Place::Buffer(buffer)) if builder.program.buffers[buffer].memory == Memory::Own => {
            buffer
        }
        Some(Place::Buffer(_) | Place::Input(_)) | None => match builder.copied(id, None).place {
            Place::Buffer(buffer) | Place::Input(buffer) => buffer,
        },
    }
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

/// The sizes and the families of sizes that values speak of, sorted; no indices.
pub(crate) fn sizes(store: &Store, roots: &[Id]) -> (Vec<Name>, Vec<Name>) {
    symbols(&Program::default(), store, roots, &store.closure(roots))
}

/// Every symbol that a shape or a size mentions, and every family of sizes, sorted; no indices.
fn symbols(
    program: &Program,
    store: &Store,
    roots: &[Id],
    closure: &[Id],
) -> (Vec<Name>, Vec<Name>) {
    let mut sizes: Vec<Dimension> = Vec::new();
    let mut indices: BTreeSet<Name> = BTreeSet::new();
    for input in &program.inputs {
        sizes.extend(input.shape.dimensions());
        for range in &input.ranges {
            sizes.extend([range.from.clone(), range.to.clone()]);
            indices.insert(range.index.clone());
        }
    }
    for id in closure {
        sizes.extend(store.shape(*id).dimensions());
        sizes.extend(store.node(*id).sizes());
        if let Node::SumOver(range, _) = store.node(*id) {
            indices.insert(range.index.clone());
        }
        if let Some(family) = store.family(*id) {
            for range in family.ranges() {
                sizes.extend([range.from, range.to]);
                indices.insert(range.index);
            }
            let ends = family.pieces.iter().flat_map(Piece::ends);
            sizes.extend(ends.flat_map(|(from, to)| [from.clone(), to.clone()]));
        }
    }
    indices.retain(|index| !roots.iter().any(|root| store.mentions(*root, index)));
    let mut names: Vec<Name> = sizes.iter().flat_map(Dimension::symbols).collect();
    names.retain(|name| !indices.contains(name));
    let mut families: Vec<Name> = sizes.iter().flat_map(Dimension::families).collect();
    for list in [&mut names, &mut families] {
        list.sort();
        list.dedup();
    }
    (names, families)
}

/// Every quotient in a size, with those inside it.
fn quotients(program: &Program, store: &Store, needed: &[Id]) -> Vec<(Dimension, Dimension)> {
    let mut found = BTreeSet::new();
    let mut add = |size: &Dimension| {
        size.visit_symbols(&mut |symbol| {
            // What depends on an index is checked where it is computed.
            let is_fixed = |size: &Dimension| {
                size.symbols().iter().all(|symbol| program.sizes.contains(symbol))
            };
            if let Symbol::Quotient(a, b) = symbol
                && is_fixed(a)
                && is_fixed(b)
            {
                found.insert((a.clone(), b.clone()));
            }
        });
    };
    let shapes = program.inputs.iter().map(|input| &input.shape);
    for shape in shapes.chain(needed.iter().map(|id| store.shape(*id))) {
        shape.dimensions().iter().for_each(&mut add);
    }
    for id in needed {
        store.node(*id).sizes().iter().for_each(&mut add);
    }
    found.into_iter().collect()
}
