//! Values that a plain formula overflows for: logarithms of softmax, of sums of exponentials, of logistic functions. They are finite
//! and right where the logarithm is, as values, as gradients, and in emitted code.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use gradus::emit::Precision;
use gradus::evaluate::{Point, evaluate};
use gradus::kernel::{Array, Dual};
use gradus::render::Notation;
use gradus::session::{Answer, Outcome, Query, Session, Settings};
use gradus::shape::Name;

fn answers(text: &str) -> Vec<Answer> {
    let outcomes = Session::new().read(text, Settings::default());
    let outcomes = outcomes.unwrap_or_else(|error| panic!("{text}\n{error}"));
    let answered = outcomes.into_iter().filter_map(Outcome::answer);
    answered.collect()
}

fn gradient(declarations: &str, formula: &str, wrt: &str) -> String {
    let query = Query { declarations: declarations.to_owned(), ..Query::gradient(formula, &[wrt]) };
    let answer = Session::new().ask(&query).unwrap_or_else(|error| panic!("{formula}: {error}"));
    answer.written(Notation::Ascii).remove(0).text
}

/// The gradient of a cross entropy arrives at ŷ − y, through names, layers, rows and columns.
#[test]
fn gradients_arrive_at_the_difference() {
    for (declarations, formula, wrt, expected) in [
        ("z: n; y: n", "cross_entropy(softmax(z), y)", "z", "sum(y)*softmax(z) - y"),
        ("z: n; y: n simplex", "cross_entropy(softmax(z), y)", "z", "softmax(z) - y"),
        ("z: n; y: n simplex", "-y'*log(softmax(z))", "z", "softmax(z) - y"),
        ("z: n; y: n simplex; p = softmax(z)", "-sum(y.*log(p))", "z", "p - y"),
        ("z: n; y: n simplex", "-sum(y.*log(exp(z)/sum(exp(z))))", "z", "softmax(z) - y"),
        ("Z: n×m; Y: n×m simplex", "cross_entropy(softmax(Z), Y)", "Z", "softmax(Z) - Y"),
        (
            "Z: n×m; Y: n×m simplex rows",
            "cross_entropy(softmax(Z, rows), Y)",
            "Z",
            "softmax(Z')' - Y",
        ),
        ("z: n; y: n", "binary_cross_entropy(sigmoid(z), y)", "z", "sigmoid(z) - y"),
        ("z: n", "sum(log(sigmoid(z)))", "z", "1 .- sigmoid(z)"),
        ("z: n", "sum(log(1 .- sigmoid(z)))", "z", "-sigmoid(z)"),
        ("z: n", "sum(log(1 .+ exp(z)))", "z", "sigmoid(z)"),
        ("a: scalar; b: scalar", "log(exp(a) + exp(b))", "b", "1 - sigmoid(a - b)"),
        ("z: n", "log(sum(exp(z))/n)", "z", "softmax(z)"),
    ] {
        assert_eq!(gradient(declarations, formula, wrt), expected, "{formula} by {wrt}");
    }
}

