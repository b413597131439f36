//! Programs: order of products, fusion, sharing, memory.

use gradus::expression::{Id, Properties, Property, Store};
use gradus::function::find;
use gradus::lower::{Call, FactorKind, Program, Task, Title, lower};
use gradus::shape::{Dimension, Name, Shape};
use gradus::work;

use crate::verify::{network, trace};

fn size(text: &str) -> Dimension {
    text.parse::<i64>().map_or_else(|_| Dimension::symbol(text), Dimension::constant)
}

fn variable(store: &mut Store, name: &str, rows: &str, columns: &str, facts: &[Property]) -> Id {
    store.variable(name, Shape::matrix(size(rows), size(columns)), Properties::of(facts))
}

fn program(store: &Store, variables: &[Id], outputs: &[Id]) -> Program {
    let numbered = |prefix: &str, at: usize| format!("{prefix}{at}");
    let variables: Vec<(Name, Id)> =
        variables.iter().enumerate().map(|(at, id)| (numbered("x", at).into(), *id)).collect();
    let outputs: Vec<(Title, Id)> = outputs
        .iter()
        .enumerate()
        .map(|(at, id)| (numbered("y", at).as_str().into(), *id))
        .collect();
    lower(&Task { store, variables: &variables, outputs: &outputs, sizes: &[] })
}

/// The names of the calls, in order.
fn calls(program: &Program) -> Vec<&'static str> {
    program
        .calls
        .iter()
        .map(|call| match call {
            Call::Product { .. } => "product",
            Call::SymmetricProduct { .. } => "symmetric product",
            Call::Fused { .. } => "fused",
            Call::Total { .. } => "total",
            Call::RowSums { .. } => "row sums",
            Call::ColumnSums { .. } => "column sums",
            Call::Scalar { .. } => "scalar",
            Call::Factorise { .. } => "factorise",
            Call::Solve { .. } => "solve",
            Call::Invert { .. } => "invert",
            Call::Determinant { .. } => "determinant",
            Call::LogDeterminant { .. } => "log determinant",
            Call::DeterminantSign { .. } => "determinant sign",
            Call::Kronecker { .. } => "kronecker",
            Call::Commutation { .. } => "commutation",
            Call::Selection { .. } => "selection",
            Call::Copy { .. } => "copy",
            Call::MatrixPower { .. } => "matrix power",
            Call::Routine { .. } => "routine",
            Call::Tensor { .. } => "tensor",
            Call::Accumulate { .. } => "accumulate",
            Call::AccumulateScalar { .. } => "accumulate scalar",
            Call::AccumulateExponential { .. } => "accumulate exponential",
            Call::Store { .. } => "store",
            Call::Repeat(_) => "repeat",
            Call::Choose { .. } => "choose",
            Call::Filled { .. } => "filled",
        })
        .collect()
}

fn entrywise(store: &mut Store, name: &str, a: Id) -> Id {
    let shape = store.shape(a).clone();
    store.apply(find(name).expect(name), &[a], &shape)
}

#[test]
fn chains_end_in_vectors_first() {
    let mut s = Store::new();
    let a = variable(&mut s, "A", "m", "n", &[]);
    let b = variable(&mut s, "B", "n", "k", &[]);
    let x = variable(&mut s, "x", "k", "1", &[]);
    let y = s.product(&[a, b, x]);
    let program = program(&s, &[a, b, x], &[y]);
    assert_eq!(calls(&program), ["product", "product"]);
    for call in &program.calls {
        let Call::Product { right, .. } = call else { panic!("a product") };
        assert!(right.columns.is_one());
    }
}

#[test]
fn a_trace_of_a_product_forms_no_square() {
    let case = trace();
    let program = program(&case.store, &[], &[case.value]);
    assert_eq!(calls(&program), ["product", "total"]);
}

#[test]
fn a_trace_forms_no_square_whichever_factor_comes_first() {
    // The names decide the order in which the factors stand.
    for names in
        [["A", "X", "B"], ["P", "Q", "R"], ["U", "K", "C"], ["Z", "G", "H"], ["L", "M", "N"]]
    {
        let mut s = Store::new();
        let a = variable(&mut s, names[0], "m", "p", &[]);
        let x = variable(&mut s, names[1], "m", "n", &[]);
        let b = variable(&mut s, names[2], "n", "p", &[]);
        let at = s.transpose(a);
        let product = s.product(&[at, x, b]);
        let trace = s.trace(product);
        assert_eq!(calls(&program(&s, &[], &[trace])), ["product", "total"], "{names:?}");
    }
}

#[test]
fn logarithms_of_products_form_no_determinant() {
    let mut s = Store::new();
    let a = variable(&mut s, "A", "n", "n", &[Property::Invertible]);
    let p = variable(&mut s, "P", "m", "m", &[Property::PositiveDefinite]);
    let kronecker = s.kronecker(a, p);
    let det = s.determinant(kronecker);
    let log = entrywise(&mut s, "log", det);
    let program = program(&s, &[a, p], &[log]);
    let count = |name: &str| calls(&program).iter().filter(|call| **call == name).count();
    assert_eq!((count("determinant"), count("kronecker")), (0, 0));
    assert_eq!((count("log determinant"), count("determinant sign")), (2, 1));
}

