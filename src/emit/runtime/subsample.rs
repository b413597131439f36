/// Every so many entries of each plane.
fn subsample(
    (y, y_sides): (&mut [Float], [usize; 4]),
    (x, x_sides): (&[Float], [usize; 4]),
    [down, right]: [usize; 2],
) {
    let [_, column, plane, example] = steps(x_sides);
    let from = [down, right * column, plane, example];
    move_entries((y, 0, steps(y_sides)), (x, 0, from), y_sides);
}
