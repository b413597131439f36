//! From a formula and its variables to checked gradients.
//!
//! sweep → structure of the variable → short form → check against dual numbers → second derivation. An answer that fails a check is
//! a fault, never a result.

use std::collections::BTreeSet;

use super::answer::{Answer, Certificate, Convention, Derivative, Layout, Note};
use super::error::{Problem, SessionError};
use super::meaning::{conditions, invertible, meaning};
use super::program::Reading;
use super::task::Task;
use super::{Certify, Settings, length, matrix, named};
use crate::differentiate;
use crate::evaluate::{self, Check, CheckError, Comparison, Effort, EvaluateError};
use crate::expression::{Id, Node, Piece, Place, Property, Store};
use crate::shape::Name;
use crate::simplify::{self, simplify};
use crate::syntax::ast::RequestKind;

/// Points at which another form of a gradient is compared.
const TRIES: u64 = 4;

/// Carries the task out.
pub(super) fn answer(
    reading: &Reading,
    task: &Task,
    settings: Settings,
) -> Result<Answer, SessionError> {
    let mut answer = match task.kind {
        RequestKind::Value => value(reading, task),
        RequestKind::Gradient => gradient(reading, task, settings),
        RequestKind::Jacobian => matrix::jacobian(reading, task, settings),
        RequestKind::Hessian => matrix::hessian(reading, task, settings),
        RequestKind::Differential => matrix::differential(reading, task),
    }?;
    named::write(reading, task.of_span, &mut answer)?;
    Ok(answer)
}

fn value(reading: &Reading, task: &Task) -> Result<Answer, SessionError> {
    let mut store = reading.model.store.clone();
    let short = simplify(&mut store, &[task.of])[0];
    finished(reading, task, store, short)
}

/// An answer without derivatives yet. Nothing is answered from a store in which a fault was found.
pub(super) fn finished(
    reading: &Reading,
    task: &Task,
    store: Store,
    short: Id,
) -> Result<Answer, SessionError> {
    let span = task.of_span;
    store.fault().map_err(|fault| reading.error(Problem::Fault { fault, span }))?;
    let mut wanted: BTreeSet<Id> = task.wrt.iter().map(|(_, id)| *id).collect();
    wanted.extend(store.closure(&[task.of]));
    let variables = reading.model.variables.iter();
    let variables = variables.filter(|variable| wanted.contains(&variable.id)).cloned().collect();
    let defined = reading.families();
    let families = store.closure(&[task.of]).into_iter().filter_map(|id| store.family(id));
    let known = families.filter(|one| one.is_variable() || defined.contains(&one.name));
    let model = &reading.model;
    let plain = model.definitions.iter().filter(|(_, id)| model.store.family(*id).is_none());
    let plain = plain.map(|(name, _)| name.clone());
    let taken = |name: &str| {
        model.variables.iter().any(|variable| &*variable.name == name)
            || model.definitions.iter().any(|(known, _)| &**known == name)
    };
    let called = ["f", "F", "φ", "Φ"].into_iter().find(|name| !taken(name)).unwrap_or("value");
    Ok(Answer {
        called,
        is_line: task.is_line,
        kind: task.kind,
        known: known.map(|family| family.name.clone()).chain(plain).collect(),
        formula: match &task.name {
            Some(name) => name.clone(),
            None => on_one_line(&reading.source.text[task.of_span.start..task.of_span.end]),
        },
        original: task.of,
        value: short,
        names: Vec::new(),
        written_value: short,
        writer: simplify::Names::default(),
        shown: None,
        shape: store.shape(task.of).clone(),
        variables,
        derivatives: Vec::new(),
        gradients: Vec::new(),
        check: None,
        sizes: reading.model.sizes.clone(),
        read: reading.model.notes.clone(),
        greek: reading.source.has_greek(),
        store,
    })
}

