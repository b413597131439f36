//! Long programs in parts: a compiler takes much longer for one function of a thousand loops than for ten of a hundred.
//!
//! A part is a function of the sizes, the inputs, the workspace and the scalars that it reads, and returns the scalars that later parts
//! read. Nothing else goes from part to part: arrays lie in the workspace.

use std::collections::BTreeSet;

use super::body::Body;
use super::writer::Writer;
use super::{repeat, side};
use crate::lower::{Call, OutputPlace, Program, Scalar, Target};

/// Lines of a function that stays whole.
const LONGEST: usize = 900;
/// Lines after which a part ends.
const PART: usize = 250;

/// The body of the function, and the parts that it calls.
pub(super) struct Steps {
    pub(super) text: String,
    /// Functions, each after an empty line; none where the body is whole.
    pub(super) parts: String,
}

/// Writes the steps of a program. `inputs` is the type of the inputs.
pub(super) fn steps(program: &Program, inputs: &str, body: &mut Body) -> Steps {
    let mut whole = Writer::at_depth(1);
    repeat::block(&program.calls, &mut whole, body);
    let text = whole.finish();
    if text.lines().count() <= LONGEST {
        return Steps { text, parts: String::new() };
    }
    let parts = cut(&program.calls, body);
    let mut needed = last_needed(program);
    // Backwards: what a part returns is what later ones read.
    let mut calls = Vec::new();
    let mut functions = Vec::new();
    for (at, part) in parts.iter().enumerate().rev() {
        let returned: Vec<usize> = part.set.intersection(&needed).copied().collect();
        needed.extend(&part.read);
        for local in &part.set {
            needed.remove(local);
        }
        let given: Vec<usize> = part.read.difference(&part.set).copied().collect();
        calls.push(part.call(at, &given, &returned, body));
        functions.push(part.function(at, &given, &returned, inputs, body));
    }
    calls.reverse();
    functions.reverse();
    Steps { text: calls.concat(), parts: functions.concat() }
}

/// The scalars that are results.
fn last_needed(program: &Program) -> BTreeSet<usize> {
    let place = program.outputs.iter().map(|output| output.place);
    place
        .filter_map(|place| match place {
            OutputPlace::Scalar(Scalar::Local(local)) => Some(local),
            OutputPlace::Scalar(Scalar::Input(_) | Scalar::Entry(_))
            | OutputPlace::Buffer(_)
            | OutputPlace::Tape(_) => None,
        })
        .collect()
}

/// Some of the steps.
struct Part {
    text: String,
    /// The scalars that it sets and that are known after it.
    set: BTreeSet<usize>,
    /// The scalars that it speaks of and does not set itself.
    read: BTreeSet<usize>,
}

fn cut(calls: &[Call], body: &mut Body) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut from = 0;
    while from < calls.len() {
        let mut to = from;
        let mut lines = 0;
        while to < calls.len() && lines < PART {
            let mut one = Writer::at_depth(1);
            repeat::block(&calls[to..=to], &mut one, body);
            lines += one.finish().lines().count();
            to += 1;
        }
        parts.push(part(&calls[from..to], body));
        from = to;
    }
    parts
}

fn part(calls: &[Call], body: &mut Body) -> Part {
    let mut writer = Writer::at_depth(1);
    repeat::block(calls, &mut writer, body);
    let text = writer.finish();
    let set: BTreeSet<usize> = calls.iter().flat_map(set).collect();
    // Inside of loops there are locals of their own: what is not given there is set there.
    let within = defined(&text);
    let read = locals(&text).filter(|local| !set.contains(local) && !within.contains(local));
    Part { read: read.collect(), set, text }
}

/// The scalars that a step sets for those after it.
fn set(call: &Call) -> Vec<usize> {
    match call {
        Call::Total { target, .. }
        | Call::Scalar { target, .. }
        | Call::Determinant { target, .. }
        | Call::LogDeterminant { target, .. }
        | Call::DeterminantSign { target, .. }
        | Call::Tensor { target: Target::Scalar(target), .. }
        | Call::Routine { target: Target::Scalar(target), .. } => vec![*target],
        Call::Repeat(repeat) => {
            let scalar = |target: &Target| match target {
                Target::Scalar(local) => Some(*local),
                Target::Buffer(_) => None,
            };
            let sums = repeat.accumulated.iter().filter_map(scalar);
            sums.chain(repeat.peaks.iter().copied()).collect()
        }
        Call::Product { .. }
        | Call::SymmetricProduct { .. }
        | Call::Fused { .. }
        | Call::RowSums { .. }
        | Call::ColumnSums { .. }
        | Call::Factorise { .. }
        | Call::Solve { .. }
        | Call::Invert { .. }
        | Call::Kronecker { .. }
        | Call::Commutation { .. }
        | Call::Selection { .. }
        | Call::Copy { .. }
        | Call::MatrixPower { .. }
        | Call::Tensor { target: Target::Buffer(_), .. }
        | Call::Routine { target: Target::Buffer(_), .. }
        | Call::Accumulate { .. }
        | Call::AccumulateScalar { .. }
        | Call::AccumulateExponential { .. }
        | Call::Store { .. }
        | Call::Filled { .. }
        | Call::Choose { .. } => Vec::new(),
    }
}

