//! Buffers whose lives do not overlap share memory.

use std::collections::{BTreeSet, HashMap};

use super::program::{
    Argument, Buffer, Call, Entries, Entry, Memory, OutputPlace, Place, Program, Scalar, Target,
    View,
};
use crate::expression::Range;
use crate::shape::Dimension;

/// Gives buffers of equal length the same memory where one is no longer read when the other is first written.
pub(super) fn share_memory(program: &mut Program) {
    let steps = steps(program);
    let last = last_uses(program, &steps);
    let mut free: HashMap<(Dimension, Vec<Range>), Vec<usize>> = HashMap::new();
    let mut memory: Vec<Option<usize>> = vec![None; program.buffers.len()];
    let mut shared: Vec<Buffer> = Vec::new();
    for (at, touched) in steps.touched.iter().enumerate() {
        for buffer in touched.iter().copied() {
            if memory[buffer].is_some() {
                continue;
            }
            let Buffer { length, over, memory: kind, .. } = &program.buffers[buffer];
            let known = free.get_mut(&(length.clone(), over.clone())).and_then(Vec::pop);
            memory[buffer] = Some(known.filter(|_| *kind == Memory::Own).unwrap_or_else(|| {
                shared.push(program.buffers[buffer].clone());
                shared.len() - 1
            }));
        }
        for buffer in sorted(touched.clone()).into_iter().filter(|buffer| last[*buffer] == at) {
            let Buffer { length, over, memory: kind, .. } = &program.buffers[buffer];
            if let (Memory::Own, Some(place)) = (kind, memory[buffer]) {
                free.entry((length.clone(), over.clone())).or_default().push(place);
            }
        }
    }
    // What no call and no output touches is not renamed, since it is nowhere named.
    rename(program, &|buffer| memory[buffer].unwrap_or(buffer));
    program.buffers = shared;
}

/// The calls in one line, those of loops where these begin, each with the buffers that it touches; after a loop one more step.
struct Steps {
    touched: Vec<Vec<usize>>,
    /// First and last step of each loop.
    loops: Vec<(usize, usize)>,
}

fn steps(program: &Program) -> Steps {
    let mut steps = Steps { touched: Vec::new(), loops: Vec::new() };
    walk(program, &program.calls, &mut steps);
    // Elements that only the outputs read.
    let mut outputs = Vec::new();
    for output in &program.outputs {
        if let OutputPlace::Buffer(buffer) | OutputPlace::Scalar(Scalar::Entry(buffer)) =
            output.place
        {
            outputs.push(buffer);
        }
    }
    steps.touched.push(sorted(outputs));
    steps
}

/// No deeper than loops are nested.
fn walk(program: &Program, calls: &[Call], steps: &mut Steps) {
    for call in calls {
        match call {
            Call::Repeat(repeat) => {
                let start = steps.touched.len();
                let sums = repeat.accumulated.iter().filter_map(|target| match target {
                    Target::Buffer(buffer) => Some(*buffer),
                    Target::Scalar(_) => None,
                });
                steps.touched.push(sums.collect());
                walk(program, &repeat.calls, steps);
                let mut inside: Vec<usize> = Vec::new();
                for touched in &steps.touched[start..] {
                    inside.extend(touched);
                }
                steps.loops.push((start, steps.touched.len()));
                steps.touched.push(sorted(inside));
            }
            Call::Filled { calls, .. } => walk(program, calls, steps),
            Call::Choose { branches, otherwise } => {
                for branch in branches {
                    walk(program, &branch.calls, steps);
                }
                walk(program, otherwise, steps);
            }
            _ => steps.touched.push(seen(program, call)),
        }
    }
}

fn sorted(mut buffers: Vec<usize>) -> Vec<usize> {
    buffers.sort_unstable();
    buffers.dedup();
    buffers
}

