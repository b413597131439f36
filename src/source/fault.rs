//! A fault of gradus itself.

use std::panic::Location;

use super::{Diagnostic, Label, Span};

/// What must not happen by the program's own account, and has: a row that cannot be read, a size that is not there, a line that
/// contradicts the one before. Nothing that was typed is to blame. Every room returns it where it would have to make something up,
/// and it is shown as [`Fault::CODE`] instead of an answer.
///
/// ```
/// use gradus::source::{Fault, Span};
/// let fault = Fault::new("writing a loop", "the size n has no name");
/// assert!(fault.to_string().contains("while writing a loop: the size n has no name"));
/// assert_eq!(fault.diagnostic(Span::new(0, 1)).code, "E0999");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is a fault of gradus, please report it: while {doing}: {found} (at {})", self.place())]
pub struct Fault {
    doing: String,
    found: String,
    at: &'static Location<'static>,
}

impl Fault {
    /// The stable code of every fault.
    pub const CODE: &'static str = "E0999";

    /// A fault found where this is called. `doing` is what was being done, such as `writing a loop`; `found` says what was there,
    /// with the node, the name or the row.
    #[track_caller]
    pub fn new(doing: impl Into<String>, found: impl Into<String>) -> Self {
        Self { doing: doing.into(), found: found.into(), at: Location::caller() }
    }

    /// The room and the line of its source in which it was found: `emit/body.rs:120`.
    pub fn place(&self) -> String {
        let file = self.at.file().replace('\\', "/");
        let below = file.rsplit_once("src/").map_or(file.as_str(), |(_, below)| below);
        format!("{below}:{}", self.at.line())
    }

    /// What was found, without the request to report it.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// As a person reads it; `span` is the formula at which it came to light.
    pub fn diagnostic(&self, span: Span) -> Diagnostic {
        Diagnostic {
            code: Self::CODE,
            message: self.to_string(),
            labels: vec![Label { span, text: "in the answer to this".to_owned() }],
            help: Some(
                "please report this formula and the line above; nothing in it is your fault"
                    .to_owned(),
            ),
        }
    }
}
