//! What a program costs: operations, numbers moved, memory.
//!
//! An addition, multiplication, division or square root of two numbers is one operation; a function of the table counts what its row
//! says an entry costs in multiplications. Every array that a step reads or writes is moved once in that step.

use num_traits::{One, Signed};

use super::amount::Amount;
use super::program::{
    Argument, Call, Entries, Entry, Exponent, FactorKind, Image, Index, Loop, Memory, Place,
    Program, Target, View,
};
use crate::expression::{Range, TensorOperation, Window};
use crate::function::{Form, Function, TABLE};
use crate::number::{self, Rational};
use crate::shape::{Dimension, Name};

/// A power that is no whole number and no multiple of a half: an exponential of a logarithm.
const GENERAL_POWER: i64 = 40;

/// What a program costs.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Its calls outside of loops and inside, in order, each with what all its repetitions cost.
    pub steps: Vec<Step>,
    /// Operations.
    pub flops: Amount,
    /// Numbers that are read and written.
    pub moved: Amount,
    /// Numbers that the workspace holds.
    pub numbers: Amount,
    /// Row numbers that the workspace holds.
    pub orders: Amount,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Step {
    /// The call.
    pub call: Call,
    /// The loops around it, the outermost first.
    pub loops: Vec<Range>,
    /// Operations of all its repetitions.
    pub flops: Amount,
    /// Numbers that they read and write.
    pub moved: Amount,
    /// Whether the operations are known from the sizes, or taken from the table's cost of an entry.
    pub certainty: Certainty,
}

/// How well a number of operations is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// From the sizes.
    Counted,
    /// By the table's cost of an entry, whatever the routine does; of a power that is known when the program runs one product.
    Estimated,
}

impl Program {
    /// What the program costs.
    pub fn counts(&self) -> Counts {
        let mut counter = Counter { program: self, steps: Vec::new() };
        counter.calls(&self.calls, &Around::default());
        let sum = |part: fn(&Step) -> &Amount| {
            counter.steps.iter().fold(Amount::default(), |sum, step| sum.plus(part(step)))
        };
        let (flops, moved) = (sum(|step| &step.flops), sum(|step| &step.moved));
        let (numbers, orders) = self.memory(&counter.steps);
        Counts { flops, moved, numbers, orders, steps: counter.steps }
    }

    /// Numbers and row numbers that the workspace holds.
    fn memory(&self, steps: &[Step]) -> (Amount, Amount) {
        let largest = |length: Amount, over: &[Range]| {
            over.iter().rev().fold(length, |amount, range| amount.largest(range))
        };
        let own = self.buffers.iter().filter(|buffer| buffer.memory == Memory::Own);
        let mut numbers = own.fold(Amount::default(), |sum, buffer| {
            sum.plus(&largest(volume(&buffer.sides), &buffer.over))
        });
        for tape in &self.tapes {
            let length = Amount::of(&tape.length);
            numbers = numbers.plus(&tape.ranges.iter().rev().fold(length, |sum, it| sum.total(it)));
        }
        let mut orders = Amount::default();
        for (at, factor) in self.factors.iter().enumerate() {
            let n = largest(Amount::of(&factor.order), &factor.over);
            let solves = |step: &Step| matches!(&step.call, Call::Solve { factor, .. } | Call::Invert { factor, .. } if *factor == at);
            match factor.kind {
                FactorKind::Lu => {
                    orders = orders.plus(&n);
                    // A solve takes a column of scratch memory.
                    if steps.iter().any(solves) {
                        numbers = numbers.plus(&n);
                    }
                }
                FactorKind::Cholesky => {}
            }
        }
        (numbers, orders)
    }
}

impl Counts {
    /// The step with the most operations; sizes without a value are guessed. None where there are no operations.
    pub fn heaviest(&self, sizes: &[(Name, u64)]) -> Option<&Step> {
        let expected = super::expected_sizes(sizes);
        let cost = |step: &Step| step.flops.estimate(&expected);
        let steps = self.steps.iter().filter(|step| !step.flops.is_zero());
        steps.fold(None, |best: Option<&Step>, step| match best {
            Some(best) if cost(best) >= cost(step) => Some(best),
            Some(_) | None => Some(step),
        })
    }

    /// Whether the operations of every step are known from the sizes.
    pub fn certainty(&self) -> Certainty {
        let counted = |step: &Step| step.certainty == Certainty::Counted;
        if self.steps.iter().all(counted) { Certainty::Counted } else { Certainty::Estimated }
    }
}

