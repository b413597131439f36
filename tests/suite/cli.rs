//! The program as people and programs run it: arguments and standard input in, exit code and two streams out.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// What a run of the program left behind.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program with these arguments and this standard input.
pub(crate) fn gradus(arguments: &[&str], input: &[u8]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gradus"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // The program may end before it has read everything.
        let _ = stdin.write_all(&input);
    });
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

fn derive(arguments: &[&str]) -> Run {
    gradus(&[&["derive"], arguments].concat(), b"")
}

/// Bad input: exit code 2, nothing on standard output, all of `words` on standard error.
fn refused(run: &Run, words: &[&str]) {
    assert_eq!(run.code, Some(2), "stdout: {}\nstderr: {}", run.stdout, run.stderr);
    assert_eq!(run.stdout, "", "stderr: {}", run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "`{word}` is not in:\n{}", run.stderr);
    }
}

fn answered(run: &Run, words: &[&str]) {
    assert_eq!(run.code, Some(0), "stdout: {}\nstderr: {}", run.stdout, run.stderr);
    for word in words {
        assert!(run.stdout.contains(word), "`{word}` is not in:\n{}", run.stdout);
    }
}

/// A directory of its own for a test's files.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&path).unwrap();
    path
}

// ---- derive

#[test]
fn a_gradient_with_its_shapes_and_check() {
    let run = derive(&["tr(AᵀXB)", "--wrt", "X"]);
    answered(&run, &["f = tr(AᵀXB)", "∂f/∂X = ABᵀ", "assumed: ", "checked at "]);
}

#[test]
fn declared_shapes_are_not_called_assumed() {
    let run = derive(&["tr(A'*X*B)", "--wrt", "X", "--declare", "A: m×n; X: m×p; B: p×n"]);
    answered(&run, &["declared: A: m×n; X: m×p; B: p×n", "shape: m×p"]);
    assert!(!run.stdout.contains("assumed"), "{}", run.stdout);
}

#[test]
fn several_variables_in_one_run() {
    let once = derive(&["x'*A*y", "--wrt", "x,y"]);
    answered(&once, &["∂f/∂x = Ay", "∂f/∂y = Aᵀx"]);
    let twice = derive(&["x'*A*y", "--wrt", "x", "--wrt", "y"]);
    assert_eq!(once.stdout, twice.stdout);
}

#[test]
fn the_only_variable_need_not_be_named() {
    answered(&derive(&["‖x‖²"]), &["∂f/∂x = 2x"]);
    refused(&derive(&["3"]), &["by which variable?", "no variables"]);
}

#[test]
fn without_names_the_derivative_is_by_every_variable() {
    answered(&derive(&["x'*A*x"]), &["∂f/∂x = (A + Aᵀ)x", "∂f/∂A = xxᵀ"]);
}

#[test]
fn what_is_declared_without_sizes_is_not_called_undeclared() {
    for (formula, declared, code) in
        [("x + y", "y: simplex", "E0902"), ("b*S", "S: spd; b: k", "E0205")]
    {
        let run = derive(&[formula, "--declare", declared]);
        refused(&run, &[code]);
        assert!(!run.stderr.contains("is not declared"), "{}", run.stderr);
    }
    answered(&derive(&["logdet(S)", "--declare", "S: spd; S: n×n"]), &["declared: S: n×n spd"]);
    refused(&derive(&["sum(S)", "--declare", "S: spd; S: 3×4"]), &["E0213"]);
    let run = derive(&["tr(S)", "--declare", "S: spd vector"]);
    refused(&run, &["`vector` says nothing of", "a column is `x: n`"]);
}

#[test]
fn a_whole_request_can_be_typed() {
    answered(&derive(&["gradient of x'*y wrt y"]), &["∂f/∂y = x"]);
}

#[test]
fn a_formula_may_start_with_a_minus() {
    answered(&derive(&["-x'*x", "--wrt", "x"]), &["∂f/∂x = −2x"]);
}

#[test]
fn every_format_prints_the_gradient() {
    let run = |format| derive(&["tr(AᵀXB)", "--wrt", "X", "--format", format]);
    answered(&run("ascii"), &["df/dX = A*B'"]);
    answered(&run("latex"), &["\\frac{\\partial f}{\\partial X} = ", "^"]);
    answered(&run("mathml"), &["<math"]);
    let json: Value = serde_json::from_str(&run("json").stdout).unwrap();
    assert_eq!(json["gradients"][0]["wrt"], "X");
    assert_eq!(json["gradients"][0]["result"]["ascii"], "A*B'");
}

