/// The sign of the permutation `order`.
fn sign_of(order: &[usize]) -> Float {
    let mut sign = 1.0;
    for (i, x) in order.iter().enumerate() {
        for y in &order[i + 1..] {
            if y < x {
                sign = -sign;
            }
        }
    }
    sign
}
