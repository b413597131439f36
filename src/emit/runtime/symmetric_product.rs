/// C ← X·Xᵀ for X: rows×inner, or Xᵀ·X for X: inner×rows when `steps` say so: entry (i, k) stands at
/// `x[i * steps[0] + k * steps[1]]`. Entries on and below the diagonal are computed, the others mirrored.
fn symmetric_product(c: &mut [Float], x: &[Float], rows: usize, inner: usize, steps: [usize; 2]) {
    for j in 0..rows {
        let column = &mut c[j * rows..][j..rows];
        if steps[1] == 1 {
            let y = &x[j * inner..][..inner];
            for (i, c) in column.iter_mut().enumerate() {
                *c = dot(&x[(i + j) * inner..][..inner], y);
            }
        } else {
            column.fill(0.0);
            for x in x.chunks_exact(rows).take(inner) {
                let factor = x[j];
                for (c, x) in column.iter_mut().zip(&x[j..]) {
                    *c += x * factor;
                }
            }
        }
        for i in j + 1..rows {
            c[i * rows + j] = c[j * rows + i];
        }
    }
}
