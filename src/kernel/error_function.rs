//! The error function, which std lacks.

/// Where the series hands over to the continued fraction.
const CROSSOVER: f64 = 1.5;

/// erf x, within a few units in the last place.
pub fn erf_f64(x: f64) -> f64 {
    if x.is_nan() {
        x
    } else if x.abs() < CROSSOVER {
        series(x)
    } else if x > 0.0 {
        1.0 - tail(x)
    } else {
        tail(-x) - 1.0
    }
}

/// erfc x = 1 − erf x, with full relative accuracy for large x.
pub fn erfc_f64(x: f64) -> f64 {
    if x.is_nan() {
        x
    } else if x.abs() < CROSSOVER {
        1.0 - series(x)
    } else if x > 0.0 {
        tail(x)
    } else {
        2.0 - tail(-x)
    }
}

/// erf x = 2/√π e^(−x²) Σₙ 2ⁿ x²ⁿ⁺¹ / (1·3·5·…·(2n+1)): no cancellation, all terms have one sign.
fn series(x: f64) -> f64 {
    let (mut term, mut sum, mut odd) = (x, x, 1.0);
    while term.abs() > 1e-17 * sum.abs() {
        odd += 2.0;
        term *= 2.0 * x * x / odd;
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// erfc x = e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 3/2/(x + …)))) for x ≥ 1.5, from the inside out.
fn tail(x: f64) -> f64 {
    if x > 27.3 {
        return 0.0;
    }
    let mut fraction = x;
    let mut numerator = (20.0 + 180.0 / (x * x)).ceil() * 0.5;
    while numerator > 0.0 {
        fraction = x + numerator / fraction;
        numerator -= 0.5;
    }
    0.5 * std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() / fraction
}
