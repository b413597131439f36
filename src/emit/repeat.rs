//! Loops over an index, and what depends on its value.

use super::body::Body;
use super::call;
use super::writer::Writer;
use crate::expression::Direction;
use crate::lower::{Branch, Call, Program, Repeat, Target, touched};
use crate::shape::Dimension;

/// Writes calls; the elements that they touch get names for their places in memory.
pub(super) fn block(calls: &[Call], writer: &mut Writer, body: &mut Body) {
    let before = body.placed.clone();
    let is_block =
        |call: &&Call| matches!(call, Call::Repeat(_) | Call::Filled { .. } | Call::Choose { .. });
    let own = calls.iter().filter(|call| !is_block(call));
    // The arrays behind factorisations are no elements.
    let none = Program::default();
    let buffers: Vec<usize> = own.flat_map(|call| touched(&none, call)).collect();
    place(&buffers, writer, body);
    for call in calls {
        call::write(call, writer, body);
    }
    body.placed = before;
}

/// Names for the places of elements that have none.
pub(super) fn place(buffers: &[usize], writer: &mut Writer, body: &mut Body) {
    let mut buffers = buffers.to_vec();
    buffers.sort_unstable();
    for buffer in buffers {
        if let Some(offset) = body.offset(buffer)
            && body.placed.insert(buffer)
        {
            writer.line(&format!("let o{buffer} = {offset};"));
        }
    }
}

/// A loop.
pub(super) fn write(repeat: &Repeat, writer: &mut Writer, body: &mut Body) {
    for target in &repeat.accumulated {
        match target {
            Target::Scalar(local) => writer.line(&format!("let mut s{local}: Float = 0.0;")),
            Target::Buffer(buffer) => {
                writer.line(&format!("{}.fill(0.0);", body.exact(*buffer)));
            }
        }
    }
    for peak in &repeat.peaks {
        writer.line(&format!("let mut s{peak} = Float::NEG_INFINITY;"));
    }
    let range = body.range(&repeat.range.from, &repeat.range.to);
    let index = body.index(&repeat.range.index);
    let before = body.placed.clone();
    body.indices.push((repeat.range.index.clone(), index.clone()));
    let moving = before.iter().filter(|buffer| body.depends_on(**buffer, &repeat.range.index));
    let moving: Vec<usize> = moving.copied().collect();
    for buffer in moving {
        body.placed.remove(&buffer);
    }
    let mut inside = writer.inside();
    block(&repeat.calls, &mut inside, body);
    body.indices.pop();
    body.placed = before;
    let inside = inside.finish();
    let used = inside
        .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .any(|word| word == index);
    let index = if used { index.as_str() } else { "_" };
    writer.open(&match repeat.direction {
        Direction::Up => format!("for {index} in {range} {{"),
        Direction::Down => format!("for {index} in ({range}).rev() {{"),
    });
    writer.verbatim(&inside);
    writer.close("}");
}

/// Calls where a range is not empty; where two are not of which one is the other turned around, both ends are the same.
pub(super) fn filled(
    (from, to): (&Dimension, &Dimension),
    calls: &[Call],
    writer: &mut Writer,
    body: &mut Body,
) {
    if let [Call::Filled { from: first, to: last, calls }] = calls
        && (first, last) == (to, from)
    {
        writer.open(&format!("if {} == {} {{", body.bare_size(to), body.bare_size(from)));
        block(calls, writer, body);
        writer.close("}");
        return;
    }
    writer.open(&format!("if {} {{", body.is_filled(from, to)));
    block(calls, writer, body);
    writer.close("}");
}

/// Calls by the value of the index.
pub(super) fn choose(
    branches: &[Branch],
    otherwise: &[Call],
    writer: &mut Writer,
    body: &mut Body,
) {
    for (place, branch) in branches.iter().enumerate() {
        let index = body.indices.last().map_or_else(String::new, |(_, called)| called.clone());
        let condition = if branch.from == branch.to {
            format!("{index} == {}", body.bare_size(&branch.from))
        } else {
            format!("({}).contains(&{index})", body.range(&branch.from, &branch.to))
        };
        if place == 0 {
            writer.open(&format!("if {condition} {{"));
        } else {
            writer.turn(&format!("}} else if {condition} {{"));
        }
        block(&branch.calls, writer, body);
    }
    if !otherwise.is_empty() {
        writer.turn("} else {");
        block(otherwise, writer, body);
    }
    writer.close("}");
}
