//! Routines at known values.

// Conventions and exact cases are exact.
#![allow(clippy::float_cmp)]

use gradus::kernel::{self, Array, Dual, Real};

fn close(found: f64, expected: f64) {
    let error = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(found == expected || error < 4e-15, "{found:e} instead of {expected:e}: {error:e}");
}

fn matrix(rows: &[&[f64]]) -> Array<f64> {
    Array::from_rows(rows)
}

fn assert_near(found: &Array<f64>, expected: &Array<f64>, tolerance: f64) {
    assert_eq!((found.rows, found.columns), (expected.rows, expected.columns));
    for (x, y) in found.data.iter().zip(&expected.data) {
        assert!((x - y).abs() <= tolerance * (1.0 + y.abs()), "{found:?} instead of {expected:?}");
    }
}

#[test]
fn the_error_function_has_its_published_values() {
    // Abramowitz and Stegun, tables 7.1 and 7.3, with more digits.
    for (x, erf, erfc) in [
        (0.1, 0.112_462_916_018_284_9, 0.887_537_083_981_715),
        (0.5, 0.520_499_877_813_046_5, 0.479_500_122_186_953_5),
        (1.0, 0.842_700_792_949_714_9, 0.157_299_207_050_285_13),
        (2.0, 0.995_322_265_018_952_7, 0.004_677_734_981_047_266),
        (3.0, 0.999_977_909_503_001_4, 2.209_049_699_858_544e-5),
        (5.0, 0.999_999_999_998_462_5, 1.537_459_794_428_035e-12),
        (10.0, 1.0, 2.088_487_583_762_545e-45),
    ] {
        close(kernel::erf_f64(x), erf);
        close(kernel::erf_f64(-x), -erf);
        close(kernel::erfc_f64(-x), 1.0 + erf);
        let error = (kernel::erfc_f64(x) - erfc).abs() / erfc;
        assert!(error < 3e-14, "erfc({x}): {error:e}");
    }
    // The two methods agree where one hands over to the other.
    let (below, above) = (kernel::erfc_f64(1.5 - 1e-12), kernel::erfc_f64(1.5));
    assert!((below - above - 1e-12 * 0.118_93).abs() < 1e-15, "{below} {above}");
    assert!(kernel::erf_f64(0.0) == 0.0 && kernel::erf_f64(f64::NAN).is_nan());
    assert!(kernel::erfc_f64(40.0) == 0.0 && kernel::erf_f64(f64::INFINITY) == 1.0);
}

#[test]
fn both_tails_are_stable() {
    close(kernel::sigmoid(-800.0), (-800.0_f64).exp());
    close(kernel::sigmoid(-40.0), 4.248_354_255_291_589e-18);
    close(kernel::sigmoid(40.0), 1.0);
    close(kernel::sigmoid(0.0), 0.5);
    close(kernel::softplus(1000.0), 1000.0);
    close(kernel::softplus(-40.0), 4.248_354_255_291_589e-18);
    // Rounding −x²/2 = −50 costs the exponential 50 units in the last place.
    assert!((kernel::normcdf(-10.0) / 7.619_853_024_160_527e-24 - 1.0).abs() < 1e-14);
    close(kernel::normpdf(0.0), 0.398_942_280_401_432_7);
    close(kernel::logit(1e-20), (1e-20_f64).ln());
    let huge = matrix(&[&[1000.0], &[1001.0]]);
    close(kernel::logsumexp(&huge).data[0], 1_001.313_261_687_518_2);
    close(kernel::softmax(&huge).data[1], 0.731_058_578_630_004_9);
    close(kernel::norm2(&matrix(&[&[3e200, 4e200]])), 5e200);
    close(kernel::norm2(&matrix(&[&[3e-200, 4e-200]])), 5e-200);
}

#[test]
fn kinks_follow_the_convention() {
    let at = |value: f64| Dual::new(value, 1.0);
    assert_eq!(kernel::sign(at(0.0)), Dual::new(0.0, 0.0));
    assert_eq!(kernel::sign(at(-3.0)), Dual::new(-1.0, 0.0));
    assert_eq!(kernel::relu(at(0.0)), Dual::new(0.0, 0.0));
    assert_eq!(kernel::relu(at(2.0)), at(2.0));
    assert_eq!(kernel::step(at(0.0)), Dual::new(0.0, 0.0));
    assert_eq!(kernel::abs(at(0.0)), Dual::new(0.0, 0.0));
    assert_eq!(kernel::abs(at(-2.0)), Dual::new(2.0, -1.0));
    assert!(kernel::relu(f64::NAN).is_nan() && kernel::sign(f64::NAN).is_nan());
    // The first of two equal entries is the largest.
    let tie = matrix(&[&[1.0, 2.0], &[2.0, 0.0]]);
    assert_eq!(kernel::maxmask(&tie), matrix(&[&[0.0, 0.0], &[1.0, 0.0]]));
}

