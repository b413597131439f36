//! Every row of the function table is tested by standing in it.

use std::collections::{BTreeMap, BTreeSet};

use gradus::evaluate::{Comparison, Point, Random, equal, evaluate, sample, sizes};
use gradus::function::{ArrayKernel, Domain, Form, Function, FunctionId, TABLE, find};
use gradus::kernel::{self, Array, Dual};
use gradus::shape::Name;

use crate::corpus::model;

/// Draws one number of a domain, away from its ends and from kinks.
fn draw(domain: Domain, random: &mut Random) -> f64 {
    match domain {
        Domain::Real | Domain::Invertible | Domain::Symmetric | Domain::Definite => {
            let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
            sign * random.between(0.1, 1.4)
        }
        Domain::Positive => random.between(0.2, 3.0),
        Domain::Unit => random.between(-0.9, 0.9),
        Domain::Probability => random.between(0.1, 0.9),
        Domain::AboveMinusOne => random.between(-0.8, 2.0),
        Domain::AboveOne => random.between(1.2, 3.0),
    }
}

#[test]
fn names_are_unique_and_found() {
    let mut seen = BTreeSet::new();
    for id in FunctionId::all() {
        let row = id.row();
        for name in std::iter::once(&row.name).chain(row.spellings) {
            assert!(seen.insert(*name), "{name} stands twice in the table");
            assert_eq!(find(name), Some(id), "{name}");
        }
        assert!(!row.latex.is_empty(), "{}", row.name);
    }
    assert_eq!(FunctionId::all().count(), TABLE.len());
    assert_eq!(find("nonsense"), None);
}

#[test]
fn entrywise_duals_agree_with_differences() {
    let mut random = Random::new(1);
    for row in TABLE {
        let Form::Entrywise { kernel, .. } = &row.form else { continue };
        if row.name == "stop" {
            // The value moves, the derivative is none: that is what it is for.
            let dual = (kernel.dual)(Dual::new(2.0, 1.0));
            assert_eq!((dual.value, dual.tangent, (kernel.real)(3.0)), (2.0, 0.0, 3.0));
            continue;
        }
        for _ in 0..50 {
            let x = draw(row.domain, &mut random);
            let h = 1e-5;
            let difference = ((kernel.real)(x + h) - (kernel.real)(x - h)) / (2.0 * h);
            let dual = (kernel.dual)(Dual::new(x, 1.0));
            assert!((dual.value - (kernel.real)(x)).abs() < 1e-14, "{}({x})", row.name);
            let scale = 1.0 + dual.tangent.abs();
            let error = (dual.tangent - difference).abs() / scale;
            assert!(error < 1e-7, "{}'({x}): {} by duals, {difference}", row.name, dual.tangent);

            let slope = |x: f64| (kernel.dual)(Dual::new(x, 1.0)).tangent;
            let difference = (slope(x + h) - slope(x - h)) / (2.0 * h);
            let second = (kernel.dual2)(Dual::new(Dual::new(x, 1.0), Dual::new(1.0, 0.0))).tangent;
            assert!((second.value - dual.tangent).abs() < 1e-14 * scale, "{}'({x})", row.name);
            let error = (second.tangent - difference).abs() / (1.0 + difference.abs());
            assert!(error < 1e-6, "{}''({x}): {} by duals, {difference}", row.name, second.tangent);
        }
    }
}

/// The shapes at which each array row is tried: sizes of its arguments.
fn shapes(row: &Function) -> Vec<Vec<(usize, usize)>> {
    match row.name {
        "conv2d" => vec![vec![(4, 5), (2, 3)], vec![(3, 3), (3, 1)]],
        "conv2d_full" => vec![vec![(2, 3), (3, 2)], vec![(1, 4), (2, 1)]],
        "avgpool2" | "maxpool2" | "maxpool2mask" => vec![vec![(4, 6)], vec![(2, 2)]],
        "power_frechet" | "power_sum" => {
            vec![vec![(3, 3), (3, 3), (1, 1)], vec![(2, 2), (2, 2), (1, 1)]]
        }
        "cross" => vec![vec![(3, 1), (3, 1)]],
        "cross_matrix" => vec![vec![(3, 1)]],
        "cross_vector" => vec![vec![(3, 3)]],
        "eig_gaps" => vec![vec![(3, 1)], vec![(1, 1)]],
        "svdvals" => vec![vec![(3, 2)], vec![(4, 1)], vec![(3, 3)]],
        _ if row.arity() == 0 => vec![vec![]],
        _ if is_of_squares(row) => [3, 2, 1].map(|n| vec![(n, n); row.arity()]).to_vec(),
        _ => vec![vec![(3, 2)], vec![(4, 1)], vec![(1, 3)]],
    }
}

