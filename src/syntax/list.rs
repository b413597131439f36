//! Lists of names beside a formula: those to differentiate by, those to solve for.

/// The names in a list, cut at commas that stand in no bracket: `W[1,2], b` has two.
///
/// ```
/// assert_eq!(gradus::syntax::list("W[1,2], b,"), ["W[1,2]", "b"]);
/// ```
pub fn list(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let parts = text.split(|letter: char| {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    });
    parts.map(str::trim).filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()
}
