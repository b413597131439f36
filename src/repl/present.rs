//! Answers in words and formulas, for people.

use std::fmt::Write as _;

use crate::evaluate::Check;
use crate::render::{self, Notation};
use crate::session::{
    self, Answer, Certificate, Convention, Gradient, Report, StepsError, Written,
};
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
    let mut text = formula("", &answer.written_value(notation), notation, &mut Vec::new());
    if is_plain(notation) {
        let _ = write!(text, "\n  shape: {}", render::shape(&answer.shape, notation));
        text.push_str(&variables(answer, notation));
    }
    text.push('\n');
    text
}

fn gradients(answer: &Answer, notation: Notation) -> String {
    let mut text = function(answer, notation);
    if is_plain(notation) {
        let _ = write!(text, "\n  shape: {}", render::shape(&answer.shape, notation));
        text.push_str(&variables(answer, notation));
        text.push('\n');
    }
    let mut shown = Vec::new();
    for (gradient, written) in answer.gradients.iter().zip(answer.written(notation)) {
        let label = label(answer, gradient, notation);
        let _ = write!(text, "\n{}", formula(&label, &written, notation, &mut shown));
        if is_plain(notation) {
            text.push_str(&remarks(gradient, notation));
        }
    }
    text.push('\n');
    if let Some(check) = answer.check.filter(|_| is_plain(notation)) {
        text.push_str(&checks(&check, &answer.gradients));
    }
    text
}

/// How each gradient that is not trivially zero was found, below an empty line.
pub fn steps(answer: &Answer, notation: Notation) -> Result<String, StepsError> {
    let mut text = String::new();
    for gradient in answer.gradients.iter().filter(|gradient| gradient.notes.is_empty()) {
        let _ = write!(text, "\n{}", answer.steps(gradient)?.prose(notation).text());
    }
    Ok(text)
}

/// What an agreement of code with plain loops comes to, a line for each output.
pub fn report(answer: &Answer, report: &Report) -> String {
    let verdict = if session::agrees(report) { "verified" } else { "NOT verified" };
    let mut text = format!(
        "{verdict}: {} compiled, run and compared with plain loops at {} sets of sizes\n",
        answer.formula,
        report.sizes.len()
    );
    let width = report.outputs.iter().map(|output| output.name.chars().count()).max().unwrap_or(0);
    for output in &report.outputs {
        let (double, single) = (output.double, output.single);
        let _ = writeln!(text, "  {:<width$}  f64 {double:.0e}  f32 {single:.0e}", output.name);
    }
    text
}

/// What is to be said of a gradient beside its formula.
fn remarks(gradient: &Gradient, notation: Notation) -> String {
    let mut text = format!("\n  shape: {}", render::shape(&gradient.shape, notation));
    if let Some(convention) = convention(gradient, notation) {
        let _ = write!(text, "\n  convention: {convention}");
    }
    for note in &gradient.notes {
        let _ = write!(text, "\n  note: {note}");
    }
    text
}

/// A formula with those bindings below it that were not shown before.
fn formula(label: &str, written: &Written, notation: Notation, shown: &mut Vec<String>) -> String {
    let mut text = format!("{}{}", label_in(label, notation), written.text);
    let mut word = match notation {
        Notation::Latex => "\\text{where } ",
        Notation::Ascii | Notation::Unicode => "where ",
        Notation::MathMl => "",
    };
    for binding in &written.bindings {
        if !shown.contains(&binding.name) {
            let _ = match notation {
                Notation::MathMl => write!(text, "\n{}\n{}", binding.name, binding.text),
                Notation::Ascii | Notation::Unicode | Notation::Latex => {
                    write!(text, "\n  {word}{} = {}", binding.name, binding.text)
                }
            };
            shown.push(binding.name.clone());
            word = if word == "where " { "      " } else { word };
        }
    }
    text
}

/// MathML elements stand alone: a label beside one would be no element.
fn label_in(label: &str, notation: Notation) -> &str {
    match notation {
        Notation::MathMl => "",
        Notation::Ascii | Notation::Unicode | Notation::Latex => label,
    }
}

/// The formula as it was typed; in the short form where a name was typed, or where the notation is another.
fn function(answer: &Answer, notation: Notation) -> String {
    let label = format!("{} = ", render::name(answer.name(), notation));
    if notation == Notation::Unicode && answer.name() != answer.formula {
        return format!("{label}{}", answer.formula);
    }
    formula(&label, &answer.written_value(notation), notation, &mut Vec::new())
}

/// What stands before a gradient.
fn label(answer: &Answer, gradient: &Gradient, notation: Notation) -> String {
    let function = render::name(answer.name(), notation);
    let variable = render::name(&gradient.variable, notation);
    match notation {
        Notation::Ascii => format!("d{function}/d{variable} = "),
        Notation::Unicode => format!("∂{function}/∂{variable} = "),
        Notation::Latex => {
            format!("\\frac{{\\partial {function}}}{{\\partial {variable}}} = ")
        }
        Notation::MathMl => String::new(),
    }
}

/// The variables with their shapes, those that were assumed marked.
fn variables(answer: &Answer, notation: Notation) -> String {
    let line = |words: &str, assumed: bool| {
        let chosen = answer.variables.iter().filter(|variable| variable.assumed == assumed);
        let list: Vec<String> =
            chosen.map(|variable| session::declaration(variable, notation)).collect();
        if list.is_empty() { String::new() } else { format!("\n  {words}: {}", list.join("; ")) }
    };
    line("declared", false) + &line("assumed", true)
}

fn convention(gradient: &Gradient, notation: Notation) -> Option<String> {
    let x = &gradient.variable;
    let transpose = if notation == Notation::Ascii { "G'" } else { "Gᵀ" };
    match gradient.convention {
        Convention::Free => None,
        Convention::Projection => {
            Some(format!("{x} is symmetric: the symmetric projection (G + {transpose})/2"))
        }
        Convention::Cookbook => {
            Some(format!("{x} is symmetric: by its independent entries, G + {transpose} - diag(G)"))
        }
    }
}

/// `checked at 8 points, largest relative error 3e-14; derived twice`
fn checks(check: &Check, gradients: &[Gradient]) -> String {
    let mut certificates = gradients.iter().map(|gradient| gradient.certificate);
    let twice = certificates.all(|certificate| match certificate {
        Certificate::Proved { .. } | Certificate::Equal { .. } => true,
        Certificate::NotTried => false,
    });
    let second =
        if twice { "; derived a second time by rewriting, with the same result" } else { "" };
    format!(
        "\nchecked at {} points, largest relative error {:.0e}{second}\n",
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
