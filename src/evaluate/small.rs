//! Small sizes in place of large literal ones: a formula over 60000×784 numbers is checked over a few rows and columns.
//!
//! Every literal size becomes a symbol of its own, equal literals the same one, and the shapes are inferred again from the leaves
//! up. Where the operators ask two sizes to be equal that no longer are (28·28 = 784, the 24 of a window of 5 over 28), one of
//! the symbols gives way. What comes out is the same expression over symbolic sizes, for which numbers are drawn as for any
//! other; the numbers that stand in the formula stay, so that a factor 1/60000 is 1/60000 still.
//!
//! A derivative that holds for all sizes holds for the literal ones. One may hold only because a number of the formula is a size,
//! as 60000·1/60000 does: [`Small::at`] then lets such numbers follow the sizes.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::Zero;

use crate::elaborate;
use crate::expression::{Id, Node, Piece, Store, TensorOperation, four};
use crate::function::{Form, FunctionId};
use crate::number::{self, Rational};
use crate::shape::{Dimension, Name, Shape, Symbol};

/// Values of more entries are not looked at as they are written.
const ENTRIES: i64 = 1 << 14;
/// Longer sums and recurrences are not looked at as they are written.
const STEPS: i64 = 256;
/// Literals up to this one stay: they are windows, strides and numbers of classes.
const KEPT: i64 = 6;
/// A place so little below another literal is meant as that one less a few: the T − 1 of T.
const NEAR: i64 = 8;
/// What a number may be multiplied by to become a multiple of a size: 30000 is half of 60000.
const PARTS: i64 = 12;

/// An expression over symbolic sizes in place of literal ones.
#[derive(Clone, Debug)]
pub(super) struct Small<'a> {
    store: &'a Store,
    /// What stands for each literal.
    literals: BTreeMap<i64, Dimension>,
    shapes: BTreeMap<Id, Shape>,
}

/// Two sizes that must be equal and are not.
struct Clash(Dimension, Dimension);

/// The expression with small sizes, with the same ids; none where it is small already.
pub fn small_sizes(store: &Store, roots: &[Id]) -> Option<Store> {
    Small::of(store, roots).map(|small| small.symbolic())
}

impl<'a> Small<'a> {
    /// None where all literal sizes are small, or nothing can be put in their place.
    pub(super) fn of(store: &'a Store, roots: &[Id]) -> Option<Self> {
        let nodes = store.closure(roots);
        if !nodes.iter().any(|id| is_large(store, *id)) {
            return None;
        }
        let mut small = Self { store, literals: literals(store, &nodes), shapes: BTreeMap::new() };
        // A clash takes one symbol away, or makes products of two.
        for _ in 0..=4 * small.literals.len() {
            match small.infer_all(&nodes, roots) {
                Ok(()) => return Some(small),
                Err(clash) => small.settle(&clash)?,
            }
        }
        None
    }

    /// The expression over the symbols.
    pub(super) fn symbolic(&self) -> Store {
        self.store.resized(&|size| self.size(size), &self.shapes, &Clone::clone)
    }

    /// The expression over the symbols, with what the numbers of the formula are where they are sizes of this choice.
    pub(super) fn at(&self, sizes: &BTreeMap<Name, i64>) -> Store {
        let values: Vec<(Rational, Rational)> = self
            .literals
            .iter()
            .rev()
            .filter_map(|(literal, size)| {
                let value = size.evaluate(&|name| sizes.get(name).copied())?;
                Some((number::integer(*literal), number::integer(value)))
            })
            .collect();
        let follow = |number: &Rational| follow(number, &values);
        self.store.resized(&|size| self.size(size), &self.shapes, &follow)
    }

    /// A size over the symbols; also where a literal is a factor or a term of it.
    fn size(&self, size: &Dimension) -> Dimension {
        let number = |value: i64| match self.literals.get(&value.abs()) {
            Some(symbol) if value < 0 => Dimension::constant(0).minus(symbol),
            Some(symbol) => symbol.clone(),
            None => Dimension::constant(value),
        };
        size.terms().fold(Dimension::constant(0), |sum, (coefficient, symbols)| {
            let symbols = symbols.iter().cloned().map(Dimension::of_symbol);
            sum.plus(&symbols.fold(number(coefficient), |product, symbol| product.times(&symbol)))
        })
    }

