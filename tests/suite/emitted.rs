//! Everything that can be emitted: it compiles without a warning, its names do not cross, and it is as exact as it should be.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use gradus::evaluate::{Point, evaluate};
use gradus::function::{Domain, Form, Function, TABLE};
use gradus::kernel::Array;
use gradus::session::{
    Answer, Certify, Outcome, Precision, Query, Session, Settings, module, verify,
};
use gradus::syntax::ast::RequestKind;

use super::cli::{gradus, scratch};
use super::emit::{complaints, warnings};
use super::{corpus, layer};

const QUICK: Settings =
    Settings { convention: gradus::session::Convention::Projection, certify: Certify::Skip };

fn query(declarations: &str, expression: &str, wrt: &[&str], kind: RequestKind) -> Query {
    let wrt = wrt.iter().map(|name| (*name).to_owned()).collect();
    let (declarations, expression) = (declarations.to_owned(), expression.to_owned());
    Query { declarations, expression, wrt, kind, settings: QUICK }
}

fn ask(query: &Query) -> Answer {
    let answer = Session::new().ask(query);
    answer.unwrap_or_else(|error| panic!("{query:?}: {}", error.render("query", false)))
}

pub(crate) fn answers(text: &str) -> Vec<Answer> {
    let outcomes = Session::new().read(text, QUICK);
    let outcomes = outcomes.unwrap_or_else(|error| panic!("{}", error.render(text, false)));
    outcomes.into_iter().filter_map(Outcome::answer).collect()
}

fn fact(row: &Function) -> &'static str {
    match row.domain {
        Domain::Positive | Domain::AboveOne | Domain::Probability => " positive",
        Domain::Invertible => " invertible",
        Domain::Symmetric | Domain::Definite => " spd",
        Domain::Real | Domain::Unit | Domain::AboveMinusOne => "",
    }
}

/// The gradient of a scalar made of a row, its arguments variables; and the row of a constant, where that is a number.
fn of_row(row: &Function) -> Vec<Query> {
    let (name, gradient) = (row.name, RequestKind::Gradient);
    let constant = match row.domain {
        Domain::AboveOne => "4/3",
        Domain::Real
        | Domain::Positive
        | Domain::Unit
        | Domain::Probability
        | Domain::AboveMinusOne
        | Domain::Invertible
        | Domain::Symmetric
        | Domain::Definite => "1/3",
    };
    match row.form {
        Form::Entrywise { derivative, .. } => {
            let declared = format!("X: m×n{}; A: m×n", fact(row));
            let of_constant = format!("sum(A)*{name}({constant})");
            // The last of a series of derivatives has none.
            let by = if derivative.is_empty() { "A" } else { "X" };
            vec![
                query(&declared, &format!("sum({name}(X).*A)"), &[by], gradient),
                query(&declared, &of_constant, &["A"], gradient),
            ]
        }
        // A constant of the language, in places where a literal would have no type.
        Form::Array { arguments: "", .. } => {
            vec![query("x: n", &format!("sum(x)*sqrt({name}/3)"), &["x"], gradient)]
        }
        Form::Array { arguments, result, ref derivative, .. } => {
            let names: Vec<&str> = arguments
                .split(';')
                .filter_map(|argument| Some(argument.split_once(':')?.0.trim()))
                .collect();
            let declared = arguments.replace(" symmetric", "");
            let declared = declared.replace("n×n", &format!("n×n{}", fact(row)));
            let call = format!("{name}({})", names.join(", "));
            let scalar =
                if result == "scalar" { format!("{call}^2") } else { format!("norm2({call})^2") };
            // Of a row without a derivative the value alone is computed.
            let wrt = if derivative.is_some() { names[0] } else { "c" };
            let scalar = if derivative.is_some() { scalar } else { format!("c*{scalar}") };
            vec![query(&format!("{declared}; c: scalar"), &scalar, &[wrt], gradient)]
        }
    }
}

