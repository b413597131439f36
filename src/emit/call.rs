//! Calls of routines.

use num_traits::One;

use super::body::Body;
use super::nest::{self, Purpose};
use super::writer::Writer;
use super::{entry, entry::Words};
use super::{repeat, routine, tensor};
use crate::lower::{
    Argument, Call, Entries, Entry, FactorKind, Index, Place, Scalar, Sign, Target, View,
};
use crate::shape::{Dimension, Shape};

/// Writes one step.
pub(super) fn write(call: &Call, writer: &mut Writer, body: &mut Body) {
    match call {
        Call::Product { target, left, right } => product(*target, left, right, writer, body),
        Call::SymmetricProduct { target, operand } => symmetric(*target, operand, writer, body),
        Call::Fused { target, nest } => nest::write(nest, Purpose::Write(*target), writer, body),
        Call::Total { target, nest } => nest::write(nest, Purpose::Total(*target), writer, body),
        Call::RowSums { target, nest } => {
            nest::write(nest, Purpose::RowSums(*target), writer, body);
        }
        Call::ColumnSums { target, nest } => {
            nest::write(nest, Purpose::ColumnSums(*target), writer, body);
        }
        Call::Scalar { target, entries } => scalar(*target, entries, writer, body),
        Call::Factorise { factor, matrix } => factorise(*factor, matrix, writer, body),
        Call::Solve { target, factor, transposed, right } => {
            copy(*target, right, writer, body);
            solve(*target, *factor, *transposed, writer, body);
        }
        Call::Invert { target, factor } => {
            let n = body.size(&body.factor(*factor).order.clone());
            body.need("identity");
            let place = body.written(*target);
            writer.call("identity", &[place, n], ";");
            solve(*target, *factor, false, writer, body);
        }
        Call::Determinant { target, factor } => {
            let name = match body.factor(*factor).kind {
                FactorKind::Lu => "determinant_lu",
                FactorKind::Cholesky => "determinant_cholesky",
            };
            determinant(*target, *factor, name, writer, body);
        }
        Call::LogDeterminant { target, factor, sign } => {
            let name = match (body.factor(*factor).kind, sign) {
                (FactorKind::Lu, Sign::Kept) => "log_determinant_lu",
                (FactorKind::Lu, Sign::Ignored) => "log_absolute_determinant_lu",
                (FactorKind::Cholesky, Sign::Kept | Sign::Ignored) => "log_determinant_cholesky",
            };
            determinant(*target, *factor, name, writer, body);
        }
        Call::DeterminantSign { target, factor } => match body.factor(*factor).kind {
            FactorKind::Lu => determinant(*target, *factor, "sign_determinant_lu", writer, body),
            FactorKind::Cholesky => writer.line(&format!("let s{target}: Float = 1.0;")),
        },
        Call::Kronecker { target, left, right } => {
            body.need("kronecker");
            let arguments = [body.written(*target), strided(left, body), strided(right, body)];
            writer.call("kronecker", &arguments, ";");
        }
        Call::Commutation { target, rows, columns } => {
            body.need("commutation");
            let arguments = [body.written(*target), body.size(rows), body.size(columns)];
            writer.call("commutation", &arguments, ";");
        }
        Call::Selection { target, from, sides, .. } => {
            body.need("selection");
            let arguments = [body.written(*target), first(from, body), pair(sides, body)];
            writer.call("selection", &arguments, ";");
        }
        Call::Copy { target, matrix, from, sides, takes, .. } => {
            window(*target, matrix, (from, sides), *takes, writer, body);
        }
        Call::MatrixPower { target, matrix, exponent } => {
            let matrix = array(&Argument::Array(matrix.clone()), body);
            let exponent = body.scalar(*exponent);
            body.kernel = true;
            writer.open("{");
            writer.line(&format!("let matrix = {matrix};"));
            writer.line(&format!("let power = kernel::matrix_power(&matrix, {exponent} as i32);"));
            let place = body.exact(*target);
            writer.line(&format!("{place}.copy_from_slice(&power.data);"));
            writer.close("}");
        }
        Call::Tensor { operation, operands, target, sides } => {
            tensor::write(operation, operands, *target, sides, writer, body);
        }
        Call::Routine { routine, arguments, target, shape } => {
            array_routine(routine, arguments, *target, shape, writer, body);
        }
        Call::Accumulate { target, nest } => {
            nest::write(nest, Purpose::Add(*target), writer, body);
        }
        Call::AccumulateScalar { target, entries } => accumulate(*target, entries, writer, body),
        Call::AccumulateExponential { target, peak, weight, exponent } => {
            accumulate_exponential((*target, *peak), weight, exponent, writer, body);
        }
        Call::Store { target, scalar } => {
            let (place, value) = (body.scalar(Scalar::Entry(*target)), body.scalar(*scalar));
            writer.line(&format!("{place} = {value};"));
        }
        Call::Repeat(repeat) => repeat::write(repeat, writer, body),
        Call::Filled { from, to, calls } => repeat::filled((from, to), calls, writer, body),
        Call::Choose { branches, otherwise } => repeat::choose(branches, otherwise, writer, body),
    }
}

