//! Formulas as people type them: LaTeX, paper notation with nothing declared, words, NumPy and its relatives.
//!
//! tests/reading/formulas.tsv holds formulas with derivatives that were verified elsewhere; an answer is compared with them by its value.
//! What is ambiguous (`ask`) must be a question.

use gradus::evaluate::{Comparison, equal};
use gradus::expression::{Id, Store};
use gradus::session::{Query, Session};
use gradus::syntax::ast::RequestKind;

use super::cli::gradus as run;

const TABLE: &str = include_str!("../reading/formulas.tsv");

/// One formula of the table.
struct Row<'a> {
    id: &'a str,
    typed: &'a str,
    wrt: &'a str,
    given: &'a str,
    kind: &'a str,
    declarations: &'a str,
    expected: &'a str,
    is_question: bool,
}

fn rows() -> Vec<Row<'static>> {
    let cells = TABLE.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let row = |cells: Vec<&'static str>| Row {
        id: cells[0],
        typed: cells[2],
        wrt: cells[3],
        given: cells[4],
        kind: cells[5],
        declarations: cells[6],
        expected: cells[8],
        is_question: cells.get(10).is_some_and(|cell| cell.starts_with("ask")),
    };
    cells.map(row).collect()
}

/// The declarations of the table in the language's words.
fn declared(text: &str) -> String {
    let word = |word: &str| match word {
        "pos" | "unit" | "shift" | "big" => "positive".to_owned(),
        other => other.to_owned(),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn query(expression: &str, declarations: &str, wrt: &str, kind: &str) -> Query {
    let kind = match kind {
        "jacobian" => RequestKind::Jacobian,
        "hessian" => RequestKind::Hessian,
        _ => RequestKind::Gradient,
    };
    Query { declarations: declarations.to_owned(), kind, ..Query::gradient(expression, &[wrt]) }
}

fn derivative(query: &Query) -> Result<(Store, Id), String> {
    let answer = Session::new().ask(query).map_err(|error| error.diagnostic().message.clone())?;
    Ok((answer.store.clone(), answer.derivatives[0].id))
}

fn value(expression: &str, declarations: &str) -> Result<(Store, Id), String> {
    let query = Query {
        declarations: declarations.to_owned(),
        kind: RequestKind::Value,
        ..Query::gradient(expression, &[])
    };
    let answer = Session::new().ask(&query).map_err(|error| error.diagnostic().message.clone())?;
    Ok((answer.store.clone(), answer.original))
}

/// Read under the declarations that were meant, each formula has the derivative that was verified, wherever the language can express it.
#[test]
fn formulas_as_they_are_typed_have_the_derivatives_that_were_verified() {
    let (mut right, mut wrong, mut refused) = (0, Vec::new(), Vec::new());
    // What the table writes with functions that the language does not have.
    let foreign = ["u1(", "q1(", "spectral(", "sqrtm("];
    let has_foreign = |row: &Row<'_>| foreign.iter().any(|name| row.expected.contains(name));
    for row in rows().iter().filter(|row| !row.is_question && !has_foreign(row)) {
        let declarations = declared(row.declarations);
        let expected = value(row.expected, &declarations);
        let found = derivative(&query(row.typed, &declarations, row.wrt, row.kind));
        match (found, expected) {
            (Ok((a_store, a)), Ok((b_store, b))) => match equal(&a_store, a, &b_store, b, 3) {
                Comparison::Equal { .. } => right += 1,
                other => wrong.push(format!("{}: {} {other:?}", row.id, row.typed)),
            },
            (Err(error), _) => refused.push(format!("{}: {}: {error}", row.id, row.typed)),
            // The table's own functions, and its families of another form.
            (Ok(_), Err(_)) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right >= 150, "{right} right; refused:\n{}", refused.join("\n"));
}

/// With nothing declared but what a person would declare: the answers themselves, whose values the table's program compared.
#[test]
fn formulas_with_nothing_declared() {
    let mut text = String::new();
    for row in rows() {
        let result = Session::new().ask(&query(row.typed, row.given, row.wrt, row.kind));
        let line = match result {
            Ok(answer) => {
                let derivative = &answer.derivatives[0];
                let document = answer.document();
                let written =
                    document.formula(derivative.id, gradus::render::Notation::Unicode).text;
                let read = answer.read.join("; ");
                format!(
                    "{written}  [{}]{}{read}",
                    answer.assumed(),
                    if read.is_empty() { "" } else { "  read: " }
                )
            }
            Err(error) => {
                assert!(!row.is_question || !error.diagnostic().message.is_empty());
                format!("error {}: {}", error.diagnostic().code, error.diagnostic().message)
            }
        };
        text.push_str(&format!("{}  {}\n    {line}\n", row.id, row.typed));
    }
    insta::assert_snapshot!("formulas_with_nothing_declared", text);
}

fn answered(expression: &str, wrt: &str, words: &[&str]) {
    let run = run(&["derive", expression, "--wrt", wrt], b"");
    assert_eq!(run.code, Some(0), "{expression}: {}", run.stderr);
    for word in words {
        assert!(run.stdout.contains(word), "{expression}: `{word}` is not in\n{}", run.stdout);
    }
}

fn asked(expression: &str, wrt: &str, words: &[&str]) {
    let run = run(&["derive", expression, "--wrt", wrt], b"");
    assert_eq!(run.code, Some(2), "{expression}: {}", run.stdout);
    for word in words {
        assert!(run.stderr.contains(word), "{expression}: `{word}` is not in\n{}", run.stderr);
    }
}

#[test]
fn shapes_decide_and_letters_prefer() {
    answered("norm2(A*x-b)^2", "x", &["read: b as a column", "2Aᵀ(Ax − b)"]);
    answered("1/n*sum((X*w-y).^2)", "w", &["read: n as a scalar"]);
    answered("rate*x'*x", "x", &["2rate·x"]);
    answered("½ m v²", "v", &["mv"]);
    asked("norm2(y - s*x)^2", "x", &["`s` is a scalar", "`x` is a scalar", "declare"]);
    asked("x*y", "x", &["inner product", "x'*y"]);
    asked("A*x", "x", &["only a scalar has a gradient"]);
}

#[test]
fn what_was_decided_is_said() {
    answered("sum(σ(W*x))", "W", &["read: σ(…) as the sigmoid"]);
    answered("|Σ|", "Σ", &["read: |…| of a matrix as its determinant"]);
    answered("x·y", "x", &["as their inner product"]);
    answered("sum(exp(1 + x))", "x", &["a number added to an array"]);
}

#[test]
fn two_readings_are_a_question() {
    asked("exp(-‖x-μ‖²/2σ²)", "x", &["E0122", "a/(2*b)"]);
    asked("‖X‖_{2,1}", "X", &["E0118", "columns", "rows"]);
    asked(r"\operatorname{tr}(\exp(X))", "X", &["expm(X)"]);
    asked("tr((A + 1)*B)", "A", &["c*I"]);
}

#[test]
fn latex_that_is_not_read_is_pointed_at() {
    asked(r"\foo{x}^\top x", "x", &["unknown command `\\foo`"]);
    asked(r"\farc{1}{2} x^\top x", "x", &["did you mean `\\frac`?"]);
    asked(r"\def\x{y} \x^\top x", "x", &["defines or loads"]);
    asked(r"\frac{1}{2 x^\top x", "x", &["never closed"]);
    asked(r"\min_x x^\top x", "x", &["not read here"]);
}

#[test]
fn one_name_has_one_spelling() {
    answered(r"\mu_1^\top \mu_1", "mu_1", &["2μ1"]);
    answered("y_hat'*y_hat", "ŷ", &["2ŷ"]);
    answered(r"\hat{\mathbf{y}}^\top\hat{\mathbf{y}}", r"\hat{y}", &["2ŷ"]);
    answered("𝐱ᵀ𝐀𝐱", "x", &["A"]);
}
