//! Answers in words and formulas, for people.

use std::fmt::Write as _;

use crate::elaborate::Variable;
use crate::evaluate::Check;
use crate::render::{self, Notation};
use crate::session::{
    self, Answer, Certificate, Convention, Definition, Derivative, Layout, Note, Report, Written,
};
use crate::shape::Name;
use crate::syntax::ast::RequestKind;

/// The whole answer: the formula with its variables' shapes, what was asked for, how it was checked, and by which convention.
pub fn answer(answer: &Answer, notation: Notation) -> String {
    match answer.kind {
        RequestKind::Value => value(answer, notation),
        RequestKind::Gradient
        | RequestKind::Jacobian
        | RequestKind::Hessian
        | RequestKind::Differential => derivatives(answer, notation),
    }
}

/// A formula in its short form, with its shape.
fn value(answer: &Answer, notation: Notation) -> String {
    let mut text = formula("", &answer.written_value(notation), notation);
    if is_plain(notation) {
        let _ = write!(text, "\n  shape: {}", render::shape(&answer.shape, notation));
        text.push_str(&variables(answer, notation));
    }
    text.push('\n');
    text
}

fn derivatives(answer: &Answer, notation: Notation) -> String {
    let mut text = head(answer, notation);
    for (derivative, written) in answer.derivatives.iter().zip(answer.written(notation)) {
        let label = label(answer, derivative, notation);
        let _ = write!(text, "\n{}", formula(&label, &written, notation));
        if is_plain(notation) {
            text.push_str(&remarks(answer, derivative, notation));
        }
    }
    text.push('\n');
    if is_plain(notation) {
        text.push_str(&checked(answer));
    }
    text
}

/// The formula that was asked about, with its shape and those of its variables.
pub(super) fn head(answer: &Answer, notation: Notation) -> String {
    let mut text = function(answer, notation);
    if is_plain(notation) {
        let _ = write!(text, "\n  shape: {}", render::shape(&answer.shape, notation));
        text.push_str(&variables(answer, notation));
        text.push('\n');
    }
    text
}

/// How the derivatives were checked, below an empty line; nothing of a value.
pub(super) fn checked(answer: &Answer) -> String {
    answer.check.map_or_else(String::new, |check| checks(&check, &answer.derivatives))
}

/// What the steps of a recurrence come to.
const SHARES: &str = "\
Formula by formula: δ_h[t] stands for ∂{f}/∂h[t] and is the sum of the shares that h[t] gets from every formula below in which it stands;
the gradient by a parameter is the sum of its shares over the index. The answer above has these sums.";

/// How each gradient that is not trivially zero was found, below an empty line; where that cannot be shown, why.
pub fn steps(answer: &Answer, notation: Notation) -> String {
    let mut text = String::new();
    let occurs = |derivative: &&Derivative| !derivative.notes.iter().any(Note::says_zero);
    let mut shown: Vec<String> = Vec::new();
    for gradient in answer.derivatives.iter().filter(occurs) {
        let all = match answer.steps(gradient) {
            Ok(all) => all,
            Err(error) => {
                let of = label(answer, gradient, Notation::Unicode);
                let _ = writeln!(text, "\n{}: {error}", of.trim_end_matches(" = "));
                continue;
            }
        };
        for steps in all {
            let mut block = String::new();
            if let Some(heading) = steps.heading(notation) {
                if shown.is_empty() {
                    let _ = writeln!(text, "\n{}", SHARES.replace("{f}", answer.name()));
                }
                let _ = writeln!(block, "from {heading}");
            }
            block.push_str(&steps.prose(notation).text());
            // Gradients through the same families share most of their steps.
            if !shown.contains(&block) {
                let _ = write!(text, "\n{block}");
                shown.push(block);
            }
        }
    }
    text
}

/// What an agreement of code with plain loops comes to, a line for each output.
pub fn report(answer: &Answer, report: &Report) -> String {
    let verdict = if session::agrees(report) { "verified" } else { "NOT verified" };
    let mut text = format!(
        "{verdict}: {} compiled, run and compared with plain loops at {} sets of sizes\n",
        answer.formula,
        report.sizes.len()
    );
    for sizes in report.sizes.iter().filter(|sizes| !sizes.is_empty()) {
        let each: Vec<String> =
            sizes.iter().map(|(name, size)| format!("{name} = {size}")).collect();
        let _ = writeln!(text, "  sizes: {}", each.join(", "));
    }
    let width = report.outputs.iter().map(|output| output.name.chars().count()).max().unwrap_or(0);
    for output in &report.outputs {
        let (double, single) = (output.double, output.single);
        let _ = writeln!(text, "  {:<width$}  f64 {double:.0e}  f32 {single:.0e}", output.name);
    }
    text
}

