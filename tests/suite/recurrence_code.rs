//! Recurrences in numbers and in code: values at points, gradients against dual numbers, emitted loops.

#[path = "recurrence/models.rs"]
mod models;

use std::collections::BTreeMap;

use gradus::evaluate::{
    CheckError, Comparison, Effort, EvaluateError, Point, check_gradients, equal, evaluate, sizes,
};
use gradus::expression::{Id, Store};
use gradus::kernel::Array;
use gradus::shape::{Name, Shape};

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
    for (name, model) in [("rnn", rnn()), ("deep", deep()), ("lstm", lstm())] {
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
