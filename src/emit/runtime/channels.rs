/// b\[c\] throughout the plane of every channel c.
fn channels(y: &mut [Float], b: &[Float], plane: usize) {
    for (y, b) in y.chunks_exact_mut(plane.max(1)).zip(b.iter().cycle()) {
        y.fill(*b);
    }
}
