//! The workspace: its fields and what they are made with.

use super::body::{Body, row};
use super::side;
use super::writer::Writer;
use crate::expression::Range;
use crate::lower::{FactorKind, Memory, Program};
use crate::shape::Dimension;

/// A field of the workspace.
struct Field {
    name: String,
    kind: &'static str,
    value: String,
}

impl Field {
    fn numbers(name: String, length: &str) -> Self {
        Self { name, kind: "Vec<Float>", value: format!("vec![0.0; {length}]") }
    }

    fn order(name: String, length: &str) -> Self {
        Self { name, kind: "Vec<usize>", value: format!("vec![0; {length}]") }
    }
}

/// The workspace of a program.
pub(super) fn write(program: &Program, writer: &mut Writer, body: &mut Body) {
    let mut before = Writer::at_depth(2);
    let mut fields = arrays(program, &mut before, body);
    fields.extend(families(program, &mut before, body));
    writer.line("/// Memory for intermediate values and results, used again by every call.");
    writer.line("#[derive(Clone, Debug)]");
    let mut lines = vec!["sizes: Sizes,".to_owned()];
    lines.extend(fields.iter().map(|field| format!("{}: {},", field.name, field.kind)));
    writer.structure("pub struct Workspace", &lines);
    writer.blank();
    writer.open("impl Workspace {");
    writer.line("/// Memory for these sizes.");
    writer.open("pub fn new(sizes: &Sizes) -> Self {");
    let before = before.finish();
    let lengths: Vec<&str> = fields.iter().map(|field| field.value.as_str()).collect();
    side::defined(&format!("{before}\n{}", lengths.join("\n")), writer, body);
    writer.verbatim(&before);
    let sizes = if program.size_families.is_empty() { "*sizes" } else { "sizes.clone()" };
    let mut values = vec![format!("sizes: {sizes}")];
    values.extend(fields.iter().map(|field| {
        let Field { name, value, .. } = field;
        if name == value { name.clone() } else { format!("{name}: {value}") }
    }));
    writer.literal("Self", &values);
    writer.close("}");
    writer.close("}");
}

fn arrays(program: &Program, before: &mut Writer, body: &mut Body) -> Vec<Field> {
    let mut fields = Vec::new();
    for (at, buffer) in program.buffers.iter().enumerate() {
        if buffer.memory == Memory::Own {
            let name = format!("w{at}");
            let length = length(&name, &buffer.length, &buffer.over, before, body);
            fields.push(Field::numbers(name, &length));
        }
    }
    for (at, factor) in program.factors.iter().enumerate() {
        match factor.kind {
            FactorKind::Lu => {
                let name = format!("order{at}");
                let n = length(&name, &factor.order, &factor.over, before, body);
                fields.push(Field::order(name, &n));
                if body.scratch.contains(&at) {
                    fields.push(Field::numbers(format!("scratch{at}"), &n));
                }
            }
            FactorKind::Cholesky => {}
        }
    }
    fields
}

/// A length, the largest over the loops that it depends on.
fn length(
    name: &str,
    size: &Dimension,
    over: &[Range],
    before: &mut Writer,
    body: &mut Body,
) -> String {
    if over.is_empty() {
        return body.bare_size(size);
    }
    let largest = format!("largest_{name}");
    before.line(&format!("let mut {largest} = 0;"));
    inside(over, before, body, &mut |before, body| {
        before.line(&format!("let length = {};", body.bare_size(size)));
        before.line(&format!("{largest} = {largest}.max(length);"));
    });
    largest
}

/// Lines inside of loops.
fn inside(
    over: &[Range],
    before: &mut Writer,
    body: &mut Body,
    write: &mut dyn FnMut(&mut Writer, &mut Body),
) {
    let depth = body.indices.len();
    for range in over {
        let index = body.index(&range.index);
        before.open(&format!("for {index} in {} {{", body.range(&range.from, &range.to)));
        body.indices.push((range.index.clone(), index));
    }
    write(before, body);
    for _ in over {
        before.close("}");
    }
    body.indices.truncate(depth);
}

/// Tapes, and where elements begin whose lengths differ.
fn families(program: &Program, before: &mut Writer, body: &mut Body) -> Vec<Field> {
    let mut tapes = Vec::new();
    let mut offsets = Vec::new();
    for (at, tape) in program.tapes.iter().enumerate() {
        let name = format!("offsets{at}");
        let Some((range, inner)) = tape.ranges.split_first() else { continue };
        let row = row(inner, &tape.length);
        let total = if row.mentions(&range.index) {
            accumulate(&name, range, &row, before, body);
            let total = format!("{name}[{name}.len() - 1]");
            offsets.push(name);
            total
        } else {
            body.bare_size(&range.length().times(&row))
        };
        tapes.push(Field::numbers(format!("tape{at}"), &total));
    }
    for (at, input) in program.inputs.iter().enumerate() {
        let Some((range, inner)) = input.ranges.split_first() else { continue };
        let row = row(inner, &input.shape.entries());
        if row.mentions(&range.index) {
            let name = format!("input_offsets{at}");
            accumulate(&name, range, &row, before, body);
            offsets.push(name);
        }
    }
    let offsets =
        offsets.into_iter().map(|name| Field { value: name.clone(), name, kind: "Vec<usize>" });
    tapes.into_iter().chain(offsets).collect()
}

/// The sums of the lengths before each element, and of all.
fn accumulate(name: &str, range: &Range, length: &Dimension, before: &mut Writer, body: &mut Body) {
    before.line(&format!("let mut {name} = vec![0];"));
    inside(std::slice::from_ref(range), before, body, &mut |before, body| {
        before.line(&format!("let length = {};", body.bare_size(length)));
        before.line(&format!("{name}.push({name}[{name}.len() - 1] + length);"));
    });
}
