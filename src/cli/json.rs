//! Answers and errors as JSON.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::expression::Id;
use crate::kernel::Array;
use crate::render::{self, Brought, Document, Notation};
use crate::session::{Answer, Certificate, Derivative, SessionError, Steps, StepsError};
use crate::syntax::ast::RequestKind;

/// The only derivative of an answer, without its variable; none where there are several.
pub(super) fn only(answer: &Answer) -> Option<Map<String, Value>> {
    let [derivative] = answer.derivatives.as_slice() else { return None };
    Some(Page::new(answer).derivative(derivative))
}

/// The derivatives of an answer, each with its variable.
pub(super) fn derivatives(answer: &Answer) -> Vec<Value> {
    let mut page = Page::new(answer);
    let each = answer.derivatives.iter().map(|one| {
        let mut object = Map::new();
        object.insert("wrt".to_owned(), json!(*one.variable));
        if let Some((second, _)) = &one.second {
            object.insert("second".to_owned(), json!(**second));
        }
        object.extend(page.derivative(one));
        Value::Object(object)
    });
    each.collect()
}

/// The derivatives of an answer laid out together. A name stands for one part in all of them, and is defined with the first that
/// needs it.
struct Page<'a> {
    answer: &'a Answer,
    results: Document<'a>,
    differentials: Document<'a>,
    /// What the results and the differentials so far have brought.
    brought: [Brought; 2],
    /// The formulas of families that stand beside a result: a differential does not say them again.
    said: BTreeSet<String>,
    own: Own<'a>,
}

/// The writer's own definitions, each said with the first formula that needs it.
struct Own<'a> {
    answer: &'a Answer,
    document: Document<'a>,
    said: BTreeSet<Id>,
    brought: Brought,
}

impl<'a> Own<'a> {
    /// `beside`: where other names stand for other parts.
    fn new(answer: &'a Answer, beside: &Document<'a>) -> Self {
        let values: Vec<Id> = answer.names.iter().map(|named| named.value).collect();
        let document = answer.document_beside(&values, std::slice::from_ref(beside));
        Self { answer, document, said: BTreeSet::new(), brought: Brought::default() }
    }

    /// Those that a formula needs, each after those that it speaks of.
    fn needed(&mut self, id: Id) -> Vec<Value> {
        let mut parts = Vec::new();
        for named in self.answer.names_beyond(&[id], &mut self.said) {
            parts.extend(bindings(&self.document, named.value, &mut self.brought));
            let mut own = notations(&self.document, named.value);
            own.insert("name".to_owned(), json!(*named.name));
            parts.push(Value::Object(own));
        }
        parts
    }
}

impl<'a> Page<'a> {
    fn new(answer: &'a Answer) -> Self {
        let results = answer.document();
        let maps: Vec<Id> = answer.derivatives.iter().filter_map(|one| one.differential).collect();
        let differentials = answer.document_beside(&maps, std::slice::from_ref(&results));
        let own = Own::new(answer, &results);
        let (brought, said) = Default::default();
        Self { answer, results, differentials, brought, said, own }
    }

    /// Everything about one derivative: `result`, `where` with the named parts of it and of the differential that no earlier one
    /// has defined, `shape`, `layout`, `assumed`, `read`, `differential`, `check`, `certificate`, `notes`.
    fn derivative(&mut self, derivative: &Derivative) -> Map<String, Value> {
        let [of_results, of_differentials] = &mut self.brought;
        let mut parts = self.own.needed(derivative.written);
        parts.extend(bindings(&self.results, derivative.written, of_results));
        if let Some(id) = derivative.differential {
            parts.extend(bindings(&self.differentials, id, of_differentials));
        }
        parts.retain(|part| self.said.insert(part.to_string()));
        let mut object = Map::new();
        let mut set = |key: &str, value: Value| object.insert(key.to_owned(), value);
        set("result", Value::Object(notations(&self.results, derivative.written)));
        set("where", Value::Array(parts));
        set("shape", json!(derivative.shape.to_string()));
        set("layout", json!(derivative.layout()));
        set("assumed", json!(self.answer.assumed()));
        if !self.answer.read.is_empty() {
            set("read", json!(self.answer.read));
        }
        if let Some(id) = derivative.differential {
            set("differential", Value::Object(notations(&self.differentials, id)));
        }
        set("check", check(self.answer));
        set("certificate", json!(certificate(derivative.certificate)));
        if !derivative.notes.is_empty() {
            set("notes", derivative.notes.iter().map(|note| json!(note.to_string())).collect());
        }
        object
    }
}

/// A whole answer: the formula, its shape, and its gradients.
pub(super) fn answer(answer: &Answer) -> Value {
    let value = answer.written_value;
    let beside = if answer.derivatives.is_empty() { Vec::new() } else { vec![answer.document()] };
    let document = answer.document_beside(&[value], &beside);
    let mut parts = Own::new(answer, &document).needed(value);
    parts.extend(bindings(&document, value, &mut Brought::default()));
    json!({
        "formula": answer.formula,
        "value": notations(&document, value),
        "where": parts,
        "shape": answer.shape.to_string(),
        "assumed": answer.assumed(),
        "read": answer.read,
        "kind": answer.kind.word(),
        key(answer.kind): derivatives(answer),
    })
}

/// The derivation of one derivative: of each formula on the way, its lines.
pub(super) fn steps(answer: &Answer, derivative: &Derivative) -> Result<Value, StepsError> {
    Ok(answer.steps(derivative)?.iter().map(derivation).collect())
}

/// `{"formula", "lines": {"ascii": [{"left", "right", "reason"}], …}}`; the formula stands there where it is one of a recurrence.
fn derivation(steps: &Steps) -> Value {
    let lines = NOTATIONS.map(|(key, notation)| {
        let rows = steps.prose(notation).rows;
        let row = |row: &render::Row| {
            json!({ "left": row.left, "right": row.right, "reason": row.reason })
        };
        (key.to_owned(), rows.iter().map(row).collect::<Value>())
    });
    json!({
        "formula": steps.heading(Notation::Ascii),
        "lines": lines.into_iter().collect::<Map<_, _>>(),
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

/// The named parts of a formula that no earlier one has brought, each before its first use.
fn bindings(document: &Document<'_>, id: Id, brought: &mut Brought) -> Vec<Value> {
    let each = document.definitions_beyond(id, brought).into_iter().map(|definition| {
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

/// An error that lies in no part of a question.
pub(super) fn plain_error(code: &str, message: &str, help: Option<&str>) -> Value {
    json!({ "code": code, "message": message, "help": help, "start": null, "end": null, "in": null })
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
