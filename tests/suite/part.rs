//! Entries, parts and blocks: x[i], A[1..k, :], [A, B; C, D].

use super::cli::{gradus, scratch};

/// The answer in ascii.
fn answer(formula: &str, wrt: &str, declared: &str, kind: &str) -> String {
    let arguments = ["derive", formula, "--wrt", wrt, "--declare", declared, "--kind", kind];
    let run = gradus(&[&arguments[..], &["--format", "ascii"]].concat(), b"");
    assert_eq!(run.code, Some(0), "{formula}\n{}", run.stderr);
    run.stdout
}

fn refusal(formula: &str, wrt: &str, declared: &str) -> String {
    let run = gradus(&["derive", formula, "--wrt", wrt, "--declare", declared], b"");
    assert_eq!(run.code, Some(2), "{formula}\n{}", run.stdout);
    run.stderr
}

#[test]
fn derivatives_of_parts_stand_in_their_places() {
    let cases = [
        ("x[1]^2 + x[2]*x[3]", "x", "x: 3", "[2*x[1]; x[3]; x[2]]"),
        ("x[i]^3", "x", "x: n", "3*x[i]^2*eye(n)[:, i]"),
        (
            "x[50]*x[n-60]",
            "x",
            "x: n",
            "[zeros(49); x[n-60]; zeros(n - 50)] + x[50]*eye(n)[:, n-60]",
        ),
        ("sum(adj(zeros(n, n))*A)", "A", "A: n×n", "adj(zeros(n, n))'*ones(n, n)"),
        ("sum(x[2..n].^2)", "x", "x: n", "2*[0; x[2..n]]"),
        (
            "norm2(x[2..n] - x[1..n-1])^2/2",
            "x",
            "x: n",
            "[x[1..n-1] - x[2..n]; 0] + [0; x[2..n] - x[1..n-1]]",
        ),
        ("A[:,1]'*B*A[:,2]", "A", "A: m×n; B: m×m", "[B*A[:, 2], B'*A[:, 1], zeros(m, n - 2)]"),
        ("A[i,:]*y", "A", "A: m×n; y: n", "eye(m)[:, i]*y'"),
        (
            "sum(softplus([ones(N), X]*b))",
            "X",
            "X: N×d; b: d+1",
            "sigmoid([ones(N), X]*b)*b[2..d+1]'",
        ),
        ("logdet([A, B; B', C])", "C", "A: n×n spd; B: n×m; C: m×m spd", "[n+1..m+n, n+1..m+n]"),
    ];
    for (formula, wrt, declared, expected) in cases {
        let found = answer(formula, wrt, declared, "gradient");
        assert!(found.contains(expected), "{formula}: `{expected}` is not in\n{found}");
    }
    let jacobian = answer("[x; 2*y]", "y", "x: n; y: m", "jacobian");
    assert!(jacobian.contains("2*[zeros(n, m); eye(m)]"), "{jacobian}");
    let jacobian = answer("(A*x)[1..k]", "x", "A: m×n; x: n", "jacobian");
    assert!(jacobian.contains("= A[1..k, :]"), "{jacobian}");
}

#[test]
fn one_place_in_brackets_is_an_entry_of_any_value() {
    let cases = [
        ("softmax(z)[2]", "softmax(z).*([0; 1; zeros(n - 2)] - softmax(z)[2]*ones(n))"),
        ("(y + z)[3]^2", "2*(y + z)[3]*eye(n)[:, 3]"),
        ("(A*z)[k]", "A[k, :]'"),
        ("exp(z)[n-1]", "eye(n)[:, n-1].*exp(z)"),
        // What is no place is a factor.
        ("(c + sum(z))[c - sum(z)]", "-2*sum(z)*ones(n)"),
        ("sum(z)[b + c]", "(b + c)*ones(n)"),
        ("sum(z)[n - 1]", "(n - 1)*ones(n)"),
        (r"\frac{n}{2}\left[n + 1\right] z^\top y", "1/2*(n + n^2)*y"),
    ];
    for (formula, expected) in cases {
        let found = answer(formula, "z", "A: n×n; y: n; z: n; b: scalar; c: scalar", "gradient");
        assert!(found.contains(expected), "{formula}: `{expected}` is not in\n{found}");
    }
}

#[test]
fn sums_over_neighbouring_entries_are_parts_of_arrays() {
    let chain = "sum(i in 1..n-1, (x[i+1] - x[i])^2)";
    let found = answer(chain, "x", "x: n", "gradient");
    assert!(found.contains("2*([x[1..n-1] - x[2..n]; 0] + [0; x[2..n] - x[1..n-1]])"), "{found}");
    let paper = answer(r"\sum_{i=1}^{n-1} x_i x_{i+1}", "x", "x: n", "gradient");
    assert!(paper.contains("[0; x[1..n-1]]") && paper.contains("[x[2..n]; 0]"), "{paper}");
    let several = "sum(i in 1..m-1, j in 1..n, X[i,j]*X[i+1,j])";
    let found = answer(several, "X", "X: m×n", "gradient");
    let own = "dX = [zeros(1, n); X[1..m-1, :]] + [X[2..m, :]; zeros(1, n)]";
    assert!(found.contains(own), "{found}");
}