/// The last step that touches each buffer; outputs live on, and what is known before a loop lives until its end.
fn last_uses(program: &Program, steps: &Steps) -> Vec<usize> {
    let ends: BTreeSet<usize> = steps.loops.iter().map(|(_, end)| *end).collect();
    let mut first: Vec<Option<usize>> = vec![None; program.buffers.len()];
    let mut last = vec![0; program.buffers.len()];
    for (at, touched) in steps.touched.iter().enumerate().filter(|(at, _)| !ends.contains(at)) {
        for buffer in touched {
            first[*buffer].get_or_insert(at);
            last[*buffer] = at;
        }
    }
    for (start, end) in &steps.loops {
        for buffer in &steps.touched[*end] {
            if first[*buffer].is_some_and(|first| first <= *start) {
                last[*buffer] = last[*buffer].max(*end);
            }
        }
    }
    for output in &program.outputs {
        if let OutputPlace::Buffer(buffer) = output.place {
            last[buffer] = steps.touched.len();
        }
    }
    last
}

/// The buffers of a call, those behind its factorisation and inside of it included, each once.
pub(crate) fn touched(program: &Program, call: &Call) -> Vec<usize> {
    sorted(seen(program, call))
}

fn seen(program: &Program, call: &Call) -> Vec<usize> {
    let mut call = call.clone();
    let factors: Vec<usize> = program.factors.iter().map(|factor| factor.buffer).collect();
    let mut seen = Vec::new();
    each_buffer(&mut call, &factors, &mut |buffer| seen.push(*buffer));
    seen
}

/// The buffer that a call sets as a whole.
pub(super) fn written(call: &Call) -> Option<usize> {
    match call {
        Call::Product { target, .. }
        | Call::SymmetricProduct { target, .. }
        | Call::Fused { target, .. }
        | Call::RowSums { target, .. }
        | Call::ColumnSums { target, .. }
        | Call::Solve { target, .. }
        | Call::Invert { target, .. }
        | Call::Kronecker { target, .. }
        | Call::Commutation { target, .. }
        | Call::Selection { target, .. }
        | Call::Copy { target, .. }
        | Call::MatrixPower { target, .. }
        | Call::Store { target, .. }
        | Call::Tensor { target: Target::Buffer(target), .. }
        | Call::Routine { target: Target::Buffer(target), .. } => Some(*target),
        Call::Total { .. }
        | Call::Scalar { .. }
        | Call::Factorise { .. }
        | Call::Determinant { .. }
        | Call::LogDeterminant { .. }
        | Call::DeterminantSign { .. }
        | Call::Tensor { target: Target::Scalar(_), .. }
        | Call::Routine { target: Target::Scalar(_), .. }
        | Call::Accumulate { .. }
        | Call::AccumulateScalar { .. }
        | Call::AccumulateExponential { .. }
        | Call::Repeat(_)
        | Call::Filled { .. }
        | Call::Choose { .. } => None,
    }
}

/// Puts one buffer in the place of another.
pub(super) fn replace(call: &mut Call, old: usize, new: usize) {
    each_buffer(call, &[], &mut |buffer| {
        if *buffer == old {
            *buffer = new;
        }
    });
}

fn rename(program: &mut Program, new: &dyn Fn(usize) -> usize) {
    for call in &mut program.calls {
        each_buffer(call, &[], &mut |buffer| *buffer = new(*buffer));
    }
    for factor in &mut program.factors {
        factor.buffer = new(factor.buffer);
    }
    for output in &mut program.outputs {
        if let OutputPlace::Buffer(buffer) | OutputPlace::Scalar(Scalar::Entry(buffer)) =
            &mut output.place
        {
            *buffer = new(*buffer);
        }
    }
}