/// A vector lies in memory the same way whether or not it is transposed.
fn is_transposed(view: &View) -> bool {
    view.transposed && !view.is_vector()
}

fn product(target: usize, left: &View, right: &View, writer: &mut Writer, body: &mut Body) {
    // A row times a matrix is the transpose of a matrix times a column: aᵀB = (Bᵀa)ᵀ.
    let (left, right) = if left.rows.is_one() {
        (right.clone().flipped(), left.clone().flipped())
    } else {
        (left.clone(), right.clone())
    };
    let [m, k, n] = [&left.rows, &left.columns, &right.columns].map(|size| body.size(size));
    let sizes = format!("[{m}, {k}, {n}]");
    let c = body.written(target);
    let (a, b) = (body.read(left.place), body.read(right.place));
    // An inner product is one in lanes; the other routines add along rows, of which there is one.
    if left.rows.is_one() && right.columns.is_one() {
        body.need("multiply_transposed");
        return writer.call("multiply_transposed", &[c, a, b, sizes], ";");
    }
    match (is_transposed(&left), is_transposed(&right)) {
        (false, transposed) => {
            body.need("multiply");
            let steps = if transposed { format!("[{n}, 1]") } else { format!("[1, {k}]") };
            writer.call("multiply", &[c, a, b, sizes, steps], ";");
        }
        (true, false) => {
            body.need("multiply_transposed");
            writer.call("multiply_transposed", &[c, a, b, sizes], ";");
        }
        (true, true) => {
            body.need("multiply_both_transposed");
            writer.call("multiply_both_transposed", &[c, a, b, sizes], ";");
        }
    }
}

fn symmetric(target: usize, operand: &View, writer: &mut Writer, body: &mut Body) {
    body.need("symmetric_product");
    let (rows, inner) = (body.size(&operand.rows), body.size(&operand.columns));
    let steps = if operand.transposed { format!("[{inner}, 1]") } else { format!("[1, {rows}]") };
    let arguments = [body.written(target), body.read(operand.place), rows, inner, steps];
    writer.call("symmetric_product", &arguments, ";");
}

/// target ← the view.
fn copy(target: usize, view: &View, writer: &mut Writer, body: &mut Body) {
    let from = body.read(view.place);
    if is_transposed(view) {
        body.need("copy_transposed");
        let (rows, columns) = (body.size(&view.rows), body.size(&view.columns));
        writer.call("copy_transposed", &[body.written(target), from, rows, columns], ";");
    } else {
        writer.copy(&body.exact(target), &from);
    }
}

fn factorise(factor: usize, matrix: &View, writer: &mut Writer, body: &mut Body) {
    let (kind, buffer) = (body.factor(factor).kind, body.factor(factor).buffer);
    copy(buffer, matrix, writer, body);
    let n = body.size(&matrix.rows);
    let place = body.written(buffer);
    match kind {
        FactorKind::Lu => {
            body.need("factorise_lu");
            let order = body.order("&mut ", factor);
            writer.call("factorise_lu", &[place, order, n], ";");
        }
        FactorKind::Cholesky => {
            body.need("factorise_cholesky");
            writer.call("factorise_cholesky", &[place, n], ";");
        }
    }
}

