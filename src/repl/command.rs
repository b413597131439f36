//! What a typed line does.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{help, index, present, solution, verdict};
use crate::build::file;
use crate::render::Notation;
use crate::render::index::Script;
use crate::session::{self, Answer, Outcome, Part, Precision, Query, Session, Settings};
use crate::syntax;

/// What can be typed that is no command.
#[rustfmt::skip]
const INPUTS: &[(&str, &str)] = &[
    ("norm2(A*x - b)^2",        "a formula: its gradient by every variable, or its Jacobian"),
    ("A: n×n; x, b: n",         "declare variables (what is not declared is assumed)"),
    ("f = norm2(A*x - b)^2",    "define a name"),
    ("hessian of f wrt x",      "derive a Hessian; also jacobian, differential"),
    ("ans",                     "the last derivative, in any formula"),
    ("gradient of f wrt x",     "derive a gradient; of several variables at once: wrt A, x"),
    ("solve A*x = b for x",     "solve equations; a scalar alone: where its gradient is zero"),
    ("?logdet",                 "what a function is; Tab completes names, and \\alpha to α"),
];

/// The commands: name, what follows it, what it does.
#[rustfmt::skip]
const COMMANDS: &[(&str, &str, &str)] = &[
    ("check",     " 2*A'*(A*x-b)", "is this the last derivative?"),
    ("steps",     "",     "how the last gradients were found"),
    ("latex",     "",     "the last answer in LaTeX"),
    ("ascii",     "",     "the last answer for typing it again"),
    ("index",     "",     "the last answer in index notation, entry by entry"),
    ("rust",      "",     "the last answer as Rust"),
    ("verify",    "",     "that code, compiled, run and compared with plain loops"),
    ("vars",      "",     "what is declared and defined"),
    ("functions", "",     "the functions that are known"),
    ("rules",     "",     "the rules that derivatives are found by"),
    ("undo",      "",     "forget the last declaration or definition"),
    ("reset",     "",     "forget everything"),
    ("load",      " FILE", "read a model file"),
    ("save",      " FILE", "write what is declared and defined to a model file"),
    ("help",      " NAME", "this, or what a function is"),
    ("quit",      "",     "leave"),
];

/// The first line of a file that `:save` wrote, and may write again.
const SAVED: &str = "# saved by gradus";

/// What stands before the statements of `ans`, where they are kept.
const ANSWER: &str = "# the answer before";

/// The names of the commands.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|(name, ..)| *name)
}

/// What a command does, in a line.
pub(super) fn line(name: &str) -> Option<String> {
    let known = COMMANDS.iter().find(|(known, ..)| *known == name)?;
    Some(format!(":{}{}\n  {}", known.0, known.1, known.2))
}

fn overview() -> String {
    let commands = COMMANDS.iter().map(|(name, more, what)| (format!(":{name}{more}"), *what));
    let inputs = INPUTS.iter().map(|(input, what)| ((*input).to_owned(), *what));
    inputs.chain(commands).fold(String::new(), |mut text, (typed, what)| {
        let _ = writeln!(text, "{typed:<26} {what}");
        text
    })
}

/// The state of the loop.
#[derive(Debug, Default)]
pub struct Repl {
    session: Session,
    last: Option<Answer>,
    /// The input that asked for the last answer.
    asked: Option<String>,
    /// How definitions were read: said once.
    said: BTreeSet<String>,
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
    pub fn restored(accepted: Vec<String>, taken: &str, asked: Option<&str>) -> Self {
        let session = Session::restored(accepted, taken);
        Self { session, asked: asked.map(ToOwned::to_owned), ..Self::default() }
    }

    /// What was declared and defined, what undeclared names were taken for, and the input that asked for the last answer.
    pub fn state(&self) -> (Vec<&str>, String, Option<&str>) {
        (self.session.statements().collect(), self.session.taken(), self.asked.as_deref())
    }

    /// Answers one input; with `color`, diagnostics are coloured.
    pub fn reply(&mut self, input: &str, color: bool) -> Reply {
        let input = input.trim();
        match input {
            "quit" | "exit" => return Reply::Quit,
            "help" | "?" => return Reply::Text(overview()),
            _ => {}
        }
        if let Some(command) = input.strip_prefix(':') {
            return self.command(command.trim());
        }
        if let Some(name) = input.strip_prefix('?') {
            return about(name);
        }
        if is_silent(input) {
            return Reply::Text(String::new());
        }
        self.read(input, "input", color)
    }

    fn read(&mut self, input: &str, name: &str, color: bool) -> Reply {
        let answer = match self.answer_before(input) {
            Ok(answer) => answer,
            Err(reply) => return reply,
        };
        match self.session.read_after(&answer, input, Settings::default()) {
            Ok(outcomes) => {
                let is_answer = |outcome: &Outcome| matches!(outcome, Outcome::Answered(_));
                if outcomes.iter().any(is_answer) {
                    self.asked = Some(input.to_owned());
                }
                Reply::Text(self.outcomes(outcomes))
            }
            Err(error) => {
                // A new declaration may not fit what was defined before.
                let is_earlier = matches!(error.place(), Some((Part::Session, _)));
                let name = if is_earlier { "what was typed before" } else { name };
                Reply::Error(error.render(name, color))
            }
        }
    }

    /// Where the input speaks of `ans`, which is no name of the session's own: what that is, as statements.
    fn answer_before(&mut self, input: &str) -> Result<String, Reply> {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let speaks = input.split(|letter| !is_part(letter)).any(|word| word == "ans");
        let is_own = |text: &str| {
            let names = |line: &str| {
                let rest = line.trim_start().strip_prefix("ans").map(str::trim_start);
                rest.is_some_and(|rest| rest.starts_with(['=', ':']))
            };
            !text.starts_with(ANSWER) && text.lines().any(names)
        };
        if !speaks || is_own(input) || self.session.statements().any(is_own) {
            return Ok(String::new());
        }
        let reply = self.with_last(|_, answer| match statements(answer) {
            Ok(text) => Reply::Text(format!("{ANSWER}\n{text}")),
            Err(several) => Reply::Error(several),
        });
        match reply {
            Reply::Text(text) => Ok(text),
            other => Err(other),
        }
    }

