//! Emitted code is compiled, run, and compared with layer kernels.

use gradus::emit::Document;
use gradus::expression::{Id, Properties, Property, Store};
use gradus::function::find;
use gradus::lower::Title;
use gradus::session::{self, Answer, Outcome, Precision, Session, Settings};
use gradus::shape::{Dimension, Name, Shape};
use gradus::verify::{By, Derivative, Request, verify, verify_all};

/// A question built by hand.
pub(crate) struct Case {
    pub(crate) store: Store,
    pub(crate) value: Id,
    variables: Vec<(Name, Id)>,
    derivatives: Vec<Derivative>,
}

fn shape(rows: &str, columns: &str) -> Shape {
    let size = |text: &str| match text.parse::<i64>() {
        Ok(number) => Dimension::constant(number),
        Err(_) => Dimension::symbol(text),
    };
    Shape::matrix(size(rows), size(columns))
}

/// The value and its gradients, all written by hand.
fn case(
    variables: &[(&str, &str, &str, &[Property])],
    wrt: &[&str],
    build: impl FnOnce(&mut Store, &[Id]) -> (Id, Vec<Id>),
) -> Case {
    let mut store = Store::new();
    let ids: Vec<Id> = variables
        .iter()
        .map(|(name, m, n, facts)| store.variable(name, shape(m, n), Properties::of(facts)))
        .collect();
    let (value, found) = build(&mut store, &ids);
    let variables: Vec<(Name, Id)> =
        variables.iter().zip(&ids).map(|((name, ..), id)| (Name::from(*name), *id)).collect();
    let by = variables.iter().filter(|(name, _)| wrt.contains(&&**name));
    let gradients = by
        .zip(found)
        .map(|((name, variable), gradient)| Derivative {
            title: Title::from("gradient_").variable(name),
            by: By::Variable(*variable),
            expression: gradient,
        })
        .collect();
    Case { store, value, variables, derivatives: gradients }
}

impl Case {
    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            store: &self.store,
            value: self.value,
            formula: self.value,
            derivatives: self.derivatives.clone(),
            variables: self.variables.clone(),
            sizes: &[],
            document: Document { text: "A case.", conventions: "", derivative: "gradient" },
        }
    }
}

fn entrywise(store: &mut Store, name: &str, a: Id) -> Id {
    let shape = store.shape(a).clone();
    store.apply(find(name).expect(name), &[a], &shape)
}

/// tr(AᵀXB)
pub(crate) fn trace() -> Case {
    case(&[("A", "m", "p", &[]), ("X", "m", "n", &[]), ("B", "n", "p", &[])], &["X"], |s, v| {
        let at = s.transpose(v[0]);
        let p = s.product(&[at, v[1], v[2]]);
        let bt = s.transpose(v[2]);
        (s.trace(p), vec![s.product(&[v[0], bt])])
    })
}

/// sum(log(exp(-y.*(X*w)) + vector(1)))
fn logistic() -> Case {
    case(&[("X", "m", "n", &[]), ("w", "n", "1", &[]), ("y", "m", "1", &[])], &["w"], |s, v| {
        let z = s.product(&[v[0], v[1]]);
        let column = s.shape(z).clone();
        let yz = s.hadamard(&[v[2], z], &column);
        let minus = s.negate(yz);
        let e = entrywise(s, "exp", minus);
        let ones = s.ones(&column);
        let sum = s.add(&[e, ones]);
        let log = entrywise(s, "log", sum);
        // −Xᵀ(y ⊙ e ⊘ (e + 1))
        let quotient = s.divide(e, sum);
        let weighted = s.hadamard(&[v[2], quotient], &column);
        let xt = s.transpose(v[0]);
        let gradient = s.product(&[xt, weighted]);
        (s.total(log), vec![s.negate(gradient)])
    })
}

