//! What models cost: parameters, operations and memory, counted from their programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use gradus::emit::Precision;
use gradus::lower::{Amount, Call};
use gradus::number;
use gradus::session::{Answer, Cost, Information, Outcome, Query, Session, Settings, information};
use gradus::shape::{Dimension, Name};
use gradus::syntax::ast::RequestKind;

use crate::cli::{Run, gradus, scratch};

fn answers(text: &str) -> Vec<Answer> {
    let outcomes = Session::new().read(text, Settings::default()).unwrap();
    let answered = outcomes.into_iter().filter_map(Outcome::answer);
    answered.collect()
}

fn found(text: &str) -> Information {
    information(&answers(text), &[])
}

/// What the value of one formula costs.
fn value(declarations: &str, text: &str) -> Cost {
    let query = Query {
        declarations: declarations.to_owned(),
        kind: RequestKind::Value,
        ..Query::gradient(text, &[])
    };
    let answer = Session::new().ask(&query).unwrap();
    information(&[answer], &[]).requests.remove(0).value
}

#[test]
fn small_programs_cost_what_a_hand_counts() {
    const SHAPES: &str = "A: m×k; B: k×n; C: n×n invertible; S: n×n spd; x: n; y: n; z: m; X: m×n";
    for (text, flops, moved, numbers) in [
        ("A*B", "2·k·m·n", "k·m + k·n + m·n", "m·n"),
        // x ⊙ y and its sum in one loop
        ("x'*y", "2·n", "2·n", "0"),
        ("X*x", "2·m·n", "m·n + m + n", "m"),
        // n(n + 1)/2 inner products of length m
        ("X'*X", "m·n² + m·n", "m·n + n²", "n²"),
        ("2*x + y", "2·n", "3·n", "n"),
        ("x.*y", "n", "3·n", "n"),
        ("x./y", "n", "3·n", "n"),
        ("exp(x)", "20·n", "2·n", "n"),
        ("exp(x).*exp(x)", "21·n", "2·n", "n"),
        ("z*x'", "m·n", "m·n + m + n", "m·n"),
        ("sum(X)", "m·n", "m·n", "0"),
        ("x.^3", "2·n", "2·n", "n"),
        ("sqrt(x)", "n", "2·n", "n"),
        ("det(C)", "2/3·n³ + n", "2·n² + n", "n²"),
        ("inv(C)*x", "2/3·n³ + 2·n²", "3·n² + 2·n", "n² + 2·n"),
        ("inv(S)*x", "1/3·n³ + 2·n²", "3·n² + 2·n", "n² + n"),
        ("inv(S)", "7/3·n³", "4·n²", "2·n²"),
        ("kron(x, y)", "n²", "n² + 2·n", "n²"),
        // (A B) x costs more than A (B x)
        ("A*B*x", "2·k·m + 2·k·n", "k·m + k·n + 2·k + m + n", "k + m"),
    ] {
        let cost = value(SHAPES, text);
        assert_eq!(cost.counts.flops.to_string(), flops, "flops of {text}");
        assert_eq!(cost.counts.moved.to_string(), moved, "moved by {text}");
        assert_eq!(cost.counts.numbers.to_string(), numbers, "memory of {text}");
    }
}

/// Numbers are as large as they are: no count ends at what a machine word holds.
#[test]
fn large_literal_sizes_are_counted() {
    let n = 100_000_000_000_000_i128;
    let cost = value(&format!("A: {n}×{n}; x: {n}"), "A*x");
    assert_eq!(cost.counts.flops.to_string(), (2 * n * n).to_string());
    assert_eq!(cost.counts.moved.to_string(), (n * n + 2 * n).to_string());
    let cost = value(&format!("A: {n}×{n}; B: {n}×{n}"), "sin(A*B)");
    // The product and its sine.
    assert_eq!(cost.counts.numbers.to_string(), (2 * n * n).to_string());
}

