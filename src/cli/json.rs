//! Answers and errors as JSON.

use serde_json::{Map, Value, json};

use crate::expression::Id;
use crate::kernel::Array;
use crate::render::{Document, Notation};
use crate::session::{Answer, Certificate, Derivative, SessionError};
use crate::syntax::ast::RequestKind;

/// Everything about one derivative: `result`, `differential`, `where` with the named parts of both, `shape`, `layout`, `assumed`, `check`, `certificate`, `notes`.
pub(super) fn derivative(answer: &Answer, derivative: &Derivative) -> Map<String, Value> {
    let document = Document::new(&answer.store, &[derivative.id], &answer.options());
    let mut object = Map::new();
    let mut set = |key: &str, value: Value| object.insert(key.to_owned(), value);
    set("result", Value::Object(notations(&document, derivative.id)));
    set("shape", json!(derivative.shape.to_string()));
    set("layout", json!(derivative.layout()));
    set("assumed", json!(answer.assumed()));
    let mut parts = bindings(&document, derivative.id);
    if let Some(differential) = derivative.differential {
        let document = answer.document_beside(differential, &[document]);
        set("differential", Value::Object(notations(&document, differential)));
        for part in bindings(&document, differential) {
            // A family that both need is defined once.
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
    }
    set("where", Value::Array(parts));
    set("check", check(answer));
    set("certificate", json!(certificate(derivative.certificate)));
    if !derivative.notes.is_empty() {
        set("notes", derivative.notes.iter().map(|note| json!(note.to_string())).collect());
    }
    object
}

/// The derivatives of an answer, each with its variable.
pub(super) fn derivatives(answer: &Answer) -> Vec<Value> {
    let each = answer.derivatives.iter().map(|one| {
        let mut object = Map::new();
        object.insert("wrt".to_owned(), json!(*one.variable));
        if let Some((second, _)) = &one.second {
            object.insert("second".to_owned(), json!(**second));
        }
        object.extend(derivative(answer, one));
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
        "kind": kind(answer.kind),
        key(answer.kind): derivatives(answer),
    })
}

/// An array as rows; a single number as it is.
pub(super) fn array(value: &Array<f64>) -> Value {
    if let [only] = value.data.as_slice() {
        return json!(only);
    }
    let row = |i| (0..value.columns).map(|j| json!(value.at(i, j))).collect();
    Value::Array((0..value.rows).map(|i| Value::Array(row(i))).collect())
}

/// What several derivatives of one kind stand under.
pub(super) fn key(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Value | RequestKind::Gradient => "gradients",
        RequestKind::Jacobian => "jacobians",
        RequestKind::Hessian => "hessians",
        RequestKind::Differential => "differentials",
    }
}

pub(super) fn kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Value => "value",
        RequestKind::Gradient => "gradient",
        RequestKind::Jacobian => "jacobian",
        RequestKind::Hessian => "hessian",
        RequestKind::Differential => "differential",
    }
}

/// The named parts of a formula, each before its first use.
fn bindings(document: &Document<'_>, id: Id) -> Vec<Value> {
    let each = document.definitions_of(id).into_iter().map(|definition| {
        let mut binding = Map::new();
        binding.insert("name".to_owned(), json!(*definition.name));
        let notations = NOTATIONS.map(|(key, notation)| {
            (key.to_owned(), json!(document.right_side(&definition, notation)))
        });
        binding.extend(notations);
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

const NOTATIONS: [(&str, Notation); 3] =
    [("ascii", Notation::Ascii), ("unicode", Notation::Unicode), ("latex", Notation::Latex)];

fn notations(document: &Document<'_>, id: Id) -> Map<String, Value> {
    let texts =
        NOTATIONS.map(|(key, notation)| (key.to_owned(), json!(document.text(id, notation))));
    texts.into_iter().collect()
}

fn check(answer: &Answer) -> Value {
    answer.check.map_or(
        Value::Null,
        |check| json!({ "points": check.points, "max_relative_error": check.max_relative_error }),
    )
}

fn certificate(certificate: Certificate) -> &'static str {
    match certificate {
        Certificate::Proved { .. } | Certificate::Swept => "proved",
        Certificate::Equal { .. } => "equal",
        Certificate::NotTried => "not tried",
    }
}