fn of_corpus(row: &corpus::Row) -> Query {
    let kind = match row.kind.as_str() {
        "gradient" => RequestKind::Gradient,
        "jacobian" => RequestKind::Jacobian,
        "hessian" => RequestKind::Hessian,
        other => panic!("{other}"),
    };
    let wrt: Vec<&str> = row.wrt.split(',').map(str::trim).collect();
    query(&row.declarations, &row.expression, &wrt, kind)
}

/// Numbers that are no decimals, where methods are called on them.
const CONSTANTS: &[&str] = &[
    "sum(x)*sqrt(1/3)",
    "sum(x)*sqrt(2)",
    "sum(x)*1e-5",
    "sum(x)*(1e-5)^(1/3)",
    "sum(x.^2)*(2/3)^(1/2)",
    "sum(x)*sqrt(pi/3)",
    "sum(x .+ sqrt(1/7))*sqrt(5)^3",
    "sum(x)*1e300*1e-300*sqrt(1e300)",
    "sum(x)*sqrt(123456789123456789123456789/7)",
    "sum(sqrt(1/3)*x.^2)/(1 + sqrt(1/3))",
    "sum(exp(-x/3)*sqrt(1/3))^(2/3)",
    "sum(i in 1..3, sqrt(1/i))*sum(x)",
];

fn everything() -> Vec<Answer> {
    let mut all: Vec<Answer> = Vec::new();
    all.extend(TABLE.iter().flat_map(of_row).map(|query| ask(&query)));
    all.extend(
        CONSTANTS
            .iter()
            .map(|formula| ask(&query("x: n positive", formula, &["x"], RequestKind::Gradient))),
    );
    for (_, declarations, expression, wrt) in layer::USES {
        all.push(ask(&query(declarations, expression, wrt, RequestKind::Gradient)));
    }
    all.extend(corpus::rows().iter().map(|row| ask(&of_corpus(row))));
    all.extend(examples());
    all
}