/// −sum(Y ⊙ log softmax(tanh(XW + 1bᵀ)V + 1cᵀ, rows))/N
pub(crate) fn network() -> Case {
    let variables: &[(&str, &str, &str, &[Property])] = &[
        ("X", "N", "n", &[]),
        ("W", "n", "h", &[]),
        ("b", "h", "1", &[]),
        ("V", "h", "k", &[]),
        ("c", "k", "1", &[]),
        ("Y", "N", "k", &[Property::RowSimplex]),
    ];
    case(variables, &["W", "b", "V", "c"], |s, v| {
        let dense = |s: &mut Store, x: Id, w: Id, b: Id| {
            let xw = s.product(&[x, w]);
            let ones = s.ones(&shape("N", "1"));
            let bt = s.transpose(b);
            let broadcast = s.product(&[ones, bt]);
            s.add(&[xw, broadcast])
        };
        let z = dense(s, v[0], v[1], v[2]);
        let h = entrywise(s, "tanh", z);
        let o = dense(s, h, v[3], v[4]);
        let ot = s.transpose(o);
        let p = entrywise(s, "softmax", ot);
        let p = s.transpose(p);
        let log = entrywise(s, "log", p);
        let whole = s.shape(log).clone();
        let product = s.hadamard(&[v[5], log], &whole);
        let total = s.total(product);
        let loss = s.negate(total);
        let n = s.size(&Dimension::symbol("N"));
        // Δ = (P − Y)/N, then back through the layers.
        let difference = s.subtract(p, v[5]);
        let delta = s.divide(difference, n);
        let ones = s.ones(&shape("N", "1"));
        let turned = |s: &mut Store, a: Id, b: Id| {
            let at = s.transpose(a);
            s.product(&[at, b])
        };
        let (gradient_v, gradient_c) = (turned(s, h, delta), turned(s, delta, ones));
        let vt = s.transpose(v[3]);
        let back = s.product(&[delta, vt]);
        let square = s.hadamard(&[h, h], &shape("N", "h"));
        let all = s.ones(&shape("N", "h"));
        let slope = s.subtract(all, square);
        let inner = s.hadamard(&[back, slope], &shape("N", "h"));
        let (gradient_w, gradient_b) = (turned(s, v[0], inner), turned(s, inner, ones));
        (s.divide(loss, n), vec![gradient_w, gradient_b, gradient_v, gradient_c])
    })
}

/// log det S + tr(S⁻¹ x xᵀ) with S positive definite: one Cholesky factorisation for all of it.
fn gaussian() -> Case {
    case(
        &[("S", "n", "n", &[Property::PositiveDefinite]), ("x", "n", "1", &[])],
        &["S", "x"],
        |s, v| {
            let det = s.determinant(v[0]);
            let log = entrywise(s, "log", det);
            let inverse = s.inverse(v[0]);
            let xt = s.transpose(v[1]);
            let q = s.product(&[xt, inverse, v[1]]);
            // S⁻¹ − S⁻¹xxᵀS⁻¹ and 2S⁻¹x
            let outer = s.product(&[inverse, v[1], xt, inverse]);
            let solution = s.product(&[inverse, v[1]]);
            (s.add(&[log, q]), vec![s.subtract(inverse, outer), s.add(&[solution, solution])])
        },
    )
}

/// det(XᵀAX + I) + tr(A X⁻¹)
fn determinants() -> Case {
    case(
        &[("A", "n", "n", &[Property::Invertible]), ("X", "n", "n", &[Property::Invertible])],
        &["A", "X"],
        |s, v| {
            let xt = s.transpose(v[1]);
            let p = s.product(&[xt, v[0], v[1]]);
            let shifted = {
                let n = s.identity(&Dimension::symbol("n"));
                s.add(&[p, n])
            };
            let det = s.determinant(shifted);
            let inverse = s.inverse(v[1]);
            let product = s.product(&[v[0], inverse]);
            let trace = s.trace(product);
            // With M = XᵀAX + I: det(M) X M⁻ᵀ Xᵀ + X⁻ᵀ; det(M) (AXM⁻¹ + AᵀXM⁻ᵀ) − X⁻ᵀAᵀX⁻ᵀ.
            let m_inverse = s.inverse(shifted);
            let m_turned = s.transpose(m_inverse);
            let (at, x_turned) = (s.transpose(v[0]), s.transpose(inverse));
            let first = s.product(&[v[1], m_turned, xt]);
            let first = s.multiply(det, first);
            let by_a = s.add(&[first, x_turned]);
            let left = s.product(&[v[0], v[1], m_inverse]);
            let right = s.product(&[at, v[1], m_turned]);
            let both = s.add(&[left, right]);
            let both = s.multiply(det, both);
            let last = s.product(&[x_turned, at, x_turned]);
            (s.add(&[det, trace]), vec![by_a, s.subtract(both, last)])
        },
    )
}

pub(crate) fn cases() -> Vec<Case> {
    vec![trace(), logistic(), network(), gaussian(), determinants()]
}

#[test]
fn emitted_code_agrees_with_layer_kernels() {
    let cases = cases();
    let requests: Vec<Request<'_>> = cases.iter().map(Case::request).collect();
    let reports = verify_all(&requests).unwrap_or_else(|error| panic!("{error}"));
    for (at, report) in reports.into_iter().enumerate() {
        let report = report.unwrap_or_else(|error| panic!("case {at}: {error}"));
        assert!(matches!(report.sizes.len(), 3 | 4), "case {at}");
        for output in &report.outputs {
            assert!(output.double < 1e-10, "case {at}: {output:?}");
            assert!(output.single < 1e-4, "case {at}: {output:?}");
        }
    }
}

