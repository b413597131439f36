//! What a run came to: every question is counted, and nothing is swallowed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::fuzzer::judge::Outcome;
use crate::fuzzer::program::Kind;

/// Examples that are kept of each kind.
const EXAMPLES: usize = 3;

/// Counts by kind of question, refusal and fault.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) questions: usize,
    right: BTreeMap<Kind, usize>,
    asked: BTreeMap<Kind, usize>,
    refused: BTreeMap<String, (usize, Vec<String>)>,
    undecided: BTreeMap<String, (usize, Vec<String>)>,
    faults: BTreeMap<String, usize>,
}

impl Report {
    pub(crate) fn add(&mut self, kind: Kind, outcome: &Outcome, command: &str) {
        self.questions += 1;
        *self.asked.entry(kind).or_default() += 1;
        let note = |list: &mut BTreeMap<String, (usize, Vec<String>)>, key: String| {
            let (count, examples) = list.entry(key).or_default();
            *count += 1;
            if examples.len() < EXAMPLES {
                examples.push(command.to_owned());
            }
        };
        match outcome {
            Outcome::Right => *self.right.entry(kind).or_default() += 1,
            Outcome::Refused(code, message) => {
                note(&mut self.refused, format!("{} {code} {}", kind.word(), general(message)));
            }
            Outcome::Undecided(reason) => {
                note(&mut self.undecided, format!("{} {reason}", kind.word()));
            }
            Outcome::Fault(fault, _) => {
                *self.faults.entry(format!("{} {fault}", kind.word())).or_default() += 1;
            }
        }
    }

    pub(crate) fn faults(&self) -> usize {
        self.faults.values().sum()
    }

    /// Questions that were refused, as a share of all.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn refused(&self) -> f64 {
        let refused: usize = self.refused.values().map(|(count, _)| count).sum();
        refused as f64 / self.questions.max(1) as f64
    }

    /// Questions that were answered rightly, as a share of all.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn right(&self) -> f64 {
        self.right.values().sum::<usize>() as f64 / self.questions.max(1) as f64
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!("{} questions\n", self.questions);
        for (kind, asked) in &self.asked {
            let right = self.right.get(kind).copied().unwrap_or(0);
            let _ = writeln!(text, "  {:<13} {asked:>6} asked {right:>6} right", kind.word());
        }
        let _ = writeln!(text, "refused: {:.2} %", 100.0 * self.refused());
        for (title, list) in [("refused", &self.refused), ("undecided", &self.undecided)] {
            let mut sorted: Vec<_> = list.iter().collect();
            sorted.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
            for (key, (count, examples)) in sorted {
                let _ = writeln!(text, "  {title} {count:>6}  {key}");
                for example in examples {
                    let _ = writeln!(text, "      {example}");
                }
            }
        }
        let _ = writeln!(text, "faults: {}", self.faults());
        for (kind, count) in &self.faults {
            let _ = writeln!(text, "  {count:>6}  {kind}");
        }
        text
    }
}

/// A message without the names and numbers of one question.
fn general(message: &str) -> String {
    let mut text = String::new();
    let mut quoted = false;
    for c in message.chars().take(110) {
        match c {
            '`' => {
                quoted = !quoted;
                if quoted {
                    text.push('…');
                }
            }
            _ if quoted => {}
            '0'..='9' => text.push('#'),
            '\n' => text.push(' '),
            _ => text.push(c),
        }
    }
    text
}
