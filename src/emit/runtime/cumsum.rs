/// The sums of each column from its first entry on.
fn cumsum(target: &mut [Float], x: &[Float], rows: usize) {
    let rows = rows.max(1);
    for (t, x) in target.chunks_exact_mut(rows).zip(x.chunks_exact(rows)) {
        let mut total = 0.0;
        for (t, x) in t.iter_mut().zip(x) {
            total += *x;
            *t = total;
        }
    }
}
