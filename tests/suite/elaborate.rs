//! What programs mean: shapes, names, and what is said of programs that mean nothing.

use gradus::elaborate::{ElaborateError, Model, elaborate, is_known};
use gradus::expression::{Node, Property};
use gradus::source::render;
use gradus::syntax::parse;
use gradus::work;

fn try_model(source: &str) -> Result<Model, ElaborateError> {
    let program = parse(source, &is_known)
        .unwrap_or_else(|error| panic!("{}", render(&error.diagnostic(), source, "test", false)));
    elaborate(&program)
}

fn model(source: &str) -> Model {
    try_model(source)
        .unwrap_or_else(|error| panic!("{}", render(&error.diagnostic(), source, "test", false)))
}

/// The shape of the last bare expression.
fn shape(source: &str) -> String {
    let model = model(source);
    model.store.shape(*model.values.last().expect("a value")).to_string()
}

fn error(source: &str) -> ElaborateError {
    try_model(source).err().unwrap_or_else(|| panic!("{source} has a meaning"))
}

fn report(source: &str) -> String {
    render(&error(source).diagnostic(), source, "input", false)
}

/// Both texts mean the same expression.
fn same(declarations: &str, left: &str, right: &str) {
    let model = model(&format!("{declarations}\n{left}\n{right}"));
    assert_eq!(model.values[0], model.values[1], "{left} and {right}");
}

#[test]
fn shapes() {
    #[rustfmt::skip]
    let cases = [
        ("A: m×n; x: n; A*x",                         "m"),
        ("A: m×n; B: n×k; (A*B)'",                    "k×m"),
        ("x: n; x'*x",                                "scalar"),
        ("x: n; x*x'",                                "n×n"),
        ("x: n; A: n×n; x'*A*x*x",                    "n"),
        ("X: m×n; X .+ 1",                            "m×n"),
        ("X: m×n; b: n; X .+ b'",                     "m×n"),
        ("X: m×n; c: m; c .+ X",                      "m×n"),
        ("x: m; y: n; x .+ y'",                       "m×n"),
        ("A: n×n; b: n; A\\b",                        "n"),
        ("A: m×n; B: p×q; A⊗B",                       "m*p×n*q"),
        ("X: m×n; vec(X)",                            "m*n"),
        ("x: n; diag(x)",                             "n×n"),
        ("x: n; diag(x')",                            "n×n"),
        ("A: n×n; diag(A)",                           "n"),
        ("X: 5×6; K: 2×3; conv2d(X, K)",              "4×4"),
        ("X: h×w; K: k×l; conv2d(X, K)",              "h-k+1×w-l+1"),
        ("Y: (h-k+1)×w; sin(Y)",                      "h-k+1×w"),
        ("X: m×n; softmax(X, rows)",                  "m×n"),
        ("X: m×n; ‖X‖_F",                             "scalar"),
        ("commutation(m, n)",                         "m*n×m*n"),
        ("eye(m*n)",                                  "m*n×m*n"),
        ("x: n; 2./x",                                "n"),
        ("x: n; c: scalar; x./c",                     "n"),
        ("X: n×n; X^3 + X^-1 + X^k + √X",             "n×n"),
        ("x: n; x + vector(1)",                       "n"),
        ("X: m×n; X + matrix(2)",                     "m×n"),
        ("A: m×n; I + A'*A",                          "n×n"),
        ("A: m×n; A'*A + λI",                         "n×n"),
        ("A*x",                                       "m"),
        ("A: p×n; A*x",                               "p"),
        ("f(k) = ones(k)\nx: n; sum(x)/n*f(n)",       "n"),
        ("X: N×n; 1/N*X'*X",                          "n×n"),
        ("S: n×n; adj(S)",                            "n×n"),
        ("2pi",                                       "scalar"),
    ];
    for (source, expected) in cases {
        assert_eq!(shape(source), expected, "{source}");
    }
}

#[test]
fn spellings_mean_the_same() {
    same("A: n×n inv; b: n", "A\\b", "inv(A)*b");
    same("A: n×n inv; b: n", "A⁻¹b", "A^{-1}*b");
    same("A: n×n inv", "A⁻ᵀ", "inv(A)'");
    same("A: m×n; X: m×k; B: k×n", "tr(AᵀXB)", "tr(A'*X*B)");
    same("x: n", "½‖x‖²", "0.5*norm2(x)^2");
    same("x: n", "x'x/3", "1/3*x'*x");
    same("x: n", "x + vector(2)", "x + 2*ones(n)");
    same("x: n", "√x", "x.^(1/2)");
    same("A: n×n", "A³", "A*A*A");
    same("X: m×n; b: n", "X .+ b'", "X + ones(m)*b'");
    same("X: m×n; c: m", "X .- c", "X - c*ones(n)'");
    same("X: m×n", "X .+ 2", "X + 2*ones(m,n)");
    same("X: m×n", "softmax(X, rows)", "softmax(X')'");
    same("X: n×n inv", "logdet(X)", "log(det(X))");
    same("x: n; c: scalar", "c(x+x)", "2*c*x");
    same("x: n", "(1/2-1/2)*x", "zeros(n)");
    same("A: n×n; x: n\nq1(y) = y'*A*y + 1", "q1(x)", "x'*A*x + 1");
}

