//! Derivations: every line equals the one before, every reason stands in a table, and what is written reads like a textbook.

use std::fmt::Write as _;

use gradus::derivation::{Derivation, Reason};
use gradus::differentiate::{derivation, gradients, project};
use gradus::elaborate;
use gradus::evaluate::{CheckError, Effort, check_derivation};
use gradus::expression::Store;
use gradus::render::{self, Notation, Options};
use gradus::rule::{DIFFERENTIALS, IDENTITIES, PAIRINGS, POWER_IN_TRACE};
use gradus::simplify::simplify;
use gradus::syntax;

use crate::corpus::{gradient_rows, model};
use crate::soundness::{DECLARATIONS, random_scalar};

/// The derivation of a formula's gradient, with what it takes to write it down.
struct Derived {
    store: Store,
    derivation: Derivation,
    options: Options,
}

fn derive(declarations: &str, expression: &str, by: &str) -> Result<Derived, String> {
    let mut model = model(&format!("{declarations}\n{expression}"));
    let f = model.values[0];
    let variable = model.store.find_variable(by).ok_or("the variable does not occur")?;
    let found = gradients(&mut model.store, f, &[variable]).map_err(|error| error.to_string())?;
    let gradient = project(&mut model.store, variable, found[0]);
    let gradient = simplify(&mut model.store, &[gradient])[0];
    let derivation =
        derivation(&mut model.store, f, variable, gradient).map_err(|error| error.to_string())?;
    let variables = model.variables.iter().map(|variable| variable.name.clone()).collect();
    let options = Options { variables, ..Options::default() };
    Ok(Derived { store: model.store, derivation, options })
}

fn text(declarations: &str, expression: &str, by: &str) -> Result<String, String> {
    let Derived { store, derivation, options } = derive(declarations, expression, by)?;
    check_derivation(&store, &derivation, &Effort::default()).map_err(|error| error.to_string())?;
    Ok(render::derivation(&store, &derivation, None, Notation::Unicode, &options).text())
}

