/// log det A = 2 Σ log lᵢᵢ
fn log_determinant_cholesky(l: &[Float], n: usize) -> Float {
    let mut sum = 0.0;
    for i in 0..n {
        sum += l[i * (n + 1)].ln();
    }
    2.0 * sum
}
