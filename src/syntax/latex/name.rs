//! Names in LaTeX: fonts and accents, what stands below and above them, words, constants with their sizes.

use std::ops::Range;

use super::command::{self, Command, command};
use super::{Piece, Reader, Rule};
use crate::source::Span;
use crate::syntax::error::SyntaxError;
use crate::syntax::letter::spelling;
use crate::syntax::token::{Bracket, TokenKind};

impl Reader<'_, '_> {
    /// The name in `{h_{1}}_{t}`, which has something below it already.
    pub(super) fn name_with_below(&self, inside: &Range<usize>) -> Option<String> {
        let lower = inside.clone().find(|at| self.pieces[*at].kind == Rule::lower)?;
        let name = self.name_of(&(inside.start..lower))?;
        let below = self.plain_text(&(lower + 1..inside.end))?;
        Some(spelling(&format!("{name}_{below}")))
    }

    /// The name that these pieces are, fonts left aside: `x`, `\mathbf{x}`, `\hat{y}`, `\alpha`, `{\bf x}`.
    pub(super) fn name_of(&self, inside: &Range<usize>) -> Option<String> {
        let mut name = String::new();
        let mut accents: Vec<&str> = Vec::new();
        let mut letters = 0;
        for at in inside.clone() {
            let piece = self.pieces[at];
            match piece.kind {
                Rule::letter => {
                    letters += 1;
                    name.push_str(self.text(piece));
                }
                Rule::open | Rule::close => {}
                Rule::command => match command(&self.text(piece)[1..])? {
                    Command::Font | Command::Switch | Command::Space | Command::Word => {}
                    Command::Accent(word) => accents.push(word),
                    Command::Letter(letter) => {
                        letters += 1;
                        name.push(letter);
                    }
                    _ => return None,
                },
                _ => return None,
            }
        }
        if letters != 1 {
            return None;
        }
        for accent in accents.into_iter().rev() {
            name = format!("{name}_{accent}");
        }
        Some(spelling(&name))
    }

    /// A letter with what stands below it.
    pub(super) fn name(&mut self) -> Result<(), SyntaxError> {
        let piece = self.pieces[self.at];
        self.at += 1;
        let name = spelling(self.text(piece));
        self.named(&name, piece.span)
    }

    /// The name with what stands below it, and an index in brackets above it: `x_{ij}`, `x^{(i)}`.
    pub(super) fn named(&mut self, name: &str, span: Span) -> Result<(), SyntaxError> {
        let mut name = name.to_owned();
        let mut end = span;
        if self.peek().is_some_and(|piece| piece.kind == Rule::lower) {
            let before = self.at;
            self.at += 1;
            let inside = self.argument_pieces()?;
            let below = self.plain_text(&inside);
            match (self.sized(&name, &inside), below) {
                (Some(function), _) => return self.constant(function, span, &inside),
                (None, Some(below)) => {
                    name = spelling(&format!("{name}_{below}"));
                    end = self.last_span();
                }
                (None, None) => self.at = before,
            }
        }
        let span = span.to(end);
        let Some((label, place)) = self.label()? else {
            self.builder.push_whole(TokenKind::Name, span, &name);
            return Ok(());
        };
        // W^{(2)} is a name of its own, x^{(i)} an element.
        if label.starts_with(|c: char| c.is_ascii_digit()) {
            let name = spelling(&format!("{name}_{label}"));
            self.builder.push_whole(TokenKind::Name, span.to(self.last_span()), &name);
            return Ok(());
        }
        self.builder.push_whole(TokenKind::Name, span, &name);
        self.builder.open(Bracket::Square, place)?;
        self.builder.push_whole(TokenKind::Name, place, &label);
        self.builder.close(Bracket::Square, place)
    }

    /// What stands above a name in brackets: `^{(i)}`, `^{[2]}`.
    fn label(&mut self) -> Result<Option<(String, Span)>, SyntaxError> {
        if self.peek().is_none_or(|piece| piece.kind != Rule::raise) {
            return Ok(None);
        }
        let before = self.at;
        self.at += 1;
        let inside = self.argument_pieces()?;
        let texts: Vec<&str> = inside.clone().map(|at| self.text(self.pieces[at])).collect();
        if let ["(", label, ")"] | ["[", label, "]"] = texts.as_slice()
            && label.chars().all(char::is_alphanumeric)
        {
            return Ok(Some(((*label).to_owned(), self.pieces[inside.start + 1].span)));
        }
        self.at = before;
        Ok(None)
    }

