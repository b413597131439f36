//! Recurrences in numbers and in code: values at points, gradients against dual numbers, emitted loops.

#[path = "recurrence/models.rs"]
mod models;

use std::collections::BTreeMap;

use gradus::emit::{Document, Precision, emit};
use gradus::evaluate::{
    CheckError, Comparison, Effort, EvaluateError, Point, check_gradients, equal, evaluate, sizes,
};
use gradus::expression::{Direction, Family, Id, Node, Properties, Property, Range, Store};
use gradus::kernel::Array;
use gradus::lower::{Call, Title};
use gradus::shape::{Dimension, Name, Shape};
use gradus::verify::{By, Derivative, Report, Request, verify, verify_all};

use crate::emit::{complaints, warnings};
use models::{Model, column, deep, family, lstm, number, piece, previous, range, rnn, size, times};

fn at(sizes: &[(&str, i64)], values: &[(&str, f64)]) -> Point<f64> {
    Point {
        sizes: sizes.iter().map(|(name, value)| (Name::from(*name), *value)).collect(),
        values: values
            .iter()
            .map(|(name, value)| (Name::from(*name), Array::scalar(*value)))
            .collect(),
    }
}

/// f[0] = a, f[t] = x[t] f[t-1] for t in 1..T
fn products(store: &mut Store) -> Id {
    let a = models::variable(store, "a", Shape::Scalar);
    let (zero, one, steps, t) = (number(0), number(1), size("T"), size("t"));
    let x = family(store, "x", "t", Shape::Scalar, (&one, &steps));
    let f = family(store, "f", "t", Shape::Scalar, (&zero, &steps));
    let (xt, before) = (store.element(x, &t), store.element(f, &previous("t")));
    let body = times(store, xt, before);
    store.define_family(f, vec![piece(&zero, &zero, a), piece(&one, &steps, body)]);
    f
}

#[test]
fn values_by_hand() {
    let mut s = Store::new();
    let f = products(&mut s);
    let (t, steps) = (size("t"), size("T"));
    let ft = s.element(f, &t);
    let index = s.size(&t);
    let weighted = times(&mut s, index, ft);
    let sum = s.sum_over(&range("t", &number(0), &steps), weighted);
    let last = s.element(f, &steps);
    let point = at(&[("T", 3)], &[("a", 2.0), ("x[1]", 3.0), ("x[2]", -1.0), ("x[3]", 0.5)]);
    let values = evaluate(&s, &[sum, last, f], &point).unwrap();
    // 2, 6, −6, −3
    assert_eq!(values[0].data, [6.0 - 12.0 - 9.0]);
    assert_eq!(values[1].data, [-3.0]);
    assert_eq!(values[2].data, [2.0, 6.0, -6.0, -3.0]);
    let none = evaluate(&s, &[sum, last, f], &at(&[("T", 0)], &[("a", 2.0)])).unwrap();
    assert_eq!(none.iter().map(|value| value.data[0]).collect::<Vec<_>>(), [0.0, 2.0, 2.0]);
    // The inner sum is one value a step of the outer one: Σₜ Σ_{s ≤ t} s f[t].
    let inner_index = s.size(&size("s"));
    let product = times(&mut s, inner_index, ft);
    let inner = s.sum_over(&range("s", &number(1), &t), product);
    let outer = s.sum_over(&range("t", &number(1), &steps), inner);
    assert_eq!(evaluate(&s, &[outer], &point).unwrap()[0].data, [6.0 - 18.0 - 18.0]);
}

#[test]
fn a_long_recurrence_is_no_deep_recursion() {
    let mut s = Store::new();
    let f = products(&mut s);
    let last = s.element(f, &size("T"));
    let mut point = at(&[("T", 20_000)], &[("a", 1.0)]);
    for t in 1..=20_000 {
        point.values.insert(format!("x[{t}]").into(), Array::scalar(1.0));
    }
    assert_eq!(evaluate(&s, &[last], &point).unwrap()[0].data, [1.0]);
}

