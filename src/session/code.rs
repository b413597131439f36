//! Answers as Rust: one function for the value and all derivatives of a formula, compared with plain loops.

use std::collections::BTreeSet;

use super::answer::{self, Answer, Convention, Layout, Named, Written};
use crate::emit::{self, Document, Names};
use crate::expression::{Id, Node, Store};
use crate::lower::{Program, Title};
use crate::render::{self, Notation};
use crate::shape::Name;
use crate::source::Fault;
use crate::syntax::ast::RequestKind;
use crate::verify::{self, By, Derivative, Request};

pub use crate::emit::{Emitted, Precision};
pub use crate::verify::{Agreement, NoOrder, Report, VerifyError};

/// Why there is no code.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CodeError {
    /// A table that loops cannot compute.
    #[error(transparent)]
    NoOrder(#[from] NoOrder),
    /// A fault of gradus.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl CodeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoOrder(_) => NoOrder::CODE,
            Self::Fault(_) => Fault::CODE,
        }
    }
}

/// The largest relative error of a verified output in double precision.
pub const DOUBLE_LIMIT: f64 = 1e-10;

/// The largest relative error of a verified output in single precision.
pub const SINGLE_LIMIT: f64 = 1e-4;

/// The words of an emitted module.
struct Words {
    text: String,
    conventions: String,
}

impl Answer {
    /// The module that computes the value and the gradients.
    pub fn code(&self, precision: Precision) -> Emitted {
        let words = self.words();
        let request = self.request(&words);
        emit::emit(&request.program(), &request.document, precision)
    }

    /// The program of the value alone, and that of the value with all derivatives, at these expected sizes.
    pub(super) fn programs(&self, sizes: &[(Name, u64)]) -> (Program, Program) {
        let words = Words { text: String::new(), conventions: String::new() };
        let mut request = Request { sizes, ..self.request(&words) };
        let all = request.program();
        request.derivatives.clear();
        (request.program(), all)
    }

    fn words(&self) -> Words {
        Words { text: self.documentation(), conventions: self.conventions() }
    }

    fn request<'a>(&'a self, words: &'a Words) -> Request<'a> {
        let gradients = self.gradients.iter().map(|gradient| Derivative {
            title: Title::from("gradient_").variable(&gradient.variable),
            by: By::Variable(gradient.variable_id),
            expression: gradient.id,
        });
        let derivatives =
            gradients.chain(self.derivatives.iter().map(|one| derivative(&self.store, one)));
        let variables = self.variables.iter();
        let mut variables: Vec<(Name, Id)> =
            variables.map(|variable| (variable.name.clone(), variable.id)).collect();
        variables.extend(self.directions());
        Request {
            store: &self.store,
            value: self.value,
            formula: self.original,
            derivatives: derivatives.collect(),
            variables,
            sizes: &self.sizes,
            document: Document {
                text: &words.text,
                conventions: &words.conventions,
                derivative: kind(self.kind),
            },
        }
    }

    /// The directions of linear maps that have no matrix: further inputs.
    fn directions(&self) -> Vec<(Name, Id)> {
        let mut found: Vec<(Name, Id)> = Vec::new();
        let maps = self.derivatives.iter().filter(|one| one.layout == Layout::LinearMap);
        for (_, direction) in maps.flat_map(|derivative| &derivative.along) {
            if let Node::Variable(name) = self.store.node(*direction)
                && !found.iter().any(|(_, id)| id == direction)
            {
                found.push((name.clone(), *direction));
            }
        }
        found
    }

