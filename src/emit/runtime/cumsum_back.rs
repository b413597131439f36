/// The sums of each column from its last entry back.
fn cumsum_back(target: &mut [Float], x: &[Float], rows: usize) {
    let rows = rows.max(1);
    for (t, x) in target.chunks_exact_mut(rows).zip(x.chunks_exact(rows)) {
        let mut total = 0.0;
        for (t, x) in t.iter_mut().zip(x).rev() {
            total += *x;
            *t = total;
        }
    }
}
