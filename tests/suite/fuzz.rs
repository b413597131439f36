//! Random programs of the fuzzer (`examples/fuzz`), judged by its evaluator; and the judge is judged.

use std::collections::BTreeSet;

use gradus::evaluate::Random;
use gradus::function::TABLE;
use gradus::render::Notation;
use gradus::session::{Query, Session};

use crate::fuzzer::judge::Outcome;
use crate::fuzzer::judge::compare::{self, Written};
use crate::fuzzer::naive::Naive;
use crate::fuzzer::naive::source::Source;
use crate::fuzzer::naive::world::{World, draw_sizes};
use crate::fuzzer::program::{Kind, Question, words};
use crate::fuzzer::report::Report;
use crate::fuzzer::{GARBAGE, answer, garbage, generate};

/// Questions of the suite; `cargo run --release --example fuzz` asks as many as there is time for.
const QUESTIONS: std::ops::Range<u64> = 0..200;
const SEED: u64 = 12;

#[test]
fn random_programs_are_answered_rightly() {
    let mut report = Report::default();
    let mut faults = Vec::new();
    for at in QUESTIONS {
        let seed = (SEED << 32) + at;
        let program = generate::program(seed);
        let question = program.question(seed);
        let outcome = answer(&question.line());
        report.add(program.kind, &outcome, &question.command());
        if let Outcome::Fault(kind, detail) = outcome {
            faults.push(format!("question {at}: {kind}: {}\n{detail}", question.command()));
        }
    }
    assert!(faults.is_empty(), "{}\n{}", faults.join("\n"), report.text());
    assert!(report.refused() < 0.05, "{}", report.text());
    assert!(report.right() > 0.85, "{}", report.text());
}

#[test]
fn garbage_is_answered() {
    for at in 0..400 {
        let text = garbage::line(at);
        let outcome = answer(&format!("{GARBAGE}{}", garbage::escaped(&text)));
        assert_eq!(outcome, Outcome::Right, "line {at}: {text:?}");
    }
}

/// A new row is asked about by standing in the table.
#[test]
fn every_function_of_the_table_occurs_in_random_programs() {
    let mut seen = BTreeSet::new();
    for seed in 0..6000 {
        let program = generate::program(seed);
        let question = program.question(seed);
        let text = format!("{} {}", question.definitions, question.formula);
        seen.extend(words(&text).map(str::to_owned));
    }
    // What has no derivative stands in answers only, and norms are mostly written as bars.
    let asked = TABLE.iter().filter(|row| match &row.form {
        gradus::function::Form::Entrywise { derivative, .. } => !derivative.is_empty(),
        gradus::function::Form::Array { derivative, .. } => derivative.is_some(),
    });
    let missing: Vec<&str> = asked
        .filter(|row| {
            !std::iter::once(&row.name).chain(row.spellings).any(|name| seen.contains(*name))
        })
        .map(|row| row.name)
        .collect();
    assert_eq!(missing, ["stop", "maxpool2mask"], "functions that no program calls");
}

fn question(declarations: &str, formula: &str, wrt: &str, kind: Kind) -> Question {
    Question {
        declarations: declarations.to_owned(),
        definitions: String::new(),
        formula: formula.to_owned(),
        wrt: vec![wrt.to_owned()],
        kind,
        seed: 1,
    }
}

/// The answer to one formula, judged as if it were that to another.
fn mistaken(declarations: &str, asked: &str, answered: &str, wrt: &str) -> Outcome {
    let query =
        Query { declarations: declarations.to_owned(), ..Query::gradient(answered, &[wrt]) };
    let answer = Session::new().ask(&query).unwrap();
    let written = Written::of(&answer, Notation::Ascii);
    let question = question(declarations, asked, wrt, Kind::Gradient);
    compare::judge(&question, &answer, &written).unwrap_or_else(|outcome| outcome)
}

#[test]
fn a_wrong_answer_is_found() {
    let wrong = [
        ("x: n", "sum(x.^2)", "sum(x.^2)*1.0001", "x"),
        ("A: m×n; X: n×m", "tr(A*X)", "tr(A*X*A*X)", "X"),
        ("S: n×n symmetric; x: n", "x'*S*x", "2*x'*S*x", "S"),
        ("x: n", "sum(abs(x))", "sum(x)", "x"),
        ("x: n", "logsumexp(x)", "log(1 + sum(exp(x)))", "x"),
    ];
    for (declarations, asked, answered, wrt) in wrong {
        let right = mistaken(declarations, asked, asked, wrt);
        assert_eq!(right, Outcome::Right, "{asked}");
        let found = mistaken(declarations, asked, answered, wrt);
        assert!(matches!(found, Outcome::Fault(..)), "{asked} answered as {answered}: {found:?}");
    }
}

/// The derivatives of the judge are differences of its values, and its second derivatives differences of its first.
#[test]
fn the_judges_derivatives_are_differences() {
    let mut compared = 0;
    for seed in 0..400 {
        let question = generate::program(seed << 16).question(seed);
        if question.kind == Kind::Solve || question.wrt.len() != 1 {
            continue;
        }
        let source = Source::read(&format!("{}{}", question.preamble(), question.formula)).unwrap();
        let mut random = Random::new(seed);
        let sizes = draw_sizes(&source, &mut random);
        let Some(world) = World::draw(&source, sizes, &mut random) else { continue };
        let name = &question.wrt[0];
        let Some(at) = world.values.get(name) else { continue };
        let along = world.direction(name, &mut random).unwrap();
        let root = *source.expressions().last().unwrap();
        let value = |step: f64| {
            let mut moved = at.clone();
            for (x, d) in moved.data.iter_mut().zip(&along.data) {
                *x = x.moved(0, d.value()).moved(1, d.value());
                x.0[0] += step * d.value();
            }
            let naive = Naive::new(&source, &world);
            let value = naive.evaluate(root, [(name.clone(), moved)].into(), 2).ok()?;
            let steady = !naive.notes.kink.get() && naive.notes.magnitude.get() < 1e4;
            steady.then_some(value)
        };
        let step = 1e-5;
        let (Some(below), Some(now), Some(above)) = (value(-step), value(0.0), value(step)) else {
            continue;
        };
        for ((below, now), above) in below.data.iter().zip(&now.data).zip(&above.data) {
            for (of, exact) in [(0, now.0[1]), (1, now.0[3])] {
                let difference = (above.0[of] - below.0[of]) / (2.0 * step);
                let scale = 1.0 + exact.abs() + now.magnitude();
                let error = (difference - exact).abs() / scale;
                assert!(error < 1e-5, "{}: {exact} and {difference}", question.command());
                compared += 1;
            }
        }
    }
    assert!(compared > 250, "{compared}");
}
