//! Python's array programs to tokens: `np.trace(X.T @ A @ X)`. What a name means in its library is what it means here; `*` and `/` work
//! on entries.

use std::ops::Range;

use pest::Parser;
use pest_derive::Parser;

use super::ast::Comparison;
use super::error::SyntaxError;
use super::letter::spelling;
use super::names::LAST_AXIS;
use super::token::{Bracket, Builder, TokenKind};
use crate::source::Span;

#[derive(Parser)]
#[grammar = "grammar/code.pest"]
struct Grammar;

/// Names of the libraries, as they stand before their functions.
const LIBRARIES: &[&str] =
    &["np.", "numpy.", "torch.", "jnp.", "jax.", "F.", "tf.", "scipy.", "sp.", "nn.", "special."];

/// Functions of the libraries, by the last part of their names, and what the language calls them.
#[rustfmt::skip]
const FUNCTIONS: &[(&str, &str)] = &[
    ("trace", "tr"), ("inverse", "inv"), ("logdet", "logdet"), ("linalg.norm", "norm"), ("absolute", "abs"),
    ("maximum", "max"), ("minimum", "min"), ("amin", "min"), ("clip", "clamp"), ("softmax", "paper_softmax"), ("dot", "matmul"), ("vdot", "inner"), ("inner", "inner_vectors"), ("mse_loss", "mse"), ("len", "length"), ("mm", "matmul"),
    ("mv", "matmul"), ("multiply", "entrywise_product"), ("concatenate", "concatenate"), ("solve", "linear_solve"),
    ("amax", "max"), ("expit", "sigmoid"), ("ravel", "ravel"), ("flatten", "ravel"), ("identity", "eye"), ("sinc", "sinc"), ("slogdet", "log_abs_det"),
];

/// Functions that are something else than the language's of that name, with what they are and what to write.
#[rustfmt::skip]
const REFUSED: &[(&str, &str, &str)] = &[
    ("cross_entropy", "that of the softmax of logits", "softmax_cross_entropy(z, y)"),
    ("binary_cross_entropy", "the mean over all entries", "-mean(y.*log(p) + (1 .- y).*log(1 .- p))"),
    ("binary_cross_entropy_with_logits", "the mean over all entries", "mean(softplus(z) - y.*z)"),
    ("nll_loss", "the mean over a batch whose labels are numbers", "-sum(y.*log(softmax(z)))"),
    ("kl_div", "that of logarithms, and a mean", "sum(p.*log(p./q))"),
    ("l1_loss", "the mean over all entries", "mean(abs(x - y))"),
    ("pow", "a power", "x**2"),
    ("power", "a power", "x**2"),
];

/// What tells that the line is such a program.
pub(super) fn mark(line: &str) -> Option<Range<usize>> {
    let before = |at: usize| line[..at].chars().next_back();
    let after = |end: usize| line[end..].chars().next();
    let places = |text: &'static str| line.match_indices(text).map(|(at, _)| at..at + text.len());
    let library = LIBRARIES.iter().copied().flat_map(places).find(|place| {
        let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        !before(place.start).is_some_and(goes_on)
            && after(place.end).is_some_and(|c| c.is_ascii_alphabetic())
    });
    let methods =
        [".T", ".sum(", ".mean(", ".dot(", ".trace(", ".det(", ".inverse(", ".norm("].into_iter();
    let method = methods.flat_map(places).find(|place| {
        let ends = line[..place.end].ends_with('(')
            || !after(place.end).is_some_and(char::is_alphanumeric);
        ends && before(place.start).is_some_and(|c| c.is_alphanumeric() || matches!(c, ')' | ']'))
    });
    library.or(method).or_else(|| places("**").next()).or_else(|| places("@").next())
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
    let pieces: Vec<(Rule, Span)> = pairs
        .flatten()
        .filter(|pair| {
            !matches!(pair.as_rule(), Rule::pieces | Rule::EOI | Rule::word | Rule::library)
        })
        .map(|pair| {
            let range = pair.as_span();
            (pair.as_rule(), Span::new(offset + range.start(), offset + range.end()))
        })
        .collect();
    builder.program(Span::new(offset, offset + line.len()));
    let mut reader = Reader { builder, pieces, at: 0 };
    while reader.at < reader.pieces.len() {
        reader.item()?;
    }
    Ok(())
}

