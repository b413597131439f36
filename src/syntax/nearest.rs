//! Names that look alike.

/// Longer names are not compared.
const LENGTH_LIMIT: usize = 40;

/// The candidate most like `name`, if one is like it; the one of the same length in a tie.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let length = name.chars().count();
    if length > LENGTH_LIMIT {
        return None;
    }
    // Of four letters one may be wrong: `mean` is no misspelt `atan`.
    let limit = (length / 3).max(1);
    candidates
        .filter(|candidate| candidate.chars().count() > 1 || length == 1)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, candidate)| (*distance, candidate.chars().count().abs_diff(length)))
        .map(|(_, candidate)| candidate.to_owned())
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`; case counts nothing.
fn distance(a: &str, b: &str) -> usize {
    let letters = |text: &str| {
        text.chars().flat_map(char::to_lowercase).take(LENGTH_LIMIT).collect::<Vec<_>>()
    };
    let (a, b) = (letters(a), letters(b));
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
