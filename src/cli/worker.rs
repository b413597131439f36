//! Questions in a process of their own: one that crashes, never ends or takes all memory costs one answer, and no other.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use thiserror::Error;

/// How often a limit is looked at while an answer is waited for.
const TICK: Duration = Duration::from_millis(20);

/// A process that answers a line with a line. It is started when it is needed, and again after one that ended.
#[derive(Debug)]
pub(super) struct Worker {
    arguments: Vec<String>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    stdin: ChildStdin,
    replies: Receiver<String>,
}

/// What a question may take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) time: Option<Duration>,
    /// In bytes; where the system does not tell what a process takes, there is no limit.
    pub(super) memory: Option<u64>,
}

/// Why a question got no reply.
#[derive(Debug, Error)]
pub(super) enum Ended {
    #[error("no answer within {} seconds", .0.as_secs_f64())]
    Time(Duration),
    #[error("the answer takes more than {} MB of memory", .0 >> 20)]
    Memory(u64),
    #[error("interrupted")]
    Interrupted,
    #[error(
        "this is a fault of gradus, please report it with the input that shows it: the computation ended with {0}"
    )]
    Died(ExitStatus),
}

impl Worker {
    /// A worker that this program runs as with these arguments.
    pub(super) fn new(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { arguments, running: None }
    }

    /// Whether a process waits for questions, which knows what was asked before.
    pub(super) fn is_running(&mut self) -> bool {
        self.running.as_mut().is_some_and(|it| it.child.try_wait().is_ok_and(|end| end.is_none()))
    }

    /// The reply to a line without line break. A process that gives none is ended.
    pub(super) fn ask(
        &mut self,
        line: &[u8],
        limits: Limits,
        is_interrupted: &dyn Fn() -> bool,
    ) -> io::Result<Result<String, Ended>> {
        // One that cannot be written to ended between two questions, and says nothing of either.
        let known = self.running.take();
        let known = known.and_then(|mut it| it.send(line).is_ok().then_some(it));
        let mut running = match known {
            Some(running) => running,
            None => {
                let mut started = Running::start(&self.arguments)?;
                started.send(line)?;
                started
            }
        };
        match running.reply(limits, is_interrupted)? {
            Ok(reply) => {
                self.running = Some(running);
                Ok(Ok(reply))
            }
            Err(ended) => {
                running.end()?;
                Ok(Err(ended))
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            // Nothing is left to be done about a process that cannot be ended.
            let _ = running.end();
        }
    }
}

impl Running {
    fn start(arguments: &[String]) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("a process without its pipes"));
        };
        let (sender, replies) = mpsc::channel();
        std::thread::spawn(move || {
            // What cannot be read, or is not waited for any more, is the end.
            for line in BufReader::new(stdout).lines() {
                if line.is_ok_and(|line| sender.send(line).is_ok()) {
                    continue;
                }
                return;
            }
        });
        Ok(Self { child, stdin, replies })
    }

    fn send(&mut self, line: &[u8]) -> io::Result<()> {
        self.stdin.write_all(line)?;
        self.stdin.write_all(b"\n")?;
        self.stdin.flush()
    }

    fn reply(
        &mut self,
        limits: Limits,
        is_interrupted: &dyn Fn() -> bool,
    ) -> io::Result<Result<String, Ended>> {
        let start = Instant::now();
        loop {
            match self.replies.recv_timeout(TICK) {
                Ok(reply) => return Ok(Ok(reply)),
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait()?;
                    let interrupted = is_interrupted() || was_interrupted(status);
                    let ended = if interrupted { Ended::Interrupted } else { Ended::Died(status) };
                    return Ok(Err(ended));
                }
                Err(RecvTimeoutError::Timeout) if is_interrupted() => {
                    return Ok(Err(Ended::Interrupted));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(limit) = limits.time.filter(|limit| start.elapsed() > *limit) {
                return Ok(Err(Ended::Time(limit)));
            }
            let taken = memory(self.child.id());
            if let Some(limit) = limits.memory.filter(|limit| taken.is_some_and(|it| it > *limit)) {
                return Ok(Err(Ended::Memory(limit)));
            }
        }
    }

    fn end(&mut self) -> io::Result<()> {
        if self.child.try_wait()?.is_none() {
            self.child.kill()?;
            self.child.wait()?;
        }
        Ok(())
    }
}

/// What a process takes, in bytes.
#[cfg(target_os = "linux")]
fn memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(not(target_os = "linux"))]
fn memory(_: u32) -> Option<u64> {
    None
}

/// Whether Ctrl-C ended the process.
#[cfg(unix)]
fn was_interrupted(status: ExitStatus) -> bool {
    const SIGINT: i32 = 2;
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGINT)
}

#[cfg(not(unix))]
fn was_interrupted(_: ExitStatus) -> bool {
    false
}
