//! Where answers are checked: small sizes for large literal ones, points at which nothing is decided left out, 0 for x/‖x‖ at 0.

use gradus::claim::Verdict;
use gradus::render::Notation;
use gradus::session::{Answer, Outcome, Problem, Query, Session, SessionError, Settings};
use gradus::syntax::ast::RequestKind;

use super::cli::gradus;

fn ask(declarations: &str, formula: &str, by: &str) -> Result<Answer, SessionError> {
    let mut query = Query::gradient(formula, &[by]);
    query.declarations = declarations.into();
    Session::new().ask(&query)
}

fn gradient(declarations: &str, formula: &str, by: &str) -> String {
    let answer =
        ask(declarations, formula, by).unwrap_or_else(|error| panic!("{formula}: {error}"));
    assert!(answer.check.is_some_and(|check| check.points > 0), "{formula}");
    answer.written(Notation::Ascii).remove(0).text
}

/// `declarations | formula | variable | gradient`; none of these can be evaluated as it is written.
const LARGE: &str = "
X: 60000×784; W: 784×10; Y: 60000×10 | softmax_cross_entropy(X*W, Y, rows)/60000 | W | 1/60000*X'*(softmax(W'*X')' - Y)
A: 10000×10000; x: 10000 | norm2(A*x)^2 | x | 2*A'*A*x
x: 100000000000000 | norm2(x)^2 | x | 2*x
A: 100000000000000×100000000000000; x: 100000000000000 | norm2(A*x)^2 | x | 2*A'*A*x
x: 60000 | norm2(x - ones(60000)*(ones(60000)'*x)/60000)^2 | x | 2*(x - 1/60000*sum(x)*ones(60000))
X: 2800×2800; K: 5×5; W: 2796×2796 | sum(W .* conv2d(X, K)) | K | conv2d(X, W)
X: 6000×784; b: 4704000 | vec(X)'*b | X | reshape(b, 6000, 784)
A: 200×200; B: 100×100; C: 20000×20000 | tr(kron(A, B)*C) | C | kron(A', B')
";

#[test]
fn large_literal_sizes_are_checked_at_small_ones() {
    for line in LARGE.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [declarations, formula, by, expected] = parts[..] else { panic!("{line}") };
        assert_eq!(gradient(declarations, formula, by), expected, "{formula}");
    }
}

/// `declarations | formula | variable`: sizes that are bound to each other by windows and by numbers of entries.
const BOUND: &str = "
X: 224×224×3×64; K: 7×7×3×64 | sum(correlate(X, K)) | K
X: 224×224×3×64; K: 5×5×3×64 | sum(correlate(X, K).^2) | K
X: 224×224×3×64 | sum(maxpool2d(X, 2)) | X
X: 224×224×3×64 | sum(avgpool2d(X, 7, 7).^2) | X
X: 7840×10000 | norm2(reshape(X, 280, 280000))^2 | X
X: 7840×10000; b: 560×140000 | sum(b .* reshape(X, 560, 140000)) | X
";

#[test]
fn sizes_that_are_bound_to_each_other_stay_so_when_they_are_small() {
    for line in BOUND.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [declarations, formula, by] = parts[..] else { panic!("{line}") };
        gradient(declarations, formula, by);
    }
}

#[test]
fn a_long_sum_is_checked_over_a_few_terms() {
    let text = "x[t]: d; gradient of sum(t in 1..1000000000, norm2(x[t])^2) wrt x";
    let outcomes = Session::new().read(text, Settings::default()).unwrap();
    let Some(Outcome::Answered(answer)) = outcomes.into_iter().last() else { panic!() };
    assert!(answer.check.is_some_and(|check| check.points > 0));
}

#[test]
fn a_claim_about_large_sizes_is_judged() {
    let mut query = Query::gradient("norm2(A*x - b)^2/60000", &["x"]);
    query.declarations = "A: 60000×784; x: 784; b: 60000".into();
    let judged = |claim: &str| Session::new().check(&query, claim).unwrap().verdict;
    assert!(matches!(judged("A'*(A*x - b)/30000"), Verdict::Proved(_) | Verdict::Holds { .. }));
    assert!(matches!(judged("A'*(A*x - b)/60000"), Verdict::Wrong(_)));
}

