/// Panics where an input has not the length that the sizes ask for.
#[track_caller]
fn check(name: &str, length: usize, expected: usize) {
    assert_eq!(
        length, expected,
        "`{name}` has {length} entries, the sizes ask for {expected}"
    );
}
