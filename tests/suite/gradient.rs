//! Every gradient of the corpus, asked as a user asks it: right, in good form, readable, and read back.

use std::collections::BTreeMap;
use std::fmt::Write;

use gradus::emit::Precision;
use gradus::evaluate::{self, Comparison};
use gradus::render::Notation;
use gradus::session::{Answer, Convention, Query, Session, SessionError, Settings};
use gradus::simplify::Costs;
use gradus::syntax::ast::RequestKind;

use crate::corpus::{Row, gradient_rows, model};
use crate::render::assert_latex;

fn ask(row: &Row) -> Result<Answer, SessionError> {
    let convention = match row.layout.as_str() {
        "sym-cookbook" => Convention::Cookbook,
        _ => Convention::Projection,
    };
    Session::new().ask(&Query {
        declarations: row.declarations.clone(),
        settings: Settings { convention, ..Settings::default() },
        ..Query::gradient(&row.expression, &[&row.wrt])
    })
}

#[test]
fn every_gradient_of_the_corpus_is_right_and_short() {
    let (mut wrong, mut long) = (Vec::new(), Vec::new());
    let rows = gradient_rows();
    assert_eq!(rows.len(), 170);
    for row in &rows {
        let answer = match ask(row) {
            Ok(answer) => answer,
            Err(error) => {
                wrong.push(format!("{}: {error}", row.id));
                continue;
            }
        };
        let gradient = answer.derivatives[0].id;
        let expected = model(&format!("{}\n{}", row.declarations, row.expected));
        let comparison =
            evaluate::equal(&answer.store, gradient, &expected.store, expected.values[0], 4);
        if !matches!(comparison, Comparison::Equal { .. }) {
            wrong.push(format!("{}: {comparison:?}", row.id));
        }
        let ours = Costs::default().of(&answer.store, gradient).occurrences;
        let theirs = Costs::default().of(&expected.store, expected.values[0]).occurrences;
        let line = format!("{}: {ours} occurrences, expected has {theirs}", row.id);
        if ours > 1.5 * theirs {
            wrong.push(line.clone());
        }
        if ours > theirs {
            long.push(line);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("{} of {} longer than expected:\n{}", long.len(), rows.len(), long.join("\n"));
    assert!(long.len() * 20 <= rows.len(), "{} long:\n{}", long.len(), long.join("\n"));
}

/// The ascii and the Unicode text of an answer are the language: read again, they are the same expression.
#[test]
fn every_answer_of_the_corpus_reads_back() {
    for row in gradient_rows() {
        let answer = ask(&row).unwrap_or_else(|error| panic!("{}: {error}", row.id));
        let hash = answer.store.hash(answer.derivatives[0].id);
        for notation in [Notation::Ascii, Notation::Unicode] {
            let formula = answer.written(notation).remove(0);
            let mut source = row.declarations.clone();
            for binding in &formula.bindings {
                let _ = write!(source, "\n{} = {}", binding.name, binding.text);
            }
            let again = model(&format!("{source}\n{}", formula.text));
            assert_eq!(again.store.hash(again.values[0]), hash, "{}: {}", row.id, formula.text);
        }
        assert_latex(&answer.written(Notation::Latex).remove(0).text);
    }
}

#[test]
fn the_corpus_as_a_reader_sees_it() {
    let mut classes: BTreeMap<String, String> = BTreeMap::new();
    for row in gradient_rows() {
        let answer = ask(&row).unwrap_or_else(|error| panic!("{}: {error}", row.id));
        let formula = answer.written(Notation::Unicode).remove(0);
        let text = classes.entry(row.class.clone()).or_default();
        let _ = writeln!(text, "{}  {}", row.id, row.declarations);
        let _ = writeln!(text, "  f = {}", answer.written_value(Notation::Unicode).text);
        let _ = writeln!(text, "  ∂f/∂{} = {}", row.wrt, formula.text);
        for binding in &formula.bindings {
            let _ = writeln!(text, "    where {} = {}", binding.name, binding.text);
        }
    }
    for (class, text) in classes {
        insta::assert_snapshot!(format!("class_{class}"), text);
    }
}

/// The Rust that a class's first question becomes; every question's code is compiled and compared elsewhere.
#[test]
fn the_code_as_a_reader_sees_it() {
    let rows = gradient_rows();
    for class in ["trace", "quadratic", "logdet", "logistic", "nn", "hadamard"] {
        let row = rows.iter().find(|row| row.class == class).unwrap();
        let answer = ask(row).unwrap_or_else(|error| panic!("{}: {error}", row.id));
        insta::assert_snapshot!(format!("code_{class}"), answer.code(Precision::Double).text);
    }
}

#[test]
fn what_is_stopped_is_constant() {
    let query = |formula: &str, kind| Query { kind, ..Query::gradient(formula, &["w"]) };
    let answer = |formula: &str, kind| {
        let query = Query {
            declarations: "Z: m×n; X: m×n; w: n; y: m".to_owned(),
            ..query(formula, kind)
        };
        Session::new().ask(&query).unwrap().written(Notation::Ascii).remove(0).text
    };
    // The semi-gradient of temporal differences: the target does not move.
    let loss = "1/2*norm2(X*w - y - stop(Z*w))^2";
    assert_eq!(answer(loss, RequestKind::Gradient), "-X'*(stop(Z*w) + y - X*w)");
    assert_eq!(answer(loss, RequestKind::Hessian), "X'*X");
    assert_eq!(answer("sum(stop(w))", RequestKind::Gradient), "zeros(n)");
}