#[test]
fn every_line_of_every_derivation_in_the_corpus_equals_the_one_before() {
    let mut wrong = Vec::new();
    for row in gradient_rows() {
        let name = format!("{}: {} by {}", row.id, row.expression, row.wrt);
        match derive(&row.declarations, &row.expression, &row.wrt) {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok(Derived { store, derivation, .. }) => {
                if let Err(error) = check_derivation(&store, &derivation, &Effort::default()) {
                    wrong.push(format!("{name}: {error}"));
                }
                for line in derivation.stages.iter().flat_map(|stage| stage.lines.iter().skip(1)) {
                    if line.reasons.is_empty() {
                        wrong.push(format!("{name}: a line without a reason"));
                    }
                    for reason in line.reasons.iter().filter(|reason| !is_a_row(**reason)) {
                        wrong.push(format!("{name}: {reason:?} is no row of a table"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn is_a_row(reason: Reason) -> bool {
    let Reason::Rule(name) = reason else { return true };
    DIFFERENTIALS.iter().any(|row| row.name == name)
        || IDENTITIES.iter().any(|row| row.name == name)
        || PAIRINGS.iter().any(|row| row.name == name)
        || POWER_IN_TRACE.name == name
}

#[test]
fn a_wrong_line_does_not_pass() {
    let mut derived = derive("A: m×n; B: p×q; X: m×q", "tr(A'*X*B'*ones(p,n))", "X").unwrap();
    let check = |derived: &Derived| {
        check_derivation(&derived.store, &derived.derivation, &Effort::default()).is_ok()
    };
    assert!(check(&derived));
    let lines = derived.derivation.stages[0].lines.len();
    for line in 0..lines {
        let mut wrong = derived.derivation.clone();
        wrong.stages[0].lines[line].terms[0].coefficient += gradus::number::ratio(1, 100);
        std::mem::swap(&mut derived.derivation, &mut wrong);
        assert!(!check(&derived), "line {line}");
        derived.derivation = wrong;
    }
    derived.derivation.gradient =
        derived.store.scale_by(&gradus::number::ratio(101, 100), derived.derivation.gradient);
    assert!(!check(&derived), "the gradient");
}

#[test]
fn a_deep_network_is_derived_by_back_propagation_one_stage_a_layer() {
    let stages = |depth: usize| {
        let mut source = "W: n×n; b: n; x: n; H0 = x\n".to_owned();
        for layer in 1..=depth {
            let _ = writeln!(source, "H{layer} = tanh(W*H{} + b)", layer - 1);
        }
        let Derived { store, derivation, options } =
            derive(&source, &format!("sum(H{depth})"), "W").unwrap();
        check_derivation(
            &store,
            &derivation,
            &Effort { assignments: 1, seeds: 1, ..Effort::default() },
        )
        .unwrap();
        let prose = render::derivation(&store, &derivation, None, Notation::Unicode, &options);
        (derivation.stages.len(), prose.text().len())
    };
    let (few, short) = stages(20);
    let (many, long) = stages(80);
    assert_eq!(few, 1 + 2 * 20);
    assert_eq!(many, 1 + 2 * 80);
    assert!(long < 6 * short, "{short} characters at depth 20, {long} at depth 80");
}

#[test]
fn random_formulas_are_derived_line_by_line() {
    let formulas: u64 = std::env::var("FORMULAS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let (mut checked, mut wrong) = (0, Vec::new());
    for seed in 0..formulas {
        let text = random_scalar(seed);
        let source = format!("{DECLARATIONS}\n{text}");
        let program = syntax::parse(&source, &elaborate::is_known).unwrap();
        if elaborate::elaborate(&program).is_err() {
            continue;
        }
        for by in ["A", "D", "S", "x", "u", "s"] {
            let Ok(derived) = derive(DECLARATIONS, &text, by) else { continue };
            let effort = Effort { assignments: 1, seeds: 1, ..Effort::default() };
            match check_derivation(&derived.store, &derived.derivation, &effort) {
                Ok(_) => checked += 1,
                Err(CheckError::NoPoint) => {}
                Err(error) => wrong.push(format!("seed {seed}: {text} by {by}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > formulas, "only {checked} derivations of {formulas} formulas");
}

macro_rules! reads {
    ($($name:ident: $declarations:literal, $expression:literal, $by:literal;)*) => {
        $(#[test]
        fn $name() {
            let text = text($declarations, $expression, $by).unwrap();
            insta::assert_snapshot!(stringify!($name), text);
        })*
    };
}

reads! {
    reads_trace_of_a_product: "A: m×p; X: m×n; B: n×p", "tr(A'*X*B)", "X";
    reads_quadratic_form: "A: n×n; b: n; x: n", "x'*A*x + b'*x", "x";
    reads_least_squares: "A: m×n; b: m; x: n", "norm2(A*x - b)^2/2", "x";
    reads_bilinear_form: "X: m×n; a: m; b: n", "a'*X*b", "X";
    reads_log_determinant: "X: n×p", "logdet(X'*X)", "X";
    reads_determinant: "A: n×n; X: n×n invertible", "det(A*X)", "X";
    reads_inverse: "A: n×n; X: n×n invertible", "tr(A*inv(X))", "X";
    reads_frobenius_norm: "U: m×k; V: n×k; T: m×n", "norm2(U*V' - T)^2", "U";
    reads_entrywise_network: "W: m×n; x: n; b: m", "sum(tanh(W*x + b))", "W";
    reads_hadamard_in_a_trace: "A: n×n; B: n×n; X: n×n", "tr(A*(B.*X))", "X";
    reads_diagonal: "A: n×n; x: n", "tr(A*diag(x)*A')", "x";
    reads_symmetric_variable: "A: n×n; X: n×n symmetric", "tr(A*X)", "X";
    reads_two_layer_network: "X: N×n; W: n×h; b: h; V: h×k; c: k; Y: N×k",
        "norm2(tanh(tanh(X*W .+ b')*V .+ c') - Y)^2/2", "W";
    reads_convolution: "X: h×w; K: k×l; G: (h-k+1)×(w-l+1)", "sum(G.*relu(conv2d(X,K)))", "K";
    reads_scalar_variable: "A: n×n invertible; B: n×n; s: scalar", "tr(inv(A + s*B))", "s";
}

#[test]
fn reads_in_every_notation() {
    let Derived { store, derivation, options } =
        derive("A: m×p; X: m×n; B: n×p", "tr(A'*X*B)", "X").unwrap();
    let texts: Vec<String> = [Notation::Ascii, Notation::Latex, Notation::MathMl]
        .into_iter()
        .map(|notation| render::derivation(&store, &derivation, None, notation, &options).text())
        .collect();
    insta::assert_snapshot!("reads_in_every_notation", texts.join("\n"));
}