#[test]
fn a_wrong_gradient_is_found() {
    let mut wrong = trace();
    wrong.derivatives[0].expression = wrong.store.negate(wrong.derivatives[0].expression);
    let report = verify(&wrong.request()).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.outputs[0].double < 1e-10);
    assert!(report.outputs[1].double > 1.0, "{report:?}");
}

type Build = fn(&mut Store, &[Id]) -> Id;

/// Every operator: the variables are A, B, S, P, u, v, c.
const OPERATORS: &[(&str, Build)] = &[
    ("AᵀuvᵀP", |s, x| {
        let (at, vt) = (s.transpose(x[0]), s.transpose(x[5]));
        s.product(&[at, x[4], vt, x[3]])
    }),
    ("BᵀAᵀ", |s, x| {
        let p = s.product(&[x[0], x[1]]);
        s.transpose(p)
    }),
    ("AᵀA", |s, x| {
        let at = s.transpose(x[0]);
        s.product(&[at, x[0]])
    }),
    ("AAᵀ", |s, x| {
        let at = s.transpose(x[0]);
        s.product(&[x[0], at])
    }),
    ("S⁻¹B", |s, x| {
        let i = s.inverse(x[2]);
        s.product(&[i, x[1]])
    }),
    ("S⁻ᵀB", |s, x| {
        let i = s.inverse(x[2]);
        let t = s.transpose(i);
        s.product(&[t, x[1]])
    }),
    ("AS⁻¹", |s, x| {
        let i = s.inverse(x[2]);
        s.product(&[x[0], i])
    }),
    ("AP⁻¹B", |s, x| {
        let i = s.inverse(x[3]);
        s.product(&[x[0], i, x[1]])
    }),
    ("S⁻¹ + P⁻¹", |s, x| {
        let (i, j) = (s.inverse(x[2]), s.inverse(x[3]));
        s.add(&[i, j])
    }),
    ("Aᵀ ⊙ (Bᵀ…)", |s, x| {
        let at = s.transpose(x[0]);
        let sized = s.product(&[x[2], at]);
        let shape = s.shape(sized).clone();
        s.hadamard(&[at, sized], &shape)
    }),
    ("S + Sᵀ + cI", |s, x| {
        let (t, i) = (s.transpose(x[2]), s.identity(&Dimension::symbol("n")));
        let scaled = s.multiply(x[6], i);
        s.add(&[x[2], t, scaled])
    }),
    ("diag(v) B, A diag(v), diag(v) + S", |s, x| {
        let d = s.diagonal(x[5]);
        let left = s.product(&[d, x[1]]);
        let right = s.product(&[x[0], d]);
        let sum = s.add(&[d, x[2]]);
        s.product(&[right, sum, left])
    }),
    ("diag(SP), diag(S + P)", |s, x| {
        let product = s.product(&[x[2], x[3]]);
        let sum = s.add(&[x[2], x[3]]);
        let square = s.hadamard(&[sum, x[3]], &shape("n", "n"));
        let (p, q) = (s.diagonal_of(product), s.diagonal_of(square));
        s.add(&[p, q])
    }),
    ("tr(SPS), tr(S ⊙ P), tr(P⁻¹S)", |s, x| {
        let product = s.product(&[x[2], x[3], x[2]]);
        let hadamard = s.hadamard(&[x[2], x[3]], &shape("n", "n"));
        let inverse = s.inverse(x[3]);
        let solved = s.product(&[inverse, x[2]]);
        let (a, b, c) = (s.trace(product), s.trace(hadamard), s.trace(solved));
        s.add(&[a, b, c])
    }),
    ("sum(AB), sum(A ⊙ A)", |s, x| {
        let product = s.product(&[x[0], x[1]]);
        let square = s.hadamard(&[x[0], x[0]], &shape("m", "n"));
        let (a, b) = (s.total(product), s.total(square));
        s.divide(a, b)
    }),
    ("A1, 1ᵀA, A11ᵀ", |s, x| {
        let (column, row) = (s.ones(&shape("n", "1")), s.ones(&shape("1", "m")));
        let sums = s.product(&[x[0], column]);
        let all = s.ones(&shape("n", "n"));
        let spread = s.product(&[x[0], all]);
        let row_sums = s.product(&[row, x[0]]);
        let outer = s.product(&[sums, row_sums]);
        s.add(&[outer, spread])
    }),
    ("A ⊗ Bᵀ", |s, x| {
        let bt = s.transpose(x[1]);
        s.kronecker(x[0], bt)
    }),
    ("K vec(A), vec(Aᵀ)", |s, x| {
        let (m, n) = (Dimension::symbol("m"), Dimension::symbol("n"));
        let k = s.commutation(&m, &n);
        let at = s.transpose(x[0]);
        let (a, b) = (s.vectorize(x[0]), s.vectorize(at));
        let turned = s.product(&[k, a]);
        let sum = s.add(&[turned, b]);
        s.hadamard(&[sum, b], &Shape::matrix(m.times(&n), Dimension::one()))
    }),
    ("S^n, S⁴", |s, x| {
        let n = s.size(&Dimension::symbol("n"));
        let power = s.matrix_power(x[2], n);
        let fourth = s.whole_matrix_power(x[2], 4);
        s.add(&[power, fourth])
    }),
    ("uᵀAv, vᵀv, c powers", |s, x| {
        let (ut, vt) = (s.transpose(x[4]), s.transpose(x[5]));
        let form = s.product(&[ut, x[0], x[5]]);
        let norm = s.product(&[vt, x[5]]);
        let third = s.power_of(norm, &gradus::number::ratio(-3, 2));
        let fifth = s.power_of(x[6], &gradus::number::integer(5));
        let by_scalar = s.power(norm, x[6]);
        let product = s.hadamard(&[form, third, fifth], &Shape::Scalar);
        let constant = s.number(gradus::number::ratio(22, 7));
        s.add(&[product, by_scalar, constant])
    }),
    ("logdet S²", |s, x| {
        let square = s.product(&[x[2], x[2]]);
        let det = s.determinant(square);
        let log = entrywise(s, "log", det);
        let abs = s.determinant(x[2]);
        let abs = entrywise(s, "abs", abs);
        let log_abs = entrywise(s, "log", abs);
        s.subtract(log, log_abs)
    }),
    ("log c det(S)² det(P)/3, log |det(S)³ det(P)|", |s, x| {
        let (first, second) = (s.determinant(x[2]), s.determinant(x[3]));
        let even = s.power_of(first, &gradus::number::integer(2));
        let odd = s.power_of(first, &gradus::number::integer(3));
        let c = s.hadamard(&[x[6], x[6]], &Shape::Scalar);
        let product = s.hadamard(&[c, even, second], &Shape::Scalar);
        let third = s.scale_by(&gradus::number::ratio(1, 3), product);
        let log = entrywise(s, "log", third);
        let cubed = s.hadamard(&[odd, second], &Shape::Scalar);
        let abs = entrywise(s, "abs", cubed);
        let log_abs = entrywise(s, "log", abs);
        s.add(&[log, log_abs])
    }),
    ("A, 1, 0, I as they are", |s, x| {
        let (ones, zeros) = (s.ones(&shape("m", "n")), s.zeros(&shape("m", "n")));
        let sum = s.add(&[x[0], ones, zeros]);
        s.transpose(sum)
    }),
    ("I", |s, _| s.identity(&Dimension::symbol("n"))),
    ("Aᵀ", |s, x| s.transpose(x[0])),
    ("c", |_, x| x[6]),
];

