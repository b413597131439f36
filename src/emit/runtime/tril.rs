/// The lower triangle, the diagonal included; zeros above it.
fn tril(target: &mut [Float], x: &[Float], rows: usize) {
    target.copy_from_slice(x);
    for (j, column) in target.chunks_exact_mut(rows.max(1)).enumerate() {
        let above = j.min(rows);
        column[..above].fill(0.0);
    }
}
