//! What a typed line does.

use std::fmt::Write as _;

use super::{index, present, solution, verdict};
use crate::render::Notation;
use crate::render::index::Script;
use crate::session::{self, Answer, Outcome, Precision, Query, Session, Settings};

const HELP: &str = "\
A: n×n; x: n; b: n         declare variables (what is not declared is assumed)
f = norm2(A*x - b)^2       define a name
tanh(A*x)                  show a formula's shape and short form
gradient of f wrt x        derive gradients; also jacobian, hessian, differential
:check 2*A'*(A*x-b)        is this the last derivative?
solve A*x = b for x        solve equations; a scalar alone: where its gradient is zero
:steps                     how the last gradients were found
:latex                     the last answer in LaTeX; :ascii for typing it again
:index                     the last answer in index notation, entry by entry
:rust                      the last answer as Rust
:verify                    that code, compiled, run and compared with plain loops
:vars                      what is declared and defined
:undo                      forget the last declaration or definition
:clear                     forget everything
:help                      this
:quit                      leave
";

/// The state of the loop.
#[derive(Debug, Default)]
pub struct Repl {
    session: Session,
    last: Option<Answer>,
    /// The input that asked for the last answer.
    asked: Option<String>,
}

/// What there is to say to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// An answer; may be empty.
    Text(String),
    /// A diagnostic.
    Error(String),
    /// The loop is to end.
    Quit,
}

impl Repl {
    /// A loop that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A loop that knows what another one knew, as [`Repl::state`] told.
    pub fn restored(accepted: Vec<String>, asked: Option<&str>) -> Self {
        let session = Session::restored(accepted);
        Self { session, last: None, asked: asked.map(ToOwned::to_owned) }
    }

    /// What was declared and defined, and the input that asked for the last answer.
    pub fn state(&self) -> (Vec<&str>, Option<&str>) {
        (self.session.statements().collect(), self.asked.as_deref())
    }

    /// Answers one input; with `color`, diagnostics are coloured.
    pub fn reply(&mut self, input: &str, color: bool) -> Reply {
        let input = input.trim();
        if let Some(command) = input.strip_prefix(':') {
            return self.command(command.trim());
        }
        if is_silent(input) {
            return Reply::Text(String::new());
        }
        match self.session.read(input, Settings::default()) {
            Ok(outcomes) => {
                let is_answer = |outcome: &Outcome| matches!(outcome, Outcome::Answered(_));
                if outcomes.iter().any(is_answer) {
                    self.asked = Some(input.to_owned());
                }
                Reply::Text(self.outcomes(outcomes))
            }
            Err(error) => Reply::Error(error.render("input", color)),
        }
    }

    fn outcomes(&mut self, outcomes: Vec<Outcome>) -> String {
        let mut text = String::new();
        for outcome in outcomes {
            match outcome {
                Outcome::Defined(name, shape) => {
                    let _ = writeln!(text, "{name}: {shape}");
                }
                Outcome::Solved(solved) => {
                    text.push_str(&solution::solution(&solved, Notation::Unicode));
                }
                Outcome::Answered(answer) => {
                    text.push_str(&present::answer(&answer, Notation::Unicode));
                    self.last = Some(*answer);
                }
            }
        }
        text
    }

    fn command(&mut self, command: &str) -> Reply {
        if let Some(claim) = command.strip_prefix("check ") {
            return self.check(claim);
        }
        match command {
            "help" | "h" | "?" => Reply::Text(HELP.to_owned()),
            "quit" | "q" | "exit" => Reply::Quit,
            "clear" => {
                self.session.clear();
                self.last = None;
                self.asked = None;
                Reply::Text(String::new())
            }
            "undo" if self.session.undo() => Reply::Text(String::new()),
            "undo" => Reply::Error("there is nothing to undo\n".to_owned()),
            "vars" => self.variables(),
            "latex" => {
                self.with_last(|_, answer| Reply::Text(present::answer(answer, Notation::Latex)))
            }
            "ascii" => {
                self.with_last(|_, answer| Reply::Text(present::answer(answer, Notation::Ascii)))
            }
            "index" => {
                self.with_last(|_, answer| Reply::Text(index::answer(answer, Script::Unicode)))
            }
            "steps" => self.with_last(|_, answer| {
                let steps = present::steps(answer, Notation::Unicode);
                Reply::Text(steps.trim_start().to_owned())
            }),
            "verify" => self.with_last(|_, answer| verified(answer)),
            "rust" => self.with_last(|_, answer| Reply::Text(answer.code(Precision::Double).text)),
            other => Reply::Error(format!("there is no command `:{other}`; `:help` lists them\n")),
        }
    }

    /// Compares a claim with the last answer.
    fn check(&mut self, claim: &str) -> Reply {
        self.with_last(|session, answer| {
            let mut wrt: Vec<String> = Vec::new();
            for derivative in &answer.derivatives {
                let second = derivative.second.iter().map(|(name, _)| name);
                for name in std::iter::once(&derivative.variable).chain(second) {
                    if !wrt.iter().any(|known| **known == **name) {
                        wrt.push(name.to_string());
                    }
                }
            }
            let query = Query {
                declarations: String::new(),
                expression: answer.formula.clone(),
                wrt,
                kind: answer.kind,
                settings: Settings::default(),
            };
            match session.check(&query, claim) {
                Ok(found) => Reply::Text(verdict::judgement(&found, Notation::Unicode)),
                Err(error) => Reply::Error(error.render("claim", false)),
            }
        })
    }

    fn with_last(&mut self, reply: impl Fn(&Session, &Answer) -> Reply) -> Reply {
        // The loop that gave the answer has ended: it is given again, in a session that is then forgotten.
        if let (None, Some(asked)) = (&self.last, &self.asked) {
            match self.session.clone().read(asked, Settings::default()) {
                Ok(outcomes) => drop(self.outcomes(outcomes)),
                Err(error) => return Reply::Error(error.render("input", false)),
            }
        }
        match &self.last {
            Some(answer) => reply(&self.session, answer),
            None => Reply::Error("there is no answer yet\n".to_owned()),
        }
    }

    fn variables(&self) -> Reply {
        let known = match self.session.known() {
            Ok(known) => known,
            Err(error) => return Reply::Error(error.render("session", false)),
        };
        let mut text = String::new();
        for variable in &known.variables {
            let assumed = if variable.assumed { "  (assumed)" } else { "" };
            let _ =
                writeln!(text, "{}{assumed}", session::declaration(variable, Notation::Unicode));
        }
        for (name, shape) in &known.definitions {
            let _ = writeln!(text, "{name} = …: {shape}");
        }
        Reply::Text(text)
    }
}

fn verified(answer: &Answer) -> Reply {
    let reports = match session::verify([answer]) {
        Ok(reports) => reports,
        Err(error) => return failed(error),
    };
    let mut text = String::new();
    for report in reports {
        match report {
            Ok(report) => text.push_str(&present::report(answer, &report)),
            Err(error) => return failed(error),
        }
    }
    Reply::Text(text)
}

fn failed(error: impl std::fmt::Display) -> Reply {
    Reply::Error(format!("{error}\n"))
}

/// Whether nothing is said: blanks and comments.
fn is_silent(input: &str) -> bool {
    input.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line.starts_with("//")
    })
}
