/// log det A = Σ log |uᵢᵢ|; not a number where det A < 0
fn log_determinant_lu(lu: &[Float], order: &[usize], n: usize) -> Float {
    let mut sign = sign_of(order);
    for i in 0..n {
        sign *= lu[i * (n + 1)].signum();
    }
    if sign < 0.0 {
        Float::NAN
    } else {
        log_absolute_determinant_lu(lu, n)
    }
}
