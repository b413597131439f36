//! Recurrences and families: what they mean, their backward recurrences, and what is wrong with them.

use std::fmt::Write as _;

use gradus::elaborate;
use gradus::evaluate::{self, Comparison};
use gradus::expression::Id;
use gradus::render::Notation;
use gradus::repl::present;
use gradus::session::{Answer, Outcome, Query, Session, SessionError, Settings};
use gradus::syntax::ast::RequestKind;

use crate::corpus::model;
use crate::peers;
use crate::render::{assert_latex, assert_mathml};

fn read(text: &str) -> Result<Vec<Answer>, SessionError> {
    let outcomes = Session::new().read(text, Settings::default())?;
    Ok(outcomes.into_iter().filter_map(Outcome::answer).collect())
}

fn source(model: &str) -> String {
    let path = format!("{}/examples/{model}.gradus", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// The backward recurrences as a reader sees them.
#[test]
fn recursions_read_like_the_textbook() {
    for model in ["dnn_mse", "dnn_cross_entropy", "rnn", "lstm", "gru", "attention"] {
        let answers = peers::answers(model);
        let texts: Vec<String> =
            answers.iter().map(|answer| present::answer(answer, Notation::Unicode)).collect();
        // Rounding differs from machine to machine.
        insta::with_settings!({filters => vec![(r"relative error [0-9e.-]+", "relative error […]")]}, {
            insta::assert_snapshot!(format!("recursions_{model}"), texts.join("\n"));
        });
    }
}

/// The program without its requests.
fn statements(text: &str) -> String {
    let asks =
        |line: &&str| !["gradient", "jacobian", "solve"].iter().any(|word| line.starts_with(word));
    text.lines().filter(asks).collect::<Vec<_>>().join("\n")
}

/// An answer with the families that it brings is the language: read again, it has the same values.
#[test]
fn answers_with_their_families_read_back() {
    for name in ["dnn_mse", "lstm", "gru", "attention", "gaussian_mixture"] {
        let text = source(name);
        for answer in read(&text).unwrap() {
            if answer.kind != RequestKind::Gradient {
                continue;
            }
            for formula in answer.written(Notation::Latex) {
                assert_latex(&formula.text);
                formula.bindings.iter().for_each(|binding| assert_latex(&binding.text));
            }
            for formula in answer.written(Notation::MathMl) {
                assert_mathml(&formula.text);
                formula.bindings.iter().for_each(|binding| assert_mathml(&binding.text));
            }
            for notation in [Notation::Ascii, Notation::Unicode] {
                // A name stands below the first formula that uses it.
                let mut named = statements(&text);
                for (derivative, formula) in answer.derivatives.iter().zip(answer.written(notation))
                {
                    for binding in &formula.bindings {
                        let _ = write!(named, "\n{} = {}", binding.name, binding.text);
                    }
                    let mut again = named.clone();
                    let index = answer.store.family(derivative.variable_id);
                    let place = index.map_or(String::new(), |family| format!("[{}]", family.index));
                    let _ = write!(again, "\nresult{place} = {}", formula.text);
                    let again = model(&again);
                    let found = definition(&again, "result");
                    let comparison =
                        evaluate::equal(&answer.store, derivative.id, &again.store, found, 4);
                    assert!(
                        matches!(comparison, Comparison::Equal { .. }),
                        "{name} by {}: {comparison:?}\n{}",
                        derivative.variable,
                        formula.text
                    );
                }
            }
        }
    }
}

/// A family that is declared again, by another letter too, is the same family.
#[test]
fn a_family_may_be_declared_twice() {
    for (declarations, formula, expected) in [
        ("x[i]: n; x[i]: n", "sum(i in 1..N, norm2(x[i])^2)", "2*x[i]"),
        ("x[i]: n; x[t]: n positive", "sum(i in 1..N, norm2(x[i])^2)", "2*x[i]"),
        ("x[l]: k[l]×k[l-1]; x[t]: k[t]×k[t-1]", "sum(l in 1..L, norm2(x[l])^2)", "2*x[l]"),
    ] {
        let declarations = declarations.to_owned();
        let query = Query { declarations, ..Query::gradient(formula, &["x"]) };
        let answer = Session::new().ask(&query).unwrap();
        let text = answer.written(Notation::Ascii).remove(0).text;
        assert!(text.starts_with(&format!("{expected} for ")), "{formula}: {text}");
    }
}

fn definition(model: &elaborate::Model, name: &str) -> Id {
    model.definitions.iter().find(|(known, _)| &**known == name).unwrap().1
}

/// The answer does not depend on how long the sequence is.
#[test]
fn gradients_through_shifted_reversed_and_nested_places() {
    for text in [
        // A backward state beside a forward one.
        "x[t]: d; W: d×d; V: d×d; y: d\nf[0] = zeros(d)\nf[t] = tanh(W*f[t-1] + x[t]) for t in 1..T\n\
         r[T+1] = zeros(d)\nr[t] = tanh(V*r[t+1] + x[t]) for t in 1..T\n\
         gradient of sum(t in 1..T, y'*(f[t].*r[t])) wrt W, V, x, y",
        // Reversed places.
        "x[t]: d; y[t]: d; A: d×d\ngradient of sum(t in 1..T, x[t]'*A*y[T+1-t]) wrt A, x, y",
        // An encoder whose last state starts a decoder.
        "x[t]: d; y[s]: d; A: d×d; B: d×d\nh[0] = zeros(d)\nh[t] = tanh(A*h[t-1] + x[t]) for t in 1..T\n\
         g[0] = h[T]\ng[s] = tanh(B*g[s-1]) for s in 1..S\n\
         gradient of sum(s in 1..S, norm2(g[s] - y[s])^2) wrt A, B, x",
        // A scalar recurrence, and its index as a number.
        "a: scalar; b: scalar\nc[0] = b\nc[t] = a*c[t-1] + t for t in 1..T\ngradient of c[T]^2 wrt a, b",
        // Sums in sums.
        "x[i]: d; m[k]: d; A: d×d\ngradient of sum(i in 1..N, log(sum(k in 1..K, exp(x[i]'*A*m[k])))) wrt x, m, A",
        // A product with what does not depend on the index, once for each step.
        "A: n×n; x[t]: n; c: n\ngradient of sum(t in 1..T, c'*A*A*x[t]) wrt A, c",
        // Two formulas, one for the first element and one for the others.
        "W: n×n; v: n; u[t]: n\nz[1] = v\nz[t] = sin(W*z[t-1]) + u[t] for t in 2..T\ngradient of sum(t in 1..T, norm2(z[t])^2) wrt W, v, u",
        // A symmetric family.
        "S[k]: n×n symmetric; x: n\ngradient of sum(k in 1..K, x'*S[k]*S[k]*x) wrt S, x",
    ] {
        let answers = read(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let check = answers[0].check.unwrap();
        assert!(check.points >= 2 && check.max_relative_error < 1e-8, "{text}: {check:?}");
    }
}

/// Formulas on the way from a family to itself: single steps by name, fixed elements, first derivatives inside.
#[test]
fn gradients_through_what_lies_between_a_family_and_itself() {
    const START: &str = "y[t]: p; x[t]: p; W, V: p×p; h0, v: p\nh[0] = h0\n";
    const STEP: &str = "h[t] = tanh(W*h[t-1] + x[t]) for t in 1..T\n";
    let (every, last) = ("L = sum(t in 1..T, y[t]'*h[t])\n", "L = y[T]'*h[T]\n");
    let some = "L = sum(t in 2..T, y[t]'*h[t]) + norm2(h[1])^2\n";
    let mut texts = vec![
        format!(
            "{START}h[t] = tanh(W*h[t-1] + V*h[0]) for t in 1..T\n{every}gradient of L wrt h0, W, V"
        ),
        format!(
            "{START}h[1] = tanh(W*h[0])\nh[t] = tanh(W*h[t-1] + V*h[t-2]) for t in 2..T\n{every}gradient of L wrt h0, W, V"
        ),
        format!(
            "{START}h[t] = tanh(W*h[t-1] + sum(h[0])*x[t]) for t in 1..T\n{every}gradient of L wrt h0, W, x"
        ),
        // Two families that need each other.
        format!(
            "{START}g[0] = v\nh[t] = tanh(W*g[t-1]) for t in 1..T\ng[t] = sin(V*h[t-1]) + h[0] for t in 1..T\n{every}gradient of L wrt h0, v, W, V"
        ),
        // Backwards.
        format!(
            "y[t]: p; W: p×p; hT: p\nh[T] = hT\nh[t] = tanh(W*h[t+1] + h[T]) for t in 1..T-1\n{every}gradient of L wrt hT, W"
        ),
    ];
    for loss in [every, last, some] {
        for by in ["h0", "W"] {
            let other = if by == "W" { "tr(V'*grad(L, W))" } else { "v'*grad(L, h0)" };
            texts.push(format!("{START}{STEP}{loss}gradient of {other} wrt h0, W, x, y"));
        }
    }
    for text in texts {
        let answers = read(&text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let check = answers[0].check.unwrap();
        assert!(check.points >= 2 && check.max_relative_error < 1e-8, "{text}: {check:?}");
    }
}

/// Sums with lags over given values: pieces over the index, from the length on that they hold for.
#[test]
fn lags_over_a_given_family() {
    let answers = read(
        "y[t]: d; a, b: scalar\nL = sum(t in 3..T, norm2(y[t] - a*y[t-1] - b*y[t-2])^2)\ngradient of L wrt a, b, y",
    );
    let answer = answers.unwrap().remove(0);
    assert!(answer.check.unwrap().max_relative_error < 1e-8);
    let notes = |at: usize| -> Vec<String> {
        answer.derivatives[at].notes.iter().map(ToString::to_string).collect()
    };
    assert_eq!(notes(0), Vec::<String>::new());
    assert_eq!(notes(2), ["this holds for T >= 4", "it is 0 for T < 3"]);
}

/// By an element of a family: that element of the gradient by the family.
#[test]
fn gradients_by_elements() {
    let model =
        "x[t]: d; W[t]: d×d\nh[0] = zeros(d)\nh[t] = tanh(W[t]*h[t-1] + x[t]) for t in 1..T\n";
    let by = |what: &str| {
        let answers = read(&format!("{model}gradient of norm2(h[T])^2 wrt {what}"));
        answers.unwrap_or_else(|error| panic!("{what}: {error}")).remove(0)
    };
    let (one, all) = (by("W[T]"), by("W"));
    let place = gradus::shape::Dimension::symbol("T");
    let mut store = all.store.clone();
    let expected = store.element(all.derivatives[0].id, &place);
    let comparison = evaluate::equal(&one.store, one.derivatives[0].id, &store, expected, 4);
    assert!(matches!(comparison, Comparison::Equal { .. }), "{comparison:?}");
    for refused in ["h[T]", "h"] {
        let error = read(&format!("{model}gradient of norm2(h[T])^2 wrt {refused}")).unwrap_err();
        assert_eq!(error.diagnostic().code, "E0217");
    }
}

/// A second derivative of a recurrence is refused, not zero.
#[test]
fn what_is_not_supported_says_so() {
    let recurrence = "W: n×n; x: n\nh[0] = x\nh[t] = tanh(W*h[t-1]) for t in 1..T\n";
    for request in [
        "jacobian of h[T] wrt W",
        "hessian of norm2(h[T])^2 wrt x",
        "differential of norm2(h[T]) wrt W",
    ] {
        let error = read(&format!("{recurrence}{request}")).unwrap_err();
        assert!(error.to_string().contains("not supported"), "{request}: {error}");
    }
    let error = read("x[t]: scalar\ngradient of sum(t in T..10, x[t]^2) wrt x").unwrap_err();
    assert!(error.to_string().contains("fewer values for larger sizes"), "{error}");
}

/// Ranges that depend on other indices; what holds at which place follows from them.
#[test]
fn ranges_may_depend_on_other_indices() {
    for sum in [
        "sum(t in 1..T, x[t]*sum(s in 1..t, x[s]^2))",
        "sum(t in 1..T, x[t]*sum(t in 1..t, x[t]^2))",
        "sum(t in 2..T, sum(s in 1..t-1, x[t-s]*x[t]))",
        "sum(t in 1..T, x[2*t]^2)",
        "sum(s in 1..S, t in 1..T, x[s+t]^2)",
    ] {
        let answers = read(&format!("x[t]: scalar\ngradient of {sum} wrt x"));
        let answers = answers.unwrap_or_else(|error| panic!("{sum}: {error}"));
        assert!(answers[0].check.as_ref().is_some_and(|check| check.points > 0), "{sum}");
    }
}

#[test]
fn mistakes_in_recurrences_are_explained() {
    let cases = [
        (
            "W: n×n\nh[t] = tanh(W*h[t-1]) for t in 1..T\ngradient of sum(t in 1..T, sum(h[t])) wrt W",
            "E0226",
        ),
        (
            "W: n×n; x: n\nh[0] = x\nh[t] = tanh(W*h[t+1]) for t in 1..T\ngradient of sum(h[T]) wrt W",
            "E0227",
        ),
        (
            "W: n×n; x: n\nh[0] = x\nh[t] = W*h[t-1] + h[t-2] for t in 1..T\ngradient of sum(h[T]) wrt W",
            "E0226",
        ),
        ("x[t]: n; A: n×n\nz[t] = A*x[t] for t in 1..T\ngradient of sum(z[0]) wrt A", "E0228"),
        ("x[t]: n; A: n×n\nz[t] = A*x[t] for t in 1..T\ngradient of sum(z[T+1]) wrt A", "E0228"),
        ("W: n×n\nh[0] = ones(n)\ngradient of sum(W*h[T]) wrt W", "E0228"),
        ("W: n×n\nh[0] = ones(n)\nh[1] = W*h[0]\ngradient of sum(h[T]) wrt W", "E0228"),
        ("x: n\nh[t] = x\ngradient of sum(h[1]) wrt x", "E0229"),
        ("x[t]: n\ngradient of sum(t in 5..2, sum(x[t])) wrt x", "E0229"),
        ("x: n\nh[t] = x for t in 1..T\ngradient of sum(h[1]) wrt x[1]", "E0223"),
        ("x[t]: n\ngradient of sum(t in T..1, sum(x[t])) wrt x", "E0229"),
        (
            "x[t]: n; x0: n\nh[0] = x0\nh[t] = h[t-1] + x[t] for t in T..0\ngradient of sum(h[T]) wrt x",
            "E0229",
        ),
        ("x[t]: n\ngradient of sum(x) wrt x", "E0224"),
        ("x[t]: n\ngradient of sum(x[1,2]) wrt x", "E0225"),
        (
            "x: n\nh[0] = x\nh[t] = h[t-1] for t in 1..T\nh[3] = x\nh[t] = x for t in 1..T\nsum(h[T])",
            "E0230",
        ),
        (
            "W: n×m; x: m\na[0] = x\na[l] = tanh(W*a[l-1]) for l in 1..L\ngradient of sum(a[L]) wrt W",
            "E0231",
        ),
        ("x[i]: n[i]\ngradient of sum(sum(i in 1..N, x[i])) wrt x", "E0231"),
        ("x[t]: n\ngradient of sum(x[t]) wrt x", "E0229"),
        (
            "x: n\nh[0] = x\nh[t] = sin(h[t-1]) for t in 1..T\ngradient of sum(h[T]) wrt h[0]",
            "E0217",
        ),
        ("x: n\nh[0] = x\nh[t] = sin(h[t-1]) for t in 1..T\ngradient of sum(h[T]) wrt h", "E0217"),
    ];
    let (mut transcript, mut wrong) = (String::new(), String::new());
    for (text, code) in cases {
        let error = read(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        let diagnostic = error.diagnostic();
        if diagnostic.code != code {
            let _ = writeln!(wrong, "{text}\n  {error} ({}, not {code})", diagnostic.code);
        }
        assert!(!diagnostic.labels.is_empty() && diagnostic.help.is_some(), "{text}");
        let _ = writeln!(transcript, "{text}\n{}: {error}", diagnostic.code);
        for label in &diagnostic.labels {
            let place = text.get(label.span.start..label.span.end).unwrap_or_default();
            let _ = writeln!(transcript, "  `{place}`: {}", label.text);
        }
        let _ = writeln!(transcript, "  help: {}\n", diagnostic.help.clone().unwrap_or_default());
    }
    assert!(wrong.is_empty(), "{wrong}");
    insta::assert_snapshot!("mistakes_in_recurrences", transcript);
}

/// diag(f[t]) + …: what an LSTM hands on of its cell.
#[test]
fn one_step_of_a_recurrence() {
    let answers = peers::answers("lstm");
    let step = answers.iter().find(|answer| answer.kind == RequestKind::Jacobian).unwrap();
    let text = step.written(Notation::Unicode).remove(0).text;
    assert!(text.ends_with("+ diag(f[t])"), "{text}");
    assert!(step.check.unwrap().max_relative_error < 1e-10);
}
