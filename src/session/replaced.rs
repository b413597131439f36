//! What a later line declares anew: of what was read before, the declaration of the same name does not count any more.

use std::ops::Range;

use super::program;
use super::source::{Part, Source};
use crate::shape::Name;
use crate::syntax::ast::{Statement, StatementKind};

/// The pieces without the declarations that a later piece, or `text`, replaces; and which names `text` declares anew, with what they
/// were before.
pub(super) fn without(pieces: &[String], text: &str) -> (Vec<String>, Vec<(Name, String)>) {
    let mut kept = pieces.to_vec();
    let mut replaced = Vec::new();
    let mut source = Source::default();
    for piece in pieces {
        source.push(Part::Session, piece);
    }
    source.push(Part::Expression, text);
    // What cannot be read says so where it is read to be answered.
    let Ok(program) = program::parse(&source, &[]) else { return (kept, replaced) };
    let statements = &program.statements;
    let place = |statement: &Statement| source.place(statement.span);
    // `A, B: m×n` is a statement for each name.
    let mut at = 0;
    let mut cuts: Vec<(usize, Range<usize>, String)> = Vec::new();
    while at < statements.len() {
        let first = &statements[at];
        let group = statements[at..].iter().take_while(|other| other.span == first.span).count();
        at += group;
        let Some(here) = place(first) else { continue };
        let mut left = Vec::new();
        for one in &statements[at - group..at] {
            // Of several, the first says that it replaces this one.
            let later = |it: &&Statement| place(it).is_some_and(|there| there > here);
            let by = statements[at..].iter().find(|it| replaces(it, one) && later(it));
            match by {
                None => left.push(one),
                Some(later) if place(later) == Some(pieces.len()) => {
                    let shape = |it: &Statement| shape(&source.text[it.span.start..it.span.end]);
                    let name = declared(one).unwrap_or_default();
                    if shape(one) != shape(later) {
                        replaced.push((Name::from(name), shape(one).to_owned()));
                    }
                }
                Some(_) => {}
            }
        }
        if left.len() < group {
            let start = source.start(here);
            let whole = first.span.start - start..first.span.end - start;
            cuts.push((here, whole.clone(), rest(&pieces[here][whole], &left)));
        }
    }
    // From the end, so that places before stay what they are.
    for (here, range, text) in cuts.into_iter().rev() {
        let piece = &mut kept[here];
        let after = piece[range.end..].trim_start_matches([' ', '\t']);
        // What separates the statement from the next one goes with it.
        let end = match after.strip_prefix(';').filter(|_| text.is_empty()) {
            Some(next) => piece.len() - next.trim_start().len(),
            None => range.end,
        };
        piece.replace_range(range.start..end, &text);
    }
    (kept, replaced)
}

/// What a statement says of its names.
fn shape(statement: &str) -> &str {
    statement.split_once([':', '∈', '=']).map_or(statement, |(_, shape)| shape).trim()
}

/// A declaration of fewer names.
fn rest(statement: &str, names: &[&Statement]) -> String {
    let names = names.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Declaration(declaration) => {
            let indices: Vec<&str> =
                declaration.indices.iter().map(|it| it.text.as_str()).collect();
            let brackets = format!("[{}]", indices.join(", "));
            let brackets = if indices.is_empty() { String::new() } else { brackets };
            Some(format!("{}{brackets}", declaration.name.text))
        }
        _ => None,
    });
    let names: Vec<String> = names.collect();
    let says = statement.find([':', '∈']).map(|at| &statement[at..]);
    match says {
        Some(says) if !names.is_empty() => format!("{}{says}", names.join(", ")),
        _ => String::new(),
    }
}

/// The name that a statement declares, or defines as a whole.
fn declared(statement: &Statement) -> Option<&str> {
    match &statement.kind {
        StatementKind::Declaration(declaration) => Some(&declaration.name.text),
        StatementKind::Definition { name, indices, .. } if indices.is_empty() => Some(&name.text),
        _ => None,
    }
}

/// A declaration replaces what the name was before; a definition what was declared, and stands beside an earlier definition, which
/// lines before it may use.
fn replaces(later: &Statement, earlier: &Statement) -> bool {
    let is_declaration = |it: &Statement| matches!(it.kind, StatementKind::Declaration(_));
    let name = declared(earlier);
    name.is_some() && declared(later) == name && (is_declaration(later) || is_declaration(earlier))
}