struct Reader<'b, 's> {
    builder: &'b mut Builder<'s>,
    pieces: Vec<(Rule, Span)>,
    at: usize,
}

impl Reader<'_, '_> {
    fn text_at(&self, at: usize) -> &str {
        self.pieces.get(at).map_or("", |(_, span)| &self.builder.source[span.start..span.end])
    }

    fn item(&mut self) -> Result<(), SyntaxError> {
        let (rule, span) = self.pieces[self.at];
        let text = self.text_at(self.at).to_owned();
        self.at += 1;
        match rule {
            Rule::newline => self.builder.newline(span),
            Rule::number => {
                let plain = text.trim_end_matches('.');
                self.builder.push_whole(TokenKind::Number, span, plain);
            }
            Rule::text => {
                let word = text.trim_matches(['\'', '"']);
                self.builder.push_whole(TokenKind::Name, span, word);
            }
            Rule::power => self.builder.push(TokenKind::DotCaret, span),
            Rule::at => self.builder.push(TokenKind::At, span),
            Rule::method => return self.method(&text, span),
            Rule::path => self.path(&text, span)?,
            Rule::compare => self.builder.push(comparison(&text), span),
            Rule::sign => return self.sign(&text, span),
            _ => {
                let found = text.chars().next().unwrap_or('?');
                return Err(SyntaxError::Character { found, span });
            }
        }
        Ok(())
    }

    fn sign(&mut self, text: &str, span: Span) -> Result<(), SyntaxError> {
        let kind = match text {
            "(" => return self.builder.open(Bracket::Round, span),
            ")" => return self.builder.close(Bracket::Round, span),
            "[" => return self.builder.open(Bracket::Square, span),
            "]" => return self.builder.close(Bracket::Square, span),
            ";" => return self.builder.semicolon(span),
            "," => return self.comma(span),
            "+" => TokenKind::Plus,
            "-" => TokenKind::Minus,
            "*" => TokenKind::EntrywiseStar,
            "/" => TokenKind::EntrywiseSlash,
            "=" => TokenKind::Equals,
            _ => TokenKind::Colon,
        };
        self.builder.push(kind, span);
        Ok(())
    }

    /// `,`, or `, axis=0`: the sums of columns.
    fn comma(&mut self, span: Span) -> Result<(), SyntaxError> {
        let is_named = matches!(self.text_at(self.at), "axis" | "dim" | "axes")
            && self.text_at(self.at + 1) == "=";
        if is_named {
            self.at += 2;
        }
        if is_named || self.is_axis() {
            return self.axis(span);
        }
        // Sums by rows and columns are of one column, of one row here.
        let [name, equals, value] = [0, 1, 2].map(|more| self.text_at(self.at + more));
        if matches!((name, equals, value), ("keepdims" | "keepdim", "=", "True" | "False")) {
            self.at += 3;
            return Ok(());
        }
        self.builder.push(TokenKind::Comma, span);
        Ok(())
    }

    /// Whether a number stands alone where the function that is called takes an axis: `np.sum(X, 0)`.
    fn is_axis(&self) -> bool {
        let takes_axis =
            ["sum", "mean", "var", "max", "min", "argmax", "cumsum", "paper_softmax", "logsumexp"];
        let minus = usize::from(self.text_at(self.at) == "-");
        self.builder.called().is_some_and(|name| takes_axis.contains(&name))
            && self.text_at(self.at + minus).bytes().all(|byte| byte.is_ascii_digit())
            && matches!(self.text_at(self.at + minus + 1), ")" | ",")
    }

    /// The number of an axis, as the word for it; the comma stands before.
    fn axis(&mut self, comma: Span) -> Result<(), SyntaxError> {
        let place = self.pieces.get(self.at).map_or(comma, |(_, span)| *span);
        let minus = usize::from(self.text_at(self.at) == "-");
        let number = self.text_at(self.at + minus).to_owned();
        // What keeps the shape works along the last axis by itself, be it a vector's only one.
        let is_softmax = matches!(self.builder.called(), Some("paper_softmax"));
        self.at += 1 + minus;
        let word = match (minus, number.as_str()) {
            (0, "0") => "columns",
            (1, "1") if is_softmax => return Ok(()),
            (1, "1") => LAST_AXIS,
            (0, "1") => "rows",
            _ => {
                let (found, expected) = (format!("`{}{number}`", &"-"[..minus]), "0 or 1");
                let help = Some("of a vector leave the axis out; a matrix has the axes 0 and 1");
                return Err(SyntaxError::Unexpected { found, span: place, expected, help });
            }
        };
        self.builder.push(TokenKind::Comma, comma);
        self.builder.push_whole(TokenKind::Name, place, word);
        Ok(())
    }

