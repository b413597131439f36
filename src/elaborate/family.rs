//! Indexed families: declarations, definitions by one or more formulas, elements, sums over an index.
//!
//! Definitions may refer to each other in any order, as those of an LSTM do. Each formula is walked through as soon as the shapes
//! of all families in it are known; what has to wait is tried again after each statement.

use super::error::ElaborateError;
use super::index::{ascending, extremes};
use super::index_error::IndexError;
use super::typer::{Bounds, Extent, Operation, Place};
use super::walk::{Environment, Walker};
use super::written::below;
use crate::expression::Properties;
use crate::shape::{Dimension, Symbol};
use crate::source::Span;
use crate::syntax::ast::{ExprId, ExprKind, StatementKind, Word};

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
    waiting: Vec<Waiting<'p>>,
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
#[derive(Clone)]
struct Waiting<'p> {
    at: ExprId,
    value: ExprId,
    range: Option<(&'p Word, ExprId, ExprId)>,
    span: Span,
}

/// An element somewhere in the program.
pub(super) struct Use {
    pub(super) family: usize,
    pub(super) at: Dimension,
    /// The indices that are bound there.
    pub(super) bounds: Vec<Bounds>,
    /// The family in whose formula it stands.
    pub(super) within: Option<usize>,
    pub(super) span: Span,
}

impl<'p> Walker<'p> {
    /// Notes the families that the program defines, wherever that stands.
    pub(super) fn note_families(&mut self) {
        let program = self.scope.program;
        for statement in &program.statements {
            let StatementKind::Definition { name, indices, value, range } = &statement.kind else {
                continue;
            };
            let ([at], true) = (indices.as_slice(), !indices.is_empty()) else { continue };
            let family = self.family_named(name);
            let range = range.as_ref().map(|(index, from, to)| (index, *from, *to));
            if let (Some((index, _, _)), true) = (range, self.families[family].index.is_empty()) {
                self.families[family].index.clone_from(&index.text);
            }
            let span = statement.span;
            self.families[family].waiting.push(Waiting { at: *at, value: *value, range, span });
        }
    }

    /// The family of that name, made when it is new.
    fn family_named(&mut self, name: &'p Word) -> usize {
        if let Some(family) = self.family_indices.get(name.text.as_str()) {
            return *family;
        }
        self.add_family(&name.text, name.span, Properties::NONE, "")
    }

    fn add_family(
        &mut self,
        name: &'p str,
        span: Span,
        properties: Properties,
        index: &str,
    ) -> usize {
        self.family_indices.insert(name, self.families.len());
        self.families.push(Family {
            name,
            span,
            index: index.to_owned(),
            extent: None,
            properties,
            assumed: true,
            used: false,
            formulas: Vec::new(),
            waiting: Vec::new(),
            main: None,
        });
        self.families.len() - 1
    }

    /// What an earlier declaration says of a name, and where it stands.
    pub(super) fn declared(&self, name: &str) -> Option<(String, Span)> {
        if let Some(family) = self.family_indices.get(name) {
            let (extent, span) = self.families[*family].extent.as_ref()?;
            return Some((self.family_text(extent), *span));
        }
        let variable = &self.scope.variables[self.scope.find_variable(name)?];
        Some((self.typer.extent_text(&variable.extent), variable.span))
    }

    /// Whether a family's elements are declared as this says for another letter.
    fn has_extent(&self, family: usize, extent: &Extent, index: &str) -> bool {
        let Family { extent: known, index: letter, .. } = &self.families[family];
        let letter = Dimension::symbol(letter.as_str());
        let renamed = extent.map_sizes(&|size| size.replace(index, &letter));
        matches!(known, Some((known, _)) if *known == renamed)
    }

    fn family_text(&self, extent: &Extent) -> String {
        format!("a family, each element {}", self.typer.extent_text(extent))
    }

