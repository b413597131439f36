//! Indexed families as far as they are known: their shapes, their formulas, and the elements that are used.

use std::collections::BTreeMap;

use super::error::ElaborateError;
use super::index_error::IndexError;
use super::scope::Scope;
use super::typer::{Bounds, Extent, Place, Typer};
use super::written::below;
use crate::expression::{self, Properties};
use crate::shape::{Dimension, Symbol};
use crate::source::Span;
use crate::syntax::ast::{ExprId, ExprKind, Program, StatementKind, Word};

/// A family as far as it is known.
pub(super) struct Family<'p> {
    pub(super) name: &'p str,
    pub(super) span: Span,
    /// What the extent calls the indices; an index of which nothing is said has no name.
    pub(super) indices: Vec<String>,
    /// The shape of an element; none before the first formula is known.
    pub(super) extent: Option<(Extent, Span)>,
    pub(super) properties: Properties,
    /// Whether the shape was inferred.
    pub(super) assumed: bool,
    pub(super) used: bool,
    /// The formulas; none for a variable.
    pub(super) formulas: Vec<Formula>,
    /// Formulas that are not yet known.
    pub(super) waiting: Vec<Waiting<'p>>,
    /// The indices of the first definition over ranges.
    pub(super) main: Vec<Bounds>,
}

/// A formula of a family over ranges of its indices.
pub(super) struct Formula {
    /// For each index its first and its last value, in the family's names for the indices before it.
    pub(super) ends: Vec<(Dimension, Dimension)>,
    /// For each index what the formula calls it, and its shift: the formula's index at the place `t` is t, or t − 1 where `x[t+1]` is
    /// defined. None where there is a single value.
    pub(super) indices: Vec<Option<(String, Dimension)>>,
    pub(super) place: Place,
    pub(super) span: Span,
}

impl Formula {
    /// The first place.
    fn first(&self) -> String {
        let values: Vec<String> = self.ends.iter().map(|(from, _)| from.to_string()).collect();
        values.join(",")
    }

    /// A size in the formula's names by those of the family.
    pub(super) fn in_family(&self, size: &Dimension, names: &[String]) -> Dimension {
        size.substitute(&|symbol| {
            let own = self.indices.iter().zip(names).find_map(|(index, name)| match index {
                Some((own, shift)) if own.as_str() == &**symbol => {
                    Some(Dimension::symbol(name.as_str()).minus(shift))
                }
                _ => None,
            });
            own.unwrap_or_else(|| Dimension::symbol(symbol.clone()))
        })
    }
}

/// A definition as written.
pub(super) struct Waiting<'p> {
    pub(super) at: &'p [ExprId],
    pub(super) value: ExprId,
    pub(super) ranges: &'p [(Word, ExprId, ExprId)],
    pub(super) span: Span,
}

/// An element somewhere in the program.
struct Use {
    family: usize,
    at: expression::Place,
    /// The indices that are bound there.
    bounds: Vec<Bounds>,
    /// The family in whose formula it stands.
    within: Option<usize>,
    span: Span,
}

/// The families of a program, given and defined.
#[derive(Default)]
pub(super) struct Families<'p> {
    pub(super) list: Vec<Family<'p>>,
    indices: BTreeMap<&'p str, usize>,
    /// The indices that are bound here.
    pub(super) bound: Vec<Bounds>,
    /// The family whose formula is walked through.
    pub(super) within: Option<usize>,
    uses: Vec<Use>,
}

