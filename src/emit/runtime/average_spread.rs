/// Every entry of g spread evenly over its window.
fn average_spread(
    (y, sides): (&mut [Float], [usize; 4]),
    (g, pooled): (&[Float], [usize; 4]),
    (size, stride): ([usize; 2], [usize; 2]),
) {
    let weight = 1.0 / (size[0] * size[1]) as Float;
    y.fill(0.0);
    windows(pooled, sides, stride, |at, from| {
        for b in 0..size[1] {
            for y in &mut y[from + sides[0] * b..][..size[0]] {
                *y += weight * g[at];
            }
        }
    });
}
