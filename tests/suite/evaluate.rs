//! Values, samples, and checks that bite.

use std::collections::BTreeMap;

use gradus::evaluate::{
    CheckError, Comparison, Effort, EvaluateError, Point, SymmetricConvention, check_gradients,
    check_jacobian, equal, evaluate, sample, sizes,
};
use gradus::expression::{Id, Properties, Property, Store};
use gradus::function;
use gradus::kernel::{self, Array, Dual};
use gradus::number::{integer, ratio};
use gradus::shape::{Dimension, Name, Shape};

use crate::corpus;

fn size(name: &str) -> Dimension {
    Dimension::symbol(name)
}

fn column(n: &str) -> Shape {
    Shape::matrix(size(n), Dimension::one())
}

fn matrix(m: &str, n: &str) -> Shape {
    Shape::matrix(size(m), size(n))
}

fn apply(store: &mut Store, name: &str, arguments: &[Id], shape: &Shape) -> Id {
    let row = function::find(name).unwrap_or_else(|| panic!("no row {name}"));
    store.apply(row, arguments, shape)
}

/// `(f, variable, gradient)` of ‖Ax − y‖²: 2Aᵀ(Ax − y).
fn least_squares(store: &mut Store) -> (Id, Id, Id) {
    let a = store.variable("A", matrix("m", "n"), Properties::NONE);
    let x = store.variable("x", column("n"), Properties::NONE);
    let y = store.variable("y", column("m"), Properties::NONE);
    let ax = store.multiply(a, x);
    let r = store.subtract(ax, y);
    let rt = store.transpose(r);
    let f = store.multiply(rt, r);
    let at = store.transpose(a);
    let g = store.multiply(at, r);
    let g = store.scale_by(&integer(2), g);
    (f, x, g)
}

fn at(sizes: &[(&str, i64)], values: &[(&str, Array<f64>)]) -> Point<f64> {
    Point {
        sizes: sizes.iter().map(|(name, value)| (Name::from(*name), *value)).collect(),
        values: values.iter().map(|(name, value)| (Name::from(*name), value.clone())).collect(),
    }
}

#[test]
fn values_by_hand() {
    let mut store = Store::new();
    let (f, _, g) = least_squares(&mut store);
    let point = at(
        &[("m", 2), ("n", 3)],
        &[
            ("A", Array::from_rows(&[&[1.0, 2.0, 3.0], &[0.0, -1.0, 1.0]])),
            ("x", Array::from_rows(&[&[1.0], &[0.0], &[2.0]])),
            ("y", Array::from_rows(&[&[5.0], &[-1.0]])),
        ],
    );
    let values = evaluate(&store, &[f, g], &point).unwrap();
    assert_eq!(values[0], Array::scalar(13.0));
    assert_eq!(values[1], Array::from_rows(&[&[4.0], &[2.0], &[18.0]]));
    // Dual numbers over dual numbers: dᵀ(2AᵀA)d for d = e₁ is 2‖Ae₁‖² = 2.
    let twice = point.map(|x| Dual::new(Dual::new(x, 0.0), Dual::new(0.0, 0.0)));
    let mut moving = twice;
    let x = moving.values.get_mut("x").unwrap();
    x.data[0].value.tangent = 1.0;
    x.data[0].tangent.value = 1.0;
    let value = evaluate(&store, &[f], &moving).unwrap()[0].data[0];
    assert_eq!((value.value.tangent, value.tangent.tangent), (4.0, 2.0));
}

