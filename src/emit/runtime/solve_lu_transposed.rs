/// x ← A⁻ᵀ b for each column of b, with P A = L U: forward with Uᵀ, backward with Lᵀ, then the rows go back to their
/// places. `scratch` holds one column.
fn solve_lu_transposed(
    x: &mut [Float],
    lu: &[Float],
    order: &[usize],
    scratch: &mut [Float],
    n: usize,
) {
    for x in x.chunks_exact_mut(n.max(1)) {
        for k in 0..n {
            let known = dot(&lu[k * n..][..k], &x[..k]);
            x[k] = (x[k] - known) / lu[k * n + k];
        }
        for k in (0..n).rev() {
            x[k] -= dot(&lu[k * n + k + 1..][..n - k - 1], &x[k + 1..]);
        }
        scratch.copy_from_slice(x);
        for (value, to) in scratch.iter().zip(order) {
            x[*to] = *value;
        }
    }
}
