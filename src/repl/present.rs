//! Answers in words and formulas, for people.

use std::fmt::Write as _;

use crate::evaluate::Check;
use crate::render::{self, Notation};
use crate::session::{self, Answer, Certificate, Convention, Gradient, Note};
use crate::shape::Shape;
use crate::syntax::ast::RequestKind;

/// The whole answer: the formula with its variables' shapes, what was asked for, how it was checked, and by which convention.
pub fn answer(answer: &Answer, notation: Notation) -> String {
    match answer.kind {
        RequestKind::Value | RequestKind::Differential => value(answer, notation),
        RequestKind::Gradient | RequestKind::Jacobian | RequestKind::Hessian => {
            gradients(answer, notation)
        }
    }
}

/// A formula in its short form, with its shape.
fn value(answer: &Answer, notation: Notation) -> String {
    let mut text = formula(answer, "", answer.value, notation);
    if is_plain(notation) {
        let _ = write!(text, "\n  shape: {}", shape_words(&answer.shape));
        text.push_str(&variables(answer, notation));
    }
    text.push('\n');
    text
}

fn gradients(answer: &Answer, notation: Notation) -> String {
    let mut text = formula(answer, "f = ", answer.value, notation);
    if is_plain(notation) {
        text.push_str(&variables(answer, notation));
        text.push('\n');
    }
    for gradient in &answer.gradients {
        let label = label(gradient, notation);
        let _ = write!(text, "\n{}", formula(answer, &label, gradient.id, notation));
        if is_plain(notation) {
            let _ = write!(text, "\n  shape: {}", shape_words(&gradient.shape));
            if let Some(convention) = convention(gradient) {
                let _ = write!(text, "\n  convention: {convention}");
            }
            for note in &gradient.notes {
                let _ = write!(text, "\n  note: {}", note_words(note));
            }
        }
    }
    text.push('\n');
    if let Some(check) = answer.check.filter(|_| is_plain(notation)) {
        let _ = write!(text, "{}", checks(&check, &answer.gradients));
    }
    text
}

/// One formula with its bindings below it.
fn formula(answer: &Answer, label: &str, id: crate::expression::Id, notation: Notation) -> String {
    let written = answer.written(id, notation);
    let mut text = format!("{label}{}", written.text);
    for (at, binding) in written.bindings.iter().enumerate() {
        let word = match (notation, at) {
            (Notation::Latex, _) => r"\quad\text{where } ",
            (_, 0) => "where ",
            (_, _) => "      ",
        };
        let _ = write!(text, "\n  {word}{} = {}", binding.name, binding.text);
    }
    text
}

/// What stands before a gradient.
fn label(gradient: &Gradient, notation: Notation) -> String {
    let variable = render::name(&gradient.variable, notation);
    match notation {
        Notation::Ascii => format!("df/d{variable} = "),
        Notation::Unicode => format!("∂f/∂{variable} = "),
        Notation::Latex => format!("\\frac{{\\partial f}}{{\\partial {variable}}} = "),
        Notation::MathMl => String::new(),
    }
}

/// The variables with their shapes, those that were assumed marked.
fn variables(answer: &Answer, notation: Notation) -> String {
    let list = |assumed: bool| {
        let chosen = answer.variables.iter().filter(|variable| variable.assumed == assumed);
        chosen.map(session::declaration).collect::<Vec<_>>().join("; ")
    };
    let line = |words: &str, list: String| match (list.is_empty(), notation) {
        (true, _) => String::new(),
        (false, Notation::Ascii) => format!("\n  {words}: {}", list.replace('×', " x ")),
        (false, _) => format!("\n  {words}: {list}"),
    };
    line("declared", list(false)) + &line("assumed", list(true))
}

/// `m×n`, `scalar`
fn shape_words(shape: &Shape) -> String {
    shape.to_string()
}

fn convention(gradient: &Gradient) -> Option<String> {
    let x = &gradient.variable;
    match gradient.convention {
        Convention::Free => None,
        Convention::Projection => {
            Some(format!("{x} is symmetric: the symmetric projection (G + Gᵀ)/2"))
        }
        Convention::Cookbook => {
            Some(format!("{x} is symmetric: by its independent entries, G + Gᵀ − diag(G)"))
        }
    }
}

fn note_words(note: &Note) -> String {
    match note {
        Note::DoesNotOccur(name) => format!("{name} does not occur in the formula"),
    }
}

/// `checked at 8 points, largest relative error 3e-14; derived twice`
fn checks(check: &Check, gradients: &[Gradient]) -> String {
    let certificates = gradients.iter().map(|gradient| gradient.certificate);
    let twice = certificates.into_iter().all(|certificate| match certificate {
        Certificate::Proved { .. } | Certificate::Equal { .. } => true,
        Certificate::NotTried => false,
    });
    let second = if twice { "; derived a second time by rewriting, with the same result" } else { "" };
    format!(
        "checked at {} points, largest relative error {:.0e}{second}\n",
        check.points, check.max_relative_error
    )
}

/// Whether words may stand beside the formulas.
fn is_plain(notation: Notation) -> bool {
    match notation {
        Notation::Ascii | Notation::Unicode => true,
        Notation::Latex | Notation::MathMl => false,
    }
}
