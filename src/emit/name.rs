//! Identifiers and comments: nothing that the user typed reaches the text except through here.

use std::collections::{BTreeMap, BTreeSet};

use crate::shape::Name;

use crate::syntax;

/// Words that Rust keeps for itself, or that the emitted module uses.
const RESERVED: &[&str] = &[
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "union",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "sizes",
    "inputs",
    "workspace",
    "value",
];

#[rustfmt::skip]
const LETTERS: &[(char, &str)] = &[
    ('α', "alpha"), ('β', "beta"), ('γ', "gamma"), ('δ', "delta"), ('ε', "epsilon"), ('ϵ', "epsilon"), ('ζ', "zeta"),
    ('η', "eta"), ('θ', "theta"), ('ϑ', "theta"), ('ι', "iota"), ('κ', "kappa"), ('λ', "lambda"), ('μ', "mu"),
    ('ν', "nu"), ('ξ', "xi"), ('ο', "omicron"), ('π', "pi"), ('ρ', "rho"), ('σ', "sigma"), ('ς', "sigma"), ('τ', "tau"),
    ('υ', "upsilon"), ('φ', "phi"), ('ϕ', "phi"), ('χ', "chi"), ('ψ', "psi"), ('ω', "omega"),
    ('Γ', "gamma"), ('Δ', "delta"), ('Θ', "theta"), ('Λ', "lambda"), ('Ξ', "xi"), ('Π', "pi"), ('Σ', "sigma"),
    ('Υ', "upsilon"), ('Φ', "phi"), ('Ψ', "psi"), ('Ω', "omega"),
    ('₀', "0"), ('₁', "1"), ('₂', "2"), ('₃', "3"), ('₄', "4"), ('₅', "5"), ('₆', "6"), ('₇', "7"), ('₈', "8"), ('₉', "9"),
];

/// Identifiers given out so far, each once.
#[derive(Clone, Debug, Default)]
pub struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// No names given out.
    pub fn new() -> Self {
        Self::default()
    }

    /// An identifier for a name: ASCII, snake case, Greek spelled out; a keyword or a name given out before gets `_2`, `_3`, ….
    pub fn identifier(&mut self, name: &str) -> String {
        let base = snake(name);
        let mut candidate = base.clone();
        let mut number = 2;
        while RESERVED.contains(&candidate.as_str()) || self.taken.contains(&candidate) {
            candidate = format!("{base}_{number}");
            number += 1;
        }
        self.taken.insert(candidate.clone());
        candidate
    }
}

/// An identifier for each of the names, the same in whatever order they come. Of names that differ only in case, the one without capitals keeps
/// its letters and the others say so: `v` and `v_upper`.
pub(super) fn identifiers<'a>(names: impl IntoIterator<Item = &'a Name>) -> BTreeMap<Name, String> {
    let mut by_letters: BTreeMap<String, BTreeSet<&Name>> = BTreeMap::new();
    for name in names {
        by_letters.entry(snake(name)).or_default().insert(name);
    }
    let mut taken = Names::new();
    let mut found = BTreeMap::new();
    let mut later = Vec::new();
    for (letters, names) in &by_letters {
        let keeps = names.iter().find(|name| names.len() == 1 || !has_capitals(name));
        for name in names {
            if Some(name) == keeps {
                found.insert((*name).clone(), taken.identifier(name));
            } else {
                later.push((letters, *name));
            }
        }
    }
    // Those that keep their letters come first.
    for (letters, name) in later {
        let letters = if has_capitals(name) { format!("{letters}_upper") } else { letters.clone() };
        found.insert(name.clone(), taken.identifier(&letters));
    }
    found
}

fn has_capitals(name: &str) -> bool {
    name.chars().any(char::is_uppercase)
}

/// ASCII letters, digits and underscores, beginning with a letter.
fn snake(name: &str) -> String {
    let mut text = String::new();
    let mut lower_before = false;
    for (letter, accents) in syntax::letters(name).into_iter().take(60) {
        if let Some((_, spelled)) = LETTERS.iter().find(|(greek, _)| *greek == letter) {
            let digit = spelled.starts_with(|first: char| first.is_ascii_digit());
            if !text.is_empty() && !text.ends_with('_') && !digit {
                text.push('_');
            }
            text.push_str(spelled);
            lower_before = true;
        } else if letter.is_ascii_alphanumeric() {
            if letter.is_ascii_uppercase() && lower_before {
                text.push('_');
            }
            text.push(letter.to_ascii_lowercase());
            lower_before = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        } else {
            if !text.is_empty() && !text.ends_with('_') {
                text.push('_');
            }
            lower_before = false;
        }
        for accent in accents {
            text.push('_');
            text.push_str(accent.word);
            lower_before = true;
        }
    }
    let trimmed = text.trim_matches('_');
    match trimmed.chars().next() {
        None => "x".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("x{trimmed}"),
        Some(_) => trimmed.to_owned(),
    }
}

/// What stands in generated code where something that must be known is not: an expression that no compiler accepts, and that says what is
/// wrong.
pub(crate) fn fault(what: &str) -> String {
    let what: String = what.chars().filter(|letter| !matches!(letter, '"' | '\\')).collect();
    format!("compile_error!(\"{FAULT}: {}\")", comment(&what).join(" "))
}

/// How the words of a fault begin.
pub(crate) const FAULT: &str = "this is a fault of gradus, please report it";

/// A text as it may stand in a comment: its lines, without control characters, marks that reorder text, or line separators.
pub fn comment(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            let kept: String = line.chars().filter(|letter| !is_harmful(*letter)).collect();
            kept.trim_end().to_owned()
        })
        .collect()
}

/// Control characters, separators of lines and paragraphs, and everything that changes the direction or visibility of text.
fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{feff}' | '\u{00ad}')
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(letter, '\u{e0000}'..='\u{e007f}')
}