/// What is to be said of a derivative beside its formula.
fn remarks(answer: &Answer, gradient: &Derivative, notation: Notation) -> String {
    let mut text = format!("\n  shape: {}", render::shape(&gradient.shape, notation));
    if let Some(layout) = layout(answer, gradient, notation) {
        let _ = write!(text, "\n  layout: {layout}");
    }
    if let (Some(map), Layout::Vec) =
        (answer.written_differential(gradient, notation), gradient.layout)
    {
        let label = format!("{} = ", differential_label(answer, gradient, notation));
        let _ = write!(text, "\n  linear map: {}", formula(&label, &map, notation));
    }
    text.push_str(&meaning(gradient, notation));
    text
}

/// The convention by which a derivative counts, and the notes on it.
pub(super) fn meaning(gradient: &Derivative, notation: Notation) -> String {
    let mut text = String::new();
    if let Some(convention) = convention(gradient, notation) {
        let _ = write!(text, "\n  convention: {convention}");
    }
    for note in &gradient.notes {
        let _ = write!(text, "\n  note: {note}");
    }
    text
}

/// A formula with its bindings below it.
fn formula(label: &str, written: &Written, notation: Notation) -> String {
    let mut text = format!("{}{}", label_in(label, notation), written.text);
    let mut word = match notation {
        Notation::Latex => "\\text{where } ",
        Notation::Ascii | Notation::Unicode => "where ",
        Notation::MathMl => "",
    };
    for binding in &written.bindings {
        let _ = match notation {
            Notation::MathMl => write!(text, "\n{}\n{}", binding.name, binding.text),
            Notation::Ascii | Notation::Unicode | Notation::Latex => {
                write!(text, "\n  {word}{} = {}", binding.name, binding.text)
            }
        };
        word = if word == "where " { "      " } else { word };
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

/// The formula as it was typed; in the short form where it stood alone or a name was typed, or where the notation is another.
fn function(answer: &Answer, notation: Notation) -> String {
    let label = format!("{} = ", render::name(answer.name(), notation));
    let is_typed = answer.name() != answer.formula && !answer.is_line;
    if notation == Notation::Unicode && is_typed {
        return format!("{label}{}", answer.formula);
    }
    formula(&label, &answer.written_value(notation), notation)
}

/// What stands before a derivative: `∂f/∂x = `, `∂²f/∂x∂y = `, `∂vec(F)/∂vec(X) = `, `df = `.
fn label(answer: &Answer, derivative: &Derivative, notation: Notation) -> String {
    if derivative.layout == Layout::LinearMap {
        let label = differential_label(answer, derivative, notation);
        return if notation == Notation::MathMl { String::new() } else { format!("{label} = ") };
    }
    let vec = |name: &str, by: bool| {
        let name = render::name(name, notation);
        match (by && derivative.layout == Layout::Vec, notation) {
            (false, _) => name,
            (true, Notation::Latex) => format!("\\operatorname{{vec}}({name})"),
            (true, _) => format!("vec({name})"),
        }
    };
    let second = derivative.second.as_ref().map(|(name, _)| name);
    let function = vec(answer.name(), second.is_none());
    let family = answer.store.family(derivative.variable_id);
    let first = match family {
        Some(family) => vec(&format!("{}[{}]", family.name, family.place()), true),
        None => vec(&derivative.variable, true),
    };
    let d = if notation == Notation::Ascii { "d" } else { "∂" };
    let (above, below) = match (second, notation) {
        (None, Notation::Latex) => (format!("\\partial {function}"), format!("\\partial {first}")),
        (None, _) => (format!("{d}{function}"), format!("{d}{first}")),
        (Some(second), Notation::Latex) => {
            let second = vec(second, true);
            let below = format!("\\partial {first}\\,\\partial {second}");
            (format!("\\partial^2 {function}"), below)
        }
        (Some(second), _) => {
            let second = vec(second, true);
            let square = if notation == Notation::Ascii { "^2" } else { "²" };
            let below = if second == first {
                format!("{d}{first}{square}")
            } else {
                format!("{d}{first}{d}{second}")
            };
            (format!("{d}{square}{function}"), below)
        }
    };
    match notation {
        Notation::Ascii | Notation::Unicode => format!("{above}/{below} = "),
        Notation::Latex => format!("\\frac{{{above}}}{{{below}}} = "),
        Notation::MathMl => String::new(),
    }
}

/// `df`, or `d(∂f/∂X)` where the differential is that of a gradient.
pub(super) fn differential_label(
    answer: &Answer,
    derivative: &Derivative,
    notation: Notation,
) -> String {
    let function = render::name(answer.name(), notation);
    if derivative.second.is_none() {
        return if notation == Notation::Latex {
            format!("\\mathrm{{d}} {function}")
        } else {
            format!("d{function}")
        };
    }
    let variable = render::name(&derivative.variable, notation);
    match notation {
        Notation::Ascii => format!("d(d{function}/d{variable})"),
        Notation::Unicode | Notation::MathMl => format!("d(∂{function}/∂{variable})"),
        Notation::Latex => {
            format!("\\mathrm{{d}}\\frac{{\\partial {function}}}{{\\partial {variable}}}")
        }
    }
}

/// How the entries of a matrix of derivatives are laid out, in words.
fn layout(answer: &Answer, derivative: &Derivative, notation: Notation) -> Option<String> {
    let function = answer.name();
    let i = |name: &str, index: &str| match notation {
        Notation::Unicode => {
            let letter = if index == "i" { "ᵢ" } else { "ⱼ" };
            format!("∂{name}{letter}")
        }
        Notation::Ascii | Notation::Latex | Notation::MathMl => format!("d{name}_{index}"),
    };
    match derivative.layout {
        Layout::Denominator | Layout::Hessian | Layout::LinearMap | Layout::Entrywise => None,
        Layout::Numerator => {
            Some(format!("entry (i, j) is {}/{}", i(function, "i"), i(&derivative.variable, "j")))
        }
        Layout::Vec => {
            let by = derivative.second.as_ref().map_or(&derivative.variable, |(name, _)| name);
            let of = differential_label(answer, derivative, notation);
            Some(format!("vec({of}) = J vec(d{by}), vec column by column"))
        }
    }
}

/// The variables with their shapes, those that were assumed marked.
fn variables(answer: &Answer, notation: Notation) -> String {
    declarations(&answer.variables, answer.store.unknown_functions(), notation)
        + &how_read(&answer.read)
}

/// A name that was defined, and what was assumed for it.
pub(super) fn definition(definition: &Definition) -> String {
    let Definition { name, shape, assumed, read } = definition;
    let assumed = declarations(assumed, &[], Notation::Unicode);
    format!("{name}: {shape}{assumed}{}\n", how_read(read))
}

/// How something was read that could have been meant differently.
pub(super) fn how_read(notes: &[String]) -> String {
    if notes.is_empty() { String::new() } else { format!("\n  read: {}", notes.join("; ")) }
}

/// Two lines at most: what was declared, and what was assumed.
pub(super) fn declarations(
    variables: &[Variable],
    functions: &[Name],
    notation: Notation,
) -> String {
    let line = |words: &str, assumed: bool| {
        let chosen = variables.iter().filter(|variable| variable.assumed == assumed);
        let mut list: Vec<String> =
            chosen.map(|variable| session::declaration(variable, notation)).collect();
        let functions = functions.iter().filter(|_| !assumed);
        list.extend(functions.map(|name| format!("{}: function", render::name(name, notation))));
        if list.is_empty() { String::new() } else { format!("\n  {words}: {}", list.join("; ")) }
    };
    line("declared", false) + &line("assumed", true)
}

fn convention(gradient: &Derivative, notation: Notation) -> Option<String> {
    let x = &gradient.variable;
    let transpose = if notation == Notation::Ascii { "G'" } else { "Gᵀ" };
    match gradient.convention {
        Convention::Free => None,
        // The note says what the convention comes to.
        _ if gradient.notes.iter().any(|note| matches!(note, Note::Diagonal(_))) => None,
        Convention::Projection => {
            Some(format!("{x} is symmetric: the symmetric projection (G + {transpose})/2"))
        }
        Convention::Cookbook => {
            Some(format!("{x} is symmetric: by its independent entries, G + {transpose} - diag(G)"))
        }
    }
}

/// `checked at 8 points, largest relative error 3e-14; derived twice`
fn checks(check: &Check, derivatives: &[Derivative]) -> String {
    let every = |kind: fn(Certificate) -> bool| {
        derivatives.iter().all(|derivative| kind(derivative.certificate))
    };
    let second = if every(|found| matches!(found, Certificate::Proved { .. })) {
        "; derived a second time by rewriting, with the same result"
    } else if every(|found| matches!(found, Certificate::Swept)) {
        "; derived a second time by the backward sweep, with the same result"
    } else if every(|found| !matches!(found, Certificate::NotTried)) {
        "; derived a second time, with the same result"
    } else {
        ""
    };
    format!(
        "\nchecked at {} points, largest relative error {:.0e}{second}\n",
        check.points, check.max_relative_error
    )
}

/// Whether words may stand beside the formulas.
pub(super) fn is_plain(notation: Notation) -> bool {
    match notation {
        Notation::Ascii | Notation::Unicode => true,
        Notation::Latex | Notation::MathMl => false,
    }
}
