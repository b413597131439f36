/// Calls `visit` with the place of every entry of the pooled image and the place where its window starts.
fn windows(
    pooled: [usize; 4],
    sides: [usize; 4],
    stride: [usize; 2],
    mut visit: impl FnMut(usize, usize),
) {
    let [rows, columns, channels, batch] = pooled;
    for block in 0..channels * batch {
        for j in 0..columns {
            for i in 0..rows {
                let from = stride[0] * i + sides[0] * (stride[1] * j + sides[1] * block);
                visit(i + rows * (j + columns * block), from);
            }
        }
    }
}
