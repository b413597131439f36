//! Answers as Rust: one function for the value and all gradients of a formula.

use super::answer::{Answer, Gradient};
use crate::emit::{self, Document, Names};
use crate::expression::Id;
use crate::lower::{self, Task};
use crate::render::{self, Notation};
use crate::shape::Name;

pub use crate::emit::{Emitted, Precision};

impl Answer {
    /// The module that computes the value and the gradients.
    pub fn code(&self, precision: Precision) -> Emitted {
        let variables: Vec<(Name, Id)> =
            self.variables.iter().map(|variable| (variable.name.clone(), variable.id)).collect();
        let mut outputs: Vec<(Name, Id)> = vec![(Name::from("value"), self.value)];
        let gradients = self.gradients.iter();
        outputs.extend(gradients.map(|gradient| (gradient.variable.clone(), gradient.id)));
        let task = Task {
            store: &self.store,
            variables: &variables,
            outputs: &outputs,
            sizes: &self.sizes,
        };
        let text = self.documentation();
        let conventions = self.conventions();
        let document = Document { text: &text, conventions: &conventions };
        emit::emit(&lower::lower(&task), &document, precision)
    }

    /// The formula and its gradients, a line each.
    fn documentation(&self) -> String {
        let mut lines = self.lines("f", self.value);
        for gradient in &self.gradients {
            lines.extend(self.lines(&format!("∂f/∂{}", gradient.variable), gradient.id));
        }
        lines.join("\n")
    }

    fn lines(&self, label: &str, id: Id) -> Vec<String> {
        let written = self.written(id, Notation::Unicode);
        let mut lines = vec![format!("{label} = {}", written.text)];
        let bindings = written.bindings.iter();
        lines.extend(bindings.map(|binding| format!("  with {} = {}", binding.name, binding.text)));
        lines
    }

    /// The layout of the gradients.
    fn conventions(&self) -> String {
        if self.gradients.is_empty() {
            return String::new();
        }
        let mut lines =
            vec!["A gradient G has the shape of its variable X: df = tr(Gᵀ dX).".to_owned()];
        lines.extend(self.gradients.iter().filter_map(structure));
        lines.join("\n")
    }
}

/// What the gradient by a structured variable means.
fn structure(gradient: &Gradient) -> Option<String> {
    let name = render::name(&gradient.variable, Notation::Unicode);
    match gradient.convention {
        super::Convention::Free => None,
        super::Convention::Projection => {
            Some(format!("{name} is symmetric: its gradient is (G + Gᵀ)/2."))
        }
        super::Convention::Cookbook => {
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
        let is_name = answer.formula.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        let name = names.identifier(if is_name { &answer.formula } else { "f" });
        let text = answer.code(precision).text;
        format!("#[rustfmt::skip]\npub mod {name} {{\n{text}}}\n")
    });
    modules.collect::<Vec<_>>().join("\n")
}
