//! Places in the input, and what is said about them: diagnostics, their rendering, and the one error of all rooms, [`Fault`]. The words of an
//! error live in the room that found it.

mod fault;
mod render;

pub use fault::Fault;
pub use render::render;

/// A half-open range of byte offsets in one source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A place and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place that is underlined.
    pub span: Span,
    /// The words beside the underline.
    pub text: String,
}

/// An error as a person reads it: what was found, what was expected, what to type instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable code such as `E0201`.
    pub code: &'static str,
    /// One line that says what is wrong.
    pub message: String,
    /// The places, the main one first.
    pub labels: Vec<Label>,
    /// What to type instead, where there is something.
    pub help: Option<String>,
}
