//! LaTeX to tokens. A text is LaTeX by its backslashes; every token points into it.

mod command;
mod fraction;
mod matrix;
mod name;

use std::ops::Range;

use pest::Parser;
use pest_derive::Parser;

use super::ast::Comparison;
use super::error::SyntaxError;
use super::letter::spelling;
use super::token::{Bracket, Builder, TokenKind};
use crate::source::Span;
use command::{Command, command};

#[derive(Parser)]
#[grammar = "grammar/latex.pest"]
struct Grammar;

/// What tells that the line is LaTeX: no other notation has `\` before a letter or a bracket. `A\b` solves; letters that no command
/// begins with tell that.
pub(super) fn mark(line: &str) -> Option<Range<usize>> {
    // Where an operand is missing nothing can be solved with `\`.
    let opens = |at: usize| {
        let before = line[..at].trim_end().chars().next_back();
        before.is_none_or(|c| "+-*/(^_={[&,$|;:}".contains(c))
    };
    let commands = line.match_indices('\\').map(|(at, _)| {
        let letters = line[at + 1..].bytes().take_while(u8::is_ascii_alphabetic).count();
        at..at + 1 + letters
    });
    let mut commands = commands.filter(|place| {
        let (at, rest) = (place.start, &line[place.start + 1..]);
        match &line[at + 1..place.end] {
            "" if rest.starts_with(['(', '[']) => opens(at),
            "" => rest.starts_with(['{', '}', '|', ',', ';', '!', '\\']),
            name => match command(name) {
                // X\beta solves in the language; `2\pi`, `X \beta` and what begins with a letter's command do not.
                Some(Command::Letter(_)) => {
                    let before = line[..at].chars().next_back();
                    opens(at) || before.is_some_and(|c| c.is_ascii_digit() || c.is_whitespace())
                }
                // So does A\exp(x).
                Some(Command::Function(_)) => {
                    opens(at) || !rest[name.len()..].trim_start().starts_with('(')
                }
                // The language has no braces after a name, and no `\` where an operand begins.
                None if name.len() > 1 => rest[name.len()..].starts_with('{') || opens(at),
                found => name.len() > 1 && found.is_some(),
            },
        }
    });
    let dollars = || line.match_indices('$').nth(1).map(|(at, _)| at..at + 1);
    commands.next().or_else(dollars).or_else(|| list_below(line))
}

/// Letters with blanks or commas between them below a name: `I_{m n}`, `K_{m, n}`; the size of an identity: `I_{3}`.
fn list_below(line: &str) -> Option<Range<usize>> {
    let mut groups = line.match_indices("_{").map(|(at, _)| {
        let inside = line[at + 2..].split('}').next().unwrap_or_default();
        at..at + 2 + inside.len()
    });
    groups.find(|place| {
        let inside = &line[place.start + 2..place.end];
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | ',');
        let mut before = line[..place.start].chars().rev();
        let is_identity = before.next() == Some('I')
            && !before.next().is_some_and(char::is_alphanumeric)
            && inside.bytes().all(|byte| byte.is_ascii_digit());
        line[..place.start].ends_with(|c: char| c.is_ascii_alphabetic())
            && (inside.contains([' ', ',']) || is_identity)
            && inside.chars().all(is_plain)
    })
}

/// A piece of LaTeX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    kind: Rule,
    span: Span,
}

/// Adds the tokens of `line`, which begins at `offset` of the source.
pub(super) fn line(
    builder: &mut Builder<'_>,
    line: &str,
    offset: usize,
) -> Result<(), SyntaxError> {
    let pairs = Grammar::parse(Rule::pieces, line).map_err(|_| SyntaxError::Character {
        found: line.chars().next().unwrap_or('?'),
        span: Span::new(offset, offset + line.len()),
    })?;
    let pieces = pairs
        .flatten()
        .filter(|pair| !matches!(pair.as_rule(), Rule::pieces | Rule::EOI))
        .map(|pair| {
            let range = pair.as_span();
            let span = Span::new(offset + range.start(), offset + range.end());
            Piece { kind: pair.as_rule(), span }
        })
        .collect();
    let mut reader = Reader { builder, pieces, at: 0, depth: 0, place: Place::Formula };
    while reader.at < reader.pieces.len() {
        reader.item()?;
    }
    Ok(())
}

struct Reader<'b, 's> {
    builder: &'b mut Builder<'s>,
    pieces: Vec<Piece>,
    at: usize,
    depth: usize,
    place: Place,
}

