/// Σ over k < length of what `add` adds to the total, in eight lanes that become vector instructions.
#[inline(always)]
fn sum(length: usize, add: impl Fn(usize, &mut Float)) -> Float {
    let mut lanes = [0.0; 8];
    let whole = length - length % 8;
    for start in (0..whole).step_by(8) {
        for (lane, total) in lanes.iter_mut().enumerate() {
            add(start + lane, total);
        }
    }
    let mut rest = 0.0;
    for k in whole..length {
        add(k, &mut rest);
    }
    lanes.iter().sum::<Float>() + rest
}
