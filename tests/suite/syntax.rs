//! Text to syntax tree: what is read as what, and what is said of text that cannot be read.

use gradus::source::{Span, render};
use gradus::syntax::ast::{BinaryOperator, ExprId, ExprKind, Program, StatementKind};
use gradus::syntax::{SyntaxError, decode, parse};
use gradus::work;

fn known(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "tr",
        "det",
        "inv",
        "exp",
        "log",
        "sum",
        "sin",
        "tanh",
        "norm1",
        "norm2",
        "softmax",
        "vector",
        "kron",
        "eye",
        "ones",
        "zeros",
        "sqrt",
        "pi",
        "conv2d",
        "diag",
        "logdet",
        "expm",
        "vec",
        "commutation",
        "sigmoid",
        "relu",
        "step",
        "cos",
        "tan",
        "abs",
        "sign",
        "conv2d_full",
        "avgpool2",
        "matrix",
    ];
    NAMES.contains(&name)
}

fn read(source: &str) -> Program {
    parse(source, &known)
        .unwrap_or_else(|error| panic!("{}", render(&error.diagnostic(), source, "test", false)))
}

/// The tree as words: every operator in brackets.
fn words(program: &Program, id: ExprId) -> String {
    let of = |id: &ExprId| words(program, *id);
    let list = |ids: &[ExprId]| ids.iter().map(of).collect::<Vec<_>>().join(", ");
    match &program.tree.get(id).kind {
        ExprKind::Number(value) => value.to_string(),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Call { function, arguments } => format!("{}({})", function.text, list(arguments)),
        ExprKind::Substitute { function, replacements } => {
            let replacements: Vec<String> = replacements
                .iter()
                .map(|(name, value)| format!("{} := {}", name.text, of(value)))
                .collect();
            format!("{}({})", function.text, replacements.join(", "))
        }
        ExprKind::Index { base, indices } => format!("{}[{}]", base.text, list(indices)),
        ExprKind::Range(None) => ":".to_owned(),
        ExprKind::Range(Some((from, to))) => format!("{}..{}", of(from), of(to)),
        ExprKind::Part { of: value, indices } => format!("{}[{}]", of(value), list(indices)),
        ExprKind::Blocks(rows) => {
            let rows: Vec<String> = rows.iter().map(|row| list(row)).collect();
            format!("[{}]", rows.join("; "))
        }
        ExprKind::IndexedSum { index, from, to, body } => {
            format!("sum({} in {}..{}, {})", index.text, of(from), of(to), of(body))
        }
        ExprKind::Negate(a) => format!("(-{})", of(a)),
        ExprKind::Transpose(a) => format!("{}'", of(a)),
        ExprKind::Binary { operator, left, right, .. } => {
            let operator = match operator {
                BinaryOperator::Add => "+",
                BinaryOperator::Subtract => "-",
                BinaryOperator::BroadcastAdd => ".+",
                BinaryOperator::BroadcastSubtract => ".-",
                BinaryOperator::Multiply => "*",
                BinaryOperator::Dot => "·",
                BinaryOperator::At => "@",
                BinaryOperator::Entrywise => "*.",
                BinaryOperator::EntrywiseOver => "/.",
                BinaryOperator::Divide => "/",
                BinaryOperator::Solve => "\\",
                BinaryOperator::Hadamard => ".*",
                BinaryOperator::EntrywiseDivide => "./",
                BinaryOperator::Power => "^",
                BinaryOperator::EntrywisePower => ".^",
                BinaryOperator::PowerOrTranspose => "^T?",
                BinaryOperator::Kronecker => "kron",
                BinaryOperator::Compare(comparison) => comparison.sign(),
                BinaryOperator::And => "and",
                BinaryOperator::Or => "or",
            };
            format!("({} {operator} {})", of(left), of(right))
        }
    }
}

