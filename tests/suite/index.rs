//! Index notation: every formula, read as a reader reads it, is the entry that it stands for.

mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use gradus::evaluate;
use gradus::expression::{Id, Node, Store};
use gradus::kernel::Array;
use gradus::render::Notation;
use gradus::render::index::Script;
use gradus::repl::{index, present};
use gradus::session::{
    Answer, Certify, Convention, Entries, Left, Outcome, Query, Session, Settings,
};
use gradus::shape::Name;
use gradus::syntax::ast::RequestKind;

use crate::cli::gradus;
use crate::corpus::{Row, rows};
use crate::deep_model;
use crate::render::assert_latex;
use crate::soundness::{DECLARATIONS, random_formula, random_scalar};
use reader::Meaning;

/// Values beyond are those of a point where rounding errors decide.
const LARGEST: f64 = 1e6;

fn ask(row: &Row) -> Answer {
    let convention = match row.layout.as_str() {
        "sym-cookbook" => Convention::Cookbook,
        _ => Convention::Projection,
    };
    let kind = match row.kind.as_str() {
        "hessian" => RequestKind::Hessian,
        "gradient" => RequestKind::Gradient,
        _ => RequestKind::Jacobian,
    };
    let query = Query {
        declarations: row.declarations.clone(),
        kind,
        settings: Settings { convention, ..Settings::default() },
        ..Query::gradient(&row.expression, &[&row.wrt])
    };
    Session::new().ask(&query).unwrap_or_else(|error| panic!("{}: {error}", row.id))
}

/// The answer to a request, and of a formula alone its value.
fn answer_or_value(before: &str, question: &str) -> Answer {
    if question.contains(" of ") {
        return answers(&format!("{before}{question}")).swap_remove(0);
    }
    let declarations = before.to_owned();
    let query = Query { declarations, kind: RequestKind::Value, ..Query::gradient(question, &[]) };
    Session::new().ask(&query).unwrap()
}

/// The answers to all requests of these lines.
fn answers(text: &str) -> Vec<Answer> {
    let outcomes = Session::new().read(text, Settings::default()).unwrap();
    let answered = outcomes.into_iter().filter_map(Outcome::answer);
    answered.collect()
}

/// What the formulas' words mean at a point where all of them are finite.
fn meaning<'a>(
    answer: &'a Answer,
    entries: &Entries,
    root: Id,
    seed: u64,
) -> Option<(Meaning<'a>, Array<f64>)> {
    let store = &answer.store;
    let steps = steps(store, root);
    let mut roots: Vec<Id> = entries.values.iter().map(|(_, id)| *id).collect();
    roots.retain(|id| !steps.iter().any(|step| store.mentions(*id, step)));
    roots.push(root);
    let sizes = evaluate::sizes(store, &roots, seed);
    let point = evaluate::sample(store, &roots, &sizes, seed)?;
    let found = evaluate::evaluate(store, &roots, &point).unwrap();
    // The inverse of what is all but singular says nothing.
    if found.iter().any(|value| value.data.iter().any(|x| x.abs() > LARGEST)) {
        return None;
    }
    let mut meaning = Meaning::new(store, point, &entries.values);
    for (letters, size) in &entries.ranges {
        for letter in letters {
            meaning.ranges.insert(letter.clone(), size.clone());
        }
    }
    found.into_iter().last().map(|value| (meaning, value))
}
/// The indices of families, and of sums over them.
fn steps(store: &Store, root: Id) -> BTreeSet<Name> {
    let mut steps: BTreeSet<Name> =
        store.families().map(|(_, family)| family.index.clone()).collect();
    for id in store.reachable(&[root]) {
        if let Node::SumOver(range, _) = store.node(id) {
            steps.insert(range.index.clone());
        }
    }
    steps
}