impl<'p> Families<'p> {
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.indices.get(name).copied()
    }

    /// A family of which no more is known than its name, and perhaps what it calls its indices.
    pub(super) fn add(&mut self, name: &'p Word, indices: Vec<String>) -> &mut Family<'p> {
        let at = self.list.len();
        self.indices.insert(&name.text, at);
        self.list.push(Family {
            name: &name.text,
            span: name.span,
            indices,
            extent: None,
            properties: Properties::NONE,
            assumed: true,
            used: false,
            formulas: Vec::new(),
            waiting: Vec::new(),
            main: Vec::new(),
        });
        &mut self.list[at]
    }

    /// Notes the families that the program defines, wherever that stands.
    pub(super) fn note_definitions(&mut self, program: &'p Program) {
        for statement in &program.statements {
            let StatementKind::Definition { name, indices, value, ranges } = &statement.kind else {
                continue;
            };
            if indices.is_empty() {
                continue;
            }
            let family = match self.find(&name.text) {
                Some(known) => &mut self.list[known],
                None => self.add(name, vec![String::new(); indices.len()]),
            };
            for (at, place) in indices.iter().enumerate().map(|(at, place)| (place, at)) {
                if family.indices.get(place).is_none_or(|known| !known.is_empty()) {
                    continue;
                }
                let speaks = |index: &str| {
                    below(&program.tree, *at).into_iter().any(
                        |id| matches!(&program.tree.get(id).kind, ExprKind::Name(name) if name == index),
                    )
                };
                // The second i of c[i,i] is no name for an index.
                let is_new = |index: &str| !family.indices.iter().any(|known| known == index);
                let mut own = ranges.iter().map(|(index, ..)| &index.text);
                if let Some(index) = own.find(|index| speaks(index) && is_new(index)) {
                    family.indices[place] = index.clone();
                }
            }
            let (at, span) = (indices.as_slice(), statement.span);
            family.waiting.push(Waiting { at, value: *value, ranges, span });
        }
        for family in &mut self.list {
            name_all(&mut family.indices);
        }
    }

    /// `W[l]: n[l]×n[l-1]`, said again, perhaps with another letter, is no contradiction: the last properties hold.
    pub(super) fn say_again(
        &mut self,
        name: &str,
        indices: &[Word],
        extent: &Extent,
        properties: Properties,
    ) -> bool {
        let Some(known) = self.find(name) else { return false };
        let family = &mut self.list[known];
        let letters: Vec<Dimension> =
            family.indices.iter().map(|index| Dimension::symbol(index.as_str())).collect();
        let renamed = at_place(extent, indices.iter().map(|index| index.text.as_str()), &letters);
        let same = indices.len() == letters.len()
            && matches!(&family.extent, Some((known, _)) if *known == renamed);
        if same {
            family.properties = properties;
        }
        same
    }

    /// An element at a place, and its shape.
    pub(super) fn element(
        &mut self,
        family: usize,
        at: &expression::Place,
        span: Span,
    ) -> Result<Extent, ElaborateError> {
        let Family { name, indices, extent, waiting, used, span: defined, .. } =
            &mut self.list[family];
        let Some((extent, _)) = extent else {
            let name = (*name).to_owned();
            return Err(match waiting.first().filter(|waiting| waiting.span.start < span.start) {
                // Defined above, and yet nothing is known of it.
                Some(waiting) => IndexError::Circular { name, span: waiting.span }.into(),
                None => ElaborateError::UsedBefore { name, span, defined: *defined },
            });
        };
        *used = true;
        let (at, bounds, within) = (at.clone(), self.bound.clone(), self.within);
        let values: Vec<Dimension> = at.values().cloned().collect();
        let extent = at_place(extent, indices.iter().map(String::as_str), &values);
        self.uses.push(Use { family, at, bounds, within, span });
        Ok(extent)
    }

    /// A letter for an index that hides none: that one, or with a number.
    pub(super) fn unbound(&self, letter: &str) -> String {
        let numbered = (1_u64..).map(|number| format!("{letter}{number}"));
        let mut letters = [letter.to_owned()].into_iter().chain(numbered);
        letters.find(|letter| !self.is_bound(letter)).unwrap_or_default()
    }

    /// Whether the name is an index that is bound here.
    pub(super) fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().any(|bounds| bounds.index == *name)
    }

    /// Whether the shapes of all families in the formula are known, and the plain definitions in it.
    pub(super) fn is_ready(&self, family: usize, formula: &Waiting<'p>, scope: &Scope<'p>) -> bool {
        let Family { extent, waiting, .. } = &self.list[family];
        // The initial value settles the shape; a formula that needs none may come first.
        let is_first = formula.ranges.is_empty()
            || extent.is_some()
            || waiting.iter().all(|other| !other.ranges.is_empty());
        let is_known = |id: ExprId| match scope.kind(id) {
            ExprKind::Index { base, .. } => {
                self.find(&base.text).is_none_or(|other| self.list[other].extent.is_some())
            }
            ExprKind::Name(name) => {
                !scope.is_defined(name)
                    || self.find(name).is_some_and(|other| self.list[other].waiting.is_empty())
                    || scope.definition(name).is_some()
            }
            _ => true,
        };
        is_first && below(&scope.program.tree, formula.value).into_iter().all(is_known)
    }

    /// The first formula gives the family its shape, the others must have it.
    pub(super) fn add_formula(
        &mut self,
        family: usize,
        formula: Formula,
        typer: &mut Typer,
    ) -> Result<(), ElaborateError> {
        let span = typer.span(formula.place);
        let found = typer.extent(formula.place);
        let known = &mut self.list[family];
        if known.main.is_empty() {
            let ends = formula.ends.iter().zip(&formula.indices);
            let bounds = ends.filter_map(|((from, to), index)| {
                let index = index.as_ref()?.0.clone();
                Some(Bounds { index, from: from.clone(), to: to.clone() })
            });
            known.main.extend(bounds);
        }
        let Some((extent, first_span)) = known.extent.clone() else {
            // The shape of x[t+1] at t is that of x[t] at t − 1; n[0] at 0 is n[t] at t.
            let mut extent = found.map_sizes(&|size| formula.in_family(size, &known.indices));
            for ((index, (from, _)), name) in
                formula.indices.iter().zip(&formula.ends).zip(&known.indices)
            {
                if index.is_none() {
                    extent = extent.map_sizes(&|size| generalised(size, from, name));
                }
            }
            known.extent = Some((extent, span));
            known.formulas.push(formula);
            return Ok(());
        };
        let values: Vec<Dimension> = formula
            .indices
            .iter()
            .zip(&formula.ends)
            .map(|(index, (from, _))| match index {
                Some((index, shift)) => Dimension::symbol(index.as_str()).plus(shift),
                None => from.clone(),
            })
            .collect();
        let expected = at_place(&extent, known.indices.iter().map(String::as_str), &values);
        if typer.fits(&expected, formula.place, span) {
            known.formulas.push(formula);
            return Ok(());
        }
        Err(IndexError::ShapesDiffer {
            name: known.name.to_owned(),
            first: typer.extent_text(&expected),
            first_span,
            second: typer.shape_text(formula.place),
            span,
        }
        .into())
    }

    /// In the end every formula is known, and every element that is used.
    pub(super) fn check(&mut self) -> Result<(), ElaborateError> {
        for family in &self.list {
            let Some(waiting) = family.waiting.first() else { continue };
            let name = family.name.to_owned();
            // A definition below the line where it is needed is waited for; what is left leads in a circle.
            return Err(IndexError::Circular { name, span: waiting.span }.into());
        }
        self.check_formulas()?;
        self.check_uses()
    }

    /// Each element has one formula, and none is left out: each formula starts where another one ends.
    fn check_formulas(&mut self) -> Result<(), ElaborateError> {
        for family in &mut self.list {
            if family.indices.len() > 1 {
                check_disjoint(family)?;
                continue;
            }
            let mut rest = std::mem::take(&mut family.formulas);
            rest.sort_by(|a, b| ascending(&a.ends[0].0, &b.ends[0].0));
            let follows =
                |a: &Formula, b: &Formula| b.ends[0].0 == a.ends[0].1.plus(&Dimension::one());
            let first = rest.iter().position(|b| !rest.iter().any(|a| follows(a, b)));
            let mut chain: Vec<Formula> = Vec::with_capacity(rest.len());
            let mut next = first.filter(|_| !rest.is_empty());
            while let Some(at) = next {
                chain.push(rest.remove(at));
                next = chain.last().and_then(|last| rest.iter().position(|b| follows(last, b)));
            }
            if let Some(left) = rest.first() {
                return Err(misplaced(family.name, &chain, left).into());
            }
            family.formulas = chain;
        }
        Ok(())
    }

    /// Every element that is used exists.
    fn check_uses(&self) -> Result<(), ElaborateError> {
        for used in &self.uses {
            for (at, value) in used.at.values().enumerate() {
                self.check_use(used, at, value)?;
            }
        }
        Ok(())
    }

    /// Whether an index of an element, where one is used, is one for which there are formulas.
    fn check_use(&self, used: &Use, at: usize, value: &Dimension) -> Result<(), IndexError> {
        let family = &self.list[used.family];
        let (low, high) = extremes(value, &used.bounds);
        let ends = |formula: &Formula| widest(&family.indices, formula, at);
        let all: Vec<(Dimension, Dimension)> = family.formulas.iter().map(ends).collect();
        let below = all.iter().all(|(from, _)| is_negative(&low.minus(from)));
        let above = all.iter().all(|(_, to)| is_negative(&to.minus(&high)));
        let (Some(first), Some(last), true) = (all.first(), all.last(), below || above) else {
            return Ok(());
        };
        let worst = if below { low } else { high };
        let values =
            used.at.values().enumerate().map(|(other, value)| {
                if other == at { worst.to_string() } else { value.to_string() }
            });
        let element = format!("{}[{}]", family.name, values.collect::<Vec<_>>().join(","));
        let (name, span) = (family.name.to_owned(), used.span);
        let own = used.within == Some(used.family);
        Err(match (own, family.main.as_slice()) {
            (true, [_, ..]) if below => IndexError::NoInitialValue { name, needed: element, span },
            (true, [main]) if family.indices.len() == 1 => IndexError::Forward {
                name,
                index: main.index.clone(),
                needed: format!("{}[{}]", family.name, used.at),
                last: element,
                span,
            },
            _ => IndexError::OutOfRange {
                element,
                name,
                from: first.0.to_string(),
                to: last.1.to_string(),
                span,
            },
        })
    }

    /// For each index of a variable the range in which its elements are used, in terms of the indices before it.
    pub(super) fn used_ranges(&self, family: usize) -> Vec<(Dimension, Dimension)> {
        let uses: Vec<&Use> = self.uses.iter().filter(|used| used.family == family).collect();
        let names = &self.list[family].indices;
        let range = |at: usize| {
            let mut nested = uses.iter().map(|used| nested_ends(used, at, names));
            let first = nested.next().unwrap_or_else(|| (Dimension::one(), Dimension::one()));
            let is_free =
                !names.iter().any(|name| first.0.mentions(name) || first.1.mentions(name));
            if !is_free && nested.all(|other| other == first) {
                return first;
            }
            let ends = uses
                .iter()
                .filter_map(|used| Some(extremes(used.at.values().nth(at)?, &used.bounds)));
            ends.reduce(joined).unwrap_or(first)
        };
        (0..names.len()).map(range).collect()
    }
}