fn solve(target: usize, factor: usize, transposed: bool, writer: &mut Writer, body: &mut Body) {
    let kind = body.factor(factor).kind;
    let n = body.size(&body.factor(factor).order.clone());
    let x = body.written(target);
    let factors = body.read(Place::Buffer(body.factor(factor).buffer));
    match kind {
        FactorKind::Cholesky => {
            body.need("solve_cholesky");
            writer.call("solve_cholesky", &[x, factors, n], ";");
        }
        FactorKind::Lu => {
            let name = if transposed { "solve_lu_transposed" } else { "solve_lu" };
            body.need(name);
            body.scratch.insert(factor);
            let order = body.order("&", factor);
            let scratch =
                body.order("&mut ", factor).replace("workspace.order", "workspace.scratch");
            writer.call(name, &[x, factors, order, scratch, n], ";");
        }
    }
}

fn determinant(
    target: usize,
    factor: usize,
    name: &'static str,
    writer: &mut Writer,
    body: &mut Body,
) {
    body.need(name);
    let n = body.size(&body.factor(factor).order.clone());
    let factors = body.read(Place::Buffer(body.factor(factor).buffer));
    let mut arguments = vec![factors];
    if matches!(name, "determinant_lu" | "log_determinant_lu" | "sign_determinant_lu") {
        arguments.push(body.order("&", factor));
    }
    arguments.push(n);
    writer.call(&format!("let s{target} = {name}"), &arguments, ";");
}

/// An array with its sizes and steps.
/// A part of a matrix, or a matrix in its place.
fn window(
    target: usize,
    matrix: &View,
    (from, sides): (&[Dimension; 2], &[Dimension; 2]),
    takes: bool,
    writer: &mut Writer,
    body: &mut Body,
) {
    let name = if takes { "take" } else { "put" };
    body.need(name);
    let from = from.each_ref().map(|from| first(from, body)).join(", ");
    let size = if takes { pair(sides, body) } else { body.size(&sides[0]) };
    let arguments = [body.written(target), strided(matrix, body), format!("[{from}]"), size];
    writer.call(name, &arguments, ";");
}

/// A place, counted from 0.
fn first(from: &Dimension, body: &mut Body) -> String {
    body.size(&from.minus(&Dimension::one()))
}

fn pair(sides: &[Dimension; 2], body: &mut Body) -> String {
    let sides = sides.each_ref().map(|side| body.size(side));
    format!("[{}]", sides.join(", "))
}

fn strided(view: &View, body: &mut Body) -> String {
    let place = body.read(view.place);
    let (rows, columns) = (body.size(&view.rows), body.size(&view.columns));
    let steps = if view.transposed { format!("[{columns}, 1]") } else { format!("[1, {rows}]") };
    format!("({place}, [{rows}, {columns}], {steps})")
}

/// An argument as the kernel room's type.
fn array(argument: &Argument, body: &mut Body) -> String {
    match argument {
        Argument::Array(view) => {
            let place = body.read(view.place);
            if view.transposed && !view.is_vector() {
                let (rows, columns) = (body.size(&view.columns), body.size(&view.rows));
                return format!("kernel::transpose(&kernel::read({place}, {rows}, {columns}))");
            }
            let (rows, columns) = (body.size(&view.rows), body.size(&view.columns));
            format!("kernel::read({place}, {rows}, {columns})")
        }
        Argument::Scalar(scalar) => format!("kernel::Array::scalar({})", body.scalar(*scalar)),
    }
}