    /// Lets one symbol stand for what the other size asks of it; where none can, the literals of both stay as they are.
    fn settle(&mut self, Clash(a, b): &Clash) -> Option<()> {
        let difference = without_common(a.minus(b));
        let literal = |name: &Name| name.parse::<i64>().is_ok();
        let lone = difference.terms().find_map(|(coefficient, symbols)| match symbols {
            [Symbol::Name(name)] if literal(name) && coefficient.abs() == 1 => {
                Some((coefficient, name.clone()))
            }
            _ => None,
        });
        let replaced = lone.and_then(|(coefficient, name)| {
            let symbol = Dimension::symbol(name.clone());
            let value =
                if coefficient == 1 { symbol.minus(&difference) } else { symbol.plus(&difference) };
            (!value.mentions(&name)).then_some(vec![(name, value)])
        });
        let replaced = replaced.or_else(|| self.by_factors(&difference)).unwrap_or_else(|| {
            let symbols = difference.symbols().into_iter();
            symbols
                .filter_map(|name| {
                    let value = name.parse().ok()?;
                    Some((name, Dimension::constant(value)))
                })
                .collect()
        });
        if replaced.is_empty() {
            return None;
        }
        for size in self.literals.values_mut() {
            for (name, value) in &replaced {
                *size = size.replace(name, value);
            }
        }
        Some(())
    }

    /// Where two products must be equal, their parts by a factor that they share: of 784·1000 = 28·28000 the 28000 is 28·1000.
    fn by_factors(&self, difference: &Dimension) -> Option<Vec<(Name, Dimension)>> {
        let terms: Vec<(i64, Vec<(i64, Name)>)> = difference
            .terms()
            .map(|(coefficient, symbols)| (coefficient, symbols.iter().filter_map(named).collect()))
            .collect();
        let [(c, left), (d, right)] = terms.as_slice() else { return None };
        if c.signum() == d.signum() {
            return None;
        }
        let common = |x: i64, y: i64| {
            let common = number::gcd(x.unsigned_abs().into(), y.unsigned_abs().into());
            i64::try_from(common).unwrap_or(1)
        };
        let pairs = left.iter().flat_map(|x| right.iter().map(move |y| (common(x.0, y.0), [x, y])));
        let (common, pair) = pairs.filter(|(common, _)| *common > 1).max_by_key(|pair| pair.0)?;
        let part = |value: i64| match self.literals.get(&value) {
            Some(size) => size.clone(),
            None if value <= KEPT => Dimension::constant(value),
            None => Dimension::symbol(value.to_string().as_str()),
        };
        let replaced: Vec<(Name, Dimension)> = pair
            .into_iter()
            .filter(|(value, _)| *value != common)
            .map(|(value, name)| (name.clone(), part(common).times(&part(value / common))))
            .collect();
        let circular = replaced.iter().any(|(name, value)| value.mentions(name));
        (!circular && !replaced.is_empty()).then_some(replaced)
    }

    fn infer_all(&mut self, nodes: &[Id], roots: &[Id]) -> Result<(), Clash> {
        self.shapes.clear();
        for id in nodes {
            let shape = self.infer(*id)?;
            self.shapes.insert(*id, shape);
        }
        for family in nodes.iter().filter_map(|id| self.store.family(*id)) {
            let declared = family.shape.map_sizes(&|size| self.size(size));
            for body in family.bodies() {
                same(&declared, &self.shape(body))?;
            }
        }
        roots.iter().try_for_each(|root| self.keep(*root))
    }

    /// What is compared stays of one shape: a derivative by 7×7 numbers that has 224−218+1 rows has as many as the 7 stands for.
    fn keep(&self, root: Id) -> Result<(), Clash> {
        let inferred = self.shape(root).dimensions();
        for (given, inferred) in self.store.shape(root).dimensions().iter().zip(&inferred) {
            let known = |literal: i64| literal <= KEPT || self.literals.contains_key(&literal);
            if given.as_constant().is_some_and(known) {
                equal(&self.size(given), inferred)?;
            }
        }
        Ok(())
    }

    fn shape(&self, id: Id) -> Shape {
        let given = || self.store.shape(id).map_sizes(&|size| self.size(size));
        self.shapes.get(&id).cloned().unwrap_or_else(given)
    }

