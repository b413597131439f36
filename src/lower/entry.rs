//! Fused loops: the entry of a value as a little expression over entries of arrays.

use std::collections::{BTreeSet, HashMap};

use super::build::Builder;
use super::plan::Form;
use super::program::{Entries, Entry, EntryId, Exponent, Index, View};
use super::top::{Planned, Top};
use crate::expression::{Id, Node, Power};
use crate::function::Form as FunctionForm;
use crate::number;

/// An entry of something: of a node, or of an array that is no node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    pub(super) source: Source,
    pub(super) row: Index,
    pub(super) column: Index,
}

/// What a cell belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// A node.
    Node(Id),
    /// A part of a product, computed before the loop, by its place in [`Builder::parts`].
    Part(usize),
    /// Ones that stand in no expression.
    Ones,
}

impl Cell {
    pub(super) fn of(id: Id, row: Index, column: Index) -> Self {
        Self { source: Source::Node(id), row, column }
    }
}

/// Builds one [`Entries`]; equal cells are computed once.
#[derive(Default)]
pub(super) struct Cells {
    entries: Entries,
    memo: HashMap<Cell, EntryId>,
}

impl Cells {
    pub(super) fn push(&mut self, entry: Entry) -> EntryId {
        self.entries.nodes.push(entry);
        self.entries.nodes.len() - 1
    }

    /// The expression whose result is `id`.
    pub(super) fn finish(mut self, id: EntryId) -> Entries {
        if id + 1 < self.entries.nodes.len() {
            let entry = self.entries.nodes[id].clone();
            self.push(entry);
        }
        self.entries
    }

    /// The entry of a cell, with everything below it. A stack instead of recursion: fused chains may be long.
    pub(super) fn cell(&mut self, builder: &Builder<'_>, cell: &Cell, root: Option<Id>) -> EntryId {
        let mut open = vec![(cell.clone(), false)];
        while let Some((cell, ready)) = open.pop() {
            if self.memo.contains_key(&cell) {
                continue;
            }
            let parts = builder.operand_cells(&cell, root);
            if !ready && !parts.is_empty() {
                open.push((cell, true));
                open.extend(parts.into_iter().map(|part| (part, false)));
                continue;
            }
            let entry = self.entry(builder, &cell, root);
            let id = match entry {
                Made::New(entry) => self.push(entry),
                Made::Same(id) => id,
            };
            self.memo.insert(cell, id);
        }
        self.at(cell)
    }

    /// The entry of a cell that has been looked at; emission reports one that has not.
    fn at(&mut self, cell: &Cell) -> EntryId {
        self.memo.get(cell).copied().unwrap_or_else(|| self.push(Entry::Missing))
    }

    /// That of the first of an operation's cells.
    fn first(&mut self, cells: &[Cell]) -> EntryId {
        match cells.first() {
            Some(cell) => self.at(cell),
            None => self.push(Entry::Missing),
        }
    }

