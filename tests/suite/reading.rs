//! What people type: read as it is meant, or refused in words that are true and say what to type.

use super::cli::{Run, gradus};

fn derive(arguments: &[&str]) -> Run {
    gradus(&[&["derive"], arguments].concat(), b"")
}

fn answers(arguments: &[&str], words: &[&str]) {
    let run = derive(arguments);
    assert_eq!(run.code, Some(0), "{arguments:?}\n{}", run.stderr);
    for word in words {
        assert!(run.stdout.contains(word), "{arguments:?}: `{word}` is not in:\n{}", run.stdout);
    }
}

fn refuses(arguments: &[&str], words: &[&str]) {
    let run = derive(arguments);
    assert_eq!(run.code, Some(2), "{arguments:?}\n{}", run.stdout);
    for word in words {
        assert!(run.stderr.contains(word), "{arguments:?}: `{word}` is not in:\n{}", run.stderr);
    }
}

/// A model's text, answered by a pipe.
fn model(text: &str) -> Run {
    gradus(&[], text.as_bytes())
}

#[test]
fn a_name_before_a_bracket_multiplies_where_it_is_a_variable() {
    answers(&["norm2(A(x-y))^2", "--wrt", "A"], &["∂f/∂A = 2A(x − y)(x − y)ᵀ"]);
    answers(&["tr(X(XᵀA))", "--wrt", "X"], &["∂f/∂X = (A + Aᵀ)X"]);
    answers(&["λ(xᵀx)", "--wrt", "λ"], &["∂f/∂λ = xᵀx"]);
    answers(&["sum(Sigma(x-y))", "--wrt", "Sigma"], &["∂f/∂Σ = ones(m)·(x − y)ᵀ"]);
    answers(&["tanh(W1(x))'y", "--wrt", "W1"], &["assumed: W1: m×n"]);
    // A function stays one, and a slip is told.
    answers(&["sum(tanh(x))", "--wrt", "x"], &["tanh"]);
    refuses(&["tanhh(x)'x", "--wrt", "x"], &["unknown function `tanhh`", "`tanh`"]);
    let line = br#"{"expression": "norm2(A(x-y))^2", "wrt": "A"}"#;
    let run = gradus(&["batch"], line);
    assert!(run.stdout.contains("2*A*(x - y)*(x - y)'"), "{}", run.stdout);
    let claim = "2A(x-y)(x-y)'";
    let run = gradus(&["check", "norm2(A(x-y))^2", "--wrt", "A", "--claim", claim], b"");
    assert!(run.stdout.contains("proved"), "{} {}", run.stdout, run.stderr);
}

#[test]
fn a_size_called_t_or_d_is_a_size() {
    let declared = ["--declare", "x[t]: n; x0: n; A: n×n", "--wrt", "A"];
    let with = |formula| [&[formula], declared.as_slice()].concat();
    refuses(&with("norm2(x[T] - A^T*x0)^2"), &["`^T`", "Aᵀ", "A^(T)", "n×n"]);
    refuses(&with("norm2(x[T] - A^{-T}*x0)^2"), &["`^T`", "A^(T)"]);
    answers(&with("norm2(x[T] - A'*x0)^2"), &["2x0·(Aᵀ·x0 − x[T])ᵀ"]);
    answers(&with("norm2(x[T] - A^(T)*x0)^2"), &["power"]);
    // A column has no powers, and without a T there is no question.
    answers(&["sum(t in 1..T, x[t]^T*A*x[t])", "--wrt", "A"], &["x[t]·x[t]ᵀ"]);
    answers(&["tr(X^TX)", "--wrt", "X"], &["∂f/∂X = 2X"]);
    answers(&["sum(d(x .- 1))", "--declare", "x: d", "--wrt", "x"], &["∂f/∂x = d·ones(d)"]);
    answers(&["d(x .- 1)'*ones(d)", "--wrt", "x"], &["∂f/∂x = d·ones(d)"]);
}

#[test]
fn an_undeclared_array_that_should_be_a_number_is_named() {
    let declared = ["--declare", "C: d×d spd; S: d×d spd", "--wrt", "C"];
    refuses(
        &[&["-N/2*(logdet(C)+tr(inv(C)*S))"], declared.as_slice()].concat(),
        &["`N` is not declared and taken for a matrix", "`N: scalar`"],
    );
    refuses(
        &[&["-n/2*(logdet(C)+tr(inv(C)*S))"], declared.as_slice()].concat(),
        &["`n` is not declared and taken for a column", "`n: scalar`"],
    );
    let run = model("C: d×d spd\ngradient of -N/2*logdet(C) wrt C\n");
    assert!(run.stderr.contains("`N: scalar`"), "{}", run.stderr);
}

