//! Stationary points and linear equations: solutions as a reader sees them, put back; and what has none.

use std::fmt::Write as _;

use gradus::render::Notation;
use gradus::repl::solution;
use gradus::session::{Session, Solved};
use gradus::solve::{self, Form, Kind};

fn solved(declarations: &str, statement: &str) -> Solved {
    Session::new()
        .solve(declarations, statement)
        .unwrap_or_else(|error| panic!("{statement}: {}", error.render("solve", false)))
}

/// The values of the unknowns, in Unicode.
fn values(declarations: &str, statement: &str) -> Vec<String> {
    let found = solved(declarations, statement);
    assert!(found.residual.points >= 2 && found.residual.largest < 1e-9, "{:?}", found.residual);
    let roots = found.solution.roots.iter();
    roots.map(|root| found.written(root.value, Notation::Unicode).text).collect()
}

const REGRESSION: &str = "X: N×n; w: n; y: N; c: scalar positive; D: N×N spd; b: scalar";

#[test]
fn least_squares_have_their_normal_equations() {
    let solve = |statement: &str| values(REGRESSION, statement).remove(0);
    assert_eq!(solve("solve norm2(X*w - y)^2 for w"), "(XᵀX)⁻¹Xᵀy");
    assert_eq!(solve("solve norm2(X*w - y)^2 + c*norm2(w)^2 for w"), "(XᵀX + c·I)⁻¹Xᵀy");
    assert_eq!(solve("solve (y - X*w)'*D*(y - X*w) for w"), "(XᵀDX)⁻¹XᵀDy");
    assert_eq!(solve("solve (y - X*w)'*inv(D)*(y - X*w) for w"), "(XᵀD⁻¹X)⁻¹XᵀD⁻¹y");
    let both = values(REGRESSION, "solve norm2(X*w + b*ones(N) - y)^2 for w, b");
    assert_eq!(both[1], "(sum(y) − sum(Xw))/N");
}

#[test]
fn estimators_of_textbooks_come_out() {
    let filter = "K: n×m; H: m×n; P: n×n spd; R: m×m spd";
    let gain = "solve tr((eye(n) - K*H)*P*(eye(n) - K*H)' + K*R*K') for K";
    assert_eq!(values(filter, gain), ["PHᵀ(HPHᵀ + R)⁻¹"]);
    let gaussian = "Z: N×n; mu: n; S: n×n spd; C: n×n spd";
    let mean = "solve tr((Z - ones(N)*mu')*inv(S)*(Z - ones(N)*mu')') for mu";
    assert_eq!(values(gaussian, mean), ["Zᵀ·ones(N)/N"]);
    let covariance = "solve N/2*logdet(S) + 1/2*tr(inv(S)*C) for S";
    assert_eq!(values(gaussian, covariance), ["C/N"]);
}

#[test]
fn matrix_equations_are_solved_by_inverses_or_kronecker_form() {
    let declared = "A: n×n; B: m×m; E: n×m; X: n×m; Q: n×n orthogonal; F: m×n";
    assert_eq!(values(declared, "solve A*X*B = E for X"), ["A⁻¹EB⁻¹"]);
    assert_eq!(values(declared, "solve Q*X = E for X"), ["QᵀE"]);
    assert_eq!(values(declared, "solve A*X + 2*X = E for X"), ["(A + 2I)⁻¹E"]);
    assert_eq!(values(declared, "solve X*B + 3*X = E for X"), ["E(B + 3I)⁻¹"]);
    let sylvester = solved(declared, "solve A*X + X*B = E for X");
    assert_eq!(sylvester.solution.roots[0].form, Form::Vectorized);
    assert_eq!(
        values(declared, "solve A*X + X*B = E for X"),
        ["(eye(m) ⊗ A + Bᵀ ⊗ eye(n))⁻¹·vec(E)"]
    );
    let two_sided =
        values("A: n×n; B: m×m; C: n×n; D: m×m; E: n×m; X: n×m", "solve A*X*B + C*X*D = E for X");
    assert_eq!(two_sided, ["(Bᵀ ⊗ A + Dᵀ ⊗ C)⁻¹·vec(E)"]);
    assert_eq!(values(declared, "solve B*X' = F for X"), ["FᵀB⁻ᵀ"]);
}

