/// log det A = Σ log |uᵢᵢ|; not a number where det A < 0
fn log_determinant_lu(lu: &[Float], order: &[usize], n: usize) -> Float {
    if sign_determinant_lu(lu, order, n) < 0.0 {
        Float::NAN
    } else {
        log_absolute_determinant_lu(lu, n)
    }
}
