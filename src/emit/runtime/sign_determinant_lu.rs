/// The sign of det A = sign(P) Π uᵢᵢ
fn sign_determinant_lu(lu: &[Float], order: &[usize], n: usize) -> Float {
    let mut sign = sign_of(order);
    for i in 0..n {
        if lu[i * (n + 1)] < 0.0 {
            sign = -sign;
        }
    }
    sign
}
