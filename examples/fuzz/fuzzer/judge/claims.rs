//! `check`: claims that are true in another form, and claims with a mistake. What is true is decided by the numbers.

use std::collections::BTreeMap;

use gradus::claim::{Obstacle, Verdict};
use gradus::evaluate::Random;
use gradus::render::Notation;
use gradus::session::Session;

use super::compare::{Point, compared, worlds};
use super::rewrite::{Change, Rewriter};
use super::{Outcome, query, refused, timed};
use crate::fuzzer::naive::Naive;
use crate::fuzzer::naive::array::Array;
use crate::fuzzer::naive::source::Source;
use crate::fuzzer::naive::world::World;
use crate::fuzzer::program::Question;

/// What numbers say of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    True,
    False,
    Open,
}

pub(super) fn judge(question: &Question) -> Result<Outcome, Outcome> {
    let query = query(question);
    let session = Session::new();
    let answer = timed("derive", || session.ask(&query))?.map_err(|error| refused(&error))?;
    let formula = answer.written(Notation::Ascii).remove(0);
    if !formula.bindings.is_empty() || answer.derivatives.len() != 1 {
        return Err(Outcome::Undecided("a claim with named parts".to_owned()));
    }
    let source = Source::read(&format!("{}{}", question.preamble(), formula.text))
        .map_err(|error| Outcome::fault("not read back", error))?;
    let root = *source.expressions().last().ok_or(Outcome::fault("judge", "no claim"))?;
    let mut random = Random::new(question.seed);
    let mut decided = 0;
    for change in [Change::Laws, Change::Mistake, Change::Mistake] {
        // A node of the claim's own.
        let nodes = u32::try_from(source.program.tree.nodes.len()).unwrap_or(u32::MAX);
        let own = nodes.min(root.0 + 1);
        let least = own.saturating_sub(u32::try_from(formula.text.len()).unwrap_or(0).min(12));
        let at = least + u32::try_from(random.below((own - least) as usize)).unwrap_or(0);
        let mut rewriter =
            Rewriter { tree: &source.program.tree, random: Random::new(random.bits()), change, at };
        let claim = rewriter.text(root);
        let truth = truth(question, &formula.text, &claim);
        if truth == Truth::Open {
            continue;
        }
        let judgement = match timed("check", || session.check(&query, &claim))? {
            Ok(judgement) => judgement,
            Err(error) => match refused(&error) {
                fault @ Outcome::Fault(..) => return Err(fault),
                // A mistake may change the shape.
                _ if change == Change::Mistake => continue,
                other => return Err(other),
            },
        };
        let command = || format!("--claim \"{claim}\"");
        // What is neither right nor wrong was not found out.
        let called_right = matches!(judgement.verdict, Verdict::Proved(_) | Verdict::Holds { .. });
        let called_wrong = matches!(judgement.verdict, Verdict::Wrong(_));
        match truth {
            // Where a kink or a determinant changes its sign, the points of the judge may all lie on one side.
            Truth::True if confirms(question, &formula.text, &claim, &judgement.verdict) => {}
            Truth::True if called_wrong => {
                return Err(Outcome::fault("a true claim is called wrong", command()));
            }
            Truth::False if called_right => {
                return Err(Outcome::fault("a wrong claim is called right", command()));
            }
            // Said of a claim that has values nowhere, or only at sizes that are not tried.
            _ if matches!(judgement.verdict, Verdict::Undecided(Obstacle::NoPoint)) => {}
            _ if !called_right && !called_wrong => {
                return Err(Outcome::fault("a claim is undecided", command()));
            }
            _ => decided += 1,
        }
    }
    if decided > 0 { Ok(Outcome::Right) } else { Ok(Outcome::Undecided("no claim".to_owned())) }
}

/// Whether the counterexample that is given shows what it is to show.
fn confirms(question: &Question, right: &str, claim: &str, verdict: &Verdict) -> bool {
    let Verdict::Wrong(found) = verdict else { return false };
    let world = World::at(&found.point);
    let value = |text: &str| -> Option<(Vec<f64>, f64)> {
        let source = Source::read(&format!("{}{text}", question.preamble())).ok()?;
        let naive = Naive::new(&source, &world);
        let value = naive.evaluate(*source.expressions().last()?, BTreeMap::new(), 0).ok()?;
        Some((value.data.iter().map(|x| x.value()).collect(), naive.notes.magnitude.get()))
    };
    let (Some((a, first)), Some((b, second))) = (value(right), value(claim)) else { return false };
    matches!(compared(&a, &b, first.max(second)), Point::Wrong(_))
}

/// Whether two formulas are equal wherever both have values: true to nearly all digits of the values themselves.
fn truth(question: &Question, right: &str, claim: &str) -> Truth {
    let read = |text: &str| Source::read(&format!("{}{text}", question.preamble())).ok();
    let (Some(right), Some(claim)) = (read(right), read(claim)) else { return Truth::Open };
    let (mut equal, mut different, mut unclear) = (0, 0, 0);
    for (world, _) in worlds(&right, question.seed ^ 0xc1a1) {
        let value = |source: &Source| -> Option<(Array, f64)> {
            let naive = Naive::new(source, &world);
            let value = naive.evaluate(*source.expressions().last()?, BTreeMap::new(), 0).ok()?;
            let magnitude = naive.notes.magnitude.get();
            (value.is_finite() && !naive.notes.kink.get()).then_some((value, magnitude))
        };
        let (Some((a, first)), Some((b, second))) = (value(&right), value(&claim)) else {
            continue;
        };
        if a.sizes != b.sizes {
            continue;
        }
        let reals = |a: &Array| a.data.iter().map(|x| x.value()).collect::<Vec<f64>>();
        let (a, b) = (reals(&a), reals(&b));
        let digits = compared(&a, &b, 0.0);
        match compared(&a, &b, first.max(second)) {
            Point::Wrong(_) if first.max(second) < 1e6 => different += 1,
            _ if matches!(digits, Point::Right) => equal += 1,
            _ => unclear += 1,
        }
    }
    match (equal, different) {
        (3.., 0) if unclear == 0 => Truth::True,
        // A wrong claim is wrong at nearly all points.
        (equal, different @ 3..) if different > 2 * equal => Truth::False,
        _ => Truth::Open,
    }
}