#[test]
fn what_does_not_change_in_a_loop_counts_once() {
    // c²: one multiplication; then one for every entry
    assert_eq!(value("c: scalar; X: m×n", "c^2*X").counts.flops.to_string(), "m·n + 1");
}

/// The entries of the derivatives.
fn outputs(cost: Option<&Cost>, at: &dyn Fn(&Name) -> Option<i64>) -> number::Rational {
    let outputs = cost.into_iter().flat_map(|cost| &cost.program.outputs).skip(1);
    let entries = outputs.map(|output| {
        let of = |size: Dimension| Amount::of(&size).evaluate(at).unwrap_or_else(number::zero);
        let lengths = output.ranges.iter().map(gradus::expression::Range::length);
        let length = lengths.fold(Dimension::one(), |all, length| all.times(&length));
        of(output.shape.entries()) * of(length)
    });
    entries.fold(number::zero(), |sum, entries| sum + entries)
}

/// Rows whose gradient is an explicit inverse, and whose value needs a factorisation alone.
const INVERSES: [&str; 3] = ["structured-07", "gp-02", "glasso-01"];

/// Reverse mode is cheap: a value with its gradients costs no more than six times the value.
#[test]
fn gradients_cost_a_few_times_the_value() {
    let mut models: Vec<(String, String)> = Vec::new();
    let directory = format!("{}/examples", env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "gradus")) {
        models.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
    }
    for row in crate::corpus::gradient_rows() {
        let text = format!("{}\ngradient of {} wrt {}", row.declarations, row.expression, row.wrt);
        models.push((format!("{}: {}", row.id, row.expression), text));
    }
    let settings = Settings { certify: gradus::session::Certify::Skip, ..Settings::default() };
    let (mut over, mut seen) = (String::new(), 0);
    for (name, text) in &models {
        let outcomes = Session::new().read(text, settings).unwrap();
        let answers: Vec<Answer> = outcomes
            .into_iter()
            .filter_map(|outcome| match outcome {
                Outcome::Answered(answer) if answer.kind == RequestKind::Gradient => Some(*answer),
                _ => None,
            })
            .collect();
        for request in information(&answers, &[]).requests {
            let Some(all) = &request.derivatives else { continue };
            let mut sizes: BTreeMap<Name, i64> = BTreeMap::new();
            // Large, and each another one; the first asked for are the smaller ones.
            let mut symbols = all.program.sizes.clone();
            symbols.sort();
            for (at, symbol) in symbols.iter().enumerate() {
                sizes.insert(symbol.clone(), 1000 + 37 * i64::try_from(at).unwrap());
            }
            let at = |name: &Name| sizes.get(name).copied().or(Some(1000));
            let (Some(value), Some(all)) =
                (request.value.counts.flops.evaluate(&at), all.counts.flops.evaluate(&at))
            else {
                continue;
            };
            seen += 1;
            // A gradient has entries even where the value reads only a few: tr(A), tr(kron(X, X)).
            let entries = value + outputs(request.derivatives.as_ref(), &at);
            let ratio = number::to_f64(&(all / entries));
            // Beside a Cholesky factorisation, n³/3, an explicit inverse takes 2n³.
            let most = if INVERSES.iter().any(|id| name.starts_with(id)) { 7.0 } else { 6.0 };
            if ratio > most {
                let _ =
                    writeln!(over, "{ratio:.1} {name}: {} by {:?}", request.formula, request.wrt);
            }
        }
    }
    assert!(seen > 150, "{seen}");
    assert_eq!(over, "");
}

const NETWORK: &str = "x: d; V: d×q; γ: q; W: q×l; θ: l; y: l\n\
    b = sigmoid(V'*x - γ)\nE = ½*norm2(sigmoid(W'*b - θ) - y)^2\n";

