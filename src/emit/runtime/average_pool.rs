/// The mean of every window.
fn average_pool(
    (y, pooled): (&mut [Float], [usize; 4]),
    (x, sides): (&[Float], [usize; 4]),
    (size, stride): ([usize; 2], [usize; 2]),
) {
    let weight = 1.0 / (size[0] * size[1]) as Float;
    windows(pooled, sides, stride, |at, from| {
        let mut total = 0.0;
        for b in 0..size[1] {
            total += x[from + sides[0] * b..][..size[0]].iter().sum::<Float>();
        }
        y[at] = weight * total;
    });
}
