//! Names of variables in LaTeX and `MathML`: `W1` is W₁, `alpha` is α, `loss` stands upright.

use crate::syntax::{self, Accent};

/// A name in its parts: letters, then what stands below the line.
struct Parts {
    letters: String,
    /// Runs of letters or digits.
    below: Vec<String>,
}

pub(super) fn latex(name: &str) -> String {
    let parts = split(&syntax::spelling(name));
    let letters = latex_letters(&parts.letters);
    if parts.below.is_empty() {
        return letters;
    }
    let below: Vec<String> = parts.below.iter().map(|part| latex_letters(part)).collect();
    format!("{letters}_{{{}}}", below.join(","))
}

pub(super) fn mathml(name: &str) -> String {
    let parts = split(&syntax::spelling(name));
    let letters = mathml_letters(&parts.letters);
    if parts.below.is_empty() {
        return letters;
    }
    let below: Vec<String> = parts.below.iter().map(|part| mathml_letters(part)).collect();
    format!("<msub>{letters}<mrow>{}</mrow></msub>", below.join("<mo>,</mo>"))
}

fn split(name: &str) -> Parts {
    let plain: String = name.chars().map(syntax::on_the_line).collect();
    let is_own = |c: char| c.is_alphabetic() || syntax::is_accent(c);
    let end = plain.find(|c: char| !is_own(c)).unwrap_or(plain.len());
    let (letters, rest) = plain.split_at(end);
    // A subscript such as ₐ was turned into a letter: it was none of the name's own.
    let own = name.chars().take_while(|c| syntax::on_the_line(*c) == *c && is_own(*c)).count();
    let cut = letters.char_indices().nth(own).map_or(letters.len(), |(at, _)| at);
    let (letters, more) = letters.split_at(cut);
    let rest = format!("{more}{rest}");
    let below = rest.split('_').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    Parts { letters: letters.to_owned(), below }
}

fn latex_letters(text: &str) -> String {
    match syntax::letters(text).as_slice() {
        [letter] => accented_latex(letter),
        [('d', accents), letter] if accents.is_empty() && letter.0.is_alphabetic() => {
            format!(r"\mathrm{{d}}{}", accented_latex(letter))
        }
        _ if text.chars().all(|c| c.is_ascii_digit()) => text.to_owned(),
        _ => upright_latex(text),
    }
}

fn upright_latex(text: &str) -> String {
    if text.is_ascii() {
        return format!(r"\mathrm{{{text}}}");
    }
    let letters: Vec<String> = syntax::letters(text).iter().map(accented_latex).collect();
    format!(r"{{{}}}", letters.join(" "))
}

/// `\hat{y}`
fn accented_latex((letter, accents): &(char, Vec<&Accent>)) -> String {
    let marked = |inner: String, accent: &&Accent| format!("{}{{{inner}}}", accent.latex);
    accents.iter().fold(latex_letter(*letter), marked)
}

fn latex_letter(letter: char) -> String {
    if letter == 'ο' {
        return "o".to_owned();
    }
    if let Some(name) = syntax::spelled(letter) {
        return format!(r"\{name}");
    }
    match letter {
        'ϑ' => r"\vartheta".to_owned(),
        'ϕ' => r"\phi".to_owned(),
        'ϖ' => r"\varpi".to_owned(),
        'ϱ' => r"\varrho".to_owned(),
        'ϵ' => r"\epsilon".to_owned(),
        'ς' => r"\varsigma".to_owned(),
        'µ' => r"\mu".to_owned(),
        'ℓ' => r"\ell".to_owned(),
        'Α'..='Ω' => latin_capital(letter).to_string(),
        letter => letter.to_string(),
    }
}

/// Greek capitals that LaTeX writes as the Latin letter of the same form.
fn latin_capital(letter: char) -> char {
    const SAME: &[(char, char)] = &[
        ('Α', 'A'),
        ('Β', 'B'),
        ('Ε', 'E'),
        ('Ζ', 'Z'),
        ('Η', 'H'),
        ('Ι', 'I'),
        ('Κ', 'K'),
        ('Μ', 'M'),
        ('Ν', 'N'),
        ('Ο', 'O'),
        ('Ρ', 'P'),
        ('Τ', 'T'),
        ('Χ', 'X'),
    ];
    SAME.iter().find(|(greek, _)| *greek == letter).map_or(letter, |(_, latin)| *latin)
}

fn mathml_letters(text: &str) -> String {
    if text.chars().all(|c| c.is_ascii_digit()) {
        return format!("<mn>{text}</mn>");
    }
    format!("<mi>{text}</mi>")
}