#[test]
fn every_operator_has_its_value() {
    let mut s = Store::new();
    let a = s.variable("A", matrix("n", "n"), Properties::NONE);
    let b = s.variable("B", matrix("m", "n"), Properties::NONE);
    let v = s.variable("v", column("n"), Properties::NONE);
    let k = s.variable("k", Shape::Scalar, Properties::NONE);
    let half = s.number(ratio(1, 2));
    let sinh = apply(&mut s, "sinh", &[b], &matrix("m", "n"));
    let roots = vec![
        s.inverse(a),
        s.matrix_power(a, k),
        s.trace(a),
        s.determinant(a),
        s.total(b),
        s.diagonal(v),
        s.diagonal_of(a),
        s.vectorize(b),
        s.kronecker(b, v),
        s.commutation(&size("m"), &size("n")),
        s.identity(&size("n")),
        s.ones(&matrix("m", "n")),
        s.zeros(&matrix("n", "m")),
        s.size(&size("m").times(&size("n")).plus(&Dimension::constant(1))),
        s.multiply(k, b),
        s.power(v, half),
        s.power(v, k),
        s.hadamard(&[b, sinh], &matrix("m", "n")),
        s.transpose(b),
    ];
    let x = Array::from_rows(&[&[2.0, 1.0], &[0.5, 3.0]]);
    let y = Array::from_rows(&[&[1.0, -2.0], &[0.0, 1.0], &[4.0, 0.25]]);
    let z = Array::from_rows(&[&[4.0], &[9.0]]);
    let point = at(
        &[("m", 3), ("n", 2)],
        &[("A", x.clone()), ("B", y.clone()), ("v", z.clone()), ("k", Array::scalar(3.0))],
    );
    let expected = vec![
        kernel::inverse(&x),
        kernel::product(&x, &kernel::product(&x, &x)),
        Array::scalar(5.0),
        Array::scalar(5.5),
        Array::scalar(4.25),
        Array::from_rows(&[&[4.0, 0.0], &[0.0, 9.0]]),
        Array::from_rows(&[&[2.0], &[3.0]]),
        Array { rows: 6, columns: 1, data: y.data.clone() },
        kernel::kronecker(&y, &z),
        kernel::commutation(3, 2),
        Array::identity(2),
        Array::filled(3, 2, 1.0),
        Array::zeros(2, 3),
        Array::scalar(7.0),
        y.map(|x| 3.0 * x),
        Array::from_rows(&[&[2.0], &[3.0]]),
        Array::from_rows(&[&[64.0], &[729.0]]),
        y.map(|x| x * x.sinh()),
        kernel::transpose(&y),
    ];
    let found = evaluate(&s, &roots, &point).unwrap();
    for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!((found.rows, found.columns), (expected.rows, expected.columns), "root {index}");
        let error =
            found.data.iter().zip(&expected.data).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
        assert!(error < 1e-12, "root {index}: {found:?} instead of {expected:?}");
    }
}

#[test]
fn what_has_no_value_says_so() {
    let mut s = Store::new();
    let a = s.variable("A", matrix("n", "n"), Properties::NONE);
    let inverse = s.inverse(a);
    let zero = at(&[("n", 2)], &[("A", Array::zeros(2, 2))]);
    assert!(evaluate(&s, &[inverse], &zero).unwrap()[0].data.iter().all(|x| x.is_nan()));
    let missing = evaluate(&s, &[inverse], &at(&[("n", 2)], &[]));
    assert_eq!(missing, Err(EvaluateError::MissingVariable("A".into())));
    let unsized_ = evaluate(&s, &[inverse], &at(&[], &[("A", Array::zeros(2, 2))]));
    assert_eq!(unsized_, Err(EvaluateError::Size(size("n"))));
    let wrong = evaluate(&s, &[inverse], &at(&[("n", 3)], &[("A", Array::zeros(2, 2))]));
    assert!(matches!(wrong, Err(EvaluateError::VariableShape { found_rows: 2, .. })), "{wrong:?}");
    let huge = evaluate(&s, &[inverse], &at(&[("n", 1 << 40)], &[("A", Array::zeros(2, 2))]));
    assert!(matches!(huge, Err(EvaluateError::TooLarge(_))), "{huge:?}");
}

