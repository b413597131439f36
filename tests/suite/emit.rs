//! Emitted modules: their text, their format, their warnings.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use gradus::emit::{Document, Names, Precision, comment, emit};

use crate::verify::{Case, cases, network};

fn text(case: &Case, precision: Precision) -> String {
    let document = Document {
        text: "Value and gradients of a case.",
        conventions: "Gradients have the shape of their variable.",
        derivative: "gradient",
    };
    emit(&case.request().program(), &document, precision).text
}

/// Runs a tool on a file in a directory without configuration, and returns what it complains about.
pub(crate) fn complaints(tool: &str, arguments: &[&str], name: &str, text: &str) -> String {
    let directory = std::env::temp_dir().join(format!("gradus-emit-{}-{name}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    let file = directory.join("module.rs");
    fs::write(&file, text).expect("a file");
    let output = Command::new(tool)
        .args(arguments)
        .arg(&file)
        .current_dir(&directory)
        .output()
        .expect("the tool runs");
    fs::remove_dir_all(Path::new(&directory)).expect("removed");
    let said = [output.stdout, output.stderr].concat();
    if output.status.success() {
        String::new()
    } else {
        String::from_utf8_lossy(&said).into_owned()
    }
}

/// What the compiler warns of in a library of this name.
pub(crate) fn warnings(name: &str, library: &str) -> String {
    let mut arguments = "--edition 2021 --crate-type lib --emit metadata -D warnings --crate-name"
        .split(' ')
        .collect::<Vec<_>>();
    arguments.push(name);
    complaints("rustc", &arguments, name, library)
}

#[test]
fn modules_are_formatted() {
    for (at, case) in cases().iter().enumerate() {
        let text = text(case, Precision::Double);
        let found = complaints(
            "rustfmt",
            &["--check", "--edition", "2021"],
            &format!("format-{at}"),
            &text,
        );
        assert_eq!(found, "", "case {at}");
    }
}

#[test]
fn modules_compile_without_warnings_and_unsafe_code() {
    // All cases as modules of one library.
    let mut library = String::from("#![forbid(unsafe_code)]\n#![warn(missing_docs)]\n//! Cases.\n");
    for (at, case) in cases().iter().enumerate() {
        for (name, precision) in [("double", Precision::Double), ("single", Precision::Single)] {
            let text = text(case, precision);
            let _ = writeln!(library, "/// A case.\npub mod {name}_{at} {{\n{text}}}");
        }
    }
    assert_eq!(warnings("cases", &library), "");
}

#[test]
fn the_text_is_the_same_every_time() {
    assert_eq!(text(&network(), Precision::Double), text(&network(), Precision::Double));
}

#[test]
fn precisions_differ_in_one_line() {
    let (double, single) =
        (text(&network(), Precision::Double), text(&network(), Precision::Single));
    let different = double.lines().zip(single.lines()).filter(|(a, b)| a != b).count();
    assert_eq!(different, 1);
    assert_eq!(double.lines().count(), single.lines().count());
}

#[test]
fn the_network_reads_well() {
    let text = text(&network(), Precision::Double);
    let end = text.find("/// Panics where").expect("the routines");
    insta::assert_snapshot!("network", &text[..end]);
}

#[test]
fn names_become_identifiers() {
    let mut names = Names::new();
    let mut given = |name: &str| names.identifier(name);
    assert_eq!(given("W"), "w");
    assert_eq!(given("w"), "w_2");
    assert_eq!(given("type"), "type_2");
    assert_eq!(given("self"), "self_2");
    assert_eq!(given("α"), "alpha");
    assert_eq!(given("Σ₁"), "sigma1");
    assert_eq!(given("x₀"), "x0");
    assert_eq!(given("WRec"), "wrec");
    assert_eq!(given("hiddenSize"), "hidden_size");
    assert_eq!(given("日本"), "x");
    assert_eq!(given("9lives"), "x9lives");
    assert_eq!(given("__"), "x_2");
    assert_eq!(given("x; fn main() {}"), "x_fn_main");
}

#[test]
fn texts_cannot_leave_their_comment() {
    let text = "f = x\u{202e}\u{2028}fn main() {}\r\nsecond\0line\u{7}";
    assert_eq!(comment(text), ["f = xfn main() {}", "secondline"]);
    let bare_return = "a\rfn main() {}";
    assert_eq!(comment(bare_return), ["afn main() {}"]);
}
