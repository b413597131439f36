//! Loops: one pass over memory, columns outside, rows inside.

use std::collections::BTreeSet;

use super::body::Body;
use super::entry::{self, Words};
use super::writer::Writer;
use crate::lower::{Entries, Entry, Index, Loop, Place, Scalar};
use crate::shape::Dimension;

/// What a loop does with its entries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// target[i, j] ← entry
    Write(usize),
    /// target[i, j] ← target[i, j] + entry
    Add(usize),
    /// local ← Σ entry
    Total(usize),
    /// target[i] ← Σⱼ entry
    RowSums(usize),
    /// target[j] ← Σᵢ entry
    ColumnSums(usize),
}

/// The running indices of a loop, and the slices it reads.
struct Nest<'a> {
    body: &'a mut Body,
    rows: Dimension,
    layout: Layout,
    /// Slices bound before the loops: (place, whole array or vector).
    before: Vec<(Place, String)>,
    /// Columns bound inside the outer loop.
    columns: Vec<(Place, String)>,
}

/// How the nest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// One loop over all entries as they lie in memory.
    Flat,
    /// One loop over the rows of a vector.
    Vector,
    /// Columns outside, rows inside.
    Nested,
}

impl Words for Nest<'_> {
    fn read(&mut self, place: Place, rows: &Dimension, row: Index, column: Index) -> String {
        if let Some((_, name)) = self.slice_of(place, rows, row, column) {
            return name;
        }
        let array = self.body.place(place);
        let rows = self.body.size(rows);
        let index = |index: Index| match index {
            Index::Row => "i",
            Index::Column => "j",
            Index::First => "0",
        };
        match (index(row), index(column)) {
            ("0", "0") => format!("{array}[0]"),
            (row, "0") => format!("{array}[{row}]"),
            ("0", column) => format!("{array}[{column} * {rows}]"),
            (row, column) => format!("{array}[{row} + {column} * {rows}]"),
        }
    }

    fn scalar(&mut self, scalar: Scalar) -> String {
        self.body.scalar(scalar)
    }

    fn size(&mut self, size: &Dimension) -> String {
        self.body.number(size)
    }

    fn diagonal(&self) -> &'static str {
        "i == j"
    }

    fn routine(&mut self, routine: &'static str) -> String {
        self.body.entrywise(routine)
    }
}

impl Nest<'_> {
    /// The name of the bound slice with the loop's index, where the read runs along one.
    fn slice_of(
        &self,
        place: Place,
        rows: &Dimension,
        row: Index,
        column: Index,
    ) -> Option<(Place, String)> {
        let find = |list: &[(Place, String)], index: &str| {
            list.iter()
                .find(|(known, _)| *known == place)
                .map(|(place, name)| (*place, format!("{name}[{index}]")))
        };
        match (self.layout, row, column) {
            (Layout::Flat, Index::Row, Index::Column)
            | (Layout::Vector | Layout::Nested, Index::Row, Index::First) => {
                find(&self.before, "i")
            }
            (Layout::Nested, Index::Row, Index::Column) if *rows == self.rows => {
                find(&self.columns, "i")
            }
            _ => None,
        }
    }
}

/// Writes a loop.
pub(super) fn write(nest: &Loop, purpose: Purpose, writer: &mut Writer, body: &mut Body) {
    let layout = layout(nest, purpose);
    let length = match layout {
        Layout::Flat => nest.rows.times(&nest.columns),
        Layout::Vector | Layout::Nested => nest.rows.clone(),
    };
    let mut state =
        Nest { body, rows: nest.rows.clone(), layout, before: Vec::new(), columns: Vec::new() };
    let local = match purpose {
        Purpose::Total(local) => Some(local),
        Purpose::Write(_) | Purpose::Add(_) | Purpose::RowSums(_) | Purpose::ColumnSums(_) => None,
    };
    let nested = layout == Layout::Nested;
    if let (Some(local), true) = (local, nested) {
        writer.line(&format!("let mut s{local}: Float = 0.0;"));
    }
    let opening = match (local, nested) {
        (Some(local), false) => format!("let s{local} = {{"),
        _ => "{".to_owned(),
    };
    writer.open(&opening);
    let length_text = state.body.size(&length);
    writer.line(&format!("let length = {length_text};"));
    let total = state.body.size(&nest.rows.times(&nest.columns));
    bind_target(nest, purpose, layout, &total, writer, state.body);
    bind_before(nest, layout, writer, &mut state);
    match layout {
        Layout::Flat | Layout::Vector => inner(nest, purpose, layout, writer, &mut state),
        Layout::Nested => {
            let columns = state.body.size(&nest.columns);
            let mut columnwise = writer.inside();
            if let Purpose::Write(_) | Purpose::Add(_) = purpose {
                columnwise.line("let t = &mut t[j * length..][..length];");
            }
            bind_columns(nest, &mut columnwise, &mut state);
            inner(nest, purpose, layout, &mut columnwise, &mut state);
            let columnwise = columnwise.finish();
            let index = if mentions(&columnwise, "j") { "j" } else { "_" };
            writer.open(&format!("for {index} in 0..{columns} {{"));
            writer.verbatim(&columnwise);
            writer.close("}");
        }
    }
    writer.close(if local.is_some() && !nested { "};" } else { "}" });
}