#[test]
fn sizes_are_unequal_and_satisfy_windows() {
    let mut s = Store::new();
    let shapes = [matrix("h", "w"), matrix("k", "l")];
    let x = s.variable("X", shapes[0].clone(), Properties::NONE);
    let k = s.variable("K", shapes[1].clone(), Properties::NONE);
    let one = Dimension::one();
    let inner = Shape::matrix(
        size("h").minus(&size("k")).plus(&one),
        size("w").minus(&size("l")).plus(&one),
    );
    let y = apply(&mut s, "conv2d", &[x, k], &inner);
    for assignment in 0..6 {
        let numbers = sizes(&s, &[y], assignment);
        let mut values: Vec<i64> = numbers.values().copied().collect();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), 4, "{numbers:?}");
        assert!(numbers["h"] >= numbers["k"] && numbers["w"] >= numbers["l"], "{numbers:?}");
        assert!(sample(&s, &[y], &numbers, 0).is_some());
    }
    // Two assignments show any two sizes in both orders.
    let tall = s.variable("T", matrix("p", "q"), Properties::NONE);
    let (first, second) = (sizes(&s, &[tall], 0), sizes(&s, &[tall], 1));
    assert!(first["p"] < first["q"] && second["p"] > second["q"]);
}

#[test]
fn many_sizes_stay_small() {
    let mut s = Store::new();
    let shapes: Vec<Shape> =
        (0..40).map(|at| matrix(&format!("n{at}"), &format!("n{}", at + 1))).collect();
    let roots: Vec<Id> = shapes
        .iter()
        .enumerate()
        .map(|(at, shape)| s.variable(&format!("W{at}"), shape.clone(), Properties::NONE))
        .collect();
    let (first, second) = (sizes(&s, &roots, 0), sizes(&s, &roots, 1));
    assert!(first.values().all(|value| (2..=6).contains(value)) && first != second);
}

#[test]
fn samples_have_the_declared_properties() {
    use Property as P;
    let mut s = Store::new();
    let mut declare =
        |name: &str, facts: &[P]| s.variable(name, matrix("n", "n"), Properties::of(facts));
    let roots = [
        declare("Symmetric", &[P::Symmetric]),
        declare("Spd", &[P::PositiveDefinite]),
        declare("Diagonal", &[P::Diagonal]),
        declare("Lower", &[P::Lower]),
        declare("Upper", &[P::Upper, P::Invertible]),
        declare("Orthogonal", &[P::Orthogonal]),
        declare("Reflection", &[P::Orthogonal, P::Symmetric]),
        declare("Positive", &[P::Positive]),
        declare("Simplex", &[P::Simplex]),
        declare("Rows", &[P::RowSimplex]),
    ];
    for seed in 0..5 {
        let numbers = BTreeMap::from([("n".into(), 4)]);
        let point = sample(&s, &roots, &numbers, seed).unwrap();
        let of = |name: &str| point.values[name].clone();
        let near = |a: &Array<f64>, b: &Array<f64>| {
            a.data.iter().zip(&b.data).all(|(x, y)| (x - y).abs() < 1e-12)
        };
        let zero = |a: &Array<f64>, place: fn(usize, usize) -> bool| {
            (0..4).all(|i| (0..4).all(|j| !place(i, j) || a.at(i, j) == 0.0))
        };
        for name in ["Symmetric", "Spd", "Diagonal", "Reflection"] {
            assert!(near(&of(name), &kernel::transpose(&of(name))), "{name}");
        }
        for name in ["Orthogonal", "Reflection"] {
            let gram = kernel::product(&kernel::transpose(&of(name)), &of(name));
            assert!(near(&gram, &Array::identity(4)), "{name}");
        }
        assert!(kernel::determinant(&of("Spd")) > 0.0 && of("Spd").at(0, 0) > 0.0);
        assert!(zero(&of("Diagonal"), |i, j| i != j) && zero(&of("Lower"), |i, j| i < j));
        assert!(zero(&of("Upper"), |i, j| i > j) && of("Upper").at(0, 3) != 0.0);
        assert!(of("Positive").data.iter().all(|x| *x > 0.0));
        let ones = Array::filled(4, 1, 1.0);
        assert!(near(&kernel::product(&kernel::transpose(&of("Simplex")), &ones), &ones));
        assert!(near(&kernel::product(&of("Rows"), &ones), &ones));
    }
}