#[test]
fn accents_belong_to_their_letter() {
    answers(&["norm2(y-ŷ)^2", "--wrt", "ŷ"], &["assumed: y: n; ŷ: n", "∂f/∂ŷ = 2(ŷ − y)"]);
    answers(&["norm2(y-y\u{302})^2", "--wrt", "ŷ"], &["∂f/∂ŷ = 2(ŷ − y)"]);
    answers(&["norm2(x̄-x̂)^2", "--wrt", "x̄"], &["∂f/∂x̄ = 2(x̄ − x̂)"]);
    answers(&["norm2(y-Xŵ)^2", "--wrt", "ŵ", "--format", "latex"], &[r"X \hat{w}"]);
    let words = [r"\tilde{x}", r"\bar{y}", r"\hat{\theta}"];
    answers(&["θ̂*(x̃'*ȳ)", "--wrt", "x̃,ȳ,θ̂", "--format", "latex"], &words);
    let run = gradus(&["emit", "--expr", "norm2(y-X*x̂)^2", "--wrt", "x̂"], b"");
    assert!(run.stdout.contains("pub x_hat: &'a [Float]"), "{}", run.stdout);
}

#[test]
fn no_word_is_read_and_dropped() {
    answers(&["sum(max(X, rows))", "--wrt", "X"], &["∂f/∂X = maxmask(Xᵀ, columns)ᵀ"]);
    refuses(&["sum(exp(X, columns))", "--wrt", "X"], &["`exp` does not work by columns"]);
    refuses(&["tr(expm(X, rows))", "--wrt", "X"], &["`expm` does not work by rows"]);
    refuses(&["det(X, rows)", "--wrt", "X"], &["`det` does not work by rows"]);
    answers(&["sum(norm2(X, rows))", "--wrt", "X"], &["^(−1/2)"]);
    answers(&["sum(norm1(X, columns))", "--wrt", "X"], &["∂f/∂X = sign(X)"]);
    answers(&["norm2(sum(X, rows))^2", "--wrt", "X"], &["2X·ones(n, n)"]);
    answers(&["sum(mean(X, rows))", "--wrt", "X"], &["∂f/∂X = ", "ones(m, n)"]);
    answers(&["‖X‖_2", "--wrt", "X"], &["∂f/∂X = leading(X)"]);
    answers(&["‖X‖_F^2", "--wrt", "X"], &["∂f/∂X = 2X"]);
    answers(&["‖x‖₂^2", "--wrt", "x"], &["∂f/∂x = 2x"]);
    refuses(&["sum(W)", "--wrt", "W[1,2]"], &["`W` has no index", "wrt W[1,2]"]);
    answers(&["norm2(x[2])^2", "--declare", "x[t]: n", "--wrt", "x[2]"], &["∂f/∂x[2]"]);
    let run = derive(&["tr(X*A)", "--wrt", "X", "--declare", "X: n×n diagonal"]);
    assert!(run.stdout.contains("X is diagonal"), "{}", run.stdout);
    assert!(!run.stdout.contains("symmetric"), "{}", run.stdout);
}

#[test]
fn semicolons_stand_between_rows_of_blocks_only() {
    refuses(&["A[1;2]", "--wrt", "A"], &["expected an operator, `,` or `]`, found `;`"]);
    refuses(&["tr([A, B; C, D)", "--wrt", "A"], &["`)` cannot close `[`"]);
    refuses(&["sum(x; y)", "--wrt", "x"], &["`;` ends the statement", "separated by `,`"]);
}

#[test]
fn a_recurrence_may_be_written_forwards() {
    let run = model(
        "A: n×n; x0: n; x[0] = x0\nx[t+1] = A*x[t] for t in 0..T-1\ngradient of norm2(x[T])^2 wrt A, x0\n",
    );
    let same = model(
        "A: n×n; x0: n; x[0] = x0\nx[t] = A*x[t-1] for t in 1..T\ngradient of norm2(x[T])^2 wrt A, x0\n",
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("Σ(t in 1..T, δ[t]·x[t−1]ᵀ)"), "{}", run.stdout);
    assert_eq!(run.stdout, same.stdout);
    let run = model("A: n×n; x[0] = ones(n); x[T-t] = A*x[t] for t in 1..T; sum(x[T])\n");
    assert!(run.stderr.contains("no element whose place follows `t`"), "{}", run.stderr);
}

