//! The house rules that a compiler does not know: the order of rooms, and the size of files.

use std::fs;
use std::path::{Path, PathBuf};

const MOST_LINES: usize = 600;

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every Rust file under `src`, sorted.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![sources()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The rooms in the order in which lib.rs lists them.
fn rooms() -> Vec<String> {
    let text = fs::read_to_string(sources().join("lib.rs")).unwrap();
    let rooms = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    rooms.map(ToOwned::to_owned).collect()
}

/// Names of rooms that a line takes from `crate::`, also in `use crate::{a, b::c}`.
fn used(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or_default();
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let list =
            rest.strip_prefix('{').map_or(rest, |list| list.split('}').next().unwrap_or(list));
        let several = rest.starts_with('{');
        for item in list.split(',').take(if several { usize::MAX } else { 1 }) {
            let word: String =
                item.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push(word);
        }
    }
    found
}

/// Uses of `room` (a position) in `text` that point up the list.
fn upward(rooms: &[String], room: usize, text: &str) -> Vec<String> {
    let place = |name: &String| rooms.iter().position(|room| room == name);
    let uses = text.lines().flat_map(used);
    uses.filter(|name| place(name).is_some_and(|other| other > room)).collect()
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    let rooms = rooms();
    assert!(rooms.len() > 15, "lib.rs lists the rooms: {rooms:?}");
    let mut wrong = Vec::new();
    for path in files() {
        let inner = path.strip_prefix(sources()).unwrap();
        let first = inner.components().next().unwrap().as_os_str().to_string_lossy();
        let name = first.trim_end_matches(".rs").to_owned();
        let Some(room) = rooms.iter().position(|room| *room == name) else { continue };
        let text = fs::read_to_string(&path).unwrap();
        for other in upward(&rooms, room, &text) {
            wrong.push(format!("{} uses crate::{other}", inner.display()));
        }
    }
    assert!(wrong.is_empty(), "upward uses:\n{}", wrong.join("\n"));
}

#[test]
fn an_upward_use_is_found() {
    let rooms: Vec<String> = ["source", "syntax", "cli"].map(ToOwned::to_owned).into();
    assert_eq!(upward(&rooms, 1, "use crate::cli::run;"), ["cli"]);
    assert_eq!(upward(&rooms, 1, "use crate::{source::Span, cli};"), ["cli"]);
    assert_eq!(upward(&rooms, 0, "fn f() -> crate::syntax::Tree {}"), ["syntax"]);
    assert!(upward(&rooms, 2, "use crate::source::Span; // not crate::nothing").is_empty());
}

#[test]
fn every_folder_is_a_room() {
    let rooms = rooms();
    for entry in fs::read_dir(sources()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(rooms.contains(&name), "src/{name} is not listed in lib.rs");
        }
    }
}

#[test]
fn files_stay_small() {
    let long: Vec<String> = files()
        .iter()
        .map(|path| (path, fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| format!("{}: {lines}", path.display()))
        .collect();
    assert!(long.is_empty(), "more than {MOST_LINES} lines:\n{}", long.join("\n"));
}
