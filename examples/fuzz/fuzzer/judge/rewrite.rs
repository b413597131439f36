//! Other forms of a formula, and wrong ones: laws and mistakes applied to its syntax tree.

use gradus::evaluate::Random;
use gradus::number;
use gradus::syntax::ast::{BinaryOperator as B, ExprId, ExprKind, Tree};

/// How a formula is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// By laws that keep the value.
    Laws,
    /// By one mistake at random.
    Mistake,
}

/// Writes a formula with changes.
pub(super) struct Rewriter<'a> {
    pub(super) tree: &'a Tree,
    pub(super) random: Random,
    pub(super) change: Change,
    /// The node with the mistake.
    pub(super) at: u32,
}

impl Rewriter<'_> {
    fn chance(&mut self) -> bool {
        self.change == Change::Laws && self.random.below(3) == 0
    }

    /// The text, in brackets wherever it is not one word.
    pub(super) fn text(&mut self, id: ExprId) -> String {
        let wrong = self.change == Change::Mistake && id.0 == self.at;
        match self.tree.get(id).kind.clone() {
            ExprKind::Number(value) => {
                let value = number::to_f64(&value);
                if wrong { format!("({})", value + 1.0) } else { format!("({value})") }
            }
            ExprKind::Name(name) if wrong => format!("(2*{name})"),
            ExprKind::Name(name) => name,
            ExprKind::Negate(a) => {
                let a = self.text(a);
                if wrong { a } else { format!("(-{a})") }
            }
            ExprKind::Transpose(a) => {
                let a = self.text(a);
                if wrong { a } else { format!("({a}')") }
            }
            ExprKind::Call { function, arguments } => {
                let arguments: Vec<String> = arguments.iter().map(|id| self.text(*id)).collect();
                let function = match function.text.as_str() {
                    "tanh" if wrong => "sin",
                    "exp" if wrong => "expm1",
                    "inv" if wrong => "transpose",
                    other => other,
                };
                let text = format!("{function}({})", arguments.join(", "));
                if self.chance() { format!("(2*{text}/2)") } else { text }
            }
            ExprKind::Binary { operator, left, right, .. } => {
                let (a, b) = (self.text(left), self.text(right));
                self.binary(operator, &a, &b, wrong)
            }
            ExprKind::Index { base, indices } => {
                let indices: Vec<String> = indices.iter().map(|id| self.text(*id)).collect();
                format!("{}[{}]", base.text, indices.join(", "))
            }
            ExprKind::Range(None) => ":".to_owned(),
            ExprKind::Range(Some((from, to))) => {
                format!("{}..{}", self.text(from), self.text(to))
            }
            ExprKind::Part { of, indices } => {
                let of = self.text(of);
                let indices: Vec<String> = indices.iter().map(|id| self.text(*id)).collect();
                format!("({of})[{}]", indices.join(", "))
            }
            ExprKind::Blocks(rows) => {
                let row = |rewriter: &mut Self, row: &[ExprId]| {
                    let cells: Vec<String> = row.iter().map(|id| rewriter.text(*id)).collect();
                    cells.join(", ")
                };
                let rows: Vec<String> = rows.iter().map(|cells| row(self, cells)).collect();
                format!("[{}]", rows.join("; "))
            }
            ExprKind::IndexedSum { index, from, to, body } => {
                let (from, to, body) = (self.text(from), self.text(to), self.text(body));
                format!("sum({} in {from}..{to}, {body})", index.text)
            }
            ExprKind::Substitute { .. } => String::new(),
        }
    }

    fn binary(&mut self, operator: B, a: &str, b: &str, wrong: bool) -> String {
        match operator {
            B::Add if wrong => format!("({a} - {b})"),
            B::Add if self.chance() => format!("({b} + {a})"),
            B::Add => format!("({a} + {b})"),
            B::Subtract if wrong => format!("({a} + {b})"),
            B::Subtract if self.chance() => format!("(-({b} - {a}))"),
            B::Subtract => format!("({a} - {b})"),
            B::Multiply if wrong => format!("(3*{a}*{b})"),
            B::Multiply if self.chance() => format!("(({b})'*({a})')'"),
            B::Multiply => format!("({a}*{b})"),
            B::Dot => format!("({a}·{b})"),
            B::At => format!("matmul({a}, {b})"),
            B::Hadamard if wrong => format!("({a} + {b})"),
            B::Hadamard if self.chance() => format!("({b} .* {a})"),
            B::Hadamard | B::Entrywise => format!("({a} .* {b})"),
            B::Divide if self.chance() => format!("((1/{b})*{a})"),
            B::Divide => format!("({a}/{b})"),
            B::EntrywiseDivide | B::EntrywiseOver => format!("({a} ./ {b})"),
            B::Solve => format!("({a}\\{b})"),
            B::PowerOrTranspose => format!("({a}')"),
            B::Power => format!("({a}^({b}))"),
            B::EntrywisePower => format!("({a}.^({b}))"),
            B::BroadcastAdd => format!("({a} .+ {b})"),
            B::BroadcastSubtract => format!("({a} .- {b})"),
            B::Kronecker => format!("kron({a}, {b})"),
            B::Compare(comparison) => format!("({a} {} {b})", comparison.sign()),
            B::And => format!("({a} and {b})"),
            B::Or => format!("({a} or {b})"),
        }
    }
}
