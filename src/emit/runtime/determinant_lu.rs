/// det A = sign(P) Π uᵢᵢ
fn determinant_lu(lu: &[Float], order: &[usize], n: usize) -> Float {
    let mut product = sign_of(order);
    for i in 0..n {
        product *= lu[i * (n + 1)];
    }
    product
}
