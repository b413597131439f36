//! Emitted code is compiled, run, and compared with layer kernels.

use gradus::emit::Document;
use gradus::expression::{Id, Properties, Property, Store};
use gradus::function::find;
use gradus::shape::{Dimension, Name, Shape};
use gradus::verify::{Derivative, Request, verify, verify_all};

/// A question built by hand.
pub(crate) struct Case {
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
            name: format!("gradient_{name}").into(),
            variable: *variable,
            gradient,
        })
        .collect();
    Case { store, value, variables, gradients }
}

impl Case {
    pub(crate) fn request(&self) -> Request<'_> {
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