/// A text without the range that stands behind it, and the steps of that range.
fn at_every_step<'t>(meaning: &Meaning<'_>, text: &'t str) -> (&'t str, Vec<BTreeMap<Name, i64>>) {
    let Some((text, range)) = text.split_once(" for ") else {
        return (text, vec![BTreeMap::new()]);
    };
    let (index, ends) = range.split_once(" in ").unwrap();
    let (from, to) = ends.split_once("..").unwrap();
    let (from, to) = (meaning.size(from), meaning.size(to));
    (text, (from..=to).map(|at| BTreeMap::from([(Name::from(index), at)])).collect())
}

/// Reads what the named parts stand for, at every step for which it is said.
fn check_parts(meaning: &Meaning<'_>, entries: &Entries) {
    for part in &entries.bindings {
        let (text, every) = at_every_step(meaning, &part.text);
        for steps in every {
            let expected = meaning.value(part.definition.id, &steps);
            let left = Left::Entry(part.of.clone());
            let found = read(meaning, text, &left, &steps, [expected.rows, expected.columns]);
            let error = distance(&found, &expected);
            assert!(error < 1e-9, "{} = {}: {error:e}", part.name, part.text);
            assert_ne!(part.name, part.text);
        }
    }
}

/// Reads the formulas themselves; `whole` is the derivative in the layout of a matrix.
fn check_lines(meaning: &Meaning<'_>, entries: &Entries, whole: &Array<f64>, name: &str) {
    for line in &entries.lines {
        let (text, every) = at_every_step(meaning, &line.text);
        for steps in every {
            let expected = match &line.left {
                Left::Partial { .. } => whole.clone(),
                Left::Entry(_) | Left::Differential(_) => meaning.value(line.definition.id, &steps),
            };
            let found = read(meaning, text, &line.left, &steps, [expected.rows, expected.columns]);
            let error = distance(&found, &expected);
            assert!(error < 1e-9, "{name}: {} is off by {error:e}", line.text);
        }
    }
}

fn distance(a: &Array<f64>, b: &Array<f64>) -> f64 {
    assert_eq!((a.rows, a.columns), (b.rows, b.columns));
    let largest = b.data.iter().fold(1e-2, |largest: f64, x| largest.max(x.abs()));
    a.data.iter().zip(&b.data).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max) / largest
}

/// The matrix that the formula describes, in the layout of the derivative.
fn read(
    meaning: &Meaning<'_>,
    text: &str,
    left: &Left,
    steps: &BTreeMap<Name, i64>,
    [rows, columns]: [usize; 2],
) -> Array<f64> {
    let value = |letters: &[String], values: &[usize]| {
        let at: BTreeMap<String, usize> =
            letters.iter().cloned().zip(values.iter().copied()).collect();
        assert_eq!(at.len(), values.len(), "{letters:?}");
        meaning.read(text, &at, steps)
    };
    // The place of an entry in vec, column by column.
    let split = |letters: &[String], place: usize| match letters {
        [] => vec![],
        [_] => vec![place],
        [i, ..] => {
            let rows = meaning.range(i, steps);
            vec![place % rows, place / rows]
        }
    };
    match left {
        Left::Entry(letters) | Left::Differential(letters) => {
            let at = |i: usize, j: usize| match letters.len() {
                2 => vec![i, j],
                1 => vec![i.max(j)],
                0 => vec![],
                _ => {
                    let mut place = i + rows * j;
                    let each = letters.iter().map(|letter| {
                        let length = meaning.range(letter, steps);
                        let index = place % length;
                        place /= length;
                        index
                    });
                    each.collect()
                }
            };
            Array::from_fn(rows, columns, |i, j| value(letters, &at(i, j)))
        }
        Left::Partial { of, by } => Array::from_fn(rows, columns, |i, j| {
            let letters = [of.as_slice(), by].concat();
            value(&letters, &[split(of, i), split(by, j)].concat())
        }),
    }
}

