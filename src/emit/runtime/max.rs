/// The largest entry; not a number where one is not.
fn max(x: &[Float]) -> Float {
    let mut largest = Float::NEG_INFINITY;
    for x in x {
        if !(*x <= largest) {
            largest = *x;
        }
        if largest.is_nan() {
            break;
        }
    }
    largest
}
