/// target ← I
fn identity(target: &mut [Float], n: usize) {
    target.fill(0.0);
    for i in 0..n {
        target[i * (n + 1)] = 1.0;
    }
}
