/// The largest entry of every window.
fn max_pool(
    (y, pooled): (&mut [Float], [usize; 4]),
    (x, sides): (&[Float], [usize; 4]),
    (size, stride): ([usize; 2], [usize; 2]),
) {
    windows(pooled, sides, stride, |at, from| {
        y[at] = x[largest(x, from, sides[0], size)];
    });
}