/// Whether every argument is square.
fn is_of_squares(row: &Function) -> bool {
    let Form::Array { arguments, .. } = row.form else { return false };
    declarations(arguments).iter().all(|(_, sizes)| sizes.starts_with("n×n"))
}

/// The matrix brought into a domain of square matrices.
fn into_domain(domain: Domain, a: &Array<f64>) -> Array<f64> {
    let turned = kernel::transpose(a);
    let gram = kernel::product(a, &turned).zip(&Array::identity(a.rows), |x, y| x + y);
    match domain {
        Domain::Invertible => gram.zip(a, |x, y| x + 0.1 * y),
        Domain::Symmetric => a.zip(&turned, f64::midpoint),
        Domain::Definite => gram,
        _ => a.clone(),
    }
}

/// A direction: symmetric where the arguments are.
fn into_tangent(domain: Domain, d: &Array<f64>) -> Array<f64> {
    let is_symmetric = matches!(domain, Domain::Symmetric | Domain::Definite);
    if is_symmetric { d.zip(&kernel::transpose(d), f64::midpoint) } else { d.clone() }
}

fn arguments(row: &Function, shapes: &[(usize, usize)], random: &mut Random) -> Vec<Array<f64>> {
    shapes
        .iter()
        .map(|(rows, columns)| {
            let a = Array::from_fn(*rows, *columns, |_, _| draw(row.domain, random));
            into_domain(row.domain, &a)
        })
        .collect()
}

fn real(kernel: &ArrayKernel, arguments: &[Array<f64>]) -> Array<f64> {
    (kernel.real)(&arguments.iter().collect::<Vec<_>>())
}

fn dual(kernel: &ArrayKernel, at: &[Array<f64>], along: &[Array<f64>]) -> Array<Dual<f64>> {
    let moving: Vec<Array<Dual<f64>>> = at.iter().zip(along).map(|(x, d)| tie(x, d)).collect();
    (kernel.dual)(&moving.iter().collect::<Vec<_>>())
}

fn tie(x: &Array<f64>, d: &Array<f64>) -> Array<Dual<f64>> {
    Array::from_fn(x.rows, x.columns, |i, j| Dual::new(x.at(i, j), d.at(i, j)))
}

#[test]
fn array_duals_agree_with_differences() {
    let mut random = Random::new(2);
    for row in TABLE {
        let Form::Array { kernel, .. } = &row.form else { continue };
        for shapes in shapes(row) {
            let x = arguments(row, &shapes, &mut random);
            let d: Vec<_> = x.iter().map(|x| x.map(|_| 0.5)).collect();
            let d: Vec<_> = d
                .iter()
                .map(|d| Array::from_fn(d.rows, d.columns, |_, _| random.between(-1.0, 1.0)))
                .map(|d| into_tangent(row.domain, &d))
                .collect();
            let step = |h: f64| -> Vec<_> {
                x.iter().zip(&d).map(|(x, d)| x.zip(d, |x, d| x + h * d)).collect()
            };
            let h = 1e-5;
            let (above, below) = (real(kernel, &step(h)), real(kernel, &step(-h)));
            let found = dual(kernel, &x, &d);
            let values = real(kernel, &x);
            for at in 0..found.data.len() {
                let difference = (above.data[at] - below.data[at]) / (2.0 * h);
                let tangent = found.data[at].tangent;
                assert!(
                    (found.data[at].value - values.data[at]).abs()
                        < 1e-12 * (1.0 + values.data[at].abs())
                );
                let error = (tangent - difference).abs() / (1.0 + difference.abs());
                assert!(
                    error < 1e-6,
                    "{} at {x:?} along {d:?}: {tangent} by duals, {difference}",
                    row.name
                );
            }
            // Second derivatives: the dual's tangent, differentiated once more.
            let (above, below) = (dual(kernel, &step(h), &d), dual(kernel, &step(-h), &d));
            let twice: Vec<_> = x
                .iter()
                .zip(&d)
                .map(|(x, d)| {
                    Array::from_fn(x.rows, x.columns, |i, j| {
                        Dual::new(Dual::new(x.at(i, j), d.at(i, j)), Dual::new(d.at(i, j), 0.0))
                    })
                })
                .collect();
            let second = (kernel.dual2)(&twice.iter().collect::<Vec<_>>());
            for at in 0..found.data.len() {
                let difference = (above.data[at].tangent - below.data[at].tangent) / (2.0 * h);
                let tangent = second.data[at].tangent.tangent;
                let error = (tangent - difference).abs() / (1.0 + difference.abs());
                assert!(
                    error < 1e-5,
                    "{}: second derivative {tangent} by duals, {difference}",
                    row.name
                );
            }
        }
    }
}

