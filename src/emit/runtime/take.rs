/// target ← the part of A from the row and the column `from` on, counted from 0; entry (i, j) of A stands at
/// `a[i * steps[0] + j * steps[1]]`.
fn take(
    target: &mut [Float],
    (a, sizes, steps): (&[Float], [usize; 2], [usize; 2]),
    from: [usize; 2],
    [rows, columns]: [usize; 2],
) {
    let from = [
        from[0].min(sizes[0].saturating_sub(rows)),
        from[1].min(sizes[1].saturating_sub(columns)),
    ];
    for j in 0..columns {
        for i in 0..rows {
            target[i + j * rows] = a[(from[0] + i) * steps[0] + (from[1] + j) * steps[1]];
        }
    }
}