/// What the models of the examples ask.
fn examples() -> Vec<Answer> {
    let files = fs::read_dir("examples").unwrap().map(|file| file.unwrap().path());
    let models = files.filter(|path| path.extension().is_some_and(|end| end == "gradus"));
    models.flat_map(|path| answers(&fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn everything_compiles_without_warnings_and_unsafe_code() {
    let all = everything();
    assert!(all.len() > 350, "{}", all.len());
    let mut library = String::from("#![forbid(unsafe_code)]\n#![warn(missing_docs)]\n//! All.\n");
    for (at, answer) in all.iter().enumerate() {
        for (name, precision) in [("double", Precision::Double), ("single", Precision::Single)] {
            let text = answer.code(precision).text;
            let _ = writeln!(library, "/// {at}\npub mod {name}_{at} {{\n{text}}}");
        }
    }
    let routines = TABLE.iter().map(|row| match row.form {
        Form::Entrywise { routine, .. } | Form::Array { routine, .. } => routine,
    });
    let missing: Vec<&str> =
        routines.filter(|routine| !library.contains(&format!("{routine}("))).collect();
    // π is a constant of the language, and an adjugate is det(X)·inv(X).
    assert_eq!(missing, ["pi", "adjugate"], "rows whose routine no code calls");
    assert_eq!(warnings("everything", &library), "");
}

/// Memory is allocated once; where a call allocates every time, the text says so.
#[test]
fn a_second_call_allocates_nothing() {
    let mut all = examples();
    let examples = all.len();
    let formulas = ["norm2(tril(X)*x)^2", "sum(triu(X))*pi*sum(x)", "tr(expm(X))*sum(x)"];
    all.extend(
        formulas.map(|formula| {
            ask(&query("X: n×n; x: n", formula, &["X", "x"], RequestKind::Gradient))
        }),
    );
    all.extend(corpus::rows().iter().step_by(9).map(|row| ask(&of_corpus(row))));
    let reports = verify(&all).unwrap_or_else(|error| panic!("{error}"));
    let mut silent = 0;
    for (at, (answer, report)) in all.iter().zip(reports).enumerate() {
        let report = report.unwrap_or_else(|error| panic!("{}: {error}", answer.formula));
        let says = answer.code(Precision::Double).text.contains("allocate memory at every call");
        assert_eq!(report.allocations > 0, says, "{}: {report:?}", answer.formula);
        assert!(at >= examples || !says, "an example allocates: {}", answer.formula);
        silent += usize::from(!says);
    }
    assert!(silent > 30, "{silent}");
}

#[test]
fn names_never_cross() {
    let [answer] = answers("V: K×N; v: N; k: K; n: K; x_2: N; X: N\nf = k'*V*v + n'*k*sum(x_2.*X)\ngradient of f wrt V, v, X, x_2")
        .try_into()
        .unwrap();
    let code = answer.code(Precision::Double);
    assert_eq!(code.sizes, ["k", "n"]);
    assert_eq!(code.inputs, ["v_upper", "v", "k", "n", "x2", "x"]);
    assert_eq!(
        code.outputs,
        ["value", "gradient_v_upper", "gradient_v", "gradient_x", "gradient_x2"]
    );
    let sizes = answers("A: N×n; x: n\ngradient of sum(A*x) wrt x");
    assert_eq!(sizes[0].code(Precision::Double).sizes, ["n_upper", "n"]);
    let hessian = answers("A: n×n; w: n; W: n\nhessian of w'*A*W + sum(exp(w)) wrt w, W");
    for one in hessian {
        let code = one.code(Precision::Double);
        assert!(!code.inputs.iter().any(|input| input.starts_with('d')), "{:?}", code.inputs);
    }
}

/// A program of its own from a module and what uses it, compiled and run.
pub(crate) fn run(name: &str, module: &str, main: &str) -> String {
    let directory = scratch("emitted");
    let (source, program) = (directory.join(format!("{name}.rs")), directory.join(name));
    fs::write(&source, format!("mod code {{\n{module}}}\n{main}")).unwrap();
    let source = source.to_str().unwrap();
    let compiled = Command::new("rustc")
        .args(["-O", "--edition", "2021", "-A", "warnings", source, "-o"])
        .arg(&program)
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Where a function has a kink its derivative is 0: where a norm is 0 in whatever words, and where something is flat below a root.
#[test]
fn derivatives_at_kinks_are_zero() {
    let at_zero = [
        ("x: n; y: n\ngradient of norm2(x.*y) wrt x", ""),
        ("x: n; y: n\ngradient of sqrt(x'*x)*sum(y.*y) wrt x", ""),
        ("x: n; y: n\ngradient of sqrt(sum(x.^2) + norm2(y)^2) wrt x", ""),
        (
            "x: n; y: n; S: n×n spd\ngradient of sqrt(x'*S*x) + sum(y) wrt x",
            "s: &[2.0, 1.0, 1.0, 2.0]",
        ),
        (
            "x: n; y: n; S: n×n\ngradient of sqrt(x'*S'*S*x) + sum(y) wrt x",
            "s: &[2.0, 1.0, 3.0, 2.0]",
        ),
        ("x: n; y: n\ngradient of sum(sqrt(abs(x))) + sum(y) wrt x", ""),
        ("x: n; y: n\ngradient of sum(relu(x).^0.5) + sum(y) wrt x", ""),
    ];
    let (mut modules, mut calls) = (String::new(), String::new());
    for (at, (text, more)) in at_zero.iter().enumerate() {
        let code = answers(text)[0].code(Precision::Double).text;
        modules += &format!("pub mod m{at} {{\n{code}}}\n");
        let with = |x: &str, y: &str| {
            format!(
                "{{ use code::m{at} as m; let sizes = m::Sizes {{ n: 2 }}; let mut workspace = m::Workspace::new(&sizes);
                let inputs = m::Inputs {{ x: &{x}, y: &{y}, {more} }};
                print!(\" {{:?}}\", m::value_and_gradient(&sizes, &inputs, &mut workspace).gradient_x); }}"
            )
        };
        calls += &with("[0.0, 0.0]", "[0.0, 0.0]");
    }
    // The ReLU is flat for every number below 0 as well.
    calls += "{ use code::m6 as m; let sizes = m::Sizes { n: 2 }; let mut workspace = m::Workspace::new(&sizes);
        let inputs = m::Inputs { x: &[-1.0, 0.25], y: &[0.0, 0.0] };
        print!(\" {:?}\", m::value_and_gradient(&sizes, &inputs, &mut workspace).gradient_x); }";
    let printed = run("kinks", &modules, &format!("fn main() {{ {calls} }}"));
    let expected = " [0.0, 0.0]".repeat(at_zero.len()) + " [0.0, 1.0]";
    assert_eq!(printed.replace("-0.0", "0.0"), expected);
    // As values, too.
    let answer = answers(at_zero[6].0).remove(0);
    let column = |data: [f64; 2]| Array { rows: 2, columns: 1, data: data.to_vec() };
    let point = Point {
        sizes: [("n".into(), 2)].into(),
        values: [("x".into(), column([-1.0, 0.25])), ("y".into(), column([0.0; 2]))].into(),
    };
    let gradient = evaluate(&answer.store, &[answer.derivatives[0].id], &point).unwrap();
    assert_eq!(gradient[0].data, [0.0, 1.0]);
}

/// What is divided by a norm and does not vanish with it is not 0 where the norm is.
#[test]
fn poles_stay_poles() {
    let code =
        answers("x: n; y: n\ngradient of y'*x/norm2(y) wrt x")[0].code(Precision::Double).text;
    let other =
        answers("x: n; y: n\ngradient of x'*y/(x'*x) wrt y")[0].code(Precision::Double).text;
    let call = |name: &str, wrt: &str, y: &str| {
        format!(
            "{{ use code::{name} as m; let sizes = m::Sizes {{ n: 1 }}; let mut workspace = m::Workspace::new(&sizes);
            let inputs = m::Inputs {{ x: &[{y}], y: &[1.0 - {y}] }};
            println!(\"{{}}\", m::value_and_gradient(&sizes, &inputs, &mut workspace).gradient_{wrt}[0]); }}"
        )
    };
    let main = format!("fn main() {{ {}{} }}", call("a", "x", "0.5"), call("b", "y", "0.0"));
    let printed =
        run("poles", &format!("pub mod a {{\n{code}}}\npub mod b {{\n{other}}}\n"), &main);
    assert_eq!(printed, "1\nNaN\n");
}

#[test]
fn long_sums_are_exact_in_single_precision() {
    let all = answers("x: n; A: n×m; b: n\ngradient of sum(x.^2) + x'*b + sum(A'*x) wrt x");
    let text = all[0].code(Precision::Single).text;
    let main = "fn main() {
    let n = 1_000_003;
    let x: Vec<f32> = (0..n).map(|k| 0.1 + (k % 977) as f32 / 1000.0).collect();
    let sizes = code::Sizes { n, m: 5 };
    let a: Vec<f32> = x.iter().cycle().take(5 * n).copied().collect();
    let inputs = code::Inputs { x: &x, a: &a, b: &x };
    let mut workspace = code::Workspace::new(&sizes);
    let found = code::value_and_gradient(&sizes, &inputs, &mut workspace).value as f64;
    let square: f64 = x.iter().map(|x| (*x as f64).powi(2)).sum();
    println!(\"{:e}\", (found - 7.0 * square).abs() / (7.0 * square));
}";
    let error: f64 = run("sums", &text, main).trim().parse().unwrap();
    assert!(error < 1e-6, "{error:e}");
}

/// A residual network, written out.
fn network(layers: usize) -> String {
    let mut text = String::from("a0: p\nW1: p×p\nc: scalar\nh1 = a0 + tanh(W1*a0)\n");
    for layer in 2..=layers {
        let _ = writeln!(text, "h{layer} = h{0} + norm2(h{0})*tanh(W1*h{0})/100", layer - 1);
    }
    text + &format!("L = c*norm2(h{layers})^2\ngradient of L wrt W1, a0, c\n")
}

#[test]
fn functions_have_a_bounded_length() {
    let text = answers(&network(40))[0].code(Precision::Double).text;
    let lengths =
        text.split("\nfn ").map(|part| part.split("\n}\n").next().unwrap().lines().count());
    assert!(text.matches("\nfn part").count() > 3, "{text}");
    assert!(lengths.max().unwrap() < 600);
    let reports = verify(&answers(&network(40))).unwrap_or_else(|error| panic!("{error}"));
    let report = reports.into_iter().next().unwrap().unwrap_or_else(|error| panic!("{error}"));
    assert!(gradus::session::agrees(&report), "{report:?}");
}

#[test]
fn the_smallest_legal_sizes_are_verified() {
    let models = [
        ("x[i]: d\nJ = ½*sum(i in 1..n-1, norm2(x[i+1]-x[i])^2)\ngradient of J wrt x", "n", 0),
        ("x[i]: scalar\ngradient of sum(i in 1..n-1, x[i]^2)+sum(i in 2..n, x[i]^3) wrt x", "n", 0),
        (
            "y[t]: scalar; a: scalar; b: scalar\ngradient of sum(t in 3..T, (y[t]-a*y[t-1]-b*y[t-2])^2) wrt a, b, y",
            "T",
            0,
        ),
        (
            "x[t]: d; y[t]: p; W: p×p; U: p×d; h0: p\nh[0] = h0\nh[t] = tanh(W*h[t-1]+U*x[t]) for t in 1..T\ngradient of sum(t in 1..T, norm2(h[t]-y[t])^2) wrt W, U, h0",
            "T",
            0,
        ),
        ("A: m×n; x: n; b: m\ngradient of norm2(A*x-b)^2 wrt x, A", "n", 1),
        // Loops between literals, derivatives by elements.
        ("x[i]: d\ngradient of sum(i in 1..3, norm2(x[i])^2) wrt x", "d", 1),
        (
            "x: p; W[l]: p×p\na[0] = x\na[l] = tanh(W[l]*a[l-1]) for l in 1..3\ngradient of norm2(a[3])^2 wrt W",
            "p",
            1,
        ),
        ("y[t]: scalar; a: scalar\ngradient of sum(t in 4..T, (y[t]-a*y[t-3])^2) wrt a", "T", 0),
        ("x[i]: n\ngradient of norm2(x[1]-x[2])^2 wrt x[1], x[2]", "n", 1),
        ("x: n; W[l]: n×n\ngradient of norm2(W[1]*W[2]*x)^2 wrt W[2], W", "n", 1),
        ("z: K; y: K simplex\ngradient of softmax_cross_entropy(z, y) wrt z", "K", 1),
        ("W: 1×n; x: n; y: 1\ngradient of -y'*log(softmax(W*x)) wrt W", "n", 1),
        ("x[t]: p; m: p\ngradient of sum(t in 1..T, norm2(x[t]-m)^2) wrt m", "T", 0),
        (
            "x[t]: d; W: p×p; U: p×d; h0: p\nh[0] = h0\nh[t] = tanh(W*h[t-1]+U*x[t]) for t in 1..T\ngradient of norm2(h[T])^2 wrt W, U",
            "T",
            0,
        ),
    ];
    let all: Vec<Answer> = models.iter().flat_map(|(text, ..)| answers(text)).collect();
    let reports = verify(&all).unwrap_or_else(|error| panic!("{error}"));
    for ((text, size, least), report) in models.iter().zip(reports) {
        let report = report.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(gradus::session::agrees(&report), "{text}: {report:?}");
        let found = report.sizes.iter().filter_map(|sizes| sizes.get(*size)).min();
        assert_eq!(found, Some(least), "{text}");
    }
}

/// Code for the gradient of a sum over y[t] against differences of its value, for every length but those that it refuses.
fn assert_every_length(name: &str, sum: &str, refused: &[usize]) {
    let all = answers(&format!("y[t]: scalar\nf = {sum}\ngradient of f wrt y"));
    let text = all[0].code(Precision::Double).text;
    let main = format!(
        "fn main() {{
    for t in (0..8).filter(|t| !{refused:?}.contains(t)) {{
        let sizes = code::Sizes {{ t }};
        let at = |y: &[f64]| {{
            let mut workspace = code::Workspace::new(&sizes);
            let outputs = code::value_and_gradient(&sizes, &code::Inputs {{ y }}, &mut workspace);
            (outputs.value, outputs.gradient_y.to_vec())
        }};
        let y: Vec<f64> = (0..t).map(|k| (1.7 * k as f64 + 0.3).sin()).collect();
        for (place, slope) in at(&y).1.iter().enumerate() {{
            let moved = |by: f64| {{
                let mut y = y.clone();
                y[place] += by;
                at(&y).0
            }};
            let expected = (moved(1e-4) - moved(-1e-4)) / 2e-4;
            assert!((slope - expected).abs() < 1e-6, \"{{t}}: {{place}}: {{slope}}, not {{expected}}\");
        }}
        assert_eq!(at(&y).1.len(), t);
    }}
    println!(\"right\");
}}"
    );
    assert_eq!(run(name, &text, &main).trim(), "right", "{sum}");
    let bound = |least: usize| text.contains(&format!("\"T ≥ {least}\""));
    assert_eq!(bound(refused.last().map_or(0, |most| most + 1)), !refused.is_empty(), "{text}");
}

#[test]
fn differences_of_neighbours_have_gradients_at_every_length() {
    assert_every_length("differences", "sum(t in 1..T-1, (y[t+1]-y[t])^2)", &[]);
    assert_every_length("curvature", "sum(t in 2..T-1, (y[t+1]-2*y[t]+y[t-1])^2)", &[]);
    assert_every_length("regression", "sum(t in 3..T, (y[t]-y[t-1]/3+y[t-2]^2)^2)", &[]);
    assert_every_length("ends", "sum(t in 1..T-1, y[t]^2)+sum(t in 2..T, y[t]^3)", &[]);
    assert_every_length("ridge", "sum(t in 1..T-1, (y[t+1]-y[t])^2)+sum(t in 1..T, y[t]^2)", &[]);
    // The first and the last places overlap at several lengths, and nothing reaches the ones in the middle.
    assert_every_length("season", "sum(t in 4..T, (y[t]-y[t-3]*y[t-1])^2)", &[]);
    assert_every_length("distant", "sum(t in 4..T, y[t]^2*y[t-3])+sum(t in 1..T, y[t]^3)", &[]);
    assert_every_length("both_ends", "y[1]*y[T]+sum(t in 2..T, y[t]^2*y[t-1])", &[0]);
    assert_every_length("three", "y[3]^2*y[T]+sum(t in 1..T-1, y[t]*y[t+1])", &[0, 1, 2]);
}

/// Recurrences with two lags: their adjoints have first and last steps that overlap where they are short.
#[test]
fn lengths_with_formulas_of_their_own_are_verified() {
    let models = [
        "y[t]: scalar; a: scalar; b: scalar\ngradient of sum(t in 3..T, (y[t]-a*y[t-1]-b*y[t-2])^2) wrt a, b, y",
        "x[t]: p; y[t]: p; A: p×p; B: p×p; g: p; h: p\ns[0] = g\ns[1] = h\n\
         s[t] = tanh(A*s[t-1]+B*s[t-2]+x[t]) for t in 2..T\n\
         gradient of sum(t in 2..T, norm2(s[t]-y[t])^2) wrt A, B, g, h, x",
        "x[t]: d; y[t]: p; W: p×p; U: p×d; b: p; h0: p; v: p\nh[0] = h0\n\
         h[t] = tanh(W*h[t-1] + U*x[t] + b) for t in 1..T\nL = ½*sum(t in 1..T, norm2(h[t] - y[t])^2)\n\
         gradient of grad(L, b)'*v wrt b, U, h0",
    ];
    let all: Vec<Answer> = models.iter().flat_map(|text| answers(text)).collect();
    let reports = verify(&all).unwrap_or_else(|error| panic!("{error}"));
    for ((text, short), report) in models.iter().zip([3, 3, 1]).zip(reports) {
        let report = report.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(gradus::session::agrees(&report), "{text}: {report:?}");
        let lengths: Vec<i64> =
            report.sizes.iter().filter_map(|sizes| sizes.get("T").copied()).collect();
        assert!(lengths.contains(&short) && lengths.iter().any(|it| *it > 3), "{lengths:?}");
    }
}

#[test]
fn sizes_that_are_too_small_are_refused_in_words() {
    let all = answers("x[i]: scalar\nJ = x[2]*sum(i in 1..n, x[i]^2)\ngradient of J wrt x");
    let text = all[0].code(Precision::Double).text;
    assert!(text.contains("check_enough(\"n ≥ 2\", sizes.n, 2);"), "{text}");
}

// ---- files

#[test]
fn output_never_replaces_what_somebody_wrote() {
    let directory = scratch("emit-output");
    let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
    let model = "x: n\ngradient of x'*x wrt x\n";
    fs::write(path("m.gradus"), model).unwrap();
    fs::write(path("by-hand.rs"), "fn main() {}\n").unwrap();
    let emit = |output: &str| gradus(&["emit", &path("m.gradus"), "-o", output], b"");
    let mut outputs = vec![
        (path("m.gradus"), "the model itself"),
        (path("../emit-output/./m.gradus"), "the model itself"),
        (path("by-hand.rs"), "did not generate"),
        (path(""), "directory"),
        (path("missing/m.rs"), "No such file"),
    ];
    #[cfg(unix)]
    {
        let _ = fs::remove_file(path("soft.rs"));
        let _ = fs::remove_file(path("hard.rs"));
        std::os::unix::fs::symlink(path("m.gradus"), path("soft.rs")).unwrap();
        fs::hard_link(path("m.gradus"), path("hard.rs")).unwrap();
        outputs.push((path("soft.rs"), "the model itself"));
        outputs.push((path("hard.rs"), "the model itself"));
    }
    for (output, words) in outputs {
        let run = emit(&output);
        assert_eq!(run.code, Some(2), "{output}: {}", run.stderr);
        assert!(run.stderr.contains(words) && run.stderr.contains("E1104"), "{}", run.stderr);
    }
    assert_eq!(fs::read_to_string(path("m.gradus")).unwrap(), model);
    assert_eq!(fs::read_to_string(path("by-hand.rs")).unwrap(), "fn main() {}\n");
    for _ in 0..2 {
        let run = emit(&path("m.rs"));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    let text = fs::read_to_string(path("m.rs")).unwrap();
    assert!(text.starts_with("// @generated by gradus"), "{text}");
    let left: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn emitted_files_are_formatted() {
    let all = answers("x: n\ngradient of sum(x)*sqrt(1/3) + norm2(x)^(2/3)*1e-5 wrt x");
    let found = complaints(
        "rustfmt",
        &["--check", "--edition", "2021"],
        "constants",
        &module(&all, Precision::Double).unwrap(),
    );
    assert_eq!(found, "");
}

#[cfg(unix)]
#[test]
fn endless_files_end() {
    for arguments in [
        vec!["derive", "--file", "/dev/zero"],
        vec!["emit", "/dev/zero"],
        vec!["verify", "/dev/zero"],
        vec!["info", "/dev/zero"],
    ] {
        let run = gradus(&arguments, b"");
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert!(run.stderr.contains("too long"), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn a_machine_without_what_is_needed_is_told_so() {
    let verify = |variable: &str, value: &str| {
        let run = Command::new(env!("CARGO_BIN_EXE_gradus"))
            .args(["verify", "--expr", "x'*x", "--wrt", "x"])
            .env(variable, value)
            .output()
            .unwrap();
        (run.status.code(), String::from_utf8(run.stderr).unwrap())
    };
    for (variable, value, code, words) in [
        ("TMPDIR", "/no/such/directory", "E1007", "set TMPDIR"),
        ("RUSTC", "/no/such/compiler", "E1002", "install Rust"),
        ("RUSTC", "false", "E1008", "install Rust"),
    ] {
        let (exit, said) = verify(variable, value);
        assert_eq!(exit, Some(2), "{said}");
        assert!(said.contains(code) && said.contains(words), "{said}");
        assert!(!said.contains("fault of gradus"), "{said}");
    }
    assert!(!std::path::Path::new("/no/such/directory").exists());
}
