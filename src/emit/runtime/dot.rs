/// xᵀ y; long vectors by halves, so that rounding errors grow with the logarithm of the length.
#[inline]
fn dot(x: &[Float], y: &[Float]) -> Float {
    if x.len() > 2048 {
        let middle = x.len() / 16 * 8;
        return dot(&x[..middle], &y[..middle]) + dot(&x[middle..], &y[middle..]);
    }
    let mut lanes = [0.0; 8];
    let (x_blocks, y_blocks) = (x.chunks_exact(8), y.chunks_exact(8));
    let mut rest = 0.0;
    for (x, y) in x_blocks.remainder().iter().zip(y_blocks.remainder()) {
        rest += x * y;
    }
    for (x, y) in x_blocks.zip(y_blocks) {
        for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += x * y;
        }
    }
    lanes.iter().sum::<Float>() + rest
}
