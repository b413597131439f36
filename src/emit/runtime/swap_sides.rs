/// Third and fourth side exchanged.
fn swap_sides(y: &mut [Float], (x, sides): (&[Float], [usize; 4])) {
    let [height, width, channels, batch] = sides;
    let plane = height * width;
    let to = [1, height, plane * batch, plane];
    move_entries(
        (y, 0, to),
        (x, 0, steps(sides)),
        [height, width, channels, batch],
    );
}