#[test]
fn domains_are_found_without_declarations() {
    let mut s = Store::new();
    let x = s.variable("x", column("n"), Properties::NONE);
    for name in ["log", "arcsin", "arccosh", "logit", "log1p", "arctanh"] {
        let value = apply(&mut s, name, &[x], &column("n"));
        let numbers = sizes(&s, &[value], 0);
        let found = (0..20).filter(|seed| sample(&s, &[value], &numbers, *seed).is_some()).count();
        assert!(found >= 15, "{name}: {found}");
    }
    let a = s.variable("S", matrix("n", "n"), Properties::NONE);
    let determinant = s.determinant(a);
    let power = s.power_of(determinant, &ratio(-1, 2));
    let numbers = sizes(&s, &[power], 0);
    assert!(sample(&s, &[power], &numbers, 0).is_some());
    // The square root of −xᵀx − 1 is nowhere a number.
    let xt = s.transpose(x);
    let square = s.multiply(xt, x);
    let one = s.integer(1);
    let positive = s.add(&[square, one]);
    let negative = s.negate(positive);
    let root = s.power_of(negative, &ratio(1, 2));
    assert_eq!(sample(&s, &[root], &numbers, 0), None);
    assert_eq!(check_gradients(&s, root, &[(x, x)], &Effort::default()), Err(CheckError::NoPoint));
}

#[test]
fn right_gradients_pass_and_mutated_ones_do_not() {
    let mut s = Store::new();
    let (f, x, g) = least_squares(&mut s);
    let check = check_gradients(&s, f, &[(x, g)], &Effort::default()).unwrap();
    assert!(check.points == 4 && check.max_relative_error < 1e-12, "{check:?}");
    let flipped = s.negate(g);
    let halved = s.scale_by(&ratio(1, 2), g);
    let nudged = s.scale_by(&ratio(1_000_001, 1_000_000), g);
    let shifted = s.add(&[g, x]);
    for wrong in [flipped, halved, nudged, shifted] {
        let result = check_gradients(&s, f, &[(x, wrong)], &Effort::default());
        assert!(matches!(result, Err(CheckError::Mismatch { .. })), "{result:?}");
    }
    let y = s.find_variable("y").unwrap();
    let shape = check_gradients(&s, f, &[(x, y)], &Effort::default());
    assert!(matches!(shape, Err(CheckError::Shape { .. })), "{shape:?}");
    assert_eq!(
        check_gradients(&s, f, &[(g, g)], &Effort::default()),
        Err(CheckError::NoVariable(g.index()))
    );
}

#[test]
fn a_dropped_transpose_shows() {
    // d tr(AX) by X is Aᵀ, not A.
    let mut s = Store::new();
    let a = s.variable("A", matrix("n", "n"), Properties::NONE);
    let x = s.variable("X", matrix("n", "n"), Properties::NONE);
    let ax = s.multiply(a, x);
    let f = s.trace(ax);
    let at = s.transpose(a);
    assert!(check_gradients(&s, f, &[(x, at)], &Effort::default()).is_ok());
    assert!(check_gradients(&s, f, &[(x, a)], &Effort::default()).is_err());
}

#[test]
fn one_wrong_gradient_among_several_is_named() {
    let mut s = Store::new();
    let (f, x, g) = least_squares(&mut s);
    let y = s.find_variable("y").unwrap();
    let a = s.find_variable("A").unwrap();
    let ax = s.multiply(a, x);
    let residual = s.subtract(ax, y);
    let by_y = s.scale_by(&integer(-2), residual);
    assert!(check_gradients(&s, f, &[(x, g), (y, by_y)], &Effort::default()).is_ok());
    let error = check_gradients(&s, f, &[(x, g), (y, residual)], &Effort::default()).unwrap_err();
    assert!(
        matches!(&error, CheckError::Mismatch { variables, .. } if variables.contains('y')),
        "{error}"
    );
}

#[test]
fn symmetric_variables_have_two_conventions() {
    // f = tr(AX), X symmetric: (A + Aᵀ)/2, or A + Aᵀ − diag(A) in the cookbook.
    let mut s = Store::new();
    let a = s.variable("A", matrix("n", "n"), Properties::NONE);
    let x = s.variable("X", matrix("n", "n"), Properties::of(&[Property::Symmetric]));
    let ax = s.multiply(a, x);
    let f = s.trace(ax);
    let at = s.transpose(a);
    let both = s.add(&[a, at]);
    let projection = s.scale_by(&ratio(1, 2), both);
    let diagonal = s.diagonal_of(a);
    let diagonal = s.diagonal(diagonal);
    let cookbook = s.subtract(both, diagonal);
    let by = |symmetric| Effort { symmetric, ..Effort::default() };
    let (p, c) = (by(SymmetricConvention::Projection), by(SymmetricConvention::Cookbook));
    assert!(check_gradients(&s, f, &[(x, projection)], &p).is_ok());
    assert!(check_gradients(&s, f, &[(x, cookbook)], &c).is_ok());
    assert!(check_gradients(&s, f, &[(x, projection)], &c).is_err());
    assert!(check_gradients(&s, f, &[(x, cookbook)], &p).is_err());
}