/// Names for indices that no range names.
fn name_all(indices: &mut [String]) {
    const LETTERS: [&str; 6] = ["t", "i", "j", "k", "l", "s"];
    for at in 0..indices.len() {
        if indices[at].is_empty() {
            let mut free = LETTERS.iter().filter(|letter| !indices.iter().any(|it| it == *letter));
            indices[at] =
                free.next().map_or_else(|| format!("t{at}"), |letter| (*letter).to_owned());
        }
    }
}

/// The ends of an index in a formula, of a range that depends on the indices before it the widest.
fn widest(indices: &[String], formula: &Formula, at: usize) -> (Dimension, Dimension) {
    let outer = indices.iter().zip(&formula.ends).take(at);
    let around: Vec<Bounds> = outer
        .map(|(index, (from, to))| Bounds {
            index: index.clone(),
            from: from.clone(),
            to: to.clone(),
        })
        .collect();
    let (from, to) = &formula.ends[at];
    (extremes(from, &around).0, extremes(to, &around).1)
}

/// The range of each index in which there are formulas.
pub(super) fn hull(family: &Family<'_>) -> Vec<(Dimension, Dimension)> {
    let range = |at: usize| {
        let mut ends = family.formulas.iter().map(|formula| &formula.ends[at]);
        let first = ends.next().cloned().unwrap_or_else(|| (Dimension::one(), Dimension::one()));
        if ends.all(|other| *other == first) {
            return first;
        }
        let wide = family.formulas.iter().map(|formula| widest(&family.indices, formula, at));
        wide.reduce(joined).unwrap_or(first)
    };
    (0..family.indices.len()).map(range).collect()
}

