//! Families: values that depend on indices, `x[t]`, `h[l, t]`, given as variables or defined by formulas, recurrences among them.
//!
//! A family is a leaf; an element of it is a node over that leaf. The definition stands beside the DAG, so that a recurrence,
//! whose formula holds elements of its own family, makes no cycle in it.

use std::fmt;

use super::{Id, Node, Properties, Selection, Store};
use crate::shape::{Dimension, Name, Shape};

/// An index and the values it takes, both ends included; none when `to` is less than `from`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// The index.
    pub index: Name,
    /// Its first value.
    pub from: Dimension,
    /// Its last value.
    pub to: Dimension,
}

impl Range {
    /// The number of values.
    pub fn length(&self) -> Dimension {
        self.to.minus(&self.from).plus(&Dimension::one())
    }

    /// The range with its ends replaced; the index stays.
    #[must_use]
    pub fn map_sizes(&self, size: &dyn Fn(&Dimension) -> Dimension) -> Self {
        Self { index: self.index.clone(), from: size(&self.from), to: size(&self.to) }
    }
}

/// Where an element of a family stands: a value for each of its indices.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The values of the outer indices; none where there is one index.
    pub outer: Box<[Dimension]>,
    /// The value of the last index.
    pub at: Dimension,
}

impl Place {
    /// The place with these values, of which there must be one.
    pub fn of(values: &[Dimension]) -> Option<Self> {
        let (at, outer) = values.split_last()?;
        Some(Self { outer: outer.into(), at: at.clone() })
    }

    /// The place of a family with one index.
    pub fn only(&self) -> Option<&Dimension> {
        self.outer.is_empty().then_some(&self.at)
    }

    /// The values of all indices.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Dimension> {
        self.outer.iter().chain([&self.at])
    }

    /// The place with every value replaced.
    #[must_use]
    pub fn map(&self, size: &dyn Fn(&Dimension) -> Dimension) -> Self {
        Self { outer: self.outer.iter().map(size).collect(), at: size(&self.at) }
    }

    /// Whether the name occurs in it.
    pub fn mentions(&self, name: &str) -> bool {
        self.values().any(|value| value.mentions(name))
    }
}

impl From<Dimension> for Place {
    fn from(at: Dimension) -> Self {
        Self { outer: Box::default(), at }
    }
}

/// As between the brackets: `l-1,t`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for value in &self.outer {
            write!(f, "{value},")?;
        }
        write!(f, "{}", self.at)
    }
}

/// The formula of a family for some values of its indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The first and the last value of each outer index.
    pub outer: Vec<(Dimension, Dimension)>,
    /// The first value of the last index.
    pub from: Dimension,
    /// Its last value; a single value where it equals the first.
    pub to: Dimension,
    /// The formula, in the family's indices.
    pub body: Id,
}

impl Piece {
    /// A formula of a family with one index.
    pub fn new(from: Dimension, to: Dimension, body: Id) -> Self {
        Self { outer: Vec::new(), from, to, body }
    }

    /// Whether the piece is for a single value of each index.
    pub fn is_single(&self) -> bool {
        self.from == self.to && self.outer.iter().all(|(from, to)| from == to)
    }

    /// The first and the last value of each index.
    pub fn ends(&self) -> impl DoubleEndedIterator<Item = (&Dimension, &Dimension)> {
        self.outer.iter().map(|(from, to)| (from, to)).chain([(&self.from, &self.to)])
    }
}

impl Store {
    /// The family whose elements, all of them, a value is the array of: Σ h[t]·eₜᵀ, the first column first.
    pub(crate) fn as_whole_family(&self, id: Id) -> Option<Id> {
        if !matches!(self.node(id), Node::SumOver(..)) {
            return None;
        }
        let (mut ranges, mut factors) = (Vec::new(), Vec::new());
        let mut open = vec![id];
        while let Some(factor) = open.pop() {
            match self.node(factor) {
                Node::SumOver(range, inner) => {
                    ranges.push((**range).clone());
                    open.push(*inner);
                }
                Node::Scale { scalar, matrix } => open.extend([*matrix, *scalar]),
                Node::Product(inner) => open.extend(inner.iter().rev()),
                _ => factors.push(factor),
            }
        }
        let (family, place) = factors.iter().find_map(|factor| match self.node(*factor) {
            Node::Element(family, place) => Some((*family, place)),
            _ => None,
        })?;
        let known = self.family(family)?;
        let own: Vec<Range> = known.ranges();
        let is_whole = own.len() == ranges.len()
            && own.iter().zip(&ranges).zip(place.values()).all(|((own, range), value)| {
                (&own.from, &own.to) == (&range.from, &range.to)
                    && *value == Dimension::symbol(range.index.clone())
            });
        let columns = ranges.iter().map(|range| {
            let at = Dimension::symbol(range.index.clone()).minus(&range.from);
            Selection {
                order: range.length(),
                from: at.plus(&Dimension::one()),
                count: Dimension::one(),
            }
        });
        let rest: Vec<&Node> = factors
            .iter()
            .filter(|factor| !matches!(self.node(**factor), Node::Element(..)))
            .map(|factor| match self.node(*factor) {
                Node::Transpose(inner) => self.node(*inner),
                node => node,
            })
            .collect();
        let mut columns = columns.zip(&rest);
        let are_units = rest.len() == ranges.len()
            && columns
                .all(|(column, found)| matches!(found, Node::Selection(it) if **it == column));
        (is_whole && are_units).then_some(family)
    }
}