/// Every statement as words.
fn statements(source: &str) -> Vec<String> {
    let program = read(source);
    let of = |id: &ExprId| words(&program, *id);
    let statement = |kind: &StatementKind| match kind {
        StatementKind::Declaration(declaration) => {
            let sizes: Vec<String> = declaration.sizes.iter().flatten().map(of).collect();
            let indices: Vec<String> =
                declaration.indices.iter().map(|index| format!("[{}]", index.text)).collect();
            let properties: Vec<String> =
                declaration.properties.iter().map(|word| format!(" {}", word.text)).collect();
            format!(
                "{}{}: {}{}",
                declaration.name.text,
                indices.concat(),
                sizes.join("×"),
                properties.concat()
            )
        }
        StatementKind::Definition { name, indices, value, ranges } => {
            let indices: Vec<String> =
                indices.iter().map(|index| format!("[{}]", of(index))).collect();
            let ranges: Vec<String> = ranges
                .iter()
                .map(|(index, from, to)| format!(" for {} in {}..{}", index.text, of(from), of(to)))
                .collect();
            format!("{}{} = {}{}", name.text, indices.concat(), of(value), ranges.concat())
        }
        StatementKind::Function { name, parameters, body } => {
            let parameters: Vec<&str> = parameters.iter().map(|word| word.text.as_str()).collect();
            format!("{}({}) = {}", name.text, parameters.join(", "), of(body))
        }
        StatementKind::Request { kind, of: value, wrt } => {
            let wrt: Vec<&str> = wrt.iter().map(|by| by.name.text.as_str()).collect();
            format!("{kind:?} of {} wrt {}", of(value), wrt.join(", "))
        }
        StatementKind::Solve { equations, unknowns } => {
            let equation = |(left, right): &(ExprId, Option<ExprId>)| match right {
                Some(right) => format!("{} = {}", of(left), of(right)),
                None => of(left),
            };
            let equations: Vec<String> = equations.iter().map(equation).collect();
            let unknowns: Vec<&str> = unknowns.iter().map(|word| word.text.as_str()).collect();
            format!("solve {} for {}", equations.join(", "), unknowns.join(", "))
        }
        StatementKind::Sizes(sizes) => {
            let sizes: Vec<String> =
                sizes.iter().map(|(name, value)| format!("{}={value}", name.text)).collect();
            format!("sizes {}", sizes.join(" "))
        }
        StatementKind::Expression(id) => of(id),
    };
    program.statements.iter().map(|item| statement(&item.kind)).collect()
}

#[test]
fn equations_and_their_unknowns() {
    assert_eq!(
        statements("x: n\nsolve A*x = b, x'*x for x, λ")[1],
        "solve (A * x) = b, (x' * x) for x, λ"
    );
    // A name of one's own stays a name.
    assert_eq!(statements("solve = 2")[0], "solve = 2");
}

fn one(source: &str) -> String {
    let mut all = statements(source);
    assert_eq!(all.len(), 1, "{source}");
    all.remove(0)
}

fn error(source: &str) -> SyntaxError {
    parse(source, &known).expect_err(source)
}

fn report(source: &str) -> String {
    render(&error(source).diagnostic(), source, "input", false)
}

#[test]
fn operators_bind_as_on_paper() {
    #[rustfmt::skip]
    let cases = [
        ("a+b*c",            "(a + (b * c))"),
        ("a-b-c",            "((a - b) - c)"),
        ("a/b*c",            "((a / b) * c)"),
        ("a^b^c",            "(a ^ (b ^ c))"),
        ("-x^2",             "(-(x ^ 2))"),
        ("2^-1",             "(2 ^ -1)"),
        ("a^-b^c",           "(a ^ (-(b ^ c)))"),
        ("F*-(1/6)*F",       "((F * (-(1 / 6))) * F)"),
        ("x .+ c - b",       "((x .+ c) - b)"),
        ("A\\b + c",         "((A \\ b) + c)"),
        ("x.*y./z.^2",       "((x .* y) ./ (z .^ 2))"),
        ("x ⊙ y ⊘ z",        "((x .* y) ./ z)"),
        ("A⊗B·C",            "((A kron B) · C)"),
        ("1./x + 2.*y",      "((1 ./ x) + (2 .* y))"),
        ("--x",              "(-(-x))"),
        ("+x − y",           "(x - y)"),
        ("x.^2'",            "(x .^ 2)'"),
        ("c(x-y)^2",         "(c * ((x - y) ^ 2))"),
        ("A(x+y)'",          "(A * (x + y)')"),
        ("A(x)",             "(A * x)"),
    ];
    for (source, expected) in cases {
        assert_eq!(one(source), expected, "{source}");
    }
}

