//! Printing: what is printed reads back as the same value, and reads well.

mod reader;

use gradus::expression::Id;
use gradus::render::{Document, Notation, Options, render};

use reader::Reader;

const CORPUS: &str = include_str!("/work/shared/corpus/derivatives.tsv");

fn options(reader: &Reader) -> Options {
    Options { variables: reader.variables.clone(), ..Options::default() }
}

fn show(declarations: &str, text: &str, notation: Notation) -> String {
    let mut reader = Reader::new(declarations);
    let id = reader.read(text).unwrap();
    let formula = render(&reader.store, &[id], notation, &options(&reader)).remove(0);
    let mut lines = formula.text;
    for binding in formula.bindings {
        lines += &format!("\n  {} = {}", binding.name, binding.text);
    }
    lines
}

/// Reads the text of a value back.
fn read_back(reader: &mut Reader, id: Id, notation: Notation) -> Result<(Id, String), String> {
    let options = options(reader);
    let formula = render(&reader.store, &[id], notation, &options).remove(0);
    for binding in &formula.bindings {
        let value = reader.read(&binding.text)?;
        reader.bind(&binding.name, value);
    }
    let text = formula.text;
    Ok((reader.read(&text)?, text))
}

#[test]
fn dump() {
    for row in CORPUS.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        for text in [columns[4], columns[7]] {
            let mut reader = Reader::new(columns[3]);
            let id = match reader.read(text) {
                Ok(id) => id,
                Err(e) => {
                    println!("UNREAD {e}");
                    continue;
                }
            };
            let all: Vec<String> = [Notation::Ascii, Notation::Unicode, Notation::Latex]
                .iter()
                .map(|n| show(columns[3], text, *n))
                .collect();
            println!("{}\n  {}", text, all.join("\n  "));
            for n in [Notation::Ascii, Notation::Unicode] {
                match read_back(&mut reader, id, n) {
                    Ok((back, _)) if back == id => {}
                    Ok((_, t)) => println!("  MISMATCH {}", t),
                    Err(e) => println!("  ERROR {e}"),
                }
            }
        }
    }
}