#[test]
fn points_without_full_rank_are_left_out() {
    // f = log det(XᵀX) has values for n ≥ p only; gradient 2X(XᵀX)⁻¹.
    let mut s = Store::new();
    let x = s.variable("X", matrix("n", "p"), Properties::NONE);
    let xt = s.transpose(x);
    let gram = s.multiply(xt, x);
    let determinant = s.determinant(gram);
    let f = apply(&mut s, "log", &[determinant], &Shape::Scalar);
    let inverse = s.inverse(gram);
    let product = s.multiply(x, inverse);
    let gradient = s.scale_by(&integer(2), product);
    let check = check_gradients(&s, f, &[(x, gradient)], &Effort::default()).unwrap();
    assert!(check.points >= 4, "{check:?}");
    assert!(check_gradients(&s, f, &[(x, product)], &Effort::default()).is_err());
}

#[test]
fn a_derivative_that_is_not_finite_is_reported() {
    // 1/(n − n)-like: the gradient divides by log(−xᵀx), which is nowhere a number.
    let mut s = Store::new();
    let (f, x, g) = least_squares(&mut s);
    let xt = s.transpose(x);
    let square = s.multiply(xt, x);
    let negative = s.negate(square);
    let nowhere = apply(&mut s, "log", &[negative], &Shape::Scalar);
    let wrong = s.multiply(nowhere, g);
    assert_eq!(
        check_gradients(&s, f, &[(x, wrong)], &Effort::default()),
        Err(CheckError::NotFinite)
    );
}

#[test]
fn jacobians_and_hessians_are_checked_by_vec() {
    let mut s = Store::new();
    let a = s.variable("A", matrix("m", "n"), Properties::NONE);
    let x = s.variable("X", matrix("n", "p"), Properties::NONE);
    let b = s.variable("B", matrix("p", "q"), Properties::NONE);
    let c = s.variable("c", Shape::Scalar, Properties::NONE);
    // vec(AXB) = (Bᵀ ⊗ A) vec X
    let ax = s.multiply(a, x);
    let value = s.multiply(ax, b);
    let bt = s.transpose(b);
    let jacobian = s.kronecker(bt, a);
    assert!(check_jacobian(&s, value, x, jacobian, &Effort::default()).is_ok());
    let wrong = s.scale_by(&integer(-1), jacobian);
    assert!(check_jacobian(&s, value, x, wrong, &Effort::default()).is_err());
    let transposed = s.transpose(jacobian);
    let shape = check_jacobian(&s, value, x, transposed, &Effort::default());
    assert!(matches!(shape, Err(CheckError::Shape { .. })), "{shape:?}");
    // d vec(Xᵀ) = K vec dX
    let xt = s.transpose(x);
    let commutation = s.commutation(&size("n"), &size("p"));
    assert!(check_jacobian(&s, xt, x, commutation, &Effort::default()).is_ok());
    // d(c²X)/dc = 2cX
    let square = s.power_of(c, &integer(2));
    let scaled = s.multiply(square, x);
    let slope = s.multiply(c, x);
    let slope = s.scale_by(&integer(2), slope);
    assert!(check_jacobian(&s, scaled, c, slope, &Effort::default()).is_ok());
    // The Hessian of ‖Ax − y‖² is 2AᵀA.
    let mut s = Store::new();
    let (_, x, g) = least_squares(&mut s);
    let a = s.find_variable("A").unwrap();
    let at = s.transpose(a);
    let gram = s.multiply(at, a);
    let hessian = s.scale_by(&integer(2), gram);
    assert!(check_jacobian(&s, g, x, hessian, &Effort::default()).is_ok());
    assert!(check_jacobian(&s, g, x, gram, &Effort::default()).is_err());
}