#[test]
fn every_derivative_has_a_pullback_for_each_argument() {
    for row in TABLE {
        if let Form::Array { derivative: Some(derivative), .. } = &row.form {
            assert!(!derivative.differential.is_empty(), "{}", row.name);
            assert_eq!(derivative.pullbacks.len(), row.arity(), "{}", row.name);
        }
    }
}

#[test]
fn the_tables_routine_is_the_kernels() {
    for row in TABLE {
        let (Form::Entrywise { routine, .. } | Form::Array { routine, .. }) = &row.form;
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kernel");
        let defined = std::fs::read_dir(folder).unwrap().any(|entry| {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            text.contains(&format!("pub fn {routine}<T: Real>("))
        });
        assert!(defined, "{routine}");
    }
}

/// A point with the drawn values, under the names and sizes of a model.
fn point(sizes: &BTreeMap<Name, i64>, values: &[(String, Array<f64>)]) -> Point<f64> {
    let values = values.iter().map(|(name, value)| (Name::from(name.as_str()), value.clone()));
    Point { sizes: sizes.clone(), values: values.collect() }
}

/// The value of the one expression of a program.
fn value(source: &str, point: &Point<f64>) -> Array<f64> {
    let model = model(source);
    let values = evaluate(&model.store, &model.values, point);
    values.unwrap_or_else(|error| panic!("{error} in\n{source}")).remove(0)
}

#[test]
fn entrywise_derivatives_are_as_written() {
    let mut random = Random::new(3);
    for row in TABLE {
        let Form::Entrywise { kernel, derivative, .. } = &row.form else { continue };
        // The last of a series of derivatives has none.
        if derivative.is_empty() {
            continue;
        }
        for _ in 0..10 {
            let x = draw(row.domain, &mut random);
            let at = point(&BTreeMap::new(), &[("x".to_owned(), Array::scalar(x))]);
            let written = value(&format!("x: scalar\n{derivative}"), &at).data[0];
            let tangent = (kernel.dual)(Dual::new(x, 1.0)).tangent;
            let error = (written - tangent).abs() / (1.0 + tangent.abs());
            assert!(
                error < 1e-13,
                "{}'({x}): {derivative} is {written}, duals find {tangent}",
                row.name
            );
        }
    }
}

/// `X: m×n` as name and sizes.
fn declarations(arguments: &str) -> Vec<(&str, &str)> {
    arguments
        .split(';')
        .filter_map(|argument| argument.split_once(':'))
        .map(|(name, sizes)| (name.trim(), sizes.trim()))
        .collect()
}

