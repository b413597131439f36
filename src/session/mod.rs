//! Questions and answers as data: declarations, definitions and requests go in, [`Answer`]s come out.
//!
//! The command line, the REPL and the build API meet here and nowhere below. Nothing in this room prints, reads a clock, the
//! environment or a file: the same text gives the same answer on every machine.
//!
//! * `replaced` — what a later line declares anew.
//! * `taken` — what undeclared names were taken for stays.
//! * `source` — one source text out of parts (library, session, declarations, formula), and places in it traced back to the part
//!   that was typed.
//! * `program` — that text read and given meaning; library layers come in where they are called.
//! * `answer` — what comes out.
//! * `derive` — from a scalar and its variables to checked gradients.
//! * `calculus` — derivatives inside formulas.
//! * `claim` — a formula compared with the derivative.
//! * `solve` — equations and stationary points.
//! * `matrix` — Jacobians, Hessians, differentials.
//! * `index` — answers in index notation.
//! * `steps` — how a gradient was found.
//! * `named` — answers in the writer's names.
//! * `letters` — what the first letters of undeclared names decided.
//! * `code` — answers as Rust.
//! * `info` — what answers cost.

mod answer;
mod calculus;
mod claim;
mod code;
mod derive;
mod error;
mod index;
mod info;
mod length;
mod letters;
mod matrix;
mod meaning;
mod named;
mod program;
mod replaced;
mod solve;
mod source;
mod steps;
mod task;
mod taken;

pub use answer::{
    Answer, Certificate, Convention, Derivative, Layout, Named, Note, Written, declaration,
};
pub use claim::Judgement;
pub use code::{
    Agreement, CodeError, DOUBLE_LIMIT, Emitted, NoOrder, Precision, Report, SINGLE_LIMIT,
    VerifyError, agrees, module, verify,
};
pub use error::{Problem, SessionError};
pub use index::{Entries, EntryLine, Left};
pub use info::{Cost, Expense, Information, Parameter, information};
pub use solve::Solved;
pub use source::Part;
pub use steps::{Steps, StepsError};

use crate::elaborate::{Kinds, Model, Variable};
use crate::expression::{Id, Store};
use crate::shape::{Name, Shape};
use crate::syntax;
use crate::syntax::ast::{RequestKind, Statement, StatementKind};
use program::Reading;
use source::Source;
use task::Task;

/// A question that stands alone: a formula, its declarations, and by which names it is differentiated.
#[derive(Clone, Debug)]
pub struct Query {
    /// Declarations (and definitions), as in `A: m×n; X: n×p`; may be empty.
    pub declarations: String,
    /// The formula, or a whole request such as `gradient of tr(X) wrt X`.
    pub expression: String,
    /// The names to differentiate by. When empty, the request's own names, or the only variable.
    pub wrt: Vec<String>,
    /// What is asked.
    pub kind: RequestKind,
    /// How the answer is made.
    pub settings: Settings,
}

impl Query {
    /// The gradient of a formula by some names.
    pub fn gradient(expression: &str, wrt: &[&str]) -> Self {
        Self {
            declarations: String::new(),
            expression: expression.to_owned(),
            wrt: wrt.iter().map(|name| (*name).to_owned()).collect(),
            kind: RequestKind::Gradient,
            settings: Settings::default(),
        }
    }
}

/// How answers are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// What the gradient by a symmetric variable means.
    pub convention: Convention,
    /// Whether a second, independent derivation is tried.
    pub certify: Certify,
}

/// Whether an answer is derived a second time, independently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certify {
    /// On inputs that are small enough.
    #[default]
    Try,
    /// Never.
    Skip,
}

/// What a line of input turned out to say.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A name now stands for a value or a family.
    Defined(Box<Definition>),
    /// A name was declared anew; the text is what it was before.
    Replaced(Name, String),
    /// Equations were solved.
    Solved(Box<Solved>),
    /// An expression or a request was answered.
    Answered(Box<Answer>),
}

/// A name with what it stands for.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name, of a family that of an element: `h[t]`.
    pub name: Name,
    /// The shape of the value.
    pub shape: Shape,
    /// The undeclared variables that it is the first to use.
    pub assumed: Vec<Variable>,
    /// How the text was read where it could have been read differently.
    pub read: Vec<String>,
}

impl Outcome {
    /// The answer to an expression or a request.
    pub fn answer(self) -> Option<Answer> {
        match self {
            Self::Answered(answer) => Some(*answer),
            Self::Defined(..) | Self::Replaced(..) | Self::Solved(_) => None,
        }
    }
}

