/// Panics where sizes are too small: `plus` must not be less than `minus`.
#[track_caller]
fn check_enough(name: &str, plus: usize, minus: usize) {
    assert!(
        plus >= minus,
        "the sizes are too small: the formulas hold for {name}"
    );
}
