//! What is asked where several readings are equally good.

use super::super::builtin;
use super::rule;
use super::{Kind, Leaf, Search};
use crate::function;
use crate::syntax::ast::{BinaryOperator, ExprId, ExprKind, StatementKind};

/// The formulas of a statement.
pub(super) fn roots(statement: &StatementKind) -> Vec<ExprId> {
    match statement {
        StatementKind::Definition { value, .. } => vec![*value],
        StatementKind::Request { of, .. } => vec![*of],
        StatementKind::Expression(value) => vec![*value],
        StatementKind::Solve { equations, .. } => {
            equations.iter().flat_map(|(left, right)| [Some(*left), *right]).flatten().collect()
        }
        StatementKind::Declaration(_)
        | StatementKind::Function { .. }
        | StatementKind::Sizes(_) => Vec::new(),
    }
}

/// `s` is a scalar and `x` is a column
fn words(reading: &[(String, Kind)]) -> String {
    let words: Vec<String> =
        reading.iter().map(|(name, kind)| format!("`{name}` is {}", kind.words())).collect();
    words.join(" and ")
}

/// `s: scalar; x: n`
fn declarations(reading: &[(String, Kind)]) -> String {
    let word = |kind: &Kind| match kind {
        Kind::Scalar => "scalar",
        Kind::Column | Kind::Row => "n",
        Kind::Matrix => "m×n",
    };
    let words: Vec<String> =
        reading.iter().map(|(name, kind)| format!("{name}: {}", word(kind))).collect();
    format!("declare `{}`", words.join("; "))
}

impl Search<'_, '_> {
    /// Whether the formulas are such as scalars are written in: no transpose, no sign for entries, no function of arrays, no capital.
    pub(super) fn is_plain(&self) -> bool {
        let program = self.scope.program;
        let roots = program.statements.iter().flat_map(|statement| roots(&statement.kind));
        roots.flat_map(|root| self.below(root)).all(|id| match &program.tree.get(id).kind {
            ExprKind::Number(_) | ExprKind::Negate(_) => true,
            ExprKind::Name(name) => match self.leaf(name) {
                Leaf::Known(kinds) => kinds == [Kind::Scalar],
                Leaf::Sought(_) => self.scope.preferred(name) != Kind::Matrix,
            },
            ExprKind::Binary { operator, .. } => matches!(
                operator,
                BinaryOperator::Add
                    | BinaryOperator::Subtract
                    | BinaryOperator::Multiply
                    | BinaryOperator::Dot
                    | BinaryOperator::Divide
                    | BinaryOperator::Power
            ),
            ExprKind::Call { function, .. } => {
                !self.scope.is_own_function(&function.text)
                    && (function.text == "sqrt"
                        || builtin::find(&function.text).is_none()
                            && function::find(&function.text)
                                .is_some_and(|id| rule::Shapes::of(id).is_none()))
            }
            _ => false,
        })
    }

    pub(super) fn all_scalars(&self) -> Vec<(String, Kind)> {
        let names = self.numbers.keys().filter(|name| self.is_undeclared(name));
        let departing = names.filter(|name| self.scope.preferred(name) != Kind::Scalar);
        departing.map(|name| ((*name).to_owned(), Kind::Scalar)).collect()
    }

    /// What can be meant, and what to type for each.
    pub(super) fn question(&self, readings: &[Vec<(String, Kind)>]) -> (Vec<String>, Vec<String>) {
        let (of_scalars, choices) = self.question_of_scalars();
        if self.is_plain() && of_scalars.len() > 1 {
            return (of_scalars, choices);
        }
        let words = readings.iter().map(|reading| words(reading)).collect();
        (words, readings.iter().map(|reading| declarations(reading)).collect())
    }

    fn question_of_scalars(&self) -> (Vec<String>, Vec<String>) {
        let scalars = self.all_scalars();
        let (mut all, mut choices) = (vec![words(&scalars)], vec![declarations(&scalars)]);
        let program = self.scope.program;
        let roots = program.statements.iter().flat_map(|statement| roots(&statement.kind));
        for id in roots.flat_map(|root| self.below(root)) {
            if let ExprKind::Binary { operator: BinaryOperator::Multiply, left, right, .. } =
                &program.tree.get(id).kind
                && let (ExprKind::Name(a), ExprKind::Name(b)) =
                    (&program.tree.get(*left).kind, &program.tree.get(*right).kind)
                && [a, b].iter().all(|name| self.scope.preferred(name) == Kind::Column)
            {
                all.push(format!("`{a}` and `{b}` are columns, and their inner product is meant"));
                choices.push(format!("write `{a}'*{b}`"));
                break;
            }
        }
        (all, choices)
    }
}