#[test]
fn undeclared_names_get_shapes() {
    let model = model("x'*A*x + c");
    let told: Vec<String> = model
        .variables
        .iter()
        .map(|variable| format!("{}: {} {}", variable.name, variable.shape, variable.assumed))
        .collect();
    assert_eq!(told, ["x: n true", "A: n×n true", "c: scalar true"]);
    assert_eq!(shape("norm2(A*x-y)^2"), "scalar");
    assert_eq!(shape("sum(log(exp(-y.*(X*w)) + vector(1)))"), "scalar");
    assert_eq!(shape("tr(A*X'*B*X*C)"), "scalar");
    assert_eq!(shape("a*exp(x)'*y/b"), "scalar");
    assert_eq!(shape("d*x"), "n");
    assert_eq!(shape("d: scalar; x: m; d(x+x)"), "m");
}

#[test]
fn definitions_functions_and_requests() {
    let model = model(
        "X: N×n; W: n×h; b: h; V: h×k; c: k; Y: N×k; unused: n
        dense(X, W, b) = X*W .+ b'
        H = tanh(dense(X, W, b))
        loss = norm2(dense(H, V, c) - Y)^2/N
        gradient of loss wrt W, b, V, c
        jacobian of H*ones(h) wrt b
        sizes N = 100
        loss(W := 2*W)",
    );
    let names: Vec<&str> = model.definitions.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["H", "loss"]);
    assert_eq!(model.requests.len(), 2);
    assert_eq!(model.requests[0].of, model.definitions[1].1);
    assert_eq!(model.requests[0].wrt.len(), 4);
    assert_eq!(model.sizes.len(), 1);
    let used: Vec<bool> = model.variables.iter().map(|variable| variable.used).collect();
    assert_eq!(used, [true, true, true, true, true, true, false]);
    assert_ne!(model.values[0], model.definitions[1].1);
}

#[test]
fn properties_are_recorded() {
    let model =
        model("S: n×n spd; P: n×k simplex rows; q: n prob; c: scalar pos; U: n×n orth\nS*U*P");
    let has = |index: usize, property| model.variables[index].properties.has(property);
    assert!(has(0, Property::PositiveDefinite) && has(0, Property::Symmetric));
    assert!(has(1, Property::RowSimplex) && !has(1, Property::Simplex));
    assert!(
        has(2, Property::Simplex) && has(3, Property::Positive) && has(4, Property::Orthogonal)
    );
}

#[test]
fn a_declared_name_is_the_variable_though_it_is_a_size() {
    let model = model("N: scalar pos; X: n×N\nN*X");
    let Node::Scale { scalar, .. } = model.store.node(model.values[0]) else {
        panic!("no scaling")
    };
    assert!(matches!(model.store.node(*scalar), Node::Variable(name) if &**name == "N"));
}

