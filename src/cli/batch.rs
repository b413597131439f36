//! `gradus batch`: a JSON object a line in, a JSON object a line out. A bad line is answered like any other.

use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use thiserror::Error;

use super::arguments::{BatchArguments, ConventionArguments};
use super::failure::Failure;
use super::worker::{Ended, Limits, Worker};
use super::{json, serve};
use crate::repl::{Line, read_line};
use crate::session::{Convention, Query, Session, SessionError, Settings};
use crate::syntax;
use crate::syntax::ast::RequestKind;

/// Bytes of a line that are read; JSON spends a few bytes where the language has one.
const LINE_LIMIT: usize = 8 << 20;

/// Answers each line as it comes. A process of its own answers: what ends it costs the answer to one line, not to those after it.
pub(super) fn run(
    arguments: &BatchArguments,
    mut lines: impl BufRead,
    mut output: impl Write,
) -> Result<ExitCode, Failure> {
    let limits = Limits {
        time: Some(Duration::from_secs(arguments.seconds)),
        memory: Some(arguments.memory << 20),
    };
    let mut worker = Worker::new(&[&["worker", "batch"], &*arguments.convention.words()].concat());
    while let Some(line) = read_line(&mut lines, LINE_LIMIT).map_err(unreadable)? {
        let bytes = match line {
            Line::Whole(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => continue,
            Line::Whole(bytes) => bytes,
            Line::TooLong => {
                write(&mut output, &reply(Value::Null, Err(LineError::TooLong), Instant::now()))?;
                continue;
            }
        };
        let start = Instant::now();
        let text = match worker.ask(&bytes, limits, &|| false).map_err(Failure::Worker)? {
            Ok(text) => text,
            Err(ended) => {
                let id = object(&bytes).ok().and_then(|object| object.get("id").cloned());
                reply(id.unwrap_or_default(), Err(LineError::Ended(ended)), start)
            }
        };
        write(&mut output, &text)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn unreadable(error: io::Error) -> Failure {
    Failure::Read { path: "standard input".into(), error }
}

/// Answers the lines of a batch in a process of its own.
pub(super) fn serve(convention: &ConventionArguments) -> io::Result<()> {
    let settings = convention.settings();
    serve::serve(move |line| respond(line, settings))
}

fn write(output: &mut impl Write, text: &str) -> io::Result<()> {
    output.write_all(text.as_bytes())?;
    output.write_all(b"\n")?;
    output.flush()
}

fn respond(line: &[u8], settings: Settings) -> String {
    let start = Instant::now();
    let mut id = Value::Null;
    let outcome = catch_unwind(AssertUnwindSafe(|| answer(line, settings, &mut id)))
        .unwrap_or(Err(LineError::Fault));
    reply(id, outcome, start)
}

fn reply(id: Value, outcome: Result<Map<String, Value>, LineError>, start: Instant) -> String {
    let mut reply = Map::new();
    reply.insert("id".to_owned(), id);
    reply.insert("ok".to_owned(), json!(outcome.is_ok()));
    match outcome {
        Ok(fields) => reply.extend(fields),
        Err(error) => {
            reply.insert("error".to_owned(), error.value());
        }
    }
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    reply.insert("micros".to_owned(), json!(micros));
    Value::Object(reply).to_string()
}

/// Why a line has no answer.
#[derive(Debug, Error)]
enum LineError {
    #[error("the line is longer than {LINE_LIMIT} bytes")]
    TooLong,
    #[error("the line is not text: byte {0} is not valid UTF-8")]
    NotUtf8(usize),
    #[error("the line is not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("the line is no JSON object")]
    NoObject,
    #[error("the field `{0}` is missing")]
    Missing(&'static str),
    #[error("the field `{0}` is no text")]
    NoText(&'static str),
    #[error("there is no {field} `{found}`; there are {}", known.join(", "))]
    Unknown { field: &'static str, found: String, known: &'static [&'static str] },
    #[error("this is a fault of gradus, please report it with the line that shows it")]
    Fault,
    #[error("{0}")]
    Ended(Ended),
    #[error("{0}")]
    Session(Box<SessionError>),
}

impl LineError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "E1111",
            Self::NotUtf8(_) => "E1112",
            Self::NotJson(_) => "E1113",
            Self::NoObject => "E1114",
            Self::Missing(_) => "E1115",
            Self::NoText(_) => "E1116",
            Self::Unknown { .. } => "E1117",
            Self::Ended(Ended::Time(_)) => "E1118",
            Self::Ended(Ended::Memory(_)) => "E1119",
            Self::Fault | Self::Ended(Ended::Interrupted | Ended::Died(_)) => "E0999",
            Self::Session(error) => error.diagnostic().code,
        }
    }

    fn help(&self) -> Option<&'static str> {
        match self {
            Self::Ended(Ended::Time(_)) => Some("give it more: `gradus batch --seconds 600`"),
            Self::Ended(Ended::Memory(_)) => Some("give it more: `gradus batch --memory 16384`"),
            _ => None,
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Session(error) => json::error(error),
            Self::TooLong
            | Self::NotUtf8(_)
            | Self::NotJson(_)
            | Self::NoObject
            | Self::Missing(_)
            | Self::NoText(_)
            | Self::Unknown { .. }
            | Self::Fault
            | Self::Ended(_) => json::plain_error(self.code(), &self.to_string(), self.help()),
        }
    }
}

/// The fields of the reply; `id` is set as soon as it is known.
fn answer(
    line: &[u8],
    settings: Settings,
    id: &mut Value,
) -> Result<Map<String, Value>, LineError> {
    let object = object(line)?;
    *id = object.get("id").cloned().unwrap_or(Value::Null);
    let query = query(&object, settings)?;
    let answer = Session::new().ask(&query).map_err(|error| LineError::Session(Box::new(error)))?;
    if let Some(only) = json::only(&answer) {
        return Ok(only);
    }
    let derivatives = Value::Array(json::derivatives(&answer));
    Ok(Map::from_iter([(json::key(answer.kind).to_owned(), derivatives)]))
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, LineError> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| LineError::NotUtf8(error.valid_up_to()))?;
    match serde_json::from_str(text).map_err(LineError::NotJson)? {
        Value::Object(object) => Ok(object),
        _ => Err(LineError::NoObject),
    }
}

fn query(object: &Map<String, Value>, settings: Settings) -> Result<Query, LineError> {
    let text = |field: &'static str| match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(LineError::NoText(field)),
    };
    let expression = text("expression")?.ok_or(LineError::Missing("expression"))?;
    let convention = match text("layout")? {
        Some(layout) => layout_named(layout)?.unwrap_or(settings.convention),
        None => settings.convention,
    };
    Ok(Query {
        declarations: text("declarations")?.unwrap_or_default().to_owned(),
        expression: expression.to_owned(),
        wrt: syntax::list(text("wrt")?.unwrap_or_default()),
        kind: kind_named(text("kind")?.unwrap_or("gradient"))?,
        settings: Settings { convention, ..settings },
    })
}

fn kind_named(word: &str) -> Result<RequestKind, LineError> {
    match word {
        "gradient" => Ok(RequestKind::Gradient),
        "jacobian" => Ok(RequestKind::Jacobian),
        "hessian" => Ok(RequestKind::Hessian),
        "differential" => Ok(RequestKind::Differential),
        other => Err(LineError::Unknown {
            field: "kind",
            found: other.chars().take(40).collect(),
            known: &["gradient", "jacobian", "hessian", "differential"],
        }),
    }
}

/// What a layout asks of gradients; the layouts of Jacobians and Hessians ask nothing of them.
fn layout_named(word: &str) -> Result<Option<Convention>, LineError> {
    match word {
        "denominator" => Ok(Some(Convention::Free)),
        "sym-projection" => Ok(Some(Convention::Projection)),
        "sym-cookbook" => Ok(Some(Convention::Cookbook)),
        "" | "numerator" | "vec" | "hessian" => Ok(None),
        word if word.starts_with("entrywise") => Ok(None),
        other => Err(LineError::Unknown {
            field: "layout",
            found: other.chars().take(40).collect(),
            known: &[
                "denominator",
                "sym-projection",
                "sym-cookbook",
                "numerator",
                "vec",
                "entrywise",
                "hessian",
            ],
        }),
    }
}
