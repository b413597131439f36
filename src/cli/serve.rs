//! The other end of a [`worker`](super::worker): the process that answers.

use std::io::{self, BufRead as _, Write as _};
use std::panic::resume_unwind;
use std::process;
use std::sync::mpsc;
use std::thread;

use serde_json::{Value, json};

use crate::repl::{Repl, Reply};

/// Reserved, not taken: deep formulas never end the process before they are refused.
const STACK: usize = 256 << 20;

/// Answers each line of standard input with a line. The end of the input ends the process at once, also within an answer:
/// whoever asked is gone.
pub(super) fn serve(mut answer: impl FnMut(&[u8]) -> String + Send + 'static) -> io::Result<()> {
    let (sender, lines) = mpsc::channel::<Vec<u8>>();
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            match input.read_until(b'\n', &mut line) {
                Ok(length) if length > 0 && sender.send(line).is_ok() => {}
                _ => process::exit(0),
            }
        }
    });
    let answering = thread::Builder::new().stack_size(STACK).spawn(move || -> io::Result<()> {
        let mut output = io::stdout().lock();
        for line in lines {
            let mut reply = answer(&line);
            reply.push('\n');
            output.write_all(reply.as_bytes())?;
            output.flush()?;
        }
        Ok(())
    })?;
    answering.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Answers the lines of a REPL: `{"input", "color"}`, after `{"restore"}` where an earlier process ended. A reply tells what is to
/// be restored.
pub(super) fn repl() -> io::Result<()> {
    let mut repl = Repl::new();
    serve(move |line| reply(&mut repl, line).to_string())
}

fn reply(repl: &mut Repl, line: &[u8]) -> Value {
    let request: Value = match serde_json::from_slice(line) {
        Ok(request) => request,
        Err(error) => return json!({ "error": error.to_string() }),
    };
    if let Some(state) = request.get("restore") {
        let taken = state["taken"].as_str().unwrap_or_default();
        *repl = Repl::restored(texts(&state["accepted"]), taken, state["last"].as_str());
        return json!({});
    }
    let input = request["input"].as_str().unwrap_or_default();
    let mut object = match repl.reply(input, request["color"] == json!(true)) {
        Reply::Text(text) => json!({ "text": text }),
        Reply::Error(text) => json!({ "error": text }),
        Reply::Quit => json!({ "quit": true }),
    };
    let (accepted, taken, last) = repl.state();
    object["state"] = json!({ "accepted": accepted, "taken": taken, "last": last });
    object
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}
