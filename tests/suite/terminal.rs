//! The REPL in a terminal, as people type into it.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use super::cli::scratch;

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
            let Ok(byte) = self.shown.recv_timeout(Duration::from_mins(2)) else {
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

/// A Hessian that takes a while on any machine.
fn large_hessian() -> String {
    let layers: Vec<String> = (1..=9).map(|layer| format!("W{layer}, V{layer}")).collect();
    let network = (1..=9)
        .fold("x".to_owned(), |below, layer| format!("softmax(W{layer}*tanh(V{layer}*{below}))"));
    let names = layers.join(", ");
    format!("{names}: n×n\rhessian of log(sum(({network}).^2)) wrt {names}\r")
}

#[test]
fn a_session() {
    let home = scratch("session");
    let file = home.join("kept.gradus");
    let _ = fs::remove_file(&file);
    let Some(mut terminal) = Terminal::start(&home) else { return };
    let mut typed = |text: &str, shown: &str| {
        terminal.type_in(text);
        terminal.wait_for(shown);
    };
    typed("", "gradus> ");
    // A formula answers at once.
    typed("x'*x\r", "∂f/∂x = 2x");
    typed("A: m×n; x: n; f = norm2(A*x)^2\r", "f: scalar");
    typed("gradi\t of f wr\t x\r", "∂f/∂x = 2AᵀAx");
    typed("jacobian of ans wrt x\r", "= 2AᵀA");
    typed("\\alpha\t^2\r", "∂F/∂α = 2α");
    typed("?logdet\r", "log det A");
    typed("A: n×n\r", "A is declared anew; it was m×n");
    typed(&large_hessian(), "hessian");
    std::thread::sleep(Duration::from_millis(500));
    typed("\u{3}", "interrupted");
    typed("gradient of f wrt x\r", "declared: x: n; A: n×n");
    typed(&format!(":save {}\r", file.display()), "saved to");
    typed(":reset\r:vars\r:rules\r", "product rule");
    typed(&format!(":load {}\r", file.display()), "f: scalar");
    typed("f\r", "∂f/∂x = 2AᵀAx");
    typed("?tanh\r", "derivative: 1 - tanh(x)^2");
    typed("\u{1b}[A\r", "derivative: 1 - tanh(x)^2");
    typed("?tanhh\r", "did you mean `tanh`?");
    terminal.type_in("quit\r");
    assert!(terminal.child.wait().unwrap().success());
    let saved = fs::read_to_string(&file).unwrap();
    assert!(saved.contains("f = norm2(A*x)^2") && !saved.contains("m×n"), "{saved}");
}
