//! Claims: true ones are proved or hold, wrong ones are found wrong, with the mistake named.

use gradus::claim::{Mistake, Verdict};
use gradus::evaluate::{self, Comparison};
use gradus::render::Notation;
use gradus::repl::verdict;
use gradus::session::{Certify, Convention, Judgement, Query, Session, SessionError, Settings};
use gradus::syntax::ast::RequestKind;

use crate::corpus::{Row, rows};

fn question(row: &Row) -> Query {
    let kind = match row.kind.as_str() {
        "gradient" => RequestKind::Gradient,
        "hessian" => RequestKind::Hessian,
        _ => RequestKind::Jacobian,
    };
    let convention = match row.layout.as_str() {
        "sym-cookbook" => Convention::Cookbook,
        _ => Convention::Projection,
    };
    Query {
        declarations: row.declarations.clone(),
        expression: row.expression.clone(),
        wrt: vec![row.wrt.clone()],
        kind,
        settings: Settings { convention, certify: Certify::Skip },
    }
}

fn check(row: &Row, claim: &str) -> Result<Judgement, SessionError> {
    Session::new().check(&question(row), claim)
}

#[test]
fn the_true_form_of_every_row_is_proved_or_holds() {
    let rows = rows();
    let (mut proved, mut wrong) = (0, Vec::new());
    let mut held = Vec::new();
    for row in &rows {
        match check(row, &row.expected) {
            Ok(found) => match found.verdict {
                Verdict::Proved(_) => proved += 1,
                Verdict::Holds { .. } => held.push(row.id.clone()),
                other => wrong.push(format!("{}: {other:?}", row.id)),
            },
            Err(error) => wrong.push(format!("{}: {error}", row.id)),
        }
    }
    println!("{proved} of {} proved; these hold: {}", rows.len(), held.join(", "));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(proved * 100 >= 80 * rows.len(), "only {proved} proved; {} hold", held.len());
}

/// The text with one piece replaced by another, at every place where it stands.
fn replaced(text: &str, from: &str, to: &str) -> Vec<String> {
    text.match_indices(from)
        .map(|(at, _)| format!("{}{to}{}", &text[..at], &text[at + from.len()..]))
        .collect()
}

/// A transpose dropped, a sign flipped, a factor of 2 changed, two operands swapped.
fn mutants(text: &str) -> Vec<String> {
    let mut found = replaced(text, "'", "");
    found.extend(replaced(text, "+", "-"));
    found.extend(replaced(text, ")-", ")+"));
    found.extend(replaced(text, "2*", ""));
    found.push(format!("2*({text})"));
    found.push(format!("-({text})"));
    let letters: Vec<char> = text.chars().collect();
    for at in 1..letters.len().saturating_sub(1) {
        let lone = |at: usize| {
            let is_name = |at: usize| letters.get(at).is_some_and(|c| c.is_alphanumeric());
            is_name(at) && (at == 0 || !is_name(at - 1)) && !is_name(at + 1)
        };
        if letters[at] == '*' && lone(at - 1) && lone(at + 1) {
            let mut swapped = letters.clone();
            swapped.swap(at - 1, at + 1);
            found.push(swapped.into_iter().collect());
        }
    }
    found
}

#[test]
fn every_mutant_that_differs_is_wrong() {
    let (mut wrong, mut kept, mut named) = (0, Vec::new(), 0);
    for row in rows() {
        for mutant in mutants(&row.expected) {
            // A mutant that does not fit is refused, which is right, too.
            let Ok(found) = check(&row, &mutant) else { continue };
            let store = &found.answer.store;
            let derivative = found.answer.derivatives[0].id;
            let comparison = evaluate::equal(store, found.claim, store, derivative, 8);
            match (comparison, &found.verdict) {
                (Comparison::Different { .. }, Verdict::Wrong(_)) => {
                    wrong += 1;
                    named += usize::from(found.mistake.is_some());
                }
                (Comparison::Equal { .. }, Verdict::Proved(_) | Verdict::Holds { .. }) => {}
                // The square root of what became negative has no value.
                (Comparison::Undecided, Verdict::Undecided(_)) => {}
                (comparison, verdict) => {
                    kept.push(format!("{}: {mutant}: {comparison:?}, {verdict:?}", row.id));
                }
            }
        }
    }
    println!("{wrong} mutants are wrong, the mistake named in {named}");
    assert!(kept.is_empty(), "{}", kept.join("\n"));
    assert!(wrong > 600, "{wrong}");
    assert!(named * 10 > wrong * 9, "{named} of {wrong} named");
}

fn judged(declarations: &str, expression: &str, wrt: &str, claim: &str) -> Judgement {
    let query =
        Query { declarations: declarations.to_owned(), ..Query::gradient(expression, &[wrt]) };
    Session::new().check(&query, claim).unwrap_or_else(|error| panic!("{claim}: {error}"))
}

