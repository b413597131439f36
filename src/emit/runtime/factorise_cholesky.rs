/// A = L Lᵀ in place, in the lower triangle; entries that are not a number where A is not positive definite.
fn factorise_cholesky(a: &mut [Float], n: usize) {
    for k in 0..n {
        let (left, right) = a.split_at_mut((k + 1) * n);
        let column = &mut left[k * n + k..];
        let root = column[0].sqrt();
        for x in column.iter_mut() {
            *x /= root;
        }
        for (j, target) in right.chunks_exact_mut(n).enumerate() {
            let factor = column[j + 1];
            for (x, l) in target[k + 1 + j..].iter_mut().zip(&column[j + 1..]) {
                *x -= l * factor;
            }
        }
    }
}