    /// `W[l]: n[l]×n[l-1]`; said again, it is the same family.
    pub(super) fn declare_family(
        &mut self,
        name: &'p Word,
        indices: &'p [Word],
        extent: Extent,
        properties: Properties,
    ) -> Result<(), ElaborateError> {
        let [index] = indices else {
            let (name, found, span) = (name.text.clone(), indices.len(), name.span);
            return Err(IndexError::Indices { name, found, span }.into());
        };
        if let Some((first, first_span)) = self.declared(&name.text) {
            let known = self.family_indices.get(name.text.as_str()).copied();
            let known = known.filter(|known| self.has_extent(*known, &extent, &index.text));
            let Some(known) = known else {
                let (name, span) = (name.text.clone(), name.span);
                let second = self.family_text(&extent);
                return Err(ElaborateError::Contradiction {
                    name,
                    first,
                    first_span,
                    second,
                    span,
                });
            };
            self.families[known].properties = properties;
            return Ok(());
        }
        let family = self.add_family(&name.text, name.span, properties, &index.text);
        self.families[family].extent = Some((extent, name.span));
        self.families[family].assumed = false;
        Ok(())
    }

    /// Walks through all formulas whose families are known by now.
    pub(super) fn settle_families(&mut self) -> Result<(), ElaborateError> {
        loop {
            let mut moved = false;
            for family in 0..self.families.len() {
                let waiting = std::mem::take(&mut self.families[family].waiting);
                for formula in waiting {
                    if self.is_ready(family, &formula) {
                        self.formula(family, &formula)?;
                        moved = true;
                    } else {
                        self.families[family].waiting.push(formula);
                    }
                }
            }
            if !moved {
                return Ok(());
            }
        }
    }

    /// Every formula must be known in the end.
    pub(super) fn finish_families(&mut self) -> Result<(), ElaborateError> {
        self.settle_families()?;
        for family in &self.families {
            let Some(waiting) = family.waiting.first() else { continue };
            let name = family.name.to_owned();
            // A definition below the line where it is needed is waited for; what is left leads in a circle.
            return Err(IndexError::Circular { name, span: waiting.span }.into());
        }
        self.check_formulas()?;
        self.check_uses()
    }

    /// Whether the shapes of all families in the formula are known, and the plain definitions in it.
    fn is_ready(&self, family: usize, formula: &Waiting<'p>) -> bool {
        let alone = formula.range.is_none() || self.families[family].extent.is_some();
        let mut initial_first = alone;
        // The initial value settles the shape; a formula that needs none may come first.
        initial_first |= !self.families[family].waiting.iter().any(|other| other.range.is_none());
        let known = below(&self.scope.program.tree, formula.value).into_iter().all(|id| match self
            .scope
            .kind(id)
        {
            ExprKind::Index { base, .. } => {
                let known = self.family_indices.get(base.text.as_str());
                known.is_none_or(|other| self.families[*other].extent.is_some())
            }
            ExprKind::Name(name) => {
                let pending =
                    self.scope.is_defined(name) && !self.family_indices.contains_key(name.as_str());
                !pending || self.scope.definition(name).is_some()
            }
            _ => true,
        });
        initial_first && known
    }

