//! Letters with accents: ŷ is one letter of one name, whether it was typed as one character or as `y` and a mark.

/// A mark above a letter.
#[derive(Debug, PartialEq, Eq)]
pub struct Accent {
    /// The combining character.
    mark: char,
    /// LaTeX's command.
    pub latex: &'static str,
    /// The mark in a word, for identifiers: `y_hat`.
    pub word: &'static str,
    /// Letters that have a character of their own with this mark,
    plain: &'static str,
    /// and these characters, in the same order.
    composed: &'static str,
}

#[rustfmt::skip]
const ACCENTS: &[Accent] = &[
    Accent { mark: '\u{302}', latex: r"\hat",   word: "hat",
             plain:    "aceghijosuwyzACEGHIJOSUWYZ",
             composed: "âĉêĝĥîĵôŝûŵŷẑÂĈÊĜĤÎĴÔŜÛŴŶẐ" },
    Accent { mark: '\u{303}', latex: r"\tilde", word: "tilde",
             plain:    "aeinouvyAEINOUVY",
             composed: "ãẽĩñõũṽỹÃẼĨÑÕŨṼỸ" },
    Accent { mark: '\u{304}', latex: r"\bar",   word: "bar",
             plain:    "aegiouyAEGIOUY",
             composed: "āēḡīōūȳĀĒḠĪŌŪȲ" },
    Accent { mark: '\u{305}', latex: r"\bar",   word: "bar", plain: "", composed: "" },
    Accent { mark: '\u{307}', latex: r"\dot",   word: "dot",
             plain:    "abcdefghmnoprstwxyzABCDEFGHIMNOPRSTWXYZ",
             composed: "ȧḃċḋėḟġḣṁṅȯṗṙṡṫẇẋẏżȦḂĊḊĖḞĠḢİṀṄȮṖṘṠṪẆẊẎŻ" },
    Accent { mark: '\u{308}', latex: r"\ddot",  word: "ddot",
             plain:    "aehiotuwxyAEHIOUWXY",
             composed: "äëḧïöẗüẅẍÿÄËḦÏÖÜẄẌŸ" },
    Accent { mark: '\u{30c}', latex: r"\check", word: "check",
             plain:    "acdeghijklnorstuzACDEGHIKLNORSTUZ",
             composed: "ǎčďěǧȟǐǰǩľňǒřšťǔžǍČĎĚǦȞǏǨĽŇǑŘŠŤǓŽ" },
    Accent { mark: '\u{20d7}', latex: r"\vec",  word: "vec", plain: "", composed: "" },
];

/// The letter below the accent of a single character, and the accent.
fn decomposed(letter: char) -> Option<(char, &'static Accent)> {
    let mut accents = ACCENTS.iter().filter(|_| !letter.is_ascii());
    accents.find_map(|accent| {
        let at = accent.composed.chars().position(|composed| composed == letter)?;
        accent.plain.chars().nth(at).map(|plain| (plain, accent))
    })
}

fn marked(mark: char) -> Option<&'static Accent> {
    ACCENTS.iter().find(|accent| !mark.is_ascii() && accent.mark == mark)
}

/// The mark that a word names: `hat`.
pub(super) fn named(word: &str) -> Option<char> {
    ACCENTS.iter().find(|accent| accent.word == word).map(|accent| accent.mark)
}

/// The letters of a name, each with its accents.
///
/// ```
/// use gradus::syntax::letters;
/// assert_eq!(letters("ŷ"), letters("y\u{302}"));
/// assert_eq!(letters("ŷ")[0].1[0].latex, r"\hat");
/// ```
pub fn letters(name: &str) -> Vec<(char, Vec<&'static Accent>)> {
    let mut letters: Vec<(char, Vec<&'static Accent>)> = Vec::new();
    for letter in name.chars() {
        match (marked(letter), letters.last_mut()) {
            (Some(accent), Some((_, accents))) => accents.push(accent),
            _ => match decomposed(letter) {
                Some((plain, accent)) => letters.push((plain, vec![accent])),
                None => letters.push((letter, Vec::new())),
            },
        }
    }
    letters
}

/// Whether the character is a mark above the letter before it.
pub fn is_accent(letter: char) -> bool {
    marked(letter).is_some()
}

/// The name with each accented letter as one character where there is one.
pub(super) fn composed(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    let mut text = String::new();
    for (letter, accents) in letters(name) {
        let mut rest = accents.as_slice();
        let single = rest.first().and_then(|accent| {
            let at = accent.plain.chars().position(|plain| plain == letter)?;
            accent.composed.chars().nth(at)
        });
        if single.is_some() {
            rest = &rest[1..];
        }
        text.push(single.unwrap_or(letter));
        text.extend(rest.iter().map(|accent| accent.mark));
    }
    text
}