#[test]
fn what_does_not_exist_is_an_error() {
    let mut s = Store::new();
    let f = products(&mut s);
    let beyond = s.element(f, &models::next("T"));
    let point = at(&[("T", 1)], &[("a", 1.0), ("x[1]", 1.0)]);
    let error = evaluate(&s, &[beyond], &point).unwrap_err();
    assert_eq!(error.code(), "E0806");
    assert_eq!(error.to_string(), "f[2] does not exist: f goes from 0 to T");
    let g = family(&mut s, "g", "t", Shape::Scalar, (&number(0), &size("T")));
    let gt = s.element(g, &size("t"));
    let body = models::entrywise(&mut s, "exp", gt);
    s.define_family(g, vec![piece(&number(0), &size("T"), body)]);
    let g1 = s.element(g, &number(1));
    let error = evaluate(&s, &[g1], &point).unwrap_err();
    assert!(matches!(error, EvaluateError::Circle { .. }), "{error}");
}

#[test]
fn sizes_are_small_and_unequal() {
    let model = rnn();
    let roots = [model.loss];
    let steps: Vec<i64> = (0..4).map(|at| sizes(&model.store, &roots, at)["T"]).collect();
    assert_eq!(steps, [3, 1, 2, 4]);
    let model = deep();
    let numbers = sizes(&model.store, &[model.loss], 0);
    let widths: BTreeMap<_, _> =
        numbers.iter().filter(|(name, _)| name.starts_with("n[")).collect();
    assert_eq!(widths.len(), 4, "{numbers:?}");
    let distinct: std::collections::BTreeSet<_> = widths.values().collect();
    assert_eq!(distinct.len(), 4, "{numbers:?}");
}

fn pairs(model: &Model) -> Vec<(Id, Id)> {
    model.gradients.iter().map(|(_, variable, gradient)| (*variable, *gradient)).collect()
}

fn thorough() -> Effort {
    Effort { assignments: 4, ..Effort::default() }
}

#[test]
fn gradients_against_dual_numbers() {
    for (name, model) in [("rnn", rnn()), ("deep", deep()), ("lstm", lstm(&size("T")))] {
        let check = check_gradients(&model.store, model.loss, &pairs(&model), &thorough());
        let check = check.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(check.points, 8, "{name}");
        assert!(check.max_relative_error < 1e-12, "{name}: {check:?}");
    }
}

#[test]
fn wrong_gradients_are_found() {
    let mut model = rnn();
    let (_, x, by_x) = model.gradients.pop().unwrap();
    let wrong =
        family(&mut model.store, "wrong", "t", column(&size("n")), (&number(1), &size("T")));
    let right = model.store.element(by_x, &size("t"));
    let index = model.store.size(&size("t"));
    let body = model.store.multiply(index, right);
    model.store.define_family(wrong, vec![piece(&number(1), &size("T"), body)]);
    let error = check_gradients(&model.store, model.loss, &[(x, wrong)], &thorough()).unwrap_err();
    assert!(matches!(error, CheckError::Mismatch { .. }), "{error}");
    assert!(matches!(
        equal(&model.store, by_x, &model.store, wrong, 4),
        Comparison::Different { .. }
    ));
    assert!(matches!(
        equal(&model.store, by_x, &model.store, by_x, 4),
        Comparison::Equal { points: 4, .. }
    ));
}

fn request<'a>(model: &'a Model, variables: &'a [(Name, Id)]) -> Request<'a> {
    let derivative = |(name, variable, gradient): &(Name, Id, Id)| Derivative {
        title: Title::from("gradient_").variable(name),
        by: By::Variable(*variable),
        expression: *gradient,
    };
    Request {
        store: &model.store,
        value: model.loss,
        formula: model.loss,
        derivatives: model.gradients.iter().map(derivative).collect(),
        variables: variables.to_vec(),
        sizes: &[],
        document: Document { text: "A model.", conventions: "", derivative: "gradient" },
    }
}

/// The variables: those of the gradients, then the others.
fn variables(model: &Model) -> Vec<(Name, Id)> {
    let mut variables: Vec<(Name, Id)> =
        model.gradients.iter().map(|(name, id, _)| (name.clone(), *id)).collect();
    let mut roots = vec![model.loss];
    roots.extend(model.gradients.iter().map(|(_, _, gradient)| *gradient));
    for id in model.store.closure(&roots) {
        let given = model.store.family(id).is_none_or(Family::is_variable);
        if let (Node::Variable(name) | Node::Family(name), true) = (model.store.node(id), given)
            && !variables.iter().any(|(known, _)| known == name)
        {
            variables.push((name.clone(), id));
        }
    }
    variables
}

