/// The upper triangle, the diagonal included; zeros below it.
fn triu(target: &mut [Float], x: &[Float], rows: usize) {
    target.copy_from_slice(x);
    for (j, column) in target.chunks_exact_mut(rows.max(1)).enumerate() {
        let through = (j + 1).min(rows);
        column[through..].fill(0.0);
    }
}
