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

/// No column equals a number: letters that say otherwise give way, matrices do not.
#[test]
fn equations_between_numbers_need_no_declarations() {
    assert_eq!(values("", "solve 2*x + 3 = 7 for x"), ["2"]);
    assert_eq!(values("", "solve x + y = 1, x - y = 2 for x, y"), ["3/2", "−½"]);
    let view = values("", "solve a*l + b = -1, a*r + b = 1 for a, b");
    assert_eq!(view, ["−2/(l − r)", "(l + r)/(l − r)"]);
    assert!(Session::new().solve("", "solve A*x = 1 for x").is_err());
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

/// The conditions of a solution, in words.
fn conditions(declarations: &str, statement: &str) -> Vec<String> {
    let found = solved(declarations, statement);
    let conditions = found.solution.conditions.iter();
    conditions.map(|one| found.condition(*one, Notation::Unicode)).collect()
}

#[test]
fn what_is_divided_by_or_inverted_is_a_condition() {
    const DECLARED: &str = "c: scalar; d: scalar; q: scalar positive; x: n; y: n; z: k; v: n; A: n×n; S: n×n spd; B: n×m; X: n×m; \
                            Y: n×m; M: m×m; w: n positive; C: n×m";
    #[rustfmt::skip]
    let cases: &[(&str, &[&str])] = &[
        ("solve c*norm2(x - y)^2 for x",      &["c is not 0"]),
        ("solve c*x = c*y for x",             &["c is not 0"]),
        ("solve c*X = c*Y for X",             &["c is not 0"]),
        ("solve c*(X*M) = c*B for X",         &["c is not 0", "M is invertible"]),
        ("solve sum(z)*x = sum(z)*y for x",   &["sum(z) is not 0"]),
        ("solve c^2*x = y for x",             &["c is not 0"]),
        ("solve abs(c)*x = y for x",          &["c is not 0"]),
        ("solve c*d*x = y for x",             &["d is not 0", "c is not 0"]),
        ("solve exp(c)*x = y for x",          &[]),
        ("solve (c^2 + 1)*x = y for x",       &[]),
        ("solve q*x = y for x",               &[]),
        ("solve norm2(v)*x = y for x",        &["v is not 0"]),
        ("solve x*(v'*v) = y for x",          &["v is not 0"]),
        ("solve det(A)*x = y for x",          &["A is invertible"]),
        ("solve v .* x = v .* y for x",       &["v has no entry 0"]),
        ("solve C .* X = C for X",            &["C has no entry 0"]),
        ("solve w .* x + 2*x = y for x",      &[]),
        ("solve A*A*x = A*y for x",           &["A is invertible"]),
        ("solve A'*S*A*x = y for x",          &["A is invertible"]),
        ("solve q*S*x = y for x",             &[]),
    ];
    for (statement, expected) in cases {
        assert_eq!(conditions(DECLARED, statement), *expected, "{statement}");
    }
}

#[test]
fn conditions_of_systems_are_exact() {
    const SCALARS: &str = "l: scalar; r: scalar; b: scalar; h: scalar; n: scalar; f: scalar; p: scalar; q: scalar; s: scalar; \
                           t: scalar; u: scalar; v: scalar";
    // Three pairs: none of the six needs l, b or n to be other than 0.
    let six = "solve p*l + q = -1, p*r + q = 1, s*b + t = -1, s*h + t = 1, -u*n + v = -1, -u*f + v = 1 for p, q, s, t, u, v";
    assert_eq!(conditions(SCALARS, six), ["l − r is not 0", "b − h is not 0", "f − n is not 0"]);
    let values = values(SCALARS, six);
    assert_eq!(values[..2], ["−2/(l − r)", "(l + r)/(l − r)"]);
    for value in &values {
        assert!(
            !["p", "q", "s", "t", "u", "v"].iter().any(|unknown| value.contains(unknown)),
            "{value}"
        );
    }
}

#[test]
fn estimators_need_what_they_invert() {
    let gaussian = "S: n×n spd; X: n×N; x[i]: n; u: n; P: n×n spd; C: n×n symmetric; Q: n×n";
    let check = |statement: &str, value: &[&str], condition: &[&str]| {
        assert_eq!(values(gaussian, statement), value, "{statement}");
        assert_eq!(conditions(gaussian, statement), condition, "{statement}");
    };
    let data = "-N/2*logdet(S) - 1/2*sum(i in 1..N, (x[i] - u)'*inv(S)*(x[i] - u))";
    check("solve -N/2*logdet(S) - 1/2*tr(inv(S)*X*X') for S", &["XXᵀ/N"], &["XXᵀ is invertible"]);
    let scatter = "Σ(i in 1..N, (u − x[i])(u − x[i])ᵀ)";
    check(
        &format!("solve {data} for u, S"),
        &["Σ(i in 1..N, x[i])/N", &format!("{scatter}/N")],
        &[&format!("{scatter} is invertible")],
    );
    let scatter = "(X − u·ones(N)ᵀ)(X − u·ones(N)ᵀ)ᵀ";
    check(
        "solve -N/2*logdet(S) - 1/2*tr(inv(S)*(X - u*ones(N)')*(X - u*ones(N)')') for u, S",
        &["X·ones(N)/N", &format!("{scatter}/N")],
        &[&format!("{scatter} is invertible")],
    );
    check("solve inv(Q) = C for Q", &["C⁻¹"], &["C is invertible"]);
    check("solve logdet(P) - tr(P*C) for P", &["C⁻¹"], &["C is positive definite"]);
    check("solve N/2*logdet(P) - 1/2*tr(P*X*X') for P", &["N(XXᵀ)⁻¹"], &["XXᵀ is invertible"]);
}

#[test]
fn scalars_are_found_from_one_power_or_reciprocal() {
    let scalars =
        "s: scalar positive; z: N; q: scalar; a: scalar; c: scalar; r: scalar; v: n positive; w: n";
    assert_eq!(values(scalars, "solve -N/2*log(s) - norm2(z)^2/(2*s) for s"), ["‖z‖²/N"]);
    assert_eq!(values(scalars, "solve -N*log(s) - norm2(z)^2/(2*s^2) for s"), ["√(‖z‖²/N)"]);
    assert_eq!(conditions(scalars, "solve -N*log(s) - norm2(z)^2/(2*s^2) for s"), ["z is not 0"]);
    assert_eq!(values(scalars, "solve 1/(r + a) = c for r"), ["1/c − a"]);
    assert_eq!(values(scalars, "solve -sum(log(v)) - w'*(w ./ v) for v"), ["w.^2"]);
}

#[test]
fn unknowns_in_the_formulas_of_families_are_found() {
    let line = "x[i]: scalar; y[i]: scalar\nh[i] = a + b*x[i] for i in 1..N\nJ = 1/(2*N)*sum(i in 1..N, (h[i] - y[i])^2)";
    let found = solved(line, "solve J for a, b");
    assert_eq!(found.solution.kind, Some(Kind::Unknown));
    assert!(found.residual.points >= 2 && found.residual.largest < 1e-8, "{:?}", found.residual);
    let recurrence = "x[t]: n; W: n×n; h0: n\nh[0] = h0\nh[t] = W*h[t-1] + x[t] for t in 1..T\nJ = norm2(h[T])^2";
    let error = Session::new().solve(recurrence, "solve J for W").unwrap_err();
    assert!(error.to_string().contains("recurrence"), "{error}");
}

#[test]
fn dependent_equations_leave_unknowns_free() {
    let scalars = "a: scalar; b: scalar; c: scalar";
    let of = |statement: &str| {
        let found = solved(scalars, statement);
        let text = solution::solution(&found, Notation::Unicode);
        assert!(text.contains("infinitely many solutions: b is free"), "{text}");
        (found.written(found.solution.roots[0].value, Notation::Unicode).text, found.solution.kind)
    };
    assert_eq!(of("solve a^2 - 2*a*b + b^2 for a, b"), ("b".to_owned(), Some(Kind::Minimum)));
    assert_eq!(of("solve a + b = 1, a + b = 1 for a, b"), ("1 − b".to_owned(), None));
    assert_eq!(of("solve a + b = c, 2*a + 2*b = 2*c for a, b"), ("c − b".to_owned(), None));
    let error = Session::new().solve(scalars, "solve a + b = 1, a + b = 2 for a, b").unwrap_err();
    assert!(error.to_string().contains("contradict"), "{error}");
    let kind = |statement: &str| solved(scalars, statement).solution.kind;
    assert_eq!(kind("solve a^2 - b^2 for a, b"), Some(Kind::Saddle));
    assert_eq!(kind("solve a*b for a, b"), Some(Kind::Saddle));
    assert_eq!(kind("solve a^2 + a*b + b^2 for a, b"), Some(Kind::StrictMinimum));
    assert_eq!(kind("solve c*a^2 + b^2 for a, b"), Some(Kind::Unknown));
}

#[test]
fn a_solution_has_what_is_declared_of_the_unknown_or_says_so() {
    let declared =
        "A: n×n; B: n×n; X: n×n symmetric; s: scalar positive; q: scalar; p: scalar positive";
    assert_eq!(
        conditions(declared, "solve A*X = B for X"),
        ["A is invertible", "A⁻¹B is symmetric"]
    );
    assert_eq!(conditions(declared, "solve p*s = q for s"), ["q is positive"]);
    assert_eq!(conditions(declared, "solve p*s = exp(q) for s"), Vec::<String>::new());
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