/// The formulas of a family for one length that is too short for its other ones: there the first and the last places overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    /// The size that says how long.
    pub size: Name,
    /// Its value.
    pub length: i64,
    /// The formulas; their ends hold that size still.
    pub pieces: Vec<Piece>,
}

impl Short {
    /// The value of a size that holds no other symbol.
    pub fn number(&self, size: &Dimension) -> Option<i64> {
        size.evaluate(&|name| (*name == self.size).then_some(self.length))
    }
}

/// The range that everything which is added up in the elements of a family runs over: where it is empty, each element is zero,
/// whatever the formulas say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// The first value.
    pub from: Dimension,
    /// The last value.
    pub to: Dimension,
    /// The zero of an element's shape.
    pub zero: Id,
}

/// A family.
#[derive(Clone, Debug)]
pub struct Family {
    /// Its name.
    pub name: Name,
    /// The outer indices, the first one outermost, with their values; none where there is one index.
    pub outer: Vec<Range>,
    /// What its shape and its formulas call the last index.
    pub index: Name,
    /// The shape of an element.
    pub shape: Shape,
    /// What is known of every element.
    pub properties: Properties,
    /// The values that the last index takes: of a variable, those at which elements exist. They may depend on the outer indices.
    pub from: Dimension,
    /// The last of them.
    pub to: Dimension,
    /// The formulas, none for a variable; single values and ranges, which do not overlap, in ascending order.
    pub pieces: Vec<Piece>,
    /// Where the formulas hold, if not wherever they can be read: those of a derivative for the first and the last place name what
    /// is not there where nothing is summed up.
    pub support: Option<Support>,
    /// The formulas for lengths that are shorter than those of `pieces`, in ascending order.
    pub short: Vec<Short>,
}

impl Family {
    /// Whether elements are given, not computed.
    pub fn is_variable(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The formulas, those for short lengths included.
    pub fn bodies(&self) -> Vec<Id> {
        let short = self.short.iter().flat_map(|short| &short.pieces);
        self.pieces.iter().chain(short).map(|piece| piece.body).collect()
    }

    /// The formulas for the length that a size has.
    pub fn pieces_at(&self, number: &dyn Fn(&Name) -> Option<i64>) -> &[Piece] {
        let fits = |short: &&Short| number(&short.size) == Some(short.length);
        self.short.iter().find(fits).map_or(&self.pieces, |short| &short.pieces)
    }

    /// The first length that `pieces` hold for, with its size; none where they hold for all.
    pub fn long(&self) -> Option<(Name, i64)> {
        self.short.last().map(|short| (short.size.clone(), short.length + 1))
    }

    /// The range of the last index.
    pub fn range(&self) -> Range {
        Range { index: self.index.clone(), from: self.from.clone(), to: self.to.clone() }
    }

    /// The ranges of all indices, the outermost first.
    pub fn ranges(&self) -> Vec<Range> {
        self.outer.iter().cloned().chain([self.range()]).collect()
    }

    /// The ranges of the indices in a formula.
    pub fn ranges_of(&self, piece: &Piece) -> Vec<Range> {
        let names = self.outer.iter().map(|range| &range.index).chain([&self.index]);
        let range = |(index, (from, to)): (&Name, (&Dimension, &Dimension))| Range {
            index: index.clone(),
            from: from.clone(),
            to: to.clone(),
        };
        names.zip(piece.ends()).map(range).collect()
    }

    /// The place of a formula: its indices as they are called, or their only values.
    pub fn place_of(&self, piece: &Piece) -> Place {
        let mut values = self.ranges_of(piece).into_iter().map(|range| {
            if range.from == range.to { range.from } else { Dimension::symbol(range.index) }
        });
        let outer: Vec<Dimension> = values.by_ref().take(self.outer.len()).collect();
        Place { outer: outer.into(), at: values.next().unwrap_or_else(|| piece.from.clone()) }
    }

    /// Whether there is more than one index.
    pub fn is_nested(&self) -> bool {
        !self.outer.is_empty()
    }

    /// The place with the indices as they are called.
    pub fn place(&self) -> Place {
        let symbol = |range: &Range| Dimension::symbol(range.index.clone());
        Place {
            outer: self.outer.iter().map(symbol).collect(),
            at: Dimension::symbol(self.index.clone()),
        }
    }

    /// A size of an element, at a place: the indices replaced by what stands there.
    pub fn size_at(&self, size: &Dimension, place: &Place) -> Dimension {
        let names = self.outer.iter().map(|range| &range.index).chain([&self.index]);
        let pairs: Vec<(&Name, &Dimension)> = names.zip(place.values()).collect();
        size.substitute(&|name| {
            let known = pairs.iter().find(|(index, _)| *index == name);
            known.map_or_else(|| Dimension::symbol(name.clone()), |(_, value)| (*value).clone())
        })
    }
}
