/// Each column x becomes ln Σ eˣ.
fn logsumexp(target: &mut [Float], x: &[Float], rows: usize) {
    for (t, x) in target.iter_mut().zip(x.chunks_exact(rows.max(1))) {
        let shift = x.iter().copied().fold(Float::NEG_INFINITY, Float::max);
        let mut total = 0.0;
        for x in x {
            total += (x - shift).exp();
        }
        *t = total.ln() + shift;
    }
}