#[test]
fn array_derivatives_are_as_written() {
    let mut random = Random::new(4);
    for row in TABLE {
        let Form::Array { arguments, result, derivative: Some(derivative), kernel, .. } = &row.form
        else {
            continue;
        };
        let names = declarations(arguments);
        let mut given = format!("G: {result}\n");
        for (name, sizes) in &names {
            given = format!("{given}{name}: {sizes}\nd{name}: {sizes}\n");
        }
        for assignment in 0..4 {
            // One program that uses every variable tells the sizes, and the shape of the result.
            let everything: Vec<String> =
                names.iter().map(|(name, _)| format!("sum({name})+sum(d{name})")).collect();
            let all = model(&format!("{given}sum(G)+{}0", everything.join("+") + "+"));
            let ids: Vec<_> = all.variables.iter().map(|variable| variable.id).collect();
            let sizes = sizes(&all.store, &ids, assignment);
            let plain = sample(&all.store, &ids, &sizes, assignment).unwrap();
            let of = |name: &str| plain.values[name].clone();
            let x: Vec<Array<f64>> = names
                .iter()
                .map(|(name, _)| {
                    let shape = of(name);
                    let drawn = Array::from_fn(shape.rows, shape.columns, |_, _| {
                        draw(row.domain, &mut random)
                    });
                    into_domain(row.domain, &drawn)
                })
                .collect();
            let d: Vec<Array<f64>> =
                names.iter().map(|(name, _)| of(&format!("d{name}"))).collect();
            let found = dual(kernel, &x, &d);
            let tangent = found.map(|y| y.tangent);
            let g = of("G");
            assert_eq!(
                (g.rows, g.columns),
                (found.rows, found.columns),
                "{}: result {result}",
                row.name
            );
            let mut values = vec![("G".to_owned(), g.clone())];
            for (at, (name, _)) in names.iter().enumerate() {
                values.push(((*name).to_owned(), x[at].clone()));
                values.push((format!("d{name}"), d[at].clone()));
            }
            // Singular values of a matrix with more columns than rows.
            if g.data.is_empty() || !found.data.iter().all(|y| y.value.is_finite()) {
                continue;
            }
            let here = point(&sizes, &values);
            let inner = |a: &Array<f64>, b: &Array<f64>| kernel::total(&a.zip(b, |a, b| a * b));

            if !derivative.differential.is_empty() {
                let written = value(&format!("{given}{}", derivative.differential), &here);
                let error = kernel::norm2(&written.zip(&tangent, |x, y| x - y))
                    / (1.0 + kernel::norm2(&tangent));
                assert!(
                    error < 1e-12,
                    "{}: {} is {written:?}, duals find {tangent:?}",
                    row.name,
                    derivative.differential
                );
                let mut sum = 0.0;
                for (at, pullback) in derivative.pullbacks.iter().enumerate() {
                    sum += inner(&value(&format!("{given}{pullback}"), &here), &d[at]);
                }
                let expected = inner(&g, &tangent);
                let error = (sum - expected).abs() / (1.0 + expected.abs());
                assert!(error < 1e-11, "{}: pullbacks give {sum}, duals {expected}", row.name);
            }
            if !derivative.trace_slope.is_empty() {
                let slope = value(&format!("{given}{}", derivative.trace_slope), &here);
                let written = inner(&kernel::transpose(&slope), &d[0]);
                let expected = kernel::trace(&tangent);
                let error = (written - expected).abs() / (1.0 + expected.abs());
                assert!(
                    error < 1e-12,
                    "{}: {written} by {}, duals {expected}",
                    row.name,
                    derivative.trace_slope
                );
            }
        }
    }
}

#[test]
fn laws_hold() {
    for row in TABLE {
        for (name, left, right) in row.laws {
            let given = match &row.form {
                Form::Entrywise { .. } => "x: scalar",
                Form::Array { .. } => "x: n",
            };
            let (left, right) =
                (model(&format!("{given}\n{left}")), model(&format!("{given}\n{right}")));
            let comparison = equal(&left.store, left.values[0], &right.store, right.values[0], 8);
            assert!(
                matches!(comparison, Comparison::Equal { .. }),
                "{}, {name}: {comparison:?}",
                row.name
            );
        }
    }
}

/// Γ′(1) = −γ, ψ′(1) = π²/6, Γ(½) = √π, and what Γ(x + 1) = xΓ(x) says.
#[test]
fn the_gamma_function_and_its_derivatives_have_their_known_values() {
    use gradus::kernel::{digamma, lgamma, tetragamma, trigamma};
    let pi = std::f64::consts::PI;
    let near = |found: f64, expected: f64| {
        assert!((found - expected).abs() <= 4e-15 * (1.0 + expected.abs()), "{found} {expected}");
    };
    near(lgamma(0.5), pi.sqrt().ln());
    near(lgamma(10.0), 362_880_f64.ln());
    near(digamma(1.0), -0.577_215_664_901_532_9);
    near(digamma(0.5), -0.577_215_664_901_532_9 - 4_f64.ln());
    near(trigamma(1.0), pi * pi / 6.0);
    near(trigamma(0.5), pi * pi / 2.0);
    near(tetragamma(1.0), -2.404_113_806_319_188_6);
    // Below ½ by reflection.
    for x in [-2.3, -0.7, 0.2, 0.49, 3.7, 40.0_f64] {
        near(lgamma(x + 1.0), lgamma(x) + x.abs().ln());
        near(digamma(x + 1.0), digamma(x) + 1.0 / x);
        near(trigamma(x + 1.0), trigamma(x) - 1.0 / (x * x));
        near(tetragamma(x + 1.0), tetragamma(x) + 2.0 / (x * x * x));
    }
}
