/// Every plane with both sides reversed.
fn turn180(y: &mut [Float], x: &[Float], plane: usize) {
    for (y, x) in y
        .chunks_exact_mut(plane.max(1))
        .zip(x.chunks_exact(plane.max(1)))
    {
        for (y, x) in y.iter_mut().zip(x.iter().rev()) {
            *y = *x;
        }
    }
}
