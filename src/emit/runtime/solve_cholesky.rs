/// x ← A⁻¹ b for each column of b, with A = L Lᵀ: forward with L, backward with Lᵀ.
fn solve_cholesky(x: &mut [Float], l: &[Float], n: usize) {
    for x in x.chunks_exact_mut(n.max(1)) {
        for k in 0..n {
            x[k] /= l[k * n + k];
            let factor = x[k];
            for (x, l) in x[k + 1..].iter_mut().zip(&l[k * n + k + 1..][..n - k - 1]) {
                *x -= l * factor;
            }
        }
        for k in (0..n).rev() {
            let known = dot(&l[k * n + k + 1..][..n - k - 1], &x[k + 1..]);
            x[k] = (x[k] - known) / l[k * n + k];
        }
    }
}
