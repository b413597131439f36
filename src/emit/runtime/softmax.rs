/// Each column x becomes eˣ / Σ eˣ.
fn softmax(target: &mut [Float], x: &[Float], rows: usize) {
    for (t, x) in target
        .chunks_exact_mut(rows.max(1))
        .zip(x.chunks_exact(rows.max(1)))
    {
        let shift = x.iter().copied().fold(Float::NEG_INFINITY, Float::max);
        let mut total = 0.0;
        for (t, x) in t.iter_mut().zip(x) {
            *t = (x - shift).exp();
            total += *t;
        }
        for t in t.iter_mut() {
            *t /= total;
        }
    }
}
