//! What can be wrong with a text before any name has a meaning, and the words for it.

use thiserror::Error;

use crate::source::{Diagnostic, Label, Span};

/// An input that is no program.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SyntaxError {
    /// The bytes are not UTF-8.
    #[error("the input is not text: byte {offset} is not valid UTF-8")]
    NotUtf8 {
        /// The first bad byte.
        offset: usize,
    },
    /// The text is longer than [`super::LENGTH_LIMIT`].
    #[error("the input is too long: at most {} bytes are read", super::LENGTH_LIMIT)]
    TooLong,
    /// Nothing but blanks and comments.
    #[error("the input is empty")]
    Empty,
    /// Brackets within brackets, more than [`super::NESTING_LIMIT`] deep.
    #[error("brackets are nested more than {} deep", super::NESTING_LIMIT)]
    TooDeep {
        /// The first bracket that is too deep.
        span: Span,
    },
    /// A character that means nothing.
    #[error("`{}` means nothing here", found.escape_debug())]
    Character {
        /// The character.
        found: char,
        /// Where it stands.
        span: Span,
    },
    /// `X.T @ A^\top`
    #[error("two notations in one line: {notation} and another")]
    Mixed {
        /// What the line is read as.
        notation: &'static str,
        /// By what.
        mark: Span,
        /// What does not belong there.
        span: Span,
    },
    /// `sum x.*y`
    #[error("does `{name}` reach over the product?")]
    Reach {
        /// The function.
        name: String,
        /// The sign of the product, or where the next factor begins.
        span: Span,
        /// Where the function stands.
        function: Span,
    },
    /// `I_{3}` where `I` or `I3` is a name.
    #[error("`{name}` is a name here, and this is `{function}` with its size")]
    Sized {
        /// The name.
        name: String,
        /// What the letter stands for with sizes below it.
        function: String,
        /// Where it stands.
        span: Span,
    },
    /// `φ(x)` where nothing says what φ is.
    #[error("is `{name}` a function or a factor?")]
    FunctionOrProduct {
        /// The letter.
        name: String,
        /// Where it stands.
        span: Span,
    },
    /// `a/2b`
    #[error("does what follows the divisor belong to it?")]
    Divisor {
        /// The number.
        span: Span,
        /// What is divided.
        above: Span,
    },
    /// `a < b < c`
    #[error("one comparison after another")]
    Chained {
        /// What says it.
        typed: String,
        /// The first sign.
        first: Span,
        /// The second.
        second: Span,
    },
    /// A command of LaTeX that is not known.
    #[error("unknown command `\\{name}`{}", nearest.as_ref().map_or(String::new(), |near| format!(", did you mean `\\{near}`?")))]
    UnknownCommand {
        /// Its name.
        name: String,
        /// The one that is spelled most like it.
        nearest: Option<String>,
        /// Where it stands.
        span: Span,
    },
    /// A command of LaTeX, or a word, that is no formula.
    #[error("`{name}` {what}")]
    RefusedCommand {
        /// Its name.
        name: String,
        /// Why it is not read.
        what: &'static str,
        /// Where it stands.
        span: Span,
    },
    /// A function of a library that means something else than it seems to, or is not read.
    #[error("`{name}` is {what}, which is not read by that name")]
    LibraryFunction {
        /// Its name.
        name: String,
        /// What it is in its library.
        what: &'static str,
        /// What to write.
        help: &'static str,
        /// Where it stands.
        span: Span,
    },
    /// A mark above more than a letter.
    #[error("a {accent} stands above one letter only")]
    Accented {
        /// The mark.
        accent: String,
        /// Where it stands.
        span: Span,
    },
    /// `‖X‖_{2,1}`
    #[error(
        "this norm is used for two things: the sum of the norms of the columns, and of the rows"
    )]
    MixedNorm {
        /// The mark.
        span: Span,
    },
    /// `Σ_{i<j}`, `Σ_{i∈S}`
    #[error(
        "`{below}` below a sum is not read: a sum goes over all values of its index, or from one to another"
    )]
    BelowSum {
        /// What stands below the sign.
        below: String,
        /// Where it stands.
        span: Span,
    },
    /// `Σ_i` under a sum over i.
    #[error("`{name}` under a sum over its index: a sum again, or an element of {base}?")]
    SumOrElement {
        /// What is written.
        name: String,
        /// The name without its index.
        base: String,
        /// Where it stands.
        span: Span,
    },
    /// `‖x‖_{a+b}`
    #[error("`{mark}` is no mark of a norm")]
    NormMark {
        /// What stands below the bars.
        mark: String,
        /// Where it stands.
        span: Span,
    },
    /// `\sin^{-1} x`
    #[error("`{name}` to the power of -1: its inverse function, or one over it?")]
    InverseFunction {
        /// The function.
        name: String,
        /// The exponent.
        span: Span,
    },
    /// `log_a(x)`
    #[error("`{mark}` is no base of a logarithm that is read: it is a number")]
    Base {
        /// What stands below `log`.
        mark: String,
        /// Where it stands.
        span: Span,
    },
    /// `W^{(2)}`
    #[error("`{text}` in brackets: a power, or a name of its own for each `{text}`?")]
    Label {
        /// What stands in the brackets.
        text: String,
        /// Where it stands.
        span: Span,
    },
    /// `x[1:]` of Python
    #[error("entries of Python's arrays are counted from 0")]
    CountedFromZero {
        /// The index.
        span: Span,
    },
    /// `[[a, b], [c, d]]`
    #[error("rows of a matrix, or blocks beside one another?")]
    Rows {
        /// The list.
        span: Span,
    },
    /// `\begin{pmatrix}`
    #[error("`{name}` is not read yet")]
    Environment {
        /// Its name.
        name: String,
        /// Where it begins.
        span: Span,
    },
    /// An opening bracket without its partner.
    #[error("`{open}` is never closed")]
    Unclosed {
        /// The bracket (or norm bar).
        open: char,
        /// Where it stands.
        span: Span,
        /// Where its partner was still missing.
        stop: Option<Span>,
    },
    /// `[A, B; C, D]`
    #[error("`;` ends the statement, and `{open}` is still open")]
    Semicolon {
        /// The bracket.
        open: char,
        /// Where it stands.
        open_span: Span,
        /// The semicolon.
        span: Span,
    },
    /// A closing bracket without its partner.
    #[error("`{close}` closes nothing")]
    Unopened {
        /// The bracket.
        close: char,
        /// Where it stands.
        span: Span,
    },
    /// `(x]`
    #[error("`{close}` cannot close `{open}`")]
    Mismatched {
        /// The opening bracket.
        open: char,
        /// Where it stands.
        open_span: Span,
        /// What would close it.
        expected: char,
        /// What was found.
        close: char,
        /// Where that stands.
        close_span: Span,
    },
    /// Something else was expected.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What was found, quoted.
        found: String,
        /// Where.
        span: Span,
        /// What could stand there.
        expected: &'static str,
        /// What to type instead.
        help: Option<&'static str>,
    },
    /// `x 2`: two operands side by side that are no product on paper.
    #[error("an operator is missing before `{found}`")]
    MissingOperator {
        /// The right operand.
        found: String,
        /// The left operand.
        left: Span,
        /// Where the right operand stands.
        right: Span,
    },
    /// A number too long to be meant.
    #[error("this number is too large to be read exactly: {limit}")]
    Number {
        /// Where it stands.
        span: Span,
        /// Which limit it breaks.
        limit: &'static str,
    },
    /// `‖x‖_7`
    #[error("there is no norm `{mark}`")]
    Norm {
        /// The mark as written.
        mark: String,
        /// Where it stands.
        span: Span,
    },
    /// `x' = 3`
    #[error("this cannot be defined")]
    Target {
        /// What stands left of `=`.
        span: Span,
        /// The `=`.
        equals: Span,
    },
    /// `S: symmetric`
    #[error("the size of `{name}` is missing")]
    MissingSize {
        /// The declared name.
        name: String,
        /// Where the size should stand.
        span: Span,
    },
    /// `sizes m = 0.5`
    #[error("a size is a whole number, at least 1")]
    SizeValue {
        /// The value.
        span: Span,
    },
}

