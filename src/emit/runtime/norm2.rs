/// √Σ xᵢ², scaled by the largest entry so that squares neither overflow nor vanish.
fn norm2(x: &[Float]) -> Float {
    let largest = x.iter().fold(0.0, |largest: Float, x| largest.max(x.abs()));
    let scale = if largest > 0.0 && largest.is_finite() {
        largest
    } else {
        1.0
    };
    let squares = sum(x.len(), |k, total| {
        *total += (x[k] / scale) * (x[k] / scale);
    });
    scale * squares.sqrt()
}
