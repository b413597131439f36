//! What became of a claim, in words, formulas and numbers, for people.

use std::fmt::Write as _;

use crate::claim::{Counterexample, Mistake, Obstacle, Proof, Verdict};
use crate::kernel::Array;
use crate::render::Notation;
use crate::session::Judgement;

/// The claim, the verdict, what shows it, and the derivative where the claim is not it.
pub fn judgement(judgement: &Judgement, notation: Notation) -> String {
    let claim = judgement.written_claim(notation).text;
    let mut text = format!("claim: {claim}\n");
    match &judgement.verdict {
        Verdict::Proved(proof) => {
            text.push_str("proved: the claim is the derivative\n");
            text.push_str(&shown(judgement, *proof, notation));
        }
        Verdict::Holds { points, relative_error } => {
            let _ = writeln!(
                text,
                "holds numerically: equal at all {points} points that were tried, largest relative difference {relative_error:.0e}"
            );
            let _ = writeln!(text, "  derivative: {}", derivative(judgement, notation));
        }
        Verdict::Wrong(found) => {
            text.push_str("wrong: the claim is not the derivative\n");
            if let Some(mistake) = &judgement.mistake {
                let _ =
                    writeln!(text, "  likely mistake: {}", mistaken(judgement, mistake, notation));
            }
            let _ = writeln!(text, "  derivative: {}", derivative(judgement, notation));
            if let Some(difference) = found.difference {
                let _ = writeln!(
                    text,
                    "  claim − derivative: {}",
                    judgement.written(difference, notation).text
                );
            }
            text.push_str(&counterexample(found));
        }
        Verdict::Undecided(obstacle) => {
            let reason = match obstacle {
                Obstacle::NoPoint => "no point was found at which both have finite values",
                Obstacle::Rounding => "at every point that was tried rounding errors decide",
            };
            let _ = writeln!(text, "undecided: {reason}");
            let _ = writeln!(text, "  derivative: {}", derivative(judgement, notation));
        }
    }
    text
}

fn derivative(judgement: &Judgement, notation: Notation) -> String {
    let id = judgement.answer.derivatives.first().map_or(judgement.claim, |found| found.id);
    judgement.written(id, notation).text
}

/// The lines that prove it.
fn shown(judgement: &Judgement, proof: Proof, notation: Notation) -> String {
    let written = |id| judgement.written(id, notation).text;
    let right = derivative(judgement, notation);
    match proof {
        Proof::NormalForm(id) => {
            format!("  claim and derivative have the same normal form: {}\n", written(id))
        }
        Proof::Expansion(id) => format!(
            "  derivative: {right}\n  both, with products distributed over sums: {}\n",
            written(id)
        ),
        Proof::ShortForm(id) => {
            format!("  derivative: {right}\n  both, in their short form: {}\n", written(id))
        }
        Proof::Difference => {
            format!("  derivative: {right}\n  claim − derivative, with terms collected: 0\n")
        }
    }
}

/// The mistake in a sentence.
pub fn mistaken(judgement: &Judgement, mistake: &Mistake, notation: Notation) -> String {
    let written = |id: crate::expression::Id| judgement.written(id, notation).text;
    match mistake {
        Mistake::Transposed => "the claim is the transpose of the derivative".to_owned(),
        Mistake::Sign => "the sign: the derivative is the negative of the claim".to_owned(),
        Mistake::Factor(factor) => {
            format!("a factor: the derivative is {factor} times the claim")
        }
        Mistake::SizeFactor(factor) => {
            format!("a factor: the derivative is {} times the claim", written(*factor))
        }
        Mistake::Convention(other) => {
            format!("the convention: the claim is the gradient {other}")
        }
        Mistake::OnlySymmetric(variable) => {
            format!("the claim is right only for a symmetric {}", written(*variable))
        }
        Mistake::Operand(operand) => {
            format!("a transpose: with `{}` transposed the claim is right", written(*operand))
        }
        Mistake::TermSign(term) => {
            format!(
                "a sign: with the other sign of the term `{}` the claim is right",
                written(*term)
            )
        }
        Mistake::TermFactor(term, factor) => format!(
            "a factor: with the term `{}` times {} the claim is right",
            written(*term),
            factor
        ),
        Mistake::Swapped(a, b) => format!(
            "the order: with `{}` and `{}` swapped the claim is right",
            written(*a),
            written(*b)
        ),
    }
}

fn counterexample(found: &Counterexample) -> String {
    let mut text = String::from("  counterexample:");
    let sizes: Vec<String> =
        found.point.sizes.iter().map(|(name, size)| format!("{name} = {size}")).collect();
    if !sizes.is_empty() {
        let _ = write!(text, " {}", sizes.join(", "));
    }
    text.push('\n');
    for (name, value) in &found.point.values {
        let _ = writeln!(text, "    {name} = {}", array(value));
    }
    // Five digits, or all where five do not show the difference.
    let (claim, derivative) = (array(&found.claim), array(&found.derivative));
    let is_shown = claim != derivative;
    let (claim, derivative) = if is_shown {
        (claim, derivative)
    } else {
        (written(&found.claim, &|x| x.to_string()), written(&found.derivative, &|x| x.to_string()))
    };
    let _ = writeln!(text, "    claim = {claim}");
    let _ = writeln!(text, "    derivative = {derivative}");
    if found.derivative.data.len() > 1 {
        let worst = found.worst;
        let _ = writeln!(
            text,
            "    they differ most at entry ({}, {}): {} instead of {}",
            worst.row,
            worst.column,
            if is_shown { short(worst.claim) } else { worst.claim.to_string() },
            if is_shown { short(worst.derivative) } else { worst.derivative.to_string() }
        );
    }
    text
}

/// `[1, 2; 3, 4]`, rows between semicolons.
fn array(value: &Array<f64>) -> String {
    written(value, &short)
}

fn written(value: &Array<f64>, number: &dyn Fn(f64) -> String) -> String {
    if let [only] = value.data.as_slice() {
        return number(*only);
    }
    let rows: Vec<String> = (0..value.rows)
        .map(|row| {
            let entries: Vec<String> =
                (0..value.columns).map(|column| number(value.at(row, column))).collect();
            entries.join(", ")
        })
        .collect();
    format!("[{}]", rows.join("; "))
}

/// Five digits at most.
fn short(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    let magnitude = x.abs();
    if !(1e-3..1e6).contains(&magnitude) {
        return format!("{x:.3e}");
    }
    let text = format!("{x:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
