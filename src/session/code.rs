//! Answers as Rust: one function for the value and all gradients of a formula, compared with plain loops.

use super::answer::{self, Answer, Convention, Written};
use crate::emit::{self, Document, Names};
use crate::render::{self, Notation};
use crate::shape::Name;
use crate::verify::{self, Derivative, Request};

pub use crate::emit::{Emitted, Precision};
pub use crate::verify::{Agreement, Report, VerifyError};

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

    fn words(&self) -> Words {
        Words { text: self.documentation(), conventions: self.conventions() }
    }

    fn request<'a>(&'a self, words: &'a Words) -> Request<'a> {
        let gradients = self.derivatives.iter().map(|gradient| Derivative {
            name: Name::from(format!("gradient_{}", gradient.variable)),
            variable: gradient.variable_id,
            gradient: gradient.id,
        });
        let variables = self.variables.iter();
        Request {
            store: &self.store,
            value: self.value,
            gradients: gradients.collect(),
            variables: variables.map(|variable| (variable.name.clone(), variable.id)).collect(),
            sizes: &self.sizes,
            document: Document { text: &words.text, conventions: &words.conventions },
        }
    }

    /// The formula and its gradients, a line each.
    fn documentation(&self) -> String {
        let mut lines = Vec::new();
        let name = self.name();
        if name == self.formula {
            describe(name, &self.written_value(Notation::Unicode), &mut lines);
        } else {
            lines.push(format!("{name} = {}", self.formula));
        }
        for (gradient, written) in self.derivatives.iter().zip(self.written(Notation::Unicode)) {
            describe(&format!("∂{name}/∂{}", gradient.variable), &written, &mut lines);
        }
        lines.join("\n")
    }

    /// The layout of the gradients.
    fn conventions(&self) -> String {
        if self.derivatives.is_empty() {
            return String::new();
        }
        let mut lines =
            vec!["A gradient G has the shape of its variable X: df = tr(Gᵀ dX).".to_owned()];
        lines.extend(self.derivatives.iter().filter_map(structure));
        lines.join("\n")
    }
}

/// A formula and the bindings that are not described yet.
fn describe(label: &str, written: &Written, lines: &mut Vec<String>) {
    lines.push(format!("{label} = {}", written.text));
    for binding in &written.bindings {
        let line = format!("  with {} = {}", binding.name, binding.text);
        if !lines.contains(&line) {
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

/// The answers as one text: a single answer as it is, several each in a module named after its formula.
pub fn module(answers: &[Answer], precision: Precision) -> String {
    if let [only] = answers {
        return only.code(precision).text;
    }
    let mut names = Names::new();
    let modules = answers.iter().map(|answer| {
        let name = names.identifier(answer.name());
        let text = answer.code(precision).text;
        format!("#[rustfmt::skip]\npub mod {name} {{\n{text}}}\n")
    });
    modules.collect::<Vec<_>>().join("\n")
}

/// Compiles and runs the answers' code and compares it with plain loops, all in one crate. A report for each answer.
pub fn verify(answers: &[Answer]) -> Result<Vec<Result<Report, VerifyError>>, VerifyError> {
    let words: Vec<Words> = answers.iter().map(Answer::words).collect();
    let requests: Vec<Request<'_>> =
        answers.iter().zip(&words).map(|(answer, words)| answer.request(words)).collect();
    verify::verify_all(&requests)
}

/// Whether every output is as exact as its precision allows.
pub fn agrees(report: &Report) -> bool {
    let exact = |output: &Agreement| output.double <= DOUBLE_LIMIT && output.single <= SINGLE_LIMIT;
    report.outputs.iter().all(exact)
}
