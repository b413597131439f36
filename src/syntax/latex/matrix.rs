//! Matrices by their entries, and entries below brackets: `\begin{bmatrix} … \end{bmatrix}`, `[A]_{i,j}`, `[x]_{2:n}`.

use std::ops::Range;

use super::super::error::SyntaxError;
use super::super::token::{Bracket, TokenKind};
use super::{Place, Reader, Rule};
use crate::source::Span;

impl Reader<'_, '_> {
    /// `\begin{…}`, which has been read: around lines it is layout, around a matrix brackets.
    pub(super) fn environment(&mut self, name: &str, span: Span) -> Result<(), SyntaxError> {
        let plain = name.trim_end_matches('*');
        if plain.ends_with("cases") {
            return Err(SyntaxError::Environment { name: name.to_owned(), span });
        }
        if !plain.ends_with("matrix") && plain != "array" {
            return Ok(());
        }
        if plain == "array" {
            self.argument_pieces()?;
        }
        let Some(inside) = self.until_end() else {
            let stop = Some(Span::new(self.builder.source.len(), self.builder.source.len()));
            return Err(SyntaxError::Unclosed { open: '[', span, stop });
        };
        let is_determinant = plain == "vmatrix";
        if is_determinant {
            self.builder.push_whole(TokenKind::Name, span, "det");
            self.builder.open(Bracket::Round, span)?;
        }
        self.at = inside.end;
        self.builder.open(Bracket::Square, span)?;
        self.within_place(&inside, Place::Matrix)?;
        self.builder.close(Bracket::Square, self.last_span())?;
        if is_determinant {
            self.builder.close(Bracket::Round, self.last_span())?;
        }
        Ok(())
    }

    /// The pieces up to the `\end` that belongs to what has begun.
    fn until_end(&self) -> Option<Range<usize>> {
        let mut depth = 0_usize;
        for at in self.at..self.pieces.len() {
            match self.command_at(at) {
                Some("begin") => depth += 1,
                Some("end") if depth == 0 => return Some(self.at..at),
                Some("end") => depth -= 1,
                _ => {}
            }
        }
        None
    }

    fn within_place(&mut self, inside: &Range<usize>, place: Place) -> Result<(), SyntaxError> {
        let outer = std::mem::replace(&mut self.place, place);
        let read = self.within(inside);
        self.place = outer;
        read
    }

    /// What stands below a bracket: entries of what is in it. `[x]_+` is its positive part.
    pub(super) fn indices(&mut self) -> Result<(), SyntaxError> {
        if !self.next_is("_")
            || self.continues(&["_", "+"])
            || self.continues(&["_", "{", "+", "}"])
        {
            return Ok(());
        }
        self.at += 1;
        let mark = self.last_span();
        let inside = self.argument_pieces()?;
        self.builder.push(TokenKind::EntriesOf, Span::new(mark.start, mark.start));
        self.builder.open(Bracket::Square, mark)?;
        let letters: Vec<usize> = inside.clone().collect();
        let is_letter = |at: &usize| self.pieces[*at].kind == Rule::letter;
        // [A]_{ij}
        if let [i, j] = *letters
            && is_letter(&i)
            && is_letter(&j)
        {
            self.within(&(i..j))?;
            self.builder.push(TokenKind::Comma, mark);
            self.within(&(j..j + 1))?;
        } else {
            self.within_place(&inside, Place::Indices)?;
        }
        self.builder.close(Bracket::Square, self.last_span())
    }

    /// `:` between indices, or alone for all of them.
    pub(super) fn range_sign(&self) -> TokenKind {
        let before = self.at.checked_sub(2).map(|at| self.text(self.pieces[at]));
        let opens = before.is_none_or(|text| matches!(text, "," | "{" | "_"));
        let closes = self.peek().is_none_or(|piece| matches!(self.text(piece), "," | "}"));
        if opens || closes { TokenKind::Colon } else { TokenKind::Range }
    }
}
