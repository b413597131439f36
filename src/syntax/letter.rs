//! One spelling for each name: `mu`, `μ` and `µ` are μ, `W₁` and `W_1` are `W1`, `y_hat` is ŷ, 𝐱 is x.

use super::accent::{self, composed, is_accent};

/// Greek letters: name, lower case, upper case where it differs from every Latin letter.
#[rustfmt::skip]
const GREEK: &[(&str, char, Option<char>)] = &[
    ("alpha",   'α', None),      ("beta",    'β', None),      ("gamma",   'γ', Some('Γ')),
    ("delta",   'δ', Some('Δ')), ("epsilon", 'ε', None),      ("zeta",    'ζ', None),
    ("eta",     'η', None),      ("theta",   'θ', Some('Θ')), ("iota",    'ι', None),
    ("kappa",   'κ', None),      ("lambda",  'λ', Some('Λ')), ("mu",      'μ', None),
    ("nu",      'ν', None),      ("xi",      'ξ', Some('Ξ')), ("omicron", 'ο', None),
    ("pi",      'π', Some('Π')), ("rho",     'ρ', None),      ("sigma",   'σ', Some('Σ')),
    ("tau",     'τ', None),      ("upsilon", 'υ', Some('Υ')), ("phi",     'φ', Some('Φ')),
    ("chi",     'χ', None),      ("psi",     'ψ', Some('Ψ')), ("omega",   'ω', Some('Ω')),
];

/// The Greek letter that a word names: `sigma`, `Sigma`.
pub(super) fn greek(word: &str) -> Option<char> {
    GREEK.iter().find_map(|(name, lower, upper)| {
        if word == *name {
            return Some(*lower);
        }
        let (first, rest) = word.split_at_checked(1)?;
        (rest == &name[1..] && first == name[..1].to_uppercase()).then_some(*upper).flatten()
    })
}

/// The words for all Greek letters.
pub fn greek_words() -> impl Iterator<Item = String> {
    GREEK.iter().flat_map(|(_, lower, upper)| {
        [Some(*lower), *upper].into_iter().flatten().filter_map(spelled)
    })
}

/// The word for a Greek letter: `sigma`, `Sigma`.
pub fn spelled(letter: char) -> Option<String> {
    GREEK.iter().find_map(|(name, lower, upper)| {
        if *lower == letter {
            return Some((*name).to_owned());
        }
        (*upper == Some(letter)).then(|| format!("{}{}", name[..1].to_uppercase(), &name[1..]))
    })
}

/// The character that a subscript character is a small form of.
pub fn on_the_line(letter: char) -> char {
    #[rustfmt::skip]
    const LETTERS: &[(char, char)] = &[
        ('ₐ', 'a'), ('ₑ', 'e'), ('ₒ', 'o'), ('ₓ', 'x'), ('ₔ', 'ə'), ('ₕ', 'h'), ('ₖ', 'k'), ('ₗ', 'l'), ('ₘ', 'm'), ('ₙ', 'n'),
        ('ₚ', 'p'), ('ₛ', 's'), ('ₜ', 't'), ('ᵢ', 'i'), ('ᵣ', 'r'), ('ᵤ', 'u'), ('ᵥ', 'v'), ('ⱼ', 'j'),
    ];
    if ('₀'..='₉').contains(&letter) {
        return char::from_digit(letter as u32 - '₀' as u32, 10).unwrap_or(letter);
    }
    LETTERS.iter().find(|(small, _)| *small == letter).map_or(letter, |(_, plain)| *plain)
}

/// The letter without its font, and of two forms of one letter the common one.
fn plain(letter: char) -> char {
    /// Mathematical alphabets of 52 Latin letters begin here; those of 58 Greek ones at the second.
    const LATIN: (u32, u32) = (0x1_d400, 0x1_d6a3);
    const GREEK_ALPHABETS: (u32, u32) = (0x1_d6a8, 0x1_d7c9);
    const GREEK_LETTERS: &str = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΘΣΤΥΦΧΨΩ∇αβγδεζηθικλμνξοπρςστυφχψω∂εϑκφϱϖ";
    let code = letter as u32;
    match letter {
        'µ' => 'μ',
        'ϵ' => 'ε',
        'ϕ' => 'φ',
        'ℝ' => 'R',
        'ℒ' => 'L',
        'ℋ' => 'H',
        'ℐ' => 'I',
        'ℛ' => 'R',
        _ if (LATIN.0..=LATIN.1).contains(&code) => {
            let at = ((code - LATIN.0) % 52) as u8;
            char::from(if at < 26 { b'A' + at } else { b'a' + at - 26 })
        }
        _ if (GREEK_ALPHABETS.0..=GREEK_ALPHABETS.1).contains(&code) => {
            let at = ((code - GREEK_ALPHABETS.0) % 58) as usize;
            GREEK_LETTERS.chars().nth(at).unwrap_or(letter)
        }
        _ => letter,
    }
}

