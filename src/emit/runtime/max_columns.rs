/// The largest entry of each column.
fn max_columns(target: &mut [Float], x: &[Float], rows: usize) {
    for (t, x) in target.iter_mut().zip(x.chunks_exact(rows.max(1))) {
        *t = max(x);
    }
}
