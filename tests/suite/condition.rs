//! Comparisons and choices: values, derivatives and emitted code where what is not chosen does not exist; how they are written.

use std::collections::BTreeMap;

use gradus::evaluate::{Point, evaluate};
use gradus::kernel::Array;
use gradus::render::Notation;
use gradus::session::{Answer, Precision, Query, Session};
use gradus::syntax::ast::RequestKind;

use super::emitted;

fn ask(declarations: &str, formula: &str, by: &str, kind: RequestKind) -> Answer {
    let mut query = Query::gradient(formula, &[by]);
    query.declarations = declarations.into();
    query.kind = kind;
    let answer = Session::new().ask(&query);
    answer.unwrap_or_else(|error| panic!("{formula}: {}", error.render(formula, false)))
}

fn printed(declarations: &str, formula: &str, by: &str, notation: Notation) -> String {
    let answer = ask(declarations, formula, by, RequestKind::Gradient);
    answer.written(notation).remove(0).text
}

fn refusal(declarations: &str, formula: &str, by: &str) -> String {
    let mut query = Query::gradient(formula, &[by]);
    query.declarations = declarations.into();
    match Session::new().ask(&query) {
        Ok(answer) => panic!("{formula}: {}", answer.written(Notation::Ascii).remove(0).text),
        Err(error) => error.render(formula, false),
    }
}

/// Value and derivative at columns of the given entries.
fn at(answer: &Answer, n: i64, values: &[(&str, &[f64])]) -> (Vec<f64>, Vec<f64>) {
    let column = |data: &[f64]| Array { rows: data.len(), columns: 1, data: data.to_vec() };
    let point = Point {
        sizes: [("n".into(), n)].into(),
        values: values
            .iter()
            .map(|(name, data)| ((*name).into(), column(data)))
            .collect::<BTreeMap<_, _>>(),
    };
    let roots = [answer.value, answer.derivatives[0].id];
    let mut found = evaluate(&answer.store, &roots, &point).unwrap();
    let derivative = found.remove(1);
    (found.remove(0).data, derivative.data)
}

#[test]
fn what_is_not_chosen_need_not_exist() {
    let x = [-1.0, 2.0, -3.0, 0.5];
    let gradient = ask("x: n", "sum(where(x > 0, log(x), 0))", "x", RequestKind::Gradient);
    assert_eq!(at(&gradient, 4, &[("x", &x)]), (vec![0.0], vec![0.0, 0.5, 0.0, 2.0]));
    let hessian = ask("x: n", "sum(where(x > 0, log(x), 0))", "x", RequestKind::Hessian);
    let mut expected = vec![0.0; 16];
    (expected[5], expected[15]) = (-0.25, -4.0);
    assert_eq!(at(&hessian, 4, &[("x", &x)]).1, expected);
    let root = ask("x: n; y: n", "sum(where(x > 0, y.*sqrt(x), y.^2))", "x", RequestKind::Gradient);
    let (value, slope) = at(&root, 2, &[("x", &[-4.0, 4.0]), ("y", &[3.0, 5.0])]);
    assert_eq!((value, slope), (vec![19.0], vec![0.0, 1.25]));
    let number = ask("a: scalar", "where(a > 0, log(a), a^2)", "a", RequestKind::Gradient);
    assert_eq!(at(&number, 1, &[("a", &[-3.0])]), (vec![9.0], vec![-6.0]));
    let array =
        ask("a: scalar; x: n", "sum(where(a > 0, log(a)*x, x.^2))", "x", RequestKind::Gradient);
    assert_eq!(at(&array, 2, &[("a", &[-1.0]), ("x", &[1.0, 2.0])]), (vec![5.0], vec![2.0, 4.0]));
    // The condition itself must exist.
    let (value, _) = at(&gradient, 1, &[("x", &[f64::NAN])]);
    assert!(value[0].is_nan());
}

#[test]
fn emitted_code_computes_nothing_of_what_is_not_chosen() {
    let text = "x: n\ngradient of sum(where(x > 0, log(x), 0)) + sum(x.*(x < -2)./(x .- 5)) wrt x";
    let module = emitted::answers(text)[0].code(Precision::Double).text;
    let main = "fn main() {
    let x = [-1.0, 2.0, 5.0, 0.5];
    let sizes = code::Sizes { n: 4 };
    let inputs = code::Inputs { x: &x };
    let mut workspace = code::Workspace::new(&sizes);
    let found = code::value_and_gradient(&sizes, &inputs, &mut workspace);
    println!(\"{} {:?}\", found.value, found.gradient_x);
}";
    let output = emitted::run("chosen", &module, main);
    let value = 5.0_f64.ln();
    let numbers: Vec<f64> = output
        .split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | ','))
        .filter(|word| !word.is_empty())
        .map(|word| word.parse().unwrap())
        .collect();
    assert_eq!(numbers[1..], [0.0, 0.5, 0.2, 2.0], "{output}");
    assert!((numbers[0] - value).abs() < 1e-15, "{output}");
}

