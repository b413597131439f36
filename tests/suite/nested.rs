//! Families with several indices: `h[l,t]`, `W[l,j]`, tables of dynamic programming.

use gradus::session::{self, Answer, Outcome, Session, Settings};

use super::cli::{gradus, scratch};

/// Models whose families have several indices.
const MODELS: &[(&str, &str)] = &[
    (
        "stacked network",
        "x[t]: p; y[t]: p; U[l]: p×p; W[l]: p×p; b[l]: p\n\
         h[0,t] = x[t] for t in 1..T\n\
         h[l,0] = zeros(p) for l in 1..L\n\
         h[l,t] = tanh(U[l]*h[l-1,t] + W[l]*h[l,t-1] + b[l]) for l in 1..L, t in 1..T\n\
         f = ½*sum(t in 1..T, norm2(h[L,t] - y[t])^2)\n\
         gradient of f wrt U, W, b, x",
    ),
    (
        "stacked LSTM",
        "x[t]: p; y: p; U[l], V[l]: p×p; h0: p\n\
         h[0,t] = x[t] for t in 1..T\n\
         h[l,0] = h0 for l in 1..L\n\
         c[l,0] = h0 for l in 1..L\n\
         g[l,t] = sigmoid(U[l]*h[l-1,t] + V[l]*h[l,t-1]) for l in 1..L, t in 1..T\n\
         c[l,t] = g[l,t] .* c[l,t-1] + (1 - g[l,t]) .* tanh(U[l]*h[l-1,t]) for l in 1..L, t in 1..T\n\
         h[l,t] = g[l,t] .* tanh(c[l,t]) for l in 1..L, t in 1..T\n\
         f = norm2(h[L,T] - y)^2\n\
         gradient of f wrt U, V, h0",
    ),
    (
        "grid",
        "x[i,j]: p; A: p×p; B: p×p; y: p\n\
         h[0,j] = zeros(p) for j in 1..n\n\
         h[i,0] = zeros(p) for i in 1..m\n\
         h[i,j] = tanh(A*h[i-1,j] + B*h[i,j-1] + x[i,j]) for i in 1..m, j in 1..n\n\
         gradient of ½*norm2(h[m,n] - y)^2 wrt A, B, x",
    ),
    (
        "every layer reads all before it",
        "x: d; y: d; W[l,j]: d×d\n\
         h[0] = x\n\
         h[l] = tanh(sum(j in 0..l-1, W[l,j]*h[j])) for l in 1..L\n\
         gradient of ½*norm2(h[L] - y)^2 wrt W, x",
    ),
    (
        "pairs",
        "x[i]: d; w[i,j]: scalar\n\
         gradient of ½*sum(i in 1..n, j in 1..n, w[i,j]*(x[i] - x[j])'*(x[i] - x[j])) wrt x, w",
    ),
    (
        "pairs but i = j",
        "y[i]: d; P: n×n\n\
         w[i,j] = 1/(1 + norm2(y[i] - y[j])^2) for i, j in 1..n\n\
         f = -sum(i in 1..n, j in 1..n, i != j: P[i,j]*log(w[i,j]/sum(k in 1..n, l in 1..n, k != l: w[k,l])))\n\
         gradient of f wrt y",
    ),
    (
        "a table from its diagonal",
        "x[i]: scalar; w[i,j]: scalar\n\
         c[i,i] = x[i] for i in 1..n\n\
         c[i,j] = tanh(c[i+1,j] + w[i,j]*c[i,j-1]) for i in 1..n-1, j in i+1..n\n\
         gradient of c[1,n]^2 wrt x, w",
    ),
    (
        "values from the last step",
        "r[s,t]: scalar; v[s]: scalar; g: scalar\n\
         V[s,T] = v[s] for s in 1..S\n\
         V[s,t] = r[s,t] + g*logsumexp(k in 1..S, V[k,t+1]*r[k,t]) for s in 1..S, t in 1..T-1\n\
         gradient of sum(s in 1..S, V[s,1]^2) wrt r, v, g",
    ),
    (
        "three indices",
        "x[i,j]: scalar; a: scalar\n\
         u[i,j,0] = x[i,j] for i in 1..m, j in 1..n\n\
         u[i,j,t] = sin(a*u[i,j,t-1]) + sum(k in 1..m, u[k,j,t-1])/(2*m) for i in 1..m, j in 1..n, t in 1..T\n\
         gradient of sum(i in 1..m, j in 1..n, u[i,j,T]^2) wrt a, x",
    ),
    (
        "CTC",
        "z[t]: K; L: S×K; m: S\n\
         p[t] = L*softmax(z[t]) for t in 1..T\n\
         a[1,s] = where(s <= 2, p[1][s], 0) for s in 1..S\n\
         a[t,0] = 0 for t in 1..T\n\
         a[t,-1] = 0 for t in 1..T\n\
         a[t,s] = p[t][s]*(a[t-1,s] + a[t-1,s-1] + m[s]*a[t-1,s-2]) for t in 2..T, s in 1..S\n\
         gradient of -log(a[T,S] + a[T,S-1]) wrt z",
    ),
    (
        "forward algorithm",
        "A: K×K; e[t]: K\n\
         a[1,j] = e[1][j] for j in 1..K\n\
         a[t,j] = e[t][j] + logsumexp(i in 1..K, a[t-1,i] + A[i,j]) for t in 2..T, j in 1..K\n\
         gradient of logsumexp(j in 1..K, a[T,j]) wrt A, e",
    ),
];

