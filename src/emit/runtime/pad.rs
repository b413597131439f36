/// Zeros around each plane.
fn pad(
    (y, y_sides): (&mut [Float], [usize; 4]),
    (x, x_sides): (&[Float], [usize; 4]),
    [above, left]: [usize; 2],
) {
    y.fill(0.0);
    let from = above + left * y_sides[0];
    move_entries((y, from, steps(y_sides)), (x, 0, steps(x_sides)), x_sides);
}
