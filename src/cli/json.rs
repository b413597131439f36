//! Answers and errors as JSON.

use serde_json::{Map, Value, json};

use crate::expression::Id;
use crate::render::{Document, Notation};
use crate::session::{Answer, Certificate, Gradient, SessionError};

/// Everything about one gradient: `result`, `where`, `shape`, `layout`, `assumed`, `check`, `certificate`, `notes`.
pub(super) fn gradient(answer: &Answer, gradient: &Gradient) -> Map<String, Value> {
    let document = Document::new(&answer.store, &[gradient.id], &answer.options());
    let mut object = Map::new();
    let mut set = |key: &str, value: Value| object.insert(key.to_owned(), value);
    set("result", Value::Object(notations(&document, gradient.id)));
    set("where", bindings(&document, gradient.id));
    set("shape", json!(gradient.shape.to_string()));
    set("layout", json!(gradient.layout()));
    set("assumed", json!(answer.assumed()));
    set("check", check(answer));
    set("certificate", json!(certificate(gradient.certificate)));
    if !gradient.notes.is_empty() {
        set("notes", gradient.notes.iter().map(|note| json!(note.to_string())).collect());
    }
    object
}

/// The gradients of an answer, each with its variable.
pub(super) fn gradients(answer: &Answer) -> Vec<Value> {
    let each = answer.gradients.iter().map(|one| {
        let mut object = Map::new();
        object.insert("wrt".to_owned(), json!(*one.variable));
        object.extend(gradient(answer, one));
        Value::Object(object)
    });
    each.collect()
}

/// A whole answer: the formula, its shape, and its gradients.
pub(super) fn answer(answer: &Answer) -> Value {
    let document = Document::new(&answer.store, &[answer.value], &answer.options());
    json!({
        "formula": answer.formula,
        "value": notations(&document, answer.value),
        "where": bindings(&document, answer.value),
        "shape": answer.shape.to_string(),
        "assumed": answer.assumed(),
        "gradients": gradients(answer),
    })
}

/// The named parts of a formula, each before its first use.
fn bindings(document: &Document<'_>, id: Id) -> Value {
    let each = document.definitions_of(id).into_iter().map(|definition| {
        let mut binding = Map::new();
        binding.insert("name".to_owned(), json!(*definition.name));
        binding.extend(notations(document, definition.id));
        Value::Object(binding)
    });
    each.collect()
}

/// `{"code", "message", "start", "end", "in"}`: byte offsets into the part of the question that `in` names.
pub(super) fn error(error: &SessionError) -> Value {
    let diagnostic = error.diagnostic();
    let (part, span) = match error.place() {
        Some((part, span)) => (Some(part.name()), Some(span)),
        None => (None, None),
    };
    json!({
        "code": diagnostic.code,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "start": span.map(|span| span.start),
        "end": span.map(|span| span.end),
        "in": part,
    })
}

fn notations(document: &Document<'_>, id: Id) -> Map<String, Value> {
    [("ascii", Notation::Ascii), ("unicode", Notation::Unicode), ("latex", Notation::Latex)]
        .into_iter()
        .map(|(key, notation)| (key.to_owned(), json!(document.text(id, notation))))
        .collect()
}

fn check(answer: &Answer) -> Value {
    answer.check.map_or(
        Value::Null,
        |check| json!({ "points": check.points, "max_relative_error": check.max_relative_error }),
    )
}

fn certificate(certificate: Certificate) -> &'static str {
    match certificate {
        Certificate::Proved { .. } => "proved",
        Certificate::Equal { .. } => "equal",
        Certificate::NotTried => "not tried",
    }
}