/// What repeats a call: loops, and of the innermost the values of its index for which the call is made, as ranges that are
/// added and taken away.
#[derive(Clone, Debug, Default)]
struct Around {
    outer: Option<Box<Around>>,
    values: Vec<(Part, Range)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Added,
    TakenAway,
}

impl Around {
    /// What all repetitions of something come to.
    fn total(&self, amount: &Amount) -> Amount {
        let Some(outer) = &self.outer else { return amount.clone() };
        let sum = self.values.iter().fold(Amount::default(), |sum, (part, range)| {
            let inside = amount.total(range);
            match part {
                Part::Added => sum.plus(&inside),
                Part::TakenAway => sum.minus(&inside),
            }
        });
        outer.total(&sum)
    }

    fn inside(&self, range: &Range) -> Self {
        Self { outer: Some(Box::new(self.clone())), values: vec![(Part::Added, range.clone())] }
    }

    /// The same loop for some values of its index only.
    fn only(&self, range: Range) -> Self {
        Self { outer: self.outer.clone(), values: vec![(Part::Added, range)] }
    }

    /// The same loop but for some values of its index.
    fn without(&self, ranges: &[Range]) -> Self {
        let mut around = self.clone();
        for range in ranges {
            match around.values.as_mut_slice() {
                [(Part::Added, all)] if all.to == range.to => {
                    all.to = range.from.minus(&Dimension::one());
                }
                [(Part::Added, all)] if all.from == range.from => {
                    all.from = range.to.plus(&Dimension::one());
                }
                _ => around.values.push((Part::TakenAway, range.clone())),
            }
        }
        around
    }

    fn loops(&self) -> Vec<Range> {
        let Some(outer) = &self.outer else { return Vec::new() };
        let mut loops = outer.loops();
        loops.extend(self.values.first().map(|(_, range)| range.clone()));
        loops
    }
}

/// What one call costs.
struct Cost {
    flops: Amount,
    moved: Amount,
    certainty: Certainty,
}

struct Counter<'a> {
    program: &'a Program,
    steps: Vec<Step>,
}

