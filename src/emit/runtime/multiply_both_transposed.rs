/// C ← Aᵀ·Bᵀ for A: inner×rows and B: columns×inner, both as they lie in memory.
fn multiply_both_transposed(c: &mut [Float], a: &[Float], b: &[Float], sizes: [usize; 3]) {
    let [rows, inner, columns] = sizes;
    for j in 0..columns {
        for i in 0..rows {
            let a = &a[i * inner..][..inner];
            c[j * rows + i] = sum(inner, |k, total| {
                *total += a[k] * b[k * columns + j];
            });
        }
    }
}
