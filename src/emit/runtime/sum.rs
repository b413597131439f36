/// Σ f(k) for k < length, in eight lanes that the compiler turns into vector instructions.
#[inline(always)]
fn sum(length: usize, f: impl Fn(usize) -> Float) -> Float {
    let mut lanes = [0.0; 8];
    let whole = length - length % 8;
    for start in (0..whole).step_by(8) {
        for (lane, total) in lanes.iter_mut().enumerate() {
            *total += f(start + lane);
        }
    }
    let mut rest = 0.0;
    for k in whole..length {
        rest += f(k);
    }
    lanes.iter().sum::<Float>() + rest
}
