//! What the text of the function refers to: sizes, arrays, elements of families.

use std::collections::{BTreeMap, BTreeSet};

use super::name::{Names, fault};
use super::side::Sides;
use crate::expression::Range;
use crate::function::FunctionId;
use crate::lower::{Buffer, Elements, Factor, Input, Memory, Place, Program, Scalar, Tape};
use crate::shape::{Dimension, Name, Symbol};

/// The identifiers of a module.
#[derive(Clone, Debug, Default)]
pub(super) struct Identifiers {
    pub(super) sizes: Vec<String>,
    pub(super) size_families: Vec<String>,
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    /// Of the functions that are not known.
    pub(super) functions: Vec<String>,
}

/// What the text of the function's body refers to, and what it turns out to need.
pub(super) struct Body {
    sizes: BTreeMap<Name, String>,
    size_families: BTreeMap<Name, String>,
    inputs: Vec<String>,
    functions: Vec<String>,
    /// The functions that are not known, and the derivatives of them, that are called.
    pub(super) unknown: BTreeSet<(usize, usize)>,
    /// The indices of the families among the inputs, with the lengths of their elements.
    input_families: Vec<(Vec<Range>, Dimension)>,
    buffers: Vec<Buffer>,
    tapes: Vec<Tape>,
    factors: Vec<Factor>,
    pub(super) needed: BTreeSet<&'static str>,
    pub(super) entrywise: BTreeSet<&'static str>,
    /// The indices of the loops around, with what they are called.
    pub(super) indices: Vec<(Name, String)>,
    /// The elements whose place in memory has a name.
    pub(super) placed: BTreeSet<usize>,
    /// Factorisations whose solves need a column of scratch memory.
    pub(super) scratch: BTreeSet<usize>,
    /// Whether the kernel room as a whole is needed.
    pub(super) kernel: bool,
    /// Sizes with names of their own.
    pub(super) sides: Sides,
}

impl Body {
    /// The words for a program.
    pub(super) fn new(program: &Program, names: &Identifiers) -> Self {
        let pairs = |names: &[Name], identifiers: &[String]| {
            names.iter().cloned().zip(identifiers.iter().cloned()).collect()
        };
        let family = |input: &Input| (input.ranges.clone(), input.shape.entries());
        Self {
            sizes: pairs(&program.sizes, &names.sizes),
            size_families: pairs(&program.size_families, &names.size_families),
            inputs: names.inputs.clone(),
            functions: names.functions.clone(),
            unknown: BTreeSet::new(),
            input_families: program.inputs.iter().map(family).collect(),
            buffers: program.buffers.clone(),
            tapes: program.tapes.clone(),
            factors: program.factors.clone(),
            needed: BTreeSet::new(),
            entrywise: BTreeSet::new(),
            indices: Vec::new(),
            placed: BTreeSet::new(),
            scratch: BTreeSet::new(),
            kernel: false,
            sides: Sides::of(program),
        }
    }

    /// Notes that a routine is called.
    pub(super) fn need(&mut self, routine: &'static str) {
        self.needed.insert(routine);
    }

    /// The function that computes an entrywise routine.
    pub(super) fn entrywise(&mut self, routine: &'static str) -> String {
        if let Some(unknown) = FunctionId::of_smooth(routine) {
            self.unknown.insert(unknown);
            return self.closure(unknown);
        }
        self.entrywise.insert(routine);
        routine.to_owned()
    }

    /// The parameter for a function that is not known, or for a derivative of it: `phi`, `phi_1`.
    pub(super) fn closure(&self, (which, order): (usize, usize)) -> String {
        let name = &self.functions[which];
        if order == 0 { name.clone() } else { format!("{name}_{order}") }
    }

    /// All of them, in the order of the parameters.
    pub(super) fn closures(&self) -> Vec<String> {
        self.unknown.iter().map(|unknown| self.closure(*unknown)).collect()
    }

    pub(super) fn factor(&self, factor: usize) -> &Factor {
        &self.factors[factor]
    }

    /// An array, as a place that may go on behind the array.
    pub(super) fn place(&self, place: Place) -> String {
        match place {
            Place::Input(input) => format!("inputs.{}", self.inputs[input]),
            Place::Buffer(buffer) => match &self.buffers[buffer].memory {
                Memory::Own => format!("workspace.w{buffer}"),
                Memory::Element(elements, _) => {
                    format!("{}[o{buffer}..]", self.elements(*elements))
                }
            },
        }
    }