impl Counter<'_> {
    /// No deeper than loops are nested.
    fn calls(&mut self, calls: &[Call], around: &Around) {
        for call in calls {
            match call {
                Call::Repeat(repeat) => self.calls(&repeat.calls, &around.inside(&repeat.range)),
                Call::Filled { calls, .. } => self.calls(calls, around),
                Call::Choose { branches, otherwise } => {
                    let index = around.values.first().map(|(_, range)| range.index.clone());
                    let Some(index) = index else { continue };
                    let range = |from: &Dimension, to: &Dimension| Range {
                        index: index.clone(),
                        from: from.clone(),
                        to: to.clone(),
                    };
                    let ranges: Vec<Range> =
                        branches.iter().map(|branch| range(&branch.from, &branch.to)).collect();
                    for (branch, range) in branches.iter().zip(&ranges) {
                        self.calls(&branch.calls, &around.only(range.clone()));
                    }
                    self.calls(otherwise, &around.without(&ranges));
                }
                call => {
                    let cost = self.cost(call);
                    self.steps.push(Step {
                        call: call.clone(),
                        loops: around.loops(),
                        flops: around.total(&cost.flops),
                        moved: around.total(&cost.moved),
                        certainty: cost.certainty,
                    });
                }
            }
        }
    }

    /// The order of a factorised matrix.
    fn order(&self, factor: usize) -> Amount {
        Amount::of(&self.program.factors[factor].order)
    }

    fn cost(&self, call: &Call) -> Cost {
        let counted =
            |flops: Amount, moved: Amount| Cost { flops, moved, certainty: Certainty::Counted };
        match call {
            Call::Product { left, right, .. } => {
                let [m, k, n] = [&left.rows, &left.columns, &right.columns].map(Amount::of);
                let flops = product(&[&two(), &m, &k, &n]);
                counted(flops, sum(&[&view(left), &view(right), &m.times(&n)]))
            }
            Call::SymmetricProduct { operand, .. } => {
                let [m, k] = [&operand.rows, &operand.columns].map(Amount::of);
                // m(m + 1)/2 inner products
                let flops = product(&[&m, &m.plus(&Amount::number(1)), &k]);
                counted(flops, view(operand).plus(&m.times(&m)))
            }
            Call::Fused { nest, .. } => counted(entries(nest), reads(nest).plus(&area(nest))),
            Call::Accumulate { nest, .. } => {
                let flops = entries(nest).plus(&area(nest));
                counted(flops, sum(&[&reads(nest), &area(nest), &area(nest)]))
            }
            Call::Total { nest, .. } => counted(entries(nest).plus(&area(nest)), reads(nest)),
            Call::RowSums { nest, .. } => {
                let moved = reads(nest).plus(&Amount::of(&nest.rows));
                counted(entries(nest).plus(&area(nest)), moved)
            }
            Call::ColumnSums { nest, .. } => {
                let moved = reads(nest).plus(&Amount::of(&nest.columns));
                counted(entries(nest).plus(&area(nest)), moved)
            }
            Call::Scalar { entries, .. } => counted(lone(entries), Amount::default()),
            Call::AccumulateScalar { entries, .. } => {
                counted(lone(entries).plus(&Amount::number(1)), Amount::default())
            }
            Call::AccumulateExponential { weight, exponent, .. } => {
                // One exponential, a comparison, two sums and a product.
                let own = Amount::number(entrywise_cost("exp") + 4);
                counted(lone(weight).plus(&lone(exponent)).plus(&own), Amount::default())
            }
            Call::Store { .. } => counted(Amount::default(), Amount::number(1)),
            Call::Factorise { factor, .. } => {
                let n = self.order(*factor);
                let share = match self.program.factors[*factor].kind {
                    FactorKind::Lu => number::ratio(2, 3),
                    FactorKind::Cholesky => number::ratio(1, 3),
                };
                counted(product(&[&n, &n, &n]).scaled(&share), product(&[&two(), &n, &n]))
            }
            Call::Solve { factor, right, .. } => {
                let n = self.order(*factor);
                let flops = product(&[&two(), &n, &n, &Amount::of(&right.columns)]);
                counted(flops, sum(&[&n.times(&n), &view(right), &view(right)]))
            }
            Call::Invert { factor, .. } => {
                let n = self.order(*factor);
                counted(product(&[&two(), &n, &n, &n]), product(&[&two(), &n, &n]))
            }
            Call::Determinant { factor, .. } => counted(self.order(*factor), self.order(*factor)),
            Call::LogDeterminant { factor, .. } => {
                let log = Amount::number(1 + entrywise_cost("log"));
                counted(self.order(*factor).times(&log), self.order(*factor))
            }
            Call::DeterminantSign { factor, .. } => counted(Amount::default(), self.order(*factor)),
            Call::Kronecker { left, right, .. } => {
                let entries = view(left).times(&view(right));
                counted(entries.clone(), sum(&[&view(left), &view(right), &entries]))
            }
            Call::Commutation { rows, columns, .. } => {
                let order = volume(&[rows.clone(), columns.clone()]);
                counted(Amount::default(), order.times(&order))
            }
            Call::Selection { sides: [rows, columns], .. } => {
                counted(Amount::default(), Amount::of(&rows.times(columns)))
            }
            Call::Copy { matrix, sides: [rows, columns], .. } => {
                let whole = Amount::of(&rows.times(columns));
                counted(Amount::default(), view(matrix).plus(&whole))
            }
            Call::MatrixPower { matrix, .. } => {
                let n = Amount::of(&matrix.rows);
                Cost {
                    flops: product(&[&two(), &n, &n, &n]),
                    moved: view(matrix).times(&two()),
                    certainty: Certainty::Estimated,
                }
            }
            Call::Tensor { operation, operands, sides, target: _ } => {
                let inputs = operands
                    .iter()
                    .fold(Amount::default(), |sum, operand| sum.plus(&argument(&operand.argument)));
                let result = volume(sides);
                counted(tensor(operation, operands, &result), inputs.plus(&result))
            }
            Call::Routine { routine, arguments, shape, target } => {
                let result = match target {
                    Target::Buffer(_) => volume(&shape.dimensions()),
                    Target::Scalar(_) => Amount::default(),
                };
                array_routine(routine, arguments, result)
            }
            Call::Repeat(_) | Call::Filled { .. } | Call::Choose { .. } => {
                counted(Amount::default(), Amount::default())
            }
        }
    }
}

