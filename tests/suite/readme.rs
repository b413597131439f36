//! The README says what happens: its commands are run, and their output compared.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::cli::{gradus, scratch};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The fenced blocks: language and text.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(language), None) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, block))) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is never closed");
    blocks
}

/// Rounding errors and times differ between machines: numbers such as `3e-14` and what follows `"micros":` become `#`.
fn without_measurements(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        if number.is_empty() {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        rest = &rest[number.len()..];
        let exponent: usize = match rest.strip_prefix('e') {
            Some(tail) => 1 + tail.chars().take_while(|c| c.is_ascii_digit() || *c == '-').count(),
            None => 0,
        };
        let measured = exponent > 1 || out.ends_with("\"micros\":");
        out.push_str(if measured { "#" } else { &number });
        rest = &rest[if measured { exponent } else { 0 }..];
    }
    out
}

/// Runs a command line in which `gradus` is this crate's program.
fn shell(command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_gradus"));
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(root())
        .env("PATH", format!("{}:{path}", program.parent().unwrap().display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn commands_print_what_the_readme_shows() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut commands = 0;
    for (language, text) in blocks(&readme) {
        if language != "console" {
            continue;
        }
        let (command, shown) = text.split_once('\n').unwrap();
        let command = command.strip_prefix("$ ").expect("a block starts with its command");
        let (shown, found) = (without_measurements(shown), without_measurements(&shell(command)));
        assert_eq!(shown.trim_end(), found.trim_end(), "{command}");
        commands += 1;
    }
    assert!(commands >= 4, "{commands} commands");
}

#[test]
fn files_that_the_readme_shows_are_as_shown() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut files = 0;
    for (_, text) in blocks(&readme) {
        let Some((path, shown)) = text.split_once('\n') else { continue };
        let Some(path) = path.strip_prefix("# examples/") else { continue };
        let file = fs::read_to_string(root().join("examples").join(path)).unwrap();
        assert_eq!(shown, file, "examples/{path}");
        files += 1;
    }
    assert!(files >= 1);
}

/// What stands between backticks within the text.
fn spans(text: &str) -> Vec<String> {
    let mut prose = String::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            prose.push_str(line);
            prose.push(' ');
        }
    }
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn commands_within_the_text_run() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let out = scratch("readme").join("out.rs");
    let mut commands = 0;
    for span in spans(&readme).into_iter().filter(|span| span.starts_with("gradus ")) {
        let command = span.replace("MODEL…", "examples/logistic.gradus");
        let command = command.replace("MODEL", "examples/dnn_mse.gradus");
        shell(&format!("{} < /dev/null", command.replace("out.rs", &out.display().to_string())));
        commands += 1;
    }
    assert!(commands >= 4, "{commands} commands");
}

#[test]
fn requests_within_the_text_are_answered() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let known = "F = A*X*B; f = (x'*P*y)^2 + norm2(x)^2; v: n; x: n; y: m; W: p; P: n×m\n";
    let mut requests = 0;
    for span in spans(&readme) {
        let is_request = ["jacobian", "hessian", "differential", "grad", "d("];
        if !span.starts_with("gradus") && is_request.iter().any(|word| span.starts_with(word)) {
            let span = span.replace("jacobian(F, x)", "jacobian(F, X)");
            let run = gradus(&[], format!("{known}{span}\n").as_bytes());
            assert_eq!(run.code, Some(0), "{span}\n{}", run.stderr);
            requests += 1;
        }
    }
    assert!(requests >= 7, "{requests} requests");
}

#[test]
fn the_readme_is_short_and_starts_with_the_two_commands() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() < 100, "{} lines", readme.lines().count());
    let indented: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with("cargo"))
        .collect();
    assert!(indented[1].starts_with("cargo test"));
    let arguments = indented[0].strip_prefix("cargo run --release -- ").unwrap();
    let output = shell(&format!("gradus {arguments}"));
    for part in ["∂f/∂X = ABᵀ", "checked at", "df", "pub fn value_and_gradient", "verified: "]
    {
        assert!(output.contains(part), "`{part}` is not in:\n{output}");
    }
}

#[test]
fn measurements_are_masked_and_nothing_else() {
    assert_eq!(without_measurements("at 4 points, 3e-14, x.^2"), "at 4 points, #, x.^2");
    assert_eq!(without_measurements("\"micros\":123}"), "\"micros\":#}");
    assert_eq!(without_measurements("1.5e-16"), "#");
}