#[test]
fn marks_and_spellings() {
    #[rustfmt::skip]
    let cases = [
        ("A'",               "A'"),
        ("Aᵀ⁻¹",             "(A' ^ -1)"),
        ("A⁻ᵀ",              "(A ^ -1)'"),
        ("A^T*B",            "(A' * B)"),
        ("A^{T}",            "A'"),
        ("A^⊤ B",            "(A' * B)"),
        ("A^-T",             "(A ^ -1)'"),
        ("A^{-T}",           "(A ^ -1)'"),
        ("A^{-1}",           "(A ^ (-1))"),
        ("A^TXB",            "((A' * X) * B)"),
        ("X^k",              "(X ^ k)"),
        ("X²",               "(X ^ 2)"),
        ("Xᵏ",               "(X ^ k)"),
        ("x⁻¹²",             "(x ^ -12)"),
        ("½x + 0.5 + 1e-3",  "(((1/2 * x) + 1/2) + 1/1000)"),
        ("1.25e2",           "125"),
        (".5",               "1/2"),
        ("√x²",              "sqrt((x ^ 2))"),
        ("√(x)²",            "(sqrt(x) ^ 2)"),
        ("2√x y",            "((2 * sqrt(x)) * y)"),
        ("‖x‖²",             "(norm2(x) ^ 2)"),
        ("||A*x - b||",      "norm2(((A * x) - b))"),
        ("‖x‖₁ + ‖x‖_1",     "(norm_1(x) + norm_1(x))"),
        ("‖X‖_F² + ‖X‖_*",   "((norm_fro(X) ^ 2) + norm_nuc(X))"),
        ("‖X‖_{F}",          "norm_fro(X)"),
        ("‖x‖_2^2",          "(norm_2(x) ^ 2)"),
        ("2‖‖x‖y‖",          "(2 * norm2((norm2(x) * y)))"),
        ("‖a‖b‖c‖",          "((norm2(a) * b) * norm2(c))"),
        ("‖(2‖x‖)‖",         "norm2((2 * norm2(x)))"),
        ("2π",               "(2 * pi)"),
        ("λ₁ x₁",            "(λ1 * x1)"),
        ("softmax(X, rows)", "softmax(X, rows)"),
        ("x[t]'*W[l-1]",     "(x[t]' * W[(l - 1)])"),
        ("sum(t in 1..T, x[t])", "sum(t in 1..T, x[t])"),
        ("eye()",            "eye()"),
    ];
    for (source, expected) in cases {
        assert_eq!(one(source), expected, "{source}");
    }
}

#[test]
fn runs_of_letters_split() {
    #[rustfmt::skip]
    let cases = [
        ("tr(AᵀXB)",         "tr(((A' * X) * B))"),
        ("XB'",              "(X * B')"),
        ("XA1",              "(X * A1)"),
        ("x1x2",             "(x1 * x2)"),
        ("λI",               "(λ * I)"),
        ("2XAᵀ",             "((2 * X) * A')"),
        ("AXB^2",            "((A * X) * (B ^ 2))"),
        ("XA(B+C)",          "((X * A) * (B + C))"),
        ("tanhh(x)",         "tanhh(x)"),
        ("Relu(x)",          "Relu(x)"),
        ("learning_rate*x",  "(learning_rate * x)"),
    ];
    for (source, expected) in cases {
        assert_eq!(one(source), expected, "{source}");
    }
    assert_eq!(statements("tr(XB)\nXB: n×n"), ["tr(XB)", "XB: n×n"]);
    assert_eq!(statements("theta = a; 2theta"), ["θ = a", "(2 * θ)"]);
    assert_eq!(one("gradient of theta'*theta wrt theta"), "Gradient of (θ' * θ) wrt θ");
    assert_eq!(statements("AB(X) = X; AB(Y)"), ["AB(X) = X", "AB(Y)"]);
}