/// The range that holds both.
fn joined(a: (Dimension, Dimension), b: (Dimension, Dimension)) -> (Dimension, Dimension) {
    let least = if ascending(&b.0, &a.0).is_lt() { b.0 } else { a.0 };
    let most = if ascending(&b.1, &a.1).is_gt() { b.1 } else { a.1 };
    (least, most)
}

/// A shape with the names of indices replaced by values, all at once.
fn at_place<'n>(
    extent: &Extent,
    names: impl Iterator<Item = &'n str>,
    values: &[Dimension],
) -> Extent {
    let pairs: Vec<(&str, &Dimension)> = names.zip(values).collect();
    extent.map_sizes(&|size| {
        size.substitute(&|symbol| {
            let known = pairs.iter().find(|(name, _)| *name == &**symbol);
            known.map_or_else(|| Dimension::symbol(symbol.clone()), |(_, value)| (*value).clone())
        })
    })
}

/// The ends of an index where an element is used, in the family's names for the indices before it, as far as these decide.
fn nested_ends(used: &Use, at: usize, names: &[String]) -> (Dimension, Dimension) {
    let values: Vec<&Dimension> = used.at.values().collect();
    // i of w[i+1, j] is the first index less 1.
    let mut decided: Vec<(&str, Dimension)> = Vec::new();
    for (value, name) in values[..at].iter().zip(names) {
        for bound in &used.bounds {
            let shift = value.minus(&Dimension::symbol(bound.index.as_str()));
            if shift.as_constant().is_some() {
                decided.push((&bound.index, Dimension::symbol(name.as_str()).minus(&shift)));
            }
        }
    }
    let is_open = |bound: &&Bounds| !decided.iter().any(|(index, _)| *index == bound.index);
    let open: Vec<Bounds> = used.bounds.iter().filter(is_open).cloned().collect();
    let (low, high) = extremes(values[at], &open);
    let named = |size: &Dimension| {
        size.substitute(&|symbol| {
            let known = decided.iter().find(|(index, _)| *index == &**symbol);
            known.map_or_else(|| Dimension::symbol(symbol.clone()), |(_, place)| place.clone())
        })
    };
    (named(&low), named(&high))
}