    /// One entry whose operands are there.
    fn entry(&mut self, builder: &Builder<'_>, cell: &Cell, root: Option<Id>) -> Made {
        let Cell { row, column, .. } = *cell;
        let id = match cell.source {
            Source::Ones => return Made::New(Entry::Number(number::one())),
            Source::Part(part) => return Made::New(read(&builder.parts[part], row, column)),
            Source::Node(id) => id,
        };
        if root != Some(id)
            && let Some(entry) = builder.stored(id, row, column)
        {
            return Made::New(entry);
        }
        let on_diagonal = |entry: EntryId| {
            if row == column { Made::Same(entry) } else { Made::New(Entry::OnDiagonal(entry)) }
        };
        let operands = builder.operand_cells(cell, root);
        match builder.store.node(id) {
            Node::Number(value) => Made::New(Entry::Number(value.clone())),
            Node::Size(size) => Made::New(Entry::Size(size.clone())),
            Node::Ones(..) => Made::New(Entry::Number(number::one())),
            Node::Zeros(..) => Made::New(Entry::Number(number::zero())),
            Node::Identity(_) => {
                let one = self.push(Entry::Number(number::one()));
                on_diagonal(one)
            }
            Node::Sum(terms) => Made::New(Entry::Sum(
                terms
                    .iter()
                    .map(|term| {
                        (term.coefficient.clone(), self.at(&Cell::of(term.id, row, column)))
                    })
                    .collect(),
            )),
            Node::Hadamard(_) => {
                let factors = self.powers(builder, id, (row, column), &builder.guarded(id));
                let product = self.product(factors);
                self.chosen(builder.store.masks(id), (row, column), product)
            }
            // x/‖x‖, which is 0 where x is: the norm's powers stand beside x, and 1 in place of a norm of 0.
            Node::Scale { scalar, matrix } if builder.has_own_zeros(id) => {
                let mut guarded = builder.guarded(id);
                guarded.extend(builder.guarded(*scalar));
                let first = (Index::First, Index::First);
                let mut factors = self.powers(builder, *scalar, first, &guarded);
                factors.push((self.at(&Cell::of(*matrix, row, column)), plain_exponent()));
                let product = self.product(factors);
                self.chosen(builder.store.masks(*scalar), (Index::First, Index::First), product)
            }
            Node::Scale { scalar, matrix } => {
                let factors =
                    [Cell::of(*scalar, Index::First, Index::First), Cell::of(*matrix, row, column)];
                let factors =
                    factors.iter().map(|cell| (self.at(cell), plain_exponent())).collect();
                let product = self.product(factors);
                self.chosen(builder.store.masks(*scalar), (Index::First, Index::First), product)
            }
            Node::Product(_) => {
                let factors = operands.iter().map(|cell| (self.at(cell), plain_exponent()));
                let factors = factors.collect();
                self.product(factors)
            }
            Node::Transpose(_) | Node::DiagonalOf(_) => Made::Same(self.first(&operands)),
            Node::Diagonal(_) => {
                let entry = self.first(&operands);
                on_diagonal(entry)
            }
            Node::Apply { function, .. } => match &function.row().form {
                FunctionForm::Entrywise { routine, .. } => {
                    Made::New(Entry::Call { routine, argument: self.first(&operands) })
                }
                FunctionForm::Array { .. } => Made::New(Entry::Missing),
            },
            Node::Tensor { .. } if builder.store.is_ones(id) => {
                Made::New(Entry::Number(number::one()))
            }
            Node::Tensor { .. } if builder.store.is_zero(id) => {
                Made::New(Entry::Number(number::zero()))
            }
            // These are never computed inside a loop: the plan gives them a place of their own.
            Node::Variable(_)
            | Node::Commutation(..)
            | Node::Selection(_)
            | Node::Inverse(_)
            | Node::MatrixPower(..)
            | Node::Trace(_)
            | Node::Determinant(_)
            | Node::Total(_)
            | Node::Vectorize(_)
            | Node::Family(_)
            | Node::Element(..)
            | Node::SumOver(..)
            | Node::Tensor { .. }
            | Node::Kronecker(..) => Made::New(Entry::Missing),
        }
    }

    /// The entries of an entrywise product's bases, each with its exponent; those at the `guarded` places are 1 where they are 0.
    fn powers(
        &mut self,
        builder: &Builder<'_>,
        id: Id,
        (row, column): (Index, Index),
        guarded: &BTreeSet<usize>,
    ) -> Vec<(EntryId, Exponent)> {
        let Node::Hadamard(powers) = builder.store.node(id) else { return Vec::new() };
        let entry = |(place, power): (usize, &Power)| {
            let mut base = self.at(&Cell::of(power.base, row, column));
            if guarded.contains(&place) {
                base = self.push(Entry::Call { routine: "nonzero", argument: base });
            }
            (base, self.exponent(builder, power.exponent))
        };
        let multiplies = |(_, power): &(usize, &Power)| !builder.store.chooses(**power);
        powers.iter().enumerate().filter(multiplies).map(entry).collect()
    }