/// Whether a run of letters is a word: three lower-case letters or more, or a capital and as many after it; a Greek letter's name.
pub fn is_word(letters: &str) -> bool {
    let lower = letters.strip_prefix(|first: char| first.is_ascii_uppercase()).unwrap_or(letters);
    (lower.len() >= 3 && lower.bytes().all(|byte| byte.is_ascii_lowercase()))
        || greek(letters).is_some()
}

/// The one spelling of a name.
///
/// ```
/// use gradus::syntax::spelling;
/// assert_eq!(spelling("mu_1"), spelling("μ₁"));
/// assert_eq!(spelling("y_hat"), "ŷ");
/// ```
pub fn spelling(name: &str) -> String {
    // A subscript letter begins what stands below the line; its digits go on with what they follow.
    let mut line = String::new();
    let mut below = false;
    for letter in name.chars().map(plain) {
        let small = on_the_line(letter) != letter;
        if small && !below && !on_the_line(letter).is_ascii_digit() {
            line.push('_');
        }
        below |= small || letter == '_';
        line.push(on_the_line(letter));
    }
    let mut parts = line.split('_');
    let first = parts.next().unwrap_or_default();
    if first.is_empty() || line.ends_with('_') || line.contains("__") {
        return composed(&line);
    }
    let end = first.find(|letter: char| letter.is_ascii_digit()).unwrap_or(first.len());
    let (letters, digits) = first.split_at(end);
    let mut text = spelled_letters(letters);
    text.push_str(digits);
    let mut is_plain = digits.is_empty();
    for part in parts {
        if is_plain && let Some(mark) = accent::named(part) {
            text.push(mark);
            continue;
        }
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        if !(is_plain && is_number) {
            text.push('_');
        }
        is_plain = false;
        text.push_str(&spelled_letters(part));
    }
    composed(&text)
}

fn spelled_letters(letters: &str) -> String {
    match greek(letters) {
        // The constant's name is its word.
        Some('π') => "pi".to_owned(),
        Some(letter) => letter.to_string(),
        None if letters == "π" => "pi".to_owned(),
        None => letters.to_owned(),
    }
}

/// A name on the line, which is read back as the same name: `μ_1`, `y_hat`. Several letters in one are left as they are.
pub fn ascii(name: &str) -> String {
    let end = name.find(|letter: char| letter == '_' || letter.is_ascii_digit());
    let (first, below) = name.split_at(end.unwrap_or(name.len()));
    let mut text = first.to_owned();
    if let [(letter, accents)] = accent::letters(first).as_slice() {
        text = letter.to_string();
        for accent in accents {
            text.push('_');
            text.push_str(accent.word);
        }
        if !accents.is_empty() && below.starts_with(|letter: char| letter.is_ascii_digit()) {
            text.push('_');
        }
    }
    text + below
}

/// Whether there is a Greek letter.
pub fn has_greek(text: &str) -> bool {
    text.chars().any(|letter| spelled(letter).is_some())
}

/// Text in ASCII with its Greek letters as words: `mu` for μ.
pub fn in_words(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut words, letter| {
        match spelled(letter) {
            Some(word) => words.push_str(&word),
            None => words.push(letter),
        }
        words
    })
}

/// The pieces of a run of letters that is no name: words, or single letters, each with the digits and marks after it.
pub(super) fn pieces(run: &str) -> Vec<&str> {
    let is_letter = |letter: char| {
        letter.is_alphabetic() && on_the_line(letter) == letter && !is_accent(letter)
    };
    let mut pieces = Vec::new();
    let mut rest = run;
    // Where the letters that are no word end, counted from the end of the run.
    let mut single_until = run.len();
    while let Some(first) = rest.chars().next() {
        let letters = rest.find(|letter: char| !is_letter(letter)).unwrap_or(rest.len());
        let own = if rest.len() <= single_until && is_word(&rest[..letters]) {
            letters
        } else {
            single_until = rest.len() - letters;
            first.len_utf8()
        };
        let end = rest[own..].find(is_letter).map_or(rest.len(), |at| own + at);
        let (piece, tail) = rest.split_at(end);
        pieces.push(piece);
        rest = tail;
    }
    pieces
}