    /// The function for a constant with its sizes below it: `I_{3}`, `I_{m n}`, `K_{m, n p}`. One letter, or several, may be the index of
    /// something else: what they are is found by the names around.
    fn sized(&self, name: &str, inside: &Range<usize>) -> Option<&'static str> {
        let pieces: Vec<Piece> = inside.clone().map(|at| self.pieces[at]).collect();
        let is_plain = |piece: &Piece| match piece.kind {
            Rule::letter | Rule::number | Rule::open | Rule::close => true,
            _ => self.text(*piece) == "," || self.text(*piece) == r"\,",
        };
        match name {
            "ones" | "zeros" => Some(if name == "ones" { "ones" } else { "zeros" }),
            "I" => {
                let is_number = |piece: &Piece| {
                    piece.kind == Rule::number && !matches!(self.text(*piece), "0" | "1")
                };
                let is_one_name =
                    matches!(&pieces[..], [only] if is_plain(only) && !is_number(only));
                let is_words = pieces.len() > 1 && pieces.iter().all(is_plain) && !has_gap(&pieces);
                (!is_one_name && !is_words).then_some("eye")
            }
            "K" => {
                let comma = pieces.iter().filter(|piece| self.text(**piece) == ",").count() == 1;
                (comma && !(pieces.len() == 3 && pieces.iter().all(is_plain)))
                    .then_some("commutation")
            }
            _ => None,
        }
    }

    /// `\mathbf{1}_{m \times n}`: a call with the sizes.
    fn constant(
        &mut self,
        function: &str,
        span: Span,
        inside: &Range<usize>,
    ) -> Result<(), SyntaxError> {
        self.builder.push_whole(TokenKind::Name, span, function);
        self.builder.open(Bracket::Round, span)?;
        let mut start = inside.start;
        for at in inside.clone() {
            let between = matches!(self.text(self.pieces[at]), "," | r"\times");
            if between {
                self.within(&(start..at))?;
                self.builder.push(TokenKind::Comma, self.pieces[at].span);
                start = at + 1;
            }
        }
        self.within(&(start..inside.end))?;
        self.builder.close(Bracket::Round, self.last_span())
    }

    /// Letters and digits only, as stand below a name.
    fn plain_text(&self, inside: &Range<usize>) -> Option<String> {
        let mut text = String::new();
        for at in inside.clone() {
            let piece = self.pieces[at];
            match piece.kind {
                Rule::letter | Rule::number => text.push_str(self.text(piece)),
                Rule::open | Rule::close => {}
                Rule::other if self.text(piece) == "," => {}
                Rule::command if matches!(self.text(piece), r"\max" | r"\min") => {
                    text.push_str(&self.text(piece)[1..]);
                }
                Rule::command => match command(&self.text(piece)[1..])? {
                    Command::Font | Command::Switch | Command::Space | Command::Word => {}
                    Command::Letter(letter) => text.push(letter),
                    _ => return None,
                },
                _ => return None,
            }
        }
        (!text.is_empty()).then_some(text)
    }

    /// `\mathbf{x}`, `\hat{y}`, `\operatorname{tr}`, `\mathrm{softmax}`.
    pub(super) fn worded(&mut self, piece: Piece, found: Command) -> Result<(), SyntaxError> {
        let start = self.at - 1;
        let inside = self.argument_pieces()?;
        let span = piece.span.to(self.last_span());
        if let Some(name) = self.name_of(&(start..self.at)) {
            return match self.moving_name(&name, found) {
                Some((name, end)) => self.named(&name, span.to(end)),
                None => self.named(&name, span),
            };
        }
        let text: String = inside.clone().map(|at| self.text(self.pieces[at])).collect();
        let text = text.replace(r"\_", "_");
        if found == Command::Font && matches!(text.as_str(), "0" | "1") {
            return self.named(if text == "1" { "ones" } else { "zeros" }, span);
        }
        // Papers take the softmax of a matrix by rows.
        if text == "softmax"
            && self.continues(&["_", "{", r"\mathrm", "{", "c", "o", "l", "}", "}"])
        {
            self.at += 1;
            self.argument_pieces()?;
            self.builder.push_whole(TokenKind::Name, span.to(self.last_span()), "softmax");
            return Ok(());
        }
        let is_word = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ' '));
        if is_word && !text.is_empty() && !matches!(found, Command::Accent(_)) {
            let word = command::word(text.trim());
            return self.named(word, span);
        }
        if let Command::Accent(accent) = found {
            return Err(SyntaxError::Accented { accent: accent.to_owned(), span });
        }
        self.bracketed(&inside, piece.span)
    }

    /// The differential of a variable: `\mathrm{d}X` is dX.
    fn moving_name(&mut self, name: &str, found: Command) -> Option<(String, Span)> {
        let piece = self.peek().filter(|_| name == "d" && found == Command::Word)?;
        let before = self.at;
        let inside = self.argument_pieces().ok()?;
        let whole = if piece.kind == Rule::open { inside } else { before..self.at };
        match self.name_of(&whole) {
            Some(variable) => Some((format!("d{variable}"), self.last_span())),
            None => {
                self.at = before;
                None
            }
        }
    }
}

/// Whether blanks stand between some of these pieces, as between the factors of a size.
fn has_gap(pieces: &[Piece]) -> bool {
    pieces.windows(2).any(|pair| pair[0].span.end < pair[1].span.start)
}
