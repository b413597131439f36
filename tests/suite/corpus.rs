//! The corpus: questions that people really asked, with known answers.

use gradus::elaborate::{self, Model};
use gradus::syntax;

/// A row of tests/corpus/derivatives.tsv.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) class: String,
    pub(crate) declarations: String,
    pub(crate) expression: String,
    pub(crate) wrt: String,
    pub(crate) kind: String,
    pub(crate) expected: String,
    pub(crate) layout: String,
}

/// All rows, in the order of the file.
pub(crate) fn rows() -> Vec<Row> {
    include_str!("../corpus/derivatives.tsv")
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let field = |at: usize| fields[at].to_owned();
            Row {
                id: field(0),
                class: field(1),
                declarations: field(3),
                expression: field(4),
                wrt: field(5),
                kind: field(6),
                expected: field(7),
                layout: field(8),
            }
        })
        .collect()
}

/// The rows that ask for the gradient of a scalar.
pub(crate) fn gradient_rows() -> Vec<Row> {
    rows().into_iter().filter(|row| row.kind == "gradient").collect()
}

/// Reads a program; panics with the error, which in a test is the point.
pub(crate) fn model(source: &str) -> Model {
    let program = syntax::parse(source, &elaborate::is_known)
        .unwrap_or_else(|error| panic!("{error}\nin\n{source}"));
    elaborate::elaborate(&program).unwrap_or_else(|error| panic!("{error}\nin\n{source}"))
}
