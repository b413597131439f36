//! Fractions, derivatives among them, and roots.

use std::ops::Range;

use super::{Piece, Reader};
use crate::syntax::error::SyntaxError;
use crate::syntax::token::{Bracket, TokenKind};

impl Reader<'_, '_> {
    /// `\frac{a}{b}`; `\frac{\partial f}{\partial x}` asks for a derivative.
    pub(super) fn fraction(&mut self, piece: Piece) -> Result<(), SyntaxError> {
        let above = self.argument_pieces()?;
        let below = self.argument_pieces()?;
        let moves = |reader: &Self, inside: &Range<usize>| {
            let is_partial = reader.command_at(inside.start) == Some("partial");
            let first = reader.pieces.get(inside.start).filter(|_| !inside.is_empty());
            let is_d = first.is_some_and(|first| reader.text(*first) == "d");
            reader.builder.is_at_start() && (is_partial || is_d)
        };
        if moves(self, &above) && moves(self, &below) && below.len() > 1 {
            self.builder.push(TokenKind::Partial, self.pieces[above.start].span);
            if above.len() > 1 {
                self.bracketed(&(above.start + 1..above.end), self.pieces[above.start].span)?;
            }
            self.builder.push(TokenKind::Slash, piece.span);
            self.builder.push(TokenKind::Partial, self.pieces[below.start].span);
            return self.within(&(below.start + 1..below.end));
        }
        self.builder.open(Bracket::Round, piece.span)?;
        self.bracketed(&above, piece.span)?;
        self.builder.push(TokenKind::Slash, piece.span);
        self.bracketed(&below, piece.span)?;
        self.builder.close(Bracket::Round, self.last_span())
    }

    /// `\sqrt{x}`, `\sqrt[n]{x}`
    pub(super) fn root(&mut self, piece: Piece) -> Result<(), SyntaxError> {
        let mut order = None;
        if self.next_is("[") {
            let start = self.at + 1;
            while self.peek().is_some() && !self.next_is("]") {
                self.at += 1;
            }
            order = Some(start..self.at);
            self.at += 1;
        }
        let inside = self.argument_pieces()?;
        let Some(order) = order else {
            self.builder.push_whole(TokenKind::Name, piece.span, "sqrt");
            return self.bracketed(&inside, piece.span);
        };
        self.bracketed(&inside, piece.span)?;
        self.builder.push(TokenKind::Caret, piece.span);
        self.builder.open(Bracket::Curly, piece.span)?;
        self.builder.push_whole(TokenKind::Number, piece.span, "1");
        self.builder.push(TokenKind::Slash, piece.span);
        self.bracketed(&order, piece.span)?;
        self.builder.close(Bracket::Curly, self.last_span())
    }
}
