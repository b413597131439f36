/// target ← zeros, and A from the row and the column `from` on, counted from 0; entry (i, j) of A stands at
/// `a[i * steps[0] + j * steps[1]]`.
fn put(
    target: &mut [Float],
    (a, sizes, steps): (&[Float], [usize; 2], [usize; 2]),
    from: [usize; 2],
    rows: usize,
) {
    target.fill(0.0);
    let columns = target.len() / rows.max(1);
    let from = [
        from[0].min(rows.saturating_sub(sizes[0])),
        from[1].min(columns.saturating_sub(sizes[1])),
    ];
    for j in 0..sizes[1] {
        for i in 0..sizes[0] {
            target[from[0] + i + (from[1] + j) * rows] = a[i * steps[0] + j * steps[1]];
        }
    }
}