/// Reads every derivative of an answer at a few points; how many were read.
fn verify(answer: &Answer, name: &str) -> usize {
    let mut count = 0;
    let roots: Vec<Id> = if answer.derivatives.is_empty() {
        vec![answer.value]
    } else {
        answer.derivatives.iter().map(|derivative| derivative.id).collect()
    };
    for (root, entries) in roots.into_iter().zip(answer.entries(Script::Unicode)) {
        let mut points = 0;
        for seed in 0..6 {
            let Some((meaning, expected)) = meaning(answer, &entries, root, seed) else { continue };
            check_parts(&meaning, &entries);
            check_lines(&meaning, &entries, &expected, name);
            points += 1;
            if points == 2 {
                break;
            }
        }
        count += usize::from(points > 0);
    }
    count
}

#[test]
fn every_gradient_of_the_corpus_is_right_in_indices() {
    let gradients = rows().into_iter().filter(|row| row.kind == "gradient");
    let count: usize = gradients.map(|row| verify(&ask(&row), &row.id)).sum();
    assert_eq!(count, 170);
}

#[test]
fn every_jacobian_and_hessian_of_the_corpus_is_right_in_indices() {
    let matrices = rows().into_iter().filter(|row| row.kind != "gradient");
    let count: usize = matrices.map(|row| verify(&ask(&row), &row.id)).sum();
    assert_eq!(count, 65);
}

/// How many random formulas are tried; more where the environment asks for more.
fn formulas(few: u64) -> u64 {
    std::env::var("FORMULAS").ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}

#[test]
fn random_formulas_are_right_in_indices() {
    let mut count = 0;
    let formulas = formulas(600);
    for seed in 0..formulas {
        let text = random_formula(seed);
        let query = Query {
            declarations: DECLARATIONS.to_owned(),
            kind: RequestKind::Value,
            ..Query::gradient(&text, &[])
        };
        // A division by what is zero on its face is refused.
        let Ok(answer) = Session::new().ask(&query) else { continue };
        count += verify(&answer, &format!("seed {seed}, {text}"));
    }
    println!("{count} of {formulas}");
    assert!(count > 400, "only {count} were compared");
}

#[test]
fn gradients_of_random_formulas_are_right_in_indices() {
    let settings = Settings { certify: Certify::Skip, ..Settings::default() };
    let mut count = 0;
    let formulas = formulas(150);
    for seed in 0..formulas {
        let text = random_scalar(seed);
        let query = Query {
            declarations: DECLARATIONS.to_owned(),
            settings,
            ..Query::gradient(&text, &["A", "S", "x", "s"])
        };
        // Not every formula has a gradient that is known, or finite.
        let Ok(answer) = Session::new().ask(&query) else { continue };
        count += verify(&answer, &format!("seed {seed}, {text}"));
    }
    println!("{count} of {formulas}");
    assert!(count > 200, "only {count} were compared");
}

/// The lines of an answer below its head.
fn lines(answer: &Answer) -> String {
    let text = index::answer(answer, Script::Unicode);
    let below = text.split_once("\n\n").map_or(text.as_str(), |(_, below)| below);
    let said = below.split_once("\n\nchecked").map_or(below, |(said, _)| said);
    said.trim_end().to_owned()
}

#[test]
fn the_textbook_as_a_reader_sees_it() {
    let mut text = String::new();
    for id in [
        "regression-02",
        "regression-04",
        "logistic-01",
        "trace-23",
        "inverse-06",
        "logdet-08",
        "structured-01",
        "orth-01",
        "softmax-01",
        "attention-01",
        "nn-07",
        "lstm-02",
        "gaussian-04",
        "inverse-09",
        "trace-34",
        "quadratic-04",
        "hessian-22",
        "hessian-30",
        "hessian-40",
    ] {
        let row = rows().into_iter().find(|row| row.id == id).unwrap();
        let _ = writeln!(
            text,
            "{id}  {}  {}\n{}\n",
            row.declarations,
            row.expression,
            lines(&ask(&row))
        );
    }
    insta::assert_snapshot!("textbook", text);
}