#[test]
fn the_three_layer_network_has_the_parameters_of_the_textbook() {
    let found = found(&format!("{NETWORK}gradient of E wrt V, W, γ, θ\ngradient of E wrt V"));
    let each: Vec<String> = found.parameters.iter().map(|one| one.count.to_string()).collect();
    assert_eq!(each, ["d·q", "l·q", "q", "l"]);
    assert_eq!(found.total().factored(), "(d + l + 1)·q + l");
    assert_eq!(found.total().to_string(), "d·q + l·q + l + q");
    assert_eq!(found.requests.len(), 2);
}

#[test]
fn structure_leaves_fewer_parameters() {
    for (declaration, count) in [
        ("S: n×n symmetric", "1/2·n² + 1/2·n"),
        ("S: n×n spd", "1/2·n² + 1/2·n"),
        ("S: n×n lower", "1/2·n² + 1/2·n"),
        ("S: n×n diagonal", "n"),
        ("S: n×n invertible", "n²"),
        ("S: n×n orthogonal", "n²"),
    ] {
        let found = found(&format!("{declaration}; A: n×n\ngradient of tr(A*S) wrt S"));
        assert_eq!(found.total().to_string(), count, "{declaration}");
    }
}

#[test]
fn families_are_summed_over_their_index() {
    let text = "W[l]: n[l]×n[l-1]; b[l]: n[l]; x: n[0]; y: n[L]\na[0] = x\n\
        a[l] = tanh(W[l]*a[l-1] + b[l]) for l in 1..L\nloss = norm2(a[L] - y)^2\n\
        gradient of loss wrt W, b";
    let mut found = found(text);
    assert_eq!(found.total().to_string(), "Σ(l in 1..L, n[l-1]·n[l] + n[l])");
    for (name, size) in [("L", 2), ("n[0]", 784), ("n[1]", 100), ("n[2]", 10)] {
        found.sizes.insert(Name::from(name), size);
    }
    let number = |amount: &Amount| number::to_i64(&found.number(amount).unwrap()).unwrap();
    assert_eq!(number(&found.total()), 784 * 100 + 100 + 100 * 10 + 10);
    // W a + b, tanh for every layer; (a − y), its norm squared
    let layers = 2 * (784 * 100 + 100 * 10) + 26 * (100 + 10);
    assert_eq!(number(&found.requests[0].value.counts.flops), layers + 3 * 10 + 1);
}

#[test]
fn a_loop_costs_as_often_as_it_runs() {
    let text = "x[t]: n; A: n×n\ns = sum(t in 1..T, x[t]'*A*x[t])\ngradient of s wrt A";
    let mut found = found(text);
    found.sizes = BTreeMap::from([(Name::from("T"), 7), (Name::from("n"), 10)]);
    let number = |amount: &Amount| number::to_i64(&found.number(amount).unwrap()).unwrap();
    let flops = number(&found.requests[0].value.counts.flops);
    assert_eq!(flops, 7 * (2 * 10 * 10 + 2 * 10 + 1), "{}", found.requests[0].value.counts.flops);
}

#[test]
fn the_workspace_is_that_of_the_emitted_code() {
    let text = "A: m×n; C: n×n invertible; x: n; y: m\n\
        gradient of norm2(A*inv(C)*x - y)^2 + log(det(C)) wrt C, x";
    let answer = &answers(text)[0];
    let cost = information(&answers(text), &[]).requests.remove(0).derivatives.unwrap();
    let (m, n) = (5_i64, 7_i64);
    let code = answer.code(Precision::Double).text;
    let length = |text: &str| -> i64 {
        let size = |name: &str| if name.trim() == "sizes.m" { m } else { n };
        text.split('*').map(size).product()
    };
    let held = |kind: &str| -> i64 {
        let fields = code.split(kind).skip(1);
        fields.map(|field| length(field.split(']').next().unwrap())).sum()
    };
    let sizes = |name: &Name| Some(if &**name == "m" { m } else { n });
    let number = |amount: &Amount| number::to_i64(&amount.evaluate(&sizes).unwrap()).unwrap();
    assert_eq!(number(&cost.counts.numbers), held("vec![0.0; "), "{code}");
    assert_eq!(number(&cost.counts.orders), held("vec![0; "), "{code}");
}

