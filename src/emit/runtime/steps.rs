/// The steps from an entry to the next along each side.
fn steps([height, width, channels, _]: [usize; 4]) -> [usize; 4] {
    [1, height, height * width, height * width * channels]
}
