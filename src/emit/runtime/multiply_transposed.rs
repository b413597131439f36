/// C ← Aᵀ·B for A: inner×rows and B: inner×columns, both as they lie in memory: inner products of columns, four at
/// a time.
fn multiply_transposed(c: &mut [Float], a: &[Float], b: &[Float], sizes: [usize; 3]) {
    let [rows, inner, columns] = sizes;
    for j in 0..columns {
        let b = &b[j * inner..][..inner];
        let c = &mut c[j * rows..][..rows];
        let mut i = 0;
        while i + 4 <= rows {
            let columns = [0, 1, 2, 3].map(|lane| &a[(i + lane) * inner..][..inner]);
            c[i..i + 4].copy_from_slice(&four_dots(columns, b));
            i += 4;
        }
        while i < rows {
            c[i] = dot(&a[i * inner..][..inner], b);
            i += 1;
        }
    }
}

/// The inner products of four vectors with one, by halves where they are long.
#[inline]
fn four_dots(x: [&[Float]; 4], y: &[Float]) -> [Float; 4] {
    if y.len() > 2048 {
        let middle = y.len() / 16 * 8;
        let mut sums = four_dots(x.map(|x| &x[..middle]), &y[..middle]);
        let others = four_dots(x.map(|x| &x[middle..]), &y[middle..]);
        for (sum, other) in sums.iter_mut().zip(others) {
            *sum += other;
        }
        return sums;
    }
    let mut lanes = [[0.0; 8]; 4];
    let whole = y.len() - y.len() % 8;
    let x = x.map(|x| &x[..y.len()]);
    for start in (0..whole).step_by(8) {
        let y = &y[start..start + 8];
        for (lanes, x) in lanes.iter_mut().zip(x) {
            for ((lane, x), y) in lanes.iter_mut().zip(&x[start..start + 8]).zip(y) {
                *lane += x * y;
            }
        }
    }
    let mut sums = lanes.map(|lanes| lanes.iter().sum::<Float>());
    for (sum, x) in sums.iter_mut().zip(x) {
        for (x, y) in x[whole..].iter().zip(&y[whole..]) {
            *sum += x * y;
        }
    }
    sums
}
