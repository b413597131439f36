//! Indexed families as far as they are known: their shapes, their formulas, and the elements that are used.

use std::collections::BTreeMap;

use super::error::ElaborateError;
use super::index_error::IndexError;
use super::scope::Scope;
use super::typer::{Bounds, Extent, Place, Typer};
use super::written::below;
use crate::expression::Properties;
use crate::shape::{Dimension, Symbol};
use crate::source::Span;
use crate::syntax::ast::{ExprId, ExprKind, Program, StatementKind, Word};

/// A family as far as it is known.
pub(super) struct Family<'p> {
    pub(super) name: &'p str,
    pub(super) span: Span,
    /// What the extent calls the index.
    pub(super) index: String,
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
    /// The index of the first definition over a range.
    pub(super) main: Option<Bounds>,
}

/// A formula of a family over a range of its index, or for a single value of it.
pub(super) struct Formula {
    pub(super) from: Dimension,
    pub(super) to: Dimension,
    /// What the formula calls the index; a single value has none.
    pub(super) index: Option<String>,
    /// The index of the formula at the place `t`: t, or t − 1 where `x[t+1]` is defined.
    pub(super) shift: Dimension,
    pub(super) place: Place,
    pub(super) span: Span,
}

/// A definition as written.
pub(super) struct Waiting<'p> {
    pub(super) at: ExprId,
    pub(super) value: ExprId,
    pub(super) range: Option<(&'p Word, ExprId, ExprId)>,
    pub(super) span: Span,
}

/// An element somewhere in the program.
struct Use {
    family: usize,
    at: Dimension,
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

    /// A family of which no more is known than its name, and perhaps what it calls its index.
    pub(super) fn add(&mut self, name: &'p Word, index: &str) -> &mut Family<'p> {
        let at = self.list.len();
        self.indices.insert(&name.text, at);
        self.list.push(Family {
            name: &name.text,
            span: name.span,
            index: index.to_owned(),
            extent: None,
            properties: Properties::NONE,
            assumed: true,
            used: false,
            formulas: Vec::new(),
            waiting: Vec::new(),
            main: None,
        });
        &mut self.list[at]
    }

    /// Notes the families that the program defines, wherever that stands.
    pub(super) fn note_definitions(&mut self, program: &'p Program) {
        for statement in &program.statements {
            let StatementKind::Definition { name, indices, value, range } = &statement.kind else {
                continue;
            };
            let [at] = indices.as_slice() else { continue };
            let family = match self.find(&name.text) {
                Some(known) => &mut self.list[known],
                None => self.add(name, ""),
            };
            let range = range.as_ref().map(|(index, from, to)| (index, *from, *to));
            if let (Some((index, _, _)), true) = (range, family.index.is_empty()) {
                family.index.clone_from(&index.text);
            }
            let span = statement.span;
            family.waiting.push(Waiting { at: *at, value: *value, range, span });
        }
    }

    /// `W[l]: n[l]×n[l-1]`, said again, perhaps with another letter, is no contradiction: the last properties hold.
    pub(super) fn say_again(
        &mut self,
        name: &str,
        index: &str,
        extent: &Extent,
        properties: Properties,
    ) -> bool {
        let Some(known) = self.find(name) else { return false };
        let family = &mut self.list[known];
        let letter = Dimension::symbol(family.index.as_str());
        let renamed = extent.map_sizes(&|size| size.replace(index, &letter));
        let same = matches!(&family.extent, Some((known, _)) if *known == renamed);
        if same {
            family.properties = properties;
        }
        same
    }

    /// An element at a place, and its shape.
    pub(super) fn element(
        &mut self,
        family: usize,
        at: &Dimension,
        span: Span,
    ) -> Result<Extent, ElaborateError> {
        let Family { name, index, extent, waiting, used, span: defined, .. } =
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
        let extent = extent.map_sizes(&|size| size.replace(index, &at));
        self.uses.push(Use { family, at, bounds, within, span });
        Ok(extent)
    }

    /// Whether the name is an index that is bound here.
    pub(super) fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().any(|bounds| bounds.index == *name)
    }

