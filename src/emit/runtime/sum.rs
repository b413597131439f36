/// Σ over k < length of what `add` adds to the total, in eight lanes that become vector instructions; in blocks, and
/// blocks of blocks, so that rounding errors do not grow with the length.
#[inline(always)]
fn sum(length: usize, add: impl Fn(usize, &mut Float)) -> Float {
    const BLOCK: usize = 512;
    const BLOCKS: usize = 64 * BLOCK;
    let whole = length - length % 8;
    let mut totals = [0.0; 8];
    for high in (0..whole).step_by(BLOCKS) {
        let mut parts = [0.0; 8];
        for low in (high..whole.min(high + BLOCKS)).step_by(BLOCK) {
            let mut lanes = [0.0; 8];
            for start in (low..whole.min(low + BLOCK)).step_by(8) {
                for (lane, total) in lanes.iter_mut().enumerate() {
                    add(start + lane, total);
                }
            }
            for (part, lane) in parts.iter_mut().zip(lanes) {
                *part += lane;
            }
        }
        for (total, part) in totals.iter_mut().zip(parts) {
            *total += part;
        }
    }
    let mut rest = 0.0;
    for k in whole..length {
        add(k, &mut rest);
    }
    totals.iter().sum::<Float>() + rest
}
