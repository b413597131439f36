//! Words of the language, whatever notation they were written in. The readers of each notation make them, one parser reads them.

use super::ast::Comparison;
use super::error::SyntaxError;
use super::names::RESERVED;
use crate::source::Span;

/// A word of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// Where it stands in the source.
    pub(super) span: Span,
    /// Where its text stands in [`Tokens::words`]: names are spelled there in one way only.
    pub(super) word: Span,
    /// Whether it was cut from a run of letters, or stands for one name whatever it is made of.
    pub(super) of_run: bool,
}

/// The kinds of token, several spellings of one thing being one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A new line, or `;`: ends a statement.
    Separator,
    /// `;` between the rows of a block.
    RowEnd,
    /// Before the bracket with the indices of what stands before.
    EntriesOf,
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
    /// `(:)` after what becomes one column
    AllEntries,
    /// `‖`
    Bars,
    /// `|`
    Bar,
    /// `_` before a group that is no part of a name.
    Underscore,
    /// `∑`
    Sum,
    /// `∇`
    Nabla,
    /// `∂`
    Partial,
    /// `∈`
    ElementOf,
    /// `·`
    Dot,
    /// `@`, the product of NumPy's arrays
    At,
    /// `*` and `/` of NumPy's arrays
    EntrywiseStar,
    EntrywiseSlash,
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
    /// `<`, `>=` after an operand
    Compare(Comparison),
    /// `&&`, `∧`
    And,
    /// `∨`; `||` is a bar to the reader
    Or,
    /// `!`, `¬`
    Not,
}

/// The kinds of bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bracket {
    Round,
    Square,
    Curly,
    /// `⟨A, B⟩`
    Angle,
}

impl Bracket {
    pub(super) fn open(self) -> char {
        match self {
            Self::Round => '(',
            Self::Square => '[',
            Self::Curly => '{',
            Self::Angle => '⟨',
        }
    }

    pub(super) fn close(self) -> char {
        match self {
            Self::Round => ')',
            Self::Square => ']',
            Self::Curly => '}',
            Self::Angle => '⟩',
        }
    }
}

impl TokenKind {
    /// Whether a formula cannot end here, so that it goes on in the next line.
    fn continues_line(self) -> bool {
        match self {
            Self::Range
            | Self::RowEnd
            | Self::EntriesOf
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
            | Self::Dot
            | Self::At
            | Self::EntrywiseStar
            | Self::EntrywiseSlash
            | Self::ElementOf
            | Self::Sum
            | Self::Nabla
            | Self::Times
            | Self::Compare(_)
            | Self::And
            | Self::Or
            | Self::Not
            | Self::Root => true,
            Self::Separator
            | Self::Number
            | Self::Name
            | Self::NormMark
            | Self::Superscript
            | Self::Transpose
            | Self::AllEntries
            | Self::Bars
            | Self::Bar
            | Self::Underscore
            | Self::Partial
            | Self::Open(_)
            | Self::Close(_) => false,
        }
    }
}

/// Tokens, and for each bracket the place of its partner.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// The source, and after it the words that are spelled differently there.
    pub(super) words: String,
    pub(super) list: Vec<Token>,
    /// The lines that are programs of Python, whose arrays are counted from 0.
    pub(super) programs: Vec<Span>,
    /// Index of the matching bracket; for every other token its own index.
    pub(super) partner: Vec<usize>,
}

impl Tokens {
    /// Whether the token is a name with something below it, as LaTeX writes it.
    pub(super) fn is_latex(&self, token: &Token) -> bool {
        token.of_run && self.written(token).contains('_')
    }

    /// The text of a token as it stands in the source.
    pub(super) fn written(&self, token: &Token) -> &str {
        &self.words[token.span.start..token.span.end]
    }

    /// The text of a token, names in their one spelling.
    pub(super) fn text(&self, token: &Token) -> &str {
        &self.words[token.word.start..token.word.end]
    }
}