    /// The shape of a node, from those of its operands.
    fn infer(&self, id: Id) -> Result<Shape, Clash> {
        let node = self.store.node(id);
        Ok(match node {
            Node::Number(_)
            | Node::Size(_)
            | Node::Variable(_)
            | Node::Family(_)
            | Node::Element(..)
            | Node::Identity(_)
            | Node::Ones(..)
            | Node::Zeros(..) => self.store.shape(id).map_sizes(&|size| self.size(size)),
            Node::Commutation(m, n) => {
                let side = self.size(m).times(&self.size(n));
                Shape::matrix(side.clone(), side)
            }
            Node::Selection(selection) => {
                Shape::matrix(self.size(&selection.order), self.size(&selection.count))
            }
            Node::Sum(terms) => self.all_same(terms.iter().map(|term| term.id))?,
            Node::Hadamard(powers) => self.all_same(powers.iter().map(|power| power.base))?,
            Node::Product(factors) => {
                for pair in factors.windows(2) {
                    equal(&self.shape(pair[0]).columns(), &self.shape(pair[1]).rows())?;
                }
                let [first, .., last] = &**factors else { return Ok(self.shape(id)) };
                Shape::matrix(self.shape(*first).rows(), self.shape(*last).columns())
            }
            Node::Scale { matrix: a, .. } | Node::SumOver(_, a) => self.shape(*a),
            Node::Transpose(a) => self.shape(*a).transposed(),
            Node::Inverse(a) | Node::MatrixPower(a, _) => self.square(*a)?,
            Node::Trace(a) | Node::Determinant(a) => {
                self.square(*a)?;
                Shape::Scalar
            }
            Node::Total(_) => Shape::Scalar,
            Node::Diagonal(v) => {
                let side = self.shape(*v).entries();
                Shape::matrix(side.clone(), side)
            }
            Node::DiagonalOf(a) => Shape::matrix(self.square(*a)?.rows(), Dimension::one()),
            Node::Vectorize(a) => Shape::matrix(self.shape(*a).entries(), Dimension::one()),
            Node::Kronecker(a, b) => {
                let (a, b) = (self.shape(*a), self.shape(*b));
                Shape::matrix(a.rows().times(&b.rows()), a.columns().times(&b.columns()))
            }
            Node::Tensor { operation, operands } => self.tensor(operation, operands)?,
            Node::Apply { function, arguments } => self.apply(id, *function, arguments)?,
        })
    }

    fn square(&self, id: Id) -> Result<Shape, Clash> {
        let shape = self.shape(id);
        equal(&shape.rows(), &shape.columns())?;
        Ok(shape)
    }

    fn all_same(&self, mut ids: impl Iterator<Item = Id>) -> Result<Shape, Clash> {
        let Some(first) = ids.next() else { return Ok(Shape::Scalar) };
        let first = self.shape(first);
        ids.try_for_each(|id| same(&first, &self.shape(id)))?;
        Ok(first)
    }

    fn tensor(&self, operation: &TensorOperation, operands: &[Id]) -> Result<Shape, Clash> {
        let shapes: Vec<Shape> = operands.iter().map(|operand| self.shape(*operand)).collect();
        let sides: Vec<Vec<Dimension>> = shapes.iter().map(Shape::dimensions).collect();
        let operation = operation.map_sizes(&|size| self.size(size));
        let result = Shape::of(&operation.result(&sides));
        match (&operation, sides.as_slice()) {
            (TensorOperation::Reshape(_), _) => {
                let entries = shapes.first().map_or_else(Dimension::one, Shape::entries);
                equal(&entries, &result.entries())?;
            }
            (TensorOperation::Correlate, [x, kernel]) => equal(&four(x)[2], &four(kernel)[2])?,
            (TensorOperation::MaxScatter(window), [g, x]) => {
                let pooled =
                    TensorOperation::MaxPool(window.clone()).result(std::slice::from_ref(x));
                g.iter().zip(&pooled).try_for_each(|(a, b)| equal(a, b))?;
            }
            (TensorOperation::MaxGather(_), [v, x]) => {
                v.iter().zip(x).try_for_each(|(a, b)| equal(a, b))?;
            }
            _ => {}
        }
        Ok(result)
    }

    /// A function's result, by its row's signature.
    fn apply(&self, id: Id, function: FunctionId, arguments: &[Id]) -> Result<Shape, Clash> {
        if let (Form::Entrywise { .. }, [argument]) = (&function.row().form, arguments) {
            return Ok(self.shape(*argument));
        }
        let given = self.store.shape(id).map_sizes(&|size| self.size(size));
        let Some((formal, result)) = elaborate::shapes_of(function) else { return Ok(given) };
        let mut sizes: BTreeMap<Name, Dimension> = BTreeMap::new();
        for (formal, argument) in formal.iter().zip(arguments) {
            let shape = self.shape(*argument);
            for (formal, side) in formal.iter().zip([shape.rows(), shape.columns()]) {
                let Some((factor, name)) = formal.as_multiple() else { continue };
                let Some(side) = side.quotient(&Dimension::constant(factor)) else { continue };
                match sizes.get(name) {
                    Some(known) => equal(known, &side)?,
                    None => {
                        sizes.insert(name.clone(), side);
                    }
                }
            }
        }
        let value = |name: &Name| {
            sizes.get(name).cloned().unwrap_or_else(|| Dimension::symbol(name.clone()))
        };
        let [rows, columns] = result.map(|size| size.substitute(&value));
        Ok(Shape::matrix(rows, columns))
    }
}