    /// Whether the shapes of all families in the formula are known, and the plain definitions in it.
    pub(super) fn is_ready(&self, family: usize, formula: &Waiting<'p>, scope: &Scope<'p>) -> bool {
        let Family { extent, waiting, .. } = &self.list[family];
        // The initial value settles the shape; a formula that needs none may come first.
        let is_first = formula.range.is_none()
            || extent.is_some()
            || waiting.iter().all(|other| other.range.is_some());
        let is_known = |id: ExprId| match scope.kind(id) {
            ExprKind::Index { base, .. } => {
                self.find(&base.text).is_none_or(|other| self.list[other].extent.is_some())
            }
            ExprKind::Name(name) => {
                !scope.is_defined(name)
                    || self.find(name).is_some()
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
        let found = match &formula.index {
            // The shape of x[t+1] at t is that of x[t] at t − 1.
            Some(index) => {
                let place = Dimension::symbol(index.as_str()).minus(&formula.shift);
                found.map_sizes(&|size| size.replace(index, &place))
            }
            None => found,
        };
        let known = &mut self.list[family];
        if let Some(index) = formula.index.clone() {
            let (from, to) = (formula.from.clone(), formula.to.clone());
            known.main.get_or_insert(Bounds { index, from, to });
        }
        let Some((extent, first_span)) = known.extent.clone() else {
            let own = Some(known.index.clone()).filter(|own| !own.is_empty());
            let index = formula.index.clone().or(own).unwrap_or_else(|| "t".to_owned());
            let extent = match formula.index {
                Some(_) => found,
                // n[0] at 0 is n[t] at t.
                None => found.map_sizes(&|size| generalised(size, &formula.from, &index)),
            };
            (known.index, known.extent) = (index, Some((extent, span)));
            known.formulas.push(formula);
            return Ok(());
        };
        let at = match &formula.index {
            Some(index) => Dimension::symbol(index.as_str()).plus(&formula.shift),
            None => formula.from.clone(),
        };
        let expected = extent.map_sizes(&|size| size.replace(&known.index, &at));
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
            let mut rest = std::mem::take(&mut family.formulas);
            rest.sort_by(|a, b| ascending(&a.from, &b.from));
            let follows = |a: &Formula, b: &Formula| b.from == a.to.plus(&Dimension::one());
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
            let family = &self.list[used.family];
            let (Some(first), Some(last)) = (family.formulas.first(), family.formulas.last())
            else {
                continue;
            };
            let (low, high) = extremes(&used.at, &used.bounds);
            let below = is_negative(&low.minus(&first.from));
            let above = is_negative(&last.to.minus(&high));
            if !below && !above {
                continue;
            }
            let worst = if below { &low } else { &high };
            let element = format!("{}[{worst}]", family.name);
            let span = used.span;
            let own = used.within == Some(used.family);
            return Err(match (own, &family.main) {
                (true, Some(_)) if below => {
                    let name = family.name.to_owned();
                    IndexError::NoInitialValue { name, needed: element, span }
                }
                (true, Some(main)) => IndexError::Forward {
                    name: family.name.to_owned(),
                    index: main.index.clone(),
                    needed: format!("{}[{}]", family.name, used.at),
                    last: element,
                    span,
                },
                _ => IndexError::OutOfRange {
                    element,
                    name: family.name.to_owned(),
                    from: first.from.to_string(),
                    to: last.to.to_string(),
                    span,
                },
            }
            .into());
        }
        Ok(())
    }

    /// The range in which the elements of a variable are used.
    pub(super) fn used_range(&self, family: usize) -> (Dimension, Dimension) {
        let uses = self.uses.iter().filter(|used| used.family == family);
        let ends = uses.map(|used| extremes(&used.at, &used.bounds));
        let both = ends.reduce(|(first, last), (low, high)| {
            let least = if ascending(&low, &first).is_lt() { low } else { first };
            let most = if ascending(&high, &last).is_gt() { high } else { last };
            (least, most)
        });
        both.unwrap_or_else(|| (Dimension::one(), Dimension::one()))
    }
}

/// A formula that does not start where the others end.
fn misplaced(name: &str, chain: &[Formula], left: &Formula) -> IndexError {
    let (element, span) = (format!("{name}[{}]", left.from), left.span);
    let gap = chain.last().map(|last| (last, left.from.minus(&last.to).as_constant()));
    match gap {
        Some((last, Some(gap))) if gap > 1 => IndexError::Gap {
            name: name.to_owned(),
            after: last.to.to_string(),
            before: left.from.to_string(),
            span,
        },
        _ => {
            let same = chain.iter().find(|formula| formula.from == left.from);
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
