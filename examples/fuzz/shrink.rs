//! A program that shows a fault, made smaller for as long as it shows the same fault.

use crate::fuzzer::judge::Outcome;
use crate::fuzzer::program::{Expression, Program};

/// Programs that are tried.
const TRIES: usize = 400;

/// The smallest program found that shows the same kind of fault, with what it shows.
pub(crate) fn shrink(
    program: &Program,
    outcome: &Outcome,
    mut ask: impl FnMut(&Program) -> Outcome,
) -> (Program, Outcome) {
    let Outcome::Fault(kind, _) = outcome else { return (program.clone(), outcome.clone()) };
    let mut best = (program.clone(), outcome.clone());
    // A hang costs a minute a try.
    let mut tries = if kind == "hang" { 20 } else { TRIES };
    loop {
        let mut improved = false;
        for candidate in candidates(&best.0) {
            if tries == 0 {
                return best;
            }
            tries -= 1;
            let found = ask(&candidate);
            if matches!(&found, Outcome::Fault(other, _) if other == kind) {
                best = (candidate, found);
                improved = true;
                break;
            }
        }
        if !improved {
            return best;
        }
    }
}

/// Smaller programs, the smallest first.
fn candidates(program: &Program) -> Vec<Program> {
    let mut found = Vec::new();
    for at in 0..program.definitions.len() {
        let mut smaller = program.clone();
        smaller.definitions.remove(at);
        found.push(smaller);
    }
    for at in 0..program.wrt.len() {
        if program.wrt.len() > 1 {
            let mut smaller = program.clone();
            smaller.wrt.remove(at);
            found.push(smaller);
        }
    }
    let mut smaller: Vec<(usize, Program)> = Vec::new();
    for formula in reductions(&program.formula, program) {
        let size = formula.size();
        smaller.push((size, Program { formula, ..program.clone() }));
    }
    for at in 0..program.definitions.len() {
        let others = program.formula.size();
        for value in reductions(&program.definitions[at].value, program) {
            let mut changed = program.clone();
            let size = others + value.size();
            changed.definitions[at].value = value;
            smaller.push((size, changed));
        }
    }
    smaller.sort_by_key(|(size, program)| (*size, program.formula.text().len()));
    found.extend(smaller.into_iter().map(|(_, program)| program));
    found
}

/// The expression with one part replaced by something smaller of its shape.
fn reductions(expression: &Expression, program: &Program) -> Vec<Expression> {
    let mut found = Vec::new();
    for place in 0..expression.size() {
        let Some(part) = expression.at(place) else { continue };
        for inner in 1..part.size() {
            if let Some(inner) = part.at(inner).filter(|inner| inner.shape == part.shape) {
                found.push(expression.replaced(place, inner));
            }
        }
        if part.size() > 1 {
            let named = program
                .declarations
                .iter()
                .filter(|declared| declared.shape == part.shape && !declared.name.contains('['));
            let mut leaves: Vec<Expression> = named
                .take(2)
                .map(|declared| Expression::leaf(declared.name.clone(), &part.shape))
                .collect();
            let one = part.shape.iter().all(|side| side == "1");
            let constant = match part.shape.as_slice() {
                _ if one => "2".to_owned(),
                sizes => format!("ones({})", sizes.join(", ")),
            };
            leaves.push(Expression::leaf(constant, &part.shape));
            found.extend(leaves.iter().map(|leaf| expression.replaced(place, leaf)));
        } else if part.text() != "2" && part.shape.iter().all(|side| side == "1") {
            found.push(expression.replaced(place, &Expression::leaf("2", &part.shape)));
        }
    }
    let before = (expression.size(), expression.text().len());
    found.retain(|smaller| (smaller.size(), smaller.text().len()) < before);
    found
}
