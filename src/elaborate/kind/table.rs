//! Tables of readings: for each part of a program, what it can be and what that costs, by the kinds of the names that occur elsewhere
//! too. A name that occurs nowhere else is decided: only its best kind is kept.

use std::ops::Add;
use std::rc::Rc;

/// What a value is, as far as letters tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Scalar,
    Column,
    Row,
    Matrix,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Scalar, Self::Column, Self::Row, Self::Matrix];
}

/// What a reading departs from, what counts most first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost {
    /// Capitals that are no matrices, small letters that are.
    pub(super) case: u32,
    /// Letters of columns that are scalars.
    pub(super) scalars: u32,
    /// Numbers that are added to every entry.
    pub(super) broadcasts: u32,
    /// Scalars where the writing shows arrays.
    pub(super) hints: u32,
    /// Letters of scalars that are columns.
    pub(super) columns: u32,
}

impl Add for Cost {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            case: self.case + other.case,
            scalars: self.scalars + other.scalars,
            broadcasts: self.broadcasts + other.broadcasts,
            hints: self.hints + other.hints,
            columns: self.columns + other.columns,
        }
    }
}

/// The kinds of names, by their numbers, in their order.
pub(super) type Assignment = Rc<[(usize, Kind)]>;

/// One way to read a part.
#[derive(Clone, Debug)]
struct Row {
    /// The kinds of the open names, in their order.
    open: Vec<Kind>,
    own: Kind,
    cost: Cost,
    /// The best readings, as many as are shown.
    best: Vec<Assignment>,
}

/// All ways to read a part.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The names that occur elsewhere too.
    open: Vec<usize>,
    /// How often each name occurs in this part.
    counts: Vec<usize>,
    rows: Vec<Row>,
}

/// Rows that are kept: beyond, the question is too open to be decided.
const MOST_ROWS: usize = 4096;
/// Equally good readings that are kept to be shown.
const MOST_SHOWN: usize = 3;

/// Too many readings.
#[derive(Debug)]
pub(super) struct TooOpen;

impl Table {
    /// A value without names.
    pub(super) fn fixed(kinds: impl IntoIterator<Item = Kind>) -> Self {
        let row = |own| Row {
            open: Vec::new(),
            own,
            cost: Cost::default(),
            best: vec![Assignment::default()],
        };
        let rows = kinds.into_iter().map(row).collect();
        Self { open: Vec::new(), counts: Vec::new(), rows }
    }

    /// The part with an operation on it: `results` gives the kinds that come of a kind, and what they cost.
    pub(super) fn map(self, results: impl Fn(Kind) -> Vec<(Kind, Cost)>) -> Self {
        let mut found: Vec<Joined> = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            found.extend(results(row.own).into_iter().map(|(own, cost)| Joined {
                open: row.open.clone(),
                own,
                cost: row.cost + cost,
                rows: (at, 0),
            }));
        }
        found.sort();
        let rows = cheapest(found, |rows| self.rows[rows.0].best.iter().cloned());
        Self { rows, ..self }
    }

    /// Two parts under one operation. `price` tells what a name costs by its kind, to be paid once, when all its places are seen.
    pub(super) fn join(
        &self,
        other: &Self,
        names: &Names,
        results: impl Fn(Kind, Kind) -> Vec<(Kind, Cost)>,
    ) -> Result<Self, TooOpen> {
        let (mut counts, more) = if self.counts.len() < other.counts.len() {
            (other.counts.clone(), &self.counts)
        } else {
            (self.counts.clone(), &other.counts)
        };
        counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        let mut union: Vec<usize> = self.open.iter().chain(&other.open).copied().collect();
        union.sort_unstable();
        union.dedup();
        let is_open = |name: &usize| counts[*name] < names.occurrences(*name);
        let open: Vec<usize> = union.iter().copied().filter(is_open).collect();
        let places = |table: &Self| -> Vec<Option<usize>> {
            union.iter().map(|name| table.open.iter().position(|other| other == name)).collect()
        };
        let (left_places, right_places) = (places(self), places(other));
        let mut found: Vec<Joined> = Vec::new();
        let mut kinds: Vec<Kind> = Vec::with_capacity(union.len());
        for (at_left, left) in self.rows.iter().enumerate() {
            for (at_right, right) in other.rows.iter().enumerate() {
                let outcomes = results(left.own, right.own);
                if outcomes.is_empty() {
                    continue;
                }
                kinds.clear();
                kinds.extend(left_places.iter().zip(&right_places).map_while(|(l, r)| {
                    match (l.map(|at| left.open[at]), r.map(|at| right.open[at])) {
                        (Some(a), Some(b)) => (a == b).then_some(a),
                        (a, b) => a.or(b),
                    }
                }));
                if kinds.len() < union.len() {
                    continue;
                }
                let mut cost = left.cost + right.cost;
                let mut kept = Vec::with_capacity(open.len());
                for (name, kind) in union.iter().zip(&kinds) {
                    if is_open(name) {
                        kept.push(*kind);
                    } else {
                        cost = cost + names.price(*name, *kind);
                    }
                }
                let rows = (at_left, at_right);
                found.extend(outcomes.into_iter().map(|(own, more)| Joined {
                    open: kept.clone(),
                    own,
                    cost: cost + more,
                    rows,
                }));
                if found.len() > MOST_ROWS {
                    return Err(TooOpen);
                }
            }
        }
        found.sort();
        let best = |rows: (usize, usize)| {
            let (left, right) = (&self.rows[rows.0].best, &other.rows[rows.1].best);
            left.iter().flat_map(move |a| right.iter().map(move |b| united(a, b)))
        };
        Ok(Self { open, counts, rows: cheapest(found, best) })
    }

    /// What the cheapest reading costs.
    pub(super) fn least(&self) -> Option<Cost> {
        self.rows.iter().map(|row| row.cost).min()
    }

    /// The cheapest readings; none where nothing fits.
    pub(super) fn cheapest(&self) -> Vec<Assignment> {
        let Some(least) = self.least() else { return Vec::new() };
        let mut found: Vec<Assignment> = Vec::new();
        for row in self.rows.iter().filter(|row| row.cost == least) {
            for reading in &row.best {
                if !found.contains(reading) {
                    found.push(reading.clone());
                }
            }
        }
        found
    }
}