/// Every operator and every function of the table, as values without derivatives.
fn operators() -> Vec<(String, Case)> {
    let mut list: Vec<(String, Case)> = Vec::new();
    let facts: &[Property] = &[Property::Invertible];
    let variables: &[(&str, &str, &str, &[Property])] = &[
        ("A", "m", "n", &[]),
        ("B", "n", "k", &[]),
        ("S", "n", "n", facts),
        ("P", "n", "n", &[Property::PositiveDefinite]),
        ("u", "m", "1", &[]),
        ("v", "n", "1", &[]),
        ("c", "1", "1", &[]),
    ];
    for (name, build) in OPERATORS {
        let case = case(variables, &[], |s, v| (build(s, v), Vec::new()));
        list.push(((*name).to_owned(), case));
    }
    for function in gradus::function::FunctionId::all() {
        let row = function.row();
        if let gradus::function::Form::Entrywise { .. } = row.form {
            let entries = case(variables, &[], |s, v| {
                let shape = shape("m", "n");
                (s.apply(function, &[v[0]], &shape), Vec::new())
            });
            list.push((row.name.to_owned(), entries));
        }
    }
    let arrays: &[(&str, Shape)] = &[
        ("norm1", Shape::Scalar),
        ("norm2", Shape::Scalar),
        ("max", Shape::Scalar),
        ("maxmask", shape("m", "n")),
        ("softmax", shape("m", "n")),
        ("logsumexp", shape("1", "n")),
    ];
    for (name, result) in arrays {
        let case = case(variables, &[], |s, v| {
            (s.apply(find(name).expect(name), &[v[0]], result), Vec::new())
        });
        list.push(((*name).to_owned(), case));
    }
    for name in ["expm", "adj"] {
        let case = case(variables, &[], |s, v| (entrywise(s, name, v[2]), Vec::new()));
        list.push((name.to_owned(), case));
    }
    list
}

