//! Tensors, windows and the layers made of them: gradients against dual numbers, adjoints, the texts of answers, emitted code,
//! and what is wrong with sizes that do not fit.

use gradus::differentiate::{differential, direction, gradients};
use gradus::elaborate::{self, Model};
use gradus::evaluate::{self, Comparison, Effort, check_gradients};
use gradus::expression::{Id, Node, Store, TensorOperation};
use gradus::render::{Notation, Options, render};
use gradus::session::{Answer, Outcome, Session, SessionError, Settings, agrees, verify};
use gradus::shape::{Dimension, Shape};
use gradus::syntax;
use gradus::work;

use crate::corpus::model;

/// The shape of a convolution's result.
const CONVOLVED: &str = "((h+2*P-F)/S+1)×((w+2*P-F)/S+1)×o×N";

/// What is linear in X: declarations, the image of X, its shape.
#[rustfmt::skip]
const LINEAR: &[(&str, &str, &str)] = &[
    ("X: h×w×c×N; K: F×F×c×o",  "correlate(X, K)",         "(h-F+1)×(w-F+1)×o×N"),
    ("X: h×w×c; K: F×F×c×o",    "correlate(X, K)",         "(h-F+1)×(w-F+1)×o"),
    ("X: h×w; K: k×l×1×o",      "correlate(X, K)",         "(h-k+1)×(w-l+1)×o"),
    ("X: h×w×c; K: k×l×c",      "correlate(X, K)",         "(h-k+1)×(w-l+1)"),
    ("X: h×w×1×N; K: k×l",      "correlate(X, K)",         "(h-k+1)×(w-l+1)×1×N"),
    ("X: h×w; K: k×l",          "correlate(X, K)",         "(h-k+1)×(w-l+1)"),
    ("Z: h×w×c×N; X: F×F×c×o",  "correlate(Z, X)",         "(h-F+1)×(w-F+1)×o×N"),
    ("Z: h×w×c; X: F×F×c×o",    "correlate(Z, X)",         "(h-F+1)×(w-F+1)×o"),
    ("Z: h×w; X: k×l×1×o",      "correlate(Z, X)",         "(h-k+1)×(w-l+1)×o"),
    ("Z: h×w×1×N; X: k×l×1×o",  "correlate(Z, X)",         "(h-k+1)×(w-l+1)×o×N"),
    ("Z: h×w×c×N; X: k×l×c",    "correlate(Z, X)",         "(h-k+1)×(w-l+1)×1×N"),
    ("X: h×w×c×N",              "turn180(X)",              "h×w×c×N"),
    ("X: h×w×c×N",              "swap(X)",                 "h×w×N×c"),
    ("X: h×w×c",                "swap(X)",                 "h×w×1×c"),
    ("X: h×w×c×N",              "pad(X, 1, P)",            "(h+2)×(w+2*P)×c×N"),
    ("X: h×w",                  "pad(X, P)",               "(h+2*P)×(w+2*P)"),
    ("X: h×w×c",                "crop(X, P, 1)",           "(h-2*P)×(w-2)×c"),
    ("X: h×w×c×N",              "interleave(X, S, 3)",     "(S*(h-1)+1)×(3*w-2)×c×N"),
    ("X: h×w×c×N",              "subsample(X, S, 2)",      "((h-1)/S+1)×((w-1)/2+1)×c×N"),
    ("X: h×w×c×N",              "reshape(X, N, c, w, h)",  "N×c×w×h"),
    ("X: h×w×c×N",              "reshape(X, h*w, c*N)",    "(h*w)×(c*N)"),
    ("X: m×n",                  "reshape(X, n, 1, m)",     "n×1×m"),
    ("X: h×w×c×N",              "vec(X)",                  "(h*w*c*N)"),
    ("X: h×w×c×N",              "flatten(X)",              "N×(h*w*c)"),
    ("X: h×w×c",                "flatten(X)",              "(h*w*c)"),
    ("X: h×w",                  "flatten(X)",              "(h*w)"),
    ("X: c",                    "channels(X, h, w, c, N)", "h×w×c×N"),
    ("X: c",                    "channels(X, h, w, c)",    "h×w×c"),
    ("X: h×w×c×N",              "channel_sums(X)",         "c"),
    ("X: h×w×c×N; A: h×w×c×N; s: scalar", "s*A.*X - 2*X",  "h×w×c×N"),
    ("X: scalar; A: h×w×c",     "A .+ X",                  "h×w×c"),
    ("X: h×w×c×N",              "avgpool2d(X, R)",         "(h/R)×(w/R)×c×N"),
    ("X: h×w×c×N",              "avgpool2d(X, R, S)",      "((h-R)/S+1)×((w-R)/S+1)×c×N"),
    ("X: h×w×c×N",              "avgpool2d(X, 2, 3, 1, 2)", "(h-1)×((w-3)/2+1)×c×N"),
    ("X: h×w×c×N",              "average_spread(X, R, S)", "(S*(h-1)+R)×(S*(w-1)+R)×c×N"),
    ("X: (h/R)×(w/R)×c×N; A: h×w×c×N", "max_scatter(X, A, R)", "h×w×c×N"),
    ("X: h×w×c×N; A: h×w×c×N",  "max_gather(X, A, R, S)",  "((h-R)/S+1)×((w-R)/S+1)×c×N"),
];