impl SyntaxError {
    /// The error as a person reads it.
    // One arm an error.
    #[allow(clippy::too_many_lines)]
    pub fn diagnostic(&self) -> Diagnostic {
        let (code, labels, help) = match self {
            Self::NotUtf8 { .. } => {
                ("E0101", Vec::new(), Some("save the file as UTF-8".to_owned()))
            }
            Self::TooLong => ("E0102", Vec::new(), Some("split it into several files".to_owned())),
            Self::Empty => {
                ("E0103", Vec::new(), Some("type a formula, such as `x'*A*x`".to_owned()))
            }
            Self::TooDeep { span } => (
                "E0104",
                vec![label(*span, "too deep")],
                Some("give an inner part a name: `H = …`, then use `H`".to_owned()),
            ),
            Self::Character { found, span } => (
                "E0105",
                vec![label(*span, "this character")],
                look_alike(*found).or_else(|| instead_of(*found).map(ToOwned::to_owned)),
            ),
            Self::Sized { name, function, span } => (
                "E0126",
                vec![label(*span, "with sizes below it")],
                Some(format!("write `{name}`, or `{function}(…)`, on a line without LaTeX")),
            ),
            Self::FunctionOrProduct { name, span } => (
                "E0125",
                vec![label(*span, "a letter before a bracket")],
                Some(format!(
                    "`{name}: function` is an entrywise function that stays unknown, `{name}(x) = …` one of your own, `{name}: scalar` or `{name}*(…)` a factor"
                )),
            ),
            Self::Mixed { notation, mark, span } => (
                "E0124",
                vec![label(*span, format!("not {notation}")), label(*mark, *notation)],
                Some("write the whole line in one notation".to_owned()),
            ),
            Self::Unclosed { open, span, stop } => ("E0106", unclosed(*open, *span, *stop), None),
            Self::Semicolon { open, open_span, span } => (
                "E0117",
                vec![
                    label(*span, "a `;` stands between statements only"),
                    label(*open_span, "opened here"),
                ],
                Some(match open {
                    '[' => NO_LITERALS.to_owned(),
                    _ => "arguments are separated by `,`".to_owned(),
                }),
            ),
            Self::UnknownCommand { span, .. } => (
                "E0119",
                vec![label(*span, "this command")],
                Some(
                    "a name is written `\\mathrm{name}`, a function `\\operatorname{name}`"
                        .to_owned(),
                ),
            ),
            Self::RefusedCommand { span, .. } => ("E0120", vec![label(*span, "not read")], None),
            Self::LibraryFunction { span, help, .. } => {
                ("E0134", vec![label(*span, "of the library")], Some(format!("write `{help}`")))
            }
            Self::Accented { span, .. } => {
                ("E0121", vec![label(*span, "more than a letter")], None)
            }
            Self::Reach { name, span, function } => (
                "E0123",
                vec![
                    label(*span, "is what follows part of the argument?"),
                    label(*function, "without brackets"),
                ],
                Some(format!("write `{name}(a*b)` or `{name}(a)*b`")),
            ),
            Self::Divisor { span, above } => (
                "E0122",
                vec![
                    label(*span, "divided by this number alone, or by the product?"),
                    label(*above, "what is divided"),
                ],
                Some("write `a/(2*b)` or `a/2*b`".to_owned()),
            ),
            Self::BelowSum { span, below } => (
                "E0127",
                vec![label(*span, "an index, or an index with its first value")],
                Some(match below.split_once(['∈', '<']) {
                    Some((index, _)) if below.contains('∈') => {
                        format!("number what is summed: `Σ_{{{index}=1}}^n`")
                    }
                    Some((index, _)) => {
                        format!("write the ranges: `sum(j in 2..n, sum({index} in 1..j-1, …))`")
                    }
                    None => "write `Σ_i`, `Σ_{i,j}`, `Σ_{i=1}^n` or `sum(i in 1..n, …)`".to_owned(),
                }),
            ),
            Self::SumOrElement { base, span, .. } => (
                "E0135",
                vec![label(*span, "two readings")],
                Some(format!("give the inner sum another index, or declare `{base}[k]: n×n`")),
            ),
            Self::NormMark { span, .. } => (
                "E0128",
                vec![label(*span, "a number, a name, `F`, `*` or `∞`")],
                Some("define a name for it: `p = …`, then `‖x‖_p`".to_owned()),
            ),
            Self::InverseFunction { name, span } => (
                "E0132",
                vec![label(*span, "this exponent")],
                Some(match name.as_str() {
                    "sin" | "cos" | "tan" => format!("write `arc{name}(x)` or `1/{name}(x)`"),
                    _ => format!("write `1/{name}(x)`, or the inverse function by its name"),
                }),
            ),
            Self::Base { mark, span } => (
                "E0133",
                vec![label(*span, "not a number")],
                Some(format!("write `log(x)/log({mark})`")),
            ),
            Self::Label { text, span } => (
                "E0129",
                vec![label(*span, "in brackets")],
                Some(format!("write `W^{text}` for the power, `W{text}` for the name")),
            ),
            Self::CountedFromZero { span } => (
                "E0137",
                vec![label(*span, "read in programs are numbers from 0 on, `a:b`, and `:`")],
                Some(
                    "write the line in the language, from 1 on: `x[2..n]`, `x[1..n-1]`, `X[:, n]`"
                        .to_owned(),
                ),
            ),
            Self::Rows { span } => (
                "E0138",
                vec![label(*span, "this list of lists")],
                Some("write `[a, b; c, d]` for rows, `[a, b, c, d]` for one row".to_owned()),
            ),
            Self::Environment { span, .. } => (
                "E0131",
                vec![label(*span, "begins here")],
                Some("give the matrix a name and declare its sizes: `A: 2×2`".to_owned()),
            ),
            Self::MixedNorm { span } => (
                "E0118",
                vec![label(*span, "of columns or of rows?")],
                Some("write `sum(norm2(X, columns))` or `sum(norm2(X, rows))`".to_owned()),
            ),
            Self::Unopened { close, span } => (
                "E0107",
                vec![label(*span, format!("no bracket before it is closed by `{close}`"))],
                None,
            ),
            Self::Mismatched { open_span, expected, close_span, .. } => (
                "E0108",
                vec![
                    label(*close_span, format!("expected `{expected}`")),
                    label(*open_span, "because of this bracket"),
                ],
                None,
            ),
            Self::Unexpected { span, expected, help, .. } => (
                "E0109",
                vec![label(*span, format!("expected {expected}"))],
                help.map(ToOwned::to_owned),
            ),
            Self::MissingOperator { left, right, found } => (
                "E0110",
                vec![label(*right, "second operand"), label(*left, "first operand")],
                Some(format!("write `*` for a product: `… * {found}`")),
            ),
            Self::Number { span, .. } => ("E0111", vec![label(*span, "this number")], None),
            Self::Norm { span, .. } => (
                "E0112",
                vec![label(*span, "unknown norm")],
                Some("the norms are `‖x‖` (or `‖x‖₂`), `‖x‖₁`, `‖X‖_F` and `‖X‖_*`".to_owned()),
            ),
            Self::Chained { typed, first, second } => (
                "E0136",
                vec![label(*second, "compares again"), label(*first, "compares")],
                Some(format!("write `{typed}`")),
            ),
            Self::Target { span, equals } => (
                "E0113",
                vec![label(*span, "not a name"), label(*equals, "defines what stands left of it")],
                Some("left of `=` stands a name, `name[t]` or `f(x, y)`".to_owned()),
            ),
            Self::MissingSize { name, span } => (
                "E0115",
                vec![label(*span, "a size stands here")],
                Some(format!(
                    "write `{name}: m×n` for a matrix, `{name}: n` for a column vector, `{name}: scalar`"
                )),
            ),
            Self::SizeValue { span } => (
                "E0116",
                vec![label(*span, "not a size")],
                Some("write `sizes m = 1000`".to_owned()),
            ),
        };
        Diagnostic { code, message: self.to_string(), labels, help }
    }
}

