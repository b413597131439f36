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

    fn send(&mut self, question: &str) {
        writeln!(self.stdin, "{question}").unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn answer(&mut self) -> Value {
        self.send(QUESTION);
        self.receive()
    }

    /// The number of the process that answers.
    fn worker(&self) -> String {
        let process = self.child.id();
        let children =
            fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap();
        children.split_whitespace().next().expect("a process that answers").to_owned()
    }

    /// Sends a signal to the process that answers.
    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.worker()]).status().unwrap().success());
    }
}

/// Waits until it is so: a signal that was sent has not yet arrived.
fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it did not come to pass");
}

/// The fields of a process's state that follow its name; none where it is gone.
fn state(process: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().map(str::to_owned).collect()
}

/// Waits until a process has ended, with all of its threads.
fn wait_for_end(process: &str) {
    let threads = || fs::read_dir(format!("/proc/{process}/task")).map_or(0, Iterator::count);
    wait_until(|| state(process).first().is_none_or(|it| it == "Z" && threads() <= 1));
}

/// A question that takes a while on any machine.
fn large_question() -> String {
    let names: Vec<String> = (1..=9).map(|layer| format!("W{layer},V{layer}")).collect();
    let network = (1..=9)
        .fold("x".to_owned(), |below, layer| format!("softmax(W{layer}*tanh(V{layer}*{below}))"));
    let names = names.join(",");
    serde_json::json!({
        "id": 8,
        "declarations": format!("{names}: n×n"),
        "expression": format!("log(sum(({network}).^2))"),
        "wrt": names,
        "kind": "hessian",
    })
    .to_string()
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
    let worker = batch.worker();
    batch.signal("-KILL");
    wait_for_end(&worker);
    assert_eq!(batch.answer()["ok"], true);
}

#[test]
fn a_process_that_ends_within_a_question_costs_one_answer() {
    let mut batch = Batch::start(&[]);
    assert_eq!(batch.answer()["ok"], true);
    let worker = batch.worker();
    let ticks = || state(&worker)[11].parse::<u64>().unwrap();
    let before = ticks();
    batch.send(&large_question());
    wait_until(|| ticks() > before + 10);
    batch.signal("-KILL");
    let lost = batch.receive();
    assert_eq!((&lost["id"], &lost["ok"]), (&Value::from(8), &Value::from(false)), "{lost}");
    assert_eq!(lost["error"]["code"], "E0999", "{lost}");
    let next = batch.answer();
    assert_eq!((&next["id"], &next["ok"]), (&Value::from(7), &Value::from(true)), "{next}");
}

#[test]
fn an_answer_that_takes_too_long_is_given_up() {
    let mut batch = Batch::start(&["--seconds", "20"]);
    assert_eq!(batch.answer()["ok"], true);
    batch.signal("-STOP");
    let worker = batch.worker();
    wait_until(|| state(&worker)[0] == "T");
    let lost = batch.answer();
    assert_eq!(lost["error"]["code"], "E1118", "{lost}");
    assert!(lost["error"]["message"].as_str().unwrap().contains("20 seconds"), "{lost}");
    assert_eq!(batch.answer()["ok"], true);
}

#[test]
fn the_end_of_the_input_ends_the_process_that_answers() {
    let mut batch = Batch::start(&[]);
    assert_eq!(batch.answer()["ok"], true);
    let worker = batch.worker();
    batch.child.kill().unwrap();
    batch.child.wait().unwrap();
    wait_for_end(&worker);
}
