/// log |det A| = Σ log |uᵢᵢ|, which neither overflows nor vanishes
fn log_absolute_determinant_lu(lu: &[Float], n: usize) -> Float {
    let mut sum = 0.0;
    for i in 0..n {
        sum += lu[i * (n + 1)].abs().ln();
    }
    sum
}