    fn elements(&self, elements: Elements) -> String {
        match elements {
            Elements::Tape(tape) => format!("workspace.tape{tape}"),
            Elements::Input(input) => format!("inputs.{}", self.inputs[input]),
        }
    }

    /// A buffer, as a place of its length.
    pub(super) fn exact(&self, buffer: usize) -> String {
        let place = self.place(Place::Buffer(buffer));
        let Buffer { length, over, memory, .. } = &self.buffers[buffer];
        if *memory == Memory::Own && over.is_empty() {
            return place;
        }
        format!("{place}[..{}]", self.bare_size(length))
    }

    /// An array, as an argument that is read.
    pub(super) fn read(&self, place: Place) -> String {
        match place {
            Place::Input(_) => self.place(place),
            Place::Buffer(buffer) => format!("&{}", self.exact(buffer)),
        }
    }

    /// A buffer, as an argument that is written.
    pub(super) fn written(&self, buffer: usize) -> String {
        format!("&mut {}", self.exact(buffer))
    }

    /// The order of rows of a factorisation, as an argument.
    pub(super) fn order(&self, before: &str, factor: usize) -> String {
        let Factor { order, over, .. } = &self.factors[factor];
        let part =
            if over.is_empty() { String::new() } else { format!("[..{}]", self.bare_size(order)) };
        format!("{before}workspace.order{factor}{part}")
    }

    pub(super) fn scalar(&self, scalar: Scalar) -> String {
        match scalar {
            Scalar::Input(input) => format!("inputs.{}", self.inputs[input]),
            Scalar::Local(local) => format!("s{local}"),
            Scalar::Entry(buffer) => match &self.buffers[buffer].memory {
                Memory::Own => format!("workspace.w{buffer}[0]"),
                // There may be none at all; what is read then is not chosen.
                Memory::Element(elements, _) if self.buffers[buffer].is_conditional => {
                    let all = self.elements(*elements);
                    format!("{all}.get(o{buffer}).copied().unwrap_or(0.0)")
                }
                Memory::Element(elements, _) => {
                    format!("{}[o{buffer}]", self.elements(*elements))
                }
            },
        }
    }

    /// Where an element begins; none for a buffer that is no element.
    pub(super) fn offset(&self, buffer: usize) -> Option<String> {
        let Memory::Element(elements, at) = &self.buffers[buffer].memory else { return None };
        let (ranges, length, ends) = match elements {
            Elements::Tape(tape) => {
                let Tape { ranges, length, .. } = self.tapes.get(*tape)?;
                (ranges, length, format!("offsets{tape}"))
            }
            Elements::Input(input) => {
                let (ranges, length) = self.input_families.get(*input)?;
                (ranges, length, format!("input_offsets{input}"))
            }
        };
        let values: Vec<&Dimension> = at.values().collect();
        let here = |size: &Dimension| {
            size.substitute(&|name| {
                let known = ranges.iter().position(|range| range.index == *name);
                known.map_or_else(|| Dimension::symbol(name.clone()), |at| values[at].clone())
            })
        };
        let (first, inner) = ranges.split_first()?;
        let before = values[0].minus(&first.from);
        let row = row(inner, length);
        let start = if row.mentions(&first.index) {
            format!("workspace.{ends}[{}]", self.bare_size(&before))
        } else if before.is_one() || row.is_one() || before.as_constant() == Some(0) {
            self.bare_size(&before.times(&row))
        } else {
            format!("{} * {}", self.size(&before), self.size(&row))
        };
        let mut terms = vec![start];
        for (place, range) in inner.iter().enumerate() {
            let before = values[place + 1].minus(&here(&range.from));
            let row = here(&self::row(&inner[place + 1..], length));
            terms.push(if row.is_one() {
                self.bare_size(&before)
            } else {
                format!("{} * {}", self.size(&before), self.size(&row))
            });
        }
        terms.retain(|term| term != "0");
        let offset = if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") };
        if !self.buffers[buffer].is_conditional {
            return Some(offset);
        }
        // Where there is no such element, what is read is not chosen.
        let (all, length) = (self.elements(*elements), self.bare_size(&here(length)));
        Some(format!("({offset}).min({all}.len().saturating_sub({length}))"))
    }

    /// Whether the memory of an element depends on an index.
    pub(super) fn depends_on(&self, buffer: usize, index: &str) -> bool {
        match &self.buffers[buffer].memory {
            Memory::Own => false,
            Memory::Element(_, at) => at.mentions(index),
        }
    }