#[test]
fn value_and_gradients_share_products_and_one_factorisation() {
    let mut s = Store::new();
    let p = variable(&mut s, "P", "n", "n", &[Property::PositiveDefinite]);
    let x = variable(&mut s, "x", "n", "1", &[]);
    let det = s.determinant(p);
    let log = entrywise(&mut s, "log", det);
    let (inverse, xt) = (s.inverse(p), s.transpose(x));
    let form = s.product(&[xt, inverse, x]);
    let value = s.add(&[log, form]);
    let solution = s.product(&[inverse, x]);
    let outer = s.product(&[inverse, x, xt, inverse]);
    let gradient = s.subtract(inverse, outer);
    let program = program(&s, &[p, x], &[value, gradient, solution]);
    let count = |name: &str| calls(&program).iter().filter(|call| **call == name).count();
    assert_eq!(count("factorise"), 1);
    assert_eq!(count("solve"), 1);
    assert_eq!(count("determinant"), 0);
    assert_eq!(count("log determinant"), 1);
    assert_eq!(program.factors[0].kind, FactorKind::Cholesky);
}

#[test]
fn entrywise_work_is_one_loop() {
    let mut s = Store::new();
    let x = variable(&mut s, "X", "m", "n", &[]);
    let y = variable(&mut s, "Y", "n", "m", &[]);
    let yt = s.transpose(y);
    let mut value = s.add(&[x, yt]);
    for _ in 0..3000 {
        let t = entrywise(&mut s, "tanh", value);
        let shape = s.shape(t).clone();
        value = s.hadamard(&[t, x], &shape);
    }
    let total = s.total(value);
    let program = program(&s, &[x, y], &[total]);
    assert_eq!(calls(&program), ["total"]);
    assert!(program.buffers.is_empty());
}

#[test]
fn a_value_that_two_loops_read_is_computed_once() {
    let mut s = Store::new();
    let x = variable(&mut s, "X", "m", "n", &[]);
    let e = entrywise(&mut s, "exp", x);
    let t = entrywise(&mut s, "tanh", e);
    let u = entrywise(&mut s, "sin", e);
    let program = program(&s, &[x], &[t, u]);
    assert_eq!(calls(&program), ["fused", "fused", "fused"]);
}

#[test]
fn ones_and_transposes_are_never_written_down() {
    let case = network();
    let program = case.request().program();
    // The one copy is the transposed argument of softmax.
    let copies = program
        .calls
        .iter()
        .filter(|call| matches!(call, Call::Fused { nest, .. } if nest.entries.nodes.len() == 1));
    assert_eq!(copies.count(), 1);
    let products = calls(&program).iter().filter(|call| **call == "product").count();
    assert_eq!(products, 5);
}

#[test]
fn symmetric_products_and_powers() {
    let mut s = Store::new();
    let x = variable(&mut s, "X", "m", "n", &[]);
    let a = variable(&mut s, "A", "n", "n", &[]);
    let xt = s.transpose(x);
    let gram = s.product(&[xt, x]);
    let power = s.whole_matrix_power(a, 8);
    let program = program(&s, &[x, a], &[gram, power]);
    let count = |name: &str| calls(&program).iter().filter(|call| **call == name).count();
    assert_eq!((count("symmetric product"), count("product")), (1, 3));
}

#[test]
fn outputs_are_never_inputs_or_views() {
    let mut s = Store::new();
    let x = variable(&mut s, "X", "m", "n", &[]);
    let xt = s.transpose(x);
    let program = program(&s, &[x], &[x, xt]);
    assert_eq!(calls(&program), ["fused", "fused"]);
}

/// The program of a residual network, and the steps that it took to lower it.
fn deep_network(layers: usize) -> (Program, u64) {
    let mut s = Store::new();
    let w = variable(&mut s, "W", "n", "n", &[]);
    let mut x = variable(&mut s, "x", "n", "1", &[]);
    for _ in 0..layers {
        let z = s.product(&[w, x]);
        let t = entrywise(&mut s, "tanh", z);
        x = s.add(&[x, t]);
        s.seal(x);
    }
    let value = s.total(x);
    let before = work::steps();
    let program = program(&s, &[w], &[value]);
    (program, work::steps() - before)
}

#[test]
fn deep_networks_are_linear_and_reuse_memory() {
    let ((_, few), (program, many)) = (deep_network(500), deep_network(2000));
    assert!(many < few * 9 / 2, "{few} steps for 500 layers, {many} for 2000");
    assert_eq!(calls(&program).iter().filter(|call| **call == "product").count(), 2000);
    assert!(program.calls.len() <= 4001, "{}", program.calls.len());
    assert!(program.buffers.len() <= 4, "{}", program.buffers.len());
}

#[test]
fn long_chains_are_multiplied_in_pieces() {
    let mut s = Store::new();
    let a = variable(&mut s, "A", "n", "n", &[]);
    let mut lowered = |exponent: i64| {
        let power = s.whole_matrix_power(a, exponent);
        let before = work::steps();
        let program = program(&s, &[a], &[power]);
        (program, work::steps() - before)
    };
    let ((_, few), (program, many)) = (lowered(125), lowered(500));
    assert!(many < few * 9 / 2, "{few} steps for 125 factors, {many} for 500");
    assert!(program.calls.len() < 60, "{}", program.calls.len());
}
