//! The REPL through a pipe.

use super::cli::{Run, gradus};

fn typed(lines: &str) -> Run {
    gradus(&[], lines.as_bytes())
}

/// The lines of `:help`.
fn help() -> Vec<String> {
    typed(":help\n").stdout.lines().map(str::to_owned).collect()
}

#[test]
fn declarations_and_definitions_stay() {
    let run = typed("A: m×n; b: m\nx: n\nr = A*x - b\ngradient of norm2(r)^2 wrt x\n");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("r: m\n"), "{}", run.stdout);
    assert!(run.stdout.contains("∂f/∂x = 2Aᵀr"), "{}", run.stdout);
    assert_eq!(run.stderr, "");
}

#[test]
fn a_pipe_gets_no_prompt() {
    let run = typed("x: n\nx'*x\n");
    assert!(!run.stdout.contains('>') && !run.stdout.contains("gradus"), "{}", run.stdout);
}

#[test]
fn a_formula_alone_is_answered_at_once() {
    let run = typed("A: m×n\nA' + A'\nnorm2(A*x)^2\nexp(2)\n");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let shown = [
        "f = 2Aᵀ",
        "shape: n×m",
        "linear map: df = 2dAᵀ",
        "∂f/∂A = 2Axxᵀ",
        "∂f/∂x = 2AᵀAx",
        "exp(2)",
    ];
    for words in shown {
        assert!(run.stdout.contains(words), "`{words}` is not in:\n{}", run.stdout);
    }
}

#[test]
fn every_line_of_the_help_runs() {
    let all = help();
    let lines = all.iter().map(|line| line[..26.min(line.len())].trim());
    let file = super::cli::scratch("help").join("kept.gradus");
    let _ = std::fs::remove_file(&file);
    let file = file.display().to_string();
    let lines = lines.filter(|line| *line != ":quit");
    let mut typed_lines: Vec<String> =
        lines.map(|line| line.replace("FILE", &file).replace("NAME", "logdet")).collect();
    // `:save` stands below `:load`.
    let load = typed_lines.iter().position(|line| line.starts_with(":load")).unwrap();
    typed_lines.swap(load, load + 1);
    let run = typed(&format!("{}\n", typed_lines.join("\n")));
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{}", run.stdout);
    for words in ["∂f/∂x = 2Aᵀ(Ax − b)", "proved", "x = A⁻¹b", "verified: ", "pub fn "] {
        assert!(run.stdout.contains(words), "`{words}` is not in:\n{}", run.stdout);
    }
}

#[test]
fn a_new_declaration_takes_the_place_of_the_old_one() {
    let run = typed("A, B: m×n; c: scalar\nA: n×n\nf = tr(A)\nc = 3\nf: n\nsum(f)\n:vars\n");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for words in
        ["A is declared anew; it was m×n", "f is declared anew; it was tr(A)", "B: m×n", "f: n\n"]
    {
        assert!(run.stdout.contains(words), "`{words}` is not in:\n{}", run.stdout);
    }
    let run = typed("A, B, C: m×n; x: n\nB: 2×2\nA: 3×3; x: n\n:vars\n");
    assert_eq!(run.stdout.matches("anew").count(), 2, "{}", run.stdout);
    assert!(run.stdout.ends_with("C: m×n\nB: 2×2\nA: 3×3\nx: n\n"), "{}", run.stdout);
    // What no longer fits is said, and nothing has changed.
    let run = typed("A: n×n\nf = tr(A)\nA: m×n\ngradient of f wrt A\n");
    assert!(run.stderr.contains("what was typed before"), "{}", run.stderr);
    assert!(run.stdout.contains("declared: A: n×n"), "{}", run.stdout);
    // The old declaration is back when the new one is forgotten.
    let run = typed("x: m\nx: 3\n:undo\nsum(x)\n");
    assert!(run.stdout.contains("declared: x: m"), "{}", run.stdout);
}

#[test]
fn the_last_derivative_has_a_name() {
    let run = typed(
        "gradient of norm2(A*x)^2 wrt x\njacobian of ans wrt x\ng = ans\ngradient of x'*x wrt x\nans + x\n",
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for words in ["∂ans/∂x = 2AᵀA", "g: n×n", "f = 3x"] {
        assert!(run.stdout.contains(words), "`{words}` is not in:\n{}", run.stdout);
    }
    let run = typed("ans\nnorm2(A*x)^2\nans\n");
    assert!(
        run.stderr.contains("no answer yet") && run.stderr.contains("the last answer has 2"),
        "{}",
        run.stderr
    );
    let run = typed("ans = 3*x'*x\ngradient of ans wrt x\n");
    assert!(run.stdout.contains("∂ans/∂x = 6x"), "{} {}", run.stdout, run.stderr);
}

#[test]
fn nothing_is_written_over_but_what_was_saved() {
    let folder = super::cli::scratch("saved");
    let (own, other) = (folder.join("own.gradus"), folder.join("other.gradus"));
    std::fs::write(&other, "by hand").unwrap();
    let _ = std::fs::remove_file(&own);
    let lines = |file: &std::path::Path| format!("x: n\n:save {}\n", file.display());
    for _ in 0..2 {
        assert_eq!(typed(&lines(&own)).code, Some(0));
    }
    let run = typed(&lines(&other));
    assert!(run.stderr.contains("`:save` did not write"), "{}", run.stderr);
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "by hand");
    assert!(typed(":load nowhere.gradus\n").stderr.contains("cannot read nowhere.gradus"));
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

#[test]
fn a_formula_of_families_is_answered_by_its_other_variables() {
    let run = typed("X: T×d; W[i]: T×d\nsum(i in 1..H, W[i]) + X\nsum(i in 1..H, W[i])\n");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("/∂vec(X) = eye(Td)"), "{}", run.stdout);
}

#[test]
fn what_was_answered_stays_as_it_was_read() {
    // `b` is a column of what was answered, so that this product is asked about, not read as a scalar times a column.
    let run = typed("norm2(A*x - b)^2\nb*x\nb'*x\n");
    assert!(run.stderr.contains("E0237"), "{}", run.stderr);
    assert!(run.stdout.contains("read: b as a column, as before"), "{}", run.stdout);
    // What the shapes ask for is said where an earlier answer differs.
    let run = typed("m*v^2/2\nv'*A*v\n");
    assert!(run.stdout.contains("v as a column, unlike before"), "{}", run.stdout);
    // A definition stays what it was when later lines would read it differently.
    let run = typed("f = c*norm2(x)^2\nc'*x\n:vars\nf\nc: n\nf\n");
    assert!(run.stdout.contains("f: scalar\n  assumed: c: scalar; x: n\n"), "{}", run.stdout);
    assert!(run.stdout.contains("c: scalar\n"), "{}", run.stdout);
    assert!(run.stdout.contains("c is declared anew; it was scalar"), "{}", run.stdout);
    // What is saved says it, and is read back.
    let file = super::cli::scratch("taken").join("kept.gradus");
    let _ = std::fs::remove_file(&file);
    let file = file.display();
    let lines = format!("g = \\theta^\\top x\n:save {file}\n:reset\n:load {file}\n:vars\n");
    let run = typed(&lines);
    assert!(run.stdout.contains("θ: n  (assumed)"), "{} {}", run.stdout, run.stderr);
    // Each declaration is replaced once.
    let run = typed("x: n\nx: 4\nx: 3\n");
    assert_eq!(run.stdout.matches("declared anew").count(), 2, "{}", run.stdout);
}
