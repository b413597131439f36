//! Answers in index notation, for people.

use std::fmt::Write as _;

use super::present;
use crate::render;
use crate::render::index::Script;
use crate::session::{Answer, Derivative, Entries, EntryLine, Left};

/// The whole answer with its derivatives by the formulas for their entries.
pub fn answer(answer: &Answer, script: Script) -> String {
    let notation = script.notation();
    let plain = present::is_plain(notation);
    let entries = answer.entries(script);
    let mut text = String::new();
    if !answer.derivatives.is_empty() {
        text.push_str(&present::head(answer, notation));
    }
    for (at, entries) in entries.iter().enumerate() {
        let derivative = answer.derivatives.get(at);
        for line in &entries.lines {
            let left = left(answer, derivative, line, script);
            let separator = if text.is_empty() { "" } else { "\n" };
            let _ = write!(text, "{separator}{left} = {}", line.text);
        }
        text.push_str(&bindings(entries, script));
        if plain {
            text.push_str(&ranges(entries));
            match derivative {
                Some(derivative) => text.push_str(&present::meaning(derivative, notation)),
                None => text.push_str(&present::declarations(
                    &answer.variables,
                    answer.store.unknown_functions(),
                    notation,
                )),
            }
        }
    }
    text.push('\n');
    if plain {
        text.push_str(&present::checked(answer));
    }
    text
}

/// What the named parts stand for.
fn bindings(entries: &Entries, script: Script) -> String {
    let mut text = String::new();
    let mut word = match script {
        Script::Unicode => "where ",
        Script::Latex => "\\text{where } ",
    };
    for binding in &entries.bindings {
        let _ = write!(text, "\n  {word}{} = {}", binding.name, binding.text);
        word = if word == "where " { "      " } else { word };
    }
    text
}

/// `i = 1…m; j, k = 1…n`
fn ranges(entries: &Entries) -> String {
    let each = entries.ranges.iter().map(|(letters, size)| {
        format!("{} = 1…{}", letters.join(", "), size.to_string().replace('*', "·"))
    });
    let list: Vec<String> = each.collect();
    if list.is_empty() { String::new() } else { format!("\n  indices: {}", list.join("; ")) }
}

/// `(∂f/∂X)_ij`, `∂f_i/∂x_j`, `∂²f/∂x_i∂x_j`, `(df)_i`
fn left(
    answer: &Answer,
    derivative: Option<&Derivative>,
    line: &EntryLine,
    script: Script,
) -> String {
    let notation = script.notation();
    let function = render::name(answer.name(), notation);
    let Some(derivative) = derivative else {
        return match &line.left {
            Left::Entry(at) | Left::Differential(at) | Left::Partial { of: at, .. } => {
                script.entry(&function, at)
            }
        };
    };
    let name = |name: &str, at: &[String]| script.entry(&render::name(name, notation), at);
    let second = derivative.second.as_ref().map(|(name, _)| name);
    let element = line.place.as_ref().map(|place| format!("{}[{place}]", derivative.variable));
    let first = element.as_deref().unwrap_or(&derivative.variable);
    match (&line.left, second) {
        (Left::Entry(at), None) => {
            let fraction = script.derivative("", &function, &[name(first, &[])]);
            marked(script, fraction, at)
        }
        (Left::Entry(at), Some(second)) => {
            let fraction =
                script.derivative("2", &function, &[name(first, &[]), name(second, &[])]);
            marked(script, fraction, at)
        }
        (Left::Partial { of, by }, None) => {
            script.derivative("", &script.entry(&function, of), &[name(first, by)])
        }
        (Left::Partial { of, by }, Some(second)) => {
            script.derivative("2", &function, &[name(first, of), name(second, by)])
        }
        (Left::Differential(at), _) => {
            marked(script, present::differential_label(answer, derivative, notation), at)
        }
    }
}

/// An entry of what is no name.
fn marked(script: Script, base: String, at: &[String]) -> String {
    if at.is_empty() { base } else { script.entry(&script.fenced(&base), at) }
}
