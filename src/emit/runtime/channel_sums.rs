/// The sum of all entries of each channel.
fn channel_sums(y: &mut [Float], x: &[Float], plane: usize) {
    y.fill(0.0);
    let count = y.len().max(1);
    for (at, x) in x.chunks_exact(plane.max(1)).enumerate() {
        y[at % count] += sum(x.len(), |k, total| {
            *total += x[k];
        });
    }
}
