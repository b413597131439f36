//! Functions of matrices by their spectrum: what is said of them, and that first and second derivatives are right in numbers and in code.

use gradus::render::Notation;
use gradus::session::{Answer, Outcome, Query, Session, Settings, agrees, verify};
use gradus::syntax::ast::RequestKind;

fn answers(text: &str) -> Vec<Answer> {
    let outcomes = Session::new().read(text, Settings::default());
    let outcomes = outcomes.unwrap_or_else(|error| panic!("{text}: {}", error.render(text, false)));
    outcomes.into_iter().filter_map(Outcome::answer).collect()
}

fn said(text: &str) -> String {
    answers(text).pop().unwrap().written(Notation::Unicode).remove(0).text
}

fn notes(text: &str) -> Vec<String> {
    let answer = answers(text).pop().unwrap();
    answer.derivatives[0].notes.iter().map(ToString::to_string).collect()
}

#[test]
fn gradients_are_closed_forms() {
    let cases = [
        (
            "A: n×n symmetric\ndifferential of projector_max(A) wrt A",
            "projector_max(A)·dA·resolvent_max(A) + resolvent_max(A)·dA·projector_max(A)",
        ),
        ("A: n×n symmetric\ngradient of eigmax(A) wrt A", "projector_max(A)"),
        ("A: n×n symmetric\ngradient of eigmin(A) wrt A", "projector_min(A)"),
        (
            "A: n×n symmetric; c: n\ngradient of c'*eigvals(A) wrt A",
            "eigvecs(A)·diag(c)·eigvecs(A)ᵀ",
        ),
        (
            "A: n×n symmetric\ngradient of sum(eigvals(A).^2) wrt A",
            "2·eigvecs(A)·diag(eigvals(A))·eigvecs(A)ᵀ",
        ),
        ("X: n×n\ngradient of sum(svdvals(X).^2) wrt X", "2X"),
        ("A: n×n spd; x: n\ngradient of x'*A^(1/2)*x wrt A", "lyapunov(sqrtm(A), xxᵀ)"),
        ("A: n×n spd\ngradient of tr(sqrtm(A)) wrt A", "½sqrtm(A)⁻¹"),
        ("A: n×n\ngradient of tr(logm(A)) wrt A", "A⁻ᵀ"),
        ("A: n×n\ngradient of tr(cosm(A)) wrt A", "−sinm(A)ᵀ"),
        ("A: n×n invertible; B: n×n\ngradient of tr(B*pinv(A)) wrt B", "A⁻ᵀ"),
        ("X: m×n\ngradient of schatten(X, 2)^2 wrt X", "2X"),
        ("X: m×n\ngradient of schatten(X, 1) wrt X", "polar(X)"),
        (
            "S: n×n spd; t: scalar; x: n\ngradient of x'*sqrtm(S + t*eye(n))*x wrt t",
            "½xᵀ·sqrtm(S + t·I)⁻¹·x",
        ),
    ];
    for (question, expected) in cases {
        assert_eq!(said(question), expected, "{question}");
    }
}

#[test]
fn conditions_are_said() {
    let has = |text: &str, words: &str| {
        let notes = notes(text);
        assert!(notes.iter().any(|note| note == words), "{text}: {notes:?}");
    };
    has("X: m×n\ngradient of sum(pinv(X)) wrt X", "this holds where X has full rank");
    has(
        "A: n×n symmetric\ngradient of eigmax(A) wrt A",
        "this holds where the largest eigenvalue of A is simple",
    );
    has(
        "A: n×n symmetric\ngradient of sum(eigvals(A).^3) wrt A",
        "this holds where the eigenvalues of A are simple",
    );
    has(
        "A: n×n symmetric\ngradient of sum(cholesky(A)) wrt A",
        "this holds where A is positive definite",
    );
    has(
        "A: n×n\ngradient of sum(sqrtm(A)) wrt A",
        "this holds where A has no eigenvalue that is negative or 0",
    );
    assert!(notes("A: n×n spd\ngradient of tr(sqrtm(A)) wrt A").is_empty());
    assert!(
        notes("A: n×n spd; x: n\ngradient of norm2(x)^2*tr(sqrtm(A)) + eigmax(A) wrt x").is_empty()
    );
}

/// The second derivative of everything, against duals in the session and compiled against plain loops.
#[test]
fn second_derivatives_are_right_in_code() {
    let questions = [
        "A: n×n symmetric\nhessian of eigmax(A) wrt A",
        "A: n×n symmetric; B: n×n symmetric; t: scalar\nhessian of eigmin(A + t*B) wrt t",
        "A: n×n symmetric; c: n\nhessian of c'*eigvals(A) wrt A",
        "X: m×n\nhessian of norm_spec(X) wrt X",
        "X: n×n; c: n\nhessian of c'*svdvals(X) wrt X",
        "X: m×n; A: m×n\nhessian of sum(pinv(X).*A') wrt X",
        "A: n×n spd; x: n\nhessian of x'*sqrtm(A)*x wrt A",
        "A: n×n spd; x: n\nhessian of x'*A^(-1/2)*x wrt A, x",
        "A: n×n spd; x: n\nhessian of sum(cholesky(A)*x) wrt A",
        "A: n×n spd; B: n×n symmetric; x: n; t: scalar\nhessian of x'*logm(A + t^2*B*B)*x wrt t",
        "A: n×n; x: n; y: n\nhessian of x'*expm(A)*y wrt A",
        "A: n×n; x: n; y: n\nhessian of x'*sinm(A)*y + y'*cosm(A)*x wrt A",
        "A: n×n; x: n\nhessian of x'*(A'*A + eye(n))^(1/3)*x wrt x",
    ];
    let answers: Vec<Answer> = questions.iter().flat_map(|text| answers(text)).collect();
    for (question, report) in questions.iter().zip(verify(&answers).unwrap()) {
        assert!(report.as_ref().is_ok_and(agrees), "{question}: {report:?}");
    }
}

/// What is printed is read again.
#[test]
fn answers_are_read_again() {
    let question = "S: n×n spd; x: n\ngradient of x'*S^(-1/2)*x + log(eigmax(S)) + eigmin(S) + tr(logm(S)) + sum(eigvals(S).^3) wrt S";
    let answer = answers(question).pop().unwrap();
    for notation in [Notation::Ascii, Notation::Unicode, Notation::Latex] {
        let written = answer.written(notation).remove(0);
        assert!(written.bindings.is_empty(), "{written:?}");
        let value = Query {
            declarations: "S: n×n spd; x: n".to_owned(),
            expression: written.text.clone(),
            wrt: Vec::new(),
            kind: RequestKind::Value,
            settings: Settings::default(),
        };
        let read = Session::new().ask(&value);
        let read = read.unwrap_or_else(|error| panic!("{}", error.render(&written.text, false)));
        assert_eq!(read.written(Notation::Ascii), answer.written(Notation::Ascii));
    }
}