/// What a session knows.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its variables, declared or used.
    pub variables: Vec<Variable>,
    /// Its definitions with the shapes of their values.
    pub definitions: Vec<(Name, Shape)>,
}

/// Declarations and definitions that later questions can use.
///
/// ```
/// use gradus::session::{Query, Session};
/// let mut session = Session::new();
/// session.read("A: m×n; b: m; x: n", Default::default())?;
/// let answer = session.ask(&Query::gradient("‖A x − b‖²", &["x"]))?;
/// assert_eq!(answer.derivatives[0].shape.to_string(), "n");
/// # Ok::<(), gradus::session::SessionError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// What has been accepted, a piece for each [`Session::read`].
    accepted: Vec<String>,
    /// What answers took undeclared names for, where that is not what their letters say.
    taken: Kinds,
}

impl Session {
    /// A session that knows nothing but the language.
    pub fn new() -> Self {
        Self::default()
    }

    /// A session that has accepted these statements before, and taken names for what [`Session::taken`] told.
    pub fn restored(statements: Vec<String>, taken: &str) -> Self {
        Self { accepted: statements, taken: taken::read(taken) }
    }

    /// What answers took undeclared names for, where that is not what their letters say: `b: vector; N: scalar`.
    pub fn taken(&self) -> String {
        taken::declarations(self.taken.iter().map(|(name, kind)| (name, *kind)))
    }

    /// Answers a question; the session stays as it is.
    pub fn ask(&self, query: &Query) -> Result<Answer, SessionError> {
        let query = &self.with_elements(query).unwrap_or_else(|| query.clone());
        let mut source = self.source();
        source.push(Part::Declarations, &query.declarations);
        source.push(Part::Expression, &query.expression);
        source.push_aside(Part::Wrt, &query.wrt.join(", "));
        let answer = |source: Source| {
            let reading = Reading::read(source, &query.wrt, Some(query.kind))?;
            let task = Task::of_query(&reading, query)?;
            derive::answer(&reading, &task, query.settings)
        };
        answer(source.clone()).map_err(|error| letters::explained(error, &source, &query.wrt))
    }

    /// The question with its last formula as a request, where a name to differentiate by is a definition, or an element such as
    /// `C[t-1]`: what stands between the brackets is read like any formula.
    fn with_elements(&self, query: &Query) -> Option<Query> {
        let mut source = self.source();
        source.push(Part::Declarations, &query.declarations);
        source.push(Part::Expression, &query.expression);
        let is_element = |name: &String| name.ends_with(']');
        // Without a sign for it nothing is defined.
        if !query.wrt.iter().any(is_element) && !source.text.contains('=') {
            return None;
        }
        let typed = source.typed();
        let program = program::parse(&source, &[]).ok()?;
        let is_defined = |name: &String| {
            let name = syntax::name(name);
            program.statements.iter().any(|statement| match &statement.kind {
                StatementKind::Definition { name: defined, indices, .. } => {
                    defined.text == name && indices.is_empty()
                }
                _ => false,
            })
        };
        if !query.wrt.iter().any(|name| is_element(name) || is_defined(name)) {
            return None;
        }
        let last = program.statements.last().filter(|last| last.span.start >= typed.start)?;
        let StatementKind::Expression(_) = last.kind else { return None };
        let (start, end) = (last.span.start - typed.start, last.span.end - typed.start);
        let (before, formula) = (&query.expression[..start], &query.expression[start..end]);
        let word = query.kind.word();
        let expression = format!("{before}{word} of {formula} wrt {}", query.wrt.join(", "));
        Some(Query { expression, wrt: Vec::new(), ..query.clone() })
    }

    /// Reads statements, answers the requests and bare expressions among them, and keeps declarations and definitions. After an
    /// error the session is as before.
    pub fn read(&mut self, text: &str, settings: Settings) -> Result<Vec<Outcome>, SessionError> {
        self.read_after("", text, settings)
    }

    /// As [`Session::read`], with statements before the text, which are kept where the text is.
    pub fn read_after(
        &mut self,
        before: &str,
        text: &str,
        settings: Settings,
    ) -> Result<Vec<Outcome>, SessionError> {
        let (known, replaced) = replaced::without(&self.accepted, text);
        let mut source = Source::after(&self.taken);
        for text in &known {
            source.push(Part::Session, text);
        }
        if !before.is_empty() {
            source.push(Part::Declarations, before);
        }
        source.push(Part::Expression, text);
        let read = |source: Source| {
            let reading = Reading::read(source, &[], None)?;
            let kept = kept(&reading, text);
            Ok((outcomes(&reading, settings)?, taken::kinds(&reading), kept))
        };
        let found = read(source.clone());
        let (found, kinds, kept) =
            found.map_err(|error| letters::explained(error, &source, &[]))?;
        if kept.trim().is_empty() {
            taken::remember(&mut self.taken, &kinds);
        } else {
            let parts = [
                before,
                &taken::declarations(kinds.iter().map(|(name, kind)| (name, *kind))),
                &kept,
            ];
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            self.accepted.push(parts.join("\n"));
        }
        let mut outcomes: Vec<Outcome> =
            replaced.into_iter().map(|(name, was)| Outcome::Replaced(name, was)).collect();
        outcomes.extend(found);
        Ok(outcomes)
    }