#[test]
fn errors_have_codes_places_and_words() {
    #[rustfmt::skip]
    let cases = [
        ("tanhh(x)",                                  "E0201", "did you mean `tanh`?"),
        ("pi(x)",                                     "E0202", "`pi` is a constant, not a function"),
        ("f = x'*x\nf(x)",                            "E0202", "`f` is a definition, not a function"),
        ("sin*x",                                     "E0203", "write `sin(…)`"),
        ("tr(A, B)",                                  "E0204", "`tr` takes 1 argument, found 2"),
        ("f(x) = x\nf(x, y)",                         "E0204", "`f` takes 1 argument, found 2"),
        ("f(x) = x\nf(x, rows)",                       "E0204", "`f` takes 1 argument, found 2"),
        ("exp(x, rows)",                              "E0204", "no word after its argument"),
        ("det(X, rows)",                              "E0204", "`det` does not work by rows"),
        ("exp(x, y)",                                 "E0204", "`exp` takes 1 argument, found 2"),
        ("A: m×n; B: m×n; A*B",                       "E0205", "transpose one of them"),
        ("A: m×n; B: n×m; A + B",                     "E0205", "m×n and n×m do not fit"),
        ("A: n×n; A + 1",                             "E0205", "added by `.+`"),
        ("x: n; y: m; x.*y",                          "E0205", "an entrywise product"),
        ("x*y",                                       "E0237", "write `x'*y`"),
        ("X: m×n; y: m; w: n\nX*w + y + w",           "E0205", "a column of m and a column of n"),
        ("X: m×n; z: m\nX*w\nw + z",                  "E0205", "the size n was found here"),
        ("A: n×n; tr(A) + A",                         "E0205", "a sum"),
        ("X: m×n; expm(X)",                           "E0206", "`expm` does not take"),
        ("x: n; 1/x",                                 "E0207", "entrywise division is `./`"),
        ("x: n; y: n; x.^y",                          "E0207", "an exponent must be scalar"),
        ("x: n; x^2",                                 "E0208", "the power of every entry is `.^`"),
        ("A: m×n; tr(A)",                             "E0208", "`tr` needs a square matrix"),
        ("A: m×n; inv(A)",                            "E0208", "`inv` needs a square matrix"),
        ("x/0",                                       "E0209", "division by zero"),
        ("x/(1/2-0.5)",                               "E0209", "division by zero"),
        ("0^-1*x",                                    "E0209", "division by zero"),
        ("A: n×n; eigmax(A)",                         "E0208", "`A: n×n symmetric`"),
        ("A: n×n; B: n×n; cholesky(A*B)",             "E0208", "needs a symmetric matrix"),
        ("A: m×n; sqrtm(A)",                          "E0206", "`sqrtm` does not take"),
        ("A: n×n; x: n; A^x",                         "E0207", "an exponent must be scalar"),
        ("A: n×n; A^1000000",                         "E0210", "between -100 and 100"),
        ("y = z + z\nz = x",                          "E0211", "`z` is used before it is defined"),
        ("f(x) = f(x)\nf(y)",                         "E0212", "`f` calls itself"),
        ("f(x) = g1(x)\ng1(x) = f(x)\nf(y)",          "E0212", "calls itself"),
        ("A: m×n; A: n×m; A",                         "E0213", "`A` is m×n and n×m"),
        ("x[i]: m; x[i]: n; sum(i in 1..T, sum(x[i]))", "E0213", "`x` is a family, each element a column of m and a family, each element a column of n"),
        ("x[i]: n; x: n; x",                          "E0213", "`x` is a family, each element a column of n and a column of n"),
        ("x: n; x[i]: n; x",                          "E0213", "`x` is a column of n and a family, each element a column of n"),
        ("H: m×n; x: m\nH = x",                       "E0213", "`H` is m×n and a column of m"),
        ("S: n×n symetric; S",                        "E0214", "did you mean `symmetric`?"),
        ("S: m×n symmetric; S",                       "E0215", "said of a square matrix"),
        ("c: scalar simplex; c",                      "E0215", "sums to one"),
        ("gradient of x'*x wrt w",                    "E0216", "there is no variable `w`"),
        ("theta: n\ngradient of theta'*theta wrt thta","E0216", "did you mean `theta`?"),
        ("f = x'*x\ngradient of 2*f wrt f, x",        "E0217", "ask by it alone"),
        ("x: n\ngradient of x'*x wrt n",              "E0217", "a size"),
        ("A: m×n; x: n\ngradient of A*x wrt x",       "E0218", "its shape is a column of m"),
        ("A: m×n; x: n\nhessian of A*x wrt x",        "E0218", "the hessian of something that is not scalar"),
        ("d(x'*x)",                                   "E0219", "a derivative inside a formula"),
        ("2*grad(x'*x, x)",                           "E0219", "a derivative inside a formula"),
        ("ones(x')",                                  "E0220", "this is no size"),
        ("A: n×(1-1); A",                             "E0220", "this is no size"),
        ("A: 0×n; A",                                 "E0220", "this is no size"),
        ("C: 7×7; kron(A, B) + C",                    "E0221", "declare the shapes"),
    ];
    for (source, code, words) in cases {
        let error = error(source);
        assert_eq!(error.code(), code, "{source}: {error}");
        let report = report(source);
        assert!(report.contains(words), "{source}:\n{report}");
        assert!(!report.contains("?0") && !report.contains("?1"), "{report}");
    }
}