/// Values that are not linear in X.
#[rustfmt::skip]
const CURVED: &[(&str, &str)] = &[
    ("X: h×w×c×N",               "sum(maxpool2d(X, R).^3)"),
    ("X: h×w×c×N",               "sum(maxpool2d(X, R, S).^3)"),
    ("X: h×w",                   "sum(maxpool2d(X, 2).^2)"),
    ("X: h×w×c×N",               "sum(tanh(X).*sigmoid(X))"),
    ("X: h×w×c×N",               "norm2(X)"),
    ("X: h×w×c×N; c: scalar",    "norm2(X .- c)^2 + norm1(X)"),
    ("X: h×w×c; Y: h×w×c",       "sum(exp(X)./(1 .+ Y.^2)) + sum(relu(X).^2)"),
    ("X: h×w×c positive",        "sum(log(X)./sqrt(X)) + max(X)"),
    ("X: h×w×c×c",               "sum(tanh(correlate(X, swap(turn180(X)))))"),
];

fn linear() -> impl Iterator<Item = (String, &'static str)> {
    LINEAR.iter().map(|(declared, image, shape)| {
        (format!("{declared}; G: {shape}\nsum(G.*({image}))"), *image)
    })
}

fn variable(model: &Model, name: &str) -> Id {
    model.store.find_variable(name).unwrap()
}

fn gradient(model: &mut Model, name: &str) -> Id {
    let (value, x) = (model.values[0], variable(model, name));
    gradients(&mut model.store, value, &[x]).unwrap_or_else(|error| panic!("{error}"))[0]
}

fn assert_equal(store: &Store, a: Id, b: Id, what: &str) {
    let comparison = evaluate::equal(store, a, store, b, 4);
    assert!(matches!(comparison, Comparison::Equal { .. }), "{what}: {comparison:?}");
}

/// ⟨A, B⟩
fn inner(store: &mut Store, a: Id, b: Id) -> Id {
    let shape = store.shape(a).clone();
    let product = store.hadamard(&[a, b], &shape);
    store.total(product)
}

#[test]
fn gradients_agree_with_dual_numbers() {
    let curved = CURVED.iter().map(|(declared, value)| (format!("{declared}\n{value}"), *value));
    for (source, name) in linear().chain(curved) {
        let mut model = model(&source);
        let x = variable(&model, "X");
        let found = gradient(&mut model, "X");
        assert_eq!(model.store.shape(found), model.store.shape(x), "{name}");
        check_gradients(&model.store, model.values[0], &[(x, found)], &Effort::default())
            .unwrap_or_else(|error| panic!("{source}: {error}"));
    }
}

/// ⟨G, L X⟩ = ⟨L*G, X⟩
#[test]
fn pullbacks_are_adjoints() {
    for (source, name) in linear().filter(|(_, name)| *name != "A .+ X") {
        let mut model = model(&source);
        let (value, x) = (model.values[0], variable(&model, "X"));
        let adjoint = gradient(&mut model, "X");
        let other = inner(&mut model.store, adjoint, x);
        assert_equal(&model.store, value, other, name);
    }
}