/// What to do where a matrix is written by its entries.
pub(super) const NO_LITERALS: &str = "a matrix is not written by its entries or blocks: declare it, `M: m×n`; an index follows a name, `x[t]`";

fn label(span: Span, text: impl Into<String>) -> Label {
    Label { span, text: text.into() }
}

fn unclosed(open: char, span: Span, stop: Option<Span>) -> Vec<Label> {
    let mut labels = vec![label(span, "opened here")];
    let partner = match open {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        other => other,
    };
    labels.extend(stop.map(|stop| label(stop, format!("`{partner}` is missing here"))));
    labels
}

/// What to type instead of a character that means nothing.
fn instead_of(found: char) -> Option<&'static str> {
    Some(match found {
        '÷' => "division is `/`, entrywise `./`",
        '%' => "a comment starts with `#` or `//`",
        '∞' => "infinity is no number here",
        '"' | '“' | '”' | '`' | '‘' => "the transpose is `'`",
        '.' => {
            "a decimal number needs a digit after the point; entrywise operators are `.*`, `./`, `.^`"
        }
        '\\' => "solving is `A\\b`",
        _ if found.is_alphabetic() => "names are made of Latin and Greek letters",
        _ => return None,
    })
}

/// What to type instead of a letter that looks like a Latin one.
fn look_alike(found: char) -> Option<String> {
    const CYRILLIC: &str = "АВЕКМНОРСТХаеорсухіјѕ";
    const LATIN: &str = "ABEKMHOPCTXaeopcyxijs";
    let wide = u32::from(found).checked_sub(0xFF01).filter(|at| *at < 94);
    let (script, latin) = match wide.and_then(|at| char::from_u32(at + 0x21)) {
        Some(latin) => ("full-width", latin),
        None => {
            let at = CYRILLIC.chars().position(|letter| letter == found)?;
            ("Cyrillic", LATIN.chars().nth(at)?)
        }
    };
    Some(format!("this is a {script} character that looks like `{latin}`: type `{latin}`"))
}