    /// The product where all masks are 1, and 0 where one is 0.
    fn chosen(&mut self, masks: Vec<Id>, (row, column): (Index, Index), product: Made) -> Made {
        masks.into_iter().fold(product, |product, mask| {
            let value = match product {
                Made::New(entry) => self.push(entry),
                Made::Same(id) => id,
            };
            let mask = self.at(&Cell::of(mask, row, column));
            let is_one = self.entries.nodes.get(value) == Some(&Entry::Number(number::one()));
            if is_one { Made::Same(mask) } else { Made::New(Entry::Chosen([mask, value])) }
        })
    }

    /// Π eₖ^pₖ; factors of 1 are left out.
    fn product(&self, factors: Vec<(EntryId, Exponent)>) -> Made {
        if factors.is_empty() {
            return Made::New(Entry::Number(number::one()));
        }
        let is_one =
            |id: EntryId| self.entries.nodes.get(id) == Some(&Entry::Number(number::one()));
        let mut kept: Vec<_> = factors.iter().filter(|(base, _)| !is_one(*base)).cloned().collect();
        if kept.is_empty() {
            kept.extend(factors.into_iter().take(1));
        }
        match kept.as_slice() {
            [(base, exponent)] if *exponent == plain_exponent() => Made::Same(*base),
            _ => Made::New(Entry::Product(kept)),
        }
    }

    /// The product of entries.
    pub(super) fn multiply(&mut self, factors: &[EntryId]) -> EntryId {
        match self.product(factors.iter().map(|factor| (*factor, plain_exponent())).collect()) {
            Made::New(entry) => self.push(entry),
            Made::Same(id) => id,
        }
    }

    fn exponent(&mut self, builder: &Builder<'_>, exponent: Id) -> Exponent {
        match builder.store.as_number(exponent) {
            Some(value) => Exponent::Number(value.clone()),
            None => Exponent::Entry(self.at(&Cell::of(exponent, Index::First, Index::First))),
        }
    }
}

/// A new entry, or one that exists.
enum Made {
    New(Entry),
    Same(EntryId),
}

fn plain_exponent() -> Exponent {
    Exponent::Number(number::one())
}

/// An entry of a view; vectors lie in memory by their one running index.
pub(super) fn read(view: &View, row: Index, column: Index) -> Entry {
    if view.rows.is_one() || view.columns.is_one() {
        let running = if view.rows.is_one() { column } else { row };
        let rows = if view.rows.is_one() { &view.columns } else { &view.rows };
        return Entry::Read {
            place: view.place,
            rows: rows.clone(),
            row: running,
            column: Index::First,
        };
    }
    let (rows, row, column) =
        if view.transposed { (&view.columns, column, row) } else { (&view.rows, row, column) };
    Entry::Read { place: view.place, rows: rows.clone(), row, column }
}