/// What `&`, `\\` and `:` stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nothing: they are layout.
    Formula,
    /// Between the entries and the rows of a matrix.
    Matrix,
    /// Between the ends of a range of indices.
    Indices,
}

impl Reader<'_, '_> {
    fn peek(&self) -> Option<Piece> {
        self.pieces.get(self.at).copied()
    }

    fn text(&self, piece: Piece) -> &str {
        &self.builder.source[piece.span.start..piece.span.end]
    }

    fn command_at(&self, at: usize) -> Option<&str> {
        let piece = self.pieces.get(at).filter(|piece| piece.kind == Rule::command)?;
        Some(&self.text(*piece)[1..])
    }

    fn next_is(&self, text: &str) -> bool {
        self.peek().is_some_and(|piece| self.text(piece) == text)
    }

    fn missing(&self, what: &'static str, span: Span) -> SyntaxError {
        SyntaxError::Unexpected {
            found: self.peek().map_or("the end of the input".to_owned(), |piece| {
                format!("`{}`", self.text(piece))
            }),
            span: self.peek().map_or(span, |piece| piece.span),
            expected: what,
            help: None,
        }
    }

    /// One piece with what belongs to it.
    fn item(&mut self) -> Result<(), SyntaxError> {
        let Some(piece) = self.peek() else { return Ok(()) };
        if self.depth >= super::NESTING_LIMIT {
            return Err(SyntaxError::TooDeep { span: piece.span });
        }
        match piece.kind {
            Rule::number => {
                self.at += 1;
                self.builder.push(TokenKind::Number, piece.span);
                Ok(())
            }
            Rule::letter => self.name(),
            Rule::open => self.group_of_tokens(),
            Rule::close => Err(SyntaxError::Unopened { close: '}', span: piece.span }),
            Rule::raise => {
                self.at += 1;
                self.raised(piece.span)
            }
            Rule::lower => {
                self.at += 1;
                self.lowered(piece.span)
            }
            Rule::newline => {
                self.at += 1;
                self.builder.newline(piece.span);
                Ok(())
            }
            Rule::cell => {
                self.at += 1;
                if self.place == Place::Matrix {
                    self.builder.push(TokenKind::Comma, piece.span);
                }
                Ok(())
            }
            Rule::command => self.command(piece),
            _ => self.symbol(piece),
        }
    }

    /// `{…}` that groups: what is in it stands in brackets, unless it is a name or declares a font.
    fn group_of_tokens(&mut self) -> Result<(), SyntaxError> {
        let open = self.pieces[self.at];
        let inside = self.argument_pieces()?;
        if let Some(name) = self.name_of(&inside).or_else(|| self.name_with_below(&inside)) {
            return self.named(&name, open.span.to(self.last_span()));
        }
        self.bracketed(&inside, open.span)
    }

    /// Where the piece read last stands.
    fn last_span(&self) -> Span {
        self.at.checked_sub(1).map_or(Span::default(), |at| self.pieces[at].span)
    }