#[test]
fn each_comparison_is_0_or_1() {
    let x = [-1.0, 0.0, 1.0];
    for (sign, expected) in [
        ("<", [1.0, 0.0, 0.0]),
        ("<=", [1.0, 1.0, 0.0]),
        (">", [0.0, 0.0, 1.0]),
        (">=", [0.0, 1.0, 1.0]),
        ("==", [0.0, 1.0, 0.0]),
        ("!=", [1.0, 0.0, 1.0]),
    ] {
        // z is 0; the other way round the same is said.
        for formula in [format!("y'*(x {sign} z)"), format!("y'*(-z {sign} -x)")] {
            let answer = ask("x: n; y: n; z: n", &formula, "y", RequestKind::Gradient);
            let (ones, zeros) = ([1.0; 3], [0.0; 3]);
            let (_, found) = at(&answer, 3, &[("x", &x), ("y", &ones), ("z", &zeros)]);
            assert_eq!(found, expected, "{formula}");
        }
    }
}

/// `declarations | formula | variable | gradient in ascii`
const PRINTED: &str = "
r: n; δ: scalar positive | sum(where(abs(r) <= δ, ½*r.^2, δ*(abs(r) .- δ/2))) | r | r.*(abs(r) <= δ) + δ*(sign(r).*(abs(r) > δ))
r: n; δ: scalar positive | sum(huber(r, δ)) | r | r.*(abs(r) <= δ) + δ*(sign(r).*(abs(r) > δ))
x: n; y: n | sum(max(x, y)) | y | (y > x)
x: n | sum(min(x, 2)) | x | (x <= 2)
x: n | sum(max(0, x)) | x | step(x)
x: n | sum(where(x > 0, x, 0)) | x | step(x)
x: n; y: n | sum(where(x == y, x.*y, 0)) | x | y.*(x == y)
a: scalar; b: scalar; c: scalar | where(a < b and b < c, a*b, c) | a | b*(b > a)*(c > b)
a: scalar; b: scalar; c: scalar | where(a < b or b < c, a*b, c) | a | b*(b > a or c > b)
a: scalar; b: scalar; c: scalar | where(not (a < b || b < c), a*b, c) | a | b*not(b > a or c > b)
X: N×d; y: N; w: d; τ: scalar | sum((y - X*w).*(τ .- (y - X*w < 0))) | w | X'*((X*w > y) - τ*ones(N))
x: n; t: scalar | sum(clamp(x, -t, t)) | x | (x >= -t).*(x <= t)
C: n×n; u: n; z: n | sum((u < C*ones(n)).*z) | z | (C*ones(n) > u)
X: m×n | sum(max(X, columns)) | X | max
a: 3; b: 3; c: 3 | dot(c, cross(a, b)) | a | cross(b, c)
x: n; y: n | norm2(cumsum(x) - y)^2 | x | -2*cumsum_back(y - cumsum(x))
x: n | var(x) | x | 2
";

#[test]
fn conditions_are_written_as_they_are_read() {
    for line in PRINTED.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        // `||` is no separator.
        let (declarations, by, expected) =
            (parts[0], parts[parts.len() - 2], parts[parts.len() - 1]);
        let formula = parts[1..parts.len() - 2].join("||").replace("||||", "||");
        let found = printed(declarations, &formula, by, Notation::Ascii);
        if matches!(expected, "max" | "2") {
            assert!(found.contains(expected), "{formula}: {found}");
        } else {
            assert_eq!(found, expected, "{formula}");
        }
    }
    let latex = printed("r: n; δ: scalar", "sum(r.*(abs(r) <= δ))", "r", Notation::Latex);
    assert_eq!(latex, r"\left[\operatorname{abs}\left(r\right) \le \delta\right]");
    let unicode = printed("r: n; δ: scalar", "sum(r.*(r >= δ))", "r", Notation::Unicode);
    assert_eq!(unicode, "(δ ≤ r)");
}

