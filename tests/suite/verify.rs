//! Emitted code is compiled, run, and compared with layer kernels.

use gradus::differentiate::gradients;
use gradus::emit::Document;
use gradus::expression::{Id, Properties, Property, Store};
use gradus::function::find;
use gradus::shape::{Dimension, Name, Shape};
use gradus::verify::{Derivative, Request, verify, verify_all};

/// A question built by hand.
struct Case {
    store: Store,
    value: Id,
    variables: Vec<(Name, Id)>,
    gradients: Vec<Derivative>,
}

fn shape(rows: &str, columns: &str) -> Shape {
    let size = |text: &str| match text.parse::<i64>() {
        Ok(number) => Dimension::constant(number),
        Err(_) => Dimension::symbol(text),
    };
    Shape::matrix(size(rows), size(columns))
}

fn case(
    variables: &[(&str, &str, &str, &[Property])],
    wrt: &[&str],
    value: impl FnOnce(&mut Store, &[Id]) -> Id,
) -> Case {
    let mut store = Store::new();
    let ids: Vec<Id> = variables
        .iter()
        .map(|(name, m, n, facts)| store.variable(name, shape(m, n), Properties::of(facts)))
        .collect();
    let value = value(&mut store, &ids);
    let named: Vec<(Name, Id)> =
        variables.iter().zip(&ids).map(|((name, ..), id)| (Name::from(*name), *id)).collect();
    let by: Vec<(Name, Id)> =
        named.iter().filter(|(name, _)| wrt.contains(&&**name)).cloned().collect();
    let by_ids: Vec<Id> = by.iter().map(|(_, id)| *id).collect();
    let found = gradients(&mut store, value, &by_ids).expect("gradients");
    let gradients = by
        .into_iter()
        .zip(found)
        .map(|((name, variable), gradient)| {
            let gradient = gradus::differentiate::project(&mut store, variable, gradient);
            Derivative { name: format!("gradient_{name}").into(), variable, gradient }
        })
        .collect();
    Case { store, value, variables: named, gradients }
}

impl Case {
    fn request(&self) -> Request<'_> {
        Request {
            store: &self.store,
            value: self.value,
            gradients: self.gradients.clone(),
            variables: self.variables.clone(),
            sizes: &[],
            document: Document { text: "A case.", conventions: "" },
        }
    }
}

fn entrywise(store: &mut Store, name: &str, a: Id) -> Id {
    let shape = store.shape(a).clone();
    store.apply(find(name).expect(name), &[a], &shape)
}

/// tr(AᵀXB)
fn trace() -> Case {
    case(&[("A", "m", "p", &[]), ("X", "m", "n", &[]), ("B", "n", "p", &[])], &["X"], |s, v| {
        let at = s.transpose(v[0]);
        let p = s.product(&[at, v[1], v[2]]);
        s.trace(p)
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
        s.total(log)
    })
}

/// −sum(Y ⊙ log softmax(tanh(XW + 1bᵀ)V + 1cᵀ, rows))/N
fn network() -> Case {
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
        s.divide(loss, n)
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
            s.add(&[log, q])
        },
    )
}

/// det(XᵀAX) + tr(B X⁻ᵀ…)
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
            s.add(&[det, trace])
        },
    )
}

fn cases() -> Vec<Case> {
    vec![trace(), logistic(), network(), gaussian(), determinants()]
}

#[test]
fn emitted_code_agrees_with_layer_kernels() {
    let cases = cases();
    let requests: Vec<Request<'_>> = cases.iter().map(Case::request).collect();
    let reports = verify_all(&requests).unwrap_or_else(|error| panic!("{error}"));
    for (at, report) in reports.into_iter().enumerate() {
        let report = report.unwrap_or_else(|error| panic!("case {at}: {error}"));
        assert_eq!(report.sizes.len(), 3, "case {at}");
        for output in &report.outputs {
            assert!(output.double < 1e-10, "case {at}: {output:?}");
            assert!(output.single < 1e-4, "case {at}: {output:?}");
        }
    }
}

#[test]
fn a_wrong_gradient_is_found() {
    let mut wrong = trace();
    wrong.gradients[0].gradient = wrong.store.negate(wrong.gradients[0].gradient);
    let report = verify(&wrong.request()).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.outputs[0].double < 1e-10);
    assert!(report.outputs[1].double > 1.0, "{report:?}");
}
