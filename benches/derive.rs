//! What a question costs: `cargo bench --bench derive`.
//!
//! Reading: text to typed expressions, kinds and sizes of undeclared names included.
//!
//! Corpus: every row, asked as the command line asks it (derivation, certificate, check, three notations). Large questions, from
//! text to text and to Rust: all gradients of deep networks, long sums and products, one process each so that the peak of memory is
//! theirs.

#![allow(clippy::print_stdout)] // A benchmark reports on standard output.

#[path = "../tests/suite/deep_model.rs"]
mod deep_model;

use std::process::Command;
use std::time::{Duration, Instant};

use gradus::elaborate;
use gradus::render::Notation;
use gradus::repl::present;
use gradus::session::{Answer, Outcome, Precision, Query, Session, Settings, module};
use gradus::syntax;
use gradus::syntax::ast::RequestKind;

const ROUNDS: usize = 7;

/// What a large question is called, its text for a size, and the sizes.
type Large = (&'static str, fn(usize) -> String, [usize; 3]);

const LARGE: [Large; 5] = [
    ("residual network, layers", deep_model::residual, [100, 200, 400]),
    ("perceptron, layers", deep_model::perceptron, [100, 200, 400]),
    ("sum of sines, terms", deep_model::sines, [1000, 2000, 4000]),
    ("sum of squares, terms", deep_model::squares, [1000, 2000, 4000]),
    ("trace of a product, factors", deep_model::trace, [500, 1000, 2000]),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--large") {
        Some(at) => {
            large(&arguments[at + 1], arguments[at + 2].parse().expect("a size"));
        }
        None => {
            reading();
            corpus();
            models();
            for (kind, _, sizes) in LARGE {
                for size in sizes {
                    let itself = std::env::current_exe().expect("this program");
                    let status =
                        Command::new(itself).args(["--large", kind, &size.to_string()]).status();
                    assert!(status.expect("this program runs").success());
                }
            }
        }
    }
}

/// Twelve names, none declared.
const LINE: &str = "norm2(A*x - b)^2 + c*norm1(x) + y'*inv(K + s^2*eye(n))*y + tr(B'*W*V) + sum(log.(1 .+ exp.(-z.*(X*w)))) \
     + logdet(S) + (u - v)'*inv(S)*(u - v) + 1/2*norm2(W*V - X*B)^2";

/// Sums over entries with twelve names, none declared.
const SUMS: &str = "Σ_i Σ_j W_ij ‖x_i − x_j‖² + Σ_i Σ_j A_ij y_i z_j + Σ_i (a_i - c*b_i)² + Σ_k p_k log q_k + Σ_i Σ_j (B_ij - u_i v_j)²";

/// Reading alone: a line as people type it, and long ones that nobody would, with sixty names.
fn reading() {
    let report = |name: &str, text: &str| {
        let mut found = "";
        let mut times: Vec<Duration> = (0..ROUNDS)
            .map(|_| {
                let start = Instant::now();
                let read = syntax::parse(text, &elaborate::is_known)
                    .map(|program| syntax::lifted(program, &elaborate::is_entrywise))
                    .map_err(drop)
                    .and_then(|program| elaborate::elaborate(&program).map_err(drop));
                found = if read.is_ok() { "read" } else { "an error" };
                start.elapsed()
            })
            .collect();
        times.sort();
        println!(
            "reading {name}, {} bytes: {:.3} ms (from {:.3} to {:.3}), {found}",
            text.len(),
            milliseconds(times[ROUNDS / 2]),
            milliseconds(times[0]),
            milliseconds(times[ROUNDS - 1]),
        );
    };
    report("a line", LINE);
    report("a line of sums over entries", SUMS);
    let sums: Vec<String> = (0..300).map(|at| format!("Σ_i Σ_j A{}_ij x_i x_j", at % 57)).collect();
    report("sums over entries", &sums.join(" + "));
    for (name, operators) in [
        ("sums of products", &[" + ", "*", "*"][..]),
        ("entrywise", &[".*", " .+ ", "*", " - "]),
        ("transposes", &["'*", "*", " + ", "'*"]),
        ("anything", &["*", "'*", " + ", ".*", "\\", " - ", "*tanh", "*norm2", "*inv", "*diag"]),
    ] {
        report(name, &hostile(operators));
    }
}