/// A softmax that is written out is one: by columns and by rows, with a diagonal matrix, and under a logarithm.
#[test]
fn exponentials_over_their_sum_are_softmax() {
    let pairs = [
        ("z: n; y: n", "y'*(exp(z)/sum(exp(z)))", "y'*softmax(z)", "z"),
        ("z: n; y: n", "(exp(-z/3)/(2*sum(exp(-z/3))))'*y", "softmax(-z/3)'*y/2", "z"),
        ("z: n; y: n", "sum(y.*exp(z)/sum(exp(z)))", "y'*softmax(z)", "z"),
        ("z: n; y: n", "y'*log(exp(z)/sum(exp(z)))", "y'*log(softmax(z))", "z"),
        (
            "Z: n×k; Y: n×k",
            "sum(Y.*(exp(Z)./(sum(exp(Z),rows)*ones(1,k))))",
            "sum(Y.*softmax(Z,rows))",
            "Z",
        ),
        (
            "Z: n×k; Y: n×k",
            "sum(Y.*(exp(Z)./(ones(n)*sum(exp(Z),columns))))",
            "sum(Y.*softmax(Z))",
            "Z",
        ),
        (
            "Z: n×k; Y: n×k",
            "sum(Y.*(diag(1 ./ sum(exp(Z),rows))*exp(Z)))",
            "sum(Y.*softmax(Z,rows))",
            "Z",
        ),
        (
            "Z: n×k; Y: n×k; w: n",
            "sum(Y.*(diag(w ./ sum(exp(Z),rows))*exp(Z)))",
            "sum(Y.*(diag(w)*softmax(Z,rows)))",
            "Z",
        ),
        (
            "Z: n×k; Y: n×k",
            "sum(Y.*(exp(Z)*diag(1 ./ sum(exp(Z'),rows))))",
            "sum(Y.*softmax(Z))",
            "Z",
        ),
        (
            "Z: n×k; Y: n×k",
            "sum(Y.*exp(Z).*((1 ./ sum(exp(Z),rows))*ones(1,k)))",
            "sum(Y.*softmax(Z,rows))",
            "Z",
        ),
        (
            "Z: n×k; Y: n×k",
            "sum(Y.*log(exp(Z)./(sum(exp(Z),rows)*ones(1,k))))",
            "sum(Y.*log(softmax(Z,rows)))",
            "Z",
        ),
        (
            "Z: n×k; Y: n×k",
            "sum(Y.*log(diag(1 ./ sum(exp(Z),rows))*exp(Z)))",
            "sum(Y.*log(softmax(Z,rows)))",
            "Z",
        ),
        (
            "Q: n×d; K: m×d; V: m×p",
            "sum((exp(Q*K')./(sum(exp(Q*K'),rows)*ones(1,m)))*V)",
            "sum(softmax(Q*K',rows)*V)",
            "Q",
        ),
        (
            "Z: n×k; Y: n×k",
            "sum(Y.*(exp(Z)/sum(exp(Z))))",
            "sum(Y.*exp(Z .- logsumexp(vec(Z))))",
            "Z",
        ),
    ];
    for (declarations, written, known, wrt) in pairs {
        let found = gradient(declarations, written, wrt);
        assert_eq!(found, gradient(declarations, known, wrt), "{written}");
    }
    // Other sums than those of the exponentials are none.
    let other = gradient("z: n; y: n", "y'*(exp(z)/(1 + sum(exp(z))))", "z");
    assert!(!other.contains("softmax"), "{other}");
}

/// A model with a point at which a plain formula overflows.
struct Case {
    text: &'static str,
    sizes: &'static [(&'static str, i64)],
    values: Vec<(&'static str, Vec<f64>)>,
    /// The value, by hand.
    expected: f64,
}

const NETWORK: &str = "x: n; W: h×n; V: k×h; y: k\np = softmax(V*tanh(W*x))\n\
    gradient of cross_entropy(p, y) wrt W, V";
const MIXTURE: &str = "x[i]: d; m[k]: d\n\
    gradient of sum(i in 1..N, log(sum(k in 1..K, exp(-norm2(x[i] - m[k])^2/2)))) wrt m, x";
const WEIGHTED: &str = "x[i]: d; m[k]: d; w: scalar; a[k]: scalar\nq[k] = exp(a[k]) for k in 1..K\n\
    gradient of sum(i in 1..N, log(w*sum(k in 1..K, q[k]*exp(-norm2(x[i] - m[k])^2/2)))) wrt m, a";
const BY_ROWS: &str = "Z: n×k; Y: n×k\n\
    gradient of sum(Y.*(exp(Z)./(sum(exp(Z),rows)*ones(1,k)))) wrt Z";
const LSTM: &str = "x[t]: d; y[t]: c; A: p×p; B: p×d; D: p×p; E: p×d; V: c×p; h0: p; c0: p\n\
    h[0] = h0\nC[0] = c0\n\
    f[t] = sigmoid(A*h[t-1] + B*x[t]) for t in 1..T\n\
    g[t] = tanh(D*h[t-1] + E*x[t]) for t in 1..T\n\
    C[t] = f[t].*C[t-1] + g[t] for t in 1..T\n\
    h[t] = f[t].*tanh(C[t]) for t in 1..T\n\
    p[t] = softmax(V*h[t]) for t in 1..T\n\
    gradient of -sum(t in 1..T, sum(y[t].*log(p[t]))) wrt A, B, D, E, V, h0, c0";

