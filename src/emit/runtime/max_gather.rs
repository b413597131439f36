/// The entries of v where the windows of x have their largest entries.
fn max_gather(
    (y, pooled): (&mut [Float], [usize; 4]),
    v: &[Float],
    (x, sides): (&[Float], [usize; 4]),
    (size, stride): ([usize; 2], [usize; 2]),
) {
    windows(pooled, sides, stride, |at, from| {
        y[at] = v[largest(x, from, sides[0], size)];
    });
}
