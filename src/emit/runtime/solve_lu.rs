/// x ← A⁻¹ b for each column of b, with P A = L U: forward with L, backward with U. `scratch` holds one column.
fn solve_lu(x: &mut [Float], lu: &[Float], order: &[usize], scratch: &mut [Float], n: usize) {
    for x in x.chunks_exact_mut(n.max(1)) {
        scratch.copy_from_slice(x);
        for (x, from) in x.iter_mut().zip(order) {
            *x = scratch[*from];
        }
        for k in 0..n {
            let factor = x[k];
            for (x, l) in x[k + 1..].iter_mut().zip(&lu[k * n + k + 1..][..n - k - 1]) {
                *x -= l * factor;
            }
        }
        for k in (0..n).rev() {
            x[k] /= lu[k * n + k];
            let factor = x[k];
            for (x, u) in x[..k].iter_mut().zip(&lu[k * n..][..k]) {
                *x -= u * factor;
            }
        }
    }
}