/// df = ⟨∂f/∂X, dX⟩
#[test]
fn differentials_agree_with_gradients() {
    let curved = CURVED.iter().map(|(declared, value)| (format!("{declared}\n{value}"), *value));
    for (source, name) in linear().chain(curved) {
        let mut model = model(&source);
        let (value, x) = (model.values[0], variable(&model, "X"));
        let moved = direction(&mut model.store, x);
        let forward = differential(&mut model.store, value, &[(x, moved)]).unwrap();
        let found = gradient(&mut model, "X");
        let backward = inner(&mut model.store, found, moved);
        assert_equal(&model.store, forward, backward, name);
    }
}

/// A second derivative goes through the adjoints of the adjoints.
#[test]
fn gradients_have_gradients() {
    for (source, name) in linear() {
        let mut model = model(&source);
        let g = variable(&model, "G");
        let adjoint = gradient(&mut model, "X");
        let shape = model.store.shape(adjoint).clone();
        let cubes = model.store.hadamard(&[adjoint, adjoint, adjoint], &shape);
        let value = model.store.total(cubes);
        let found = gradients(&mut model.store, value, &[g]).unwrap()[0];
        check_gradients(&model.store, value, &[(g, found)], &Effort::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

fn written(store: &Store, id: Id, notation: Notation) -> String {
    let options = Options { patience: u64::MAX, ..Options::default() };
    render(store, &[id], notation, &options).remove(0).text
}

/// What is printed is the language: read again, it is the same node.
#[test]
fn answers_read_back() {
    let curved = CURVED.iter().map(|(declared, value)| (format!("{declared}\n{value}"), *value));
    for (source, name) in linear().chain(curved) {
        let mut first = model(&source);
        let found = gradient(&mut first, "X");
        let declared = source.split('\n').next().unwrap();
        for id in [first.values[0], found] {
            for notation in [Notation::Ascii, Notation::Unicode] {
                let text = written(&first.store, id, notation);
                let again = model(&format!("{declared}\n{text}"));
                let value = again.values[0];
                assert_eq!(written(&again.store, value, notation), text, "{name}");
                assert_eq!(again.store.shape(value), first.store.shape(id), "{name}: {text}");
                let comparison = evaluate::equal(&first.store, id, &again.store, value, 2);
                assert!(
                    matches!(comparison, Comparison::Equal { .. }),
                    "{name}: {text}: {comparison:?}"
                );
            }
        }
    }
}

fn read(text: &str) -> Result<Vec<Answer>, SessionError> {
    let outcomes = Session::new().read(text, Settings::default())?;
    Ok(outcomes.into_iter().filter_map(Outcome::answer).collect())
}

fn answer(text: &str) -> Answer {
    read(text).unwrap_or_else(|error| panic!("{}", error.render("test", false))).remove(0)
}

/// The gradients in the forms that textbooks give them.
#[test]
fn gradients_of_windows_read_like_the_textbook() {
    let convolved = |arguments: &str| {
        format!(
            "X: h×w×c×N; K: F×F×c×o; G: {CONVOLVED}\n\
             gradient of sum(G.*conv2d(X, K{arguments})) wrt X, K"
        )
    };
    let plain = convolved("").replace("+2*P", "").replace("/S", "");
    let unpadded = convolved(", S").replace("+2*P", "");
    let pooled = |image: &str, shape: &str| {
        format!("X: h×w×c×N; G: {shape}\ngradient of sum(G.*{image}) wrt X")
    };
    let mut text = String::new();
    for source in [
        plain,
        unpadded,
        convolved(", S, P"),
        pooled("maxpool2d(X, R)", "(h/R)×(w/R)×c×N"),
        pooled("maxpool2d(X, R, S)", "((h-R)/S+1)×((w-R)/S+1)×c×N"),
        pooled("avgpool2d(X, R)", "(h/R)×(w/R)×c×N"),
        "A: h×w×c×N; b: c; G: h×w×c×N\ngradient of sum(G.*channel_bias(A, b)) wrt A, b".to_owned(),
        "A: h×w×c×N; V: (h*w*c)×k; G: N×k\ngradient of sum(G.*(flatten(A)*V)) wrt A, V".to_owned(),
    ] {
        let answer = answer(&source);
        text += source.lines().last().unwrap();
        for (derivative, formula) in
            answer.derivatives.iter().zip(answer.written(Notation::Unicode))
        {
            text += &format!("\n  by {}: {}", derivative.variable, formula.text);
        }
        text.push('\n');
    }
    insta::assert_snapshot!("gradients_of_windows", text);
}

/// A convolutional network.
fn network(stride: &str, padding: &str) -> String {
    let side = |side: &str| format!("((({side}+2*({padding})-F)/({stride})+1)/R)");
    format!(
        "X: h×w×c×N; K: F×F×c×o; b: o; V: (o*{}*{})×k; v: k; Y: N×k\n\
         A = relu(channel_bias(conv2d(X, K, {stride}, {padding}), b))\n\
         Z = dense(flatten(maxpool2d(A, R)), V, v)\n\
         loss = softmax_cross_entropy(Z, Y, rows)/N\n\
         gradient of loss wrt K, b, V, v",
        side("h"),
        side("w")
    )
}

#[test]
fn networks_derive_in_few_steps() {
    let source = network("S", "P");
    let (_, before) = (answer(&source), work::steps());
    let found = answer(&source);
    let steps = work::steps() - before;
    assert!(steps < 1_000_000, "{steps}");
    assert_eq!(found.derivatives.len(), 4);
}

/// Strides and paddings as numbers and as symbols; a size that is only declared is what the windows leave.
#[test]
fn networks_are_verified() {
    let mut answers: Vec<Answer> = [("1", "0"), ("1", "1"), ("2", "0"), ("2", "1"), ("S", "P")]
        .iter()
        .map(|(stride, padding)| answer(&network(stride, padding)))
        .collect();
    let named = network("S", "P");
    let from = named.find("V: ").unwrap();
    let to = from + named[from..].find("; v").unwrap();
    answers.push(answer(&format!("{}V: q×k{}", &named[..from], &named[to..])));
    verified(&answers);
}

fn verified(answers: &[Answer]) {
    for (report, answer) in verify(answers).unwrap().iter().zip(answers) {
        let report = report.as_ref().unwrap_or_else(|error| panic!("{}: {error}", answer.name()));
        assert!(agrees(report), "{}: {report:?}", answer.name());
    }
}

/// Every operation and every adjoint in emitted code.
#[test]
fn operations_are_verified() {
    let linear = LINEAR.iter().map(|(declared, image, shape)| {
        format!("{declared}; G: {shape}\ngradient of sum((G.*({image})).^2) wrt X, G")
    });
    let curved =
        CURVED.iter().map(|(declared, value)| format!("{declared}\ngradient of {value} wrt X"));
    let answers: Vec<Answer> = linear.chain(curved).map(|source| answer(&source)).collect();
    verified(&answers);
}

/// Dilated, strided, padded convolution is the sum that defines it.
#[test]
fn convolution_is_its_definition() {
    for (stride, padding, dilation) in [(1, 0, 1), (2, 1, 1), (1, 2, 2), (3, 1, 2)] {
        let (k, l) = (2, 3);
        let (h, w) = (
            dilation * (k - 1) + 1 + 2 * stride - 2 * padding,
            dilation * (l - 1) + 1 + 3 * stride - 2 * padding,
        );
        if h < 1 || w < 1 {
            continue;
        }
        let answer = answer(&format!(
            "X: {h}×{w}×2×3; K: {k}×{l}×2×4\n\
             gradient of sum(conv2d(X, K, {stride}, {padding}, {dilation}).^2) wrt X"
        ));
        let point =
            evaluate::sample(&answer.store, &[answer.value], &std::collections::BTreeMap::new(), 5)
                .unwrap();
        let found = evaluate::evaluate(&answer.store, &[answer.value], &point).unwrap();
        let (x, kernel) = (&point.values["X"].data, &point.values["K"].data);
        let mut sum = 0.0;
        for (n, o, i, j) in quadruples([3, 4, 3, 4]) {
            let mut entry = 0.0;
            for (c, a, b, _) in quadruples([2, k, l, 1]) {
                let (row, column) = (stride * i + dilation * a, stride * j + dilation * b);
                if row >= padding && row < h + padding && column >= padding && column < w + padding
                {
                    let at = (row - padding) + h * ((column - padding) + w * (c + 2 * n));
                    entry += x[at] * kernel[a + k * (b + l * (c + 2 * o))];
                }
            }
            sum += entry * entry;
        }
        let value = found[0].data[0];
        assert!((value - sum).abs() <= 1e-12 * sum, "{stride} {padding} {dilation}: {value} {sum}");
    }
}

fn quadruples(sides: [usize; 4]) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    let [a, b, c, d] = sides;
    (0..a * b * c * d).map(move |at| (at % a, at / a % b, at / a / b % c, at / a / b / c))
}

/// In a tie the first entry, column by column, gets the gradient.
#[test]
fn ties_go_to_the_first() {
    let answer = answer("X: 2×2×1×1\ngradient of sum(3*maxpool2d(X, 2)) wrt X");
    let mut point =
        evaluate::sample(&answer.store, &[answer.value], &std::collections::BTreeMap::new(), 1)
            .unwrap();
    point.values.get_mut("X").unwrap().data = vec![1.0, 2.0, 2.0, 2.0];
    let found = evaluate::evaluate(&answer.store, &[answer.derivatives[0].id], &point).unwrap();
    assert_eq!(found[0].data, [0.0, 3.0, 0.0, 0.0]);
}

/// What cancels is gone, what is linear lets factors out.
#[test]
fn constructors_keep_the_normal_form() {
    for (source, expected) in [
        ("X: h×w×c×N; turn180(turn180(X))", "X"),
        ("X: h×w×c×N; swap(swap(X))", "X"),
        ("X: h×w×c; swap(swap(X))", "X"),
        ("X: h×w×c×N; pad(X, 0)", "X"),
        ("X: h×w×c×N; interleave(X, 1)", "X"),
        ("X: h×w×c×N; subsample(X, 1)", "X"),
        ("X: h×w×c×N; crop(pad(X, P), P)", "X"),
        ("X: h×w×c×N; subsample(interleave(X, S), S)", "X"),
        ("X: h×w×c×N; reshape(reshape(X, h*w, c, N), h, w, c, N)", "X"),
        ("X: h×w×c×N; maxpool2d(X, 1)", "X"),
        ("X: h×w×c×N; s: scalar; avgpool2d(-2*s*X, R)", "-2*s*avgpool2d(X, R)"),
        ("X: h×w×c×N; K: F×F×c×o; correlate(2*X, -3*K)", "-6*correlate(X, K)"),
        ("X: h×w×c×N; pad(0*X, 2)", "zeros(h + 4, w + 4, c, N)"),
        ("X: h×w×c×N; K: F×F×c×o; correlate(X, 0*K)", "zeros(h + 1 - F, w + 1 - F, o, N)"),
        ("X: h×w×c×N; X.^0", "ones(h, w, c, N)"),
        ("X: h×w×c×N; X - X", "zeros(h, w, c, N)"),
        ("X: h×w×c×N; sum(ones(h, w, c))", "c*h*w"),
        ("X: h×w; K: k×l; correlate(X, K)", "conv2d(X, K)"),
        ("X: h×w; swap(X)", "X"),
        ("X: h×w; reshape(X, h*w)", "vec(X)"),
    ] {
        let model = model(source);
        let text = written(&model.store, model.values[0], Notation::Ascii);
        assert_eq!(text, expected, "{source}");
    }
}

/// A reshaped tensor of ones is one node, whatever way it is made.
#[test]
fn constant_tensors_are_single_nodes() {
    let mut store = Store::new();
    let size = Dimension::symbol;
    let shape = Shape::of(&[size("h"), size("w"), size("c")]);
    let other = Shape::of(&[size("c"), size("w"), size("h")]);
    for make in [Store::ones as fn(&mut Store, &Shape) -> Id, Store::zeros] {
        let (direct, turned) = (make(&mut store, &shape), make(&mut store, &other));
        assert_eq!(store.reshape(turned, &shape), direct);
        assert!(matches!(store.node(direct), Node::Tensor { operation, .. }
            if matches!(**operation, TensorOperation::Reshape(_))));
    }
}

fn error(source: &str) -> SessionError {
    match read(source) {
        Err(error) => error,
        Ok(_) => panic!("no error: {source}"),
    }
}

#[test]
fn sizes_that_do_not_fit_say_so() {
    #[rustfmt::skip]
    let cases = [
        ("X: 7×7×2; K: 2×2×2×3; sum(conv2d(X, K, 2))",   "E0232", "the size 5 / 2 is no whole number"),
        ("X: 7×7×2; sum(maxpool2d(X, 2))",               "E0232", "the size 5 / 2 is no whole number"),
        ("X: ((7-2)/2)×3; sum(X)",                       "E0232", "choose sizes, padding and stride"),
        ("X: 7×7×2; K: 9×3×2×3; sum(conv2d(X, K))",      "E0233", "a window of 9 does not fit into 7"),
        ("X: 7×7×2; sum(crop(X, 4))",                    "E0233", "nothing is left"),
        ("X: 7×7×2; K: 3×3×2×3; sum(conv2d(X, K, 0))",   "E0234", "a stride is at least 1, found 0"),
        ("X: 7×7×2; sum(pad(X, -1))",                    "E0234", "a padding is at least 0, found -1"),
        ("X: 7×7×2; sum(maxpool2d(X, 0))",               "E0234", "a window or its stride is at least 1"),
        ("X: 7×7×2; K: 3×3×3×3; sum(conv2d(X, K))",      "E0235", "the image has 2 channels, the kernel takes 3"),
        ("X: 7×7×2; s: scalar; sum(maxpool2d(X, s))",    "E0220", "this is no size"),
        ("X: 7×7×2×3×4; sum(turn180(X))",                "E0206", "expected h×w, h×w×c or h×w×c×N"),
        ("X: 7×7×2; sum(reshape(X, 7, 7))",              "E0206", "expected 49 entries"),
        ("X: 7×7×2; b: 3; sum(channel_bias(X, b))",      "E0206", "a column of 2, one entry a channel"),
        ("X: 7×7×2; sum(X')",                            "E0206", "expected m×n"),
        ("X: 7×7×2; A: 2×7; sum(A*X)",                   "E0205", "`flatten(A)` is a matrix"),
        ("X: 7×7×2; b: 2; sum(X .+ b)",                  "E0205", "channel_bias"),
        ("X: 7×7×2; Y: 7×7×3; sum(X + Y)",               "E0205", "7×7×3"),
        ("X: 7×7×2; sum(softmax(X))",                    "E0206", "7×7×2"),
        ("X: 7×7×2 symmetric; sum(X)",                   "E0215", "7×7×2"),
        ("X: 7×7×2; sum(conv2d(X))",                     "E0204", "2 arguments or 3 arguments"),
        ("X: 7×7×2; sum(pad(X))",                        "E0204", "2 arguments or 3 arguments"),
    ];
    for (source, code, words) in cases {
        let error = error(source);
        let report = error.render("test", false);
        assert_eq!(error.diagnostic().code, code, "{source}\n{report}");
        assert!(report.contains(words), "{source}\n{report}");
    }
}

/// What is not supported says so.
#[test]
fn derivatives_without_a_rule_are_refused() {
    for source in [
        "X: h×w×c; p: scalar\ngradient of sum(X.^p) wrt p",
        "X: h×w×c\njacobian of turn180(X) wrt X",
        "X: h×w×c\nhessian of sum(X.^3) wrt X",
    ] {
        match read(source) {
            Err(error) => assert!(!error.diagnostic().message.contains("fault"), "{source}"),
            // Or answered, which means checked.
            Ok(answers) => assert!(!answers.is_empty(), "{source}"),
        }
    }
}

/// Functions of one name differ by their number of arguments; a last parameter `rows` is a word.
#[test]
fn functions_are_chosen_by_their_arguments() {
    let source = "f(x) = 2*x\nf(x, y) = x + y\nf(x, rows) = 3*x\nx: n; y: n\n";
    for (call, meant) in [("f(x)", "2*x"), ("f(x, y)", "x + y"), ("f(x, rows)", "3*x")] {
        let model = model(&format!("{source}{call}\n{meant}"));
        assert_eq!(model.values[0], model.values[1], "{call}");
    }
    let program = syntax::parse(&format!("{source}f(x, y, x)"), &elaborate::is_known).unwrap();
    let error = elaborate::elaborate(&program).unwrap_err();
    assert!(error.to_string().contains("1 argument or 2 arguments"), "{error}");
}

/// A size that a function hands on is a size where it is called.
#[test]
fn sizes_are_handed_through_functions() {
    let model = model(
        "shrunk(X, R) = maxpool2d(X, 2*R - R)\ntwice(X, R) = shrunk(shrunk(X, R), R)\n\
         X: h×w×c×N\nrows(twice(X, Q)) + columns(X)*size(X, 3)/size(X, 4)",
    );
    let text = written(&model.store, model.values[0], Notation::Ascii);
    assert_eq!(text, "(h/Q)/Q + c*w/N");
}
