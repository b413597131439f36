//! Solutions, in words and formulas, for people.

use std::fmt::Write as _;

use super::present::{declarations, how_read, is_plain};
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
        let shapes = declarations(&solved.variables, solved.store.unknown_functions(), notation);
        let shapes = shapes + &how_read(&solved.read);
        let _ = writeln!(text, "{}", shapes.trim_start_matches('\n'));
        for (at, equation) in solution.equations.iter().enumerate() {
            if solution.kind.is_some() {
                let name = render::name(&solved.unknowns[at].0, notation);
                let _ = writeln!(text, "  gradient by {name}: {} = 0", write(*equation));
            }
        }
        for (left, right) in &solution.normal {
            let _ = writeln!(text, "  equation: {} = {}", write(*left), write(*right));
        }
        text.push('\n');
    }
    for root in &solution.roots {
        let name = solved.name(root.unknown, notation);
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

/// Whether it is the only solution, and what kind of point it is.
fn remarks(solved: &Solved, notation: Notation) -> String {
    let mut text = String::new();
    let write = |id| solved.written(id, notation).text;
    let solution = &solved.solution;
    let conditions: Vec<String> =
        solution.conditions.iter().map(|one| solved.condition(*one, notation)).collect();
    if solution.free.is_empty() {
        text.push_str("  the only solution");
    } else {
        let free: Vec<String> = solution.free.iter().map(|id| solved.name(*id, notation)).collect();
        let verb = if free.len() == 1 { "is" } else { "are" };
        let _ = write!(text, "  infinitely many solutions: {} {verb} free", free.join(", "));
    }
    if !conditions.is_empty() {
        let _ = write!(text, " if {}", conditions.join(" and "));
    } else if !solution.known.is_empty() {
        let known: Vec<String> = solution.known.iter().map(|id| write(*id)).collect();
        let verb = if known.len() == 1 { "is" } else { "are" };
        let _ = write!(text, ": {} {verb} known to be invertible", known.join(", "));
    }
    text.push('\n');
    if let (Some(kind), Some(hessian)) = (solution.kind, solution.hessian.map(write)) {
        let words = match kind {
            Kind::StrictMinimum => "a minimum, and the only one: it is positive definite",
            Kind::Minimum => "a minimum: it is positive semidefinite",
            Kind::StrictMaximum => "a maximum, and the only one: it is negative definite",
            Kind::Maximum => "a maximum: it is negative semidefinite",
            Kind::Saddle => "a saddle: it has both signs",
            Kind::Unknown => "its definiteness does not follow from what is declared",
        };
        let _ = writeln!(text, "  Hessian: {hessian}; {words}");
    } else if let Some(kind) = solution.kind {
        let words = match kind {
            Kind::StrictMinimum => "a minimum, and the only one: the Hessian is positive definite",
            Kind::Minimum => "a minimum: the Hessian is positive semidefinite",
            Kind::StrictMaximum => "a maximum, and the only one: the Hessian is negative definite",
            Kind::Maximum => "a maximum: the Hessian is negative semidefinite",
            Kind::Saddle => "a saddle: the Hessian has both signs",
            Kind::Unknown => return text,
        };
        let _ = writeln!(text, "  {words}");
    }
    text
}
