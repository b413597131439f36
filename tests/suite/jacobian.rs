//! Every Jacobian and Hessian of the corpus, linear maps, and derivatives inside formulas.

use std::fmt::Write;

use gradus::evaluate::{self, Comparison};
use gradus::render::Notation;
use gradus::session::{
    Answer, Certificate, Layout, Outcome, Problem, Query, Session, SessionError, Settings, agrees,
    verify,
};
use gradus::simplify::Costs;
use gradus::syntax::ast::RequestKind;

use crate::corpus::{Row, model, rows};
use crate::render::assert_latex;

fn kind(row: &Row) -> RequestKind {
    match row.kind.as_str() {
        "hessian" => RequestKind::Hessian,
        _ => RequestKind::Jacobian,
    }
}

fn ask(row: &Row) -> Result<Answer, SessionError> {
    Session::new().ask(&Query {
        declarations: row.declarations.clone(),
        expression: row.expression.clone(),
        wrt: vec![row.wrt.clone()],
        kind: kind(row),
        settings: Settings::default(),
    })
}

fn matrix_rows() -> Vec<Row> {
    let rows: Vec<Row> = rows().into_iter().filter(|row| row.kind != "gradient").collect();
    assert_eq!(rows.len(), 65);
    rows
}

/// The last answer to these lines.
fn last(text: &str) -> Answer {
    let outcomes = Session::new()
        .read(text, Settings::default())
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let answers = outcomes.into_iter().rev();
    let mut answers = answers.filter_map(Outcome::answer);
    answers.next().unwrap()
}

/// What the last answer to these lines says, in Unicode.
fn said(text: &str) -> String {
    last(text).written(Notation::Unicode).remove(0).text
}

