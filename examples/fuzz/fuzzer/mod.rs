//! Random typed programs, and what is expected of the answers to them. The example `fuzz` and the tests share it.
//!
//! | module | holds |
//! |---|---|
//! | `program` | programs as typed trees, and their text |
//! | `generate` | random programs |
//! | `naive` | the evaluator, which shares nothing with gradus but the parser |
//! | `judge` | asking, and what is expected of an answer |
//! | `emitted` | code that is compiled and run |
//! | `garbage` | text that is no program |
//! | `report` | counts |

pub(crate) mod emitted;
pub(crate) mod garbage;
pub(crate) mod generate;
pub(crate) mod judge;
pub(crate) mod naive;
pub(crate) mod program;
pub(crate) mod report;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use judge::Outcome;
use program::Question;

/// Marks a line of garbage.
pub(crate) const GARBAGE: &str = "garbage\u{1f}";

static PANIC: Mutex<String> = Mutex::new(String::new());

/// What becomes of a question or of garbage, written as a line, whatever happens but an abort.
pub(crate) fn answer(line: &str) -> Outcome {
    let ask = || match line.strip_prefix(GARBAGE) {
        Some(text) => garbage::judge(text),
        None => match Question::of_line(line) {
            Some(question) => judge::judge(&question),
            None => Outcome::fault("judge", "the line is no question"),
        },
    };
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|_| {
        let what = PANIC.lock().map(|text| text.clone()).unwrap_or_default();
        let kind = if judge::stage() == "judge" { "judge" } else { "panic" };
        Outcome::fault(kind, format!("{what} while doing: {}", judge::stage()))
    })
}

/// Panics are kept for the answer instead of being printed.
pub(crate) fn keep_panics() {
    std::panic::set_hook(Box::new(|information| {
        if let Ok(mut text) = PANIC.lock() {
            *text = information.to_string();
        }
    }));
}