    /// The formula and its derivatives, a line each.
    fn documentation(&self) -> String {
        let (mut described, mut lines) = (BTreeSet::new(), Vec::new());
        let name = self.name();
        // What the names in these lines stand for.
        let mut roots: Vec<Id> = self.derivatives.iter().map(|one| one.written).collect();
        roots.push(self.written_value);
        let own: Vec<&Named> = self.names_beyond(&roots, &mut BTreeSet::new());
        let own = own.into_iter().filter(|named| *named.name != *name);
        let own: Vec<(&Name, Id)> = own.map(|named| (&named.name, named.value)).collect();
        let values: Vec<Id> = own.iter().map(|(_, value)| *value).collect();
        let document = self.document_beside(&values, &[self.document()]);
        for ((name, _), written) in own.iter().zip(document.written(Notation::Unicode)) {
            describe(name, &written, &mut described, &mut lines);
        }
        if name == self.formula {
            describe(name, &self.written_value(Notation::Unicode), &mut described, &mut lines);
        } else {
            lines.push(format!("{name} = {}", self.formula));
        }
        for gradient in &self.gradients {
            let document =
                crate::render::Document::new(&self.store, &[gradient.id], &self.options());
            let written = document.formula(gradient.id, Notation::Unicode);
            describe(
                &format!("∂{name}/∂{}", gradient.variable),
                &written,
                &mut described,
                &mut lines,
            );
        }
        for (derivative, written) in self.derivatives.iter().zip(self.written(Notation::Unicode)) {
            describe(&label(name, derivative), &written, &mut described, &mut lines);
        }
        lines.join("\n")
    }

    /// The layout of the derivatives.
    fn conventions(&self) -> String {
        let mut lines = Vec::new();
        for derivative in self.gradients.iter().chain(&self.derivatives) {
            let convention = convention(derivative.layout).to_owned();
            if !lines.contains(&convention) {
                lines.push(convention);
            }
        }
        lines.extend(self.gradients.iter().chain(&self.derivatives).filter_map(structure));
        lines.join("\n")
    }
}

/// The output of one derivative: `gradient_W`, `jacobian_x`, `hessian_x_y`, `differential`. For the gradient by an element of a family
/// the code computes that by the family: all elements, one after the other.
fn derivative(store: &Store, derivative: &answer::Derivative) -> Derivative {
    if let (Layout::Denominator, Node::Element(family, _), Node::Element(gradient, _)) =
        (derivative.layout, store.node(derivative.variable_id), store.node(derivative.id))
        && let Some(name) = store.family(*family).map(|family| &family.name)
    {
        let title = Title::from("gradient_").variable(name);
        return Derivative { title, by: By::Variable(*family), expression: *gradient };
    }
    let (x, id) = (&derivative.variable, derivative.variable_id);
    let by_one = |word: &str| Title::from(word).variable(x);
    let (title, by) = match (&derivative.second, derivative.layout) {
        (None, Layout::LinearMap) => (by_one("differential_"), By::Along(derivative.along.clone())),
        (Some((y, second)), Layout::LinearMap) => {
            let direction = derivative.along.first().map_or(*second, |(_, direction)| *direction);
            let title = by_one("hessian_").word("_times_d").variable(y);
            (title, By::TwoAlong(id, (*second, direction)))
        }
        (Some((_, second)), _) if *second == id => (by_one("hessian_"), By::Two(id, id)),
        (Some((y, second)), _) => (by_one("hessian_").word("_").variable(y), By::Two(id, *second)),
        (None, Layout::Denominator) => (by_one("gradient_"), By::Variable(id)),
        (None, _) => (by_one("jacobian_"), By::Variable(id)),
    };
    Derivative { title, by, expression: derivative.id }
}

/// What stands before a derivative in the documentation.
fn label(function: &str, derivative: &answer::Derivative) -> String {
    let x = &derivative.variable;
    match (&derivative.second, derivative.layout) {
        (_, Layout::LinearMap) => format!("d{function}"),
        (None, Layout::Vec) => format!("∂vec({function})/∂vec({x})"),
        (None, _) => format!("∂{function}/∂{x}"),
        (Some((y, _)), Layout::Vec) => format!("∂²{function}/∂vec({x})∂vec({y})"),
        (Some((y, _)), _) => format!("∂²{function}/∂{x}∂{y}"),
    }
}

fn kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Value | RequestKind::Gradient => "gradient",
        RequestKind::Jacobian => "jacobian",
        RequestKind::Hessian => "hessian",
        RequestKind::Differential => "differential",
    }
}