#[test]
fn every_jacobian_and_hessian_of_the_corpus_is_right_and_short() {
    let (mut wrong, mut long, mut open) = (Vec::new(), Vec::new(), Vec::new());
    let rows = matrix_rows();
    for row in &rows {
        let answer = match ask(row) {
            Ok(answer) => answer,
            Err(error) => {
                wrong.push(format!("{}: {error}", row.id));
                continue;
            }
        };
        let found = &answer.derivatives[0];
        let expected = model(&format!("{}\n{}", row.declarations, row.expected));
        let comparison =
            evaluate::equal(&answer.store, found.id, &expected.store, expected.values[0], 4);
        if !matches!(comparison, Comparison::Equal { .. }) {
            wrong.push(format!("{}: {comparison:?}", row.id));
        }
        if !row.layout.starts_with(found.layout()) {
            wrong.push(format!("{}: laid out as {}, not {}", row.id, found.layout(), row.layout));
        }
        let ours = Costs::default().of(&answer.store, found.id).occurrences;
        let theirs = Costs::default().of(&expected.store, expected.values[0]).occurrences;
        let line = format!("{}: {ours} occurrences, expected has {theirs}", row.id);
        if ours > 1.5 * theirs {
            wrong.push(line.clone());
        }
        if ours > theirs {
            long.push(line);
        }
        if found.certificate == Certificate::NotTried && found.layout != Layout::Entrywise {
            open.push(row.id.clone());
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(long.len() * 20 <= rows.len(), "{} long:\n{}", long.len(), long.join("\n"));
    assert!(open.is_empty(), "no second derivation of {}", open.join(", "));
}

/// The ascii and the Unicode text of an answer are the language: read again, they are the same expression.
#[test]
fn every_matrix_of_the_corpus_reads_back() {
    for row in matrix_rows() {
        let answer = ask(&row).unwrap_or_else(|error| panic!("{}: {error}", row.id));
        let hash = answer.store.hash(answer.derivatives[0].id);
        for notation in [Notation::Ascii, Notation::Unicode] {
            let formula = answer.written(notation).remove(0);
            let parts = formula.bindings.iter().map(|one| format!("{} = {}\n", one.name, one.text));
            let parts: String = parts.collect();
            let again = model(&format!("{}\n{parts}{}", row.declarations, formula.text));
            assert_eq!(again.store.hash(again.values[0]), hash, "{}: {}", row.id, formula.text);
        }
        assert_latex(&answer.written(Notation::Latex).remove(0).text);
    }
}

#[test]
fn the_matrices_of_the_corpus_as_a_reader_sees_them() {
    let mut text = String::new();
    for row in matrix_rows() {
        let answer = ask(&row).unwrap_or_else(|error| panic!("{}: {error}", row.id));
        let derivative = &answer.derivatives[0];
        let _ = writeln!(text, "{}  {} by {}  ({})", row.id, row.expression, row.wrt, row.layout);
        let _ = writeln!(text, "  {}", answer.written(Notation::Unicode).remove(0).text);
        if let Some(map) = answer.written_differential(derivative, Notation::Unicode) {
            let _ = writeln!(text, "  linear map: {}", map.text);
        }
    }
    insta::assert_snapshot!("jacobians_and_hessians", text);
}

/// Every line of every derivation agrees with dual numbers; in every notation it can be written.
#[test]
fn the_steps_of_every_matrix_of_the_corpus_hold() {
    let mut wrong = Vec::new();
    for row in matrix_rows() {
        let answer = ask(&row).unwrap_or_else(|error| panic!("{}: {error}", row.id));
        match answer.steps(&answer.derivatives[0]) {
            Ok(steps) => {
                let expected = if kind(&row) == RequestKind::Hessian { 2 } else { 1 };
                assert_eq!(steps.len(), expected, "{}", row.id);
                for notation in [Notation::Ascii, Notation::Unicode, Notation::Latex] {
                    assert!(steps.iter().all(|steps| !steps.prose(notation).rows.is_empty()));
                }
            }
            Err(error) => wrong.push(format!("{}: {error}", row.id)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn steps_as_a_reader_sees_them() {
    let mut text = String::new();
    for request in [
        "A: m×n; X: n×p; B: p×q\njacobian of A*X*B wrt X",
        "X: m×n\njacobian of X'*X wrt X",
        "X: n×n invertible\njacobian of inv(X) wrt X",
        "A: m×n; x: n\njacobian of softmax(A*x) wrt x",
        "W: h×h; s: h; u: h\njacobian of tanh(W*s + u) wrt s",
        "X: N×n; w: n\nhessian of sum(log(1 .+ exp(X*w))) wrt w",
        "X: n×n invertible\nhessian of logdet(X) wrt X",
        "c: scalar; A: n×n\njacobian of expm(c*A) wrt c",
        "X: n×n invertible\ndifferential of logdet(X) wrt X",
    ] {
        let answer = last(request);
        let _ = writeln!(text, "{}", request.lines().last().unwrap_or_default());
        for steps in answer.steps(&answer.derivatives[0]).unwrap() {
            let _ = writeln!(text, "{}", steps.prose(Notation::Unicode).text());
        }
    }
    insta::assert_snapshot!("steps", text);
}

/// Emitted code of every row agrees with layer kernels on dual numbers, those of dual numbers for Hessians.
#[test]
fn the_code_of_every_matrix_of_the_corpus_agrees() {
    let rows = matrix_rows();
    let answers: Vec<Answer> = rows
        .iter()
        .map(|row| ask(row).unwrap_or_else(|error| panic!("{}: {error}", row.id)))
        .collect();
    let reports = verify(&answers).unwrap_or_else(|error| panic!("{error}"));
    let mut wrong = Vec::new();
    for (row, report) in rows.iter().zip(reports) {
        match report {
            Ok(report) if agrees(&report) => {
                let outputs = if kind(row) == RequestKind::Hessian { 3 } else { 2 };
                assert_eq!(report.outputs.len(), outputs, "{}", row.id);
            }
            Ok(report) => wrong.push(format!("{}: {report:?}", row.id)),
            Err(error) => wrong.push(format!("{}: {error}", row.id)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_matrix_is_found_by_its_code() {
    for (text, outputs) in [
        ("A: m×n; x: n\njacobian of sin(A*x) wrt x", vec![1]),
        ("A: m×n; x: n\nhessian of sum(exp(A*x)) wrt x", vec![2]),
        ("A: m×n; B: n×p\ndifferential of A*B", vec![1]),
    ] {
        let mut answer = last(text);
        let id = answer.derivatives[0].id;
        answer.derivatives[0].id = answer.store.negate(id);
        let report = verify(&[answer]).unwrap().remove(0).unwrap();
        for (at, output) in report.outputs.iter().enumerate() {
            assert_eq!(output.double > 0.1, outputs.contains(&at), "{text}: {report:?}");
        }
    }
}

/// Third derivatives and Hessian-vector products, never through the matrix.
#[test]
fn products_with_second_and_third_derivatives_are_short() {
    let exponential = "A: m×n; x: n; u: n; v: n\nf = sum(exp(A*x))\n";
    let contracted = format!("{exponential}gradient of grad(grad(f,x)'*u,x)'*v wrt x");
    assert_eq!(said(&contracted), "Aᵀ((Au) ⊙ (Av) ⊙ exp(Ax))");
    let product = format!("{exponential}gradient of grad(f,x)'*u wrt x");
    assert_eq!(said(&product), "Aᵀ((Au) ⊙ exp(Ax))");
    assert_eq!(said(&format!("{exponential}hessian(f,x)*u")), "Aᵀ((Au) ⊙ exp(Ax))");

    let logistic = "X: N×n; w: n; v: n; y: N\nf = sum(log(1 .+ exp(-y.*(X*w))))\n";
    let product = last(&format!("{logistic}gradient of grad(f,w)'*v wrt w"));
    // Xᵀ(d ⊙ (Xv)): three products with X, none with XᵀX.
    let text = product.written(Notation::Unicode).remove(0).text;
    assert!(text.starts_with("Xᵀ(") && text.contains("(Xv) ⊙"), "{text}");
    assert_eq!(text.matches('X').count(), 4, "{text}");

    let network = "X: N×n; W: n×h; V: h×k; Y: N×k; D: n×h\nf = norm2(tanh(X*W)*V - Y)^2\n";
    let product = last(&format!("{network}gradient of tr(grad(f,W)'*D) wrt W"));
    assert!(product.check.unwrap().max_relative_error < 1e-8);
    let written = product.written(Notation::Unicode).remove(0);
    assert!(!written.text.contains('⊗'), "{}", written.text);

    let logdet = "S: n×n invertible; V: n×n\n";
    let product = format!("{logdet}gradient of tr(grad(logdet(S),S)'*V) wrt S");
    assert_eq!(said(&product), "−S⁻ᵀVᵀS⁻ᵀ");
}

#[test]
fn derivatives_are_formulas() {
    assert_eq!(said("A: m×n; x: n; v: n\njacobian(sin(A*x), x)*v"), "(Av) ⊙ cos(Ax)");
    assert_eq!(said("A: m×n; x: n; u: m\njacobian(sin(A*x), x)'*u"), "Aᵀ(u ⊙ cos(Ax))");
    assert_eq!(said("S: n×n invertible\nd(logdet(S))"), "tr(S⁻¹·dS)");
    assert_eq!(said("S: n×n invertible\nd(d(logdet(S)))"), "−tr(S⁻¹·dS·S⁻¹·dS)");
    assert_eq!(said("x: n; A: n×n symmetric\nd(d(x'*A*x, x), x)"), "2dxᵀ·A·dx");
    assert_eq!(said("A: n×n; x: n; y: n\nf = x'*A*x\ngradient of f(x := A*y) wrt y"), {
        "Aᵀ(A + Aᵀ)Ay"
    });
    assert_eq!(said("A: n×n; x: n; y: n\nf = x'*A*x\ngradient of f(x := x - y) wrt y"), {
        "(A + Aᵀ)(y − x)"
    });
    assert_eq!(said("x: n; y: m; A: n×m\nB = hessian(x'*A*y, x, y)\nB*y"), "Ay");
    assert_eq!(said("c: scalar; x: n\nh = hessian(exp(c)*sum(x), c)\nh"), "exp(c)·sum(x)");
}

#[test]
fn mixed_second_derivatives_are_blocks() {
    let answer = last("w: n; z: p; S: n×p\nhessian of w'*S*z wrt w, z");
    let blocks: Vec<_> = answer.written(Notation::Unicode);
    assert_eq!(blocks.len(), 3);
    assert_eq!(blocks[1].text, "S");
    let pairs: Vec<_> =
        answer.derivatives.iter().map(|one| one.second.clone().unwrap().0).collect();
    assert_eq!(pairs.iter().map(|name| &**name).collect::<Vec<_>>(), ["w", "z", "z"]);
}

#[test]
fn a_map_without_a_matrix_is_given_as_the_differential() {
    let answer = last("X: h×w; K: k×l\njacobian of conv2d(X, K) wrt K");
    let derivative = &answer.derivatives[0];
    assert_eq!(derivative.layout, Layout::LinearMap);
    assert_eq!(answer.written(Notation::Ascii).remove(0).text, "conv2d(X, dK)");
    let report = verify(&[answer]).unwrap().remove(0).unwrap();
    assert!(agrees(&report), "{report:?}");
}

#[test]
fn differentials_move_what_is_named() {
    assert_eq!(said("A: m×n; B: n×p\ndifferential of A*B wrt A"), "dA·B");
    assert_eq!(said("A: m×n; B: n×p\ndifferential of A*B wrt A, B"), "A·dB + dA·B");
    assert_eq!(said("A: m×n; B: n×p\ndifferential of A*B"), "A·dB + dA·B");
    assert_eq!(said("S: n×n symmetric\ndifferential of S*S wrt S"), "S·dS + dS·S");
    let integral = verify(&[last("X: n×n; a: n\nhessian of tr(expm(X)) wrt X")]).unwrap().remove(0);
    assert!(agrees(&integral.unwrap()));
    let report = verify(&[last("A: m×n; B: n×p\ndifferential of A*B")]).unwrap().remove(0);
    assert!(agrees(&report.unwrap()));
}

/// A symmetric variable moves along symmetric directions: A w, not half of A w + Aᵀ w.
#[test]
fn structure_shows_in_matrices_of_derivatives() {
    assert_eq!(said("S: n×n symmetric\nhessian of tr(S*S) wrt S"), "2·eye(nn)");
    assert_eq!(said("A: n×n symmetric; w: n\nhessian of w'*A*w wrt w"), "2A");
    assert_eq!(said("D: n×n diagonal; x: n\njacobian of D*x wrt x"), "D");
    assert_eq!(said("Q: n×n orthogonal; x: n\nhessian of norm2(Q*x)^2 wrt x"), "2·eye(n)");
}

fn problem(text: &str) -> Problem {
    let error = Session::new().read(text, Settings::default()).unwrap_err();
    error.problem().clone()
}

#[test]
fn what_has_no_hessian_is_refused() {
    let code =
        |text: &str| Session::new().read(text, Settings::default()).unwrap_err().diagnostic().code;
    assert_eq!(code("A: m×n; x: n\nhessian of A*x wrt x"), "E0218");
    assert_eq!(code("A: m×n; x: n\nhessian(A*x, x)*x"), "E0218");
    assert_eq!(code("A: m×n; x: n\ngrad(A*x, x)'*x"), "E0218");
    assert_eq!(code("x: n\ngrad(x'*x, x, x, x)'*x"), "E0204");
    assert_eq!(code("x: n\ngrad(x'*x, 2*x)'*x"), "E0217");
    assert!(matches!(
        problem("a: n; X: n×n; b: n\ngradient of sum(hessian(a'*expm(X)*b, X)) wrt X"),
        Problem::Elaborate(_)
    ));
}

/// The gradient by a triangular variable is the triangle that moves.
#[test]
fn gradients_by_triangular_variables_are_triangles() {
    assert_eq!(said("A: n×n; L: n×n lower\ngradient of tr(A'*L) wrt L"), "tril(A)");
    assert_eq!(said("A: n×n; R: n×n upper\ngradient of 2*tr(A'*R) wrt R"), "2triu(A)");
    assert_eq!(said("L: n×n lower invertible\ngradient of logdet(L) wrt L"), "diag(1 ⊘ diag(L))");
    let answer = last("A: n×n; L: n×n lower\ngradient of norm2(A*L)^2 wrt L");
    assert!(answer.derivatives[0].notes[0].to_string().contains("lower triangular"));
    assert!(agrees(&verify(&[answer]).unwrap().remove(0).unwrap()));
}

/// Norms by singular values, and the trace of a power.
#[test]
fn matrix_functions_have_their_gradients() {
    assert_eq!(said("A: m×n; X: n×p\ngradient of ‖A*X‖_* wrt X"), "Aᵀ·polar(AX)");
    assert_eq!(said("A: m×n; X: n×p\ngradient of norm_spec(A*X) wrt X"), "Aᵀ·leading(AX)");
    assert_eq!(said("X: n×n; k: scalar\ngradient of tr(X^k) wrt X"), "k(X^(k − 1))ᵀ");
    assert_eq!(said("x: n; y: n; X: n×n\ngradient of x'*expm(X)*y wrt X"), "expm_frechet(Xᵀ, xyᵀ)");
    let power = last("x: n; y: n; X: n×n; k: scalar\ngradient of x'*X^k*y wrt X");
    assert_eq!(power.written(Notation::Ascii).remove(0).text, "power_frechet(X', x*y', k)");
    assert!(power.derivatives[0].notes[0].to_string().contains("the sum of X^i*E*X^(k-1-i)"));
    assert!(agrees(&verify(&[power]).unwrap().remove(0).unwrap()));
    assert_eq!(said("X: n×n; k: scalar\ndifferential of X^k wrt X"), "power_frechet(X, dX, k)");
    let kronecker = last("X: n×n; k: scalar\njacobian of X^k wrt X");
    let text = kronecker.written(Notation::Unicode).remove(0).text;
    assert_eq!(text, "power_sum(eye(n) ⊗ X, Xᵀ ⊗ eye(n), k)");
    assert!(agrees(&verify(&[kronecker]).unwrap().remove(0).unwrap()));
    let by_scalar = last("A: n×n; c: scalar; k: scalar\njacobian of (c*A)^k wrt c");
    assert_eq!(by_scalar.written(Notation::Ascii).remove(0).text, "k*A*(c*A)^(k - 1)");
    assert_eq!(said("X: n×n\ngradient of tr(expm(X)) wrt X"), "expm(X)ᵀ");
}

/// The subgradient of max pooling sends each entry to where the largest one stood.
#[test]
fn pooling_sends_gradients_back_to_the_largest_entry() {
    let answer = last("X: 2*h×2*w; K: h×w\ngradient of tr(K'*maxpool2(X)) wrt X");
    let text = answer.written(Notation::Unicode).remove(0).text;
    assert_eq!(text, "maxpool2mask(X) ⊙ (K ⊗ ones(2, 2))");
    assert!(agrees(&verify(&[answer]).unwrap().remove(0).unwrap()));
}

/// vec and kron, where the adjoint comes apart as they do.
#[test]
fn gradients_go_through_vec_and_kron() {
    assert_eq!(said("X: m×n; C: m×n\ngradient of norm2(vec(X) - vec(C))^2 wrt X"), "2(X − C)");
    assert_eq!(said("X: m×n\ngradient of sum(sin(vec(X))) wrt X"), "cos(X)");
    assert_eq!(said("A: m×n; B: p×q\ngradient of norm2(kron(A,B))^2 wrt A"), "2tr(BᵀB)·A");
    assert_eq!(said("A: m×n; B: p×q\ngradient of sum(kron(A,B)) wrt B"), "sum(A)·ones(p, q)");
    assert_eq!(
        said("X: m×n; b: m*n\ngradient of b'*sin(vec(X)) wrt X"),
        "reshape(b ⊙ cos(vec(X)), m, n)"
    );
    let answer = last("X: m×n; A: p×m\njacobian of kron(A, X) wrt X");
    assert!(agrees(&verify(&[answer]).unwrap().remove(0).unwrap()));
}
