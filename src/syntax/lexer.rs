//! Text to tokens, by the grammar. pest stays in this file.

use pest::Parser;
use pest_derive::Parser;

use super::error::SyntaxError;
use crate::source::Span;

#[derive(Parser)]
#[grammar = "grammar/gradus.pest"]
struct Grammar;

/// A word of the language and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// The kinds of token, several spellings of one thing being one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A new line, or `;`: ends a statement.
    Separator,
    /// `..`
    Range,
    Number,
    Name,
    /// `_F`, `₁` after a norm.
    NormMark,
    /// `²`, `⁻¹`, `⁻ᵀ`
    Superscript,
    /// `'`, `ᵀ`
    Transpose,
    /// `‖`
    Bars,
    DotStar,
    DotSlash,
    DotCaret,
    DotPlus,
    DotMinus,
    /// `:=`
    Assign,
    Colon,
    Equals,
    Comma,
    Open(Bracket),
    Close(Bracket),
    Plus,
    Minus,
    Star,
    Slash,
    Backslash,
    Caret,
    Kronecker,
    /// `×`
    Times,
    /// `√`
    Root,
}

/// The kinds of bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bracket {
    Round,
    Square,
    Curly,
}

impl Bracket {
    pub(super) fn open(self) -> char {
        match self {
            Self::Round => '(',
            Self::Square => '[',
            Self::Curly => '{',
        }
    }

    pub(super) fn close(self) -> char {
        match self {
            Self::Round => ')',
            Self::Square => ']',
            Self::Curly => '}',
        }
    }
}

impl TokenKind {
    /// Whether a formula cannot end here, so that it goes on in the next line.
    fn continues_line(self) -> bool {
        match self {
            Self::Range
            | Self::DotStar
            | Self::DotSlash
            | Self::DotCaret
            | Self::DotPlus
            | Self::DotMinus
            | Self::Assign
            | Self::Colon
            | Self::Equals
            | Self::Comma
            | Self::Plus
            | Self::Minus
            | Self::Star
            | Self::Slash
            | Self::Backslash
            | Self::Caret
            | Self::Kronecker
            | Self::Times
            | Self::Root => true,
            Self::Separator
            | Self::Number
            | Self::Name
            | Self::NormMark
            | Self::Superscript
            | Self::Transpose
            | Self::Bars
            | Self::Open(_)
            | Self::Close(_) => false,
        }
    }
}

/// Tokens, and for each bracket the place of its partner.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) list: Vec<Token>,
    /// Index of the matching bracket; for every other token its own index.
    pub(super) partner: Vec<usize>,
}

/// Cuts `source` into tokens: brackets are matched, line ends that end no statement are gone.
pub(super) fn tokens(source: &str) -> Result<Tokens, SyntaxError> {
    let mut builder = Builder::default();
    // One line at a time: the pairs of a long program never stand in memory together.
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let pairs = Grammar::parse(Rule::tokens, line).map_err(|_| SyntaxError::Character {
            found: line.chars().next().unwrap_or('?'),
            span: Span::new(start, start + line.len()),
        })?;
        for pair in pairs.flatten() {
            let range = pair.as_span();
            let span = Span::new(start + range.start(), start + range.end());
            builder.add(pair.as_rule(), span, source)?;
        }
        start += line.len();
    }
    builder.finish(source.len())
}

#[derive(Default)]
struct Builder {
    list: Vec<Token>,
    partner: Vec<usize>,
    open: Vec<(Bracket, usize)>,
}

