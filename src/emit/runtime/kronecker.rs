/// target ← A ⊗ B for A: m×n and B: p×q; entry (i, j) of A stands at `a[i * a_steps[0] + j * a_steps[1]]`.
fn kronecker(
    target: &mut [Float],
    (a, a_sizes, a_steps): (&[Float], [usize; 2], [usize; 2]),
    (b, b_sizes, b_steps): (&[Float], [usize; 2], [usize; 2]),
) {
    let ([m, n], [p, q]) = (a_sizes, b_sizes);
    let mut at = 0;
    for column in 0..n * q {
        let (j, l) = (column / q, column % q);
        for i in 0..m {
            let factor = a[i * a_steps[0] + j * a_steps[1]];
            for k in 0..p {
                target[at] = factor * b[k * b_steps[0] + l * b_steps[1]];
                at += 1;
            }
        }
    }
}