    /// Forgets what the last [`Session::read`] that declared or defined something brought; whether there was any.
    pub fn undo(&mut self) -> bool {
        self.accepted.pop().is_some()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Declarations and definitions as they were typed, those that were replaced among them: [`Session::restored`] takes them.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.accepted.iter().map(String::as_str)
    }

    /// What is declared and defined, as a model file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for piece in replaced::without(&self.accepted, "").0 {
            text.push_str(piece.trim());
            text.push('\n');
        }
        text
    }

    /// The variables and definitions that are known, with their shapes.
    pub fn known(&self) -> Result<Known, SessionError> {
        let source = self.source();
        if self.accepted.is_empty() {
            return Ok(Known::default());
        }
        let model = Reading::read(source, &[], None)?.model;
        let shape = |(name, id): &(Name, Id)| {
            (element_of(&model.store, name, *id), model.store.shape(*id).clone())
        };
        let definitions = model.definitions.iter().map(shape).collect();
        Ok(Known { variables: model.variables, definitions })
    }

    fn source(&self) -> Source {
        let mut source = Source::after(&self.taken);
        for text in replaced::without(&self.accepted, "").0 {
            source.push(Part::Session, &text);
        }
        source
    }
}

/// The name of a definition, of a family that of an element: `h[t]`.
fn element_of(store: &Store, name: &Name, id: Id) -> Name {
    match store.family(id) {
        Some(family) => Name::from(format!("{name}[{}]", family.place())),
        None => name.clone(),
    }
}

/// The outcome of each statement of the last part, in order.
fn outcomes(reading: &Reading, settings: Settings) -> Result<Vec<Outcome>, SessionError> {
    let mut outcomes = Vec::new();
    for statement in reading.typed() {
        match &statement.kind {
            StatementKind::Declaration(_)
            | StatementKind::Function { .. }
            | StatementKind::Sizes(_) => {}
            StatementKind::Definition { name, .. } => {
                if let Some(id) = reading.definition(&name.text) {
                    let Model { store, variables, notes, .. } = &reading.model;
                    let (start, end) = (statement.span.start, statement.span.end);
                    let is_new = |it: &&Variable| {
                        it.span.is_some_and(|span| start <= span.start && span.end <= end)
                    };
                    let assumed = variables.iter().filter(|it| it.assumed).filter(is_new);
                    outcomes.push(Outcome::Defined(Box::new(Definition {
                        name: element_of(store, &Name::from(name.text.as_str()), id),
                        shape: store.shape(id).clone(),
                        assumed: assumed.cloned().collect(),
                        read: notes.clone(),
                    })));
                }
            }
            StatementKind::Solve { .. } => {
                let systems = &reading.model.systems;
                if let Some(system) = systems.iter().find(|system| system.span == statement.span) {
                    outcomes.push(Outcome::Solved(Box::new(solve::solved(reading, system)?)));
                }
            }
            StatementKind::Request { .. } | StatementKind::Expression(_) => {
                let task = Task::of_line(reading, statement)?;
                outcomes
                    .push(Outcome::Answered(Box::new(derive::answer(reading, &task, settings)?)));
            }
        }
    }
    Ok(outcomes)
}

/// The text without its requests and bare expressions.
fn kept(reading: &Reading, text: &str) -> String {
    let mut kept = text.to_owned();
    let asks = |statement: &&Statement| match statement.kind {
        StatementKind::Request { .. }
        | StatementKind::Solve { .. }
        | StatementKind::Expression(_) => true,
        StatementKind::Declaration(_)
        | StatementKind::Definition { .. }
        | StatementKind::Function { .. }
        | StatementKind::Sizes(_) => false,
    };
    let spans: Vec<_> = reading
        .typed()
        .filter(asks)
        .filter_map(|statement| reading.source.locate(statement.span))
        .map(|(_, span)| span)
        .collect();
    for span in spans.into_iter().rev() {
        kept.replace_range(span.start..span.end, "");
    }
    kept
}