/// By the table's cost of an entry, for every entry that is read or written, whichever are more.
fn array_routine(routine: &str, arguments: &[Argument], result: Amount) -> Cost {
    let sizes: Vec<Amount> = arguments.iter().map(argument).collect();
    let moved = sizes.iter().fold(result.clone(), |sum, size| sum.plus(size));
    let guess = |amount: &Amount| amount.estimate(&|_| 100.0);
    let more = |most: Amount, size| if guess(&size) > guess(&most) { size } else { most };
    let entries = sizes.into_iter().fold(result, more);
    let flops = entries.times(&Amount::number(array_cost(routine)));
    Cost { flops, moved, certainty: Certainty::Estimated }
}

fn two() -> Amount {
    Amount::number(2)
}

fn sum(amounts: &[&Amount]) -> Amount {
    amounts.iter().fold(Amount::default(), |sum, amount| sum.plus(amount))
}

fn product(amounts: &[&Amount]) -> Amount {
    amounts.iter().fold(Amount::number(1), |product, amount| product.times(amount))
}

fn view(view: &View) -> Amount {
    volume(&[view.rows.clone(), view.columns.clone()])
}

fn volume(sides: &[Dimension]) -> Amount {
    sides.iter().fold(Amount::number(1), |product, side| product.times(&Amount::of(side)))
}

/// Numbers that an argument holds in memory.
fn argument(argument: &Argument) -> Amount {
    match argument {
        Argument::Array(array) => view(array),
        Argument::Scalar(_) => Amount::default(),
    }
}

/// Operations of an operation on tensors with so many entries in its result.
fn tensor(operation: &TensorOperation, operands: &[Image], result: &Amount) -> Amount {
    let sides = |at: usize| operands.get(at).map(|operand| operand.sides.as_slice());
    let window = |window: &Window| volume(&window.size);
    match operation {
        // A multiplication and an addition for every entry of a window through all channels.
        TensorOperation::Correlate => {
            let kernel = sides(1).map_or_else(Amount::default, |sides| volume(&sides[..3]));
            product(&[&two(), &kernel, result])
        }
        TensorOperation::ChannelSums => sides(0).map_or_else(Amount::default, volume),
        TensorOperation::MaxPool(of)
        | TensorOperation::AveragePool(of)
        | TensorOperation::MaxGather(of) => window(of).times(result),
        TensorOperation::MaxScatter(of) | TensorOperation::AverageSpread(of) => {
            let windows = sides(0).map_or_else(Amount::default, volume);
            window(of).times(&windows)
        }
        TensorOperation::Turn
        | TensorOperation::Swap
        | TensorOperation::Pad(_)
        | TensorOperation::Crop(_)
        | TensorOperation::Interleave(_)
        | TensorOperation::Subsample(_)
        | TensorOperation::Reshape(_)
        | TensorOperation::Channels(_) => Amount::default(),
    }
}

fn area(nest: &Loop) -> Amount {
    volume(&[nest.rows.clone(), nest.columns.clone()])
}

/// Which indices of a nest a value depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Depends {
    row: bool,
    column: bool,
}

impl Depends {
    fn on(row: Index, column: Index) -> Self {
        let has = |index: Index| row == index || column == index;
        Self { row: has(Index::Row), column: has(Index::Column) }
    }

    fn and(self, other: Self) -> Self {
        Self { row: self.row || other.row, column: self.column || other.column }
    }
}

/// Operations of a nest: what changes with the row is computed for every entry, what changes with the column only for every column,
/// what does not change once.
fn entries(nest: &Loop) -> Amount {
    let (rows, columns) = (Amount::of(&nest.rows), Amount::of(&nest.columns));
    let nodes = &nest.entries.nodes;
    let mut depends: Vec<Depends> = Vec::with_capacity(nodes.len());
    let mut flops = Amount::default();
    for entry in nodes {
        let own = match entry {
            Entry::Read { row, column, .. } => Depends::on(*row, *column),
            Entry::OnDiagonal(_) => Depends { row: true, column: true },
            Entry::Number(_)
            | Entry::Missing
            | Entry::Size(_)
            | Entry::Scalar(_)
            | Entry::Sum(_)
            | Entry::Product(_)
            | Entry::Chosen(_)
            | Entry::Call { .. } => Depends::default(),
        };
        let all = operands(entry).into_iter().fold(own, |all, operand| all.and(depends[operand]));
        depends.push(all);
        let times = match all {
            Depends { row: true, .. } => rows.times(&columns),
            Depends { row: false, column: true } => columns.clone(),
            Depends { row: false, column: false } => Amount::number(1),
        };
        flops = flops.plus(&times.times(&Amount::number(operations(entry, nodes))));
    }
    flops
}

