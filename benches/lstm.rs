//! What emitted code of an LSTM costs: `cargo bench --bench lstm`.
//!
//! Emits, compiles and runs value and all gradients of benches/lstm.gradus (T = 50, batch 32, 128 inputs, 128 hidden units), and shows
//! how memory grows with T. The program stays in target/lstm, where tests/peers/time_lstm.py finds it.

#![allow(clippy::print_stdout)] // A benchmark reports on standard output.

use std::path::{Path, PathBuf};
use std::process::Command;

use gradus::session::{Outcome, Precision, Session, Settings};

fn main() {
    let program = compiled();
    for precision in ["f64", "f32"] {
        run(&program, &[precision, "30"]);
    }
    for steps in ["50", "100", "200"] {
        run(&program, &["f64", "3", steps]);
    }
    println!(
        "beside JAX and PyTorch: python tests/peers/time_lstm.py --gradus {}",
        program.display()
    );
}

fn run(program: &Path, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().expect("the program runs");
    assert!(output.status.success());
    print!("{}: {}", arguments[0], String::from_utf8_lossy(&output.stdout));
}

/// The executable.
fn compiled() -> PathBuf {
    let outcomes = Session::new().read(include_str!("lstm.gradus"), Settings::default());
    let answered = outcomes.expect("a model").into_iter().find_map(Outcome::answer);
    let answer = answered.expect("a request");
    let module = |name: &str, precision| {
        format!("#[allow(dead_code)]\nmod {name} {{\n{}}}\n", answer.code(precision).text)
    };
    let text = [
        include_str!("lstm_main.rs").to_owned(),
        module("double", Precision::Double),
        module("single", Precision::Single),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/lstm");
    std::fs::create_dir_all(&folder).expect("a folder");
    let (source, program) = (folder.join("main.rs"), folder.join("lstm"));
    std::fs::write(&source, text.concat()).expect("the source is written");
    let status = Command::new("rustc")
        .args(["--edition", "2024", "-C", "opt-level=3", "-o"])
        .args([&program, &source])
        .status();
    assert!(status.expect("rustc runs").success());
    program
}