#[test]
fn questions_about_families_are_refused_in_true_words() {
    let chain = "W: n×n; x[t]: n; c0: n; C[0] = c0\nC[t] = tanh(W*C[t-1] + x[t]) for t in 1..T\n";
    let refused = |text: &str, words: &[&str]| {
        let run = model(text);
        assert_eq!(run.code, Some(2), "{}", run.stdout);
        for word in words {
            assert!(run.stderr.contains(word), "`{word}` is not in:\n{}", run.stderr);
        }
    };
    let request = format!("{chain}jacobian of C[t] wrt C[t-2]\n");
    refused(&request, &["`C[t-2]` is 2 steps before `C[t]`", "wrt C[t-1]"]);
    let request = format!("{chain}hessian of sum(t in 1..T, norm2(C[t])^2) wrt x\n");
    refused(&request, &["`x` is a family of variables", "Hessian"]);
    let request = format!("{chain}E[t] = norm2(C[t])^2 for t in 1..T\ngradient of E[t] wrt W\n");
    refused(&request, &["one for each `t`", "sum(t in 1..T, E[t])"]);
    refused("mean2(x)'x\n", &["unknown function `mean2`"]);
}

#[test]
fn bad_input_has_a_cause_and_an_exit_code() {
    let zero = || std::fs::File::open("/dev/zero");
    if zero().is_ok() {
        refuses(&["--file", "/dev/zero"], &["too long", "/dev/zero"]);
    }
    refuses(&["--file", "."], &["cannot read ."]);
    refuses(&["--file", "no/such/model.gradus"], &["cannot read no/such/model.gradus"]);
    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let run = std::process::Command::new(env!("CARGO_BIN_EXE_gradus"))
            .args(["derive", "tr(X)", "--wrt", "X"])
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(2));
        let error = String::from_utf8(run.stderr).unwrap();
        assert!(error.contains("cannot write the answer"), "{error}");
    }
}

#[test]
fn programs_read_reasons_and_steps_as_json() {
    let run = derive(&["sum(x +", "--format", "json"]);
    assert_eq!(run.code, Some(2));
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(found["error"]["code"], "E0106");
    assert_eq!(
        (&found["error"]["start"], &found["error"]["in"]),
        (&3.into(), &"expression".into())
    );
    let run = derive(&["--file", "no.gradus", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &found["error"]["code"]), (Some(2), &"E1101".into()));
    for (command, rest) in [("check", ["--claim", "y"]), ("solve", ["--for", "x"])] {
        let run = gradus(&[command, "x +", rest[0], rest[1], "--format", "json"], b"");
        let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert!(found["error"]["message"].is_string(), "{found}");
    }
    let run = derive(&["norm2(A*x)^2", "--wrt", "x", "--format", "json", "--steps"]);
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let lines = &found["gradients"][0]["steps"][0]["lines"]["ascii"];
    assert_eq!(lines.as_array().unwrap().last().unwrap()["right"], "2*A'*A*x", "{found}");
}

#[test]
fn what_only_looks_like_the_language_is_told() {
    refuses(&["norm2(А*x)^2", "--wrt", "x"], &["Cyrillic", "type `A`", "expression:1:7"]);
    refuses(&["norm2(x)^2 + ｘ'x", "--wrt", "x"], &["full-width", "type `x`"]);
    refuses(&["x'ж", "--wrt", "x"], &["Latin and Greek letters"]);
    refuses(&["X.T @ A^\\top", "--wrt", "X"], &["E0124", "NumPy and another", "1:8"]);
    refuses(&["x ** 2 + y .^ 2", "--wrt", "x"], &["E0124", "not NumPy"]);
    refuses(&["\\alpha x .* y", "--wrt", "x"], &["E0124", "not LaTeX"]);
}

#[test]
fn two_letters_are_a_name_where_their_kin_is_one() {
    let gates = "sum(sigmoid(Wx*x + Wh*h + b))";
    answers(&[gates, "--wrt", "Wx"], &["read: Wh as one name", "assumed: Wx: m×n; x: n; Wh: m×p"]);
    answers(
        &["v'*(sigmoid(zo).*tanh(sigmoid(Wf*x + zf).*c))", "--wrt", "Wf"],
        &["zf, zo as one name each", "c: m"],
    );
    // A letter that stands alone is a factor.
    answers(&["tr(Wx'Wx) + x'*Ax", "--wrt", "Ax"], &["Ax: n", "W: scalar"]);
    answers(&["sum(Wx*x) + W'*W*b'*x", "--wrt", "Wx"], &["Wx: "]);
}