#[test]
fn ascii_is_ascii() {
    let run = derive(&["tr(AᵀXB)", "--wrt", "X", "--format", "ascii"]);
    assert!(run.stdout.is_ascii(), "{}", run.stdout);
}

#[test]
fn symmetric_variables_follow_the_convention() {
    let arguments = ["tr(A*X)", "--wrt", "X", "--declare", "A: n×n; X: n×n symmetric"];
    answered(&derive(&arguments), &["symmetric projection", "A + Aᵀ"]);
    let cookbook = derive(&[&arguments[..], &["--symmetric", "cookbook"]].concat());
    answered(&cookbook, &["independent entries", "diag"]);
}

#[test]
fn a_model_file_answers_its_requests() {
    let run = derive(&["--file", "examples/trace.gradus"]);
    answered(&run, &["∂f/∂X = ABᵀ", "∂f/∂B = "]);
}

#[test]
fn a_formula_can_use_a_model_file() {
    let run = derive(&["f + tr(X'*X)", "--wrt", "X", "--file", "examples/trace.gradus"]);
    answered(&run, &["F = f + tr(X'*X)", "∂F/∂X = ", "ABᵀ"]);
}

#[test]
fn a_file_that_asks_nothing_is_refused() {
    let path = scratch("cli").join("silent.gradus");
    fs::write(&path, "A: m×n\n").unwrap();
    refused(&derive(&["--file", path.to_str().unwrap()]), &["asks nothing"]);
}

#[test]
fn a_missing_file_is_refused() {
    refused(&derive(&["--file", "no/such.gradus"]), &["cannot read", "no/such.gradus"]);
}

#[test]
fn the_steps_lead_from_the_formula_to_the_gradient() {
    let run = derive(&["tr(AᵀXB)", "--wrt", "X", "--steps"]);
    answered(&run, &["df    = tr(", "dX", "cyclic trace"]);
    let latex = derive(&["tr(AᵀXB)", "--wrt", "X", "--steps", "--format", "latex"]);
    answered(&latex, &["\\begin{align*}"]);
    answered(&derive(&["x'*x", "--wrt", "Q", "--declare", "Q: n; x: n", "--steps"]), &["∂f/∂Q"]);
}

// ---- bad input

#[test]
fn an_unknown_function_names_the_nearest() {
    refused(&derive(&["sum(sigmod(x))", "--wrt", "x"]), &["`sigmod`", "`sigmoid`"]);
}

#[test]
fn a_shape_mismatch_shows_both_shapes() {
    let run = derive(&["sum(A*x)", "--wrt", "x", "--declare", "A: m×n; x: k"]);
    refused(&run, &["m×n", "k", "^", "expression"]);
}

#[test]
fn only_scalars_have_gradients() {
    refused(&derive(&["A*x", "--wrt", "x"]), &["not scalar", "shape"]);
}

#[test]
fn a_name_that_is_nowhere_is_no_variable() {
    refused(&derive(&["x'*x", "--wrt", "Q"]), &["`Q` is no variable", "x"]);
}

#[test]
fn a_definition_is_a_variable_of_what_uses_it() {
    let run = derive(&["sum(H.^2)", "--wrt", "H", "--declare", "x: n; H = tanh(x)"]);
    answered(&run, &["∂f/∂H = 2H"]);
    let family = "x: n; h[0] = x; h[t] = tanh(h[t-1]) for t in 1..T";
    let run = derive(&["sum(h[T])", "--wrt", "h", "--declare", family]);
    refused(&run, &["`h` is defined by a formula"]);
}

#[test]
fn the_same_variable_twice_is_refused() {
    refused(&derive(&["x'*x", "--wrt", "x,x"]), &["named twice"]);
}

#[test]
fn plus_adds_a_number_to_every_entry_and_says_so() {
    let run = derive(&["sum(x + 1)", "--wrt", "x", "--declare", "x: n"]);
    answered(&run, &["read: a number added to an array: to every entry"]);
    // Of a square matrix the number may be meant times the identity.
    let run = derive(&["tr((A + 1)*B)", "--wrt", "A", "--declare", "A: n×n; B: n×n"]);
    refused(&run, &[".+", "c*I"]);
}

#[test]
fn unbalanced_brackets_are_found() {
    refused(&derive(&["tr(X", "--wrt", "X"]), &["never closed"]);
    refused(&derive(&["x) + (x", "--wrt", "x"]), &["closes nothing"]);
    refused(&derive(&["tr(X", "--wrt", "X", "--declare", "X: (n×n"]), &["never closed"]);
}

