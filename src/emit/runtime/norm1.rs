/// Σ |xᵢ|
fn norm1(x: &[Float]) -> Float {
    sum(x.len(), |k, total| {
        *total += x[k].abs();
    })
}
