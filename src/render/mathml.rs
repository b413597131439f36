//! `MathML` (presentation), well-formed XML.

use super::display::{Markup, Sign};
use super::name;
use super::phrase::{BarKind, Bars, Constant, Head, Relation};
use crate::syntax::ast::Comparison;

/// The notation.
pub(super) struct MathMl;

/// A whole `<math>` element around a row.
pub(super) fn document(inner: &str) -> String {
    format!(r#"<math xmlns="http://www.w3.org/1998/Math/MathML">{inner}</math>"#)
}

/// ℝ^{m×n}
pub(super) fn real_space(sizes: &[String]) -> String {
    let space = "<mi>ℝ</mi>".to_owned();
    if sizes.is_empty() {
        return document(&space);
    }
    let exponent = MathMl.row(&[sizes.join(&MathMl.sign(Sign::Cross))]);
    document(&MathMl.superscript(&space, &exponent))
}

impl Markup for MathMl {
    fn number(&self, digits: &str) -> String {
        format!("<mn>{digits}</mn>")
    }

    fn name(&self, name: &str) -> String {
        name::mathml(name)
    }

    fn head(&self, head: Head) -> String {
        format!("<mi>{}</mi>", head.glyph)
    }

    fn primed(&self, name: &str, order: usize) -> String {
        let name = name::mathml(name);
        match order {
            0 => name,
            _ => self.superscript(&name, &format!("<mo>{}</mo>", "′".repeat(order))),
        }
    }

    fn sign(&self, sign: Sign) -> String {
        let character = match sign {
            Sign::Plus => "+",
            Sign::Minus => "−",
            Sign::Negative => return r#"<mo form="prefix">−</mo>"#.to_owned(),
            Sign::Slash => "/",
            Sign::Comma => ",",
            Sign::Colon => ":",
            Sign::Cross => "×",
            Sign::Dot => "·",
            Sign::Beside => "&#x2062;",
            Sign::Hadamard => "⊙",
            Sign::HadamardQuotient => "⊘",
            Sign::Kronecker => "⊗",
            Sign::Transpose => "⊤",
            Sign::Application => "&#x2061;",
            Sign::Equals => "=",
            Sign::Total => "∑",
            Sign::For => return "<mtext>&#xA0;for&#xA0;</mtext>".to_owned(),
            Sign::Relation(Relation::Or) => "∨",
            Sign::Relation(Relation::Compare(comparison)) => match comparison {
                Comparison::Less => "&lt;",
                Comparison::AtMost => "≤",
                Comparison::Greater => "&gt;",
                Comparison::AtLeast => "≥",
                Comparison::Equal => "=",
                Comparison::Unequal => "≠",
            },
            Sign::Dots => return "<mo>,</mo><mo>…</mo><mo>,</mo>".to_owned(),
        };
        format!("<mo>{character}</mo>")
    }

    fn constant(&self, kind: Constant) -> String {
        let text = match kind {
            Constant::Identity => "<mi>I</mi>",
            Constant::Ones => r#"<mn mathvariant="bold">1</mn>"#,
            Constant::Zeros => r#"<mn mathvariant="bold">0</mn>"#,
            Constant::Commutation => "<mi>K</mi>",
        };
        text.to_owned()
    }

    fn row(&self, parts: &[String]) -> String {
        match parts {
            [part] => part.clone(),
            parts => format!("<mrow>{}</mrow>", parts.concat()),
        }
    }

    fn fenced(&self, inner: &str) -> String {
        format!("<mrow><mo>(</mo>{inner}<mo>)</mo></mrow>")
    }

    fn squared(&self, inner: &str) -> String {
        format!("<mrow><mo>[</mo>{inner}<mo>]</mo></mrow>")
    }

    fn table(&self, rows: &[Vec<String>]) -> String {
        let cell = |cell: &String| format!("<mtd>{cell}</mtd>");
        let row =
            |row: &Vec<String>| format!("<mtr>{}</mtr>", row.iter().map(cell).collect::<String>());
        format!("<mtable>{}</mtable>", rows.iter().map(row).collect::<String>())
    }

    fn barred(&self, bars: &Bars, inner: &str) -> String {
        let bar = match bars.kind {
            BarKind::Single => '|',
            BarKind::Double => '‖',
        };
        format!("<mrow><mo>{bar}</mo>{inner}<mo>{bar}</mo></mrow>")
    }

    fn fraction(&self, above: &str, below: &str) -> String {
        format!("<mfrac>{above}{below}</mfrac>")
    }

    fn root(&self, inner: &str) -> String {
        format!("<msqrt>{inner}</msqrt>")
    }

    fn superscript(&self, base: &str, above: &str) -> String {
        format!("<msup>{base}{above}</msup>")
    }

    fn subscript(&self, base: &str, below: &str) -> String {
        format!("<msub>{base}{below}</msub>")
    }
}
