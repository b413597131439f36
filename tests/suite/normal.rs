//! What the constructors take for one value: formulas that are written in several ways are one node, those that differ stay apart, and
//! each has the value that was written.

use std::collections::BTreeMap;

use gradus::elaborate;
use gradus::evaluate::Random;
use gradus::expression::Id;
use gradus::syntax;

use crate::corpus::model;
use crate::naive;
use crate::soundness::disagreement;

const GIVEN: &str = "A: m×n; B: n×m; C: m×m; D: n×n invertible; E: m×m invertible; S: n×n symmetric; P: m×m spd; Q: n×n orthogonal; \
    L: n×n diagonal; T: m×m lower invertible; U: m×m upper invertible; W: m×n; X: n×n; Y: n×n; x: n; y: n; z: m; u: m positive; \
    v: n positive; R: 1×n; F: 1×n; p: n simplex; V: n×n simplex; Z: m×n simplex; M: n×n positive; c: scalar; s: scalar positive; t: scalar";

/// `formula | the same value in other words`, one node.
const ONE: &str = include_str!("../normal/one.txt");

/// `formula | another value that looks like it`.
const APART: &str = include_str!("../normal/apart.txt");

/// A row of a table: declarations, and formulas over them.
struct Row {
    given: &'static str,
    formulas: Vec<&'static str>,
}

/// The rows of a table; a line with `@` gives the declarations of those below.
fn rows(table: &'static str) -> Vec<Row> {
    let mut given = GIVEN;
    let mut rows = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix("@ ") {
            Some(declarations) => given = declarations,
            None => rows.push(Row { given, formulas: line.split('|').map(str::trim).collect() }),
        }
    }
    rows
}

/// The formulas in one store.
fn values(row: &Row) -> Vec<Id> {
    model(&format!("{}\n{}", row.given, row.formulas.join("\n"))).values
}

/// At how many points the formula's normal form has the value that was written; an error where it has another.
fn compare(formula: &str) -> Result<usize, String> {
    let source = format!("{GIVEN}\n{formula}");
    let program = syntax::parse(&source, &elaborate::is_known).unwrap();
    let (model, root) = (model(&source), naive::expressions(&program)[0]);
    let mut compared = 0;
    for (seed, (m, n)) in
        (0..).zip([(2, 3), (3, 2), (1, 3), (2, 1), (1, 1), (3, 3), (2, 3), (3, 2)])
    {
        let sizes = BTreeMap::from([("m".to_owned(), m), ("n".to_owned(), n)]);
        let environment = naive::draw(&program, &sizes, &mut Random::new(seed)).unwrap();
        if let Some(found) = disagreement(&model, &program, root, &environment) {
            return Err(format!("{formula} at m = {m}, n = {n}: {found}"));
        }
        let written = naive::evaluate(&program.tree, root, &environment);
        compared +=
            usize::from(written.is_ok_and(|value| value.data.iter().all(|x| x.value.is_finite())));
    }
    Ok(compared)
}

#[test]
fn what_is_written_in_several_ways_is_one_node() {
    let mut wrong = Vec::new();
    for row in rows(ONE) {
        let ids = values(&row);
        if ids.iter().any(|id| *id != ids[0]) {
            wrong.push(format!("{} are several nodes", row.formulas.join(" | ")));
        }
        if row.given != GIVEN {
            continue;
        }
        for formula in row.formulas {
            match compare(formula) {
                Ok(0) => wrong.push(format!("{formula} has no value anywhere")),
                Ok(_) => {}
                Err(found) => wrong.push(found),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_differs_stays_apart() {
    let mut wrong = Vec::new();
    for row in rows(APART) {
        let ids = values(&row);
        if ids[1..].contains(&ids[0]) {
            wrong.push(format!("{} are one node", row.formulas.join(" | ")));
        }
        wrong.extend(row.formulas.iter().filter_map(|formula| compare(formula).err()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