fn text(model: &Model) -> String {
    let variables = variables(model);
    let request = request(model, &variables);
    emit(&request.program(), &request.document, Precision::Double).text
}

fn assert_agrees(name: &str, report: &Report) {
    for output in &report.outputs {
        assert!(output.double < 1e-12 && output.single < 1e-4, "{name}: {output:?}");
    }
}

#[test]
fn code_agrees_with_plain_loops() {
    for (name, model) in [("rnn", rnn()), ("deep", deep()), ("lstm", lstm(&size("T")))] {
        if let Ok(directory) = std::env::var("GRADUS_SHOW") {
            std::fs::write(format!("{directory}/{name}.rs"), text(&model)).unwrap();
        }
        let variables = variables(&model);
        let report = verify(&request(&model, &variables));
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_agrees(name, &report);
    }
}

/// The loops of a program, each with its direction and the number of its sums.
fn loops(calls: &[Call]) -> Vec<(Direction, usize)> {
    let mut found = Vec::new();
    for call in calls {
        if let Call::Repeat(repeat) = call {
            found.push((repeat.direction, repeat.accumulated.len()));
            found.extend(loops(&repeat.calls));
        }
    }
    found
}

#[test]
fn two_loops_and_a_tape() {
    for (model, forward, backward) in
        [(rnn(), 1, 5), (deep(), 0, 0), (lstm(&size("T")), 1, 12), (lstm(&number(9)), 1, 12)]
    {
        let variables = variables(&model);
        let program = request(&model, &variables).program();
        let expected = [(Direction::Up, forward), (Direction::Down, backward)];
        assert_eq!(loops(&program.calls), expected);
    }
}

#[test]
fn code_is_as_long_for_a_thousand_steps_as_for_seven() {
    let length = |steps: i64| text(&lstm(&number(steps))).replace("1000", "7").lines().count();
    assert_eq!(length(7), length(1000));
    let (few, many) = (text(&lstm(&number(7))), text(&lstm(&number(1000))));
    assert!(many.len() - few.len() < 200, "{} and {}", few.len(), many.len());
}

#[test]
fn modules_with_loops_are_formatted_and_free_of_warnings() {
    let mut library = String::from("#![forbid(unsafe_code)]\n#![warn(missing_docs)]\n//! Cases.\n");
    let models = [("rnn", rnn()), ("deep", deep()), ("lstm", lstm(&size("T")))];
    let values = values()
        .into_iter()
        .map(|(name, store, loss)| (name, Model { store, loss, gradients: Vec::new() }));
    for (name, model) in models.into_iter().chain(values) {
        let text = text(&model);
        let arguments = ["--check", "--edition", "2021"];
        let found = complaints("rustfmt", &arguments, &format!("loops-{name}"), &text);
        assert_eq!(found, "", "{name}");
        library.push_str(&format!("/// A case.\npub mod {name} {{\n{text}}}\n"));
    }
    assert_eq!(warnings("loops", &library), "");
}

/// Values with loops of many kinds.
fn values() -> Vec<(&'static str, Store, Id)> {
    vec![scalars(), solves(), layers(), nested(), attention(), two_back(), elements()]
}

/// Σₛ f[s]² + f[T] of f[t] = a f[t-1] + x[t], all scalars, with two names for the index.
fn scalars() -> (&'static str, Store, Id) {
    let mut s = Store::new();
    let (zero, one, steps, t) = (number(0), number(1), size("T"), size("t"));
    let a = models::variable(&mut s, "a", Shape::Scalar);
    let x = family(&mut s, "x", "t", Shape::Scalar, (&one, &steps));
    let f = family(&mut s, "f", "t", Shape::Scalar, (&zero, &steps));
    let (xt, before) = (s.element(x, &t), s.element(f, &previous("t")));
    let scaled = times(&mut s, a, before);
    let body = s.add(&[scaled, xt]);
    s.define_family(f, vec![piece(&zero, &zero, a), piece(&one, &steps, body)]);
    let fs = s.element(f, &size("s"));
    let square = times(&mut s, fs, fs);
    let sum = s.sum_over(&range("s", &one, &steps), square);
    let last = s.element(f, &steps);
    let value = s.add(&[sum, last]);
    ("scalars", s, value)
}