/// Whether a name occurs as a word.
fn mentions(text: &str, name: &str) -> bool {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).any(|word| word == name)
}

fn bind_target(
    nest: &Loop,
    purpose: Purpose,
    layout: Layout,
    total: &str,
    writer: &mut Writer,
    body: &mut Body,
) {
    match purpose {
        Purpose::Write(target) | Purpose::Add(target) => {
            let place = body.place(Place::Buffer(target));
            let length = if layout == Layout::Nested { total } else { "length" };
            writer.line(&format!("let t = &mut {place}[..{length}];"));
        }
        Purpose::RowSums(target) => {
            let place = body.place(Place::Buffer(target));
            writer.line(&format!("let t = &mut {place}[..length];"));
            writer.line("t.fill(0.0);");
        }
        Purpose::ColumnSums(target) => {
            let place = body.place(Place::Buffer(target));
            let columns = body.size(&nest.columns);
            writer.line(&format!("let t = &mut {place}[..{columns}];"));
        }
        Purpose::Total(_) => {}
    }
}

/// Slices of equal length let the compiler drop the bounds checks.
fn bind_before(nest: &Loop, layout: Layout, writer: &mut Writer, state: &mut Nest<'_>) {
    let running = |row: Index, column: Index| match layout {
        Layout::Flat => (row, column) == (Index::Row, Index::Column),
        Layout::Vector | Layout::Nested => (row, column) == (Index::Row, Index::First),
    };
    for (place, _, row, column) in reads(&nest.entries) {
        if running(row, column) && state.before.iter().all(|(known, _)| *known != place) {
            let name = format!("r{}", state.before.len());
            let array = state.body.place(place);
            writer.line(&format!("let {name} = &{array}[..length];"));
            state.before.push((place, name));
        }
    }
}

fn bind_columns(nest: &Loop, writer: &mut Writer, state: &mut Nest<'_>) {
    for (place, rows, row, column) in reads(&nest.entries) {
        let runs = (row, column) == (Index::Row, Index::Column) && rows == nest.rows;
        if runs && state.columns.iter().all(|(known, _)| *known != place) {
            let name = format!("c{}", state.columns.len());
            let array = state.body.place(place);
            writer.line(&format!("let {name} = &{array}[j * length..][..length];"));
            state.columns.push((place, name));
        }
    }
}

/// The innermost loop.
fn inner(nest: &Loop, purpose: Purpose, layout: Layout, writer: &mut Writer, state: &mut Nest<'_>) {
    match purpose {
        Purpose::Write(_) => assignment(nest, "=", writer, state),
        Purpose::Add(_) | Purpose::RowSums(_) => assignment(nest, "+=", writer, state),
        Purpose::Total(local) => {
            let nested = layout == Layout::Nested;
            let before = if nested { format!("s{local} += ") } else { String::new() };
            summation(nest, &before, if nested { ";" } else { "" }, writer, state);
        }
        Purpose::ColumnSums(_) => summation(nest, "t[j] = ", ";", writer, state),
    }
}

fn assignment(nest: &Loop, sign: &str, writer: &mut Writer, state: &mut Nest<'_>) {
    writer.open("for i in 0..length {");
    let text = entry::write(&nest.entries, writer, state);
    writer.line(&format!("t[i] {sign} {text};"));
    writer.close("}");
}

/// `before sum(length, |i, total| …) after`
fn summation(nest: &Loop, before: &str, after: &str, writer: &mut Writer, state: &mut Nest<'_>) {
    state.body.need("sum");
    writer.open(&format!("{before}sum(length, |i, total| {{"));
    let text = entry::write(&nest.entries, writer, state);
    writer.line(&format!("*total += {text};"));
    writer.close(&format!("}}){after}"));
}

/// The simplest layout that the reads allow.
fn layout(nest: &Loop, purpose: Purpose) -> Layout {
    let sums = matches!(purpose, Purpose::RowSums(_) | Purpose::ColumnSums(_));
    if nest.columns.is_one() && !sums {
        return Layout::Vector;
    }
    let straight = nest.entries.nodes.iter().all(|entry| match entry {
        Entry::Read { rows, row, column, .. } => {
            (*row, *column) == (Index::Row, Index::Column) && *rows == nest.rows
        }
        Entry::OnDiagonal(_) => false,
        Entry::Number(_)
        | Entry::Missing
        | Entry::Size(_)
        | Entry::Scalar(_)
        | Entry::Sum(_)
        | Entry::Product(_)
        | Entry::Chosen(_)
        | Entry::Call { .. } => true,
    });
    if straight && !sums { Layout::Flat } else { Layout::Nested }
}

/// The distinct reads, in order.
fn reads(entries: &Entries) -> Vec<(Place, Dimension, Index, Index)> {
    let mut seen = BTreeSet::new();
    let mut list = Vec::new();
    for entry in &entries.nodes {
        if let Entry::Read { place, rows, row, column } = entry {
            let key = match place {
                Place::Input(at) => (0, *at, *row, *column),
                Place::Buffer(at) => (1, *at, *row, *column),
            };
            if seen.insert(key) {
                list.push((*place, rows.clone(), *row, *column));
            }
        }
    }
    list
}