#[test]
fn nothing_is_refused() {
    for empty in ["", "   ", "# a comment"] {
        refused(&derive(&[empty, "--wrt", "X"]), &["empty"]);
    }
    refused(&gradus(&["derive"], b""), &["Usage"]);
}

#[test]
fn a_declaration_alone_asks_nothing() {
    refused(&derive(&["x: n", "--wrt", "x"]), &["no formula"]);
}

#[test]
fn a_hundred_thousand_brackets_are_too_deep() {
    let text = format!("{}x{}", "(".repeat(100_000), ")".repeat(100_000));
    refused(&gradus(&["derive", "-", "--wrt", "x"], text.as_bytes()), &["nested"]);
}

#[test]
fn ten_megabytes_are_too_long() {
    let text = "x+".repeat(5_000_000) + "x";
    refused(&gradus(&["derive", "-", "--wrt", "x"], text.as_bytes()), &["too long"]);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    refused(&gradus(&["derive", "-", "--wrt", "x"], b"x'*\xff\xfe"), &["not valid UTF-8"]);
    let path = scratch("cli").join("latin1.gradus");
    fs::write(&path, b"x: n # na\xefve").unwrap();
    refused(&derive(&["--file", path.to_str().unwrap()]), &["not valid UTF-8"]);
}

#[test]
fn division_by_zero_is_found() {
    refused(&derive(&["x'*x/0", "--wrt", "x"]), &["zero"]);
}

#[test]
fn contradicting_sizes_are_found() {
    let run = derive(&["tr(X)", "--wrt", "X", "--declare", "X: 3×3; X: 4×4"]);
    refused(&run, &["X", "3×3", "4×4"]);
    refused(&derive(&["tr(X)", "--wrt", "X", "--declare", "X: 3×4"]), &["3×4"]);
}

/// Sizes of 1 make scalars of what a row multiplies as matrices.
#[test]
fn steps_of_functions_of_matrices_are_shown_for_scalars() {
    for (formula, wrt, declared) in [
        ("leading(sum(E))", "E", "E: m×m invertible"),
        ("lyapunov(norm1(S), c)", "S", "S: 2×2 symmetric; c: scalar"),
        ("pinv(c)*c", "c", "c: scalar"),
        ("sum(svdvals(A*x))", "x", "A: m×n; x: n"),
    ] {
        answered(&derive(&[formula, "--wrt", wrt, "--declare", declared, "--steps"]), &["df"]);
    }
}

#[test]
fn what_is_not_supported_says_so() {
    refused(&derive(&["hessian of norm_nuc(X) wrt X"]), &["not supported yet"]);
}

/// The parts of a derivative and of its differential have names of their own, all of them under `where`.
#[test]
fn names_in_json_are_defined() {
    let declared = "S: n×m; R: m×n; Q: n×k; t: scalar; A: n×n; x: n";
    for (expression, wrt, kind) in [
        ("(S*S'*(S*R) ./ (Q*Q' .+ t))^3", "S", "jacobian"),
        ("sum(tanh(A*x).^3 .* exp(A*x).^2 .* log(A*A*x .+ 9))^2*norm2(A*x)^2", "x", "hessian"),
    ] {
        let run = derive(&[
            expression,
            "--wrt",
            wrt,
            "--kind",
            kind,
            "--declare",
            declared,
            "--format",
            "json",
        ]);
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let one = &answer[format!("{kind}s")][0];
        let parts = one["where"].as_array().unwrap();
        let names: Vec<&str> = parts.iter().map(|part| part["name"].as_str().unwrap()).collect();
        let distinct: std::collections::BTreeSet<&&str> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        let mut texts: Vec<&str> =
            parts.iter().map(|part| part["ascii"].as_str().unwrap()).collect();
        // A part that both have is named once.
        let distinct: std::collections::BTreeSet<&&str> = texts.iter().collect();
        assert_eq!(distinct.len(), texts.len(), "{texts:?}");
        texts.push(one["result"]["ascii"].as_str().unwrap());
        texts.extend(one["differential"]["ascii"].as_str());
        for text in texts {
            for word in text.split(|c: char| !c.is_alphanumeric()) {
                let is_part = word.len() > 1
                    && word.starts_with(['T', 't', 'c'])
                    && word[1..].chars().all(|c| c.is_ascii_digit());
                assert!(!is_part || names.contains(&word), "{word} in {text}");
            }
        }
    }
}

