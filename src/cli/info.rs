//! `gradus info`: what a model costs, in symbols and, where sizes are known, in numbers.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use num_traits::ToPrimitive as _;

use super::arguments::InfoArguments;
use super::failure::Failure;
use super::question;
use crate::expression::{Range, TensorOperation};
use crate::lower::{
    Amount, Argument, Call, Certainty, Elements, FactorKind, Loop, Memory, Place, Program, Step,
    View,
};
use crate::number::{self, Rational};
use crate::render::Notation;
use crate::session::{self, Cost, Expense, Information, Parameter, Session};
use crate::shape::{Dimension, Name};

/// Bytes of a number in double and in single precision, and of a row number.
const DOUBLE: i64 = 8;
const SINGLE: i64 = 4;
const ORDER: i64 = 8;

/// Counts every request of a model.
pub(super) fn run(arguments: &InfoArguments) -> Result<ExitCode, Failure> {
    let answers = match (&arguments.model, &arguments.expr) {
        (Some(path), _) => question::requests(path, &arguments.question)?,
        (None, expression) => {
            let expression = expression.as_deref().unwrap_or_default();
            vec![question::formula(&Session::new(), expression, &arguments.question)?]
        }
    };
    let told = sizes(&arguments.sizes)?;
    let found = session::information(&answers, &told);
    check(&found, &told)?;
    io::stdout().lock().write_all(text(&found).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// `m=100,n=20`
fn sizes(arguments: &[String]) -> Result<Vec<(Name, u64)>, Failure> {
    let read = |text: &String| {
        let (name, value) = text.split_once('=')?;
        let value = value.trim().parse().ok().filter(|value| *value > 0)?;
        Some((Name::from(name.trim()), value))
    };
    let each = arguments.iter();
    each.map(|text| read(text).ok_or_else(|| Failure::Size { text: text.clone() })).collect()
}

/// A size that nothing has is a slip.
fn check(found: &Information, told: &[(Name, u64)]) -> Result<(), Failure> {
    let mut known: Vec<Name> = Vec::new();
    for request in &found.requests {
        for cost in std::iter::once(&request.value).chain(&request.derivatives) {
            known.extend(cost.program.sizes.iter().chain(&cost.program.size_families).cloned());
        }
    }
    known.sort();
    known.dedup();
    let family = |name: &Name| Name::from(name.split('[').next().unwrap_or(name));
    match told.iter().find(|(name, _)| !known.contains(&family(name))) {
        Some((name, _)) => {
            Err(Failure::UnknownSize { name: name.to_string(), known: known.join(", ") })
        }
        None => Ok(()),
    }
}

/// All of it.
fn text(found: &Information) -> String {
    let mut text = parameters(found);
    for request in &found.requests {
        text.push_str(&expense(found, request));
    }
    text
}

fn parameters(found: &Information) -> String {
    if found.parameters.is_empty() {
        return String::new();
    }
    let mut rows: Vec<(String, String)> = Vec::new();
    for Parameter { variable, count } in &found.parameters {
        let declaration = session::declaration(variable, Notation::Unicode);
        let ranges = variable.ranges.iter();
        let range = |range: &Range| format!("{} in {}..{}", range.index, range.from, range.to);
        let ranges: Vec<String> = ranges.map(range).collect();
        let ranges =
            if ranges.is_empty() { String::new() } else { format!(" for {}", ranges.join(", ")) };
        let count = numbered(found, count, &count.to_string());
        rows.push((format!("{declaration}{ranges}"), count));
    }
    if found.parameters.len() > 1 {
        let total = found.total();
        let (plain, factored) = (total.to_string(), total.factored());
        let symbols = if factored == plain { plain } else { format!("{plain} = {factored}") };
        rows.push(("total".to_owned(), numbered(found, &total, &symbols)));
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let lines = rows.iter().map(|(name, count)| format!("  {name:<width$}  {count}\n"));
    format!("parameters\n{}", lines.collect::<String>())
}

fn expense(found: &Information, request: &Expense) -> String {
    let wrt: Vec<&str> = request.wrt.iter().map(|name| &**name).collect();
    let asked = match (&request.derivatives, wrt.as_slice()) {
        (None, _) => request.formula.clone(),
        (Some(_), []) => format!("{} of {}", request.kind.word(), request.formula),
        (Some(_), names) => {
            format!("{} of {} wrt {}", request.kind.word(), request.formula, names.join(", "))
        }
    };
    let mut text = format!("\n{asked}\n");
    text.push_str(&cost(found, "the value", &request.value));
    if let Some(derivatives) = &request.derivatives {
        text.push_str(&cost(found, "the value and its derivatives", derivatives));
    }
    text
}

fn cost(found: &Information, what: &str, cost: &Cost) -> String {
    let counts = &cost.counts;
    let about = match counts.certainty() {
        Certainty::Counted => "",
        Certainty::Estimated => "about ",
    };
    let mut text = format!("  {what}\n");
    let flops = numbered(found, &counts.flops, &counts.flops.to_string());
    let _ = writeln!(text, "    flops: {about}{flops}");
    let bytes = |numbers: &Amount, orders: &Amount, size: i64| {
        let bytes =
            numbers.scaled(&number::integer(size)).plus(&orders.scaled(&number::integer(ORDER)));
        found.number(&bytes).map(|bytes| units(&bytes, "B"))
    };
    let moved = &counts.moved;
    let none = Amount::default();
    let known = bytes(moved, &none, DOUBLE).zip(bytes(moved, &none, SINGLE));
    let _ = writeln!(text, "    moved: {moved} numbers{}", in_bytes(known));
    let orders = if counts.orders.is_zero() {
        String::new()
    } else {
        format!(", {} row numbers", counts.orders)
    };
    let workspace = format!("{} numbers{orders}", counts.numbers);
    let held = |size| bytes(&counts.numbers, &counts.orders, size);
    let _ =
        writeln!(text, "    workspace: {workspace}{}", in_bytes(held(DOUBLE).zip(held(SINGLE))));
    if let Some(step) = counts.heaviest(&found.expected()) {
        let share = found.share(&step.flops, &counts.flops);
        let share = share
            .map_or_else(String::new, |share| format!(", {:.0} % of the flops", 100.0 * share));
        let _ = writeln!(text, "    most: {}{share}", describe(&cost.program, step));
    }
    text
}

/// `n·h = 5000`
fn numbered(found: &Information, amount: &Amount, symbols: &str) -> String {
    match found.number(amount) {
        Some(value) if value.to_string() == symbols => symbols.to_owned(),
        Some(value) => format!("{symbols} = {}", units(&value.round(), "")),
        None => symbols.to_owned(),
    }
}

fn in_bytes(known: Option<(String, String)>) -> String {
    known
        .map_or_else(String::new, |(double, single)| format!(" = {double} as f64, {single} as f32"))
}

/// Up to a million as it is, beyond in millions, billions, ….
fn units(value: &Rational, unit: &str) -> String {
    const NAMES: [&str; 6] = ["", "k", "M", "G", "T", "P"];
    let exact = value.to_f64().unwrap_or(f64::NAN);
    let space = if unit.is_empty() { "" } else { " " };
    if exact.abs() < 1e6 && unit.is_empty() || exact.abs() < 1e3 {
        return format!("{}{space}{unit}", value.to_integer());
    }
    let (mut scaled, mut at) = (exact, 0);
    while scaled.abs() >= 999.5 && at + 1 < NAMES.len() {
        scaled /= 1000.0;
        at += 1;
    }
    let digits = if scaled.abs() < 9.995 { 2 } else { usize::from(scaled.abs() < 99.95) };
    format!("{scaled:.digits$} {}{unit}", NAMES[at])
}

/// What a step does, to what.
fn describe(program: &Program, step: &Step) -> String {
    let mut text = call(program, &step.call);
    for range in &step.loops {
        let _ = write!(text, " for {} in {}..{}", range.index, range.from, range.to);
    }
    text
}

fn call(program: &Program, call: &Call) -> String {
    let order = |factor: usize| {
        let n = &program.factors[factor].order;
        format!("{n}×{n}")
    };
    let view = |view: &View| operand(program, view);
    match call {
        Call::Product { left, right, .. } => format!("product {}·{}", view(left), view(right)),
        Call::SymmetricProduct { operand: of, .. } => {
            format!("product {}·{}, one triangle", view(of), view(&of.clone().flipped()))
        }
        Call::Fused { nest, .. } => format!("loop over {}", area(nest)),
        Call::Accumulate { nest, .. } => format!("loop that adds up {}", area(nest)),
        Call::Total { nest, .. } => format!("sum over {}", area(nest)),
        Call::RowSums { nest, .. } => format!("row sums of {}", area(nest)),
        Call::ColumnSums { nest, .. } => format!("column sums of {}", area(nest)),
        Call::Scalar { .. }
        | Call::AccumulateScalar { .. }
        | Call::AccumulateExponential { .. }
        | Call::Store { .. } => "a scalar".to_owned(),
        Call::Factorise { factor, .. } => {
            let kind = match program.factors[*factor].kind {
                FactorKind::Lu => "LU",
                FactorKind::Cholesky => "Cholesky",
            };
            format!("{kind} factorisation, {}", order(*factor))
        }
        Call::Solve { factor, right, .. } => {
            format!("solution with {}, {} right sides", order(*factor), right.columns)
        }
        Call::Invert { factor, .. } => format!("inverse, {}", order(*factor)),
        Call::Determinant { factor, .. }
        | Call::LogDeterminant { factor, .. }
        | Call::DeterminantSign { factor, .. } => format!("determinant, {}", order(*factor)),
        Call::Kronecker { left, right, .. } => {
            format!("Kronecker product {} ⊗ {}", view(left), view(right))
        }
        Call::Commutation { rows, columns, .. } => format!("commutation({rows}, {columns})"),
        Call::Selection { sides: [rows, columns], .. } => {
            format!("{columns} columns of the identity of order {rows}")
        }
        Call::Copy { matrix, sides: [rows, columns], takes: true, .. } => {
            format!("part {rows}×{columns} of {}", view(matrix))
        }
        Call::Copy { matrix, sides: [rows, columns], .. } => {
            format!("{} in its place in {rows}×{columns}", view(matrix))
        }
        Call::MatrixPower { matrix, .. } => format!("power of {}", view(matrix)),
        Call::Tensor { operation, sides, .. } => {
            let sides: Vec<String> = sides.iter().map(side).collect();
            format!("{} to {}", tensor(operation), sides.join("×"))
        }
        Call::Routine { routine, arguments, .. } => {
            let arguments: Vec<String> = arguments
                .iter()
                .map(|argument| match argument {
                    Argument::Array(array) => view(array),
                    Argument::Scalar(_) => "a scalar".to_owned(),
                })
                .collect();
            format!("{routine} of {}", arguments.join(", "))
        }
        Call::Repeat(_) => "a loop".to_owned(),
        Call::Filled { .. } => "what is done unless a range is empty".to_owned(),
        Call::Choose { .. } => "a choice".to_owned(),
    }
}

fn tensor(operation: &TensorOperation) -> &'static str {
    match operation {
        TensorOperation::Correlate => "correlation",
        TensorOperation::MaxPool(_) => "largest of windows",
        TensorOperation::MaxScatter(_) | TensorOperation::MaxGather(_) => {
            "entries at the largest of windows"
        }
        TensorOperation::AveragePool(_) | TensorOperation::AverageSpread(_) => "means of windows",
        TensorOperation::ChannelSums => "sums of channels",
        TensorOperation::Turn
        | TensorOperation::Swap
        | TensorOperation::Pad(_)
        | TensorOperation::Crop(_)
        | TensorOperation::Interleave(_)
        | TensorOperation::Subsample(_)
        | TensorOperation::Reshape(_)
        | TensorOperation::Channels(_) => "copy",
    }
}

fn area(nest: &Loop) -> String {
    shape(&nest.rows, &nest.columns)
}

/// A size beside a ×.
fn side(size: &Dimension) -> String {
    if size.terms().count() > 1 { format!("({size})") } else { size.to_string() }
}

fn shape(rows: &Dimension, columns: &Dimension) -> String {
    if columns.is_one() { rows.to_string() } else { format!("{}×{}", side(rows), side(columns)) }
}

/// An input by its name with its shape, anything else by its shape.
fn operand(program: &Program, view: &View) -> String {
    let name = match view.place {
        Place::Input(input) => Some(program.inputs[input].name.to_string()),
        Place::Buffer(buffer) => match &program.buffers[buffer].memory {
            Memory::Own => None,
            Memory::Element(Elements::Tape(tape), at) => {
                Some(format!("{}[{at}]", program.tapes[*tape].family))
            }
            Memory::Element(Elements::Input(input), at) => {
                Some(format!("{}[{at}]", program.inputs[*input].name))
            }
        },
    };
    let transposed = if view.transposed && !view.is_vector() { "ᵀ" } else { "" };
    let shape = shape(&view.rows, &view.columns);
    match name {
        Some(name) => format!("{name}{transposed} ({shape})"),
        None => format!("({shape})"),
    }
}
