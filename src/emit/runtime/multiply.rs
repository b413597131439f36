/// C ← A·B, where entry (k, j) of B stands at `b[k * steps[0] + j * steps[1]]`: blocks of rows that stay in the
/// cache, four columns of C by four columns of A at a time.
fn multiply(c: &mut [Float], a: &[Float], b: &[Float], sizes: [usize; 3], steps: [usize; 2]) {
    const BLOCK: usize = 512;
    let [rows, inner, columns] = sizes;
    c.fill(0.0);
    for low in (0..rows).step_by(BLOCK) {
        let block = low..rows.min(low + BLOCK);
        let mut rest = &mut c[..];
        let mut j = 0;
        while j + 4 <= columns {
            let (four, others) = rest.split_at_mut(4 * rows);
            rest = others;
            let (c0, c1) = four.split_at_mut(rows);
            let (c1, c2) = c1.split_at_mut(rows);
            let (c2, c3) = c2.split_at_mut(rows);
            let (c0, c1) = (&mut c0[block.clone()], &mut c1[block.clone()]);
            let (c2, c3) = (&mut c2[block.clone()], &mut c3[block.clone()]);
            for k in 0..inner {
                let a = &a[k * rows..][block.clone()];
                let at = k * steps[0] + j * steps[1];
                let f = [0, 1, 2, 3].map(|lane| b[at + lane * steps[1]]);
                for ((((a, c0), c1), c2), c3) in a
                    .iter()
                    .zip(&mut *c0)
                    .zip(&mut *c1)
                    .zip(&mut *c2)
                    .zip(&mut *c3)
                {
                    *c0 += a * f[0];
                    *c1 += a * f[1];
                    *c2 += a * f[2];
                    *c3 += a * f[3];
                }
            }
            j += 4;
        }
        while j < columns {
            let (column, others) = rest.split_at_mut(rows);
            rest = others;
            let column = &mut column[block.clone()];
            let mut k = 0;
            while k + 4 <= inner {
                let f = [0, 1, 2, 3].map(|lane| b[(k + lane) * steps[0] + j * steps[1]]);
                let [a0, a1, a2, a3] =
                    [0, 1, 2, 3].map(|lane| &a[(k + lane) * rows..][block.clone()]);
                for ((((c, a0), a1), a2), a3) in column.iter_mut().zip(a0).zip(a1).zip(a2).zip(a3) {
                    *c += a0 * f[0] + a1 * f[1] + a2 * f[2] + a3 * f[3];
                }
                k += 4;
            }
            while k < inner {
                let f = b[k * steps[0] + j * steps[1]];
                for (c, a) in column.iter_mut().zip(&a[k * rows..][block.clone()]) {
                    *c += a * f;
                }
                k += 1;
            }
            j += 1;
        }
    }
}
