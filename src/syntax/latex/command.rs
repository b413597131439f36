//! LaTeX's commands, and what they are to a reader of mathematics.

use super::super::ast::Comparison;
use super::super::letter::greek;
use super::super::token::{Bracket, TokenKind};

/// What a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Blanks, and marks of layout.
    Space,
    /// `\left`, `\big`: a bracket follows.
    Size,
    /// `\bf`: the font of what follows.
    Switch,
    /// `\mathbf`: the font of its argument.
    Font,
    /// `\operatorname`, `\text`: its argument is a word.
    Word,
    /// A mark above its argument, by its word.
    Accent(&'static str),
    /// A letter.
    Letter(char),
    /// The name of a function.
    Function(&'static str),
    /// A number.
    Number(&'static str),
    /// A sign.
    Token(TokenKind),
    Open(Bracket),
    Close(Bracket),
    /// `\norm{x}`: bars around its argument.
    Around(TokenKind),
    Fraction,
    Root,
    Infinity,
    In,
    /// It is left out with its argument: `\label{…}`.
    Dropped,
    /// `\begin{…}`: around lines, or around a matrix.
    Environment,
    /// `A^\dagger`
    Pseudoinverse,
    /// What it is, and why it is not read.
    Refused(&'static str),
}

/// The command of that name.
pub(super) fn command(name: &str) -> Option<Command> {
    use Command as C;
    use TokenKind as T;
    Some(match name {
        "," | ";" | ":" | "!" | " " | ">" | "quad" | "qquad" | "thinspace" | "medspace"
        | "enspace" | "\\" | "(" | ")" | "[" | "]" | "displaystyle" | "textstyle" | "limits"
        | "nolimits" | "nonumber" | "notag" | "noindent" | "hfill" | "newline" => C::Space,
        "left" | "right" | "middle" | "big" | "Big" | "bigg" | "Bigg" | "bigl" | "bigr"
        | "Bigl" | "Bigr" | "biggl" | "biggr" | "Biggl" | "Biggr" | "bigm" | "Bigm" => C::Size,
        "bf" | "rm" | "it" | "cal" | "sf" | "bfseries" | "boldmath" => C::Switch,
        "mathbf" | "boldsymbol" | "bm" | "bs" | "mathit" | "mathcal" | "mathbb" | "mathsf"
        | "mathfrak" | "mathscr" | "mathds" | "mathbbm" | "pmb" | "vb" | "textbf" | "underline"
        | "bold" | "mathtt" => C::Font,
        "operatorname"
        | "operatorname*"
        | "mathrm"
        | "text"
        | "textrm"
        | "textit"
        | "mbox"
        | "mathop"
        | "DeclareMathOperator" => C::Word,
        "hat" | "widehat" => C::Accent("hat"),
        "tilde" | "widetilde" => C::Accent("tilde"),
        "bar" | "overline" => C::Accent("bar"),
        "dot" => C::Accent("dot"),
        "ddot" => C::Accent("ddot"),
        "check" => C::Accent("check"),
        "vec" | "overrightarrow" => C::Accent("vec"),
        "frac" | "tfrac" | "dfrac" | "cfrac" | "nicefrac" | "sfrac" => C::Fraction,
        "sqrt" => C::Root,
        "norm" | "Norm" | "lVert*" => C::Around(T::Bars),
        "abs" => C::Around(T::Bar),
        "|" | "Vert" | "lVert" | "rVert" | "parallel" => C::Token(T::Bars),
        "vert" | "lvert" | "rvert" | "mid" => C::Token(T::Bar),
        "langle" => C::Open(Bracket::Angle),
        "rangle" => C::Close(Bracket::Angle),
        "{" | "lbrace" | "lbrack" | "lparen" => C::Open(Bracket::Round),
        "}" | "rbrace" | "rbrack" | "rparen" => C::Close(Bracket::Round),
        "cdot" | "bullet" => C::Token(T::Dot),
        "times" | "ast" => C::Token(T::Star),
        "odot" | "circ" => C::Token(T::DotStar),
        "oslash" => C::Token(T::DotSlash),
        "otimes" => C::Token(T::Kronecker),
        "div" => C::Token(T::Slash),
        "top" | "intercal" | "prime" => C::Token(T::Transpose),
        "sum" => C::Token(T::Sum),
        "nabla" => C::Token(T::Nabla),
        "partial" => C::Token(T::Partial),
        "triangleq" | "coloneqq" | "equiv" => C::Token(T::Equals),
        "in" => C::In,
        "infty" => C::Infinity,
        "ell" => C::Letter('ℓ'),
        "varepsilon" => C::Letter('ε'),
        "varphi" => C::Letter('φ'),
        "vartheta" => C::Letter('ϑ'),
        "varsigma" => C::Letter('ς'),
        "varrho" => C::Letter('ϱ'),
        "varpi" => C::Letter('ϖ'),
        "imath" => C::Letter('i'),
        "jmath" => C::Letter('j'),
        "half" => C::Number("½"),
        "ln" | "log" => C::Function("log"),
        "exp" => C::Function("paper_exp"),
        "det" => C::Function("det"),
        "tr" | "Tr" | "trace" | "Trace" => C::Function("tr"),
        "diag" => C::Function("diag"),
        "vectorize" => C::Function("vec"),
        "logdet" => C::Function("logdet"),
        "max" => C::Function("max"),
        "min" => C::Function("min"),
        "sin" => C::Function("sin"),
        "cos" => C::Function("cos"),
        "tan" => C::Function("tan"),
        "arcsin" => C::Function("arcsin"),
        "arccos" => C::Function("arccos"),
        "arctan" => C::Function("arctan"),
        "sinh" => C::Function("sinh"),
        "cosh" => C::Function("cosh"),
        "tanh" => C::Function("tanh"),
        "softmax" => C::Function("paper_softmax"),
        "sigmoid" => C::Function("sigmoid"),
        "sign" | "sgn" => C::Function("sign"),
        "label" | "tag" | "end" | "phantom" | "hspace" | "vspace" | "color" => C::Dropped,
        "begin" => C::Environment,
        "dagger" | "dag" => C::Pseudoinverse,
        "def" | "newcommand" | "renewcommand" | "let" | "input" | "include" | "usepackage"
        | "documentclass" | "require" => {
            C::Refused("defines or loads something; write out what it stands for")
        }
        "inf" | "sup" | "argmin" | "argmax" | "arg" | "lim" | "int" | "iint" | "oint" | "prod"
        | "cup" | "cap" => {
            C::Refused("is not read here; give the expression that is to be differentiated")
        }
        "ldots" | "cdots" | "dots" | "vdots" | "ddots" => {
            C::Refused("leaves something out; write a sum with its index instead")
        }
        _ => return condition(name).map(C::Token).or_else(|| greek(name).map(C::Letter)),
    })
}

/// A sign between numbers or conditions.
fn condition(name: &str) -> Option<TokenKind> {
    Some(TokenKind::Compare(match name {
        "le" | "leq" | "leqslant" | "leqq" => Comparison::AtMost,
        "ge" | "geq" | "geqslant" | "geqq" => Comparison::AtLeast,
        "ne" | "neq" => Comparison::Unequal,
        "lt" => Comparison::Less,
        "gt" => Comparison::Greater,
        "land" | "wedge" => return Some(TokenKind::And),
        "lor" | "vee" => return Some(TokenKind::Or),
        "lnot" | "neg" => return Some(TokenKind::Not),
        _ => return None,
    }))
}

/// The language's name for a word of mathematics.
pub(super) fn word(text: &str) -> &str {
    match text {
        "Tr" | "trace" | "Trace" => "tr",
        "ln" => "log",
        "Diag" => "diag",
        "softmax" => "paper_softmax",
        "exp" => "paper_exp",
        "ReLU" => "relu",
        "sgn" => "sign",
        "T" => "T",
        text => text,
    }
}

/// Commands that are commonly meant, for slips.
const COMMON: &[&str] = &[
    "frac",
    "left",
    "right",
    "mathbf",
    "boldsymbol",
    "operatorname",
    "top",
    "sum",
    "sqrt",
    "log",
    "det",
    "exp",
    "partial",
    "nabla",
    "odot",
    "otimes",
    "cdot",
    "lVert",
    "rVert",
    "langle",
    "rangle",
    "mathrm",
    "text",
    "hat",
    "bar",
    "tilde",
    "alpha",
    "beta",
    "gamma",
    "delta",
    "theta",
    "lambda",
    "sigma",
    "omega",
    "Sigma",
    "mathcal",
    "softmax",
    "times",
];

/// The common command that is spelled most like this.
pub(super) fn nearest(name: &str) -> Option<String> {
    super::super::nearest(name, COMMON.iter().copied())
}
