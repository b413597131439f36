/// Panics where a quotient of sizes does not come out whole: `[plus, minus]` is what is divided.
#[track_caller]
fn check_whole(name: &str, [plus, minus]: [usize; 2], divisor: usize) {
    assert!(
        plus >= minus && divisor > 0 && (plus - minus) % divisor == 0,
        "the size {name} is no whole number"
    );
}
