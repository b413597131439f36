/// 1 at the first of the largest entries of each column, 0 elsewhere.
fn maxmask_columns(target: &mut [Float], x: &[Float], rows: usize) {
    let rows = rows.max(1);
    for (t, x) in target.chunks_exact_mut(rows).zip(x.chunks_exact(rows)) {
        maxmask(t, x, rows);
    }
}