    /// The places of the pieces of the next argument: a group, a command with its argument, or one piece.
    fn argument_pieces(&mut self) -> Result<Range<usize>, SyntaxError> {
        let start = self.at;
        let Some(first) = self.peek() else {
            return Err(self.missing("an argument in `{…}`", self.last_span()));
        };
        if first.kind != Rule::open {
            self.at += 1;
            if first.kind == Rule::command
                && matches!(
                    self.command_at(start).and_then(command),
                    Some(Command::Font | Command::Accent(_) | Command::Word)
                )
            {
                self.argument_pieces()?;
            }
            // \frac12 takes one digit.
            if first.kind == Rule::number && first.span.end - first.span.start > 1 {
                let middle = first.span.start + 1;
                self.pieces[start].span = Span::new(first.span.start, middle);
                let rest = Piece { kind: Rule::number, span: Span::new(middle, first.span.end) };
                self.pieces.insert(start + 1, rest);
            }
            return Ok(start..self.at);
        }
        let mut depth = 0_usize;
        while let Some(piece) = self.peek() {
            self.at += 1;
            match piece.kind {
                Rule::open => depth += 1,
                Rule::close => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(start + 1..self.at - 1);
                    }
                }
                _ => {}
            }
        }
        let stop = Some(Span::new(self.builder.source.len(), self.builder.source.len()));
        Err(SyntaxError::Unclosed { open: '{', span: first.span, stop })
    }

    /// The tokens of these pieces, between brackets that stand where `mark` is.
    fn bracketed(&mut self, inside: &Range<usize>, mark: Span) -> Result<(), SyntaxError> {
        self.builder.open(Bracket::Round, mark)?;
        self.within(inside)?;
        let end = self.pieces.get(inside.end).map_or(mark, |piece| piece.span);
        self.builder.close(Bracket::Round, end)
    }

    /// The tokens of these pieces.
    fn within(&mut self, inside: &Range<usize>) -> Result<(), SyntaxError> {
        let rest = self.pieces.split_off(inside.end);
        let at = std::mem::replace(&mut self.at, inside.start);
        self.depth += 1;
        while self.at < self.pieces.len() {
            self.item()?;
        }
        self.depth -= 1;
        // A number may have been cut in two: the rest moves on.
        let grown = self.pieces.len() - inside.end;
        self.pieces.extend(rest);
        self.at = at + grown;
        Ok(())
    }

    /// What stands above the line: a transpose, or a power.
    fn raised(&mut self, mark: Span) -> Result<(), SyntaxError> {
        let start = self.at;
        let inside = self.argument_pieces()?;
        let texts: Vec<&str> = inside
            .clone()
            .map(|at| self.pieces[at])
            .filter(|piece| !matches!(piece.kind, Rule::open | Rule::close))
            .map(|piece| self.text(piece))
            .filter(|text| {
                !matches!(
                    text.strip_prefix('\\').and_then(command),
                    Some(Command::Font | Command::Switch | Command::Space | Command::Word)
                )
            })
            .collect();
        let span = mark.to(self.last_span());
        // Above a sum stands the last value of its index.
        let is_above_sum = self.builder.ends_with_sum();
        // x_t is counted by t, and γ^t a power.
        let counts_t = self.pieces.windows(3).any(|three| {
            let [first, second, third] = [0, 1, 2].map(|at| self.text(three[at]));
            first == "_" && (second == "t" || second == "{" && third == "t")
        });
        let transposes = |text: &&str| {
            !is_above_sum
                && (*text != "t" || !counts_t)
                && matches!(*text, "T" | "t" | r"\top" | r"\intercal" | r"\prime" | "'" | "H")
        };
        match texts.as_slice() {
            ["+" | r"\dagger" | r"\dag"] => {
                self.builder.push_whole(TokenKind::Superscript, span, "⁺");
            }
            [mark] if transposes(mark) => self.builder.push(TokenKind::Transpose, span),
            ["-", mark] if transposes(mark) => {
                self.builder.push_whole(TokenKind::Superscript, span, "⁻ᵀ");
            }
            [r"\odot" | r"\circ", _, ..] => {
                self.builder.push(TokenKind::DotCaret, mark);
                let at = self.pieces[start].span;
                self.builder.open(Bracket::Curly, at)?;
                let sign = inside.clone().find(|at| self.pieces[*at].kind == Rule::command);
                self.within(&(sign.map_or(inside.start, |sign| sign + 1)..inside.end))?;
                self.builder.close(Bracket::Curly, self.last_span())?;
            }
            _ => {
                self.builder.push(TokenKind::Caret, mark);
                let at = self.pieces[start].span;
                self.builder.open(Bracket::Curly, at)?;
                self.within(&inside)?;
                self.builder.close(Bracket::Curly, self.last_span())?;
            }
        }
        Ok(())
    }

    /// What stands below something that is no name: the mark of a norm, the index of a sum.
    fn lowered(&mut self, mark: Span) -> Result<(), SyntaxError> {
        let inside = self.argument_pieces()?;
        let texts: Vec<String> = inside
            .clone()
            .map(|at| self.pieces[at])
            .filter(|piece| !matches!(piece.kind, Rule::open | Rule::close))
            .filter_map(|piece| {
                let text = self.text(piece);
                match text.strip_prefix('\\').and_then(command) {
                    Some(Command::Font | Command::Switch | Command::Space | Command::Word) => None,
                    Some(Command::Letter(letter)) => Some(letter.to_string()),
                    Some(Command::Infinity) => Some("∞".to_owned()),
                    Some(Command::In) => Some("∈".to_owned()),
                    _ => Some(text.to_owned()),
                }
            })
            .collect();
        let text = texts.concat();
        let span = mark.to(self.last_span());
        if text == "+" {
            self.builder.push_whole(TokenKind::NormMark, span, "_{+}");
            return Ok(());
        }
        let is_simple = !text.contains(['^', '\\', '_', '+', '-', '(']);
        if is_simple {
            self.builder.push_whole(TokenKind::NormMark, span, &format!("_{{{text}}}"));
            return Ok(());
        }
        self.builder.push(TokenKind::Underscore, mark);
        self.builder.open(Bracket::Curly, mark)?;
        self.within(&inside)?;
        self.builder.close(Bracket::Curly, self.last_span())
    }

    fn symbol(&mut self, piece: Piece) -> Result<(), SyntaxError> {
        self.at += 1;
        let found = self.text(piece).chars().next().unwrap_or('?');
        let kind = match found {
            '(' => return self.builder.open(Bracket::Round, piece.span),
            ')' => return self.builder.close(Bracket::Round, piece.span),
            '[' => return self.builder.open(Bracket::Round, piece.span),
            ']' => {
                self.builder.close(Bracket::Round, piece.span)?;
                return self.indices();
            }
            ';' => return self.builder.semicolon(piece.span),
            '+' => TokenKind::Plus,
            '-' | '−' => TokenKind::Minus,
            '*' => TokenKind::Star,
            '/' => TokenKind::Slash,
            // [x = 0] says whether it holds.
            '=' if self.builder.is_inside("[") => TokenKind::Compare(Comparison::Equal),
            '=' => TokenKind::Equals,
            ':' if self.place == Place::Indices => self.range_sign(),
            ':' => TokenKind::Colon,
            ',' | '.' if self.is_end() => return Ok(()),
            ',' if self.is_range() => return self.range(piece.span),
            ',' if self.defines_next() => {
                self.builder.newline(piece.span);
                return Ok(());
            }
            ',' => TokenKind::Comma,
            '|' => TokenKind::Bar,
            '\'' => TokenKind::Transpose,
            '<' => return self.builder.less(piece.span),
            '>' => return self.builder.greater(piece.span),
            '≤' => TokenKind::Compare(Comparison::AtMost),
            '≥' => TokenKind::Compare(Comparison::AtLeast),
            '≠' => TokenKind::Compare(Comparison::Unequal),
            _ => return Err(SyntaxError::Character { found, span: piece.span }),
        };
        self.builder.push(kind, piece.span);
        Ok(())
    }

    /// Whether only the end of the formula follows.
    fn is_end(&self) -> bool {
        self.pieces[self.at..].iter().all(|piece| {
            piece.kind == Rule::newline
                || self.text(*piece).strip_prefix('\\').and_then(command) == Some(Command::Space)
        })
    }

    /// Whether what follows says for which values of an index the formula stands: `, \quad t = 1, \dots, T`.
    fn is_range(&self) -> bool {
        let texts: Vec<&str> =
            (self.at..self.line_end()).map(|at| self.text(self.pieces[at])).collect();
        let written: Vec<&str> = texts.iter().copied().filter(|text| !is_space(text)).collect();
        let [index, "=", values @ ..] = written.as_slice() else { return false };
        let is_plain = |text: &&str| text.chars().all(|c| c.is_alphanumeric() || c == ',');
        index.chars().count() == 1
            && (values.iter().any(|text| is_dots(text))
                || texts.first() == Some(&r"\quad") && values.iter().all(is_plain))
    }

    /// Whether another definition follows: `, \quad y = …`.
    fn defines_next(&self) -> bool {
        let texts = (self.at..self.line_end()).map(|at| self.text(self.pieces[at]));
        let texts: Vec<&str> = texts.collect();
        let is_apart = matches!(texts.first(), Some(&(r"\quad" | r"\qquad" | r"\text")));
        let mut depth = 0_i32;
        is_apart
            && texts.iter().any(|text| {
                match *text {
                    "{" | "(" | "[" => depth += 1,
                    "}" | ")" | "]" => depth -= 1,
                    _ => {}
                }
                depth == 0 && *text == "="
            })
    }

    fn line_end(&self) -> usize {
        let rest = self.pieces[self.at..].iter();
        let length = rest.take_while(|piece| piece.kind != Rule::newline).count();
        self.at + length
    }

    /// The values of an index: `for t in 1..T`.
    fn range(&mut self, mark: Span) -> Result<(), SyntaxError> {
        let end = self.line_end();
        self.builder.push_whole(TokenKind::Name, mark, "for");
        self.skip_spaces();
        self.item()?;
        self.skip_spaces();
        self.builder.push_whole(TokenKind::Name, mark, "in");
        let first = self.at + 1;
        let is = |at: usize, text: &str| self.text(self.pieces[at]) == text;
        let (from, to) = match (first..end).find(|at| is_dots(self.text(self.pieces[*at]))) {
            // Commas stand on both sides of the dots.
            Some(dots) => (
                first..if is(dots - 1, ",") { dots - 1 } else { dots },
                if dots + 1 < end && is(dots + 1, ",") { dots + 2 } else { dots + 1 }..end,
            ),
            None => (first..end, first..end),
        };
        self.within(&from)?;
        self.builder.push_whole(TokenKind::Range, mark, "..");
        self.within(&to)?;
        self.at = end;
        Ok(())
    }

    /// Whether these pieces follow.
    fn continues(&self, texts: &[&str]) -> bool {
        let rest = self.pieces[self.at..].iter().map(|piece| self.text(*piece));
        texts.iter().copied().eq(rest.take(texts.len()))
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(|piece| is_space(self.text(piece))) {
            self.at += 1;
        }
    }

    fn command(&mut self, piece: Piece) -> Result<(), SyntaxError> {
        let name = self.text(piece)[1..].to_owned();
        self.at += 1;
        let Some(found) = command(&name) else {
            return Err(SyntaxError::UnknownCommand {
                nearest: command::nearest(&name),
                name,
                span: piece.span,
            });
        };
        match found {
            Command::Space if name == "\\" && self.place == Place::Matrix => {
                self.builder.push(TokenKind::RowEnd, piece.span);
                Ok(())
            }
            Command::Space | Command::Switch => Ok(()),
            Command::Size => {
                // \left. has no bracket.
                if self.next_is(".") {
                    self.at += 1;
                }
                Ok(())
            }
            Command::Letter(letter) => self.named(&spelling(&letter.to_string()), piece.span),
            Command::Infinity => {
                self.builder.push_whole(TokenKind::Name, piece.span, "∞");
                Ok(())
            }
            Command::Token(kind) => {
                self.builder.push(kind, piece.span);
                Ok(())
            }
            Command::In => {
                self.builder.push(TokenKind::ElementOf, piece.span);
                Ok(())
            }
            Command::Open(bracket) => self.builder.open(bracket, piece.span),
            Command::Close(bracket) => self.builder.close(bracket, piece.span),
            // \exp_{\odot} is that of every entry.
            Command::Function("paper_exp") if self.continues(&["_", "{", r"\odot", "}"]) => {
                self.at += 4;
                self.builder.push_whole(TokenKind::Name, piece.span.to(self.last_span()), "exp");
                Ok(())
            }
            Command::Function(word) => {
                self.builder.push_whole(TokenKind::Name, piece.span, word);
                Ok(())
            }
            Command::Font | Command::Accent(_) | Command::Word => self.worded(piece, found),
            Command::Fraction => self.fraction(piece),
            Command::Root => self.root(piece),
            Command::Around(kind) => {
                let inside = self.argument_pieces()?;
                self.builder.push(kind, piece.span);
                self.within(&inside)?;
                self.builder.push(kind, self.last_span());
                Ok(())
            }
            Command::Number(value) => {
                self.builder.push_whole(TokenKind::Number, piece.span, value);
                Ok(())
            }
            Command::Dropped => {
                self.argument_pieces()?;
                Ok(())
            }
            Command::Environment => {
                let inside = self.argument_pieces()?;
                let name: String = inside.map(|at| self.text(self.pieces[at])).collect();
                self.environment(&name, piece.span)
            }
            Command::Pseudoinverse => {
                self.builder.push_whole(TokenKind::Superscript, piece.span, "⁺");
                Ok(())
            }
            Command::Refused(what) => {
                let name = format!("\\{name}");
                Err(SyntaxError::RefusedCommand { name, what, span: piece.span })
            }
        }
    }
}

/// Whether the piece leaves out the values in between.
fn is_dots(text: &str) -> bool {
    matches!(text, r"\dots" | r"\ldots" | r"\cdots")
}

/// Whether the piece is a blank, or a mark of layout.
fn is_space(text: &str) -> bool {
    text.strip_prefix('\\').and_then(command) == Some(Command::Space)
}