/// tanh(Wₙ tanh(… W₁x)), by each W: the JSON of all gradients.
fn gradients_in_json(layers: usize) -> String {
    let every = |part: &dyn Fn(usize) -> String| (1..=layers).map(part).collect::<Vec<_>>();
    let formula = (1..=layers).fold("x".to_owned(), |inner, l| format!("tanh(W{l}*{inner})"));
    let declared = format!("x: n; {}", every(&|l| format!("W{l}: n×n")).join("; "));
    let wrt = every(&|l| format!("W{l}")).join(",");
    let formula = format!("norm2({formula})^2");
    derive(&[&formula, "--wrt", &wrt, "--declare", &declared, "--format", "json"]).stdout
}

#[test]
fn several_derivatives_in_json_define_each_name_once() {
    let (few, many) = (gradients_in_json(10), gradients_in_json(40));
    assert!(many.len() < 5 * few.len(), "{} then {} bytes", few.len(), many.len());
    let answer: serde_json::Value = serde_json::from_str(&many).unwrap();
    let mut names = std::collections::BTreeSet::new();
    for one in answer["gradients"].as_array().unwrap() {
        let mut texts = vec![one["result"]["ascii"].as_str().unwrap()];
        for part in one["where"].as_array().unwrap() {
            assert!(names.insert(part["name"].as_str().unwrap().to_owned()), "{part} again");
            texts.push(part["ascii"].as_str().unwrap());
        }
        for word in texts.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric())) {
            let number =
                word.strip_prefix(['T', 't', 'c']).filter(|rest| rest.parse::<u32>().is_ok());
            assert!(number.is_none() || names.contains(word), "{word}");
        }
    }
    assert!(names.len() > 10, "{names:?}");
}

/// The lines begin with what is summed up, with all that multiplies the sum, and none of them leads to zeros.
#[test]
fn the_steps_of_a_recurrence_keep_what_multiplies_the_sum() {
    let model = "\
W: p×p; U: p×d; b: p; h0: p; x[t]: d; y[t]: p
h[0] = h0
h[t] = tanh(W*h[t-1] + U*x[t] + b) for t in 1..T
J = 1/(2*T)*sum(t in 1..T, norm2(h[t] - y[t])^2) + norm2(W)^2
gradient of J wrt W, b
";
    let path = scratch("steps").join("mean.gradus");
    fs::write(&path, model).unwrap();
    let run = derive(&["--file", path.to_str().unwrap(), "--steps"]);
    answered(&run, &["from ‖h[t] − y[t]‖²/(2T)\n", "∂f/∂h[t] = (h[t] − y[t])/T", "from ‖W‖²"]);
    assert!(!run.stdout.contains("= zeros("), "{}", run.stdout);
}

/// The answer is printed, and its code verified, even where the derivation has a step without a rule.
#[test]
fn code_is_verified_where_no_steps_can_be_shown() {
    let question = ["tr(A*X^k)", "--wrt", "X", "--declare", "A: n×n; X: n×n; k: scalar"];
    let run = derive(&[&question[..], &["--verify"]].concat());
    answered(&run, &["power_frechet", "the steps cannot be shown", "verified:"]);
    let steps = derive(&[&question[..], &["--steps"]].concat());
    answered(&steps, &["power_frechet", "the steps cannot be shown"]);
}

#[test]
fn diagnostics_are_plain_when_no_terminal_reads_them() {
    assert!(!derive(&["tr(", "--wrt", "X"]).stderr.contains('\u{1b}'));
}

// ---- no errors

#[test]
fn a_declared_name_that_does_not_occur_has_the_gradient_zero() {
    let run = derive(&["x'*x", "--wrt", "Q", "--declare", "Q: m×n; x: k"]);
    answered(&run, &["∂f/∂Q = ", "m×n", "does not occur"]);
}

#[test]
fn keywords_and_colliding_names_can_be_emitted() {
    let declare = "fn: n; match: n; λ: scalar; Λ: scalar";
    let run = gradus(
        &["verify", "--expr", "λ*fn'*match + Λ", "--wrt", "fn,match,λ,Λ", "--declare", declare],
        b"",
    );
    answered(&run, &["verified", "gradient_fn", "gradient_λ", "gradient_Λ"]);
}

// ---- batch

