//! LaTeX, for math mode; needs amsmath for `\operatorname`.

use super::display::{Markup, Sign};
use super::name;
use super::phrase::{BarKind, Bars, Constant, Head, Relation};
use crate::syntax::ast::Comparison;

/// The notation.
pub(super) struct Latex;

impl Markup for Latex {
    fn number(&self, digits: &str) -> String {
        digits.to_owned()
    }

    fn name(&self, name: &str) -> String {
        name::latex(name)
    }

    fn head(&self, head: Head) -> String {
        head.latex.to_owned()
    }

    fn primed(&self, name: &str, order: usize) -> String {
        name::latex(name) + &"'".repeat(order)
    }

    fn sign(&self, sign: Sign) -> String {
        let text = match sign {
            Sign::Plus => " + ",
            Sign::Minus => " - ",
            Sign::Negative => "-",
            Sign::Slash => "/",
            Sign::Comma => ", ",
            Sign::Colon => ":",
            Sign::Cross => r" \times ",
            Sign::Dot => r" \cdot ",
            Sign::Beside => " ",
            Sign::Hadamard => r" \odot ",
            Sign::HadamardQuotient => r" \oslash ",
            Sign::Kronecker => r" \otimes ",
            Sign::Transpose => r"\top",
            Sign::Application => "",
            Sign::Equals => "=",
            Sign::Total => r"\sum",
            Sign::For => r", \quad ",
            Sign::Dots => r", \dots, ",
            Sign::Relation(Relation::Or) => r" \lor ",
            Sign::Relation(Relation::Compare(comparison)) => match comparison {
                Comparison::Less => " < ",
                Comparison::AtMost => r" \le ",
                Comparison::Greater => " > ",
                Comparison::AtLeast => r" \ge ",
                Comparison::Equal => " = ",
                Comparison::Unequal => r" \ne ",
            },
        };
        text.to_owned()
    }

    fn constant(&self, kind: Constant) -> String {
        let text = match kind {
            Constant::Identity => "I",
            Constant::Ones => r"\mathbf{1}",
            Constant::Zeros => r"\mathbf{0}",
            Constant::Commutation => "K",
        };
        text.to_owned()
    }

    fn row(&self, parts: &[String]) -> String {
        parts.concat()
    }

    fn fenced(&self, inner: &str) -> String {
        format!(r"\left({inner}\right)")
    }

    fn squared(&self, inner: &str) -> String {
        format!(r"\left[{inner}\right]")
    }

    fn table(&self, rows: &[Vec<String>]) -> String {
        let rows: Vec<String> = rows.iter().map(|row| row.join(" & ")).collect();
        format!(r"\begin{{matrix}} {} \end{{matrix}}", rows.join(r" \\ "))
    }

    fn barred(&self, bars: &Bars, inner: &str) -> String {
        match bars.kind {
            BarKind::Single => format!(r"\left\lvert {inner} \right\rvert"),
            BarKind::Double => format!(r"\left\lVert {inner} \right\rVert"),
        }
    }

    fn fraction(&self, above: &str, below: &str) -> String {
        format!(r"\frac{{{above}}}{{{below}}}")
    }

    fn root(&self, inner: &str) -> String {
        format!(r"\sqrt{{{inner}}}")
    }

    fn superscript(&self, base: &str, above: &str) -> String {
        format!("{base}^{{{}}}", above.trim())
    }

    fn subscript(&self, base: &str, below: &str) -> String {
        // A name with a subscript of its own is one group, as bars are anyway.
        let is_enclosed =
            [r"\rVert", r"\rvert", r"\right]"].iter().any(|close| base.ends_with(close));
        let is_group = base.contains('_') && !is_enclosed;
        let base = if is_group { format!("{{{base}}}") } else { base.to_owned() };
        format!("{base}_{{{below}}}")
    }
}

/// ℝ^{m×n}
pub(super) fn real_space(sizes: &[String]) -> String {
    if sizes.is_empty() {
        return r"\mathbb{R}".to_owned();
    }
    format!(r"\mathbb{{R}}^{{{}}}", sizes.join(r" \times "))
}