#[test]
fn formulas_of_matrixcalculus_org_are_read_unchanged() {
    #[rustfmt::skip]
    let cases = [
        ("0.5*x'*A*x",       "(((1/2 * x') * A) * x)"),
        ("A*exp(x)",         "(A * exp(x))"),
        ("(y.*v)'*x",        "((y .* v)' * x)"),
        ("a^b",              "(a ^ b)"),
        ("norm1(A*x-y)",     "norm1(((A * x) - y))"),
        ("norm2(A*x-y)^2",   "(norm2(((A * x) - y)) ^ 2)"),
        ("sum(log(exp(-y.*(X*w)) + vector(1)))", "sum(log((exp(((-y) .* (X * w))) + vector(1))))"),
        ("tr(A*X'*B*X*C)",   "tr(((((A * X') * B) * X) * C))"),
        ("log(det(inv(X)))", "log(det(inv(X)))"),
    ];
    for (source, expected) in cases {
        assert_eq!(one(source), expected, "{source}");
    }
}

#[test]
fn declarations() {
    #[rustfmt::skip]
    let cases: &[(&str, &[&str])] = &[
        ("A: m×n",                    &["A: m×n"]),
        ("A: m x n",                  &["A: m×n"]),
        ("A: mxn",                    &["A: m×n"]),
        ("A: 3x4",                    &["A: 3×4"]),
        ("A: (m, n)",                 &["A: m×n"]),
        ("A, B: n×n sym inv",         &["A: n×n sym inv", "B: n×n sym inv"]),
        ("c: scalar positive",        &["c:  positive"]),
        ("c: positive scalar",        &["c:  positive"]),
        ("S: n×n positive-definite",  &["S: n×n positive-definite"]),
        ("P: n×k simplex rows",       &["P: n×k simplex rows"]),
        ("S: symmetric n×n",          &["S: n×n symmetric"]),
        ("S: symmetric",              &["S:  symmetric"]),
        ("b: vector, A: m×n matrix",  &["b:  vector", "A: m×n matrix"]),
        ("Y: (h-k+1)×(w-l+1)",        &["Y: ((h - k) + 1)×((w - l) + 1)"]),
        ("x: 2n+1 pos",               &["x: ((2 * n) + 1) pos"]),
        ("W[l]: n[l]×n[l-1]",         &["W[l]: n[l]×n[(l - 1)]"]),
        ("T: a×b×c",                  &["T: a×b×c"]),
        ("X: N×n, w: n pos, y: N",    &["X: N×n", "w: n pos", "y: N"]),
        ("X: N×n; w: n",              &["X: N×n", "w: n"]),
    ];
    for (source, expected) in cases {
        assert_eq!(statements(source), *expected, "{source}");
    }
}

#[test]
fn a_network_and_a_recurrence() {
    let network = "# two-layer network
        X: N×n; W: n×h; b: h   // sizes
        dense(X, W, b) = X*W .+ b'
        H = tanh(dense(X,
                       W, b))
        loss = sum(H) +
            1
        gradient of loss wrt W, b
        hessian loss wrt b
        value of loss
        gradient of loss with respect to W
        sizes N = 1000, n = 5e1
        hessian(loss, b)";
    let expected = [
        "X: N×n",
        "W: n×h",
        "b: h",
        "dense(X, W, b) = ((X * W) .+ b')",
        "H = tanh(dense(X, W, b))",
        "loss = (sum(H) + 1)",
        "Gradient of loss wrt W, b",
        "Hessian of loss wrt b",
        "Value of loss wrt ",
        "Gradient of loss wrt W",
        "sizes N=1000 n=50",
        "Hessian of loss wrt b",
    ];
    assert_eq!(statements(network), expected);
    let recurrence = "h[0] = zeros(p)
        h[t] = tanh(U*x[t] + W*h[t-1] + b)  for t in 1..T
        loss = sum(t in 1..T, norm2(V*h[t] + c - y[t])^2)
        loss(W := 2*W, b := c)";
    let expected = [
        "h[0] = zeros(p)",
        "h[t] = tanh((((U * x[t]) + (W * h[(t - 1)])) + b)) for t in 1..T",
        "loss = sum(t in 1..T, (norm2((((V * h[t]) + c) - y[t])) ^ 2))",
        "loss(W := (2 * W), b := c)",
    ];
    assert_eq!(statements(recurrence), expected);
}

