/// 1 at the first of the largest entries, 0 elsewhere.
fn maxmask(target: &mut [Float], x: &[Float], _rows: usize) {
    target.fill(0.0);
    let mut best = 0;
    for (k, y) in x.iter().enumerate() {
        if *y > x[best] {
            best = k;
        }
    }
    if !x.is_empty() {
        target[best] = 1.0;
    }
}