/// Σₜ x[t]ᵀ A⁻¹ x[t]: one factorisation.
fn solves() -> (&'static str, Store, Id) {
    let mut s = Store::new();
    let (one, steps, n) = (number(1), size("T"), size("n"));
    let facts = Properties::of(&[Property::Invertible]);
    let a = s.variable("A", Shape::matrix(n.clone(), n.clone()), facts);
    let x = family(&mut s, "x", "t", column(&n), (&one, &steps));
    let xt = s.element(x, &size("t"));
    let inverse = s.inverse(a);
    let solved = s.multiply(inverse, xt);
    let body = models::pulled(&mut s, xt, solved);
    let value = s.sum_over(&range("t", &one, &steps), body);
    ("solves", s, value)
}

/// Σₗ b[l]ᵀ W[l]⁻¹ b[l] + sum(W[l]) l with sizes that differ by layer.
fn layers() -> (&'static str, Store, Id) {
    let mut s = Store::new();
    let (one, last, l) = (number(1), size("L"), size("l"));
    let n = Dimension::element("n", l.clone());
    let facts = Properties::of(&[Property::Invertible]);
    let elements = Range { index: "l".into(), from: one.clone(), to: last.clone() };
    let w = s.declare_family("W", vec![elements], Shape::matrix(n.clone(), n.clone()), facts);
    let b = family(&mut s, "b", "l", column(&n), (&one, &last));
    let (wl, bl) = (s.element(w, &l), s.element(b, &l));
    let inverse = s.inverse(wl);
    let solved = s.multiply(inverse, bl);
    let product = models::pulled(&mut s, bl, solved);
    let exponentials = models::entrywise(&mut s, "exp", wl);
    let total = s.total(exponentials);
    let index = s.size(&l);
    let weighted = times(&mut s, index, total);
    let body = s.add(&[product, weighted]);
    let value = s.sum_over(&range("l", &one, &last), body);
    ("layers", s, value)
}

/// Σₜ Σ_{s ≤ t} s x[s]ᵀ M x[t]
fn nested() -> (&'static str, Store, Id) {
    let mut s = Store::new();
    let (one, steps, n) = (number(1), size("T"), size("n"));
    let m = models::variable(&mut s, "M", Shape::matrix(n.clone(), n.clone()));
    let x = family(&mut s, "x", "t", column(&n), (&one, &steps));
    let (xt, xs) = (s.element(x, &size("t")), s.element(x, &size("s")));
    let mx = s.multiply(m, xt);
    let bent = models::entrywise(&mut s, "tanh", mx);
    let product = models::pulled(&mut s, xs, bent);
    let sinus = models::entrywise(&mut s, "sin", product);
    let index = s.size(&size("s"));
    let weighted = times(&mut s, index, sinus);
    let inner = s.sum_over(&range("s", &one, &size("t")), weighted);
    let value = s.sum_over(&range("t", &one, &steps), inner);
    ("nested", s, value)
}

/// ‖h[T]‖² of h[t] = tanh(x[t] + Σ_{s < t} h[s] (x[s]ᵀ x[t]))
fn attention() -> (&'static str, Store, Id) {
    let mut s = Store::new();
    let (zero, one, steps, n) = (number(0), number(1), size("T"), size("n"));
    let x = family(&mut s, "x", "t", column(&n), (&zero, &steps));
    let h = family(&mut s, "h", "t", column(&n), (&zero, &steps));
    let (xt, xs, hs) =
        (s.element(x, &size("t")), s.element(x, &size("s")), s.element(h, &size("s")));
    let score = models::pulled(&mut s, xs, xt);
    let product = s.multiply(score, hs);
    let sum = s.sum_over(&range("s", &zero, &previous("t")), product);
    let inner = s.add(&[xt, sum]);
    let body = models::entrywise(&mut s, "tanh", inner);
    let first = s.element(x, &zero);
    s.define_family(h, vec![piece(&zero, &zero, first), piece(&one, &steps, body)]);
    let last = s.element(h, &steps);
    let value = models::norm_squared(&mut s, last);
    ("attention", s, value)
}

