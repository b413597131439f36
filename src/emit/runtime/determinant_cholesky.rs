/// det A = Π lᵢᵢ²
fn determinant_cholesky(l: &[Float], n: usize) -> Float {
    let mut product = 1.0;
    for i in 0..n {
        product *= l[i * (n + 1)] * l[i * (n + 1)];
    }
    product
}
