//! Sides of images that are more than a symbol, such as (h + 2P − F)/S + 1: each is computed once and has a name.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::body::Body;
use super::writer::Writer;
use crate::lower::{Call, Program};
use crate::shape::{Dimension, Shape, Symbol};

/// The sides, each after those that it is computed from; the i-th is called `side{i}`.
#[derive(Debug, Default)]
pub(super) struct Sides {
    list: Vec<Dimension>,
    /// How many have their names yet: a side is not written by itself.
    known: Cell<usize>,
}

impl Sides {
    /// The sides of all images in a program.
    pub(super) fn of(program: &Program) -> Self {
        let mut found: BTreeSet<Dimension> = BTreeSet::new();
        let mut add = |side: &Dimension| {
            if side.terms().count() > 1 || depth(side) > 0 {
                found.insert(side.clone());
            }
        };
        for call in &program.calls {
            if let Call::Tensor { operands, sides, .. } = call {
                sides.iter().for_each(&mut add);
                operands.iter().flat_map(|image| &image.sides).for_each(&mut add);
            }
        }
        for input in &program.inputs {
            if let Shape::Tensor(sides) = &input.shape {
                sides.iter().for_each(&mut add);
            }
        }
        let mut list: Vec<Dimension> = found.into_iter().collect();
        list.sort_by_key(|side| (depth(side), side.terms().count()));
        Self { known: list.len().into(), list }
    }

    /// The names of the sides that the size is a product of, and what else it is a product of.
    pub(super) fn factors(&self, size: &Dimension) -> Option<(Vec<String>, Option<Dimension>)> {
        let mut rest = size.clone();
        let mut names = Vec::new();
        while rest.terms().count() > 1 || depth(&rest) > 0 {
            // The last first: they may be products of those before.
            let divides = |(at, side): (usize, &Dimension)| {
                let quotient = rest.divided_exactly(side)?;
                (quotient != rest).then_some((at, quotient))
            };
            let known = self.list.get(..self.known.get())?;
            let Some((at, quotient)) = known.iter().enumerate().rev().find_map(divides) else {
                break;
            };
            names.push(format!("side{at}"));
            rest = quotient;
        }
        names.reverse();
        let is_product = rest.terms().count() == 1 && depth(&rest) == 0;
        (!names.is_empty() && is_product).then(|| (names, (!rest.is_one()).then_some(rest)))
    }
}

/// How deep quotients nest.
fn depth(size: &Dimension) -> usize {
    let mut deepest = 0;
    for symbol in size.terms().flat_map(|(_, symbols)| symbols) {
        if let Symbol::Quotient(a, b) = symbol {
            deepest = deepest.max(1 + depth(a).max(depth(b)));
        }
    }
    deepest
}

/// Writes the sides that the text mentions.
pub(super) fn defined(text: &str, writer: &mut Writer, body: &Body) {
    for (_, line) in definitions(text, body) {
        writer.line(&line);
    }
}

/// The same, with a check before each quotient; then the checks of all others.
pub(super) fn checked(
    quotients: &[(Dimension, Dimension)],
    text: &str,
    writer: &mut Writer,
    body: &mut Body,
) {
    let mut open: Vec<&(Dimension, Dimension)> = quotients.iter().collect();
    open.sort_by_key(|(dividend, divisor)| depth(dividend).max(depth(divisor)));
    let mut mentioned = text.to_owned();
    for (dividend, divisor) in &open {
        let [plus, minus] = body.parts(dividend);
        mentioned += &format!(" {plus} {minus} {}", body.bare_size(divisor));
    }
    for (at, line) in definitions(&mentioned, body) {
        let side = body.sides.list[at].clone();
        let (due, later): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|(dividend, divisor)| holds(&side, dividend, divisor));
        for (dividend, divisor) in due {
            check(dividend, divisor, writer, body);
        }
        open = later;
        writer.line(&line);
    }
    for (dividend, divisor) in open {
        check(dividend, divisor, writer, body);
    }
}

/// Whether the quotient stands in the size.
fn holds(size: &Dimension, dividend: &Dimension, divisor: &Dimension) -> bool {
    let mut found = false;
    size.visit_symbols(&mut |symbol| {
        found |= matches!(symbol, Symbol::Quotient(a, b) if (a, b) == (dividend, divisor));
    });
    found
}

fn check(dividend: &Dimension, divisor: &Dimension, writer: &mut Writer, body: &mut Body) {
    body.need("check_whole");
    let [plus, minus] = body.parts(dividend);
    let name = Dimension::of_symbol(Symbol::Quotient(dividend.clone(), divisor.clone()));
    let arguments = [format!("\"{name}\""), format!("[{plus}, {minus}]"), body.bare_size(divisor)];
    writer.call("check_whole", &arguments, ";");
}

/// The lines that define the sides which the text mentions, and those that these mention.
fn definitions(text: &str, body: &Body) -> Vec<(usize, String)> {
    let sides = &body.sides;
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut wanted = text.to_owned();
    for at in (0..sides.list.len()).rev() {
        if !mentions(&wanted, at) {
            continue;
        }
        sides.known.set(at);
        let value = body.bare_size(&sides.list[at]);
        sides.known.set(sides.list.len());
        wanted += &format!(" {value}");
        lines.push((at, format!("let side{at} = {};", bare(&value))));
    }
    lines.reverse();
    lines
}

/// A quotient without the brackets that it has in a product.
fn bare(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    inner.filter(|inner| !inner.contains(['(', ')'])).unwrap_or(text)
}

/// Whether the text mentions the side's name.
fn mentions(text: &str, at: usize) -> bool {
    let name = format!("side{at}");
    text.match_indices(&name).any(|(from, _)| {
        let next = text[from + name.len()..].bytes().next();
        !next.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}