fn answers(text: &str) -> Vec<Answer> {
    let outcomes = Session::new().read(text, Settings::default());
    let outcomes = outcomes.unwrap_or_else(|error| panic!("{}", error.render("test", false)));
    outcomes.into_iter().filter_map(Outcome::answer).collect()
}

/// Every answer is compared with dual numbers; its code with plain loops.
#[test]
fn gradients_and_their_code_are_right() {
    let all: Vec<(&str, Vec<Answer>)> =
        MODELS.iter().map(|(name, text)| (*name, answers(text))).collect();
    for (name, answers) in &all {
        for answer in answers {
            let check = answer.check.as_ref().unwrap_or_else(|| panic!("{name} is not checked"));
            assert!(check.points > 0, "{name}");
        }
    }
    let reports = session::verify(all.iter().flat_map(|(_, answers)| answers));
    let reports = reports.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(reports.len(), all.len());
    for ((name, _), report) in all.iter().zip(reports) {
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(session::agrees(&report), "{name}: {report:?}");
    }
}

fn derived(text: &str, file: &str) -> String {
    let path = scratch("nested").join(file);
    std::fs::write(&path, text).unwrap();
    let run = gradus(&["derive", "--file", path.to_str().unwrap()], b"");
    assert_eq!(run.code, Some(0), "{text}\n{}", run.stderr);
    run.stdout
}

#[test]
fn backward_recurrences_hold_in_all_indices() {
    insta::assert_snapshot!(derived(MODELS[0].1, "stacked.gradus"));
    insta::assert_snapshot!(derived(MODELS[3].1, "dense.gradus"));
    insta::assert_snapshot!(derived(MODELS[6].1, "table.gradus"));
}

/// A bound letter that a letter of the program has too is another one: 2s is no 2j.
#[test]
fn fresh_letters_are_no_names_of_the_program() {
    let text = "x[i]: d; m[k]: d; w: K; s: scalar positive\n\
                f = -sum(i in 1..N, log(sum(k in 1..K, exp(w[k] - norm2(x[i] - m[k])^2/(2*s)))))\n\
                hessian of f wrt w\n";
    let found = derived(text, "letters.gradus");
    assert!(found.contains("/(2s)") && !found.contains("s in 1..K"), "{found}");
    // An index that hides one around it, in the value and in what comes out.
    let text = "w: K; x[k]: scalar\n\
                g = sum(k in 1..K, w[k]*log(sum(k in 1..K, exp(w[k]*x[k])))*eye(K)[:,k])\n\
                jacobian of g wrt w\n";
    assert!(derived(text, "hidden.gradus").contains("checked at"));
}

fn refused(text: &str) -> String {
    let path = scratch("nested").join("refused.gradus");
    std::fs::write(&path, text).unwrap();
    let run = gradus(&["derive", "--file", path.to_str().unwrap()], b"");
    assert_eq!(run.code, Some(2), "{text}\n{}", run.stdout);
    run.stderr
}

#[test]
fn what_cannot_be_is_said() {
    let cases = [
        ("w[i,j]: scalar\nsum(i in 1..n, w[i])", "`w` has 2 indices, here it has 1"),
        ("x[t]: scalar\nsum(i in 1..n, x[i,i])", "`x` has 1 index, here it has 2"),
        ("sum(i in 1..n, j in 1..n, w[i,j])", "`w` with 2 indices is not declared"),
        (
            "x: scalar\nh[i,0] = 0 for i in 0..m\nh[0,j] = x for j in 0..n\nh[i,j] = h[i-1,j] + h[i,j-1] for i in 1..m, j in 1..n\ngradient of h[m,n] wrt x",
            "`h[0,0]` is defined twice",
        ),
        (
            "x: scalar\nh[0,j] = x for j in 1..n\nh[i,j] = h[i-1,j] + h[i,j-1] for i in 1..m, j in 1..n\nh[m,n]",
            "no initial value",
        ),
        (
            "x: scalar\nh[i,j] = x for i in 1..j, j in 1..n\nh[1,1]",
            "the range of `i` depends on `j`, which stands behind it",
        ),
        ("x: scalar\nh[2*i,j] = x for i in 1..m, j in 1..n\nh[2,1]", "whose place follows `i`"),
    ];
    for (text, expected) in cases {
        let found = refused(text);
        assert!(found.contains(expected), "{text}: `{expected}` is not in\n{found}");
    }
}

#[test]
fn sums_and_their_logarithms_are_taken_under_conditions() {
    let cases = [
        ("x: n\ngradient of sum(i in 1..n, i >= 2, x[i]^2) wrt x", "(i ≥ 2)"),
        ("x[i]: scalar\ngradient of mean(i in 1..n, x[i]^2) wrt x", "2x[i]/n"),
        ("x: n\ngradient of logsumexp(i in 1..n, 2*x[i]) wrt x", "2softmax(2x)"),
    ];
    for (text, expected) in cases {
        let found = derived(text, "conditions.gradus");
        assert!(found.contains(expected), "{text}: `{expected}` is not in\n{found}");
    }
}