impl Builder<'_> {
    /// The cells that the entry of a cell is computed from; none where it is read.
    pub(super) fn operand_cells(&self, cell: &Cell, root: Option<Id>) -> Vec<Cell> {
        let Cell { row, column, .. } = *cell;
        let Source::Node(id) = cell.source else { return Vec::new() };
        if root != Some(id) && self.is_stored(id) {
            return Vec::new();
        }
        let scalar = |id: Id| Cell::of(id, Index::First, Index::First);
        match self.store.node(id) {
            Node::Number(_)
            | Node::Size(_)
            | Node::Variable(_)
            | Node::Identity(_)
            | Node::Ones(..)
            | Node::Zeros(..)
            | Node::Commutation(..)
            | Node::Selection(_)
            | Node::Inverse(_)
            | Node::MatrixPower(..)
            | Node::Trace(_)
            | Node::Determinant(_)
            | Node::Total(_)
            | Node::Vectorize(_)
            | Node::Family(_)
            | Node::Element(..)
            | Node::SumOver(..)
            | Node::Tensor { .. }
            | Node::Kronecker(..) => Vec::new(),
            Node::Sum(terms) => terms.iter().map(|term| Cell::of(term.id, row, column)).collect(),
            Node::Hadamard(_) => self.power_cells(id, |base| Cell::of(base, row, column)),
            Node::Scale { scalar: s, matrix } => {
                let mut cells = match self.store.node(*s) {
                    Node::Hadamard(_) if self.has_own_zeros(id) => self.power_cells(*s, scalar),
                    _ => vec![scalar(*s)],
                };
                // Each mask stands beside the matrix, for what it does not choose to be 0 there.
                cells.extend(self.store.masks(*s).into_iter().map(scalar));
                cells.push(Cell::of(*matrix, row, column));
                cells
            }
            Node::Transpose(a) => vec![Cell::of(*a, column, row)],
            Node::Diagonal(v) => vec![Cell::of(*v, row, Index::First)],
            Node::DiagonalOf(a) => vec![Cell::of(*a, row, row)],
            Node::Product(_) => self.product_cells(id, row, column),
            Node::Apply { function, arguments } => {
                if function.is_entrywise() {
                    arguments.iter().map(|argument| Cell::of(*argument, row, column)).collect()
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// The cells of an entrywise product's bases, and of the exponents that are no numbers.
    fn power_cells(&self, id: Id, base: impl Fn(Id) -> Cell) -> Vec<Cell> {
        let Node::Hadamard(powers) = self.store.node(id) else { return Vec::new() };
        let mut cells = Vec::with_capacity(powers.len());
        for power in powers {
            cells.push(base(power.base));
            if self.store.as_number(power.exponent).is_none() {
                cells.push(Cell::of(power.exponent, Index::First, Index::First));
            }
        }
        cells
    }

    fn has_own_zeros(&self, id: Id) -> bool {
        !self.store.own_zeros(id).is_empty()
    }

    /// The places of the powers that are 0 only where a factor beside them is.
    fn guarded(&self, id: Id) -> BTreeSet<usize> {
        self.store.own_zeros(id).into_iter().map(|own| own.divisor).collect()
    }

    /// u vᵀ, diag(v) M and M diag(v), entry by entry.
    fn product_cells(&self, id: Id, row: Index, column: Index) -> Vec<Cell> {
        let Form::Product(planned) = &self.plan.form[id.index()] else { return Vec::new() };
        let Some((left, right)) = planned.sides() else { return Vec::new() };
        let sides = self.sides.get(&id);
        let side = |at: usize, row: Index, column: Index| Cell {
            source: sides.map_or(Source::Ones, |sides| sides[at].clone()),
            row,
            column,
        };
        let diagonal = |v: Id, at: Index| Cell::of(v, at, Index::First);
        match planned.top(self.store, left, right) {
            Top::Outer => vec![side(0, row, Index::First), side(1, Index::First, column)],
            Top::ScaleRows(v) => vec![diagonal(v, row), side(1, row, column)],
            Top::ScaleColumns(v) => vec![side(0, row, column), diagonal(v, column)],
            Top::ColumnSums
            | Top::RowSums
            | Top::Select(_)
            | Top::Dot
            | Top::SolveLeft
            | Top::SolveRight
            | Top::Multiply => Vec::new(),
        }
    }

    /// The sides of a product that is computed by entry: a factor stays a node, a product of several is computed now.
    pub(super) fn prepare_sides(&mut self, planned: &Planned) -> [Source; 2] {
        let Some((left, right)) = planned.sides() else { return [Source::Ones, Source::Ones] };
        let (left, right) = (left.clone(), right.clone());
        [self.side(planned, &left), self.side(planned, &right)]
    }

    /// Whether the value is in memory, or a scalar local.
    pub(super) fn is_stored(&self, id: Id) -> bool {
        self.values[id.index()].is_some()
    }
}
