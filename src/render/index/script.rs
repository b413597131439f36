//! How Unicode and LaTeX write the parts of a formula in indices; arguments are finished text.

use num_traits::One;

use crate::number::Rational;
use crate::render::display::Markup as _;
use crate::render::latex::Latex;
use crate::render::phrase::{Bars, Head};
use crate::render::{self, Notation, linear};

/// A notation for formulas in indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// One line of text: `Σ_k A_ik x_k`.
    Unicode,
    /// LaTeX for math mode.
    Latex,
}

impl Script {
    /// The notation of what stands in matrix notation.
    pub fn notation(self) -> Notation {
        match self {
            Self::Unicode => Notation::Unicode,
            Self::Latex => Notation::Latex,
        }
    }

    /// Whether the name with indices would read as something else: as another name, a Σ, or a Kronecker delta.
    pub(super) fn is_taken(self, name: &str) -> bool {
        let delta = matches!(name, "δ" | "delta");
        match self {
            Self::Unicode => name.contains('_') || name == "Σ" || delta,
            Self::Latex => delta,
        }
    }

    /// (inner)
    pub fn fenced(self, inner: &str) -> String {
        match self {
            Self::Unicode => format!("({inner})"),
            Self::Latex => format!(r"\left({inner}\right)"),
        }
    }

    /// A name with indices: `X_ij`; with braces where a name or an index is longer than a letter.
    pub fn entry(self, base: &str, indices: &[String]) -> String {
        if indices.is_empty() {
            return base.to_owned();
        }
        match self {
            Self::Unicode => {
                let letter = |text: &str| text.chars().count() == 1;
                let short =
                    letter(base.strip_prefix('d').filter(|x| !x.is_empty()).unwrap_or(base));
                let tight = indices.len() == 1 || short || base.ends_with(')');
                if tight && indices.iter().all(|index| letter(index)) {
                    format!("{base}_{}", indices.concat())
                } else {
                    format!("{base}_{{{}}}", indices.join(","))
                }
            }
            Self::Latex => {
                let base = if base.contains('_') { format!("{{{base}}}") } else { base.to_owned() };
                format!("{base}_{{{}}}", self.list(indices))
            }
        }
    }

    /// ∂f/∂x, or a second derivative by two names.
    pub fn derivative(self, order: &str, function: &str, by: &[String]) -> String {
        match self {
            Self::Unicode => {
                let order = linear::superscript(order).unwrap_or_default();
                let below = match by {
                    [a, b] if a == b => format!("∂{a}²"),
                    _ => format!("∂{}", by.join("∂")),
                };
                format!("∂{order}{function}/{below}")
            }
            Self::Latex => {
                let order = if order.is_empty() { String::new() } else { format!("^{order}") };
                let below = match by {
                    [a, b] if a == b => format!(r"\partial {a}^2"),
                    _ => by
                        .iter()
                        .map(|name| format!(r"\partial {name}"))
                        .collect::<Vec<_>>()
                        .join(r"\,"),
                };
                format!(r"\frac{{\partial{order} {function}}}{{{below}}}")
            }
        }
    }

    /// Indices one after the other.
    fn list(self, indices: &[String]) -> String {
        match self {
            Self::Unicode => indices.join(","),
            Self::Latex => {
                let letter = |index: &String| render::name(index, Notation::Latex);
                let letters: Vec<String> = indices.iter().map(letter).collect();
                letters.join(" ")
            }
        }
    }

    /// Σ over the indices.
    pub(super) fn sum(self, indices: &[String]) -> String {
        match (self, indices) {
            (Self::Unicode, [index]) if index.chars().count() == 1 => format!("Σ_{index}"),
            (Self::Unicode, _) => format!("Σ_{{{}}}", self.list(indices)),
            (Self::Latex, _) => format!(r"\sum_{{{}}}", self.list(indices).replace(' ', ", ")),
        }
    }

    /// Σ over an index of families, from and to.
    pub(super) fn steps(self, index: &str, [from, to]: &[String; 2]) -> String {
        match self {
            Self::Unicode => format!("Σ_{{{index}={from}..{to}}}"),
            Self::Latex => format!(r"\sum_{{{index}={from}}}^{{{to}}}"),
        }
    }

    /// What stands behind a formula of a family.
    pub(super) fn for_steps(self, index: &str, [from, to]: &[String; 2], is_first: bool) -> String {
        match self {
            Self::Unicode => {
                format!("{} {index} in {from}..{to}", if is_first { " for" } else { "," })
            }
            Self::Latex => {
                let before = if is_first { r" \quad \text{for }" } else { r",\;" };
                format!(r"{before} {index} = {from}, \dots, {to}")
            }
        }
    }

    /// δ with two indices.
    pub(super) fn delta(self, indices: &[String]) -> String {
        let name = match self {
            Self::Unicode => "δ",
            Self::Latex => r"\delta",
        };
        self.entry(name, indices)
    }

    /// A number ≥ 0.
    pub(super) fn number(self, value: &Rational) -> String {
        match self {
            Self::Unicode => {
                linear::vulgar_fraction(value).map_or_else(|| value.to_string(), |c| c.to_string())
            }
            Self::Latex if value.denom().is_one() => value.to_string(),
            Self::Latex => format!(r"\frac{{{}}}{{{}}}", value.numer(), value.denom()),
        }
    }

    /// base with an exponent.
    pub(super) fn power(self, base: &str, exponent: &str) -> String {
        match self {
            Self::Unicode => match linear::superscript(exponent) {
                Some(raised) => format!("{base}{raised}"),
                None if exponent.chars().count() == 1 => format!("{base}^{exponent}"),
                None => format!("{base}^({exponent})"),
            },
            Self::Latex => format!("{base}^{{{exponent}}}"),
        }
    }

    /// Between terms, and before the first.
    pub(super) fn sign(self, negative: bool, first: bool) -> &'static str {
        match (self, negative, first) {
            (_, false, true) => "",
            (_, false, false) => " + ",
            (Self::Unicode, true, true) => "−",
            (Self::Unicode, true, false) => " − ",
            (Self::Latex, true, true) => "-",
            (Self::Latex, true, false) => " - ",
        }
    }

    /// The derivative of that order of a function that is not known.
    pub(super) fn unknown(self, name: &str, order: usize, argument: &str) -> String {
        match self {
            Self::Unicode => format!("{name}{}({argument})", "′".repeat(order)),
            Self::Latex => format!("{}{}", Latex.primed(name, order), self.fenced(argument)),
        }
    }

    /// A function of one number.
    pub(super) fn call(self, head: Head, argument: &str) -> String {
        match self {
            Self::Unicode => format!("{}({argument})", head.glyph),
            Self::Latex => match Bars::of(head) {
                Some(bars) => Latex.barred(&bars, argument),
                None => format!("{}{}", head.latex, self.fenced(argument)),
            },
        }
    }
}
