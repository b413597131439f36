/// The inner part of each plane.
fn crop(
    (y, y_sides): (&mut [Float], [usize; 4]),
    (x, x_sides): (&[Float], [usize; 4]),
    [above, left]: [usize; 2],
) {
    let from = above + left * x_sides[0];
    move_entries((y, 0, steps(y_sides)), (x, from, steps(x_sides)), y_sides);
}
