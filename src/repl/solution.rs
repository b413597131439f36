//! Solutions, in words and formulas, for people.

use std::fmt::Write as _;

use super::present::{declarations, is_plain};
use crate::render::{self, Notation};
use crate::session::Solved;
use crate::solve::{Form, Kind};

/// The equations, the solution, when it is the only one, and how it was checked.
pub fn solution(solved: &Solved, notation: Notation) -> String {
    let mut text = String::new();
    let write = |id| solved.written(id, notation).text;
    let solution = &solved.solution;
    if is_plain(notation) {
        let _ = writeln!(text, "{}", solved.statement);
        let shapes = declarations(&solved.variables, notation);
        let _ = writeln!(text, "{}", shapes.trim_start_matches('\n'));
        for (at, equation) in solution.equations.iter().enumerate() {
            if let Some(kind) = solution.kind {
                let _ = kind;
                let name = render::name(&solved.unknowns[at].0, notation);
                let _ = writeln!(text, "  gradient by {name}: {} = 0", write(*equation));
            }
        }
        for (left, right) in &solution.normal {
            let _ = writeln!(text, "  equation: {} = {}", write(*left), write(*right));
        }
        text.push('\n');
    }
    for ((name, _), root) in solved.unknowns.iter().zip(&solution.roots) {
        let name = render::name(name, notation);
        let name = match root.form {
            Form::Plain => name,
            Form::Vectorized => format!("vec({name})"),
        };
        let _ = match notation {
            Notation::MathMl => writeln!(text, "{}", write(root.value)),
            Notation::Ascii | Notation::Unicode | Notation::Latex => {
                writeln!(text, "{name} = {}", write(root.value))
            }
        };
    }
    if is_plain(notation) {
        text.push_str(&remarks(solved, notation));
        let residual = solved.residual;
        let _ = writeln!(
            text,
            "\nput back at {} points, largest relative residual {:.0e}",
            residual.points, residual.largest
        );
    }
    text
}

/// What must be invertible, and what kind of point it is.
fn remarks(solved: &Solved, notation: Notation) -> String {
    let mut text = String::new();
    let write = |id| solved.written(id, notation).text;
    let inverted: Vec<(crate::expression::Id, bool)> =
        solved.solution.roots.iter().flat_map(|root| root.inverted.iter().copied()).collect();
    let open: Vec<String> = inverted
        .iter()
        .filter(|(_, known)| !known)
        .map(|(id, _)| {
            let is_scalar = solved.store.shape(*id).is_scalar();
            format!("{} {}", write(*id), if is_scalar { "is not 0" } else { "is invertible" })
        })
        .collect();
    if open.is_empty() {
        text.push_str("  the only solution");
        let known: Vec<String> = inverted
            .iter()
            .filter(|(id, _)| !solved.store.shape(*id).is_scalar())
            .map(|(id, _)| write(*id))
            .collect();
        if !known.is_empty() {
            let _ = write!(text, ": {} is known to be invertible", known.join(", "));
        }
        text.push('\n');
    } else {
        let _ = writeln!(text, "  the only solution if {}", open.join(" and "));
    }
    let hessian = solved.solution.hessian.map(write);
    if let (Some(kind), Some(hessian)) = (solved.solution.kind, hessian) {
        let words = match kind {
            Kind::StrictMinimum => "a minimum, and the only one: it is positive definite",
            Kind::Minimum => "a minimum: it is positive semidefinite",
            Kind::StrictMaximum => "a maximum, and the only one: it is negative definite",
            Kind::Maximum => "a maximum: it is negative semidefinite",
            Kind::Unknown => "its definiteness does not follow from what is declared",
        };
        let _ = writeln!(text, "  Hessian: {hessian}; {words}");
    }
    text
}