#[test]
fn the_heaviest_step_is_found_at_the_sizes_that_are_told() {
    let text = "A: m×k; B: k×n; x: n\nf = sum(sin(A*B))\nsizes m = 2, k = 2, n = 100000\ngradient of f wrt A";
    let answers = answers(text);
    let heaviest = |told: &[(Name, u64)]| {
        let found = information(&answers, told);
        let counts = &found.requests[0].value.counts;
        counts.heaviest(&found.expected()).unwrap().call.clone()
    };
    assert!(matches!(heaviest(&[]), Call::Fused { .. } | Call::Total { .. }));
    let told = [("m", 1000), ("k", 1000), ("n", 1000)].map(|(name, size)| (Name::from(name), size));
    assert!(matches!(heaviest(&told), Call::Product { .. }));
}

#[test]
fn amounts_are_polynomials() {
    let size = |name: &str| Amount::of(&Dimension::symbol(name));
    let (m, n) = (size("m"), size("n"));
    let square = m.plus(&n).times(&m.minus(&n));
    assert_eq!(square.to_string(), "m² − n²");
    assert!(square.minus(&square).is_zero());
    assert_eq!(square.scaled(&number::ratio(-2, 3)).to_string(), "2/3·n² − 2/3·m²");
    assert_eq!(m.times(&n).plus(&m).plus(&Amount::number(3)).factored(), "(n + 1)·m + 3");
    assert_eq!(n.factored(), "n");
    assert_eq!(Amount::default().to_string(), "0");
}

fn info(arguments: &[&str]) -> Run {
    gradus(&[&["info"], arguments].concat(), b"")
}

#[test]
fn the_command_line_counts_a_model() {
    let path = scratch("info").join("network.gradus");
    let model = format!("{NETWORK}sizes d = 100, q = 50, l = 10\ngradient of E wrt V, W, γ, θ\n");
    fs::write(&path, model).unwrap();
    let path = path.to_str().unwrap();
    let run = info(&[path]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for words in [
        "V: d×q  d·q = 5000\n",
        "total   d·q + l·q + l + q = (d + l + 1)·q + l = 5560\n",
        "gradient of E wrt V, W, γ, θ\n  the value\n    flops: about 2·d·q + 2·l·q + ",
        "  the value and its derivatives\n",
        "    workspace: 2·l + 2·q numbers = 960 B as f64, 480 B as f32\n",
        "    most: product Vᵀ (q×d)·x (d), 81 % of the flops\n",
    ] {
        assert!(run.stdout.contains(words), "{words} is not in\n{}", run.stdout);
    }
    let told = info(&[path, "--sizes", "q=2,l=3"]);
    assert!(told.stdout.contains("(d + l + 1)·q + l = 211\n"), "{}", told.stdout);
}

#[test]
fn a_formula_is_counted_without_a_file() {
    let run = info(&["--expr", "norm2(A*x-y)^2", "--wrt", "x"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("parameters\n  x: n  n\n"), "{}", run.stdout);
    assert!(!run.stdout.contains('='), "no number without sizes: {}", run.stdout);
}

#[test]
fn sizes_that_are_slips_are_refused() {
    for (sizes, words) in [
        ("h", "`h` is no size: type it as in `--sizes m=100,n=20`"),
        ("n=0", "`n=0` is no size"),
        ("n=many", "`n=many` is no size"),
        ("q=3", "nothing has the size q; the sizes here are m, n"),
    ] {
        let run = info(&["--expr", "norm2(A*x-y)^2", "--wrt", "x", "--sizes", sizes]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{sizes}");
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
}