/// Ten thousand bytes with sixty names of all letters, joined by these operators.
fn hostile(operators: &[&str]) -> String {
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let mut text = String::from("(a1");
    let mut depth = 1;
    while text.len() < 10_000 {
        let operator = operators[next(operators.len())];
        text += operator;
        if operator.ends_with(char::is_alphanumeric) || (depth < 20 && next(4) == 0) {
            text.push('(');
            depth += 1;
        }
        text.push(char::from(b"axAbyBczXdwS"[next(12)]));
        text += &(1 + next(5)).to_string();
        if depth > 1 && next(4) == 0 {
            text.push(')');
            depth -= 1;
        }
    }
    text + &")".repeat(depth)
}

/// Every model file: all gradients, the check included.
fn models() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("examples")
        .map(|entry| entry.expect("a file").path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "gradus"));
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a model");
        let mut times: Vec<Duration> = (0..ROUNDS)
            .map(|_| {
                let start = Instant::now();
                Session::new().read(&text, Settings::default()).expect("answers");
                start.elapsed()
            })
            .collect();
        times.sort();
        println!(
            "{}: {:.1} ms (from {:.1} to {:.1})",
            path.file_stem().unwrap_or_default().to_string_lossy(),
            milliseconds(times[ROUNDS / 2]),
            milliseconds(times[0]),
            milliseconds(times[ROUNDS - 1]),
        );
    }
}

fn corpus() {
    let rows: Vec<Vec<&str>> = include_str!("../tests/corpus/derivatives.tsv")
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect())
        .collect();
    let mut questions: Vec<(Duration, Duration, &str)> = Vec::new();
    for row in &rows {
        let kind = match row[6] {
            "jacobian" => RequestKind::Jacobian,
            "hessian" => RequestKind::Hessian,
            _ => RequestKind::Gradient,
        };
        let declarations = row[3].to_owned();
        let query = Query { declarations, kind, ..Query::gradient(row[4], &[row[5]]) };
        let mut times: Vec<Duration> = (0..ROUNDS).map(|_| ask(&query)).collect();
        times.sort();
        questions.push((times[ROUNDS / 2], times[ROUNDS - 1].saturating_sub(times[0]), row[0]));
    }
    questions.sort();
    let at = |percent: usize| questions[(questions.len() - 1) * percent / 100];
    println!(
        "corpus: {} derivatives, median of {ROUNDS} rounds each (spread of that question)",
        rows.len()
    );
    for (name, percent) in [("median", 50), ("95th percentile", 95), ("slowest", 100)] {
        let (time, spread, id) = at(percent);
        println!(
            "  {name:16} {:>9.3} ms ± {:.3} ms   {id}",
            milliseconds(time),
            milliseconds(spread)
        );
    }
}

fn ask(query: &Query) -> Duration {
    let start = Instant::now();
    let answer = Session::new().ask(query).expect("an answer");
    for notation in [Notation::Ascii, Notation::Unicode, Notation::Latex] {
        std::hint::black_box(answer.written(notation));
    }
    start.elapsed()
}

fn large(kind: &str, size: usize) {
    let (_, text, _) = LARGE.iter().find(|(name, ..)| *name == kind).expect("a large question");
    let text = text(size);
    let (mut shown, mut emitted) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let start = Instant::now();
        let outcomes = Session::new().read(&text, Settings::default()).expect("an answer");
        let answers: Vec<Answer> = outcomes.into_iter().filter_map(Outcome::answer).collect();
        for answer in &answers {
            std::hint::black_box(present::answer(answer, Notation::Unicode));
        }
        shown.push(start.elapsed());
        let start = Instant::now();
        std::hint::black_box(module(&answers, Precision::Double)).expect("the answers have code");
        emitted.push(start.elapsed());
    }
    shown.sort();
    emitted.sort();
    println!(
        "{kind} {size}: {:.1} ms to text (from {:.1} to {:.1}), {:.1} ms more to Rust, peak memory {}",
        milliseconds(shown[1]),
        milliseconds(shown[0]),
        milliseconds(shown[2]),
        milliseconds(emitted[1]),
        peak_memory(),
    );
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or_else(|| "unknown".to_owned(), |peak| peak.trim().to_owned())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
