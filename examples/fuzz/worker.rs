//! Questions are asked in a process of their own, so that an abort or a hang costs one question.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::fuzzer::judge::Outcome;
use crate::fuzzer::{answer, keep_panics};

/// Seconds on the wall after which a worker is given up; computing time is measured by the worker itself.
const PATIENCE: Duration = Duration::from_mins(1);
/// Kilobytes of address space that a worker has.
const ADDRESS_SPACE: u64 = 3_000_000;
/// The loop of a worker: a line in, a line out.
pub(crate) fn serve() {
    keep_panics();
    let mut output = std::io::stdout();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let written = writeln!(output, "{}", answer(&line).line()).and_then(|()| output.flush());
        if written.is_err() {
            break;
        }
    }
}

struct Running {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

/// A worker, started anew whenever it dies.
#[derive(Default)]
pub(crate) struct Worker {
    running: Option<Running>,
}

impl Worker {
    fn start() -> std::io::Result<Running> {
        let program = std::env::current_exe()?;
        let limited = format!("ulimit -v {ADDRESS_SPACE}; exec \"$0\" --worker");
        let mut child = Command::new("sh")
            .args(["-c", &limited])
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let missing = || std::io::Error::other("a worker without pipes");
        let input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let (send, answers) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Running { child, input, answers })
    }

    /// The outcome of a line.
    pub(crate) fn ask(&mut self, line: &str) -> Outcome {
        let mut running = match self.running.take().map_or_else(Self::start, Ok) {
            Ok(running) => running,
            Err(error) => return Outcome::fault("judge", format!("no worker: {error}")),
        };
        let sent = writeln!(running.input, "{line}").and_then(|()| running.input.flush());
        let answer = match sent {
            Ok(()) => running.answers.recv_timeout(PATIENCE),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        match answer {
            Ok(answer) => {
                let outcome = Outcome::of_line(&answer);
                // What took much memory keeps it.
                if matches!(&outcome, Some(Outcome::Fault(kind, _)) if kind == "memory") {
                    stop(running);
                } else {
                    self.running = Some(running);
                }
                outcome.unwrap_or_else(|| Outcome::fault("judge", answer))
            }
            Err(RecvTimeoutError::Timeout) => {
                stop(running);
                Outcome::fault("hang", format!("no answer in {} s", PATIENCE.as_secs()))
            }
            Err(RecvTimeoutError::Disconnected) => {
                let status = running.child.wait().map(|status| status.to_string());
                Outcome::fault("abort", status.unwrap_or_default())
            }
        }
    }
}

fn stop(mut running: Running) {
    drop(running.input);
    // It may have ended by itself.
    drop(running.child.kill());
    drop(running.child.wait());
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            stop(running);
        }
    }
}
