/// Entries of `x` copied to `y`: so many along each side, from a place on, with these steps.
fn move_entries(
    (y, y_from, y_steps): (&mut [Float], usize, [usize; 4]),
    (x, x_from, x_steps): (&[Float], usize, [usize; 4]),
    counts: [usize; 4],
) {
    for n in 0..counts[3] {
        for c in 0..counts[2] {
            for j in 0..counts[1] {
                let start = |steps: [usize; 4]| steps[1] * j + steps[2] * c + steps[3] * n;
                let (to, from) = (y_from + start(y_steps), x_from + start(x_steps));
                for i in 0..counts[0] {
                    y[to + y_steps[0] * i] = x[from + x_steps[0] * i];
                }
            }
        }
    }
}
