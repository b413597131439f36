/// Every entry of g added up where its window of x has its largest entry.
fn max_scatter(
    y: &mut [Float],
    (g, pooled): (&[Float], [usize; 4]),
    (x, sides): (&[Float], [usize; 4]),
    (size, stride): ([usize; 2], [usize; 2]),
) {
    y.fill(0.0);
    windows(pooled, sides, stride, |at, from| {
        y[largest(x, from, sides[0], size)] += g[at];
    });
}
