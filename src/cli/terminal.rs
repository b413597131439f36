//! The REPL in a terminal: what is typed is answered in a process of its own, which Ctrl-C ends and the session does not notice.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::failure::Failure;
use super::worker::{Ended, Limits, Worker};
use crate::repl::{self, Reply};

/// How long a Ctrl-C may take from one process to another.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads and answers until `:quit` or the end of the input.
pub(super) fn run(color: bool) -> Result<(), Failure> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || flag.store(true, Ordering::SeqCst))
        .map_err(|error| Failure::Terminal(io::Error::other(error)))?;
    let mut asked =
        Asked { worker: Worker::new(&["worker", "repl"]), state: Value::Null, interrupted };
    repl::interactive(|input| asked.reply(input, color), color).map_err(Failure::Terminal)
}

struct Asked {
    worker: Worker,
    /// What the process knows, for the next one if it ends.
    state: Value,
    interrupted: Arc<AtomicBool>,
}

impl Asked {
    fn reply(&mut self, input: &str, color: bool) -> io::Result<Reply> {
        self.interrupted.store(false, Ordering::SeqCst);
        if !self.worker.is_running() && !self.state.is_null() {
            let restore = json!({ "restore": self.state });
            if let Err(ended) = self.ask(&restore)? {
                return Ok(Reply::Error(format!("{ended}\n")));
            }
        }
        let found = match self.ask(&json!({ "input": input, "color": color }))? {
            Ok(found) => found,
            Err(ended) => return Ok(Reply::Error(format!("{ended}\n"))),
        };
        self.state = found["state"].clone();
        Ok(match (found["text"].as_str(), found["error"].as_str()) {
            (Some(text), _) => Reply::Text(text.to_owned()),
            (_, Some(text)) => Reply::Error(text.to_owned()),
            (None, None) => Reply::Quit,
        })
    }

    fn ask(&mut self, request: &Value) -> io::Result<Result<Value, Ended>> {
        let interrupted = Arc::clone(&self.interrupted);
        let is_interrupted = move || interrupted.load(Ordering::SeqCst);
        let line = request.to_string();
        match self.worker.ask(line.as_bytes(), Limits::default(), &is_interrupted)? {
            Ok(reply) => serde_json::from_str(&reply).map(Ok).map_err(io::Error::from),
            Err(ended) => {
                if matches!(ended, Ended::Interrupted) {
                    self.take_interrupt();
                }
                Ok(Err(ended))
            }
        }
    }

    /// Ctrl-C ends the worker, too, which may be seen before the flag is set: set any later, it would end what is asked next.
    fn take_interrupt(&self) {
        let until = Instant::now() + PATIENCE;
        while !self.interrupted.swap(false, Ordering::SeqCst) && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