/// No element of a family with several indices has two formulas.
fn check_disjoint(family: &Family<'_>) -> Result<(), IndexError> {
    let formulas = &family.formulas;
    for (place, formula) in formulas.iter().enumerate() {
        for first in &formulas[..place] {
            let apart = first
                .ends
                .iter()
                .zip(&formula.ends)
                .any(|(a, b)| is_negative(&a.1.minus(&b.0)) || is_negative(&b.1.minus(&a.0)));
            if !apart {
                // What both hold for: the later of the first places.
                let later = first.ends.iter().zip(&formula.ends).map(|(a, b)| {
                    if ascending(&a.0, &b.0).is_lt() { b.0.to_string() } else { a.0.to_string() }
                });
                let place: Vec<String> = later.collect();
                let element = format!("{}[{}]", family.name, place.join(","));
                return Err(IndexError::Twice { element, span: formula.span, first: first.span });
            }
        }
    }
    Ok(())
}

/// A formula that does not start where the others end.
fn misplaced(name: &str, chain: &[Formula], left: &Formula) -> IndexError {
    let (element, span) = (format!("{name}[{}]", left.first()), left.span);
    let (from, _) = &left.ends[0];
    let gap = chain.last().map(|last| (last, from.minus(&last.ends[0].1).as_constant()));
    match gap {
        Some((last, Some(gap))) if gap > 1 => IndexError::Gap {
            name: name.to_owned(),
            after: last.ends[0].1.to_string(),
            before: from.to_string(),
            span,
        },
        _ => {
            let same = chain.iter().find(|formula| formula.ends[0].0 == *from);
            let first = same.or(chain.last()).map_or(span, |formula| formula.span);
            IndexError::Twice { element, span, first }
        }
    }
}

/// n[0] as n[t]: a size that depends on the very place is that of any place.
fn generalised(size: &Dimension, at: &Dimension, index: &str) -> Dimension {
    size.substitute_symbols(&|symbol| match symbol {
        Symbol::Element(family, place) if place == at => {
            Some(Dimension::element(family.clone(), Dimension::symbol(index)))
        }
        Symbol::Name(_) | Symbol::Element(..) | Symbol::Quotient(..) => None,
    })
}

/// Whether it is below 0 but for some small sizes: −1, 1 − T.
fn is_negative(difference: &Dimension) -> bool {
    let mut sizes = difference.terms().filter(|(_, symbols)| !symbols.is_empty()).peekable();
    match sizes.peek() {
        None => difference.as_constant().is_some_and(|difference| difference < 0),
        Some(_) => sizes.all(|(coefficient, _)| coefficient < 0),
    }
}

/// Smallest and largest value of a place whose indices run between bounds; the place is linear in them.
fn extremes(at: &Dimension, bounds: &[Bounds]) -> (Dimension, Dimension) {
    let (mut low, mut high) = (at.clone(), at.clone());
    // Inner bounds may speak of outer indices.
    for bound in bounds.iter().rev() {
        let falls = |size: &Dimension| {
            size.terms().any(|(coefficient, symbols)| {
                let mentions = matches!(symbols, [Symbol::Name(name)] if **name == *bound.index);
                mentions && coefficient < 0
            })
        };
        let ends = |size: &Dimension| {
            let (from, to) =
                (size.replace(&bound.index, &bound.from), size.replace(&bound.index, &bound.to));
            if falls(size) { (to, from) } else { (from, to) }
        };
        low = ends(&low).0;
        high = ends(&high).1;
    }
    (low, high)
}

/// Numbers before symbols; otherwise by the difference, if it is known.
fn ascending(a: &Dimension, b: &Dimension) -> std::cmp::Ordering {
    match b.minus(a).as_constant() {
        Some(difference) => 0.cmp(&difference),
        None => a.symbols().len().cmp(&b.symbols().len()).then_with(|| a.cmp(b)),
    }
}
