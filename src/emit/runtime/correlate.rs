/// y[i, j, o, n] = Σ x[i + a, j + b, c, n] k[a, b, c, o]; sides are height, width, channels, batch.
fn correlate(
    y: &mut [Float],
    (x, x_sides): (&[Float], [usize; 4]),
    (k, k_sides): (&[Float], [usize; 4]),
) {
    let ([height, width, channels, batch], [rows, columns, _, outputs]) = (x_sides, k_sides);
    let (valid_height, valid_width) = (
        (height + 1).saturating_sub(rows),
        (width + 1).saturating_sub(columns),
    );
    y.fill(0.0);
    for n in 0..batch {
        for o in 0..outputs {
            for c in 0..channels {
                let x = &x[(c + channels * n) * height * width..][..height * width];
                let k = &k[(c + channels * o) * rows * columns..][..rows * columns];
                let y_from = (o + outputs * n) * valid_height * valid_width;
                for j in 0..valid_width {
                    let y = &mut y[y_from + j * valid_height..][..valid_height];
                    for b in 0..columns {
                        let x = &x[(j + b) * height..][..height];
                        let k = &k[b * rows..][..rows];
                        if rows <= valid_height {
                            // Few rows of the kernel: each is added along the whole column.
                            for (a, factor) in k.iter().enumerate() {
                                for (y, x) in y.iter_mut().zip(&x[a..]) {
                                    *y += factor * x;
                                }
                            }
                        } else {
                            // Few entries of the result: each is an inner product.
                            for (i, y) in y.iter_mut().enumerate() {
                                *y += dot(&x[i..i + rows], k);
                            }
                        }
                    }
                }
            }
        }
    }
}