/// What a layout means, in a sentence.
fn convention(layout: Layout) -> &'static str {
    match layout {
        Layout::Denominator => "A gradient G has the shape of its variable X: df = tr(Gᵀ dX).",
        Layout::Numerator => "A Jacobian J has a row for each entry of the value: df = J dx.",
        Layout::Vec => {
            "A derivative by a matrix is of vec by vec, column by column: vec(dF) = J vec(dX)."
        }
        Layout::Entrywise => "A derivative by a scalar has the shape of the value.",
        Layout::Hessian => "Entry (i, j) of a Hessian is ∂²f/∂xᵢ∂xⱼ.",
        Layout::LinearMap => {
            "A differential has the shape of the value and is linear in the directions."
        }
    }
}

/// A formula and the bindings that are not described yet.
fn describe(
    label: &str,
    written: &Written,
    described: &mut BTreeSet<String>,
    lines: &mut Vec<String>,
) {
    lines.push(format!("{label} = {}", written.text));
    for binding in &written.bindings {
        let line = format!("  with {} = {}", binding.name, binding.text);
        if described.insert(line.clone()) {
            lines.push(line);
        }
    }
}

/// What the gradient by a structured variable means.
fn structure(gradient: &answer::Derivative) -> Option<String> {
    let name = render::name(&gradient.variable, Notation::Unicode);
    match gradient.convention {
        Convention::Free => None,
        Convention::Projection => Some(format!("{name} is symmetric: its gradient is (G + Gᵀ)/2.")),
        Convention::Cookbook => {
            Some(format!("{name} is symmetric: its gradient is G + Gᵀ − diag(G)."))
        }
    }
}

/// The answers as one text, whose first line says where it is from: a single answer as it is, several each in a module named after
/// its formula.
pub fn module(answers: &[Answer], precision: Precision) -> Result<String, CodeError> {
    let words = Words { text: String::new(), conventions: String::new() };
    if let Some(answer) = answers.iter().find(|answer| !answer.request(&words).is_computable()) {
        return Err(NoOrder { formula: answer.formula.clone() }.into());
    }
    let text = format!("{}. Do not edit.\n\n{}", emit::HEADER, modules(answers, precision));
    // It stands in the code where something that must be known is missing, with what that is behind it.
    match text.split_once(emit::FAULT) {
        Some((_, rest)) => {
            let found = rest.lines().next().unwrap_or(rest).trim_start_matches(": ");
            Err(Fault::new("writing code", found.trim_end_matches("\")")).into())
        }
        None => Ok(text),
    }
}

fn modules(answers: &[Answer], precision: Precision) -> String {
    if let [only] = answers {
        return only.code(precision).text;
    }
    let mut names = Names::new();
    let modules = answers.iter().map(|answer| {
        let name = names.identifier(answer.name());
        let text = answer.code(precision).text;
        let of = emit::comment(answer.name()).join(" ");
        format!(
            "/// {of}, with what was asked of it.\n#[rustfmt::skip]\npub mod {name} {{\n{text}}}\n"
        )
    });
    modules.collect::<Vec<_>>().join("\n")
}

/// Compiles and runs the answers' code and compares it with plain loops, all in one crate. A report for each answer.
pub fn verify<'a>(
    answers: impl IntoIterator<Item = &'a Answer>,
) -> Result<Vec<Result<Report, VerifyError>>, VerifyError> {
    let answers: Vec<&Answer> = answers.into_iter().collect();
    let words: Vec<Words> = answers.iter().map(|answer| answer.words()).collect();
    let requests: Vec<Request<'_>> =
        answers.iter().zip(&words).map(|(answer, words)| answer.request(words)).collect();
    verify::verify_all(&requests)
}

/// Whether every output is as exact as its precision allows.
pub fn agrees(report: &Report) -> bool {
    let exact = |output: &Agreement| output.double <= DOUBLE_LIMIT && output.single <= SINGLE_LIMIT;
    report.outputs.iter().all(exact)
}
