//! Sums and products as they are written, operand after operand: a chain becomes one node at once, so that no prefix of a long one
//! is ever made.

use super::typer::{Extent, Operation, Place, Typed};
use super::walk::Walker;
use crate::shape::Shape;
use crate::work;

/// What the links of a chain have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chain {
    /// a + b − c, of one shape.
    Sum,
    /// Scalars multiplied and divided.
    Scalars,
    /// Matrices multiplied, with scalars among them.
    Matrices,
    /// Arrays multiplied entrywise.
    Entrywise,
}

/// An operand of a chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) place: Place,
    /// Of a sum, whether it is subtracted; of a product, whether it divides.
    pub(super) turned: bool,
}

/// The chains of a program.
pub(super) struct Chains {
    kinds: Vec<Option<Chain>>,
    /// Whether a node is a part of a longer chain and of nothing else.
    absorbed: Vec<bool>,
}

impl Chains {
    /// `shape`: that of an extent, with its sizes resolved.
    pub(super) fn new(walker: &Walker<'_>, shape: &dyn Fn(&Extent) -> Shape) -> Self {
        let typed = walker.typer.nodes();
        let mut scalar = Vec::with_capacity(typed.len());
        let mut kinds: Vec<Option<Chain>> = Vec::with_capacity(typed.len());
        for node in typed {
            let shape = shape(&node.extent);
            scalar.push(shape.is_scalar());
            let kind = kind(&node.operation, &scalar);
            kinds.push(kind.filter(|kind| *kind == Chain::Sum || !shape.is_tensor()));
        }
        let uses = uses(walker);
        let mut absorbed = vec![false; typed.len()];
        for (place, node) in typed.iter().enumerate() {
            let Some(kind) = kinds[place] else { continue };
            for link in links(&node.operation) {
                // A divisor is one factor, and so is a scalar among matrices.
                let divides = link.turned && kind != Chain::Sum;
                let is_factor = kind == Chain::Matrices && scalar[link.place];
                absorbed[link.place] = kinds[link.place] == Some(kind)
                    && uses[link.place] == 1
                    && !divides
                    && !is_factor;
            }
        }
        Self { kinds, absorbed }
    }

    /// Whether the node need not be made.
    pub(super) fn is_absorbed(&self, place: Place) -> bool {
        self.absorbed[place]
    }

    /// The chain that ends in the node, with all its operands in order.
    pub(super) fn at(&self, typed: &[Typed], place: Place) -> Option<(Chain, Vec<Link>)> {
        let kind = self.kinds[place]?;
        let mut found = Vec::new();
        let mut open = vec![Link { place, turned: false }];
        while let Some(link) = open.pop() {
            work::count(1);
            if link.place != place && !self.absorbed[link.place] {
                found.push(link);
                continue;
            }
            let inner = links(&typed[link.place].operation).into_iter().rev();
            open.extend(inner.map(|inner| Link { turned: inner.turned != link.turned, ..inner }));
        }
        Some((kind, found))
    }
}

/// The operands of a link, in order; none of another operation.
pub(super) fn links(operation: &Operation) -> Vec<Link> {
    let link = |place: &Place, turned| Link { place: *place, turned };
    match operation {
        Operation::Add(a, b) | Operation::Multiply(a, b) | Operation::Hadamard(a, b) => {
            vec![link(a, false), link(b, false)]
        }
        Operation::Subtract(a, b) | Operation::Divide(a, b) => vec![link(a, false), link(b, true)],
        Operation::Negate(a) => vec![link(a, true)],
        _ => Vec::new(),
    }
}

/// `scalar`: of every node before this one, whether it is a scalar.
fn kind(operation: &Operation, scalar: &[bool]) -> Option<Chain> {
    match operation {
        Operation::Add(..) | Operation::Subtract(..) | Operation::Negate(_) => Some(Chain::Sum),
        Operation::Multiply(a, b) => {
            let scalars = scalar[*a] && scalar[*b];
            Some(if scalars { Chain::Scalars } else { Chain::Matrices })
        }
        Operation::Hadamard(a, b) => Some(match (scalar[*a], scalar[*b]) {
            (true, true) => Chain::Scalars,
            (false, false) => Chain::Entrywise,
            (true, false) | (false, true) => Chain::Matrices,
        }),
        Operation::Divide(a, b) => match (scalar[*a], scalar[*b]) {
            (true, true) => Some(Chain::Scalars),
            (false, true) => Some(Chain::Matrices),
            // Entrywise, by an array.
            (_, false) => None,
        },
        _ => None,
    }
}

/// How often each node is an operand, or asked for.
fn uses(walker: &Walker<'_>) -> Vec<usize> {
    let mut uses = vec![0; walker.typer.nodes().len()];
    for node in walker.typer.nodes() {
        node.operation.for_each_operand(|place| uses[place] += 1);
    }
    // What has a name, or is asked for, is a value of its own.
    let named = walker.scope.definition_list.iter().map(|(_, place)| *place);
    let families = walker.families.list.iter().flat_map(|family| &family.formulas);
    let kept = named.chain(walker.requests.places()).chain(families.map(|formula| formula.place));
    kept.for_each(|place| uses[place] += 2);
    uses
}