#[test]
fn every_operator_and_function_agrees() {
    let cases = operators();
    let requests: Vec<Request<'_>> = cases.iter().map(|(_, case)| case.request()).collect();
    let reports = verify_all(&requests).unwrap_or_else(|error| panic!("{error}"));
    for ((name, _), report) in cases.iter().zip(reports) {
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        let value = &report.outputs[0];
        assert!(value.double < 1e-10 && value.single < 1e-4, "{name}: {value:?}");
    }
}

#[test]
fn every_gradient_of_the_corpus_agrees() {
    let mut named = Vec::new();
    for row in crate::corpus::gradient_rows() {
        let mut model = crate::corpus::model(&format!("{}\n{}", row.declarations, row.expression));
        let value = model.values[0];
        let Some(variable) = model.store.find_variable(&row.wrt) else { continue };
        let Ok(found) = gradus::differentiate::gradients(&mut model.store, value, &[variable])
        else {
            continue;
        };
        let gradient = gradus::differentiate::project(&mut model.store, variable, found[0]);
        let gradient = gradus::simplify::simplify(&mut model.store, &[gradient])[0];
        let variables =
            model.variables.iter().filter(|v| v.used).map(|v| (v.name.clone(), v.id)).collect();
        let title = Title::from("gradient_").variable(&row.wrt);
        let gradients =
            vec![Derivative { title, by: By::Variable(variable), expression: gradient }];
        named.push((row.id, Case { store: model.store, value, variables, derivatives: gradients }));
    }
    assert!(named.len() > 150, "{}", named.len());
    let requests: Vec<Request<'_>> = named.iter().map(|(_, case)| case.request()).collect();
    let reports = verify_all(&requests).unwrap_or_else(|error| panic!("{error}"));
    let mut wrong = Vec::new();
    for ((id, _), report) in named.iter().zip(reports) {
        match report {
            Err(error) => wrong.push(format!("{id}: {error}")),
            Ok(report) => wrong.extend(
                report
                    .outputs
                    .iter()
                    .filter(|output| !(output.double < 1e-10 && output.single < 1e-4))
                    .map(|output| format!("{id}: {output:?}")),
            ),
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Functions that are not known are closures of the emitted code, in its parts too.
#[test]
fn functions_that_are_not_known_are_handed_over() {
    let layers = (1..=40).fold("x".to_owned(), |below, at| match at % 3 {
        0 => format!("φ(W{at}*tanh({below}) + x)"),
        1 => format!("g(W{at}*tanh({below}))"),
        _ => format!("φ'(W{at}*tanh({below}))"),
    });
    let weights: Vec<String> = (1..=40).map(|at| format!("W{at}")).collect();
    let weights = weights.join(", ");
    let deep = format!(
        "{weights}: n×n; x: n; φ, g: function\ngradient of norm2({layers})^2 wrt {weights}\n"
    );
    let short = "X: N×d; y: N; β: d; φ: function\nhessian of ½*norm2(φ(X*β) - y)^2 wrt β\n";
    let recurrent = "x[t]: d; W: p×p; U: p×d; h0: p; σ: function\nh[0] = h0\n\
                     h[t] = σ(W*h[t-1] + U*x[t]) for t in 1..T\n\
                     gradient of sum(t in 1..T, norm2(h[t])^2) wrt W, U, h0\n";
    for text in [&*deep, short, recurrent] {
        let outcomes = Session::new().read(text, Settings::default());
        let outcomes = outcomes.unwrap_or_else(|error| panic!("{}", error.render("test", false)));
        let answers: Vec<Answer> = outcomes.into_iter().filter_map(Outcome::answer).collect();
        let code = answers[0].code(Precision::Double).text;
        assert!(code.contains(": Fn(Float) -> Float,\n"), "{code}");
        assert_eq!(code.contains("fn part2("), text == deep);
        let reports = session::verify(&answers).unwrap_or_else(|error| panic!("{error}\n{code}"));
        for report in reports {
            let report = report.unwrap();
            assert!(session::agrees(&report), "{report:?}");
        }
    }
}