fn batch(lines: &[&[u8]]) -> Vec<Value> {
    let run = gradus(&["batch"], &lines.join(&b'\n'));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ask(question: &Value) -> Value {
    let answers = batch(&[question.to_string().as_bytes()]);
    assert_eq!(answers.len(), 1);
    answers[0].clone()
}

#[test]
fn a_line_is_answered_with_a_line() {
    let answer = ask(&json!({
        "id": 7, "declarations": "A: m×n; X: n×p", "expression": "tr(A*X*B)", "wrt": "X", "kind": "gradient",
    }));
    assert_eq!(answer["id"], 7);
    assert_eq!(answer["ok"], true);
    assert_eq!(answer["result"]["ascii"], "A'*B'");
    assert_eq!(answer["result"]["unicode"], "AᵀBᵀ");
    assert!(answer["result"]["latex"].as_str().unwrap().contains('^'));
    assert_eq!(answer["shape"], "n×p");
    assert_eq!(answer["layout"], "denominator");
    assert_eq!(answer["assumed"], "B: p×m");
    assert_eq!(answer["where"], json!([]));
    assert!(answer["check"]["points"].as_u64().unwrap() > 0);
    assert!(answer["check"]["max_relative_error"].as_f64().unwrap() < 1e-8);
    assert!(answer["micros"].is_u64());
}

#[test]
fn a_layout_decides_what_symmetric_means() {
    let ascii = |layout: &str| {
        let answer = ask(&json!({
            "id": 1, "declarations": "A: n×n; X: n×n sym", "expression": "tr(A*X)", "wrt": "X", "layout": layout,
        }));
        (answer["layout"].clone(), answer["result"]["ascii"].as_str().unwrap().to_owned())
    };
    assert_eq!(ascii("sym-projection").0, "sym-projection");
    assert!(ascii("sym-projection").1.contains("1/2") || ascii("sym-projection").1.contains("/2"));
    assert_eq!(ascii("sym-cookbook").0, "sym-cookbook");
    assert!(ascii("sym-cookbook").1.contains("diag"));
    assert_eq!(ascii("denominator"), (json!("denominator"), "A'".to_owned()));
}

#[test]
fn errors_point_into_the_part_that_was_typed() {
    let answer = ask(&json!({
        "id": "é", "declarations": "A: m×n; x: k", "expression": "1 + sum(A*x)", "wrt": "x",
    }));
    assert_eq!(answer["ok"], false);
    assert_eq!(answer["id"], "é");
    let error = &answer["error"];
    assert!(error["code"].as_str().unwrap().starts_with('E'));
    assert_eq!(error["in"], "expression");
    let (start, end) = (error["start"].as_u64().unwrap(), error["end"].as_u64().unwrap());
    assert!(8 <= start && start < end && end <= 11, "{error}");

    let answer =
        ask(&json!({"id": 1, "declarations": "A: m×n; x: k", "expression": "x'*x", "wrt": "x, Q"}));
    let error = &answer["error"];
    assert_eq!(
        (&error["in"], &error["start"], &error["end"]),
        (&json!("wrt"), &json!(3), &json!(4))
    );

    let answer = ask(&json!({"id": 1, "declarations": "A: m×", "expression": "x'*x", "wrt": "x"}));
    assert_eq!(answer["error"]["in"], "declarations");
}

#[test]
fn a_bad_line_never_stops_the_batch() {
    let deep = format!("{{\"id\":5,\"expression\":\"{}\",\"wrt\":\"x\"}}", "(".repeat(100_000));
    let nested = "[".repeat(100_000);
    let long = vec![b'x'; 10_000_000];
    let lines: [&[u8]; 13] = [
        b"{",
        b"[1, 2]",
        b"\xff\xfe",
        b"{\"id\": 1}",
        b"{\"id\": 2, \"expression\": 3}",
        b"{\"id\": 3, \"expression\": \"\", \"wrt\": \"x\"}",
        b"{\"id\": 4, \"expression\": \"x'*x\", \"wrt\": \"x\", \"kind\": \"integral\"}",
        deep.as_bytes(),
        nested.as_bytes(),
        &long,
        b"{\"id\": 6, \"expression\": \"A*x\", \"wrt\": \"x\"}",
        b"{\"id\": 7, \"expression\": \"A*x\", \"wrt\": \"x\", \"kind\": \"hessian\"}",
        b"{\"id\": 8, \"expression\": \"x'*x\", \"wrt\": \"x\"}",
    ];
    let answers = batch(&lines);
    assert_eq!(answers.len(), lines.len());
    let ids: Vec<Value> = answers.iter().map(|answer| answer["id"].clone()).collect();
    assert_eq!(json!(ids), json!([null, null, null, 1, 2, 3, 4, 5, null, null, 6, 7, 8]));
    for answer in &answers[..12] {
        assert_eq!(answer["ok"], false, "{answer}");
        assert!(answer["error"]["message"].is_string(), "{answer}");
        assert!(answer["error"]["code"].is_string(), "{answer}");
    }
    assert_eq!(answers[12]["result"]["ascii"], "2*x");
}

#[test]
fn bindings_stand_before_their_use() {
    let mut text = "x".to_owned();
    for _ in 0..6 {
        text = format!("tanh(W*({text})) .* exp({text})");
    }
    let answer = ask(&json!({
        "id": 1, "declarations": "x: n; W: n×n", "expression": format!("sum({text})"), "wrt": "x",
    }));
    assert_eq!(answer["ok"], true, "{answer}");
    let bindings = answer["where"].as_array().unwrap();
    assert!(!bindings.is_empty());
    for (at, binding) in bindings.iter().enumerate() {
        for later in &bindings[at..] {
            let name = later["name"].as_str().unwrap();
            let text = binding["ascii"].as_str().unwrap();
            let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            assert!(!words.contains(&name), "{name} is used before it is defined in {text}");
        }
    }
}

#[test]
fn several_variables_share_a_line() {
    let answer = ask(&json!({"id": 1, "expression": "x'*A*y", "wrt": "x, y"}));
    assert_eq!(answer["gradients"][0]["result"]["ascii"], "A*y");
    assert_eq!(answer["gradients"][1]["result"]["ascii"], "A'*x");
}

// ---- emit and verify

#[test]
fn emitted_code_goes_to_a_file() {
    let path = scratch("cli").join("trace.rs");
    let run = gradus(&["emit", "examples/trace.gradus", "-o", path.to_str().unwrap()], b"");
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{}", run.stderr);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("pub type Float = f64;") && text.contains("pub fn value_and_gradient"));
    let single = gradus(&["emit", "--expr", "tr(AᵀXB)", "--wrt", "X", "--float", "f32"], b"");
    answered(&single, &["pub type Float = f32;"]);
}

#[test]
fn a_directory_of_models_is_verified() {
    let run = gradus(&["verify", "examples"], b"");
    answered(&run, &["verified: ", "value", "gradient_X", "gradient_W", "f64", "f32"]);
    assert!(!run.stdout.contains("NOT"), "{}", run.stdout);
}

#[test]
fn a_derivation_can_be_verified_at_once() {
    let run = derive(&["tr(AᵀXB)", "--wrt", "X", "--verify"]);
    answered(&run, &["∂f/∂X = ABᵀ", "pub fn value_and_gradient", "verified: ", "gradient_X"]);
}

#[test]
fn bad_models_are_refused() {
    let path = scratch("cli").join("broken.gradus");
    fs::write(&path, "x: n\ngradient of norm(x wrt x\n").unwrap();
    refused(&gradus(&["emit", path.to_str().unwrap()], b""), &["broken.gradus:2"]);
    refused(&gradus(&["verify", path.to_str().unwrap()], b""), &["broken.gradus:2"]);
}

#[test]
fn answers_keep_the_names_of_definitions() {
    let model = "X: N×d; W: d×h; V: h×k; Y: N×k\nH = tanh(X*W)\nP = softmax(H*V, rows)\nR = P - Y\n\
        loss = ½*sum(R.^2)\ngradient of loss wrt W\n";
    let path = scratch("names").join("net.gradus");
    std::fs::write(&path, model).unwrap();
    let derive = |more: &[&str]| {
        let arguments = [&["derive", "--file", path.to_str().unwrap()], more].concat();
        let run = gradus(&arguments, b"");
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        run.stdout
    };
    let text = derive(&[]);
    assert!(text.contains("loss = ½sum(R.^2)\n"), "{text}");
    assert!(!text.contains("tanh") && !text.contains("softmax"), "{text}");
    assert!(derive(&["--steps"]).contains("dloss"));
    let expanded = derive(&["--expand"]);
    assert!(expanded.contains("tanh(XW)") && !expanded.contains('H'), "{expanded}");
    // As JSON an answer stands alone: names are defined before they are used.
    let json: serde_json::Value = serde_json::from_str(&derive(&["--format", "json"])).unwrap();
    let names = json["gradients"][0]["where"].as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.starts_with(&["H", "P", "R"]), "{names:?}");
}