fn cases() -> Vec<Case> {
    let h = 0.5_f64.tanh();
    let network = |y: [f64; 2], expected: f64| Case {
        text: NETWORK,
        sizes: &[("n", 1), ("h", 1), ("k", 2)],
        values: vec![
            ("x", vec![1.0]),
            ("W", vec![0.5]),
            ("V", vec![1000.0 / h, -1000.0 / h]),
            ("y", y.to_vec()),
        ],
        expected,
    };
    // Distances 60 and 59: the nearer one decides.
    let outlier = -59.0_f64 * 59.0 / 2.0;
    let points = vec![("x[1]", vec![60.0]), ("m[1]", vec![0.0]), ("m[2]", vec![1.0])];
    let mut weighted = points.clone();
    weighted.extend([("w", vec![0.5]), ("a[1]", vec![0.0]), ("a[2]", vec![1.0])]);
    let sizes: &[(&str, i64)] = &[("d", 1), ("N", 1), ("K", 2)];
    let by_rows = vec![("Z", vec![1000.0, -2000.0, 0.0, -1000.0]), ("Y", vec![2.0, 3.0, 5.0, 0.0])];
    // One step: f = σ(1000), g = tanh(1000), C = 1, h = tanh 1; the wrong output of two is wanted.
    let lstm = vec![
        ("x[1]", vec![1.0]),
        ("y[1]", vec![0.0, 1.0]),
        ("A", vec![1000.0]),
        ("B", vec![1000.0]),
        ("D", vec![1000.0]),
        ("E", vec![1000.0]),
        ("V", vec![1000.0, -1000.0]),
        ("h0", vec![0.0]),
        ("c0", vec![0.0]),
    ];
    vec![
        network([1.0, 0.0], 0.0),
        network([0.0, 1.0], 2000.0),
        Case { text: BY_ROWS, sizes: &[("n", 2), ("k", 2)], values: by_rows, expected: 2.0 },
        Case { text: MIXTURE, sizes, values: points, expected: outlier },
        Case { text: WEIGHTED, sizes, values: weighted, expected: outlier + 0.5_f64.ln() + 1.0 },
        Case {
            text: LSTM,
            sizes: &[("d", 1), ("c", 2), ("p", 1), ("T", 1)],
            values: lstm,
            expected: 2000.0 * 1.0_f64.tanh(),
        },
    ]
}

impl Case {
    fn answer(&self) -> Answer {
        answers(self.text).remove(0)
    }

    fn shape(&self, answer: &Answer, name: &str) -> (usize, usize) {
        let base = name.split('[').next().unwrap_or(name);
        let known = answer.variables.iter().find(|variable| *variable.name == *base).unwrap();
        let size = |size: &gradus::shape::Dimension| {
            let number = size.evaluate(&|name| {
                self.sizes.iter().find(|(known, _)| **known == **name).map(|(_, value)| *value)
            });
            usize::try_from(number.unwrap()).unwrap()
        };
        (size(&known.shape.rows()), size(&known.shape.columns()))
    }

    /// The point; everything moves along a direction.
    fn point<T: Copy>(&self, answer: &Answer, number: impl Fn(f64, f64) -> T) -> Point<T> {
        let mut along = 0.0_f64;
        let mut values = BTreeMap::new();
        for (name, data) in &self.values {
            let (rows, columns) = self.shape(answer, name);
            let moved = data.iter().map(|value| {
                along += 1.0;
                number(*value, along.sin())
            });
            let data: Vec<T> = moved.collect();
            values.insert(Name::from(*name), Array { rows, columns, data });
        }
        let sizes = self.sizes.iter().map(|(name, value)| (Name::from(*name), *value)).collect();
        Point { sizes, values }
    }

    /// The value and the gradients, one entry after the other.
    fn values(&self, answer: &Answer) -> Vec<Vec<f64>> {
        let mut roots = vec![answer.value];
        roots.extend(answer.derivatives.iter().map(|derivative| derivative.id));
        let found = evaluate(&answer.store, &roots, &self.point(answer, |value, _| value));
        found.unwrap().into_iter().map(|value| value.data).collect()
    }

    /// How the value changes along the direction, by dual numbers, where only what the gradients are by moves.
    fn slope(&self, answer: &Answer) -> f64 {
        let moves = |name: &str| {
            let base = name.split('[').next().unwrap_or(name);
            answer.derivatives.iter().any(|derivative| *derivative.variable == *base)
        };
        let mut point = self.point(answer, |value, tangent| Dual { value, tangent });
        for (name, value) in &mut point.values {
            if !moves(name) {
                value.data.iter_mut().for_each(|entry| entry.tangent = 0.0);
            }
        }
        evaluate(&answer.store, &[answer.original], &point).unwrap()[0].data[0].tangent
    }