/// A row in the making: what it is, and the rows that it comes of.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Joined {
    open: Vec<Kind>,
    own: Kind,
    cost: Cost,
    rows: (usize, usize),
}

/// Of sorted rows that agree outside only the cheapest, with their readings.
fn cheapest<I: Iterator<Item = Assignment>>(
    found: Vec<Joined>,
    best: impl Fn((usize, usize)) -> I,
) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for Joined { open, own, cost, rows: from } in found {
        match rows.last_mut() {
            Some(last) if last.open == open && last.own == own => {
                if last.cost == cost {
                    add(&mut last.best, best(from));
                }
            }
            _ => {
                let mut row = Row { open, own, cost, best: Vec::new() };
                add(&mut row.best, best(from));
                rows.push(row);
            }
        }
    }
    rows
}

/// Adds the readings that are not there yet, as many as are shown.
fn add(best: &mut Vec<Assignment>, readings: impl Iterator<Item = Assignment>) {
    for reading in readings {
        if best.len() == MOST_SHOWN {
            return;
        }
        if !best.contains(&reading) {
            best.push(reading);
        }
    }
}

/// Both assignments in one.
fn united(a: &Assignment, b: &Assignment) -> Assignment {
    if a.is_empty() || b.is_empty() {
        return if a.is_empty() { b.clone() } else { a.clone() };
    }
    let mut both: Vec<(usize, Kind)> = a.iter().chain(b.iter()).copied().collect();
    both.sort_unstable();
    both.dedup();
    both.into()
}

/// What is known of a name.
#[derive(Debug)]
pub(super) struct Name {
    /// The kinds that it may have, with their costs.
    pub(super) kinds: Vec<(Kind, Cost)>,
    /// How often it occurs.
    pub(super) occurrences: usize,
}

/// All names whose kinds are sought.
#[derive(Debug, Default)]
pub(super) struct Names(pub(super) Vec<Name>);

impl Names {
    fn occurrences(&self, name: usize) -> usize {
        self.0[name].occurrences
    }

    fn price(&self, name: usize, kind: Kind) -> Cost {
        let kinds = &self.0[name].kinds;
        kinds.iter().find(|(other, _)| *other == kind).map_or(Cost::default(), |(_, cost)| *cost)
    }

    /// One occurrence of the name. What it costs is paid when all are seen.
    pub(super) fn table(&self, name: usize) -> Table {
        let once = self.occurrences(name) == 1;
        let row = |(own, cost): &(Kind, Cost)| Row {
            open: if once { Vec::new() } else { vec![*own] },
            own: *own,
            cost: if once { *cost } else { Cost::default() },
            best: vec![[(name, *own)].into()],
        };
        let mut counts = vec![0; name + 1];
        counts[name] = 1;
        let open = if once { Vec::new() } else { vec![name] };
        Table { open, counts, rows: self.0[name].kinds.iter().map(row).collect() }
    }
}