/// Smooth where it matters: `declarations | formula | variable`.
const SMOOTH: &str = "
x[i]: d | sum(i in 1..n, sum(j in 1..n, norm2(x[i]-x[j]))) | x
x[i]: d | sum(i in 1..n, sum(j in 1..n, exp(-norm2(x[i]-x[j])^2))) | x
x[i]: d | sum(i in 1..n, sum(j in 1..n, norm2(x[i]-x[j])^3)) | x
x[i]: d | sum(i in 1..n, sum(j in 1..n, norm2(x[i]-x[j])^4)) | x
S: n×n symmetric | norm2(S-S')^2 | S
z: n | norm2(z-z)^2 | z
U: m×n; t: scalar | sum(relu(U).^0.5*t) | t
h: n | arcsin(tanh(h'*h*3)) | h
u: n; z: n | det(u*z') | u
A: m×n | det(A'*ones(m,n)) | A
";

#[test]
fn a_point_without_a_value_is_left_out_and_not_the_question() {
    for line in SMOOTH.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [declarations, formula, by] = parts[..] else { panic!("{line}") };
        gradient(declarations, formula, by);
    }
}

#[test]
fn what_is_not_finite_anywhere_is_refused() {
    for (declarations, formula, by) in [
        ("M: n×n", "sum(M ./ eye(n))", "M"),
        ("L: n×n lower; M: n×n", "sum(M .* L ./ L)", "M"),
        ("x: n", "log(-norm2(x)^2)", "x"),
    ] {
        let error = ask(declarations, formula, by).unwrap_err();
        assert!(matches!(error.problem(), Problem::Unchecked { .. }), "{formula}: {error}");
    }
}

#[test]
fn the_derivative_of_a_determinant_says_where_it_holds() {
    let notes = |declarations: &str, formula: &str, by: &str| {
        let answer = ask(declarations, formula, by).unwrap();
        answer.derivatives[0].notes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let holds = "this holds where C*Z is invertible";
    assert_eq!(notes("C: n×m; Z: m×n", "det(C*Z)", "C"), [holds]);
    assert!(notes("X: n×n invertible", "det(X)", "X").is_empty());
    assert!(notes("X: n×n", "log(det(X))", "X").is_empty());
}

#[test]
fn code_for_large_literal_sizes_is_not_compared_and_says_why() {
    let declare = "A: 10000×10000; x: 10000";
    let run =
        gradus(&["verify", "--expr", "norm2(A*x)^2", "--wrt", "x", "--declare", declare], b"");
    assert_ne!(run.code, Some(0));
    assert!(run.stderr.contains("E1011"), "{}", run.stderr);
    assert!(run.stderr.contains("A is 10000×10000"), "{}", run.stderr);
    assert!(!run.stderr.contains("three points"), "{}", run.stderr);
}

/// The determinant of a product through fewer dimensions than it has is 0, and so is all that is derived from it.
#[test]
fn determinants_of_low_rank_are_zero() {
    for (declarations, formula, by) in [
        ("L: 3×2", "det(L*L')", "L"),
        ("x: 3; y: 3", "det(x*x' + y*y')", "x"),
        ("x: 3; y: 3", "det(2*x*y')", "x"),
        ("A: n×(n-1); B: (n-1)×n", "det(A*B)", "A"),
        ("A: 4×4; B: 4×3; C: 3×4", "det(A*B*C*A')", "A"),
    ] {
        assert!(gradient(declarations, formula, by).starts_with("zeros"), "{formula}");
        let mut query = Query { kind: RequestKind::Hessian, ..Query::gradient(formula, &[by]) };
        query.declarations = declarations.into();
        let answer = Session::new().ask(&query).unwrap_or_else(|error| panic!("{error}"));
        assert!(answer.written(Notation::Ascii)[0].text.starts_with("zeros"), "{formula}");
    }
    // Of full rank for all that is known.
    for (declarations, formula, by) in [
        ("L: 2×3", "det(L*L')", "L"),
        ("L: m×n", "det(L*L')", "L"),
        ("x: 2; y: 2", "det(x*x' + y*y')", "x"),
    ] {
        assert!(!gradient(declarations, formula, by).contains("zeros"), "{formula}");
    }
}

#[test]
fn directions_of_a_differential_respect_the_variable() {
    let text = "V: n×n orthogonal; A: n×n; jacobian of (V'+A)*V wrt V";
    let outcomes = Session::new().read(text, Settings::default()).unwrap();
    assert!(matches!(outcomes.last(), Some(Outcome::Answered(_))));
}
