//! Text of the kernel room inside emitted code: one implementation serves the evaluator and the user.

use std::collections::BTreeSet;
use std::fmt::Write as _;

const ENTRYWISE: &str = include_str!("../kernel/entrywise.rs");
const ERROR_FUNCTION: &str = include_str!("../kernel/error_function.rs");

/// The files of the kernel room, without those that only the evaluator needs.
const FILES: &[(&str, &str)] = &[
    ("array", include_str!("../kernel/array.rs")),
    ("convolution", include_str!("../kernel/convolution.rs")),
    ("singular", include_str!("../kernel/singular.rs")),
    ("dense", include_str!("../kernel/dense.rs")),
    ("dual", include_str!("../kernel/dual.rs")),
    ("entrywise", ENTRYWISE),
    ("error_function", ERROR_FUNCTION),
    ("factorization", include_str!("../kernel/factorization.rs")),
    ("matfun", include_str!("../kernel/matfun.rs")),
    ("spectral", include_str!("../kernel/spectral.rs")),
    ("real", include_str!("../kernel/real.rs")),
    ("window", include_str!("../kernel/window.rs")),
];

const INDEX: &str = include_str!("../kernel/mod.rs");

/// The kernel room as the contents of one module, without the numbers that only comparisons need.
pub(crate) fn kernel_room() -> String {
    let mut text = String::new();
    let is_wanted = |line: &&str| {
        !line.starts_with("//!") && !line.contains("scaled") && !line.contains("smooth")
    };
    for line in INDEX.lines().filter(is_wanted) {
        let file = line
            .trim_start_matches("pub ")
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'))
            .and_then(|name| FILES.iter().find(|(known, _)| *known == name));
        match file {
            Some((name, contents)) => {
                let contents: String = contents
                    .lines()
                    .filter(|line| !line.starts_with("//!"))
                    .fold(String::new(), |text, line| text + line + "\n");
                let _ = writeln!(text, "pub mod {name} {{\n{contents}}}");
            }
            None => {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    text
}

/// The named entrywise routines, and the items they need, for one float type instead of any number type.
pub(super) fn entrywise(needed: &BTreeSet<&'static str>) -> String {
    let items: Vec<Item> = items(ENTRYWISE).into_iter().chain(items(ERROR_FUNCTION)).collect();
    let mut wanted: BTreeSet<&str> = needed.iter().copied().collect();
    loop {
        let mut called: BTreeSet<&str> = BTreeSet::new();
        for item in items.iter().filter(|item| wanted.contains(item.name)) {
            for word in words(item.text) {
                let calls_error_function = match word {
                    "error_function" => Some("erf_f64"),
                    "error_function_complement" => Some("erfc_f64"),
                    _ => None,
                };
                called.extend(calls_error_function);
                called.extend(
                    items
                        .iter()
                        .map(|other| other.name)
                        .filter(|name| *name == word && is_called(item.text, name)),
                );
            }
        }
        let before = wanted.len();
        wanted.extend(called);
        if wanted.len() == before {
            break;
        }
    }
    let mut text = String::new();
    for item in items.iter().filter(|item| wanted.contains(item.name)) {
        // The kernel room is formatted for longer lines than the default.
        let _ = write!(text, "\n{}", specialised(item.text));
    }
    let methods = methods(&text);
    format!("{methods}{text}")
}

/// A free function or constant of a file.
struct Item {
    name: &'static str,
    text: &'static str,
}

/// The items of a file: each begins at a blank line and ends with a brace or semicolon at the margin.
fn items(file: &'static str) -> Vec<Item> {
    let mut list = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in file.split_inclusive('\n') {
        let end = at + line.len();
        if line.starts_with("//!") || (line.trim().is_empty() && file[start..at].trim().is_empty())
        {
            start = end;
        }
        let closes = line.starts_with('}')
            || (!line.starts_with([' ', '/']) && line.trim_end().ends_with([';', '}']));
        if closes {
            let text = &file[start..end];
            let head = text.lines().find(|line| !line.starts_with(['/', '#'])).unwrap_or_default();
            let mut tokens = words(head).skip_while(|word| !matches!(*word, "fn" | "const"));
            tokens.next();
            if let (false, Some(name)) = (head.starts_with("use "), tokens.next()) {
                list.push(Item { name, text });
            }
            start = end;
        }
        at = end;
    }
    list
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .filter(|word| !word.is_empty())
}

/// Whether a function is called by its name, or a constant read; methods of the same name are something else.
fn is_called(text: &str, name: &str) -> bool {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        let inside = |letter: Option<char>| letter.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !inside(before) && !inside(after) && before != Some('.') && !code[..at].ends_with("fn ")
    })
}

/// The item with `T` replaced by the float type.
fn specialised(text: &str) -> String {
    let text = text
        .replace("pub fn ", "fn ")
        .replace("<T: Real>", "")
        .replace("number::<T>(", "number(")
        .replace("T::constant(", "number(");
    let mut result = String::new();
    let mut skipped = false;
    for line in text.split_inclusive('\n') {
        if !skipped && !line.starts_with("//") && !line.trim().is_empty() {
            result.push_str("#[rustfmt::skip]\n");
            skipped = true;
        }
        if line.trim_start().starts_with("//") {
            result.push_str(line);
        } else {
            push_specialised(line, &mut result);
        }
    }
    // The conversion is the one place that names the target type.
    result.replace("    number(value)\n", "    value as Float\n")
}

fn push_specialised(line: &str, result: &mut String) {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut rest = line;
    while let Some(at) = rest.find('T') {
        let before = rest[..at].chars().next_back().is_some_and(is_word);
        let after = rest[at + 1..].chars().next().is_some_and(is_word);
        result.push_str(&rest[..at]);
        result.push_str(if before || after { "T" } else { "Float" });
        rest = &rest[at + 1..];
    }
    result.push_str(rest);
}

/// The methods of the kernel room's number trait that std's floats lack, as far as they are used.
fn methods(text: &str) -> String {
    #[rustfmt::skip]
    const METHODS: &[(&str, &str, &str)] = &[
        (".less(", "fn less(self, other: Self) -> bool", "self < other"),
        (".real(", "fn real(self) -> f64", "self as f64"),
        (".error_function(", "fn error_function(self) -> Self", "erf_f64(self as f64) as Float"),
        (".error_function_complement(", "fn error_function_complement(self) -> Self", "erfc_f64(self as f64) as Float"),
    ];
    let used: Vec<_> = METHODS.iter().filter(|(call, ..)| text.contains(call)).collect();
    if used.is_empty() {
        return String::new();
    }
    let mut result = String::from("\n/// What std's floats lack.\ntrait Real {\n");
    for (_, head, _) in &used {
        let _ = writeln!(result, "    {head};");
    }
    result.push_str("}\n\nimpl Real for Float {\n");
    for (at, (_, head, body)) in used.iter().enumerate() {
        let gap = if at == 0 { "" } else { "\n" };
        let _ = write!(result, "{gap}    {head} {{\n        {body}\n    }}\n");
    }
    result.push_str("}\n");
    result
}
