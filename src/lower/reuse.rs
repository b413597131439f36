//! Buffers whose lives do not overlap share memory.

use std::collections::HashMap;

use super::program::{
    Argument, Buffer, Call, Entries, Entry, OutputPlace, Place, Program, Target, View,
};
use crate::shape::Dimension;

/// Gives buffers of equal length the same memory where one is no longer read when the other is first written.
pub(super) fn share_memory(program: &mut Program) {
    let last = last_uses(program);
    let mut free: HashMap<Dimension, Vec<usize>> = HashMap::new();
    let mut memory: Vec<Option<usize>> = vec![None; program.buffers.len()];
    let mut shared: Vec<Buffer> = Vec::new();
    let buffers = program.buffers.clone();
    for at in 0..program.calls.len() {
        let mut touched = Vec::new();
        visit(program, at, &mut |buffer| touched.push(buffer));
        for buffer in &touched {
            if memory[*buffer].is_none() {
                let length = &buffers[*buffer].length;
                let place = free.get_mut(length).and_then(Vec::pop).unwrap_or_else(|| {
                    shared.push(Buffer { length: length.clone() });
                    shared.len() - 1
                });
                memory[*buffer] = Some(place);
            }
        }
        touched.sort_unstable();
        touched.dedup();
        for buffer in touched {
            if let (true, Some(place)) = (last[buffer] == at, memory[buffer]) {
                free.entry(buffers[buffer].length.clone()).or_default().push(place);
            }
        }
    }
    rename(program, &|buffer| memory[buffer].unwrap_or(0));
    program.buffers = shared;
}

/// The last call that touches each buffer; outputs live on.
fn last_uses(program: &Program) -> Vec<usize> {
    let mut last = vec![0; program.buffers.len()];
    for at in 0..program.calls.len() {
        visit(program, at, &mut |buffer| last[buffer] = at);
    }
    for output in &program.outputs {
        if let OutputPlace::Buffer(buffer) = output.place {
            last[buffer] = usize::MAX;
        }
    }
    last
}

fn visit(program: &Program, at: usize, seen: &mut dyn FnMut(usize)) {
    let mut call = program.calls[at].clone();
    let factors: Vec<usize> = program.factors.iter().map(|factor| factor.buffer).collect();
    each_buffer(&mut call, &factors, &mut |buffer| {
        seen(*buffer);
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
        if let OutputPlace::Buffer(buffer) = &mut output.place {
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
        Call::SymmetricProduct { target, operand } => {
            view(operand, touch);
            touch(target);
        }
        Call::Fused { target, nest }
        | Call::RowSums { target, nest }
        | Call::ColumnSums { target, nest } => {
            reads(&mut nest.entries, touch);
            touch(target);
        }
        Call::Total { nest, .. } => reads(&mut nest.entries, touch),
        Call::Scalar { entries, .. } => reads(entries, touch),
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
        Call::Commutation { target, .. } => touch(target),
        Call::MatrixPower { target, matrix, .. } => {
            view(matrix, touch);
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
                    Argument::Scalar(_) => {}
                }
            }
            if let Target::Buffer(buffer) = target {
                touch(buffer);
            }
        }
    }
}

fn reads(entries: &mut Entries, touch: &mut dyn FnMut(&mut usize)) {
    for entry in &mut entries.nodes {
        if let Entry::Read { place: Place::Buffer(buffer), .. } = entry {
            touch(buffer);
        }
    }
}