#[test]
fn spans_cover_what_was_written() {
    let source = "y = (a+b)*XB";
    let program = read(source);
    let StatementKind::Definition { value, .. } = &program.statements[0].kind else {
        panic!("no definition")
    };
    assert_eq!(program.tree.get(*value).span, Span::new(4, 12));
    let ExprKind::Binary { right, .. } = program.tree.get(*value).kind else {
        panic!("no product")
    };
    assert_eq!(program.tree.get(right).span, Span::new(11, 12));
}

#[test]
fn children_stand_before_parents() {
    let program = read("x'*A*x + sum(t in 1..T, f(W := a^b^c)) - ‖√y₁⁻¹‖");
    for (index, node) in program.tree.nodes.iter().enumerate() {
        let mut check = |child: &ExprId| assert!((child.0 as usize) < index);
        match &node.kind {
            ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(&mut check),
            ExprKind::Negate(a) | ExprKind::Transpose(a) => check(a),
            ExprKind::Call { arguments, .. } => arguments.iter().for_each(&mut check),
            _ => {}
        }
    }
}

#[test]
fn errors_say_what_was_found_and_what_was_expected() {
    #[rustfmt::skip]
    let cases = [
        ("",                      "E0103", "the input is empty"),
        ("  # only a comment",    "E0103", "the input is empty"),
        ("(a+b",                  "E0106", "`(` is never closed"),
        ("a; (b; c",              "E0106", "`(` is never closed"),
        ("a+b)",                  "E0107", "`)` closes nothing"),
        ("f[x)",                  "E0108", "`)` cannot close `[`"),
        ("a + * b",               "E0109", "expected a name, a number or `(`, found `*`"),
        ("a +",                   "E0109", "found the end of the input"),
        ("a *; b",                "E0109", "found `;`"),
        ("A × B",                 "E0109", "the product is `*`"),
        ("x 2",                   "E0110", "an operator is missing before `2`"),
        ("a $ b",                 "E0105", "`$` means nothing here"),
        ("1e999999999",           "E0111", "the exponent lies between"),
        ("1e99999999999999999999","E0111", "the exponent lies between"),
        ("‖x",                    "E0106", "`‖` is never closed"),
        ("x' = 3",                "E0113", "this cannot be defined"),
        ("gradient of x'*x wrt",  "E0109", "the name of a variable"),
        ("S:",                    "E0115", "the size of `S` is missing"),
        ("sizes n = 0.5",         "E0116", "a size is a whole number"),
        ("A: m×",                 "E0109", "a size: a name, a number or `(`"),
        ("f(x,) = 1",             "E0109", "the name of a parameter"),
        ("h[t] = x for t in 1",   "E0109", "an operator or `..`"),
        ("a := 2",                "E0109", "a definition is written `name = …`"),
    ];
    for (source, code, words) in cases {
        let error = error(source);
        assert_eq!(error.diagnostic().code, code, "{source}: {error}");
        let report = report(source);
        assert!(report.contains(words), "{source}:\n{report}");
        assert!(!report.contains("Rule") && !report.contains("open_round"), "{report}");
    }
}