/// What is written differently and means the same: `declarations | variable | formulas`.
const ALIKE: &str = "
x: n; y: n | x | sum(where(x > 0, x.*y, y)); sum(ifelse.(x .> 0, x.*y, y)); np.sum(np.where(x > 0, x*y, y)); torch.where(x > 0, x*y, y).sum(); \\operatorname{sum}(\\operatorname{where}(x > 0, x \\odot y, y))
x: n; y: n | x | sum(max(x, y)); np.maximum(x, y).sum(); sum(max.(x, y)); sum(where(x >= y, x, y)); sum(where(not(x < y), x, y)); sum(where(y <= x, x, y))
x: n | x | sum(clamp(x, -1, 2)); np.clip(x, -1, 2).sum(); torch.clamp(x, -1, 2).sum(); sum(clip(x, -1, 2))
x: n; y: n | y | sum(y.*(x > 1)); \\operatorname{sum}(y \\odot [x > 1]); sum(y.*𝟏[x > 1]); sum(y.*(1 < x))
x: n; y: n | y | sum(y.*(x > 1 and x < 2)); sum(y.*((x > 1) & (x < 2))); sum(y.*(x > 1 && x < 2)); np.sum(y * ((x > 1) & (x < 2))); sum(y.*(x > 1 ∧ x < 2))
x: n; y: n | y | sum(y.*(x < 1 or x > 2)); sum(y.*((x < 1) ∨ (x > 2))); sum(y.*(x < 1 || x > 2)); np.sum(y * ((x < 1) | (x > 2)))
x: n; y: n | y | sum(y.*(x ≤ 1)); \\operatorname{sum}(y \\odot [x \\leq 1]); sum(y.*(x .<= 1)); \\operatorname{sum}(y \\odot [1 \\ge x])
x: n; y: n | y | sum(y.*(x ≠ 1)); \\operatorname{sum}(y \\odot [x \\neq 1]); sum(y.*(x ~= 1)); sum(y.*!(x == 1))
X: m×n; v: m | X | v'*max(X, rows); v @ np.max(X, axis=1); v'*max(X', columns)'
a: scalar; b: scalar | a | max(a, b); \\max(a, b); \\max\\{a, b\\}
A: m×n; c: scalar | c | 3*c*norm2(A < 0)^2; 3‖A < 0‖²*c; c*3‖A < 0‖²
a: scalar; b: scalar | a | min(a, b); \\min\\left\\{a, b\\right\\}; where(a <= b, a, b)
";

#[test]
fn other_notations_mean_the_same() {
    for line in ALIKE.lines().filter(|line| !line.is_empty()) {
        let [declarations, by, formulas] = line.splitn(3, " | ").collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let mut first = None;
        for formula in formulas.split("; ") {
            let found = printed(declarations, formula, by, Notation::Ascii);
            let expected = first.get_or_insert_with(|| found.clone());
            assert_eq!(found, *expected, "{formula}");
        }
    }
}

/// `declarations | formula | variable | words of the refusal`
const REFUSED: &str = "
a: scalar; b: scalar; c: scalar | a < b < c | b | E0136; write `a < b and b < c`
x: n; y: m | sum(where(x > y, y, 0)) | y | E0205; a column of n; a column of m
x: n; y: m | sum(where(x > 0, x, y)) | y | E0205; a column of n; a column of m
x: n; y: m | sum(where(x > 0, y, y)) | y | E0205
x: n; y: n | sum(where(x, y, 0)) | y | E0250; where(x != 0, a, b)
x: n; y: n | sum(y.*(x and y > 0)) | y | E0250
x: n | min() | x | E0204; 1 to 8 arguments
x: n | max() | x | E0204
a: 3; b: 4 | sum(cross(a, b)) | a | E0206
";

#[test]
fn what_has_no_meaning_is_refused() {
    for line in REFUSED.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [declarations, formula, by, words] = parts[..] else { panic!("{line}") };
        let found = refusal(declarations, formula, by);
        for word in words.split("; ") {
            assert!(found.contains(word), "{formula}: `{word}` is not in\n{found}");
        }
    }
}

#[test]
fn an_inner_product_is_no_comparison() {
    for formula in ["<x, A*y>", "2*<x, A*y>/2", "x'*A*y", "(<x, A*y>)"] {
        assert_eq!(
            printed("x: m; A: m×n; y: n", formula, "y", Notation::Ascii),
            "A'*x",
            "{formula}"
        );
    }
}

#[test]
fn largest_entries_by_rows_and_columns_go_to_the_first() {
    let answer = ask("X: 2×2; v: 2", "v'*max(X, rows)", "X", RequestKind::Gradient);
    let matrix = |data: &[f64]| Array { rows: 2, columns: 2, data: data.to_vec() };
    let point = Point {
        sizes: BTreeMap::new(),
        values: [
            ("X".into(), matrix(&[5.0, 1.0, 5.0, 2.0])),
            ("v".into(), Array { rows: 2, columns: 1, data: vec![3.0, 7.0] }),
        ]
        .into(),
    };
    let found = evaluate(&answer.store, &[answer.derivatives[0].id], &point).unwrap();
    assert_eq!(found[0].data, [3.0, 0.0, 0.0, 7.0]);
}