impl Builder {
    fn add(&mut self, rule: Rule, span: Span, source: &str) -> Result<(), SyntaxError> {
        let kind = match rule {
            Rule::tokens | Rule::EOI => return Ok(()),
            Rule::newline => {
                let goes_on = !self.open.is_empty()
                    || self.list.last().is_none_or(|last| last.kind.continues_line());
                if goes_on {
                    return Ok(());
                }
                TokenKind::Separator
            }
            Rule::semicolon => {
                if let Some((bracket, index)) = self.open.last() {
                    let (open, open_span) = (bracket.open(), self.list[*index].span);
                    let rest = source[span.end..].lines().next().unwrap_or_default();
                    return Err(if rest.contains(bracket.close()) {
                        SyntaxError::Semicolon { open, open_span, span }
                    } else {
                        SyntaxError::Unclosed { open, span: open_span, stop: Some(span) }
                    });
                }
                TokenKind::Separator
            }
            Rule::range => TokenKind::Range,
            Rule::number | Rule::exponent | Rule::fraction => TokenKind::Number,
            Rule::name | Rule::letter | Rule::subscript | Rule::accent | Rule::composed => {
                TokenKind::Name
            }
            Rule::norm_mark => TokenKind::NormMark,
            Rule::superscript => TokenKind::Superscript,
            Rule::transpose => TokenKind::Transpose,
            Rule::bars => TokenKind::Bars,
            Rule::dot_star => TokenKind::DotStar,
            Rule::dot_slash => TokenKind::DotSlash,
            Rule::dot_caret => TokenKind::DotCaret,
            Rule::dot_plus => TokenKind::DotPlus,
            Rule::dot_minus => TokenKind::DotMinus,
            Rule::assign => TokenKind::Assign,
            Rule::colon => TokenKind::Colon,
            Rule::equals => TokenKind::Equals,
            Rule::comma => TokenKind::Comma,
            Rule::open_round => return self.open(Bracket::Round, span),
            Rule::open_square => return self.open(Bracket::Square, span),
            Rule::open_curly => return self.open(Bracket::Curly, span),
            Rule::close_round => return self.close(Bracket::Round, span),
            Rule::close_square => return self.close(Bracket::Square, span),
            Rule::close_curly => return self.close(Bracket::Curly, span),
            Rule::plus => TokenKind::Plus,
            Rule::minus => TokenKind::Minus,
            Rule::star => TokenKind::Star,
            Rule::slash => TokenKind::Slash,
            Rule::backslash => TokenKind::Backslash,
            Rule::caret => TokenKind::Caret,
            Rule::kronecker => TokenKind::Kronecker,
            Rule::times => TokenKind::Times,
            Rule::root => TokenKind::Root,
            Rule::stray | Rule::token | Rule::WHITESPACE | Rule::COMMENT => {
                let found = source[span.start..].chars().next().unwrap_or('?');
                return Err(SyntaxError::Character { found, span });
            }
        };
        self.push(kind, span);
        Ok(())
    }

    fn push(&mut self, kind: TokenKind, span: Span) {
        self.partner.push(self.list.len());
        self.list.push(Token { kind, span });
    }

    fn open(&mut self, bracket: Bracket, span: Span) -> Result<(), SyntaxError> {
        if self.open.len() >= super::NESTING_LIMIT {
            return Err(SyntaxError::TooDeep { span });
        }
        self.open.push((bracket, self.list.len()));
        self.push(TokenKind::Open(bracket), span);
        Ok(())
    }

    fn close(&mut self, bracket: Bracket, span: Span) -> Result<(), SyntaxError> {
        let Some((opened, index)) = self.open.pop() else {
            return Err(SyntaxError::Unopened { close: bracket.close(), span });
        };
        if opened != bracket {
            let open_span = self.list[index].span;
            return Err(SyntaxError::Mismatched {
                open: opened.open(),
                open_span,
                expected: opened.close(),
                close: bracket.close(),
                close_span: span,
            });
        }
        self.partner.push(index);
        self.partner[index] = self.list.len();
        self.list.push(Token { kind: TokenKind::Close(bracket), span });
        Ok(())
    }

    fn finish(self, end: usize) -> Result<Tokens, SyntaxError> {
        if let Some((bracket, index)) = self.open.last() {
            let stop = Some(Span::new(end, end));
            return Err(SyntaxError::Unclosed {
                open: bracket.open(),
                span: self.list[*index].span,
                stop,
            });
        }
        Ok(Tokens { list: self.list, partner: self.partner })
    }
}
