//! Printing: what is printed reads back as the same value, and reads well.

mod reader;

use gradus::expression::{Id, Properties, Store};
use gradus::function;
use gradus::render::{self, Document, Notation, Options, render};
use gradus::shape::{Dimension, Shape};

use super::corpus;
use reader::Reader;

fn options(reader: &Reader) -> Options {
    Options { variables: reader.variables.clone(), ..Options::default() }
}

fn lines(reader: &Reader, id: Id, notation: Notation) -> String {
    let formula = render(&reader.store, &[id], notation, &options(reader)).remove(0);
    let mut lines = formula.text;
    for binding in formula.bindings {
        lines += &format!("\n    where {} = {}", binding.name, binding.text);
    }
    lines
}

fn show(declarations: &str, text: &str, notation: Notation) -> String {
    let mut reader = Reader::new(declarations);
    let id = reader.read(text).unwrap();
    lines(&reader, id, notation)
}

/// Every expression and answer of the corpus that the test's reader understands.
fn corpus_values(mut visit: impl FnMut(&mut Reader, Id, &str)) -> usize {
    let mut count = 0;
    for row in corpus::rows() {
        for text in [&row.expression, &row.expected] {
            let mut reader = Reader::new(&row.declarations);
            if let Ok(id) = reader.read(text) {
                count += 1;
                visit(&mut reader, id, text);
            }
        }
    }
    count
}