#[test]
fn expressions_of_different_stores_are_compared() {
    let (mut one, mut two) = (Store::new(), Store::new());
    let (_, _, g) = least_squares(&mut one);
    // 2(AᵀAx − Aᵀy)
    let (_, x, same) = least_squares(&mut two);
    let a = two.find_variable("A").unwrap();
    let y = two.find_variable("y").unwrap();
    let at = two.transpose(a);
    let ata = two.multiply(at, a);
    let left = two.multiply(ata, x);
    let right = two.multiply(at, y);
    let difference = two.subtract(left, right);
    let expanded = two.scale_by(&integer(2), difference);
    assert!(matches!(equal(&one, g, &two, same, 4), Comparison::Equal { points: 4, .. }));
    assert!(matches!(equal(&one, g, &two, expanded, 4), Comparison::Equal { points: 4, .. }));
    assert!(matches!(equal(&one, g, &two, difference, 4), Comparison::Different { .. }));
    assert!(matches!(equal(&one, g, &two, y, 4), Comparison::Different { .. }));
}

/// A residual network, hₗ = hₗ₋₁ + tanh(Wₗ hₗ₋₁), f = 1ᵀh, and its gradient by x: δₗ₋₁ = δₗ + Wₗᵀ(δₗ ⊙ (1 − tanh²)).
fn residual_network(s: &mut Store, layers: usize) -> (Id, Id, Id) {
    let shape = column("n");
    let x = s.variable("x", shape.clone(), Properties::NONE);
    let ones = s.ones(&shape);
    let mut h = x;
    let mut slopes = Vec::new();
    for layer in 0..layers {
        let w = s.variable(&format!("W{layer}"), matrix("n", "n"), Properties::NONE);
        let z = s.multiply(w, h);
        let activation = apply(s, "tanh", &[z], &shape);
        let square = s.power_of(activation, &integer(2));
        slopes.push((w, s.subtract(ones, square)));
        h = s.add(&[h, activation]);
        s.seal(h);
    }
    let mut delta = ones;
    for (w, slope) in slopes.into_iter().rev() {
        let inner = s.hadamard(&[delta, slope], &shape);
        let wt = s.transpose(w);
        let through = s.multiply(wt, inner);
        delta = s.add(&[delta, through]);
        s.seal(delta);
    }
    (s.total(h), x, delta)
}

#[test]
fn deep_networks_are_checked() {
    let mut s = Store::new();
    let (f, x, gradient) = residual_network(&mut s, 400);
    let check = check_gradients(&s, f, &[(x, gradient)], &Effort::default());
    assert!(check.is_ok(), "{check:?}");
    let wrong = s.scale_by(&ratio(3, 2), gradient);
    assert!(check_gradients(&s, f, &[(x, wrong)], &Effort::default()).is_err());
}

#[test]
fn every_expected_answer_of_the_corpus_passes_the_check() {
    let mut failed = Vec::new();
    for row in corpus::rows() {
        let model =
            corpus::model(&format!("{}\n{}\n{}", row.declarations, row.expression, row.expected));
        let (s, [f, expected]) = (&model.store, model.values.as_slice()) else {
            failed.push(format!("{}: two expressions", row.id));
            continue;
        };
        let x = s.find_variable(&row.wrt).unwrap();
        let symmetric = match row.layout.as_str() {
            "sym-cookbook" => SymmetricConvention::Cookbook,
            _ => SymmetricConvention::Projection,
        };
        let effort = Effort { symmetric, ..Effort::default() };
        let result = match row.kind.as_str() {
            "gradient" => check_gradients(s, *f, &[(x, *expected)], &effort),
            "jacobian" => check_jacobian(s, *f, x, *expected, &effort),
            // A Hessian is checked as the Jacobian of a gradient.
            _ => continue,
        };
        if let Err(error) = result {
            failed.push(format!("{} ({}): {error}", row.id, row.kind));
        }
    }
    assert!(failed.is_empty(), "{} fail:\n{}", failed.len(), failed.join("\n"));
}
