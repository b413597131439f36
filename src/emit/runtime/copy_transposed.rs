/// target ← Aᵀ for A: columns×rows as it lies in memory.
fn copy_transposed(target: &mut [Float], a: &[Float], rows: usize, columns: usize) {
    for j in 0..columns {
        for i in 0..rows {
            target[j * rows + i] = a[i * columns + j];
        }
    }
}
