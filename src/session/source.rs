//! One source text out of parts.

use crate::elaborate::Kinds;
use crate::source::Span;
use crate::syntax;

/// Where a piece of the source text came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The language's own layers.
    Library,
    /// What the session had accepted before.
    Session,
    /// A question's declarations.
    Declarations,
    /// A question's formula, a line typed into a session, a model file.
    Expression,
    /// A formula that is said to be the derivative.
    Claim,
    /// The names to differentiate by.
    Wrt,
}

impl Part {
    /// The part in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Library => "library",
            Self::Session => "session",
            Self::Declarations => "declarations",
            Self::Expression => "expression",
            Self::Claim => "claim",
            Self::Wrt => "wrt",
        }
    }
}

/// What stands between parts: no statement reaches over it.
const SEAM: &str = "\n;\n";

/// A source text and where its parts lie in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    /// What is parsed.
    pub(super) text: String,
    pieces: Vec<Piece>,
    /// A part that is not parsed, such as the list of names to differentiate by.
    aside: Option<(Part, String)>,
    /// What earlier answers took undeclared names for.
    pub(super) before: Kinds,
}

/// A part's place.
#[derive(Clone, Debug)]
struct Piece {
    part: Part,
    span: Span,
}

impl Source {
    /// Nothing yet, after answers that took names for this.
    pub(super) fn after(before: &Kinds) -> Self {
        Self { before: before.clone(), ..Self::default() }
    }

    /// Appends a part.
    pub(super) fn push(&mut self, part: Part, text: &str) {
        if !self.text.is_empty() {
            self.text.push_str(SEAM);
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece { part, span: Span::new(start, self.text.len()) });
    }

    /// Keeps a part that errors may speak of but that is not parsed.
    pub(super) fn push_aside(&mut self, part: Part, text: &str) {
        self.aside = Some((part, text.to_owned()));
    }

    /// The same parts with `text` as the library before them.
    pub(super) fn with_library(&self, text: &str) -> Self {
        let mut whole = self.around();
        whole.push(Part::Library, text);
        for piece in &self.pieces {
            whole.push(piece.part, &self.text[piece.span.start..piece.span.end]);
        }
        whole
    }

    /// What is beside the parsed parts.
    fn around(&self) -> Self {
        Self { aside: self.aside.clone(), before: self.before.clone(), ..Self::default() }
    }

    /// The same parts with one more before what was typed.
    pub(super) fn before_typed(&self, part: Part, text: &str) -> Self {
        let mut whole = self.around();
        for (at, piece) in self.pieces.iter().enumerate() {
            if at + 1 == self.pieces.len() {
                whole.push(part, text);
            }
            whole.push(piece.part, &self.text[piece.span.start..piece.span.end]);
        }
        whole
    }

    /// The place of the part that was pushed last: what was typed.
    pub(super) fn typed(&self) -> Span {
        self.pieces.last().map(|piece| piece.span).unwrap_or_default()
    }

    /// The part in which a place lies, and the place relative to that part's start. What lies on a seam belongs to the end of the
    /// part before it.
    pub(super) fn locate(&self, span: Span) -> Option<(Part, Span)> {
        let piece = self.pieces.iter().rev().find(|piece| piece.span.start <= span.start)?;
        let length = piece.span.end - piece.span.start;
        let inside = |at: usize| at.saturating_sub(piece.span.start).min(length);
        Some((piece.part, Span::new(inside(span.start), inside(span.end))))
    }

    /// The number of the piece in which a place lies.
    pub(super) fn place(&self, span: Span) -> Option<usize> {
        self.pieces.iter().rposition(|piece| piece.span.start <= span.start)
    }

    /// Where a piece starts.
    pub(super) fn start(&self, piece: usize) -> usize {
        self.pieces.get(piece).map_or(self.text.len(), |piece| piece.span.start)
    }

    /// The text of the piece in which a place lies.
    pub(super) fn piece(&self, span: Span) -> Option<&str> {
        let piece = self.pieces.iter().rev().find(|piece| piece.span.start <= span.start)?;
        Some(&self.text[piece.span.start..piece.span.end])
    }

    /// The text of the part beside the parsed ones.
    pub(super) fn aside(&self) -> &str {
        self.aside.as_ref().map_or("", |(_, text)| text)
    }

    /// Whether people typed Greek letters.
    pub(super) fn has_greek(&self) -> bool {
        syntax::has_greek(self.without_library().0) || syntax::has_greek(self.aside())
    }

    /// What people typed, without the library, and how far it is shifted against the whole text.
    pub(super) fn without_library(&self) -> (&str, usize) {
        let start = self
            .pieces
            .iter()
            .find(|piece| piece.part != Part::Library)
            .map_or(self.text.len(), |piece| piece.span.start);
        (&self.text[start..], start)
    }
}