    /// The values of an index.
    pub(super) fn range(&self, from: &Dimension, to: &Dimension) -> String {
        let end = to.plus(&Dimension::one());
        // Between literals nothing else says what type the index has.
        let is_literal = from.as_constant().is_some() && to.as_constant().is_some();
        let from = self.bare_size(from) + if is_literal { "_usize" } else { "" };
        // 1..T says the same as 1..=T-1, and holds where T is 0.
        if end.terms().count() < to.terms().count() {
            format!("{from}..{}", self.bare_size(&end))
        } else {
            format!("{from}..={}", self.bare_size(to))
        }
    }

    /// Whether a range is not empty: without subtraction, which could fall below zero.
    pub(super) fn is_filled(&self, from: &Dimension, to: &Dimension) -> String {
        let [plus, minus] = self.parts(&to.minus(from));
        format!("{minus} <= {plus}")
    }

    /// A name for an index.
    pub(super) fn index(&self, index: &Name) -> String {
        let name = format!("at_{}", Names::new().identifier(index));
        let taken = self.indices.iter().any(|(other, known)| other != index && *known == name);
        if taken { format!("{name}_{}", self.indices.len()) } else { name }
    }

    /// A size as a `usize` that can stand in a product.
    pub(super) fn size(&self, size: &Dimension) -> String {
        let text = self.bare_size(size);
        if outside_brackets(&text).contains(" + ") { format!("({text})") } else { text }
    }

    /// A size as a `usize`: h − k + 1 never wraps around.
    pub(super) fn bare_size(&self, size: &Dimension) -> String {
        let [plus, minus] = self.parts(size);
        if minus == "0" {
            return plus;
        }
        let first = if outside_brackets(&plus).contains(' ') { format!("({plus})") } else { plus };
        let literal = first.bytes().all(|byte| byte.is_ascii_digit());
        let first = if literal { format!("{first}_usize") } else { first };
        format!("{first}.saturating_sub({minus})")
    }

    /// What is added and what is taken off in a size.
    pub(super) fn parts(&self, size: &Dimension) -> [String; 2] {
        if let Some((names, rest)) = self.sides.factors(size) {
            let rest = rest.map(|rest| self.parts(&rest)[0].clone());
            let factors: Vec<String> = rest.into_iter().chain(names).collect();
            return [factors.join(" * "), "0".to_owned()];
        }
        self.written_parts(size)
    }

    /// The same, not by the size's own name.
    pub(super) fn written_parts(&self, size: &Dimension) -> [String; 2] {
        let mut plus = Vec::new();
        let mut minus = Vec::new();
        for (coefficient, symbols) in size.terms() {
            let mut factors: Vec<String> = Vec::new();
            if coefficient.unsigned_abs() != 1 || symbols.is_empty() {
                factors.push(coefficient.unsigned_abs().to_string());
            }
            for symbol in symbols {
                factors.push(self.symbol(symbol));
            }
            if coefficient > 0 { &mut plus } else { &mut minus }.push(factors.join(" * "));
        }
        [plus, minus].map(|terms| if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") })
    }

    fn symbol(&self, symbol: &Symbol) -> String {
        let named = |known: &BTreeMap<Name, String>, name: &Name| {
            let unknown = || fault(&format!("the size {name} is unknown"));
            known.get(name).map_or_else(unknown, |identifier| format!("sizes.{identifier}"))
        };
        match symbol {
            Symbol::Name(name) => {
                let index = self.indices.iter().rev().find(|(index, _)| index == name);
                index.map_or_else(|| named(&self.sizes, name), |(_, called)| called.clone())
            }
            Symbol::Element(family, at) => {
                format!("{}[{}]", named(&self.size_families, family), self.bare_size(at))
            }
            Symbol::Quotient(a, b) => format!("({} / {})", self.size(a), self.size(b)),
        }
    }

    /// A size as a number.
    pub(super) fn number(&self, size: &Dimension) -> String {
        let text = self.bare_size(size);
        if outside_brackets(&text).contains(' ') {
            format!("({text}) as Float")
        } else {
            format!("{text} as Float")
        }
    }
}

/// The number of entries of all elements over these indices.
pub(super) fn row(ranges: &[Range], length: &Dimension) -> Dimension {
    ranges.iter().fold(length.clone(), |row, range| row.times(&range.length()))
}

/// A text without what stands in brackets.
fn outside_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    for letter in text.chars() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(letter),
            _ => {}
        }
    }
    kept
}
