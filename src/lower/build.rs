//! The calls, in the order of the nodes: operands first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::chain::{self, Key, Tree};
use super::entry::{self, Cell, Cells, Source};
use super::exponential::LogSum;
use super::plan::{Form, Home, Plan, is_constant};
use super::program::{
    Argument, Buffer, Call, Elements, Entry, Index, Loop, Memory, Place, Program, Scalar, Target,
    View,
};
use super::schedule::Schedule;
use super::top::{Planned, Top};
use crate::expression::{self, Id, Node, Range, Store};
use crate::function::Form as FunctionForm;
use crate::shape::{Dimension, Shape};

/// Where a node's value is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Array(View),
    Scalar(Scalar),
}

/// Turns plans into calls.
pub(super) struct Builder<'a> {
    pub(super) store: &'a Store,
    /// The loops.
    pub(super) schedule: &'a Schedule,
    /// Expected sizes.
    pub(super) expected: &'a dyn Fn(&Dimension) -> f64,
    /// The plan of what is computed now.
    pub(super) plan: Rc<Plan>,
    pub(super) program: Program,
    pub(super) values: Vec<Option<Value>>,
    /// Products of parts of chains, by name.
    pub(super) products: HashMap<Key, View>,
    /// Factorisations, by matrix.
    pub(super) factors: HashMap<Id, usize>,
    /// Parts of products that loops read.
    pub(super) parts: Vec<View>,
    /// The sides of products that are computed inside loops.
    pub(super) sides: HashMap<Id, [Source; 2]>,
    /// The loops around what is computed now, the outermost first.
    pub(super) ranges: Vec<Range>,
    /// Where the elements of families lie.
    pub(super) families: BTreeMap<Id, Elements>,
    /// The buffers that are elements.
    pub(super) elements: BTreeMap<(Elements, expression::Place), usize>,
    /// The elements and parts that are read under conditions only.
    pub(super) conditional: BTreeSet<Id>,
    /// What the sums of loops are added up in.
    pub(super) accumulators: BTreeMap<Id, Target>,
    /// The sums of exponentials that stand under a logarithm.
    pub(super) log_sums: BTreeMap<Id, LogSum>,
    /// The largest exponents of those that are being added up.
    pub(super) peaks: BTreeMap<Id, usize>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        store: &'a Store,
        schedule: &'a Schedule,
        expected: &'a dyn Fn(&Dimension) -> f64,
        plan: Plan,
    ) -> Self {
        Self {
            store,
            schedule,
            expected,
            plan: Rc::new(plan),
            program: Program::default(),
            values: vec![None; store.len()],
            products: HashMap::new(),
            factors: HashMap::new(),
            parts: Vec::new(),
            sides: HashMap::new(),
            ranges: Vec::new(),
            families: BTreeMap::new(),
            elements: BTreeMap::new(),
            conditional: BTreeSet::new(),
            accumulators: BTreeMap::new(),
            log_sums: BTreeMap::new(),
            peaks: BTreeMap::new(),
        }
    }

    /// A variable's value is its input.
    pub(super) fn bind(&mut self, id: Id, input: usize) {
        if self.store.family(id).is_some() {
            self.families.insert(id, Elements::Input(input));
            return;
        }
        let shape = self.store.shape(id);
        self.values[id.index()] = Some(if shape.is_scalar() {
            Value::Scalar(Scalar::Input(input))
        } else {
            Value::Array(View {
                place: Place::Input(input),
                transposed: false,
                rows: shape.rows(),
                columns: shape.columns(),
            })
        });
    }

    /// Whether a variable has its input.
    pub(super) fn is_bound(&self, id: Id) -> bool {
        self.values[id.index()].is_some() || self.families.contains_key(&id)
    }

    pub(super) fn buffer(&mut self, rows: &Dimension, columns: &Dimension) -> usize {
        let length = rows.times(columns);
        let over = self.over(&length);
        let sides = [rows.clone(), columns.clone()];
        let (memory, is_conditional) = (Memory::Own, false);
        self.program.buffers.push(Buffer { length, sides, over, memory, is_conditional });
        self.program.buffers.len() - 1
    }

    pub(super) fn local(&mut self) -> usize {
        self.program.scalars += 1;
        self.program.scalars - 1
    }

    pub(super) fn fresh(&mut self, rows: &Dimension, columns: &Dimension) -> (usize, View) {
        let buffer = self.buffer(rows, columns);
        let view = View {
            place: Place::Buffer(buffer),
            transposed: false,
            rows: rows.clone(),
            columns: columns.clone(),
        };
        (buffer, view)
    }

    /// Where a whole value lies; a transpose is a view.
    pub(super) fn view(&mut self, id: Id) -> View {
        let mut base = id;
        let mut turned = false;
        while let Node::Transpose(inner) = self.store.node(base) {
            base = *inner;
            turned = !turned;
        }
        let view = match &self.values[base.index()] {
            Some(Value::Array(view)) => view.clone(),
            Some(Value::Scalar(_)) | None => self.written(base),
        };
        if turned { view.flipped() } else { view }
    }

    /// A scalar that can be read.
    pub(super) fn scalar(&mut self, id: Id) -> Scalar {
        if let Some(Value::Scalar(scalar)) = self.values[id.index()] {
            return scalar;
        }
        let mut cells = Cells::default();
        let result = cells.cell(self, &Cell::of(id, Index::First, Index::First), Some(id));
        let target = self.local();
        self.program.calls.push(Call::Scalar { target, entries: cells.finish(result) });
        self.values[id.index()] = Some(Value::Scalar(Scalar::Local(target)));
        Scalar::Local(target)
    }

    /// A stored value's entry.
    pub(super) fn stored(&self, id: Id, row: Index, column: Index) -> Option<Entry> {
        match self.values[id.index()].as_ref()? {
            Value::Array(view) => Some(entry::read(view, row, column)),
            Value::Scalar(scalar) => Some(Entry::Scalar(*scalar)),
        }
    }

    /// Computes a value by its loop and keeps it.
    fn written(&mut self, id: Id) -> View {
        let view = self.copied(id, Some(id));
        self.values[id.index()] = Some(Value::Array(view.clone()));
        view
    }

    /// Writes a value, entry by entry, to a buffer of its own.
    pub(super) fn copied(&mut self, id: Id, root: Option<Id>) -> View {
        let shape = self.store.shape(id);
        let (rows, columns) = (shape.rows(), shape.columns());
        let (nest_rows, nest_columns, row, column) = nest(&rows, &columns);
        let mut cells = Cells::default();
        let result = cells.cell(self, &Cell::of(id, row, column), root);
        let entries = cells.finish(result);
        let (target, view) = self.fresh(&rows, &columns);
        let nest = Loop { rows: nest_rows, columns: nest_columns, entries };
        self.program.calls.push(Call::Fused { target, nest });
        view
    }

    /// Computes one node, if the plan gives it a place.
    pub(super) fn node(&mut self, id: Id) {
        let plan = Rc::clone(&self.plan);
        let form = &plan.form[id.index()];
        match plan.home[id.index()] {
            Home::Nowhere => return,
            Home::Inside => {
                if let Form::Product(planned) = form {
                    let sides = self.prepare_sides(planned);
                    self.sides.insert(id, sides);
                }
                return;
            }
            Home::Own => {}
        }
        if self.values[id.index()].is_some() {
            return;
        }
        match form {
            Form::Plain => self.plain(id),
            Form::LogDeterminant(form) => self.log_determinant(id, form),
            Form::Product(planned) => self.product(id, planned),
            Form::Pair(left, right) => self.pair(id, left, right),
            Form::Formed(planned) => self.formed(id, planned),
        }
    }

    fn plain(&mut self, id: Id) {
        let shape = self.store.shape(id).clone();
        let (rows, columns) = (shape.rows(), shape.columns());
        match self.store.node(id) {
            Node::Number(_) | Node::Size(_) | Node::Variable(_) | Node::Transpose(_) => {}
            Node::Family(_) | Node::Element(..) => {}
            Node::Tensor { .. } if is_constant(self.store, id) => self.entrywise(id),
            Node::Tensor { operation, operands } => self.tensor(id, operation, operands),
            Node::SumOver(..) if self.is_whole(id) => {}
            Node::SumOver(range, _) => self.sums_over(range, &[id]),
            Node::Identity(_)
            | Node::Ones(..)
            | Node::Zeros(..)
            | Node::Sum(_)
            | Node::Scale { .. }
            | Node::Hadamard(_)
            | Node::Diagonal(_)
            | Node::DiagonalOf(_)
            | Node::Product(_) => self.entrywise(id),
            Node::Commutation(m, n) => {
                let (target, view) = self.fresh(&rows, &columns);
                let call = Call::Commutation { target, rows: m.clone(), columns: n.clone() };
                self.finish(id, call, view);
            }
            Node::Selection(selection) => self.selection(id, &selection.from),
            Node::Inverse(a) => {
                let view = self.inverse(*a);
                self.values[id.index()] = Some(Value::Array(view));
            }
            Node::MatrixPower(a, exponent) => {
                let matrix = self.view(*a);
                let exponent = self.scalar(*exponent);
                let (target, view) = self.fresh(&rows, &columns);
                self.finish(id, Call::MatrixPower { target, matrix, exponent }, view);
            }
            Node::Determinant(a) => {
                let factor = self.factor(*a);
                let target = self.local();
                self.set(id, target, Call::Determinant { target, factor });
            }
            Node::Total(a) => {
                let shape = self.store.shape(*a).clone();
                let cell = Cell::of(*a, Index::Row, Index::Column);
                let (rows, columns, row, column) = nest(&shape.rows(), &shape.columns());
                self.total(id, &[Cell { row, column, ..cell }], (rows, columns));
            }
            Node::Trace(a) => {
                let rows = self.store.shape(*a).rows();
                let cell = Cell::of(*a, Index::Row, Index::Row);
                self.total(id, &[cell], (rows, Dimension::one()));
            }
            Node::Vectorize(a) => self.vectorize(id, *a, rows, columns),
            Node::Kronecker(a, b) => {
                let (left, right) = (self.view(*a), self.view(*b));
                let (target, view) = self.fresh(&rows, &columns);
                self.finish(id, Call::Kronecker { target, left, right }, view);
            }
            Node::Apply { function, arguments } => match &function.row().form {
                FunctionForm::Entrywise { .. } => self.entrywise(id),
                FunctionForm::Array { routine, .. } => self.routine(id, routine, arguments, shape),
            },
        }
    }

    fn entrywise(&mut self, id: Id) {
        if self.store.shape(id).is_scalar() {
            self.scalar(id);
        } else {
            let plan = Rc::clone(&self.plan);
            if let Form::Product(planned) = &plan.form[id.index()] {
                let sides = self.prepare_sides(planned);
                self.sides.insert(id, sides);
            }
            self.written(id);
        }
    }

    /// vec A is A's memory, unless A is a transposed view.
    fn vectorize(&mut self, id: Id, a: Id, rows: Dimension, columns: Dimension) {
        let view = self.view(a);
        let straight =
            if view.transposed && !view.is_vector() { self.copied(a, None) } else { view };
        let view = View { transposed: false, rows, columns, ..straight };
        self.values[id.index()] = Some(Value::Array(view));
    }

    fn routine(&mut self, id: Id, routine: &'static str, arguments: &[Id], shape: Shape) {
        let arguments = arguments.iter().map(|argument| self.argument(*argument)).collect();
        if shape.is_scalar() {
            let local = self.local();
            let target = Target::Scalar(local);
            self.set(id, local, Call::Routine { routine, arguments, target, shape });
        } else {
            let (buffer, view) = self.fresh(&shape.rows(), &shape.columns());
            let target = Target::Buffer(buffer);
            self.finish(id, Call::Routine { routine, arguments, target, shape }, view);
        }
    }

    /// An argument of a routine: routines read arrays as they lie.
    pub(super) fn argument(&mut self, id: Id) -> Argument {
        if self.store.shape(id).is_scalar() {
            return Argument::Scalar(self.scalar(id));
        }
        let known = match &self.values[id.index()] {
            Some(Value::Array(view)) => Some(view.clone()),
            Some(Value::Scalar(_)) | None => None,
        };
        let view = known.unwrap_or_else(|| self.view(id));
        let straight = if view.transposed && !view.is_vector() {
            // Another routine may read the same.
            let copy = self.copied(id, None);
            self.values[id.index()] = Some(Value::Array(copy.clone()));
            copy
        } else {
            view
        };
        Argument::Array(View { transposed: false, ..straight })
    }

    pub(super) fn finish(&mut self, id: Id, call: Call, view: View) {
        self.program.calls.push(call);
        self.values[id.index()] = Some(Value::Array(view));
    }

    pub(super) fn set(&mut self, id: Id, local: usize, call: Call) {
        self.program.calls.push(call);
        self.values[id.index()] = Some(Value::Scalar(Scalar::Local(local)));
    }

    /// Σ over the nest of the product of the cells.
    fn total(&mut self, id: Id, cells: &[Cell], (rows, columns): (Dimension, Dimension)) {
        let entries = self.multiplied(cells);
        let target = self.local();
        let nest = Loop { rows, columns, entries };
        self.set(id, target, Call::Total { target, nest });
    }

    fn multiplied(&self, cells: &[Cell]) -> super::program::Entries {
        let mut builder = Cells::default();
        let factors: Vec<_> = cells.iter().map(|cell| builder.cell(self, cell, None)).collect();
        let result = builder.multiply(&factors);
        builder.finish(result)
    }

    fn product(&mut self, id: Id, planned: &Planned) {
        let Some((left, right)) = planned.sides() else { return };
        let top = planned.top(self.store, left, right);
        let scalar = self.store.shape(id).is_scalar();
        match top {
            Top::Outer | Top::ScaleRows(_) | Top::ScaleColumns(_) if !scalar => self.entrywise(id),
            Top::Dot | Top::Outer | Top::ColumnSums | Top::RowSums if scalar => {
                self.dot(id, planned, left, right);
            }
            _ if scalar => {
                // A scalar chain that ends in a solve: the solution is a 1×1 array.
                let view = self.tree(planned, &planned.tree);
                self.parts.push(view);
                let part = Source::Part(self.parts.len() - 1);
                let cell = Cell { source: part, row: Index::First, column: Index::First };
                self.total(id, &[cell], (Dimension::one(), Dimension::one()));
            }
            _ => {
                let view = self.multiply(planned, &planned.tree, left, right);
                self.values[id.index()] = Some(Value::Array(view));
            }
        }
    }

    /// uᵀ v, without a product.
    fn dot(&mut self, id: Id, planned: &Planned, left: &Tree, right: &Tree) {
        let size = planned.chain.sizes[left.range().1].clone();
        let (left, right) = (self.side(planned, left), self.side(planned, right));
        let cells = vec![
            Cell { source: left, row: Index::First, column: Index::Row },
            Cell { source: right, row: Index::Row, column: Index::First },
        ];
        let cells = without_ones(self.store, cells);
        self.total(id, &cells, (size, Dimension::one()));
    }

    /// Σᵢⱼ Pᵢⱼ Qⱼᵢ, or for a diagonal Σⱼ Pᵢⱼ Qⱼᵢ.
    fn pair(&mut self, id: Id, left: &Planned, right: &Planned) {
        let (rows, columns) = (left.chain.sizes[0].clone(), right.chain.sizes[0].clone());
        let p = self.side(left, &left.tree);
        let q = self.side(right, &right.tree);
        let cells = vec![
            Cell { source: p, row: Index::Row, column: Index::Column },
            Cell { source: q, row: Index::Column, column: Index::Row },
        ];
        if self.store.shape(id).is_scalar() {
            return self.total(id, &cells, (rows, columns));
        }
        let entries = self.multiplied(&cells);
        let (target, view) = self.fresh(&rows, &Dimension::one());
        self.finish(id, Call::RowSums { target, nest: Loop { rows, columns, entries } }, view);
    }

    /// tr or diag of a product that has been formed.
    fn formed(&mut self, id: Id, planned: &Planned) {
        let rows = planned.chain.sizes[0].clone();
        let view = self.tree(planned, &planned.tree);
        self.parts.push(view);
        let source = Source::Part(self.parts.len() - 1);
        let cell = Cell { source, row: Index::Row, column: Index::Row };
        if self.store.shape(id).is_scalar() {
            return self.total(id, &[cell], (rows, Dimension::one()));
        }
        let entries = self.multiplied(&[cell]);
        let (target, view) = self.fresh(&rows, &Dimension::one());
        let nest = Loop { rows, columns: Dimension::one(), entries };
        self.finish(id, Call::Fused { target, nest }, view);
    }

    /// One side of a loop over entries.
    pub(super) fn side(&mut self, planned: &Planned, side: &Tree) -> Source {
        match side {
            Tree::Link(at) => planned.chain.factors[*at].map_or(Source::Ones, Source::Node),
            Tree::Multiply(..) => {
                let view = self.tree(planned, side);
                self.parts.push(view);
                Source::Part(self.parts.len() - 1)
            }
        }
    }

    /// The value of a part of a chain. No deeper than chains are long, and those are multiplied in pieces.
    pub(super) fn tree(&mut self, planned: &Planned, tree: &Tree) -> View {
        match tree {
            Tree::Link(at) => match planned.chain.factors[*at] {
                Some(factor) => self.view(factor),
                None => self.ones(&planned.chain, *at),
            },
            Tree::Multiply(left, right) => self.multiply(planned, tree, left, right),
        }
    }

    /// A row or column of ones that must be written down after all.
    fn ones(&mut self, chain: &chain::Chain, at: usize) -> View {
        let (rows, columns) = (&chain.sizes[at], &chain.sizes[at + 1]);
        let entries = self.multiplied(&[Cell {
            source: Source::Ones,
            row: Index::First,
            column: Index::First,
        }]);
        let (target, view) = self.fresh(rows, columns);
        let (rows, columns, ..) = nest(rows, columns);
        self.program.calls.push(Call::Fused { target, nest: Loop { rows, columns, entries } });
        view
    }

    /// Left · right, unless the same product was computed before.
    fn multiply(&mut self, planned: &Planned, tree: &Tree, left: &Tree, right: &Tree) -> View {
        let (low, high) = tree.range();
        let (key, turned) = chain::key(self.store, &planned.chain.links[low..high]);
        if let Some(view) = self.products.get(&key) {
            let view = view.clone();
            return if turned { view.flipped() } else { view };
        }
        let view = self.multiplication(planned, left, right);
        let named = if turned { view.clone().flipped() } else { view.clone() };
        self.products.insert(key, named);
        view
    }

    fn multiplication(&mut self, planned: &Planned, left: &Tree, right: &Tree) -> View {
        let ((low, cut), (_, high)) = (left.range(), right.range());
        let sizes = &planned.chain.sizes;
        let (rows, columns) = (sizes[low].clone(), sizes[high].clone());
        let inner = sizes[cut].clone();
        match planned.top(self.store, left, right) {
            Top::SolveLeft => {
                let b = self.tree(planned, right);
                self.solve(planned.chain.links[low], b, false)
            }
            Top::SolveRight => {
                // B A⁻¹ = (A⁻ᵀ Bᵀ)ᵀ
                let b = self.tree(planned, left).flipped();
                self.solve(planned.chain.links[cut], b, true).flipped()
            }
            Top::Multiply | Top::Dot => self.matrix_product(planned, left, right),
            Top::Select(side) => self.selected(planned, side, left, right),
            Top::Outer => {
                let cells = vec![
                    Cell {
                        source: self.side(planned, left),
                        row: Index::Row,
                        column: Index::First,
                    },
                    Cell {
                        source: self.side(planned, right),
                        row: Index::First,
                        column: Index::Column,
                    },
                ];
                self.looped(cells, rows, columns)
            }
            Top::ScaleRows(v) => {
                let m = self.side(planned, right);
                let cells = vec![
                    Cell::of(v, Index::Row, Index::First),
                    Cell { source: m, row: Index::Row, column: Index::Column },
                ];
                self.looped(cells, rows, columns)
            }
            Top::ScaleColumns(v) => {
                let m = self.side(planned, left);
                let cells = vec![
                    Cell { source: m, row: Index::Row, column: Index::Column },
                    Cell::of(v, Index::Column, Index::First),
                ];
                self.looped(cells, rows, columns)
            }
            Top::RowSums => {
                let source = self.side(planned, left);
                let cell = Cell { source, row: Index::Row, column: Index::Column };
                let entries = self.multiplied(&[cell]);
                let (target, view) = self.fresh(&rows, &columns);
                let nest = Loop { rows, columns: inner, entries };
                self.program.calls.push(Call::RowSums { target, nest });
                view
            }
            Top::ColumnSums => {
                let source = self.side(planned, right);
                let cell = Cell { source, row: Index::Row, column: Index::Column };
                let entries = self.multiplied(&[cell]);
                let (target, view) = self.fresh(&rows, &columns);
                let nest = Loop { rows: inner, columns, entries };
                self.program.calls.push(Call::ColumnSums { target, nest });
                view
            }
        }
    }

    fn looped(&mut self, cells: Vec<Cell>, rows: Dimension, columns: Dimension) -> View {
        let cells = without_ones(self.store, cells);
        let entries = self.multiplied(&cells);
        let (target, view) = self.fresh(&rows, &columns);
        self.program.calls.push(Call::Fused { target, nest: Loop { rows, columns, entries } });
        view
    }

    fn matrix_product(&mut self, planned: &Planned, left: &Tree, right: &Tree) -> View {
        let (a, b) = (self.tree(planned, left), self.tree(planned, right));
        let (target, view) = self.fresh(&a.rows, &b.columns);
        let symmetric = !view.is_vector() && a == b.clone().flipped();
        self.program.calls.push(if symmetric {
            Call::SymmetricProduct { target, operand: a }
        } else {
            Call::Product { target, left: a, right: b }
        });
        view
    }
}

/// The loop nest over a value: vectors run along the rows of the nest.
pub(super) fn nest(rows: &Dimension, columns: &Dimension) -> (Dimension, Dimension, Index, Index) {
    if rows.is_one() {
        (columns.clone(), Dimension::one(), Index::First, Index::Row)
    } else if columns.is_one() {
        (rows.clone(), Dimension::one(), Index::Row, Index::First)
    } else {
        (rows.clone(), columns.clone(), Index::Row, Index::Column)
    }
}

/// Factors of one change nothing, unless nothing else is left.
fn without_ones(store: &Store, cells: Vec<Cell>) -> Vec<Cell> {
    let is_ones = |cell: &Cell| match cell.source {
        Source::Ones => true,
        Source::Node(id) => matches!(store.node(id), Node::Ones(..)),
        Source::Part(_) => false,
    };
    let kept: Vec<Cell> = cells.iter().filter(|cell| !is_ones(cell)).cloned().collect();
    if kept.is_empty() { cells.into_iter().take(1).collect() } else { kept }
}