#[test]
fn an_error_in_a_function_shows_the_call() {
    insta::assert_snapshot!(report("A: m×n; x: m\nf(B, y) = B*y\nf(A, x)"), @r"
    error[E0205]: a product: m×n and a column of m do not fit
     --> input:2:13
      |
    2 | f(B, y) = B*y
      |           - ^ a column of m
      |           |
      |           m×n
    3 | f(A, x)
      | ------- in this call of `f`
      |
      = help: transposing the left one, `A'*B`, makes it fit
    ");
}

#[test]
fn growth_and_depth_are_limited() {
    let worker = std::thread::Builder::new().stack_size(1 << 20).spawn(|| {
        let levels = |body: &dyn Fn(usize) -> String| {
            let lines = (1..60).map(|level| format!("f{level}(x) = {}\n", body(level - 1)));
            lines.collect::<Vec<_>>().concat()
        };
        let doubling = "f0(x) = x + x\n".to_owned()
            + &levels(&|below| format!("f{below}(x) .* f{below}(2*x)"));
        let chain = "f0(x) = x\n".to_owned() + &levels(&|below| format!("f{below}(x)"));
        assert_eq!(error(&(doubling + "f59(x)")).code(), "E0222");
        model(&(chain + "f59(x)"));
        model(&format!("x: n\n{}x", "x+".repeat(20_000)));
        model(&format!("x: n\n{}x", "-".repeat(50_000)));
        model(&format!("x: {}1\nx", "n+".repeat(1_000)));
        assert_eq!(error(&format!("x: {}1\nx", "(a+b+c+d)*".repeat(1_000))).code(), "E0220");
        model(&format!("c: scalar\n{}2", "c^".repeat(1_000)));
        model(&format!("x: n\n{}x{}", "sin(".repeat(199), ")".repeat(199)));
    });
    worker.expect("a thread").join().expect("no panic");
}

#[test]
fn any_short_program_has_a_meaning_or_an_error() {
    let pieces = [
        "A",
        "x",
        "c",
        "(",
        ")",
        "'",
        "^",
        "-",
        "+",
        "*",
        ".*",
        "./",
        "‖",
        "2",
        "0",
        "\n",
        "X: m×n",
        "y: n",
        "k",
        " = ",
        "tr(",
        "ones(",
        "rows",
        ", ",
        "diag(",
        "f(x)",
        "softmax(",
        "I",
        "eye",
        "gradient of ",
        " wrt x",
        "A\\",
        ".+",
        "conv2d(",
        "kron(",
        "vec(",
        "expm(",
        "n",
        "^-1",
        "f(A := ",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..30_000 {
        let mut text = String::new();
        for _ in 0..8 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        let Ok(program) = parse(&text, &is_known) else { continue };
        if let Err(error) = elaborate(&program) {
            assert!(!render(&error.diagnostic(), &text, "input", false).is_empty());
        }
    }
}

/// A residual network in a batch, a definition a layer.
fn deep_network(layers: usize) -> String {
    let layer = |below: usize| {
        let index = below + 1;
        format!(
            "W{index}: n×n; b{index}: n\nX{index} = X{below} + tanh(W{index}*X{below} .+ b{index})\n"
        )
    };
    let lines = (0..layers).map(layer).collect::<Vec<_>>().concat();
    format!("X0: n×N\n{lines}loss = norm2(X{layers})^2\ngradient of loss wrt W1")
}

#[test]
fn a_deep_network_takes_steps_in_proportion() {
    let measured = |layers: usize| {
        let before = work::steps();
        let nodes = model(&deep_network(layers)).store.len();
        (work::steps() - before, nodes)
    };
    let ((few_steps, few_nodes), (steps, nodes)) = (measured(100), measured(400));
    assert!(steps < few_steps * 9 / 2, "{few_steps} steps for 100 layers, {steps} for 400");
    assert!(nodes <= 4 * few_nodes, "{few_nodes} nodes for 100 layers, {nodes} for 400");
}

#[test]
fn the_corpus_has_a_meaning() {
    let corpus = include_str!("../corpus/derivatives.tsv");
    for row in corpus.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (declarations, expression, wrt) = (columns[3], columns[4], columns[5]);
        let (kind, expected) = (columns[6], columns[7]);
        let kind = if columns[8] == "entrywise" { "jacobian" } else { kind };
        let source = format!("{declarations}\n{kind} of {expression} wrt {wrt}\n{expected}");
        let model = model(&source);
        assert!(model.variables.iter().all(|variable| !variable.assumed), "{source}");
        assert_eq!((model.values.len(), model.requests.len()), (1, 1), "{source}");
        if kind == "gradient" {
            let by = model.store.shape(model.requests[0].wrt[0].id);
            assert_eq!(model.store.shape(model.values[0]), by, "{source}");
        }
    }
}
