//! What is said of a value beyond its shape: it is true at random points, and of each operator all that its operands give is said.

use std::collections::BTreeMap;

use gradus::evaluate::{Point, Random, evaluate};
use gradus::expression::{Id, Node, Property, Store};
use gradus::kernel::Array;
use gradus::syntax;

use crate::corpus::model;
use crate::naive;
use crate::soundness::{DECLARATIONS, point, random_formula};

const GIVEN: &str = "A: m×n; C: m×m; D: n×n invertible; S: n×n symmetric; P: n×n spd; G: n×n spd; Q: n×n orthogonal; L: n×n diagonal; \
    T: n×n lower; U: n×n upper; H: n×n lower invertible; X: n×n; N: m×n positive; x: n; u: m positive; v: n positive; p: n simplex; \
    Z: m×n simplex; c: scalar; s: scalar positive; k: scalar";

const ALL: [Property; 13] = [
    Property::Symmetric,
    Property::PositiveDefinite,
    Property::PositiveSemidefinite,
    Property::Diagonal,
    Property::Lower,
    Property::Upper,
    Property::Orthogonal,
    Property::Invertible,
    Property::Positive,
    Property::Nonnegative,
    Property::Simplex,
    Property::RowSimplex,
    Property::Whole,
];

fn facts(store: &Store, id: Id) -> String {
    let known = store.properties(id);
    let names = ALL.iter().filter(|fact| known.has(**fact)).map(|fact| format!("{fact:?}"));
    names.collect::<Vec<_>>().join(" ")
}

/// `formula | all that is known of it`
const TABLE: &str = include_str!("../normal/facts.txt");

#[test]
fn facts_follow_from_the_operands() {
    let mut wrong = Vec::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (formula, expected) = line.split_once('|').unwrap();
        let model = model(&format!("{GIVEN}\n{formula}"));
        let found = facts(&model.store, model.values[0]);
        if found != expected.trim() {
            wrong.push(format!("{formula}| {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the fact is true of the numbers, but for rounding errors.
fn holds(fact: Property, value: &Array<f64>, random: &mut Random) -> bool {
    let at = |i: usize, j: usize| value.data[i + j * value.rows];
    let largest = value.data.iter().fold(1.0_f64, |largest, x| largest.max(x.abs()));
    let near = |x: f64, y: f64| (x - y).abs() <= 1e-9 * largest * largest;
    let (rows, columns) = (value.rows, value.columns);
    let every =
        |claim: &dyn Fn(usize, usize) -> bool| (0..rows).all(|i| (0..columns).all(|j| claim(i, j)));
    match fact {
        Property::Symmetric => rows == columns && every(&|i, j| near(at(i, j), at(j, i))),
        Property::Diagonal => every(&|i, j| i == j || near(at(i, j), 0.0)),
        Property::Lower => every(&|i, j| i >= j || near(at(i, j), 0.0)),
        Property::Upper => every(&|i, j| i <= j || near(at(i, j), 0.0)),
        Property::Orthogonal => {
            let dot = |i: usize, j: usize| (0..rows).map(|k| at(k, i) * at(k, j)).sum::<f64>();
            rows == columns && every(&|i, j| near(dot(i, j), f64::from(i == j)))
        }
        // An underflow is no zero.
        Property::Positive | Property::Nonnegative => {
            value.data.iter().all(|x| *x >= -1e-9 * largest)
        }
        Property::Simplex => (0..columns).all(|j| near((0..rows).map(|i| at(i, j)).sum(), 1.0)),
        Property::RowSimplex => (0..rows).all(|i| near((0..columns).map(|j| at(i, j)).sum(), 1.0)),
        Property::PositiveDefinite | Property::PositiveSemidefinite => (0..8).all(|_| {
            let x: Vec<f64> = (0..rows).map(|_| random.between(-1.0, 1.0)).collect();
            let form = (0..rows).map(|i| (0..columns).map(|j| x[i] * at(i, j) * x[j]).sum::<f64>());
            form.sum::<f64>() >= -1e-9 * largest
        }),
        Property::Invertible => rows == columns,
        Property::Whole => value.data.iter().all(|x| near(x.round(), *x)),
    }
}

/// The facts of all parts of a formula that are not true of their values.
fn falsehoods(given: &str, formula: &str, seed: u64) -> (usize, Vec<String>) {
    let source = format!("{given}\n{formula}");
    let program = syntax::parse(&source, &gradus::elaborate::is_known).unwrap();
    let Ok(model) = gradus::elaborate::elaborate(&program) else { return (0, Vec::new()) };
    let store = &model.store;
    let (mut tried, mut wrong) = (0, Vec::new());
    for (m, n) in [(2, 3), (3, 2), (1, 3)] {
        let sizes = BTreeMap::from([("m".to_owned(), m), ("n".to_owned(), n)]);
        let Some(environment) = naive::draw(&program, &sizes, &mut Random::new(seed)) else {
            continue;
        };
        let at: Point<f64> = point(&environment);
        for id in store.reachable(&model.values[..1]) {
            if matches!(store.node(id), Node::Variable(_)) {
                continue;
            }
            let Ok(mut value) = evaluate(store, &[id], &at) else { continue };
            let value = value.remove(0);
            if value.data.iter().any(|x| !x.is_finite() || x.abs() > 1e6) {
                continue;
            }
            for fact in ALL.into_iter().filter(|fact| store.properties(id).has(*fact)) {
                tried += 1;
                if !holds(fact, &value, &mut Random::new(seed)) {
                    let node = store.node(id);
                    wrong.push(format!("{formula}: {node:?} is not {fact:?} at m = {m}, n = {n}"));
                }
            }
        }
    }
    (tried, wrong)
}

#[test]
fn what_is_said_is_true() {
    let (mut tried, mut wrong) = (0, Vec::new());
    let written = TABLE.lines().filter_map(|line| line.split_once('|')).map(|(formula, _)| formula);
    for (seed, formula) in (0..).zip(written) {
        let (count, found) = falsehoods(GIVEN, formula, seed);
        tried += count;
        wrong.extend(found);
    }
    for seed in 0..600 {
        let (count, found) = falsehoods(DECLARATIONS, &random_formula(seed), seed);
        tried += count;
        wrong.extend(found);
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 2000, "{tried}");
}