pub(super) fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn gradient(reading: &Reading, task: &Task, settings: Settings) -> Result<Answer, SessionError> {
    let span = task.of_span;
    let mut store = reading.model.store.clone();
    if !store.shape(task.of).is_scalar() {
        let shape = store.shape(task.of).clone();
        return Err(reading.error(Problem::NotScalar { what: "a gradient", shape, span }));
    }
    // The gradient by an element is that element of the gradient by its family, which several may share.
    let families: Vec<Id> = task.wrt.iter().map(|(_, id)| family_of(&store, *id)).collect();
    let mut wrt: Vec<Id> = Vec::new();
    for family in &families {
        if !wrt.contains(family) {
            wrt.push(*family);
        }
    }
    let swept = differentiate::gradients(&mut store, task.of, &wrt)
        .map_err(|error| reading.error(task.refusal(reading, error)))?;
    let mut roots = vec![task.of];
    for (variable, gradient) in wrt.iter().zip(&swept) {
        roots.push(structured(&mut store, settings.convention, *variable, *gradient));
    }
    let known = store.closure(&[task.of]);
    let short = simplify::simplify_families(&mut store, &roots, &known);
    let pairs: Vec<(Id, Id)> = wrt.iter().copied().zip(short.iter().skip(1).copied()).collect();
    let check = check(reading, task, &store, &pairs, settings)?;
    let occurring = store.closure(&[task.of]);
    let mut budget = simplify::Budget::of(&store, task.of, &short);
    // Most answers hold nothing that must be explained, and one look tells.
    let explained = !meaning(&store, &short).is_empty();
    let inverts = !invertible(&store, task.of, &short).is_empty();
    let conditional = conditions(&store, &occurring);
    let is_indexed = store.closure(&roots).iter().any(|id| {
        matches!(store.node(*id), Node::Family(_) | Node::Element(..) | Node::SumOver(..))
    });
    let mut derivatives = Vec::new();
    for ((name, variable), family) in task.wrt.iter().zip(&families) {
        let Some(at) = wrt.iter().position(|known| known == family) else { continue };
        let certificate = match settings.certify {
            Certify::Skip => Certificate::NotTried,
            Certify::Try => {
                certify(reading, task, &mut store, (name, *variable), swept[at], &mut budget)?
            }
        };
        let id = match store.node(*variable).clone() {
            Node::Element(_, place) if store.family(pairs[at].1).is_some() => {
                element_of(&mut store, pairs[at].1, &place)
            }
            Node::Element(..) => {
                let shape = store.shape(*variable).clone();
                store.zeros(&shape)
            }
            _ => pairs[at].1,
        };
        derivatives.push(Derivative {
            variable: name.clone(),
            variable_id: *variable,
            second: None,
            id,
            long: if id == pairs[at].1 { roots[at + 1] } else { id },
            written: id,
            swept: swept[at],
            shape: store.shape(id).clone(),
            layout: Layout::Denominator,
            differential: None,
            along: Vec::new(),
            convention: settings.convention.of(&store, *variable),
            certificate,
            notes: moving_part(&store, name, *variable)
                .filter(|_| settings.convention != Convention::Free)
                .into_iter()
                .chain(notes(reading, task, &occurring, (name, wrt[at])))
                .chain(if explained { meaning(&store, &[id]) } else { Vec::new() })
                .chain(if inverts { invertible(&store, task.of, &[id]) } else { Vec::new() })
                .chain(conditional.of(&store, wrt[at]))
                .chain(if is_indexed { length::lengths(&store, task.of, id) } else { Vec::new() })
                .collect(),
        });
    }
    let mut answer = finished(reading, task, store, short[0])?;
    answer.derivatives = derivatives;
    answer.check = Some(check);
    Ok(answer)
}

/// The family of an element; any other value itself.
fn family_of(store: &Store, id: Id) -> Id {
    match store.node(id) {
        Node::Element(family, _) => *family,
        _ => id,
    }
}

/// The element of a family at a place: the formula, where one stands for that place alone.
fn element_of(store: &mut Store, family: Id, place: &Place) -> Id {
    let pieces = store.family(family).map(|family| family.pieces.as_slice()).unwrap_or_default();
    let stands_there =
        |piece: &&Piece| piece.is_single() && piece.ends().map(|(from, _)| from).eq(place.values());
    let alone = pieces.iter().find(stands_there);
    match alone {
        Some(piece) => piece.body,
        None => store.element_at(family, place),
    }
}

/// What the convention makes of the sweep's gradient.
pub(super) fn structured(store: &mut Store, convention: Convention, variable: Id, swept: Id) -> Id {
    if store.family(swept).is_some() {
        store.rewrite_family(swept, &mut |store, piece| {
            structured(store, convention, variable, piece.body)
        });
        return swept;
    }
    match convention.of(store, variable) {
        Convention::Free
            if convention != Convention::Free && triangle(store, variable).is_some() =>
        {
            differentiate::project(store, variable, swept)
        }
        Convention::Free => swept,
        Convention::Projection => differentiate::project(store, variable, swept),
        Convention::Cookbook => differentiate::cookbook(store, swept),
    }
}

