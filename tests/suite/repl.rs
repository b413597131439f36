//! The REPL through a pipe.

use super::cli::{Run, gradus};

fn typed(lines: &str) -> Run {
    gradus(&[], lines.as_bytes())
}

/// The lines of `:help`.
pub(crate) fn help() -> Vec<String> {
    typed(":help\n").stdout.lines().map(str::to_owned).collect()
}

#[test]
fn declarations_and_definitions_stay() {
    let run = typed("A: m×n; b: m\nx: n\nr = A*x - b\ngradient of norm2(r)^2 wrt x\n");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("r: m\n"), "{}", run.stdout);
    assert!(run.stdout.contains("∂f/∂x = 2Aᵀ(Ax − b)"), "{}", run.stdout);
    assert_eq!(run.stderr, "");
}

#[test]
fn a_pipe_gets_no_prompt() {
    let run = typed("x: n\nx'*x\n");
    assert!(!run.stdout.contains('>') && !run.stdout.contains("gradus"), "{}", run.stdout);
}

#[test]
fn a_bare_formula_shows_its_shape_and_short_form() {
    let run = typed("A: m×n\nA' + A'\n");
    assert!(run.stdout.contains("2Aᵀ") && run.stdout.contains("shape: n×m"), "{}", run.stdout);
}

#[test]
fn an_error_ends_nothing_but_shows_in_the_exit_code() {
    let run = typed("x: n\nA: n×n\ntr(x\n\nA + 1\nsum(x)\n");
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("never closed"), "{}", run.stderr);
    assert!(run.stderr.contains(".+"), "{}", run.stderr);
    assert!(run.stdout.contains("sum(x)"), "{}", run.stdout);
}

#[test]
fn a_refused_line_leaves_no_trace() {
    let run = typed("x: n; y = x*x\ny: k\nsum(y)\n");
    assert_eq!(run.code, Some(2));
    assert!(run.stdout.contains("sum(y)"), "{} {}", run.stdout, run.stderr);
}

#[test]
fn a_line_goes_on_inside_brackets_and_after_an_operator() {
    let run = typed("x: n\nsum(x\n .* x) +\n 1\n");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn both_ways_of_asking() {
    for line in ["gradient of x'*x wrt x", "gradient x'*x wrt x", "gradient(x'*x, x)"] {
        let run = typed(line);
        assert!(run.stdout.contains("∂f/∂x = 2x"), "{line}: {} {}", run.stdout, run.stderr);
    }
}

#[test]
fn commands() {
    let run = typed(
        "x: n\nx: n\ny: n\n:undo\n:vars\ngradient of x'*x wrt x\n:latex\n:steps\n:verify\n:rust\n:help\n",
    );
    assert!(run.stdout.contains("x: n\n") && !run.stdout.contains("y: n\n"), "{}", run.stdout);
    assert!(run.stdout.contains("\\partial f"), "{}", run.stdout);
    assert!(run.stdout.contains("dx") && run.stdout.contains("verified: "), "{}", run.stdout);
    assert!(run.stdout.contains("pub fn value_and_gradient"), "{}", run.stdout);
    assert!(run.stdout.contains(":quit"), "{}", run.stdout);
    let run = typed(":latex\n:undo\n:nonsense\n");
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("no answer yet") && run.stderr.contains(":nonsense"),
        "{}",
        run.stderr
    );
    let run = typed("x: n\n:clear\n:vars\n:quit\nnonsense(\n");
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""));
}

#[test]
fn bytes_that_are_no_text_are_one_error() {
    let run = gradus(&[], b"\xff\xff\nx'*x\n");
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("UTF-8") && run.stdout.contains("scalar"), "{}", run.stdout);
}

#[test]
fn deep_and_long_lines_are_errors() {
    let run = typed(&format!("{}\nsum(x)\n", "(".repeat(100_000)));
    assert!(run.stderr.contains("nested") && run.stdout.contains("sum(x)"), "{}", run.stdout);
    let run = typed(&format!("{}x\nsum(x)\n", "x+".repeat(5_000_000)));
    assert!(run.stderr.contains("too long") && run.stdout.contains("sum(x)"));
}

#[test]
fn a_command_ends_an_unfinished_line() {
    let mut output = Vec::new();
    let mut errors = Vec::new();
    let input = "bad(\n:help\n";
    let ending = gradus::repl::piped(input.as_bytes(), &mut output, &mut errors, false).unwrap();
    assert_eq!(ending, gradus::repl::Ending::WithErrors);
    assert!(String::from_utf8(errors).unwrap().contains("never closed"));
    assert!(String::from_utf8(output).unwrap().contains(":quit"));
}