/// Calls `touch` with every buffer of a call, those behind its factorisation included when `factors` names them.
fn each_buffer(call: &mut Call, factors: &[usize], touch: &mut dyn FnMut(&mut usize)) {
    let factor_buffer = |factor: usize| factors.get(factor).copied();
    let view = |view: &mut View, touch: &mut dyn FnMut(&mut usize)| {
        if let Place::Buffer(buffer) = &mut view.place {
            touch(buffer);
        }
    };
    match call {
        Call::Product { target, left, right } | Call::Kronecker { target, left, right } => {
            view(left, touch);
            view(right, touch);
            touch(target);
        }
        Call::SymmetricProduct { target, operand: matrix } | Call::Copy { target, matrix, .. } => {
            view(matrix, touch);
            touch(target);
        }
        Call::Fused { target, nest }
        | Call::Accumulate { target, nest }
        | Call::RowSums { target, nest }
        | Call::ColumnSums { target, nest } => {
            reads(&mut nest.entries, touch);
            touch(target);
        }
        Call::Total { nest, .. } => reads(&mut nest.entries, touch),
        Call::Scalar { entries, .. } | Call::AccumulateScalar { entries, .. } => {
            reads(entries, touch);
        }
        Call::AccumulateExponential { weight, exponent, .. } => {
            reads(weight, touch);
            reads(exponent, touch);
        }
        Call::Store { target, scalar } => {
            entry(scalar, touch);
            touch(target);
        }
        Call::Repeat(repeat) => {
            for target in &mut repeat.accumulated {
                if let Target::Buffer(buffer) = target {
                    touch(buffer);
                }
            }
            repeat.calls.iter_mut().for_each(|call| each_buffer(call, factors, touch));
        }
        Call::Filled { calls, .. } => {
            for call in calls {
                each_buffer(call, factors, touch);
            }
        }
        Call::Choose { branches, otherwise } => {
            let calls = branches.iter_mut().flat_map(|branch| &mut branch.calls).chain(otherwise);
            calls.for_each(|call| each_buffer(call, factors, touch));
        }
        Call::Factorise { factor, matrix } => {
            view(matrix, touch);
            factor_buffer(*factor).iter_mut().for_each(touch);
        }
        Call::Solve { target, factor, right, .. } => {
            view(right, touch);
            factor_buffer(*factor).iter_mut().for_each(&mut *touch);
            touch(target);
        }
        Call::Invert { target, factor } => {
            factor_buffer(*factor).iter_mut().for_each(&mut *touch);
            touch(target);
        }
        Call::Determinant { factor, .. }
        | Call::LogDeterminant { factor, .. }
        | Call::DeterminantSign { factor, .. } => {
            factor_buffer(*factor).iter_mut().for_each(touch);
        }
        Call::Commutation { target, .. } | Call::Selection { target, .. } => touch(target),
        Call::MatrixPower { target, matrix, exponent } => {
            view(matrix, touch);
            entry(exponent, touch);
            touch(target);
        }
        Call::Tensor { operands, target, .. } => {
            for operand in operands {
                if let Argument::Array(array) = &mut operand.argument {
                    view(array, touch);
                }
            }
            if let Target::Buffer(buffer) = target {
                touch(buffer);
            }
        }
        Call::Routine { arguments, target, .. } => {
            for argument in arguments {
                match argument {
                    Argument::Array(array) => view(array, touch),
                    Argument::Scalar(scalar) => entry(scalar, touch),
                }
            }
            if let Target::Buffer(buffer) = target {
                touch(buffer);
            }
        }
    }
}

fn reads(entries: &mut Entries, touch: &mut dyn FnMut(&mut usize)) {
    for node in &mut entries.nodes {
        match node {
            Entry::Read { place: Place::Buffer(buffer), .. } => touch(buffer),
            Entry::Scalar(scalar) => entry(scalar, touch),
            Entry::Read { place: Place::Input(_), .. }
            | Entry::Number(_)
            | Entry::Missing
            | Entry::Size(_)
            | Entry::OnDiagonal(_)
            | Entry::Sum(_)
            | Entry::Product(_)
            | Entry::Chosen(_)
            | Entry::Call { .. } => {}
        }
    }
}

fn entry(scalar: &mut Scalar, touch: &mut dyn FnMut(&mut usize)) {
    if let Scalar::Entry(buffer) = scalar {
        touch(buffer);
    }
}