    /// A variable, or a function of a library.
    fn path(&mut self, text: &str, span: Span) -> Result<(), SyntaxError> {
        let Some((_, name)) = text.split_once('.').filter(|_| text.contains('.')) else {
            let known = FUNCTIONS.iter().find(|(other, _)| *other == text && text == "len");
            self.builder.push_whole(
                TokenKind::Name,
                span,
                &known.map_or_else(|| spelling(text), |(_, word)| (*word).to_owned()),
            );
            return Ok(());
        };
        // F.T is the transpose of F.
        if matches!(name, "T" | "mT") {
            let (variable, dot) = text.split_at(text.len() - name.len() - 1);
            let middle = span.end - dot.len();
            self.builder.push_whole(
                TokenKind::Name,
                Span::new(span.start, middle),
                &spelling(variable),
            );
            self.builder.push(TokenKind::Transpose, Span::new(middle, span.end));
            return Ok(());
        }
        if matches!(name, "inf" | "pi" | "e") {
            let word = if name == "inf" { "∞" } else { name };
            self.builder.push_whole(TokenKind::Name, span, word);
            return Ok(());
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        refuse(last, span)?;
        let known = FUNCTIONS.iter().find(|(other, _)| *other == name || *other == last);
        let word = known.map_or(last, |(_, word)| *word);
        self.builder.push_whole(TokenKind::Name, span, word);
        if word == "log_abs_det" {
            self.skip_place();
        }
        Ok(())
    }

    /// `[1]` after the call that begins here: the second of the results.
    fn skip_place(&mut self) {
        let mut depth = 0_usize;
        let mut at = self.at;
        while at < self.pieces.len() {
            match self.text_at(at) {
                "(" => depth += 1,
                ")" => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        let place: Vec<&str> = (at + 1..at + 4).map(|at| self.text_at(at)).collect();
        if place == ["[", "1", "]"] {
            self.pieces.drain(at + 1..at + 4);
        }
    }

    /// `.T`, `.sum()`: an operation on what stands before it.
    fn method(&mut self, text: &str, span: Span) -> Result<(), SyntaxError> {
        let name = &text[1..];
        if matches!(name, "T" | "mT" | "H") {
            self.builder.push(TokenKind::Transpose, span);
            return Ok(());
        }
        if name == "t" && self.text_at(self.at) == "(" && self.text_at(self.at + 1) == ")" {
            self.at += 2;
            self.builder.push(TokenKind::Transpose, span);
            return Ok(());
        }
        refuse(name, span)?;
        let known = FUNCTIONS.iter().find(|(other, _)| *other == name);
        // A letter would be a factor.
        if known.is_none() && name.chars().count() < 3 {
            let (name, what, help) =
                (text.to_owned(), "a method", "x.T, x.sum(), x.mean(), x.dot(y)");
            return Err(SyntaxError::LibraryFunction { name, what, help, span });
        }
        let word = known.map_or(name, |(_, word)| *word);
        if self.text_at(self.at) != "(" {
            return Err(SyntaxError::Unexpected {
                found: format!("`{text}`"),
                span,
                expected: "a method with its arguments, such as `.sum()`",
                help: None,
            });
        }
        self.builder.call_method(span, word)?;
        self.at += 1;
        if self.text_at(self.at) != ")" {
            self.comma(span)?;
        }
        Ok(())
    }
}

fn comparison(text: &str) -> TokenKind {
    TokenKind::Compare(match text {
        "&" => return TokenKind::And,
        "|" => return TokenKind::Or,
        "~" => return TokenKind::Not,
        "<=" => Comparison::AtMost,
        ">=" => Comparison::AtLeast,
        "==" => Comparison::Equal,
        "!=" => Comparison::Unequal,
        "<" => Comparison::Less,
        _ => Comparison::Greater,
    })
}

fn refuse(name: &str, span: Span) -> Result<(), SyntaxError> {
    match REFUSED.iter().find(|(other, ..)| *other == name) {
        Some((_, what, help)) => {
            Err(SyntaxError::LibraryFunction { name: name.to_owned(), what, help, span })
        }
        None => Ok(()),
    }
}