#[test]
fn mistakes_are_named() {
    let mistake = |expression: &str, wrt: &str, claim: &str| {
        let declarations = "A: n×n; B: n×n; X: n×n; S: n×n symmetric; x: n; y: n";
        judged(declarations, expression, wrt, claim).mistake
    };
    assert_eq!(mistake("tr(A*X)", "X", "A"), Some(Mistake::Transposed));
    assert_eq!(mistake("-y'*x", "x", "y"), Some(Mistake::Sign));
    assert!(matches!(mistake("x'*x", "x", "x"), Some(Mistake::Factor(_))));
    assert!(matches!(mistake("sum(x)/n", "x", "ones(n)"), Some(Mistake::SizeFactor(_))));
    assert!(matches!(mistake("x'*A*x", "x", "2*A*x"), Some(Mistake::OnlySymmetric(_))));
    assert!(matches!(mistake("y'*A*B*x", "x", "B'*A*y"), Some(Mistake::Operand(_))));
    assert!(matches!(mistake("x'*A*y - y'*x", "x", "A*y + y"), Some(Mistake::TermSign(_))));
    assert!(matches!(mistake("x'*A*y + x'*x", "x", "A*y + x"), Some(Mistake::TermFactor(..))));
    assert!(matches!(mistake("tr(X'*A*B)", "X", "B*A"), Some(Mistake::Swapped(..))));
    assert!(matches!(mistake("tr(A*S)", "S", "A'"), Some(Mistake::Convention(_))));
    assert_eq!(mistake("x'*x", "x", "sin(x)"), None);
}

#[test]
fn verdicts_as_a_reader_sees_them() {
    let mut text = String::new();
    for (expression, wrt, claim) in [
        ("norm2(A*x-y)^2", "x", "2*A'*(A*x-y)"),
        ("norm2(A*x-y)^2", "x", "2*A'*A*x - 2*A'*y"),
        ("norm2(A*x-y)^2", "x", "2*A*(A*x-y)"),
        ("x'*A*x", "x", "2*A*x"),
        ("sum(log(x))", "x", "1 ./ x .+ 1"),
    ] {
        text.push_str(&verdict::judgement(
            &judged("A: n×n; x: n; y: n", expression, wrt, claim),
            Notation::Unicode,
        ));
        text.push('\n');
    }
    insta::assert_snapshot!("verdicts", text);
}

#[test]
fn a_claim_that_does_not_fit_is_refused() {
    let refused = |claim: &str| {
        let query = Query {
            declarations: "A: m×n; y: m".to_owned(),
            ..Query::gradient("norm2(A*x - y)^2", &["x"])
        };
        let error = Session::new().check(&query, claim).unwrap_err();
        (error.diagnostic().code, error.place().map(|(part, _)| part.name()))
    };
    assert_eq!(refused("2*(A*x-y)'*A"), ("E0910", Some("claim")));
    assert_eq!(refused("sum(A)"), ("E0910", Some("claim")));
    assert_eq!(refused("2*A'*(A*x-z)"), ("E0911", Some("claim")));
    assert_eq!(refused("2*A*(A*x-y)"), ("E0205", Some("claim")));
    assert_eq!(refused("2*A'*(A*x-y"), ("E0106", Some("claim")));
}

/// A claim that is off by less than a rounding error of its values is off all the same.
#[test]
fn small_differences_are_differences() {
    let cases = [
        ("x: n", "norm2(x)^2", "x", "2*x*1.0000001"),
        ("a: scalar", "a^2", "a", "2*a + 1e-12"),
        ("a: scalar", "a^2", "a", "2*a*1.000000000000001"),
        ("A: n×n; x: n", "x'*A*x", "x", "(A + A')*x*(1 + 1e-15)"),
        ("A: m×n; x: n; b: m", "norm2(A*x - b)^2", "x", "2*A'*(A*x - b) + 1e-13*x"),
    ];
    for (declarations, expression, wrt, claim) in cases {
        let found = judged(declarations, expression, wrt, claim);
        let Verdict::Wrong(counterexample) = &found.verdict else {
            panic!("{claim}: {:?}", found.verdict);
        };
        let text = verdict::judgement(&found, Notation::Unicode);
        if counterexample.difference.is_some() {
            assert!(text.contains("claim − derivative: "), "{text}");
        }
    }
    let factor = judged("x: n", "norm2(x)^2", "x", "2*x*(1 + 1/10^12)");
    let expected = gradus::number::ratio(1_000_000_000_000, 1_000_000_000_001);
    assert_eq!(factor.mistake, Some(Mistake::Factor(expected)));
}

