//! Processes that answer: what ends one costs one answer.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

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