#[test]
fn powers_have_derivatives_for_negative_bases() {
    let x = Dual::new(-2.0, 1.0);
    assert_eq!(x.powi(3), Dual::new(-8.0, 12.0));
    assert_eq!(x.powf(Dual::constant(3.0)), Dual::new(-8.0, 12.0));
    assert_eq!(Dual::new(0.0, 1.0).powf(Dual::constant(0.0)), Dual::new(1.0, 0.0));
    let second = Dual::new(Dual::new(-2.0, 1.0), Dual::new(1.0, 0.0)).powi(3);
    assert_eq!(second.tangent.tangent, -12.0);
    // d xˣ = xˣ (ln x + 1) dx
    let x = Dual::new(1.5_f64, 1.0);
    close(x.powf(x).tangent, 1.5_f64.powf(1.5) * (1.5_f64.ln() + 1.0));
}

#[test]
fn factorisations_solve_their_equations() {
    let a = matrix(&[&[0.0, 2.0, 1.0], &[1.0, -1.0, 3.0], &[4.0, 0.5, -2.0]]);
    close(kernel::determinant(&a), 0.0 * 0.5 + 2.0 * (3.0 * 4.0 + 2.0) + (0.5 + 4.0));
    close(kernel::logdet(&a), 32.5_f64.ln());
    let identity = Array::identity(3);
    assert_near(&kernel::product(&kernel::inverse(&a), &a), &identity, 1e-15);
    assert_near(&kernel::adjugate(&a), &kernel::inverse(&a).map(|x| 32.5 * x), 1e-14);
    assert_near(&kernel::matrix_power(&a, -2), &kernel::inverse(&kernel::product(&a, &a)), 1e-14);
    let b = matrix(&[&[1.0], &[2.0], &[3.0]]);
    assert_near(&kernel::product(&a, &kernel::solve(&a, &b)), &b, 1e-15);
    assert!(kernel::logdet(&matrix(&[&[0.0, 1.0], &[1.0, 0.0]])).is_nan());
}

#[test]
fn a_matrix_without_full_rank_is_singular_despite_rounding() {
    let x = matrix(&[&[0.3, 0.7, 1.1], &[-0.9, 0.2, 0.4]]);
    let gram = kernel::product(&kernel::transpose(&x), &x);
    assert_eq!(kernel::determinant(&gram), 0.0);
    assert!(kernel::inverse(&gram).data.iter().all(|entry| entry.is_nan()));
    // The determinant's derivative is exact there: d det = tr(adj(A) dA).
    let a = matrix(&[&[1.0, 2.0], &[2.0, 4.0]]);
    let moving = Array::from_fn(2, 2, |i, j| Dual::new(a.at(i, j), if i == j { 1.0 } else { 0.0 }));
    assert_eq!(kernel::determinant(&moving), Dual::new(0.0, 5.0));
    assert_eq!(kernel::adjugate(&a), matrix(&[&[4.0, -2.0], &[-2.0, 1.0]]));
}

#[test]
fn the_matrix_exponential_matches_closed_forms() {
    // A rotation by 3 radians, and a nilpotent matrix.
    let rotation = kernel::expm(&matrix(&[&[0.0, -3.0], &[3.0, 0.0]]));
    let (s, c) = 3.0_f64.sin_cos();
    assert_near(&rotation, &matrix(&[&[c, -s], &[s, c]]), 1e-14);
    let nilpotent = kernel::expm(&matrix(&[&[0.0, 1.0, 2.0], &[0.0, 0.0, 4.0], &[0.0, 0.0, 0.0]]));
    assert_near(
        &nilpotent,
        &matrix(&[&[1.0, 1.0, 4.0], &[0.0, 1.0, 4.0], &[0.0, 0.0, 1.0]]),
        1e-14,
    );
    let scalar = kernel::expm(&matrix(&[&[5.0]]));
    assert!((scalar.data[0] / 5.0_f64.exp() - 1.0).abs() < 1e-14);
}