/// Operations of a lone expression.
fn lone(entries: &Entries) -> Amount {
    let each = entries.nodes.iter().map(|entry| operations(entry, &entries.nodes));
    Amount::number(each.fold(0, i64::saturating_add))
}

fn operands(entry: &Entry) -> Vec<usize> {
    match entry {
        Entry::Number(_)
        | Entry::Missing
        | Entry::Size(_)
        | Entry::Scalar(_)
        | Entry::Read { .. } => Vec::new(),
        Entry::OnDiagonal(a) | Entry::Call { argument: a, .. } => vec![*a],
        Entry::Chosen(both) => both.to_vec(),
        Entry::Sum(terms) => terms.iter().map(|(_, term)| *term).collect(),
        Entry::Product(factors) => factors
            .iter()
            .flat_map(|(base, exponent)| match exponent {
                Exponent::Number(_) => vec![*base],
                Exponent::Entry(exponent) => vec![*base, *exponent],
            })
            .collect(),
    }
}

/// Operations of one entry, its operands not counted.
fn operations(entry: &Entry, nodes: &[Entry]) -> i64 {
    match entry {
        Entry::Number(_)
        | Entry::Missing
        | Entry::Size(_)
        | Entry::Scalar(_)
        | Entry::Read { .. }
        | Entry::OnDiagonal(_) => 0,
        Entry::Sum(terms) => {
            let multiplies = |(coefficient, term): &&(Rational, usize)| {
                !coefficient.abs().is_one() && !matches!(nodes[*term], Entry::Number(_))
            };
            whole(terms.len()) - 1 + whole(terms.iter().filter(multiplies).count())
        }
        Entry::Product(factors) => {
            let below = |exponent: &Exponent| match exponent {
                Exponent::Number(value) => value.is_negative(),
                Exponent::Entry(_) => false,
            };
            let powers: i64 = factors.iter().map(|(_, exponent)| power(exponent)).sum();
            let reciprocal = factors.iter().all(|(_, exponent)| below(exponent));
            whole(factors.len()) - 1 + i64::from(reciprocal) + powers
        }
        Entry::Chosen(_) => 1,
        Entry::Call { routine, .. } => entrywise_cost(routine),
    }
}

/// Operations of |exponent|, by squaring; a half is a square root.
fn power(exponent: &Exponent) -> i64 {
    let Exponent::Number(value) = exponent else { return GENERAL_POWER };
    let magnitude = value.abs();
    let squarings = |whole: i64| {
        if whole <= 1 {
            return 0;
        }
        i64::from(whole.ilog2()) + i64::from(whole.count_ones()) - 1
    };
    if let Some(whole) = number::to_i64(&magnitude) {
        return squarings(whole);
    }
    let halves = number::to_i64(&(magnitude * number::integer(2)));
    halves.map_or(GENERAL_POWER, |halves| 1 + squarings(halves))
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn entrywise_cost(routine: &str) -> i64 {
    cost(|row| matches!(row.form, Form::Entrywise { routine: name, .. } if name == routine))
}

fn array_cost(routine: &str) -> i64 {
    cost(|row| matches!(row.form, Form::Array { routine: name, .. } if name == routine))
}

fn cost(is_meant: impl Fn(&Function) -> bool) -> i64 {
    TABLE.iter().find(|row| is_meant(row)).map_or(1, |row| i64::from(row.cost))
}

/// Numbers that a nest reads, each array once.
fn reads(nest: &Loop) -> Amount {
    let mut seen: Vec<(Place, Index, Index)> = Vec::new();
    let mut read = Amount::default();
    for entry in &nest.entries.nodes {
        let Entry::Read { place, row, column, .. } = entry else { continue };
        if seen.contains(&(*place, *row, *column)) {
            continue;
        }
        seen.push((*place, *row, *column));
        let along = Depends::on(*row, *column);
        let rows = if along.row { Amount::of(&nest.rows) } else { Amount::number(1) };
        let columns = if along.column { Amount::of(&nest.columns) } else { Amount::number(1) };
        read = read.plus(&rows.times(&columns));
    }
    read
}
