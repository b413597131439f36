//! Diagnostics as text.

use gradus::source::{Diagnostic, Label, Span, render};

fn diagnostic(spans: &[(usize, usize)]) -> Diagnostic {
    let labels = spans
        .iter()
        .map(|(start, end)| Label {
            span: Span::new(*start, *end),
            text: format!("{start}..{end}"),
        })
        .collect();
    Diagnostic {
        code: "E0000",
        message: "a message".into(),
        labels,
        help: Some("some help".into()),
    }
}

#[test]
fn places_are_underlined() {
    insta::assert_snapshot!(render(&diagnostic(&[(4, 7), (0, 1)]), "A = b*c\nD = 2", "input", false), @r"
    error[E0000]: a message
     --> input:1:5
      |
    1 | A = b*c
      | -   ^^^ 4..7
      | |
      | 0..1
      |
      = help: some help
    ");
}

#[test]
fn places_on_different_lines() {
    insta::assert_snapshot!(render(&diagnostic(&[(12, 13), (0, 1)]), "A = b*c\n\n\nD = 2", "input", false), @r"
    error[E0000]: a message
     --> input:4:3
      |
    1 | A = b*c
      | - 0..1
    ...
    4 | D = 2
      |   ^ 12..13
      |
      = help: some help
    ");
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let source = format!("{}√{}", "x+".repeat(2_500_000), "+y".repeat(2_500_000));
    let text = render(&diagnostic(&[(5_000_000, 5_000_003)]), &source, "input", false);
    assert!(text.contains('√') && text.contains("input:1:5000001"), "{text}");
    assert!(text.len() < 1000, "{}", text.len());
    let text = render(&diagnostic(&[(0, source.len())]), &source, "input", false);
    assert!(text.len() < 2000, "{}", text.len());
}

#[test]
fn spans_outside_the_text_or_inside_a_character_are_moved() {
    for (start, end) in [(0, 100), (100, 200), (1, 2), (3, 1), (2, 2)] {
        for source in ["", "λx", "\r\n", "a\r\nλ"] {
            assert!(
                render(&diagnostic(&[(start, end)]), source, "input", false).contains("a message")
            );
        }
    }
}

#[test]
fn colour_is_an_option() {
    let problem = diagnostic(&[(0, 1)]);
    assert!(render(&problem, "x", "input", true).contains('\x1b'));
    assert!(!render(&problem, "x", "input", false).contains('\x1b'));
}