/// What alone moves in a diagonal or triangular variable.
pub(super) fn moving_part(store: &Store, name: &Name, variable: Id) -> Option<Note> {
    if store.properties(variable).has(Property::Diagonal) && !store.shape(variable).is_scalar() {
        return Some(Note::Diagonal(name.clone()));
    }
    triangle(store, variable).map(|word| Note::Triangle(name.clone(), word))
}

/// The word for a triangular variable.
fn triangle(store: &Store, variable: Id) -> Option<&'static str> {
    let facts = store.properties(variable);
    match (facts.has(Property::Symmetric), facts.has(Property::Lower), facts.has(Property::Upper)) {
        (false, true, false) => Some("lower"),
        (false, false, true) => Some("upper"),
        _ => None,
    }
}

/// What the value does not depend on has the derivative zero, and the reader is told so: of a name that stands in the formula otherwise
/// than of one that does not.
pub(super) fn notes(
    reading: &Reading,
    task: &Task,
    occurring: &[Id],
    (name, variable): (&Name, Id),
) -> Vec<Note> {
    if occurring.binary_search(&variable).is_ok() {
        return Vec::new();
    }
    let is_written = reading.written(task.of_span).iter().any(|it| it.id == variable);
    let note = if is_written { Note::MakesNoDifference } else { Note::DoesNotOccur };
    vec![note(name.clone())]
}

/// The gradients against dual numbers.
fn check(
    reading: &Reading,
    task: &Task,
    store: &Store,
    gradients: &[(Id, Id)],
    settings: Settings,
) -> Result<Check, SessionError> {
    let effort = Effort { symmetric: settings.convention.checked_as(), ..Effort::default() };
    let found = evaluate::check_gradients(store, task.of, gradients, &effort);
    // What the formula itself names and does not define is no fault of the derivative.
    let is_missing = |found: &Result<Check, CheckError>| {
        matches!(found, Err(CheckError::Evaluate(EvaluateError::OutsideRange { .. })))
    };
    if is_missing(&found) {
        let alone = evaluate::check_gradients(store, task.of, &[], &effort);
        if let (true, Err(error)) = (is_missing(&alone), alone) {
            return Err(reading.error(Problem::Unchecked { error, span: task.of_span }));
        }
    }
    checked(reading, task, found)
}

/// What a check found, in terms of the question.
pub(super) fn checked(
    reading: &Reading,
    task: &Task,
    found: Result<Check, CheckError>,
) -> Result<Check, SessionError> {
    let span = task.of_span;
    found.map_err(|error| match error {
        CheckError::NoPoint
        | CheckError::NotFinite
        | CheckError::TooLarge(_)
        | CheckError::SmallSizes => reading.error(Problem::Unchecked { error, span }),
        CheckError::Evaluate(EvaluateError::Fault(fault)) => {
            reading.error(Problem::Fault { fault, span })
        }
        CheckError::Mismatch { .. }
        | CheckError::Shape { .. }
        | CheckError::NoVariable(_)
        | CheckError::Evaluate(_) => reading.error(fault(reading, task, error.to_string())),
    })
}

/// The second derivation; it and the sweep must agree.
fn certify(
    reading: &Reading,
    task: &Task,
    store: &mut Store,
    (name, variable): (&Name, Id),
    swept: Id,
    budget: &mut simplify::Budget,
) -> Result<Certificate, SessionError> {
    let wrong = |found: String| reading.error(fault(reading, task, found));
    let span = task.of_span;
    let certificate = simplify::certify(store, task.of, variable, swept, budget)
        .map_err(|fault| reading.error(Problem::Fault { fault, span }))?;
    match certificate {
        simplify::Certificate::Proved { nodes, rounds } => {
            Ok(Certificate::Proved { nodes, rounds })
        }
        simplify::Certificate::NotTried => Ok(Certificate::NotTried),
        simplify::Certificate::Open { gradient } => {
            match evaluate::equal(store, swept, store, gradient, TRIES) {
                Comparison::Equal { points, .. } => Ok(Certificate::Equal { points }),
                Comparison::Undecided => Ok(Certificate::NotTried),
                Comparison::Different { .. } => {
                    Err(wrong(format!("two derivations of the gradient by {name} disagree")))
                }
            }
        }
    }
}

pub(super) fn fault(reading: &Reading, task: &Task, found: String) -> Problem {
    let (text, _) = reading.source.without_library();
    let names: Vec<&str> = task.wrt.iter().map(|(name, _)| &**name).collect();
    let reproduce = format!("{} (by {})", text.replace("\n;\n", "; "), names.join(", "));
    Problem::Wrong { found, reproduce, span: task.of_span }
}
