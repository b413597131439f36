/// target ← columns of the identity of that many rows, from the column `from` on, counted from 0.
fn selection(target: &mut [Float], from: usize, [rows, columns]: [usize; 2]) {
    target.fill(0.0);
    let from = from.min(rows.saturating_sub(columns));
    for j in 0..columns {
        target[from + j + j * rows] = 1.0;
    }
}