/// Tokens in the making: brackets are matched, line ends that end no statement are gone.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    pub(super) source: &'a str,
    tokens: Tokens,
    open: Vec<(Bracket, usize)>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let tokens = Tokens { words: source.to_owned(), ..Tokens::default() };
        Self { source, tokens, open: Vec::new() }
    }

    /// A line is a program of Python.
    pub(super) fn program(&mut self, line: Span) {
        self.tokens.programs.push(line);
    }

    /// A word that is spelled as it stands.
    pub(super) fn push(&mut self, kind: TokenKind, span: Span) {
        self.push_token(Token { kind, span, word: span, of_run: false });
    }

    /// A word that is spelled differently here.
    pub(super) fn push_spelled(&mut self, kind: TokenKind, span: Span, word: &str) {
        if &self.source[span.start..span.end] == word {
            return self.push(kind, span);
        }
        let start = self.tokens.words.len();
        self.tokens.words.push_str(word);
        let word = Span::new(start, self.tokens.words.len());
        self.push_token(Token { kind, span, word, of_run: false });
    }

    /// A name, number or mark that is one word, whatever it is made of in the source.
    pub(super) fn push_whole(&mut self, kind: TokenKind, span: Span, word: &str) {
        let start = self.tokens.words.len();
        self.tokens.words.push_str(word);
        let word = Span::new(start, self.tokens.words.len());
        self.push_token(Token { kind, span, word, of_run: true });
    }

    /// `x.sum(`: the call of a function whose first argument is the operand before.
    pub(super) fn call_method(&mut self, span: Span, word: &str) -> Result<(), SyntaxError> {
        let list = &self.tokens.list;
        let mut end = list.len();
        while end > 0 && list[end - 1].kind == TokenKind::Transpose {
            end -= 1;
        }
        let Some(mut first) = end.checked_sub(1) else {
            return Err(SyntaxError::Character { found: '.', span });
        };
        if matches!(list[first].kind, TokenKind::Close(_)) {
            first = self.tokens.partner[first];
            if first > 0 && list[first - 1].kind == TokenKind::Name {
                first -= 1;
            }
        }
        self.push_whole(TokenKind::Name, span, word);
        self.open(Bracket::Round, span)?;
        // Both move before the operand.
        let last = self.tokens.list.len();
        self.tokens.list[first..last].rotate_right(2);
        let moved = |at: usize| match at {
            at if at < first => at,
            at if at + 2 >= last => at + 2 - last + first,
            at => at + 2,
        };
        let partner: Vec<usize> = self.tokens.partner.iter().map(|at| moved(*at)).collect();
        self.tokens.partner = partner;
        self.tokens.partner[first..last].rotate_right(2);
        for (_, at) in &mut self.open {
            *at = moved(*at);
        }
        Ok(())
    }

    /// The name before the innermost bracket that is open.
    pub(super) fn called(&self) -> Option<&str> {
        let (_, open) = self.open.last()?;
        let before = self.tokens.list.get(open.checked_sub(1)?)?;
        (before.kind == TokenKind::Name).then(|| self.tokens.text(before))
    }

    /// Whether a statement begins here.
    pub(super) fn is_at_start(&self) -> bool {
        self.tokens.list.last().is_none_or(|last| last.kind == TokenKind::Separator)
    }

    /// Whether the sign of a sum stands before, with its index below it.
    pub(super) fn ends_with_sum(&self) -> bool {
        let list = &self.tokens.list;
        let kind = |at: usize| list.get(at).map(|token| token.kind);
        let Some(last) = list.len().checked_sub(1) else { return false };
        let sign = match kind(last) {
            Some(TokenKind::NormMark) => last.checked_sub(1),
            // The underscore stands before the bracket.
            Some(TokenKind::Close(Bracket::Curly)) => self.tokens.partner[last].checked_sub(2),
            _ => Some(last),
        };
        sign.and_then(kind) == Some(TokenKind::Sum)
    }

    /// Whether an operand ends here, so that `<` compares and opens no inner product.
    fn ends_operand(&self) -> bool {
        let inside = &self.tokens.list[self.open.last().map_or(0, |(_, at)| at + 1)..];
        let Some(last) = inside.last() else { return false };
        match last.kind {
            TokenKind::Number
            | TokenKind::NormMark
            | TokenKind::Superscript
            | TokenKind::Transpose
            | TokenKind::AllEntries
            | TokenKind::Close(_) => true,
            TokenKind::Name => !RESERVED.contains(&self.tokens.text(last)),
            // The second of a pair closes it.
            TokenKind::Bars | TokenKind::Bar => {
                let like = |token: &&Token| token.kind == last.kind;
                let statement = inside.rsplit(|token| token.kind == TokenKind::Separator).next();
                statement.unwrap_or_default().iter().filter(like).count() % 2 == 0
            }
            _ => false,
        }
    }

    /// `<`: a comparison after an operand, otherwise the inner product `<x, y>` begins.
    pub(super) fn less(&mut self, span: Span) -> Result<(), SyntaxError> {
        if !self.ends_operand() {
            return self.open(Bracket::Angle, span);
        }
        self.push(TokenKind::Compare(Comparison::Less), span);
        Ok(())
    }

    /// `>`: the end of `<x, y>` in one, otherwise a comparison.
    pub(super) fn greater(&mut self, span: Span) -> Result<(), SyntaxError> {
        if matches!(self.open.last(), Some((Bracket::Angle, _))) {
            return self.close(Bracket::Angle, span);
        }
        self.push(TokenKind::Compare(Comparison::Greater), span);
        Ok(())
    }

    /// `>=`, which in `<x, y>=1` is two signs.
    pub(super) fn at_least(&mut self, span: Span) -> Result<(), SyntaxError> {
        if matches!(self.open.last(), Some((Bracket::Angle, _))) && span.end - span.start == 2 {
            let middle = span.start + 1;
            self.close(Bracket::Angle, Span::new(span.start, middle))?;
            self.push(TokenKind::Equals, Span::new(middle, span.end));
            return Ok(());
        }
        self.push(TokenKind::Compare(Comparison::AtLeast), span);
        Ok(())
    }

    /// Whether the innermost bracket was opened by this text.
    pub(super) fn is_inside(&self, text: &str) -> bool {
        let Some((_, at)) = self.open.last() else { return false };
        self.tokens.written(&self.tokens.list[*at]).ends_with(text)
    }

    fn push_token(&mut self, token: Token) {
        self.tokens.partner.push(self.tokens.list.len());
        self.tokens.list.push(token);
    }

    /// The end of a line: that of the statement, unless something is open or missing.
    pub(super) fn newline(&mut self, span: Span) {
        let last = self.tokens.list.last();
        if self.open.is_empty() && last.is_some_and(|last| !last.kind.continues_line()) {
            self.push(TokenKind::Separator, span);
        }
    }

    /// `;`, which ends a statement.
    pub(super) fn semicolon(&mut self, span: Span) -> Result<(), SyntaxError> {
        if let Some((bracket, index)) = self.open.last() {
            let (open, open_span) = (bracket.open(), self.tokens.list[*index].span);
            if *bracket == Bracket::Square {
                self.push(TokenKind::RowEnd, span);
                return Ok(());
            }
            let rest = self.source[span.end..].lines().next().unwrap_or_default();
            return Err(if rest.contains(bracket.close()) {
                SyntaxError::Semicolon { open, open_span, span }
            } else {
                SyntaxError::Unclosed { open, span: open_span, stop: Some(span) }
            });
        }
        self.push(TokenKind::Separator, span);
        Ok(())
    }

    pub(super) fn open(&mut self, bracket: Bracket, span: Span) -> Result<(), SyntaxError> {
        if self.open.len() >= super::NESTING_LIMIT {
            return Err(SyntaxError::TooDeep { span });
        }
        self.open.push((bracket, self.tokens.list.len()));
        self.push(TokenKind::Open(bracket), span);
        Ok(())
    }

    pub(super) fn close(&mut self, bracket: Bracket, span: Span) -> Result<(), SyntaxError> {
        let Some((opened, index)) = self.open.pop() else {
            return Err(SyntaxError::Unopened { close: bracket.close(), span });
        };
        if opened != bracket {
            let open_span = self.tokens.list[index].span;
            return Err(SyntaxError::Mismatched {
                open: opened.open(),
                open_span,
                expected: opened.close(),
                close: bracket.close(),
                close_span: span,
            });
        }
        let close = self.tokens.list.len();
        self.push(TokenKind::Close(bracket), span);
        self.tokens.partner[close] = index;
        self.tokens.partner[index] = close;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Tokens, SyntaxError> {
        if let Some((bracket, index)) = self.open.last() {
            let end = self.source.len();
            let stop = Some(Span::new(end, end));
            return Err(SyntaxError::Unclosed {
                open: bracket.open(),
                span: self.tokens.list[*index].span,
                stop,
            });
        }
        Ok(self.tokens)
    }
}