    fn formula(&mut self, family: usize, waiting: &Waiting<'p>) -> Result<(), ElaborateError> {
        let at = self.scope.index_dimension(waiting.at)?;
        let at_span = self.scope.span(waiting.at);
        let outer = self.within.replace(family);
        let formula = match waiting.range {
            None => {
                if let Some(index) = at.symbols().iter().find(|name| !self.is_size(name)) {
                    let index = index.to_string();
                    return Err(IndexError::NoRange { index, span: at_span }.into());
                }
                let place = self.expression(waiting.value, &Environment::new())?;
                let (from, to, span) = (at.clone(), at, waiting.span);
                Formula { from, to, index: None, shift: Dimension::constant(0), place, span }
            }
            Some((index, from, to)) => {
                let shift = at.minus(&Dimension::symbol(index.text.as_str()));
                if shift.as_constant().is_none() {
                    let index = index.text.clone();
                    return Err(IndexError::Target { index, span: at_span }.into());
                }
                let Bounds { from, to, .. } = self.bind(index, from, to)?;
                let bounds = Bounds {
                    index: index.text.clone(),
                    from: from.plus(&shift),
                    to: to.plus(&shift),
                };
                self.families[family].main.get_or_insert(bounds.clone());
                let place = self.expression(waiting.value, &Environment::new())?;
                self.bound.pop();
                let (Bounds { from, to, index }, span) = (bounds, waiting.span);
                Formula { from, to, index: Some(index), shift, place, span }
            }
        };
        self.within = outer;
        self.give_shape(family, &formula)?;
        self.families[family].formulas.push(formula);
        Ok(())
    }

    /// The first formula gives the family its shape, the others must have it.
    fn give_shape(&mut self, family: usize, formula: &Formula) -> Result<(), ElaborateError> {
        let span = self.typer.span(formula.place);
        let found = self.typer.extent(formula.place);
        let found = match &formula.index {
            // The shape of x[t+1] at t is that of x[t] at t − 1.
            Some(index) => {
                let place = Dimension::symbol(index.as_str()).minus(&formula.shift);
                found.map_sizes(&|size| size.replace(index, &place))
            }
            None => found,
        };
        let name = self.families[family].name;
        let Some((extent, first_span)) = self.families[family].extent.clone() else {
            let own = Some(self.families[family].index.clone()).filter(|own| !own.is_empty());
            let index = formula.index.clone().or(own).unwrap_or_else(|| "t".to_owned());
            let extent = match formula.index {
                Some(_) => found,
                // n[0] at 0 is n[t] at t.
                None => found.map_sizes(&|size| generalised(size, &formula.from, &index)),
            };
            let family = &mut self.families[family];
            family.index = index;
            family.extent = Some((extent, span));
            return Ok(());
        };
        let at = match &formula.index {
            Some(index) => Dimension::symbol(index.as_str()).plus(&formula.shift),
            None => formula.from.clone(),
        };
        let index = self.families[family].index.clone();
        let expected = extent.map_sizes(&|size| size.replace(&index, &at));
        if self.typer.fits(&expected, formula.place, span) {
            return Ok(());
        }
        Err(IndexError::ShapesDiffer {
            name: name.to_owned(),
            first: self.typer.extent_text(&expected),
            first_span,
            second: self.typer.shape_text(formula.place),
            span,
        }
        .into())
    }

    /// Binds an index for what is walked through next.
    pub(super) fn bind(
        &mut self,
        index: &'p Word,
        from: ExprId,
        to: ExprId,
    ) -> Result<Bounds, ElaborateError> {
        let name = index.text.clone();
        let (first, last) = (self.scope.index_dimension(from)?, self.scope.index_dimension(to)?);
        if last.minus(&first).as_constant().is_some_and(|length| length < 0) {
            let span = Span::new(self.scope.span(from).start, self.scope.span(to).end);
            let (from, to) = (first.to_string(), last.to_string());
            return Err(IndexError::EmptyRange { from, to, span }.into());
        }
        let bounds = Bounds { index: name, from: first, to: last };
        self.bound.push(bounds.clone());
        Ok(bounds)
    }

    /// `sum(t in a..b, body)`
    pub(super) fn indexed_sum(
        &mut self,
        index: &'p Word,
        (from, to): (ExprId, ExprId),
        body: ExprId,
        environment: &Environment<'p>,
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let bounds = self.bind(index, from, to)?;
        let place = self.expression(body, environment)?;
        self.bound.pop();
        let extent = self.typer.extent(place);
        if extent.dimensions().iter().any(|side| side.mentions(&bounds.index)) {
            let next = Dimension::symbol(bounds.index.as_str()).plus(&Dimension::one());
            let other = extent.map_sizes(&|size| size.replace(&bounds.index, &next));
            return Err(IndexError::ShapesDiffer {
                name: "the sum".to_owned(),
                first: self.typer.extent_text(&extent),
                first_span: self.typer.span(place),
                second: self.typer.extent_text(&other),
                span: self.typer.span(place),
            }
            .into());
        }
        Ok(self.typer.push(Operation::SumOver(bounds, place), extent, span))
    }

