/// target ← K with K·vec(A) = vec(Aᵀ) for A: rows×columns.
fn commutation(target: &mut [Float], rows: usize, columns: usize) {
    target.fill(0.0);
    let order = rows * columns;
    for i in 0..rows {
        for j in 0..columns {
            target[(j * rows + i) * order + i * columns + j] = 1.0;
        }
    }
}
