/// Zeros between the entries of each plane.
fn interleave(
    (y, y_sides): (&mut [Float], [usize; 4]),
    (x, x_sides): (&[Float], [usize; 4]),
    [down, right]: [usize; 2],
) {
    y.fill(0.0);
    let [_, column, plane, example] = steps(y_sides);
    let to = [down, right * column, plane, example];
    move_entries((y, 0, to), (x, 0, steps(x_sides)), x_sides);
}