    /// `h[t-1]`
    pub(super) fn element(
        &mut self,
        base: &'p Word,
        indices: &[ExprId],
        span: Span,
    ) -> Result<Place, ElaborateError> {
        let [index] = indices else {
            let (name, found) = (base.text.clone(), indices.len());
            return Err(IndexError::Indices { name, found, span }.into());
        };
        let at = self.scope.index_dimension(*index)?;
        if self.scope.is_size_family(&base.text) {
            let size = Dimension::element(base.text.as_str(), at);
            return Ok(self.typer.size(size, span));
        }
        let family = self.family_of(base)?;
        if let Some(open) = at.symbols().into_iter().find(|name| !self.is_size(name)) {
            return Err(IndexError::NoRange { index: open.to_string(), span }.into());
        }
        let Some((extent, _)) = self.families[family].extent.clone() else {
            let (name, defined) = (base.text.clone(), self.families[family].span);
            let waiting = self.families[family].waiting.first();
            return Err(match waiting.filter(|waiting| waiting.span.start < span.start) {
                // Defined above, and yet nothing is known of it.
                Some(waiting) => IndexError::Circular { name, span: waiting.span }.into(),
                None => ElaborateError::UsedBefore { name, span, defined },
            });
        };
        let name = self.families[family].index.clone();
        let extent = extent.map_sizes(&|size| size.replace(&name, &at));
        self.families[family].used = true;
        let bounds = self.bound.clone();
        self.uses_of_elements.push(Use {
            family,
            at: at.clone(),
            bounds,
            within: self.within,
            span,
        });
        Ok(self.typer.push(Operation::Element(family, at), extent, span))
    }

    /// The family of that name; an undeclared one is a variable whose shape its first letter tells.
    fn family_of(&mut self, base: &'p Word) -> Result<usize, ElaborateError> {
        let name = base.text.as_str();
        if let Some(family) = self.family_indices.get(name) {
            return Ok(*family);
        }
        let what = if self.scope.find_variable(name).is_some() {
            "a variable without an index"
        } else if self.scope.is_defined(name) {
            "a definition without an index"
        } else if self.scope.is_own_function(name) || super::is_known(name) {
            "a function"
        } else {
            let family = self.add_family(name, base.span, Properties::NONE, "t");
            let extent = self.scope.assumed_extent(name, &mut self.typer.sizes);
            self.families[family].extent = Some((extent, base.span));
            return Ok(family);
        };
        Err(IndexError::NotAFamily { name: name.to_owned(), what, span: base.span }.into())
    }

    /// Whether the name is a size or a bound index.
    fn is_size(&self, name: &str) -> bool {
        self.bound.iter().any(|bounds| bounds.index == *name) || self.scope.is_size(name)
    }

    /// Each element has one formula, and none is left out: each formula starts where another one ends.
    fn check_formulas(&mut self) -> Result<(), ElaborateError> {
        for family in &mut self.families {
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
    fn check_uses(&mut self) -> Result<(), ElaborateError> {
        for used in &self.uses_of_elements {
            let family = &self.families[used.family];
            let (Some(first), Some(last)) = (family.formulas.first(), family.formulas.last())
            else {
                continue;
            };
            let (low, high) = extremes(&used.at, &used.bounds);
            let negative =
                |size: Dimension| size.as_constant().is_some_and(|difference| difference < 0);
            let below = negative(low.minus(&first.from));
            let above = negative(last.to.minus(&high));
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