#[test]
fn several_scalars_are_found_at_once() {
    let projection = "l: scalar; r: scalar; n: scalar; f: scalar; a: scalar; b: scalar";
    assert_eq!(
        values(projection, "solve a*l + b = -1, a*r + b = 1 for a, b"),
        ["−2/(l − r)", "(l + r)/(l − r)"]
    );
    let depth = values(projection, "solve -a*n + b = -n, -a*f + b = f for a, b");
    assert_eq!(depth.len(), 2);
    let three = values(
        "a: scalar; b: scalar; c: scalar; s: scalar; t: scalar",
        "solve a + b + c = 1, a - b = s, b - c = t for a, b, c",
    );
    assert_eq!(three[1], "⅓(t + 1 − s)");
}

#[test]
fn what_kind_of_point_it_is_follows_from_structure() {
    let kind = |statement: &str| solved(REGRESSION, statement).solution.kind;
    assert_eq!(kind("solve norm2(X*w - y)^2 for w"), Some(Kind::Minimum));
    assert_eq!(kind("solve norm2(X*w - y)^2 + c*norm2(w)^2 for w"), Some(Kind::StrictMinimum));
    assert_eq!(kind("solve -norm2(X*w - y)^2 - c*norm2(w)^2 for w"), Some(Kind::StrictMaximum));
    assert_eq!(kind("solve -norm2(X*w - y)^2 for w"), Some(Kind::Maximum));
    assert_eq!(solved("A: n×n; x: n; y: n", "solve A*x = y for x").solution.kind, None);
}

#[test]
fn solutions_as_a_reader_sees_them() {
    let mut text = String::new();
    for statement in [
        "solve norm2(X*w - y)^2 for w",
        "solve norm2(X*w - y)^2 + c*norm2(w)^2 for w",
        "solve norm2(X*w + b*ones(N) - y)^2 for w, b",
        "solve w'*X'*X*w for w",
    ] {
        let _ = writeln!(
            text,
            "{}",
            solution::solution(&solved(REGRESSION, statement), Notation::Unicode)
        );
    }
    let ascii = solved("A: n×n; B: m×m; E: n×m; X: n×m", "solve A*X + X*B = E for X");
    text.push_str(&solution::solution(&ascii, Notation::Ascii));
    text.push_str(&solution::solution(&ascii, Notation::Latex));
    // Residuals differ between machines.
    let text: String = text
        .lines()
        .map(|line| line.split(", largest relative").next().unwrap_or_default().to_owned() + "\n")
        .collect();
    insta::assert_snapshot!("solutions", text);
}

/// A wrong solution leaves a residual.
#[test]
fn putting_back_finds_what_is_no_solution() {
    let mut found = solved(REGRESSION, "solve norm2(X*w - y)^2 + c*norm2(w)^2 for w");
    let value = found.solution.roots[0].value;
    found.solution.roots[0].value = found.store.scale_by(&gradus::number::ratio(1, 2), value);
    let residual = solve::residual(&found.store, &found.solution);
    assert!(residual.points > 0 && residual.largest > 1e-3, "{residual:?}");
}

#[test]
fn what_has_no_closed_form_says_what_was_reached() {
    let refused = |declarations: &str, statement: &str| {
        let error = Session::new().solve(declarations, statement).unwrap_err();
        let diagnostic = error.diagnostic();
        (diagnostic.code, diagnostic.message.clone(), diagnostic.help.clone().unwrap_or_default())
    };
    let (code, message, help) = refused("x: n; b: n", "solve sin(x) = b for x");
    assert_eq!((code, message.as_str()), ("E0912", "the equation is not linear in the unknown"));
    assert!(help.contains("sin(x) − b = 0"), "{help}");
    let (_, message, _) = refused("A: m×n; x: n; y: m; w: n", "solve A*x = y for w");
    assert_eq!(message, "the unknown does not occur in the equation");
    let (_, message, _) = refused("A: m×n; x: n; y: m", "solve A*x = y for x");
    assert!(message.contains("does not determine the unknown"), "{message}");
    let (code, _, _) = refused("A: m×n; x: n", "solve A*x for x");
    assert_eq!(code, "E0912");
    let (_, message, _) = refused("a: scalar; b: scalar", "solve a + b = 1 for a, b");
    assert_eq!(message, "1 equations for 2 unknowns");
    assert_eq!(refused("A: m×n; x: n; y: k", "solve A*x = ones(k, k) for x").0, "E0205");
    assert_eq!(refused("x: n", "solve x'*x").0, "E0109");
    assert_eq!(refused("x: n", "solve x'*x for q").0, "E0216");
}
