//! A question is asked, and its answer, as text, is judged.
//!
//! * here — asking, time, memory, refusals.
//! * `compare` — derivatives at points.
//! * `claims` — what `check` says of claims.
//! * `solutions` — what `solve` says.

mod claims;
pub(crate) mod compare;
mod rewrite;
mod solutions;

use std::cell::RefCell;
use std::fmt::Display;
use std::time::Instant;

use gradus::render::Notation;
use gradus::session::{Answer, Precision, Query, Session, SessionError, Settings, module};
use gradus::syntax::ast::RequestKind;

use crate::fuzzer::program::{Kind, Question};

/// Seconds of computing that one question may take; the development profile is given more.
pub(crate) const MOST_SECONDS: f64 = if cfg!(debug_assertions) { 10.0 } else { 2.0 };
/// Megabytes that one question may take.
pub(crate) const MOST_MEGABYTES: u64 = 500;

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Right,
    /// An error with its code: the question was not answered.
    Refused(String, String),
    /// Nothing could be compared.
    Undecided(String),
    /// What kind of fault, and what was expected and found.
    Fault(String, String),
}

impl Outcome {
    pub(crate) fn fault(kind: &str, detail: impl Display) -> Self {
        Self::Fault(kind.to_owned(), detail.to_string())
    }

    /// As one line, for the parent of a worker.
    pub(crate) fn line(&self) -> String {
        let (word, first, second) = match self {
            Self::Right => ("right", "", ""),
            Self::Refused(code, message) => ("refused", code.as_str(), message.as_str()),
            Self::Undecided(reason) => ("undecided", reason.as_str(), ""),
            Self::Fault(kind, detail) => ("fault", kind.as_str(), detail.as_str()),
        };
        format!("{word}\u{1f}{first}\u{1f}{second}").replace(['\n', '\r'], "\u{1e}")
    }

    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let line = line.trim_end_matches('\n').replace('\u{1e}', "\n");
        let fields: Vec<&str> = line.split('\u{1f}').collect();
        let [word, first, second] = fields.as_slice() else { return None };
        let (first, second) = ((*first).to_owned(), (*second).to_owned());
        match *word {
            "right" => Some(Self::Right),
            "refused" => Some(Self::Refused(first, second)),
            "undecided" => Some(Self::Undecided(first)),
            "fault" => Some(Self::Fault(first, second)),
            _ => None,
        }
    }
}

thread_local! {
    /// What is being done, for the report of a panic.
    static STAGE: RefCell<&'static str> = const { RefCell::new("judge") };
}

/// What was being done when a panic came.
pub(crate) fn stage() -> &'static str {
    STAGE.with(|stage| *stage.borrow())
}

fn enter(stage: &'static str) {
    STAGE.with(|slot| *slot.borrow_mut() = stage);
}

/// Asks and judges; the time that the judge takes does not count.
pub(crate) fn judge(question: &Question) -> Outcome {
    let outcome = match question.kind {
        Kind::Check => claims::judge(question),
        Kind::Solve => solutions::judge(question),
        Kind::Gradient | Kind::Jacobian | Kind::Hessian | Kind::Differential => {
            derivative(question)
        }
    };
    enter("judge");
    outcome.unwrap_or_else(|outcome| outcome)
}

pub(crate) fn query(question: &Question) -> Query {
    Query {
        declarations: question.preamble(),
        expression: question.formula.clone(),
        wrt: question.wrt.clone(),
        kind: match question.kind {
            Kind::Gradient | Kind::Check | Kind::Solve => RequestKind::Gradient,
            Kind::Jacobian => RequestKind::Jacobian,
            Kind::Hessian => RequestKind::Hessian,
            Kind::Differential => RequestKind::Differential,
        },
        settings: Settings::default(),
    }
}

/// Does something that is gradus' own, within its time and memory.
pub(crate) fn within<T>(stage: &'static str, ask: impl FnOnce() -> T) -> Result<T, Outcome> {
    let found = timed(stage, ask)?;
    match peak().filter(|megabytes| *megabytes > MOST_MEGABYTES) {
        Some(megabytes) => Err(Outcome::fault("memory", format!("{megabytes} MB"))),
        None => Ok(found),
    }
}

/// Does something that is gradus' own, within its time.
fn timed<T>(stage: &'static str, ask: impl FnOnce() -> T) -> Result<T, Outcome> {
    enter(stage);
    let before = computing();
    let found = ask();
    let seconds = computing() - before;
    enter("judge");
    if seconds > MOST_SECONDS {
        return Err(Outcome::fault("slow", format!("{stage} took {seconds:.1} s")));
    }
    Ok(found)
}

/// An error of a session: a fault of gradus, or a refusal.
fn refused(error: &SessionError) -> Outcome {
    let code = error.diagnostic().code;
    let message = error.to_string();
    if code == "E0999" || message.contains("fault of gradus") {
        return Outcome::fault("E0999", message);
    }
    Outcome::Refused(code.to_owned(), message)
}

fn derivative(question: &Question) -> Result<Outcome, Outcome> {
    let query = query(question);
    let answer =
        timed("derive", || Session::new().ask(&query))?.map_err(|error| refused(&error))?;
    let notation =
        if question.seed.is_multiple_of(4) { Notation::Unicode } else { Notation::Ascii };
    let written = timed("write", || compare::Written::of(&answer, notation))?;
    timed("write", || answer.written(Notation::Latex))?;
    timed("emit", || module(std::slice::from_ref(&answer), Precision::Double))?
        .map_err(|error| Outcome::fault("not emitted", error))?;
    if question.seed.is_multiple_of(3) {
        timed("steps", || steps(&answer))?;
    }
    within("judge", || ())?;
    compare::judge(question, &answer, &written)
}

/// The steps are derived, and written; what has no steps yet says so.
fn steps(answer: &Answer) {
    for derivative in &answer.derivatives {
        for steps in answer.steps(derivative).unwrap_or_default() {
            let _ = steps.prose(Notation::Ascii).text();
        }
    }
}

/// Seconds that this process has computed; where the system does not say, seconds on the wall.
fn computing() -> f64 {
    let ticks = || -> Option<f64> {
        let text = std::fs::read_to_string("/proc/self/stat").ok()?;
        let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
        let (user, system): (f64, f64) =
            (fields.get(11)?.parse().ok()?, fields.get(12)?.parse().ok()?);
        Some((user + system) / 100.0)
    };
    thread_local! {
        static START: Instant = Instant::now();
    }
    ticks().unwrap_or_else(|| START.with(|start| start.elapsed().as_secs_f64()))
}

/// The most memory that this process ever held, in megabytes.
fn peak() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}