/// f[0] = a, f[1] = b, f[t] = M f[t-1] + f[t-2]; the value is f.
fn two_back() -> (&'static str, Store, Id) {
    let mut s = Store::new();
    let (zero, one, two, steps, n) = (number(0), number(1), number(2), size("T"), size("n"));
    let m = models::variable(&mut s, "M", Shape::matrix(n.clone(), n.clone()));
    let a = models::variable(&mut s, "a", column(&n));
    let b = models::variable(&mut s, "b", column(&n));
    let f = family(&mut s, "f", "t", column(&n), (&zero, &steps.plus(&one)));
    let (f1, f2) = (s.element(f, &previous("t")), s.element(f, &size("t").minus(&two)));
    let product = s.multiply(m, f1);
    let body = s.add(&[product, f2]);
    s.define_family(
        f,
        vec![piece(&zero, &zero, a), piece(&one, &one, b), piece(&two, &steps.plus(&one), body)],
    );
    ("two_back", s, f)
}

/// ‖x[2] − y‖² + ‖u[T]‖² of u[t] = x[t], v[t] = u[t] by another name of the index.
fn elements() -> (&'static str, Store, Id) {
    let mut s = Store::new();
    let (one, steps, n) = (number(1), size("T"), size("n"));
    let x = family(&mut s, "x", "t", column(&n), (&one, &next_size("T")));
    let y = models::variable(&mut s, "y", column(&n));
    let u = family(&mut s, "u", "t", column(&n), (&one, &steps));
    let v = family(&mut s, "v", "k", column(&n), (&one, &steps));
    let xt = s.element(x, &size("t"));
    s.define_family(u, vec![piece(&one, &steps, xt)]);
    let uk = s.element(u, &size("k"));
    let doubled = s.add(&[uk, y]);
    s.define_family(v, vec![piece(&one, &steps, doubled)]);
    let second = s.element(x, &number(2));
    let r = s.subtract(second, y);
    let last = s.element(v, &steps);
    let (a, b) = (models::norm_squared(&mut s, r), models::norm_squared(&mut s, last));
    let value = s.add(&[a, b]);
    ("elements", s, value)
}

fn next_size(name: &str) -> Dimension {
    size(name).plus(&number(1))
}

#[test]
fn loops_of_many_kinds_agree_with_plain_loops() {
    let models: Vec<(&str, Model)> = values()
        .into_iter()
        .map(|(name, store, loss)| (name, Model { store, loss, gradients: Vec::new() }))
        .collect();
    let lists: Vec<Vec<(Name, Id)>> = models.iter().map(|(_, model)| variables(model)).collect();
    let requests: Vec<Request<'_>> =
        models.iter().zip(&lists).map(|((_, model), list)| request(model, list)).collect();
    let reports = verify_all(&requests).unwrap_or_else(|error| panic!("{error}"));
    for ((name, _), report) in models.iter().zip(reports) {
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_agrees(name, &report);
        // Three sets of unequal sizes, and the smallest.
        assert_eq!(report.sizes.len(), 4);
    }
}

#[test]
fn points_of_comparison_have_one_two_and_seven_steps_and_the_smallest_sizes() {
    let model = lstm(&size("T"));
    let variables = variables(&model);
    let report = verify(&request(&model, &variables)).unwrap();
    let steps: Vec<i64> = report.sizes.iter().map(|sizes| sizes["T"]).collect();
    assert_eq!(steps, [1, 2, 7, 1]);
    for sizes in &report.sizes[..3] {
        let distinct: std::collections::BTreeSet<_> = sizes.values().collect();
        assert_eq!(distinct.len(), sizes.len(), "{sizes:?}");
    }
}

#[test]
fn a_derivative_by_an_element_is_compared_with_what_the_element_moves() {
    let mut s = Store::new();
    let f = products(&mut s);
    let (now, before) = (s.element(f, &size("t")), s.element(f, &previous("t")));
    let x = s.find_variable("x").unwrap();
    let a = s.find_variable("a").unwrap();
    let slope = s.element(x, &size("t"));
    let by = |expression| Request {
        store: &s,
        value: now,
        formula: now,
        derivatives: vec![Derivative {
            title: "slope".into(),
            by: By::Variable(before),
            expression,
        }],
        variables: vec![("a".into(), a), ("x".into(), x)],
        sizes: &[],
        document: Document { text: "One step.", conventions: "", derivative: "slope" },
    };
    assert_agrees("step", &verify(&by(slope)).unwrap());
    let wrong = verify(&by(now)).unwrap();
    assert!(wrong.outputs[1].double > 1e-3, "{wrong:?}");
}