    /// ⟨G, D⟩ over all gradients.
    fn predicted(&self, answer: &Answer, values: &[Vec<f64>]) -> f64 {
        let directions = self.point(answer, |_, tangent| tangent).values;
        let mut sum = 0.0;
        for (derivative, gradient) in answer.derivatives.iter().zip(&values[1..]) {
            let family = format!("{}[", derivative.variable);
            let own = |name: &Name| **name == *derivative.variable || name.starts_with(&family);
            let along = directions.iter().filter(|(name, _)| own(name));
            let along: Vec<f64> = along.flat_map(|(_, value)| value.data.clone()).collect();
            assert_eq!(along.len(), gradient.len(), "{}", derivative.variable);
            sum += gradient.iter().zip(along).map(|(g, d)| g * d).sum::<f64>();
        }
        sum
    }
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a.is_finite() && b.is_finite() && (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

#[test]
fn values_and_gradients_are_finite_and_right() {
    for case in cases() {
        let answer = case.answer();
        let values = case.values(&answer);
        assert!(close(values[0][0], case.expected, 1e-12), "{}: {values:?}", case.text);
        let (predicted, found) = (case.predicted(&answer, &values), case.slope(&answer));
        assert!(close(predicted, found, 1e-9), "{}: {predicted} {found} {values:?}", case.text);
        assert!(values.iter().flatten().all(|value| value.is_finite()), "{}", case.text);
    }
}

/// One program with the code of all cases in both precisions, compiled once.
#[test]
fn emitted_code_is_finite_and_right() {
    let cases = cases();
    let (mut modules, mut calls) = (String::from("#![allow(dead_code)]\n"), String::new());
    for (at, case) in cases.iter().enumerate() {
        let answer = case.answer();
        for (name, precision) in [("double", Precision::Double), ("single", Precision::Single)] {
            let text = answer.code(precision).text;
            let _ = writeln!(modules, "mod {name}_{at} {{\n{text}}}");
            let _ = writeln!(calls, "{}", case.call(&answer, &format!("{name}_{at}")));
        }
    }
    let program = format!("{modules}\nfn main() {{\n{calls}}}\n");
    let printed = run(&program);
    let mut lines = printed.lines();
    for case in &cases {
        let expected: Vec<f64> = case.values(&case.answer()).concat();
        for tolerance in [1e-11, 1e-3] {
            let line = lines.next().unwrap();
            let found: Vec<f64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
            assert_eq!(found.len(), expected.len(), "{}", case.text);
            for (found, expected) in found.iter().zip(&expected) {
                assert!(close(*found, *expected, tolerance), "{}\n{line}\n{expected}", case.text);
            }
        }
    }
    assert!(lines.next().is_none());
}

impl Case {
    /// A block that calls the code at the point and prints what comes out on one line.
    fn call(&self, answer: &Answer, module: &str) -> String {
        let sizes =
            self.sizes.iter().map(|(name, value)| format!("{}: {value}", name.to_lowercase()));
        let mut inputs: BTreeMap<String, (Vec<f64>, bool)> = BTreeMap::new();
        for (name, data) in &self.values {
            let base = name.split('[').next().unwrap_or(name);
            let known = answer.variables.iter().find(|variable| *variable.name == *base).unwrap();
            let number = known.shape.is_scalar() && known.ranges.is_empty();
            let input = inputs.entry(base.to_lowercase()).or_insert((Vec::new(), number));
            input.0.extend(data);
        }
        let inputs = inputs.iter().map(|(name, (data, number))| {
            if *number { format!("{name}: {:?}", data[0]) } else { format!("{name}: &{data:?}") }
        });
        let outputs = answer.derivatives.iter().map(|derivative| {
            format!(
                "line.extend(o.gradient_{}.iter().map(|x| *x as f64));",
                derivative.variable.to_lowercase()
            )
        });
        format!(
            "    {{\n        use {module} as m;\n        let sizes = m::Sizes {{ {} }};\n        let inputs = m::Inputs {{ {} }};\n        \
             let mut workspace = m::Workspace::new(&sizes);\n        let o = m::value_and_gradient(&sizes, &inputs, &mut workspace);\n        \
             let mut line: Vec<f64> = vec![o.value as f64];\n        {}\n        \
             let words: Vec<String> = line.iter().map(|x| format!(\"{{x:e}}\")).collect();\n        println!(\"{{}}\", words.join(\" \"));\n    }}\n",
            sizes.collect::<Vec<_>>().join(", "),
            inputs.collect::<Vec<_>>().join(", "),
            outputs.collect::<Vec<_>>().join("\n        "),
        )
    }
}

/// What a program prints.
fn run(program: &str) -> String {
    let directory = std::env::temp_dir().join(format!("gradus-stable-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let (file, binary) = (directory.join("main.rs"), directory.join("main"));
    fs::write(&file, program).unwrap();
    let compiled = Command::new("rustc")
        .args(["--edition", "2021", "-A", "warnings", "-o"])
        .arg(&binary)
        .arg(&file)
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let printed = Command::new(&binary).output().unwrap();
    fs::remove_dir_all(&directory).unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    String::from_utf8(printed.stdout).unwrap()
}