#[test]
fn entries_below_brackets_and_matrices_are_read_in_latex() {
    let cases = [
        (r"\left[x\right]_{2:n}^\top \left[x\right]_{1:n-1}", "[x[2..n]; 0] + [0; x[1..n-1]]"),
        (r"\left[x\right]_{3} \exp\left(1\right)", "exp(1)*"),
    ];
    for (formula, expected) in cases {
        let found = answer(formula, "x", "x: n", "gradient");
        assert!(found.contains(expected), "{formula}: {found}");
    }
    let block =
        r"\operatorname{tr}\left(\begin{pmatrix} A & B \\ B^\top & C \end{pmatrix} M\right)";
    let found = answer(block, "B", "A: n×n; B: n×m; C: m×m; M: (n+m)×(n+m)", "gradient");
    assert!(found.contains("(M + M')[1..n, n+1..m+n]"), "{found}");
    let values = answer(r"\begin{pmatrix} a & b \\ c & d \end{pmatrix} x", "x", "x: 2", "jacobian");
    assert!(values.contains("[a, b; c, d]"), "{values}");
    let error = refusal(r"\begin{cases} x & x \end{cases}", "x", "x: scalar");
    assert!(error.contains("E0131"), "{error}");
}

#[test]
fn programs_of_python_count_from_zero() {
    let cases = [
        ("np.sum(X[:, 1]**2)", "X", "X: m×n", "2*[zeros(m), X[:, 2], zeros(m, n - 2)]"),
        ("np.sum(x[0:2])", "x", "x: n", "[ones(2); zeros(n - 2)]"),
        ("(A @ x)[0]", "x", "A: m×n; x: n", "A[1, :]'"),
        ("torch.sum(h[1])", "h[1]", "h[t]: n", "df/dh[1] = ones(n)"),
    ];
    for (formula, wrt, declared, expected) in cases {
        let found = answer(formula, wrt, declared, "gradient");
        assert!(found.contains(expected), "{formula}: {found}");
        assert_eq!(found.contains("counted from 0"), !declared.starts_with('h'), "{found}");
    }
    for formula in ["np.linalg.norm(x[1:])**2", "np.sum(x[-1])", "np.sum(x[i])", "np.sum(x[0:n])"] {
        let error = refusal(formula, "x", "x: n");
        assert!(error.contains("E0137") && error.contains("x[2..n]"), "{formula}: {error}");
    }
    let error = refusal("sum([[1, c], [c, 2]]*x)", "x", "x: 2; c: scalar");
    assert!(error.contains("E0138") && error.contains("[a, b; c, d]"), "{error}");
}

#[test]
fn mistakes_in_indices_and_blocks_are_explained() {
    let cases = [
        ("x[4]", "x", "x: 3", "E0242", "the entries go from 1 to 3"),
        ("x[0]", "x", "x: n", "E0242", "there is no entry 0"),
        ("A[1]", "A", "A: m×n", "E0241", "one for the columns"),
        ("x[2..1]", "x", "x: n", "E0229", "holds no value"),
        ("x[t]", "x", "x: n; t: scalar", "E0225", "this is no index"),
        ("x[0:2]", "x", "x: n", "E0109", "a range of entries is `a..b`"),
        ("[x; A]", "x", "x: n; A: m×k", "E0243", "a column of n above m×k"),
        ("[A, x]", "x", "x: n; A: m×k", "E0243", "m×k beside a column of n"),
        ("sum([A, x; x', 0])", "x", "x: n; A: m×n", "E0243", "m×n beside a column of n"),
    ];
    for (formula, wrt, declared, code, words) in cases {
        let error = refusal(formula, wrt, declared);
        assert!(error.contains(code) && error.contains(words), "{formula}: {error}");
    }
}

#[test]
fn emitted_code_of_parts_agrees_with_layer_kernels() {
    let text = "x: n; y: n; W: p×(m+k); h: m; z: k; A: m×m spd; B: m×k; C: k×k spd; i: scalar
f = norm2(x[2..n] - x[1..n-1])^2 + x[1]*y[n] + norm2(W*[h; z])^2 + sum(W[:,1..m]*h)
g = tr([A, B; B', C]*[A, B; 0, C]) + sum(t in 1..n-1, x[t]*y[t+1])
gradient of f wrt x, y, W, h, z
hessian of f wrt x
gradient of g wrt A, B, C, x, y
";
    let folder = scratch("parts");
    let path = folder.join("parts.gradus");
    std::fs::write(&path, text).expect("a scratch file");
    let run = gradus(&["verify", path.to_str().expect("a path")], b"");
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
}

#[test]
fn blocks_have_names_and_fill_in_zeros_and_identities() {
    let declared = "A: n×n; B: n×m; C: m×m; M: (n+m)×(n+m)";
    let found = answer("tr([A, 0; 0, I]*M)", "M", declared, "gradient");
    assert!(found.contains("[A, zeros(n, m); zeros(m, n), eye(m)]'"), "{found}");
    let after_formula = |formula: &str| {
        let text = answer(formula, "A", declared, "gradient");
        text.lines().skip(1).collect::<Vec<_>>().join("\n")
    };
    let pairs = [
        ("norm2([A, B; 0, C])^2", "norm2(vcat(hcat(A, B), hcat(zeros(m, n), C)))^2"),
        ("logdet(blockdiag(A, C))", "logdet([A, 0; 0, C])"),
    ];
    for (left, right) in pairs {
        assert_eq!(after_formula(left), after_formula(right));
    }
}