/// Entries of an orthogonal matrix are rounded: what that leaves of a difference says nothing about the claim, and what does not come
/// from there is a difference all the same.
#[test]
fn rounding_errors_of_structure_are_no_differences() {
    let declarations = "C: m×m; Q: n×n orthogonal; p: n simplex";
    for (formula, claim) in [
        ("sum(adjugate(Q))*norm2(C)^2", "2*sum(adj(Q))*C"),
        ("sum(adj(Q))*norm2(C)^2", "2*sum(Q)*det(Q)*C"),
        ("tr(inv(Q)*Q)*norm2(C)^2", "2*tr(Q*Q')*C"),
        ("sum(p)^3*norm2(C)^2", "2*sum(p)^2*C"),
        ("norm2(Q*p)*norm2(C)^2", "2*sqrt(tr(p*p'))*C"),
    ] {
        let found = judged(declarations, formula, "C", claim);
        let right = matches!(found.verdict, Verdict::Proved(_) | Verdict::Holds { .. });
        assert!(right, "{claim}: {:?}", found.verdict);
        let off = format!("{claim}*1.0000001");
        let found = judged(declarations, formula, "C", &off);
        assert!(matches!(found.verdict, Verdict::Wrong(_)), "{off}: {:?}", found.verdict);
    }
}

/// The exponent of a matrix is a whole number, also where values are rounded by chance.
#[test]
fn wrong_claims_about_matrix_powers_are_wrong() {
    for (expression, claim) in [
        ("tr(N^k)", "2*k*(N^(k-1))'"),
        ("n*tr(N^k)", "2*k*(N^(k-1))'"),
        ("tr(N^(2*k))", "k*(N^(2*k-1))'"),
    ] {
        let found = judged("N: n×n; k: scalar", expression, "N", claim);
        assert!(matches!(found.verdict, Verdict::Wrong(_)), "{claim}: {:?}", found.verdict);
    }
}

/// A product through a smaller dimension has no inverse, and its adjugate is a value all the same.
#[test]
fn an_adjugate_of_low_rank_is_compared() {
    let declared = "A: 3×2; B: 2×3; M: 3×3";
    let found = judged(declared, "tr(M*adj(A*B))", "M", "adj(A*B)'");
    assert!(matches!(found.verdict, Verdict::Proved(_)), "{:?}", found.verdict);
    let found = judged(declared, "tr(M*adj(A*B))", "M", "adj(A*B)");
    assert!(matches!(found.verdict, Verdict::Wrong(_)), "{:?}", found.verdict);
}

/// What is right near the origin may be wrong behind a jump.
#[test]
fn far_pieces_are_looked_at() {
    let wrong = [
        ("a: scalar", "a^2", "a", "2*a + step(a - 5)"),
        ("a: scalar", "a^2", "a", "2*a + step(-a - 1000)"),
        ("a: scalar", "a^2", "a", "2*a + step((a - 50)*(51 - a))"),
        ("a: scalar; b: scalar", "a^2 + b", "a", "2*a + step(b - 40)"),
        ("x: n", "norm2(x)^2", "x", "2*x + relu(x .- 30)"),
        ("x: n", "norm2(x)^2", "x", "abs(2*x)"),
    ];
    for (declarations, expression, wrt, claim) in wrong {
        let found = judged(declarations, expression, wrt, claim);
        assert!(matches!(found.verdict, Verdict::Wrong(_)), "{claim}: {:?}", found.verdict);
    }
    let right = [
        ("a: scalar", "relu(a - 5)", "a", "step(a - 5)"),
        ("a: scalar", "abs(a - 100)", "a", "2*step(a - 100) - 1"),
        ("x: n", "sum(relu(x .- 30).^2)", "x", "2*relu(x .- 30)"),
    ];
    for (declarations, expression, wrt, claim) in right {
        let found = judged(declarations, expression, wrt, claim);
        let is_right = matches!(found.verdict, Verdict::Proved(_) | Verdict::Holds { .. });
        assert!(is_right, "{claim}: {:?}", found.verdict);
    }
}

/// What is lost far out, in exp(−‖X‖²) and arcsin(tanh(…)), is told apart near 0.
#[test]
fn claims_are_compared_where_values_tell() {
    let slope = |power: &str| {
        format!("-2*c*exp(-norm2(C*C*C)^{power})*(C*C*C*C'*C' + C'*C*C*C*C' + C'*C'*C*C*C)")
    };
    let angle = |power: &str| format!("2*asin(tanh(2*norm2(V)^{power}))*q");
    let questions = [
        ("C: 6×6; c: scalar", "c*exp(-norm2(C*C*C)^2)", "C", slope("2"), slope("3")),
        (
            "V: m×n positive; q: n",
            "asin(tanh(2*norm2(V)^2))*norm2(q)^2",
            "q",
            angle("2"),
            angle("3"),
        ),
        (
            "E: m×m",
            "norm1(E - E')",
            "E",
            "sign(E - E') - sign(E' - E)".to_owned(),
            "sign(E - E')".to_owned(),
        ),
    ];
    for (declarations, formula, wrt, right, wrong) in questions {
        let found = judged(declarations, formula, wrt, &right);
        let holds = matches!(found.verdict, Verdict::Proved(_) | Verdict::Holds { .. });
        assert!(holds, "{right}: {:?}", found.verdict);
        let found = judged(declarations, formula, wrt, &wrong);
        assert!(matches!(found.verdict, Verdict::Wrong(_)), "{wrong}: {:?}", found.verdict);
    }
}