#[test]
fn least_squares_is_the_sum_of_the_textbook() {
    let answer = Session::new().ask(&Query {
        declarations: "X: m×n; y: m; θ: n".to_owned(),
        ..Query::gradient("1/(2*m)*norm2(X*θ-y)^2", &["θ"])
    });
    let answer = answer.unwrap();
    assert!(
        lines(&answer).starts_with("(∂f/∂θ)_j = 1/m Σ_i (Σ_k X_ik θ_k − y_i) X_ij\n"),
        "{}",
        lines(&answer)
    );
}

/// Backward recurrences, element by element, at every step for which they are given.
#[test]
fn recurrences_are_right_in_indices() {
    for (text, said) in [
        (
            "x[t]: d; y[t]: p; W: p×p; U: p×d; b: p\nh[0] = zeros(p)\n\
             h[t] = tanh(W*h[t-1] + U*x[t] + b) for t in 1..T\n\
             loss = sum(t in 1..T, norm2(h[t] - y[t])^2)/T\ngradient of loss wrt W, U, b",
            "(∂loss/∂U)_ij = ",
        ),
        (
            "W[l]: n[l]×n[l-1]; b[l]: n[l]; x: n[0]; y: n[L]\na[0] = x\n\
             a[l] = tanh(W[l]*a[l-1] + b[l]) for l in 1..L\nloss = ½*norm2(a[L] - y)^2\n\
             gradient of loss wrt W, b, x",
            "(∂loss/∂W[l])_ij = ",
        ),
        (
            "X: n×d; W[k]: d×c; v[k]: c\nf = sum(k in 1..K, sum(sin(X*W[k]*v[k])))\n\
             gradient of f wrt X, W, v",
            "(∂f/∂X)_ij = Σ_{k=1..K} cos(Σ_{l,p} X_il W[k]_{l,p} v[k]_p) Σ_p W[k]_{j,p} v[k]_p",
        ),
        (
            "U: p×p; h0: p\nh[0] = h0\nh[t] = sin(U*h[t-1]) for t in 1..T\njacobian of h[t] wrt h[t-1]",
            "∂h[t]_i/∂h[t-1]_j = cos(Σ_k U_ik h[t−1]_k) U_ij",
        ),
    ] {
        let answer = &answers(text)[0];
        let written = index::answer(answer, Script::Unicode);
        assert!(written.contains(said), "{written}");
        assert!(verify(answer, text) > 0, "{written}");
    }
}

#[test]
fn tensors_have_an_index_for_each_dimension() {
    let layers = "X: h×w×c×N; K: F×F×c×o; b: o; Y: 5×6×c×N\n\
        Z = channel_bias(conv2d(X, K), b)\n";
    for (question, said) in [
        (
            "gradient of sum(relu(Z)) wrt b",
            "(∂f/∂b)_i = Σ_{j,k,l} step(correlate(X, K)_jkil + b_i)",
        ),
        ("gradient of sum(sin(X) .* X) wrt X", "(∂f/∂X)_ijkl = "),
        ("gradient of sum(tanh(Z).^2)/N wrt K, b, X", "(∂f/∂K)_"),
        ("channel_bias(sin(X), v)", "f_ijkl = v_k + sin(X_ijkl)"),
    ] {
        let answer = &answer_or_value(&format!("v: c\n{layers}"), question);
        let written = index::answer(answer, Script::Unicode);
        assert!(verify(answer, question) > 0, "{written}");
        assert!(written.contains(said), "{written}");
    }
}

