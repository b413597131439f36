//! What a loop computes for one value of its index: stages, one after the other, some for certain values only.

use super::schedule::{Accumulation, Formulas, Unit};
use crate::expression::{Id, Piece, Place, Short, Store};
use crate::shape::Dimension;

/// Something that is computed for one value of the index.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// An element of a family.
    Element { family: Id, at: Place, body: Id },
    /// A term of a sum.
    Term(Accumulation),
}

impl Part {
    pub(super) fn body(&self) -> Id {
        match self {
            Self::Element { body, .. } | Self::Term(Accumulation { body, .. }) => *body,
        }
    }
}

/// What is computed together.
pub(super) type Stage = Vec<Part>;

/// Stages for certain values of the index: from, to.
pub(super) type Conditional = (Dimension, Dimension, Vec<Stage>);

/// Stages, for all values of the index or by its value.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// For every value.
    Always(Vec<Stage>),
    /// By the value, where none of the ranges `around` is empty.
    Choice {
        /// What says for which lengths: T..3 is not empty for T ≤ 3.
        around: Vec<(Dimension, Dimension)>,
        /// The first that fits is taken.
        branches: Vec<Conditional>,
        /// The one that is taken where no other fits; none where nothing is to be computed then.
        otherwise: Option<usize>,
    },
}

impl Segment {
    /// The families whose elements are computed.
    pub(super) fn families(&self) -> Vec<Id> {
        let stages: Vec<&Vec<Stage>> = match self {
            Self::Always(stages) => vec![stages],
            Self::Choice { branches, .. } => branches.iter().map(|(_, _, stages)| stages).collect(),
        };
        let parts = stages.into_iter().flatten().flatten();
        let family = |part: &Part| match part {
            Part::Element { family, .. } => Some(*family),
            Part::Term(_) => None,
        };
        parts.filter_map(family).collect()
    }

    /// Adds stages; `starts` says that they read what the stage before computes.
    fn add(&mut self, parts: &[Part], order: Order) {
        let lists: Vec<&mut Vec<Stage>> = match self {
            Self::Always(stages) => vec![stages],
            Self::Choice { branches, .. } => {
                branches.iter_mut().map(|(_, _, stages)| stages).collect()
            }
        };
        for (stages, part) in lists.into_iter().zip(parts) {
            match (order, stages.last_mut()) {
                (Order::Together, Some(stage)) => stage.push(part.clone()),
                (Order::Together | Order::After, _) => stages.push(vec![part.clone()]),
            }
        }
    }

    fn is_for(&self, chosen: &Chosen) -> bool {
        let ranges = &chosen.ranges;
        match self {
            Self::Always(_) => ranges.is_empty(),
            Self::Choice { branches, around, .. } => {
                branches.len() == ranges.len()
                    && *around == chosen.around
                    && branches
                        .iter()
                        .zip(ranges)
                        .all(|((from, to, _), range)| (from, to) == (&range.0, &range.1))
            }
        }
    }
}

/// When parts are computed: each for a range of the index, and all where none of the ranges `around` is empty. For all values of the
/// index where there is no range.
#[derive(Default)]
struct Chosen {
    ranges: Vec<(Dimension, Dimension)>,
    around: Vec<(Dimension, Dimension)>,
}

/// How a part stands to the stage before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Together,
    After,
}

/// The segments of a loop.
pub(super) fn segments(store: &Store, unit: &Unit) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut stage: Vec<Id> = Vec::new();
    let at = Dimension::symbol(unit.index.clone());
    let formulas = unit.families.iter().filter(|formulas| !formulas.pieces.is_empty());
    for formulas in formulas {
        for (pieces, around) in by_length(formulas) {
            let part = |piece: &Piece| Part::Element {
                family: formulas.family,
                at: at.clone().into(),
                body: piece.body,
            };
            let parts: Vec<Part> = pieces.iter().map(part).collect();
            let chosen = Chosen { ranges: conditions(unit, pieces, &around), around };
            push(store, &mut segments, &mut stage, &parts, &chosen, unit);
        }
        stage.push(formulas.family);
    }
    for sum in &unit.sums {
        push(store, &mut segments, &mut stage, &[Part::Term(*sum)], &Chosen::default(), unit);
    }
    segments
}

fn push(
    store: &Store,
    segments: &mut Vec<Segment>,
    stage: &mut Vec<Id>,
    parts: &[Part],
    chosen: &Chosen,
    unit: &Unit,
) {
    let bodies: Vec<Id> = parts.iter().map(Part::body).collect();
    let reads = store.uses(&bodies).iter().any(|used| stage.contains(&used.family));
    let order = if reads { Order::After } else { Order::Together };
    if reads {
        stage.clear();
    }
    match segments.last_mut().filter(|segment| segment.is_for(chosen)) {
        Some(segment) => segment.add(parts, order),
        None => {
            stage.clear();
            let Chosen { ranges, around } = chosen;
            let mut segment = if ranges.is_empty() {
                Segment::Always(Vec::new())
            } else {
                let otherwise = otherwise(unit, ranges);
                let branch =
                    |(from, to): &(Dimension, Dimension)| (from.clone(), to.clone(), Vec::new());
                let branches = ranges.iter().map(branch).collect();
                Segment::Choice { around: around.clone(), branches, otherwise }
            };
            segment.add(parts, Order::After);
            segments.push(segment);
        }
    }
}

/// From, to.
type Ends = (Dimension, Dimension);

/// The formulas by the length that they are for: one after the other, with ranges of which none is empty then.
fn by_length(formulas: &Formulas) -> Vec<(&[Piece], Vec<Ends>)> {
    let mut found = Vec::new();
    let size = |short: &Short| Dimension::symbol(short.size.clone());
    for short in formulas.short.iter().filter(|short| !short.pieces.is_empty()) {
        let length = Dimension::constant(short.length);
        let around = vec![(length.clone(), size(short)), (size(short), length)];
        found.push((short.pieces.as_slice(), around));
    }
    let last = formulas.short.last();
    let long = last.map(|short| (Dimension::constant(short.length + 1), size(short)));
    found.push((&formulas.pieces, long.into_iter().collect()));
    found
}

/// The ranges of pieces; none where one piece is for all values and lengths.
fn conditions(
    unit: &Unit,
    pieces: &[Piece],
    around: &[(Dimension, Dimension)],
) -> Vec<(Dimension, Dimension)> {
    let whole = unit.range();
    let ranges: Vec<(Dimension, Dimension)> =
        pieces.iter().map(|piece| (piece.from.clone(), piece.to.clone())).collect();
    match ranges.as_slice() {
        [(from, to)] if *from == whole.from && *to == whole.to && around.is_empty() => Vec::new(),
        _ => ranges,
    }
}

/// The piece that may do without a condition, where all pieces together are for all values.
fn otherwise(unit: &Unit, ranges: &[(Dimension, Dimension)]) -> Option<usize> {
    let whole = unit.range();
    let adjacent = ranges.windows(2).all(|pair| pair[0].1.plus(&Dimension::one()) == pair[1].0);
    let ends = ranges.first().is_some_and(|(from, _)| *from == whole.from)
        && ranges.last().is_some_and(|(_, to)| *to == whole.to);
    let range = ranges.iter().rposition(|(from, to)| from != to);
    range.filter(|_| adjacent && ends)
}