    fn outcomes(&mut self, outcomes: Vec<Outcome>) -> String {
        let mut text = String::new();
        for outcome in outcomes {
            match outcome {
                Outcome::Defined(mut definition) => {
                    definition.read.retain(|note| self.said.insert(note.clone()));
                    text.push_str(&present::definition(&definition));
                }
                Outcome::Replaced(name, was) => {
                    let _ = writeln!(text, "{name} is declared anew; it was {was}");
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
        let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let rest = rest.trim();
        match (name, rest) {
            ("check", claim) if !claim.is_empty() => self.check(claim),
            ("load", file) if !file.is_empty() => self.load(Path::new(file)),
            ("save", file) if !file.is_empty() => self.save(Path::new(file)),
            ("check" | "load" | "save", _) => {
                Reply::Error(line(name).map_or_else(String::new, |line| format!("{line}\n")))
            }
            ("help" | "h" | "?", "") => Reply::Text(overview()),
            ("help" | "h" | "?", name) => about(name),
            (_, rest) if !rest.is_empty() => {
                Reply::Error(format!("`:{name}` stands alone; nothing follows it\n"))
            }
            ("quit" | "q" | "exit", _) => Reply::Quit,
            ("reset" | "clear", _) => {
                *self = Self::new();
                Reply::Text(String::new())
            }
            ("undo", _) if self.session.undo() => Reply::Text(String::new()),
            ("undo", _) => Reply::Error("there is nothing to undo\n".to_owned()),
            ("vars", _) => self.variables(),
            ("functions", _) => Reply::Text(help::list()),
            ("rules", _) => Reply::Text(help::rules()),
            ("latex", _) => {
                self.with_last(|_, answer| Reply::Text(present::answer(answer, Notation::Latex)))
            }
            ("ascii", _) => self.with_last(|_, answer| {
                Reply::Text(answer.as_typed(present::answer(answer, Notation::Ascii)))
            }),
            ("index", _) => {
                self.with_last(|_, answer| Reply::Text(index::answer(answer, Script::Unicode)))
            }
            ("steps", _) => self.with_last(|_, answer| {
                let steps = present::steps(answer, Notation::Unicode);
                Reply::Text(steps.trim_start().to_owned())
            }),
            ("verify", _) => self.with_last(|_, answer| verified(answer)),
            ("rust", _) => {
                self.with_last(|_, answer| Reply::Text(answer.code(Precision::Double).text))
            }
            (other, _) => {
                let near = syntax::nearest(other, names());
                let near =
                    near.map_or_else(String::new, |near| format!(", did you mean `:{near}`?"));
                Reply::Error(format!("there is no command `:{other}`{near} `:help` lists them\n"))
            }
        }
    }

    /// Reads a model file: its requests are answered, its declarations and definitions stay.
    fn load(&mut self, path: &Path) -> Reply {
        let unread = |error: &dyn std::fmt::Display| {
            Reply::Error(format!("cannot read {}: {error}\n", path.display()))
        };
        let bytes = match file::read(path) {
            Ok(bytes) => bytes,
            Err(error) => return unread(&error),
        };
        match syntax::decode(&bytes) {
            Ok(text) if is_silent(text) => Reply::Text(String::new()),
            Ok(text) => self.read(text, &path.display().to_string(), false),
            Err(error) => unread(&error),
        }
    }

    /// Writes declarations and definitions to a file that is new, or was written like this before.
    fn save(&self, path: &Path) -> Reply {
        let failed = |error: &dyn std::fmt::Display| {
            Reply::Error(format!("cannot write {}: {error}\n", path.display()))
        };
        match file::read(path) {
            Ok(before) if !before.starts_with(SAVED.as_bytes()) => {
                return failed(&"there is a file that `:save` did not write; name another");
            }
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return failed(&error),
            Ok(_) | Err(_) => {}
        }
        match fs::write(path, format!("{SAVED}\n{}", self.session.text())) {
            Ok(()) => Reply::Text(format!("saved to {}\n", path.display())),
            Err(error) => failed(&error),
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

fn about(name: &str) -> Reply {
    match help::about(name.trim()) {
        Ok(text) => Reply::Text(text),
        Err(text) => Reply::Error(text),
    }
}

/// The derivative of an answer, or its value, as the definition of `ans`; where it has several, which.
fn statements(answer: &Answer) -> Result<String, String> {
    // What a name stands for may change until this is read.
    let answer = &answer.clone().expanded();
    let written = match answer.derivatives.as_slice() {
        [] => answer.written_value(Notation::Ascii),
        [_] => answer.written(Notation::Ascii).swap_remove(0),
        several => {
            let names: Vec<&str> = several.iter().map(|derivative| &*derivative.variable).collect();
            return Err(format!(
                "`ans` is one derivative, and the last answer has {}: ask by one of {}\n",
                several.len(),
                names.join(", ")
            ));
        }
    };
    let assumed = answer.variables.iter().filter(|variable| variable.assumed);
    let declared = assumed.map(|variable| session::declaration(variable, Notation::Ascii));
    let bindings = written.bindings.iter().map(|one| format!("{} = {}", one.name, one.text));
    let own = std::iter::once(format!("ans = {}", written.text));
    Ok(declared.chain(bindings).chain(own).collect::<Vec<_>>().join("\n"))
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
