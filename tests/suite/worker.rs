//! Processes that answer: what ends one costs one answer, in `batch` and in a terminal.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::cli::scratch;

const QUESTION: &str = r#"{"id": 7, "expression": "x'*x", "wrt": "x"}"#;

/// A batch that is asked line by line.
struct Batch {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Batch {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gradus"))
            .arg("batch")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdin, stdout }
    }

    fn send(&mut self) {
        writeln!(self.stdin, "{QUESTION}").unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn answer(&mut self) -> Value {
        self.send();
        self.receive()
    }

    /// Sends a signal to the process that answers.
    fn signal(&self, name: &str) {
        let process = self.child.id();
        let children =
            fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap();
        let worker = children.split_whitespace().next().expect("a process that answers");
        assert!(Command::new("kill").args([name, worker]).status().unwrap().success());
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_process_that_ends_between_questions_is_started_again() {
    let mut batch = Batch::start(&[]);
    assert_eq!(batch.answer()["ok"], true);
    batch.signal("-KILL");
    assert_eq!(batch.answer()["ok"], true);
}

#[test]
fn a_process_that_ends_within_a_question_costs_one_answer() {
    let mut batch = Batch::start(&[]);
    assert_eq!(batch.answer()["ok"], true);
    batch.signal("-STOP");
    batch.send();
    batch.signal("-KILL");
    let lost = batch.receive();
    assert_eq!((&lost["id"], &lost["ok"]), (&Value::from(7), &Value::from(false)), "{lost}");
    assert_eq!(lost["error"]["code"], "E0999", "{lost}");
    let next = batch.answer();
    assert_eq!((&next["id"], &next["ok"]), (&Value::from(7), &Value::from(true)), "{next}");
}

#[test]
fn an_answer_that_takes_too_long_is_given_up() {
    let mut batch = Batch::start(&["--seconds", "20"]);
    assert_eq!(batch.answer()["ok"], true);
    batch.signal("-STOP");
    let lost = batch.answer();
    assert_eq!(lost["error"]["code"], "E1118", "{lost}");
    assert!(lost["error"]["message"].as_str().unwrap().contains("20 seconds"), "{lost}");
    assert_eq!(batch.answer()["ok"], true);
}

#[test]
fn the_end_of_the_input_ends_the_process_that_answers() {
    let mut batch = Batch::start(&[]);
    assert_eq!(batch.answer()["ok"], true);
    let process = batch.child.id();
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap();
    let worker = children.trim().to_owned();
    batch.child.kill().unwrap();
    batch.child.wait().unwrap();
    let state = || fs::read_to_string(format!("/proc/{worker}/stat")).unwrap_or_default();
    for _ in 0..500 {
        if state().is_empty() || state().contains(") Z ") {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{}", state());
}

// ---- a terminal

/// A session in a terminal that `script` makes; none where there is no `script`.
struct Terminal {
    child: Child,
    stdin: ChildStdin,
    shown: std::sync::mpsc::Receiver<u8>,
    text: String,
    bytes: Vec<u8>,
}

/// Where the compiler is looked for, whatever the home of the session.
fn rustup_home() -> String {
    let home = || std::env::var("HOME").unwrap_or_default() + "/.rustup";
    std::env::var("RUSTUP_HOME").unwrap_or_else(|_| home())
}

impl Terminal {
    // Whoever runs the tests is told what was left out.
    #[allow(clippy::print_stderr)]
    fn start(home: &std::path::Path) -> Option<Self> {
        // `script` asks a shell, which must not stay in between: it would take the interrupt for its own.
        let program = concat!("exec ", env!("CARGO_BIN_EXE_gradus"));
        let child = Command::new("script")
            .args(["-qec", program])
            .arg(home.join("typescript"))
            .env("SHELL", "/bin/sh")
            .env("HOME", home)
            .env("RUSTUP_HOME", rustup_home())
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else {
            eprintln!("skipped: there is no `script` that makes a terminal");
            return None;
        };
        let stdin = child.stdin.take().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, shown) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for byte in BufReader::new(stdout).bytes() {
                match byte {
                    Ok(byte) if sender.send(byte).is_ok() => {}
                    _ => return,
                }
            }
        });
        Some(Self { child, stdin, shown, text: String::new(), bytes: Vec::new() })
    }

    fn type_in(&mut self, text: &str) {
        self.stdin.write_all(text.as_bytes()).unwrap();
        self.stdin.flush().unwrap();
    }

    /// Waits until the words were shown, and forgets what came before them.
    fn wait_for(&mut self, words: &str) {
        while !self.text.contains(words) {
            let Ok(byte) = self.shown.recv_timeout(Duration::from_mins(5)) else {
                panic!("`{words}` was not shown after:\n{}", self.text);
            };
            self.bytes.push(byte);
            self.text = String::from_utf8_lossy(&self.bytes).into_owned();
        }
        self.bytes.clear();
        self.text.clear();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn lines_that_are_pasted_are_all_read() {
    let home = scratch("paste");
    let Some(mut terminal) = Terminal::start(&home) else { return };
    terminal.wait_for("gradus> ");
    terminal.type_in("A: m×n; x: n\rf = norm2(A*x)^2\rgradient of f wrt x\r");
    terminal.wait_for("∂f/∂x = 2AᵀAx");
}

#[test]
fn an_interrupted_computation_leaves_the_session_and_its_history() {
    let home = scratch("interrupted");
    let _ = fs::remove_file(home.join(".gradus_history"));
    let Some(mut terminal) = Terminal::start(&home) else { return };
    terminal.wait_for("gradus> ");
    terminal.type_in("A: m×n; x: n; f = norm2(A*x)^2\r");
    terminal.wait_for("f: scalar");
    terminal.type_in("gradient of f wrt x\r");
    terminal.wait_for("checked at");
    // Compiling takes a while on any machine.
    terminal.type_in(":verify\r");
    terminal.wait_for("verify");
    std::thread::sleep(Duration::from_millis(300));
    terminal.type_in("\u{3}");
    terminal.wait_for("interrupted");
    terminal.wait_for("gradus> ");
    terminal.type_in(":check 2*A'*A*x\r");
    terminal.wait_for("proved");
    let history = fs::read_to_string(home.join(".gradus_history")).unwrap();
    assert!(history.contains("gradient of f wrt x") && history.contains(":verify"), "{history}");
    terminal.type_in(":quit\r");
    assert!(terminal.child.wait().unwrap().success());
}