#[test]
fn indices_have_letters_that_nothing_else_has() {
    let answer = &answers("i: n; k: j×n; l: scalar\ngradient of sum(sin(k*i))*l wrt i, l")[0];
    let said = lines(answer);
    for word in ["_i", "_j", "_k", "_l", "i,", "j,", "k,", "l,"] {
        assert!(!said.replace("_{", "_").contains(word), "{word} in {said}");
    }
    verify(answer, "letters");
}

#[test]
fn names_that_look_like_sums_and_deltas_stand_in_brackets() {
    let text =
        "Σ: n×n; δ: n×n; x: n; x_i: n\ngradient of x'*Σ*δ*x + tr(Σ*δ)*sum(x .* x_i) wrt x, Σ";
    let answer = &answers(text)[0];
    let said = lines(answer);
    for word in ["(Σ)_", "(δ)_", "(x_i)_"] {
        assert!(said.contains(word), "{word} is not in {said}");
    }
    assert!(!said.contains("x_i ") && !said.contains(" Σ_jk"), "{said}");
    verify(answer, "names");
}

#[test]
fn what_has_no_entries_stays_in_matrix_notation() {
    for (text, said) in [
        ("jacobian of expm(X) wrt X", "(df)_ij = expm_frechet(X, dX)_ij"),
        (
            "differential of X*A*X wrt X",
            "(df)_ij = Σ_{k,l} X_ik A_kl dX_lj + Σ_{k,l} dX_ik A_kl X_lj",
        ),
        ("gradient of det(X) wrt X", "(∂f/∂X)_ij = det(X) (X⁻¹)_ji"),
        ("kron(X, A) .* kron(A, X)", "f_ij = (X ⊗ A)_ij (A ⊗ X)_ij"),
    ] {
        let answer = &answer_or_value("X: n×n invertible; A: n×n\n", text);
        let written = index::answer(answer, Script::Unicode);
        assert!(written.contains(said), "{text}: {written}");
    }
}

#[test]
fn a_symmetric_variable_has_no_partial_derivatives_by_single_entries() {
    let answer = &answers("S: n×n symmetric; A: n×n\njacobian of S*A*S wrt S")[0];
    assert!(lines(answer).starts_with("(df)_ij = "), "{}", lines(answer));
}

#[test]
fn every_answer_of_the_corpus_is_latex_in_indices() {
    for row in rows() {
        for entries in ask(&row).entries(Script::Latex) {
            entries.lines.iter().for_each(|line| assert_latex(&line.text));
            entries.bindings.iter().for_each(|binding| {
                assert_latex(&binding.name);
                assert_latex(&binding.text);
            });
        }
    }
}

/// A deep network in indices takes no more than a few times the room that it takes in matrices.
#[test]
fn a_deep_network_is_written_line_by_line() {
    let answer = &answers(&deep_model::residual(60))[0];
    let indices = index::answer(answer, Script::Unicode).len();
    let matrices = present::answer(answer, Notation::Unicode).len();
    assert!(indices < 3 * matrices, "{indices} characters instead of {matrices}");
}

#[test]
fn the_command_line_and_the_repl_write_indices() {
    let derive = |format: &str| {
        let question = ["derive", "norm2(A*x-y)^2", "--wrt", "x", "--format", format];
        gradus(&question, b"").stdout
    };
    let said = "(∂f/∂x)_j = 2 Σ_i (Σ_k A_ik x_k − y_i) A_ij\n  indices: i = 1…m; j, k = 1…n\n";
    let text = derive("index");
    assert!(text.contains(said) && text.contains("assumed: A: m×n"), "{text}");
    let latex = derive("index-latex");
    let formula = r"2 \sum_{i} \left(\sum_{k} A_{i k} x_{k} - y_{i}\right) A_{i j}";
    assert!(latex.contains(formula) && latex.contains(r"\frac{\partial f}{\partial x}"), "{latex}");
    let typed = gradus(&[], "gradient of norm2(A*x-y)^2 wrt x\n:index\n".as_bytes());
    assert!(typed.stdout.contains(said), "{}", typed.stdout);
}