#[test]
fn arrays_are_column_major() {
    let a = matrix(&[&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]]);
    assert_eq!(a.data, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    // K vec(A) = vec(Aᵀ)
    let vec = Array { rows: 6, columns: 1, data: a.data.clone() };
    assert_eq!(kernel::product(&kernel::commutation(2, 3), &vec).data, kernel::transpose(&a).data);
    // vec(A X B) = (Bᵀ ⊗ A) vec X
    let x = matrix(&[&[1.0, -1.0], &[0.5, 2.0], &[3.0, 0.0]]);
    let b = matrix(&[&[2.0, 1.0], &[-1.0, 4.0]]);
    let left = kernel::product(&kernel::product(&a, &x), &b);
    let stacked = Array { rows: 6, columns: 1, data: x.data.clone() };
    assert_eq!(
        kernel::product(&kernel::kronecker(&kernel::transpose(&b), &a), &stacked).data,
        left.data
    );
}

#[test]
fn windows_by_hand() {
    let x = matrix(&[&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]]);
    let k = matrix(&[&[1.0, 10.0]]);
    assert_eq!(kernel::conv2d(&x, &k), matrix(&[&[21.0, 32.0], &[54.0, 65.0]]));
    assert_eq!(
        kernel::conv2d_full(&x, &k),
        matrix(&[&[1.0, 12.0, 23.0, 30.0], &[4.0, 45.0, 56.0, 60.0]])
    );
    assert_eq!(kernel::conv2d(&k, &x).data.len(), 0);
    let even = matrix(&[&[1.0, 2.0, 5.0, 5.0], &[3.0, 4.0, 5.0, 5.0]]);
    assert_eq!(kernel::avgpool2(&even), matrix(&[&[2.5, 5.0]]));
}

#[test]
fn single_precision_is_native() {
    assert_eq!(kernel::tanh(0.5_f32), 0.5_f32.tanh());
    let a = Array { rows: 2, columns: 2, data: vec![1.0_f32, 2.0, 3.0, 4.0] };
    assert!((kernel::determinant(&a) + 2.0).abs() < 1e-6);
    // A pivot of 1e−7 is rounding in f32.
    let almost = Array { rows: 2, columns: 2, data: vec![1.0_f32, 1.0, 1.0, 1.000_000_1] };
    assert_eq!(kernel::determinant(&almost), 0.0);
}

#[test]
fn files_can_stand_alone() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kernel");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if path.ends_with("mod.rs") {
            continue;
        }
        files += 1;
        for line in text.lines() {
            assert!(!line.contains("crate::"), "{}: {line}", path.display());
            let foreign = line.starts_with("use ")
                && !line.starts_with("use super::")
                && !line.starts_with("use std::");
            assert!(!foreign, "{}: {line}", path.display());
            assert!(!line.starts_with("    use "), "{}: {line}", path.display());
        }
    }
    assert!(files >= 7);
}

#[test]
fn the_derivative_of_the_exponential_is_linear_in_its_direction() {
    let a = matrix(&[&[0.3, -0.7], &[0.2, 0.5]]);
    let e = matrix(&[&[1.0, 2.0], &[-0.5, 0.25]]);
    let one = kernel::expm_frechet(&a, &e);
    for size in [1e-20, 1e16, 1e200] {
        let far = kernel::expm_frechet(&a, &e.map(|x| x * size));
        for (x, y) in far.data.iter().zip(&one.data) {
            assert!((x / size - y).abs() < 1e-14, "{x:e} of size {size:e}, not {y:e}");
        }
    }
    let none = kernel::expm_frechet(&a, &Array::zeros(2, 2));
    assert_eq!(none.data, [0.0; 4]);
}

#[test]
fn what_moves_all_entries_alike_moves_no_softmax() {
    let column = |slope: f64| Array {
        rows: 3,
        columns: 1,
        data: [900.0, 899.0, -3.0].map(|x| Dual::new(x, slope)).to_vec(),
    };
    let softmax = kernel::softmax(&column(1e3));
    assert!(softmax.data.iter().all(|x| x.tangent == 0.0), "{softmax:?}");
    let sum = kernel::logsumexp(&column(1e3));
    close(sum.data[0].tangent, 1e3);
}

#[test]
fn what_is_no_number_stays_none() {
    let nan = matrix(&[&[f64::NAN], &[1.0]]);
    assert!(kernel::maxmask(&nan).data[0].is_nan());
    assert!(kernel::max(&nan).is_nan());
    assert!(kernel::step(f64::NAN).is_nan());
    assert_eq!(kernel::step(f64::NEG_INFINITY), 0.0);
}
