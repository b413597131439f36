/// The place of the largest entry of a window, the first in a tie.
fn largest(x: &[Float], from: usize, height: usize, size: [usize; 2]) -> usize {
    let mut best = from;
    for b in 0..size[1] {
        for a in 0..size[0] {
            let at = from + a + height * b;
            if x[at] > x[best] {
                best = at;
            }
        }
    }
    best
}
