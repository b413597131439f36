//! Random typed programs through all of gradus, judged by an evaluator that shares nothing with it.
//!
//! ```text
//! cargo run --release --example fuzz -- --seconds 60 --seed 1      # or --questions 5000
//! cargo run --release --example fuzz -- --garbage 20000
//! cargo run --release --example fuzz -- --emit 200              # compiled by rustc, run and compared
//! ```
//!
//! Question i of seed s is the same on every machine. A fault is made smaller and printed as a command that shows it.
//!
//! | module | holds |
//! |---|---|
//! | `fuzzer` | programs, their answers, what is expected of them |
//! | `worker` | a process of its own for the questions |
//! | `shrink` | smaller programs with the same fault |

// The terminal is this program's output; a test would fail by a panic.
#![allow(clippy::print_stdout, clippy::print_stderr)]

// Shared with the tests, which use more of it.
#[allow(dead_code)]
mod fuzzer;
mod shrink;
mod worker;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use fuzzer::judge::Outcome;
use fuzzer::program::{Kind, Question};
use fuzzer::report::Report;
use fuzzer::{GARBAGE, emitted, garbage, generate};
use worker::Worker;

/// What was typed.
#[derive(Debug, Default)]
struct Arguments {
    seconds: Option<u64>,
    questions: Option<u64>,
    garbage: Option<u64>,
    seed: u64,
    emit: Option<u64>,
    kind: Option<String>,
    show: bool,
    keep: bool,
}

fn arguments() -> Result<Option<Arguments>, String> {
    let mut found = Arguments::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || -> Result<u64, String> {
            let value = words.next().unwrap_or_default();
            value.parse().map_err(|_| format!("{word} takes a number, not `{value}`"))
        };
        match word.as_str() {
            "--worker" => return Ok(None),
            "--seconds" => found.seconds = Some(number()?),
            "--questions" => found.questions = Some(number()?),
            "--garbage" => found.garbage = Some(number()?),
            "--seed" => found.seed = number()?,
            "--emit" => found.emit = Some(number()?),
            "--kind" => found.kind = words.next(),
            "--show" => found.show = true,
            "--as-found" => found.keep = true,
            other => {
                return Err(format!(
                    "`{other}` is none of --seconds N, --questions N, --garbage N, --emit N (programs whose code is compiled and run), --seed S, --kind KIND, --show (every question), \
                     --as-found (faults are not made smaller)"
                ));
            }
        }
    }
    Ok(Some(found))
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            worker::serve();
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let faults = match (arguments.garbage, arguments.emit) {
        (Some(lines), _) => rubbish(lines, arguments.seed),
        (None, Some(programs)) => code(programs, arguments.seed),
        (None, None) => questions(&arguments),
    };
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn questions(arguments: &Arguments) -> usize {
    let start = Instant::now();
    let wall = arguments.seconds.map(Duration::from_secs);
    let most = arguments.questions.unwrap_or(if wall.is_some() { u64::MAX } else { 1000 });
    let mut worker = Worker::default();
    let mut report = Report::default();
    for at in 0..most {
        if wall.is_some_and(|wall| start.elapsed() > wall) {
            break;
        }
        let seed = arguments.seed.wrapping_mul(1 << 32).wrapping_add(at);
        let program = generate::program(seed);
        if arguments.kind.as_ref().is_some_and(|kind| kind != program.kind.word()) {
            continue;
        }
        let question = program.question(seed);
        if arguments.show {
            println!("{at}: {}", question.command());
        }
        let outcome = worker.ask(&question.line());
        report.add(program.kind, &outcome, &question.command());
        if let Outcome::Fault(kind, detail) = &outcome {
            println!("fault: {kind} (seed {}, question {at})", arguments.seed);
            let (smaller, found) = if arguments.keep {
                (program, Outcome::Fault(kind.clone(), detail.clone()))
            } else {
                shrink::shrink(&program, &outcome, |program| {
                    worker.ask(&program.question(seed).line())
                })
            };
            println!("  {}", smaller.question(seed).command());
            if let Outcome::Fault(_, detail) = found {
                println!("  {}", detail.trim().replace('\n', "\n  "));
            }
        }
    }
    println!("{}", report.text());
    let seconds = start.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss)]
    let rate = report.questions as f64 / seconds;
    println!("{seconds:.0} s, {rate:.1} questions a second");
    report.faults()
}

/// Programs whose answers are right are compiled, so many in a crate.
fn code(programs: u64, seed: u64) -> usize {
    const TOGETHER: usize = 40;
    let folder = match emitted::folder(seed) {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("no folder for the code: {error}");
            return 1;
        }
    };
    let mut worker = Worker::default();
    let (mut report, mut batch) = (Report::default(), Vec::new());
    let mut at = 0;
    let mut taken = 0;
    while taken < programs || !batch.is_empty() {
        if taken == programs || batch.len() == TOGETHER {
            let models: Vec<&emitted::Model> = batch.iter().map(|(_, model)| model).collect();
            match emitted::judge(&models, &folder) {
                Ok(outcomes) => {
                    for ((question, _), outcome) in batch.iter().zip(outcomes) {
                        let question: &Question = question;
                        report.add(question.kind, &outcome, &question.command());
                        if let Outcome::Fault(kind, detail) = outcome {
                            println!("fault: {kind}\n  {}\n  {detail}", question.command());
                        }
                    }
                }
                Err(error) => {
                    eprintln!("{error}");
                    return 1;
                }
            }
            batch.clear();
            continue;
        }
        let of = seed.wrapping_mul(1 << 32).wrapping_add(at);
        let question = generate::program(of).question(of);
        at += 1;
        if matches!(question.kind, Kind::Gradient | Kind::Jacobian | Kind::Hessian)
            && worker.ask(&question.line()) == Outcome::Right
            && let Some(model) = emitted::model(&question)
        {
            taken += 1;
            batch.push((question, model));
        }
    }
    // Nothing is lost when it stays.
    drop(std::fs::remove_dir_all(&folder));
    println!("{}", report.text());
    report.faults()
}

fn rubbish(lines: u64, seed: u64) -> usize {
    let mut worker = Worker::default();
    let mut report = Report::default();
    for at in 0..lines {
        let text = garbage::line(seed.wrapping_mul(1 << 32).wrapping_add(at));
        let line = format!("{}{}", GARBAGE, garbage::escaped(&text));
        let outcome = worker.ask(&line);
        report.add(Kind::Gradient, &outcome, &text);
        if let Outcome::Fault(kind, detail) = &outcome {
            println!("fault: {kind} (seed {seed}, line {at})\n  {text:?}\n  {detail}");
        }
    }
    println!("{}", report.text());
    report.faults()
}