/// The difference without the symbols that all its terms share: sizes are at least 1, so that h·a = h·b says a = b.
fn without_common(mut difference: Dimension) -> Dimension {
    loop {
        let first = difference.terms().next().map_or(Vec::new(), |(_, symbols)| symbols.to_vec());
        let shared = |symbol: &Symbol| difference.terms().all(|(_, all)| all.contains(symbol));
        let rest = first
            .into_iter()
            .find(shared)
            .and_then(|symbol| difference.divided_exactly(&Dimension::of_symbol(symbol)));
        match rest {
            Some(rest) => difference = rest,
            None => return difference,
        }
    }
}

/// The literal that a symbol stands for, with the symbol's name.
fn named(symbol: &Symbol) -> Option<(i64, Name)> {
    match symbol {
        Symbol::Name(name) => Some((name.parse().ok()?, name.clone())),
        Symbol::Element(..) | Symbol::Quotient(..) => None,
    }
}

fn same(a: &Shape, b: &Shape) -> Result<(), Clash> {
    let (a, b) = (a.dimensions(), b.dimensions());
    a.iter().zip(&b).try_for_each(|(a, b)| equal(a, b))
}

fn equal(a: &Dimension, b: &Dimension) -> Result<(), Clash> {
    if a == b { Ok(()) } else { Err(Clash(a.clone(), b.clone())) }
}

/// Whether a value, or a sum or recurrence over an index, is too large to be looked at as it is written; a symbol counts as 4.
fn is_large(store: &Store, id: Id) -> bool {
    let number = |size: &Dimension| size.evaluate(&|_| Some(4)).unwrap_or(i64::MAX);
    let long = |from: &Dimension, to: &Dimension| number(&to.minus(from)) > STEPS;
    let entries = store
        .shape(id)
        .dimensions()
        .iter()
        .fold(1, |all: i64, side| all.saturating_mul(number(side)));
    let steps = match (store.node(id), store.family(id)) {
        (Node::SumOver(range, _), _) => long(&range.from, &range.to),
        (_, Some(family)) => family.ranges().iter().any(|range| long(&range.from, &range.to)),
        _ => false,
    };
    entries > ENTRIES || steps
}

/// The literals of leaves and ranges that symbols are put in the place of.
fn literals(store: &Store, nodes: &[Id]) -> BTreeMap<i64, Dimension> {
    let (mut found, mut places) = (BTreeSet::new(), BTreeSet::new());
    let large = |size: &Dimension| -> Vec<i64> {
        let literals = size.terms().map(|(coefficient, _)| coefficient.saturating_abs());
        literals.filter(|literal| *literal > KEPT).collect()
    };
    let mut see = |size: &Dimension| found.extend(large(size));
    for id in nodes {
        match store.node(*id) {
            node @ (Node::SumOver(..) | Node::Element(..)) => {
                places.extend(node.sizes().iter().flat_map(large));
            }
            node => node.sizes().iter().for_each(&mut see),
        }
        if matches!(store.node(*id), Node::Variable(_) | Node::Family(_) | Node::Element(..)) {
            store.shape(*id).dimensions().iter().for_each(&mut see);
        }
        if let Some(family) = store.family(*id) {
            let ranges = family.ranges();
            let own = ranges.iter().map(|range| (&range.from, &range.to));
            let pieces = family.pieces.iter().flat_map(Piece::ends);
            let ends = own.chain(pieces).flat_map(|(from, to)| [from, to]);
            places.extend(ends.flat_map(large));
        }
    }
    let mut symbols: BTreeMap<i64, Dimension> = BTreeMap::new();
    found.extend(&places);
    for literal in found.into_iter().rev() {
        let near = symbols.range(literal..=literal.saturating_add(NEAR)).next_back();
        let above = near.filter(|_| places.contains(&literal));
        let size = match above {
            Some((other, size)) => size.minus(&Dimension::constant(other - literal)),
            None => Dimension::symbol(literal.to_string().as_str()),
        };
        symbols.insert(literal, size);
    }
    symbols
}

/// A number with every literal size that it is a multiple or a part of replaced by that size's value.
fn follow(number: &Rational, values: &[(Rational, Rational)]) -> Rational {
    let part = |whole: Rational| {
        let mut rest = whole;
        for (literal, value) in values {
            for parts in 1..=PARTS {
                let parts = number::integer(parts);
                let multiple = &rest * &parts / literal;
                if multiple.is_integer() && !multiple.is_zero() {
                    rest = multiple * value / parts;
                    break;
                }
            }
        }
        rest
    };
    let follow = |whole: Rational| match number::to_i64(&whole) {
        Some(small) if small.abs() <= KEPT => whole,
        _ => part(whole),
    };
    let (above, below) = (follow(number.numer()), follow(number.denom()));
    if below.is_zero() { number.clone() } else { above / below }
}