#[test]
fn unbalanced_brackets_point_at_both() {
    let error = error("tr(A*[B)");
    assert_eq!(
        error,
        SyntaxError::Mismatched {
            open: '[',
            open_span: Span::new(5, 6),
            expected: ']',
            close: ')',
            close_span: Span::new(7, 8),
        }
    );
    insta::assert_snapshot!(report("loss = sum((a+b)*c\n  + d"), @r"
    error[E0106]: `(` is never closed
     --> input:1:11
      |
    1 | loss = sum((a+b)*c
      |           ^ opened here
    2 |   + d
      |      - `)` is missing here
    ");
}

/// On the stack of a small thread.
fn small_thread(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(work).expect("a thread");
    thread.join().expect("no panic");
}

#[test]
fn hostile_inputs_are_refused_or_read_on_a_small_stack() {
    small_thread(|| {
        let deep =
            |open: &str, close: &str, count: usize| open.repeat(count) + "x" + &close.repeat(count);
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("exp(", ")"),
            ("-(", ")"),
            ("x^(", ")"),
            ("x^{", "}"),
            ("√(", ")"),
        ] {
            let error = error(&deep(open, close, 100_000));
            assert!(matches!(error, SyntaxError::TooDeep { .. }), "{open}: {error}");
        }
        assert!(matches!(error(&"‖".repeat(30_000)), SyntaxError::TooDeep { .. }));
        for (open, close) in [("(", ")"), ("exp(", ")"), ("x^(", ")"), ("x^-√(", ")"), ("‖", "‖+1")]
        {
            read(&deep(open, close, 190));
        }
        read(&("-".repeat(30_000) + "x"));
        read(&("√".repeat(30_000) + "x"));
        read(&("x^".repeat(30_000) + "x"));
        read(&("x+".repeat(30_000) + "x"));
        read(&("x*-".repeat(30_000) + "x"));
        read(&("x".to_owned() + &"'".repeat(30_000)));
        read(&"X".repeat(30_000));
        read(&("x;".repeat(30_000)));
        assert!(matches!(error(&"x".repeat(10_000_000)), SyntaxError::TooLong));
        assert!(parse(&("A: n ".to_owned() + &"a, ".repeat(30_000)), &known).is_err());
        assert!(parse(&"wrt ".repeat(30_000), &known).is_err());
        assert!(parse(&("x+".repeat(100_000) + "$"), &known).is_err());
        assert!(matches!(decode(b"x + \xff"), Err(SyntaxError::NotUtf8 { offset: 4 })));
    });
}

#[test]
fn a_long_program_is_read_in_linear_time() {
    let line =
        |index| format!("H{} = tanh(W{}*H{index} .+ b{index}') + H{index}", index + 1, index);
    let steps = |count: usize| {
        let text = (0..count).map(line).collect::<Vec<_>>().join("\n");
        let before = work::steps();
        assert_eq!(read(&text).statements.len(), count);
        work::steps() - before
    };
    let (few, many) = (steps(500), steps(2000));
    assert!(many < few * 9 / 2, "{few} steps for 500 lines, {many} for 2000");
}

#[test]
fn any_short_text_is_read_or_refused() {
    let pieces = [
        "A",
        "x",
        "(",
        ")",
        "'",
        "^",
        "-",
        "+",
        "*",
        ".*",
        "‖",
        "2",
        " ",
        "\n",
        ";",
        "T",
        "=",
        ":",
        ",",
        "[",
        "]",
        "√",
        "²",
        "{",
        "}",
        "wrt",
        "sum(t in 1..",
        "..",
        "gradient of ",
        "AB",
        "_F",
        "×",
        "sizes ",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        if let Err(error) = parse(&text, &known) {
            assert!(!render(&error.diagnostic(), &text, "input", false).is_empty());
        }
    }
}

#[test]
fn the_corpus_is_read() {
    let corpus = include_str!("../corpus/derivatives.tsv");
    let mut count = 0;
    for row in corpus.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        for source in
            [format!("{}\n{}", columns[3], columns[4]), format!("{}\n{}", columns[3], columns[7])]
        {
            read(&source);
        }
        read(&format!("{}\n{} of {} wrt {}", columns[3], columns[6], columns[4], columns[5]));
        count += 1;
    }
    assert_eq!(count, 235);
}