fn reads_back(notation: Notation) {
    let mut wrong = Vec::new();
    let count = corpus_values(|reader, id, text| {
        let formula = render(&reader.store, &[id], notation, &options(reader)).remove(0);
        for binding in &formula.bindings {
            match reader.read(&binding.text) {
                Ok(value) => reader.bind(&binding.name, value),
                Err(error) => wrong.push(format!("{text}\n  {}: {error}", binding.text)),
            }
        }
        match reader.read(&formula.text) {
            Ok(back) if back == id => {}
            Ok(_) => wrong.push(format!("{text}\n  {}: another value", formula.text)),
            Err(error) => wrong.push(format!("{text}\n  {}: {error}", formula.text)),
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 450, "{count} values only");
}

#[test]
fn ascii_reads_back_as_the_same_value() {
    reads_back(Notation::Ascii);
}

#[test]
fn unicode_reads_back_as_the_same_value() {
    reads_back(Notation::Unicode);
}

/// Representative formulas: declarations, expression.
#[rustfmt::skip]
const SAMPLES: &[(&str, &str)] = &[
    ("A: m×n; x: n; b: m",            "2*A'*(A*x-b)"),
    ("A: m×n; x: n; b: m",            "norm2(A*x-b)^2"),
    ("A: n×n; b: n; x: n; c: scalar", "x'*A*x + b'*x + c"),
    ("A: n×n; x: n",                  "-A*x - x"),
    ("X: n×n inv",                    "-det(X)*inv(X)'"),
    ("X: n×n",                        "3*(X^2)'+X^3"),
    ("x: n; a: n",                    "eye(n)/norm2(x-a)-(x-a)*(x-a)'/norm2(x-a)^3"),
    ("A: m×n; x: n; y: m",            "A'*(y./(A*x))"),
    ("x: n",                          "x.^(-2) + x.^(1/2) - ones(n)./x"),
    ("a: n; x: n; b: n",              "(a'*x)*b*(b'*x)"),
    ("W: m×n; x: n; b: m",            "ones(m)-tanh(W*x+b).^2"),
    ("W1: m×n; x: n; b1: m",          "sigmoid(W1*x+b1)*x'"),
    ("c: scalar; x: n",               "c^2*sin(x)/(3*norm1(x))"),
    ("α: scalar; X: m×n; w: n",       "X'*X*w + α*w"),
    ("A: n×m; X: m×n",                "det(eye(n)+A*X)*A'*inv(eye(n)+A*X)'"),
    ("X: m×n; W: n×k; b: k",          "X*W + ones(m)*b'"),
    ("X: m×n; A: m×p",                "kron(A', eye(n))*commutation(m,n)"),
    ("t: n; r: n",                    "t*r'"),
    ("S: n×n spd; x: n; v: n",        "(2*pi)^(-n/2)*det(S)^(-1/2)*exp(-1/2*(x-v)'*inv(S)*(x-v))"),
    ("Q: m×n; K: q×n",                "exp(Q*K'/sqrt(n))./(exp(Q*K'/sqrt(n))*ones(q,q))"),
    ("x: n; t: n",                    "(ones(n) - t.^2).*(x - t)*(-1)"),
    ("x: n; g: n",                    "diag(g)*(eye(n)-ones(n,n)/n)/norm2(x)"),
    ("c: scalar; d: scalar",          "1 - tanh(c)^2 - d"),
];

#[test]
fn samples_in_every_notation() {
    let mut page = String::new();
    for (declarations, text) in SAMPLES {
        page += &format!("{text}\n");
        for notation in [Notation::Ascii, Notation::Unicode, Notation::Latex, Notation::MathMl] {
            page += &format!("    {}\n", show(declarations, text, notation));
        }
    }
    insta::assert_snapshot!(page);
}

#[test]
fn order_does_not_depend_on_how_it_was_written() {
    let declarations = "A: m×n; x: n; b: m; c: scalar";
    let first = show(declarations, "c*A'*(A*x-b) + x", Notation::Unicode);
    let second = show(declarations, "x - A'*(b-A*x)*c", Notation::Unicode);
    assert_eq!(first, second);
}

#[test]
fn latex_is_balanced_and_uses_known_commands() {
    let mut texts: Vec<String> =
        SAMPLES.iter().map(|(d, text)| show(d, text, Notation::Latex)).collect();
    corpus_values(|reader, id, _| texts.push(lines(reader, id, Notation::Latex)));
    for text in &texts {
        assert_latex(text);
    }
}

/// Braces and `\left … \right` balance, every command is one of math mode's.
pub(crate) fn assert_latex(text: &str) {
    const COMMANDS: &[&str] = &[
        "alpha",
        "arccos",
        "arcsin",
        "arctan",
        "cdot",
        "cos",
        "cosh",
        "delta",
        "det",
        "dots",
        "exp",
        "frac",
        "left",
        "log",
        "lVert",
        "lvert",
        "mathbf",
        "mathrm",
        "gamma",
        "max",
        "mu",
        "odot",
        "operatorname",
        "oslash",
        "otimes",
        "phi",
        "pi",
        "quad",
        "right",
        "rVert",
        "rvert",
        "sigma",
        "sin",
        "sinh",
        "sqrt",
        "sum",
        "tan",
        "tanh",
        "times",
        "top",
    ];
    let mut depth = 0;
    for c in text.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        assert!(depth >= 0, "{text}");
    }
    assert_eq!(depth, 0, "{text}");
    assert_eq!(text.matches(r"\left").count(), text.matches(r"\right").count(), "{text}");
    for command in text.replace(r"\_", "").split('\\').skip(1) {
        let end = command.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(command.len());
        assert!(COMMANDS.contains(&&command[..end]), "\\{} in {text}", &command[..end]);
    }
    assert!(!text.contains("^{}") && !text.contains("}^{1}") && !text.contains('\''), "{text}");
}

#[test]
fn mathml_is_well_formed() {
    let count = corpus_values(|reader, id, _| {
        let text = render(&reader.store, &[id], Notation::MathMl, &options(reader)).remove(0).text;
        assert_mathml(&text);
    });
    assert!(count > 450);
}

/// Every element that is opened is closed, in order.
pub(crate) fn assert_mathml(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    for piece in text.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').unwrap();
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{text}"),
            None => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert!(open.is_empty(), "{text}");
}

/// xₖ₊₁ = xₖ + tanh(W xₖ + b), each layer shared.
fn residual(store: &mut Store, layers: usize) -> Id {
    let n = Dimension::symbol("n");
    let (matrix, column) =
        (Shape::matrix(n.clone(), n.clone()), Shape::matrix(n, Dimension::one()));
    let weights = store.variable("W", matrix, Properties::NONE);
    let bias = store.variable("b", column.clone(), Properties::NONE);
    let mut x = store.variable("x", column.clone(), Properties::NONE);
    let tanh = function::find("tanh").unwrap();
    for _ in 0..layers {
        let product = store.multiply(weights, x);
        let inner = store.add(&[product, bias]);
        let value = store.apply(tanh, &[inner], &column);
        x = store.add(&[x, value]);
        store.seal(x);
    }
    x
}

#[test]
fn a_deep_network_prints_in_linear_size() {
    let size = |layers: usize| {
        let mut store = Store::new();
        let root = residual(&mut store, layers);
        assert_eq!(render::occurrences(&store, root), u64::MAX);
        let formula = render(&store, &[root], Notation::Latex, &Options::default()).remove(0);
        assert!(formula.bindings.len() >= layers / 30);
        formula.text.len()
            + formula.bindings.iter().map(|binding| binding.text.len()).sum::<usize>()
    };
    let (small, large) = (size(400), size(800));
    assert!(large < 2 * small + small / 4, "{small} then {large} bytes");
}

#[test]
fn a_chain_without_sharing_does_not_nest_deeper_than_it_should() {
    let mut store = Store::new();
    let mut value = store.variable("x", Shape::Scalar, Properties::NONE);
    let tanh = function::find("tanh").unwrap();
    for _ in 0..100_000 {
        value = store.apply(tanh, &[value], &Shape::Scalar);
    }
    let formula = render(&store, &[value], Notation::MathMl, &Options::default()).remove(0);
    assert!(formula.bindings.len() > 1000);
}

#[test]
fn roots_of_one_document_share_their_bindings() {
    let mut reader = Reader::new("W: m×n; x: n; b: m; y: m");
    let delta = "(sigmoid(W*x+b)-y).*sigmoid(W*x+b).*(ones(m)-sigmoid(W*x+b))";
    let texts = [format!("({delta})*x'"), delta.to_owned(), format!("W'*({delta})")];
    let roots: Vec<Id> = texts.iter().map(|text| reader.read(text).unwrap()).collect();
    let patient = Options { patience: 100, ..options(&reader) };
    let patient = Document::new(&reader.store, &roots, &patient);
    assert!(patient.definitions().is_empty());
    let document = Document::new(&reader.store, &roots, &options(&reader));
    let names: Vec<&str> = document.definitions().iter().map(|d| &*d.name).collect();
    assert_eq!(names, ["t1", "t2"]);
    assert!(document.occurrences() < patient.occurrences());
    let texts: Vec<String> =
        roots.iter().map(|root| document.text(*root, Notation::Unicode)).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn names_and_shapes() {
    let latex: Vec<String> =
        ["x", "W1", "x_i", "α", "beta", "loss", "dX", "x₁", "W_hh2", "Σ", "my_var_2"]
            .iter()
            .map(|name| render::name(name, Notation::Latex))
            .collect();
    let (m, n) = (Dimension::symbol("m"), Dimension::symbol("n").plus(&Dimension::one()));
    let shape = Shape::matrix(m, n);
    let all: Vec<String> = [Notation::Ascii, Notation::Unicode, Notation::Latex]
        .iter()
        .map(|notation| render::shape(&shape, *notation))
        .collect();
    insta::assert_snapshot!(format!("{}\n{}", latex.join("  "), all.join("  ")));
}

#[test]
fn ascii_elaborates_to_the_same_value() {
    let mut wrong = Vec::new();
    for row in corpus::rows() {
        for text in [&row.expression, &row.expected] {
            let declarations = row.declarations.replace(';', "\n");
            let model = corpus::model(&format!("{declarations}\n{text}"));
            let [id] = model.values.as_slice() else { panic!("{text}") };
            let variables = model.variables.iter().map(|variable| variable.name.clone()).collect();
            let options = Options { variables, ..Options::default() };
            let formula = render(&model.store, &[*id], Notation::Ascii, &options).remove(0);
            let mut source = declarations;
            for binding in &formula.bindings {
                source += &format!("\n{} = {}", binding.name, binding.text);
            }
            let again = corpus::model(&format!("{source}\n{}", formula.text));
            if again.store.hash(again.values[0]) != model.store.hash(*id) {
                wrong.push(format!("{text}\n  {}", formula.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A number before a fraction, letters before a bracket, and marks that only LaTeX has.
#[test]
fn signs_that_would_run_together_are_kept_apart() {
    let declared = "C: m×m; G: m×n; M: n×n; D: n×n; E: N×N; c: scalar; t: scalar";
    for (formula, expected) in [
        ("3*(1/2)^m*tr(C)", "3·½ᵐ·tr(C)"),
        ("2*norm_spec(G)", "2‖G‖₂"),
        ("c*t*(M .* D)", "ct·(D ⊙ M)"),
        ("c*(M .* D)", "c(D ⊙ M)"),
        ("M*D*(M + D)", "MD(D + M)"),
        ("n*N*(M + D)", "nN·(D + M)"),
        ("norm2(2*norm2(G)*kron(M, C))", "‖2·‖G‖·(M ⊗ C)‖"),
        ("norm1(norm2(G)^2/2*C)", "‖½·‖G‖²·C‖₁"),
    ] {
        let read = corpus::model(&format!("{declared}\n{formula}"));
        let options = Options::default();
        let text =
            render(&read.store, &[read.values[0]], Notation::Unicode, &options).remove(0).text;
        assert_eq!(text, expected, "{formula}");
        let again = corpus::model(&format!("{declared}\n{text}"));
        assert_eq!(
            again.store.hash(again.values[0]),
            read.store.hash(read.values[0]),
            "{formula} as {text}"
        );
    }
}
