//! Text in the notation of paper and programs of mathematics to tokens, by the grammar.

use pest::Parser;
use pest_derive::Parser;

use super::ast::Comparison;
use super::code;
use super::error::SyntaxError;
use super::latex;
use super::letter::spelling;
use super::token::{Bracket, Builder, TokenKind, Tokens};
use crate::source::Span;

#[derive(Parser)]
#[grammar = "grammar/gradus.pest"]
struct Grammar;

/// Cuts `source` into tokens: brackets are matched, line ends that end no statement are gone.
pub(super) fn tokens(source: &str) -> Result<Tokens, SyntaxError> {
    let mut builder = Builder::new(source);
    // One line at a time: the pairs of a long program never stand in memory together.
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let (code, latex) = (code::mark(line), latex::mark(line));
        if let Some(mark) = code.or(latex.clone()) {
            let is_latex = latex.as_ref() == Some(&mark);
            let notation = if is_latex { "LaTeX" } else { "NumPy" };
            let read = if is_latex { latex::line } else { code::line };
            let mark = Span::new(start + mark.start, start + mark.end);
            read(&mut builder, line, start).map_err(|error| mixed(error, notation, mark))?;
            start += line.len();
            continue;
        }
        let pairs = Grammar::parse(Rule::tokens, line).map_err(|_| SyntaxError::Character {
            found: line.chars().next().unwrap_or('?'),
            span: Span::new(start, start + line.len()),
        })?;
        for pair in pairs.flatten() {
            let range = pair.as_span();
            let span = Span::new(start + range.start(), start + range.end());
            add(&mut builder, pair.as_rule(), span)?;
        }
        start += line.len();
    }
    builder.finish()
}

/// What stands in a line of this notation, and means something in another one only.
fn mixed(error: SyntaxError, notation: &'static str, mark: Span) -> SyntaxError {
    match error {
        SyntaxError::Character { found, span } if !found.is_alphabetic() => {
            SyntaxError::Mixed { notation, mark, span }
        }
        error => error,
    }
}

fn add(builder: &mut Builder<'_>, rule: Rule, span: Span) -> Result<(), SyntaxError> {
    let kind = match rule {
        Rule::tokens | Rule::EOI => return Ok(()),
        Rule::newline => {
            builder.newline(span);
            return Ok(());
        }
        Rule::semicolon => return builder.semicolon(span),
        Rule::range => TokenKind::Range,
        Rule::number | Rule::exponent | Rule::fraction => TokenKind::Number,
        Rule::name
        | Rule::letter
        | Rule::alphabet
        | Rule::group
        | Rule::subscript
        | Rule::accent
        | Rule::composed => {
            let written = &builder.source[span.start..span.end];
            let name = spelling(&written.replace(['{', '}'], ""));
            builder.push_spelled(TokenKind::Name, span, &name);
            return Ok(());
        }
        Rule::norm_mark => TokenKind::NormMark,
        Rule::superscript => TokenKind::Superscript,
        Rule::transpose => TokenKind::Transpose,
        Rule::bars => TokenKind::Bars,
        Rule::bar => TokenKind::Bar,
        Rule::quoted => {
            let word = builder.source[span.start..span.end].trim_matches(['\'', '"']).to_owned();
            builder.push_whole(TokenKind::Name, span, &word);
            return Ok(());
        }
        Rule::broadcast_call => return Ok(()),
        Rule::bold_digit => {
            let is_zero = &builder.source[span.start..span.end] == "𝟎";
            let word = if is_zero { "zeros" } else { "ones" };
            builder.push_whole(TokenKind::Name, span, word);
            return Ok(());
        }
        Rule::sum_sign => TokenKind::Sum,
        Rule::nabla => TokenKind::Nabla,
        Rule::partial => TokenKind::Partial,
        Rule::element_of => TokenKind::ElementOf,
        Rule::dot => TokenKind::Dot,
        Rule::dot_star => TokenKind::DotStar,
        Rule::dot_slash => TokenKind::DotSlash,
        Rule::dot_caret => TokenKind::DotCaret,
        Rule::dot_plus => TokenKind::DotPlus,
        Rule::dot_minus => TokenKind::DotMinus,
        Rule::assign => TokenKind::Assign,
        Rule::colon => TokenKind::Colon,
        Rule::equals => TokenKind::Equals,
        Rule::comma => TokenKind::Comma,
        Rule::dims if builder.called().is_some() => TokenKind::Comma,
        Rule::dims => return defined_dims(builder, span),
        Rule::all_entries => TokenKind::AllEntries,
        Rule::open_round => return builder.open(Bracket::Round, span),
        Rule::open_square => return builder.open(Bracket::Square, span),
        Rule::less => return builder.less(span),
        Rule::greater => return builder.greater(span),
        Rule::at_least => return builder.at_least(span),
        Rule::at_most => TokenKind::Compare(Comparison::AtMost),
        Rule::equal => TokenKind::Compare(Comparison::Equal),
        Rule::unequal => TokenKind::Compare(Comparison::Unequal),
        Rule::dot_less => TokenKind::Compare(Comparison::Less),
        Rule::dot_greater => TokenKind::Compare(Comparison::Greater),
        Rule::and_sign => TokenKind::And,
        Rule::or_sign => TokenKind::Or,
        Rule::not_sign => TokenKind::Not,
        Rule::open_angle => return builder.open(Bracket::Angle, span),
        Rule::close_angle => return builder.close(Bracket::Angle, span),
        Rule::open_curly => return builder.open(Bracket::Curly, span),
        Rule::close_round => return builder.close(Bracket::Round, span),
        Rule::close_square => return builder.close(Bracket::Square, span),
        Rule::close_curly => return builder.close(Bracket::Curly, span),
        Rule::plus => TokenKind::Plus,
        Rule::minus => TokenKind::Minus,
        Rule::star => TokenKind::Star,
        Rule::slash => TokenKind::Slash,
        Rule::backslash => TokenKind::Backslash,
        Rule::caret => TokenKind::Caret,
        Rule::kronecker => TokenKind::Kronecker,
        Rule::times => TokenKind::Times,
        Rule::root => TokenKind::Root,
        Rule::stray | Rule::token | Rule::compare | Rule::WHITESPACE | Rule::COMMENT => {
            let found = builder.source[span.start..].chars().next().unwrap_or('?');
            return Err(SyntaxError::Character { found, span });
        }
    };
    builder.push(kind, span);
    Ok(())
}

/// `; dims = 3` outside of a call: a name like any other.
fn defined_dims(builder: &mut Builder<'_>, span: Span) -> Result<(), SyntaxError> {
    let text = &builder.source[span.start..span.end];
    let end = span.start + text.trim_end_matches(['=', ' ']).len();
    let first = Span::new(span.start, span.start + 1);
    if text.starts_with(';') {
        builder.semicolon(first)?;
    } else {
        builder.push(TokenKind::Comma, first);
    }
    builder.push(TokenKind::Name, Span::new(end - "dims".len(), end));
    builder.push(TokenKind::Equals, Span::new(span.end - 1, span.end));
    Ok(())
}