fn array_routine(
    routine: &'static str,
    arguments: &[Argument],
    target: Target,
    shape: &Shape,
    writer: &mut Writer,
    body: &mut Body,
) {
    if let ([Argument::Array(view)], true) = (arguments, routine::is_native(routine)) {
        body.need(routine);
        let x = body.read(view.place);
        match target {
            // An array of one entry, as the logsumexp of a column is.
            Target::Scalar(local) if routine::gives_array(routine) => {
                let rows = body.size(&view.rows);
                writer.line(&format!("let mut s{local} = [0.0];"));
                writer.call(routine, &[format!("&mut s{local}"), x, rows], ";");
                writer.line(&format!("let [s{local}] = s{local};"));
            }
            Target::Scalar(local) => {
                writer.call(&format!("let s{local} = {routine}"), &[x], ";");
            }
            Target::Buffer(buffer) => {
                let rows = body.size(&view.rows);
                writer.call(routine, &[body.written(buffer), x, rows], ";");
            }
        }
        return;
    }
    if let ("pi", Target::Scalar(local)) = (routine, target) {
        return writer.line(&format!("let s{local}: Float = std::f64::consts::PI as Float;"));
    }
    body.kernel = true;
    let opening = match target {
        Target::Scalar(local) => format!("let s{local} = {{"),
        Target::Buffer(_) => "{".to_owned(),
    };
    writer.open(&opening);
    let mut names = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        let value = array(argument, body);
        writer.line(&format!("let x{at} = {value};"));
        names.push(format!("&x{at}"));
    }
    match target {
        Target::Scalar(_) => {
            debug_assert!(shape.is_scalar());
            if routine::gives_array(routine) {
                writer.call(&format!("let result = kernel::{routine}"), &names, ";");
                writer.line("result.data[0]");
            } else {
                writer.call(&format!("let result: Float = kernel::{routine}"), &names, ";");
                writer.line("result");
            }
            writer.close("};");
        }
        Target::Buffer(buffer) => {
            writer.call(&format!("let result = kernel::{routine}"), &names, ";");
            let place = body.exact(buffer);
            writer.line(&format!("{place}.copy_from_slice(&result.data);"));
            writer.close("}");
        }
    }
}

/// What a scalar expression reads.
struct ScalarWords<'a>(&'a mut Body);

impl Words for ScalarWords<'_> {
    fn read(&mut self, place: Place, _rows: &Dimension, _row: Index, _column: Index) -> String {
        format!("{}[0]", self.0.place(place))
    }

    fn scalar(&mut self, scalar: Scalar) -> String {
        self.0.scalar(scalar)
    }

    fn size(&mut self, size: &Dimension) -> String {
        self.0.number(size)
    }

    fn diagonal(&self) -> &'static str {
        "true"
    }

    fn routine(&mut self, routine: &'static str) -> String {
        self.0.entrywise(routine)
    }
}

/// `s += …;`
fn accumulate(target: usize, entries: &Entries, writer: &mut Writer, body: &mut Body) {
    let mut probe = Writer::default();
    let text = entry::write(entries, &mut probe, &mut ScalarWords(body));
    if probe.finish().is_empty() {
        return writer.line(&format!("s{target} += {text};"));
    }
    writer.open("{");
    let text = entry::write(entries, writer, &mut ScalarWords(body));
    writer.line(&format!("s{target} += {text};"));
    writer.close("}");
}

/// One more exponential, scaled by the largest one so far.
fn accumulate_exponential(
    (target, peak): (usize, usize),
    weight: &Entries,
    exponent: &Entries,
    writer: &mut Writer,
    body: &mut Body,
) {
    writer.open("{");
    let is_one = matches!(weight.nodes.as_slice(), [Entry::Number(value)] if value.is_one());
    // Parts of the weight may have the names of parts of the exponent, which therefore comes first.
    let exponent = entry::write(exponent, writer, &mut ScalarWords(body));
    writer.line(&format!("let exponent: Float = {exponent};"));
    let weight = if is_one {
        ""
    } else {
        let weight = entry::write(weight, writer, &mut ScalarWords(body));
        writer.line(&format!("let weight: Float = {weight};"));
        "weight * "
    };
    writer.open(&format!("if exponent > s{peak} {{"));
    writer.line(&format!("s{target} *= (s{peak} - exponent).exp();"));
    writer.line(&format!("s{peak} = exponent;"));
    writer.close("}");
    writer.open("if exponent != Float::NEG_INFINITY {");
    writer.line(&format!("s{target} += {weight}(exponent - s{peak}).exp();"));
    writer.close("}");
    writer.close("}");
}

/// `let s = …;`, in a block where it takes more than one line.
fn scalar(target: usize, entries: &Entries, writer: &mut Writer, body: &mut Body) {
    let mut probe = Writer::default();
    let text = entry::write(entries, &mut probe, &mut ScalarWords(body));
    if probe.finish().is_empty() {
        return writer.line(&format!("let s{target}: Float = {text};"));
    }
    writer.open(&format!("let s{target}: Float = {{"));
    let text = entry::write(entries, writer, &mut ScalarWords(body));
    writer.line(&text);
    writer.close("};");
}