#[test]
fn latex_has_constants_with_sizes_and_elements_of_families() {
    answers(&[r"\mathbf{1}_n^\top X \mathbf{1}_{m}", "--wrt", "X"], &["∂f/∂X = ones(n, m)"]);
    answers(&[r"\operatorname{tr}(A I_{n}) + \operatorname{tr}(A)", "--wrt", "A"], &["2·eye(n)"]);
    answers(&[r"\operatorname{sum}(x^{\odot 3})", "--wrt", "x"], &["∂f/∂x = 3x.^2"]);
    // The last index of a sum is no transpose.
    answers(&[r"\sum_{i=1}^{H} \|x_i\|^2", "--wrt", "x", "--declare", "x[i]: n"], &["i in 1..H"]);
    let run = model(
        "x[t]: n; W: n×n\n\\delta_{t} = W x_{t} + x_{t-1}, \\quad t = 1, \\dots, T\ngradient of sum(t in 1..T, norm2(δ[t])^2) wrt W\n",
    );
    assert!(run.stdout.contains("δ[t]·x[t]ᵀ"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_function_may_stay_unknown() {
    let declared = |formula, by| [formula, "--wrt", by, "--declare", "φ, g: function; X: m×n"];
    answers(
        &declared("½*norm2(φ(X*w) - y)^2", "w"),
        &["∂f/∂w = Xᵀ(φ′(Xw) ⊙ (φ(Xw) − y))", "declared: X: m×n; φ: function; g: function"],
    );
    answers(&declared("sum(phi'(X*w))", "w"), &["Xᵀ·φ′′(Xw)"]);
    answers(&declared(r"\phi(g(w^\top X^\top X w))", "w"), &["φ′(g(", "g′("]);
    answers(&["sum(σ(z))", "--wrt", "z", "--declare", "σ: function"], &["∂f/∂z = σ′(z)"]);
    answers(
        &["norm2(φ(W*x) - y)^2", "--wrt", "W", "--declare", "φ: function", "--steps"],
        &["derivative of φ"],
    );
    // Without a declaration nothing tells a function from a factor.
    for formula in ["sum(φ(x))", "f(x)'x", "psi(x)'x"] {
        refuses(&[formula, "--wrt", "x"], &["E0125", "a function or a factor", ": function`"]);
    }
    answers(&["φ*sum(x) + φ(x'x)", "--wrt", "x"], &["φ: scalar"]);
    refuses(&["φ(x, y)", "--wrt", "x", "--declare", "φ: function"], &["takes 1 argument"]);
    refuses(&["φ + x", "--wrt", "x", "--declare", "φ: function"], &["`φ` is a function"]);
    refuses(&["φ(x)", "--wrt", "x", "--declare", "φ: n function"], &["not entrywise"]);
    // A wrong derivative is found, whatever the function is.
    let check = |claim| {
        let wrt =
            ["check", "sum(φ(x))", "--wrt", "x", "--declare", "φ: function", "--claim", claim];
        gradus(&wrt, b"")
    };
    assert!(check("φ'(x)").stdout.contains("proved"), "{}", check("φ'(x)").stdout);
    assert_ne!(check("φ(x)").code, Some(0));
    assert_ne!(check("x.*φ'(x)").code, Some(0));
}

#[test]
fn a_letter_of_latex_after_a_number_or_a_blank_solves_nothing() {
    answers(&[r"2\pi r", "--wrt", "r", "--declare", "r: scalar"], &["= 2π"]);
    answers(&[r"(X \beta)'(X \beta)", "--wrt", "beta"], &["2XᵀXβ"]);
    answers(&[r"sum(X\beta)", "--wrt", "beta"], &["X⁻ᵀ"]);
}

#[test]
fn a_constant_with_sizes_below_it_is_said_or_asked_about() {
    answers(&[r"w^\top I_3 w", "--wrt", "w"], &["read: I with its size as the identity", "2w"]);
    answers(&[r"w^\top (I_3 + \lambda I) w", "--wrt", "w"], &["= 2(λ + 1)w"]);
    let declared = |text| [r"w^\top I_{3} w", "--wrt", "w", "--declare", text];
    refuses(&declared("I3: n×n; w: n"), &["E0126", "`I3` is a name"]);
    let kernel = [r"\operatorname{tr}(K_{m, n p})", "--wrt", "K", "--declare", "K: n×n"];
    refuses(&kernel, &["E0126", "`K` is a name"]);
}

#[test]
fn program_text_of_matlab_and_julia() {
    answers(&["X(:)'*X(:)", "--wrt", "X"], &["∂f/∂X = 2X"]);
    answers(&["sum(abs2.(x))/length(x)", "--wrt", "x"], &["∂f/∂x = 2x/n"]);
    answers(&["sum(sum(X, 2).^2)", "--wrt", "X"], &["∂f/∂X = 2X·ones(n, n)"]);
    answers(&["sum(sum(X; dims=1).^2)", "--wrt", "X"], &["∂f/∂X = 2ones(m, m)·X"]);
    answers(&["np.sum(np.sum(X, 0)**2)", "--wrt", "X"], &["∂f/∂X = 2ones(m, m)·X"]);
    answers(&["sum((X*w-y).^2, 'all')/numel(y)", "--wrt", "w"], &["2Xᵀ(Xw − y)/m"]);
    // The last axis of a matrix goes along its rows, a vector has no other.
    answers(&["np.sum(np.sum(X, axis=-1)**2)", "--wrt", "X"], &["∂f/∂X = 2X·ones(n, n)"]);
    answers(&["np.sum(x, axis=-1)**2", "--wrt", "x"], &["∂f/∂x = 2sum(x)·ones(n)"]);
    answers(
        &["np.sum(np.mean(X, axis=1, keepdims=True)**2)", "--wrt", "X"],
        &["∂f/∂X = 2X·ones(n, n)/n²"],
    );
    refuses(&["np.sum(X, axis=-2)", "--wrt", "X"], &["expected 0 or 1, found `-2`"]);
    refuses(&["tr(A*X)*length(X)", "--wrt", "X"], &["the length is that of a vector"]);
}

#[test]
fn a_sum_says_its_index_below_the_line() {
    for sum in ["Σ_{i=1}^n log x_i", "sum_{i=1}^{n} log(x_i)", "Σ_i log x_i"] {
        answers(&[sum, "--wrt", "x"], &["∂f/∂x = 1 ⊘ x"]);
    }
}

#[test]
fn how_far_a_function_reaches_behind_brackets_is_a_question() {
    for text in ["log|P| x'x", r"\log\det(P) x^\top x"] {
        refuses(&[text, "--wrt", "x"], &["does `log` reach over the product?"]);
    }
    answers(&["-log|P| + x'x", "--wrt", "x"], &["∂f/∂x = 2x"]);
}

#[test]
fn softmax_of_a_row_is_that_of_its_entries() {
    let said = "read: softmax of a row over its entries";
    let slope = "Kᵀ(softmax(Kq/√d) ⊙ (Vw − (softmax(Kq/√d)ᵀ·Vw)·ones(m)))/√d";
    for text in [
        "softmax(q'*K'/sqrt(d))*V*w",
        r"\operatorname{softmax}(q^T K^T/\sqrt{d}) V w",
        "softmax(q.T @ K.T / np.sqrt(d)) @ V @ w",
    ] {
        answers(&[text, "--wrt", "q"], &[said, slope]);
    }
    answers(&["sum(logsumexp(x'))", "--wrt", "x"], &["∂f/∂x = softmax(x)"]);
    // Of a matrix the columns, and where they are asked for.
    answers(&["norm2(softmax(X)*y)^2", "--wrt", "y"], &["2softmax(X)ᵀ·softmax(X)·y"]);
    answers(&["sum(softmax(x', columns))", "--wrt", "x"], &["∂f/∂x = zeros(n)"]);
}

#[test]
fn the_norm_with_a_one_is_said_of_a_matrix() {
    answers(&["‖A*X‖_1", "--wrt", "X"], &["‖·‖_1 of a matrix as the sum of all", "Aᵀ·sign(AX)"]);
    refuses(&["np.linalg.norm(A, 1)", "--wrt", "A"], &["norm(x, 1) is of vectors"]);
    answers(&["norm(x, 1)", "--wrt", "x"], &["∂f/∂x = sign(x)"]);
}

#[test]
fn a_parameter_is_no_variable_to_differentiate_by() {
    let run = model(
        "x: n; y: n\nf(x) = sum(grad(norm2(x)^2, x))\nloss = f(2*y) + sum(x)\ngradient of loss wrt y\n",
    );
    assert_eq!(run.code, Some(2), "{}", run.stdout);
    assert!(run.stderr.contains("a parameter of this function"), "{}", run.stderr);
}

#[test]
fn both_sides_of_an_equation_are_of_a_kind() {
    let run = gradus(&["solve", "A*x = b", "--for", "x", "--declare", "A: n×n"], b"");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for words in ["read: b as a column", "x = A⁻¹b"] {
        assert!(run.stdout.contains(words), "{}", run.stdout);
    }
}

#[test]
fn dims_is_a_name_where_nothing_is_called() {
    let run = model("x: n; dims = 3\ngradient of dims*x'*x wrt x\n");
    assert!(run.stdout.contains("∂f/∂x = 6x"), "{}{}", run.stdout, run.stderr);
    refuses(&["log|P| Σx", "--wrt", "x"], &["does `log` reach over the product?"]);
}

#[test]
fn sizes_of_kronecker_products_are_equal_factor_by_factor() {
    let read = "read: the sizes of ⊗ and vec as equal factor by factor";
    answers(&["vec(X)'*kron(A, B)*vec(X)", "--wrt", "X"], &[read, "∂f/∂X = BXAᵀ + BᵀXA"]);
    answers(
        &["sum(kron(A, B)*kron(C, D))", "--wrt", "A"],
        &[read, "A: m×n; B: q×p; C: n×r; D: p×k"],
    );
    // Where nothing is open nothing is decided.
    refuses(
        &["sum(kron(A, B)*vec(X))", "--wrt", "X", "--declare", "A: 2×3; B: 4×5; X: 4×5"],
        &["E0205"],
    );
}

#[test]
fn means_go_along_rows_and_columns() {
    answers(&["sum(mean(X, 1))", "--wrt", "X"], &["∂f/∂X = ones(m, n)/m"]);
    answers(&["sum(mean(X, rows).^2)", "--wrt", "X"], &["∂f/∂X = 2X·ones(n, n)/n²"]);
    answers(&["mean(abs2, x)", "--wrt", "x"], &["∂f/∂x = 2x/n"]);
    answers(&["torch.logsumexp(x, dim=-1)", "--wrt", "x"], &["∂f/∂x = softmax(x)"]);
    refuses(&["sum(X, 3)", "--wrt", "X"], &["E0204", "and `rows` or `columns` of a matrix"]);
}

#[test]
fn derivatives_of_unknown_functions_end_at_the_sixth() {
    let sixth = "jacobian(".repeat(7) + "g(c)" + &", c)".repeat(7);
    refuses(
        &[&sixth, "--wrt", "c", "--declare", "g: function; c: scalar"],
        &["E0908", "the derivative of `g′′′′′′` is not supported"],
    );
}

#[test]
fn what_stands_after_a_transposed_factor_is_a_vector() {
    for (name, by) in [(r"\theta", "θ"), ("w", "w")] {
        let formula = format!(r"\frac1n\sum_{{i=1}}^n \log(1+\exp(-y_i {name}^\top x_i))");
        let gradient = format!("∂f/∂{by} = −Σ(i in 1..n, y[i]·sigmoid(−y[i]·x[i]ᵀ·{by})·x[i]/n)");
        answers(&[&formula, "--wrt", name], &["declared: x[i]: d; y[i]: scalar", &gradient]);
    }
}

#[test]
fn sums_over_entries_are_products_of_matrices() {
    answers(&[r"\sum_{i,j} W_{ij} \|x_i - x_j\|^2", "--wrt", "x"], &["W: n×n; x: n×d", "rows"]);
    answers(&[r"\sum_i \sum_j A_{ij} x_i x_j", "--wrt", "x"], &["∂f/∂x = (A + Aᵀ)x"]);
    answers(&[r"\sum_{i,j} (A_{ij} - B_{ji})^2", "--wrt", "B"], &["∂f/∂B = 2(B − Aᵀ)"]);
    answers(&["sum(i in 1..n, x_i^2)", "--wrt", "x"], &["∂f/∂x = 2x"]);
    let declared = ["--declare", "x: n; A: n×n", "--wrt", "x"];
    let text = "sum(i in 1..n, sum(j in 1..n, A[i,j]*x[i]*x[j]))";
    answers(&[&[text], declared.as_slice()].concat(), &["∂f/∂x = (A + Aᵀ)x"]);
    answers(
        &[r"\sum_{u,i} (r_{ui} - p_u^\top q_i)^2", "--wrt", "p"],
        &["p: n×d; q: m×d; r: n×m", "2(pqᵀ − r)q"],
    );
    let text = r"\sum_{i,j} S_{ij} \|z_i - z_j\|^2 + \mu \sum_i \|z_i\|^2";
    answers(&[text, "--wrt", "z"], &["z: n×d; S: n×n"]);
    // A number d is no size.
    answers(&["Σ_i d*(y_i - w^T*x_i)^2", "--wrt", "d"], &["d: scalar"]);
    // One sum says where the others over the same family end.
    let text = r"\sum_{i=1}^n (y_i - w^\top x_i)^2 + \sum_i y_i^2";
    answers(&[text, "--wrt", "w"], &["Σ(i in 1..n, (x[i]ᵀ·w − y[i])·x[i])"]);
}

#[test]
fn a_sum_goes_over_what_is_written() {
    // Of what is declared a part is summed; the elements of what is not are asked about one by one.
    answers(&[r"\sum_{i=2}^n x_i"], &["∂f/∂x[i] = 1 for i in 2..n"]);
    answers(&[r"x: n; \sum_{i=1}^k x_i"], &["∂f/∂x = [ones(k); zeros(n − k)]"]);
    answers(&[r"\sum_{i=0}^{n} x_i^2"], &["x: (n + 1)"]);
    answers(&[r"\sum_{t=1}^{T} \gamma^t r_t", "--wrt", r"\gamma"], &["t·r[t]·γ^(t − 1)"]);
    refuses(&[r"\sum_{i<j} (x_i - x_j)^2"], &["`i<j`", "sum(i in 1..j-1"]);
    refuses(&[r"\sum_{i \in S} x_i"], &["`i∈S`", "Σ_{i=1}^n"]);
}

#[test]
fn what_stands_above_and_below_is_read_or_refused() {
    answers(&[r"\|x\|_{1/2}", "--wrt", "x"], &["sum(√abs(x))"]);
    refuses(&[r"\|x\|_{2p}"], &["`2p` is no mark of a norm"]);
    let layers = r"\|\mathbf{W}^{(2)}\sigma(\mathbf{W}^{(1)}\mathbf{x}+\mathbf{b}^{(1)})\|^2";
    answers(&[layers, "--wrt", r"\mathbf{W}^{(1)}"], &["∂f/∂W1 = "]);
    refuses(&["norm2(W^{(2)} x)"], &["`W^2`", "`W2`"]);
    refuses(&[r"\begin{cases} a & b \\ c & d\end{cases} x"], &["`cases`", "A: 2×2"]);
    for text in [
        "norm2(A^+ b)^2",
        "norm2(A^{+}b)^2",
        "norm2(A^† b)^2",
        r"\|A^\dagger b\|^2",
        r"\|A^{+} b\|^2",
    ] {
        answers(&[text, "--wrt", "b"], &["∂f/∂b = 2pinv(A)ᵀ·pinv(A)·b"]);
    }
    for text in ["λ_max(A)", r"\lambda_{\max}(A)", r"\lambda_{\max}\left(A\right)", "eigmax(A)"] {
        answers(&[text, "--wrt", "A"], &["∂f/∂A = projector_max(A)", "A: n×n symmetric"]);
    }
    answers(&[r"\operatorname{tr}(\Sigma^{-1/2})", "--wrt", "Σ"], &["lyapunov(sqrtm(Σ)ᵀ, "]);
    answers(&[r"\cos^2 a + \sin^2 a", "--wrt", "a"], &["∂f/∂a = 0"]);
    answers(&["log_2(a) + log10(a) + log^2(a)", "--wrt", "a"], &["log(10)", "log(2)"]);
    refuses(&[r"\sin^{-1} x"], &["arcsin(x)", "1/sin(x)"]);
    refuses(&[r"\frca{1}{2} x"], &[r"did you mean `\frac`?"]);
}

#[test]
fn a_function_alone_is_what_is_asked_about() {
    answers(&["L(w) = norm2(X*w - y)^2"], &["∂L/∂w = 2Xᵀ(Xw − y)"]);
    let run = derive(&["L(w) = norm2(X*w - y)^2"]);
    assert!(!run.stdout.contains("∂L/∂X"), "{}", run.stdout);
    answers(&[r"\mathcal{L}(\theta) = \theta^\top A \theta"], &["∂L/∂θ = (A + Aᵀ)θ"]);
}

#[test]
fn what_is_transposed_is_no_number() {
    answers(&["W: (a,b,c); sum(W) + θ'*x", "--wrt", "θ"], &["θ as a column"]);
    answers(&["β: vector; β'*x", "--wrt", "x"], &["∂f/∂x = β"]);
    answers(&["c: real; c*norm2(x)^2", "--wrt", "c"], &["∂f/∂c = ‖x‖²"]);
    answers(&["A: n×n sym; A: n×n; tr(A*B)", "--wrt", "A"], &["symmetric"]);
}

#[test]
fn names_of_libraries_mean_what_they_mean_there() {
    let matrices = ["np.inner(A, B)", "--declare", "A: m×n; B: m×n"];
    refuses(&matrices, &["np.inner is of vectors", "np.vdot(A, B)"]);
    answers(&["np.inner(x, y)", "--wrt", "x"], &["∂f/∂x = y"]);
    refuses(&["F.cross_entropy(z, y)"], &["softmax_cross_entropy(z, y)"]);
    refuses(&["F.binary_cross_entropy(p, y)"], &["the mean over all entries"]);
    answers(&["F.mse_loss(x, y)", "--wrt", "x"], &["∂f/∂x = 2(x − y)/n"]);
    answers(&["torch.trace(X.t() @ X)", "--wrt", "X"], &["∂f/∂X = 2X"]);
    refuses(&["x.q() @ x"], &["`.q` is a method"]);
    answers(&["(X @ w - y).T @ (X @ w - y) / len(y)", "--wrt", "w"], &["2Xᵀ(Xw − y)/m"]);
}

#[test]
fn words_that_ask_are_no_factors() {
    for text in ["argmin_x ||A x||^2", "maximize log det X", r"\min_x \|x\|^2", "min_x x'*x"] {
        refuses(&[text], &["give the expression that is to be differentiated"]);
    }
    answers(&["grad_x ||A x||^2"], &["∂f/∂x = 2AᵀAx"]);
    answers(&["max: scalar; 2*max", "--wrt", "max"], &["∂f/∂max = 2"]);
}

#[test]
fn paper_marks_are_read() {
    answers(&["1ᵀx"], &["∂f/∂x = ones(n)"]);
    answers(&["𝟏ᵀX𝟏"], &["∂f/∂X = ones(m, n)"]);
    answers(&["|x|₁"], &["∂f/∂x = sign(x)"]);
    answers(&["sum((1 - x)_+)"], &["−(x < 1)"]);
    answers(&[r"\left(1 - y\, w^\top x\right)_+", "--wrt", "w"], &["(ywᵀx < 1)"]);
    answers(&["½[log|S| + tr(S)]", "--wrt", "S"], &["½(S⁻¹ + I)ᵀ"]);
    answers(&["∇²_x xᵀAx"], &["∂²f/∂x² = A + Aᵀ"]);
    answers(&[r"\nabla_x^2 x^\top A x"], &["∂²f/∂x² = A + Aᵀ"]);
    answers(&["∇(xᵀAx)"], &["∂f/∂x = (A + Aᵀ)x", "∂f/∂A = xxᵀ"]);
    answers(&["gradient of x'*A*x"], &["∂f/∂x = (A + Aᵀ)x", "∂f/∂A = xxᵀ"]);
    answers(&[r"\partial_x (x^2)"], &["∂f/∂x = 2x"]);
    let layer = r"\|W^{[2]} a^{[1]} + b^{[2]}\|^2";
    answers(&[layer, "--wrt", "b^{[2]}"], &["∂f/∂b2 = 2(W2·a1 + b2)"]);
    answers(&[r"(\mathbf{x}-\mathbf{x}_b)^\top(\mathbf{x}-\mathbf{x}_b)"], &["x: n; x_b: n"]);
    let two = r"\hat{y} = \sigma(Wx+b), \quad L = -y^\top\log\hat{y}";
    answers(&[two, "--wrt", "b"], &["∂L/∂b = −y ⊙ (1 − ŷ)"]);
    answers(&["loss = norm2(A*x)^2", "--wrt", "x"], &["loss = ‖Ax‖²", "∂loss/∂x = 2AᵀAx"]);
}

#[test]
fn families_with_capitals_are_matrices_where_they_are_used_as_such() {
    let mixture = r"\sum_{k=1}^K \pi_k (\log|\Sigma_k| + (x-\mu_k)^\top\Sigma_k^{-1}(x-\mu_k))";
    answers(&[mixture, "--wrt", "x"], &["pi[k]: scalar; μ[k]: d; Σ[k]: d×d"]);
    answers(&["Σ_k π_k log det Σ_k", "--wrt", "Σ"], &["∂f/∂Σ[k] = pi[k]·Σ[k]⁻ᵀ for k in 1..K"]);
    answers(&[r"\sum_{l=1}^{L} \|W_l\|_F^2", "--wrt", "W"], &["W[l]: m×n", "2W[l]"]);
    let weighted = r"\sum_{i=1}^n C_i (y_i - w^\top x_i)^2";
    answers(&[weighted, "--wrt", "w"], &["C[i]: scalar; y[i]: scalar; x[i]: d"]);
    refuses(&["Σ_i (x_i - 1/n*Σ_i x_i)^2"], &["a sum again, or an element of Σ?"]);
}

#[test]
fn a_sum_says_its_range_before_or_behind() {
    for sum in ["sum(i = 1..n, x_i^2)", "sum(x_i^2 for i in 1..n)", "sum(i in 1..n, x_i^2)"] {
        answers(&[sum, "--wrt", "x"], &["∂f/∂x = 2x"]);
    }
    answers(&["y[t]: n; sum(y[t]'*y[t] for t in 1..T)", "--wrt", "y"], &["∂f/∂y[t] = 2y[t]"]);
    answers(&["norm2(A⁺*b)^2", "--wrt", "b"], &["∂f/∂b = 2pinv(A)ᵀ·pinv(A)·b"]);
    let claim = ["--wrt", "x", "--claim", "(A + A')*x"];
    let run = gradus(&[&["check", r"\sum_{i,j} A_{ij} x_i x_j"], claim.as_slice()].concat(), b"");
    assert!(run.stdout.contains("proved"), "{} {}", run.stdout, run.stderr);
}

#[test]
fn an_identity_beside_a_number_has_its_size() {
    let square = ["--declare", "A: 3×3", "--wrt", "A"];
    let formula = "sum(asinh(A + eye(3) + ones(3,3)))";
    answers(&[&[formula], square.as_slice()].concat(), &["A + I + 1"]);
    let formula = "tr(A)*sum(asinh(eye(3) + ones(3,3)))";
    answers(&[&[formula], square.as_slice()].concat(), &["arcsinh(eye(3) + 1)"]);
}