/// The names that a text speaks of; those of fields, after a dot, are none.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            at += text[at..].find(is_part)?;
            let (before, rest) = text.split_at(at);
            let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
            at += length;
            // In 0..n there is no field.
            if !before.ends_with('.') || before.ends_with("..") {
                return Some(&rest[..length]);
            }
        }
    })
}

/// The scalars that a text speaks of.
fn locals(text: &str) -> impl Iterator<Item = usize> {
    names(text).filter_map(|name| name.strip_prefix('s')?.parse().ok())
}

/// The scalars that a text defines, at any depth.
fn defined(text: &str) -> BTreeSet<usize> {
    let definition = |line: &str| {
        let rest = line.trim_start().strip_prefix("let ")?;
        let rest = rest.strip_prefix("mut ").unwrap_or(rest).trim_start_matches('[');
        locals(rest.split([':', ' ', ']', '=']).next()?).next()
    };
    text.lines().filter_map(definition).collect()
}

fn list(locals: &[usize]) -> String {
    let names: Vec<String> = locals.iter().map(|local| format!("s{local}")).collect();
    format!("[{}]", names.join(", "))
}

impl Part {
    /// The functions that are not known and that it calls.
    fn closures(&self, body: &Body) -> impl Iterator<Item = String> {
        let called = |name: &String| names(&self.text).any(|known| known == name);
        body.closures().into_iter().filter(called)
    }

    fn name(at: usize) -> String {
        format!("part{}", at + 1)
    }

    /// `let [s2] = part1(sizes, inputs, workspace, [s1]);`
    fn call(&self, at: usize, given: &[usize], returned: &[usize], body: &Body) -> String {
        let before =
            if returned.is_empty() { String::new() } else { format!("let {} = ", list(returned)) };
        let mut arguments: Vec<String> =
            ["sizes", "inputs", "workspace"].map(ToOwned::to_owned).into();
        if !given.is_empty() {
            arguments.push(list(given));
        }
        arguments.extend(self.closures(body).map(|it| format!("&{it}")));
        let mut writer = Writer::at_depth(1);
        writer.call(&format!("{before}{}", Self::name(at)), &arguments, ";");
        writer.finish()
    }

    fn function(
        &self,
        at: usize,
        given: &[usize],
        returned: &[usize],
        inputs: &str,
        body: &Body,
    ) -> String {
        let mut writer = Writer::default();
        let mut inner = Writer::at_depth(1);
        side::defined(&self.text, &mut inner, body);
        let sides = inner.finish();
        let used = |name: &str| {
            let mentioned = names(&self.text).chain(names(&sides)).any(|known| known == name);
            if mentioned { name.to_owned() } else { format!("_{name}") }
        };
        let mut parameters = vec![
            format!("{}: &Sizes", used("sizes")),
            format!("{}: &{inputs}", used("inputs")),
            format!("{}: &mut Workspace", used("workspace")),
        ];
        if !given.is_empty() {
            parameters.push(format!("{}: [Float; {}]", list(given), given.len()));
        }
        parameters.extend(self.closures(body).map(|it| format!("{it}: &impl Fn(Float) -> Float")));
        let result = if returned.is_empty() {
            String::new()
        } else {
            format!(" -> [Float; {}]", returned.len())
        };
        writer.blank();
        writer.line("/// A part of the computation: functions of bounded length compile sooner.");
        writer.line("#[inline(never)]");
        writer.signature(&format!("fn {}", Self::name(at)), &parameters, &format!("{result} {{"));
        writer.verbatim(&sides);
        writer.verbatim(&self.text);
        if !returned.is_empty() {
            writer.line(&list(returned));
        }
        writer.close("}");
        writer.finish()
    }
}
